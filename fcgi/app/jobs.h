/* jobs.h: the thread for what is due from time to time */
#ifndef GB_APP_JOBS_H
#define GB_APP_JOBS_H

#include "app/app.h"

struct jobs;

/* Start the thread.  Each job, and each key that is due for a recheck, is
 * claimed in the database, so that of all processes one does it. */
enum gb_err jobs_start(struct jobs **, struct app *) GB_NODISCARD;

/* End it, after the job that is running.  NULL is fine. */
void jobs_stop(struct jobs *);

#endif
