-- Version 7 on version 6: bodies of requests that failed.
BEGIN;
CREATE TABLE failed_bodies (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	time_ms INTEGER NOT NULL,
	request_id TEXT NOT NULL,
	body TEXT NOT NULL);
CREATE INDEX failed_bodies_time ON failed_bodies (time_ms);
CREATE INDEX failed_bodies_request ON failed_bodies (request_id);
CREATE TRIGGER failed_bodies_requests AFTER DELETE ON requests BEGIN
	DELETE FROM failed_bodies WHERE request_id = old.request_id; END;
CREATE TRIGGER failed_bodies_attempts AFTER DELETE ON attempts BEGIN
	DELETE FROM failed_bodies WHERE request_id = old.request_id; END;
INSERT INTO failed_bodies VALUES (3, 1737000000000, 'gone', '{}');
PRAGMA user_version = 7;
COMMIT;
