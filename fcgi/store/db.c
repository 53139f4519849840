/* db.c: one SQLite connection: prepared statements, transactions, waiting */
#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "store/outage.h"
#include "store/price_cache.h"
#include "store/sealing.h"
#include "store/key_serves.h"
#include "store/no_turn.h"

/* How long a connection waits for another one's lock.  A turn holds it for
 * some 20 us, a batch of the journal for a millisecond, a checkpoint on a
 * slow disk for a second. */
#define BUSY_GIVE_UP_MS 10000
#define BUSY_YIELDS	2  /* tries that only give up the processor */
#define BUSY_SLEEP_US	50 /* the first sleep; every second try doubles */
#define BUSY_DOUBLINGS	6  /* … up to 0.8 ms */

#define SAY_MS 60000 /* between two outages that are told of */

#define GROW_FIRST 16 /* rows that a list has room for at first */

#define FOLDER_MODE 0700 /* of a folder that we make: it will hold keys */
#define FILE_MODE   0600

/*
 * WAL with NORMAL loses nothing to a killed process, and at a power cut only
 * the last moments.  The page cache is small because idle memory is promised
 * to be; the WAL is checkpointed every 8 MiB and cut back to that much.
 */
static const char *const pragmas[] = {
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA mmap_size = 0",
    "PRAGMA cache_size = -512",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA wal_autocheckpoint = 2000",
    "PRAGMA journal_size_limit = 8388608",
};

static const char sql_begin[] = "BEGIN IMMEDIATE";
static const char sql_begin_read[] = "BEGIN";
static const char sql_begin_exclusive[] = "BEGIN EXCLUSIVE";
static const char sql_part_begin[] = "SAVEPOINT part";
static const char sql_part_end[] = "RELEASE part";
static const char sql_part_undo[] = "ROLLBACK TO part";
static const char sql_commit[] = "COMMIT";
static const char sql_rollback[] = "ROLLBACK";
static const char sql_touch[] = "UPDATE meta SET generation = generation + 1";
static const char sql_generation[] = "SELECT generation FROM meta";

struct db_value
db_int(int64_t number)
{
	return (struct db_value){.type = DB_INT, .number = number};
}

struct db_value
db_text(const char *text)
{
	return (struct db_value){.type = DB_TEXT, .data = text};
}

struct db_value
db_blob(const void *data, size_t len)
{
	return (struct db_value){.type = DB_BLOB, .data = data, .len = len};
}

void
db_lock(struct store *s)
{
	pthread_mutex_lock(&s->lock);
}

void
db_unlock(struct store *s)
{
	pthread_mutex_unlock(&s->lock);
}

/* Whether "code" is of a disk that is full, or takes no more for another
 * reason; what was written before can still be read. */
static bool
is_of_writing(int code)
{
	switch (code) {
	case SQLITE_IOERR_WRITE:
	case SQLITE_IOERR_FSYNC:
	case SQLITE_IOERR_DIR_FSYNC:
	case SQLITE_IOERR_TRUNCATE:
	case SQLITE_IOERR_SHMSIZE:
	case SQLITE_IOERR_SHMOPEN:
		return true;
	default:
		return (code & 0xff) == SQLITE_FULL ||
		       (code & 0xff) == SQLITE_READONLY;
	}
}

/* Once an outage, and once a minute where the disk is full every other moment.
 */
static void
say_outage(struct store *s)
{
	int64_t now_ms = clock_mono_ms();

	if (s->outage_said ||
	    (s->outage_said_ms != 0 && now_ms - s->outage_said_ms < SAY_MS))
		return;
	s->outage_said = true;
	s->outage_said_ms = now_ms;
	log_errorx("database: cannot be written: %s: requests go on with what "
		   "it says, and leave no trace in it until it can",
		   sqlite3_errmsg(s->db));
}

enum gb_err
db_fault_of(sqlite3 *db, int code, const char *what)
{
	if ((code & 0xff) == SQLITE_NOMEM)
		return GB_ENOMEM;
	log_errorx("%s: %s", what,
		   db != NULL ? sqlite3_errmsg(db) : sqlite3_errstr(code));
	return GB_EIO;
}

/* Log what the connection has to say, and return our word for it. */
static enum gb_err
db_fault(struct store *s, int code, const char *what)
{
	if ((code & 0xff) == SQLITE_NOMEM)
		return GB_ENOMEM;
	if (s->db != NULL && is_of_writing(code)) {
		s->changes = sqlite3_total_changes64(s->db);
		atomic_store(&s->outage, true);
		say_outage(s);
		return GB_EFULL;
	}
	log_errorx("database: %s: %s", what,
		   s->db != NULL ? sqlite3_errmsg(s->db)
				 : sqlite3_errstr(code));
	return GB_EIO;
}

