/* ownership.c: which key a request must go to for what it names */
#include "api/ownership.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <json-c/json_object.h>

#include "base/clock.h"
#include "base/log.h"
#include "dialect/chat.h"
#include "dialect/json/json_tree.h"

#define LABEL_MAX 512 /* bytes of a file's name for people */
#define MIME_MAX  128

void
ownership_refuse(struct api_request *rq, const char *name)
{
	api_error_set(&rq->error, FAULT_FORBIDDEN, NULL,
		      "You do not have permission to access %.160s or it may "
		      "not exist.",
		      name);
}

static void
refuse_several(struct api_request *rq, const struct object_row *a,
	       const struct object_row *b)
{
	api_error_set(&rq->error, FAULT_INVALID, NULL,
		      "This request names things of two Gemini keys, and no "
		      "key can use both: %.160s belongs to %s, %.160s to %s.",
		      a->object.name, a->mask[0] ? a->mask : "a deleted key",
		      b->object.name, b->mask[0] ? b->mask : "a deleted key");
}

/* Whether the caller may use all of "rows", and one key owns them. */
static bool
check_rows(struct api_request *rq, const struct object_rows *rows, int64_t *pin)
{
	const struct object_row *row, *first = rows->rows;
	size_t i;

	for (i = 0; i < rows->count; i++) {
		row = &rows->rows[i];
		if (rq->cfg->files_isolation &&
		    strcmp(row->object.token, rq->owner) != 0) {
			ownership_refuse(rq, row->object.name);
			return false;
		}
		if (row->object.key_id != first->object.key_id) {
			refuse_several(rq, first, row);
			return false;
		}
		*pin = row->object.key_id;
	}
	return true;
}

bool
ownership_pin(struct api_request *rq, const struct owned_names *names,
	      int64_t *pin, struct object_rows *rows)
{
	const char *texts[OWNED_NAMES_MAX];
	struct object_rows found;
	enum gb_err rc;
	size_t i;
	bool good;

	*pin = 0;
	if (rows != NULL)
		memset(rows, 0, sizeof(*rows));
	if (rq->pool != POOL_GEMINI)
		return true; /* Vertex AI has none of this */
	if (names->too_many) {
		api_error_set(&rq->error, FAULT_INVALID, NULL,
			      "A request may name at most %d files, caches and "
			      "other things of a Gemini key.",
			      OWNED_NAMES_MAX);
		return false;
	}
	for (i = 0; i < names->count; i++)
		texts[i] = names->list[i].text;
	rc = store_objects_get(app_store(rq->app), texts, names->count,
			       clock_wall_ms(), &found);
	if (rc != GB_OK) {
		api_fail(rq, rc);
		return false;
	}
	good = check_rows(rq, &found, pin);
	if (rows != NULL)
		*rows = found;
	else
		object_rows_free(&found);
	return good;
}

bool
ownership_pin_body(struct api_request *rq, const char *text, size_t len,
		   unsigned kinds, int64_t *pin)
{
	struct owned_names *names;
	bool good;

	*pin = 0;
	if ((names = calloc(1, sizeof(*names))) == NULL) {
		api_fail(rq, GB_ENOMEM);
		return false;
	}
	owned_names_scan(names, text, len, kinds);
	good = names->count == 0 || ownership_pin(rq, names, pin, NULL);
	free(names);
	return good;
}

/* --- chats -------------------------------------------------------------- */

/* Give the chat's parts that are the file of "row" its type. */
static void
add_mime(struct chat *chat, const struct object_row *row)
{
	struct owned_name name;
	struct chat_part *part;
	struct text mime;
	size_t i;

	if (row->object.mime[0] == '\0')
		return;
	for (i = 0; i < chat->part_count; i++) {
		part = &chat->parts[i];
		if (part->kind != CHAT_FILE || part->mime.ptr != NULL ||
		    !owned_name_read(&name, part->data.ptr, part->data.len) ||
		    strcmp(name.text, row->object.name) != 0)
			continue;
		mime = text_from(row->object.mime);
		mime.ptr = chat_copy(chat, mime);
		if (mime.ptr != NULL)
			part->mime = mime;
	}
}

