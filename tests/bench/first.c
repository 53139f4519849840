/*
 * first.c: start a program and time it until a chat is answered.
 *
 *	first -p PORT -t TOKEN PROGRAM ARGUMENTS...
 *
 * A web server listens on PORT already and passes on to the program, which is
 * ended when it has answered.
 */
#include "http.h"

#include <err.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What has not answered by then will not. */
#define PATIENCE_NS 10000000000LL

/* Between two tries; a hundredth of the goal. */
#define PAUSE_NS 500000

/* One try, on a connection of its own. */
static bool
first_try(int port, const char *request, size_t len)
{
	struct http_reply reply;
	struct pollfd pfd = {.events = POLLIN};
	char data[16384];
	ssize_t n;
	bool more = true;

	pfd.fd = http_connect(port);
	if (pfd.fd == -1)
		return false;
	http_reply_init(&reply, NULL, NULL);
	pfd.events = POLLOUT;
	(void)poll(&pfd, 1, 1000);
	pfd.events = POLLIN;
	if (send(pfd.fd, request, len, MSG_NOSIGNAL) != (ssize_t)len)
		more = false;
	while (more && poll(&pfd, 1, 1000) == 1) {
		n = recv(pfd.fd, data, sizeof(data), 0);
		more = n > 0 && http_reply_feed(&reply, data, (size_t)n);
	}
	close(pfd.fd);
	return reply.state == HTTP_DONE && reply.status == 200;
}

int
main(int argc, char **argv)
{
	const struct timespec pause = {0, PAUSE_NS};
	const char *token = "none";
	char request[2048];
	size_t len;
	int64_t begin, now;
	pid_t pid;
	int opt, port = 0, status;

	while ((opt = getopt(argc, argv, "+p:t:")) != -1)
		switch (opt) {
		case 'p':
			port = (int)strtol(optarg, NULL, 10);
			break;
		case 't':
			token = optarg;
			break;
		default:
			return 2;
		}
	if (port == 0 || optind == argc)
		errx(2, "usage: first -p port -t token program ...");
	len = http_chat_request(request, sizeof(request),
				"/v1/chat/completions", token, false);

	begin = http_now_ns();
	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0) {
		execv(argv[optind], argv + optind);
		err(127, "%s", argv[optind]);
	}
	do {
		(void)nanosleep(&pause, NULL);
		if (waitpid(pid, &status, WNOHANG) == pid)
			errx(1, "%s ended by itself", argv[optind]);
		now = http_now_ns();
		if (now - begin > PATIENCE_NS) {
			kill(pid, SIGKILL);
			errx(1, "no answer in %lld s",
			     PATIENCE_NS / 1000000000);
		}
	} while (!first_try(port, request, len));
	printf("first_ms=%.1f\n", (double)(http_now_ns() - begin) / 1000000);
	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	return 0;
}
