/*
 * gemini_balance.c: the SQLite database of a Gemini Balance.
 *
 * t_settings (key, value) has all its settings, texts as its .env has them and
 * lists as JSON; t_request_log and t_error_logs are its logs.
 */
#include "store/gemini_balance.h"

#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "store/db.h"

#define BUSY_MS 5000 /* it may be in use */

static const char sql_settings[] =
    "SELECT key, value FROM t_settings WHERE key IS NOT NULL"
    " AND length(CAST(coalesce(value, '') AS BLOB)) <= ?1"
    " ORDER BY key LIMIT ?2";

/* The number that "sql" asks for; 0 when it cannot be told: its table may not
 * be there. */
static int64_t
number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt;
	int64_t n;

	n = 0;
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		n = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return n;
}

static char *
copy_column(sqlite3_stmt *stmt, int column)
{
	const unsigned char *text;

	text = sqlite3_column_text(stmt, column);
	return strdup(text == NULL ? "" : (const char *)text);
}

static enum gb_err
read_settings(sqlite3 *db, const char *path, struct balance_database *out)
{
	struct balance_setting *setting;
	sqlite3_stmt *stmt;
	enum gb_err rc;
	int code;

	out->settings = calloc(BALANCE_SETTINGS_MAX, sizeof(*out->settings));
	if (out->settings == NULL)
		return GB_ENOMEM;
	code = sqlite3_prepare_v2(db, sql_settings, -1, &stmt, NULL);
	if (code != SQLITE_OK)
		return db_fault_of(db, code, path);
	sqlite3_bind_int64(stmt, 1, BALANCE_VALUE_MAX);
	sqlite3_bind_int64(stmt, 2, BALANCE_SETTINGS_MAX);
	rc = GB_OK;
	while (rc == GB_OK && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
		setting = &out->settings[out->count++];
		setting->name = copy_column(stmt, 0);
		setting->value = copy_column(stmt, 1);
		if (setting->name == NULL || setting->value == NULL)
			rc = GB_ENOMEM;
	}
	if (rc == GB_OK && code != SQLITE_DONE)
		rc = db_fault_of(db, code, path);
	sqlite3_finalize(stmt);
	return rc;
}

enum gb_err
balance_database_read(struct balance_database *out, const char *path,
		      const char **why)
{
	sqlite3 *db;
	enum gb_err rc;
	int code;

	memset(out, 0, sizeof(*out));
	*why = "it is no SQLite database of a Gemini Balance";
	code =
	    sqlite3_open_v2(path, &db,
			    SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
	if (code != SQLITE_OK) {
		rc = db_fault_of(db, code, path);
		goto out;
	}
	sqlite3_busy_timeout(db, BUSY_MS);
	rc = GB_EINVAL;
	if (number(db, "SELECT count(*) FROM sqlite_schema"
		       " WHERE type = 'table' AND name = 't_settings'") == 0)
		goto out;
	rc = read_settings(db, path, out);
	out->requests = number(db, "SELECT count(*) FROM t_request_log");
	out->errors = number(db, "SELECT count(*) FROM t_error_logs");
out:
	sqlite3_close(db);
	if (rc != GB_OK)
		balance_database_release(out);
	return rc;
}

void
balance_database_release(struct balance_database *b)
{
	size_t i;

	for (i = 0; i < b->count; i++) {
		if (b->settings[i].value != NULL)
			explicit_bzero(b->settings[i].value,
				       strlen(b->settings[i].value));
		free(b->settings[i].value);
		free(b->settings[i].name);
	}
	free(b->settings);
	memset(b, 0, sizeof(*b));
}
