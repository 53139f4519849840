-- Version 10 on version 9: the admin's sessions, and wrong tokens.
BEGIN;
CREATE TABLE sessions (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	digest BLOB NOT NULL UNIQUE,
	proof BLOB NOT NULL,
	created_at INTEGER NOT NULL,
	seen_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL,
	address TEXT NOT NULL,
	agent TEXT NOT NULL,
	notes TEXT NOT NULL);
CREATE TABLE sign_in_tries (
	id INTEGER PRIMARY KEY,
	address TEXT NOT NULL UNIQUE,
	count INTEGER NOT NULL,
	last_at INTEGER NOT NULL,
	wait_until INTEGER NOT NULL);
INSERT INTO sessions VALUES (2, x'01', x'02', 3, 4, 5, '::1', 'a', '');
INSERT INTO sign_in_tries VALUES (1, '::1', 2, 3, 4);
PRAGMA user_version = 10;
COMMIT;
