/*
 * models.c: which models there are, in each dialect.
 *
 * What clients are told is what Google told of all keys in service, not older
 * than models_hours as long as Google can be asked: a job does (listing.h), and
 * where no job runs, or it comes too late, the client's request itself.  When
 * Google cannot be asked, what was known last is better than nothing.
 */
#include "api/endpoints.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/plain.h"
#include "base/clock.h"
#include "base/log.h"
#include "dialect/anthropic/anthropic_models.h"
#include "dialect/model_name.h"
#include "dialect/models_list.h"
#include "dialect/models_merge.h"
#include "store/jobs.h"

#define PAGES_MAX      20	  /* of a list; Google has one or two */
#define LIST_MAX       (16 << 20) /* bytes of a list that we write */
#define URL_MAX	       4096
#define PAGE_TOKEN_MAX 1024
#define NUMBER_MAX     24 /* bytes of a number in a query */

/* As Google has it. */
#define PAGE_SIZE_USUAL 50
#define PAGE_SIZE_MAX	1000

#define GRACE_MS (10 * MINUTE_MS) /* the job may need as long */
#define AGAIN_MS MINUTE_MS	  /* between two requests that ask anew */

static struct models_filter
filter_of(const struct api_request *rq)
{
	struct models_filter filter;

	filter.names = rq->cfg->filtered_models.items;
	filter.count = rq->cfg->filtered_models.count;
	filter.rules = rq->snap->models;
	filter.allowed = rq->token == NULL ? NULL : rq->token->models;
	return filter;
}

/* A new text for rq->out; "text" is emptied. */
static void
replace_out(struct api_request *rq, struct buf *text)
{
	enum gb_err rc;

	if ((rc = buf_error(text)) != GB_OK)
		api_fail(rq, rc);
	buf_reset(&rq->out);
	buf_add(&rq->out, buf_str(text), text->len);
	buf_release(text);
}

static void
not_a_list(struct api_request *rq)
{
	api_error_set(&rq->error, FAULT_UPSTREAM, NULL,
		      "Upstream's list of models could not be read.");
}

/* All pages from Google, by any key, as one list; "*pages" says how many. */
static bool
ask_pages(struct api_request *rq, struct models_merge *list, int *pages)
{
	char token[PAGE_TOKEN_MAX] = "";
	struct buf path;
	enum gb_err rc;
	bool more;

	buf_init(&path, URL_MAX);
	for (*pages = 0, more = true; more && *pages < PAGES_MAX; ++*pages) {
		buf_reset(&path);
		models_page_path(&path, token);
		if (!plain_get(rq, buf_str(&path)))
			break;
		rc = models_merge_add(list, buf_str(&rq->out), rq->out.len);
		if (rc == GB_EINVAL)
			not_a_list(rq);
		else if (rc != GB_OK && rc != GB_ETOOBIG)
			api_fail(rq, rc);
		if (rq->error.fault != FAULT_NONE)
			break;
		more = models_next_page(buf_str(&rq->out), rq->out.len, token,
					sizeof(token)) &&
		       token[0] != '\0';
	}
	buf_release(&path);
	return rq->error.fault == FAULT_NONE && !rq->entry.hung_up;
}

/* Keep the list of the key that was asked.  Nobody has to wait for it again,
 * but nothing fails for want of it. */
static void
keep_list(struct api_request *rq, const struct models_merge *list)
{
	const char *names;
	enum gb_err rc;

	names = models_merge_names(list);
	rc = names == NULL
		 ? GB_ENOMEM
		 : store_list_save(app_store(rq->app), rq->entry.key_id,
				   buf_str(list->out), names, clock_wall_ms());
	if (rc != GB_OK)
		log_warnx("key %lld: its list of models is not kept: %s",
			  (long long)rq->entry.key_id, gb_strerror(rc));
}

