/*
 * exit_test.h: whether exits work, how fast they are, and which address the
 * world sees behind them.
 */
#ifndef GB_UPSTREAM_EXIT_TEST_H
#define GB_UPSTREAM_EXIT_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/settings.h"
#include "upstream/exits.h"
#include "upstream/transfer.h"

#define EXIT_ADDRESS_MAX 46  /* bytes of an IPv6 address as text, with NUL */
#define EXIT_FAULT_MAX	 256 /* bytes, with NUL */

struct exit_result {
	char name[EXIT_NAME_MAX]; /* of exits.h: without a password */
	bool proxied;		  /* it is not "direct" */
	bool works; /* upstream answered by it, whatever it said */
	int status; /* of that answer; 0: none */
	struct transfer_times times;	/* to that answer */
	char address[EXIT_ADDRESS_MAX]; /* "": not asked, or not told */
	char fault[EXIT_FAULT_MAX];	/* why it does not work, or, where it
					   does, why there is no address; "":
					   all is well */
};

enum exit_test_what {
	EXIT_TEST_UPSTREAM, /* the first byte of any answer from BASE_URL */
	EXIT_TEST_ADDRESS,  /* that, and what EXIT_ADDRESS_URL says */
};

/*
 * Test the exits of the settings, in their order, many side by side, each by
 * connections of its own and without a key.  "chosen" (NULL: all) says for each
 * whether it is wanted.  On GB_OK "*out" has "*count" results and is the
 * caller's to free(); otherwise it is NULL: GB_ENOMEM.  It takes as long as a
 * connection may (CONNECT_TIMEOUT) and some seconds more, for 32 at a time.
 */
enum gb_err exits_test(struct engine *, const struct settings *,
		       const bool *chosen, enum exit_test_what,
		       struct exit_result **out, size_t *count) GB_NODISCARD;

/* How many exits the settings have: one where there are no proxies. */
size_t exits_count(const struct settings *);

/* Number "i" of them. */
const char *exits_get(const struct settings *, size_t i);

#endif
