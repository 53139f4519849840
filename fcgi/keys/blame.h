/* blame.h: which failures may be the fault of an exit or a model */
#ifndef GB_KEYS_BLAME_H
#define GB_KEYS_BLAME_H

#include "store/breakers.h"

/* What a failure of this class (verdict.error_class), with this status (0: none
 * came), may be the fault of; NULL: of nobody but the key, or of the request.
 */
const struct blame *blame_of(const char *error_class, int status);

#endif
