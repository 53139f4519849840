/* page_key.c: one key: how it stands and why, what it served, what failed */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/keys.h"
#include "admin/numbers.h"
#include "admin/pages.h"
#include "base/clock.h"
#include "store/journal_read.h"
#include "store/usage.h"

#define HISTORY 50 /* rows of a page */
#define ERRORS	20

static const char *const cause_texts[CAUSE__MAX] = {
    [CAUSE_ANSWER] = "KEYS_BY_ANSWER", [CAUSE_PROJECT] = "KEYS_BY_PROJECT",
    [CAUSE_PERSON] = "KEYS_BY_PERSON", [CAUSE_PROBE] = "KEYS_BY_PROBE",
    [CAUSE_BLAME] = "KEYS_BY_BLAME",
};

static void
set_standing(struct admin_request *rq, struct dict *d, const char *text,
	     const char *tone, enum key_standing standing)
{
	dict_set(d, text, admin_text(rq, keys_standing_texts[standing]));
	dict_set(d, tone, keys_standing_tones[standing]);
}

static void
show_head(struct admin_request *rq, struct dict *d, const struct key_row *row)
{
	static const char *const project_texts[] = {
	    [PROJECT_BY_NOBODY] = "KEYS_NOBODY_KNOWS",
	    [PROJECT_BY_GUESS] = "KEYS_PROJECT_GUESS",
	    [PROJECT_BY_GOOGLE] = "KEYS_PROJECT_GOOGLE",
	    [PROJECT_BY_PERSON] = "KEYS_PROJECT_PERSON",
	};
	char mask[SECRET_MASK_SIZE], exit[EXIT_NAME_MAX];
	enum key_standing standing;

	standing = keys_standing(row);
	secret_mask(mask, row->secret);
	dict_set_int(d, "ID", row->id);
	dict_set(d, "MASK", mask);
	dict_set(d, "POOL", key_pool_names[row->pool]);
	set_standing(rq, d, "STATE_TEXT", "STATE_TONE", standing);
	if (standing == STANDS_COOLING)
		admin_set_time(dict_add(d, "BACK"), "BACK_AT", row->ready_at);
	keys_set_reason(rq, d, "REASON", row->reason, KEYS_REASON_MAX);
	dict_set_int(d, "FAILURES", row->failures);
	admin_set_time(dict_add(d, "CREATED"), "CREATED_AT", row->created_at);
	if (row->last_ok_at != 0)
		admin_set_time(dict_add(d, "WORKED"), "LAST_OK",
			       row->last_ok_at);
	dict_set(d, "TIER", admin_text(rq, keys_tier_texts[row->tier]));
	dict_set_int(d, "WEIGHT", row->weight);
	if (row->models[0] != '\0')
		dict_set(dict_add(d, "CHOSEN"), "MAY_SERVE", row->models);
	if (row->note[0] != '\0')
		dict_set(dict_add(d, "NOTED"), "NOTE", row->note);
	dict_set(d, "PROJECT", row->project);
	if ((size_t)row->project_by < GB_COUNT(project_texts))
		dict_set(d, "PROJECT_BY",
			 admin_text(rq, project_texts[row->project_by]));
	if (keys_have_exits(rq->cfg)) {
		keys_exit_name(exit, rq->cfg, row->secret);
		dict_set(dict_add(d, "HAS_EXIT"), "EXIT", exit);
	}
}

static enum gb_err
show_tags(struct admin_request *rq, struct dict *d, int64_t id)
{
	struct key_facts tags;
	char ids[32];
	const char *p, *end;
	enum gb_err rc;

	(void)snprintf(ids, sizeof(ids), "[%" PRId64 "]", id);
	if ((rc = store_key_tags(rq->reports, ids, &tags)) != GB_OK)
		return rc;
	for (p = tags.count > 0 ? tags.rows[0].text : ""; *p != '\0';
	     p = *end == '\0' ? end : end + 2) {
		end = strchr(p, ',');
		if (end == NULL)
			end = p + strlen(p);
		dict_set_len(dict_add(d, "TAG"), "TAG_NAME", p,
			     (size_t)(end - p));
	}
	key_facts_free(&tags);
	return GB_OK;
}

