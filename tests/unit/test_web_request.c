/* test_web_request.c: mount and path as real web servers split them, headers,
 * query values */
#include "unit.h"

#include "web/reply.h"
#include "web/request_impl.h"

/* What each server was seen to pass; "-" is unset. */
static const struct {
	const char *what, *base_path, *script, *info, *uri;
	const char *mount, *path;
} places[] = {
    {"lighttpd, own host", "", "", "/v1/models", "/v1/models", "",
     "/v1/models"},
    {"lighttpd, mounted", "", "/gbalance", "/v1/models",
     "/gbalance/v1/models?x=1", "/gbalance", "/v1/models"},
    {"lighttpd, dots resolved", "", "/gbalance", "/v1/x",
     "/gbalance/v1//models/../x", "/gbalance", "/v1/x"},
    {"lighttpd, a mount with a slash, and base_path", "/gbalance/",
     "/gbalance/v1", "/models", "/gbalance/v1/models", "/gbalance",
     "/v1/models"},
    {"Apache, ProxyPass at the root", "", "/v1/models", "-", "/v1/models", "",
     "/v1/models"},
    {"Apache, ProxyPass with SCRIPT_NAME set", "", "/gbalance", "-",
     "/gbalance/v1/models", "/gbalance", "/v1/models"},
    {"Apache, %2F kept in PATH_INFO", "", "/gbalance", "/v1/models/a%2Fb",
     "/gbalance/v1/models/a%2Fb", "/gbalance", "/v1/models/a/b"},
    {"Apache, in a home", "", "/~me/gbalance.fcgi", "/v1/models",
     "/~me/gbalance.fcgi/v1/models", "/~me/gbalance.fcgi", "/v1/models"},
    {"Apache, rewritten by .htaccess", "", "/~me/gbalance.fcgi", "/v1/models",
     "/~me/v1/models", "/~me", "/v1/models"},
    {"nginx, stock parameters", "", "/v1/models", "/v1/models", "/v1/models",
     "", "/v1/models"},
    {"nginx, stock parameters, a folder", "", "/admin/", "-", "/admin/", "",
     "/admin/"},
    {"nginx, split", "", "/gbalance", "/v1/models", "/gbalance/v1/models",
     "/gbalance", "/v1/models"},
    {"a verb, encoded", "", "", "-",
     "/v1beta/models/m%3AgenerateContent?alt=sse", "",
     "/v1beta/models/m:generateContent"},
    {"a whole URL", "", "", "-", "http://host/v1/models", "", "/v1/models"},
    {"a whole URL without a path", "", "", "-", "http://host", "", "/"},
    {"nothing at all", "", "-", "-", "-", "", "/"},
    {"a bad escape stays", "", "", "-", "/v1/%zz%0", "", "/v1/%zz%0"},
    {"an encoded NUL stays", "", "", "-", "/v1/a%00b", "", "/v1/a%00b"},
    {"base_path that does not fit is not used", "/other", "/gbalance", "/v1/x",
     "/gbalance/v1/x", "/gbalance", "/v1/x"},
    {"a mount that is only a prefix of a name", "", "/gb", "-", "/gbalance/v1",
     "", "/gbalance/v1"},
};

static void
set(char **env, size_t *n, char *text, size_t size, const char *name,
    const char *value)
{
	if (strcmp(value, "-") == 0)
		return;
	(void)snprintf(text, size, "%s=%s", name, value);
	env[(*n)++] = text;
	env[*n] = NULL;
}

static void
test_places(void **state)
{
	char script[256], info[256], uri[256], *env[4];
	struct web_request rq;
	size_t i, n;

	(void)state;
	for (i = 0; i < GB_COUNT(places); i++) {
		n = 0;
		env[0] = NULL;
		set(env, &n, script, sizeof(script), "SCRIPT_NAME",
		    places[i].script);
		set(env, &n, info, sizeof(info), "PATH_INFO", places[i].info);
		set(env, &n, uri, sizeof(uri), "REQUEST_URI", places[i].uri);
		web_request_init(&rq);
		rq.fcgx.envp = env;
		web_request_begin(&rq, places[i].base_path);
		CHECK_STR(places[i].what, web_mount(&rq), places[i].mount);
		CHECK_STR(places[i].what, web_path(&rq), places[i].path);
		web_request_release(&rq);
	}
}

static const struct {
	const char *query, *name, *want; /* NULL: not there */
	bool has;			 /* something */
} queries[] = {
    {"key=abc", "key", "abc", true},
    {"alt=sse&key=a%2Bb+c", "key", "a+b c", true},
    {"monkey=1&key=2", "key", "2", true},
    {"key=1&key=2", "key", "1", true},
    {"key=", "key", "", false},
    {"key", "key", NULL, false},
    {"", "key", NULL, false},
    {"&&=&key=x&", "key", "x", true},
    {"Key=x", "key", NULL, false},
    {"key=0123456789abcdef", "key", NULL, true}, /* does not fit */
};

