-- Version 11 on version 10: the health of keys.
BEGIN;
ALTER TABLE keys ADD COLUMN project TEXT NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN project_by INTEGER NOT NULL DEFAULT 0;
CREATE INDEX keys_project ON keys (project) WHERE project <> '';
ALTER TABLE key_models ADD COLUMN disabled_by INTEGER NOT NULL
	DEFAULT 0;
ALTER TABLE key_models ADD COLUMN cause INTEGER NOT NULL DEFAULT 0;
CREATE TABLE key_events (
	id INTEGER PRIMARY KEY,
	time_ms INTEGER NOT NULL,
	key_id INTEGER NOT NULL,
	model TEXT NOT NULL,
	from_state INTEGER NOT NULL,
	to_state INTEGER NOT NULL,
	until_ms INTEGER NOT NULL,
	cause INTEGER NOT NULL,
	status INTEGER NOT NULL,
	error_class TEXT NOT NULL,
	request_id TEXT NOT NULL,
	reason TEXT NOT NULL,
	quota TEXT NOT NULL DEFAULT '',
	shared INTEGER NOT NULL DEFAULT 0);
CREATE INDEX key_events_key ON key_events (key_id, id);
CREATE INDEX key_events_time ON key_events (time_ms);
CREATE TABLE charges (
	error_class TEXT NOT NULL,
	exit TEXT NOT NULL,
	model TEXT NOT NULL,
	key_id INTEGER NOT NULL,
	suspects INTEGER NOT NULL,
	first_ms INTEGER NOT NULL,
	time_ms INTEGER NOT NULL,
	hits INTEGER NOT NULL,
	requests INTEGER NOT NULL,
	pending INTEGER NOT NULL,
	sentence INTEGER NOT NULL,
	until_ms INTEGER NOT NULL,
	failures_max INTEGER NOT NULL,
	window_ms INTEGER NOT NULL,
	status INTEGER NOT NULL,
	request_id TEXT NOT NULL,
	reason TEXT NOT NULL,
	PRIMARY KEY (error_class, exit, model, key_id)) WITHOUT ROWID;
CREATE INDEX charges_time ON charges (time_ms);
CREATE TABLE breakers (
	kind INTEGER NOT NULL,
	name TEXT NOT NULL,
	error_class TEXT NOT NULL,
	opened_at INTEGER NOT NULL,
	until_ms INTEGER NOT NULL,
	probe_at INTEGER NOT NULL,
	failures INTEGER NOT NULL,
	reason TEXT NOT NULL,
	PRIMARY KEY (kind, name)) WITHOUT ROWID;
UPDATE keys SET project = 'p', project_by = 1 WHERE id = 2;
UPDATE key_models SET cause = 2;
INSERT INTO key_events VALUES (4, 1737000000000, 2, 'm', 0, 1, 1737000009000, 2,
	429, 'rate_limit', 'r1', 'quota', 'q', 1);
INSERT INTO charges VALUES ('internal', 'direct', 'm', 2, 3, 1737000000000,
	1737000000001, 4, 5, 6, 7, 1737000009000, 8, 9, 500, 'r1', 'failed');
INSERT INTO breakers VALUES (1, 'direct', 'network', 1737000000000,
	1737000009000, 1737000002000, 3, 'failed');
PRAGMA user_version = 11;
COMMIT;
