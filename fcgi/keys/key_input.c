/* key_input.c: keys out of whatever people paste */
#include "keys/key_input.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <json-c/json.h>

#include "store/keys.h"

#define DEPTH_MAX     16 /* of JSON: {"data": [{"keys": ["…"]}]} needs 4 */
#define NAME_MAX_LEN  64 /* of a variable; a longer one is a word */
#define LIST_MARK_MAX 4	 /* "-", "12.", "3)" begin an entry of a list */

/*
 * Names whose values are keys, in lower case without "_", "-" and a number at
 * the end: GEMINI_API_KEY_2 counts as "geminiapikey".
 */
#define OF(pool) (1u << (pool))
#define ANY	 (OF(POOL__MAX) - 1)
static const struct {
	const char *name;
	unsigned pools; /* that it may be of */
} key_names[] = {
    {"apikey", OF(POOL_GEMINI)},
    {"apikeys", OF(POOL_GEMINI)},
    {"geminiapikey", OF(POOL_GEMINI)},
    {"geminiapikeys", OF(POOL_GEMINI)},
    {"geminikey", OF(POOL_GEMINI)},
    {"geminikeys", OF(POOL_GEMINI)},
    {"googleapikey", OF(POOL_GEMINI)},
    {"googleapikeys", OF(POOL_GEMINI)},
    {"googleaiapikey", OF(POOL_GEMINI)},
    {"googlegenerativeaiapikey", OF(POOL_GEMINI)},
    {"key", OF(POOL_GEMINI) | OF(POOL_VERTEX)},
    {"keys", OF(POOL_GEMINI) | OF(POOL_VERTEX)},
    {"vertexapikey", OF(POOL_VERTEX)},
    {"vertexapikeys", OF(POOL_VERTEX)},
    {"vertexkey", OF(POOL_VERTEX)},
    {"vertexkeys", OF(POOL_VERTEX)},
};

/* What may stand before the name in a shell, a Dockerfile, a script. */
static const char *const name_prefixes[] = {
    "- ",  "* ",     "export ", "set ", "ENV ",
    "-e ", "const ", "let ",	"var ", "$env:",
};

/* What separates keys.  No key of Google's has had any of them. */
static const char separators[] = " \t\r\n\v\f,;|\"'`\\[]{}()<>";

/* The same in other scripts, and what word processors make of quotes. */
static const char *const wide_separators[] = {
    "\xef\xbb\xbf", /* byte order mark */
    "\xc2\xa0",	    /* no-break space */
    "\xe2\x80\x8b", /* zero width space */
    "\xe3\x80\x80", /* ideographic space */
    "\xef\xbc\x8c", /* fullwidth comma */
    "\xef\xbc\x9b", /* fullwidth semicolon */
    "\xef\xbc\x9a", /* fullwidth colon */
    "\xe3\x80\x81", /* ideographic comma */
    "\xe2\x80\x98", "\xe2\x80\x99", "\xe2\x80\x9c", "\xe2\x80\x9d", /* quotes */
};

/* A found key and how many were found before it. */
struct found {
	char *secret;
	size_t order;
};

struct scan {
	const char *text, *p, *end;
	enum key_pool pool;
	struct key_input *out;
	struct found *found;
	size_t count, room;
	const char *at; /* where an unusable word is said to be */
	bool in_json;	/* "at" is where the JSON begins, and stays so */
	bool no_blocks; /* one was not closed: values end with their line */
	enum gb_err rc; /* GB_ENOMEM stays */
};

/* --- words ---------------------------------------------------------------- */

static void
add_found(struct scan *s, const char *word, size_t len)
{
	struct found *more;
	size_t room;

	if (s->count == s->room) {
		room = s->room == 0 ? 64 : s->room * 2;
		more = reallocarray(s->found, room, sizeof(*more));
		if (more == NULL) {
			s->rc = GB_ENOMEM;
			return;
		}
		s->found = more;
		s->room = room;
	}
	s->found[s->count].order = s->count;
	s->found[s->count].secret = strndup(word, len);
	if (s->found[s->count].secret == NULL)
		s->rc = GB_ENOMEM;
	else
		s->count++;
}