static enum gb_err
show_models(struct admin_request *rq, struct dict *d, int64_t id)
{
	struct key_model_rows models;
	struct dict *line;
	enum gb_err rc;
	size_t i;

	rc = store_key_models(rq->reports, id, clock_wall_ms(), &models);
	if (rc != GB_OK)
		return rc;
	dict_show_if(d, "MODELS", models.count > 0);
	for (i = 0; i < models.count; i++) {
		line = dict_add(d, "MODEL");
		dict_set(line, "MODEL_NAME", models.rows[i].model);
		keys_set_reason(rq, line, "MODEL_REASON", models.rows[i].reason,
				KEYS_REASON_MAX);
		set_standing(rq, line, "MODEL_STATE", "MODEL_TONE",
			     models.rows[i].by_person ? STANDS_OFF
						      : STANDS_COOLING);
		if (!models.rows[i].by_person)
			admin_set_time(dict_add(line, "MODEL_BACK"), "BACK_AT",
				       models.rows[i].ready_at);
	}
	key_model_rows_free(&models);
	return GB_OK;
}

/* What it served, by model: of 30 days, and of these the last 24 hours. */
static enum gb_err
show_usage(struct admin_request *rq, struct dict *d, int64_t id)
{
	struct key_facts month, day;
	struct dict *line;
	int64_t now_ms;
	enum gb_err rc;
	size_t i, j;

	store_usage_catch_up(rq->store, CATCH_UP_PAGE_MS);
	now_ms = clock_wall_ms();
	if ((rc = store_key_usage(rq->reports, id, now_ms - 30 * DAY_MS,
				  &month)) != GB_OK)
		return rc;
	if ((rc = store_key_usage(rq->reports, id, now_ms - DAY_MS, &day)) !=
	    GB_OK) {
		key_facts_free(&month);
		return rc;
	}
	dict_show_if(d, "USAGE", month.count > 0);
	dict_show_if(d, "NO_USAGE", month.count == 0);
	for (i = 0; i < month.count; i++) {
		for (j = 0; j < day.count; j++)
			if (strcmp(day.rows[j].text, month.rows[i].text) == 0)
				break;
		line = dict_add(d, "USED");
		dict_set(line, "USED_MODEL", month.rows[i].text);
		number_set(line, "DAY_REQUESTS", NUMBER_COUNT,
			   j < day.count ? day.rows[j].n : 0);
		number_set(line, "DAY_TOKENS", NUMBER_COUNT,
			   j < day.count
			       ? day.rows[j].prompt + day.rows[j].completion
			       : 0);
		number_set(line, "MONTH_REQUESTS", NUMBER_COUNT,
			   month.rows[i].n);
		number_set(line, "MONTH_TOKENS", NUMBER_COUNT,
			   month.rows[i].prompt + month.rows[i].completion);
		number_set(line, "MONTH_COST", NUMBER_MONEY,
			   month.rows[i].cost);
	}
	key_facts_free(&month);
	key_facts_free(&day);
	return GB_OK;
}

