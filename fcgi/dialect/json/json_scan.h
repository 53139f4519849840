/*
 * json_scan.h: where the members of a JSON text lie, in bytes.
 *
 * For what is passed on as it came: nothing is copied, decoded or checked
 * beyond what is needed to find the ends.
 */
#ifndef GB_DIALECT_JSON_SCAN_H
#define GB_DIALECT_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

/* A walk over the members of one object, or the items of one array. */
struct json_scan {
	const char *text;
	size_t len;
	size_t at;   /* of the byte looked at next */
	char close;  /* the bracket that ends it */
	bool first;  /* no member was found yet */
	bool closed; /* its end was found: "at" is behind it */
};

struct json_member {
	const char *key; /* as written between its quotes; NULL in an array */
	size_t key_len;
	size_t gap;  /* where the white space before it begins */
	size_t from; /* where its value begins … */
	size_t to;   /* … and ends */
};

/* Begin with the container that the text at "at" is (after white space);
 * "open" is '{' or '['.  False: it is something else. */
bool json_scan_begin(struct json_scan *, const char *text, size_t len,
		     size_t at, char open);

/* The next member; false: there is none, because the container was closed, or
 * (when "closed" is not set) because the text is not JSON. */
bool json_scan_next(struct json_scan *, struct json_member *);

/* Whether a member's key is "key", when it was written without escapes. */
bool json_member_is(const struct json_member *, const char *key);

/* The position of the first byte at "at" or behind that is no white space. */
size_t json_skip_space(const char *text, size_t len, size_t at);

#endif
