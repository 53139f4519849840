/*
 * routes.h: the one table of everything that this program answers.
 */
#ifndef GB_API_ROUTES_H
#define GB_API_ROUTES_H

#include "app/app.h"
#include "web/request.h"

/* Answer a request: find its route, check who calls, run its handler, write
 * the journal row and the reply.  "context" is the struct app. */
void api_serve(struct web_request *, void *context);

#endif
