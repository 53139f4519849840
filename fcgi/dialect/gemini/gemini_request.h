/*
 * gemini_request.h: a chat as the body of generateContent for one model.
 *
 * What the model is known to refuse is not sent: it is dropped and named, or
 * with the chat's "strict" refused.  Only lowerCamel names are written.
 */
#ifndef GB_DIALECT_GEMINI_REQUEST_H
#define GB_DIALECT_GEMINI_REQUEST_H

#include "base/buf.h"
#include "dialect/chat.h"
#include "dialect/error.h"
#include "dialect/model_rules.h"

/* Which calls of the model get Google's dummy for a signature. */
enum gemini_signing {
	SIGN_NEEDED, /* those that the model's facts say need one, and have none
		      */
	SIGN_ALL,    /* all that have none */
	SIGN_ANEW,   /* all; no signature of the chat's is sent */
};

struct gemini_request_options {
	const struct model_safety *safety; /* for chats that bring none */
	size_t safety_count;
	struct chat_dropped
	    *dropped; /* takes what this model does not; the
			 chat's own will do; NULL: nobody asks */

	unsigned choice; /* which of the "n" answers it is for: with one seed
			    they would all be the same */

	/* What Gemini refused, so that it is not sent again; all zero for the
	 * first time.  gemini_repair() decides. */
	bool no_schema; /* of the output: it is asked for in words */
	bool no_json;	/* the same, and so is JSON altogether */
	enum gemini_signing signing;
};

/*
 * Append the body to "out".  GB_EINVAL: the client's fault, or a strict chat
 * asks for what the model cannot; "err" is filled in.  GB_ETOOBIG: over
 * out->max; GB_ENOMEM; "err" says so.  On failure "out" holds rubbish.
 */
enum gb_err gemini_request_write(const struct chat *,
				 const struct model_facts *,
				 const struct gemini_request_options *,
				 struct buf *out,
				 struct api_error *err) GB_NODISCARD;

#endif
