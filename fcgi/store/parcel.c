/* parcel.c: keys, tokens and settings on their way between databases */
#include "store/parcel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/db.h"
#include "store/key_slots.h"
#include "store/sealing.h"
#include "store/turn.h"

#define ROWS_FIRST  64
#define NAME_FORM   "imported-%d"
#define NUMBERS_MAX 100000 /* of such names that are tried */

#define FIELD(column, name, type, least, most, needed) \
	{name, type, least, most, needed},
static const struct parcel_field key_fields[] = {PARCEL_KEY_FIELDS(FIELD)};
static const struct parcel_field token_fields[] = {PARCEL_TOKEN_FIELDS(FIELD)};
static const struct parcel_field setting_fields[] = {
    PARCEL_SETTING_FIELDS(FIELD)};
#undef FIELD

const struct parcel_field *const parcel_fields[PARCEL__MAX] = {
    [PARCEL_KEY] = key_fields,
    [PARCEL_TOKEN] = token_fields,
    [PARCEL_SETTING] = setting_fields,
};
const size_t parcel_field_counts[PARCEL__MAX] = {
    [PARCEL_KEY] = PARCEL_KEY_COUNT,
    [PARCEL_TOKEN] = PARCEL_TOKEN_COUNT,
    [PARCEL_SETTING] = PARCEL_SETTING_COUNT,
};
const char *const parcel_names[PARCEL__MAX] = {
    [PARCEL_KEY] = "keys",
    [PARCEL_TOKEN] = "tokens",
    [PARCEL_SETTING] = "settings",
};

#define COLUMN(column, name, type, least, most, needed) ", " #column
#define READ(column, name, type, least, most, needed)	", " READ_##type(column)
#define MARK(column, name, type, least, most, needed)	", " MARK_##type
#define READ_PARCEL_SECRET(column)			"gb_open(" #column ")"
#define READ_PARCEL_JSON(column)			"gb_open(" #column ")"
#define READ_PARCEL_TEXT(column)			#column
#define READ_PARCEL_PROJECT(column) \
	"iif(" #column "_by = " PROJECT_BY_PERSON_TEXT ", " #column ", '')"
#define READ_PARCEL_NUMBER(column) #column
#define READ_PARCEL_ON(column)	   #column
#define READ_PARCEL_POOL(column)   #column
#define READ_PARCEL_BY(column)	   #column
#define READ_PARCEL_DIGEST(column) #column
#define MARK_PARCEL_SECRET	   "gb_seal(?)"
#define MARK_PARCEL_TEXT	   "?"
#define MARK_PARCEL_PROJECT	   "?"
#define MARK_PARCEL_NUMBER	   "?"
#define MARK_PARCEL_ON		   "?"
#define MARK_PARCEL_POOL	   "?"
#define MARK_PARCEL_BY		   "?"
#define MARK_PARCEL_DIGEST	   "?"

static const char *const sql_read[PARCEL__MAX] = {
    [PARCEL_KEY] = "SELECT id" PARCEL_KEY_FIELDS(READ) " FROM keys ORDER BY id",
    [PARCEL_TOKEN] = "SELECT id" PARCEL_TOKEN_FIELDS(
	READ) " FROM tokens WHERE config = 0 ORDER BY id",
    [PARCEL_SETTING] =
	"SELECT 0" PARCEL_SETTING_FIELDS(READ) " FROM overrides ORDER BY name",
};

/* Parameters are numbered as they come: the fields from 1 on. */
#define KEY_COLUMNS PARCEL_KEY_FIELDS(COLUMN)
#define KEY_MARKS   PARCEL_KEY_FIELDS(MARK)
static const char sql_key[] =
    "INSERT INTO keys (id" KEY_COLUMNS ", checked_at, project_by)"
    " SELECT NULL" KEY_MARKS ", 0, iif(?6 = '', 0, " PROJECT_BY_PERSON_TEXT ")"
    " WHERE NOT EXISTS"
    " (SELECT 1 FROM keys WHERE secret = gb_seal(?1) AND pool = ?2)";
/* What does not say it weighs as usual. */
static const char sql_weigh[] = "UPDATE keys SET weight = 1 WHERE weight < 1";
static const char sql_token[] = "INSERT INTO tokens (id" PARCEL_TOKEN_FIELDS(
    COLUMN) ") VALUES (NULL" PARCEL_TOKEN_FIELDS(MARK) ")";
static const char sql_token_named[] =
    "SELECT digest = ?2 FROM tokens WHERE name = ?1";
static const char sql_token_known[] =
    "SELECT 1 FROM tokens WHERE digest = ?1 LIMIT 1";
static const char sql_setting_same[] =
    "SELECT gb_open(json) = ?2 FROM overrides WHERE name = ?1";
static const char sql_setting[] =
    "INSERT INTO overrides (name, json) VALUES (?1, gb_seal(?2))"
    " ON CONFLICT (name) DO UPDATE SET json = excluded.json";

