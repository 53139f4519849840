/* sealing.c: secrets at rest */
#include "store/sealing.h"

#include <string.h>

#include "base/log.h"
#include "store/db.h"

#define SEALED_MAX (64 << 20) /* bytes; more than any secret or setting has */

static const char sql_seal[] = "SELECT seal FROM meta";
static const char sql_seal_set[] =
    "UPDATE meta SET seal = ?1, generation = generation + 1";
static const char sql_keys[] =
    "UPDATE keys SET secret = gb_seal(gb_open(secret))";
static const char sql_settings[] =
    "UPDATE overrides SET json = gb_seal(gb_open(json))";

/* What meta.seal is under a key. */
static const char known[] = "gbalance";

/* --- the functions -------------------------------------------------------- */

static void
fail(sqlite3_context *ctx, enum gb_err rc, const char *why)
{
	if (rc == GB_ENOMEM)
		sqlite3_result_error_nomem(ctx);
	else
		sqlite3_result_error(ctx, why, -1);
}

static void
give(sqlite3_context *ctx, struct buf *text, enum gb_err rc, const char *why)
{
	if (rc == GB_OK)
		sqlite3_result_text64(ctx, buf_str(text), text->len,
				      SQLITE_TRANSIENT, SQLITE_UTF8);
	else
		fail(ctx, rc, why);
	buf_wipe(text);
}

static const char no_key[] =
    "a secret is encrypted with a key that this process has not";

/* What is sealed in "value" into "out"; false: it is not sealed, and "out" is
 * not touched. */
static bool
open_value(const struct store *s, sqlite3_value *value, struct buf *out,
	   enum gb_err *rc)
{
	const char *text;
	size_t len;

	text = (const char *)sqlite3_value_text(value);
	len = (size_t)sqlite3_value_bytes(value);
	if (text == NULL || !seal_is_sealed(text, len))
		return false;
	buf_init(out, len);
	*rc =
	    s->opens == NULL ? GB_EINVAL : seal_open(s->opens, text, len, out);
	return true;
}

static void
do_open(sqlite3_context *ctx, int count, sqlite3_value **values)
{
	struct buf out;
	enum gb_err rc;

	(void)count;
	if (open_value(sqlite3_user_data(ctx), values[0], &out, &rc))
		give(ctx, &out, rc, no_key);
	else
		sqlite3_result_value(ctx, values[0]);
}

/* For many rows: it copies no text that is not sealed. */
static void
do_has(sqlite3_context *ctx, int count, sqlite3_value **values)
{
	const char *text, *part;
	struct buf out;
	enum gb_err rc;
	size_t len;
	bool sealed;

	(void)count;
	rc = GB_OK;
	sealed = open_value(sqlite3_user_data(ctx), values[0], &out, &rc);
	text = sealed ? buf_str(&out)
		      : (const char *)sqlite3_value_text(values[0]);
	len = sealed ? out.len : (size_t)sqlite3_value_bytes(values[0]);
	part = (const char *)sqlite3_value_text(values[1]);
	if (rc != GB_OK)
		fail(ctx, rc, no_key);
	else
		sqlite3_result_int(ctx, text != NULL && part != NULL &&
					    memmem(text, len, part,
						   (size_t)sqlite3_value_bytes(
						       values[1])) != NULL);
	if (sealed)
		buf_wipe(&out);
}

static void
do_seal(sqlite3_context *ctx, int count, sqlite3_value **values)
{
	struct store *s = sqlite3_user_data(ctx);
	const char *text;
	struct buf out;
	enum gb_err rc;

	(void)count;
	text = (const char *)sqlite3_value_text(values[0]);
	if (text == NULL || s->seals == NULL) {
		sqlite3_result_value(ctx, values[0]);
		return;
	}
	buf_init(&out, SEALED_MAX);
	rc = seal_close(s->seals, text, (size_t)sqlite3_value_bytes(values[0]),
			&out);
	give(ctx, &out, rc, "a secret is too long");
}

