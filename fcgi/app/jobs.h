/*
 * jobs.h: what is due from time to time: rechecks, lists of models, sums of the
 * journal, what need not be kept.
 *
 * Each job, and each key that is due, is claimed in the database, so that of
 * all processes one does it; the claim of one that was killed runs out.  A
 * process that serves for longer has a thread for them.  A CGI's, and one that
 * mod_fcgid ends at once, leaves them to a program that nobody waits for.
 */
#ifndef GB_APP_JOBS_H
#define GB_APP_JOBS_H

#include "app/app.h"

struct jobs;

/* After which the thread looks for the first time. */
#define JOBS_FIRST_MS 1000

/* Do what is due now, and come back within some seconds. */
void jobs_run_due(struct app *);

/* Start the thread. */
enum gb_err jobs_start(struct jobs **, struct app *) GB_NODISCARD;

/* End it, after the job that is running.  NULL is fine. */
void jobs_stop(struct jobs *);

/* Once a minute, over all processes: start "gbalance run-jobs" beside us, with
 * the same settings.  "config_file" NULL: without any. */
void jobs_spawn(struct app *, const char *config_file);

#endif
