/* verify.c: asking Google with many keys at once whether they work */
#include "keys/verify.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"

#define ROW_SUCCESS 0  /* of verdicts */
#define ROW_BLOCKED 32 /* the prompt was refused, the key was not */

/* What all workers share; only "next" changes. */
struct verify {
	struct store *store;
	const struct settings *cfg;
	struct engine *engine;
	struct verify_item *items;
	size_t count;
	int64_t until_ms;
	atomic_size_t next;
};

enum verify_outcome
verify_outcome_of(const struct verdict *verdict)
{
	static const enum verify_outcome by_action[] = {
	    [KEY_KEEP] = VERIFY_UNSURE,	     [KEY_COOL] = VERIFY_RESTS,
	    [KEY_COOL_MODEL] = VERIFY_RESTS, [KEY_COUNT] = VERIFY_UNSURE,
	    [KEY_DISABLE] = VERIFY_DEAD,
	};

	if (verdict->row == ROW_SUCCESS || verdict->row == ROW_BLOCKED)
		return VERIFY_WORKS;
	return by_action[verdict->action];
}

static void *
work(void *arg)
{
	struct verify *v = arg;
	struct verify_item *item;
	size_t i;

	while (clock_mono_ms() < v->until_ms &&
	       (i = atomic_fetch_add(&v->next, 1)) < v->count) {
		item = &v->items[i];
		recheck_probe(v->store, v->cfg, v->engine, &item->turn,
			      &item->verdict);
		item->outcome = verify_outcome_of(&item->verdict);
	}
	return NULL;
}

/* In as many threads as there is work for, this one among them. */
void
verify_all(struct store *s, const struct settings *cfg, struct engine *engine,
	   struct verify_item *items, size_t count, int64_t until_mono_ms)
{
	struct verify v = {
	    .store = s,
	    .cfg = cfg,
	    .engine = engine,
	    .items = items,
	    .count = count,
	    .until_ms = until_mono_ms,
	};
	pthread_t threads[VERIFY_AT_ONCE - 1];
	size_t begun, i;

	for (i = 0; i < count; i++)
		items[i].outcome = VERIFY_NOT_ASKED;
	for (begun = 0; begun < GB_COUNT(threads); begun++)
		if (begun + 1 >= count ||
		    pthread_create(&threads[begun], NULL, work, &v) != 0)
			break;
	(void)work(&v);
	for (i = 0; i < begun; i++)
		(void)pthread_join(threads[i], NULL);
}
