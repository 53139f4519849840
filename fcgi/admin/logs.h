/*
 * logs.h: what the pages and JSON routes of the journal share: its filters as
 * they are in queries and forms.
 */
#ifndef GB_ADMIN_LOGS_H
#define GB_ADMIN_LOGS_H

#include "admin/request.h"
#include "store/journal_read.h"

#define LOGS_CURSOR_SIZE 48
#define LOGS_EXCERPT_MAX 140 /* bytes of a text in a list */
#define LOGS_FAULTS	 4   /* fields that may have one */

enum logs_kind {
	LOGS_REQUESTS, /* finished requests */
	LOGS_ERRORS    /* attempts that failed */
};

/* What a query asks for. */
struct logs_filter {
	enum logs_kind kind;
	struct journal_filter journal; /* borrows from the form */
	bool none; /* no row can fit: there is no such key */
	struct logs_fault {
		const char *field; /* that is not readable */
		const char *why;   /* key of the text that says so */
	} faults[LOGS_FAULTS];
	size_t fault_count;
};

/*
 * Read the filter that the form's fields name: "kind" ("errors", else
 * requests), "since", "until", "token", "key" (its id, a part of it, or its
 * mask), "model", "endpoint", "status", "code" and "text".  A fault is in the
 * filter; GB_EIO is the database's.  On GB_OK there is rq->reports.
 */
enum gb_err logs_filter_read(struct admin_request *, const struct form *,
			     struct logs_filter *) GB_NODISCARD;

/* The names of those fields, ends with NULL. */
extern const char *const logs_fields[];

/* A place between rows as the query's "after" has it; an unreadable one is the
 * beginning. */
void logs_cursor_text(char text[LOGS_CURSOR_SIZE],
		      const struct journal_cursor *);
void logs_cursor_read(const char *text, struct journal_cursor *);

#endif
