/*
 * host.h: what a host for pictures has to say of itself, for fcgi/hosting.
 *
 * A host is two pure functions: one writes the request that brings it a
 * picture, one reads what it answers.  upload.c does the talking.
 */
#ifndef GB_HOSTING_HOST_H
#define GB_HOSTING_HOST_H

#include "hosting/hosting.h"

#define HOST_HEADERS_MAX 8
#define HOST_URL_MAX	 8192	      /* bytes of a request's URL */
#define HOST_VALUE_MAX	 8192	      /* bytes of a header's value */
#define HOST_ANSWER_MAX	 (256 * 1024) /* bytes of an answer that are read */
#define HOST_SECRETS_MAX 8

/* A picture on its way. */
struct host_picture {
	const char *mime; /* "image/png" */
	const char *name; /* of picture_name_new() */
	const void *bytes;
	size_t len;
	int64_t now_ms; /* since 1970 UTC, for signatures */
};

struct host_header {
	const char *name;
	struct buf value;
};

/* The request, but for its body. */
struct host_request {
	struct buf url; /* never holds a secret */
	struct host_header headers[HOST_HEADERS_MAX];
	size_t count;
};

/* What the host answered, and what was read in it. */
struct host_answer {
	int status;
	const char *body;
	size_t len;
	struct buf url;	  /* of the picture */
	struct buf words; /* why there is none, in the host's words */
};

struct host {
	const char *name; /* in setting upload_provider */
	const char *method;
	const char *field; /* of a form that the picture is sent in; NULL: the
			      body is the picture */
	/* The name of a setting that is needed and not there; NULL: none. */
	const char *(*missing)(const struct settings *);
	/* How many addresses are tried, one after the other, until one can be
	 * reached.  NULL: one. */
	size_t (*ways)(const struct settings *);
	/* GB_ENOMEM, GB_ETOOBIG; what did not fit in a buffer shows there. */
	enum gb_err (*write)(const struct settings *,
			     const struct host_picture *, size_t way,
			     struct host_request *);
	/* True: the picture is there, and answer->url says where. */
	bool (*read)(const struct settings *, const struct host_picture *,
		     struct host_answer *);
};

extern const struct host host_smms, host_picgo, host_imgbed, host_aliyun_oss,
    host_s3;

/* The host of this name; NULL: there is none, as for "local". */
const struct host *host_find(const char *name);

/* Add a header, whose value the caller appends to. */
struct buf *host_header_add(struct host_request *, const char *name);

/* Append "text" as it stands in a URL's path ("keep" is "/") or query (""):
 * every byte but letters, digits, "-._~" and those in "keep" as %XX. */
void host_escape(struct buf *out, const char *text, const char *keep);

/* Whether "url" can be handed out: http or https, and nothing in it that could
 * end it in Markdown, HTML or JSON. */
bool host_url_is_fit(const char *url, size_t len);

/* Append the text of the first element <name> of an XML answer, as it is
 * written there; nothing when there is none. */
void host_xml_text(const struct host_answer *, const char *name,
		   struct buf *out);

/* What stores answer in XML when they refuse: its code and message. */
void host_xml_words(struct host_answer *);

/* Every text of the settings that no word of a host may repeat. */
size_t host_secrets(const struct settings *,
		    const char *secrets[HOST_SECRETS_MAX]);

/*
 * Bring "picture", which is the "body", or within the form that it is, to the
 * host.  GB_OK: its URL was appended to "url".  GB_EIO: call->status and
 * call->fault say why not; GB_ECANCELED: the client went away; GB_ENOMEM.
 */
enum gb_err host_upload(struct hosting_call *, const struct host *,
			const struct host_picture *picture,
			const struct buf *body, struct buf *url) GB_NODISCARD;

/* The two ends of a form around the picture's bytes, and its type. */
void host_form_begin(const struct host *, const struct host_picture *,
		     struct buf *body);
void host_form_end(struct buf *body);
#define HOST_FORM_TYPE	   "multipart/form-data; boundary=" HOST_FORM_BOUNDARY
#define HOST_FORM_BOUNDARY "gbalance-picture-8d1e7c5b0a2f4963"
#define HOST_FORM_MAX	   1024 /* bytes of both ends */

#endif
