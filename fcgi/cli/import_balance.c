/* import_balance.c: "gbalance import-env" and "import-gemini-balance" */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/secret.h"
#include "cli/dotenv.h"
#include "cli/import.h"
#include "config/settings_fault.h"
#include "store/gemini_balance.h"

#define ENV_MAX	 (16 << 20) /* bytes of a .env */
#define JSON_MAX (16 << 20) /* bytes of a value as JSON */

/* Where the fields are that are filled in here. */
enum {
	KEY_SECRET = 0,
	KEY_POOL = 1,
	TOKEN_DIGEST = 1,
	SETTING_NAME = 0,
	SETTING_VALUE = 1,
};

/* What has no counterpart here, and why. */
static const struct {
	const char *name, *why;
} without[] = {
    {"ADMIN_SESSION_EXPIRE", "this version has no admin pages"},
    {"DATABASE_TYPE", "SQLite is the only database"},
    {"MYSQL_DATABASE", "SQLite is the only database"},
    {"MYSQL_HOST", "SQLite is the only database"},
    {"MYSQL_PASSWORD", "SQLite is the only database"},
    {"MYSQL_PORT", "SQLite is the only database"},
    {"MYSQL_SOCKET", "SQLite is the only database"},
    {"MYSQL_USER", "SQLite is the only database"},
    {"PAID_KEY", "every key is a key: \"gbalance keys add\" it"},
    {"SQLITE_DATABASE", "the database is the one that is imported into"},
};

/* What the lists become that are no settings in the database. */
static const struct {
	const char *name;
	enum parcel_kind kind;
	enum key_pool pool;
} lists[] = {
    {"API_KEYS", PARCEL_KEY, POOL_GEMINI},
    {"VERTEX_API_KEYS", PARCEL_KEY, POOL_VERTEX},
    {"ALLOWED_TOKENS", PARCEL_TOKEN, POOL_GEMINI},
};

/* A row that says something of "name", and nothing else. */
static enum gb_err
add_word(struct parcel *p, const char *name, enum parcel_fate fate,
	 const char *why)
{
	struct parcel_row *row;

	if ((row = parcel_add(p, PARCEL_SETTING)) == NULL)
		return GB_ENOMEM;
	row->fate = fate;
	row->why = why;
	return parcel_set(row, SETTING_NAME, name, strlen(name));
}

static enum gb_err
add_key(struct parcel *p, enum key_pool pool, const char *secret)
{
	struct parcel_row *row;

	if ((row = parcel_add(p, PARCEL_KEY)) == NULL)
		return GB_ENOMEM;
	row->values[KEY_POOL].number = pool;
	return parcel_set(row, KEY_SECRET, secret, strlen(secret));
}

/* A token, unless the settings would not have it either. */
static enum gb_err
add_token(struct parcel *p, struct json_object *token)
{
	char digest[DIGEST_SIZE];
	struct setting_fault why;
	struct json_object *list;
	struct parcel_row *row;
	struct buf json;
	const char *text;
	enum gb_err rc;

	if ((row = parcel_add(p, PARCEL_TOKEN)) == NULL ||
	    (list = json_object_new_array()) == NULL)
		return GB_ENOMEM;
	if (json_object_array_add(list, json_object_get(token)) != 0) {
		json_object_put(token);
		json_object_put(list);
		return GB_ENOMEM;
	}
	buf_init(&json, JSON_MAX);
	rc = settings_json_tidy("allowed_tokens",
				json_object_to_json_string(list), &json, &why);
	text = json_object_get_string(token);
	if (rc == GB_OK) {
		secret_digest((unsigned char *)digest, text, strlen(text));
		rc = parcel_set(row, TOKEN_DIGEST, digest, DIGEST_SIZE);
	} else if (rc == GB_EINVAL) {
		import_complain("ALLOWED_TOKENS", &why);
		parcel_refuse(row, NULL, "see above");
		rc = GB_OK;
	}
	json_object_put(list);
	buf_wipe(&json);
	return rc;
}

