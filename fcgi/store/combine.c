/* combine.c: writes of many threads in few transactions */
#include "store/combine.h"

#include <sched.h>

#include "store/db.h"

#define BATCH_MAX 128 /* others wait for the end of the transaction */

/* What a waiting thread is told. */
enum {
	TOLD_DONE = 1, /* it was run */
	TOLD_LEAD,     /* run it yourself, with what else has queued up */
};

void
combine_init(struct combine *c)
{
	pthread_mutex_init(&c->lock, NULL);
	c->first = NULL;
	c->last = &c->first;
	c->busy = false;
	c->waiting = 0;
}

void
combine_release(struct combine *c)
{
	pthread_mutex_destroy(&c->lock);
}

/* Take up to BATCH_MAX off the queue, "*count" of them. */
static struct combine_op *
take_batch(struct combine *c, size_t *count)
{
	struct combine_op *batch, *op;

	pthread_mutex_lock(&c->lock);
	batch = op = c->first;
	for (*count = 1; *count < BATCH_MAX && op->next != NULL; ++*count)
		op = op->next;
	c->first = op->next;
	if (c->first == NULL)
		c->last = &c->first;
	op->next = NULL;
	pthread_mutex_unlock(&c->lock);
	return batch;
}

/* Some failures undo the whole transaction; what comes after must not be
 * written outside of one. */
static enum gb_err
run_one(struct store *s, struct combine_op *op)
{
	op->rc = op->run(s, op);
	if (db_is_within(s))
		return GB_OK;
	return op->rc == GB_EFULL || store_in_outage(s) ? GB_EFULL : GB_EIO;
}

static void
run_batch(struct store *s, struct combine_op *batch)
{
	struct combine_op *op;
	enum gb_err rc;

	db_lock(s);
	if ((rc = db_begin(s)) == GB_OK) {
		for (op = batch; op != NULL && rc == GB_OK; op = op->next)
			rc = run_one(s, op);
		rc = db_finish(s, rc);
	}
	db_unlock(s);
	for (op = batch; rc != GB_OK && op != NULL; op = op->next)
		op->rc = rc;
}

/* Write for all that wait, then let one of those that came meanwhile do the
 * same.  "mine" is the first of the queue. */
static void
lead(struct store *s, struct combine *c, struct combine_op *mine)
{
	struct combine_op *op, *next;
	size_t written;

	/* Where threads wait for a processor, let them queue their writes
	 * first: worth 12 % of requests under load, and nothing without. */
	sched_yield();
	op = take_batch(c, &written);
	run_batch(s, op);

	pthread_mutex_lock(&c->lock);
	next = c->first;
	c->busy = next != NULL;
	c->waiting -= written;
	pthread_mutex_unlock(&c->lock);
	if (next != NULL)
		event_tell(&next->told, TOLD_LEAD);
	for (; op != NULL; op = next) {
		next = op->next; /* once told, it is gone */
		if (op != mine)
			event_tell(&op->told, TOLD_DONE);
	}
}

enum gb_err
combine_run(struct store *s, struct combine *c, struct combine_op *op)
{
	bool first;

	op->next = NULL;
	event_init(&op->told);
	pthread_mutex_lock(&c->lock);
	first = !c->busy;
	c->busy = true;
	*c->last = op;
	c->last = &op->next;
	c->waiting++;
	pthread_mutex_unlock(&c->lock);
	if (first || event_wait(&op->told) == TOLD_LEAD)
		lead(s, c, op);
	return op->rc;
}

size_t
combine_waiting(struct combine *c)
{
	size_t waiting;

	pthread_mutex_lock(&c->lock);
	waiting = c->waiting;
	pthread_mutex_unlock(&c->lock);
	return waiting;
}
