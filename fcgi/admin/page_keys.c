/* page_keys.c: the list of keys, its filter, and who needs attention */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/keys.h"
#include "admin/pages.h"
#include "base/clock.h"
#include "store/key_summary.h"

#define ATTENTION  8	/* keys that need it, on top */
#define ATTENDED   10	/* 429s of a day from which on a key does */
#define LOOK_AT	   5000 /* the newest failures */
#define REASON_MAX 90	/* bytes of a reason in the list: pages stay small */
#define NAMES_MAX  48	/* bytes of models, or of tags */

/* --- the filter ----------------------------------------------------------- */

/* An option of a choice, chosen where the query says so. */
static struct dict *
add_option(struct admin_request *rq, struct dict *d, const char *section,
	   const char *field, const char *value, const char *text)
{
	struct dict *option;

	option = dict_add(d, section);
	dict_set(option, "VALUE", value);
	dict_set(option, "TEXT", text);
	dict_show_if(option, "ON",
		     strcmp(form_value(&rq->query, field), value) == 0);
	return option;
}

/* The names that there are, and one that is asked for though it is none. */
static void
show_names(struct admin_request *rq, struct dict *d, const char *section,
	   const char *field, const struct key_facts *names)
{
	const char *asked;
	bool found;
	size_t i;

	asked = form_value(&rq->query, field);
	found = asked[0] == '\0' || strcmp(asked, "-") == 0;
	for (i = 0; i < names->count; i++) {
		(void)add_option(rq, d, section, field, names->rows[i].text,
				 names->rows[i].text);
		found = found || strcmp(names->rows[i].text, asked) == 0;
	}
	if (!found)
		(void)add_option(rq, d, section, field, asked, asked);
}

static void
show_exits(struct admin_request *rq, struct dict *d)
{
	char name[EXIT_NAME_MAX];
	size_t i;

	if (!keys_have_exits(rq->cfg))
		return;
	d = dict_add(d, "EXITS");
	for (i = 0; i < rq->cfg->proxies.count; i++) {
		exit_name(name, rq->cfg, rq->cfg->proxies.items[i]);
		(void)add_option(rq, d, "EXIT_OPTION", "exit", name, name);
	}
}

static bool
is_filtered(const struct form *query)
{
	size_t i;

	for (i = 0; keys_filter_fields[i] != NULL; i++)
		if (form_value(query, keys_filter_fields[i])[0] != '\0')
			return true;
	return false;
}

static enum gb_err
show_filter(struct admin_request *rq, struct dict *d)
{
	struct key_facts names;
	enum gb_err rc;
	int i;

	dict_set(d, "F_TEXT", form_value(&rq->query, "text"));
	dict_set(d, "F_MODEL", form_value(&rq->query, "model"));
	dict_set(d, "F_FAILURES", form_value(&rq->query, "failures"));
	dict_show_if(d, "FILTERED", is_filtered(&rq->query));
	for (i = 0; i < STANDS__MAX; i++)
		(void)add_option(rq, d, "STATE_OPTION", "state",
				 key_standing_names[i],
				 admin_text(rq, keys_standing_texts[i]));
	for (i = 0; i < POOL__MAX; i++)
		(void)add_option(rq, d, "POOL_OPTION", "pool",
				 key_pool_names[i], key_pool_names[i]);
	for (i = 0; i < TIER__MAX; i++)
		(void)add_option(rq, d, "TIER_OPTION", "tier",
				 key_tier_names[i],
				 admin_text(rq, keys_tier_texts[i]));
	(void)add_option(rq, d, "PROJECT_OPTION", "project", "-",
			 admin_text(rq, "KEYS_WITHOUT"));
	(void)add_option(rq, d, "TAG_OPTION", "tag", "-",
			 admin_text(rq, "KEYS_WITHOUT"));
	show_exits(rq, d);
	if ((rc = store_key_project_names(rq->reports, &names)) != GB_OK)
		return rc;
	show_names(rq, d, "PROJECT_OPTION", "project", &names);
	key_facts_free(&names);
	if ((rc = store_key_tag_names(rq->reports, &names)) != GB_OK)
		return rc;
	show_names(rq, d, "TAG_OPTION", "tag", &names);
	key_facts_free(&names);
	return GB_OK;
}

/* --- how many, and who needs attention ------------------------------------ */

