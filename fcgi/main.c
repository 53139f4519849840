/* main.c: which of the ways to run this is, start-up, shut-down */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/routes.h"
#include "admin/site.h"
#include "api/routes.h"
#include "app/app.h"
#include "app/jobs.h"
#include "app/startup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "cli/cli.h"
#include "web/listener.h"
#include "web/server.h"

enum way {
	WAY_DAEMON,  /* on a socket of our own */
	WAY_MANAGED, /* descriptor 0 is the socket */
	WAY_CGI,     /* one request, on descriptors 0 and 1 */
};

struct options {
	const char *config; /* NULL: the one here, if any */
	const char *listen; /* NULL: not a daemon */
};

/* Web servers hand a query to a CGI as arguments: what comes from the network
 * must not be taken for options. */
static bool
is_cgi(void)
{
	return getenv("REQUEST_METHOD") != NULL ||
	       getenv("GATEWAY_INTERFACE") != NULL;
}

/* -1: go on and serve; otherwise the status to exit with. */
static int
parse_options(int argc, char **argv, struct options *opts)
{
	static const struct option words[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"listen", required_argument, NULL, 'l'},
	    {"version", no_argument, NULL, 'V'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "c:l:Vh", words, NULL)) != -1) {
		switch (c) {
		case 'c':
			opts->config = optarg;
			break;
		case 'l':
			opts->listen = optarg;
			break;
		case 'V':
			puts("gbalance " GB_VERSION);
			return EXIT_SUCCESS;
		case 'h':
			cli_usage(stdout);
			return EXIT_SUCCESS;
		default:
			fputs("Try \"gbalance --help\".\n", stderr);
			return CLI_EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr,
			"gbalance: unknown command: %s\n"
			"Try \"gbalance --help\".\n",
			argv[optind]);
		return CLI_EXIT_USAGE;
	}
	return -1;
}

/* The admin site has its paths, the API all others. */
static void
serve_request(struct web_request *web, void *context)
{
	struct site *site = context;

	if (!admin_serve(site, web))
		api_serve(web, site->app);
}

static enum gb_err
run(enum way way, const struct options *opts, struct site *site,
    const struct settings *cfg)
{
	struct web_server_options server;
	enum gb_err rc;

	memset(&server, 0, sizeof(server));
	server.threads_max = (size_t)cfg->threads;
	server.base_path = cfg->base_path;
	server.handler = serve_request;
	server.context = site;
	if (way == WAY_CGI)
		return web_cgi_run(&server);
	if (way == WAY_DAEMON &&
	    (rc = listener_open(opts->listen, &server.listen_fd)) != GB_OK)
		return rc;
	log_info("gbalance %s: serving on %s", GB_VERSION,
		 way == WAY_DAEMON ? opts->listen : "descriptor 0");
	rc = web_server_run(&server);
	if (way == WAY_DAEMON)
		listener_close(opts->listen, server.listen_fd);
	log_info("gbalance: ended");
	return rc;
}

static int
serve(enum way way, const struct options *opts)
{
	struct settings *settings;
	struct snapshot *snap;
	struct store *store;
	struct site site;
	struct app *app;
	int64_t began_ms;
	enum gb_err rc;

	began_ms = clock_mono_ms();
	web_signals_block();
	memory_tune();
	if (startup_load(opts->config, &settings, &store) != GB_OK)
		return EXIT_FAILURE; /* it has said why */
	if (log_open(settings->log_level, settings->log_file) != GB_OK) {
		settings_free(settings);
		store_close(store);
		return EXIT_FAILURE;
	}
	rc = app_new(&app, settings, store, startup_config_file(opts->config),
		     way != WAY_CGI);
	if (rc != GB_OK) {
		log_errorx("gbalance: start: %s", gb_strerror(rc));
		return EXIT_FAILURE;
	}
	snap = app_acquire(app);
	rc = site_init(&site, app, snap->settings);
	if (rc == GB_OK) {
		rc = run(way, opts, &site, snap->settings);
		site_release(&site);
	} else {
		log_errorx("gbalance: start: %s", gb_strerror(rc));
	}
	app_release(app, snap);
	if (way == WAY_CGI ||
	    (way == WAY_MANAGED && clock_mono_ms() - began_ms < JOBS_FIRST_MS))
		jobs_spawn(app, startup_config_file(opts->config));
	app_free(app);
	return rc == GB_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
	struct options opts;
	int rc;

	memset(&opts, 0, sizeof(opts));
	if (is_cgi())
		return serve(web_is_fastcgi() ? WAY_MANAGED : WAY_CGI, &opts);
	if (cli_is_wanted(argc, argv))
		return cli_main(argc, argv);
	if ((rc = parse_options(argc, argv, &opts)) != -1)
		return rc;
	if (opts.listen != NULL)
		return serve(WAY_DAEMON, &opts);
	if (web_is_fastcgi())
		return serve(WAY_MANAGED, &opts);
	cli_usage(stderr);
	return CLI_EXIT_USAGE;
}
