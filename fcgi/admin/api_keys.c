/* api_keys.c: lists of keys as JSON, by Gemini Balance's paths */
#include "admin/api_keys.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/pages.h"
#include "base/clock.h"
#include "dialect/json/json_out.h"
#include "store/usage.h"

#define LIST_MAX (64 * 1024 * 1024) /* bytes of a list of all keys */
#define LIMIT	 10		    /* keys of a page, unless it is said */

static bool
in_service(const struct key_row *row)
{
	return row->disabled_by == DISABLED_BY_NOBODY;
}

/* --- all of them ---------------------------------------------------------- */

/* Keys in service and others, each a JSON object or array under way. */
struct halves {
	struct buf text[2]; /* [1]: in service */
	struct json_out out[2];
	int64_t count[2];
	bool with_failures; /* {"name": failures}, else ["name"] */
};

static void
halves_init(struct halves *h, bool with_failures)
{
	int i;

	memset(h, 0, sizeof(*h));
	h->with_failures = with_failures;
	for (i = 0; i < 2; i++) {
		buf_init(&h->text[i], LIST_MAX);
		jout_init(&h->out[i], &h->text[i]);
		if (with_failures)
			jout_object(&h->out[i]);
		else
			jout_array(&h->out[i]);
	}
}

static void
halves_release(struct halves *h)
{
	buf_release(&h->text[0]);
	buf_release(&h->text[1]);
}

/* Sort all keys of the pool into both halves. */
static enum gb_err
halves_fill(struct admin_request *rq, struct halves *h, enum key_pool pool)
{
	const struct key_filter f = {.by_pool = true, .pool = pool};
	char name[KEY_NAME_SIZE];
	struct key_rows rows;
	int64_t after;
	enum gb_err rc;
	size_t i, read;
	int half;

	if ((rc = admin_reports(rq)) != GB_OK)
		return rc;
	after = 0;
	do {
		rc = store_keys_page(rq->reports, &f, clock_wall_ms(), after,
				     KEYS_PAGE_MAX, &rows);
		if (rc != GB_OK)
			return rc;
		for (i = 0; i < rows.count; i++) {
			half = in_service(&rows.rows[i]);
			keys_name(name, &rows.rows[i]);
			if (h->with_failures)
				jout_key_int(&h->out[half], name,
					     rows.rows[i].failures);
			else
				jout_string(&h->out[half], name);
			h->count[half]++;
		}
		if ((read = rows.count) > 0)
			after = rows.rows[read - 1].id;
		key_rows_free(&rows);
	} while (read == KEYS_PAGE_MAX);
	for (half = 0; half < 2; half++)
		if (h->with_failures)
			jout_object_end(&h->out[half]);
		else
			jout_array_end(&h->out[half]);
	return GB_OK;
}

static void
write_halves(struct json_out *out, const struct halves *h)
{
	jout_key(out, "valid_keys");
	jout_raw(out, buf_str(&h->text[1]), h->text[1].len);
	jout_key(out, "invalid_keys");
	jout_raw(out, buf_str(&h->text[0]), h->text[0].len);
}

static enum gb_err
halves_error(const struct halves *h)
{
	return buf_error(&h->text[0]) != GB_OK ? buf_error(&h->text[0])
					       : buf_error(&h->text[1]);
}

/* Those of the Gemini API; false: they cannot be had, and that is answered.
 * Either way "h" is to be released. */
static bool
read_halves(struct admin_request *rq, struct halves *h, bool with_failures)
{
	enum gb_err rc;

	halves_init(h, with_failures);
	rc = halves_fill(rq, h, POOL_GEMINI);
	if (rc == GB_OK)
		rc = halves_error(h);
	if (rc != GB_OK)
		admin_fault(rq, rc);
	return rc == GB_OK;
}

