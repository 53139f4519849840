/* turn.h: the queue of threads that want a turn; for fcgi/store only */
#ifndef GB_STORE_TURN_H
#define GB_STORE_TURN_H

#include "store/db.h"
#include "store/keys.h"

void turns_init(struct store *);
void turns_release(struct store *);

/* The key whose id and secret are the row in "stmt"; GB_EIO: it is none. */
enum gb_err turn_read(sqlite3_stmt *stmt, struct key_turn *) GB_NODISCARD;

#endif