/* A step of xorshift64: the waiters must only not march in step. */
static uint64_t
busy_next_random(struct store *s)
{
	uint64_t x = s->busy_random;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return s->busy_random = x;
}

/*
 * SQLite's own back-off sleeps up to 100 ms, which is its only bad tail when
 * the lock is held for microseconds.
 */
static int
busy_wait(void *arg, int tries)
{
	struct store *s = arg;
	struct timespec nap;
	long span;
	int doublings;

	if (tries == 0)
		s->busy_since_ms = clock_mono_ms();
	if (tries < BUSY_YIELDS) {
		sched_yield();
		return 1;
	}
	if (clock_mono_ms() - s->busy_since_ms >= BUSY_GIVE_UP_MS)
		return 0;
	doublings = (tries - BUSY_YIELDS) / 2;
	if (doublings > BUSY_DOUBLINGS)
		doublings = BUSY_DOUBLINGS;
	span = BUSY_SLEEP_US * 1000L << doublings;
	nap.tv_sec = 0;
	nap.tv_nsec =
	    span / 2 + (long)(busy_next_random(s) % (uint64_t)(span / 2 + 1));
	nanosleep(&nap, NULL);
	return 1;
}

static enum gb_err
db_prepared(struct store *s, const char *sql, sqlite3_stmt **stmt)
{
	size_t i;
	int code;

	*stmt = NULL;
	for (i = 0; i < s->statement_count; i++)
		if (s->statements[i].sql == sql) {
			*stmt = s->statements[i].stmt;
			return GB_OK;
		}
	if (s->statement_count == DB_STATEMENTS) {
		log_errorx("database: DB_STATEMENTS is too small");
		return GB_EIO;
	}
	code = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
				  stmt, NULL);
	if (code != SQLITE_OK)
		return db_fault(s, code, "prepare");
	s->statements[i].sql = sql;
	s->statements[i].stmt = *stmt;
	s->statement_count++;
	return GB_OK;
}

static int
db_bind(sqlite3_stmt *stmt, int at, const struct db_value *v)
{
	if (v->type == DB_INT)
		return sqlite3_bind_int64(stmt, at, v->number);
	if (v->type == DB_BLOB)
		return sqlite3_bind_blob64(stmt, at, v->data, v->len,
					   SQLITE_STATIC);
	return sqlite3_bind_text(stmt, at, v->data, -1, SQLITE_STATIC);
}

enum gb_err
db_start(struct store *s, const char *sql, const struct db_value *values,
	 size_t count, sqlite3_stmt **stmt)
{
	enum gb_err rc;
	size_t i;
	int code;

	if ((rc = db_prepared(s, sql, stmt)) != GB_OK)
		return rc;
	if (count > (size_t)sqlite3_bind_parameter_count(*stmt))
		count = (size_t)sqlite3_bind_parameter_count(*stmt);
	for (i = 0; i < count; i++) {
		code = db_bind(*stmt, (int)i + 1, &values[i]);
		if (code != SQLITE_OK) {
			rc = db_fault(s, code, "bind");
			db_end(*stmt);
			*stmt = NULL;
			return rc;
		}
	}
	return GB_OK;
}

enum gb_err
db_step(struct store *s, sqlite3_stmt *stmt, bool *row)
{
	int code;

	code = sqlite3_step(stmt);
	*row = code == SQLITE_ROW;
	if (code == SQLITE_ROW || code == SQLITE_DONE)
		return GB_OK;
	return db_fault(s, code, "step");
}

/* Something was written, outside of a transaction or with all of one: the
 * outage, if there was one, is over. */
static void
db_written(struct store *s)
{
	if (!atomic_load_explicit(&s->outage, memory_order_relaxed) ||
	    !sqlite3_get_autocommit(s->db) ||
	    sqlite3_total_changes64(s->db) == s->changes)
		return;
	atomic_store(&s->outage, false);
	if (s->outage_said)
		log_info("database: can be written again");
	s->outage_said = false;
	outage_over(s);
}

bool
store_in_outage(const struct store *s)
{
	return atomic_load_explicit(&s->outage, memory_order_relaxed);
}

void
db_end(sqlite3_stmt *stmt)
{
	if (stmt == NULL)
		return;
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt); /* they point into the caller */
}

enum gb_err
db_run_locked(struct store *s, const char *sql, const struct db_value *values,
	      size_t count, int64_t *changes)
{
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;

	if (changes != NULL)
		*changes = 0;
	if ((rc = db_start(s, sql, values, count, &stmt)) != GB_OK)
		return rc;
	rc = db_step(s, stmt, &row);
	if (rc == GB_OK && changes != NULL)
		*changes = sqlite3_changes64(s->db);
	db_end(stmt);
	if (rc == GB_OK)
		db_written(s);
	return rc;
}

