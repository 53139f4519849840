/* page_logs.c: requests and errors: the list, and deleting from it */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/logs.h"
#include "admin/numbers.h"
#include "admin/pages.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/journal_delete.h"

#define DELETE_MS (10 * SECOND_MS) /* browsers wait no longer */

#define MINUTE	     "2026-01-31T23:59" /* as browsers have one */
#define SENTENCE_MAX 1024		/* bytes */

/* --- the filter's form ---------------------------------------------------- */

static const struct field {
	const char *name, *label, *type;
	bool is_moment;
	bool of_requests; /* only they have it */
} fields[] = {
    {"since", "LOGS_SINCE", "datetime-local", true, false},
    {"until", "LOGS_UNTIL", "datetime-local", true, false},
    {"token", "LOGS_TOKEN", "text", false, true},
    {"key", "LOGS_KEY", "text", false, false},
    {"model", "LOGS_MODEL", "text", false, false},
    {"endpoint", "LOGS_ENDPOINT", "text", false, true},
    {"status", "LOGS_STATUS", "text", false, false},
    {"code", "LOGS_CODE", "text", false, false},
    {"text", "LOGS_TEXT", "search", false, false},
};

static const char *
kind_of(enum logs_kind kind)
{
	return kind == LOGS_ERRORS ? "errors" : "requests";
}

/* Whether a field for moments can show the text. */
static bool
is_minute(const char *text)
{
	return text[0] == '\0' ||
	       (strlen(text) == sizeof(MINUTE) - 1 && text[10] == 'T' &&
		strspn(text, "0123456789-T:") == strlen(text));
}

static void
show_field(struct admin_request *rq, struct dict *d, const struct field *field,
	   const struct logs_filter *f)
{
	const char *value;
	struct dict *line;
	size_t i;

	value = form_value(&rq->query, field->name);
	line = dict_add(d, "FIELD");
	dict_set(line, "FIELD_NAME", field->name);
	dict_set(line, "FIELD_LABEL", admin_text(rq, field->label));
	dict_set(line, "FIELD_VALUE", value);
	dict_set(line, "FIELD_TYPE",
		 field->is_moment && !is_minute(value) ? "text" : field->type);
	for (i = 0; i < f->fault_count; i++) {
		if (strcmp(f->faults[i].field, field->name) != 0)
			continue;
		dict_show(line, "FIELD_FAULT");
		dict_set(line, "FAULT_TEXT", admin_text(rq, f->faults[i].why));
	}
}

/* Links to the last hours. */
static void
show_spans(struct admin_request *rq, struct dict *d)
{
	static const struct {
		const char *text;
		int hours;
	} spans[] = {
	    {"LOGS_HOUR", 1},
	    {"LOGS_DAY", 24},
	    {"LOGS_WEEK", 7 * 24},
	};
	char since[CLOCK_TEXT_SIZE];
	struct dict *line;
	struct buf url;
	size_t i;

	for (i = 0; i < GB_COUNT(spans); i++) {
		clock_text(since, clock_wall_ms() - spans[i].hours * HOUR_MS,
			   false);
		since[sizeof(MINUTE) - 1] = '\0';
		buf_init(&url, LIST_URL_MAX);
		list_url(&url, &rq->query, "since", since);
		line = dict_add(d, "SPAN");
		dict_set(line, "URL", buf_str(&url));
		dict_set(line, "SPAN_TEXT", admin_text(rq, spans[i].text));
		buf_release(&url);
	}
}

static void
set_sentence(struct admin_request *rq, struct dict *d, const char *name,
	     const char *key, const char *word)
{
	const char *words[2] = {word, NULL};
	struct buf text;

	buf_init(&text, SENTENCE_MAX);
	admin_write(rq, &text, key, words);
	dict_set(d, name, buf_str(&text));
	buf_release(&text);
}

static bool
is_filtered(const struct form *form)
{
	size_t i;

	for (i = 0; logs_fields[i] != NULL; i++)
		if (strcmp(logs_fields[i], "kind") != 0 &&
		    form_value(form, logs_fields[i])[0] != '\0')
			return true;
	return false;
}