static void
add_unusable(struct scan *s, const char *word, size_t len)
{
	char shown[KEY_SECRET_MAX + 1];
	struct key_unusable *u;
	const char *p;
	size_t i, n;

	if (s->out->unusable_count++ >= KEY_UNUSABLE_MAX)
		return;
	u = &s->out->unusable[s->out->unusable_count - 1];
	u->why = len < KEY_SECRET_MIN	? KEY_TOO_SHORT
		 : len > KEY_SECRET_MAX ? KEY_TOO_LONG
					: KEY_HAS_CONTROL;
	for (u->line = 1, p = s->text; p < s->at; p++)
		u->line += *p == '\n';
	/* The mask shows both ends: keep those, and harmless to a terminal. */
	n = len < sizeof(shown) ? len : sizeof(shown) - 1;
	for (i = 0; i < n; i++) {
		p = i < n / 2 ? word + i : word + len - (n - i);
		shown[i] = isgraph((unsigned char)*p) ? *p : '?';
	}
	shown[n] = '\0';
	secret_mask(u->mask, shown);
}

/* Whether a word only marks an entry of a list, or rules off a table. */
static bool
is_mark(const char *word, size_t len)
{
	bool plain;
	size_t i;

	for (plain = true, i = 0; i < len; i++) {
		if (isalpha((unsigned char)word[i]) ||
		    iscntrl((unsigned char)word[i]))
			return false;
		plain = plain && ispunct((unsigned char)word[i]);
	}
	return plain || len <= LIST_MARK_MAX;
}

static void
add_word(struct scan *s, const char *word, size_t len)
{
	if (key_secret_plausible(word, len))
		add_found(s, word, len);
	else if (!is_mark(word, len))
		add_unusable(s, word, len);
}

/* How many bytes at "p" are a separator; 0: it is part of a word. */
static size_t
separator_at(const char *p, const char *end)
{
	size_t i, len;

	if (*p == '\0' || strchr(separators, *p) != NULL)
		return 1;
	for (i = 0; i < GB_COUNT(wide_separators); i++) {
		len = strlen(wide_separators[i]);
		if ((size_t)(end - p) >= len &&
		    memcmp(p, wide_separators[i], len) == 0)
			return len;
	}
	return 0;
}

static const char *
line_end(const char *p, const char *end)
{
	const char *nl;

	nl = p == end ? NULL : memchr(p, '\n', (size_t)(end - p));
	return nl == NULL ? end : nl;
}

/* Take the words from "p" to "end"; "#" before a word begins a comment. */
static void
take_words(struct scan *s, const char *p, const char *end)
{
	const char *word;
	size_t skip;

	while (p < end && s->rc == GB_OK) {
		if ((skip = separator_at(p, end)) > 0) {
			p += skip;
			continue;
		}
		if (*p == '#') {
			p = line_end(p, end);
			continue;
		}
		for (word = p; p < end && separator_at(p, end) == 0;)
			p++;
		if (!s->in_json)
			s->at = word;
		add_word(s, word, (size_t)(p - word));
	}
}

/* --- names ---------------------------------------------------------------- */

/* Whether the name's values are keys of one of the pools. */
static bool
is_key_name(unsigned pools, const char *name, size_t len)
{
	char plain[NAME_MAX_LEN + 1];
	size_t i, n;

	while (len > 0 && (isdigit((unsigned char)name[len - 1]) ||
			   name[len - 1] == '_' || name[len - 1] == '-'))
		len--;
	for (n = i = 0; i < len && n < NAME_MAX_LEN; i++)
		if (name[i] != '_' && name[i] != '-')
			plain[n++] = (char)tolower((unsigned char)name[i]);
	plain[n] = '\0';
	for (i = 0; i < GB_COUNT(key_names); i++)
		if (strcmp(plain, key_names[i].name) == 0)
			return (key_names[i].pools & pools) != 0;
	return false;
}

