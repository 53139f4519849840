/*
 * list.h: links within a long list: its filters, and its pages.
 *
 * A list is paged by keys, not by numbers: "after" in the query is the cursor
 * that the page before ended with, which only the page understands, and
 * "before" the one that it began with.  A list that is only read forwards has
 * in "trail" the cursors of the pages that led here instead, joined by "_".
 * All other names in a query are filters.
 */
#ifndef GB_ADMIN_LIST_H
#define GB_ADMIN_LIST_H

#include "admin/form.h"
#include "base/buf.h"
#include "template/dict.h"

#define LIST_URL_MAX 16384 /* bytes of a link to a list */
#define LIST_PAGE    100   /* rows of a page */

/* Append "?" and the fields of "query", with "name" as "value", or without it
 * for NULL and "".  The list begins anew: there is no cursor, unless that is
 * "name".  Nothing at all where no field is left: then it is "?". */
void list_url(struct buf *out, const struct form *query, const char *name,
	      const char *value);

/* Append "?" and all fields of "query". */
void list_fields(struct buf *out, const struct form *query);

/* Append "text" with all but letters, digits, "-._~" and "keep" as %XX. */
void list_escape(struct buf *out, const char *text, const char *keep);

/* Give "d" what pager.html shows: a link to the first page where this one is
 * not it, one to the page before ("before" is the cursor of this page's first
 * row; NULL: there is none), and to the next. */
void list_pager(struct dict *d, const struct form *query, const char *before,
		const char *after);

/* The same for a list that is only read forwards: back is where one came from,
 * unless that is so many pages ago that the link would be too long. */
void list_pager_on(struct dict *d, const struct form *query, const char *after);

#endif
