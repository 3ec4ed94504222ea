-- One text for SQLite and Postgres: TEXT ids, BIGINT times (Unix milliseconds), JSON as TEXT.
-- A time that may be NULL says whether and since when ("disabled_at_ms"); there are no booleans.

CREATE TABLE installation (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE accounts (
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    email_verified_at_ms BIGINT,
    totp_sealed TEXT,
    totp_confirmed_at_ms BIGINT,
    totp_last_step BIGINT NOT NULL DEFAULT 0,
    operator_since_ms BIGINT,
    created_at_ms BIGINT NOT NULL
);

CREATE TABLE recovery_codes (
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    code_hash TEXT NOT NULL,
    used_at_ms BIGINT,
    PRIMARY KEY (account_id, code_hash)
);

-- `id` is the SHA-256 of what the cookie holds.
CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    public_id TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at_ms BIGINT NOT NULL,
    seen_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    proved_at_ms BIGINT NOT NULL,
    user_agent TEXT NOT NULL,
    address TEXT NOT NULL
);
CREATE INDEX sessions_by_account ON sessions (account_id);

-- One-time links for one account: verify, reset, email, operator.
CREATE TABLE links (
    token_hash TEXT NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    account_id TEXT REFERENCES accounts (id) ON DELETE CASCADE,
    email TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    used_at_ms BIGINT
);
CREATE INDEX links_by_account ON links (account_id, purpose);

CREATE TABLE throttles (
    name TEXT NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    last_at_ms BIGINT NOT NULL
);

CREATE TABLE mails (
    id TEXT NOT NULL PRIMARY KEY,
    letter TEXT NOT NULL,
    to_address TEXT NOT NULL,
    subject TEXT NOT NULL,
    text_body TEXT NOT NULL,
    html_body TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    next_try_at_ms BIGINT,
    tries BIGINT NOT NULL DEFAULT 0,
    sent_at_ms BIGINT,
    problem TEXT
);
CREATE INDEX mails_by_time ON mails (created_at_ms);
CREATE INDEX mails_due ON mails (next_try_at_ms);

CREATE TABLE partners (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    website TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL
);

-- role: admin, builder
CREATE TABLE partner_members (
    partner_id TEXT NOT NULL REFERENCES partners (id) ON DELETE CASCADE,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    PRIMARY KEY (partner_id, account_id)
);
CREATE INDEX partner_members_by_account ON partner_members (account_id);

-- Invitations into a partner team or into a workspace; `grants` is the role or the permissions.
CREATE TABLE invitations (
    id TEXT NOT NULL PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    partner_id TEXT REFERENCES partners (id) ON DELETE CASCADE,
    workspace_id TEXT,
    email TEXT NOT NULL,
    grants TEXT NOT NULL,
    invited_by TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    accepted_at_ms BIGINT,
    revoked_at_ms BIGINT
);
CREATE INDEX invitations_by_partner ON invitations (partner_id);
CREATE INDEX invitations_by_workspace ON invitations (workspace_id);

CREATE TABLE applications (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    status TEXT NOT NULL,
    answers TEXT NOT NULL,
    criteria TEXT NOT NULL,
    partner_id TEXT REFERENCES partners (id),
    created_at_ms BIGINT NOT NULL,
    decided_at_ms BIGINT,
    version BIGINT NOT NULL
);
CREATE INDEX applications_by_account ON applications (account_id);
CREATE INDEX applications_by_status ON applications (status, created_at_ms);

-- What was said and decided about an application, in order.
CREATE TABLE application_steps (
    id TEXT NOT NULL PRIMARY KEY,
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    at_ms BIGINT NOT NULL,
    account_id TEXT NOT NULL,
    step TEXT NOT NULL,
    note TEXT NOT NULL
);
CREATE INDEX application_steps_by_application ON application_steps (application_id, at_ms);

