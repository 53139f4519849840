/* routes.c: the one table of everything that this program answers */
#include "api/routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/admit.h"
#include "api/cors.h"
#include "api/endpoints.h"
#include "api/path_mend.h"
#include "api/request.h"
#include "dialect/gemini/owned_names.h"

#define ALLOW_MAX 32 /* bytes of all methods of a path, with NUL */
#define MENDED_MAX \
	(16 * 1024) /* bytes of a path; web servers stop at 8 KiB \
		     */

enum who {
	ANYBODY,       /* no token asked for */
	TOKEN_USER,    /* a valid access token */
	UPLOAD_USER,   /* the same, or the id of an upload that has begun */
	METRICS_READER /* the admin, or one of metrics_addresses */
};

/* Where an endpoint lies, below the mount. */
enum place {
	AT_ROOT = 1,
	AT_OPENAI = 2,	    /* /v1, /hf/v1, /openai/v1 */
	AT_GEMINI = 4,	    /* /v1beta, /gemini/v1beta, /v1alpha */
	AT_GEMINI_V1 = 8,   /* /v1, whose other paths are OpenAI's */
	AT_GEMINI_KEY = 16, /* /v1 for who brings the token as Google's clients
			       do: they ask for models there, too */
	AT_ANTHROPIC = 32,  /* /v1, /anthropic/v1 and the others of OpenAI */
	AT_ANTHROPIC_HEADER = 64, /* the same for who names Anthropic's version:
				    they ask for models there, too */
	AT_VERTEX = 256,	  /* /vertex-express/v1beta */
	AT_VERTEX_V1 = 512, /* /vertex-express/v1: chats of OpenAI's, too */
	AT_OWNED = 128, /* a path of Gemini's that names what belongs to a key,
			   or a collection of it */
	AT_OWNED_FILES = 4096, /* the same of Gemini's files */
	AT_UPLOAD = 1024,      /* /upload/v1beta */
	AT_LIVE = 2048	       /* /ws, where a WebSocket would be */
};

static const struct prefix {
	const char *path;
	unsigned places;
	enum api_dialect dialect; /* of what is not found below it */
} prefixes[] = {
    {"/v1", AT_OPENAI | AT_GEMINI_V1 | AT_ANTHROPIC, DIALECT_OPENAI},
    {"/hf/v1", AT_OPENAI | AT_ANTHROPIC, DIALECT_OPENAI},
    {"/openai/v1", AT_OPENAI | AT_ANTHROPIC, DIALECT_OPENAI},
    {"/anthropic/v1", AT_ANTHROPIC | AT_ANTHROPIC_HEADER, DIALECT_ANTHROPIC},
    {"/v1beta", AT_GEMINI, DIALECT_GOOGLE},
    {"/gemini/v1beta", AT_GEMINI, DIALECT_GOOGLE},
    {"/v1alpha", AT_GEMINI, DIALECT_GOOGLE},
    {"/vertex-express/v1beta", AT_VERTEX, DIALECT_GOOGLE},
    {"/vertex-express/v1", AT_VERTEX_V1, DIALECT_OPENAI},
    {"/gemini/v1alpha", AT_GEMINI, DIALECT_GOOGLE},
    {"/download/v1beta", AT_GEMINI, DIALECT_GOOGLE},
    {"/gemini/download/v1beta", AT_GEMINI, DIALECT_GOOGLE},
    {"/upload/v1beta", AT_UPLOAD, DIALECT_GOOGLE},
    {"/gemini/upload/v1beta", AT_UPLOAD, DIALECT_GOOGLE},
    {"/upload/v1alpha", AT_UPLOAD, DIALECT_GOOGLE},
    {"/upload/v1", AT_UPLOAD, DIALECT_GOOGLE},
    {"/ws", AT_LIVE, DIALECT_GOOGLE},
    {"/gemini/ws", AT_LIVE, DIALECT_GOOGLE},
    {"", AT_ROOT, DIALECT_OPENAI},
};

/* In "path" a "*" at the end stands for the rest, at least one character;
 * with ":" in it for a row whose path says "*:*".  A row without a handler says
 * whose dialect it is that such a path is not found. */
