/*
 * moderations_request.h: a request of OpenAI's for moderation, and how Gemini
 * is asked to judge.
 *
 * Every text is judged by itself, in a call of its own: what stands in one must
 * not sway what is said of another.  Texts and pictures in parts belong
 * together and get one judgement.
 */
#ifndef GB_DIALECT_MODERATIONS_REQUEST_H
#define GB_DIALECT_MODERATIONS_REQUEST_H

#include <stdbool.h>

#include "dialect/chat.h"
#include "dialect/error.h"
#include "dialect/model_rules.h"

#define MODERATIONS_MAX 32 /* texts of one request, each a call */

/* OpenAI's categories, in its order. */
enum moderation_category {
	MODERATION_HARASSMENT,
	MODERATION_HARASSMENT_THREATENING,
	MODERATION_HATE,
	MODERATION_HATE_THREATENING,
	MODERATION_ILLICIT,
	MODERATION_ILLICIT_VIOLENT,
	MODERATION_SELF_HARM,
	MODERATION_SELF_HARM_INTENT,
	MODERATION_SELF_HARM_INSTRUCTIONS,
	MODERATION_SEXUAL,
	MODERATION_SEXUAL_MINORS,
	MODERATION_VIOLENCE,
	MODERATION_VIOLENCE_GRAPHIC,
	MODERATION__MAX
};

extern const struct moderation_category_row {
	const char *name;    /* OpenAI's */
	const char *key;     /* what Gemini calls it, in its answer to us */
	const char *meaning; /* as Gemini is told */
	bool pictures;	     /* it is one of those of pictures, too */
} moderation_categories[MODERATION__MAX];

struct moderations_request {
	struct chat chat; /* its model is what the client asked for, "" for
			     none, until moderations_choose_model() */
	struct json_object *schema; /* of an answer */
	struct text texts[MODERATIONS_MAX];
	size_t count;	/* of judgements: of texts, or 1 */
	bool has_text;	/* there is some to judge */
	bool has_image; /* there are pictures */
};

/*
 * Read "root", which "out" takes over; "out" is to be released with
 * moderations_request_release() in any case.  GB_EINVAL, GB_ENOMEM: "err" is
 * filled in.
 */
enum gb_err moderations_read(struct json_object *root, bool strict,
			     struct moderations_request *out,
			     struct api_error *err) GB_NODISCARD;
void moderations_request_release(struct moderations_request *);

/* Put Google's model into the chat: "usual" for who asks for none, or for one
 * of OpenAI's that the operator has given no alias. */
void moderations_choose_model(struct moderations_request *,
			      const struct model_rules *, const char *usual);

/* Have the chat ask for judgement number "at". */
void moderations_choose(struct moderations_request *, size_t at);

#endif