/* Keys or tokens, one by one. */
static enum gb_err
take_list(struct parcel *p, size_t which, const char *text)
{
	struct json_object *list, *item;
	enum gb_err rc;
	size_t i, count;

	rc = settings_list_of_env(text, &list);
	if (rc == GB_EINVAL)
		return add_word(p, lists[which].name, PARCEL_REFUSED,
				"must be a list");
	count = rc == GB_OK ? json_object_array_length(list) : 0;
	for (i = 0; rc == GB_OK && i < count; i++) {
		item = json_object_array_get_idx(list, i);
		if (!json_object_is_type(item, json_type_string))
			rc = add_word(p, lists[which].name, PARCEL_REFUSED,
				      "must be a list of texts");
		else if (lists[which].kind == PARCEL_TOKEN)
			rc = add_token(p, item);
		else
			rc = add_key(p, lists[which].pool,
				     json_object_get_string(item));
	}
	json_object_put(list);
	return rc;
}

/* The row of the setting of this name that is OPEN or KNOWN; NULL: none. */
static struct parcel_row *
find_setting(struct parcel *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->count; i++)
		if (p->rows[i].kind == PARCEL_SETTING &&
		    p->rows[i].fate != PARCEL_UNUSED &&
		    strcmp(p->rows[i].values[SETTING_NAME].text, name) == 0)
			return &p->rows[i];
	return NULL;
}

/* Put the setting into the parcel, KNOWN when it is so anyway. */
static enum gb_err
put_setting(struct cli *cli, struct parcel *p, const char *name,
	    const char *json)
{
	struct parcel_row *row;
	struct buf now;
	enum gb_err rc;

	if ((row = find_setting(p, name)) == NULL &&
	    (row = parcel_add(p, PARCEL_SETTING)) == NULL)
		return GB_ENOMEM;
	buf_init(&now, JSON_MAX);
	rc = settings_json(cli->settings, name, &now);
	row->fate = PARCEL_OPEN;
	if (rc == GB_OK && strcmp(buf_str(&now), json) == 0)
		row->fate = PARCEL_KNOWN;
	if (rc == GB_OK)
		rc = parcel_set(row, SETTING_NAME, name, strlen(name));
	if (rc == GB_OK)
		rc = parcel_set(row, SETTING_VALUE, json, strlen(json));
	buf_wipe(&now);
	return rc;
}

static const char *
why_without(const char *name)
{
	size_t i;

	for (i = 0; i < GB_COUNT(without); i++)
		if (strcmp(without[i].name, name) == 0)
			return without[i].why;
	return "there is no such setting";
}

static enum gb_err
take_setting(struct cli *cli, struct parcel *p, const char *env,
	     const char *text)
{
	struct setting_fault why;
	struct buf json;
	const char *name;
	enum gb_err rc;

	buf_init(&json, JSON_MAX);
	rc = settings_json_of_env(env, text, &name, &json, &why);
	if (rc == GB_OK)
		rc = put_setting(cli, p, name, buf_str(&json));
	else if (rc == GB_ENOTFOUND)
		rc = add_word(p, env, PARCEL_UNUSED, why_without(env));
	else if (rc == GB_EINVAL) {
		import_complain(env, &why);
		rc = add_word(p, env, PARCEL_REFUSED, "see above");
	}
	buf_wipe(&json);
	return rc;
}

/* One variable, but for the admin's token. */
static enum gb_err
take(struct cli *cli, struct parcel *p, const char *name, const char *text)
{
	size_t i;

	if (text[strspn(text, " \t\r\n\"'")] == '\0')
		return add_word(p, name, PARCEL_UNUSED, "it is empty");
	for (i = 0; i < GB_COUNT(lists); i++)
		if (strcmp(lists[i].name, name) == 0)
			return take_list(p, i, text);
	if (strcmp(name, "AUTH_TOKEN") == 0)
		return GB_OK;
	return take_setting(cli, p, name, text);
}

/* Whether the parcel has it as a user's token. */
static bool
is_users(const struct parcel *p, const char *token)
{
	unsigned char digest[DIGEST_SIZE];
	const char *theirs;
	size_t i;

	secret_digest(digest, token, strlen(token));
	for (i = 0; i < p->count; i++) {
		if (p->rows[i].kind != PARCEL_TOKEN)
			continue;
		theirs = p->rows[i].values[TOKEN_DIGEST].text;
		if (theirs != NULL && memcmp(theirs, digest, DIGEST_SIZE) == 0)
			return true;
	}
	return false;
}

