/*
 * app.h: the parts of a running process, wired together, and what is in force
 * at the moment.
 */
#ifndef GB_APP_APP_H
#define GB_APP_APP_H

#include "app/admin_token.h"
#include "app/auth.h"
#include "app/journal_writer.h"
#include "app/leases.h"
#include "app/model_lists.h"
#include "app/rules.h"
#include "config/settings.h"
#include "store/store.h"
#include "upstream/engine.h"

/* The settings and tokens of one moment; it does not change. */
struct snapshot {
	struct settings *settings;
	struct auth *auth;
	struct admin_token admin;
	struct model_rules *models; /* what the settings say of them */
	int refs;		    /* under the app's mutex */
};

struct app;

/*
 * Take over "settings" and "store" (both freed by app_free(), and on failure)
 * and start what serving needs.  "config_file" (NULL: none) is read again when
 * an admin changed a setting.  With "jobs" a thread runs the jobs that come
 * due, where this process gets their lease.
 */
enum gb_err app_new(struct app **, struct settings *settings,
		    struct store *store, const char *config_file,
		    bool jobs) GB_NODISCARD;
void app_free(struct app *);

/*
 * What is in force; to be given back with app_release().  Looks at most four
 * times a second whether another process changed something, so that a change
 * is in force within a second everywhere.
 */
struct snapshot *app_acquire(struct app *);
void app_release(struct app *, struct snapshot *);

/*
 * What the settings are, or would be, with these of the database over the file
 * and the environment, as settings_load() has it; paths are as they were
 * written.  "first" (or NULL) is as in settings_load.
 */
enum gb_err app_settings_with(const struct app *,
			      const struct settings_override *, size_t count,
			      struct settings **out, struct buf *faults,
			      struct setting_fault *first) GB_NODISCARD;

/* A request begins, and ends; and how many there are in this process. */
void app_enter(struct app *);
void app_leave(struct app *);
int64_t app_running(const struct app *);

/* What this process is called in the database, as long as it runs. */
const char *app_process_id(const struct app *);
/* Tell the others how busy it is; from time to time. */
void app_tell(struct app *);

/* See whether the machine's clock was set back, and have what rests follow it;
 * clock_jump.h.  Done at the start, when the clocks move apart, and by jobs. */
void app_check_clock(struct app *);

struct store *app_store(const struct app *);
struct engine *app_engine(const struct app *);
struct journal_writer *app_journal(struct app *);
struct lists *app_lists(struct app *);
struct leases *app_leases(struct app *);

/* A request would wait for a key: false when so many do already that more would
 * only be a herd (a quarter of the threads).  app_wait_end() ends it. */
bool app_wait_begin(struct app *, int64_t threads);
void app_wait_end(struct app *);

#endif