static enum gb_err
show_sums(struct admin_request *rq, struct dict *d, int64_t *every)
{
	struct key_summary pools[POOL__MAX];
	enum key_pool pool;
	struct dict *line, *cell;
	enum gb_err rc;
	int i;

	*every = 0;
	rc = store_keys_summary(rq->reports, clock_wall_ms(), pools);
	for (pool = 0; rc == GB_OK && pool < POOL__MAX; pool++) {
		*every += pools[pool].all;
		if (pools[pool].all == 0 && pool != POOL_GEMINI)
			continue;
		line = dict_add(d, "SUMS");
		dict_set(line, "POOL", key_pool_names[pool]);
		dict_set_int(line, "ALL", pools[pool].all);
		for (i = 0; i < STANDS__MAX; i++) {
			cell = dict_add(line, "SUM");
			dict_set(cell, "STATE", key_standing_names[i]);
			dict_set(cell, "TEXT",
				 admin_text(rq, keys_standing_texts[i]));
			dict_set_int(cell, "N", pools[pool].standing[i]);
		}
	}
	return rc;
}

static enum gb_err
show_attention(struct admin_request *rq, struct dict *d)
{
	struct key_failing rows[ATTENTION];
	struct dict *line;
	enum gb_err rc;
	size_t count, i;

	rc = store_keys_failing(rq->reports, clock_wall_ms() - DAY_MS, 429,
				LOOK_AT, rows, ATTENTION, &count);
	for (i = 0; rc == GB_OK && i < count && rows[i].count >= ATTENDED;
	     i++) {
		dict_show(d, "ATTENTION");
		line = dict_add(d, "ATTENDED");
		dict_set_int(line, "ID", rows[i].id);
		dict_set(line, "MASK", rows[i].key);
		dict_set_int(line, "N", rows[i].count);
	}
	return rc;
}

/* --- the list ------------------------------------------------------------- */

static const char *
tags_of(const struct key_facts *tags, int64_t id)
{
	size_t i;

	for (i = 0; i < tags->count; i++)
		if (tags->rows[i].key_id == id)
			return tags->rows[i].text;
	return "";
}

static void
show_row(struct admin_request *rq, struct dict *d, const struct key_row *row,
	 const char *tags)
{
	char mask[SECRET_MASK_SIZE], exit[EXIT_NAME_MAX];
	enum key_standing standing;
	struct dict *line;

	standing = keys_standing(row);
	secret_mask(mask, row->secret);
	line = dict_add(d, "KEY");
	dict_set_int(line, "ID", row->id);
	dict_set(line, "MASK", mask);
	if (row->pool != POOL_GEMINI)
		dict_set(dict_add(line, "OF_POOL"), "POOL",
			 key_pool_names[row->pool]);
	dict_set(line, "STATE_TONE", keys_standing_tones[standing]);
	dict_set(line, "STATE_TEXT",
		 admin_text(rq, keys_standing_texts[standing]));
	if (standing == STANDS_COOLING)
		admin_set_time(dict_add(line, "BACK"), "BACK_AT",
			       row->ready_at);
	keys_set_reason(rq, line, "REASON", row->reason, REASON_MAX);
	admin_set_short(line, "RESTING", row->resting, NAMES_MAX);
	dict_set_int(line, "FAILURES", row->failures);
	admin_set_short(line, "PROJECT", row->project, NAMES_MAX);
	admin_set_short(line, "TAGS", tags, NAMES_MAX);
	if (row->last_ok_at != 0)
		admin_set_time(dict_add(line, "WORKED"), "LAST_OK",
			       row->last_ok_at);
	if (keys_have_exits(rq->cfg)) {
		keys_exit_name(exit, rq->cfg, row->secret);
		dict_set(dict_add(line, "HAS_EXIT"), "EXIT", exit);
	}
}

static enum gb_err
show_rows(struct admin_request *rq, struct dict *d, const struct key_rows *rows)
{
	struct key_facts tags;
	struct buf ids;
	enum gb_err rc;
	size_t i;

	buf_init(&ids, KEYS_IDS_MAX);
	for (i = 0; i < rows->count; i++)
		buf_printf(&ids, "%c%" PRId64, i == 0 ? '[' : ',',
			   rows->rows[i].id);
	buf_putc(&ids, ']');
	rc = rows->count == 0
		 ? GB_ENOTFOUND
		 : store_key_tags(rq->reports, buf_str(&ids), &tags);
	buf_release(&ids);
	if (rc != GB_OK)
		return rc == GB_ENOTFOUND ? GB_OK : rc;
	for (i = 0; i < rows->count; i++)
		show_row(rq, d, &rows->rows[i],
			 tags_of(&tags, rows->rows[i].id));
	key_facts_free(&tags);
	return GB_OK;
}

