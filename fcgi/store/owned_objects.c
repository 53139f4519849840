/* owned_objects.c: which key made what */
#include "store/owned_objects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/redact.h"
#include "store/db.h"

#define NAMES_TEXT_MAX (32 * 1024) /* a JSON array of OBJECTS_AT_ONCE names */
#define TEXT_COLUMNS   6

#define SQL_ADD \
	"INSERT INTO objects (name, key_id, token, mime, uri, label, purpose," \
	" bytes, created_at, expires_at)" \
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)" \
	" ON CONFLICT (name) DO "
static const char sql_bind[] = SQL_ADD "NOTHING";
static const char sql_put[] =
    SQL_ADD "UPDATE SET"
	    " mime = iif(excluded.mime = '', mime, excluded.mime),"
	    " uri = iif(excluded.uri = '', uri, excluded.uri),"
	    " label = iif(excluded.label = '', label, excluded.label),"
	    " purpose = iif(excluded.purpose = '', purpose, excluded.purpose),"
	    " bytes = iif(excluded.bytes = 0, bytes, excluded.bytes),"
	    " expires_at = iif(excluded.expires_at = 0, expires_at,"
	    " excluded.expires_at)";

#define COLUMNS \
	"o.name, o.token, o.mime, o.uri, o.label, o.purpose, o.key_id," \
	" o.bytes, o.created_at, o.expires_at, coalesce(gb_open(k.secret), " \
	"'')" \
	" FROM objects o LEFT JOIN keys k ON k.id = o.key_id"
static const char sql_get[] =
    "SELECT " COLUMNS " WHERE o.name IN (SELECT value FROM json_each(?1))"
    " AND o.expires_at > ?2";
/* ?1: "files/", ?2: the first name behind all of them, ?3: the token. */
#define OF_COLLECTION \
	"o.name >= ?1 AND o.name < ?2 AND (?3 IS NULL OR o.token = ?3)" \
	" AND o.expires_at > ?4"
static const char sql_list[] =
    "SELECT " COLUMNS " WHERE " OF_COLLECTION " AND o.created_at < ?5"
    " ORDER BY o.created_at DESC, o.name LIMIT ?6";
static const char sql_keys[] =
    "SELECT DISTINCT o.key_id FROM objects o JOIN keys k ON k.id = o.key_id"
    " WHERE " OF_COLLECTION " AND k.disabled_by = 0 ORDER BY 1 LIMIT ?5";
static const char sql_forget[] = "DELETE FROM objects WHERE name = ?1";
static const char sql_expire[] =
    "DELETE FROM objects WHERE name IN (SELECT name FROM objects"
    " WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";

void
object_rows_free(struct object_rows *rows)
{
	size_t i;

	for (i = 0; i < rows->count; i++)
		free(rows->rows[i].text);
	free(rows->rows);
	rows->rows = NULL;
	rows->count = 0;
}

static enum gb_err
add(struct store *s, const char *sql, const struct object *o)
{
	return db_run(s, sql,
		      DB_ARGS(db_text(o->name), db_int(o->key_id),
			      db_text(o->token), db_text(o->mime),
			      db_text(o->uri), db_text(o->label),
			      db_text(o->purpose), db_int(o->bytes),
			      db_int(o->created_at), db_int(o->expires_at)),
		      NULL);
}

enum gb_err
store_object_put(struct store *s, const struct object *o)
{
	return add(s, sql_put, o);
}

enum gb_err
store_object_bind(struct store *s, const struct object *o)
{
	return add(s, sql_bind, o);
}

/* Copy the row's texts into one block. */
static enum gb_err
read_texts(sqlite3_stmt *stmt, struct object_row *row)
{
	const char **texts[TEXT_COLUMNS] = {
	    &row->object.name, &row->object.token, &row->object.mime,
	    &row->object.uri,  &row->object.label, &row->object.purpose,
	};
	const char *from[TEXT_COLUMNS];
	size_t size, len;
	char *to;
	int i;

	for (size = 0, i = 0; i < TEXT_COLUMNS; i++) {
		from[i] = (const char *)sqlite3_column_text(stmt, i);
		if (from[i] == NULL)
			return GB_ENOMEM;
		size += strlen(from[i]) + 1;
	}
	if ((to = row->text = malloc(size)) == NULL)
		return GB_ENOMEM;
	for (i = 0; i < TEXT_COLUMNS; i++) {
		len = strlen(from[i]) + 1;
		memcpy(to, from[i], len);
		*texts[i] = to;
		to += len;
	}
	return GB_OK;
}