static bool
is_upper_name(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (islower((unsigned char)name[i]))
			return false;
	return len > 1;
}

/* --- JSON ----------------------------------------------------------------- */

/* Take the strings within "value": with "wanted" those in it and in its lists;
 * in objects those under the names of keys. */
static void
take_json(struct scan *s, struct json_object *value, bool wanted)
{
	const char *text;
	size_t i;

	switch (json_object_get_type(value)) {
	case json_type_string:
		text = json_object_get_string(value);
		if (wanted)
			take_words(s, text,
				   text + json_object_get_string_len(value));
		else
			s->out->skipped++;
		break;
	case json_type_array:
		for (i = 0; i < json_object_array_length(value); i++)
			take_json(s, json_object_array_get_idx(value, i),
				  wanted);
		break;
	case json_type_object: {
		json_object_object_foreach(value, name, member)
		    take_json(s, member,
			      is_key_name(OF(s->pool), name, strlen(name)));
		break;
	}
	default:
		break;
	}
}

/* Take the JSON that begins at s->p; false when it is none. */
static bool
take_json_here(struct scan *s)
{
	struct json_tokener *tok;
	struct json_object *value;
	bool taken;

	tok = json_tokener_new_ex(DEPTH_MAX);
	if (tok == NULL) {
		s->rc = GB_ENOMEM;
		return false;
	}
	value = json_tokener_parse_ex(tok, s->p, (int)(s->end - s->p));
	taken = json_tokener_get_error(tok) == json_tokener_success;
	if (taken) {
		s->at = s->p;
		s->in_json = true;
		take_json(s, value, true);
		s->in_json = false;
		s->p += json_tokener_get_parse_end(tok);
	} else
		s->no_blocks = true; /* trying again at each line is too dear */
	json_object_put(value);
	json_tokener_free(tok);
	return taken;
}

/* --- lines ---------------------------------------------------------------- */

static const char *
skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p;
}

/* Past the words that may stand before a name. */
static const char *
skip_prefixes(const char *p, const char *end)
{
	size_t i, len;

	for (i = 0; i < GB_COUNT(name_prefixes); i++) {
		len = strlen(name_prefixes[i]);
		if ((size_t)(end - p) > len &&
		    strncasecmp(p, name_prefixes[i], len) == 0) {
			p = skip_blanks(p + len, end);
			i = (size_t)-1; /* "- export NAME=" has two */
		}
	}
	return p;
}

/*
 * When a line at "p" is "NAME=value", or with a name that we know or one in
 * capitals "NAME: value", the start of the value, and the name; else NULL.
 */
static const char *
match_name(const char *p, const char *end, const char **name, size_t *len)
{
	p = skip_prefixes(skip_blanks(p, end), end);
	if (p < end && (*p == '"' || *p == '\''))
		p++;
	*name = p;
	while (p < end && (isalnum((unsigned char)*p) || *p == '_'))
		p++;
	*len = (size_t)(p - *name);
	if (*len == 0 || *len > NAME_MAX_LEN || isdigit((unsigned char)**name))
		return NULL;
	if (p < end && (*p == '"' || *p == '\''))
		p++;
	p = skip_blanks(p, end);
	if (p == end || (*p != '=' && *p != ':'))
		return NULL;
	if (*p == ':' && !is_key_name(ANY, *name, *len) &&
	    !is_upper_name(*name, *len))
		return NULL;
	return skip_blanks(p + 1, end);
}

/* Past what closes the bracket or the quote at "p"; NULL when nothing does. */
static const char *
block_end(const char *p, const char *end)
{
	int depth;
	char quote;

	quote = *p;
	if (quote == '"' || quote == '\'') {
		for (p++; p < end; p++)
			if (*p == '\\' && quote == '"' && p + 1 < end)
				p++;
			else if (*p == quote)
				return p + 1;
		return NULL;
	}
	for (depth = 0; p < end; p++)
		if (strchr("[{(", *p) != NULL && *p != '\0')
			depth++;
		else if (strchr("]})", *p) != NULL && *p != '\0' &&
			 --depth == 0)
			return p + 1;
	return NULL;
}

