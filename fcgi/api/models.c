/* models.c: which models there are, in both dialects */
#include "api/endpoints.h"

#include <stdio.h>
#include <string.h>

#include "api/plain.h"
#include "dialect/anthropic_models.h"
#include "dialect/model_name.h"
#include "dialect/models_list.h"
#include "dialect/native_request.h"

#define PAGES_MAX      20	  /* of a list; Google has one or two */
#define LIST_MAX       (16 << 20) /* bytes of a list that we write */
#define URL_MAX	       4096
#define PAGE_TOKEN_MAX 1024

static struct models_filter
filter_of(const struct api_request *rq)
{
	struct models_filter filter;

	filter.names = rq->cfg->filtered_models.items;
	filter.count = rq->cfg->filtered_models.count;
	filter.rules = rq->snap->models;
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

/* Append characters of a URL's query value. */
static void
add_escaped(struct buf *url, const char *text)
{
	for (; *text != '\0'; text++) {
		if ((*text >= 'a' && *text <= 'z') ||
		    (*text >= 'A' && *text <= 'Z') ||
		    (*text >= '0' && *text <= '9') ||
		    strchr("-._~", *text) != NULL)
			buf_putc(url, *text);
		else
			buf_printf(url, "%%%02X", (unsigned char)*text);
	}
}

void
models_openai_list(struct api_request *rq)
{
	struct models_filter filter = filter_of(rq);
	char token[PAGE_TOKEN_MAX];
	struct models_openai list;
	struct buf text, url;
	int pages;

	buf_init(&text, LIST_MAX);
	buf_init(&url, URL_MAX);
	models_openai_begin(&list, &filter, &text);
	token[0] = '\0';
	for (pages = 0; pages < PAGES_MAX; pages++) {
		buf_reset(&url);
		buf_puts(&url, "/v1beta/models?pageSize=1000");
		if (token[0] != '\0') {
			buf_puts(&url, "&pageToken=");
			add_escaped(&url, token);
		}
		if (!plain_get(rq, buf_str(&url)))
			goto out;
		if (models_openai_page(&list, buf_str(&rq->out), rq->out.len) !=
		    GB_OK) {
			not_a_list(rq);
			goto out;
		}
		if (!models_next_page(buf_str(&rq->out), rq->out.len, token,
				      sizeof(token)) ||
		    token[0] == '\0')
			break;
	}
	models_openai_end(&list);
	replace_out(rq, &text);
out:
	buf_release(&url);
	buf_release(&text);
}

/* The name in the path. */
static const char *
asked_name(const struct api_request *rq)
{
	const char *name = rq->rest;

	return strncmp(name, "models/", 7) == 0 ? name + 7 : name;
}

/* Get the model that the path names into rq->out. */
static bool
get_model(struct api_request *rq)
{
	struct models_filter filter = filter_of(rq);
	const char *name = asked_name(rq);
	struct model_name meant;
	struct buf url;
	bool got;

	(void)snprintf(rq->entry.model, sizeof(rq->entry.model), "%s", name);
	model_name_resolve(name, filter.rules, &meant);
	if (name[0] == '\0' || strlen(name) >= MODEL_NAME_MAX ||
	    models_hidden(&filter, name)) {
		api_error_set(&rq->error, FAULT_NO_MODEL, "model",
			      "The model %.128s does not exist.", name);
		return false;
	}
	buf_init(&url, URL_MAX);
	buf_puts(&url, "/v1beta/models/");
	add_escaped(&url, meant.google);
	got = plain_get(rq, buf_str(&url));
	buf_release(&url);
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
	    GB_OK)
		replace_out(rq, &text);
	else
		not_a_list(rq);
	buf_release(&text);
}

void
models_openai_get(struct api_request *rq)
{
	answer_model(rq, models_openai_one);
}

void
models_gemini_list(struct api_request *rq)
{
	struct models_filter filter = filter_of(rq);
	struct buf text, url, query;

	buf_init(&text, LIST_MAX);
	buf_init(&url, URL_MAX);
	buf_init(&query, URL_MAX);
	native_query_rewrite(web_query(rq->web), &query);
	buf_printf(&url, "/v1beta/models%s%s", query.len > 0 ? "?" : "",
		   buf_str(&query));
	if (!plain_get(rq, buf_str(&url)))
		goto out;
	if (models_native_page(&filter, buf_str(&rq->out), rq->out.len,
			       &text) == GB_OK)
		replace_out(rq, &text);
	else
		not_a_list(rq);
out:
	buf_release(&query);
	buf_release(&url);
	buf_release(&text);
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
