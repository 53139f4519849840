/* page_tokens.c: access tokens, and what each of them used */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/numbers.h"
#include "admin/pages.h"
#include "admin/token_form.h"
#include "app/token_fields.h"
#include "base/amount.h"
#include "base/clock.h"
#include "base/hex.h"
#include "base/log.h"
#include "store/usage.h"

#define DAYS	   30 /* of use that are shown */
#define LINK_SIZE  64 /* of the number, "-", 32 hexadecimal digits */
#define PROOF_SIZE 33
#define PATH_SIZE  64
#define AMOUNT_MAX 128 /* bytes of "3 of 10" */

static const struct {
	const char *text, *tone;
} states[TOKEN_STATE__MAX] = {
    [TOKEN_IN_FORCE] = {"TOKENS_IN_FORCE", "done"},
    [TOKEN_REVOKED] = {"TOKENS_IS_REVOKED", "failed"},
    [TOKEN_NOT_CONFIGURED] = {"TOKENS_NOT_CONFIGURED", "failed"},
    [TOKEN_DISABLED] = {"TOKENS_DISABLED", "warning"},
    [TOKEN_EXPIRED] = {"TOKENS_EXPIRED", "warning"},
};

static const char *const span_texts[SPAN__MAX] = {
    [SPAN_MINUTE] = "TOKENS_MINUTE",
    [SPAN_DAY] = "TOKENS_TODAY",
    [SPAN_MONTH] = "TOKENS_MONTH",
};

/* Its name and state. */
static void
show_head(const struct admin_request *rq, struct dict *d,
	  const struct token_row *t)
{
	enum token_state state;

	state = token_state_of(t, rq->cfg, clock_wall_ms());
	dict_set_int(d, "ID", t->id);
	dict_set(d, "NAME", t->name);
	dict_set(d, "STATE", admin_text(rq, states[state].text));
	dict_set(d, "TONE", states[state].tone);
	dict_show(d, t->expires_at != 0 ? "EXPIRES_AT" : "EXPIRES_NOT");
	admin_set_time(d, "EXPIRES", t->expires_at);
}

static void
show_sums(struct dict *d, const struct usage_row *use)
{
	number_set(d, "REQUESTS", NUMBER_COUNT, use->n[USAGE_REQUESTS]);
	number_set(d, "FAILED", NUMBER_COUNT, use->n[USAGE_FAILED]);
	number_set(d, "IN", NUMBER_COUNT, use->n[USAGE_PROMPT]);
	number_set(d, "OUT", NUMBER_COUNT, use->n[USAGE_COMPLETION]);
	number_set(d, "COST", NUMBER_MONEY, use->n[USAGE_COST]);
}

/* --- all of them ---------------------------------------------------------- */

/* What the tokens of a page used, in the order of their names. */
struct page_use {
	struct named_use {
		const char *name; /* the token's */
		const struct usage_row *row;
	} of[LIST_PAGE];
	size_t count;
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct named_use *)a)->name,
		      ((const struct named_use *)b)->name);
}

static struct named_use *
find_use(struct page_use *p, const char *name)
{
	const struct named_use key = {.name = name};

	return bsearch(&key, p->of, p->count, sizeof(p->of[0]), by_name);
}

/* One pass over the sums, of which there may be many more than tokens here. */
static void
match_use(struct page_use *p, const struct token_rows *rows,
	  const struct usage_rows *use)
{
	static const struct usage_row none;
	struct named_use *found;
	size_t i;

	for (p->count = 0; p->count < rows->count && p->count < LIST_PAGE;
	     p->count++)
		p->of[p->count] =
		    (struct named_use){rows->rows[p->count].name, &none};
	qsort(p->of, p->count, sizeof(p->of[0]), by_name);
	for (i = 0; i < use->count; i++)
		if ((found = find_use(p, use->rows[i].value)) != NULL)
			found->row = &use->rows[i];
}