enum gb_err
db_run(struct store *s, const char *sql, const struct db_value *values,
       size_t count, int64_t *changes)
{
	enum gb_err rc;

	db_lock(s);
	rc = db_run_locked(s, sql, values, count, changes);
	db_unlock(s);
	return rc;
}

enum gb_err
db_number_locked(struct store *s, const char *sql,
		 const struct db_value *values, size_t count, int64_t *number)
{
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;

	*number = 0;
	if ((rc = db_start(s, sql, values, count, &stmt)) != GB_OK)
		return rc;
	rc = db_step(s, stmt, &row);
	if (rc == GB_OK && row)
		*number = sqlite3_column_int64(stmt, 0);
	else if (rc == GB_OK)
		rc = GB_ENOTFOUND;
	db_end(stmt);
	return rc;
}

char *
db_copy_text(sqlite3_stmt *stmt, int column)
{
	const void *text;

	text = sqlite3_column_text(stmt, column);
	return strdup(text == NULL ? "" : text);
}

/* Room for one more after "count"; "*size" is how many there is room for. */
static bool
grow(void **rows, size_t count, size_t *size, size_t each)
{
	void *grown;
	size_t want;

	if (count < *size)
		return true;
	want = *size == 0 ? GROW_FIRST : *size * 2;
	if ((grown = reallocarray(*rows, want, each)) == NULL)
		return false;
	*rows = grown;
	*size = want;
	return true;
}

enum gb_err
db_list_of(struct store *s, const char *sql, const struct db_value *values,
	   size_t value_count, db_reader *read, int64_t now_ms, size_t each,
	   void **rows, size_t *count)
{
	sqlite3_stmt *stmt;
	enum gb_err rc;
	size_t size;
	bool row;

	*rows = NULL;
	*count = size = 0;
	db_lock(s);
	rc = db_start(s, sql, values, value_count, &stmt);
	while (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK && row) {
		if (!grow(rows, *count, &size, each)) {
			rc = GB_ENOMEM;
			break;
		}
		rc = read(stmt, now_ms, (char *)*rows + *count * each);
		if (rc == GB_OK)
			++*count;
		else if (rc == GB_ENOTFOUND)
			rc = GB_OK;
	}
	db_end(stmt);
	db_unlock(s);
	return rc;
}

enum gb_err
db_list(struct store *s, const char *sql, db_reader *read, int64_t now_ms,
	size_t each, void **rows, size_t *count)
{
	return db_list_of(s, sql, DB_NO_ARGS, read, now_ms, each, rows, count);
}

enum gb_err
db_begin(struct store *s)
{
	return db_run_locked(s, sql_begin, DB_NO_ARGS, NULL);
}

enum gb_err
db_begin_read(struct store *s)
{
	return db_run_locked(s, sql_begin_read, DB_NO_ARGS, NULL);
}

enum gb_err
db_begin_exclusive(struct store *s)
{
	return db_run_locked(s, sql_begin_exclusive, DB_NO_ARGS, NULL);
}

enum gb_err
db_script(struct store *s, const char *sql)
{
	int code;

	code = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
	return code == SQLITE_OK ? GB_OK : db_fault(s, code, "script");
}

enum gb_err
db_finish(struct store *s, enum gb_err rc)
{
	if (rc == GB_OK)
		rc = db_run_locked(s, sql_commit, DB_NO_ARGS, NULL);
	/* Some failures have rolled back already. */
	if (rc != GB_OK)
		db_undo(s);
	return rc;
}

bool
db_is_within(const struct store *s)
{
	return !sqlite3_get_autocommit(s->db);
}

void
db_undo(struct store *s)
{
	no_turn_forget(s);
	if (sqlite3_get_autocommit(s->db))
		return;
	s->changes = sqlite3_total_changes64(s->db); /* they are none */
	if (db_run_locked(s, sql_rollback, DB_NO_ARGS, NULL) != GB_OK)
		log_errorx("database: a transaction could not be undone");
}

enum gb_err
db_part_begin(struct store *s)
{
	return db_run_locked(s, sql_part_begin, DB_NO_ARGS, NULL);
}

enum gb_err
db_part_end(struct store *s, enum gb_err rc)
{
	enum gb_err undone;

	if (rc == GB_OK)
		return db_run_locked(s, sql_part_end, DB_NO_ARGS, NULL);
	undone = GB_OK; /* with the whole transaction, maybe */
	if (!sqlite3_get_autocommit(s->db))
		undone = db_run_locked(s, sql_part_undo, DB_NO_ARGS, NULL);
	if (undone == GB_OK && !sqlite3_get_autocommit(s->db))
		undone = db_run_locked(s, sql_part_end, DB_NO_ARGS, NULL);
	if (undone != GB_OK)
		log_errorx("database: a part could not be undone");
	return rc;
}

