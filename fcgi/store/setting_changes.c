/* setting_changes.c: changing settings, and who changed what */
#include "store/setting_changes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/db.h"
#include "store/sealing.h"

#define ELLIPSIS "\xe2\x80\xa6"

static const char sql_set[] =
    "INSERT INTO overrides (name, json) VALUES (?1, gb_seal(?2))"
    " ON CONFLICT (name) DO UPDATE SET json = excluded.json";
static const char sql_unset[] = "DELETE FROM overrides WHERE name = ?1";
static const char sql_note[] =
    "INSERT INTO settings_history (time_ms, name, who, reset, before, after)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
static const char sql_forget[] = "DELETE FROM settings_history WHERE id <="
				 " (SELECT max(id) FROM settings_history) - ?1";
static const char sql_page[] =
    "SELECT id, time_ms, name, who, reset, before, after"
    " FROM settings_history WHERE (?1 = 0 OR id < ?1)"
    " AND (?2 IS NULL OR name = ?2) ORDER BY id DESC LIMIT ?3";

/* Copy "text", cut at a character where it is too long. */
static void
cut(char to[SETTING_TEXT_MAX + 1], const char *text)
{
	size_t len;

	len = strlen(text);
	if (len <= SETTING_TEXT_MAX) {
		memcpy(to, text, len + 1);
		return;
	}
	len = SETTING_TEXT_MAX - strlen(ELLIPSIS);
	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	memcpy(to, text, len);
	memcpy(to + len, ELLIPSIS, sizeof(ELLIPSIS));
}

/* Within a transaction. */
static enum gb_err
change_one(struct store *s, const struct setting_change *c, const char *who,
	   int64_t now_ms)
{
	char before[SETTING_TEXT_MAX + 1], after[SETTING_TEXT_MAX + 1];
	enum gb_err rc;

	if (c->json == NULL)
		rc = db_run_locked(s, sql_unset, DB_ARGS(db_text(c->name)),
				   NULL);
	else
		rc = db_run_locked(s, sql_set,
				   DB_ARGS(db_text(c->name), db_text(c->json)),
				   NULL);
	if (rc != GB_OK)
		return rc;
	cut(before, c->before);
	cut(after, c->after);
	return db_run_locked(s, sql_note,
			     DB_ARGS(db_int(now_ms), db_text(c->name),
				     db_text(who), db_int(c->json == NULL),
				     db_text(before), db_text(after)),
			     NULL);
}

enum gb_err
store_settings_change(struct store *s, int64_t generation,
		      const struct setting_change *changes, size_t count,
		      const char *who, int64_t now_ms)
{
	enum gb_err rc;
	size_t i;

	db_lock(s);
	if ((rc = db_begin(s)) != GB_OK)
		goto out;
	rc = db_expect_generation(s, generation);
	if (rc == GB_OK)
		rc = sealing_check(s);
	for (i = 0; rc == GB_OK && i < count; i++)
		rc = change_one(s, &changes[i], who, now_ms);
	if (rc == GB_OK)
		rc = db_run_locked(s, sql_forget,
				   DB_ARGS(db_int(SETTING_CHANGES_MAX)), NULL);
	if (rc == GB_OK)
		rc = db_touch(s);
	rc = db_finish(s, rc);
out:
	db_unlock(s);
	return rc;
}

/* --- reading them --------------------------------------------------------- */

void
setting_events_free(struct setting_events *events)
{
	size_t i;

	for (i = 0; i < events->count; i++) {
		free(events->rows[i].before);
		free(events->rows[i].after);
	}
	free(events->rows);
	memset(events, 0, sizeof(*events));
}

static void
copy_text(sqlite3_stmt *stmt, int column, char *to, size_t size)
{
	(void)snprintf(to, size, "%s",
		       (const char *)sqlite3_column_text(stmt, column));
}

static enum gb_err
read_event(sqlite3_stmt *stmt, int64_t now_ms, void *to)
{
	struct setting_event *event = to;

	(void)now_ms;
	event->id = sqlite3_column_int64(stmt, 0);
	event->time_ms = sqlite3_column_int64(stmt, 1);
	copy_text(stmt, 2, event->name, sizeof(event->name));
	copy_text(stmt, 3, event->who, sizeof(event->who));
	event->reset = sqlite3_column_int(stmt, 4) != 0;
	event->before = db_copy_text(stmt, 5);
	event->after = db_copy_text(stmt, 6);
	if (event->before != NULL && event->after != NULL)
		return GB_OK;
	free(event->before);
	free(event->after);
	return GB_ENOMEM;
}

enum gb_err
store_setting_events(struct store *s, const char *name, int64_t below,
		     int64_t most, struct setting_events *out)
{
	void *rows;
	enum gb_err rc;

	rc = db_list_of(s, sql_page,
			DB_ARGS(db_int(below), db_text(name), db_int(most)),
			read_event, 0, sizeof(*out->rows), &rows, &out->count);
	out->rows = rows;
	if (rc != GB_OK)
		setting_events_free(out);
	return rc;
}
