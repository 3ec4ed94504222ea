-- When a message last came with a key, as the data plane says from time to time.
ALTER TABLE write_keys ADD COLUMN used_at_ms BIGINT;

-- The trail is asked for one thing at a time: of a resource, of a kind, by an address.
CREATE INDEX audit_by_resource_id ON audit (scope, resource_id, number);
CREATE INDEX audit_by_type ON audit (scope, type, number);
CREATE INDEX audit_by_email ON audit (scope, actor_email, number);
