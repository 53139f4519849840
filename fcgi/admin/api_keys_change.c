/* api_keys_change.c: verifying, resetting, deleting and adding keys by JSON, by
 * Gemini Balance's paths */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "admin/api_keys.h"
#include "admin/pages.h"
#include "base/clock.h"
#include "dialect/json/json_in.h"
#include "dialect/json/json_out.h"
#include "keys/key_input.h"
#include "keys/verify.h"

#define REPLY_MAX (16 * 1024 * 1024) /* bytes */
#define VERIFY_MS \
	25000 /* after which no other key is asked with: web \
		 servers wait for half a minute */
#define SENTENCE_MAX 1024

/* --- bodies and replies --------------------------------------------------- */

struct json_object *
api_keys_body(struct admin_request *rq, struct json_object **body)
{
	struct api_error err;
	struct json_object *keys;

	*body = NULL;
	if (json_read(buf_str(&rq->body), rq->body.len, body, &err) == GB_OK &&
	    json_object_is_type(*body, json_type_object) &&
	    json_object_object_get_ex(*body, "keys", &keys) &&
	    (json_object_is_type(keys, json_type_array) ||
	     json_object_is_type(keys, json_type_string)))
		return keys;
	json_object_put(*body);
	*body = NULL;
	admin_fail(rq, 422, "KEYS_BAD_BODY", NULL);
	return NULL;
}

/* The text of a key with a number in it, as the member "message". */
static void
write_message(struct admin_request *rq, struct json_out *out, const char *key,
	      int64_t first, int64_t second)
{
	char numbers[2][24];
	const char *words[3] = {numbers[0], numbers[1], NULL};
	struct buf text;

	(void)snprintf(numbers[0], sizeof(numbers[0]), "%" PRId64, first);
	(void)snprintf(numbers[1], sizeof(numbers[1]), "%" PRId64, second);
	buf_init(&text, SENTENCE_MAX);
	admin_write(rq, &text, key, words);
	jout_key_string(out, "message", buf_str(&text));
	buf_release(&text);
}

void
api_keys_fail(struct admin_request *rq, int status, const char *key)
{
	struct json_out out;
	struct buf json;

	buf_init(&json, REPLY_MAX);
	jout_init(&out, &json);
	jout_object(&out);
	jout_key_bool(&out, "success", false);
	write_message(rq, &out, key, 0, 0);
	jout_key_string(&out, "detail", admin_text(rq, key));
	jout_object_end(&out);
	admin_json(rq, status, &json);
	buf_release(&json);
}

/* --- which keys ----------------------------------------------------------- */

/* Keys that a script names. */
struct named {
	struct buf ids; /* a JSON array */
	int64_t count;
	struct json_object *missing; /* names that there is no key of */
};

static void
named_release(struct named *n)
{
	buf_release(&n->ids);
	json_object_put(n->missing);
}

static enum gb_err
name_one(struct admin_request *rq, struct named *n, const char *name)
{
	struct key_rows rows;
	enum gb_err rc;

	rc = keys_find(rq, name, &rows);
	if (rc == GB_ENOTFOUND)
		return json_object_array_add(n->missing,
					     json_object_new_string(name)) == 0
			   ? GB_OK
			   : GB_ENOMEM;
	if (rc != GB_OK)
		return rc;
	buf_printf(&n->ids, "%s%" PRId64, n->count++ > 0 ? "," : "",
		   rows.rows[0].id);
	key_rows_free(&rows);
	return GB_OK;
}

static enum gb_err
name_all(struct admin_request *rq, struct named *n, struct json_object *keys)
{
	struct json_object *item;
	enum gb_err rc;
	size_t i;

	n->count = 0;
	buf_init(&n->ids, KEYS_IDS_MAX);
	if ((n->missing = json_object_new_array()) == NULL)
		return GB_ENOMEM;
	buf_putc(&n->ids, '[');
	rc = GB_OK;
	if (json_object_is_type(keys, json_type_string))
		rc = name_one(rq, n, json_object_get_string(keys));
	else
		for (i = 0; rc == GB_OK && i < json_object_array_length(keys);
		     i++) {
			item = json_object_array_get_idx(keys, i);
			rc = json_object_is_type(item, json_type_string)
				 ? name_one(rq, n, json_object_get_string(item))
				 : GB_EINVAL;
		}
	buf_putc(&n->ids, ']');
	return rc == GB_OK ? buf_error(&n->ids) : rc;
}

