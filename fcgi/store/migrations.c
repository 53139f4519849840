/* migrations.c: the tables, as numbered migrations */
#include "store/migrations.h"

/*
 * Element N brings a file from version N to N + 1 and says so itself.  What
 * was released once is never edited: a change is a new element.
 *
 * keys: ready_at and reason say until when and why a key cools; disabled_by
 * is enum key_disabled_by.  failures counts since failed_at.  Ids are never
 * used twice, because the journal speaks of keys by id.
 * keys: tier is enum key_tier; models has commas between patterns.
 * rotation: a row a pool and tier, the id of the key whose turn it was last, or
 * with "weighted" the place in key_slots (key_slots.h) of its turn.
 * requests and attempts stand alone: each is kept for a time of its own.
 * model_lists: what Google answered, to the byte; one that no key has goes.
 * signatures, affinity: ids grow with each write, so that those which lie too
 * far behind the newest are the rows too many, and nobody needs to count.
 * requests.cost: micro-USD, by the prices in force then; NULL: nobody knows.
 * usage_hours, usage_days: sums of requests, see usage.h; dimension is enum
 * usage_by, value what it says, and start a moment.  usage_state: the last row
 * of requests that is in them; its epoch ends when an id may be used again.
 * tokens: config: one of ALLOWED_TOKENS.  models has commas between patterns;
 * endpoints is bits of enum token_endpoint; of both nothing means all;
 * the columns behind these are its limits, 0 for none.
 * token_use: what was used since "start", the span's of enum token_span that
 * was used last.  token_leases: what is reserved by requests under way; until
 * is on the clock that never jumps, and so of this boot of the machine.
 * attempt_counts: how many rows of attempts there ever were.  processes: those
 * that serve, and how busy they were when they last said so.
 * meta.seal: see seal.h; '' where secrets are as they are.
 * meta.key_changes: see no_turn.h.
 * clock: one moment on two clocks, see clock_jump.h.
 * objects: a key that was deleted leaves its rows until they expire, so that
 * clients can be told.
 * sessions: the admin's; of an id there is its digest, and "proof" fits one
 * admin token only.
 * keys.project: whose quota it has a part of; project_by is enum
 * key_project_by.  key_models.disabled_by: a person's, who has put ready_at
 * at the end of time.  key_events: see key_history.h; from_state and to_state
 * are enum key_standing, cause is enum key_cause.  charges, breakers: see
 * breakers.h; pending is how many failures have not cost the key anything yet.
 */
