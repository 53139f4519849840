/* key_facts.c: what a page about keys shows beside them, and tags */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/db.h"
#include "store/key_list.h"
#include "store/turn.h"
#include "store/usage.h"

#define NAMES_MAX      "200"
#define KEY_TAGS_LIMIT "16" /* KEY_TAGS_MAX */

#define IN_IDS "IN (SELECT value FROM json_each(?1))"

static const char sql_tags[] =
    "SELECT key_id, group_concat(tag, ', ') FROM (SELECT key_id, tag"
    " FROM key_tags WHERE key_id " IN_IDS " ORDER BY key_id, tag)"
    " GROUP BY key_id";
#define NAMES(name, table, which) \
	DISTINCT_NAMES(name, table, which, NAMES_MAX) \
	" SELECT 0, name FROM n WHERE name IS NOT NULL"
static const char sql_tag_names[] = NAMES("tag", "key_tags", "1");
static const char sql_project_names[] =
    NAMES("project", "keys", "project <> ''");
static const char sql_tag[] =
    "INSERT OR IGNORE INTO key_tags (key_id, tag) SELECT k.id, ?2 FROM keys k"
    " WHERE k.id " IN_IDS " AND (SELECT count(*) FROM key_tags t"
    " WHERE t.key_id = k.id) < " KEY_TAGS_LIMIT;
static const char sql_untag[] =
    "DELETE FROM key_tags WHERE tag = ?2 AND key_id " IN_IDS;
static const char sql_usage[] =
    "SELECT ?2, substr(value, length(?2) + 2), sum(requests),"
    " sum(prompt_tokens), sum(completion_tokens), sum(cost) FROM usage_hours"
    " WHERE dimension = ?1 AND value >= ?2 || ' ' AND value < ?2 || '!'"
    " AND start >= ?3 GROUP BY value ORDER BY 3 DESC, 2";
static const char sql_models[] =
    "SELECT model, reason, ready_at, disabled_by FROM key_models"
    " WHERE key_id = ?1 AND ready_at > ?2 ORDER BY model";

void
key_facts_free(struct key_facts *facts)
{
	size_t i;

	for (i = 0; i < facts->count; i++)
		free(facts->rows[i].text);
	free(facts->rows);
	memset(facts, 0, sizeof(*facts));
}

/* Columns that a query does not have are 0. */
static enum gb_err
read_fact(sqlite3_stmt *stmt, int64_t now_ms, void *to)
{
	struct key_fact *row = to;

	(void)now_ms;
	row->key_id = sqlite3_column_int64(stmt, 0);
	row->text = db_copy_text(stmt, 1);
	row->n = sqlite3_column_int64(stmt, 2);
	row->prompt = sqlite3_column_int64(stmt, 3);
	row->completion = sqlite3_column_int64(stmt, 4);
	row->cost = sqlite3_column_int64(stmt, 5);
	return row->text != NULL ? GB_OK : GB_ENOMEM;
}

static enum gb_err
read_facts(struct store *s, const char *sql, const struct db_value *values,
	   size_t count, struct key_facts *out)
{
	void *rows;
	enum gb_err rc;

	rc = db_list_of(s, sql, values, count, read_fact, 0, sizeof(*out->rows),
			&rows, &out->count);
	out->rows = rows;
	if (rc != GB_OK)
		key_facts_free(out);
	return rc;
}

enum gb_err
store_key_tags(struct store *s, const char *ids, struct key_facts *out)
{
	return read_facts(s, sql_tags, DB_ARGS(db_text(ids)), out);
}

enum gb_err
store_key_tag_names(struct store *s, struct key_facts *out)
{
	return read_facts(s, sql_tag_names, DB_NO_ARGS, out);
}

enum gb_err
store_key_project_names(struct store *s, struct key_facts *out)
{
	return read_facts(s, sql_project_names, DB_NO_ARGS, out);
}

bool
key_tag_plausible(const char *tag)
{
	const char *p;

	for (p = tag; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f || *p == ',')
			return false;
	return p > tag && p - tag <= KEY_TAG_MAX && tag[0] != ' ' &&
	       p[-1] != ' ';
}

enum gb_err
store_key_tag(struct store *s, const char *ids, const char *tag, bool on,
	      int64_t *changed)
{
	enum gb_err rc;

	*changed = 0;
	if (!key_tag_plausible(tag))
		return GB_EINVAL;
	db_lock(s);
	if ((rc = db_begin(s)) == GB_OK) {
		rc =
		    db_run_locked(s, on ? sql_tag : sql_untag,
				  DB_ARGS(db_text(ids), db_text(tag)), changed);
		rc = db_finish(s, rc);
	}
	db_unlock(s);
	if (rc != GB_OK)
		*changed = 0;
	return rc;
}

enum gb_err
store_key_usage(struct store *s, int64_t key_id, int64_t since_ms,
		struct key_facts *out)
{
	char id[24];

	(void)snprintf(id, sizeof(id), "%lld", (long long)key_id);
	return read_facts(s, sql_usage,
			  DB_ARGS(db_int(USAGE_BY_KEY_MODEL), db_text(id),
				  db_int(since_ms)),
			  out);
}

/* --- models --------------------------------------------------------------- */

void
key_model_rows_free(struct key_model_rows *models)
{
	size_t i;

	for (i = 0; i < models->count; i++) {
		free(models->rows[i].model);
		free(models->rows[i].reason);
	}
	free(models->rows);
	memset(models, 0, sizeof(*models));
}

static enum gb_err
read_model(sqlite3_stmt *stmt, int64_t now_ms, void *to)
{
	struct key_model *row = to;

	(void)now_ms;
	row->model = db_copy_text(stmt, 0);
	row->reason = db_copy_text(stmt, 1);
	row->ready_at = sqlite3_column_int64(stmt, 2);
	row->by_person = sqlite3_column_int64(stmt, 3) != 0;
	if (row->model != NULL && row->reason != NULL)
		return GB_OK;
	free(row->model);
	free(row->reason);
	return GB_ENOMEM;
}

enum gb_err
store_key_models(struct store *s, int64_t key_id, int64_t now_ms,
		 struct key_model_rows *out)
{
	void *rows;
	enum gb_err rc;

	rc = db_list_of(s, sql_models, DB_ARGS(db_int(key_id), db_int(now_ms)),
			read_model, 0, sizeof(*out->rows), &rows, &out->count);
	out->rows = rows;
	if (rc != GB_OK)
		key_model_rows_free(out);
	return rc;
}
