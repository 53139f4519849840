-- Version 14 on version 13: who changed which setting.
BEGIN;
CREATE TABLE settings_history (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	time_ms INTEGER NOT NULL,
	name TEXT NOT NULL,
	who TEXT NOT NULL,
	reset INTEGER NOT NULL,
	before TEXT NOT NULL,
	after TEXT NOT NULL);
CREATE INDEX settings_history_name ON settings_history (name, id);
INSERT INTO settings_history VALUES (3, 1, 'threads', '::1', 0, '1', '2');
PRAGMA user_version = 14;
COMMIT;