const char *const migrations[] = {
    "CREATE TABLE meta ("
    "	one INTEGER PRIMARY KEY CHECK (one = 1),"
    "	generation INTEGER NOT NULL DEFAULT 1,"
    "	admin_digest BLOB);"
    "INSERT INTO meta (one) VALUES (1);"

    "CREATE TABLE keys ("
    "	id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "	secret TEXT NOT NULL UNIQUE,"
    "	disabled_by INTEGER NOT NULL DEFAULT 0,"
    "	ready_at INTEGER NOT NULL DEFAULT 0,"
    "	reason TEXT NOT NULL DEFAULT '',"
    "	failures INTEGER NOT NULL DEFAULT 0,"
    "	failed_at INTEGER NOT NULL DEFAULT 0,"
    "	created_at INTEGER NOT NULL,"
    "	checked_at INTEGER NOT NULL DEFAULT 0,"
    "	last_ok_at INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX keys_enabled ON keys (id, ready_at)"
    "	WHERE disabled_by = 0;"
    "CREATE INDEX keys_checked ON keys (checked_at)"
    "	WHERE disabled_by = 1;"

    "CREATE TABLE key_models ("
    "	key_id INTEGER NOT NULL REFERENCES keys (id) ON DELETE CASCADE,"
    "	model TEXT NOT NULL,"
    "	ready_at INTEGER NOT NULL,"
    "	streak INTEGER NOT NULL,"
    "	reason TEXT NOT NULL,"
    "	PRIMARY KEY (key_id, model)) WITHOUT ROWID;"

    "CREATE TABLE rotation ("
    "	one INTEGER PRIMARY KEY CHECK (one = 1),"
    "	pos INTEGER NOT NULL);"
    "INSERT INTO rotation VALUES (1, 0);"

    "CREATE TABLE tokens ("
    "	id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "	name TEXT NOT NULL UNIQUE,"
    "	digest BLOB NOT NULL,"
    "	created_at INTEGER NOT NULL,"
    "	revoked_at INTEGER NOT NULL DEFAULT 0);"

    "CREATE TABLE overrides ("
    "	name TEXT PRIMARY KEY,"
    "	json TEXT NOT NULL) WITHOUT ROWID;"

    "CREATE TABLE jobs ("
    "	name TEXT PRIMARY KEY,"
    "	taken_at INTEGER NOT NULL,"
    "	lease_until INTEGER NOT NULL) WITHOUT ROWID;"

    "CREATE TABLE requests ("
    "	id INTEGER PRIMARY KEY,"
    "	time_ms INTEGER NOT NULL,"
    "	request_id TEXT NOT NULL,"
    "	token TEXT NOT NULL,"
    "	key_id INTEGER NOT NULL,"
    "	endpoint TEXT NOT NULL,"
    "	model TEXT NOT NULL,"
    "	stream INTEGER NOT NULL,"
    "	hung_up INTEGER NOT NULL,"
    "	status INTEGER NOT NULL,"
    "	attempts INTEGER NOT NULL,"
    "	first_byte_ms INTEGER NOT NULL,"
    "	total_ms INTEGER NOT NULL,"
    "	prompt_tokens INTEGER NOT NULL,"
    "	completion_tokens INTEGER NOT NULL,"
    "	reasoning_tokens INTEGER NOT NULL,"
    "	cached_tokens INTEGER NOT NULL,"
    "	error_class TEXT NOT NULL);"
    "CREATE INDEX requests_time ON requests (time_ms);"

    "CREATE TABLE attempts ("
    "	id INTEGER PRIMARY KEY,"
    "	time_ms INTEGER NOT NULL,"
    "	request_id TEXT NOT NULL,"
    "	key_id INTEGER NOT NULL,"
    "	model TEXT NOT NULL,"
    "	status INTEGER NOT NULL,"
    "	error_class TEXT NOT NULL,"
    "	text TEXT NOT NULL);"
    "CREATE INDEX attempts_time ON attempts (time_ms);"

    "PRAGMA application_id = 1734500716;"
    "PRAGMA user_version = 1;",

    "CREATE TABLE signatures ("
    "	id INTEGER PRIMARY KEY,"
    "	call BLOB NOT NULL UNIQUE,"
    "	signature TEXT NOT NULL,"
    "	created_at INTEGER NOT NULL);"
    "CREATE INDEX signatures_created ON signatures (created_at);"

    "CREATE TABLE affinity ("
    "	id INTEGER PRIMARY KEY,"
    "	digest BLOB NOT NULL UNIQUE,"
    "	key_id INTEGER NOT NULL,"
    "	used_at INTEGER NOT NULL);"
    "CREATE INDEX affinity_used ON affinity (used_at);"

    "PRAGMA user_version = 2;",

    /* A key may be in several pools, which UNIQUE in the table itself would
     * forbid.  Those that were there are of the pool without a name. */
    "CREATE TABLE pool_keys ("
    "	id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "	pool TEXT NOT NULL,"
    "	secret TEXT NOT NULL,"
    "	disabled_by INTEGER NOT NULL DEFAULT 0,"
    "	ready_at INTEGER NOT NULL DEFAULT 0,"
    "	reason TEXT NOT NULL DEFAULT '',"
    "	failures INTEGER NOT NULL DEFAULT 0,"
    "	failed_at INTEGER NOT NULL DEFAULT 0,"
    "	created_at INTEGER NOT NULL,"
    "	checked_at INTEGER NOT NULL DEFAULT 0,"
    "	last_ok_at INTEGER NOT NULL DEFAULT 0,"
    "	UNIQUE (secret, pool));"
    "INSERT INTO pool_keys SELECT id, '', secret, disabled_by, ready_at,"
    "	reason, failures, failed_at, created_at, checked_at, last_ok_at"
    "	FROM keys;"
    "DELETE FROM sqlite_sequence WHERE name = 'pool_keys';"
    "INSERT INTO sqlite_sequence (name, seq)"
    "	SELECT 'pool_keys', seq FROM sqlite_sequence WHERE name = 'keys';"
    "DROP TABLE keys;"
    "ALTER TABLE pool_keys RENAME TO keys;"
    "CREATE INDEX keys_enabled ON keys (pool, id, ready_at)"
    "	WHERE disabled_by = 0;"
    "CREATE INDEX keys_checked ON keys (checked_at)"
    "	WHERE disabled_by = 1;"

    "CREATE TABLE pool_rotation ("
    "	pool TEXT PRIMARY KEY,"
    "	pos INTEGER NOT NULL) WITHOUT ROWID;"
    "INSERT INTO pool_rotation SELECT '', pos FROM rotation;"
    "DROP TABLE rotation;"
    "ALTER TABLE pool_rotation RENAME TO rotation;"

    "PRAGMA user_version = 3;",

    "CREATE TABLE model_lists ("
    "	id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "	digest BLOB NOT NULL UNIQUE,"
    "	body TEXT NOT NULL);"
    "CREATE TABLE list_models ("
    "	list_id INTEGER NOT NULL"
    "		REFERENCES model_lists (id) ON DELETE CASCADE,"
    "	model TEXT NOT NULL,"
    "	PRIMARY KEY (model, list_id)) WITHOUT ROWID;"
    "CREATE INDEX list_models_list ON list_models (list_id);"
    "ALTER TABLE keys ADD COLUMN list_id INTEGER;"
    "ALTER TABLE keys ADD COLUMN listed_at INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE keys ADD COLUMN list_asked_at INTEGER NOT NULL DEFAULT 0;"
    "DROP INDEX keys_enabled;"
    "CREATE INDEX keys_enabled ON keys (pool, id, ready_at, list_id)"
    "	WHERE disabled_by = 0;"

    "PRAGMA user_version = 4;",

    "CREATE TABLE objects ("
    "	name TEXT PRIMARY KEY,"
    "	key_id INTEGER NOT NULL,"
    "	token TEXT NOT NULL,"
    "	mime TEXT NOT NULL,"
    "	uri TEXT NOT NULL,"
    "	label TEXT NOT NULL,"
    "	purpose TEXT NOT NULL,"
    "	bytes INTEGER NOT NULL,"
    "	created_at INTEGER NOT NULL,"
    "	expires_at INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX objects_expire ON objects (expires_at);"

    "PRAGMA user_version = 5;",

    "ALTER TABLE requests ADD COLUMN tool_tokens INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE requests ADD COLUMN audio_in_tokens INTEGER NOT NULL"
    "	DEFAULT 0;"
    "ALTER TABLE requests ADD COLUMN image_in_tokens INTEGER NOT NULL"
    "	DEFAULT 0;"
    "ALTER TABLE requests ADD COLUMN video_in_tokens INTEGER NOT NULL"
    "	DEFAULT 0;"
    "ALTER TABLE requests ADD COLUMN audio_out_tokens INTEGER NOT NULL"
    "	DEFAULT 0;"
    "ALTER TABLE requests ADD COLUMN image_out_tokens INTEGER NOT NULL"
    "	DEFAULT 0;"
    "ALTER TABLE requests ADD COLUMN cost INTEGER;"
    "CREATE TABLE prices ("
    "	id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "	model TEXT NOT NULL,"
    "	class TEXT NOT NULL,"
    "	above INTEGER NOT NULL,"
    "	valid_from INTEGER NOT NULL,"
    "	micro INTEGER NOT NULL,"
    "	UNIQUE (model, class, above, valid_from));"

    "CREATE TABLE usage_hours ("
    "	dimension INTEGER NOT NULL,"
    "	start INTEGER NOT NULL,"
    "	value NOT NULL,"
    "	requests INTEGER NOT NULL,"
    "	failed INTEGER NOT NULL,"
    "	attempts INTEGER NOT NULL,"
    "	prompt_tokens INTEGER NOT NULL,"
    "	cached_tokens INTEGER NOT NULL,"
    "	tool_tokens INTEGER NOT NULL,"
    "	audio_in_tokens INTEGER NOT NULL,"
    "	image_in_tokens INTEGER NOT NULL,"
    "	video_in_tokens INTEGER NOT NULL,"
    "	completion_tokens INTEGER NOT NULL,"
    "	reasoning_tokens INTEGER NOT NULL,"
    "	audio_out_tokens INTEGER NOT NULL,"
    "	image_out_tokens INTEGER NOT NULL,"
    "	cost INTEGER NOT NULL,"
    "	unpriced INTEGER NOT NULL,"
    "	total_ms INTEGER NOT NULL,"
    "	first_bytes INTEGER NOT NULL,"
    "	first_byte_ms INTEGER NOT NULL,"
    "	took_100ms INTEGER NOT NULL,"
    "	took_250ms INTEGER NOT NULL,"
    "	took_500ms INTEGER NOT NULL,"
    "	took_1s INTEGER NOT NULL,"
    "	took_2500ms INTEGER NOT NULL,"
    "	took_5s INTEGER NOT NULL,"
    "	took_10s INTEGER NOT NULL,"
    "	took_30s INTEGER NOT NULL,"
    "	took_60s INTEGER NOT NULL,"
    "	took_longer INTEGER NOT NULL,"
    "	PRIMARY KEY (dimension, start, value)) WITHOUT ROWID;"
    "CREATE INDEX usage_hours_value"
    "	ON usage_hours (dimension, value, start);"
    "CREATE TABLE usage_days ("
    "	dimension INTEGER NOT NULL,"
    "	start INTEGER NOT NULL,"
    "	value NOT NULL,"
    "	requests INTEGER NOT NULL,"
    "	failed INTEGER NOT NULL,"
    "	attempts INTEGER NOT NULL,"
    "	prompt_tokens INTEGER NOT NULL,"
    "	cached_tokens INTEGER NOT NULL,"
    "	tool_tokens INTEGER NOT NULL,"
    "	audio_in_tokens INTEGER NOT NULL,"
    "	image_in_tokens INTEGER NOT NULL,"
    "	video_in_tokens INTEGER NOT NULL,"
    "	completion_tokens INTEGER NOT NULL,"
    "	reasoning_tokens INTEGER NOT NULL,"
    "	audio_out_tokens INTEGER NOT NULL,"
    "	image_out_tokens INTEGER NOT NULL,"
    "	cost INTEGER NOT NULL,"
    "	unpriced INTEGER NOT NULL,"
    "	total_ms INTEGER NOT NULL,"
    "	first_bytes INTEGER NOT NULL,"
    "	first_byte_ms INTEGER NOT NULL,"
    "	took_100ms INTEGER NOT NULL,"
    "	took_250ms INTEGER NOT NULL,"
    "	took_500ms INTEGER NOT NULL,"
    "	took_1s INTEGER NOT NULL,"
    "	took_2500ms INTEGER NOT NULL,"
    "	took_5s INTEGER NOT NULL,"
    "	took_10s INTEGER NOT NULL,"
    "	took_30s INTEGER NOT NULL,"
    "	took_60s INTEGER NOT NULL,"
    "	took_longer INTEGER NOT NULL,"
    "	PRIMARY KEY (dimension, start, value)) WITHOUT ROWID;"
    "CREATE TABLE usage_state ("
    "	one INTEGER PRIMARY KEY CHECK (one = 1),"
    "	rolled INTEGER NOT NULL,"
    "	epoch INTEGER NOT NULL);"
    "INSERT INTO usage_state VALUES (1, 0, 0);"

    "PRAGMA user_version = 6;",

    /* 7: bodies of requests that failed; one goes with its rows */
    "CREATE TABLE failed_bodies ("
    "	id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "	time_ms INTEGER NOT NULL,"
    "	request_id TEXT NOT NULL,"
    "	body TEXT NOT NULL);"
    "CREATE INDEX failed_bodies_time ON failed_bodies (time_ms);"
    "CREATE INDEX failed_bodies_request ON failed_bodies (request_id);"
    "CREATE TRIGGER failed_bodies_requests AFTER DELETE ON requests BEGIN"
    "	DELETE FROM failed_bodies WHERE request_id = old.request_id; END;"
    "CREATE TRIGGER failed_bodies_attempts AFTER DELETE ON attempts BEGIN"
    "	DELETE FROM failed_bodies WHERE request_id = old.request_id; END;"

    "PRAGMA user_version = 7;",

    /* 8: tokens are people, with limits, and what was used of them */
    "ALTER TABLE tokens ADD COLUMN note TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE tokens ADD COLUMN config INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tokens ADD COLUMN enabled INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE tokens ADD COLUMN expires_at INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tokens ADD COLUMN models TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE tokens ADD COLUMN endpoints INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tokens ADD COLUMN parallel INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tokens ADD COLUMN minute_requests INTEGER NOT NULL"
    "	DEFAULT 0;"
    "ALTER TABLE tokens ADD COLUMN minute_tokens INTEGER NOT NULL"
    "	DEFAULT 0;"
    "ALTER TABLE tokens ADD COLUMN day_requests INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tokens ADD COLUMN day_tokens INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tokens ADD COLUMN day_cost INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tokens ADD COLUMN month_requests INTEGER NOT NULL"
    "	DEFAULT 0;"
    "ALTER TABLE tokens ADD COLUMN month_tokens INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tokens ADD COLUMN month_cost INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX tokens_digest ON tokens (digest);"
    "CREATE TABLE token_use ("
    "	token_id INTEGER NOT NULL,"
    "	span INTEGER NOT NULL,"
    "	start INTEGER NOT NULL,"
    "	requests INTEGER NOT NULL,"
    "	tokens INTEGER NOT NULL,"
    "	cost INTEGER NOT NULL,"
    "	PRIMARY KEY (token_id, span)) WITHOUT ROWID;"
    "CREATE TABLE token_leases ("
    "	token_id INTEGER NOT NULL,"
    "	owner INTEGER NOT NULL,"
    "	number INTEGER NOT NULL,"
    "	until INTEGER NOT NULL,"
    "	began_at INTEGER NOT NULL,"
    "	tokens INTEGER NOT NULL,"
    "	cost INTEGER NOT NULL,"
    "	PRIMARY KEY (token_id, owner, number)) WITHOUT ROWID;"

    "PRAGMA user_version = 8;",

    /* 9: secrets that are encrypted, and what monitoring wants to know */
    "ALTER TABLE meta ADD COLUMN seal TEXT NOT NULL DEFAULT '';"
    "CREATE TABLE attempt_counts ("
    "	error_class TEXT PRIMARY KEY,"
    "	attempts INTEGER NOT NULL) WITHOUT ROWID;"
    "INSERT INTO attempt_counts SELECT error_class, count(*) FROM attempts"
    "	GROUP BY error_class;"
    "CREATE TABLE processes ("
    "	id TEXT PRIMARY KEY,"
    "	seen_at INTEGER NOT NULL,"
    "	running INTEGER NOT NULL,"
    "	waiting INTEGER NOT NULL) WITHOUT ROWID;"

    "PRAGMA user_version = 9;",

    /* 10: the admin's sessions, and wrong tokens */
    "CREATE TABLE sessions ("
    "	id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "	digest BLOB NOT NULL UNIQUE,"
    "	proof BLOB NOT NULL,"
    "	created_at INTEGER NOT NULL,"
    "	seen_at INTEGER NOT NULL,"
    "	expires_at INTEGER NOT NULL,"
    "	address TEXT NOT NULL,"
    "	agent TEXT NOT NULL,"
    "	notes TEXT NOT NULL);"
    "CREATE TABLE sign_in_tries ("
    "	id INTEGER PRIMARY KEY,"
    "	address TEXT NOT NULL UNIQUE,"
    "	count INTEGER NOT NULL,"
    "	last_at INTEGER NOT NULL,"
    "	wait_until INTEGER NOT NULL);"

    "PRAGMA user_version = 10;",

    /* 11: the health of keys, with its history; projects; whose fault it is */
    "ALTER TABLE keys ADD COLUMN project TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE keys ADD COLUMN project_by INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX keys_project ON keys (project) WHERE project <> '';"
    "ALTER TABLE key_models ADD COLUMN disabled_by INTEGER NOT NULL"
    "	DEFAULT 0;"
    "ALTER TABLE key_models ADD COLUMN cause INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE key_events ("
    "	id INTEGER PRIMARY KEY,"
    "	time_ms INTEGER NOT NULL,"
    "	key_id INTEGER NOT NULL,"
    "	model TEXT NOT NULL,"
    "	from_state INTEGER NOT NULL,"
    "	to_state INTEGER NOT NULL,"
    "	until_ms INTEGER NOT NULL,"
    "	cause INTEGER NOT NULL,"
    "	status INTEGER NOT NULL,"
    "	error_class TEXT NOT NULL,"
    "	request_id TEXT NOT NULL,"
    "	reason TEXT NOT NULL,"
    "	quota TEXT NOT NULL DEFAULT '',"
    "	shared INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX key_events_key ON key_events (key_id, id);"
    "CREATE INDEX key_events_time ON key_events (time_ms);"
    "CREATE TABLE charges ("
    "	error_class TEXT NOT NULL,"
    "	exit TEXT NOT NULL,"
    "	model TEXT NOT NULL,"
    "	key_id INTEGER NOT NULL,"
    "	suspects INTEGER NOT NULL,"
    "	first_ms INTEGER NOT NULL,"
    "	time_ms INTEGER NOT NULL,"
    "	hits INTEGER NOT NULL,"
    "	requests INTEGER NOT NULL,"
    "	pending INTEGER NOT NULL,"
    "	sentence INTEGER NOT NULL,"
    "	until_ms INTEGER NOT NULL,"
    "	failures_max INTEGER NOT NULL,"
    "	window_ms INTEGER NOT NULL,"
    "	status INTEGER NOT NULL,"
    "	request_id TEXT NOT NULL,"
    "	reason TEXT NOT NULL,"
    "	PRIMARY KEY (error_class, exit, model, key_id)) WITHOUT ROWID;"
    "CREATE INDEX charges_time ON charges (time_ms);"
    "CREATE TABLE breakers ("
    "	kind INTEGER NOT NULL,"
    "	name TEXT NOT NULL,"
    "	error_class TEXT NOT NULL,"
    "	opened_at INTEGER NOT NULL,"
    "	until_ms INTEGER NOT NULL,"
    "	probe_at INTEGER NOT NULL,"
    "	failures INTEGER NOT NULL,"
    "	reason TEXT NOT NULL,"
    "	PRIMARY KEY (kind, name)) WITHOUT ROWID;"

    "PRAGMA user_version = 11;",

    /* 12: one moment on two clocks */
    "CREATE TABLE clock ("
    "	one INTEGER PRIMARY KEY CHECK (one = 1),"
    "	wall_ms INTEGER NOT NULL,"
    "	boot_ms INTEGER NOT NULL,"
    "	boot TEXT NOT NULL);"

    "PRAGMA user_version = 12;",

    /* 13: the tiers of a pool have a rotation each; the one that there was is
     * of the free tier, which all keys were of. */
    "ALTER TABLE keys ADD COLUMN tier INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE keys ADD COLUMN weight INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE keys ADD COLUMN models TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE keys ADD COLUMN note TEXT NOT NULL DEFAULT '';"
    "DROP INDEX keys_enabled;"
    "CREATE INDEX keys_enabled"
    "	ON keys (pool, tier, id, ready_at, list_id, models)"
    "	WHERE disabled_by = 0;"
    "CREATE TABLE tier_rotation ("
    "	pool TEXT NOT NULL,"
    "	tier INTEGER NOT NULL,"
    "	pos INTEGER NOT NULL,"
    "	weighted INTEGER NOT NULL DEFAULT 0,"
    "	PRIMARY KEY (pool, tier)) WITHOUT ROWID;"
    "INSERT INTO tier_rotation (pool, tier, pos)"
    "	SELECT pool, 0, pos FROM rotation;"
    "DROP TABLE rotation;"
    "ALTER TABLE tier_rotation RENAME TO rotation;"
    "CREATE TABLE key_slots ("
    "	pool TEXT NOT NULL,"
    "	tier INTEGER NOT NULL,"
    "	at INTEGER NOT NULL,"
    "	key_id INTEGER NOT NULL,"
    "	PRIMARY KEY (pool, tier, at)) WITHOUT ROWID;"

    "PRAGMA user_version = 13;",

    /* 14: who changed which setting */
    "CREATE TABLE settings_history ("
    "	id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "	time_ms INTEGER NOT NULL,"
    "	name TEXT NOT NULL,"
    "	who TEXT NOT NULL,"
    "	reset INTEGER NOT NULL,"
    "	before TEXT NOT NULL,"
    "	after TEXT NOT NULL);"
    "CREATE INDEX settings_history_name ON settings_history (name, id);"

    "PRAGMA user_version = 14;",

    /* 15: what people call keys by */
    "CREATE TABLE key_tags ("
    "	key_id INTEGER NOT NULL REFERENCES keys (id) ON DELETE CASCADE,"
    "	tag TEXT NOT NULL,"
    "	PRIMARY KEY (key_id, tag)) WITHOUT ROWID;"
    "CREATE INDEX key_tags_tag ON key_tags (tag);"

    "PRAGMA user_version = 15;",

    /* 16: how many keys stand how, without a look at each of them; see
     * KEYS_STANDING for why it leaves out none */
    "CREATE INDEX keys_standing ON keys (pool, disabled_by, ready_at)"
    "	WHERE id > 0;"

    "PRAGMA user_version = 16;",

    /* 17: counts what changes for whom there is a turn, but for rests that
     * begin or grow longer; see no_turn.h */
    "ALTER TABLE meta ADD COLUMN key_changes INTEGER NOT NULL DEFAULT 0;"
    "CREATE TRIGGER keys_added AFTER INSERT ON keys"
    "	BEGIN UPDATE meta SET key_changes = key_changes + 1; END;"
    "CREATE TRIGGER keys_gone AFTER DELETE ON keys"
    "	BEGIN UPDATE meta SET key_changes = key_changes + 1; END;"
    "CREATE TRIGGER keys_changed AFTER UPDATE"
    "	OF ready_at, disabled_by, pool, models, list_id ON keys"
    "	WHEN NEW.ready_at < OLD.ready_at OR NEW.disabled_by <> OLD.disabled_by"
    "	OR NEW.pool <> OLD.pool OR NEW.models <> OLD.models"
    "	OR NEW.list_id IS NOT OLD.list_id"
    "	BEGIN UPDATE meta SET key_changes = key_changes + 1; END;"
    "CREATE TRIGGER key_models_added AFTER INSERT ON key_models"
    "	WHEN NEW.disabled_by <> 0"
    "	BEGIN UPDATE meta SET key_changes = key_changes + 1; END;"
    "CREATE TRIGGER key_models_gone AFTER DELETE ON key_models"
    "	BEGIN UPDATE meta SET key_changes = key_changes + 1; END;"
    "CREATE TRIGGER key_models_changed AFTER UPDATE"
    "	OF ready_at, disabled_by ON key_models"
    "	WHEN NEW.ready_at < OLD.ready_at OR NEW.disabled_by <> OLD.disabled_by"
    "	BEGIN UPDATE meta SET key_changes = key_changes + 1; END;"
    "CREATE TRIGGER list_models_added AFTER INSERT ON list_models"
    "	BEGIN UPDATE meta SET key_changes = key_changes + 1; END;"
    "CREATE TRIGGER list_models_gone AFTER DELETE ON list_models"
    "	BEGIN UPDATE meta SET key_changes = key_changes + 1; END;"

    "PRAGMA user_version = 17;",
};
const size_t migration_count = GB_COUNT(migrations);