static enum gb_err
read_use(struct admin_request *rq, struct usage_rows *use)
{
	enum gb_err rc;

	memset(use, 0, sizeof(*use));
	store_usage_catch_up(rq->store, CATCH_UP_PAGE_MS);
	if ((rc = admin_reports(rq)) != GB_OK)
		return rc;
	return store_usage_by(rq->reports, USAGE_BY_TOKEN,
			      clock_wall_ms() - DAYS * DAY_MS, USAGE_NO_END,
			      use);
}

static void
show_rows(struct admin_request *rq, struct dict *page,
	  const struct token_rows *rows, const struct usage_rows *use)
{
	const struct token_row *t;
	struct page_use uses;
	char after[24];
	struct dict *d;
	size_t i;

	match_use(&uses, rows, use);
	dict_show(page, rows->count == 0 ? "NONE" : "SOME");
	after[0] = '\0';
	for (i = 0; i < uses.count; i++) {
		t = &rows->rows[i];
		d = dict_add(page, "TOKEN");
		show_head(rq, d, t);
		dict_set(d, "NOTE", t->note);
		show_sums(d, find_use(&uses, t->name)->row);
		(void)snprintf(after, sizeof(after), "%" PRId64, t->id);
	}
	list_pager_on(page, &rq->query, rows->count > LIST_PAGE ? after : NULL);
}

/* The list, with the form for a new one: as it was typed, when "fault" (the
 * text's key) is no NULL. */
static void
show_list(struct admin_request *rq, int status, bool typed, const char *fault)
{
	struct token_filter filter;
	struct token_rows rows;
	struct usage_rows use;
	struct token_row none;
	struct dict *d, *line;
	const char *q;
	enum gb_err rc;

	memset(&filter, 0, sizeof(filter));
	q = form_value(&rq->query, "q");
	filter.text = q[0] == '\0' ? NULL : q;
	filter.in_force = !form_has(&rq->query, "all");
	filter.now_ms = clock_wall_ms();
	filter.most = LIST_PAGE + 1;
	if (!form_number(&rq->query, "after", 1, INT64_MAX, &filter.after))
		filter.after = 0;
	if ((rc = read_use(rq, &use)) != GB_OK ||
	    (rc = store_tokens_page(rq->store, &filter, &rows)) != GB_OK) {
		usage_rows_free(&use);
		admin_fault(rq, rc);
		return;
	}
	d = admin_content(rq, "tokens.html", "TOKENS_TITLE");
	dict_set(d, "Q", q);
	dict_show_if(d, "ALL", !filter.in_force);
	dict_show_if(d, "OPEN", typed);
	dict_set(d, "NEW_NAME", form_value(&rq->form, "name"));
	if (fault != NULL) {
		line = dict_add(d, "NAME_FAULT");
		dict_set(line, "WHY", admin_text(rq, fault));
	}
	token_row_init(&none, "");
	token_form_show(rq, d, &none, typed);
	show_rows(rq, d, &rows, &use);
	token_rows_free(&rows);
	usage_rows_free(&use);
	admin_page(rq, status);
}

void
tokens_show(struct admin_request *rq)
{
	show_list(rq, 200, false, NULL);
}

/* --- a new one ------------------------------------------------------------ */