-- kind: source, destination. Without a partner it is one of ours. `draft` and `published` are
-- catalog info; `published` is what customers read. `categories` (each between line breaks) and
-- `search_text` (lower case) are made from what is published, for queries. What is large stands
-- last: SQLite reads a row from its front.
CREATE TABLE integrations (
    id TEXT NOT NULL PRIMARY KEY,
    partner_id TEXT REFERENCES partners (id),
    kind TEXT NOT NULL,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    published_name TEXT,
    published_at_ms BIGINT,
    approved_at_ms BIGINT,
    listed_at_ms BIGINT,
    categories TEXT NOT NULL,
    search_text TEXT NOT NULL,
    removed_reason TEXT,
    created_by TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    updated_at_ms BIGINT NOT NULL,
    version BIGINT NOT NULL,
    draft TEXT NOT NULL,
    published TEXT
);
CREATE INDEX integrations_by_partner ON integrations (partner_id);
CREATE INDEX integrations_by_state ON integrations (kind, state, name);

-- Logos, marks, screenshots: safe bytes, named by their hash.
CREATE TABLE assets (
    hash TEXT NOT NULL PRIMARY KEY,
    media_type TEXT NOT NULL,
    body_base64 TEXT NOT NULL,
    preview_base64 TEXT,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    created_at_ms BIGINT NOT NULL
);
CREATE TABLE integration_assets (
    integration_id TEXT NOT NULL REFERENCES integrations (id) ON DELETE CASCADE,
    hash TEXT NOT NULL REFERENCES assets (hash),
    PRIMARY KEY (integration_id, hash)
);

-- Credentials for reviewers, sealed.
CREATE TABLE test_accounts (
    integration_id TEXT NOT NULL PRIMARY KEY REFERENCES integrations (id) ON DELETE CASCADE,
    sealed TEXT NOT NULL,
    updated_at_ms BIGINT NOT NULL
);

