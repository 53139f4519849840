/* keys.c: which keys are meant, and how a key is shown */
#include "admin/keys.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "keys/verdict.h"

#define SCAN_MAX     5000 /* keys looked at for a page of those of an exit */
#define SENTENCE_MAX 1024 /* bytes */

const char *const keys_standing_texts[STANDS__MAX] = {
    [STANDS_READY] = "KEYS_READY",
    [STANDS_COOLING] = "KEYS_COOLING",
    [STANDS_DISABLED] = "KEYS_DISABLED",
    [STANDS_OFF] = "KEYS_OFF",
};

const char *const keys_standing_tones[STANDS__MAX] = {
    [STANDS_READY] = "done",
    [STANDS_COOLING] = "warning",
    [STANDS_DISABLED] = "failed",
    [STANDS_OFF] = "off",
};

const char *const keys_filter_fields[] = {
    "text",  "state",	"pool", "tier", "failures",
    "model", "project", "tag",	"exit", NULL,
};

const char *const keys_tier_texts[TIER__MAX] = {
    [TIER_FREE] = "KEYS_FREE",
    [TIER_PAID] = "KEYS_PAID",
};

enum key_standing
keys_standing(const struct key_row *row)
{
	if (row->disabled_by == DISABLED_BY_PERSON)
		return STANDS_OFF;
	if (row->disabled_by == DISABLED_BY_SYSTEM)
		return STANDS_DISABLED;
	return row->state == KEY_COOLING ? STANDS_COOLING : STANDS_READY;
}

/* --- which keys ----------------------------------------------------------- */

/* Which of the names the field has; false: none, or none of them. */
static bool
read_choice(const struct form *form, const char *field,
	    const char *const *names, int count, int *choice)
{
	for (*choice = 0; *choice < count; (*choice)++)
		if (strcmp(form_value(form, field), names[*choice]) == 0)
			return true;
	return false;
}

/* A field's text; NULL for an empty one, and "" for "-", which asks for keys
 * that have none. */
static const char *
read_text(const struct form *form, const char *field)
{
	const char *text;

	text = form_value(form, field);
	if (text[0] == '\0')
		return NULL;
	return strcmp(text, "-") == 0 ? "" : text;
}

void
keys_wanted_read(struct keys_wanted *w, const struct form *form)
{
	struct key_list_filter *f = &w->filter;
	int choice;

	memset(w, 0, sizeof(*w));
	f->by_standing = read_choice(form, "state", key_standing_names,
				     STANDS__MAX, &choice);
	if (f->by_standing)
		f->standing = (enum key_standing)choice;
	f->by_pool =
	    read_choice(form, "pool", key_pool_names, POOL__MAX, &choice);
	if (f->by_pool)
		f->pool = (enum key_pool)choice;
	f->by_tier =
	    read_choice(form, "tier", key_tier_names, TIER__MAX, &choice);
	if (f->by_tier)
		f->tier = (enum key_tier)choice;
	(void)form_number(form, "failures", 0, INT32_MAX, &f->failures_min);
	f->project = read_text(form, "project");
	f->tag = read_text(form, "tag");
	f->model = form_value(form, "model")[0] == '\0'
		       ? NULL
		       : form_value(form, "model");
	f->text = form_value(form, "text")[0] == '\0'
		      ? NULL
		      : form_value(form, "text");
	w->exit = form_value(form, "exit")[0] == '\0'
		      ? NULL
		      : form_value(form, "exit");
}

bool
keys_have_exits(const struct settings *cfg)
{
	return cfg->proxies.count > 0 && cfg->proxies_by_key;
}

void
keys_exit_name(char name[EXIT_NAME_MAX], const struct settings *cfg,
	       const char *secret)
{
	struct exit_walk walk;

	exit_walk_begin(&walk, cfg, secret);
	exit_name(name, cfg, exit_walk_next(&walk));
}

