/* migrations.h: the text of the migrations; for schema.c only */
#ifndef GB_STORE_MIGRATIONS_H
#define GB_STORE_MIGRATIONS_H

#include <stddef.h>

#include "base/err.h"

/* Element N brings a file from version N to N + 1: the newest version that we
 * know is their number. */
extern const char *const migrations[];
extern const size_t migration_count;

#endif
