/*
 * cors.h: web pages of other origins that call the API from a browser.
 *
 * Tokens come in headers that a page has to know, never in cookies, so any
 * origin may be let in; what is no API takes no part.
 */
#ifndef GB_API_CORS_H
#define GB_API_CORS_H

#include "api/request.h"

/* Add to the reply to come what lets a page of the request's origin read it;
 * nothing for who is no browser, or of another origin. */
void cors_headers(struct api_request *);

/* Whether this is a browser's question about a request to come. */
bool cors_is_preflight(const struct api_request *);

/* Answer it, after cors_headers().  It carries no token and leaves no row. */
void cors_preflight(struct api_request *);

#endif
