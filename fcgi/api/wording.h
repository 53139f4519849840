/*
 * wording.h: how a chat is put to Gemini, and put otherwise when Gemini refuses
 * it and says why.
 */
#ifndef GB_API_WORDING_H
#define GB_API_WORDING_H

#include "api/answer.h"
#include "dialect/gemini/gemini_repair.h"

struct wording {
	struct chat *chat;
	struct model_facts facts; /* the caller's to fill in */
	struct gemini_request_options told;
	struct gemini_repairs repairs;
	struct buf *body; /* takes what Gemini is sent */
	/* Append it to the body; NULL: gemini_request_write() does. */
	enum gb_err (*write)(struct wording *, struct api_error *);
	void *context; /* write()'s */
};

/* With what the operator says of all requests; what is dropped is named in the
 * chat. */
void wording_init(struct wording *, const struct model_rules *, struct chat *,
		  struct buf *body);

/* Write the body anew, as gemini_request_write() does. */
enum gb_err wording_write(struct wording *, struct api_error *) GB_NODISCARD;

/* Have the call, which "reader" is to read, send the body.  A refusal that
 * tells the way out then changes the wording, and what the call sends. */
void wording_send(struct wording *, struct answer_reader *reader,
		  struct call *);

#endif
