/* journal_writer.c: journal rows of many threads in few transactions */
#include "app/journal_writer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define BATCH_MAX 128 /* rows in a transaction: others wait for its lock */

/* A thread that has a row to write; lives on that thread's stack. */
struct waiter {
	const struct journal_entry *entry;
	struct waiter *next;
	pthread_cond_t cond;
	bool done; /* written, or given up */
	bool lead; /* it is your turn to write for all */
};

struct journal_writer {
	struct store *store;
	pthread_mutex_t mutex;
	struct waiter *first, **last; /* in order of arrival */
	bool busy;		      /* somebody writes */
	bool failing;		      /* the last batch was not written */
};

enum gb_err
journal_writer_new(struct journal_writer **out, struct store *store)
{
	struct journal_writer *jw;

	*out = NULL;
	if ((jw = calloc(1, sizeof(*jw))) == NULL)
		return GB_ENOMEM;
	jw->store = store;
	jw->last = &jw->first;
	pthread_mutex_init(&jw->mutex, NULL);
	*out = jw;
	return GB_OK;
}

void
journal_writer_free(struct journal_writer *jw)
{
	if (jw == NULL)
		return;
	pthread_mutex_destroy(&jw->mutex);
	free(jw);
}

/* Take up to BATCH_MAX waiters off the queue.  With the mutex held. */
static struct waiter *
take_batch(struct journal_writer *jw, const struct journal_entry **entries,
	   size_t *count)
{
	struct waiter *batch, *w;

	batch = jw->first;
	*count = 0;
	for (w = batch; w != NULL; w = w->next) {
		entries[(*count)++] = w->entry;
		if (*count == BATCH_MAX)
			break;
	}
	jw->first = w == NULL ? NULL : w->next;
	if (w != NULL)
		w->next = NULL;
	if (jw->first == NULL)
		jw->last = &jw->first;
	return batch;
}

static void
note_outcome(struct journal_writer *jw, enum gb_err rc)
{
	if (rc != GB_OK && !jw->failing)
		log_errorx("journal: rows are lost until the database can be "
			   "written again: %s",
			   gb_strerror(rc));
	else if (rc == GB_OK && jw->failing)
		log_info("journal: the database can be written again");
	jw->failing = rc != GB_OK;
}

/* Write a batch, then wake those it was for and hand the lead on.  With the
 * mutex held on entry and return, not between. */
static void
lead(struct journal_writer *jw)
{
	const struct journal_entry *entries[BATCH_MAX];
	struct waiter *batch, *w, *next;
	enum gb_err rc;
	size_t count;

	batch = take_batch(jw, entries, &count);
	pthread_mutex_unlock(&jw->mutex);
	rc = store_journal_write(jw->store, entries, count);
	pthread_mutex_lock(&jw->mutex);
	note_outcome(jw, rc);
	for (w = batch; w != NULL; w = next) {
		next = w->next; /* "w" may be gone once it is done */
		w->done = true;
		pthread_cond_signal(&w->cond);
	}
	jw->busy = jw->first != NULL;
	if (jw->busy) {
		jw->first->lead = true;
		pthread_cond_signal(&jw->first->cond);
	}
}

void
journal_writer_write(struct journal_writer *jw,
		     const struct journal_entry *entry)
{
	struct waiter me;

	memset(&me, 0, sizeof(me));
	me.entry = entry;
	pthread_cond_init(&me.cond, NULL);
	pthread_mutex_lock(&jw->mutex);
	*jw->last = &me;
	jw->last = &me.next;
	if (!jw->busy) {
		jw->busy = true;
		me.lead = true;
	}
	while (!me.done) {
		if (me.lead)
			lead(jw);
		else
			pthread_cond_wait(&me.cond, &jw->mutex);
	}
	pthread_mutex_unlock(&jw->mutex);
	pthread_cond_destroy(&me.cond);
}