-- Every change of state, in order.
CREATE TABLE transitions (
    id TEXT NOT NULL PRIMARY KEY,
    integration_id TEXT NOT NULL REFERENCES integrations (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    account_id TEXT NOT NULL,
    account_email TEXT NOT NULL,
    party TEXT NOT NULL,
    action TEXT NOT NULL,
    from_state TEXT NOT NULL,
    to_state TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE INDEX transitions_by_integration ON transitions (integration_id, version);

-- kind: launch, edit. status: open, withdrawn, changes_requested, approved. `frozen` is what the
-- reviewer judges, `content_hash` its SHA-256.
CREATE TABLE submissions (
    id TEXT NOT NULL PRIMARY KEY,
    integration_id TEXT NOT NULL REFERENCES integrations (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    frozen TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    checklist TEXT NOT NULL,
    submitted_by TEXT NOT NULL,
    submitted_at_ms BIGINT NOT NULL,
    decided_by TEXT,
    decided_at_ms BIGINT,
    UNIQUE (integration_id, number)
);
CREATE INDEX submissions_by_status ON submissions (status, submitted_at_ms);
CREATE TABLE reviewers (
    submission_id TEXT NOT NULL REFERENCES submissions (id) ON DELETE CASCADE,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    assigned_at_ms BIGINT NOT NULL,
    PRIMARY KEY (submission_id, account_id)
);
-- part: functionality, metadata, documentation. verdict: passed, changes
CREATE TABLE review_parts (
    submission_id TEXT NOT NULL REFERENCES submissions (id) ON DELETE CASCADE,
    part TEXT NOT NULL,
    verdict TEXT NOT NULL,
    account_id TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (submission_id, part)
);
-- audience: builder, reviewers
CREATE TABLE review_comments (
    id TEXT NOT NULL PRIMARY KEY,
    submission_id TEXT NOT NULL REFERENCES submissions (id) ON DELETE CASCADE,
    part TEXT NOT NULL,
    pointer TEXT,
    event TEXT,
    text TEXT NOT NULL,
    audience TEXT NOT NULL,
    account_id TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    resolved_at_ms BIGINT
);
CREATE INDEX review_comments_by_submission ON review_comments (submission_id, at_ms);

CREATE TABLE workspaces (
    id TEXT NOT NULL PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    version BIGINT NOT NULL
);

-- `permissions`: [{roleId, resources: [{id, type, labels}]}]
CREATE TABLE members (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    permissions TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, account_id)
);
CREATE INDEX members_by_account ON members (account_id);

CREATE TABLE labels (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    label_key TEXT NOT NULL,
    label_value TEXT NOT NULL,
    description TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, label_key, label_value)
);

-- A token without a workspace acts as its account.
CREATE TABLE tokens (
    id TEXT NOT NULL PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    workspace_id TEXT REFERENCES workspaces (id) ON DELETE CASCADE,
    account_id TEXT REFERENCES accounts (id) ON DELETE SET NULL,
    description TEXT NOT NULL,
    hint TEXT NOT NULL,
    permissions TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT,
    used_at_ms BIGINT,
    revoked_at_ms BIGINT
);
CREATE INDEX tokens_by_workspace ON tokens (workspace_id);
CREATE INDEX tokens_by_account ON tokens (account_id);

-- `settings` holds what may be shown, secrets as their masks; `secrets_sealed` holds them.
CREATE TABLE sources (
    id TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    integration_id TEXT NOT NULL REFERENCES integrations (id),
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    settings TEXT NOT NULL,
    secrets_sealed TEXT,
    disabled_at_ms BIGINT,
    created_at_ms BIGINT NOT NULL,
    version BIGINT NOT NULL,
    UNIQUE (workspace_id, slug)
);
CREATE INDEX sources_by_integration ON sources (integration_id);

CREATE TABLE source_labels (
    source_id TEXT NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    workspace_id TEXT NOT NULL,
    label_key TEXT NOT NULL,
    label_value TEXT NOT NULL,
    PRIMARY KEY (source_id, label_key),
    FOREIGN KEY (workspace_id, label_key, label_value)
        REFERENCES labels (workspace_id, label_key, label_value)
);

CREATE TABLE write_keys (
    write_key TEXT NOT NULL PRIMARY KEY,
    source_id TEXT NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    created_at_ms BIGINT NOT NULL
);
CREATE INDEX write_keys_by_source ON write_keys (source_id);

-- `settings` and `secrets_sealed` as in a source.
CREATE TABLE destinations (
    id TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    source_id TEXT NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    integration_id TEXT NOT NULL REFERENCES integrations (id),
    name TEXT NOT NULL,
    settings TEXT NOT NULL,
    secrets_sealed TEXT,
    enabled_at_ms BIGINT,
    created_at_ms BIGINT NOT NULL,
    version BIGINT NOT NULL,
    UNIQUE (source_id, name)
);
CREATE INDEX destinations_by_workspace ON destinations (workspace_id, name, id);

-- One chain per scope: a workspace, a partner, or `platform`.
CREATE TABLE audit (
    scope TEXT NOT NULL,
    number BIGINT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    at_ms BIGINT NOT NULL,
    type TEXT NOT NULL,
    actor TEXT NOT NULL,
    actor_email TEXT,
    resource_type TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    resource_name TEXT NOT NULL,
    before TEXT,
    after TEXT,
    hash TEXT NOT NULL,
    PRIMARY KEY (scope, number)
);
CREATE INDEX audit_by_time ON audit (scope, at_ms);
CREATE INDEX audit_by_resource ON audit (scope, resource_type, resource_id, number);
CREATE INDEX audit_by_actor ON audit (scope, actor, number);

CREATE TABLE idempotency (
    actor TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    status BIGINT NOT NULL,
    body TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    PRIMARY KEY (actor, idempotency_key)
);
CREATE INDEX idempotency_by_time ON idempotency (created_at_ms);