enum gb_err
sealing_functions(struct store *s)
{
	const int flags =
	    SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;

	if (sqlite3_create_function_v2(s->db, "gb_open", 1, flags, s, do_open,
				       NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_create_function_v2(s->db, "gb_has", 2, flags, s, do_has,
				       NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_create_function_v2(s->db, "gb_seal", 1, flags, s, do_seal,
				       NULL, NULL, NULL) != SQLITE_OK)
		return GB_ENOMEM;
	return GB_OK;
}

void
sealing_release(struct store *s)
{
	if (s->seals != s->opens)
		seal_free(s->seals);
	seal_free(s->opens);
	s->seals = s->opens = NULL;
}

/* --- which key ------------------------------------------------------------ */

/* The known text under the key of "seal", "" for none. */
static enum gb_err
seal_known(struct seal *seal, struct buf *out)
{
	buf_init(out, SEALED_MAX);
	return seal == NULL ? GB_OK
			    : seal_close(seal, known, sizeof(known) - 1, out);
}

/* Whether the database has the key of "seal"; "*any": it has one. */
static enum gb_err
compare_seal(struct store *s, struct seal *seal, bool *same, bool *any)
{
	sqlite3_stmt *stmt;
	const char *text;
	struct buf mine;
	enum gb_err rc;
	bool row;

	*same = *any = false;
	if ((rc = seal_known(seal, &mine)) != GB_OK)
		goto out;
	rc = db_start(s, sql_seal, DB_NO_ARGS, &stmt);
	if (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK && row) {
		text = (const char *)sqlite3_column_text(stmt, 0);
		*any = text != NULL && text[0] != '\0';
		*same = text != NULL && strcmp(text, buf_str(&mine)) == 0;
	}
	db_end(stmt);
out:
	buf_release(&mine);
	return rc;
}

enum gb_err
sealing_check(struct store *s)
{
	bool same, any;
	enum gb_err rc;

	rc = compare_seal(s, s->seals, &same, &any);
	if (rc == GB_OK && !same) {
		log_errorx("database: its secrets have got another key; "
			   "restart this process with that secret_key_file");
		rc = GB_EIO;
	}
	return rc;
}

enum gb_err
store_is_sealed(struct store *s, bool *sealed)
{
	bool same;
	enum gb_err rc;

	db_lock(s);
	rc = compare_seal(s, NULL, &same, sealed);
	db_unlock(s);
	return rc;
}

/* All secrets anew; s->opens reads them, s->seals writes them. */
static enum gb_err
convert(struct store *s)
{
	struct buf mine;
	enum gb_err rc;

	if ((rc = seal_known(s->seals, &mine)) == GB_OK &&
	    (rc = db_run_locked(s, sql_keys, DB_NO_ARGS, NULL)) == GB_OK &&
	    (rc = db_run_locked(s, sql_settings, DB_NO_ARGS, NULL)) == GB_OK)
		rc = db_run_locked(s, sql_seal_set,
				   DB_ARGS(db_text(buf_str(&mine))), NULL);
	buf_release(&mine);
	return rc;
}

/* What stood there before must not stay behind: neither in free places of the
 * file nor in its log. */
static enum gb_err
convert_cleanly(struct store *s)
{
	bool same, any;
	enum gb_err rc;

	if ((rc = db_script(s, "PRAGMA secure_delete = ON")) != GB_OK)
		return rc;
	if ((rc = db_begin(s)) == GB_OK) {
		/* Another process may have been first. */
		rc = compare_seal(s, s->opens, &same, &any);
		if (rc == GB_OK && !same)
			rc = GB_EBUSY;
		if (rc == GB_OK)
			rc = convert(s);
		rc = db_finish(s, rc);
	}
	if (db_script(s, "PRAGMA wal_checkpoint(TRUNCATE)") != GB_OK)
		log_warnx("database: what its secrets were may still be in "
			  "its log, until that is written anew");
	return rc;
}

static enum gb_err
rekey_locked(struct store *s, struct seal *fresh)
{
	struct seal *old = s->opens;
	enum gb_err rc;

	s->seals = fresh;
	rc = convert_cleanly(s);
	if (rc == GB_OK) {
		s->opens = fresh;
		seal_free(old);
	} else {
		s->seals = old;
		seal_free(fresh);
	}
	return rc;
}

static enum gb_err
make_seal(const unsigned char *key, struct seal **seal)
{
	*seal = NULL;
	return key == NULL || (*seal = seal_new(key)) != NULL ? GB_OK
							      : GB_ENOMEM;
}

enum gb_err
store_rekey(struct store *s, const unsigned char key[SEAL_KEY_SIZE])
{
	struct seal *fresh;
	enum gb_err rc;

	if ((rc = make_seal(key, &fresh)) != GB_OK)
		return rc;
	db_lock(s);
	rc = rekey_locked(s, fresh);
	db_unlock(s);
	return rc;
}

enum gb_err
store_unlock(struct store *s, const unsigned char key[SEAL_KEY_SIZE],
	     bool may_convert)
{
	struct seal *seal;
	bool same, any;
	enum gb_err rc;

	if ((rc = make_seal(key, &seal)) != GB_OK)
		return rc;
	db_lock(s);
	rc = compare_seal(s, seal, &same, &any);
	if (rc == GB_OK && !any && seal != NULL && may_convert) {
		sealing_release(s);
		rc = rekey_locked(s, seal);
		if (rc == GB_OK)
			log_info("database: its secrets are encrypted now");
		if (rc != GB_EBUSY)
			goto out;
		/* Another process was first, with the same key or not. */
		if ((rc = make_seal(key, &seal)) == GB_OK)
			rc = compare_seal(s, seal, &same, &any);
	}
	if (rc == GB_OK && any && !same) {
		log_errorx(
		    seal == NULL
			? "database: its secrets are encrypted: set "
			  "secret_key_file"
			: "database: secret_key_file is not the key that "
			  "its secrets are encrypted with");
		rc = GB_EINVAL;
	}
	if (rc == GB_OK && any) {
		sealing_release(s);
		s->opens = s->seals = seal;
	} else
		seal_free(seal);
out:
	db_unlock(s);
	return rc;
}
