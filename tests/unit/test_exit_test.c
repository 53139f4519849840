/* test_exit_test.c: testing exits: what an address is, which ones are tested,
 * and in which order they are told */
#include "unit_upstream.h"

#include "upstream/exit_test.h"

#define OK   "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
#define MANY 70 /* more than are tested at once */

static char base_url[64], address_url[64];

static struct settings
with(char **proxies, size_t count)
{
	struct settings s;

	memset(&s, 0, sizeof(s));
	s.proxies.items = proxies;
	s.proxies.count = count;
	s.base_url = base_url;
	s.exit_address_url = address_url;
	s.connect_timeout_ms = 20000;
	return s;
}

/* What whoever is asked for an address may answer. */
static const struct {
	const char *reply, *address;
	const char *fault; /* a part of it; NULL: none */
} answers[] = {
    {OK "192.0.2.7", "192.0.2.7", NULL},
    {OK " \t192.0.2.7\r\n\n", "192.0.2.7", NULL},
    {OK "2001:db8::7\n", "2001:db8::7", NULL},
    {OK "", "", "HTTP 200"},
    {OK "192.0.2.7 192.0.2.8", "", "HTTP 200"},
    {OK "192.0.2.256", "", "HTTP 200"},
    {OK "<html>192.0.2.7</html>", "", "HTTP 200"},
    {OK "1111111111111111111111111111111111111111111111111", "", "HTTP 200"},
    {"HTTP/1.1 500 No\r\nConnection: close\r\n\r\n192.0.2.7", "", "HTTP 500"},
    {"nonsense", "", "HTTP/0.9"},
};

static bool
answer_and_close(struct server_conn *c)
{
	answer_text(c);
	return false;
}

static void
test_addresses(void **state)
{
	struct settings s = with(NULL, 0);
	struct exit_result *r;
	struct server *up, *mirror;
	size_t i, count;
	char found[] = OK;

	(void)state;
	up = server_new(answer_and_close, found);
	snprintf(base_url, sizeof(base_url), "http://127.0.0.1:%u", up->port);
	for (i = 0; i < GB_COUNT(answers); i++) {
		union {
			const char *in;
			void *out;
		} text = {answers[i].reply};

		mirror = server_new(answer_and_close, text.out);
		snprintf(address_url, sizeof(address_url),
			 "http://127.0.0.1:%u/", mirror->port);
		CHECK_INT("test",
			  exits_test(engine, &s, NULL, EXIT_TEST_ADDRESS, &r,
				     &count),
			  GB_OK);
		CHECK_INT("results", count, 1);
		CHECK_STR("exit", r->name, "direct");
		CHECK("works", r->works && !r->proxied && r->status == 200);
		CHECK_STR(answers[i].reply, r->address, answers[i].address);
		if (answers[i].fault == NULL)
			CHECK_STR(answers[i].reply, r->fault, "");
		else
			CHECK(r->fault,
			      strstr(r->fault, answers[i].fault) != NULL);
		free(r);
		server_free(mirror);
	}
	server_free(up);
}

/* Nobody is asked for an address that is not wanted. */
static void
test_no_address(void **state)
{
	struct settings s = with(NULL, 0);
	struct exit_result *r;
	struct server *up, *mirror;
	char found[] = OK;
	size_t count;
	int i;

	(void)state;
	up = server_new(answer_and_close, found);
	mirror = server_new(answer_and_close, found);
	snprintf(base_url, sizeof(base_url), "http://127.0.0.1:%u", up->port);
	for (i = 0; i < 2; i++) {
		snprintf(address_url, sizeof(address_url),
			 "http://127.0.0.1:%u/", mirror->port);
		if (i == 1)
			address_url[0] = '\0';
		CHECK_INT("test",
			  exits_test(engine, &s, NULL,
				     i == 1 ? EXIT_TEST_ADDRESS
					    : EXIT_TEST_UPSTREAM,
				     &r, &count),
			  GB_OK);
		CHECK("works", r->works);
		CHECK_STR("no address", r->address, "");
		CHECK_STR("no fault", r->fault, "");
		free(r);
	}
	CHECK_INT("asked", atomic_load(&mirror->conn_count), 0);
	server_free(up);
	server_free(mirror);
}

/* Of many, those that are chosen, in their order; dead ones among them. */
static void
test_many(void **state)
{
	char texts[MANY][64], *exits[MANY], want[EXIT_NAME_MAX];
	struct settings s = with(exits, MANY);
	struct exit_result *r;
	struct server *proxy;
	bool chosen[MANY];
	unsigned int dead;
	char found[] = OK;
	size_t i, n, count;

	(void)state;
	proxy = server_new(answer_and_close, found);
	close(server_listen(&dead, 1));
	snprintf(base_url, sizeof(base_url), "http://upstream.invalid");
	address_url[0] = '\0';
	for (i = 0; i < MANY; i++) {
		exits[i] = texts[i];
		snprintf(texts[i], sizeof(texts[i]),
			 "http://u%zu:word@127.0.0.1:%u", i,
			 i % 7 == 0 ? dead : proxy->port);
		chosen[i] = i % 10 != 3;
	}
	CHECK_INT("test",
		  exits_test(engine, &s, chosen, EXIT_TEST_UPSTREAM, &r,
			     &count),
		  GB_OK);
	CHECK_INT("those that are chosen", count, MANY - MANY / 10);
	for (n = i = 0; i < MANY; i++) {
		if (!chosen[i])
			continue;
		exit_name(want, &s, exits[i]);
		CHECK_STR("in their order", r[n].name, want);
		CHECK_INT(r[n].name, r[n].works, i % 7 != 0);
		CHECK("a fault or none", r[n].works == (r[n].fault[0] == '\0'));
		CHECK("no password", strstr(r[n].fault, "word") == NULL);
		n++;
	}
	free(r);
	server_free(proxy);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_no_address),
	    cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests_name("exit_test", tests, setup, teardown);
}
