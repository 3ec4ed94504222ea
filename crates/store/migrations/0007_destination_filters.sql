-- What of the messages of a source goes to a destination. filter: a `filters::Filter`, JSON.
CREATE TABLE destination_filters (
    id TEXT NOT NULL PRIMARY KEY,
    destination_id TEXT NOT NULL REFERENCES destinations (id) ON DELETE CASCADE,
    source_id TEXT NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    description TEXT,
    filter TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    updated_at_ms BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX destination_filters_by_destination
    ON destination_filters (destination_id, created_at_ms, id);
CREATE INDEX destination_filters_by_source ON destination_filters (source_id);

-- The key under which a destination's values are hashed, sealed for `destination-salt/<id>`.
CREATE TABLE destination_salts (
    destination_id TEXT NOT NULL PRIMARY KEY REFERENCES destinations (id) ON DELETE CASCADE,
    sealed TEXT NOT NULL
);
