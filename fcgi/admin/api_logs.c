/*
 * api_logs.c: Gemini Balance's routes for failed attempts, its "error logs".
 *
 * A key is masked in all of them; a script may ask for one by the whole key, a
 * part of it, or the mask.
 */
#include "admin/api_logs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "admin/pages.h"
#include "base/clock.h"
#include "base/log.h"
#include "dialect/json/json_in.h"
#include "dialect/json/json_out.h"
#include "store/failed_bodies.h"
#include "store/journal_delete.h"
#include "store/key_summary.h"

#define LIMIT_DEFAULT 10
#define LIMIT_MAX     1000
#define SORTED_MAX    10000 /* rows that are put into another order */
#define WALK_MS	      1000  /* that counting what fits may take */
#define DELETE_MS     (20 * SECOND_MS)
#define WINDOW_S      100 /* around the moment of a look-up */
#define WINDOW_MAX_S  86400
#define ROW_MAX	      (512 * 1024) /* bytes of one with its text and body */
#define LIST_MAX      (4 * 1024 * 1024)

/* --- parameters ----------------------------------------------------------- */

enum gb_err
api_keys_find(struct admin_request *rq, const char *text, struct api_keys *keys,
	      struct journal_filter *f)
{
	enum gb_err rc;

	memset(keys, 0, sizeof(*keys));
	keys->any = text[0] == '\0';
	if ((rc = admin_reports(rq)) != GB_OK || keys->any)
		return rc;
	rc = store_keys_find(rq->reports, text, keys->ids, API_KEYS_MAX,
			     &keys->count);
	if (keys->count == 1)
		f->key_id = keys->ids[0];
	return rc;
}

bool
api_keys_have(const struct api_keys *keys, int64_t id)
{
	size_t i;

	for (i = 0; i < keys->count; i++)
		if (keys->ids[i] == id)
			return true;
	return keys->any;
}

bool
api_number(struct admin_request *rq, const char *name, int64_t min, int64_t max,
	   int64_t *number)
{
	char low[24], high[24];

	if (form_value(&rq->query, name)[0] == '\0' ||
	    form_number(&rq->query, name, min, max, number))
		return true;
	(void)snprintf(low, sizeof(low), "%" PRId64, min);
	(void)snprintf(high, sizeof(high), "%" PRId64, max);
	admin_fail(rq, 422, "API_BAD_NUMBER", name, low, high, NULL);
	return false;
}

bool
api_moment(struct admin_request *rq, const char *name, int64_t *ms)
{
	const char *text;

	text = form_value(&rq->query, name);
	if (text[0] == '\0' || clock_read(text, ms))
		return true;
	admin_fail(rq, 422, "API_BAD_TIME", name, NULL);
	return false;
}

/* --- rows as JSON --------------------------------------------------------- */

static void
put_row(struct json_out *out, const struct journal_failed *a)
{
	char time[CLOCK_TEXT_SIZE];

	jout_key_int(out, "id", a->id);
	jout_key_string(out, "gemini_key", a->key);
	jout_key_string(out, "error_type", a->error_class);
	jout_key_int(out, "error_code", a->status);
	jout_key_string(out, "model_name", a->model);
	clock_text(time, a->time_ms, true);
	jout_key_string(out, "request_time", time);
	jout_key_string(out, "request_id", a->request_id);
	jout_key_int(out, "key_id", a->key_id);
}

/* What the client asked for as text, null where it was not kept. */
static enum gb_err
put_body(struct admin_request *rq, struct json_out *out, const char *request_id)
{
	struct journal_attempts attempts;
	struct failed_body body;
	enum gb_err rc;

	rc = store_failed_body(rq->reports, request_id, &body, &attempts);
	if (rc == GB_OK)
		jout_string(out, body.body);
	else
		jout_null(out);
	failed_body_release(&body);
	journal_attempts_free(&attempts);
	return rc == GB_ENOTFOUND ? GB_OK : rc;
}