/* Links to the pages beside this one. */
static void
show_pager(struct admin_request *rq, struct dict *d,
	   const struct key_rows *rows, bool before, bool more, int64_t last)
{
	char first_id[24], last_id[24];
	int64_t first;

	/* Of a page with few keys of an exit, what was looked at counts. */
	first = before ? last : rows->count > 0 ? rows->rows[0].id : last;
	if (before)
		last = rows->count > 0 ? rows->rows[rows->count - 1].id : last;
	(void)snprintf(first_id, sizeof(first_id), "%" PRId64, first);
	(void)snprintf(last_id, sizeof(last_id), "%" PRId64, last);
	list_pager(d, &rq->query, before && !more ? NULL : first_id,
		   before || more ? last_id : NULL);
}

/* Where the forms of the list go: here, with the filter. */
static void
set_action(struct admin_request *rq, struct dict *d)
{
	struct buf url;

	buf_init(&url, LIST_URL_MAX);
	buf_puts(&url, "keys");
	list_fields(&url, &rq->query);
	dict_set(d, "ACTION", buf_str(&url));
	buf_release(&url);
}

/* "all" is how many keys there are. */
static enum gb_err
show_list(struct admin_request *rq, struct dict *d, int64_t all)
{
	struct keys_wanted wanted;
	struct key_rows rows;
	int64_t from, last, count;
	bool before, more;
	enum gb_err rc;

	keys_wanted_read(&wanted, &rq->query);
	from = 0;
	before = form_number(&rq->query, "before", 1, INT64_MAX, &from);
	if (!before && !form_number(&rq->query, "after", 0, INT64_MAX, &from))
		from = 0;
	rc = keys_page(rq, &wanted, from, before, LIST_PAGE, &rows, &more,
		       &last);
	if (rc != GB_OK)
		return rc;
	dict_show_if(d, "NOTHING", rows.count == 0);
	dict_show_if(d, "LIST", rows.count > 0);
	dict_show_if(d, "EXIT_COLUMN", keys_have_exits(rq->cfg));
	rc = show_rows(rq, d, &rows);
	show_pager(rq, d, &rows, before, more, last);
	set_action(rq, d);
	key_rows_free(&rows);
	if (rc != GB_OK)
		return rc;
	/* Words, and exits, take too long to be counted on the way. */
	if (wanted.exit != NULL || wanted.filter.text != NULL) {
		dict_set(d, "ALL_TEXT", admin_text(rq, "KEYS_ALL_OF_EXIT"));
		return GB_OK;
	}
	count = all;
	if (is_filtered(&rq->query) &&
	    (rc = store_key_list_count(rq->reports, &wanted.filter,
				       clock_wall_ms(), &count)) != GB_OK)
		return rc;
	keys_sentence(rq, d, "ALL_TEXT", "KEYS_ALL_MATCHING", count, 0);
	return GB_OK;
}

void
keys_show(struct admin_request *rq)
{
	enum gb_err rc;
	struct dict *d;
	int64_t all;

	d = admin_content(rq, "keys.html", "KEYS_TITLE");
	if ((rc = admin_reports(rq)) != GB_OK ||
	    (rc = show_sums(rq, d, &all)) != GB_OK ||
	    (!is_filtered(&rq->query) && !form_has(&rq->query, "after") &&
	     !form_has(&rq->query, "before") &&
	     (rc = show_attention(rq, d)) != GB_OK) ||
	    (rc = show_filter(rq, d)) != GB_OK ||
	    (rc = show_list(rq, d, all)) != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	admin_page(rq, 200);
}

void
keys_go_back(struct admin_request *rq)
{
	struct buf to;
	int64_t id;

	buf_init(&to, LIST_URL_MAX);
	if (form_number(&rq->form, "back", 1, INT64_MAX, &id)) {
		buf_printf(&to, "admin/keys/%" PRId64, id);
	} else {
		buf_puts(&to, "admin/keys");
		if (rq->query.count > 0)
			list_fields(&to, &rq->query);
	}
	admin_redirect(rq, buf_str(&to));
	buf_release(&to);
}
