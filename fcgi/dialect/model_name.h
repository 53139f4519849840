/*
 * model_name.h: what a client's name for a model means: an alias, and the
 * suffixes that Gemini Balance gave its users.
 */
#ifndef GB_DIALECT_MODEL_NAME_H
#define GB_DIALECT_MODEL_NAME_H

#include <stdbool.h>

#include "base/buf.h"
#include "dialect/model_rules.h"

#define MODEL_NAME_MAX 129 /* bytes of a model's name, with NUL */

struct model_name {
	char google[MODEL_NAME_MAX]; /* as Google knows it */
	bool search;		     /* "-search": answers from the web */
	bool image;		     /* "-image": pictures beside the text */
	bool chat;	  /* "-chat": the same, of a model that draws */
	bool no_thinking; /* "-non-thinking", "-nothinking": as little as it
			     can */
};

/*
 * Take "given", a name without "models/" that is shorter than MODEL_NAME_MAX,
 * apart.  The name is an alias, or has suffixes in any order; what is left of
 * it may be an alias, and what an alias stands for may have suffixes.  An
 * alias never stands for another one.
 *
 * "-image" is a suffix only of a model in rules->image, "-chat" only of one in
 * rules->chat: real models are called so, too.
 */
void model_name_resolve(const char *given, const struct model_rules *,
			struct model_name *out);

/* The names under which a model is listed beside its own: its suffixes. */
#define MODEL_DERIVED_MAX 4

/* The derived name number "which" of "model" into "out"; false: the operator
 * wants none of this kind, or it would be too long. */
bool model_name_derived(const char *model, size_t which,
			const struct model_rules *, char out[MODEL_NAME_MAX]);

/* Whether "name" is the derived name of some model, so that a model of Google's
 * that is called the same cannot be reached. */
bool model_name_is_derived(const char *name, const struct model_rules *);

/* Whether "name", with or without "models/", fits one of the "patterns", which
 * have commas between them and may have "*" and "?"; none at all fit every
 * name. */
bool model_is_listed(const char *patterns, const char *name);

#endif
