/*
 * owned_list.c: lists of files, caches and so on, merged over the keys that
 * have any, in the order of the keys.
 *
 * A page token of ours is "k", the id of the key to go on with, and behind a
 * "." the token that Google gave for it, if any.
 */
#include "api/owned.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>

#include "api/plain.h"
#include "base/clock.h"
#include "dialect/json/json_out.h"
#include "dialect/json/json_scan.h"
#include "dialect/json/json_tree.h"

#define CALLS_MAX      64 /* to Google for one page of ours */
#define PAGE_TOKEN_MAX 2048
#define LIST_MAX       (64 << 20) /* bytes of a page that we write */
#define PAGE_MAX       1000

struct listing {
	struct api_request *rq;
	const char *collection;
	int64_t keys[OBJECT_KEYS_MAX];
	size_t key_count, at;	    /* the key that is asked */
	char token[PAGE_TOKEN_MAX]; /* where to go on with it; "" */
	char array[64];		    /* what Google calls the items */
	struct buf items;
	int64_t count, wanted; /* wanted 0: a page as Google cuts it */
	int calls;
};

static void
add_query(struct buf *url, const char *text)
{
	for (; *text != '\0'; text++) {
		if ((*text >= 'a' && *text <= 'z') ||
		    (*text >= 'A' && *text <= 'Z') ||
		    (*text >= '0' && *text <= '9') ||
		    strchr("-._~", *text) != NULL)
			buf_putc(url, *text);
		else
			buf_printf(url, "%%%02X", (unsigned char)*text);
	}
}

/* Ask the key whose turn it is for its next page, into rq->out.  False with an
 * error, but for a key that was disabled meanwhile: it has no page. */
static bool
ask_key(struct listing *l)
{
	struct api_request *rq = l->rq;
	struct buf url;
	struct call call;

	buf_init(&url, OWNED_URL_MAX);
	buf_printf(&url, "/v1beta/%s?", l->collection);
	if (l->wanted > 0)
		buf_printf(&url, "pageSize=%" PRId64 "&", l->wanted - l->count);
	if (l->token[0] != '\0') {
		buf_puts(&url, "pageToken=");
		add_query(&url, l->token);
	}
	memset(&call, 0, sizeof(call));
	call.rq = rq;
	call.model = "";
	call.method = "GET";
	call.path = buf_str(&url);
	call.whole = true;
	call.reader = plain_read;
	call.pin = l->keys[l->at];
	l->calls++;
	call_run(&call);
	buf_release(&url);
	if (rq->error.fault == FAULT_NOT_FOUND) {
		api_error_clear(&rq->error);
		buf_reset(&rq->out);
		buf_puts(&rq->out, "{}");
	}
	return rq->error.fault == FAULT_NONE && !rq->entry.hung_up;
}

/* Whether the caller may see the item: with isolation, its own. */
static bool
is_visible(struct listing *l, const char *json, size_t len, enum gb_err *rc)
{
	struct json_object *tree;
	struct object_rows rows;
	const char *text, *names[1];
	struct owned_name name;
	size_t text_len;
	bool mine;

	if (!l->rq->cfg->files_isolation)
		return true;
	tree = tree_parse(json, len);
	text = tree_string(tree, "name", &text_len);
	mine = text != NULL && owned_name_read(&name, text, text_len);
	json_object_put(tree);
	if (!mine)
		return false;
	names[0] = name.text;
	*rc = store_objects_get(app_store(l->rq->app), names, 1,
				clock_wall_ms(), &rows);
	mine = *rc == GB_OK && rows.count == 1 &&
	       strcmp(rows.rows[0].object.token, l->rq->owner) == 0;
	object_rows_free(&rows);
	return mine;
}

/* Take the visible ones of the array at "at". */
static enum gb_err
take_items(struct listing *l, const char *text, size_t len, size_t at)
{
	struct json_member item;
	struct json_scan scan;
	enum gb_err rc = GB_OK;

	if (!json_scan_begin(&scan, text, len, at, '['))
		return GB_OK;
	while (rc == GB_OK && json_scan_next(&scan, &item)) {
		if (!is_visible(l, text + item.from, item.to - item.from, &rc))
			continue;
		if (l->count++ > 0)
			buf_putc(&l->items, ',');
		buf_add(&l->items, text + item.from, item.to - item.from);
	}
	return rc == GB_OK ? buf_error(&l->items) : rc;
}