/* Where the fields are that are looked at here. */
enum {
	KEY_CREATED = 4,
	TOKEN_NAME = 0,
	TOKEN_DIGEST = 1,
	TOKEN_CREATED = 2,
};

void
parcel_init(struct parcel *p)
{
	memset(p, 0, sizeof(*p));
}

static void
forget_text(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

void
parcel_release(struct parcel *p)
{
	size_t i, k;

	for (i = 0; i < p->count; i++) {
		for (k = 0; k < parcel_field_counts[p->rows[i].kind]; k++)
			forget_text(p->rows[i].values[k].text);
		free(p->rows[i].values);
	}
	free(p->rows);
	parcel_init(p);
}

struct parcel_row *
parcel_add(struct parcel *p, enum parcel_kind kind)
{
	struct parcel_row *rows, *row;
	size_t size, i;

	if (p->count == p->size) {
		size = p->size == 0 ? ROWS_FIRST : p->size * 2;
		if ((rows = reallocarray(p->rows, size, sizeof(*rows))) == NULL)
			return NULL;
		p->rows = rows;
		p->size = size;
	}
	row = &p->rows[p->count];
	memset(row, 0, sizeof(*row));
	row->kind = kind;
	row->values = calloc(parcel_field_counts[kind], sizeof(*row->values));
	if (row->values == NULL)
		return NULL;
	for (i = 0; i < parcel_field_counts[kind]; i++)
		row->values[i].number =
		    parcel_fields[kind][i].type == PARCEL_ON;
	p->count++;
	return row;
}

enum gb_err
parcel_set(struct parcel_row *row, size_t i, const char *text, size_t len)
{
	char *copy;

	/* A digest may have any bytes, and a NUL goes behind all. */
	if ((copy = malloc(len + 1)) == NULL)
		return GB_ENOMEM;
	if (len > 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	forget_text(row->values[i].text);
	row->values[i].text = copy;
	return GB_OK;
}

void
parcel_refuse(struct parcel_row *row, const char *field, const char *why)
{
	row->field = field;
	row->fate = PARCEL_REFUSED;
	row->why = why;
}

/* --- out ------------------------------------------------------------------ */

static enum gb_err
read_value(sqlite3_stmt *stmt, int column, struct parcel_row *row, size_t i)
{
	const struct parcel_field *field = &parcel_fields[row->kind][i];

	switch (field->type) {
	case PARCEL_NUMBER:
	case PARCEL_ON:
	case PARCEL_BY:
		row->values[i].number = sqlite3_column_int64(stmt, column);
		return GB_OK;
	case PARCEL_POOL:
		row->values[i].number = pool_read(stmt, column);
		return GB_OK;
	case PARCEL_DIGEST:
		if (sqlite3_column_bytes(stmt, column) != DIGEST_SIZE)
			return parcel_set(row, i, "", 0);
		return parcel_set(row, i, sqlite3_column_blob(stmt, column),
				  DIGEST_SIZE);
	case PARCEL_SECRET:
	case PARCEL_TEXT:
	case PARCEL_PROJECT:
	case PARCEL_JSON:
		row->values[i].text = db_copy_text(stmt, column);
		return row->values[i].text == NULL ? GB_ENOMEM : GB_OK;
	}
	return GB_EINVAL;
}

enum gb_err
store_parcel_read(struct store *s, enum parcel_kind kind, struct parcel *p)
{
	struct parcel_row *row;
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool any;
	size_t i;

	db_lock(s);
	rc = db_start(s, sql_read[kind], DB_NO_ARGS, &stmt);
	while (rc == GB_OK && (rc = db_step(s, stmt, &any)) == GB_OK && any) {
		if ((row = parcel_add(p, kind)) == NULL)
			rc = GB_ENOMEM;
		for (i = 0; rc == GB_OK && i < parcel_field_counts[kind]; i++)
			rc = read_value(stmt, (int)i + 1, row, i);
	}
	db_end(stmt);
	db_unlock(s);
	return rc;
}

/* --- in ------------------------------------------------------------------- */

static struct db_value
value_of(const struct parcel_row *row, size_t i)
{
	const struct parcel_value *v = &row->values[i];

	switch (parcel_fields[row->kind][i].type) {
	case PARCEL_NUMBER:
	case PARCEL_ON:
	case PARCEL_BY:
		return db_int(v->number);
	case PARCEL_POOL:
		return pool_value((enum key_pool)v->number);
	case PARCEL_DIGEST:
		return db_blob(v->text, DIGEST_SIZE);
	case PARCEL_SECRET:
	case PARCEL_TEXT:
	case PARCEL_PROJECT:
	case PARCEL_JSON:
		break;
	}
	return db_text(v->text == NULL ? "" : v->text);
}

/* Run "sql" with all fields of the row. */
static enum gb_err
insert(struct store *s, const char *sql, const struct parcel_row *row,
       int64_t *changes)
{
	struct db_value values[PARCEL_FIELDS_MAX];
	size_t i, count;

	count = parcel_field_counts[row->kind];
	for (i = 0; i < count; i++)
		values[i] = value_of(row, i);
	return db_run_locked(s, sql, values, count, changes);
}

static enum gb_err
write_key(struct store *s, struct parcel_row *row, int64_t now_ms)
{
	int64_t changes;
	enum gb_err rc;

	if (row->values[KEY_CREATED].number == 0)
		row->values[KEY_CREATED].number = now_ms;
	rc = insert(s, sql_key, row, &changes);
	if (rc == GB_OK)
		row->fate = changes > 0 ? PARCEL_NEW : PARCEL_KNOWN;
	return rc;
}

/* Give the token the first name of its kind that is free. */
static enum gb_err
name_token(struct store *s, struct parcel_row *row)
{
	char name[TOKEN_NAME_MAX + 1];
	int64_t same;
	enum gb_err rc;
	int number;

	for (number = 1, rc = GB_OK; number <= NUMBERS_MAX; number++) {
		(void)snprintf(name, sizeof(name), NAME_FORM, number);
		rc = db_number_locked(s, sql_token_named,
				      DB_ARGS(db_text(name),
					      value_of(row, TOKEN_DIGEST)),
				      &same);
		if (rc != GB_OK)
			break;
	}
	if (rc == GB_ENOTFOUND)
		return parcel_set(row, TOKEN_NAME, name, strlen(name));
	return rc == GB_OK ? GB_ETOOBIG : rc;
}

static enum gb_err
write_token(struct store *s, struct parcel_row *row, int64_t now_ms)
{
	int64_t same, known;
	enum gb_err rc;
	bool nameless;

	if (row->values[TOKEN_CREATED].number == 0)
		row->values[TOKEN_CREATED].number = now_ms;
	nameless = row->values[TOKEN_NAME].text == NULL;
	rc = db_number_locked(s, sql_token_named,
			      DB_ARGS(value_of(row, TOKEN_NAME),
				      value_of(row, TOKEN_DIGEST)),
			      &same);
	if (rc == GB_OK && same)
		row->fate = PARCEL_KNOWN;
	else if (rc == GB_OK)
		parcel_refuse(row, NULL, "there is another token of this name");
	if (rc != GB_ENOTFOUND)
		return rc;
	rc = db_number_locked(s, sql_token_known,
			      DB_ARGS(value_of(row, TOKEN_DIGEST)), &known);
	if (rc == GB_OK && nameless)
		row->fate = PARCEL_KNOWN;
	else if (rc == GB_OK)
		parcel_refuse(row, NULL,
			      "this token is here under another name");
	if (rc != GB_ENOTFOUND)
		return rc;
	rc = nameless ? name_token(s, row) : GB_OK;
	if (rc == GB_OK)
		rc = insert(s, sql_token, row, NULL);
	if (rc == GB_OK)
		row->fate = PARCEL_NEW;
	return rc;
}

static enum gb_err
write_setting(struct store *s, struct parcel_row *row)
{
	int64_t same;
	enum gb_err rc;

	rc = db_number_locked(s, sql_setting_same,
			      DB_ARGS(value_of(row, 0), value_of(row, 1)),
			      &same);
	if (rc != GB_OK && rc != GB_ENOTFOUND)
		return rc;
	if (rc == GB_ENOTFOUND)
		row->fate = PARCEL_NEW;
	else
		row->fate = same ? PARCEL_KNOWN : PARCEL_CHANGED;
	return insert(s, sql_setting, row, NULL);
}

static enum gb_err
write_row(struct store *s, struct parcel_row *row, int64_t now_ms)
{
	switch (row->kind) {
	case PARCEL_KEY:
		return write_key(s, row, now_ms);
	case PARCEL_TOKEN:
		return write_token(s, row, now_ms);
	case PARCEL_SETTING:
		return write_setting(s, row);
	case PARCEL__MAX:
		break;
	}
	return GB_EINVAL;
}

enum gb_err
store_parcel_write(struct store *s, struct parcel *p, int64_t now_ms, bool dry)
{
	enum gb_err rc;
	size_t i;

	db_lock(s);
	if ((rc = db_begin(s)) != GB_OK)
		goto out;
	rc = sealing_check(s);
	for (i = 0; rc == GB_OK && i < p->count; i++)
		if (p->rows[i].fate == PARCEL_OPEN)
			rc = write_row(s, &p->rows[i], now_ms);
	if (rc == GB_OK)
		rc = db_run_locked(s, sql_weigh, DB_NO_ARGS, NULL);
	if (rc == GB_OK)
		rc = key_slots_lay(s);
	if (rc == GB_OK && !dry)
		rc = db_touch(s);
	if (rc == GB_OK && dry)
		rc = GB_ECANCELED; /* what is undone is no failure */
	rc = db_finish(s, rc);
	if (rc == GB_ECANCELED && dry)
		rc = GB_OK;
out:
	db_unlock(s);
	return rc;
}
