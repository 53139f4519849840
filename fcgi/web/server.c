/* server.c: accepting requests, each on a thread of its own */
#include "web/server.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "web/request_impl.h"

#define STACK_BYTES   (256 * 1024) /* only what is touched counts */
#define ACCEPTING_MAX 64	   /* threads that wait in accept; more park */
#define PARK_MS	      30000	   /* a parked thread ends after this */
#define KEPT_IDLE_S \
	60 /* a kept connection without a request closes; so does \
	      one whose body stalls for so long */
#define GRACE_MS      10000 /* running requests may end in this after a stop */
#define CUT_MS	      5000  /* and in this after they were cut off */
#define CGI_DRAIN_MAX (8 << 20) /* bytes of a body that nobody wanted */
#define POLL_MS	      100	/* how often the end of threads is looked at */

#define WAKE_SIGNAL SIGUSR2 /* interrupts accept() and read() */

struct worker {
	struct web_request rq;
	struct worker *next;
	pthread_t thread;
	atomic_bool waiting; /* for a request: WAKE_SIGNAL may be sent */
};

/* What the threads share; all under "mutex" but the options. */
struct server {
	const struct web_server_options *options;
	pthread_mutex_t mutex;
	pthread_cond_t unpark;
	struct worker *workers;
	/* Changed under the mutex, looked at without it, too. */
	atomic_size_t threads;	 /* that run */
	atomic_size_t accepting; /* of them, waiting for a connection */
	atomic_size_t parked;	 /* of them, waiting to be needed */
};

static atomic_bool stopping;

/* What ends the service: by hand, by a service manager, and by FastCGI's
 * process managers. */
static void
stop_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGUSR1);
}

void
web_signals_block(void)
{
	sigset_t set;

	stop_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error, too
				   */
}

bool
web_is_fastcgi(void)
{
	return !FCGX_IsCGI();
}

static bool start_worker(struct server *);

/*
 * Wait for a turn at accept().  False: there was nothing to do for so long
 * that this thread may end.
 */
static bool
enter_accept(struct server *sv, struct worker *w)
{
	struct timespec until;
	bool stay;
	int rc;

	stay = true;
	pthread_mutex_lock(&sv->mutex);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PARK_MS / 1000;
	while (sv->accepting >= ACCEPTING_MAX && stay && !stopping) {
		sv->parked++;
		rc = pthread_cond_timedwait(&sv->unpark, &sv->mutex, &until);
		sv->parked--;
		stay = rc != ETIMEDOUT;
	}
	if (stay && !stopping) {
		sv->accepting++;
		w->waiting = true;
	}
	pthread_mutex_unlock(&sv->mutex);
	return stay && !stopping;
}

/* A connection came, or none will: somebody else must stand ready for the
 * next one. */
static void
leave_accept(struct server *sv, struct worker *w)
{
	pthread_mutex_lock(&sv->mutex);
	w->waiting = false;
	sv->accepting--;
	if (!stopping && sv->accepting < ACCEPTING_MAX / 2 && sv->parked > 0)
		pthread_cond_signal(&sv->unpark);
	else if (!stopping && sv->accepting == 0 &&
		 sv->threads < sv->options->threads_max)
		(void)start_worker(sv); /* failing, we come back ourselves */
	pthread_mutex_unlock(&sv->mutex);
}

/*
 * The next request on a kept connection.  False: there is none, and the
 * connection is closed.
 */
static bool
next_on_kept(struct server *sv, struct worker *w)
{
	int rc;

	atomic_store(&w->waiting, true);
	/* Left to itself, libfcgi goes from the end of this connection on to
	 * waiting for another one, where we do not know of it. */
	w->rq.fcgx.listen_sock = -1;
	rc = stopping ? -1 : FCGX_Accept_r(&w->rq.fcgx);
	w->rq.fcgx.listen_sock = sv->options->listen_fd;
	atomic_store(&w->waiting, false);
	if (rc != 0)
		FCGX_Free(&w->rq.fcgx, 1);
	return rc == 0;
}

/* A connection that is kept ends when nothing comes on it for long. */
static void
limit_idle(int fd)
{
	struct timeval limit;

	limit.tv_sec = KEPT_IDLE_S;
	limit.tv_usec = 0;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
}

/* Whether every thread is taken, so that a new connection would wait for
 * those that only keep an old one. */
static bool
is_crowded(const struct server *sv)
{
	return sv->accepting + sv->parked == 0 &&
	       sv->threads >= sv->options->threads_max;
}

/* The next request on this thread.  False: the thread is to end. */
static bool
next_request(struct server *sv, struct worker *w)
{
	int rc;

	if (w->rq.fcgx.ipcFd >= 0 && is_crowded(sv))
		FCGX_Free(&w->rq.fcgx, 1);
	if (w->rq.fcgx.ipcFd >= 0 && next_on_kept(sv, w))
		return true;
	while (!stopping && enter_accept(sv, w)) {
		rc = FCGX_Accept_r(&w->rq.fcgx);
		leave_accept(sv, w);
		if (rc == 0) {
			if (w->rq.fcgx.keepConnection)
				limit_idle(w->rq.fcgx.ipcFd);
			return true;
		}
	}
	return false;
}

static void
remove_worker(struct server *sv, struct worker *w)
{
	struct worker **p;

	pthread_mutex_lock(&sv->mutex);
	for (p = &sv->workers; *p != w; p = &(*p)->next)
		;
	*p = w->next;
	sv->threads--;
	pthread_mutex_unlock(&sv->mutex);
	web_request_release(&w->rq);
	free(w);
}