/* Leave only the keys that leave by the exit. */
static void
keep_exit(const struct settings *cfg, const char *exit, struct key_rows *rows)
{
	struct key_rows others;
	char name[EXIT_NAME_MAX];
	size_t i, kept;

	if (exit == NULL || rows->count == 0)
		return;
	others.rows = calloc(rows->count, sizeof(*others.rows));
	others.count = 0;
	for (kept = i = 0; i < rows->count; i++) {
		keys_exit_name(name, cfg, rows->rows[i].secret);
		if (others.rows == NULL || strcmp(name, exit) == 0)
			rows->rows[kept++] = rows->rows[i];
		else
			others.rows[others.count++] = rows->rows[i];
	}
	rows->count = kept;
	key_rows_free(&others);
}

/* The rows of a page of ids. */
static enum gb_err
read_rows(struct admin_request *rq, const struct key_ids *ids, int64_t now_ms,
	  struct key_rows *rows)
{
	struct key_filter f = {.ids = NULL};
	struct buf json;
	enum gb_err rc;
	size_t i;

	memset(rows, 0, sizeof(*rows));
	if (ids->count == 0)
		return GB_OK;
	buf_init(&json, KEYS_IDS_MAX);
	for (i = 0; i < ids->count; i++)
		buf_printf(&json, "%c%" PRId64, i == 0 ? '[' : ',',
			   ids->ids[i]);
	buf_putc(&json, ']');
	f.ids = buf_str(&json);
	rc = buf_error(&json);
	if (rc == GB_OK)
		rc = store_keys_page(rq->reports, &f, now_ms, ids->ids[0] - 1,
				     ids->count, rows);
	buf_release(&json);
	return rc;
}

/* Put the rows of "page" to "rows", before or behind what is there. */
static enum gb_err
join_rows(struct key_rows *rows, struct key_rows *page, bool before)
{
	struct key_row *grown;
	size_t count;

	count = rows->count + page->count;
	if (page->count == 0) {
		free(page->rows);
		return GB_OK;
	}
	grown = reallocarray(rows->rows, count, sizeof(*grown));
	if (grown == NULL) {
		key_rows_free(page);
		return GB_ENOMEM;
	}
	rows->rows = grown;
	if (before)
		memmove(grown + page->count, grown,
			rows->count * sizeof(*grown));
	memcpy(before ? grown : grown + rows->count, page->rows,
	       page->count * sizeof(*grown));
	rows->count = count;
	free(page->rows); /* what they hold is the list's now */
	return GB_OK;
}

enum gb_err
keys_page(struct admin_request *rq, const struct keys_wanted *w, int64_t after,
	  bool before, size_t limit, struct key_rows *rows, bool *more,
	  int64_t *last)
{
	struct key_rows page;
	struct key_ids *ids;
	int64_t now_ms;
	enum gb_err rc;
	size_t seen;

	memset(rows, 0, sizeof(*rows));
	*more = false;
	*last = after;
	if ((rc = admin_reports(rq)) != GB_OK)
		return rc;
	if ((ids = malloc(sizeof(*ids))) == NULL)
		return GB_ENOMEM;
	now_ms = clock_wall_ms();
	seen = 0;
	do {
		rc = store_key_list_page(rq->reports, &w->filter, now_ms, *last,
					 before, 0, limit, ids);
		if (rc != GB_OK || ids->count == 0)
			break;
		*more = ids->more;
		*last = before ? ids->ids[0] : ids->ids[ids->count - 1];
		seen += ids->count;
		if ((rc = read_rows(rq, ids, now_ms, &page)) != GB_OK)
			break;
		keep_exit(rq->cfg, w->exit, &page);
		rc = join_rows(rows, &page, before);
	} while (rc == GB_OK && *more && rows->count < limit &&
		 seen < SCAN_MAX);
	free(ids);
	if (rc != GB_OK)
		key_rows_free(rows);
	return rc;
}

