/*
 * page_keys_verify.c: asking Google with keys, some seconds' worth a page: the
 * form at its end goes on with the rest.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/keys.h"
#include "admin/pages.h"
#include "base/clock.h"
#include "keys/verify.h"

#define BATCH	 40   /* keys of one page */
#define BATCH_MS 5000 /* after which no other one is asked */

static const char *const outcome_texts[VERIFY__MAX] = {
    [VERIFY_NOT_ASKED] = "KEYS_UNSURE", [VERIFY_WORKS] = "KEYS_WORKS",
    [VERIFY_RESTS] = "KEYS_RESTS",	[VERIFY_DEAD] = "KEYS_DEAD",
    [VERIFY_UNSURE] = "KEYS_UNSURE",
};

static const char *const outcome_tones[VERIFY__MAX] = {
    [VERIFY_NOT_ASKED] = "warning", [VERIFY_WORKS] = "done",
    [VERIFY_RESTS] = "warning",	    [VERIFY_DEAD] = "failed",
    [VERIFY_UNSURE] = "warning",
};

/* Fields of the form that goes on, by outcome: how many so far. */
static const char *const sum_fields[VERIFY__MAX] = {
    [VERIFY_WORKS] = "works",
    [VERIFY_RESTS] = "rests",
    [VERIFY_DEAD] = "dead",
    [VERIFY_UNSURE] = "unsure",
};

struct batch {
	bool all; /* of the filter, behind an id; else of the form's ids */
	struct key_rows rows;
	struct verify_item *items;
	size_t asked;
	bool more;
	int64_t next; /* all: go on behind this id */
	int64_t sums[VERIFY__MAX];
	int64_t total;
};

/* The first of the form's ids, and whether there are more. */
static enum gb_err
read_selected(struct admin_request *rq, struct batch *b)
{
	struct keys_wanted wanted;
	struct buf ids;
	const char *id;
	size_t at, count;
	int64_t last;
	enum gb_err rc;

	memset(&wanted, 0, sizeof(wanted));
	buf_init(&ids, KEYS_IDS_MAX);
	at = 0;
	for (count = 0; (id = form_next(&rq->form, "id", &at)) != NULL; count++)
		buf_printf(&ids, "%c%s", count == 0 ? '[' : ',', id);
	buf_putc(&ids, ']');
	wanted.filter.ids = buf_str(&ids);
	rc = buf_error(&ids);
	if (rc == GB_OK)
		rc = keys_page(rq, &wanted, 0, false, BATCH, &b->rows, &b->more,
			       &last);
	buf_release(&ids);
	return rc;
}

static enum gb_err
read_batch(struct admin_request *rq, struct batch *b)
{
	struct keys_wanted wanted;
	int64_t after;

	b->all = strcmp(form_value(&rq->form, "scope"), "all") == 0;
	if (!b->all)
		return read_selected(rq, b);
	if (!form_number(&rq->form, "after", 0, INT64_MAX, &after))
		after = 0;
	keys_wanted_read(&wanted, &rq->query);
	return keys_page(rq, &wanted, after, false, BATCH, &b->rows, &b->more,
			 &b->next);
}

static enum gb_err
ask_batch(struct admin_request *rq, struct batch *b)
{
	struct verify_item *item;
	size_t i;

	b->items = calloc(b->rows.count + 1, sizeof(*b->items));
	if (b->items == NULL)
		return GB_ENOMEM;
	for (i = 0; i < b->rows.count; i++) {
		item = &b->items[i];
		item->turn.id = b->rows.rows[i].id;
		item->turn.pool = b->rows.rows[i].pool;
		(void)snprintf(item->turn.secret, sizeof(item->turn.secret),
			       "%s", b->rows.rows[i].secret);
	}
	verify_all(rq->store, rq->cfg, app_engine(rq->app), b->items,
		   b->rows.count, clock_mono_ms() + BATCH_MS);
	/* Those that were not asked are the last ones. */
	for (i = 0; i < b->rows.count; i++) {
		explicit_bzero(&b->items[i].turn, sizeof(b->items[i].turn));
		if (b->items[i].outcome == VERIFY_NOT_ASKED)
			break;
		b->sums[b->items[i].outcome]++;
		b->asked++;
	}
	if (i < b->rows.count) {
		b->more = true;
		b->next = b->rows.rows[i].id - 1;
	}
	for (; i < b->rows.count; i++)
		explicit_bzero(&b->items[i].turn, sizeof(b->items[i].turn));
	return GB_OK;
}

