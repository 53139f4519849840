/* media.h: files of the web that a chat names by URL */
#ifndef GB_API_MEDIA_H
#define GB_API_MEDIA_H

#include <stdbool.h>

#include "api/request.h"
#include "dialect/chat.h"
#include "dialect/models.h"

/*
 * Fetch the files of the chat's CHAT_WEB parts, which become CHAT_INLINE; those
 * that Google is to fetch, by FETCH_URLS and if the model takes it, stay.
 * False: rq->error, or the client's hang-up, says why not.
 */
bool media_resolve(struct api_request *rq, struct chat *chat,
		   const struct model_facts *facts);

#endif
