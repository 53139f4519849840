/* metrics.c: how the service stands at the moment, for monitoring */
#include "store/metrics.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "store/db.h"

#define FORGET_MS HOUR_MS /* rows of processes that were killed */

static const char sql_resting[] =
    "SELECT count(*) FROM key_models WHERE ready_at > ?1";
static const char sql_classes[] =
    "SELECT error_class, attempts FROM attempt_counts"
    " ORDER BY attempts DESC LIMIT ?1";
/* A moment in the future is of a clock that was wrong. */
static const char sql_processes[] =
    "SELECT count(*), coalesce(sum(running), 0), coalesce(sum(waiting), 0)"
    " FROM processes WHERE id <> ?1 AND abs(?2 - seen_at) <= ?3";
static const char sql_bytes[] =
    "SELECT p.page_count * s.page_size, f.freelist_count * s.page_size"
    " FROM pragma_page_count p, pragma_page_size s, pragma_freelist_count f";
static const char sql_seen[] =
    "INSERT INTO processes (id, seen_at, running, waiting)"
    " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO UPDATE SET"
    " seen_at = excluded.seen_at, running = excluded.running,"
    " waiting = excluded.waiting";
static const char sql_forget[] =
    "DELETE FROM processes WHERE abs(?1 - seen_at) > ?2";
static const char sql_gone[] = "DELETE FROM processes WHERE id = ?1";

static enum gb_err
read_classes(struct store *s, struct store_metrics *m)
{
	struct metric_class *class;
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;

	rc = db_start(s, sql_classes, DB_ARGS(db_int(METRIC_CLASSES_MAX)),
		      &stmt);
	while (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK && row) {
		class = &m->classes[m->class_count++];
		(void)snprintf(class->name, sizeof(class->name), "%s",
			       (const char *)sqlite3_column_text(stmt, 0));
		class->attempts = sqlite3_column_int64(stmt, 1);
	}
	db_end(stmt);
	return rc;
}

/* Up to three numbers of the first row. */
static enum gb_err
read_numbers(struct store *s, const char *sql, const struct db_value *values,
	     size_t count, int64_t *const *numbers, int number_count)
{
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;
	int i;

	rc = db_start(s, sql, values, count, &stmt);
	if (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK && row)
		for (i = 0; i < number_count; i++)
			*numbers[i] = sqlite3_column_int64(stmt, i);
	db_end(stmt);
	return rc;
}

static int64_t
size_of_wal(struct store *s)
{
	const char *path;
	struct stat st;

	path = sqlite3_filename_wal(sqlite3_db_filename(s->db, "main"));
	return path != NULL && stat(path, &st) == 0 ? st.st_size : 0;
}

enum gb_err
store_metrics_read(struct store *s, const char *process_id, int64_t now_ms,
		   struct store_metrics *m)
{
	int64_t *const resting[] = {&m->resting};
	int64_t *const busy[] = {&m->processes, &m->running, &m->waiting};
	int64_t *const bytes[] = {&m->bytes, &m->free_bytes};
	enum gb_err rc;

	memset(m, 0, sizeof(*m));
	db_lock(s);
	if ((rc = keys_summary_locked(s, now_ms, m->keys)) == GB_OK &&
	    (rc = read_classes(s, m)) == GB_OK &&
	    (rc = read_numbers(s, sql_resting, DB_ARGS(db_int(now_ms)), resting,
			       1)) == GB_OK &&
	    (rc = read_numbers(s, sql_processes,
			       DB_ARGS(db_text(process_id), db_int(now_ms),
				       db_int(PROCESS_SILENCE_MS)),
			       busy, 3)) == GB_OK)
		rc = read_numbers(s, sql_bytes, DB_NO_ARGS, bytes, 2);
	m->wal_bytes = size_of_wal(s);
	db_unlock(s);
	return rc;
}

enum gb_err
store_process_seen(struct store *s, const char *process_id, int64_t now_ms,
		   int64_t running, int64_t waiting)
{
	enum gb_err rc;

	rc = db_run(s, sql_seen,
		    DB_ARGS(db_text(process_id), db_int(now_ms),
			    db_int(running), db_int(waiting)),
		    NULL);
	if (rc == GB_OK)
		rc = db_run(s, sql_forget,
			    DB_ARGS(db_int(now_ms), db_int(FORGET_MS)), NULL);
	return rc;
}

enum gb_err
store_process_gone(struct store *s, const char *process_id)
{
	return db_run(s, sql_gone, DB_ARGS(db_text(process_id)), NULL);
}

int64_t
store_writes_waiting(struct store *s)
{
	return (int64_t)combine_waiting(&s->writes);
}