/* The ids of those that leave by the exit. */
static enum gb_err
ids_of_exit(struct admin_request *rq, const struct keys_wanted *w,
	    struct buf *out, int64_t *count)
{
	struct key_rows rows;
	int64_t after;
	enum gb_err rc;
	size_t i;
	bool more;

	buf_putc(out, '[');
	after = 0;
	do {
		rc = keys_page(rq, w, after, false, KEY_LIST_PAGE_MAX, &rows,
			       &more, &after);
		if (rc != GB_OK)
			break;
		for (i = 0; i < rows.count; i++)
			buf_printf(out, "%s%" PRId64, (*count)++ > 0 ? "," : "",
				   rows.rows[i].id);
		key_rows_free(&rows);
	} while (more);
	buf_putc(out, ']');
	return rc == GB_OK ? buf_error(out) : rc;
}

enum gb_err
keys_all_ids(struct admin_request *rq, const struct keys_wanted *w,
	     struct buf *ids, int64_t *count)
{
	enum gb_err rc;

	*count = 0;
	if (w->exit != NULL)
		return ids_of_exit(rq, w, ids, count);
	if ((rc = admin_reports(rq)) != GB_OK)
		return rc;
	return store_key_list_ids(rq->reports, &w->filter, clock_wall_ms(), ids,
				  count);
}

enum gb_err
keys_one(struct admin_request *rq, int64_t id, struct key_rows *rows)
{
	const struct key_filter all = {.ids = NULL};
	enum gb_err rc;

	if (id <= 0)
		return GB_ENOTFOUND;
	if ((rc = admin_reports(rq)) != GB_OK)
		return rc;
	rc = store_keys_page(rq->reports, &all, clock_wall_ms(), id - 1, 1,
			     rows);
	if (rc != GB_OK || (rows->count == 1 && rows->rows[0].id == id))
		return rc;
	key_rows_free(rows);
	return GB_ENOTFOUND;
}

/* --- names ---------------------------------------------------------------- */

void
keys_name(char name[KEY_NAME_SIZE], const struct key_row *row)
{
	char mask[SECRET_MASK_SIZE];

	secret_mask(mask, row->secret);
	(void)snprintf(name, KEY_NAME_SIZE, "%s~%" PRId64, mask, row->id);
}

/* The id at "text", which is nothing but one; 0: it is none. */
static int64_t
read_id(const char *text)
{
	int64_t id;

	if (text[0] == '\0' || text[strspn(text, "0123456789")] != '\0' ||
	    strlen(text) >= KEY_SECRET_MIN)
		return 0;
	errno = 0;
	id = strtoll(text, NULL, 10);
	return errno == 0 ? id : 0;
}

enum gb_err
keys_find(struct admin_request *rq, const char *name, struct key_rows *rows)
{
	char own[KEY_NAME_SIZE];
	const char *tilde;
	int64_t id;
	enum gb_err rc;

	memset(rows, 0, sizeof(*rows));
	if ((id = read_id(name)) > 0)
		return keys_one(rq, id, rows);
	if ((rc = admin_reports(rq)) != GB_OK)
		return rc;
	rc = store_key_find(rq->reports, name, &id);
	if (rc == GB_OK)
		return keys_one(rq, id, rows);
	tilde = strrchr(name, '~');
	if (rc != GB_ENOTFOUND || tilde == NULL ||
	    (rc = keys_one(rq, read_id(tilde + 1), rows)) != GB_OK)
		return rc;
	keys_name(own, &rows->rows[0]);
	if (strcmp(own, name) == 0)
		return GB_OK;
	key_rows_free(rows);
	return GB_ENOTFOUND;
}

/* --- what is done --------------------------------------------------------- */