static void
answer_details(struct admin_request *rq, const struct journal_failed *a)
{
	struct json_out out;
	struct buf json;
	enum gb_err rc;

	buf_init(&json, ROW_MAX);
	jout_init(&out, &json);
	jout_object(&out);
	put_row(&out, a);
	jout_key_string(&out, "error_log", a->text);
	jout_key(&out, "request_msg");
	rc = put_body(rq, &out, a->request_id);
	jout_object_end(&out);
	if (rc == GB_OK)
		admin_json(rq, 200, &json);
	else
		admin_fault(rq, rc);
	buf_release(&json);
}

/* --- the list ------------------------------------------------------------- */

enum order {
	ORDER_NEWEST,
	ORDER_OLDEST,
	ORDER_LOW_CODE,
	ORDER_HIGH_CODE
};

struct walk {
	struct journal_filter filter;
	struct api_keys keys;
	enum order order;
	int64_t limit, offset;
	struct journal_failed *rows; /* without texts */
	size_t room, count;
	int64_t total; /* rows that fit */
	bool counted;  /* all of them were looked at */
};

static bool
read_walk(struct admin_request *rq, struct walk *w)
{
	const char *by;
	int64_t status;
	bool desc;

	w->limit = LIMIT_DEFAULT;
	status = 0;
	if (!api_number(rq, "limit", 1, LIMIT_MAX, &w->limit) ||
	    !api_number(rq, "offset", 0, INT32_MAX, &w->offset) ||
	    !api_number(rq, "error_code_search", 1, 999, &status) ||
	    !api_moment(rq, "start_date", &w->filter.since_ms) ||
	    !api_moment(rq, "end_date", &w->filter.until_ms))
		return false;
	w->filter.status = (int)status;
	w->filter.text = form_value(&rq->query, "error_search");
	if (w->filter.text[0] == '\0')
		w->filter.text = NULL;
	by = form_value(&rq->query, "sort_by");
	desc = strcmp(form_value(&rq->query, "sort_order"), "asc") != 0;
	if (strcmp(by, "error_code") == 0)
		w->order = desc ? ORDER_HIGH_CODE : ORDER_LOW_CODE;
	else
		w->order = desc ? ORDER_NEWEST : ORDER_OLDEST;
	return true;
}

/* Whether the row that is the n-th of those that fit is kept. */
static bool
keeps(const struct walk *w, int64_t n)
{
	if (w->count == w->room)
		return false;
	return w->order != ORDER_NEWEST ||
	       (n >= w->offset && n < w->offset + w->limit);
}

static void
walk_page(struct walk *w, const struct journal_attempts *page)
{
	size_t i;

	for (i = 0; i < page->count; i++) {
		if (!api_keys_have(&w->keys, page->rows[i].key_id))
			continue;
		if (keeps(w, w->total)) {
			w->rows[w->count] = page->rows[i];
			w->rows[w->count++].text = NULL;
		}
		w->total++;
	}
}

