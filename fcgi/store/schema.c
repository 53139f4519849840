/* schema.c: whose file it is, and bringing its schema up to date */
#include "store/db.h"

#include "base/log.h"
#include "store/migrations.h"

#define APPLICATION_ID 1734500716 /* "gbal" in ASCII */

static const char sql_version[] = "PRAGMA user_version";
static const char sql_application[] = "PRAGMA application_id";
static const char sql_tables[] = "SELECT count(*) FROM sqlite_schema";

/* The version of the file's schema; GB_EINVAL when we must not touch it. */
static enum gb_err
schema_version(struct store *s, int64_t *version)
{
	int64_t application, tables;
	enum gb_err rc;

	/* The tables first: another process may be making them, and what is
	 * read after them then knows that they are ours. */
	if ((rc = db_number_locked(s, sql_tables, DB_NO_ARGS, &tables)) !=
		GB_OK ||
	    (rc = db_number_locked(s, sql_application, DB_NO_ARGS,
				   &application)) != GB_OK ||
	    (rc = db_number_locked(s, sql_version, DB_NO_ARGS, version)) !=
		GB_OK)
		return rc;
	if (tables > 0 && application != APPLICATION_ID) {
		log_errorx("database: the file belongs to another program");
		return GB_EINVAL;
	}
	if (*version < 0 || *version > (int64_t)migration_count) {
		log_errorx("database: its schema has version %lld, and this "
			   "program knows only versions up to %zu: a newer "
			   "gbalance has been here",
			   (long long)*version, migration_count);
		return GB_EINVAL;
	}
	return GB_OK;
}

enum gb_err
db_check_schema(struct store *s)
{
	int64_t version;

	return schema_version(s, &version);
}

enum gb_err
db_migrate(struct store *s)
{
	int64_t version;
	enum gb_err rc;

	rc = schema_version(s, &version);
	if (rc != GB_OK || version == (int64_t)migration_count)
		return rc;

	/* A table that takes another one's place must not take the rows with
	 * it that refer to it; within a transaction it is too late to say. */
	if ((rc = db_script(s, "PRAGMA foreign_keys = OFF")) != GB_OK)
		return rc;
	/* Somebody else may have done it by the time the lock is ours. */
	if ((rc = db_begin_exclusive(s)) != GB_OK)
		return rc;
	if ((rc = schema_version(s, &version)) != GB_OK)
		goto out;
	for (; version < (int64_t)migration_count; version++) {
		if ((rc = db_script(s, migrations[version])) != GB_OK)
			goto out;
		log_info("database: schema version %lld",
			 (long long)version + 1);
	}
out:
	rc = db_finish(s, rc);
	return rc == GB_OK ? db_script(s, "PRAGMA foreign_keys = ON") : rc;
}
