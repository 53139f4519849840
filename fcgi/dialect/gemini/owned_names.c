/* owned_names.c: names of things that belong to a key */
#include "dialect/gemini/owned_names.h"

#include <stdio.h>
#include <string.h>

#include "dialect/chat.h"

#define KEY_MAX	    32	 /* bytes of a member's key; longer ones are none */
#define VALUE_MAX   1024 /* bytes of a value that may be a name or its URI */
#define ESCAPED_MAX 6	 /* bytes that one may have been written with */

/*
 * The collections there are, and how long their things live where no
 * expirationTime says so: what Google keeps without an end counts as ten
 * years.
 */
static const struct collection {
	const char *name;
	int days;
} collections[] = {
    {"files", 2},	  {"cachedContents", 1}, {"batches", 90},
    {"operations", 30},	  {"generatedFiles", 2}, {"fileSearchStores", 3650},
    {"ragStores", 3650},  {"tunedModels", 3650}, {"corpora", 3650},
    {"interactions", 55}, {"agents", 3650},	 {"environments", 3650},
    {"triggers", 3650},	  {"webhooks", 3650},	 {"credentials", 3650},
    {"voices", 3650},	  {"auth_tokens", 2},	 {"dynamic", 3650},
    {"uploads", 2}, /* ours: sessions of resumable uploads */
};

/* The members that hold names, in both spellings, and in which bodies. */
static const struct member {
	const char *camel, *snake;
	unsigned kinds;
	const char *collection; /* of a bare id; NULL: it is a whole name */
} members[] = {
    {"fileUri", "file_uri", OWNED_REQUEST, NULL},
    {"cachedContent", "cached_content", OWNED_REQUEST, NULL},
    {"fileSearchStoreNames", "file_search_store_names", OWNED_REQUEST, NULL},
    {"fileName", "file_name", OWNED_REQUEST, NULL},
    {"source", "source", OWNED_REQUEST, NULL},
    {"parent", "parent", OWNED_REQUEST, NULL},
    {"uri", "uri", OWNED_INTERACTION, NULL},
    {"agent", "agent", OWNED_INTERACTION, "agents"},
    {"environment", "environment", OWNED_INTERACTION, "environments"},
    {"previousInteractionId", "previous_interaction_id", OWNED_INTERACTION,
     "interactions"},
    {"name", "name", OWNED_REPLY, NULL},
    {"uri", "uri", OWNED_REPLY, NULL},
    {"downloadUri", "download_uri", OWNED_REPLY, NULL},
    {"responsesFile", "responses_file", OWNED_REPLY, NULL},
    {"documentName", "document_name", OWNED_REPLY, NULL},
    {"id", "id", OWNED_BORN, "interactions"},
};

static const struct collection *
find_collection(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < GB_COUNT(collections); i++)
		if (strlen(collections[i].name) == len &&
		    memcmp(collections[i].name, text, len) == 0)
			return &collections[i];
	return NULL;
}

bool
owned_collection(const char *text, size_t len)
{
	return find_collection(text, len) != NULL;
}

static bool
is_id_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/* How many bytes of "text" are an id. */
static size_t
id_length(const char *text, size_t len)
{
	size_t n;

	for (n = 0; n < len && is_id_char(text[n]); n++)
		;
	return n;
}

/* "." and "..", which lead elsewhere in a URL. */
static bool
is_dots(const char *id, size_t len)
{
	size_t n;

	for (n = 0; n < len && id[n] == '.'; n++)
		;
	return n == len;
}

static bool
set_name(struct owned_name *name, const char *collection, size_t collection_len,
	 const char *id, size_t id_len)
{
	if (id_len == 0 || is_dots(id, id_len) ||
	    collection_len + 1 + id_len > OWNED_NAME_MAX)
		return false;
	(void)snprintf(name->text, sizeof(name->text), "%.*s/%.*s",
		       (int)collection_len, collection, (int)id_len, id);
	return true;
}

