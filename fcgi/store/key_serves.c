/* key_serves.c: which models a key may serve */
#include "store/key_serves.h"

#include <string.h>

#include "base/log.h"
#include "store/keys.h"

#define MODEL_PREFIX "models/"

static bool
may_stand_in_pattern(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || strchr("._-/:*", c) != NULL;
}

/* Append what is between two commas to "out", which has room for it. */
static bool
add_pattern(const char *text, size_t len, char *out, size_t *used)
{
	size_t i;

	while (len > 0 && *text == ' ')
		text++, len--;
	while (len > 0 && text[len - 1] == ' ')
		len--;
	if (len > strlen(MODEL_PREFIX) &&
	    strncmp(text, MODEL_PREFIX, strlen(MODEL_PREFIX)) == 0) {
		text += strlen(MODEL_PREFIX);
		len -= strlen(MODEL_PREFIX);
	}
	for (i = 0; i < len; i++)
		if (!may_stand_in_pattern(text[i]))
			return false;
	if (len == 0 || *used + (*used > 0) + len > KEY_MODELS_MAX)
		return false;
	if (*used > 0)
		out[(*used)++] = ',';
	memcpy(out + *used, text, len);
	*used += len;
	out[*used] = '\0';
	return true;
}

bool
key_models_tidy(const char *text, char out[KEY_MODELS_MAX + 1])
{
	size_t len, used;

	used = 0;
	out[0] = '\0';
	if (text[strspn(text, " ")] == '\0')
		return true;
	for (;; text += len + 1) {
		len = strcspn(text, ",");
		if (!add_pattern(text, len, out, &used)) {
			out[0] = '\0';
			return false;
		}
		if (text[len] == '\0')
			return true;
	}
}

/* Whether one of the patterns fits the model. */
static bool
serves(const char *models, const char *model)
{
	char pattern[KEY_MODELS_MAX + 1];
	size_t len;

	for (;; models += len + 1) {
		len = strcspn(models, ",");
		if (len > KEY_MODELS_MAX)
			return false;
		memcpy(pattern, models, len);
		pattern[len] = '\0';
		if (sqlite3_strglob(pattern, model) == 0)
			return true;
		if (models[len] == '\0')
			return false;
	}
}

static void
sql_key_serves(sqlite3_context *context, int count, sqlite3_value **values)
{
	const char *models, *model;

	(void)count;
	models = (const char *)sqlite3_value_text(values[0]);
	model = (const char *)sqlite3_value_text(values[1]);
	sqlite3_result_int(context, models == NULL || model == NULL ||
					models[0] == '\0' || model[0] == '\0' ||
					serves(models, model));
}

enum gb_err
key_serves_register(struct store *s)
{
	int code;

	code = sqlite3_create_function(s->db, "key_serves", 2,
				       SQLITE_UTF8 | SQLITE_DETERMINISTIC |
					   SQLITE_DIRECTONLY,
				       NULL, sql_key_serves, NULL, NULL);
	if (code == SQLITE_OK)
		return GB_OK;
	log_errorx("database: key_serves: %s", sqlite3_errstr(code));
	return GB_ENOMEM;
}