static void
test_query(void **state)
{
	char text[128], value[16], *env[2];
	struct web_request rq;
	size_t i;
	bool got;

	(void)state;
	for (i = 0; i < GB_COUNT(queries); i++) {
		(void)snprintf(text, sizeof(text), "QUERY_STRING=%s",
			       queries[i].query);
		env[0] = text;
		env[1] = NULL;
		web_request_init(&rq);
		rq.fcgx.envp = env;
		web_request_begin(&rq, "");
		got =
		    web_query_value(&rq, queries[i].name, value, sizeof(value));
		CHECK_INT(queries[i].query, got, queries[i].want != NULL);
		CHECK_STR(queries[i].query, value, got ? queries[i].want : "");
		CHECK_INT(queries[i].query, web_query_has(&rq, queries[i].name),
			  queries[i].has);
		web_request_release(&rq);
	}
}

static void
test_headers(void **state)
{
	char auth[] = "HTTP_AUTHORIZATION=Bearer a", type[] = "CONTENT_TYPE=x",
	     again[] = "REDIRECT_HTTP_AUTHORIZATION=Bearer b",
	     goog[] = "HTTP_X_GOOG_API_KEY=k", *env[5];
	struct web_request rq;

	(void)state;
	env[0] = auth;
	env[1] = type;
	env[2] = again;
	env[3] = goog;
	env[4] = NULL;
	web_request_init(&rq);
	rq.fcgx.envp = env;
	web_request_begin(&rq, "");
	CHECK_STR("case does not matter", web_header(&rq, "aUTHORIZATION"),
		  "Bearer a");
	CHECK_STR("dashes", web_header(&rq, "x-goog-api-key"), "k");
	CHECK_STR("no HTTP_ before it", web_header(&rq, "content-type"), "x");
	CHECK_STR("a prefix is not it", web_header(&rq, "x-goog-api"), NULL);
	env[0] = type;
	CHECK_STR("after a rewrite", web_header(&rq, "Authorization"),
		  "Bearer b");
	web_request_release(&rq);
}

/* Headers of the reply to come that were added and taken out again. */
static void
test_reply_headers(void **state)
{
	struct web_request rq;

	(void)state;
	web_request_init(&rq);
	web_reply_header_drop(&rq, "X-A");
	web_reply_header(&rq, "X-A", "1");
	web_reply_header(&rq, "X-Ab", "2\r\nX-A: no");
	web_reply_header(&rq, "X-A", "3");
	web_reply_header_drop(&rq, "X-B");
	CHECK_STR("nothing of that name", buf_str(&rq.head),
		  "X-A: 1\r\nX-Ab: 2X-A: no\r\nX-A: 3\r\n");
	web_reply_header_drop(&rq, "X-A");
	CHECK_STR("all of that name", buf_str(&rq.head), "X-Ab: 2X-A: no\r\n");
	web_reply_header_drop(&rq, "X-Ab");
	CHECK_STR("the last", buf_str(&rq.head), "");
	web_request_release(&rq);
}

static const struct {
	const char *host, *server, *forwarded, *https, *scheme; /* "-": unset */
	const char *want;
} origins[] = {
    {"a.example", "b", "-", "-", "-", "http://a.example"},
    {"a.example:8443", "b", "-", "on", "-", "https://a.example:8443"},
    {"a.example", "b", "-", "off", "http", "http://a.example"},
    {"a.example", "b", "-", "", "http", "http://a.example"},
    {"a.example", "b", "-", "-", "https", "https://a.example"},
    {"a.example", "b", "https", "-", "http", "https://a.example"},
    {"a.example", "b", "https, http", "-", "-", "https://a.example"},
    {"a.example", "b", "http", "on", "https", "http://a.example"},
    {"[::1]:8000", "b", "-", "-", "-", "http://[::1]:8000"},
    {"-", "b.example", "-", "-", "-", "http://b.example"},
    {"", "b.example", "-", "-", "-", "http://b.example"},
    {"a/b", "b.example", "-", "-", "-", "http://b.example"},
    {"a\"b", "b.example", "-", "-", "-", "http://b.example"},
    {"u@a", "b.example", "-", "-", "-", "http://b.example"},
    {"a b", "b c", "-", "-", "-", "http://localhost"},
    {"-", "-", "-", "-", "-", "http://localhost"},
};

static void
test_origin(void **state)
{
	char host[64], server[64], forwarded[64], https[64], scheme[64];
	char *env[6];
	struct web_request rq;
	struct buf have;
	size_t i, n;

	(void)state;
	buf_init(&have, 512);
	for (i = 0; i < GB_COUNT(origins); i++) {
		n = 0;
		env[0] = NULL;
		set(env, &n, host, sizeof(host), "HTTP_HOST", origins[i].host);
		set(env, &n, server, sizeof(server), "SERVER_NAME",
		    origins[i].server);
		set(env, &n, forwarded, sizeof(forwarded),
		    "HTTP_X_FORWARDED_PROTO", origins[i].forwarded);
		set(env, &n, https, sizeof(https), "HTTPS", origins[i].https);
		set(env, &n, scheme, sizeof(scheme), "REQUEST_SCHEME",
		    origins[i].scheme);
		web_request_init(&rq);
		rq.fcgx.envp = env;
		web_request_begin(&rq, "");
		buf_reset(&have);
		web_origin(&rq, &have);
		CHECK_STR(origins[i].host, buf_str(&have), origins[i].want);
		web_request_release(&rq);
	}
	buf_release(&have);
}