void
api_keys_all(struct admin_request *rq)
{
	struct admin_answer a;
	struct halves h;

	if (read_halves(rq, &h, false)) {
		admin_answer_begin(&a, LIST_MAX);
		write_halves(&a.out, &h);
		jout_key_int(&a.out, "total_count", h.count[0] + h.count[1]);
		admin_answer_send(rq, &a);
	}
	halves_release(&h);
}

void
api_keys_list(struct admin_request *rq)
{
	struct admin_answer a;
	struct halves h;

	if (read_halves(rq, &h, true)) {
		admin_answer_begin(&a, LIST_MAX);
		jout_key_string(&a.out, "status", "success");
		jout_key(&a.out, "data");
		jout_object(&a.out);
		write_halves(&a.out, &h);
		jout_object_end(&a.out);
		jout_key_int(&a.out, "total", h.count[0] + h.count[1]);
		admin_answer_send(rq, &a);
	}
	halves_release(&h);
}

void
api_keys_status(struct admin_request *rq)
{
	static const char *const members[POOL__MAX] = {
	    [POOL_GEMINI] = "gemini_keys",
	    [POOL_VERTEX] = "vertex_keys",
	};
	struct json_out out;
	struct halves h;
	struct buf json;
	enum key_pool pool;
	enum gb_err rc;

	buf_init(&json, LIST_MAX);
	jout_init(&out, &json);
	jout_object(&out);
	for (rc = GB_OK, pool = 0; rc == GB_OK && pool < POOL__MAX; pool++) {
		halves_init(&h, true);
		rc = halves_fill(rq, &h, pool);
		if (rc == GB_OK && (rc = halves_error(&h)) == GB_OK) {
			jout_key(&out, members[pool]);
			jout_object(&out);
			write_halves(&out, &h);
			jout_object_end(&out);
		}
		halves_release(&h);
	}
	jout_object_end(&out);
	if (rc == GB_OK)
		admin_json(rq, 200, &json);
	else
		admin_fault(rq, rc);
	buf_release(&json);
}

/* --- a page --------------------------------------------------------------- */

/* The filter that Gemini Balance's parameters make; false: it is answered. */
static bool
read_filter(struct admin_request *rq, struct key_list_filter *f, int64_t *page,
	    int64_t *limit)
{
	const struct form *query = &rq->query;
	const char *status;

	*f = (struct key_list_filter){.by_pool = true, .pool = POOL_GEMINI};
	*page = 1;
	*limit = LIMIT;
	if ((form_has(query, "page") &&
	     !form_number(query, "page", 1, INT32_MAX, page)) ||
	    (form_has(query, "limit") &&
	     !form_number(query, "limit", 1, KEY_LIST_PAGE_MAX, limit)) ||
	    (form_value(query, "fail_count_threshold")[0] != '\0' &&
	     !form_number(query, "fail_count_threshold", 0, INT32_MAX,
			  &f->failures_min))) {
		admin_fail(rq, 422, "KEYS_BAD_NUMBER", NULL);
		return false;
	}
	if (form_value(query, "search")[0] != '\0')
		f->text = form_value(query, "search");
	status = form_value(query, "status");
	f->by_service =
	    strcmp(status, "valid") == 0 || strcmp(status, "invalid") == 0;
	f->in_service = strcmp(status, "valid") == 0;
	return true;
}

static void
write_details(struct json_out *out, const struct key_row *row)
{
	char text[CLOCK_TEXT_SIZE];

	jout_object(out);
	jout_key_int(out, "id", row->id);
	jout_key_string(out, "state", key_standing_names[keys_standing(row)]);
	jout_key_string(out, "reason", row->reason);
	if (row->state == KEY_COOLING) {
		clock_text(text, row->ready_at, false);
		jout_key_string(out, "back_at", text);
	}
	jout_key_int(out, "fail_count", row->failures);
	jout_key_string(out, "project", row->project);
	jout_key_string(out, "resting_models", row->resting);
	jout_object_end(out);
}

