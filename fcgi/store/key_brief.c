/* key_brief.c: as little of keys as a choice among them needs */
#include "store/key_brief.h"

#include <stdlib.h>

#include "store/db.h"

#define COLUMNS \
	"SELECT id, pool, disabled_by, ready_at, gb_open(secret) FROM keys"
static const char sql_first[] = COLUMNS " ORDER BY id LIMIT ?1";
static const char sql_one[] = COLUMNS " WHERE id = ?1";

static enum gb_err
read_row(sqlite3_stmt *stmt, int64_t now_ms, void *row)
{
	struct key_brief *k = row;
	const char *secret;

	k->id = sqlite3_column_int64(stmt, 0);
	k->pool = (enum key_pool)sqlite3_column_int(stmt, 1);
	if (sqlite3_column_int(stmt, 2) != DISABLED_BY_NOBODY)
		k->state = KEY_DISABLED;
	else
		k->state = sqlite3_column_int64(stmt, 3) > now_ms ? KEY_COOLING
								  : KEY_READY;
	secret = (const char *)sqlite3_column_text(stmt, 4);
	secret_mask(k->mask, secret == NULL ? "" : secret);
	return GB_OK;
}

static enum gb_err
read_rows(struct store *s, const char *sql, int64_t number, int64_t now_ms,
	  struct key_brief **out, size_t *count)
{
	enum gb_err rc;
	void *rows;

	rc = db_list_of(s, sql, DB_ARGS(db_int(number)), read_row, now_ms,
			sizeof(**out), &rows, count);
	*out = rows;
	return rc;
}

enum gb_err
store_keys_brief(struct store *s, int64_t now_ms, int64_t most,
		 struct key_brief **out, size_t *count)
{
	return read_rows(s, sql_first, most, now_ms, out, count);
}

enum gb_err
store_key_brief(struct store *s, int64_t id, int64_t now_ms,
		struct key_brief *out)
{
	struct key_brief *rows;
	enum gb_err rc;
	size_t count;

	rc = read_rows(s, sql_one, id, now_ms, &rows, &count);
	if (rc == GB_OK && count == 0)
		rc = GB_ENOTFOUND;
	if (rc == GB_OK)
		*out = rows[0];
	free(rows);
	return rc;
}
