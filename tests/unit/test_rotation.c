/* test_rotation.c: strict rotation over threads and processes (promise 10),
 * and what a killed process leaves behind (promise 8) */
#include "unit_store.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/secret.h"
#include "store/journal.h"

#define MODEL	  "gemini-2.5-flash"
#define PROCESSES 8
#define TURNS	  2000
#define THREADS	  32
#define KEYS	  7 /* no divisor of the turns */
#define KILLS	  12
#define WRITERS	  4
#define BATCH	  5

/* What the processes of a test tell each other. */
struct board {
	atomic_long turns[KEYS + 1];  /* by key id */
	atomic_long taken[WRITERS];   /* turns that were confirmed */
	atomic_long written[WRITERS]; /* batches that were confirmed */
	atomic_long cooled[WRITERS];  /* until when, confirmed */
	atomic_long errors;
	atomic_bool go;
};

static struct board *
board_new(void)
{
	struct board *b;

	b = mmap(NULL, sizeof(*b), PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(b != MAP_FAILED);
	return b;
}

static void
take_turns(struct store *s, struct board *b, int turns)
{
	struct key_turn turn;
	int64_t back_at;

	for (; turns > 0; turns--)
		if (store_key_turn(s, POOL_GEMINI, MODEL, UNIT_NOW, NULL, 0,
				   NULL, &turn, &back_at) != GB_OK ||
		    turn.id < 1 || turn.id > KEYS)
			atomic_fetch_add(&b->errors, 1);
		else
			atomic_fetch_add(&b->turns[turn.id], 1);
}

static void
check_even(struct board *b, long turns)
{
	char what[32];
	int id;
	long n;

	CHECK_INT("errors", atomic_load(&b->errors), 0);
	for (id = 1; id <= KEYS; id++) {
		n = atomic_load(&b->turns[id]);
		(void)snprintf(what, sizeof(what), "key %d", id);
		CHECK_INT(what, n, turns / KEYS + (id <= turns % KEYS));
	}
}

/* A process that opens the database itself; the exit code tells. */
static pid_t
spawn_turns(const char *path, struct board *b, int turns)
{
	struct store *s;
	pid_t pid;

	pid = fork();
	assert_true(pid != -1);
	if (pid > 0)
		return pid;
	while (!atomic_load(&b->go))
		usleep(100);
	if (store_open(&s, path) != GB_OK)
		_exit(1);
	take_turns(s, b, turns);
	store_close(s);
	_exit(0);
}

static void
wait_for(pid_t pid, const char *what)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	CHECK_INT(what, status, 0);
}

/* Promise 10: 8 processes x 2,000 turns, exact to the turn. */
static void
test_processes(void **state)
{
	struct unit_store *u = *state;
	pid_t pids[PROCESSES];
	struct board *b;
	int i;

	unit_add_keys(u->store, KEYS);
	store_close(u->store); /* no connection goes through a fork */
	u->store = NULL;
	b = board_new();
	for (i = 0; i < PROCESSES; i++)
		pids[i] = spawn_turns(u->path, b, TURNS);
	atomic_store(&b->go, true);
	for (i = 0; i < PROCESSES; i++)
		wait_for(pids[i], "a process");
	check_even(b, PROCESSES * TURNS);
	munmap(b, sizeof(*b));
}

/* All at once make a database that is not there yet. */
static void
test_first_open(void **state)
{
	struct unit_store *u = *state;
	pid_t pids[PROCESSES];
	struct board *b;
	char path[160];
	int i;

	(void)snprintf(path, sizeof(path), "%s/other.db", u->folder);
	b = board_new();
	for (i = 0; i < PROCESSES; i++)
		pids[i] = spawn_turns(path, b, 0);
	atomic_store(&b->go, true);
	for (i = 0; i < PROCESSES; i++)
		wait_for(pids[i], "a process");
	CHECK_INT("version", unit_sql(path, "PRAGMA user_version", NULL, 0),
		  UNIT_SCHEMA);
	munmap(b, sizeof(*b));
}

struct thread_arg {
	struct store *s;
	struct board *b;
};

static void *
thread_main(void *arg)
{
	struct thread_arg *a = arg;

	take_turns(a->s, a->b, TURNS / THREADS);
	return NULL;
}

/* Threads on two connections of one process. */
static void
test_threads(void **state)
{
	struct unit_store *u = *state;
	pthread_t threads[THREADS];
	struct thread_arg args[2];
	struct store *second;
	struct board *b;
	int i;

	unit_add_keys(u->store, KEYS);
	assert_int_equal(store_open(&second, u->path), GB_OK);
	b = board_new();
	args[0] = (struct thread_arg){u->store, b};
	args[1] = (struct thread_arg){second, b};
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, thread_main,
						&args[i % 2]),
				 0);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	check_even(b, TURNS / THREADS * THREADS);
	store_close(second);
	munmap(b, sizeof(*b));
}

