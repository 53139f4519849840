/*
 * model_defaults.h: what a model's name and the operator's rules add to a
 * request, decided without regard to the dialect it came in.
 */
#ifndef GB_DIALECT_MODEL_DEFAULTS_H
#define GB_DIALECT_MODEL_DEFAULTS_H

#include "dialect/chat.h"
#include "dialect/model_name.h"

/* What decides on tools of Google's own. */
struct tool_case {
	bool functions;	   /* there are functions */
	bool json;	   /* the answer is to be JSON */
	bool media;	   /* there are pictures or files */
	bool cached;	   /* tools belong to cached content */
	bool others;	   /* there are tools of a kind unknown here */
	unsigned builtins; /* those that are there: CHAT_SEARCH … */
};

/*
 * The tools of Google's own to be added.  None that the model refuses, alone
 * or beside what the request has, as far as that is known: what the client did
 * not ask for must not break its request.
 */
unsigned model_default_builtins(const struct model_name *,
				const struct model_rules *,
				const struct model_facts *,
				const struct tool_case *);

/*
 * How much the model is to think, as if it was asked for by no field.  False:
 * nobody said; "*out" is untouched then.  "asked": the request says something
 * about it, which then counts, unless the name says that it shall not think.
 */
bool model_default_thinking(const struct model_name *,
			    const struct model_rules *, bool asked,
			    struct chat_thinking *out);

#endif
