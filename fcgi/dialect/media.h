/*
 * media.h: pictures, sound and documents as they stand in JSON: base64, data
 * URLs, MIME types.
 */
#ifndef GB_DIALECT_MEDIA_H
#define GB_DIALECT_MEDIA_H

#include <stdbool.h>

#include "dialect/field.h"

#define MEDIA_MIME_MAX \
	64 /* bytes of a MIME type, with NUL; longer: refused \
	    */

enum media_uri {
	MEDIA_URI_DATA,	   /* data: */
	MEDIA_URI_YOUTUBE, /* Gemini fetches it itself */
	MEDIA_URI_FILE,	   /* of Google's Files API, "files/…" or in full */
	MEDIA_URI_WEB,	   /* any other http or https */
	MEDIA_URI_NONE,	   /* not a URI: base64, perhaps */
};

enum media_uri media_uri(struct text);

/* Take "data:TYPE;base64,DATA" apart; "*mime" is none when it has no type.
 * False: it is not of this form. */
bool media_data_url(struct text url, struct text *mime, struct text *data);

/* Whether it is base64, of either alphabet, padded or not, and not empty. */
bool media_is_base64(struct text);

/* The MIME type by the first bytes of what the base64 holds; NULL: unknown. */
const char *media_sniff(struct text base64);

/* The MIME type by a file's name, or by a bare extension; NULL: unknown. */
const char *media_by_name(struct text file_name);

/* The same by the last part of a URL's path. */
const char *media_by_url(struct text url);

/*
 * The type as Gemini knows it, "image/jpeg" for "image/jpg"; parameters are
 * cut off, capitals lowered.  NULL: Gemini does not read it.  The result is a
 * constant, or "room".
 */
const char *media_accept(struct text mime, char room[MEDIA_MIME_MAX]);

/*
 * The same for a file of the web: "said" is its Content-Type, "guess" what else
 * is known, each may be none.  What "bytes" begin with wins over a type that
 * says nothing, that Gemini does not read, that is another picture's, or a
 * text's when they are none.  A page is never what was wanted: it tells that a
 * file is gone, or asks for a password.  "*type" is the type as it was found,
 * to be named in an error, or none.
 */
const char *media_of_web(struct text said, struct text bytes, struct text guess,
			 struct text *type, char room[MEDIA_MIME_MAX]);

#endif
