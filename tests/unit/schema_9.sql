-- Version 9 on version 8: secrets that are encrypted, and what monitoring wants.
BEGIN;
ALTER TABLE meta ADD COLUMN seal TEXT NOT NULL DEFAULT '';
CREATE TABLE attempt_counts (
	error_class TEXT PRIMARY KEY,
	attempts INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO attempt_counts SELECT error_class, count(*) FROM attempts
	GROUP BY error_class;
CREATE TABLE processes (
	id TEXT PRIMARY KEY,
	seen_at INTEGER NOT NULL,
	running INTEGER NOT NULL,
	waiting INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO processes VALUES ('a', 1737000000000, 2, 3);
PRAGMA user_version = 9;
COMMIT;
