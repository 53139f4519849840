-- Version 13 on version 12: tiers, weights, models and notes of keys.
BEGIN;
ALTER TABLE keys ADD COLUMN tier INTEGER NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN weight INTEGER NOT NULL DEFAULT 1;
ALTER TABLE keys ADD COLUMN models TEXT NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN note TEXT NOT NULL DEFAULT '';
DROP INDEX keys_enabled;
CREATE INDEX keys_enabled
	ON keys (pool, tier, id, ready_at, list_id, models)
	WHERE disabled_by = 0;
CREATE TABLE tier_rotation (
	pool TEXT NOT NULL,
	tier INTEGER NOT NULL,
	pos INTEGER NOT NULL,
	weighted INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (pool, tier)) WITHOUT ROWID;
INSERT INTO tier_rotation (pool, tier, pos)
	SELECT pool, 0, pos FROM rotation;
DROP TABLE rotation;
ALTER TABLE tier_rotation RENAME TO rotation;
CREATE TABLE key_slots (
	pool TEXT NOT NULL,
	tier INTEGER NOT NULL,
	at INTEGER NOT NULL,
	key_id INTEGER NOT NULL,
	PRIMARY KEY (pool, tier, at)) WITHOUT ROWID;
UPDATE keys SET tier = 1, weight = 2, models = 'gemini-*', note = 'n';
INSERT INTO key_slots VALUES ('', 0, 1, 2);
PRAGMA user_version = 13;
COMMIT;
