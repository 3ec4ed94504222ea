-- From when on messages count for a builder's checks.
CREATE TABLE checks (
    integration_id TEXT NOT NULL PRIMARY KEY REFERENCES integrations (id) ON DELETE CASCADE,
    since_ms BIGINT NOT NULL
);

-- What a submission rests on, frozen with it. lines_base64: the messages, one JSON object on each
-- line, zstd. ranges: JSON, from where to where in the log, by source.
CREATE TABLE evidence (
    submission_id TEXT NOT NULL PRIMARY KEY REFERENCES submissions (id) ON DELETE CASCADE,
    report TEXT NOT NULL,
    hash TEXT NOT NULL,
    ranges TEXT NOT NULL,
    lines_base64 TEXT NOT NULL,
    certificate TEXT NOT NULL
);

-- What this installation signs with; the newest signs.
CREATE TABLE signing_keys (
    id TEXT NOT NULL PRIMARY KEY,
    public_key TEXT NOT NULL,
    sealed TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL
);
