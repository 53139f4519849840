/* page_keys_change.c: what a form does to keys: one, those that are selected,
 * or all that the filter lets pass */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/keys.h"
#include "admin/pages.h"
#include "base/clock.h"
#include "base/log.h"

#define PROJECT_WORD KEY_PROJECT_MAX
#define REASON_WORD  150 /* bytes of a person's reason */
#define CHUNK	     65536

/* The keys that a form is about. */
struct chosen {
	struct buf ids; /* a JSON array */
	int64_t count;
};

/* One change.  "word" is the field that it needs, or NULL. */
struct change {
	const char *name, *done;
	void (*make)(struct admin_request *, const struct change *,
		     const struct chosen *);
	enum key_wish wish, model_wish;
	const char *word;
};

static enum gb_err
choose(struct admin_request *rq, struct chosen *chosen)
{
	struct keys_wanted wanted;
	const char *id;
	size_t at;

	chosen->count = 0;
	buf_init(&chosen->ids, KEYS_IDS_MAX);
	if (strcmp(form_value(&rq->form, "scope"), "all") == 0) {
		keys_wanted_read(&wanted, &rq->query);
		return keys_all_ids(rq, &wanted, &chosen->ids, &chosen->count);
	}
	at = 0;
	buf_putc(&chosen->ids, '[');
	while ((id = form_next(&rq->form, "id", &at)) != NULL) {
		if (id[0] == '\0' || strlen(id) > 18 ||
		    id[strspn(id, "0123456789")] != '\0')
			return GB_EINVAL;
		buf_printf(&chosen->ids, "%s%lld",
			   chosen->count++ > 0 ? "," : "",
			   strtoll(id, NULL, 10));
	}
	buf_putc(&chosen->ids, ']');
	return buf_error(&chosen->ids);
}

static void
say_count(struct admin_request *rq, enum admin_tone tone, const char *key,
	  int64_t count)
{
	char number[24];

	(void)snprintf(number, sizeof(number), "%" PRId64, count);
	admin_say(rq, tone, key, number, NULL);
}

/* --- wishes --------------------------------------------------------------- */

static void
carry_out(struct admin_request *rq, const struct change *c,
	  const struct chosen *chosen)
{
	const struct key_filter f = {.ids = buf_str(&chosen->ids)};
	struct key_wish_of of = {c->wish, "", ""};
	int64_t count, kept;
	enum gb_err rc;

	kept = 0;
	of.model = form_value(&rq->form, "model");
	if (of.model[0] != '\0')
		of.wish = c->model_wish;
	if (c->word != NULL)
		of.text = form_value(&rq->form, c->word);
	if (strlen(of.text) > REASON_WORD) {
		admin_fail(rq, 400, "ERROR_FORM", NULL);
		return;
	}
	rc =
	    c->wish != WISH_REMOVE ? GB_OK : keys_in_settings(rq, f.ids, &kept);
	if (rc == GB_OK)
		rc = store_keys_wish(rq->store, &f, &of, clock_wall_ms(),
				     &count);
	if (rc == GB_EINVAL) {
		admin_say(rq, TONE_FAILED, "KEYS_BAD_PROJECT", NULL);
	} else if (rc != GB_OK) {
		admin_fault(rq, rc);
		return;
	} else {
		keys_log(rq, c->name, count);
		say_count(rq, TONE_DONE, c->done, count);
		if (kept > 0)
			say_count(rq, TONE_WARNING, "KEYS_IN_SETTINGS", kept);
	}
	keys_go_back(rq);
}

/* Deleting asks first, on a page of its own. */
static void
delete_sure(struct admin_request *rq, const struct change *c,
	    const struct chosen *chosen)
{
	struct dict *d;
	struct buf url;
	const char *id;
	size_t at;

	if (form_value(&rq->form, "sure")[0] != '\0') {
		carry_out(rq, c, chosen);
		return;
	}
	d = admin_content(rq, "keys_sure.html", "KEYS_SURE_TITLE");
	keys_sentence(rq, d, "QUESTION", "KEYS_SURE", chosen->count, 0);
	buf_init(&url, LIST_URL_MAX);
	buf_puts(&url, "keys");
	list_fields(&url, &rq->query);
	dict_set(d, "ACTION", buf_str(&url));
	buf_release(&url);
	dict_show_if(d, "SCOPE_ALL",
		     strcmp(form_value(&rq->form, "scope"), "all") == 0);
	at = 0;
	while ((id = form_next(&rq->form, "id", &at)) != NULL)
		dict_set(dict_add(d, "KEY"), "ID", id);
	admin_page(rq, 200);
}