/* Who the client is, by what the web server says and what anybody can. */
static void
test_client(void **state)
{
	static const struct {
		const char *remote, *forwarded_for, *proto, *https;
		bool trust;
		const char *address;
		bool is_https;
	} rows[] = {
	    {"192.0.2.1", "-", "-", "-", false, "192.0.2.1", false},
	    {"192.0.2.1", "198.51.100.7", "https", "-", false, "192.0.2.1",
	     false},
	    {"192.0.2.1", "198.51.100.7", "https", "-", true, "198.51.100.7",
	     true},
	    {"192.0.2.1", "10.0.0.1, 2001:db8::1", "HTTPS", "-", true,
	     "2001:db8::1", true},
	    {"192.0.2.1", "-", "http", "on", true, "192.0.2.1", false},
	    {"::1", "-", "-", "on", false, "::1", true},
	    {"::1", "-", "-", "off", false, "::1", false},
	    {"-", "-", "https,http", "-", true, "", false},
	    {"192.0.2.1", "1.2.3.4<script>", "-", "-", true, "", false},
	    {"192.0.2.1", "198.51.100.7:4711", "-", "-", true, "198.51.100.7",
	     false},
	    {"192.0.2.1", "10.0.0.1:1, [2001:db8::1]:443 ", "-", "-", true,
	     "2001:db8::1", false},
	    {"192.0.2.1", "address", "-", "-", true, "", false},
	    {"192.0.2.1", "1.2.3", "-", "-", true, "", false},
	    {"192.0.2.1", "2001:db8::1::", "-", "-", true, "", false},
	    {"192.0.2.1", "[", "-", "-", true, "", false},
	    {"fe80::1%eth0", "-", "-", "-", false, "fe80::1", false},
	    {"192.0.2.1", ", ", "-", "-", true, "", false},
	    {"1111111111111111111111111111111111111111111111111111111", "-",
	     "-", "-", false, "", false},
	};
	char remote[128], forwarded[128], proto[64], https[64];
	char address[WEB_ADDRESS_SIZE];
	struct web_request rq;
	char *env[6];
	size_t i, n;

	(void)state;
	for (i = 0; i < GB_COUNT(rows); i++) {
		n = 0;
		env[0] = NULL;
		set(env, &n, remote, sizeof(remote), "REMOTE_ADDR",
		    rows[i].remote);
		set(env, &n, forwarded, sizeof(forwarded),
		    "HTTP_X_FORWARDED_FOR", rows[i].forwarded_for);
		set(env, &n, proto, sizeof(proto), "HTTP_X_FORWARDED_PROTO",
		    rows[i].proto);
		set(env, &n, https, sizeof(https), "HTTPS", rows[i].https);
		web_request_init(&rq);
		rq.fcgx.envp = env;
		web_address(&rq, rows[i].trust, address);
		CHECK_STR(rows[i].remote, address, rows[i].address);
		CHECK_INT(rows[i].proto, web_is_https(&rq, rows[i].trust),
			  rows[i].is_https);
		web_request_release(&rq);
	}
}

static void
test_cookies(void **state)
{
	static const struct {
		const char *cookies, *want; /* of "id", in 8 bytes */
	} rows[] = {
	    {"-", NULL},	   {"", NULL},
	    {"id=1", "1"},	   {"id=", ""},
	    {"id", NULL},	   {"a=b; id=1234567", "1234567"},
	    {"id=12345678", NULL}, {"xid=1; id2=2;id=3", "3"},
	    {"id=1; id=2", "1"},   {"ID=1", NULL},
	    {";; ;id=a=b", "a=b"}, {"a=id=1", NULL},
	};
	char line[128], value[8];
	struct web_request rq;
	char *env[2];
	size_t i, n;
	bool found;

	(void)state;
	for (i = 0; i < GB_COUNT(rows); i++) {
		n = 0;
		env[0] = NULL;
		set(env, &n, line, sizeof(line), "HTTP_COOKIE",
		    rows[i].cookies);
		web_request_init(&rq);
		rq.fcgx.envp = env;
		found = web_cookie(&rq, "id", value, sizeof(value));
		CHECK_STR(rows[i].cookies, found ? value : NULL, rows[i].want);
		web_request_release(&rq);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_places),
	    cmocka_unit_test(test_query),
	    cmocka_unit_test(test_origin),
	    cmocka_unit_test(test_client),
	    cmocka_unit_test(test_cookies),
	    cmocka_unit_test(test_headers),
	    cmocka_unit_test(test_reply_headers),
	};

	return cmocka_run_group_tests_name("web request", tests, NULL, NULL);
}
