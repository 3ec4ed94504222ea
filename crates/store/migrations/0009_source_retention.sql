-- How long the messages of a source are kept; as long as the installation says when it is empty.
ALTER TABLE sources ADD COLUMN retention_days BIGINT;
