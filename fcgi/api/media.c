/* media.c: files of the web that a chat names by URL */
#include "api/media.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "dialect/media.h"
#include "upstream/fetch.h"

/* The files of one request, each once, with the first part that names it. */
struct web_files {
	struct fetch list[FETCH_URLS_MAX];
	struct chat_part *part[FETCH_URLS_MAX];
	size_t count;
};

/* --- words ---------------------------------------------------------------- */

/* The client's fault, of the field that names the file. */
static bool
refuse(struct api_request *rq, const struct chat_part *part,
       enum api_fault fault, const char *why)
{
	api_error_set(&rq->error, fault, part->param, "%s: %s", part->param,
		      why);
	return false;
}

static bool
refuse_type(struct api_request *rq, const struct chat_part *part,
	    struct text type)
{
	if (type.ptr == NULL)
		return refuse(rq, part, FAULT_INVALID,
			      "the file has no MIME type, and its first bytes "
			      "do not tell it");
	api_error_set(&rq->error, FAULT_UNSUPPORTED, part->param,
		      "%s: Gemini does not read %.*s", part->param,
		      type.len < MEDIA_MIME_MAX ? (int)type.len
						: MEDIA_MIME_MAX,
		      type.ptr);
	return false;
}

/* What can be said without a number. */
static const char *const fetch_words[] = {
    [FETCH_BAD_URL] = "must be an http or https URL of at most 8192 bytes, "
		      "without a user name",
    [FETCH_NOT_ALLOWED] = "the URL does not lead to a public address",
    [FETCH_UNREACHABLE] = "the URL could not be fetched: its server does not "
			  "answer as one should",
    [FETCH_REDIRECTS] = "the URL is redirected too often",
    [FETCH_ENCODED] = "the URL's server sends the file compressed, which was "
		      "not asked for",
    [FETCH_EMPTY] = "the file is empty",
};

static bool
refuse_fetch(struct api_request *rq, const struct chat_part *part,
	     const struct fetch *f)
{
	const struct settings *cfg = rq->cfg;
	char why[160];

	switch (f->end) {
	case FETCH_HUNG_UP:
		api_hung_up(rq);
		return false;
	case FETCH_NO_MEMORY:
		api_fail(rq, GB_ENOMEM);
		return false;
	case FETCH_STATUS:
		(void)snprintf(why, sizeof(why),
			       "the URL's server answers with status %d",
			       f->status);
		break;
	case FETCH_TOO_LARGE:
		(void)snprintf(why, sizeof(why),
			       "the file is larger than %lld bytes, or all of "
			       "the request together than %lld",
			       (long long)cfg->fetch_max,
			       (long long)cfg->max_body);
		break;
	case FETCH_TIMEOUT:
		(void)snprintf(why, sizeof(why),
			       "the URL could not be fetched within %lld s",
			       (long long)cfg->fetch_timeout_ms / 1000);
		break;
	default:
		return refuse(rq, part, FAULT_INVALID, fetch_words[f->end]);
	}
	return refuse(rq, part, FAULT_INVALID, why);
}

/* --- who fetches ---------------------------------------------------------- */

/* Whether the URL itself goes to Gemini.  Some models take one, if it is https
 * and does not stand within a function's result. */
static bool
is_for_google(const struct api_request *rq, const struct chat_part *part,
	      const struct model_facts *facts)
{
	return !rq->cfg->fetch_urls && facts->file_uri &&
	       strncasecmp(part->data.ptr, "https://", 8) == 0 &&
	       !(part->of_result && facts->result_media);
}

/* It goes with the type that its name tells, if Gemini reads that. */
static bool
hand_over(struct api_request *rq, struct chat *chat, struct chat_part *part)
{
	char room[MEDIA_MIME_MAX];
	const char *mime;

	if (part->mime.ptr == NULL)
		return true;
	mime = media_accept(part->mime, room);
	if (mime == NULL)
		return refuse_type(rq, part, part->mime);
	part->mime = text_from(chat_copy(chat, text_from(mime)));
	if (part->mime.ptr == NULL)
		api_fail(rq, GB_ENOMEM);
	return part->mime.ptr != NULL;
}

/* The place of the part's URL among the files; files->count: it has none. */
static size_t
find_file(const struct web_files *files, const struct chat_part *part)
{
	size_t i;

	for (i = 0; i < files->count; i++)
		if (text_equal(files->part[i]->data, part->data))
			break;
	return i;
}