/* The keys of the body; false: it is answered. */
static bool
read_named(struct admin_request *rq, struct named *n)
{
	struct json_object *body, *keys;
	enum gb_err rc;

	memset(n, 0, sizeof(*n));
	if ((keys = api_keys_body(rq, &body)) == NULL)
		return false;
	rc = name_all(rq, n, keys);
	json_object_put(body);
	if (rc == GB_OK &&
	    (n->count > 0 || json_object_array_length(n->missing) > 0))
		return true;
	named_release(n);
	if (rc == GB_EINVAL)
		admin_fail(rq, 422, "KEYS_BAD_BODY", NULL);
	else if (rc != GB_OK)
		admin_fault(rq, rc);
	else
		api_keys_fail(rq, 400, "KEYS_NONE_CHOSEN");
	return false;
}

/* The one key of the path, as its id alone; false: it is answered. */
static bool
read_one(struct admin_request *rq, struct named *n)
{
	enum gb_err rc;

	memset(n, 0, sizeof(*n));
	buf_init(&n->ids, KEYS_IDS_MAX);
	if ((n->missing = json_object_new_array()) == NULL) {
		admin_fault(rq, GB_ENOMEM);
		return false;
	}
	buf_putc(&n->ids, '[');
	rc = name_one(rq, n, rq->rest);
	buf_putc(&n->ids, ']');
	if (rc == GB_OK && n->count == 1)
		return true;
	named_release(n);
	if (rc != GB_OK)
		admin_fault(rq, rc);
	else
		api_keys_fail(rq, 404, "KEYS_NO_SUCH");
	return false;
}

/* --- verifying ------------------------------------------------------------ */

/* The keys of a request, and what came of asking with them. */
struct asked {
	struct key_rows rows;
	struct verify_item *items;
};

static void
asked_release(struct asked *a)
{
	key_rows_free(&a->rows);
	free(a->items);
}

static enum gb_err
ask(struct admin_request *rq, const struct named *n, struct asked *a)
{
	struct key_turn *turn;
	const struct key_filter f = {.ids = buf_str(&n->ids)};
	enum gb_err rc;
	size_t i;

	a->items = NULL;
	memset(&a->rows, 0, sizeof(a->rows));
	if ((rc = admin_reports(rq)) != GB_OK)
		return rc;
	rc = store_keys_page(rq->reports, &f, clock_wall_ms(), 0, KEYS_PAGE_MAX,
			     &a->rows);
	if (rc != GB_OK)
		return rc;
	a->items = calloc(a->rows.count + 1, sizeof(*a->items));
	if (a->items == NULL)
		return GB_ENOMEM;
	for (i = 0; i < a->rows.count; i++) {
		turn = &a->items[i].turn;
		turn->id = a->rows.rows[i].id;
		turn->pool = a->rows.rows[i].pool;
		(void)snprintf(turn->secret, sizeof(turn->secret), "%s",
			       a->rows.rows[i].secret);
	}
	verify_all(rq->store, rq->cfg, app_engine(rq->app), a->items,
		   a->rows.count, clock_mono_ms() + VERIFY_MS);
	for (i = 0; i < a->rows.count; i++)
		explicit_bzero(&a->items[i].turn, sizeof(a->items[i].turn));
	keys_log(rq, "verify", (int64_t)a->rows.count);
	return GB_OK;
}

/* Why the key is not valid. */
static const char *
why_not(struct admin_request *rq, const struct verify_item *item)
{
	if (item->outcome == VERIFY_NOT_ASKED)
		return admin_text(rq, "KEYS_NOT_ASKED");
	return item->verdict.reason[0] != '\0' ? item->verdict.reason
					       : item->verdict.error_class;
}

void
api_keys_verify_one(struct admin_request *rq)
{
	struct json_out out;
	struct named named;
	struct asked asked;
	struct buf json;
	enum gb_err rc;
	bool works;

	if (!read_one(rq, &named))
		return;
	rc = ask(rq, &named, &asked);
	if (rc != GB_OK || asked.rows.count == 0) {
		admin_fault(rq, rc == GB_OK ? GB_ENOTFOUND : rc);
	} else {
		works = asked.items[0].outcome == VERIFY_WORKS;
		buf_init(&json, REPLY_MAX);
		jout_init(&out, &json);
		jout_object(&out);
		jout_key_string(&out, "status", works ? "valid" : "invalid");
		if (!works)
			jout_key_string(&out, "error",
					why_not(rq, &asked.items[0]));
		jout_object_end(&out);
		admin_json(rq, 200, &json);
		buf_release(&json);
	}
	asked_release(&asked);
	named_release(&named);
}

