-- Version 12 on version 11: one moment on two clocks.
BEGIN;
CREATE TABLE clock (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	wall_ms INTEGER NOT NULL,
	boot_ms INTEGER NOT NULL,
	boot TEXT NOT NULL);
INSERT INTO clock VALUES (1, 1737000000000, 5000, 'a-boot');
PRAGMA user_version = 12;
COMMIT;
