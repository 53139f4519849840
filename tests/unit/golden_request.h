/*
 * golden_request.h: golden cases of clients' requests and what Gemini is to be
 * sent for them.
 *
 * Each folder is a case:
 *   request.json  what the client sends
 *   gemini.json   what goes to Gemini; or
 *   error.json    how it is refused: status, fault, param, and a piece of the
 *                 message
 *   options.json  (optional) strict, show_thinking, safety [[category,
 *                 threshold], …], rules as golden_rules.h has them, refused
 *                 [texts of Gemini's refusals, each of which is to be mended],
 *                 choice (of several, 0 is the first)
 *   model.json    (optional) the model that Gemini's path is to name
 *   asked.json    (optional) what was read that the body does not show
 *   dropped.json  (optional) the fields that are named as dropped; without it
 *                 there must be none
 */
#ifndef GB_TESTS_GOLDEN_REQUEST_H
#define GB_TESTS_GOLDEN_REQUEST_H

#include "dialect/chat_read.h"
#include "golden.h"

/* A dialect's reader. */
typedef enum gb_err golden_reader(struct json_object *root,
				  const struct chat_options *, struct chat *,
				  struct api_error *);

/* What became of a request. */
struct golden_request {
	enum gb_err rc;
	struct api_error err;
	struct buf body; /* for Gemini */
	struct chat_dropped dropped;
	char model[CHAT_MODEL_MAX + 1]; /* for the path; where there is a
					   model.json */
	struct json_object *asked; /* for asked.json; NULL: there is none */
};

/* Of a request that nothing became of yet; and after its last use. */
void golden_request_init(struct golden_request *);
void golden_request_release(struct golden_request *);

/* Is it what the case's files say?  False, and said why: it is not. */
bool golden_request_judge(const struct golden *, const struct golden_request *);

/* The program's part: read "text" with the options of a case (NULL: none), add
 * what the name and the rules say, look up the model, write. */
void golden_translate(golden_reader *, const struct buf *text,
		      struct json_object *options, struct golden_request *out);

/* Play one case of a chat; false, and said why, when something else comes of
 * it. */
bool golden_request_play(const struct golden *, golden_reader *);

#endif
