/* jobs.c: the thread for what is due from time to time */
#include "app/jobs.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "app/backups.h"
#include "base/log.h"
#include "hosting/sweep.h"
#include "keys/exit_check.h"
#include "keys/listing.h"
#include "keys/recheck.h"
#include "store/retention.h"

#define LOOK_S 15 /* how often it looks whether a job is due */

struct jobs {
	struct app *app;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	bool stop; /* under mutex */
};

/* Whether a job that takes long has to break off. */
static bool
is_stopping(void *arg)
{
	struct jobs *jobs = arg;
	bool stop;

	pthread_mutex_lock(&jobs->mutex);
	stop = jobs->stop;
	pthread_mutex_unlock(&jobs->mutex);
	return stop;
}

static void
run_due(struct jobs *jobs)
{
	struct app *app = jobs->app;
	const struct settings *cfg;
	struct snapshot *snap;
	struct retention keep;

	app_tell(app);
	snap = app_acquire(app);
	cfg = snap->settings;
	exit_check_due(app_store(app), cfg, app_engine(app));
	recheck_due(app_store(app), cfg, app_engine(app));
	listing_due(app_store(app), cfg, app_engine(app));
	keep.request_days =
	    cfg->delete_request_logs ? cfg->request_log_days : 0;
	keep.error_days = cfg->delete_error_logs ? cfg->error_log_days : 0;
	keep.journal_max = cfg->journal_max;
	keep.signature_hours = cfg->signature_hours;
	keep.signatures_max = cfg->signatures_max;
	keep.objects_every_hours =
	    cfg->files_cleanup ? cfg->files_cleanup_hours : 0;
	retention_due(app_store(app), &keep);
	pictures_sweep_due(app_store(app), cfg);
	backups_due(app_store(app), cfg, is_stopping, jobs);
	app_release(app, snap);
}

/* Wait until it is time to look again; false: it is time to end. */
static bool
sleep_until_due(struct jobs *jobs)
{
	struct timespec until;
	bool go_on;
	int rc;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += LOOK_S;
	pthread_mutex_lock(&jobs->mutex);
	for (rc = 0; rc != ETIMEDOUT && !jobs->stop;)
		rc = pthread_cond_timedwait(&jobs->wake, &jobs->mutex, &until);
	go_on = !jobs->stop;
	pthread_mutex_unlock(&jobs->mutex);
	return go_on;
}

static void *
jobs_main(void *arg)
{
	struct jobs *jobs = arg;

	app_tell(jobs->app);
	while (sleep_until_due(jobs))
		run_due(jobs);
	return NULL;
}

enum gb_err
jobs_start(struct jobs **out, struct app *app)
{
	pthread_condattr_t attr;
	struct jobs *jobs;

	*out = NULL;
	if ((jobs = calloc(1, sizeof(*jobs))) == NULL)
		return GB_ENOMEM;
	jobs->app = app;
	pthread_mutex_init(&jobs->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&jobs->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&jobs->thread, NULL, jobs_main, jobs) != 0) {
		log_errorx("jobs: no thread");
		free(jobs);
		return GB_EIO;
	}
	*out = jobs;
	return GB_OK;
}

void
jobs_stop(struct jobs *jobs)
{
	if (jobs == NULL)
		return;
	pthread_mutex_lock(&jobs->mutex);
	jobs->stop = true;
	pthread_cond_signal(&jobs->wake);
	pthread_mutex_unlock(&jobs->mutex);
	pthread_join(jobs->thread, NULL);
	pthread_cond_destroy(&jobs->wake);
	pthread_mutex_destroy(&jobs->mutex);
	free(jobs);
}