/* Hidden fields that have the filter. */
static void
keep_filter(struct admin_request *rq, struct dict *d)
{
	struct dict *line;
	const char *value;
	size_t i;

	for (i = 0; logs_fields[i] != NULL; i++) {
		value = form_value(&rq->query, logs_fields[i]);
		if (value[0] == '\0')
			continue;
		line = dict_add(d, "KEEP");
		dict_set(line, "KEEP_NAME", logs_fields[i]);
		dict_set(line, "KEEP_VALUE", value);
	}
}

static void
show_form(struct admin_request *rq, struct dict *d, const struct logs_filter *f)
{
	size_t i;

	dict_show(d, f->kind == LOGS_ERRORS ? "OF_ERRORS" : "OF_REQUESTS");
	for (i = 0; i < GB_COUNT(fields); i++)
		if (f->kind == LOGS_REQUESTS || !fields[i].of_requests)
			show_field(rq, d, &fields[i], f);
	dict_show_if(d, "FILTERED", is_filtered(&rq->query));
	dict_set(d, "CLEAR_URL",
		 f->kind == LOGS_ERRORS ? "logs?kind=errors" : "logs");
	set_sentence(rq, d, "ZONE_TEXT", "LOGS_ZONE", rq->cfg->timezone);
	show_spans(rq, d);
	keep_filter(rq, d);
}

/* Links to the same rows as a file, and a form that deletes them. */
static void
show_actions(struct admin_request *rq, struct dict *d)
{
	struct buf url;
	bool filtered;

	dict_show(d, "ACTIONS");
	buf_init(&url, LIST_URL_MAX);
	buf_puts(&url, "logs/export");
	list_url(&url, &rq->query, "format", "csv");
	dict_set(d, "CSV_URL", buf_str(&url));
	buf_reset(&url);
	buf_puts(&url, "logs/export");
	list_url(&url, &rq->query, "format", "json");
	dict_set(d, "JSON_URL", buf_str(&url));
	buf_release(&url);
	filtered = is_filtered(&rq->query);
	dict_set(d, "DELETE_ALL_TITLE",
		 admin_text(rq, filtered ? "LOGS_DELETE_FILTER"
					 : "LOGS_DELETE_ALL"));
	dict_set(d, "DELETE_ALL_SURE",
		 admin_text(rq, filtered ? "LOGS_DELETE_FILTER_SURE"
					 : "LOGS_DELETE_ALL_SURE"));
}

/* --- rows ----------------------------------------------------------------- */

/* The moment without the ISO form, which would make a long page longer. */
static void
set_moment(struct dict *line, int64_t ms)
{
	char text[CLOCK_TEXT_SIZE];

	clock_text(text, ms, false);
	if (strlen(text) > 19) {
		text[10] = ' ';
		text[19] = '\0';
	}
	dict_set(line, "AT", text);
}

static struct dict *
add_row(struct dict *list, enum logs_kind kind, int64_t id, int64_t time_ms,
	int status)
{
	struct dict *line;

	line = dict_add(list, "ROW");
	dict_set_int(line, "ID", id);
	dict_set(line, "WHAT", kind_of(kind));
	set_moment(line, time_ms);
	dict_set_int(line, "STATUS", status);
	dict_set(line, "TONE",
		 status >= 500 || status == 0 ? "failed"
		 : status >= 400	      ? "warning"
					      : "done");
	return line;
}

static void
show_request(struct dict *list, const struct journal_request *r)
{
	struct dict *line;

	line = add_row(list, LOGS_REQUESTS, r->id, r->time_ms, r->status);
	dict_show(line, "REQUEST");
	dict_set(line, "MODEL", r->model);
	dict_set(line, "TOKEN", r->token);
	dict_set(line, "KEY", r->key);
	dict_set(line, "ENDPOINT", r->endpoint);
	number_set(line, "IN", NUMBER_COUNT, r->prompt_tokens);
	number_set(line, "OUT", NUMBER_COUNT, r->completion_tokens);
	number_set(line, "COST", NUMBER_MONEY, r->cost);
	number_set(line, "TOOK", NUMBER_MS, r->total_ms);
}

