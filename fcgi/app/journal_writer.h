/*
 * journal_writer.h: journal rows of many threads in few transactions.
 *
 * The first thread that has a row to write writes it, and then all rows that
 * have queued up meanwhile, for the threads that wait: under load one
 * transaction carries many rows, without load nobody waits for anybody.
 */
#ifndef GB_APP_JOURNAL_WRITER_H
#define GB_APP_JOURNAL_WRITER_H

#include "store/journal.h"

struct journal_writer;

/* "store" is borrowed. */
enum gb_err journal_writer_new(struct journal_writer **,
			       struct store *store) GB_NODISCARD;
void journal_writer_free(struct journal_writer *);

/*
 * Write "entry" and return when it is in the database, or could not be
 * written: that was logged, once an outage.
 */
void journal_writer_write(struct journal_writer *,
			  const struct journal_entry *entry);

#endif