/* Those that work, or those that do not, with why. */
static int64_t
write_asked(struct admin_request *rq, struct json_out *out,
	    const struct asked *a, bool works)
{
	char name[KEY_NAME_SIZE];
	int64_t count;
	size_t i;

	for (count = 0, i = 0; i < a->rows.count; i++) {
		if ((a->items[i].outcome == VERIFY_WORKS) != works)
			continue;
		count++;
		keys_name(name, &a->rows.rows[i]);
		if (works)
			jout_string(out, name);
		else
			jout_key_string(out, name, why_not(rq, &a->items[i]));
	}
	return count;
}

static void
write_verified(struct admin_request *rq, struct json_out *out,
	       const struct asked *a, const struct named *n)
{
	char mask[SECRET_MASK_SIZE];
	int64_t valid, invalid;
	const char *name;
	size_t i;

	jout_object(out);
	jout_key_bool(out, "success", true);
	jout_key(out, "successful_keys");
	jout_array(out);
	valid = write_asked(rq, out, a, true);
	jout_array_end(out);
	jout_key(out, "failed_keys");
	jout_object(out);
	invalid = write_asked(rq, out, a, false);
	for (i = 0; i < json_object_array_length(n->missing); i++) {
		name = json_object_get_string(
		    json_object_array_get_idx(n->missing, i));
		/* The script's own word, but it may be a key all the same. */
		secret_mask(mask, name);
		jout_key_string(out, mask, admin_text(rq, "KEYS_NO_SUCH"));
	}
	jout_object_end(out);
	invalid += (int64_t)json_object_array_length(n->missing);
	jout_key_int(out, "valid_count", valid);
	jout_key_int(out, "invalid_count", invalid);
	write_message(rq, out, "KEYS_VERIFIED", valid, invalid);
	jout_object_end(out);
}

void
api_keys_verify(struct admin_request *rq)
{
	struct json_out out;
	struct named named;
	struct asked asked;
	struct buf json;
	enum gb_err rc;

	if (!read_named(rq, &named))
		return;
	if (named.count > KEYS_PAGE_MAX) {
		api_keys_fail(rq, 413, "KEYS_TOO_MANY_AT_ONCE");
		named_release(&named);
		return;
	}
	if ((rc = ask(rq, &named, &asked)) != GB_OK) {
		admin_fault(rq, rc);
	} else {
		buf_init(&json, REPLY_MAX);
		jout_init(&out, &json);
		write_verified(rq, &out, &asked, &named);
		admin_json(rq, 200, &json);
		buf_release(&json);
	}
	asked_release(&asked);
	named_release(&named);
}

/* --- resetting ------------------------------------------------------------ */

