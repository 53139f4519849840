-- Version 5 on version 4: which key made what.
BEGIN;
CREATE TABLE objects (
	name TEXT PRIMARY KEY,
	key_id INTEGER NOT NULL,
	token TEXT NOT NULL,
	mime TEXT NOT NULL,
	uri TEXT NOT NULL,
	label TEXT NOT NULL,
	purpose TEXT NOT NULL,
	bytes INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX objects_expire ON objects (expires_at);
INSERT INTO objects VALUES
	('files/abc', 2, 'team', 'text/plain', 'https://x/', 'a.txt', 'batch',
	 12, 1737000000000, 1737000009000);
PRAGMA user_version = 5;
COMMIT;