/* What depends on the tokens that are there by then. */
static enum gb_err
take_late(struct cli *cli, struct parcel *p, const char *name, const char *text)
{
	if (strcmp(name, "AUTH_TOKEN") != 0 ||
	    text[strspn(text, " \t\r\n\"'")] == '\0')
		return GB_OK;
	if (is_users(p, text))
		return add_word(p, name, PARCEL_UNUSED,
				"it is a user's token, too; \"gbalance "
				"first-run\" makes one");
	return take_setting(cli, p, name, text);
}

/* --- the two commands ----------------------------------------------------- */

/* What a line of the file says, or what is wrong with it. */
static enum gb_err
take_line(struct cli *cli, struct parcel *p, const struct dotenv_line *l,
	  bool late)
{
	const char *wrong;

	wrong = NULL;
	if (l->name == NULL)
		wrong = "is no NAME=value";
	else if (l->value == NULL)
		wrong = "has no value, or no end of its quote";
	else if (l->refers)
		wrong = "refers to another variable: write its value";
	if (wrong == NULL)
		return late ? take_late(cli, p, l->name, l->value)
			    : take(cli, p, l->name, l->value);
	if (late)
		return GB_OK;
	cli_complain("line %u %s", l->line, wrong);
	/* Without "=" it may be a piece of a list, and so a secret. */
	return add_word(p, l->value == NULL ? "" : l->name, PARCEL_REFUSED,
			"see above");
}

int
cli_import_env(struct cli *cli)
{
	struct parcel parcel;
	struct dotenv env;
	struct buf text;
	enum gb_err rc;
	size_t i;
	int status;

	memset(&env, 0, sizeof(env));
	parcel_init(&parcel);
	buf_init(&text, ENV_MAX);
	status = CLI_EXIT_FAILURE;
	if (import_read(cli->words[0], &text) != GB_OK)
		goto out;
	rc = dotenv_read(&env, buf_str(&text), text.len);
	for (i = 0; rc == GB_OK && i < env.count; i++)
		rc = take_line(cli, &parcel, &env.lines[i], false);
	for (i = 0; rc == GB_OK && i < env.count; i++)
		rc = take_line(cli, &parcel, &env.lines[i], true);
	if (rc == GB_OK)
		status = import_parcel(cli, &parcel);
	else
		cli_complain("nothing was imported: %s", gb_strerror(rc));
out:
	dotenv_release(&env);
	parcel_release(&parcel);
	buf_wipe(&text);
	return status;
}

int
cli_import_gemini_balance(struct cli *cli)
{
	struct balance_database from;
	struct parcel parcel;
	const char *why;
	enum gb_err rc;
	size_t i;
	int status;

	parcel_init(&parcel);
	status = CLI_EXIT_FAILURE;
	rc = balance_database_read(&from, cli->words[0], &why);
	if (rc != GB_OK) {
		cli_complain("%s: %s", cli->words[0],
			     rc == GB_EINVAL ? why : gb_strerror(rc));
		return CLI_EXIT_FAILURE;
	}
	for (i = 0; rc == GB_OK && i < from.count; i++)
		rc = take(cli, &parcel, from.settings[i].name,
			  from.settings[i].value);
	for (i = 0; rc == GB_OK && i < from.count; i++)
		rc = take_late(cli, &parcel, from.settings[i].name,
			       from.settings[i].value);
	if (rc == GB_OK)
		status = import_parcel(cli, &parcel);
	else
		cli_complain("nothing was imported: %s", gb_strerror(rc));
	if (from.requests > 0 || from.errors > 0)
		(void)printf("left where they are: %" PRId64
			     " rows of its request log and %" PRId64
			     " of its error log, which have no tokens, no "
			     "endpoint and nobody's name\n",
			     from.requests, from.errors);
	balance_database_release(&from);
	parcel_release(&parcel);
	return status;
}
