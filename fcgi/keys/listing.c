/* listing.c: asking Google which models each key has */
#include "keys/listing.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/redact.h"
#include "dialect/models_list.h"
#include "dialect/models_merge.h"
#include "keys/exit_turn.h"
#include "keys/pool.h"
#include "store/model_lists.h"

#define RUN_MS \
	3000		     /* after which no other key is asked with: the \
				program may want to end */
#define ASK_MS	       10000 /* for one page */
#define PAGES_MAX      10    /* of a list; Google has one */
#define PAGE_MAX       (4 << 20) /* bytes of one */
#define LIST_MAX       (8 << 20) /* and of them all */
#define URL_MAX	       4096
#define PAGE_TOKEN_MAX 1024

static int64_t
at_most(int64_t setting_ms, int64_t most_ms)
{
	return setting_ms > 0 && setting_ms < most_ms ? setting_ms : most_ms;
}

/* Get a page into "page": whether it came. */
static bool
get_page(struct store *s, const struct settings *cfg, struct engine *engine,
	 const struct key_turn *turn, const char *token, struct buf *page)
{
	const struct transfer_header headers[] = {
	    {"x-goog-api-key", turn->secret},
	};
	struct transfer_request rq;
	struct exit_turn exit;
	struct transfer *transfer;
	struct buf path, url;
	bool got;

	transfer = NULL;
	got = false;
	buf_reset(page);
	buf_init(&path, URL_MAX);
	buf_init(&url, URL_MAX);
	models_page_path(&path, token);
	pool_url(&url, cfg, turn->pool, buf_str(&path));
	rq = (struct transfer_request){
	    .method = "GET",
	    .url = buf_str(&url),
	    .headers = headers,
	    .header_count = GB_COUNT(headers),
	    .connect_timeout_ms = at_most(cfg->connect_timeout_ms, ASK_MS),
	    .first_byte_timeout_ms = ASK_MS,
	    .idle_timeout_ms = ASK_MS,
	    .total_timeout_ms = at_most(cfg->total_timeout_ms, ASK_MS),
	    .whole = true,
	    .body_max = PAGE_MAX,
	    .queue_max = PAGE_MAX,
	    .watch_fd = -1,
	};
	exit_turn_begin(&exit, s, cfg, turn->secret);
	if (buf_error(&path) != GB_OK || buf_error(&url) != GB_OK ||
	    exit_turn_ask(&exit, engine, &rq, &transfer) != GB_OK)
		goto out;
	while (transfer_read(transfer, page, -1) == TRANSFER_GOT_DATA)
		continue;
	got = transfer_end(transfer) == TRANSFER_DONE &&
	      transfer_status(transfer) == 200 && buf_error(page) == GB_OK;
out:
	transfer_free(transfer);
	buf_release(&url);
	buf_release(&path);
	return got;
}

/* All pages of the key's list; GB_EIO: they did not all come. */
static enum gb_err
get_list(struct store *s, const struct settings *cfg, struct engine *engine,
	 const struct key_turn *turn, struct models_merge *list)
{
	char token[PAGE_TOKEN_MAX] = "";
	struct buf page;
	enum gb_err rc;
	int pages;

	buf_init(&page, PAGE_MAX);
	for (rc = GB_OK, pages = 0; rc == GB_OK; pages++) {
		if (pages == PAGES_MAX ||
		    !get_page(s, cfg, engine, turn, token, &page))
			rc = GB_EIO;
		if (rc == GB_OK)
			rc = models_merge_add(list, buf_str(&page), page.len);
		if (rc == GB_OK && !models_next_page(buf_str(&page), page.len,
						     token, sizeof(token)))
			rc = GB_ETOOBIG;
		if (token[0] == '\0')
			break;
	}
	buf_release(&page);
	return rc == GB_OK ? models_merge_end(list) : rc;
}

static void
ask(struct store *s, const struct settings *cfg, struct engine *engine,
    const struct key_turn *turn)
{
	char mask[SECRET_MASK_SIZE];
	struct models_merge list;
	const char *names;
	struct buf text;
	enum gb_err rc;

	buf_init(&text, LIST_MAX);
	rc = models_merge_begin(&list, &text);
	if (rc == GB_OK)
		rc = get_list(s, cfg, engine, turn, &list);
	names = rc == GB_OK ? models_merge_names(&list) : NULL;
	if (names != NULL)
		rc = store_list_save(s, turn->id, buf_str(&text), names,
				     clock_wall_ms());
	if (rc != GB_OK && rc != GB_ETOOBIG) {
		secret_mask(mask, turn->secret);
		log_info("key %lld (%s): no list of models: %s",
			 (long long)turn->id, mask, gb_strerror(rc));
	}
	models_merge_release(&list);
	buf_release(&text);
}

void
listing_due(struct store *s, const struct settings *cfg, struct engine *engine)
{
	struct key_turn turn;
	int64_t stop_ms;

	if (cfg->models_hours <= 0)
		return;
	stop_ms = clock_mono_ms() + RUN_MS;
	while (clock_mono_ms() < stop_ms &&
	       store_list_take(s, clock_wall_ms(), cfg->models_hours * HOUR_MS,
			       &turn) == GB_OK)
		ask(s, cfg, engine, &turn);
	explicit_bzero(&turn, sizeof(turn));
}