/* The end of the value at "p": of its last line, when it is a block. */
static const char *
value_end(struct scan *s, const char *p)
{
	const char *close;

	close = p;
	if (p < s->end && *p != '\0' && strchr("[{(\"'", *p) != NULL &&
	    !s->no_blocks) {
		close = block_end(p, s->end);
		if (close == NULL) {
			s->no_blocks = true;
			close = p;
		}
	}
	return line_end(close, s->end);
}

/* Take what begins with the line at s->p. */
static void
take_line(struct scan *s)
{
	const char *name, *value, *end;
	size_t len;

	end = line_end(s->p, s->end);
	value = match_name(s->p, end, &name, &len);
	if (value != NULL) {
		end = value_end(s, value);
		if (is_key_name(OF(s->pool), name, len))
			take_words(s, value, end);
		else
			s->out->skipped += value < end;
	} else
		take_words(s, s->p, end);
	s->p = end;
}

static void
take_all(struct scan *s)
{
	size_t skip;

	while (s->p < s->end && s->rc == GB_OK) {
		if ((*s->p == '[' || *s->p == '{') && !s->no_blocks &&
		    s->end - s->p <= KEY_JSON_MAX && take_json_here(s))
			continue;
		/* A quote may begin a name; what else separates does not. */
		skip = separator_at(s->p, s->end);
		if (skip > 0 && *s->p != '"' && *s->p != '\'')
			s->p += skip;
		else
			take_line(s);
	}
}

/* --- what was found ------------------------------------------------------- */

static int
by_secret(const void *left, const void *right)
{
	const struct found *a = left, *b = right;
	int order;

	order = strcmp(a->secret, b->secret);
	if (order != 0)
		return order;
	return a->order < b->order ? -1 : a->order > b->order;
}

static int
by_order(const void *left, const void *right)
{
	const struct found *a = left, *b = right;

	return a->order < b->order ? -1 : a->order > b->order;
}

static void
forget(char *secret)
{
	explicit_bzero(secret, strlen(secret));
	free(secret);
}

/* Drop those that were found before, keeping the order of the rest. */
static void
drop_duplicates(struct scan *s)
{
	size_t i, kept;

	if (s->count == 0)
		return;
	qsort(s->found, s->count, sizeof(*s->found), by_secret);
	for (kept = i = 1; i < s->count; i++)
		if (strcmp(s->found[i].secret, s->found[kept - 1].secret) == 0)
			forget(s->found[i].secret);
		else
			s->found[kept++] = s->found[i];
	s->out->duplicates = s->count - kept;
	s->count = kept;
	qsort(s->found, s->count, sizeof(*s->found), by_order);
}

enum gb_err
key_input_read(struct key_input *out, enum key_pool pool, const char *text,
	       size_t len)
{
	struct scan s = {
	    .text = text,
	    .p = text,
	    .at = text,
	    .pool = pool,
	    .out = out,
	};
	size_t i;

	memset(out, 0, sizeof(*out));
	if (len > KEY_INPUT_MAX)
		return GB_ETOOBIG;
	s.end = text + len;
	take_all(&s);
	drop_duplicates(&s);
	if (s.rc == GB_OK) {
		out->keys = calloc(s.count + 1, sizeof(*out->keys));
		if (out->keys == NULL)
			s.rc = GB_ENOMEM;
	}
	for (i = 0; i < s.count; i++)
		if (s.rc == GB_OK)
			out->keys[out->count++] = s.found[i].secret;
		else
			forget(s.found[i].secret);
	free(s.found);
	if (s.rc != GB_OK)
		memset(out, 0, sizeof(*out));
	return s.rc;
}

void
key_input_release(struct key_input *in)
{
	size_t i;

	for (i = 0; i < in->count; i++)
		forget(in->keys[i]);
	free(in->keys);
	memset(in, 0, sizeof(*in));
}