/* "models/m/operations/x", with what follows cut off. */
static bool
read_model_operation(struct owned_name *name, const char *text, size_t len)
{
	static const char middle[] = "/operations/";
	size_t model, id, at;

	if (len < 7 || memcmp(text, "models/", 7) != 0)
		return false;
	model = id_length(text + 7, len - 7);
	at = 7 + model;
	if (model == 0 || len - at < sizeof(middle) - 1 ||
	    memcmp(text + at, middle, sizeof(middle) - 1) != 0)
		return false;
	at += sizeof(middle) - 1;
	id = id_length(text + at, len - at);
	return set_name(name, text, at - 1, text + at, id);
}

/* "collection/id" and so on. */
static bool
read_plain(struct owned_name *name, const char *text, size_t len)
{
	const struct collection *c;
	const char *slash;
	size_t first, id;

	if (read_model_operation(name, text, len))
		return true;
	if ((slash = memchr(text, '/', len)) == NULL)
		return false;
	first = (size_t)(slash - text);
	if ((c = find_collection(text, first)) == NULL)
		return false;
	id = id_length(slash + 1, len - first - 1);
	return set_name(name, c->name, first, slash + 1, id);
}

/* What follows the version in the path of a URI; NULL: it has none. */
static const char *
behind_version(const char *text, size_t len, size_t *left)
{
	static const char *const versions[] = {"/v1beta/", "/v1alpha/", "/v1/"};
	const char *at;
	size_t i;

	for (i = 0; i < GB_COUNT(versions); i++) {
		at = memmem(text, len, versions[i], strlen(versions[i]));
		if (at == NULL)
			continue;
		at += strlen(versions[i]);
		*left = len - (size_t)(at - text);
		return at;
	}
	return NULL;
}

bool
owned_name_read(struct owned_name *name, const char *text, size_t len)
{
	const char *rest;
	size_t left;

	name->text[0] = '\0';
	if (len > VALUE_MAX)
		return false;
	if (len > 5 && memcmp(text, "file-", 5) == 0)
		return id_length(text + 5, len - 5) == len - 5 &&
		       set_name(name, "files", 5, text + 5, len - 5);
	if (len > 8 && (memcmp(text, "https://", 8) == 0 ||
			memcmp(text, "http://", 7) == 0)) {
		rest = behind_version(text + 7, len - 7, &left);
		return rest != NULL && read_plain(name, rest, left);
	}
	return read_plain(name, text, len);
}

bool
owned_name_of_path(struct owned_name *name, const char *path)
{
	name->text[0] = '\0';
	return read_plain(name, path, strlen(path));
}

int
owned_name_life_days(const char *name)
{
	const struct collection *c;

	c = find_collection(name, strcspn(name, "/"));
	return c == NULL ? 30 : c->days;
}

void
owned_names_add(struct owned_names *names, const struct owned_name *name)
{
	size_t i;

	for (i = 0; i < names->count; i++)
		if (strcmp(names->list[i].text, name->text) == 0)
			return;
	if (names->count == OWNED_NAMES_MAX)
		names->too_many = true;
	else
		names->list[names->count++] = *name;
}

/* --- the walk over a JSON text -------------------------------------------- */

/*
 * One pass over the tokens that matter: strings, and the colons behind keys.
 * A string in an array belongs to the array's key, as there is none in
 * between.
 */
struct walk {
	struct owned_names *names;
	unsigned kinds;
	const struct member *member; /* of the last key; NULL: none of ours */
};

static int
hex_value(const char *text)
{
	int i, value;
	char c;

	for (value = i = 0; i < 4; i++) {
		c = text[i];
		if (c >= '0' && c <= '9')
			value = value * 16 + c - '0';
		else if (c >= 'a' && c <= 'f')
			value = value * 16 + c - 'a' + 10;
		else if (c >= 'A' && c <= 'F')
			value = value * 16 + c - 'A' + 10;
		else
			return -1;
	}
	return value;
}

/*
 * A string without its escapes, into "out" of "size" bytes.  What is not ASCII
 * in an escape is no name and becomes "?".  False: too long.
 */
