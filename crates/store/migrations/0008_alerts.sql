-- What a workspace wants to be told of, how things stand, and what it was told.
CREATE TABLE alerts (
    id TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    -- A source or destination; without it all of the workspace.
    about_id TEXT,
    threshold BIGINT NOT NULL,
    minutes BIGINT NOT NULL,
    -- A JSON list.
    emails TEXT NOT NULL,
    -- The address of a webhook as it may be shown, and whole, sealed for alert/<id>.
    webhook TEXT,
    webhook_sealed TEXT,
    enabled_at_ms BIGINT,
    created_at_ms BIGINT NOT NULL,
    version BIGINT NOT NULL,
    UNIQUE (workspace_id, name)
);

-- By alert and what it is about; of what everybody is told, the alert is the workspace.
CREATE TABLE alert_states (
    alert_id TEXT NOT NULL,
    about_id TEXT NOT NULL,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    level BIGINT NOT NULL,
    since_ms BIGINT NOT NULL,
    told_level BIGINT NOT NULL,
    told_at_ms BIGINT NOT NULL,
    PRIMARY KEY (alert_id, about_id)
);

CREATE TABLE alert_notices (
    id TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    alert_id TEXT NOT NULL,
    about_id TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    level BIGINT NOT NULL,
    title TEXT NOT NULL,
    says TEXT NOT NULL,
    -- Why the webhook did not take it.
    problem TEXT
);

CREATE INDEX alert_notices_of_workspace ON alert_notices (workspace_id, at_ms);