static void
show_error(struct dict *list, const struct journal_failed *a)
{
	struct dict *line;

	line = add_row(list, LOGS_ERRORS, a->id, a->time_ms, a->status);
	dict_show(line, "ERROR");
	dict_set(line, "MODEL", a->model);
	dict_set(line, "KEY", a->key);
	dict_set(line, "CODE", a->error_class);
	admin_set_short(line, "TEXT", a->text, LOGS_EXCERPT_MAX);
}

/* A page of rows that was read. */
struct shown {
	size_t count;
	struct journal_cursor next;
	bool more;
};

/* The list, once there is a row for it. */
static struct dict *
begin_list(struct admin_request *rq, struct dict *d, const char *title)
{
	struct dict *list;

	list = dict_add(d, "LIST");
	dict_set(list, "LIST_TITLE", admin_text(rq, title));
	return list;
}

static enum gb_err
show_requests(struct admin_request *rq, struct dict *d,
	      const struct logs_filter *f, const struct journal_cursor *from,
	      struct shown *shown)
{
	struct journal_requests page;
	struct dict *list;
	enum gb_err rc;

	rc = store_journal_requests(rq->reports, &f->journal, from, LIST_PAGE,
				    &page);
	list = page.count > 0 ? begin_list(rq, d, "LOGS_REQUESTS") : NULL;
	for (shown->count = 0; shown->count < page.count; shown->count++)
		show_request(list, &page.rows[shown->count]);
	shown->next = page.next;
	shown->more = page.more;
	journal_requests_free(&page);
	return rc;
}

static enum gb_err
show_errors(struct admin_request *rq, struct dict *d,
	    const struct logs_filter *f, const struct journal_cursor *from,
	    struct shown *shown)
{
	struct journal_attempts page;
	struct dict *list;
	enum gb_err rc;

	rc = store_journal_attempts(rq->reports, &f->journal, from, LIST_PAGE,
				    &page);
	list = page.count > 0 ? begin_list(rq, d, "LOGS_ERRORS") : NULL;
	for (shown->count = 0; shown->count < page.count; shown->count++)
		show_error(list, &page.rows[shown->count]);
	shown->next = page.next;
	shown->more = page.more;
	journal_attempts_free(&page);
	return rc;
}

/* A page may end because its time was over: then it says how far it came. */
static void
say_partly(struct admin_request *rq, struct dict *d, const struct shown *shown)
{
	char text[CLOCK_TEXT_SIZE];

	if (!shown->more || shown->count >= LIST_PAGE)
		return;
	clock_text(text, shown->next.time_ms, false);
	dict_show(d, "PARTLY");
	set_sentence(rq, d, "PARTLY_TEXT", "LOGS_PARTLY", text);
}

static enum gb_err
show_list(struct admin_request *rq, struct dict *d, const struct logs_filter *f)
{
	char after[LOGS_CURSOR_SIZE];
	struct journal_cursor from;
	struct shown shown;
	enum gb_err rc;

	memset(&shown, 0, sizeof(shown));
	logs_cursor_read(form_value(&rq->query, "after"), &from);
	rc = f->kind == LOGS_ERRORS ? show_errors(rq, d, f, &from, &shown)
				    : show_requests(rq, d, f, &from, &shown);
	if (rc != GB_OK)
		return rc;
	say_partly(rq, d, &shown);
	dict_show_if(d, "NOTHING", shown.count == 0 && !shown.more);
	logs_cursor_text(after, &shown.next);
	list_pager_on(d, &rq->query, shown.more ? after : NULL);
	show_actions(rq, d);
	return GB_OK;
}

