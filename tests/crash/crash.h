/*
 * crash.h: many processes of gbalance on one database, clients that never tire,
 * a Google that fails one answer in ten, and somebody who kills.
 */
#ifndef GB_TESTS_CRASH_CRASH_H
#define GB_TESTS_CRASH_CRASH_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "fastcgi.h"

#define PROCESSES_MAX  64
#define LIMIT_PARALLEL 3  /* requests under way of the third person */
#define DAILY_MODELS   40 /* that have a quota of the day */

/* Who asks; the n-th of ALLOWED_TOKENS, whom gbalance calls config-n. */
enum person {
	PERSON_FREE,	 /* has no limits */
	PERSON_DAY,	 /* so many requests a day */
	PERSON_PARALLEL, /* so many at once */
	PERSON__MAX
};

extern const char *const person_tokens[PERSON__MAX];

/* Who makes this request. */
enum person person_of(uint32_t number);

enum mode {
	MODE_MIXED,    /* keys die, quotas run out, calls are made again */
	MODE_ROTATION, /* keys stay, and no call is made again */
	MODE_FULL,     /* as the first; nobody is killed, but the disk is full
			  for a while */
};

/* One try of a client, by its number.  Times are http_now_ns(). */
struct
try {
	bool sent;
	int64_t began_ns, ended_ns;
	struct fastcgi_reply reply;
};

struct process {
	pid_t pid;
	char socket[108];
	pthread_mutex_t lock; /* held while it is killed and started anew */
};

struct crash {
	enum mode mode;
	const char *gbalance;	/* the program */
	const char *folder;	/* all is in it, and nothing was before */
	int processes, threads; /* threads: clients of each process */
	long requests;		/* that each process has to finish */
	int kill_ms;		/* between two kills */
	int keys, mortal_keys;
	long day_limit;	  /* of PERSON_DAY */
	long day;	  /* on which all began, UTC */
	bool limit_files; /* make no disk, but let no file grow */
	struct process process[PROCESSES_MAX];

	struct try *tries;
	long tries_max;
	atomic_long tried;    /* numbers given out */
	atomic_long finished; /* whole replies */
	atomic_bool over;     /* of the clients */
	long kills;

	/* of MODE_FULL */
	int64_t full_ns, free_ns; /* when the disk was full, from and to */
};

/* processes.c */

/* Write the settings, make the database, and start all processes. */
void processes_start(struct crash *, int google_port);
/* Kill one, and start it anew.  It must not have ended by itself. */
void processes_kill(struct crash *, int which);
/* End all, in peace. */
void processes_stop(struct crash *);

/* disk.c */

/* Give the folder a small disk of its own, if we may; call it before there are
 * threads. */
void disk_make(struct crash *);
/* From now on nothing more can be written, and then again. */
void disk_fill(struct crash *);
void disk_free(struct crash *);

/* check.c */

/* Print what came of it as "name=value" words, and each fault in a line on
 * standard error; returns how many faults there are. */
int crash_check(struct crash *);

#endif
