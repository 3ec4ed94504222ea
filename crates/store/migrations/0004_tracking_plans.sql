-- What sources may send. revision grows with every change of the rules, version with every change.
CREATE TABLE tracking_plans (
    id TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    revision BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    updated_at_ms BIGINT NOT NULL,
    UNIQUE (workspace_id, slug)
);

-- A rule holds from its revision until before another one: every revision can be read again.
-- rule_key: the event's name, empty for rules that are about no event.
CREATE TABLE tracking_plan_rules (
    plan_id TEXT NOT NULL REFERENCES tracking_plans (id) ON DELETE CASCADE,
    rule_type TEXT NOT NULL,
    rule_key TEXT NOT NULL,
    rule_version BIGINT NOT NULL,
    from_revision BIGINT NOT NULL,
    until_revision BIGINT,
    json_schema TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    updated_at_ms BIGINT NOT NULL,
    PRIMARY KEY (plan_id, rule_type, rule_key, rule_version, from_revision)
);

-- Who changed the rules, and how much: counts of changes, and of those that break.
CREATE TABLE tracking_plan_revisions (
    plan_id TEXT NOT NULL REFERENCES tracking_plans (id) ON DELETE CASCADE,
    revision BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    made_by_email TEXT,
    changes BIGINT NOT NULL,
    breaking BIGINT NOT NULL,
    made_at_ms BIGINT NOT NULL,
    PRIMARY KEY (plan_id, revision)
);

-- What a source may send: its plan, and what becomes of messages that break it (JSON).
CREATE TABLE source_schemas (
    source_id TEXT NOT NULL PRIMARY KEY REFERENCES sources (id) ON DELETE CASCADE,
    plan_id TEXT REFERENCES tracking_plans (id),
    settings TEXT NOT NULL,
    version BIGINT NOT NULL
);

CREATE INDEX source_schemas_by_plan ON source_schemas (plan_id);
