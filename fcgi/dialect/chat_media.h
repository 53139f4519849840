/*
 * chat_media.h: pictures, sound and documents of a client's message, as parts
 * of the chat.
 *
 * Functions answer as those of chat_read.h do.
 */
#ifndef GB_DIALECT_CHAT_MEDIA_H
#define GB_DIALECT_CHAT_MEDIA_H

#include "dialect/chat_read.h"

/* Where a medium goes, and where it stood. */
struct chat_media {
	struct chat_reader *r;
	enum chat_place place; /* CHAT_PLACE_USER or CHAT_PLACE_RESULT */
	size_t origin;	       /* as chat_part has it */
};

/*
 * Base64 at "at".  "said" is the type that the client gave, or none; without
 * one, or with one that says nothing, the first bytes tell, and else "guess"
 * (NULL: refuse).  A type that Gemini does not read is refused by its name.
 */
enum gb_err chat_put_base64(const struct chat_media *, const struct field *at,
			    struct text data, struct text said,
			    const char *guess) GB_NODISCARD;

/* "data:TYPE;base64,DATA"; "guess" as above. */
enum gb_err chat_put_data_url(const struct chat_media *, const struct field *at,
			      struct text url, const char *guess) GB_NODISCARD;

/* A file of Google's Files API: "files/ID", or its URI in full. */
enum gb_err chat_put_file(const struct chat_media *, const struct field *at,
			  struct text uri) GB_NODISCARD;

/* Whatever stands where clients write a URL: one of the three above, YouTube,
 * the web, or base64 without anything around it. */
enum gb_err chat_put_url(const struct chat_media *, const struct field *at,
			 struct text url, const char *guess) GB_NODISCARD;

#endif
