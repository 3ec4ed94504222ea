-- When a beta first met what is asked of it beside its time; looked at only where something is.
ALTER TABLE integrations ADD COLUMN beta_met_at_ms BIGINT;
