/*
 * db.h: one SQLite connection: prepared statements, transactions, waiting.
 *
 * For fcgi/store only.  Whoever calls db_*() holds the store's mutex.
 */
#ifndef GB_STORE_DB_H
#define GB_STORE_DB_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

#include "base/seal.h"
#include "store/combine.h"
#include "store/keys.h"
#include "store/store.h"

#define DB_STATEMENTS 256 /* different SQL texts that the room has, at most */

struct store {
	sqlite3 *db;
	pthread_mutex_t lock; /* held while "db" is used */

	/* Prepared once; found by the address of their constant text. */
	struct {
		const char *sql;
		sqlite3_stmt *stmt;
	} statements[DB_STATEMENTS];
	size_t statement_count;

	/* The wait for another connection's lock. */
	int64_t busy_since_ms;
	uint64_t busy_random;

	/* What reads secrets, and what writes them: the same but while they
	 * get another key.  NULL: they are as they are. */
	struct seal *opens, *seals;

	/* The last write failed because the disk is full, or the like. */
	atomic_bool outage;
	bool outage_said;
	int64_t outage_said_ms; /* 0: never */
	int64_t changes; /* of the connection when it failed, all in all */
	int64_t unwritten_turn[POOL__MAX]
			      [TIER__MAX];	 /* see outage.h; 0: none yet */
	struct outage_rests *outage_rests;	 /* NULL: none */
	struct outage_verdicts *outage_verdicts; /* NULL: none */
	struct no_turns *no_turns;		 /* no_turn.h; NULL: none */

	struct combine writes; /* turns and journal rows of many threads */

	struct price_cache *prices; /* price_cache.h; NULL: not needed yet */
};

/* Log what a connection of any kind (NULL: none came about) has to say of
 * "what", and return our word for it. */
enum gb_err db_fault_of(sqlite3 *db, int code, const char *what) GB_NODISCARD;

/* A value to bind. */
struct db_value {
	enum {
		DB_INT,
		DB_TEXT,
		DB_BLOB
	} type;
	int64_t number;	  /* of DB_INT */
	const void *data; /* of the others; borrowed until the next db_start()
			     of the same text; NULL binds NULL */
	size_t len;	  /* of DB_BLOB */
};

/* The values of one statement, as the last two arguments. */
#define DB_ARGS(...) \
	(const struct db_value[]){__VA_ARGS__}, \
	    sizeof((const struct db_value[]){__VA_ARGS__}) / \
		sizeof(struct db_value)
#define DB_NO_ARGS NULL, 0

struct db_value db_int(int64_t number);
struct db_value db_text(const char *text);
struct db_value db_blob(const void *data, size_t len);

void db_lock(struct store *);
void db_unlock(struct store *);

/*
 * Prepare "sql" (the first time), bind, and leave "*stmt" ready for
 * db_step(); end with db_end().  "sql" is a constant that lives as long as the
 * program; values beyond those that it names are left out, so that statements
 * may share them.  On failure, logged, "*stmt" is NULL.
 */
enum gb_err db_start(struct store *, const char *sql,
		     const struct db_value *values, size_t count,
		     sqlite3_stmt **stmt) GB_NODISCARD;
/* The next row, if any; on failure, logged, "*row" is false. */
enum gb_err db_step(struct store *, sqlite3_stmt *, bool *row) GB_NODISCARD;
/* Give the statement back to the cache.  NULL is fine. */
void db_end(sqlite3_stmt *);

/* Run a statement that has no rows; "*changes" (NULL: not wanted) says how
 * many rows it touched. */
enum gb_err db_run(struct store *, const char *sql,
		   const struct db_value *values, size_t count,
		   int64_t *changes) GB_NODISCARD;
/* The same within db_lock() and db_unlock(). */
enum gb_err db_run_locked(struct store *, const char *sql,
			  const struct db_value *values, size_t count,
			  int64_t *changes) GB_NODISCARD;
/* Run a query whose first row has one number, within the lock; no row:
 * GB_ENOTFOUND, and "*number" is 0 on every failure. */
enum gb_err db_number_locked(struct store *, const char *sql,
			     const struct db_value *values, size_t count,
			     int64_t *number) GB_NODISCARD;

/* A copy of a text column, "" for NULL, to be freed; NULL: no memory. */
char *db_copy_text(sqlite3_stmt *, int column);

/* Fills "row" in from "stmt"; GB_ENOTFOUND: leave this one out. */
typedef enum gb_err db_reader(sqlite3_stmt *stmt, int64_t now_ms, void *row);

/*
 * Read all rows of a query without values into an array of elements of "each"
 * bytes, "*rows", which the caller frees, on failure too: there and then
 * "*count" are filled in.
 */
enum gb_err db_list(struct store *, const char *sql, db_reader *read,
		    int64_t now_ms, size_t each, void **rows,
		    size_t *count) GB_NODISCARD;
/* The same of a query with values. */
enum gb_err db_list_of(struct store *, const char *sql,
		       const struct db_value *values, size_t value_count,
		       db_reader *read, int64_t now_ms, size_t each,
		       void **rows, size_t *count) GB_NODISCARD;

/* A transaction that only reads: of one moment. */
enum gb_err db_begin_read(struct store *) GB_NODISCARD;
/* A write transaction; it waits for its turn. */
enum gb_err db_begin(struct store *) GB_NODISCARD;
/* Commit when "rc" is GB_OK, else roll back; returns what came of it. */
enum gb_err db_finish(struct store *, enum gb_err rc) GB_NODISCARD;
/* Whether a transaction is under way. */
bool db_is_within(const struct store *);
/* Roll back, where there is something to. */
void db_undo(struct store *);
/* Within a transaction: GB_EBUSY when a person changed anything since
 * store_generation() said "generation". */
enum gb_err db_expect_generation(struct store *,
				 int64_t generation) GB_NODISCARD;
/* Within a transaction: a person changed something; see store_generation(). */
enum gb_err db_touch(struct store *) GB_NODISCARD;

/* Within a transaction: a part of it that db_part_end() takes back unless "rc"
 * is GB_OK; it returns what came of it. */
enum gb_err db_part_begin(struct store *) GB_NODISCARD;
enum gb_err db_part_end(struct store *, enum gb_err rc) GB_NODISCARD;

/* As db_begin(), against readers too, for migrations. */
enum gb_err db_begin_exclusive(struct store *) GB_NODISCARD;
/* Run several statements without values or rows. */
enum gb_err db_script(struct store *, const char *sql) GB_NODISCARD;

/* schema.c: whether the file is ours to use, and bring its schema up to date;
 * GB_EINVAL: another program's, or newer than we know. */
enum gb_err db_check_schema(struct store *) GB_NODISCARD;
enum gb_err db_migrate(struct store *) GB_NODISCARD;

#endif