static void
write_rows(struct json_out *out, const struct key_rows *rows)
{
	char name[KEY_NAME_SIZE];
	size_t i;

	jout_key(out, "keys");
	jout_object(out);
	for (i = 0; i < rows->count; i++) {
		keys_name(name, &rows->rows[i]);
		jout_key_int(out, name, rows->rows[i].failures);
	}
	jout_object_end(out);
	jout_key(out, "details");
	jout_object(out);
	for (i = 0; i < rows->count; i++) {
		keys_name(name, &rows->rows[i]);
		jout_key(out, name);
		write_details(out, &rows->rows[i]);
	}
	jout_object_end(out);
}

/* The rows of the page, which numbers tell: those before it are passed over. */
static enum gb_err
read_page(struct admin_request *rq, const struct key_list_filter *f,
	  int64_t page, int64_t limit, struct key_rows *rows)
{
	struct keys_wanted wanted = {.filter = *f};
	struct key_ids *ids;
	int64_t last;
	enum gb_err rc;
	bool more;

	memset(rows, 0, sizeof(*rows));
	if ((ids = malloc(sizeof(*ids))) == NULL)
		return GB_ENOMEM;
	rc = store_key_list_page(rq->reports, f, clock_wall_ms(), 0, false,
				 (page - 1) * limit, 1, ids);
	if (rc == GB_OK && ids->count > 0)
		rc = keys_page(rq, &wanted, ids->ids[0] - 1, false,
			       (size_t)limit, rows, &more, &last);
	free(ids);
	return rc;
}

void
api_keys_page(struct admin_request *rq)
{
	struct key_list_filter f;
	struct admin_answer a;
	struct key_rows rows;
	int64_t page, limit, total;
	enum gb_err rc;

	if (!read_filter(rq, &f, &page, &limit))
		return;
	if ((rc = admin_reports(rq)) != GB_OK ||
	    (rc = store_key_list_count(rq->reports, &f, clock_wall_ms(),
				       &total)) != GB_OK ||
	    (rc = read_page(rq, &f, page, limit, &rows)) != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	admin_answer_begin(&a, LIST_MAX);
	write_rows(&a.out, &rows);
	jout_key_int(&a.out, "total_items", total);
	jout_key_int(&a.out, "total_pages", (total + limit - 1) / limit);
	jout_key_int(&a.out, "current_page", page);
	key_rows_free(&rows);
	admin_answer_send(rq, &a);
}

/* --- what a key served ---------------------------------------------------- */

/* Since when a period counts; -1: there is no such. */
static int64_t
since_of(const char *period)
{
	int64_t now_ms;

	now_ms = clock_wall_ms();
	if (period[0] == '\0' || strcmp(period, "24h") == 0)
		return now_ms - DAY_MS;
	if (strcmp(period, "30d") == 0)
		return now_ms - 30 * DAY_MS;
	return strcmp(period, "today") == 0 ? clock_day_ms(now_ms, NULL) : -1;
}

void
api_keys_usage(struct admin_request *rq)
{
	struct key_facts facts;
	struct key_rows rows;
	struct admin_answer a;
	int64_t since;
	enum gb_err rc;
	size_t i;

	if ((since = since_of(form_value(&rq->query, "period"))) < 0) {
		admin_fail(rq, 400, "KEYS_BAD_PERIOD", NULL);
		return;
	}
	store_usage_catch_up(rq->store, CATCH_UP_PAGE_MS);
	rc = keys_find(rq, rq->rest, &rows);
	if (rc == GB_OK) {
		rc = store_key_usage(rq->reports, rows.rows[0].id, since,
				     &facts);
		key_rows_free(&rows);
	}
	if (rc != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	admin_answer_begin(&a, LIST_MAX);
	for (i = 0; i < facts.count; i++)
		jout_key_int(&a.out, facts.rows[i].text, facts.rows[i].n);
	key_facts_free(&facts);
	admin_answer_send(rq, &a);
}
