/* app.c: the parts of a running process, and what is in force */
#include "app/app.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/jobs.h"
#include "app/startup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "store/metrics.h"
#include "store/clock_jump.h"

#define CLOCK_SET_MS 2000 /* what the clocks differ by, when one was set */
#define LOOK_MS	     250  /* how often other processes' changes are sought */
#define CONNECTIONS  256  /* to upstream, kept open when idle */

struct app {
	struct store *store; /* one connection: two would make each other busy,
				which SQLite meets by sleeping */
	struct engine *engine;
	struct journal_writer journal;
	struct lists lists;
	struct leases leases;
	struct jobs *jobs;
	char *config_file;
	char process_id[RANDOM_ID_SIZE];
	bool told;	    /* the others know of this process */
	atomic_int running; /* requests */

	_Atomic int64_t waiting; /* requests, for a key */

	pthread_mutex_t mutex;	    /* guards what follows */
	struct snapshot *current;   /* holds one reference */
	int64_t generation;	    /* of the store, that "current" is of */
	_Atomic int64_t look_at_ms; /* when to look for changes again */

	int64_t clock_offset_ms; /* between the wall clock and the other */
};

static void
snapshot_free(struct snapshot *snap)
{
	if (snap == NULL)
		return;
	auth_free(snap->auth);
	rules_free(snap->models);
	settings_free(snap->settings);
	free(snap);
}

/* Takes over "settings", also on failure. */
static enum gb_err
snapshot_new(struct snapshot **out, struct settings *settings,
	     struct store *store)
{
	struct snapshot *snap;
	enum gb_err rc;

	*out = NULL;
	if ((snap = calloc(1, sizeof(*snap))) == NULL) {
		settings_free(settings);
		return GB_ENOMEM;
	}
	snap->settings = settings;
	snap->refs = 1;
	if ((rc = rules_new(&snap->models, settings)) != GB_OK ||
	    (rc = auth_new(&snap->auth, settings, store)) != GB_OK ||
	    (rc = admin_token_load(&snap->admin, settings, store)) != GB_OK) {
		snapshot_free(snap);
		return rc;
	}
	*out = snap;
	return GB_OK;
}

/* Read settings and tokens anew.  What was in force stays in force when they
 * cannot be read. */
static enum gb_err
reload(struct app *app, struct snapshot **out)
{
	struct settings *settings;
	struct buf faults;
	enum gb_err rc;

	*out = NULL;
	buf_init(&faults, STARTUP_FAULTS_MAX);
	/* The database may have got a key since, and the file its name. */
	rc = startup_settings(app->config_file, NULL, &settings, &faults);
	if (rc == GB_OK)
		rc = startup_unlock(app->store, settings, false);
	settings_free(settings);
	if (rc == GB_OK)
		rc = startup_settings(app->config_file, app->store, &settings,
				      &faults);
	if (rc == GB_OK)
		rc = snapshot_new(out, settings, app->store);
	else
		log_errorx("settings: the ones in force stay: %s",
			   buf_str(&faults));
	buf_release(&faults);
	return rc;
}

void
app_check_clock(struct app *app)
{
	struct clock_moment now;
	int64_t back_ms;

	clock_now(&now);
	if (store_clock_check(app->store, &now, &back_ms) == GB_OK &&
	    back_ms > 0)
		log_warnx("clock: it was set back by %lld s: rests end as much "
			  "earlier",
			  (long long)(back_ms / 1000));
}

/* Whether somebody set the clock since the last look. */
static bool
clock_was_set(struct app *app)
{
	int64_t offset, moved;

	offset = clock_wall_ms() - clock_mono_ms();
	moved = offset - app->clock_offset_ms;
	if (moved > -CLOCK_SET_MS && moved < CLOCK_SET_MS)
		return false;
	app->clock_offset_ms = offset;
	return true;
}

static void
look_for_changes(struct app *app)
{
	struct snapshot *fresh, *old;
	int64_t generation;
	enum gb_err rc;
	bool set;

	pthread_mutex_lock(&app->mutex);
	set = clock_was_set(app);
	pthread_mutex_unlock(&app->mutex);
	if (set)
		app_check_clock(app);
	if (store_generation(app->store, &generation) != GB_OK)
		return;
	pthread_mutex_lock(&app->mutex);
	old = NULL;
	if (generation != app->generation) {
		rc = reload(app, &fresh);
		if (rc == GB_OK) {
			old = app->current;
			app->current = fresh;
			log_set_level(fresh->settings->log_level);
		}
		/* What is wrong stays so until somebody changes it again. */
		if (rc == GB_OK || rc == GB_EINVAL)
			app->generation = generation;
	}
	pthread_mutex_unlock(&app->mutex);
	if (old != NULL)
		app_release(app, old);
}

