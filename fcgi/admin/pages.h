/*
 * pages.h: the handlers of the route table, a file each page.
 *
 * A page is a file page_X.c, a template, its texts in every language, and its
 * rows in routes.c.
 */
#ifndef GB_ADMIN_PAGES_H
#define GB_ADMIN_PAGES_H

#include "admin/request.h"

/* page_sign_in.c: signing in and out, who is signed in, and the language. */
void sign_in_show(struct admin_request *);
void sign_in_try(struct admin_request *);
void sign_out(struct admin_request *);
void sign_out_everywhere(struct admin_request *);
void sessions_show(struct admin_request *);
void session_end(struct admin_request *);
void sessions_list(struct admin_request *);
void sessions_end(struct admin_request *);
void language_choose(struct admin_request *);

/* page_overview.c: how all is. */
void overview_show(struct admin_request *);

/* page_playground.c: try a model; whole, and streamed. */
void playground_show(struct admin_request *);
void playground_ask(struct admin_request *);
void playground_stream(struct admin_request *);

/* page_health.c: the health of the installation, and what its doctor asks. */
void health_show(struct admin_request *);
void health_check(struct admin_request *);
void doctor_echo(struct admin_request *);
void doctor_stream(struct admin_request *);
void doctor_hangup(struct admin_request *);

/* page_static.c: style, script and icons; and what is not there. */
void static_get(struct admin_request *);
void not_found(struct admin_request *);

#endif