/* Ask Google now: the list of whichever key's turn it is. */
static bool
ask_google(struct api_request *rq, struct buf *out)
{
	struct models_merge list;
	enum gb_err rc;
	bool got;
	int pages;

	got = false;
	if ((rc = models_merge_begin(&list, out)) == GB_OK &&
	    (got = ask_pages(rq, &list, &pages)))
		rc = models_merge_end(&list);
	if (rc != GB_OK)
		api_fail(rq, rc);
	/* Pages may be of several keys, and then are no key's list. */
	else if (got && pages == 1 && rq->cfg->models_hours > 0)
		keep_list(rq, &list);
	models_merge_release(&list);
	return got && rc == GB_OK;
}

/* Whether what is known is so old that this request is to ask anew.  Others
 * need not wait for the answer, nor again when there is none. */
static bool
is_stale(const struct api_request *rq, int64_t newest_ms)
{
	int64_t now_ms;
	bool mine;

	now_ms = clock_wall_ms();
	if (now_ms - newest_ms < rq->cfg->models_hours * HOUR_MS + GRACE_MS)
		return false;
	return store_job_take(app_store(rq->app), "models-list", now_ms,
			      AGAIN_MS, AGAIN_MS, &mine) == GB_OK &&
	       mine;
}

/* What is known, of keys in service or of "any"; in "out" nothing else is. */
static bool
known_list(struct api_request *rq, bool any, struct buf *out,
	   int64_t *newest_ms)
{
	buf_reset(out);
	return rq->cfg->models_hours > 0 &&
	       lists_get(app_lists(rq->app), app_store(rq->app), any, out,
			 newest_ms) == GB_OK;
}

/* The list of all models into "out", in Google's form. */
static bool
get_list(struct api_request *rq, struct buf *out)
{
	int64_t newest_ms;
	struct buf fresh;
	bool got;

	if (known_list(rq, false, out, &newest_ms) && !is_stale(rq, newest_ms))
		return true;
	buf_init(&fresh, LIST_MAX);
	got = ask_google(rq, &fresh);
	if (got && !known_list(rq, false, out, &newest_ms)) {
		buf_reset(out);
		buf_add(out, buf_str(&fresh), fresh.len);
	} else if (!got && !rq->entry.hung_up &&
		   known_list(rq, true, out, &newest_ms)) {
		api_error_clear(&rq->error);
		got = true;
	}
	buf_release(&fresh);
	return got;
}

/* The reply is what rq->out has, wherever it came from. */
static void
say_ok(struct api_request *rq)
{
	rq->status = 200;
	rq->content_type = API_JSON_TYPE;
	if (rq->entry.first_byte_ms < 0)
		rq->entry.first_byte_ms = api_elapsed_ms(rq);
}

void
models_openai_list(struct api_request *rq)
{
	struct models_filter filter = filter_of(rq);
	struct models_openai openai;
	struct buf list, text;

	buf_init(&list, LIST_MAX);
	buf_init(&text, LIST_MAX);
	if (!get_list(rq, &list))
		goto out;
	models_openai_begin(&openai, &filter, &text);
	if (models_openai_page(&openai, buf_str(&list), list.len) == GB_OK) {
		models_openai_end(&openai);
		replace_out(rq, &text);
		say_ok(rq);
	} else
		not_a_list(rq);
out:
	buf_release(&text);
	buf_release(&list);
}

/* The name in the path. */
static const char *
asked_name(const struct api_request *rq)
{
	const char *name = rq->rest;

	return strncmp(name, "models/", 7) == 0 ? name + 7 : name;
}

/* Put a model into rq->out, when a list has it. */
static bool
known_model(struct api_request *rq, bool any, const char *name)
{
	int64_t newest_ms;
	struct buf list;
	bool found;

	buf_init(&list, LIST_MAX);
	buf_reset(&rq->out);
	found = known_list(rq, any, &list, &newest_ms) &&
		models_pick(buf_str(&list), list.len, name, &rq->out) == GB_OK;
	buf_release(&list);
	return found;
}

