/* signatures.c: the thought signatures of tool calls */
#include "store/signatures.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "store/db.h"

#define CALL_SIZE 16 /* bytes of the digest that a call is known by */
#define TRIM_ROWS 2  /* for each new row; so a lower limit is reached, too */

static const char sql_put[] =
    "INSERT OR REPLACE INTO signatures (call, signature, created_at)"
    " VALUES (?1, ?2, ?3)";
static const char sql_get[] =
    "SELECT signature FROM signatures WHERE call = ?1 AND created_at >= ?2";
static const char sql_expire[] =
    "DELETE FROM signatures WHERE id IN (SELECT id FROM signatures"
    " WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)";
static const char sql_trim[] =
    "DELETE FROM signatures WHERE id IN (SELECT id FROM signatures"
    " WHERE id <= (SELECT max(id) FROM signatures) - ?1 ORDER BY id LIMIT ?2)";

/* What one thread has to write. */
struct put {
	struct combine_op op; /* the first member: run_put() casts */
	const char *token;
	const struct call_signature *items;
	size_t count;
	int64_t most, now_ms;
};

static bool
has_name(const struct call_signature *item)
{
	return item->id_len > 0 && item->id_len <= SIGNATURE_ID_MAX &&
	       item->name_len > 0 && item->name_len <= SIGNATURE_NAME_MAX;
}

static bool
is_fit(const struct call_signature *item)
{
	size_t len;

	if (item->signature == NULL || !has_name(item))
		return false;
	len = strnlen(item->signature, SIGNATURE_MAX + 1);
	return len > 0 && len <= SIGNATURE_MAX;
}

static void
call_digest(unsigned char call[CALL_SIZE], const char *token,
	    const struct call_signature *item)
{
	const struct secret_part parts[] = {
	    {token, strlen(token)},
	    {item->id, item->id_len},
	    {item->name, item->name_len},
	};
	unsigned char whole[DIGEST_SIZE];

	secret_digest_parts(whole, parts, GB_COUNT(parts));
	memcpy(call, whole, CALL_SIZE);
}

static enum gb_err
put_one(struct store *s, const struct put *p, const struct call_signature *item)
{
	unsigned char call[CALL_SIZE];

	call_digest(call, p->token, item);
	return db_run_locked(s, sql_put,
			     DB_ARGS(db_blob(call, sizeof(call)),
				     db_text(item->signature),
				     db_int(p->now_ms)),
			     NULL);
}

static enum gb_err
put_all(struct store *s, const struct put *p)
{
	enum gb_err rc;
	int64_t fresh;
	size_t i;

	rc = GB_OK;
	for (fresh = 0, i = 0; i < p->count && rc == GB_OK; i++)
		if (is_fit(&p->items[i])) {
			rc = put_one(s, p, &p->items[i]);
			fresh++;
		}
	if (rc != GB_OK)
		return rc;
	return db_run_locked(s, sql_trim,
			     DB_ARGS(db_int(p->most),
				     db_int(fresh * TRIM_ROWS)),
			     NULL);
}

static enum gb_err
run_put(struct store *s, struct combine_op *op)
{
	const struct put *p = (const struct put *)op;
	enum gb_err rc;

	if ((rc = db_part_begin(s)) != GB_OK)
		return rc;
	return db_part_end(s, put_all(s, p));
}

enum gb_err
store_signatures_put(struct store *s, const char *token,
		     const struct call_signature *items, size_t count,
		     int64_t most, int64_t now_ms)
{
	struct put p;
	size_t i;

	if (count > SIGNATURES_AT_ONCE)
		count = SIGNATURES_AT_ONCE;
	for (i = 0; i < count && !is_fit(&items[i]); i++)
		;
	if (i == count || most <= 0)
		return GB_OK;
	p = (struct put){
	    .op.run = run_put,
	    .token = token,
	    .items = items,
	    .count = count,
	    .most = most,
	    .now_ms = now_ms,
	};
	return combine_run(s, &s->writes, &p.op);
}

/* One call's signature; not to know it is no failure. */
static enum gb_err
get_one(struct store *s, const char *token, struct call_signature *item,
	int64_t since_ms)
{
	unsigned char call[CALL_SIZE];
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;

	call_digest(call, token, item);
	rc = db_start(s, sql_get,
		      DB_ARGS(db_blob(call, sizeof(call)), db_int(since_ms)),
		      &stmt);
	if (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK && row &&
	    sqlite3_column_bytes(stmt, 0) <= SIGNATURE_MAX) {
		item->signature = db_copy_text(stmt, 0);
		if (item->signature == NULL)
			rc = GB_ENOMEM;
	}
	db_end(stmt);
	return rc;
}

enum gb_err
store_signatures_get(struct store *s, const char *token,
		     struct call_signature *items, size_t count,
		     int64_t since_ms)
{
	enum gb_err rc;
	size_t i;

	for (i = 0; i < count; i++)
		items[i].signature = NULL;
	if (count > SIGNATURES_AT_ONCE)
		count = SIGNATURES_AT_ONCE;
	rc = GB_OK;
	db_lock(s);
	for (i = 0; i < count && rc == GB_OK; i++)
		if (has_name(&items[i]))
			rc = get_one(s, token, &items[i], since_ms);
	db_unlock(s);
	for (i = 0; i < count && rc != GB_OK; i++) {
		free(items[i].signature);
		items[i].signature = NULL;
	}
	return rc;
}

enum gb_err
store_signatures_expire(struct store *s, int64_t before_ms, int64_t most,
			int64_t *deleted)
{
	return db_run(s, sql_expire, DB_ARGS(db_int(before_ms), db_int(most)),
		      deleted);
}

enum gb_err
store_signatures_trim(struct store *s, int64_t keep, int64_t most,
		      int64_t *deleted)
{
	return db_run(s, sql_trim, DB_ARGS(db_int(keep), db_int(most)),
		      deleted);
}
