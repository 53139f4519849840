/*
 * gemini_thinking.h: how much one model is to think, as its thinkingConfig.
 *
 * Some models count tokens, others know levels, some cannot stop and some
 * never think: what is asked for in one of these ways is given in the other,
 * as near as the model comes to it.
 */
#ifndef GB_DIALECT_GEMINI_THINKING_H
#define GB_DIALECT_GEMINI_THINKING_H

#include "dialect/chat.h"
#include "dialect/json/json_out.h"
#include "dialect/models.h"

/* thinkingConfig, decided.  All zero: it has no members. */
struct thinking_plan {
	const char *level; /* or NULL */
	bool has_budget;
	int64_t budget;
	bool thoughts_set, thoughts;
};

/* How the plan differs from what was asked for. */
enum thinking_fit {
	THINKING_FITS,
	THINKING_ALWAYS, /* it cannot stop: as little as it can */
	THINKING_RANGE,	 /* not this budget: the nearest one */
	THINKING_NEVER,	 /* it does not think: nothing */
};

/* Decide what the model is sent.  "*plan" is wholly written. */
enum thinking_fit thinking_plan(const struct model_facts *,
				const struct chat_thinking *asked,
				struct thinking_plan *plan);

bool thinking_plan_is_empty(const struct thinking_plan *);

/* Write it, as the value of "thinkingConfig". */
void thinking_plan_write(const struct thinking_plan *, struct json_out *);

#endif
