/*
 * owned_names.h: names of things that belong to one of Google's projects, and
 * so to a key: files, caches, batches, operations and the like.
 *
 * They are only found here, in paths, bodies and chats; no byte is changed.
 */
#ifndef GB_DIALECT_OWNED_NAMES_H
#define GB_DIALECT_OWNED_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chat;

#define OWNED_NAME_MAX	160 /* bytes; Google's longest have about 100 */
#define OWNED_NAMES_MAX 64  /* different ones in one request */

struct owned_name {
	char text[OWNED_NAME_MAX + 1]; /* "files/abc", "cachedContents/x" */
};

struct owned_names {
	struct owned_name list[OWNED_NAMES_MAX];
	size_t count;
	bool too_many; /* there were more */
};

/* What kind of text is looked through. */
enum owned_body {
	OWNED_REQUEST = 1 << 0,	    /* a request of any kind */
	OWNED_INTERACTION = 1 << 1, /* a request to interactions */
	OWNED_REPLY = 1 << 2,	    /* what a call for such a thing answers */
	OWNED_BORN = 1 << 3,	    /* the answer to making an interaction */
};

/*
 * The name that "len" bytes of text are: "files/abc", the URI of it at any
 * host, OpenAI's "file-abc", with whatever follows that is part of the thing:
 * "files/abc:download?alt=media" is "files/abc", "batches/x/operations/y" is
 * "batches/x", and "models/m/operations/x" stays whole.  False: it is none.
 */
bool owned_name_read(struct owned_name *, const char *text, size_t len);

/* The name in the path of a native call, behind the version: NULL-ended and
 * decoded.  False: it names none, but a collection of them or a model. */
bool owned_name_of_path(struct owned_name *, const char *path);

/* Whether it is a collection of such things: "files", "batches" … */
bool owned_collection(const char *text, size_t len);

/* Days that a thing of this name lives when nobody says how long. */
int owned_name_life_days(const char *name);

/* Add a name, once. */
void owned_names_add(struct owned_names *, const struct owned_name *);

/* Add those that a JSON text refers to, in the members that "kinds" (bits of
 * enum owned_body) of bodies have for it.  Any bytes will do. */
void owned_names_scan(struct owned_names *, const char *text, size_t len,
		      unsigned kinds);

/* Add those of a chat: its files, and cached content. */
void owned_names_of_chat(struct owned_names *, const struct chat *);

#endif
