/* listener.h: the socket of a daemon */
#ifndef GB_WEB_LISTENER_H
#define GB_WEB_LISTENER_H

#include "base/err.h"

/*
 * Listen on "unix:/path" or "host:port" ("[::1]:9000", ":9000" for loopback).
 * A socket file that nobody listens on any more is replaced; one in use is
 * GB_EBUSY.  GB_EINVAL: not of that form.  Faults are logged.
 */
enum gb_err listener_open(const char *where, int *fd) GB_NODISCARD;

/* Close it, and remove the socket file of "unix:/path". */
void listener_close(const char *where, int fd);

#endif
