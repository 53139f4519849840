/* settings_env.c: settings from the environment, as Gemini Balance has them */
#include "config/settings_layer.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <json-c/json.h>

#include "config/settings_value.h"

/* What separates and surrounds the words of a list that is no JSON. */
#define SEPARATORS ", \t\r\n"
#define QUOTES	   "\"'"

static const struct {
	const char *word;
	bool value;
} bool_words[] = {
    {"true", true}, {"false", false}, {"1", true},  {"0", false},
    {"yes", true},  {"no", false},    {"on", true}, {"off", false},
};

/* "text" without surrounding space, and without one pair of quotes around all
 * of it, which "docker --env-file" leaves in; a copy, the caller's. */
static char *
trimmed(const char *text)
{
	size_t len;

	while (isspace((unsigned char)*text))
		text++;
	len = strlen(text);
	while (len > 0 && isspace((unsigned char)text[len - 1]))
		len--;
	if (len >= 2 && strchr(QUOTES, text[0]) != NULL &&
	    memchr(text + 1, text[0], len - 1) == text + len - 1) {
		text++;
		len -= 2;
	}
	return strndup(text, len);
}

static struct json_object *
bool_json(const char *text)
{
	size_t i;

	for (i = 0; i < GB_COUNT(bool_words); i++)
		if (strcasecmp(bool_words[i].word, text) == 0)
			return json_object_new_boolean(bool_words[i].value);
	return json_object_new_string(text);
}

static struct json_object *
number_json(const char *text)
{
	long long number;
	char *end;

	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0' || isspace((unsigned char)text[0]))
		return json_object_new_string(text);
	return json_object_new_int64(number);
}

/* As other programs write it: ".5" is none of JSON's numbers. */
static struct json_object *
decimal_json(const char *text)
{
	double number;
	char *end;

	number = strtod(text, &end);
	if (end == text || *end != '\0' ||
	    text[strspn(text, "0123456789.")] != '\0')
		return json_object_new_string(text);
	return json_object_new_double(number);
}

/* Words between commas, spaces and line ends, as people paste them. */
static struct json_object *
words_json(const char *text)
{
	struct json_object *list, *word;
	size_t len, skip;

	list = json_object_new_array();
	while (list != NULL && *text != '\0') {
		text += strspn(text, SEPARATORS);
		len = strcspn(text, SEPARATORS);
		skip = strspn(text, QUOTES);
		if (skip > len)
			skip = len;
		text += skip;
		len -= skip;
		for (skip = 0; len > 0 && strchr(QUOTES, text[len - 1]) != NULL;
		     len--)
			skip++;
		if (len > 0) {
			word = json_object_new_string_len(text, (int)len);
			if (word == NULL ||
			    json_object_array_add(list, word) != 0) {
				json_object_put(word);
				json_object_put(list);
				return NULL;
			}
		}
		text += len + skip;
	}
	return list;
}

/* A list or pairs: JSON; of a list also plain words. */
static struct json_object *
collection_json(const struct setting *row, const char *text)
{
	struct json_object *value;

	if (text[0] == '\0')
		return json_object_new_array();
	if (text[0] == '[' || text[0] == '{') {
		if (setting_json(text, strlen(text), false, &value) !=
		    GB_EINVAL)
			return value;
	} else if (row->type == SETTING_LIST)
		return words_json(text);
	return json_object_new_string(text);
}

enum gb_err
settings_env_json(const struct setting *row, const char *text,
		  struct json_object **out)
{
	enum gb_err rc;
	char *copy;

	*out = NULL;
	copy = trimmed(text);
	if (copy == NULL)
		return GB_ENOMEM;
	switch (row->type) {
	case SETTING_BOOL:
		*out = bool_json(copy);
		break;
	case SETTING_NUMBER:
		*out = number_json(copy);
		break;
	case SETTING_DECIMAL:
		*out = decimal_json(copy);
		break;
	case SETTING_TEXT:
	case SETTING_LEVEL:
		*out = json_object_new_string(copy);
		break;
	case SETTING_LIST:
	case SETTING_PAIRS:
		*out = collection_json(row, copy);
		break;
	}
	rc = *out == NULL ? GB_ENOMEM : GB_OK;
	explicit_bzero(copy, strlen(copy));
	free(copy);
	return rc;
}

/* The value of "name" among "NAME=value" strings; NULL when it is not set. */
static const char *
find_value(char **environ, const char *name)
{
	size_t len;

	len = strlen(name);
	for (; *environ != NULL; environ++)
		if (strncmp(*environ, name, len) == 0 && (*environ)[len] == '=')
			return *environ + len + 1;
	return NULL;
}

enum gb_err
settings_env_read(struct settings_loading *loading, char **environ)
{
	const struct settings_place place = {LAYER_ENVIRONMENT, NULL, 0};
	const struct setting *row;
	struct json_object *value;
	const char *text;
	enum gb_err rc;

	rc = GB_OK;
	for (row = settings_table;
	     rc == GB_OK && row < settings_table + SETTINGS_COUNT; row++) {
		text = find_value(environ, row->env);
		if (text == NULL ||
		    text[strspn(text, SEPARATORS QUOTES)] == '\0')
			continue; /* empty is as good as not set */
		rc = settings_env_json(row, text, &value);
		if (rc == GB_OK)
			rc = loading_set(loading, &place, row->name, value);
		json_object_put(value);
	}
	return rc;
}
