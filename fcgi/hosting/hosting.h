/*
 * hosting.h: where the pictures go that clients want as URLs.
 *
 * Setting "upload_provider" names the place: a folder of ours, which we serve
 * at {mount}/pictures/{name}, or one of the hosts in hosts.c.  A host that
 * fails, for whatever reason, never costs the picture: it goes to the folder,
 * and an operator is told.  Nothing here ever sees a Google key.
 */
#ifndef GB_HOSTING_HOSTING_H
#define GB_HOSTING_HOSTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "config/settings.h"
#include "upstream/engine.h"

#define PICTURE_BYTES_MAX (64 << 20) /* of one picture; Google's have 20 */
#define PICTURE_NAME_SIZE 40	     /* "32 hexadecimal digits.ext" and NUL */
#define PICTURE_URL_MAX	  4096 /* bytes of a URL that hosting_put() appends */
#define HOSTING_FAULT_MAX 256  /* bytes of "fault", with NUL */

/* A picture as an answer of Google's has it. */
struct picture {
	const char *mime;   /* "image/png" */
	const char *base64; /* padded, of the standard alphabet */
	size_t len;	    /* of "base64" */
};

/*
 * What the pictures of one request have in common.  Set what is above the
 * line, zero the rest.  One thread at a time.  (api/pictures.h fills it in.)
 */
struct hosting_call {
	struct engine *engine;
	const struct settings *cfg;
	const char *base; /* of our own URLs: "https://example.org/mount",
			     without a trailing / */
	int watch_fd;	  /* as in struct transfer_request; -1: none */
	/* --- */
	bool failed; /* the host did: the request's other pictures do not wait
			for it */
	int status;  /* of its answer; 0: none came */
	char fault[HOSTING_FAULT_MAX]; /* why, without any secret */
};

/*
 * Put the picture where the settings say, and append its URL to "url".
 * GB_EINVAL: it is no picture of a kind that we serve (png, jpeg, webp, gif,
 * avif, heic, heif), or no base64; GB_ETOOBIG: over PICTURE_BYTES_MAX, or over
 * all that the folder may hold; GB_ECANCELED: the client went away; GB_EIO
 * (logged): host and folder both failed; GB_ENOMEM.
 */
enum gb_err hosting_put(struct hosting_call *, const struct picture *,
			struct buf *url) GB_NODISCARD;

/*
 * Whether the URL looks like one of our own folder's, under whichever of our
 * host names and mounts: then "name" is the picture's.  hosting_load() tells
 * whether it is there.
 */
bool hosting_is_ours(const char *url, size_t len, char name[PICTURE_NAME_SIZE]);

/*
 * Append the bytes of our folder's picture of that name to "out".  "*mime"
 * becomes a constant text.  GB_ENOTFOUND: there is none (any more), or "name"
 * is none of a picture of ours; GB_ETOOBIG: it does not fit; GB_EIO (logged);
 * GB_ENOMEM.
 */
enum gb_err hosting_load(const struct settings *, const char *name,
			 const char **mime, struct buf *out) GB_NODISCARD;

#endif
