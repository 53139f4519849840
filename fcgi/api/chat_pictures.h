/*
 * chat_pictures.h: the pictures of chats that draw: as links in the answer's
 * text, and from the text of earlier answers back to the model.
 */
#ifndef GB_API_CHAT_PICTURES_H
#define GB_API_CHAT_PICTURES_H

#include "api/pictures.h"
#include "dialect/chat.h"
#include "dialect/models.h"
#include "dialect/reply.h"

/* Of one answer; zero it before its first use. */
struct chat_pictures {
	struct pictures pictures;
	struct piece_sink to;		  /* the sink behind ours */
	bool links;			  /* pictures become links … */
	bool both;			  /* … and are handed on, too */
	struct buf text;		  /* of a link */
	bool said[REPLY_CANDIDATES_MAX];  /* anything, so far */
	bool drawn[REPLY_CANDIDATES_MAX]; /* a picture was the last of it */
};

/* The model is to see the pictures that its earlier answers hold, or to which
 * they link, if it draws: those of our folder, data: URLs, and what can be
 * fetched; any other link stays text.  False: rq->error, or the client's
 * hang-up, says why not. */
bool chat_pictures_recall(struct api_request *rq, struct chat *chat,
			  const struct model_facts *facts);

/* For an answer to "chat"; "rq" outlives it. */
void chat_pictures_init(struct chat_pictures *, struct api_request *rq,
			const struct chat *chat);
void chat_pictures_release(struct chat_pictures *);

/* Forget what came: another attempt begins. */
void chat_pictures_reset(struct chat_pictures *);

/* A sink that makes links of pictures, if they are wanted, and passes all else
 * on to "to". */
struct piece_sink chat_pictures_sink(struct chat_pictures *,
				     struct piece_sink to);

#endif