static bool
unescape(const char *text, size_t len, char *out, size_t size, size_t *out_len)
{
	static const char from[] = "bfnrt";
	size_t at, n;
	int value;

	for (at = n = 0; at < len; n++) {
		if (n == size)
			return false;
		if (text[at] != '\\' || at + 1 == len) {
			out[n] = text[at++];
		} else if (text[at + 1] == 'u' && len - at >= ESCAPED_MAX) {
			value = hex_value(text + at + 2);
			out[n] = value > 0 && value < 128 ? (char)value : '?';
			at += ESCAPED_MAX;
		} else {
			out[n] = memchr(from, text[at + 1], sizeof(from) - 1)
				     ? '?'
				     : text[at + 1];
			at += 2;
		}
	}
	*out_len = n;
	return true;
}

static const struct member *
find_member(const char *key, size_t len, unsigned kinds)
{
	char plain[KEY_MAX];
	const struct member *m;

	if (len > KEY_MAX * ESCAPED_MAX ||
	    !unescape(key, len, plain, sizeof(plain), &len))
		return NULL;
	for (m = members; m < members + GB_COUNT(members); m++)
		if ((m->kinds & kinds) != 0 &&
		    ((strlen(m->camel) == len &&
		      memcmp(m->camel, plain, len) == 0) ||
		     (strlen(m->snake) == len &&
		      memcmp(m->snake, plain, len) == 0)))
			return m;
	return NULL;
}

static void
take_value(struct walk *w, const char *text, size_t len)
{
	char plain[VALUE_MAX];
	struct owned_name name;
	const struct member *m = w->member;

	if (len > VALUE_MAX * ESCAPED_MAX ||
	    !unescape(text, len, plain, sizeof(plain), &len))
		return;
	if (owned_name_read(&name, plain, len))
		owned_names_add(w->names, &name);
	else if (m->collection != NULL && id_length(plain, len) == len &&
		 set_name(&name, m->collection, strlen(m->collection), plain,
			  len))
		owned_names_add(w->names, &name);
}

/* The closing quote of the string that begins at "from"; "len": there is
 * none. */
static size_t
string_end(const char *text, size_t len, size_t from)
{
	size_t at, slashes;
	const char *quote;

	for (at = from; at < len; at++) {
		if ((quote = memchr(text + at, '"', len - at)) == NULL)
			return len;
		at = (size_t)(quote - text);
		for (slashes = 0;
		     at - slashes > from && text[at - 1 - slashes] == '\\';
		     slashes++)
			;
		if (slashes % 2 == 0)
			return at;
	}
	return len;
}

static bool
is_key(const char *text, size_t len, size_t at)
{
	while (at < len && strchr(" \t\r\n", text[at]) != NULL &&
	       text[at] != '\0')
		at++;
	return at < len && text[at] == ':';
}

void
owned_names_scan(struct owned_names *names, const char *text, size_t len,
		 unsigned kinds)
{
	struct walk w = {.names = names, .kinds = kinds};
	const char *quote;
	size_t from, end;

	for (end = 0; end < len; end++) {
		quote = memchr(text + end, '"', len - end);
		if (quote == NULL)
			return;
		from = (size_t)(quote - text) + 1;
		end = string_end(text, len, from);
		if (end >= len)
			return;
		if (is_key(text, len, end + 1))
			w.member = find_member(text + from, end - from, kinds);
		else if (w.member != NULL)
			take_value(&w, text + from, end - from);
	}
}

void
owned_names_of_chat(struct owned_names *names, const struct chat *chat)
{
	struct owned_name name;
	size_t i;

	for (i = 0; i < chat->part_count; i++)
		if (chat->parts[i].kind == CHAT_FILE &&
		    owned_name_read(&name, chat->parts[i].data.ptr,
				    chat->parts[i].data.len))
			owned_names_add(names, &name);
	if (chat->cached_content.ptr != NULL &&
	    owned_name_read(&name, chat->cached_content.ptr,
			    chat->cached_content.len))
		owned_names_add(names, &name);
}
