/*
 * routes.h: the one table of everything that the admin site answers.
 *
 * Whoever is not signed in gets nothing of a WHO_ADMIN row: a page leads to
 * the sign-in, JSON is 401.  And each method of such a row that changes
 * something, which is every one but GET and HEAD, needs the session's CSRF
 * token, as the field "csrf" or the header X-CSRF-Token: without it 403.  Of
 * JSON rows only, the caller may show the admin token itself instead of a
 * session ("Authorization: Bearer …"), which no other site's page can make a
 * browser do.
 */
#ifndef GB_ADMIN_ROUTES_H
#define GB_ADMIN_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct admin_request;
struct site;
struct web_request;

enum admin_who {
	WHO_ANYBODY,
	WHO_ADMIN,
	WHO_DOCTOR /* who shows the id of a probe that runs (app/doctor.h):
		      it reads no form, and its handler reads the body */
};

/* How failures look, and what a body is. */
enum admin_face {
	FACE_PAGE, /* HTML; an urlencoded form */
	FACE_JSON  /* JSON, both ways */
};

struct admin_route {
	const char *method; /* "*": any */
	const char *path;   /* below the mount; a "*" at its end stands for the
			       rest, at least one character */
	enum admin_who who;
	enum admin_face face;
	void (*handler)(struct admin_request *);
	const char *link; /* key of its link's text in the navigation, which has
			     those rows in the table's order; NULL: none */
	const char *to;	  /* without a handler: it is an old name of this */
};

extern const struct admin_route admin_routes[];
extern const size_t admin_routes_count;

/* Whether a request with this method needs the CSRF token. */
bool admin_route_needs_csrf(const struct admin_route *, const char *method);

/* Answer the request when its path is one of the table's; false: it is not. */
bool admin_serve(struct site *, struct web_request *);

/* Print the table, a row a line: method, path, who, what, CSRF. */
void admin_routes_print(struct buf *out);

#endif
