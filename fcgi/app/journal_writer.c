/* journal_writer.c: the end of each request, in the journal */
#include "app/journal_writer.h"

#include "base/log.h"

void
journal_writer_init(struct journal_writer *jw, struct store *store)
{
	jw->store = store;
	atomic_init(&jw->failing, false);
}

/* Log the first of several failures, and the end of them. */
static void
tell(struct journal_writer *jw, enum gb_err rc)
{
	if (rc == GB_EFULL)
		return; /* the store has said so */
	if (rc == GB_OK &&
	    !atomic_load_explicit(&jw->failing, memory_order_relaxed))
		return;
	if (atomic_exchange(&jw->failing, rc != GB_OK) == (rc != GB_OK))
		return; /* said already */
	if (rc != GB_OK)
		log_errorx("journal: rows are lost until the database can be "
			   "written again: %s",
			   gb_strerror(rc));
	else
		log_info("journal: the database can be written again");
}

bool
journal_writer_write(struct journal_writer *jw,
		     const struct journal_entry *entry)
{
	enum gb_err rc;

	rc = store_journal_write(jw->store, &entry, 1);
	tell(jw, rc);
	return rc == GB_OK;
}
