/* backup.c: a copy of the database while it is in use */
#include "store/backup.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <sqlite3.h>

#include "base/files.h"
#include "base/log.h"
#include "store/db.h"

#define STEP_PAGES    512  /* 2 MiB between two looks at "stop" */
#define STEP_PAUSE_US 1000 /* leave the disk to those who serve */
#define BUSY_TRIES    1000 /* pauses that a lock may last */

/* What breaks off is thrown away: nothing needs to be undone in it. */
static const char sql_plain[] =
    "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF";

/* Whether both are names of one file. */
static bool
is_same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

static void
pause_a_moment(void)
{
	const struct timespec nap = {.tv_nsec = STEP_PAUSE_US * 1000L};

	nanosleep(&nap, NULL);
}

/* All pages, as they are in the transaction that "from" is in. */
static enum gb_err
copy_pages(sqlite3 *from, sqlite3 *to, const char *path, bool (*stop)(void *),
	   void *arg)
{
	sqlite3_backup *backup;
	enum gb_err rc;
	int code, busy;

	if ((backup = sqlite3_backup_init(to, "main", from, "main")) == NULL)
		return db_fault_of(to, SQLITE_ERROR, path);
	rc = GB_OK;
	busy = 0;
	do {
		if (stop != NULL && stop(arg)) {
			rc = GB_ECANCELED;
			break;
		}
		code = sqlite3_backup_step(backup, STEP_PAGES);
		if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
			busy++;
		pause_a_moment();
	} while (code == SQLITE_OK ||
		 ((code == SQLITE_BUSY || code == SQLITE_LOCKED) &&
		  busy < BUSY_TRIES));
	code = sqlite3_backup_finish(backup);
	return rc == GB_OK && code != SQLITE_OK ? db_fault_of(to, code, path)
						: rc;
}

/* Whether the copy is whole, by its own account. */
static enum gb_err
check_copy(sqlite3 *db, const char *path)
{
	sqlite3_stmt *stmt;
	enum gb_err rc;
	int code;

	code = sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &stmt,
				  NULL);
	if (code != SQLITE_OK)
		return db_fault_of(db, code, path);
	code = sqlite3_step(stmt);
	if (code != SQLITE_ROW)
		rc = db_fault_of(db, code, path);
	else if (strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") == 0)
		rc = GB_OK;
	else {
		log_errorx("backup: %s: the copy is not whole: %s", path,
			   (const char *)sqlite3_column_text(stmt, 0));
		rc = GB_EIO;
	}
	sqlite3_finalize(stmt);
	return rc;
}

static enum gb_err
run(sqlite3 *db, const char *sql, const char *path)
{
	int code;

	code = sqlite3_exec(db, sql, NULL, NULL, NULL);
	return code == SQLITE_OK ? GB_OK : db_fault_of(db, code, path);
}

/*
 * The transaction that reads holds the moment: what others write meanwhile is
 * not in it, and so the copy need not begin again.
 */
static enum gb_err
copy_database(const char *from_path, const char *to_path, bool (*stop)(void *),
	      void *arg)
{
	sqlite3 *from, *to;
	enum gb_err rc;
	int code;

	to = NULL;
	code =
	    sqlite3_open_v2(from_path, &from,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (code == SQLITE_OK)
		code =
		    sqlite3_open_v2(to_path, &to,
				    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
				    NULL);
	rc = GB_OK;
	if (code != SQLITE_OK) {
		rc = db_fault_of(to != NULL ? to : from, code, from_path);
		goto out;
	}
	sqlite3_busy_timeout(from, BUSY_TRIES);
	if ((rc = run(from, "BEGIN; SELECT count(*) FROM sqlite_schema",
		      from_path)) != GB_OK ||
	    (rc = run(to, sql_plain, to_path)) != GB_OK ||
	    (rc = copy_pages(from, to, to_path, stop, arg)) != GB_OK ||
	    /* With the file's head came that it has a log beside it. */
	    (rc = run(to, "PRAGMA journal_mode = DELETE", to_path)) != GB_OK)
		goto out;
	rc = check_copy(to, to_path);
out:
	sqlite3_close(to);
	sqlite3_close(from);
	return rc;
}

enum gb_err
store_backup(const char *from, const char *to, bool (*stop)(void *), void *arg)
{
	struct file_new file;
	enum gb_err rc;

	if (is_same_file(from, to)) {
		log_errorx("backup: %s is the database itself", to);
		return GB_EINVAL;
	}
	if ((rc = file_new_begin(&file, to)) != GB_OK)
		return rc;
	rc = copy_database(from, file.made, stop, arg);
	if (rc == GB_OK)
		return file_new_commit(&file);
	file_new_cancel(&file);
	return rc;
}
