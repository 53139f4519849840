/* processes.c: the programs under test, and their ends */
#include "crash.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "google.h"

#define TRIES	   2000
#define TRY_NAP_NS 5000000

/* A row for each turn, in the order in which they were taken. */
static const char sql_watch[] =
    "CREATE TABLE crash_turns (id INTEGER PRIMARY KEY, key_id INTEGER);"
    "CREATE TRIGGER crash_turn AFTER UPDATE ON rotation BEGIN"
    " INSERT INTO crash_turns (key_id) VALUES (new.pos); END;";

static void
write_settings(const struct crash *c, int google_port)
{
	char path[4096];
	FILE *f;
	int i;

	(void)snprintf(path, sizeof(path), "%s/gbalance.cfg", c->folder);
	if ((f = fopen(path, "w")) == NULL)
		err(1, "%s", path);
	(void)fprintf(f,
		      "base_url = \"http://127.0.0.1:%d\";\n"
		      "allowed_tokens = [ \"%s\", \"%s\", \"%s\" ];\n"
		      "timezone = \"UTC\";\n"
		      "sqlite_database = \"data/gbalance.db\";\n"
		      "models_hours = 0;\n"
		      "check_interval_hours = 0;\n"
		      "threads = 64;\n"
		      "max_retries = %d;\n"
		      "api_keys = [",
		      google_port, person_tokens[0], person_tokens[1],
		      person_tokens[2], c->mode == MODE_ROTATION ? 0 : 3);
	for (i = 0; i < c->keys; i++)
		(void)fprintf(f, "%s\n  \"" KEY_FORMAT "\"", i > 0 ? "," : "",
			      i);
	(void)fputs(" ];\n", f);
	if (fclose(f) != 0)
		err(1, "%s", path);
}

static pid_t
spawn(const struct crash *c, char *const argv[])
{
	posix_spawn_file_actions_t files;
	char log[4096];
	pid_t pid;
	int rc;

	(void)snprintf(log, sizeof(log), "%s/gbalance.log", c->folder);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null",
					 O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log,
					 O_WRONLY | O_CREAT | O_APPEND, 0600);
	posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
	rc = posix_spawn(&pid, c->gbalance, &files, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	if (rc != 0)
		errx(1, "%s: %s", c->gbalance, strerror(rc));
	return pid;
}

static void
start(struct crash *c, int which)
{
	char config[4096], address[128];
	char name[] = "gbalance", option[] = "--config", listen[] = "--listen";
	char *argv[] = {name, option, config, listen, address, NULL};

	(void)snprintf(config, sizeof(config), "%s/gbalance.cfg", c->folder);
	(void)snprintf(address, sizeof(address), "unix:%s",
		       c->process[which].socket);
	c->process[which].pid = spawn(c, argv);
}

/* Run the program as a tool. */
static void
tool(const struct crash *c, const char *const words[])
{
	char config[4096], copies[5][64];
	char name[] = "gbalance", option[] = "--config";
	char *argv[9] = {name, option, config};
	int i, status;

	(void)snprintf(config, sizeof(config), "%s/gbalance.cfg", c->folder);
	for (i = 0; words[i] != NULL; i++) {
		(void)snprintf(copies[i], sizeof(copies[i]), "%s", words[i]);
		argv[3 + i] = copies[i];
	}
	if (waitpid(spawn(c, argv), &status, 0) == -1 || status != 0)
		errx(1, "%s %s failed; see %s/gbalance.log", words[0], words[1],
		     c->folder);
}

static void
make_database(struct crash *c)
{
	char path[4096], number[32], *why;
	sqlite3 *db;

	tool(c, (const char *const[]){"keys", "list", NULL});
	(void)snprintf(number, sizeof(number), "%ld", c->day_limit);
	tool(c, (const char *const[]){"tokens", "set", "config-2",
				      "--requests-per-day", number, NULL});
	(void)snprintf(number, sizeof(number), "%d", LIMIT_PARALLEL);
	tool(c, (const char *const[]){"tokens", "set", "config-3", "--parallel",
				      number, NULL});
	if (c->mode != MODE_ROTATION)
		return;
	(void)snprintf(path, sizeof(path), "%s/data/gbalance.db", c->folder);
	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, sql_watch, NULL, NULL, &why) != SQLITE_OK)
		errx(1, "%s: %s", path, sqlite3_errmsg(db));
	sqlite3_close(db);
}

static bool
is_listening(const struct process *p)
{
	struct fastcgi_reply reply;

	/* without a token, so that nobody counts it */
	return fastcgi_chat(p->socket, "nobody", STEADY_MODEL, 0, &reply) &&
	       reply.whole;
}

void
processes_start(struct crash *c, int google_port)
{
	const struct timespec nap = {.tv_nsec = TRY_NAP_NS};
	struct process *p;
	int i, tries;

	write_settings(c, google_port);
	make_database(c);
	for (i = 0; i < c->processes; i++) {
		p = &c->process[i];
		pthread_mutex_init(&p->lock, NULL);
		(void)snprintf(p->socket, sizeof(p->socket), "%s/%d.sock",
			       c->folder, i);
		start(c, i);
	}
	for (i = 0; i < c->processes; i++)
		for (tries = 0; !is_listening(&c->process[i]); tries++) {
			if (tries == TRIES)
				errx(1, "process %d does not start", i);
			nanosleep(&nap, NULL);
		}
}

void
processes_kill(struct crash *c, int which)
{
	struct process *p = &c->process[which];
	int status;

	pthread_mutex_lock(&p->lock);
	if (waitpid(p->pid, &status, WNOHANG) != 0)
		errx(1, "process %d ended by itself; see %s/gbalance.log",
		     which, c->folder);
	kill(p->pid, SIGKILL);
	waitpid(p->pid, &status, 0);
	start(c, which);
	c->kills++;
	pthread_mutex_unlock(&p->lock);
}

void
processes_stop(struct crash *c)
{
	int i, status;

	for (i = 0; i < c->processes; i++)
		kill(c->process[i].pid, SIGTERM);
	for (i = 0; i < c->processes; i++) {
		if (waitpid(c->process[i].pid, &status, 0) == -1)
			err(1, "process %d", i);
		/* one that has just started may not listen to it yet */
		if (status != 0 &&
		    !(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM))
			errx(1,
			     "process %d ended with %d; see "
			     "%s/gbalance.log",
			     i, status, c->folder);
	}
}