static void
show_results(struct admin_request *rq, struct dict *d, const struct batch *b)
{
	char mask[SECRET_MASK_SIZE];
	const struct verify_item *item;
	struct dict *line;
	size_t i;

	for (i = 0; i < b->asked; i++) {
		item = &b->items[i];
		secret_mask(mask, b->rows.rows[i].secret);
		line = dict_add(d, "RESULT");
		dict_set_int(line, "ID", b->rows.rows[i].id);
		dict_set(line, "MASK", mask);
		dict_set(line, "TONE", outcome_tones[item->outcome]);
		dict_set(line, "OUTCOME",
			 admin_text(rq, outcome_texts[item->outcome]));
		keys_set_reason(rq, line, "WORDS",
				item->outcome == VERIFY_WORKS
				    ? ""
				    : item->verdict.reason,
				KEYS_REASON_MAX);
		if (item->outcome == VERIFY_RESTS)
			admin_set_time(dict_add(line, "BACK"), "BACK_AT",
				       item->verdict.until_ms);
	}
}

/* What the form says was asked before, and this page's. */
static void
add_sums(struct admin_request *rq, struct batch *b)
{
	int64_t before;
	int i;

	for (i = VERIFY_WORKS; i < VERIFY__MAX; i++)
		if (form_number(&rq->form, sum_fields[i], 0, INT32_MAX,
				&before))
			b->sums[i] += before;
}

/* The form that goes on: hidden fields only. */
static void
show_rest(struct admin_request *rq, struct dict *d, const struct batch *b)
{
	struct dict *line;
	struct buf url;
	const char *id;
	size_t at;
	int i;

	d = dict_add(d, "MORE");
	buf_init(&url, LIST_URL_MAX);
	buf_puts(&url, "keys");
	list_fields(&url, &rq->query);
	dict_set(d, "ACTION", buf_str(&url));
	buf_release(&url);
	for (i = VERIFY_WORKS; i < VERIFY__MAX; i++) {
		line = dict_add(d, "SUM");
		dict_set(line, "FIELD", sum_fields[i]);
		dict_set_int(line, "N", b->sums[i]);
	}
	dict_set_int(d, "TOTAL", b->total);
	if (b->all) {
		line = dict_add(d, "SCOPE_ALL");
		dict_set_int(line, "AFTER", b->next);
		return;
	}
	/* The rows came by id; what is behind the last one asked remains. */
	at = 0;
	while ((id = form_next(&rq->form, "id", &at)) != NULL) {
		if (b->asked > 0 &&
		    strtoll(id, NULL, 10) <= b->rows.rows[b->asked - 1].id)
			continue;
		dict_set(dict_add(d, "KEY"), "ID", id);
	}
}

static void
show_batch(struct admin_request *rq, struct batch *b)
{
	struct dict *d, *line;
	int64_t done;
	int i;

	add_sums(rq, b);
	for (done = 0, i = VERIFY_WORKS; i < VERIFY__MAX; i++)
		done += b->sums[i];
	if (b->total < done || !b->more)
		b->total = done;
	d = admin_content(rq, "keys_verify.html", "KEYS_VERIFY_TITLE");
	for (i = VERIFY_WORKS; i < VERIFY__MAX; i++) {
		line = dict_add(d, "COUNT");
		dict_set(line, "TEXT", admin_text(rq, outcome_texts[i]));
		dict_set_int(line, "N", b->sums[i]);
	}
	dict_set_int(d, "DONE", done);
	dict_set_int(d, "ALL", b->total);
	keys_sentence(rq, d, "PROGRESS", "KEYS_PROGRESS", done, b->total);
	dict_show_if(d, "FINISHED", !b->more);
	show_results(rq, d, b);
	if (b->more)
		show_rest(rq, d, b);
	admin_page(rq, 200);
}

/* How many it will be: told by the form once it is known. */
static enum gb_err
count_all(struct admin_request *rq, struct batch *b)
{
	struct keys_wanted wanted;
	size_t at;

	if (form_number(&rq->form, "total", 1, INT32_MAX, &b->total))
		return GB_OK;
	if (b->all) {
		keys_wanted_read(&wanted, &rq->query);
		return store_key_list_count(rq->reports, &wanted.filter,
					    clock_wall_ms(), &b->total);
	}
	for (at = 0; form_next(&rq->form, "id", &at) != NULL;)
		b->total++;
	return GB_OK;
}

void
keys_verify(struct admin_request *rq)
{
	struct batch b;
	enum gb_err rc;

	memset(&b, 0, sizeof(b));
	if ((rc = read_batch(rq, &b)) == GB_OK &&
	    (rc = count_all(rq, &b)) == GB_OK &&
	    (rc = ask_batch(rq, &b)) == GB_OK) {
		keys_log(rq, "verify", (int64_t)b.asked);
		show_batch(rq, &b);
	} else {
		admin_fault(rq, rc);
	}
	key_rows_free(&b.rows);
	free(b.items);
}
