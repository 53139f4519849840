-- Version 16 on version 15: how many keys stand how.
BEGIN;
CREATE INDEX keys_standing ON keys (pool, disabled_by, ready_at)
	WHERE id > 0;
PRAGMA user_version = 16;
COMMIT;
