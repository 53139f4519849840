/* render.h: a parsed file and its data to a page */
#ifndef GB_TEMPLATE_RENDER_H
#define GB_TEMPLATE_RENDER_H

#include "template/files.h"

/* Append what the file makes of "data", which has not failed, to "out".  On
 * failure "out" has some of it, and "err", unless NULL, may say why. */
enum gb_err render(struct template_set *, struct parsed *,
		   const struct dict *data, struct buf *out,
		   struct template_error *err) GB_NODISCARD;

#endif
