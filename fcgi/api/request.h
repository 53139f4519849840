/*
 * request.h: one API request as its handler sees it, and how it ends.
 *
 * A handler reads what it needs, calls upstream, and fills in either "error"
 * or the reply; api_finish() then writes the journal row and after it the
 * (rest of the) reply, so that what a client has in full is in the journal.
 */
#ifndef GB_API_REQUEST_H
#define GB_API_REQUEST_H

#include "app/app.h"
#include "dialect/error.h"
#include "store/keys.h"
#include "web/reply.h"

#define API_JSON_TYPE	"application/json; charset=utf-8"
#define API_KEEPALIVE	": keep-alive\n\n" /* a comment of SSE */
#define ENDPOINT_MAX	64 /* bytes of an endpoint's name, with NUL */
#define REPLY_BYTES_MAX (256 * 1024 * 1024) /* of a reply that we write */

struct json_object; /* json-c's */

enum api_dialect {
	DIALECT_OPENAI,
	DIALECT_GOOGLE,
	DIALECT_INTERACTIONS, /* Google's, whose errors are others */
	DIALECT_ANTHROPIC
};

struct api_request {
	struct app *app;
	struct snapshot *snap;
	const struct settings *cfg; /* of snap */
	struct web_request *web;
	enum api_dialect dialect;
	enum key_pool pool; /* whose keys serve it, where the path says so */
	int64_t only_key;   /* an admin wants this key and no other; 0: any */
	const char *rest;   /* of the path, what the route's "*" stands for */

	struct buf body;    /* the request's, once read */
	bool body_is_there; /* it did not come with the web request */
	char *excerpt;	    /* of it, for the journal; NULL: not wanted */
	const char *owner;  /* whose is what the call makes; of snap->auth */
	const struct auth_token *token; /* who asks; NULL: nobody has to be */
	enum token_endpoint family;	/* of the endpoint */
	bool admitted;			/* it may call upstream */
	size_t rounds;			/* of calls like its first ones, one
					   after the other; 0: one */
	struct lease lease;		/* what it has reserved for that */
	struct journal_entry entry;	/* filled in on the way */
	char endpoint[ENDPOINT_MAX]; /* its own, where the table's is not it */

	struct api_error error; /* how it failed, if it did */
	int status;		/* of the reply; 0: error, or a stream began */
	const char *content_type;
	struct buf out; /* the reply's body, or the end of a stream: there
			   the handler has written the error, too */
};

/* Before the first use, and after the last one. */
void api_request_init(struct api_request *rq, struct web_request *,
		      struct app *);
void api_request_release(struct api_request *rq);

/* Read the body into rq->body; false: rq->error says why not.  What the journal
 * wants of it, should the request fail, is kept. */
bool api_read_body(struct api_request *rq);

/* The same for a body that is JSON, which becomes "*root" and is kept as that
 * only. */
bool api_read_json(struct api_request *rq, struct json_object **root);

/* The model of the journal's row, unless it has one: as the client calls it, or
 * else the one that was chosen. */
void api_note_model(struct api_request *rq, const char *model);

/* Fill in rq->error from a code of ours. */
void api_fail(struct api_request *rq, enum gb_err rc);

/* The client went away. */
void api_hung_up(struct api_request *rq);

/* Milliseconds since the request arrived. */
int64_t api_elapsed_ms(const struct api_request *rq);

/* Write the journal row, when nothing more will come. */
void api_close(struct api_request *rq);

/* The same, then the reply or what is left of it. */
void api_finish(struct api_request *rq);

#endif