enum gb_err
db_touch(struct store *s)
{
	return db_run_locked(s, sql_touch, DB_NO_ARGS, NULL);
}

enum gb_err
db_expect_generation(struct store *s, int64_t generation)
{
	int64_t now;
	enum gb_err rc;

	rc = db_number_locked(s, sql_generation, DB_NO_ARGS, &now);
	return rc == GB_OK && now != generation ? GB_EBUSY : rc;
}

enum gb_err
store_generation(struct store *s, int64_t *generation)
{
	enum gb_err rc;

	db_lock(s);
	rc = db_number_locked(s, sql_generation, DB_NO_ARGS, generation);
	db_unlock(s);
	return rc == GB_ENOTFOUND ? GB_EIO : rc;
}

/* Make the folder that "path" is in, and those above it. */
static enum gb_err
make_folder(const char *path)
{
	char folder[PATH_MAX];
	size_t at, len;

	len = strlen(path);
	if (len >= sizeof(folder)) {
		log_errorx("database: %s: the path is too long", path);
		return GB_EINVAL;
	}
	for (at = 1; at < len; at++) {
		if (path[at] != '/')
			continue;
		memcpy(folder, path, at);
		folder[at] = '\0';
		if (mkdir(folder, FOLDER_MODE) == -1 && errno != EEXIST &&
		    errno != EISDIR) {
			log_error("database: folder %s", folder);
			return GB_EIO;
		}
	}
	return GB_OK;
}

/*
 * Only a file that is not there yet is opened here: closing a descriptor of
 * one that another connection of this process has open would drop that
 * connection's locks (POSIX).
 */
static enum gb_err
make_file(const char *path)
{
	int fd;

	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
	if (fd == -1) {
		if (errno == EEXIST)
			return GB_OK;
		log_error("database: %s", path);
		return GB_EIO;
	}
	close(fd);
	return GB_OK;
}

/* SQLite gives up at once where waiting could be a deadlock, as in the change
 * to WAL that several first openers make; nothing is held here, so wait. */
static enum gb_err
db_pragma(struct store *s, const char *sql)
{
	int code, tries;

	for (tries = 0;; tries++) {
		code = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
		if ((code & 0xff) != SQLITE_BUSY || !busy_wait(s, tries))
			break;
	}
	return code == SQLITE_OK ? GB_OK : db_fault(s, code, sql);
}

static enum gb_err
db_connect(struct store *s, const char *path)
{
	enum gb_err rc;
	size_t i;
	int code;

	code = sqlite3_open_v2(path, &s->db,
			       SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
				   SQLITE_OPEN_PRIVATECACHE,
			       NULL);
	if (code != SQLITE_OK)
		return db_fault(s, code, path);
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_busy_handler(s->db, busy_wait, s);
	if ((rc = sealing_functions(s)) != GB_OK ||
	    (rc = key_serves_register(s)) != GB_OK)
		return rc;
	/* Before the change to WAL: another program's file stays as it is. */
	if ((rc = db_check_schema(s)) != GB_OK)
		return rc;
	for (i = 0; i < GB_COUNT(pragmas); i++)
		if ((rc = db_pragma(s, pragmas[i])) != GB_OK)
			return rc;
	return GB_OK;
}

enum gb_err
store_open(struct store **out, const char *path)
{
	struct store *s;
	enum gb_err rc;

	*out = NULL;
	if (path[0] == '\0' || path[0] == ':') {
		/* To SQLite these are databases that vanish with us. */
		log_errorx("database: \"%s\" is not a file's name", path);
		return GB_EINVAL;
	}
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return GB_ENOMEM;
	pthread_mutex_init(&s->lock, NULL);
	combine_init(&s->writes);
	random_bytes(&s->busy_random, sizeof(s->busy_random));
	s->busy_random |= 1;

	if ((rc = make_folder(path)) == GB_OK &&
	    (rc = make_file(path)) == GB_OK &&
	    (rc = db_connect(s, path)) == GB_OK)
		rc = db_migrate(s);
	if (rc != GB_OK) {
		log_errorx("database: %s was not opened", path);
		store_close(s);
		return rc;
	}
	*out = s;
	return GB_OK;
}

void
store_close(struct store *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->statement_count; i++)
		sqlite3_finalize(s->statements[i].stmt);
	if (sqlite3_close(s->db) != SQLITE_OK)
		log_errorx("database: close: %s", sqlite3_errmsg(s->db));
	sealing_release(s);
	combine_release(&s->writes);
	price_cache_free(s->prices);
	outage_forget(s);
	no_turn_forget(s);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

const char *
store_path(const struct store *s)
{
	return sqlite3_db_filename(s->db, "main");
}

const char *
store_library(void)
{
	return sqlite3_libversion();
}
