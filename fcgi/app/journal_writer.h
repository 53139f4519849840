/*
 * journal_writer.h: the end of each request, in the journal.
 */
#ifndef GB_APP_JOURNAL_WRITER_H
#define GB_APP_JOURNAL_WRITER_H

#include <stdatomic.h>
#include <stdbool.h>

#include "store/journal.h"

struct journal_writer {
	struct store *store; /* borrowed */
	atomic_bool failing; /* the last row was not written */
};

void journal_writer_init(struct journal_writer *, struct store *);

/*
 * Write "entry" and return when it is in the database, or could not be
 * written: that is logged, once an outage, and false.
 */
bool journal_writer_write(struct journal_writer *,
			  const struct journal_entry *entry);

#endif