static enum gb_err
show_history(struct admin_request *rq, struct dict *d, int64_t id)
{
	struct key_history_filter f = {.key_id = id, .limit = HISTORY};
	struct key_events events;
	const struct key_event *e;
	struct dict *line;
	char after[24];
	enum gb_err rc;
	size_t i;

	if (!form_number(&rq->query, "after", 1, INT64_MAX, &f.before_id))
		f.before_id = 0;
	if ((rc = store_key_history(rq->reports, &f, &events)) != GB_OK)
		return rc;
	dict_show_if(d, "HISTORY", events.count > 0);
	dict_show_if(d, "NO_HISTORY", events.count == 0);
	for (i = 0; i < events.count; i++) {
		e = &events.rows[i];
		line = dict_add(d, "EVENT");
		admin_set_time(line, "WHEN", e->time_ms);
		dict_set(line, "EVENT_MODEL", e->model);
		set_standing(rq, line, "FROM", "FROM_TONE", e->from);
		set_standing(rq, line, "TO", "TO_TONE", e->to);
		dict_show_if(line, "MOVED", e->from != e->to);
		if (e->until_ms != 0)
			admin_set_time(dict_add(line, "UNTIL"), "UNTIL_AT",
				       e->until_ms);
		dict_set(line, "CAUSE", admin_text(rq, cause_texts[e->cause]));
		if (e->status != 0)
			dict_set_int(dict_add(line, "ANSWERED"), "STATUS",
				     e->status);
		keys_set_reason(rq, line, "WHY", e->reason, KEYS_REASON_MAX);
	}
	if (events.count == HISTORY)
		(void)snprintf(after, sizeof(after), "%" PRId64,
			       events.rows[events.count - 1].id);
	list_pager_on(d, &rq->query, events.count == HISTORY ? after : NULL);
	key_events_free(&events);
	return GB_OK;
}

static enum gb_err
show_errors(struct admin_request *rq, struct dict *d, int64_t id)
{
	const struct journal_filter f = {.key_id = id};
	struct journal_attempts errors;
	struct dict *line;
	enum gb_err rc;
	size_t i;

	if ((rc = store_journal_attempts(rq->reports, &f, NULL, ERRORS,
					 &errors)) != GB_OK)
		return rc;
	dict_show_if(d, "ERRORS", errors.count > 0);
	dict_show_if(d, "NO_ERRORS", errors.count == 0);
	for (i = 0; i < errors.count; i++) {
		line = dict_add(d, "ERROR");
		admin_set_time(line, "WHEN", errors.rows[i].time_ms);
		dict_set(line, "ERROR_MODEL", errors.rows[i].model);
		dict_set_int(line, "STATUS", errors.rows[i].status);
		dict_set(line, "ERROR_CLASS", errors.rows[i].error_class);
		dict_set(line, "ERROR_TEXT", errors.rows[i].text);
	}
	journal_attempts_free(&errors);
	return GB_OK;
}

/* The page of the key in "rows"; with "whole" it shows all of it. */
static void
show_key(struct admin_request *rq, const struct key_row *row, bool whole)
{
	enum gb_err rc;
	struct dict *d;

	d = admin_content(rq, "key.html", "KEYS_ONE_TITLE");
	show_head(rq, d, row);
	if (whole)
		dict_set(dict_add(d, "REVEALED"), "SECRET", row->secret);
	else
		dict_show(d, "HIDDEN");
	if ((rc = show_tags(rq, d, row->id)) != GB_OK ||
	    (rc = show_models(rq, d, row->id)) != GB_OK ||
	    (rc = show_usage(rq, d, row->id)) != GB_OK ||
	    (rc = show_history(rq, d, row->id)) != GB_OK ||
	    (rc = show_errors(rq, d, row->id)) != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	admin_page(rq, 200);
}

static void
answer(struct admin_request *rq, int64_t id, bool whole)
{
	struct key_rows rows;
	enum gb_err rc;

	if ((rc = keys_one(rq, id, &rows)) != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	if (whole)
		keys_log(rq, "reveal", 1);
	show_key(rq, &rows.rows[0], whole);
	key_rows_free(&rows);
}

void
key_show(struct admin_request *rq)
{
	const char *id = rq->rest;

	answer(rq,
	       strlen(id) <= 18 && id[strspn(id, "0123456789")] == '\0'
		   ? strtoll(id, NULL, 10)
		   : 0,
	       false);
}

/* The answer itself, not a page to go to: it is not to be seen again. */
void
key_reveal(struct admin_request *rq)
{
	int64_t id;

	if (!form_number(&rq->form, "id", 1, INT64_MAX, &id))
		id = 0;
	answer(rq, id, true);
}
