/*
 * signatures.h: giving calls back the thought signatures that clients drop.
 *
 * Gemini 3 signs the first call of each step and wants the signature back as
 * long as the turn lasts.  It goes to the client, too, but most do not return
 * it: so it is kept in the database on its way out, and put back on its way in.
 * Where it is not known, the request writer's stand-in takes its place; nothing
 * here fails a request.
 */
#ifndef GB_API_SIGNATURES_H
#define GB_API_SIGNATURES_H

#include "api/request.h"
#include "dialect/chat.h"
#include "dialect/models.h"
#include "dialect/reply.h"
#include "store/signatures.h"

/* Of one request; zero it before its first use. */
struct signatures {
	bool wanted;	      /* the model checks them, and some may be kept */
	struct piece_sink to; /* the sink behind ours */
	struct call_signature *items; /* the signed calls of the answer */
	size_t count, size;
};

/* Put back what the first calls of the current turn's steps lack; before the
 * request is written. */
void signatures_restore(struct signatures *, struct api_request *,
			const struct model_facts *, struct chat *);

/* A sink that takes down each signed call and passes all on to "to". */
struct piece_sink signatures_sink(struct signatures *, struct piece_sink to);

/* Forget what was taken down: another attempt begins, or it was the last. */
void signatures_reset(struct signatures *);

/* Keep it for the next request, whichever process gets it; to be called before
 * the client has the whole reply. */
void signatures_keep(const struct signatures *, struct api_request *);

#endif
