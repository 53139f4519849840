-- Version 6 on version 5: tokens by class, prices and the sums of usage.
BEGIN;
ALTER TABLE requests ADD COLUMN tool_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE requests ADD COLUMN audio_in_tokens INTEGER NOT NULL
	DEFAULT 0;
ALTER TABLE requests ADD COLUMN image_in_tokens INTEGER NOT NULL
	DEFAULT 0;
ALTER TABLE requests ADD COLUMN video_in_tokens INTEGER NOT NULL
	DEFAULT 0;
ALTER TABLE requests ADD COLUMN audio_out_tokens INTEGER NOT NULL
	DEFAULT 0;
ALTER TABLE requests ADD COLUMN image_out_tokens INTEGER NOT NULL
	DEFAULT 0;
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
CREATE INDEX usage_hours_value
	ON usage_hours (dimension, value, start);
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
UPDATE requests SET tool_tokens = 1, audio_in_tokens = 2, image_in_tokens = 3,
	video_in_tokens = 4, audio_out_tokens = 5, image_out_tokens = 6,
	cost = 7 WHERE id = 1;
INSERT INTO prices VALUES (2, 'gemini-*', 'output', 0, 1737000000000, 75);
INSERT INTO usage_hours VALUES (1, 1737000000000, 'team', 1, 2, 3, 4, 5, 6, 7,
	8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
	26, 27, 28);
INSERT INTO usage_days VALUES (1, 1736985600000, 'team', 1, 2, 3, 4, 5, 6, 7,
	8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
	26, 27, 28);
UPDATE usage_state SET rolled = 9, epoch = 1;
PRAGMA user_version = 6;
COMMIT;
