/* dropped.h: telling the client what could not be honoured */
#ifndef GB_API_DROPPED_H
#define GB_API_DROPPED_H

#include "dialect/chat.h"
#include "web/reply.h"

/* Name the fields in the header X-Gbalance-Dropped, instead of those that it
 * names so far; of no effect once the head is sent. */
void dropped_name(const struct chat_dropped *, struct web_request *);

#endif