/* Turns, journal and verdicts until it is killed; each is on the board only
 * after the database has confirmed it. */
static void
write_for_ever(const char *path, struct board *b, int self)
{
	const struct journal_entry *entries[BATCH];
	struct journal_entry e;
	struct key_turn turn;
	struct store *s;
	int64_t back_at;
	long i;

	if (store_open(&s, path) != GB_OK)
		_exit(1);
	memset(&e, 0, sizeof(e));
	e.status = self;
	for (i = 0; i < BATCH; i++)
		entries[i] = &e;
	for (i = atomic_load(&b->cooled[self]) + 1;; i++) {
		if (store_key_turn(s, POOL_GEMINI, MODEL, UNIT_NOW, NULL, 0,
				   NULL, &turn, &back_at) != GB_OK)
			_exit(2);
		atomic_fetch_add(&b->taken[self], 1);
		if (store_journal_write(s, entries, BATCH) != GB_OK)
			_exit(3);
		atomic_fetch_add(&b->written[self], 1);
		if (unit_cool_model(s, self + 1, "other", UNIT_NOW, i, "x") !=
		    GB_OK)
			_exit(4);
		atomic_store(&b->cooled[self], i);
	}
}

static pid_t
spawn_writer(const char *path, struct board *b, int self)
{
	pid_t pid;

	pid = fork();
	assert_true(pid != -1);
	if (pid == 0) {
		/* A test that fails must not leave it running. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		write_for_ever(path, b, self);
	}
	return pid;
}

static void
kill_one(pid_t pid)
{
	int status;

	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	CHECK("it ran until it was killed",
	      WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* What was confirmed is there, and of what was under way all or nothing:
 * "kills" processes were killed, each in one thing at most. */
static void
check_survived(const char *path, struct board *b, int kills)
{
	char text[64], sql[128];
	long taken, rows, ahead;
	int i;

	unit_sql(path, "PRAGMA integrity_check", text, sizeof(text));
	CHECK_STR("integrity", text, "ok");
	unit_sql(path, "SELECT count(*) || '' FROM pragma_foreign_key_check",
		 text, sizeof(text));
	CHECK_STR("foreign keys", text, "0");
	for (taken = i = 0; i < WRITERS; i++) {
		taken += atomic_load(&b->taken[i]);
		(void)snprintf(sql, sizeof(sql),
			       "SELECT count(*) FROM requests WHERE status = "
			       "%d",
			       i);
		rows = (long)unit_sql(path, sql, NULL, 0);
		CHECK_INT("whole batches", rows % BATCH, 0);
		ahead = rows / BATCH - atomic_load(&b->written[i]);
		CHECK("no batch lost or twice", ahead >= 0 && ahead <= kills);
		(void)snprintf(sql, sizeof(sql),
			       "SELECT ready_at FROM key_models WHERE key_id "
			       "= %d",
			       i + 1);
		ahead = (long)unit_sql(path, sql, NULL, 0) -
			atomic_load(&b->cooled[i]);
		CHECK("no verdict lost", ahead == 0 || ahead == 1);
	}
	ahead = (long)unit_sql(path, "SELECT pos FROM rotation", NULL, 0) - 1 -
		(taken - 1) % KEYS;
	ahead = (ahead % KEYS + KEYS) % KEYS;
	CHECK("no turn lost or twice", ahead <= kills);
}

/* Promise 8: kill -9 of a random process at a random moment. */
static void
test_killed(void **state)
{
	struct unit_store *u = *state;
	unsigned char dice[2];
	pid_t pids[WRITERS];
	struct board *b;
	int i, n;

	unit_add_keys(u->store, KEYS);
	store_close(u->store);
	u->store = NULL;
	b = board_new();
	for (i = 0; i < WRITERS; i++)
		pids[i] = spawn_writer(u->path, b, i);
	for (n = 0; n < KILLS; n++) {
		random_bytes(dice, sizeof(dice));
		usleep(5000 + dice[0] * 100U);
		i = dice[1] % WRITERS;
		kill_one(pids[i]);
		pids[i] = spawn_writer(u->path, b, i);
	}
	for (i = 0; i < WRITERS; i++)
		kill_one(pids[i]);
	check_survived(u->path, b, KILLS + WRITERS);
	munmap(b, sizeof(*b));

	/* The next start needs no repair, and the rotation goes on. */
	assert_int_equal(store_open(&u->store, u->path), GB_OK);
	b = board_new();
	take_turns(u->store, b, KEYS);
	check_even(b, KEYS);
	munmap(b, sizeof(*b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(test_processes),
	    WITH_STORE(test_first_open),
	    WITH_STORE(test_threads),
	    WITH_STORE(test_killed),
	};

	return cmocka_run_group_tests_name("rotation", tests, NULL, NULL);
}