static void
show_created(struct admin_request *rq, const char *name, const char *token)
{
	struct token_row row;
	struct dict *d;
	enum gb_err rc;

	if ((rc = store_token_find(rq->store, name, &row)) != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	d = admin_content(rq, "token_created.html", "TOKENS_CREATED_TITLE");
	dict_set(d, "SECRET", token);
	dict_set(d, "NAME", name);
	dict_set_int(d, "ID", row.id);
	admin_page(rq, 200);
}

void
tokens_create(struct admin_request *rq)
{
	const char *name = form_value(&rq->form, "name");
	char token[TOKEN_SIZE];
	struct token_row row;
	enum gb_err rc;

	if (!token_name_is_fit(name)) {
		show_list(rq, 400, true, "TOKENS_NAME_FAULT");
		return;
	}
	if (token_name_is_config(name)) {
		show_list(rq, 400, true, "TOKENS_NAME_CONFIG");
		return;
	}
	token_row_init(&row, name);
	if (!token_form_read(rq, &row)) {
		show_list(rq, 400, true, NULL);
		return;
	}
	random_token(token);
	secret_digest(row.digest, token, strlen(token));
	rc = store_token_create(rq->store, &row, clock_wall_ms());
	if (rc == GB_OK) {
		log_info("admin: token \"%s\" created", name);
		show_created(rq, name, token);
	} else if (rc == GB_EEXIST)
		show_list(rq, 409, true, "TOKENS_NAME_TAKEN");
	else
		admin_fault(rq, rc);
	explicit_bzero(token, sizeof(token));
}

/* --- one of them ---------------------------------------------------------- */

/* The row with this number; GB_ENOTFOUND. */
static enum gb_err
find_token(struct admin_request *rq, const char *number, size_t len,
	   struct token_row *t)
{
	struct token_filter filter;
	struct token_rows rows;
	char digits[24];
	int64_t id;
	enum gb_err rc;

	if (len == 0 || len >= sizeof(digits))
		return GB_ENOTFOUND;
	memcpy(digits, number, len);
	digits[len] = '\0';
	if (!amount_number(digits, INT64_MAX, &id) || id == 0)
		return GB_ENOTFOUND;
	memset(&filter, 0, sizeof(filter));
	filter.after = id - 1;
	filter.most = 1;
	if ((rc = store_tokens_page(rq->store, &filter, &rows)) != GB_OK)
		return rc;
	if (rows.count == 1 && rows.rows[0].id == id)
		*t = rows.rows[0];
	else
		rc = GB_ENOTFOUND;
	token_rows_free(&rows);
	return rc;
}

/* What was used of a limit: "3", or "3 of 10". */
static void
set_amount(const struct admin_request *rq, struct dict *d, const char *name,
	   enum token_limit which, int64_t used, int64_t limit)
{
	const enum number_unit unit =
	    token_limit_kinds[which].measure == MEASURE_COST ? NUMBER_MONEY
							     : NUMBER_COUNT;
	char is[NUMBER_TEXT_SIZE], most[NUMBER_TEXT_SIZE];
	struct buf text;

	number_text(is, unit, used);
	number_text(most, unit, limit);
	buf_init(&text, AMOUNT_MAX);
	if (limit == 0)
		buf_puts(&text, is);
	else
		admin_write(rq, &text, "TOKENS_OF",
			    (const char *const[]){is, most, NULL});
	dict_set(d, name, buf_str(&text));
	buf_release(&text);
}

static void
show_span(const struct admin_request *rq, struct dict *page,
	  const struct token_row *t, const struct token_use *use,
	  enum token_span span)
{
	static const char *const names[MEASURE__MAX] = {
	    [MEASURE_REQUESTS] = "USED_REQUESTS",
	    [MEASURE_TOKENS] = "USED_TOKENS",
	    [MEASURE_COST] = "USED_COST",
	};
	const struct token_limit_kind *kind;
	struct dict *d;
	int i;

	d = dict_add(page, "SPAN");
	dict_set(d, "SPAN_NAME", admin_text(rq, span_texts[span]));
	admin_set_time(d, "END", use->end);
	set_amount(rq, d, "USED_COST", LIMIT_DAY_COST, use->used[MEASURE_COST],
		   0);
	for (i = 0; i < LIMIT__MAX; i++) {
		kind = &token_limit_kinds[i];
		if (kind->span == span)
			set_amount(rq, d, names[kind->measure],
				   (enum token_limit)i,
				   use->used[kind->measure] +
				       use->reserved[kind->measure],
				   t->limits[i]);
	}
}

static enum gb_err
show_days(struct admin_request *rq, struct dict *page,
	  const struct token_row *t)
{
	char date[CLOCK_DATE_SIZE];
	struct usage_rows days;
	struct dict *d;
	enum gb_err rc;
	size_t i;

	store_usage_catch_up(rq->store, CATCH_UP_PAGE_MS);
	if ((rc = admin_reports(rq)) != GB_OK ||
	    (rc = store_usage_series(rq->reports, USAGE_BY_TOKEN, t->name, 0,
				     USAGE_DAILY,
				     clock_wall_ms() - DAYS * DAY_MS,
				     USAGE_NO_END, &days)) != GB_OK)
		return rc;
	dict_show_if(page, "DAYS", days.count > 0);
	for (i = days.count; i-- > 0;) {
		d = dict_add(page, "DAY");
		clock_date(date, days.rows[i].start_ms);
		dict_set(d, "DATE", date);
		show_sums(d, &days.rows[i]);
	}
	usage_rows_free(&days);
	return GB_OK;
}

/* What it is, may and did: nothing of anybody else, and no secret. */
static enum gb_err
show_use(struct admin_request *rq, struct dict *d, const struct token_row *t)
{
	struct token_use use[SPAN__MAX];
	int64_t parallel;
	enum gb_err rc;
	int i;

	rc = store_limit_use(rq->store, t->id, clock_wall_ms(), clock_mono_ms(),
			     use, &parallel);
	if (rc != GB_OK)
		return rc;
	show_head(rq, d, t);
	admin_set_time(d, "CREATED", t->created_at);
	if (t->revoked_at != 0)
		admin_set_time(dict_add(d, "REVOKED_AT"), "REVOKED",
			       t->revoked_at);
	dict_show_if(d, "MODELS_ALL", t->models[0] == '\0');
	dict_set(d, "MODELS", t->models);
	set_amount(rq, d, "RUNNING", LIMIT_PARALLEL, parallel,
		   t->limits[LIMIT_PARALLEL]);
	for (i = 0; i < SPAN__MAX; i++)
		show_span(rq, d, t, &use[i], (enum token_span)i);
	return show_days(rq, d, t);
}

/* --- its page for that person --------------------------------------------- */

/* What the link to it must have: it can be guessed by nobody, and ends with the
 * admin token. */
static void
make_proof(const struct admin_request *rq, const struct token_row *t,
	   char proof[PROOF_SIZE])
{
	char key[2 * DIGEST_SIZE + 1], digest[2 * DIGEST_SIZE + 1];
	unsigned char mac[DIGEST_SIZE];
	char what[2 * DIGEST_SIZE + 64];

	hex_write(key, rq->snap->admin.digest, DIGEST_SIZE);
	hex_write(digest, t->digest, DIGEST_SIZE);
	(void)snprintf(what, sizeof(what), "token page %" PRId64 " %s", t->id,
		       digest);
	secret_hmac(mac, key, what);
	hex_write(proof, mac, (PROOF_SIZE - 1) / 2);
	explicit_bzero(key, sizeof(key));
}

void
token_shown(struct admin_request *rq)
{
	char proof[PROOF_SIZE];
	enum token_state state;
	const char *dash;
	struct token_row t;
	struct dict *d;
	enum gb_err rc;

	dash = strchr(rq->rest, '-');
	if (dash == NULL || !rq->snap->admin.any ||
	    strlen(dash + 1) != PROOF_SIZE - 1) {
		admin_fault(rq, GB_ENOTFOUND);
		return;
	}
	rc = find_token(rq, rq->rest, (size_t)(dash - rq->rest), &t);
	if (rc == GB_OK) {
		make_proof(rq, &t, proof);
		state = token_state_of(&t, rq->cfg, clock_wall_ms());
		if (!secret_equal(proof, dash + 1, PROOF_SIZE - 1) ||
		    state == TOKEN_REVOKED || state == TOKEN_NOT_CONFIGURED)
			rc = GB_ENOTFOUND;
	}
	if (rc == GB_OK) {
		d = admin_content(rq, "token_shown.html", "TOKENS_ONE_TITLE");
		rc = show_use(rq, d, &t);
	}
	if (rc == GB_OK)
		admin_page(rq, 200);
	else
		admin_fault(rq, rc);
}

/* --- the admin's ---------------------------------------------------------- */

/* What a form was made of: it must not undo what somebody else did since. */
static void
make_version(const struct token_row *t, char version[PROOF_SIZE])
{
	unsigned char digest[DIGEST_SIZE];
	const struct secret_part parts[] = {
	    {t->note, strlen(t->note)},
	    {t->models, strlen(t->models)},
	    {&t->expires_at, sizeof(t->expires_at)},
	    {&t->endpoints, sizeof(t->endpoints)},
	    {t->limits, sizeof(t->limits)},
	};

	secret_digest_parts(digest, parts, GB_COUNT(parts));
	hex_write(version, digest, (PROOF_SIZE - 1) / 2);
}

static void
show_one(struct admin_request *rq, const struct token_row *t, int status,
	 bool typed)
{
	char proof[PROOF_SIZE];
	struct dict *d, *live;
	enum gb_err rc;

	d = admin_content(rq, "token.html", "TOKENS_ONE_TITLE");
	if ((rc = show_use(rq, d, t)) != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	if (rq->snap->admin.any) {
		make_proof(rq, t, proof);
		dict_setf(dict_add(d, "LINKED"), "LINK", "%" PRId64 "-%s",
			  t->id, proof);
	}
	if (t->revoked_at == 0) {
		live = dict_add(d, "LIVE");
		make_version(t, proof);
		dict_set(live, "VERSION_OF", proof);
		dict_show(live, t->enabled ? "ON" : "OFF");
		token_form_show(rq, live, t, typed);
	}
	admin_page(rq, status);
}

void
token_show(struct admin_request *rq)
{
	struct token_row t;
	enum gb_err rc;

	rc = find_token(rq, rq->rest, strlen(rq->rest), &t);
	if (rc == GB_OK)
		show_one(rq, &t, 200, false);
	else
		admin_fault(rq, rc);
}

/* Take over what was typed; false: it is answered. */
static bool
save(struct admin_request *rq, struct token_row *t, int64_t generation,
     enum gb_err *rc)
{
	const struct token_row is = *t;
	char version[PROOF_SIZE];

	make_version(t, version);
	if (strcmp(form_value(&rq->form, "version"), version) != 0) {
		admin_say(rq, TONE_FAILED, "TOKENS_CONFLICT", NULL);
		show_one(rq, &is, 409, true);
		return false;
	}
	if (!token_form_read(rq, t)) {
		admin_say(rq, TONE_FAILED, "TOKENS_NOT_SAVED", NULL);
		show_one(rq, &is, 400, true);
		return false;
	}
	*rc = store_token_set(rq->store, t, generation);
	return true;
}

/* What the form asks for; false: it is answered.  GB_EBUSY: somebody changed
 * something meanwhile, so look again. */
static bool
carry_out(struct admin_request *rq, const char *what, struct token_row *t,
	  enum gb_err *rc)
{
	int64_t generation;

	*rc = store_generation(rq->store, &generation);
	if (*rc == GB_OK)
		*rc = find_token(rq, rq->rest, strlen(rq->rest), t);
	if (*rc != GB_OK) {
		admin_fault(rq, *rc);
		return false;
	}
	if (strcmp(what, "enable") == 0 || strcmp(what, "disable") == 0)
		*rc = store_token_enable(rq->store, t->name, what[0] == 'e');
	else if (strcmp(what, "revoke") == 0)
		*rc = store_token_revoke(rq->store, t->name, clock_wall_ms());
	else if (strcmp(what, "save") != 0) {
		admin_fail(rq, 400, "ERROR_FORM", NULL);
		return false;
	} else
		return save(rq, t, generation, rc);
	return true;
}

void
token_change(struct admin_request *rq)
{
	const char *what = form_value(&rq->form, "do");
	char to[PATH_SIZE];
	struct token_row t;
	enum gb_err rc;

	do {
		if (!carry_out(rq, what, &t, &rc))
			return;
	} while (rc == GB_EBUSY);
	if (rc == GB_OK) {
		log_info("admin: token \"%s\": %s", t.name, what);
		admin_say(rq, TONE_DONE, "TOKENS_SAVED", NULL);
	} else if (rc == GB_ENOTFOUND)
		admin_say(rq, TONE_FAILED, "TOKENS_GONE", NULL);
	else {
		admin_fault(rq, rc);
		return;
	}
	(void)snprintf(to, sizeof(to), "admin/tokens/%" PRId64, t.id);
	admin_redirect(rq, to);
}