/* Take the page in rq->out: its items, and where the next one begins. */
static enum gb_err
take_page(struct listing *l)
{
	const struct buf *page = &l->rq->out;
	struct json_member member;
	struct json_object *tree;
	struct json_scan scan;
	enum gb_err rc = GB_OK;

	tree = tree_parse(buf_str(page), page->len);
	tree_copy(tree, "nextPageToken", l->token, sizeof(l->token));
	json_object_put(tree);
	if (!json_scan_begin(&scan, buf_str(page), page->len, 0, '{'))
		return GB_OK;
	while (rc == GB_OK && json_scan_next(&scan, &member)) {
		if (page->data[member.from] != '[' ||
		    member.key_len >= sizeof(l->array))
			continue;
		memcpy(l->array, member.key, member.key_len);
		l->array[member.key_len] = '\0';
		rc = take_items(l, page->data, page->len, member.from);
	}
	return rc;
}

static bool
is_full(const struct listing *l)
{
	return l->calls >= CALLS_MAX ||
	       l->count >= (l->wanted > 0 ? l->wanted : 1);
}

/* Gather a page. */
static bool
gather(struct listing *l)
{
	enum gb_err rc;

	while (l->at < l->key_count && !is_full(l)) {
		if (!ask_key(l))
			return false;
		if ((rc = take_page(l)) != GB_OK) {
			api_fail(l->rq, rc);
			return false;
		}
		if (l->token[0] == '\0')
			l->at++;
	}
	return true;
}

static void
write_list(struct listing *l)
{
	char token[PAGE_TOKEN_MAX + 32];
	struct json_out out;
	struct buf *text = &l->rq->out;

	buf_reset(text);
	jout_init(&out, text);
	jout_object(&out);
	if (l->count > 0) {
		jout_key(&out, l->array);
		jout_array(&out);
		jout_raw(&out, buf_str(&l->items), l->items.len);
		jout_array_end(&out);
	}
	if (l->at < l->key_count) {
		(void)snprintf(token, sizeof(token), "k%" PRId64 "%s%s",
			       l->keys[l->at], l->token[0] ? "." : "",
			       l->token);
		jout_key_string(&out, "nextPageToken", token);
	}
	jout_object_end(&out);
	l->rq->status = 200;
	l->rq->content_type = API_JSON_TYPE;
	if (buf_error(text) != GB_OK)
		api_fail(l->rq, buf_error(text));
}

/* Where the client's pageToken says to go on. */
static bool
read_token(struct listing *l)
{
	char token[PAGE_TOKEN_MAX];
	int64_t key;
	char *end;

	if (!web_query_has(l->rq->web, "pageToken"))
		return true;
	errno = 0;
	if (!web_query_value(l->rq->web, "pageToken", token, sizeof(token)) ||
	    token[0] != 'k' ||
	    (key = strtoll(token + 1, &end, 10), end == token + 1) ||
	    (*end != '.' && *end != '\0') || errno != 0) {
		api_error_set(&l->rq->error, FAULT_INVALID, "pageToken",
			      "pageToken is none that a list of "
			      "%.64s has given.",
			      l->collection);
		return false;
	}
	while (l->at < l->key_count && l->keys[l->at] < key)
		l->at++;
	if (*end == '.' && l->at < l->key_count && l->keys[l->at] == key)
		(void)snprintf(l->token, sizeof(l->token), "%s", end + 1);
	return true;
}

static bool
read_page_size(struct listing *l)
{
	char text[32], *end;

	if (!web_query_has(l->rq->web, "pageSize"))
		return true;
	errno = 0;
	if (web_query_value(l->rq->web, "pageSize", text, sizeof(text)))
		l->wanted = strtoll(text, &end, 10);
	if (text[0] == '\0' || *end != '\0' || errno != 0 || l->wanted < 0) {
		api_error_set(&l->rq->error, FAULT_INVALID, "pageSize",
			      "pageSize must be a whole number.");
		return false;
	}
	if (l->wanted > PAGE_MAX)
		l->wanted = PAGE_MAX;
	return true;
}

void
owned_list(struct api_request *rq, const char *collection)
{
	struct listing *l;
	enum gb_err rc;

	if ((l = calloc(1, sizeof(*l))) == NULL) {
		api_fail(rq, GB_ENOMEM);
		return;
	}
	l->rq = rq;
	l->collection = collection;
	buf_init(&l->items, LIST_MAX);
	rc = store_objects_keys(app_store(rq->app), collection,
				rq->cfg->files_isolation ? rq->owner : NULL,
				clock_wall_ms(), l->keys, &l->key_count);
	if (rc != GB_OK)
		api_fail(rq, rc);
	else if (read_token(l) && read_page_size(l) && gather(l))
		write_list(l);
	buf_release(&l->items);
	free(l);
}