static enum gb_err
read_row(sqlite3_stmt *stmt, struct object_row *row)
{
	const char *secret;
	enum gb_err rc;

	memset(row, 0, sizeof(*row));
	if ((rc = read_texts(stmt, row)) != GB_OK)
		return rc;
	row->object.key_id = sqlite3_column_int64(stmt, 6);
	row->object.bytes = sqlite3_column_int64(stmt, 7);
	row->object.created_at = sqlite3_column_int64(stmt, 8);
	row->object.expires_at = sqlite3_column_int64(stmt, 9);
	secret = (const char *)sqlite3_column_text(stmt, 10);
	if (secret != NULL && secret[0] != '\0')
		secret_mask(row->mask, secret);
	return GB_OK;
}

/* Run a query of COLUMNS for at most "most" rows. */
static enum gb_err
query(struct store *s, const char *sql, const struct db_value *values,
      size_t value_count, size_t most, struct object_rows *out)
{
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;

	out->count = 0;
	out->rows = calloc(most > 0 ? most : 1, sizeof(*out->rows));
	if (out->rows == NULL)
		return GB_ENOMEM;
	db_lock(s);
	rc = db_start(s, sql, values, value_count, &stmt);
	while (rc == GB_OK && out->count < most &&
	       (rc = db_step(s, stmt, &row)) == GB_OK && row) {
		rc = read_row(stmt, &out->rows[out->count]);
		if (rc == GB_OK)
			out->count++;
	}
	db_end(stmt);
	db_unlock(s);
	if (rc != GB_OK)
		object_rows_free(out);
	return rc;
}

enum gb_err
store_objects_get(struct store *s, const char *const *names, size_t count,
		  int64_t now_ms, struct object_rows *out)
{
	struct buf text;
	enum gb_err rc;
	size_t i;

	out->rows = NULL;
	out->count = 0;
	if (count == 0)
		return GB_OK;
	buf_init(&text, NAMES_TEXT_MAX);
	for (i = 0; i < count && i < OBJECTS_AT_ONCE; i++)
		buf_printf(&text, "%c\"%s\"", i == 0 ? '[' : ',', names[i]);
	buf_putc(&text, ']');
	rc = buf_error(&text);
	if (rc == GB_OK)
		rc = query(s, sql_get,
			   DB_ARGS(db_text(buf_str(&text)), db_int(now_ms)),
			   OBJECTS_AT_ONCE, out);
	buf_release(&text);
	return rc;
}

/* The bounds of a collection's names: "files/" and "files0", as "0" is what
 * follows "/". */
struct bounds {
	char from[64], to[64];
};

static struct bounds
bounds_of(const char *collection)
{
	struct bounds b;

	(void)snprintf(b.from, sizeof(b.from), "%s/", collection);
	(void)snprintf(b.to, sizeof(b.to), "%s0", collection);
	return b;
}

enum gb_err
store_objects_list(struct store *s, const char *collection, const char *token,
		   int64_t before_ms, int64_t now_ms, int64_t most,
		   struct object_rows *out)
{
	struct bounds b = bounds_of(collection);

	return query(s, sql_list,
		     DB_ARGS(db_text(b.from), db_text(b.to), db_text(token),
			     db_int(now_ms), db_int(before_ms), db_int(most)),
		     (size_t)most, out);
}

enum gb_err
store_objects_keys(struct store *s, const char *collection, const char *token,
		   int64_t now_ms, int64_t ids[OBJECT_KEYS_MAX], size_t *count)
{
	struct bounds b = bounds_of(collection);
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;

	*count = 0;
	db_lock(s);
	rc = db_start(s, sql_keys,
		      DB_ARGS(db_text(b.from), db_text(b.to), db_text(token),
			      db_int(now_ms), db_int(OBJECT_KEYS_MAX)),
		      &stmt);
	while (rc == GB_OK && *count < OBJECT_KEYS_MAX &&
	       (rc = db_step(s, stmt, &row)) == GB_OK && row)
		ids[(*count)++] = sqlite3_column_int64(stmt, 0);
	db_end(stmt);
	db_unlock(s);
	return rc;
}

enum gb_err
store_object_forget(struct store *s, const char *name)
{
	return db_run(s, sql_forget, DB_ARGS(db_text(name)), NULL);
}

enum gb_err
store_objects_expire(struct store *s, int64_t before_ms, int64_t most,
		     int64_t *deleted)
{
	return db_run(s, sql_expire, DB_ARGS(db_int(before_ms), db_int(most)),
		      deleted);
}