void
logs_show(struct admin_request *rq)
{
	struct logs_filter f;
	struct dict *d;
	enum gb_err rc;

	if ((rc = logs_filter_read(rq, &rq->query, &f)) != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	d = admin_content(rq, "logs.html", "LOGS_TITLE");
	show_form(rq, d, &f);
	if (f.fault_count == 0 && f.none)
		dict_show(d, "NOTHING");
	else if (f.fault_count == 0)
		rc = show_list(rq, d, &f);
	if (rc != GB_OK)
		admin_fault(rq, rc);
	else
		admin_page(rq, f.fault_count == 0 ? 200 : 400);
}

/* --- deleting ------------------------------------------------------------- */

/* The numbers of all fields "id"; GB_EINVAL: one is none. */
static enum gb_err
read_ids(const struct form *form, int64_t **out, size_t *count)
{
	const char *text;
	int64_t *ids;
	size_t at;
	char *end;

	*count = 0;
	*out = ids = calloc(form->count + 1, sizeof(*ids));
	if (ids == NULL)
		return GB_ENOMEM;
	for (at = 0; (text = form_next(form, "id", &at)) != NULL;) {
		ids[*count] = strtoll(text, &end, 10);
		if (ids[*count] <= 0 || *end != '\0')
			return GB_EINVAL;
		++*count;
	}
	return GB_OK;
}

static enum gb_err
delete_selected(struct admin_request *rq, enum logs_kind kind,
		struct journal_deleted *deleted)
{
	enum gb_err rc;
	size_t count;
	int64_t *ids;

	rc = read_ids(&rq->form, &ids, &count);
	if (rc == GB_OK && count == 0)
		rc = GB_EINVAL;
	if (rc == GB_OK && kind == LOGS_ERRORS)
		rc = store_journal_delete_chosen_attempts(rq->store, ids, count,
							  deleted);
	else if (rc == GB_OK)
		rc = store_journal_delete_chosen_requests(rq->store, ids, count,
							  deleted);
	free(ids);
	return rc;
}

/* All that the filter finds. */
static enum gb_err
delete_filtered(struct admin_request *rq, const struct logs_filter *f,
		struct journal_deleted *deleted)
{
	if (f->none)
		return GB_OK;
	if (f->kind == LOGS_ERRORS)
		return store_journal_delete_attempts_of(rq->store, &f->journal,
							DELETE_MS, deleted);
	return store_journal_delete_requests_of(rq->store, &f->journal,
						DELETE_MS, deleted);
}

/* Back to the list with the same filter. */
static void
go_back(struct admin_request *rq)
{
	struct form query;
	struct buf to;
	size_t i, k;

	form_init(&query);
	query.fields = calloc(rq->form.count + 1, sizeof(*query.fields));
	for (i = 0; query.fields != NULL && i < rq->form.count; i++)
		for (k = 0; logs_fields[k] != NULL; k++)
			if (strcmp(rq->form.fields[i].name, logs_fields[k]) ==
			    0)
				query.fields[query.count++] =
				    rq->form.fields[i];
	buf_init(&to, LIST_URL_MAX);
	buf_puts(&to, "admin/logs");
	if (query.count > 0)
		list_fields(&to, &query);
	admin_redirect(rq, buf_str(&to));
	buf_release(&to);
	form_release(&query);
}

static void
say_deleted(struct admin_request *rq, const struct logs_filter *f,
	    const struct journal_deleted *deleted)
{
	char number[NUMBER_TEXT_SIZE];

	number_text(number, NUMBER_COUNT, deleted->rows);
	log_info("admin: %s: deleted %" PRId64 " %s rows of the journal",
		 web_id(rq->web), deleted->rows, kind_of(f->kind));
	if (deleted->more)
		admin_say(rq, TONE_WARNING, "LOGS_DELETED_SOME", number, NULL);
	else
		admin_say(rq, TONE_DONE, "LOGS_DELETED", number, NULL);
}

void
logs_delete(struct admin_request *rq)
{
	struct journal_deleted deleted = {0, false};
	struct logs_filter f;
	enum gb_err rc;
	bool all;

	all = strcmp(form_value(&rq->form, "what"), "all") == 0;
	rc = logs_filter_read(rq, &rq->form, &f);
	if (rc == GB_OK && all && f.fault_count > 0) {
		admin_fail(rq, 400, f.faults[0].why, NULL);
		return;
	}
	if (rc == GB_OK && all && !form_has(&rq->form, "sure")) {
		admin_say(rq, TONE_FAILED, "LOGS_NOT_SURE", NULL);
		go_back(rq);
		return;
	}
	if (rc == GB_OK)
		rc = all ? delete_filtered(rq, &f, &deleted)
			 : delete_selected(rq, f.kind, &deleted);
	if (rc == GB_EINVAL)
		admin_say(rq, TONE_FAILED, "LOGS_NONE_SELECTED", NULL);
	else if (rc != GB_OK) {
		admin_fault(rq, rc);
		return;
	} else {
		say_deleted(rq, &f, &deleted);
	}
	go_back(rq);
}