static void
answer_reset(struct admin_request *rq, const char *ids)
{
	struct admin_answer a;
	int64_t count;
	enum gb_err rc;

	if ((rc = keys_reset(rq, ids, &count)) != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	keys_log(rq, "clear", count);
	admin_answer_begin(&a, REPLY_MAX);
	jout_key_bool(&a.out, "success", true);
	write_message(rq, &a.out, "KEYS_DID_CLEAR", count, 0);
	jout_key_int(&a.out, "reset_count", count);
	admin_answer_send(rq, &a);
}

void
api_keys_reset_one(struct admin_request *rq)
{
	struct named named;

	if (!read_one(rq, &named))
		return;
	answer_reset(rq, buf_str(&named.ids));
	named_release(&named);
}

void
api_keys_reset(struct admin_request *rq)
{
	struct named named;

	if (!read_named(rq, &named))
		return;
	answer_reset(rq, buf_str(&named.ids));
	named_release(&named);
}

/* All, or with "key_type" the valid or the invalid ones. */
void
api_keys_reset_all(struct admin_request *rq)
{
	struct keys_wanted wanted = {.filter.by_pool = true};
	const char *type;
	struct buf ids;
	int64_t count;
	enum gb_err rc;

	type = form_value(&rq->query, "key_type");
	wanted.filter.by_service =
	    strcmp(type, "valid") == 0 || strcmp(type, "invalid") == 0;
	wanted.filter.in_service = strcmp(type, "valid") == 0;
	buf_init(&ids, KEYS_IDS_MAX);
	rc = keys_all_ids(rq, &wanted, &ids, &count);
	if (rc == GB_OK)
		answer_reset(rq, buf_str(&ids));
	else
		admin_fault(rq, rc);
	buf_release(&ids);
}

/* --- deleting ------------------------------------------------------------- */

/* "status" where there was something to delete, and else "none". */
static void
answer_delete(struct admin_request *rq, const struct named *n, int none)
{
	const struct key_filter f = {.ids = buf_str(&n->ids)};
	const struct key_wish_of of = {WISH_REMOVE, "", ""};
	struct json_out out;
	struct buf json;
	int64_t count, kept;
	enum gb_err rc;

	if ((rc = keys_in_settings(rq, f.ids, &kept)) != GB_OK ||
	    (rc = store_keys_wish(rq->store, &f, &of, clock_wall_ms(),
				  &count)) != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	keys_log(rq, "delete", count);
	buf_init(&json, REPLY_MAX);
	jout_init(&out, &json);
	jout_object(&out);
	jout_key_bool(&out, "success", count > 0);
	if (count == 0)
		jout_key_string(&out, "detail", admin_text(rq, "KEYS_NO_SUCH"));
	write_message(rq, &out,
		      kept > 0 ? "KEYS_DID_DELETE_SOME" : "KEYS_DID_DELETE",
		      count, kept);
	jout_key_int(&out, "deleted_count", count);
	jout_key_int(&out, "in_settings", kept);
	jout_key_int(&out, "not_found_count",
		     (int64_t)json_object_array_length(n->missing));
	jout_object_end(&out);
	admin_json(rq, count > 0 ? 200 : none, &json);
	buf_release(&json);
}

void
api_keys_delete_one(struct admin_request *rq)
{
	struct named named;

	if (!read_one(rq, &named))
		return;
	answer_delete(rq, &named, 404);
	named_release(&named);
}

void
api_keys_delete(struct admin_request *rq)
{
	struct named named;

	if (!read_named(rq, &named))
		return;
	answer_delete(rq, &named, 400);
	named_release(&named);
}

/* --- adding --------------------------------------------------------------- */

/* All strings of "keys", a line each, for key_input_read(). */
static enum gb_err
gather(struct json_object *keys, struct buf *text)
{
	struct json_object *item;
	size_t i;

	if (json_object_is_type(keys, json_type_string))
		buf_puts(text, json_object_get_string(keys));
	else
		for (i = 0; i < json_object_array_length(keys); i++) {
			item = json_object_array_get_idx(keys, i);
			if (!json_object_is_type(item, json_type_string))
				return GB_EINVAL;
			buf_puts(text, json_object_get_string(item));
			buf_putc(text, '\n');
		}
	return buf_error(text);
}

static enum gb_err
add_text(struct admin_request *rq, enum key_pool pool, const struct buf *text,
	 struct key_input *in, size_t *added)
{
	enum gb_err rc;

	*added = 0;
	rc = key_input_read(in, pool, buf_str(text), text->len);
	if (rc == GB_OK)
		rc = store_keys_add(rq->store, pool, in->keys, in->count,
				    clock_wall_ms(), added);
	return rc;
}

static void
answer_added(struct admin_request *rq, const struct key_input *in, size_t added)
{
	struct json_out out;
	struct buf json;

	keys_log(rq, "add", (int64_t)added);
	buf_init(&json, REPLY_MAX);
	jout_init(&out, &json);
	jout_object(&out);
	jout_key_bool(&out, "success", in->count > 0);
	write_message(rq, &out, "KEYS_DID_ADD", (int64_t)added,
		      (int64_t)(in->count - added));
	jout_key_int(&out, "added_count", (int64_t)added);
	jout_key_int(&out, "known_count", (int64_t)(in->count - added));
	jout_key_int(&out, "duplicate_count", (int64_t)in->duplicates);
	jout_key_int(&out, "unusable_count", (int64_t)in->unusable_count);
	jout_object_end(&out);
	admin_json(rq, in->count > 0 ? 200 : 400, &json);
	buf_release(&json);
}

void
api_keys_add(struct admin_request *rq)
{
	struct json_object *body, *keys, *pool;
	struct key_input in;
	struct buf text;
	size_t added;
	enum gb_err rc;
	bool vertex;

	memset(&in, 0, sizeof(in));
	if ((keys = api_keys_body(rq, &body)) == NULL)
		return;
	vertex = json_object_object_get_ex(body, "pool", &pool) &&
		 strcmp(json_object_get_string(pool),
			key_pool_names[POOL_VERTEX]) == 0;
	buf_init(&text, KEY_INPUT_MAX);
	rc = gather(keys, &text);
	if (rc == GB_OK)
		rc = add_text(rq, vertex ? POOL_VERTEX : POOL_GEMINI, &text,
			      &in, &added);
	if (rc == GB_OK)
		answer_added(rq, &in, added);
	else if (rc == GB_EINVAL)
		admin_fail(rq, 422, "KEYS_BAD_BODY", NULL);
	else if (rc == GB_ETOOBIG)
		api_keys_fail(rq, 413, "KEYS_TOO_MANY");
	else
		admin_fault(rq, rc);
	key_input_release(&in);
	buf_wipe(&text);
	json_object_put(body);
}
