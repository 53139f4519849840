/* page_keys_add.c: keys out of whatever somebody pastes, looked at first */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "admin/keys.h"
#include "admin/pages.h"
#include "base/clock.h"
#include "keys/key_input.h"

/* What a form pasted. */
struct paste {
	enum key_pool pool;
	const char *project, *tag;
	struct key_input in;
	size_t known;
};

static enum key_pool
pool_of(const struct form *form)
{
	return strcmp(form_value(form, "pool"), key_pool_names[POOL_VERTEX]) ==
		       0
		   ? POOL_VERTEX
		   : POOL_GEMINI;
}

/* The form, with what was filled in. */
static struct dict *
show_form(struct admin_request *rq, const char *text)
{
	enum key_pool pool;
	struct dict *d, *option;

	d = admin_content(rq, "keys_add.html", "KEYS_ADD_TITLE");
	dict_set(d, "PASTED", text);
	dict_set(d, "PROJECT", form_value(&rq->form, "project"));
	dict_set(d, "TAG", form_value(&rq->form, "tag"));
	for (pool = 0; pool < POOL__MAX; pool++) {
		option = dict_add(d, "POOL_OPTION");
		dict_set(option, "VALUE", key_pool_names[pool]);
		dict_show_if(option, "ON", pool == pool_of(&rq->form));
	}
	return d;
}

void
keys_add_show(struct admin_request *rq)
{
	(void)show_form(rq, "");
	admin_page(rq, 200);
}

/* What is wrong with the form as a whole; NULL: nothing. */
static const char *
find_fault(const struct paste *p)
{
	if (p->project[0] != '\0' && !key_project_plausible(p->project))
		return "KEYS_BAD_PROJECT";
	if (p->tag[0] != '\0' && !key_tag_plausible(p->tag))
		return "KEYS_BAD_TAG";
	return NULL;
}

static void
refuse(struct admin_request *rq, int status, const char *key)
{
	admin_say(rq, TONE_FAILED, key, NULL);
	/* Not more than a page can bear. */
	(void)show_form(rq, status == 413 ? "" : form_value(&rq->form, "keys"));
	admin_page(rq, status);
}

/* What would be added, and what is wrong with the rest.  The form has the
 * usable keys in it, and only those, a line each. */
static void
preview(struct admin_request *rq, const struct paste *p)
{
	static const char *const reasons[KEY_UNFIT__MAX] = {
	    [KEY_TOO_SHORT] = "KEYS_UNFIT_SHORT",
	    [KEY_TOO_LONG] = "KEYS_UNFIT_LONG",
	    [KEY_HAS_CONTROL] = "KEYS_UNFIT_CONTROL",
	};
	struct dict *d, *line;
	struct buf text;
	size_t i;

	buf_init(&text, KEY_INPUT_MAX + 1);
	for (i = 0; i < p->in.count; i++)
		buf_printf(&text, "%s\n", p->in.keys[i]);
	d = show_form(rq, p->in.count > 0 ? buf_str(&text)
					  : form_value(&rq->form, "keys"));
	buf_wipe(&text);
	d = dict_add(d, "PREVIEW");
	dict_set_int(d, "NEW", (int64_t)(p->in.count - p->known));
	dict_set_int(d, "KNOWN", (int64_t)p->known);
	dict_set_int(d, "DUPLICATES", (int64_t)p->in.duplicates);
	dict_set_int(d, "UNUSABLE", (int64_t)p->in.unusable_count);
	dict_set_int(d, "SKIPPED", (int64_t)p->in.skipped);
	dict_show_if(d, "USABLE", p->in.count > 0);
	dict_show_if(d, "UNUSABLE_LIST", p->in.unusable_count > 0);
	for (i = 0; i < p->in.unusable_count && i < KEY_UNUSABLE_MAX; i++) {
		line = dict_add(d, "WORD");
		keys_sentence(rq, line, "LINE", "KEYS_LINE",
			      (int64_t)p->in.unusable[i].line, 0);
		dict_set(line, "MASK", p->in.unusable[i].mask);
		dict_set(line, "WHY",
			 admin_text(rq, reasons[p->in.unusable[i].why]));
	}
	admin_page(rq, 200);
}

/* Give all pasted keys the tag, those known before too. */
static enum gb_err
tag_all(struct admin_request *rq, const struct paste *p)
{
	int64_t id, changed;
	struct buf ids;
	enum gb_err rc;
	size_t i;

	if (p->tag[0] == '\0')
		return GB_OK;
	buf_init(&ids, KEYS_IDS_MAX);
	buf_putc(&ids, '[');
	for (rc = GB_OK, i = 0; rc == GB_OK && i < p->in.count; i++) {
		rc =
		    store_key_find_in(rq->reports, p->pool, p->in.keys[i], &id);
		buf_printf(&ids, "%s%" PRId64, i > 0 ? "," : "", id);
	}
	buf_putc(&ids, ']');
	if (rc == GB_OK && (rc = buf_error(&ids)) == GB_OK)
		rc = store_key_tag(rq->store, buf_str(&ids), p->tag, true,
				   &changed);
	buf_release(&ids);
	return rc;
}

static void
add(struct admin_request *rq, const struct paste *p)
{
	char fresh[24], known[24];
	enum gb_err rc;
	size_t added;

	rc =
	    store_keys_add_to(rq->store, p->pool,
			      p->project[0] == '\0' ? NULL : p->project,
			      p->in.keys, p->in.count, clock_wall_ms(), &added);
	if (rc == GB_OK)
		rc = tag_all(rq, p);
	if (rc != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	keys_log(rq, "add", (int64_t)added);
	(void)snprintf(fresh, sizeof(fresh), "%zu", added);
	(void)snprintf(known, sizeof(known), "%zu", p->in.count - added);
	admin_say(rq, TONE_DONE, "KEYS_DID_ADD", fresh, known, NULL);
	admin_redirect(rq, "admin/keys");
}

void
keys_add_try(struct admin_request *rq)
{
	struct paste p;
	const char *text, *fault;
	enum gb_err rc;

	memset(&p, 0, sizeof(p));
	p.pool = pool_of(&rq->form);
	p.project = form_value(&rq->form, "project");
	p.tag = form_value(&rq->form, "tag");
	if ((fault = find_fault(&p)) != NULL) {
		refuse(rq, 422, fault);
		return;
	}
	text = form_value(&rq->form, "keys");
	rc = key_input_read(&p.in, p.pool, text, strlen(text));
	if (rc == GB_ETOOBIG) {
		refuse(rq, 413, "KEYS_TOO_MANY");
		return;
	}
	if (rc == GB_OK && (rc = admin_reports(rq)) == GB_OK)
		rc = store_keys_known(rq->reports, p.pool, p.in.keys,
				      p.in.count, &p.known);
	if (rc != GB_OK)
		admin_fault(rq, rc);
	else if (strcmp(form_value(&rq->form, "do"), "add") == 0 &&
		 p.in.count > 0)
		add(rq, &p);
	else
		preview(rq, &p);
	key_input_release(&p.in);
}
