/* google.c: a Google that fails one answer in ten */
#include "google.h"

#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../bench/http.h"

#define CALLS_MAX   4000000
#define REQUEST_MAX 65536
#define REPLY_MAX   2048
#define STACK_BYTES (256 * 1024)

static const char body_ok[] =
    "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hello!\"}],"
    "\"role\":\"model\"},\"finishReason\":\"STOP\",\"index\":0}],"
    "\"usageMetadata\":{\"promptTokenCount\":12,\"candidatesTokenCount\":9,"
    "\"totalTokenCount\":21},\"modelVersion\":\"steady\"}";
static const char body_internal[] =
    "{\"error\":{\"code\":500,\"status\":\"INTERNAL\",\"message\":\"An "
    "internal error has occurred.\"}}";
static const char body_invalid[] =
    "{\"error\":{\"code\":400,\"status\":\"INVALID_ARGUMENT\",\"message\":"
    "\"API key not valid. Please pass a valid API key.\",\"details\":[{"
    "\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":"
    "\"API_KEY_INVALID\",\"domain\":\"googleapis.com\"}]}}";
static const char body_day[] =
    "{\"error\":{\"code\":429,\"status\":\"RESOURCE_EXHAUSTED\",\"message\":"
    "\"You exceeded your current quota.\",\"details\":[{\"@type\":"
    "\"type.googleapis.com/google.rpc.QuotaFailure\",\"violations\":[{"
    "\"quotaMetric\":\"generativelanguage.googleapis.com/"
    "generate_content_free_tier_requests\",\"quotaId\":"
    "\"GenerateRequestsPerDayPerProjectPerModel-FreeTier\"}]},{\"@type\":"
    "\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":"
    "\"41s\"}]}}";

static const struct {
	int status;
	const char *body;
} replies[] = {
    [KIND_OK] = {200, body_ok},
    [KIND_INTERNAL] = {500, body_internal},
    [KIND_INVALID] = {400, body_invalid},
    [KIND_DAY] = {429, body_day},
};

/* All threads'; the tests have one Google. */
static struct {
	struct google_options options;
	int fd;
	pthread_mutex_t lock;
	struct call *calls;
	long count;
	bool dead[KEYS_MAX];
	bool dry[KEYS_MAX][MODELS_MAX];
	uint64_t random;
} google = {.lock = PTHREAD_MUTEX_INITIALIZER, .random = 88172645463325252U};

/* Within the lock. */
static bool
fails_now(void)
{
	google.random ^= google.random << 13;
	google.random ^= google.random >> 7;
	google.random ^= google.random << 17;
	return google.options.one_in > 0 &&
	       google.random % (uint64_t)google.options.one_in == 0;
}

static enum kind
judge(int key, int model)
{
	if (google.dead[key])
		return KIND_INVALID;
	if (model >= 0 && google.dry[key][model])
		return KIND_DAY;
	if (!fails_now())
		return KIND_OK;
	if (key < google.options.mortal_keys) {
		google.dead[key] = true;
		return KIND_INVALID;
	}
	if (model >= 0) {
		google.dry[key][model] = true;
		return KIND_DAY;
	}
	return KIND_INTERNAL;
}

/* The number that follows "what" in the text; -1: it is not there. */
static long
number_after(const char *text, const char *what)
{
	const char *at;

	at = strstr(text, what);
	return at == NULL ? -1 : strtol(at + strlen(what), NULL, 10);
}

static enum kind
answer(const char *request)
{
	struct call *c;
	enum kind kind;
	long key, model;

	key = number_after(request, "AIzaSyCrash-key-of-the-tests-");
	model = number_after(request, "/models/daily-model-");
	if (key < 0 || key >= google.options.keys || model >= MODELS_MAX)
		errx(1, "google: not understood: %.200s", request);
	pthread_mutex_lock(&google.lock);
	kind = judge((int)key, (int)model);
	if (google.count == CALLS_MAX)
		errx(1, "google: too many calls");
	c = &google.calls[google.count++];
	c->request = (uint32_t)number_after(request, "request number ");
	c->key = (int16_t)key;
	c->model = (int16_t)model;
	c->kind = kind;
	c->came_ns = http_now_ns();
	pthread_mutex_unlock(&google.lock);
	if (c->request % 8 == google.options.slow)
		(void)usleep((useconds_t)google.options.slow_us);
	c->gone_ns = http_now_ns();
	return kind;
}

static bool
send_all(int fd, const char *data, size_t len)
{
	ssize_t n;

	for (; len > 0; data += n, len -= (size_t)n)
		if ((n = send(fd, data, len, MSG_NOSIGNAL)) <= 0)
			return false;
	return true;
}

static bool
reply(int fd, enum kind kind)
{
	char text[REPLY_MAX];
	int len;

	len = snprintf(text, sizeof(text),
		       "HTTP/1.1 %d X\r\nContent-Type: application/json\r\n"
		       "Content-Length: %zu\r\n\r\n%s",
		       replies[kind].status, strlen(replies[kind].body),
		       replies[kind].body);
	return send_all(fd, text, (size_t)len);
}

static void *
connection_main(void *arg)
{
	int fd = *(int *)arg;
	char *request;
	size_t len;
	ssize_t n;

	free(arg);
	if ((request = malloc(REQUEST_MAX + 1)) == NULL)
		err(1, "google");
	for (len = 0; len < REQUEST_MAX;) {
		n = recv(fd, request + len, REQUEST_MAX - len, 0);
		if (n <= 0)
			break;
		len += (size_t)n;
		request[len] = '\0';
		if (!http_request_whole(request))
			continue;
		if (!reply(fd, answer(request)))
			break;
		len = 0;
	}
	free(request);
	close(fd);
	return NULL;
}

static void *
google_main(void *arg)
{
	struct pollfd pfd = {.fd = google.fd, .events = POLLIN};
	pthread_attr_t attr;
	pthread_t thread;
	int fd, *own;

	(void)arg;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	for (;;) {
		(void)poll(&pfd, 1, -1);
		if ((fd = accept4(google.fd, NULL, NULL, SOCK_CLOEXEC)) == -1)
			continue;
		if ((own = malloc(sizeof(*own))) == NULL)
			err(1, "google");
		*own = fd;
		if (pthread_create(&thread, &attr, connection_main, own) != 0)
			errx(1, "google: no thread");
	}
	return NULL;
}

int
google_start(const struct google_options *options)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	pthread_t thread;

	google.options = *options;
	google.calls = calloc(CALLS_MAX, sizeof(*google.calls));
	google.fd = http_listen(0);
	if (google.calls == NULL || google.fd == -1 ||
	    getsockname(google.fd, (struct sockaddr *)&sin, &len) == -1 ||
	    pthread_create(&thread, NULL, google_main, NULL) != 0)
		err(1, "google");
	return ntohs(sin.sin_port);
}

const struct call *
google_calls(long *count)
{
	pthread_mutex_lock(&google.lock);
	*count = google.count;
	pthread_mutex_unlock(&google.lock);
	return google.calls;
}