static const struct route {
	const char *method;
	unsigned places;
	const char *path;
	enum who who;
	enum token_endpoint family; /* as tokens are allowed them */
	enum api_dialect dialect;
	const char *name; /* in the journal; NULL: leaves no row */
	void (*handler)(struct api_request *);
} routes[] = {
    {"GET", AT_ROOT, "/health", ANYBODY, ENDPOINT_MODELS, DIALECT_OPENAI, NULL,
     health_get},
    {"GET", AT_ROOT, "/metrics", METRICS_READER, ENDPOINT_MODELS,
     DIALECT_OPENAI, NULL, metrics_get},
    /* Its name is what nobody can guess. */
    {"GET", AT_ROOT, "/pictures/*", ANYBODY, ENDPOINT_IMAGES, DIALECT_OPENAI,
     NULL, pictures_get},
    {"*", AT_OWNED, "/*", TOKEN_USER, ENDPOINT_NATIVE, DIALECT_GOOGLE,
     "gemini.other", owned_call},
    {"*", AT_OWNED_FILES, "/*", TOKEN_USER, ENDPOINT_FILES, DIALECT_GOOGLE,
     "gemini.other", owned_call},
    {"POST", AT_UPLOAD, "/*", UPLOAD_USER, ENDPOINT_FILES, DIALECT_GOOGLE,
     "gemini.upload", upload_call},
    {"PUT", AT_UPLOAD, "/*", UPLOAD_USER, ENDPOINT_FILES, DIALECT_GOOGLE,
     "gemini.upload", upload_call},
    {"*", AT_LIVE, "/*", TOKEN_USER, ENDPOINT_NATIVE, DIALECT_GOOGLE,
     "gemini.live", live_call},
    {"POST", AT_OPENAI | AT_VERTEX_V1, "/chat/completions", TOKEN_USER,
     ENDPOINT_CHAT, DIALECT_OPENAI, "chat.completions", chat_completions},
    {"POST", AT_OPENAI | AT_VERTEX_V1, "/completions", TOKEN_USER,
     ENDPOINT_CHAT, DIALECT_OPENAI, "completions", chat_plain_completions},
    {"POST", AT_ANTHROPIC, "/messages", TOKEN_USER, ENDPOINT_CHAT,
     DIALECT_ANTHROPIC, "messages", chat_messages},
    {"POST", AT_ANTHROPIC, "/messages/count_tokens", TOKEN_USER, ENDPOINT_CHAT,
     DIALECT_ANTHROPIC, "messages.count_tokens", chat_messages_count},
    {"", AT_ANTHROPIC, "/messages/*", TOKEN_USER, ENDPOINT_CHAT,
     DIALECT_ANTHROPIC, NULL, NULL},
    {"GET", AT_ANTHROPIC_HEADER, "/models", TOKEN_USER, ENDPOINT_MODELS,
     DIALECT_ANTHROPIC, "anthropic.models.list", models_anthropic_list},
    {"GET", AT_ANTHROPIC_HEADER, "/models/*", TOKEN_USER, ENDPOINT_MODELS,
     DIALECT_ANTHROPIC, "anthropic.models.get", models_anthropic_get},
    {"POST", AT_OPENAI, "/responses", TOKEN_USER, ENDPOINT_CHAT, DIALECT_OPENAI,
     "responses", chat_responses},
    {"POST", AT_OPENAI, "/responses/input_tokens", TOKEN_USER, ENDPOINT_CHAT,
     DIALECT_OPENAI, "responses.input_tokens", chat_responses_count},
    {"GET", AT_OPENAI, "/responses/*", TOKEN_USER, ENDPOINT_CHAT,
     DIALECT_OPENAI, "responses.get", chat_responses_stored},
    {"DELETE", AT_OPENAI, "/responses/*", TOKEN_USER, ENDPOINT_CHAT,
     DIALECT_OPENAI, "responses.delete", chat_responses_stored},
    {"POST", AT_OPENAI, "/responses/*", TOKEN_USER, ENDPOINT_CHAT,
     DIALECT_OPENAI, "responses.cancel", chat_responses_stored},
    {"POST", AT_OPENAI | AT_VERTEX_V1, "/images/generations", TOKEN_USER,
     ENDPOINT_IMAGES, DIALECT_OPENAI, "images.generations", images_generations},
    {"POST", AT_OPENAI | AT_VERTEX_V1, "/images/edits", TOKEN_USER,
     ENDPOINT_IMAGES, DIALECT_OPENAI, "images.edits", images_edits},
    {"POST", AT_OPENAI | AT_VERTEX_V1, "/images/variations", TOKEN_USER,
     ENDPOINT_IMAGES, DIALECT_OPENAI, "images.variations", images_variations},
    {"POST", AT_OPENAI, "/embeddings", TOKEN_USER, ENDPOINT_EMBEDDINGS,
     DIALECT_OPENAI, "embeddings", embeddings_create},
    {"POST", AT_OPENAI, "/moderations", TOKEN_USER, ENDPOINT_CHAT,
     DIALECT_OPENAI, "moderations", moderations_create},
    {"POST", AT_OPENAI, "/audio/transcriptions", TOKEN_USER, ENDPOINT_AUDIO,
     DIALECT_OPENAI, "audio.transcriptions", transcriptions_create},
    {"POST", AT_OPENAI, "/audio/translations", TOKEN_USER, ENDPOINT_AUDIO,
     DIALECT_OPENAI, "audio.translations", transcriptions_translate},
    {"POST", AT_OPENAI, "/audio/speech", TOKEN_USER, ENDPOINT_AUDIO,
     DIALECT_OPENAI, "audio.speech", speech_create},
    {"GET", AT_GEMINI_KEY, "/models", TOKEN_USER, ENDPOINT_MODELS,
     DIALECT_GOOGLE, "gemini.models.list", models_gemini_list},
    {"GET", AT_GEMINI_KEY, "/models/*", TOKEN_USER, ENDPOINT_MODELS,
     DIALECT_GOOGLE, "gemini.models.get", models_gemini_get},
    {"POST", AT_OPENAI, "/files", TOKEN_USER, ENDPOINT_FILES, DIALECT_OPENAI,
     "files.create", openai_files_create},
    {"GET", AT_OPENAI, "/files", TOKEN_USER, ENDPOINT_FILES, DIALECT_OPENAI,
     "files.list", openai_files_list},
    {"GET", AT_OPENAI, "/files/*", TOKEN_USER, ENDPOINT_FILES, DIALECT_OPENAI,
     "files.get", openai_files_get},
    {"DELETE", AT_OPENAI, "/files/*", TOKEN_USER, ENDPOINT_FILES,
     DIALECT_OPENAI, "files.delete", openai_files_delete},
    {"GET", AT_OPENAI | AT_VERTEX_V1, "/models", TOKEN_USER, ENDPOINT_MODELS,
     DIALECT_OPENAI, "models.list", models_openai_list},
    {"POST", AT_GEMINI | AT_GEMINI_V1 | AT_VERTEX | AT_VERTEX_V1, "/models/*:*",
     TOKEN_USER, ENDPOINT_NATIVE, DIALECT_GOOGLE, "gemini", native_verb},
    {"GET", AT_OPENAI | AT_VERTEX_V1, "/models/*", TOKEN_USER, ENDPOINT_MODELS,
     DIALECT_OPENAI, "models.get", models_openai_get},
    {"GET", AT_GEMINI | AT_VERTEX, "/models", TOKEN_USER, ENDPOINT_MODELS,
     DIALECT_GOOGLE, "gemini.models.list", models_gemini_list},
    {"GET", AT_GEMINI | AT_VERTEX, "/models/*", TOKEN_USER, ENDPOINT_MODELS,
     DIALECT_GOOGLE, "gemini.models.get", models_gemini_get},
};

