-- Mappings: which action of a destination gets a message, and what of it.
CREATE TABLE destination_subscriptions (
    id TEXT NOT NULL PRIMARY KEY,
    destination_id TEXT NOT NULL REFERENCES destinations (id) ON DELETE CASCADE,
    subscription TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    updated_at_ms BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX destination_subscriptions_by_destination ON destination_subscriptions (destination_id, id);
