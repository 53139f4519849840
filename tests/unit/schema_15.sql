-- Version 15 on version 14: what people call keys by.
BEGIN;
CREATE TABLE key_tags (
	key_id INTEGER NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
	tag TEXT NOT NULL,
	PRIMARY KEY (key_id, tag)) WITHOUT ROWID;
CREATE INDEX key_tags_tag ON key_tags (tag);
INSERT INTO key_tags SELECT min(id), '<b>spare</b>' FROM keys;
PRAGMA user_version = 15;
COMMIT;