struct snapshot *
app_acquire(struct app *app)
{
	struct snapshot *snap;
	int64_t now, due;

	now = clock_mono_ms();
	due = atomic_load_explicit(&app->look_at_ms, memory_order_relaxed);
	if (now >= due && atomic_compare_exchange_strong(&app->look_at_ms, &due,
							 now + LOOK_MS))
		look_for_changes(app);
	pthread_mutex_lock(&app->mutex);
	snap = app->current;
	snap->refs++;
	pthread_mutex_unlock(&app->mutex);
	return snap;
}

void
app_release(struct app *app, struct snapshot *snap)
{
	bool last;

	pthread_mutex_lock(&app->mutex);
	last = --snap->refs == 0;
	pthread_mutex_unlock(&app->mutex);
	if (last)
		snapshot_free(snap);
}

enum gb_err
app_settings_with(const struct app *app,
		  const struct settings_override *overrides, size_t count,
		  struct settings **out, struct buf *faults,
		  struct setting_fault *first)
{
	return startup_settings_with(app->config_file, overrides, count, out,
				     faults, first);
}

enum gb_err
app_new(struct app **out, struct settings *settings, struct store *store,
	const char *config_file, bool jobs)
{
	struct engine_options options;
	struct app *app;
	enum gb_err rc;

	*out = NULL;
	if ((app = calloc(1, sizeof(*app))) == NULL) {
		settings_free(settings);
		store_close(store);
		return GB_ENOMEM;
	}
	pthread_mutex_init(&app->mutex, NULL);
	app->store = store;
	random_id(app->process_id);
	journal_writer_init(&app->journal, store);
	lists_init(&app->lists);
	leases_init(&app->leases, store);
	memset(&options, 0, sizeof(options));
	options.ca_file = settings->ca_file;
	options.connections = CONNECTIONS;
	app->clock_offset_ms = clock_wall_ms() - clock_mono_ms();
	app_check_clock(app);
	rc = store_generation(store, &app->generation);
	if (rc == GB_OK)
		rc = engine_new(&app->engine, &options);
	if (rc == GB_OK && config_file != NULL &&
	    (app->config_file = strdup(config_file)) == NULL)
		rc = GB_ENOMEM;
	if (rc != GB_OK)
		settings_free(settings);
	else
		rc = snapshot_new(&app->current, settings, store);
	if (rc == GB_OK && jobs)
		rc = jobs_start(&app->jobs, app);
	if (rc != GB_OK) {
		app_free(app);
		return rc;
	}
	*out = app;
	return GB_OK;
}

void
app_free(struct app *app)
{
	if (app == NULL)
		return;
	jobs_stop(app->jobs);
	if (app->told &&
	    store_process_gone(app->store, app->process_id) != GB_OK)
		log_warnx("gbalance: others think that this process serves");
	engine_free(app->engine);
	snapshot_free(app->current);
	lists_release(&app->lists);
	leases_release(&app->leases);
	store_close(app->store);
	pthread_mutex_destroy(&app->mutex);
	free(app->config_file);
	free(app);
}

struct store *
app_store(const struct app *app)
{
	return app->store;
}

struct engine *
app_engine(const struct app *app)
{
	return app->engine;
}

struct journal_writer *
app_journal(struct app *app)
{
	return &app->journal;
}

struct lists *
app_lists(struct app *app)
{
	return &app->lists;
}

struct leases *
app_leases(struct app *app)
{
	return &app->leases;
}

void
app_enter(struct app *app)
{
	atomic_fetch_add_explicit(&app->running, 1, memory_order_relaxed);
}

void
app_leave(struct app *app)
{
	atomic_fetch_sub_explicit(&app->running, 1, memory_order_relaxed);
}

int64_t
app_running(const struct app *app)
{
	return atomic_load_explicit(&app->running, memory_order_relaxed);
}

const char *
app_process_id(const struct app *app)
{
	return app->process_id;
}

void
app_tell(struct app *app)
{
	/* A failure was logged, and is made up for the next time. */
	if (store_process_seen(app->store, app->process_id, clock_wall_ms(),
			       app_running(app),
			       store_writes_waiting(app->store)) == GB_OK)
		app->told = true;
}

bool
app_wait_begin(struct app *app, int64_t threads)
{
	int64_t most;

	most = threads / 4 > 1 ? threads / 4 : 1;
	if (atomic_fetch_add(&app->waiting, 1) < most)
		return true;
	app_wait_end(app);
	return false;
}

void
app_wait_end(struct app *app)
{
	(void)atomic_fetch_sub(&app->waiting, 1);
}
