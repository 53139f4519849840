/*
 * pictures.h: the pictures of one request's answer, as URLs.
 */
#ifndef GB_API_PICTURES_H
#define GB_API_PICTURES_H

#include "api/request.h"
#include "hosting/hosting.h"

struct pictures {
	struct api_request *rq;
	struct hosting_call call;
	struct buf base;
};

/* For the pictures of "rq", which must outlive it. */
void pictures_init(struct pictures *, struct api_request *rq);
void pictures_release(struct pictures *);

/*
 * As hosting_put().  A host that failed is a failed attempt in the request's
 * journal, of class PICTURE_HOST_FAILED.  Old pictures are swept when it is
 * time, so that the folder keeps to its limits in a CGI, too.
 */
enum gb_err pictures_put(struct pictures *, const struct picture *,
			 struct buf *url) GB_NODISCARD;

#endif