static int
by_time(const void *a, const void *b)
{
	const struct journal_failed *x = a, *y = b;

	if (x->time_ms != y->time_ms)
		return x->time_ms < y->time_ms ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static int
by_low_code(const void *a, const void *b)
{
	const struct journal_failed *x = a, *y = b;

	return x->status != y->status ? x->status - y->status : by_time(b, a);
}

static int
by_high_code(const void *a, const void *b)
{
	const struct journal_failed *x = a, *y = b;

	return x->status != y->status ? y->status - x->status : by_time(b, a);
}

static enum gb_err
walk(struct admin_request *rq, struct walk *w)
{
	static int (*const orders[])(const void *, const void *) = {
	    [ORDER_OLDEST] = by_time,
	    [ORDER_LOW_CODE] = by_low_code,
	    [ORDER_HIGH_CODE] = by_high_code,
	};
	struct journal_cursor at = {0, 0};
	struct journal_attempts page;
	int64_t stop_ms;
	enum gb_err rc;
	bool more;

	w->room = w->order == ORDER_NEWEST ? (size_t)w->limit : SORTED_MAX;
	if ((w->rows = calloc(w->room, sizeof(*w->rows))) == NULL)
		return GB_ENOMEM;
	stop_ms = clock_mono_ms() + WALK_MS;
	more = w->keys.any || w->keys.count > 0;
	for (rc = GB_OK; rc == GB_OK && more && clock_mono_ms() < stop_ms;) {
		rc = store_journal_attempts(rq->reports, &w->filter, &at,
					    JOURNAL_PAGE_MAX, &page);
		walk_page(w, &page);
		at = page.next;
		more = page.more;
		journal_attempts_free(&page);
	}
	w->counted = !more;
	if (w->order != ORDER_NEWEST)
		qsort(w->rows, w->count, sizeof(*w->rows), orders[w->order]);
	return rc;
}

static void
answer_list(struct admin_request *rq, const struct walk *w)
{
	struct admin_answer a;
	size_t i, first, end;

	first = w->order == ORDER_NEWEST ? 0 : (size_t)w->offset;
	end = first + (size_t)w->limit;
	admin_answer_begin(&a, LIST_MAX);
	jout_key(&a.out, "logs");
	jout_array(&a.out);
	for (i = first; i < end && i < w->count; i++) {
		jout_object(&a.out);
		put_row(&a.out, &w->rows[i]);
		jout_object_end(&a.out);
	}
	jout_array_end(&a.out);
	jout_key_int(&a.out, "total", w->total);
	/* Ours: false where there may be more than "total". */
	jout_key_bool(&a.out, "total_exact", w->counted);
	admin_answer_send(rq, &a);
}

static void
list_of_key(struct admin_request *rq, struct walk *w, const char *key)
{
	enum gb_err rc;

	rc = api_keys_find(rq, key, &w->keys, &w->filter);
	if (rc == GB_OK)
		rc = walk(rq, w);
	if (rc == GB_OK)
		answer_list(rq, w);
	else
		admin_fault(rq, rc);
	free(w->rows);
}

void
api_errors_list(struct admin_request *rq)
{
	struct walk w;

	memset(&w, 0, sizeof(w));
	if (read_walk(rq, &w))
		list_of_key(rq, &w, form_value(&rq->query, "key_search"));
}

void
api_errors_of_key(struct admin_request *rq)
{
	struct walk w;

	memset(&w, 0, sizeof(w));
	w.limit = LIMIT_MAX;
	list_of_key(rq, &w, rq->rest);
}

/* --- one ------------------------------------------------------------------ */

/* The id that the path goes on with, and behind it "ending"; 0: it does not. */
static int64_t
id_of(const struct admin_request *rq, const char *ending)
{
	int64_t id;
	char *end;

	if (rq->rest[0] < '1' || rq->rest[0] > '9')
		return 0;
	id = strtoll(rq->rest, &end, 10);
	return strcmp(end, ending) == 0 ? id : 0;
}

void
api_errors_details(struct admin_request *rq)
{
	struct journal_failed a;
	enum gb_err rc;

	memset(&a, 0, sizeof(a));
	if ((rc = admin_reports(rq)) == GB_OK)
		rc = store_journal_attempt(rq->reports, id_of(rq, "/details"),
					   &a);
	if (rc == GB_OK)
		answer_details(rq, &a);
	else
		admin_fault(rq, rc);
	free(a.text);
}

static int64_t
distance(const struct journal_failed *a, int64_t ms)
{
	return a->time_ms < ms ? ms - a->time_ms : a->time_ms - ms;
}

/* The one of a page that is nearest to the moment; NULL: none is. */
static const struct journal_failed *
nearest(const struct journal_attempts *page, const struct api_keys *keys,
	int64_t ms)
{
	const struct journal_failed *best;
	size_t i;

	for (best = NULL, i = 0; i < page->count; i++)
		if (api_keys_have(keys, page->rows[i].key_id) &&
		    (best == NULL ||
		     distance(&page->rows[i], ms) < distance(best, ms)))
			best = &page->rows[i];
	return best;
}

void
api_errors_lookup(struct admin_request *rq)
{
	struct journal_filter f = {.since_ms = 0};
	const struct journal_failed *found;
	struct journal_attempts page;
	struct api_keys keys;
	int64_t ms, status, window;
	const char *key;
	enum gb_err rc;

	key = form_value(&rq->query, "gemini_key");
	ms = status = 0;
	window = WINDOW_S;
	if (!api_moment(rq, "timestamp", &ms) ||
	    !api_number(rq, "status_code", 0, 999, &status) ||
	    !api_number(rq, "window_seconds", 1, WINDOW_MAX_S, &window))
		return;
	if (key[0] == '\0' || ms == 0) {
		admin_fail(rq, 422, "API_MISSING",
			   key[0] == '\0' ? "gemini_key" : "timestamp", NULL);
		return;
	}
	f.since_ms = ms > window * 1000 ? ms - window * 1000 : 1;
	f.until_ms = ms + window * 1000 + 1;
	f.status = (int)status;
	rc = api_keys_find(rq, key, &keys, &f);
	if (rc == GB_OK && keys.count == 0)
		rc = GB_ENOTFOUND;
	if (rc != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	rc = store_journal_attempts(rq->reports, &f, NULL, JOURNAL_PAGE_MAX,
				    &page);
	found = nearest(&page, &keys, ms);
	if (rc == GB_OK && found != NULL)
		answer_details(rq, found);
	else
		admin_fault(rq, rc == GB_OK ? GB_ENOTFOUND : rc);
	journal_attempts_free(&page);
}

/* --- deleting ------------------------------------------------------------- */

static void
answer_deleted(struct admin_request *rq, enum gb_err rc,
	       const struct journal_deleted *deleted)
{
	char number[24];
	struct buf nothing;

	if (rc != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	log_info("admin: %s: deleted %" PRId64 " errors rows of the journal",
		 web_id(rq->web), deleted->rows);
	if (deleted->more) {
		(void)snprintf(number, sizeof(number), "%" PRId64,
			       deleted->rows);
		admin_fail(rq, 503, "LOGS_DELETED_SOME", number, NULL);
		return;
	}
	buf_init(&nothing, 1);
	admin_json(rq, 204, &nothing);
	buf_release(&nothing);
}

/* The numbers of {"ids": […]}; false: it is answered. */
static bool
read_ids(struct admin_request *rq, int64_t **out, size_t *count)
{
	struct json_object *body, *list, *id;
	struct api_error error;
	enum gb_err rc;
	size_t i;

	*out = NULL;
	*count = 0;
	list = NULL;
	rc = json_read(buf_str(&rq->body), rq->body.len, &body, &error);
	if (rc == GB_OK && (!json_object_is_type(body, json_type_object) ||
			    !json_object_object_get_ex(body, "ids", &list) ||
			    !json_object_is_type(list, json_type_array) ||
			    json_object_array_length(list) == 0))
		rc = GB_EINVAL;
	if (rc == GB_OK)
		*out = calloc(json_object_array_length(list), sizeof(**out));
	if (rc == GB_OK && *out == NULL)
		rc = GB_ENOMEM;
	for (i = 0; rc == GB_OK && i < json_object_array_length(list); i++) {
		id = json_object_array_get_idx(list, i);
		if (!json_object_is_type(id, json_type_int))
			rc = GB_EINVAL;
		else
			(*out)[(*count)++] = json_object_get_int64(id);
	}
	json_object_put(body);
	if (rc == GB_ENOMEM)
		admin_fault(rq, rc);
	else if (rc != GB_OK)
		admin_fail(rq, 400, "API_NO_IDS", NULL);
	return rc == GB_OK;
}

void
api_errors_delete(struct admin_request *rq)
{
	struct journal_deleted deleted;
	size_t count;
	int64_t *ids;

	if (read_ids(rq, &ids, &count))
		answer_deleted(rq,
			       store_journal_delete_chosen_attempts(rq->store,
								    ids, count,
								    &deleted),
			       &deleted);
	free(ids);
}

void
api_errors_delete_one(struct admin_request *rq)
{
	struct journal_deleted deleted;
	enum gb_err rc;
	int64_t id;

	id = id_of(rq, "");
	rc = store_journal_delete_chosen_attempts(rq->store, &id, 1, &deleted);
	if (rc == GB_OK && deleted.rows == 0)
		rc = GB_ENOTFOUND;
	answer_deleted(rq, rc, &deleted);
}

void
api_errors_delete_all(struct admin_request *rq)
{
	struct journal_filter all = {.since_ms = 0};
	struct journal_deleted deleted;
	enum gb_err rc;

	rc = store_journal_delete_attempts_of(rq->store, &all, DELETE_MS,
					      &deleted);
	answer_deleted(rq, rc, &deleted);
}