/* What the route's "*" stands for in "path", "" for a route without; NULL
 * when they do not match. */
static const char *
match_path(const char *pattern, const char *path)
{
	size_t len;

	len = strcspn(pattern, "*");
	if (pattern[len] == '\0')
		return strcmp(pattern, path) == 0 ? "" : NULL;
	if (strncmp(pattern, path, len) != 0 || path[len] == '\0')
		return NULL;
	if (pattern[len + 1] == ':' && strchr(path + len, ':') == NULL)
		return NULL;
	return path + len;
}

struct found {
	const struct route *route; /* NULL: none */
	const char *rest;
	char allow[ALLOW_MAX]; /* methods that the path has, but not this */
	enum api_dialect dialect;
	enum key_pool pool; /* whose keys are asked with */
	bool is_api;	    /* it lies below an API's prefix */
};

/* A HEAD is a GET whose body web_reply() leaves out. */
static bool
takes_method(const char *wanted, const char *method)
{
	return strcmp(wanted, "*") == 0 || strcmp(wanted, method) == 0 ||
	       (strcmp(wanted, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

/* No method is another one's beginning or end. */
static void
allow(struct found *f, const char *method)
{
	size_t len = strlen(f->allow);

	if (strstr(f->allow, method) == NULL)
		(void)snprintf(f->allow + len, sizeof(f->allow) - len, "%s%s",
			       len == 0 ? "" : ", ", method);
}

static void
find_below(struct found *f, unsigned places, const char *method,
	   const char *path)
{
	const struct route *r;
	const char *rest;

	for (r = routes; r < routes + GB_COUNT(routes); r++) {
		if ((r->places & places) == 0 ||
		    (rest = match_path(r->path, path)) == NULL)
			continue;
		f->dialect = r->dialect;
		if (r->handler == NULL)
			continue;
		if (!takes_method(r->method, method)) {
			allow(f, r->method);
			continue;
		}
		f->route = r;
		f->rest = rest;
		return;
	}
}

/* Whether the token comes in Google's way and not in OpenAI's. */
static bool
speaks_gemini(const struct web_request *web)
{
	return web_header(web, "Authorization") == NULL &&
	       (web_query_has(web, "key") ||
		web_header(web, "x-goog-api-key") != NULL);
}

/* Anthropic's clients all say which version of its API they know. */
static bool
speaks_anthropic(const struct web_request *web)
{
	return web_header(web, "anthropic-version") != NULL;
}

/* Whether a path of Gemini's, behind the version, is AT_OWNED. */
static bool
is_owned(const char *path)
{
	struct owned_name name;

	path += *path == '/';
	return owned_collection(path, strcspn(path, "/:")) ||
	       owned_name_of_path(&name, path);
}

/* Whether such a path is of files. */
static bool
is_file(const char *path)
{
	path += *path == '/';
	return strcspn(path, "/:") == 5 && strncmp(path, "files", 5) == 0;
}

static void
find_route(struct found *f, const struct web_request *web, const char *path)
{
	const struct prefix *p;
	unsigned places;
	size_t len;

	memset(f, 0, sizeof(*f));
	for (p = prefixes; p < prefixes + GB_COUNT(prefixes); p++) {
		len = strlen(p->path);
		if (strncmp(path, p->path, len) != 0 ||
		    (path[len] != '/' && path[len] != '\0'))
			continue;
		f->dialect = p->dialect;
		f->is_api = len > 0;
		places = p->places;
		if ((places & (AT_VERTEX | AT_VERTEX_V1)) != 0)
			f->pool = POOL_VERTEX;
		if ((places & (AT_GEMINI_V1 | AT_VERTEX_V1)) != 0 &&
		    speaks_gemini(web))
			places |= AT_GEMINI_KEY;
		if ((places & AT_ANTHROPIC) != 0 && speaks_anthropic(web)) {
			places |= AT_ANTHROPIC_HEADER;
			f->dialect = DIALECT_ANTHROPIC;
		}
		if ((places & (AT_GEMINI | AT_GEMINI_KEY)) != 0 &&
		    is_owned(path + len))
			places |=
			    is_file(path + len) ? AT_OWNED_FILES : AT_OWNED;
		find_below(f, places, web_method(web), path + len);
		return;
	}
}

/* Whether the path is one of ours, be it with another method. */
static bool
is_ours(const struct found *f)
{
	return f->route != NULL || f->allow[0] != '\0';
}

/* Clients put a model's full name, "models/NAME", where the name belongs. */
static bool
is_right(const struct found *f)
{
	return f->route != NULL && strncmp(f->rest, "models/", 7) != 0;
}

/* The route of the request; a path that is none may be mended into one, and is
 * the request's from then on. */
static void
find_or_mend(struct found *f, const struct api_request *rq)
{
	struct found meant;
	struct buf path;

	find_route(f, rq->web, web_path(rq->web));
	if (is_right(f) || !rq->cfg->url_normalization)
		return;
	buf_init(&path, MENDED_MAX);
	if (path_mend(web_path(rq->web), &path)) {
		find_route(&meant, rq->web, buf_str(&path));
		if ((is_right(&meant) || (is_ours(&meant) && !is_ours(f))) &&
		    web_path_replace(rq->web, buf_str(&path)) == GB_OK)
			find_route(f, rq->web, web_path(rq->web));
	}
	buf_release(&path);
}

/* The four places of a token; the first valid one counts. */
static const struct auth_token *
find_token(struct api_request *rq)
{
	char from_query[AUTH_TOKEN_BYTES_MAX + 1];
	const struct auth_token *found;
	const char *tokens[4];
	size_t i;

	tokens[0] = web_header(rq->web, "Authorization");
	if (tokens[0] != NULL && strncasecmp(tokens[0], "Bearer ", 7) == 0)
		tokens[0] += 7 + strspn(tokens[0] + 7, " ");
	else
		tokens[0] = NULL;
	tokens[1] = web_header(rq->web, "x-goog-api-key");
	tokens[2] = web_header(rq->web, "x-api-key");
	tokens[3] =
	    web_query_value(rq->web, "key", from_query, sizeof(from_query))
		? from_query
		: NULL;
	found = NULL;
	for (i = 0; i < GB_COUNT(tokens) && found == NULL; i++)
		if (tokens[i] != NULL)
			found = auth_find(rq->snap->auth, tokens[i],
					  strlen(tokens[i]),
					  web_arrived_wall_ms(rq->web));
	explicit_bzero(from_query, sizeof(from_query));
	return found;
}

/* Whether the caller may; otherwise rq->error says why not. */
static bool
check_caller(struct api_request *rq, enum who who)
{
	if (who == ANYBODY)
		return true;
	if (who == METRICS_READER) {
		if (!metrics_may(rq))
			api_error_set(&rq->error, FAULT_TOKEN, NULL,
				      "Incorrect or missing admin token. Send "
				      "it as \"Authorization: Bearer …\".");
		return rq->error.fault == FAULT_NONE;
	}
	rq->token = find_token(rq);
	if (rq->token == NULL && (who != UPLOAD_USER || !upload_token(rq))) {
		api_error_set(&rq->error, FAULT_TOKEN, NULL,
			      "Incorrect or missing access token. Send it as "
			      "\"Authorization: Bearer …\", as "
			      "\"x-goog-api-key\", as \"x-api-key\" or as "
			      "\"?key=\".");
		return false;
	}
	rq->owner = rq->token->owner;
	(void)snprintf(rq->entry.token, sizeof(rq->entry.token), "%s",
		       rq->token->name);
	return true;
}

static void
answer_not_found(struct api_request *rq, const struct found *f)
{
	rq->entry.endpoint = "unknown";
	/* Whoever has no token does not learn what there is. */
	if (!check_caller(rq, TOKEN_USER))
		return;
	if (f->allow[0] != '\0') {
		web_reply_header(rq->web, "Allow", f->allow);
		api_error_set(&rq->error, FAULT_METHOD, NULL,
			      "This path takes %s, not %.16s.", f->allow,
			      web_method(rq->web));
		return;
	}
	api_error_set(&rq->error, FAULT_NO_ROUTE, NULL,
		      "Unknown request URL: %.16s %.200s.", web_method(rq->web),
		      web_path(rq->web));
}

void
api_serve(struct web_request *web, void *context)
{
	struct app *app = context;
	struct api_request rq;
	struct found found;

	app_enter(app);
	api_request_init(&rq, web, app);
	find_or_mend(&found, &rq);
	rq.dialect = found.dialect;
	if (rq.dialect == DIALECT_ANTHROPIC)
		web_reply_header(web, "Request-Id", web_id(web));
	rq.pool = found.pool;
	rq.rest = found.rest;
	if (found.is_api)
		cors_headers(&rq);
	if (found.is_api && is_ours(&found) && cors_is_preflight(&rq)) {
		cors_preflight(&rq);
	} else if (found.route == NULL) {
		answer_not_found(&rq, &found);
	} else {
		rq.entry.endpoint = found.route->name;
		rq.family = found.route->family;
		if (check_caller(&rq, found.route->who) && admit_endpoint(&rq))
			found.route->handler(&rq);
	}
	api_finish(&rq);
	api_request_release(&rq);
	app_leave(app);
}
