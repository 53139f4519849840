/* jobs.c: what is due from time to time, in a thread or a program of its own
 */
#include "app/jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/backups.h"
#include "base/clock.h"
#include "base/log.h"
#include "hosting/sweep.h"
#include "keys/exit_check.h"
#include "keys/listing.h"
#include "keys/recheck.h"
#include "store/jobs.h"
#include "store/retention.h"

#define LOOK_S	   15	     /* how often it looks whether a job is due */
#define APART_MS   MINUTE_MS /* between programs that do jobs */
#define PROGRAM	   "/proc/self/exe"
#define CGI_METHOD "REQUEST_METHOD="
#define CGI_SIGN   "GATEWAY_INTERFACE="

struct jobs {
	struct app *app;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	bool stop; /* under mutex */
};

/* Whether a job that takes long has to break off; "arg" NULL: it need not. */
static bool
is_stopping(void *arg)
{
	struct jobs *jobs = arg;
	bool stop;

	if (jobs == NULL)
		return false;
	pthread_mutex_lock(&jobs->mutex);
	stop = jobs->stop;
	pthread_mutex_unlock(&jobs->mutex);
	return stop;
}

static void
run_due(struct app *app, struct jobs *jobs)
{
	const struct settings *cfg;
	struct snapshot *snap;
	struct retention keep;

	app_check_clock(app);
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

void
jobs_run_due(struct app *app)
{
	run_due(app, NULL);
}

/* Wait for so long, or until it is time to end: false. */
static bool
sleep_until_due(struct jobs *jobs, int64_t wait_ms)
{
	struct timespec until;
	bool go_on;
	int rc;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += wait_ms / 1000;
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
	bool go_on;

	app_tell(jobs->app);
	for (go_on = sleep_until_due(jobs, JOBS_FIRST_MS); go_on;
	     go_on = sleep_until_due(jobs, LOOK_S * 1000)) {
		app_tell(jobs->app);
		run_due(jobs->app, jobs);
	}
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

/* --- a program of its own ----------------------------------------------- */

/* The environment without what makes a program a CGI; its strings are those of
 * "environ".  NULL: no memory. */
static char **
plain_environment(void)
{
	size_t count, kept, i;
	char **list;

	for (count = 0; environ[count] != NULL; count++)
		continue;
	if ((list = calloc(count + 1, sizeof(*list))) == NULL)
		return NULL;
	for (kept = i = 0; i < count; i++)
		if (strncmp(environ[i], CGI_METHOD, strlen(CGI_METHOD)) != 0 &&
		    strncmp(environ[i], CGI_SIGN, strlen(CGI_SIGN)) != 0)
			list[kept++] = environ[i];
	return list;
}

/* Nothing of the web server's stays open in it: a client must not wait for the
 * end of a program that it does not know of. */
static int
spawn_quietly(char *const argv[], char *const envp[])
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none;
	pid_t pid;
	int fd, rc;

	sigemptyset(&none);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	for (rc = 0, fd = STDIN_FILENO; rc == 0 && fd <= STDERR_FILENO; fd++)
		rc = posix_spawn_file_actions_addopen(&files, fd, "/dev/null",
						      O_RDWR, 0);
	if (rc == 0)
		rc = posix_spawnattr_setsigmask(&attr, &none);
	if (rc == 0)
		rc =
		    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID |
							POSIX_SPAWN_SETSIGMASK);
	if (rc == 0)
		rc = posix_spawn(&pid, PROGRAM, &files, &attr, argv, envp);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

void
jobs_spawn(struct app *app, const char *config_file)
{
	char name[] = "gbalance", option[] = "--config", verb[] = "run-jobs";
	char *argv[5] = {name}, *config, **envp;
	bool mine;
	int rc;

	if (store_job_take(app_store(app), "spawn", clock_wall_ms(), APART_MS,
			   APART_MS, &mine) != GB_OK ||
	    !mine)
		return;
	config = config_file == NULL ? NULL : strdup(config_file);
	envp = plain_environment();
	if (envp == NULL || (config == NULL && config_file != NULL)) {
		rc = ENOMEM;
	} else if (config == NULL) {
		argv[1] = verb;
		rc = spawn_quietly(argv, envp);
	} else {
		argv[1] = option;
		argv[2] = config;
		argv[3] = verb;
		rc = spawn_quietly(argv, envp);
	}
	if (rc != 0)
		log_warnx("jobs: no program for them: %s", strerror(rc));
	free(envp);
	free(config);
}
