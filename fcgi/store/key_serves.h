/* key_serves.h: which models a key may serve, as SQL asks it; for fcgi/store
 * only */
#ifndef GB_STORE_KEY_SERVES_H
#define GB_STORE_KEY_SERVES_H

#include "store/db.h"

/* Give the connection the function key_serves(models, model): whether a key
 * with these patterns may serve the model; "" is no model in particular. */
enum gb_err key_serves_register(struct store *) GB_NODISCARD;

#endif
