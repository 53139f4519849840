/* leases.c: what this process's requests have reserved, kept alive */
#include "app/leases.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"

#define RENEW_S	    5 /* a third of what is left when one is missed */
#define STACK_BYTES (256 * 1024)

void
leases_init(struct leases *l, struct store *store)
{
	pthread_condattr_t attr;

	memset(l, 0, sizeof(*l));
	l->store = store;
	slots_init(&l->slots, store_path(store));
	random_bytes(&l->owner, sizeof(l->owner));
	pthread_mutex_init(&l->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&l->wake, &attr);
	pthread_condattr_destroy(&attr);
}

/* Copies of all that were there already when the last round was. */
static struct limit_lease *
copy_old(const struct leases *l, size_t *count)
{
	struct limit_lease *copies;
	const struct lease *lease;
	int64_t old_ms;
	size_t n;

	*count = 0;
	old_ms = clock_mono_ms() - RENEW_S * 1000;
	for (n = 0, lease = l->first; lease != NULL; lease = lease->next)
		n += lease->made_ms <= old_ms;
	if (n == 0 || (copies = calloc(n, sizeof(*copies))) == NULL)
		return NULL;
	for (lease = l->first; lease != NULL; lease = lease->next)
		if (lease->made_ms <= old_ms)
			copies[(*count)++] = lease->limit;
	return copies;
}

/* A round; the mutex is held but while the database is written. */
static void
renew(struct leases *l)
{
	struct limit_lease *copies;
	enum gb_err rc;
	size_t count;

	copies = copy_old(l, &count);
	if (copies == NULL)
		return;
	pthread_mutex_unlock(&l->mutex);
	rc = store_limit_renew(l->store, copies, count, clock_mono_ms());
	if (rc != GB_OK && rc != GB_EFULL && !l->failing)
		log_warnx("limits: reservations are not renewed until the "
			  "database can be written again: %s",
			  gb_strerror(rc));
	l->failing = rc != GB_OK;
	free(copies);
	pthread_mutex_lock(&l->mutex);
}

static void *
leases_main(void *arg)
{
	struct leases *l = arg;
	struct timespec until;
	int rc;

	pthread_mutex_lock(&l->mutex);
	while (!l->stop) {
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += RENEW_S;
		for (rc = 0; rc != ETIMEDOUT && !l->stop;)
			rc =
			    pthread_cond_timedwait(&l->wake, &l->mutex, &until);
		if (!l->stop)
			renew(l);
	}
	pthread_mutex_unlock(&l->mutex);
	return NULL;
}

/* Within the mutex.  Without a thread a reservation lasts as long as it does
 * by itself, which is enough for most. */
static void
start_thread(struct leases *l)
{
	pthread_attr_t attr;

	if (l->running)
		return;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	l->running = pthread_create(&l->thread, &attr, leases_main, l) == 0;
	pthread_attr_destroy(&attr);
	if (!l->running)
		log_warnx("limits: no thread to renew reservations");
}

void
leases_release(struct leases *l)
{
	pthread_mutex_lock(&l->mutex);
	l->stop = true;
	pthread_cond_signal(&l->wake);
	pthread_mutex_unlock(&l->mutex);
	if (l->running)
		pthread_join(l->thread, NULL);
	pthread_cond_destroy(&l->wake);
	pthread_mutex_destroy(&l->mutex);
}

/* Reserve in the database, with a slot where the token has no more than so
 * many. */
static enum gb_err
reserve(struct leases *l, const struct limit_want *want, struct lease *lease,
	struct limit_answer *answer)
{
	int64_t most = want->limits[LIMIT_PARALLEL];
	struct limit_want wish = *want;
	enum gb_err rc;

	lease->slot = SLOT_NONE;
	if (most > 0)
		wish.full = slot_take(&l->slots, want->token_id, most,
				      &lease->slot) == GB_EBUSY;
	rc = store_limit_reserve(l->store, &wish, &lease->limit, answer);
	if (rc != GB_OK)
		slot_give(lease->slot);
	return rc;
}

enum gb_err
leases_reserve(struct leases *l, const struct limit_want *want,
	       struct lease *lease, struct limit_answer *answer)
{
	enum gb_err rc;

	pthread_mutex_lock(&l->mutex);
	lease->limit.owner = l->owner;
	lease->limit.number = l->next_number++;
	pthread_mutex_unlock(&l->mutex);
	rc = reserve(l, want, lease, answer);
	if (rc != GB_OK)
		return rc;
	lease->live = true;
	lease->made_ms = want->mono_ms;
	pthread_mutex_lock(&l->mutex);
	lease->prev = NULL;
	lease->next = l->first;
	if (l->first != NULL)
		l->first->prev = lease;
	l->first = lease;
	start_thread(l);
	pthread_mutex_unlock(&l->mutex);
	return GB_OK;
}

void
leases_end(struct leases *l, struct lease *lease, bool settled)
{
	enum gb_err rc;

	if (!lease->live)
		return;
	pthread_mutex_lock(&l->mutex);
	if (lease->prev != NULL)
		lease->prev->next = lease->next;
	else
		l->first = lease->next;
	if (lease->next != NULL)
		lease->next->prev = lease->prev;
	lease->live = false;
	pthread_mutex_unlock(&l->mutex);
	/* What cannot be written now runs out by itself. */
	rc = settled ? GB_OK : store_limit_return(l->store, &lease->limit);
	if (rc != GB_OK && rc != GB_EFULL)
		log_warnx("limits: a reservation was not given back");
	slot_give(lease->slot);
}
