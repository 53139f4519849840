/*
 * crash.c: many processes on one database, killed at random under load.
 *
 *	crash [-m mixed|rotation|full] [-p PROCESSES] [-t THREADS] [-n REQUESTS]
 *		[-k KILL_MS] [-s FULL_SECONDS] [-f] GBALANCE FOLDER
 *
 * With -f no disk is made that can be full, which needs the right to mount one;
 * files that may not grow stand for it.
 *
 * FOLDER is empty.  Each process has to finish so many requests.  What is not
 * as promised goes to standard error, a line each, and the exit status is 1.
 */
#include "crash.h"

#include <err.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../bench/http.h"
#include "google.h"

#define KEYS	   60
#define MORTALS	   20
#define ONE_IN	   10 /* answers that fail */
#define SLOW	   7  /* of 8 requests; they take SLOW_US longer */
#define SLOW_US	   3000
#define NAP_NS	   2000000
#define SPARE_KEYS 4  /* tries for each request that has to be finished */
#define SLICE_MS   50 /* the longest that the end of a killer takes */
#define CALM_S	   2  /* before the disk is full, and after */

/* What a client thread is told. */
struct client {
	struct crash *crash;
	int process;
};

static void
nap_ms(int ms)
{
	struct timespec nap;

	nap.tv_sec = ms / 1000;
	nap.tv_nsec = ms % 1000 * 1000000L;
	nanosleep(&nap, NULL);
}

const char *const person_tokens[PERSON__MAX] = {
    [PERSON_FREE] = "gb-crash-token-of-the-tests-free",
    [PERSON_DAY] = "gb-crash-token-of-the-tests-day",
    [PERSON_PARALLEL] = "gb-crash-token-of-the-tests-parallel",
};

/* They ask for the steady model. */
enum person
person_of(uint32_t number)
{
	return number % 8 == SLOW ? PERSON_PARALLEL
	       : number % 8 == 3  ? PERSON_DAY
				  : PERSON_FREE;
}

/* Every fourth request is for a model with a quota of the day. */
static void
choose_model(const struct crash *c, long number, char model[32])
{
	if (c->mode == MODE_ROTATION || number % 4 != 1)
		(void)snprintf(model, 32, STEADY_MODEL);
	else
		(void)snprintf(model, 32, DAILY_FORMAT,
			       (int)(number / 4 % DAILY_MODELS));
}

/* One request, which is made anew under another number when the process is
 * killed over it. */
static void
finish_one(struct crash *c, const char *path)
{
	const struct timespec nap = {.tv_nsec = NAP_NS};
	struct try *t;
	char model[32];
	long number;

	do {
		if ((number = atomic_fetch_add(&c->tried, 1)) >= c->tries_max)
			errx(1, "more tries than %ld", c->tries_max);
		t = &c->tries[number];
		choose_model(c, number, model);
		t->began_ns = http_now_ns();
		while (!fastcgi_chat(path,
				     person_tokens[person_of((uint32_t)number)],
				     model, (uint32_t)number, &t->reply))
			nanosleep(&nap, NULL);
		t->sent = true;
		t->ended_ns = http_now_ns();
	} while (!t->reply.whole);
	atomic_fetch_add(&c->finished, 1);
}

static void *
client_main(void *arg)
{
	struct client *client = arg;
	struct crash *c = client->crash;
	long left;

	for (left = c->requests / c->threads;
	     c->mode == MODE_FULL ? !atomic_load(&c->over) : left > 0; left--)
		finish_one(c, c->process[client->process].socket);
	return NULL;
}

static void *
killer_main(void *arg)
{
	struct crash *c = arg;
	int left;

	for (;;) {
		for (left = c->kill_ms; left > 0; left -= SLICE_MS) {
			if (atomic_load(&c->over))
				return NULL;
			nap_ms(left < SLICE_MS ? left : SLICE_MS);
		}
		processes_kill(c, rand() % c->processes);
	}
}

