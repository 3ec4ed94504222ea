-- What somebody set of the events of a source. kind: TRACK, where page and screen calls stand too.
CREATE TABLE schema_events (
    source_id TEXT NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    blocked_at_ms BIGINT,
    archived_at_ms BIGINT,
    created_at_ms BIGINT NOT NULL,
    changed_at_ms BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    PRIMARY KEY (source_id, kind, name)
);

-- The destinations that an event does not go to.
CREATE TABLE schema_events_off (
    source_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    destination_id TEXT NOT NULL REFERENCES destinations (id) ON DELETE CASCADE,
    PRIMARY KEY (source_id, kind, name, destination_id),
    FOREIGN KEY (source_id, kind, name)
        REFERENCES schema_events (source_id, kind, name) ON DELETE CASCADE
);
CREATE INDEX schema_events_off_by_destination ON schema_events_off (destination_id);
