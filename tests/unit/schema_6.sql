-- schema_6.sql: a database as version 6 of the schema left it, with a row and
-- more in each table.  What was released is never edited, here neither.
CREATE TABLE meta (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	generation INTEGER NOT NULL DEFAULT 1,
	admin_digest BLOB);
CREATE TABLE "keys" (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	pool TEXT NOT NULL,
	secret TEXT NOT NULL,
	disabled_by INTEGER NOT NULL DEFAULT 0,
	ready_at INTEGER NOT NULL DEFAULT 0,
	reason TEXT NOT NULL DEFAULT '',
	failures INTEGER NOT NULL DEFAULT 0,
	failed_at INTEGER NOT NULL DEFAULT 0,
	created_at INTEGER NOT NULL,
	checked_at INTEGER NOT NULL DEFAULT 0,
	last_ok_at INTEGER NOT NULL DEFAULT 0,
	list_id INTEGER,
	listed_at INTEGER NOT NULL DEFAULT 0,
	list_asked_at INTEGER NOT NULL DEFAULT 0,
	UNIQUE (secret, pool));
CREATE INDEX keys_enabled ON keys (pool, id, ready_at, list_id)
	WHERE disabled_by = 0;
CREATE INDEX keys_checked ON keys (checked_at)
	WHERE disabled_by = 1;
CREATE TABLE key_models (
	key_id INTEGER NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
	model TEXT NOT NULL,
	ready_at INTEGER NOT NULL,
	streak INTEGER NOT NULL,
	reason TEXT NOT NULL,
	PRIMARY KEY (key_id, model)) WITHOUT ROWID;