static int
by_text(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The list's items in order, for bsearch(); NULL: there are none. */
static const char **
sorted(const struct string_list *list)
{
	const char **items;
	size_t i;

	items = list->count == 0 ? NULL : calloc(list->count, sizeof(*items));
	if (items == NULL)
		return NULL;
	for (i = 0; i < list->count; i++)
		items[i] = list->items[i];
	qsort(items, list->count, sizeof(*items), by_text);
	return items;
}

enum gb_err
keys_in_settings(struct admin_request *rq, const char *ids, int64_t *count)
{
	const struct string_list *lists[POOL__MAX] = {
	    [POOL_GEMINI] = &rq->cfg->api_keys,
	    [POOL_VERTEX] = &rq->cfg->vertex_api_keys,
	};
	const struct key_filter f = {.ids = ids};
	const char **items[POOL__MAX];
	struct key_rows rows;
	int64_t after;
	enum gb_err rc;
	size_t i, read;
	int pool;

	*count = 0;
	if ((rc = admin_reports(rq)) != GB_OK)
		return rc;
	for (pool = 0; pool < POOL__MAX; pool++)
		items[pool] = sorted(lists[pool]);
	after = 0;
	do {
		read = 0;
		rc = store_keys_page(rq->reports, &f, clock_wall_ms(), after,
				     KEYS_PAGE_MAX, &rows);
		for (i = 0; rc == GB_OK && i < rows.count; i++) {
			pool = rows.rows[i].pool;
			*count +=
			    items[pool] != NULL &&
			    bsearch(&rows.rows[i].secret, items[pool],
				    lists[pool]->count, sizeof(*items[pool]),
				    by_text) != NULL;
			after = rows.rows[i].id;
		}
		if (rc == GB_OK) {
			read = rows.count;
			key_rows_free(&rows);
		}
	} while (read == KEYS_PAGE_MAX);
	for (pool = 0; pool < POOL__MAX; pool++)
		free(items[pool]);
	return rc;
}

enum gb_err
keys_reset(struct admin_request *rq, const char *ids, int64_t *count)
{
	const struct key_filter disabled = {
	    .ids = ids,
	    .by_standing = true,
	    .standing = STANDS_DISABLED,
	};
	const struct key_filter all = {.ids = ids};
	const struct key_wish_of enable = {WISH_ENABLE, "", ""};
	const struct key_wish_of clear = {WISH_CLEAR, "", ""};
	enum gb_err rc;

	rc = store_keys_wish(rq->store, &disabled, &enable, clock_wall_ms(),
			     count);
	if (rc == GB_OK)
		rc = store_keys_wish(rq->store, &all, &clear, clock_wall_ms(),
				     count);
	return rc;
}

void
keys_log(struct admin_request *rq, const char *what, int64_t count)
{
	char address[WEB_ADDRESS_SIZE];

	web_address(rq->web, rq->cfg->trust_forwarded, address);
	log_info("admin: %s: %" PRId64 " %s, by %s (request %s)", what, count,
		 count == 1 ? "key" : "keys",
		 address[0] != '\0' ? address : "somebody", web_id(rq->web));
}

void
keys_sentence(struct admin_request *rq, struct dict *d, const char *name,
	      const char *key, int64_t first, int64_t second)
{
	char numbers[2][24];
	const char *words[3] = {numbers[0], numbers[1], NULL};
	struct buf text;

	(void)snprintf(numbers[0], sizeof(numbers[0]), "%" PRId64, first);
	(void)snprintf(numbers[1], sizeof(numbers[1]), "%" PRId64, second);
	buf_init(&text, SENTENCE_MAX);
	admin_write(rq, &text, key, words);
	dict_set(d, name, buf_str(&text));
	buf_release(&text);
}

void
keys_set_reason(struct admin_request *rq, struct dict *d, const char *name,
		const char *reason, size_t max)
{
	const char *key, *rest;
	struct buf text;

	buf_init(&text, 2 * KEYS_REASON_MAX);
	if ((key = verdict_reason_key(reason, &rest)) != NULL)
		buf_puts(&text, admin_text(rq, key));
	buf_puts(&text, rest);
	admin_set_short(d, name, buf_str(&text), max);
	buf_release(&text);
}
