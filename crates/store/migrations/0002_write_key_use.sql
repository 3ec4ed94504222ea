-- When a message last came with a key, as the data plane says from time to time.
ALTER TABLE write_keys ADD COLUMN used_at_ms BIGINT;
