/* owned.h: calls that pass through as bytes, to the key that owns what they
 * name */
#ifndef GB_API_OWNED_H
#define GB_API_OWNED_H

#include "api/call.h"
#include "api/ownership.h"

#define OWNED_URL_MAX (16 * 1024) /* of a path with its query */

/* One such call in the making. */
struct owned {
	struct owned_name name; /* that the path has, or "" */
	struct buf url;
	struct transfer_header headers[CALL_HEADERS_MAX];
	char model[129]; /* whose quota it is; "" */
	struct call call;
	struct buf upload_url;	/* of the reply, of an upload that begins */
	char upload_status[16]; /* "active", "final"; "" */
	bool download;		/* never JSON to look into */
	bool id_known;		/* of the interaction that is streamed */
	bool quiet;		/* the reply's headers are not for the client */
	bool began;		/* bytes of the reply went out */
	bool sse;		/* they are events */
};

/* All but the path; owned_release() is always fine afterwards. */
void owned_init(struct owned *, struct api_request *rq);
void owned_release(struct owned *);

/* "/v1beta/files/x" and so on: where the request goes, from the client's path
 * (without "/gemini") and query.  False: rq->error says why not. */
bool owned_set_url(struct owned *, struct api_request *rq, const char *path);

/* The path of the request, below the mount and "/gemini". */
const char *owned_path(const struct api_request *rq);

/* What of "path" is behind "/v1beta/" or "/upload/v1beta/" and so on; NULL:
 * nothing. */
const char *owned_below_version(const char *path);

/* Pin the call to the key of its path's name, of which nothing is known when
 * it is new.  False: rq->error says why not. */
bool owned_pin_path(struct owned *, struct api_request *rq);

/* The reader: passes JSON on as a whole and remembers what it names, and
 * everything else as it comes. */
call_reader owned_read;

/* Run it, and end a stream that broke. */
void owned_run(struct owned *, struct api_request *rq);

/* upload.c: where Google's upload URL leads, below the base URL, without
 * credentials; false: it is none. */
bool owned_upload_path(const char *url, struct buf *path);

/* owned_list.c: a list, merged over the keys that have things in it. */
void owned_list(struct api_request *rq, const char *collection);

#endif
