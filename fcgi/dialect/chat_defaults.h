/*
 * chat_defaults.h: what the name of the model says, and what the operator has
 * set for it, put into a chat of any dialect.
 */
#ifndef GB_DIALECT_CHAT_DEFAULTS_H
#define GB_DIALECT_CHAT_DEFAULTS_H

#include "dialect/chat.h"
#include "dialect/model_rules.h"

/*
 * To be called once the whole request was read: the chat's model, so far the
 * client's name for it, becomes Google's, and what follows from the name and
 * from the rules is in the chat as if the client had asked for it, where its
 * own words do not say otherwise.  What the model does not take, alone or
 * beside the rest of the chat, is not added.
 */
void chat_apply_defaults(struct chat *, const struct model_rules *);

#endif