bool
ownership_pin_chat(struct api_request *rq, struct chat *chat, int64_t *pin)
{
	struct owned_names *names;
	struct object_rows rows;
	bool good;
	size_t i;

	*pin = 0;
	if ((names = calloc(1, sizeof(*names))) == NULL) {
		api_fail(rq, GB_ENOMEM);
		return false;
	}
	owned_names_of_chat(names, chat);
	good = true;
	if (names->count > 0) {
		good = ownership_pin(rq, names, pin, &rows);
		for (i = 0; good && i < rows.count; i++)
			add_mime(chat, &rows.rows[i]);
		object_rows_free(&rows);
	}
	free(names);
	return good;
}

/* --- what was made ------------------------------------------------------ */

/* "2026-11-27T04:27:09.123Z" in milliseconds since 1970; 0: it is no time. */
static int64_t
read_time(const char *text)
{
	const char *rest;
	struct tm tm;

	memset(&tm, 0, sizeof(tm));
	if (text == NULL ||
	    (rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm)) == NULL ||
	    strchr(".Z", *rest) == NULL)
		return 0;
	return (int64_t)timegm(&tm) * 1000;
}

static void
put(struct api_request *rq, const struct object *object)
{
	if (store_object_put(app_store(rq->app), object) != GB_OK)
		log_warnx("%s: which key it belongs to is lost", object->name);
}

static struct object
object_of(const struct api_request *rq, const char *name)
{
	int64_t now_ms = clock_wall_ms();

	return (struct object){
	    .name = name,
	    .key_id = rq->entry.key_id,
	    .token = rq->owner,
	    .mime = "",
	    .uri = "",
	    .label = "",
	    .purpose = "",
	    .created_at = now_ms,
	    .expires_at = now_ms + owned_name_life_days(name) * DAY_MS,
	};
}

void
ownership_bind(struct api_request *rq, const char *name)
{
	struct object object = object_of(rq, name);

	if (store_object_bind(app_store(rq->app), &object) != GB_OK)
		log_warnx("%s: which key it belongs to is lost", name);
}

/* The resource that the reply is, with what is known of it. */
static void
remember_resource(struct api_request *rq, struct json_object *tree)
{
	char label[LABEL_MAX], mime[MIME_MAX];
	struct json_object *file;
	struct owned_name name;
	struct object object;
	const char *text, *uri;
	int64_t expires;
	size_t len;

	file = tree_object(tree, "file");
	if (file == NULL)
		file = tree;
	text = tree_string(file, "name", &len);
	if (text == NULL || !owned_name_read(&name, text, len) ||
	    strlen(name.text) != len)
		return; /* something below it, such as an operation of it */
	object = object_of(rq, name.text);
	tree_copy(file, "displayName", label, sizeof(label));
	tree_copy(file, "mimeType", mime, sizeof(mime));
	object.label = label;
	object.mime = mime;
	object.bytes = tree_count(file, "sizeBytes");
	uri = tree_string(file, "uri", NULL);
	if (uri != NULL)
		object.uri = uri;
	if ((expires = read_time(tree_string(file, "expirationTime", NULL))) ||
	    (expires = read_time(tree_string(file, "expireTime", NULL))))
		object.expires_at = expires;
	put(rq, &object);
}

/* An interaction, which has an id and no name. */
static void
remember_interaction(struct api_request *rq, struct json_object *tree)
{
	char text[OWNED_NAME_MAX + 1];
	struct owned_name name;
	const char *id;

	id = tree_string(tree, "id", NULL);
	if (id == NULL || tree_string(tree, "name", NULL) != NULL)
		return;
	(void)snprintf(text, sizeof(text), "interactions/%s", id);
	if (owned_name_read(&name, text, strlen(text)) &&
	    strcmp(name.text, text) == 0)
		ownership_bind(rq, name.text);
}

void
ownership_remember(struct api_request *rq, const char *json, size_t len)
{
	struct owned_names *names;
	struct json_object *tree;
	size_t i;

	if ((tree = tree_parse(json, len)) == NULL ||
	    (names = calloc(1, sizeof(*names))) == NULL) {
		json_object_put(tree);
		return;
	}
	remember_resource(rq, tree);
	if (rq->dialect == DIALECT_INTERACTIONS)
		remember_interaction(rq, tree);
	else /* a model writes what it likes into an interaction */
		owned_names_scan(names, json, len, OWNED_REPLY);
	for (i = 0; i < names->count; i++)
		ownership_bind(rq, names->list[i].text);
	free(names);
	json_object_put(tree);
}
