/* fastcgi.h: a web server's side of FastCGI, as much as a chat needs */
#ifndef GB_TESTS_CRASH_FASTCGI_H
#define GB_TESTS_CRASH_FASTCGI_H

#include <stdbool.h>
#include <stdint.h>

#define FASTCGI_ID_SIZE 40

struct fastcgi_reply {
	bool whole; /* it came to its end */
	int status;
	char id[FASTCGI_ID_SIZE]; /* X-Request-Id */
	bool internal;		  /* it is an error of ours */
	bool limited;		  /* a limit of the token refused it */
};

/* Ask the program that listens on this unix socket for a chat, and read its
 * reply.  False: nobody listens there, and nothing was sent. */
bool fastcgi_chat(const char *socket, const char *token, const char *model,
		  uint32_t number, struct fastcgi_reply *);

#endif