static void *
worker_main(void *arg)
{
	struct server *sv;
	struct worker *w;

	w = ((void **)arg)[0];
	sv = ((void **)arg)[1];
	free(arg);
	while (next_request(sv, w)) {
		web_request_begin(&w->rq, sv->options->base_path);
		sv->options->handler(&w->rq, sv->options->context);
		FCGX_Finish_r(&w->rq.fcgx);
	}
	FCGX_Free(&w->rq.fcgx, 1);
	remove_worker(sv, w);
	return NULL;
}

/* With sv->mutex held. */
static bool
start_worker(struct server *sv)
{
	pthread_attr_t attr;
	struct worker *w;
	void **arg;
	int rc;

	w = calloc(1, sizeof(*w));
	arg = calloc(2, sizeof(*arg));
	if (w == NULL || arg == NULL) {
		free(w);
		free(arg);
		return false;
	}
	web_request_init(&w->rq);
	FCGX_InitRequest(&w->rq.fcgx, sv->options->listen_fd,
			 FCGI_FAIL_ACCEPT_ON_INTR);
	arg[0] = w;
	arg[1] = sv;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	rc = pthread_create(&w->thread, &attr, worker_main, arg);
	pthread_attr_destroy(&attr);
	if (rc != 0) {
		log_warnx("server: thread: %s", strerror(rc));
		web_request_release(&w->rq);
		free(w);
		free(arg);
		return false;
	}
	w->next = sv->workers;
	sv->workers = w;
	sv->threads++;
	return true;
}

/* Wake what waits; with "cut", also shut the connections of what runs, which
 * cancels their calls as a client's hang-up does. */
static size_t
nudge_workers(struct server *sv, bool cut)
{
	struct worker *w;
	size_t left;

	pthread_mutex_lock(&sv->mutex);
	for (w = sv->workers; w != NULL; w = w->next) {
		if (w->waiting)
			pthread_kill(w->thread, WAKE_SIGNAL);
		else if (cut && w->rq.fcgx.ipcFd >= 0)
			shutdown(w->rq.fcgx.ipcFd, SHUT_RDWR);
	}
	pthread_cond_broadcast(&sv->unpark);
	left = sv->threads;
	pthread_mutex_unlock(&sv->mutex);
	return left;
}

static void
drain(struct server *sv)
{
	int64_t start, waited;
	bool cut, told;

	start = clock_mono_ms();
	told = false;
	do {
		waited = clock_mono_ms() - start;
		cut = waited > GRACE_MS;
		if (cut && !told)
			log_warnx("server: requests still run after %d s: "
				  "cutting them off",
				  GRACE_MS / 1000);
		told = cut;
		if (nudge_workers(sv, cut) == 0)
			return;
		poll(NULL, 0, POLL_MS / 10);
	} while (waited < GRACE_MS + CUT_MS);
	log_errorx("server: threads that do not end are left behind");
}

static void
ignore_signal(int sig)
{
	(void)sig;
}

static void
init_server(struct server *sv, const struct web_server_options *options)
{
	pthread_condattr_t attr;
	struct sigaction sa;

	memset(sv, 0, sizeof(*sv));
	sv->options = options;
	pthread_mutex_init(&sv->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&sv->unpark, &attr);
	pthread_condattr_destroy(&attr);
	FCGX_Init();
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = ignore_signal; /* no SA_RESTART: it is to interrupt */
	sigaction(WAKE_SIGNAL, &sa, NULL);
}

enum gb_err
web_server_run(const struct web_server_options *options)
{
	struct server sv;
	sigset_t set;
	bool started;
	int sig;

	init_server(&sv, options);
	pthread_mutex_lock(&sv.mutex);
	started = start_worker(&sv);
	pthread_mutex_unlock(&sv.mutex);
	if (!started)
		return GB_EIO;
	stop_signals(&set);
	sigwait(&set, &sig);
	stopping = true;
	drain(&sv);
	pthread_cond_destroy(&sv.unpark);
	pthread_mutex_destroy(&sv.mutex);
	return GB_OK;
}

/* Shut by SIGTERM; its other end is what the request watches. */
static int cgi_end_fd = -1;

static void
cgi_end(int sig)
{
	(void)sig;
	shutdown(cgi_end_fd, SHUT_RDWR);
}

/*
 * A client that leaves shows nowhere on a CGI's descriptors.  Web servers
 * send SIGTERM instead, and SIGKILL seconds later: time to cancel the call
 * and to write the journal.
 */
static enum gb_err
watch_cgi_end(struct web_request *rq)
{
	struct sigaction sa;
	sigset_t set;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == -1) {
		log_error("cgi: socketpair");
		return GB_EIO;
	}
	cgi_end_fd = fds[0];
	rq->cgi_watch_fd = fds[1];
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = cgi_end;
	sigaction(SIGTERM, &sa, NULL);
	stop_signals(&set);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	return GB_OK;
}

/* Apache resets the client's connection when a CGI leaves some of the body
 * unread, and the reply is lost. */
static void
drain_cgi_body(void)
{
	char bytes[16 * 1024];
	size_t left;
	ssize_t got;

	for (left = CGI_DRAIN_MAX; left > 0; left -= (size_t)got) {
		got = read(STDIN_FILENO, bytes,
			   left < sizeof(bytes) ? left : sizeof(bytes));
		if (got <= 0)
			break;
	}
}

enum gb_err
web_cgi_run(const struct web_server_options *options)
{
	extern char **environ;
	struct web_request rq;
	enum gb_err rc;

	web_request_init(&rq);
	rq.cgi = true;
	rq.fcgx.envp = environ;
	if ((rc = watch_cgi_end(&rq)) == GB_OK) {
		web_request_begin(&rq, options->base_path);
		options->handler(&rq, options->context);
		drain_cgi_body();
		close(rq.cgi_watch_fd);
	}
	web_request_release(&rq);
	return rc;
}
