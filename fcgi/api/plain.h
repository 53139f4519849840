/*
 * plain.h: calls whose reply is one JSON value of which nothing needs to be
 * known: models, token counts, embeddings.
 */
#ifndef GB_API_PLAIN_H
#define GB_API_PLAIN_H

#include "api/call.h"

/* A call_reader: the reply goes to rq->out as it came. */
call_reader plain_read;

/* Get "path" (below the base URL, with its query) into rq->out, by any key.
 * False: rq->error, or the client's hang-up, says why not. */
bool plain_get(struct api_request *rq, const char *path);

#endif
