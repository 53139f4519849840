/* exit_test.c: whether exits work, how fast they are, and what is seen of them
 */
#include "upstream/exit_test.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT_ONCE	    32	  /* exits; each has up to two transfers */
#define ANSWER_MS   15000 /* for an answer, once there is a connection */
#define ANSWER_MAX  65536 /* bytes of an answer that nobody reads */
#define ADDRESS_MAX 4096  /* bytes of one that has an address in it */
#define REDIRECTS   2	  /* such as from http to https */

/* One exit that is being tested. */
struct trial {
	struct exit_result *result;
	struct transfer *upstream, *address; /* NULL: not asked */
};

size_t
exits_count(const struct settings *settings)
{
	return settings->proxies.count == 0 ? 1 : settings->proxies.count;
}

const char *
exits_get(const struct settings *settings, size_t i)
{
	return settings->proxies.count == 0 ? EXIT_DIRECT
					    : settings->proxies.items[i];
}

/* A transfer to "url" by "exit"; NULL: it could not begin. */
static struct transfer *
begin(struct engine *engine, const struct settings *settings, const char *exit,
      const char *method, const char *url, size_t answer_max)
{
	struct transfer_request rq;
	struct transfer *t;

	memset(&rq, 0, sizeof(rq));
	rq.method = method;
	rq.url = url;
	rq.proxy = exit_proxy(exit);
	rq.connect_timeout_ms = settings->connect_timeout_ms;
	rq.total_timeout_ms = settings->connect_timeout_ms + ANSWER_MS;
	rq.whole = true;
	rq.body_max = answer_max;
	rq.watch_fd = -1;
	rq.apart = true;
	rq.redirects = answer_max == ADDRESS_MAX ? REDIRECTS : 0;
	return transfer_start(engine, &rq, &t) == GB_OK ? t : NULL;
}

static void
trial_begin(struct trial *trial, struct engine *engine,
	    const struct settings *settings, const char *exit,
	    enum exit_test_what what)
{
	struct exit_result *r = trial->result;

	exit_name(r->name, settings, exit);
	r->proxied = exit_proxy(exit) != NULL;
	trial->upstream = begin(engine, settings, exit, "HEAD",
				settings->base_url, ANSWER_MAX);
	trial->address = NULL;
	if (what == EXIT_TEST_ADDRESS && settings->exit_address_url[0] != '\0')
		trial->address = begin(engine, settings, exit, "GET",
				       settings->exit_address_url, ADDRESS_MAX);
}

/* The address in an answer that consists of one, and perhaps of a line's end.
 */
static bool
read_address(const struct buf *answer, char address[EXIT_ADDRESS_MAX])
{
	unsigned char binary[sizeof(struct in6_addr)];
	const char *text = buf_str(answer);
	size_t len;

	text += strspn(text, " \t\r\n");
	len = strcspn(text, " \t\r\n");
	if (text[len + strspn(text + len, " \t\r\n")] != '\0' ||
	    len >= EXIT_ADDRESS_MAX)
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	if (inet_pton(AF_INET, address, binary) == 1 ||
	    inet_pton(AF_INET6, address, binary) == 1)
		return true;
	address[0] = '\0';
	return false;
}

static void
end_upstream(struct exit_result *r, struct transfer *t)
{
	(void)transfer_head(t, -1);
	transfer_times(t, &r->times);
	r->status = transfer_status(t);
	r->works = transfer_end(t) == TRANSFER_DONE ||
		   transfer_end(t) == TRANSFER_TOO_LARGE;
	if (!r->works)
		(void)snprintf(r->fault, sizeof(r->fault), "%s",
			       transfer_error(t));
}

static void
end_address(struct exit_result *r, struct transfer *t)
{
	struct buf answer;

	buf_init(&answer, ADDRESS_MAX);
	(void)transfer_read(t, &answer, -1);
	if (r->works && transfer_end(t) != TRANSFER_DONE)
		(void)snprintf(r->fault, sizeof(r->fault), "%s",
			       transfer_error(t));
	else if (r->works && (transfer_status(t) != 200 ||
			      !read_address(&answer, r->address)))
		(void)snprintf(r->fault, sizeof(r->fault), "HTTP %d",
			       transfer_status(t));
	buf_release(&answer);
}

static void
trial_end(struct trial *trial)
{
	struct exit_result *r = trial->result;

	if (trial->upstream == NULL)
		(void)snprintf(r->fault, sizeof(r->fault), "%s",
			       gb_strerror(GB_ENOMEM));
	else
		end_upstream(r, trial->upstream);
	if (trial->address != NULL)
		end_address(r, trial->address);
	transfer_free(trial->upstream);
	transfer_free(trial->address);
}

enum gb_err
exits_test(struct engine *engine, const struct settings *settings,
	   const bool *chosen, enum exit_test_what what,
	   struct exit_result **out, size_t *count)
{
	struct trial trials[AT_ONCE];
	struct exit_result *results;
	size_t i, n, running;

	*out = NULL;
	*count = 0;
	results = calloc(exits_count(settings), sizeof(*results));
	if (results == NULL)
		return GB_ENOMEM;
	n = running = 0;
	for (i = 0; i < exits_count(settings); i++) {
		if (chosen != NULL && !chosen[i])
			continue;
		if (running == AT_ONCE)
			while (running > 0)
				trial_end(&trials[--running]);
		trials[running].result = &results[n++];
		trial_begin(&trials[running++], engine, settings,
			    exits_get(settings, i), what);
	}
	while (running > 0)
		trial_end(&trials[--running]);
	*out = results;
	*count = n;
	return GB_OK;
}
