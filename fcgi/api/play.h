/*
 * play.h: a chat that the admin asks for on the admin pages, with any key or
 * with one.
 *
 * It goes the way of /v1/chat/completions and is in the journal, as
 * "playground", but has no access token, and so no limits.
 */
#ifndef GB_API_PLAY_H
#define GB_API_PLAY_H

#include "api/request.h"

#define PLAY_ERROR_MAX 1024 /* bytes of why there is no answer, with NUL */

/* What came of it. */
struct play_end {
	int64_t key_id; /* who served it, or was asked last; 0: nobody */
	int attempts;
	int64_t first_byte_ms; /* -1: there was none */
	int64_t total_ms;
	int64_t tokens_in, tokens_out;
	int status; /* of the answer, or of the error */
	bool failed, hung_up;
	char error[PLAY_ERROR_MAX]; /* "": it is all well */
};

struct play {
	struct app *app;
	struct web_request *web;
	enum key_pool pool;
	int64_t key_id;	  /* this one and no other; 0: whose turn it is */
	const char *chat; /* a request as /v1/chat/completions takes it */
	size_t len;
	bool stream; /* … and asks for a stream */
	/* Of a stream: append what follows its last event. */
	void (*last)(void *context, const struct play_end *, struct buf *out);
	void *context;
};

/*
 * Run it.  With "stream" all of it has gone to the client, failures too; the
 * stream is OpenAI's.  Otherwise nothing has, and the answer, which is OpenAI's
 * or none, was appended to "answer".
 */
void play_run(const struct play *, struct buf *answer, struct play_end *end);

#endif