static bool
collect(struct api_request *rq, struct chat *chat,
	const struct model_facts *facts, struct web_files *files)
{
	struct chat_part *part;
	char why[80];
	size_t i;

	for (i = 0; i < chat->part_count; i++) {
		part = &chat->parts[i];
		if (part->kind != CHAT_WEB)
			continue;
		if (is_for_google(rq, part, facts)) {
			if (!hand_over(rq, chat, part))
				return false;
			continue;
		}
		if (find_file(files, part) < files->count)
			continue;
		if (files->count == FETCH_URLS_MAX) {
			(void)snprintf(why, sizeof(why),
				       "a request may name at most %d files "
				       "by URL",
				       FETCH_URLS_MAX);
			return refuse(rq, part, FAULT_INVALID, why);
		}
		files->part[files->count] = part;
		files->list[files->count++].url = part->data.ptr;
	}
	return true;
}

/* --- fetching ------------------------------------------------------------- */

static bool
fetch(struct api_request *rq, struct web_files *files)
{
	const struct settings *cfg = rq->cfg;
	struct fetch_limits limits;
	struct fetch *failed;

	limits.one_max = (size_t)cfg->fetch_max;
	limits.all_max = (size_t)cfg->max_body;
	limits.timeout_ms = cfg->fetch_timeout_ms;
	limits.allow = cfg->fetch_private ? NULL : address_is_public;
	limits.watch_fd = web_watch_fd(rq->web);
	failed =
	    fetch_all(app_engine(rq->app), files->list, files->count, &limits);
	return failed == NULL ||
	       refuse_fetch(rq, files->part[failed - files->list], failed);
}

/* The file's bytes as base64 and its type, which both are the chat's then. */
static bool
keep(struct api_request *rq, struct chat *chat, const struct chat_part *part,
     struct fetch *f, struct text *data, struct text *mime)
{
	struct text type, bytes = {f->body.data, f->body.len};
	char room[MEDIA_MIME_MAX], *owned;
	const char *accepted;

	accepted =
	    media_of_web(text_from(f->type), bytes, part->mime, &type, room);
	if (accepted == NULL)
		return refuse_type(rq, part, type);
	*mime = text_from(chat_copy(chat, text_from(accepted)));
	if (mime->ptr == NULL || base64_encode_all(&f->body) != GB_OK) {
		api_fail(rq, GB_ENOMEM);
		return false;
	}
	data->len = f->body.len;
	data->ptr = owned = buf_take(&f->body);
	if (owned == NULL || chat_own(chat, owned) != GB_OK) {
		free(owned);
		api_fail(rq, GB_ENOMEM);
		return false;
	}
	return true;
}

/* Every part that names a file gets it, the first one last, as it is what the
 * others are found by. */
static bool
place(struct api_request *rq, struct chat *chat, struct web_files *files)
{
	struct text data[FETCH_URLS_MAX], mime[FETCH_URLS_MAX];
	struct chat_part *part;
	size_t i, at;

	for (i = 0; i < files->count; i++)
		if (!keep(rq, chat, files->part[i], &files->list[i], &data[i],
			  &mime[i]))
			return false;
	for (i = chat->part_count; i-- > 0;) {
		part = &chat->parts[i];
		at = part->kind == CHAT_WEB ? find_file(files, part)
					    : files->count;
		if (at == files->count)
			continue;
		part->kind = CHAT_INLINE;
		part->data = data[at];
		part->mime = mime[at];
	}
	return true;
}

static bool
names_files(const struct chat *chat)
{
	size_t i;

	for (i = 0; i < chat->part_count; i++)
		if (chat->parts[i].kind == CHAT_WEB)
			return true;
	return false;
}

bool
media_resolve(struct api_request *rq, struct chat *chat,
	      const struct model_facts *facts)
{
	struct web_files *files;
	size_t i;
	bool ok;

	if (!names_files(chat))
		return true;
	if ((files = calloc(1, sizeof(*files))) == NULL) {
		api_fail(rq, GB_ENOMEM);
		return false;
	}
	ok = collect(rq, chat, facts, files);
	if (ok && files->count > 0)
		ok = fetch(rq, files) && place(rq, chat, files);
	for (i = 0; i < files->count; i++)
		buf_release(&files->list[i].body);
	free(files);
	return ok;
}