static void
reset(struct admin_request *rq, const struct change *c,
      const struct chosen *chosen)
{
	int64_t count;
	enum gb_err rc;

	if (form_value(&rq->form, "model")[0] != '\0') {
		carry_out(rq, c, chosen);
		return;
	}
	if ((rc = keys_reset(rq, buf_str(&chosen->ids), &count)) != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	keys_log(rq, c->name, count);
	say_count(rq, TONE_DONE, c->done, count);
	keys_go_back(rq);
}

static void
tag(struct admin_request *rq, const struct change *c,
    const struct chosen *chosen)
{
	int64_t changed;
	enum gb_err rc;

	rc = store_key_tag(rq->store, buf_str(&chosen->ids),
			   form_value(&rq->form, c->word),
			   strcmp(c->name, "tag") == 0, &changed);
	if (rc == GB_EINVAL) {
		admin_say(rq, TONE_FAILED, "KEYS_BAD_TAG", NULL);
	} else if (rc != GB_OK) {
		admin_fault(rq, rc);
		return;
	} else {
		keys_log(rq, c->name, changed);
		say_count(rq, TONE_DONE, c->done, changed);
	}
	keys_go_back(rq);
}

/* --- export --------------------------------------------------------------- */

/* The keys, whole, a line each, so that they can be pasted elsewhere. */
static void
export_keys(struct admin_request *rq, const struct change *c,
	    const struct chosen *chosen)
{
	const struct key_filter f = {.ids = buf_str(&chosen->ids)};
	struct key_rows rows;
	struct buf lines;
	int64_t after;
	enum gb_err rc;
	size_t i, read;

	keys_log(rq, c->name, chosen->count);
	web_reply_header(rq->web, "Content-Disposition",
			 "attachment; filename=\"keys.txt\"");
	rc = web_stream_begin(rq->web, 200, "text/plain; charset=utf-8");
	buf_init(&lines, KEYS_PAGE_MAX * (KEY_SECRET_MAX + 2));
	after = 0;
	do {
		read = 0;
		if (rc == GB_OK)
			rc = store_keys_page(rq->reports, &f, clock_wall_ms(),
					     after, KEYS_PAGE_MAX, &rows);
		if (rc != GB_OK)
			break;
		for (i = 0; i < rows.count; i++)
			buf_printf(&lines, "%s\n", rows.rows[i].secret);
		if ((read = rows.count) > 0)
			after = rows.rows[read - 1].id;
		key_rows_free(&rows);
		if ((rc = buf_error(&lines)) == GB_OK && lines.len > 0)
			rc = web_stream_write(rq->web, buf_str(&lines),
					      lines.len);
		buf_reset(&lines);
	} while (rc == GB_OK && read == KEYS_PAGE_MAX);
	buf_wipe(&lines);
	if (rc != GB_OK && rc != GB_ECANCELED)
		web_break(rq->web); /* so that it is not taken for all */
}

static void
verify(struct admin_request *rq, const struct change *c,
       const struct chosen *chosen)
{
	(void)c;
	(void)chosen;
	keys_verify(rq);
}

/* --- which ---------------------------------------------------------------- */

static const struct change changes[] = {
    {"verify", NULL, verify, WISH_ENABLE, WISH_ENABLE, NULL},
    {"enable", "KEYS_DID_ENABLE", carry_out, WISH_ENABLE, WISH_ENABLE_MODEL,
     NULL},
    {"disable", "KEYS_DID_DISABLE", carry_out, WISH_DISABLE, WISH_DISABLE_MODEL,
     "word"},
    {"clear", "KEYS_DID_CLEAR", reset, WISH_CLEAR, WISH_CLEAR_MODEL, NULL},
    {"delete", "KEYS_DID_DELETE", delete_sure, WISH_REMOVE, WISH_REMOVE, NULL},
    {"project", "KEYS_DID_PROJECT", carry_out, WISH_PROJECT, WISH_PROJECT,
     "word"},
    {"tag", "KEYS_DID_TAG", tag, WISH_ENABLE, WISH_ENABLE, "word"},
    {"untag", "KEYS_DID_UNTAG", tag, WISH_ENABLE, WISH_ENABLE, "word"},
    {"export", NULL, export_keys, WISH_ENABLE, WISH_ENABLE, NULL},
};

static const struct change *
find_change(const char *name)
{
	size_t i;

	for (i = 0; i < GB_COUNT(changes); i++)
		if (strcmp(changes[i].name, name) == 0)
			return &changes[i];
	return NULL;
}

void
keys_change(struct admin_request *rq)
{
	const struct change *change;
	struct chosen chosen;
	enum gb_err rc;

	change = find_change(form_value(&rq->form, "do"));
	rc = change == NULL ? GB_EINVAL : GB_OK;
	buf_init(&chosen.ids, 0);
	if (rc == GB_OK && (rc = choose(rq, &chosen)) == GB_OK)
		rc = admin_reports(rq);
	if (rc == GB_EINVAL) {
		admin_fail(rq, 400, "ERROR_FORM", NULL);
	} else if (rc != GB_OK) {
		admin_fault(rq, rc);
	} else if (chosen.count == 0) {
		admin_say(rq, TONE_WARNING, "KEYS_NONE_CHOSEN", NULL);
		keys_go_back(rq);
	} else {
		change->make(rq, change, &chosen);
	}
	buf_release(&chosen.ids);
}