static void
be_full(struct crash *c, int seconds)
{
	nap_ms(CALM_S * 1000);
	disk_fill(c);
	nap_ms(seconds * 1000);
	disk_free(c);
	nap_ms(CALM_S * 1000);
	atomic_store(&c->over, true);
}

static void
run(struct crash *c, int full_seconds)
{
	int count = c->processes * c->threads, i;
	pthread_t *threads, killer;
	struct client *clients;

	threads = calloc((size_t)count, sizeof(*threads));
	clients = calloc((size_t)count, sizeof(*clients));
	if (threads == NULL || clients == NULL)
		err(1, "threads");
	for (i = 0; i < count; i++) {
		clients[i].crash = c;
		clients[i].process = i % c->processes;
		if (pthread_create(&threads[i], NULL, client_main,
				   &clients[i]) != 0)
			errx(1, "no thread");
	}
	if (c->mode == MODE_FULL)
		be_full(c, full_seconds);
	else if (pthread_create(&killer, NULL, killer_main, c) != 0)
		errx(1, "no thread");
	for (i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	if (c->mode != MODE_FULL) {
		atomic_store(&c->over, true);
		pthread_join(killer, NULL);
	}
	free(threads);
	free(clients);
}

static enum mode
read_mode(const char *word)
{
	static const char *const words[] = {
	    [MODE_MIXED] = "mixed",
	    [MODE_ROTATION] = "rotation",
	    [MODE_FULL] = "full",
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i], word) == 0)
			return (enum mode)i;
	errx(2, "-m: mixed, rotation or full");
}

static void
read_options(struct crash *c, int argc, char **argv, int *full_seconds)
{
	int opt;

	c->processes = 16;
	c->threads = 2;
	c->requests = 10000;
	c->kill_ms = 200;
	*full_seconds = 4;
	while ((opt = getopt(argc, argv, "fm:p:t:n:k:s:")) != -1)
		switch (opt) {
		case 'f':
			c->limit_files = true;
			break;
		case 'm':
			c->mode = read_mode(optarg);
			break;
		case 'p':
			c->processes = (int)strtol(optarg, NULL, 10);
			break;
		case 't':
			c->threads = (int)strtol(optarg, NULL, 10);
			break;
		case 'n':
			c->requests = strtol(optarg, NULL, 10);
			break;
		case 'k':
			c->kill_ms = (int)strtol(optarg, NULL, 10);
			break;
		case 's':
			*full_seconds = (int)strtol(optarg, NULL, 10);
			break;
		default:
			exit(2);
		}
	if (optind + 2 != argc || c->processes < 1 ||
	    c->processes > PROCESSES_MAX || c->threads < 1 ||
	    c->requests < c->threads || c->kill_ms < 1)
		errx(2, "usage: crash [-m mode] [-p processes] [-t threads] "
			"[-n requests] [-k kill_ms] [-s seconds] [-f] "
			"gbalance "
			"folder");
	c->gbalance = argv[optind];
	c->folder = argv[optind + 1];
}

int
main(int argc, char **argv)
{
	static struct crash c; /* for its size */
	struct google_options google = {.one_in = ONE_IN,
					.slow = SLOW,
					.slow_us = SLOW_US};
	int full_seconds, faults;

	read_options(&c, argc, argv, &full_seconds);
	signal(SIGPIPE, SIG_IGN);
	c.keys = google.keys = KEYS;
	c.mortal_keys = c.mode == MODE_ROTATION ? 0 : MORTALS;
	google.mortal_keys = c.mortal_keys;
	c.day = time(NULL) / 86400;
	/* half of what is asked for */
	c.day_limit = c.processes * c.requests / 16;
	c.tries_max = c.mode == MODE_FULL
			  ? 2000000
			  : SPARE_KEYS * c.processes * c.requests + 10000;
	if ((c.tries = calloc((size_t)c.tries_max, sizeof(*c.tries))) == NULL)
		err(1, "tries");
	if (c.mode == MODE_FULL)
		disk_make(&c);
	processes_start(&c, google_start(&google));
	run(&c, full_seconds);
	processes_stop(&c);
	faults = crash_check(&c);
	free(c.tries);
	return faults > 0;
}