CREATE TABLE "rotation" (
	pool TEXT PRIMARY KEY,
	pos INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE tokens (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	name TEXT NOT NULL UNIQUE,
	digest BLOB NOT NULL,
	created_at INTEGER NOT NULL,
	revoked_at INTEGER NOT NULL DEFAULT 0);
CREATE TABLE overrides (
	name TEXT PRIMARY KEY,
	json TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE jobs (
	name TEXT PRIMARY KEY,
	taken_at INTEGER NOT NULL,
	lease_until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE requests (
	id INTEGER PRIMARY KEY,
	time_ms INTEGER NOT NULL,
	request_id TEXT NOT NULL,
	token TEXT NOT NULL,
	key_id INTEGER NOT NULL,
	endpoint TEXT NOT NULL,
	model TEXT NOT NULL,
	stream INTEGER NOT NULL,
	hung_up INTEGER NOT NULL,
	status INTEGER NOT NULL,
	attempts INTEGER NOT NULL,
	first_byte_ms INTEGER NOT NULL,
	total_ms INTEGER NOT NULL,
	prompt_tokens INTEGER NOT NULL,
	completion_tokens INTEGER NOT NULL,
	reasoning_tokens INTEGER NOT NULL,
	cached_tokens INTEGER NOT NULL,
	error_class TEXT NOT NULL);
CREATE INDEX requests_time ON requests (time_ms);
CREATE TABLE attempts (
	id INTEGER PRIMARY KEY,
	time_ms INTEGER NOT NULL,
	request_id TEXT NOT NULL,
	key_id INTEGER NOT NULL,
	model TEXT NOT NULL,
	status INTEGER NOT NULL,
	error_class TEXT NOT NULL,
	text TEXT NOT NULL);
CREATE INDEX attempts_time ON attempts (time_ms);
CREATE TABLE signatures (
	id INTEGER PRIMARY KEY,
	call BLOB NOT NULL UNIQUE,
	signature TEXT NOT NULL,
	created_at INTEGER NOT NULL);
CREATE INDEX signatures_created ON signatures (created_at);
CREATE TABLE affinity (
	id INTEGER PRIMARY KEY,
	digest BLOB NOT NULL UNIQUE,
	key_id INTEGER NOT NULL,
	used_at INTEGER NOT NULL);
CREATE INDEX affinity_used ON affinity (used_at);
CREATE TABLE model_lists (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	digest BLOB NOT NULL UNIQUE,
	body TEXT NOT NULL);
CREATE TABLE list_models (
	list_id INTEGER NOT NULL
		REFERENCES model_lists (id) ON DELETE CASCADE,
	model TEXT NOT NULL,
	PRIMARY KEY (model, list_id)) WITHOUT ROWID;
CREATE INDEX list_models_list ON list_models (list_id);
INSERT INTO model_lists VALUES (1, x'01', '{}');
INSERT INTO list_models VALUES (1, 'gemini-2.5-flash');
INSERT INTO meta VALUES (1, 7, x'0102030405060708090a0b0c0d0e0f10');
INSERT INTO keys (id, pool, secret, disabled_by, ready_at, reason, failures,
	failed_at, created_at, checked_at, last_ok_at) VALUES
	(2, '', 'AIzaSyTESTTESTTESTTEST00000000000000001', 0, 0, '', 0, 0,
	 1737000000000, 0, 1737000000001),
	(3, '', 'AIzaSyTESTTESTTESTTEST00000000000000002', 2, 0, 'mine', 1, 2,
	 1737000000000, 3, 4),
	(5, '', 'AIzaSyTESTTESTTESTTEST00000000000000003', 0, 0, 'x', 0, 0,
	 1737000000000, 0, 0),
	(6, 'vertex', 'AIzaSyTESTTESTTESTTEST00000000000000003', 0, 0, '', 0,
	 0, 1737000000000, 0, 0);
INSERT INTO key_models VALUES (2, 'gemini-2.5-flash', 1737000009000, 3, 'day');
INSERT INTO rotation VALUES ('', 2), ('vertex', 6);
INSERT INTO tokens VALUES
	(1, 'team',
	 x'0102030405060708090a0b0c0d0e0f100102030405060708090a0b0c0d0e0f10',
	 1737000000000, 0);
INSERT INTO overrides VALUES ('max_retries', '5');
INSERT INTO jobs VALUES ('retention', 1737000000000, 1737000060000);
INSERT INTO requests VALUES
	(1, 1737000000000, 'r1', 'team', 2, 'chat.completions',
	 'gemini-2.5-flash', 1, 0, 200, 2, 10, 20, 1, 2, 3, 4, ''),
	(9, 1737000000001, 'r2', '', 0, 'models', '', 0, 1, 499, 0, -1, 5, 0,
	 0, 0, 0, 'x');
INSERT INTO attempts VALUES
	(4, 1737000000000, 'r1', 3, 'gemini-2.5-flash', 429, 'rate_limit',
	 'Grüße');
INSERT INTO signatures VALUES
	(3, x'0102030405060708090a0b0c0d0e0f10', 'c2ln', 1737000000000);
INSERT INTO affinity VALUES
	(4, x'0102030405060708090a0b0c0d0e0f10', 2, 1737000000000);
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
ALTER TABLE requests ADD COLUMN tool_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE requests ADD COLUMN audio_in_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE requests ADD COLUMN image_in_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE requests ADD COLUMN video_in_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE requests ADD COLUMN audio_out_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE requests ADD COLUMN image_out_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE requests ADD COLUMN cost INTEGER;
CREATE TABLE prices (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	model TEXT NOT NULL,
	class TEXT NOT NULL,
	above INTEGER NOT NULL,
	valid_from INTEGER NOT NULL,
	micro INTEGER NOT NULL,
	UNIQUE (model, class, above, valid_from));
CREATE TABLE usage_hours (
	dimension INTEGER NOT NULL,
	start INTEGER NOT NULL,
	value NOT NULL,
	requests INTEGER NOT NULL,
	failed INTEGER NOT NULL,
	attempts INTEGER NOT NULL,
	prompt_tokens INTEGER NOT NULL,
	cached_tokens INTEGER NOT NULL,
	tool_tokens INTEGER NOT NULL,
	audio_in_tokens INTEGER NOT NULL,
	image_in_tokens INTEGER NOT NULL,
	video_in_tokens INTEGER NOT NULL,
	completion_tokens INTEGER NOT NULL,
	reasoning_tokens INTEGER NOT NULL,
	audio_out_tokens INTEGER NOT NULL,
	image_out_tokens INTEGER NOT NULL,
	cost INTEGER NOT NULL,
	unpriced INTEGER NOT NULL,
	total_ms INTEGER NOT NULL,
	first_bytes INTEGER NOT NULL,
	first_byte_ms INTEGER NOT NULL,
	took_100ms INTEGER NOT NULL,
	took_250ms INTEGER NOT NULL,
	took_500ms INTEGER NOT NULL,
	took_1s INTEGER NOT NULL,
	took_2500ms INTEGER NOT NULL,
	took_5s INTEGER NOT NULL,
	took_10s INTEGER NOT NULL,
	took_30s INTEGER NOT NULL,
	took_60s INTEGER NOT NULL,
	took_longer INTEGER NOT NULL,
	PRIMARY KEY (dimension, start, value)) WITHOUT ROWID;
CREATE INDEX usage_hours_value	ON usage_hours (dimension, value, start);
CREATE TABLE usage_days (
	dimension INTEGER NOT NULL,
	start INTEGER NOT NULL,
	value NOT NULL,
	requests INTEGER NOT NULL,
	failed INTEGER NOT NULL,
	attempts INTEGER NOT NULL,
	prompt_tokens INTEGER NOT NULL,
	cached_tokens INTEGER NOT NULL,
	tool_tokens INTEGER NOT NULL,
	audio_in_tokens INTEGER NOT NULL,
	image_in_tokens INTEGER NOT NULL,
	video_in_tokens INTEGER NOT NULL,
	completion_tokens INTEGER NOT NULL,
	reasoning_tokens INTEGER NOT NULL,
	audio_out_tokens INTEGER NOT NULL,
	image_out_tokens INTEGER NOT NULL,
	cost INTEGER NOT NULL,
	unpriced INTEGER NOT NULL,
	total_ms INTEGER NOT NULL,
	first_bytes INTEGER NOT NULL,
	first_byte_ms INTEGER NOT NULL,
	took_100ms INTEGER NOT NULL,
	took_250ms INTEGER NOT NULL,
	took_500ms INTEGER NOT NULL,
	took_1s INTEGER NOT NULL,
	took_2500ms INTEGER NOT NULL,
	took_5s INTEGER NOT NULL,
	took_10s INTEGER NOT NULL,
	took_30s INTEGER NOT NULL,
	took_60s INTEGER NOT NULL,
	took_longer INTEGER NOT NULL,
	PRIMARY KEY (dimension, start, value)) WITHOUT ROWID;
CREATE TABLE usage_state (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	rolled INTEGER NOT NULL,
	epoch INTEGER NOT NULL);
INSERT INTO usage_state VALUES (1, 0, 0);
INSERT INTO prices VALUES (1, 'gemini-2.5-flash', 'output', 0, 0, 2500000);
INSERT INTO usage_hours VALUES (1, 1736996400000, 'team', 1, 0, 2, 1, 4, 0, 0,
	0, 0, 2, 3, 0, 0, 12, 0, 20, 1, 10, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0);
INSERT INTO usage_days VALUES (1, 1736928000000, 'team', 1, 0, 2, 1, 4, 0, 0,
	0, 0, 2, 3, 0, 0, 12, 0, 20, 1, 10, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0);
UPDATE usage_state SET rolled = 9;
PRAGMA application_id = 1734500716;
PRAGMA user_version = 6;
