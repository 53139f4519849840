/*
 * ogg.h: packets of a codec as the pages of an Ogg stream (RFC 3533).
 *
 * A page is written when it is full, or long enough for a listener to have
 * something to play; the newest packet always waits, as the last page says that
 * it is the last.
 */
#ifndef GB_MEDIA_OGG_H
#define GB_MEDIA_OGG_H

#include <stdint.h>

#include "base/buf.h"

#define OGG_SEGMENTS_MAX 255			  /* of a page */
#define OGG_BODY_MAX	 (OGG_SEGMENTS_MAX * 255) /* bytes of a page's packets */

struct ogg {
	uint32_t serial, sequence;
	int64_t granule;	       /* of the last packet that waits */
	unsigned packets, packets_max; /* that wait; a page of so many goes */
	unsigned segments;
	unsigned char lacing[OGG_SEGMENTS_MAX];
	struct buf body;
};

/* A new stream, told from others by "serial", of pages of "packets_max" packets
 * at most. */
void ogg_init(struct ogg *, uint32_t serial, unsigned packets_max);
void ogg_release(struct ogg *);

/*
 * Add a packet; "granule" is what it ends at.  Pages that are complete go to
 * "out".  A packet of more than OGG_BODY_MAX bytes, or no memory, shows in
 * buf_error(&body).
 */
void ogg_add(struct ogg *, const void *packet, size_t len, int64_t granule,
	     struct buf *out);

/* The packets that wait are a page: a codec's headers have one each. */
void ogg_flush(struct ogg *, struct buf *out);

/* The same, as the last page of the stream, be there packets or not. */
void ogg_finish(struct ogg *, struct buf *out);

#endif