/* Get the model that the path names into rq->out. */
static bool
get_model(struct api_request *rq)
{
	struct models_filter filter = filter_of(rq);
	const char *name = asked_name(rq);
	struct model_name meant;
	struct buf path;
	bool got;

	(void)snprintf(rq->entry.model, sizeof(rq->entry.model), "%s", name);
	model_name_resolve(name, filter.rules, &meant);
	if (name[0] == '\0' || strlen(name) >= MODEL_NAME_MAX ||
	    models_hidden(&filter, name)) {
		api_error_set(&rq->error, FAULT_NO_MODEL, "model",
			      "The model %.128s does not exist.", name);
		return false;
	}
	if (known_model(rq, false, meant.google))
		return true;
	buf_init(&path, URL_MAX);
	models_one_path(&path, meant.google);
	got = plain_get(rq, buf_str(&path));
	buf_release(&path);
	if (!got && !rq->entry.hung_up && rq->error.status != 404 &&
	    known_model(rq, true, meant.google)) {
		api_error_clear(&rq->error);
		got = true;
	}
	return got;
}

/* Answer with one model, as "write" puts it down. */
static void
answer_model(struct api_request *rq,
	     enum gb_err (*write)(const char *, size_t, const char *,
				  struct buf *))
{
	struct buf text;

	if (!get_model(rq))
		return;
	buf_init(&text, LIST_MAX);
	if (write(buf_str(&rq->out), rq->out.len, asked_name(rq), &text) ==
	    GB_OK) {
		replace_out(rq, &text);
		say_ok(rq);
	} else
		not_a_list(rq);
	buf_release(&text);
}

void
models_openai_get(struct api_request *rq)
{
	answer_model(rq, models_openai_one);
}

/* A number of the query, "usual" without it; false: it is none. */
static bool
query_number(struct api_request *rq, const char *name, size_t usual,
	     size_t *number)
{
	char text[NUMBER_MAX], *end;

	*number = usual;
	if (!web_query_has(rq->web, name))
		return true;
	errno = 0;
	if (web_query_value(rq->web, name, text, sizeof(text)) &&
	    text[0] >= '0' && text[0] <= '9') {
		*number = strtoul(text, &end, 10);
		if (errno == 0 && *end == '\0')
			return true;
	}
	api_error_set(&rq->error, FAULT_INVALID, name,
		      "%s: must be what a list of models said, or a whole "
		      "number.",
		      name);
	return false;
}

void
models_gemini_list(struct api_request *rq)
{
	struct models_filter filter = filter_of(rq);
	struct buf list, shown, text;
	size_t size, from;
	enum gb_err rc;

	buf_init(&list, LIST_MAX);
	buf_init(&shown, LIST_MAX);
	buf_init(&text, LIST_MAX);
	if (!query_number(rq, "pageSize", 0, &size) ||
	    !query_number(rq, "pageToken", 0, &from) || !get_list(rq, &list))
		goto out;
	if (size == 0)
		size = PAGE_SIZE_USUAL;
	if (size > PAGE_SIZE_MAX)
		size = PAGE_SIZE_MAX;
	/* Clients stumble over a page of which nothing is left. */
	rc = models_native_page(&filter, buf_str(&list), list.len, &shown);
	if (rc == GB_OK)
		rc = models_cut(buf_str(&shown), shown.len, from, size, &text);
	if (rc == GB_OK) {
		replace_out(rq, &text);
		say_ok(rq);
	} else
		not_a_list(rq);
out:
	buf_release(&text);
	buf_release(&shown);
	buf_release(&list);
}

void
models_gemini_get(struct api_request *rq)
{
	answer_model(rq, models_native_one);
}

/* What an OpenAI client would be told, in Anthropic's form. */
static void
to_anthropic(struct api_request *rq)
{
	struct buf text;

	if (rq->error.fault != FAULT_NONE || rq->entry.hung_up)
		return;
	buf_init(&text, LIST_MAX);
	if (anthropic_models_write(buf_str(&rq->out), rq->out.len, &text) ==
	    GB_OK)
		replace_out(rq, &text);
	else
		not_a_list(rq);
	buf_release(&text);
}

void
models_anthropic_list(struct api_request *rq)
{
	models_openai_list(rq);
	to_anthropic(rq);
}

void
models_anthropic_get(struct api_request *rq)
{
	models_openai_get(rq);
	to_anthropic(rq);
}
