/* model_lists.c: which models Google lists for which key */
#include "store/model_lists.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/secret.h"
#include "store/turn.h"

static const char sql_find[] = "SELECT id FROM model_lists WHERE digest = ?1";
static const char sql_insert[] =
    "INSERT INTO model_lists (digest, body) SELECT ?1, ?2"
    " WHERE (SELECT count(*) FROM model_lists) < ?3";
static const char sql_insert_models[] =
    "INSERT OR IGNORE INTO list_models (list_id, model)"
    " SELECT ?1, value FROM json_each(?2)";
static const char sql_give[] =
    "UPDATE keys SET list_id = ?2, listed_at = ?3,"
    " list_asked_at = max(list_asked_at, ?3) WHERE id = ?1";
static const char sql_take_away[] =
    "UPDATE keys SET list_id = NULL WHERE id = ?1";
static const char sql_drop_unused[] =
    "DELETE FROM model_lists WHERE id NOT IN"
    " (SELECT list_id FROM keys WHERE list_id IS NOT NULL)";

#define IS_DUE \
	"pool = '' AND disabled_by = 0 AND ready_at <= ?2" \
	" AND list_asked_at <= ?1"
static const char sql_due[] = "SELECT 1 FROM keys WHERE " IS_DUE " LIMIT 1";
static const char sql_take[] =
    "UPDATE keys SET list_asked_at = ?2 WHERE id ="
    " (SELECT id FROM keys WHERE " IS_DUE
    " ORDER BY list_asked_at, id LIMIT 1) RETURNING id, gb_open(secret), 1,"
    " pool";

static const char sql_state[] =
    "SELECT group_concat(id), max(newest) FROM"
    " (SELECT list_id AS id, max(listed_at) AS newest FROM keys"
    " WHERE pool = '' AND list_id IS NOT NULL AND (disabled_by = 0 OR ?1)"
    " GROUP BY list_id ORDER BY list_id)";
static const char sql_bodies[] =
    "SELECT body FROM model_lists WHERE id IN"
    " (SELECT value FROM json_each('[' || ?1 || ']')) ORDER BY id";

/* The id of the list, which is made when it is not there. */
static enum gb_err
find_or_make(struct store *s, const char *body, const char *names, int64_t *id)
{
	unsigned char digest[DIGEST_SIZE];
	int64_t changes;
	enum gb_err rc;

	secret_digest(digest, body, strlen(body));
	rc = db_number_locked(s, sql_find,
			      DB_ARGS(db_blob(digest, sizeof(digest))), id);
	if (rc != GB_ENOTFOUND)
		return rc;
	rc = db_run_locked(s, sql_insert,
			   DB_ARGS(db_blob(digest, sizeof(digest)),
				   db_text(body), db_int(LISTS_MAX)),
			   &changes);
	if (rc == GB_OK && changes == 0)
		return GB_ETOOBIG;
	if (rc == GB_OK)
		rc = db_number_locked(s, sql_find,
				      DB_ARGS(db_blob(digest, sizeof(digest))),
				      id);
	if (rc == GB_OK)
		rc = db_run_locked(s, sql_insert_models,
				   DB_ARGS(db_int(*id), db_text(names)), NULL);
	return rc;
}

static enum gb_err
save_locked(struct store *s, int64_t key_id, const char *body,
	    const char *names, int64_t now_ms)
{
	enum gb_err rc;
	int64_t id;

	/* Its old one may be what is too much. */
	rc = db_run_locked(s, sql_take_away, DB_ARGS(db_int(key_id)), NULL);
	if (rc == GB_OK && strcmp(names, "[]") != 0 &&
	    (rc = find_or_make(s, body, names, &id)) == GB_OK)
		rc = db_run_locked(s, sql_give,
				   DB_ARGS(db_int(key_id), db_int(id),
					   db_int(now_ms)),
				   NULL);
	if (rc == GB_OK)
		rc = db_run_locked(s, sql_drop_unused, DB_NO_ARGS, NULL);
	return rc;
}

enum gb_err
store_list_save(struct store *s, int64_t key_id, const char *body,
		const char *names, int64_t now_ms)
{
	enum gb_err rc, told;

	db_lock(s);
	if ((told = rc = db_begin(s)) != GB_OK)
		goto out;
	told = save_locked(s, key_id, body, names, now_ms);
	if (told == GB_ETOOBIG)
		log_warnx("key %lld: its list of models is the %dth different "
			  "one and not kept",
			  (long long)key_id, LISTS_MAX + 1);
	rc = db_finish(s, told == GB_ETOOBIG ? GB_OK : told);
out:
	db_unlock(s);
	return rc == GB_OK ? told : rc;
}

enum gb_err
store_list_take(struct store *s, int64_t now_ms, int64_t every_ms,
		struct key_turn *turn)
{
	return turn_take_due(s, sql_due, sql_take,
			     DB_ARGS(db_int(now_ms - every_ms), db_int(now_ms)),
			     turn);
}

enum gb_err
store_lists_state(struct store *s, bool any, struct lists_state *out)
{
	sqlite3_stmt *stmt;
	const char *ids;
	enum gb_err rc;
	bool row;

	memset(out, 0, sizeof(*out));
	db_lock(s);
	rc = db_start(s, sql_state, DB_ARGS(db_int(any)), &stmt);
	if (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK) {
		ids = (const char *)sqlite3_column_text(stmt, 0);
		out->newest_ms = sqlite3_column_int64(stmt, 1);
		if (ids == NULL || strlen(ids) >= sizeof(out->ids))
			rc = GB_ENOTFOUND;
		else
			(void)snprintf(out->ids, sizeof(out->ids), "%s", ids);
	}
	db_end(stmt);
	db_unlock(s);
	return rc;
}

enum gb_err
store_lists_each(struct store *s, const struct lists_state *state,
		 enum gb_err (*each)(void *arg, const char *body, size_t len),
		 void *arg)
{
	sqlite3_stmt *stmt;
	const char *body;
	enum gb_err rc;
	bool row;

	db_lock(s);
	rc = db_start(s, sql_bodies, DB_ARGS(db_text(state->ids)), &stmt);
	while (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK && row) {
		body = (const char *)sqlite3_column_text(stmt, 0);
		rc = body == NULL ? GB_ENOMEM : each(arg, body, strlen(body));
	}
	db_end(stmt);
	db_unlock(s);
	return rc;
}
