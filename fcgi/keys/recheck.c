/* recheck.c: asking Google whether keys that the system disabled work again */
#include "keys/recheck.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/redact.h"
#include "keys/exit_turn.h"
#include "store/key_health.h"

#define RUN_MS \
	3000		     /* after which no other key is asked with: the \
				program may want to end */
#define PROBE_MS     10000   /* for one answer of one token */
#define URL_MAX	     2048    /* bytes */
#define REPLY_MAX    65536   /* bytes: one token, or an error */
#define PROBE_ID     "probe" /* in the history, for a request's id */
#define MODEL_PREFIX "models/"

static const char probe_body[] =
    "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"Hi\"}]}],"
    "\"generationConfig\":{\"maxOutputTokens\":1}}";

static const enum answer_fault faults[] = {
    [TRANSFER_RUNNING] = ANSWER_NETWORK,   [TRANSFER_DONE] = ANSWER_COMPLETE,
    [TRANSFER_NETWORK] = ANSWER_NETWORK,   [TRANSFER_TIMEOUT] = ANSWER_TIMEOUT,
    [TRANSFER_TOO_LARGE] = ANSWER_GARBAGE, [TRANSFER_HUNG_UP] = ANSWER_NETWORK,
    [TRANSFER_FORBIDDEN] = ANSWER_NETWORK, [TRANSFER_EXIT] = ANSWER_NETWORK,
};

static int64_t
at_most(int64_t setting_ms, int64_t most_ms)
{
	return setting_ms > 0 && setting_ms < most_ms ? setting_ms : most_ms;
}

static const char *
bare_model(const char *model)
{
	if (strncmp(model, MODEL_PREFIX, strlen(MODEL_PREFIX)) == 0)
		model += strlen(MODEL_PREFIX);
	return model;
}

/* The model to ask the key for; "": it may not serve that, and its list of
 * models is asked for. */
static const char *
probe_model(struct store *s, const struct settings *cfg,
	    const struct key_turn *turn)
{
	const char *model;
	bool serves;

	model = bare_model(cfg->test_model);
	return store_key_serves(s, turn->id, model, &serves) == GB_OK && serves
		   ? model
		   : "";
}

/* Ask, and leave status and fault in "answer", the body in "body". */
static void
probe_ask(const struct settings *cfg, struct engine *engine,
	  const struct key_turn *turn, const char *model,
	  struct exit_turn *exit, struct buf *body, struct answer *answer)
{
	const struct transfer_header headers[] = {
	    {"content-type", "application/json"},
	    {"x-goog-api-key", turn->secret},
	};
	struct transfer_request rq;
	struct transfer *transfer;
	struct buf path, url;

	answer->fault = ANSWER_NETWORK;
	transfer = NULL;
	buf_init(&path, URL_MAX);
	buf_init(&url, URL_MAX);
	if (model[0] == '\0')
		buf_puts(&path, "/v1beta/models?pageSize=1");
	else
		buf_printf(&path, "/v1beta/models/%s:generateContent", model);
	pool_url(&url, cfg, turn->pool, buf_str(&path));
	rq = (struct transfer_request){
	    .method = model[0] == '\0' ? "GET" : "POST",
	    .url = buf_str(&url),
	    .headers = headers,
	    .header_count = GB_COUNT(headers),
	    .body = model[0] == '\0' ? NULL : probe_body,
	    .body_len = model[0] == '\0' ? 0 : sizeof(probe_body) - 1,
	    .connect_timeout_ms = at_most(cfg->connect_timeout_ms, PROBE_MS),
	    .first_byte_timeout_ms = PROBE_MS,
	    .idle_timeout_ms = PROBE_MS,
	    .total_timeout_ms = at_most(cfg->total_timeout_ms, PROBE_MS),
	    .whole = true,
	    .body_max = REPLY_MAX,
	    .queue_max = REPLY_MAX,
	    .watch_fd = -1,
	};
	if (buf_error(&url) != GB_OK ||
	    exit_turn_ask(exit, engine, &rq, &transfer) != GB_OK)
		goto out;
	while (transfer_read(transfer, body, -1) == TRANSFER_GOT_DATA)
		continue;
	answer->fault = faults[transfer_end(transfer)];
	answer->status = transfer_status(transfer);
out:
	transfer_free(transfer);
	buf_release(&path);
	buf_release(&url);
}

void
recheck_probe(struct store *s, const struct settings *cfg,
	      struct engine *engine, const struct key_turn *turn,
	      struct verdict *out)
{
	char mask[SECRET_MASK_SIZE];
	struct exit_turn exit;
	struct answer answer;
	struct buf body;
	const char *model;
	bool revived, closed;

	memset(&answer, 0, sizeof(answer));
	buf_init(&body, REPLY_MAX);
	exit_turn_begin(&exit, s, cfg, turn->secret);
	model = probe_model(s, cfg, turn);
	probe_ask(cfg, engine, turn, model, &exit, &body, &answer);
	answer.exit = exit.name;
	answer.request_id = PROBE_ID;
	answer.body = buf_str(&body);
	answer.body_len = body.len;
	answer.now_ms = clock_wall_ms();
	pool_judge(s, cfg, turn, model, &answer, out);
	/* A blocked or empty answer is an answer: the key was accepted. */
	if (answer.fault == ANSWER_COMPLETE && answer.status == 200 &&
	    (out->row == 0 || out->row == 32)) {
		if (store_key_succeeded(s, turn->id, turn->pool, model,
					exit.name, answer.now_ms,
					&closed) == GB_OK &&
		    store_key_revive(s, turn->id, answer.now_ms, &revived) ==
			GB_OK &&
		    revived) {
			secret_mask(mask, turn->secret);
			log_info("key %lld (%s): works again",
				 (long long)turn->id, mask);
		}
	}
	buf_release(&body);
}

void
recheck_due(struct store *s, const struct settings *cfg, struct engine *engine)
{
	struct key_turn turn;
	struct verdict verdict;
	int64_t stop_ms;

	if (cfg->check_interval_hours <= 0)
		return;
	stop_ms = clock_mono_ms() + RUN_MS;
	while (clock_mono_ms() < stop_ms &&
	       store_key_recheck_take(s, clock_wall_ms(),
				      cfg->check_interval_hours * HOUR_MS,
				      &turn) == GB_OK)
		recheck_probe(s, cfg, engine, &turn, &verdict);
	explicit_bzero(&turn, sizeof(turn));
}
