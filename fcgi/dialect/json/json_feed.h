/*
 * json_feed.h: upstream's JSON read as it comes, in pieces of any size.
 *
 * No tree is built and no text kept, so an answer of any length needs the same
 * memory.  Whoever reads is told of numbers, and of objects and arrays as they
 * open and close; strings and other values are only passed over.
 */
#ifndef GB_DIALECT_JSON_FEED_H
#define GB_DIALECT_JSON_FEED_H

#include <stdbool.h>
#include <stddef.h>

#define JSON_FEED_DEPTH 32 /* objects and arrays in each other */
#define JSON_FEED_PATH	64 /* bytes of a path, with NUL */
#define JSON_FEED_TOKEN 64 /* of a number, a word or a key, with NUL */

enum json_feed_event {
	JSON_FEED_OPEN,
	JSON_FEED_CLOSE,
	JSON_FEED_NUMBER,
};

struct json_feed;

/* What to do with one event; "number" is 0 but for numbers.  False: it must not
 * be there, and the text is broken. */
typedef bool json_feed_fn(void *context, const struct json_feed *,
			  enum json_feed_event, double number);

struct json_feed {
	json_feed_fn *take;
	void *context;
	/* Where the event is: ".list[].key" is in the objects of an array; ""
	 * is the whole.  One that is too long is cut. */
	char path[JSON_FEED_PATH];

	/* its own */
	size_t path_len;
	size_t depth; /* open objects and arrays */
	struct {
		bool array;
		size_t outside, inside; /* lengths of the path */
	} open[JSON_FEED_DEPTH];
	int expects, token;
	char text[JSON_FEED_TOKEN]; /* of the token so far */
	size_t text_len;
	bool escaped; /* the byte before was a backslash */
	bool broken;
};

/* Begin a text, which must be an object or an array. */
void json_feed_init(struct json_feed *, json_feed_fn *take, void *context);

/* The next bytes of it.  False, now and ever after: it is no JSON, or "take"
 * said so. */
bool json_feed_more(struct json_feed *, const char *data, size_t len);

/* Whether all of it was there. */
bool json_feed_ended(const struct json_feed *);

#endif
