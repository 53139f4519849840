/*
 * responder.c: a FastCGI program that does nothing but answer.
 *
 * What it costs behind a web server is what libfcgi and that server cost; the
 * rest of what gbalance costs is our own.
 *
 *	responder SOCKET THREADS
 */
#include <fcgiapp.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* Connections that may wait to be accepted. */
#define BACKLOG 1024

#define THREADS_MAX 4096

static const char reply[] =
    "Content-Type: application/json\r\n"
    "\r\n"
    "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1,"
    "\"model\":\"gemini-2.5-flash\",\"choices\":[{\"index\":0,\"message\":{"
    "\"role\":\"assistant\",\"content\":\"Hello! How can I help you today?\"},"
    "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":12,"
    "\"completion_tokens\":9,\"total_tokens\":21}}";

static void *
responder_run(void *arg)
{
	const int *fd = arg;
	FCGX_Request request;
	char body[8192];

	if (FCGX_InitRequest(&request, *fd, 0) != 0)
		return NULL;
	while (FCGX_Accept_r(&request) == 0) {
		while (FCGX_GetStr(body, sizeof(body), request.in) > 0)
			continue;
		FCGX_PutStr(reply, sizeof(reply) - 1, request.out);
	}
	return NULL;
}

int
main(int argc, char **argv)
{
	pthread_t thread;
	int fd;
	long i, threads;

	threads = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
	if (threads < 1 || threads > THREADS_MAX) {
		fprintf(stderr, "usage: responder socket threads\n");
		return 2;
	}
	if (FCGX_Init() != 0 ||
	    (fd = FCGX_OpenSocket(argv[1], BACKLOG)) == -1) {
		fprintf(stderr, "responder: cannot listen on %s\n", argv[1]);
		return 1;
	}
	for (i = 1; i < threads; i++)
		if (pthread_create(&thread, NULL, responder_run, &fd) != 0) {
			perror("responder: pthread_create");
			return 1;
		}
	responder_run(&fd);
	return 0;
}
