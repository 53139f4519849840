/*
 * engine.h: one thread that owns one curl multi handle, driven by epoll, and
 * so every connection to upstream that this process has.
 */
#ifndef GB_UPSTREAM_ENGINE_H
#define GB_UPSTREAM_ENGINE_H

#include <stddef.h>

#include "base/err.h"

struct engine;

struct engine_options {
	const char *ca_file; /* trust these too; NULL or "": the system's */
	size_t connections;  /* kept open at most while idle: as many as there
				are request threads, for HTTP/1.1's sake */
};

/* Start the thread.  GB_ENOMEM, GB_EIO (logged). */
enum gb_err engine_new(struct engine **,
		       const struct engine_options *) GB_NODISCARD;

/*
 * End everything: what runs ends in TRANSFER_NETWORK; when other threads have
 * freed their transfers, the thread ends and the connections close.  The caller
 * must have none left, and nobody may start another.  NULL is fine.
 */
void engine_free(struct engine *);

/* The versions of libcurl and of what it is made of, for people. */
const char *engine_library(void);

#endif
