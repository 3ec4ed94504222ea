-- How fast a destination is sent messages, and how long it is tried again; as the installation has
-- it where a field is empty.
ALTER TABLE destinations ADD COLUMN rate_per_second BIGINT;
ALTER TABLE destinations ADD COLUMN concurrency BIGINT;
ALTER TABLE destinations ADD COLUMN retry_for_hours BIGINT;
