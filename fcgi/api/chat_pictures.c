/* chat_pictures.c: pictures in chats, as links out and as pictures back */
#include "api/chat_pictures.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/clock.h"
#include "dialect/images/images_request.h"
#include "dialect/images/markdown_pictures.h"
#include "dialect/media.h"
#include "upstream/fetch.h"

#define RECALLED_MAX 14 /* pictures; the image models' own limit */

/* --- back to the model ---------------------------------------------------- */

/* What a chat's links cost so far. */
struct recall {
	struct api_request *rq;
	struct chat *chat;
	size_t count, bytes; /* of pictures */
	int64_t until_ms;    /* nothing is fetched any more */
	bool failed;	     /* rq->error or the hang-up says why */
};

/* What a link leads to. */
struct recalled {
	struct text mime, data; /* base64 */
};

/* The client hung up, or memory ran out. */
static bool
give_up(struct recall *r, enum gb_err rc)
{
	api_fail(r->rq, rc);
	r->failed = true;
	return false;
}

/* Make the bytes, which are taken away, a picture of the chat's. */
static bool
keep_bytes(struct recall *r, struct buf *bytes, struct text said,
	   struct recalled *out)
{
	struct text none = {NULL, 0}, head = {bytes->data, bytes->len}, type;
	char room[MEDIA_MIME_MAX], *owned;
	const char *mime;

	mime = media_of_web(said, head, none, &type, room);
	if (mime == NULL || strncmp(mime, "image/", 6) != 0)
		return false;
	out->mime = text_from(chat_copy(r->chat, text_from(mime)));
	if (out->mime.ptr == NULL || base64_encode_all(bytes) != GB_OK)
		return give_up(r, GB_ENOMEM);
	out->data.len = bytes->len;
	out->data.ptr = owned = buf_take(bytes);
	if (owned == NULL || chat_own(r->chat, owned) != GB_OK) {
		free(owned);
		return give_up(r, GB_ENOMEM);
	}
	return true;
}

static bool
load_ours(struct recall *r, const char *name, struct recalled *out)
{
	const char *mime;
	struct buf bytes;
	bool good;

	buf_init(&bytes, PICTURE_BYTES_MAX);
	good = hosting_load(r->rq->cfg, name, &mime, &bytes) == GB_OK &&
	       keep_bytes(r, &bytes, text_from(mime), out);
	buf_release(&bytes);
	return good;
}

static bool
fetch_link(struct recall *r, struct text url, struct recalled *out)
{
	const struct settings *cfg = r->rq->cfg;
	struct fetch_limits limits;
	struct fetch file;
	bool good;

	memset(&file, 0, sizeof(file));
	limits.timeout_ms = r->until_ms - clock_mono_ms();
	if (limits.timeout_ms <= 0 || url.len > FETCH_URL_MAX)
		return false;
	limits.one_max = limits.all_max = (size_t)cfg->fetch_max;
	limits.allow = cfg->fetch_private ? NULL : address_is_public;
	limits.watch_fd = web_watch_fd(r->rq->web);
	if ((file.url = chat_copy(r->chat, url)) == NULL)
		return give_up(r, GB_ENOMEM);
	good = fetch_all(app_engine(r->rq->app), &file, 1, &limits) == NULL;
	if (file.end == FETCH_HUNG_UP || file.end == FETCH_NO_MEMORY)
		(void)give_up(r, file.end == FETCH_HUNG_UP ? GB_ECANCELED
							   : GB_ENOMEM);
	good = good && keep_bytes(r, &file.body, text_from(file.type), out);
	buf_release(&file.body);
	return good;
}

static bool
take_data_url(struct recall *r, struct text url, struct recalled *out)
{
	char room[MEDIA_MIME_MAX];
	const char *mime;

	if (!media_data_url(url, &out->mime, &out->data) ||
	    out->mime.ptr == NULL || !media_is_base64(out->data) ||
	    (mime = media_accept(out->mime, room)) == NULL)
		return false;
	out->mime = text_from(chat_copy(r->chat, text_from(mime)));
	return out->mime.ptr != NULL || give_up(r, GB_ENOMEM);
}

/* Whatever is behind the link, if it is a picture and there is room. */
static bool
follow(struct recall *r, struct text url, struct recalled *out)
{
	char name[PICTURE_NAME_SIZE];
	bool good;

	if (strncasecmp(url.ptr, "data:", 5) == 0)
		good = take_data_url(r, url, out);
	else if (hosting_is_ours(url.ptr, url.len, name) &&
		 load_ours(r, name, out))
		good = true;
	else
		good = !r->failed && fetch_link(r, url, out);
	if (!good || r->bytes + out->data.len > (size_t)r->rq->cfg->max_body)
		return false;
	r->bytes += out->data.len;
	r->count++;
	return true;
}

static bool
is_blank(struct text text)
{
	size_t i;

	for (i = 0; i < text.len; i++)
		if (memchr(" \t\r\n", text.ptr[i], 4) == NULL)
			return false;
	return true;
}

/* Insert a part behind part "at", if it holds anything. */
static bool
insert(struct recall *r, size_t turn, size_t at, enum chat_part_kind kind,
       const struct recalled *what)
{
	struct chat_part *part;
	enum gb_err why;

	if (kind == CHAT_TEXT && is_blank(what->data))
		return true;
	part = chat_insert_part(r->chat, turn, at + 1, kind, &why);
	if (part == NULL)
		return give_up(r, why);
	part->data = what->data;
	part->mime = what->mime;
	part->origin = r->chat->parts[at].origin;
	return true;
}

/* Part "at" is the text before the picture now; the picture and the text after
 * it come behind it.  The signature is the picture's, which was what the answer
 * had in its place. */
static bool
split(struct recall *r, size_t turn, size_t at,
      const struct markdown_picture *link, const struct recalled *picture)
{
	struct recalled after = {{NULL, 0}, link->after};
	struct chat_part *part;
	bool blank = is_blank(link->before);

	if (!insert(r, turn, at, CHAT_TEXT, &after))
		return false;
	part = &r->chat->parts[at];
	if (blank) {
		part->kind = CHAT_INLINE;
		part->data = picture->data;
		part->mime = picture->mime;
		return true;
	}
	part->data = link->before;
	if (!insert(r, turn, at, CHAT_INLINE, picture))
		return false;
	part = &r->chat->parts[at];
	part[1].signature = part->signature;
	part->signature = (struct text){NULL, 0};
	return true;
}

/* The links of one text, the last first. */
static void
recall_text(struct recall *r, size_t turn, size_t at)
{
	struct text text = r->chat->parts[at].data;
	struct markdown_picture link;
	struct recalled picture;
	size_t end = text.len;

	while (r->count < RECALLED_MAX && !r->failed &&
	       markdown_picture_last((struct text){text.ptr, end}, &link)) {
		/* what is not followed stays in the text behind it */
		link.after.len = text.len - (size_t)(link.after.ptr - text.ptr);
		end = link.before.len;
		if (!follow(r, link.url, &picture))
			continue;
		if (!split(r, turn, at, &link, &picture))
			return;
		if (r->chat->parts[at].kind != CHAT_TEXT)
			return;
		text = r->chat->parts[at].data;
	}
}

/* A picture that the client kept beside the text, and the first of them with
 * its signature, as in split(). */
static void
recall_drawn(struct recall *r, const struct chat_turn *turn, size_t at)
{
	struct chat_part *part = &r->chat->parts[at], *before;
	struct recalled picture;

	if (r->count == RECALLED_MAX || !follow(r, part->data, &picture))
		return;
	part->kind = CHAT_INLINE;
	part->data = picture.data;
	part->mime = picture.mime;
	before = at > turn->first ? part - 1 : NULL;
	if (before == NULL || before->kind != CHAT_TEXT)
		return;
	part->signature = before->signature;
	before->signature = (struct text){NULL, 0};
}

static void
recall_part(struct recall *r, size_t turn, size_t at)
{
	if (r->failed)
		return;
	if (r->chat->parts[at].kind == CHAT_TEXT)
		recall_text(r, turn, at);
	else if (r->chat->parts[at].kind == CHAT_DRAWN)
		recall_drawn(r, &r->chat->turns[turn], at);
}

static bool
draws(const struct chat *chat, const struct model_facts *facts)
{
	return (chat->gen.modalities & CHAT_MODALITY_IMAGE) != 0 ||
	       (chat->gen.modalities == 0 && facts->family == MODEL_IMAGE);
}

bool
chat_pictures_recall(struct api_request *rq, struct chat *chat,
		     const struct model_facts *facts)
{
	struct recall r = {.rq = rq, .chat = chat};
	const struct chat_turn *turn;
	size_t t, i;

	if (chat->draws && images_is_imagen(chat->model)) {
		api_error_set(&rq->error, FAULT_UNSUPPORTED, "model",
			      "model: %s draws at /v1/images/generations only",
			      chat->model);
		return false;
	}
	if (!draws(chat, facts))
		return true;
	r.until_ms = clock_mono_ms() + rq->cfg->fetch_timeout_ms;
	for (t = chat->turn_count; t-- > 0 && !r.failed;) {
		turn = &chat->turns[t];
		if (turn->role != CHAT_MODEL)
			continue;
		for (i = turn->first + turn->count; i-- > turn->first;)
			recall_part(&r, t, i);
	}
	return !r.failed;
}

/* --- out to the client ---------------------------------------------------- */

void
chat_pictures_init(struct chat_pictures *p, struct api_request *rq,
		   const struct chat *chat)
{
	const char *how = rq->cfg->chat_images;
	bool text_only = chat->prompt_count > 0; /* as completions are */

	memset(p, 0, sizeof(*p));
	p->both = strcmp(how, "both") == 0 && !text_only;
	p->links =
	    p->both || text_only || chat->draws || strcmp(how, "markdown") == 0;
	buf_init(&p->text, REPLY_BYTES_MAX);
	pictures_init(&p->pictures, rq);
}

void
chat_pictures_release(struct chat_pictures *p)
{
	buf_release(&p->text);
	pictures_release(&p->pictures);
}

void
chat_pictures_reset(struct chat_pictures *p)
{
	memset(p->said, 0, sizeof(p->said));
	memset(p->drawn, 0, sizeof(p->drawn));
}

/* Hand on a text of ours, in the place of "p". */
static void
hand_text(struct chat_pictures *cp, const struct reply *reply,
	  const struct piece *p, const char *text, size_t len, bool sign)
{
	struct piece ours = *p;

	ours.kind = PIECE_TEXT;
	ours.part = SIZE_MAX;
	ours.mime = "";
	ours.text = text;
	ours.text_len = len;
	if (!sign) {
		ours.signature = "";
		ours.signature_len = 0;
	}
	cp->to.piece(cp->to.context, reply, &ours);
}

/* The picture's link, with the picture itself in it where no place takes it. */
static void
write_link(struct chat_pictures *cp, const struct piece *p)
{
	struct picture picture = {p->mime, p->text, p->text_len};

	buf_reset(&cp->text);
	buf_puts(&cp->text,
		 cp->said[p->candidate] ? "\n\n![image](" : "![image](");
	if (pictures_put(&cp->pictures, &picture, &cp->text) != GB_OK) {
		buf_printf(&cp->text, "data:%s;base64,", p->mime);
		buf_add(&cp->text, p->text, p->text_len);
	}
	buf_putc(&cp->text, ')');
}

static void
take_picture(struct chat_pictures *cp, const struct reply *reply,
	     const struct piece *p)
{
	write_link(cp, p);
	if (buf_error(&cp->text) != GB_OK) {
		cp->to.piece(cp->to.context, reply, p);
		return;
	}
	hand_text(cp, reply, p, buf_str(&cp->text), cp->text.len, true);
	cp->said[p->candidate] = cp->drawn[p->candidate] = true;
	if (cp->both)
		cp->to.piece(cp->to.context, reply, p);
}

static void
take_piece(void *context, const struct reply *reply, const struct piece *p)
{
	struct chat_pictures *cp = context;

	if (p->kind == PIECE_BLOB && strncmp(p->mime, "image/", 6) == 0) {
		take_picture(cp, reply, p);
		return;
	}
	if (p->kind == PIECE_TEXT && p->text_len > 0) {
		if (cp->drawn[p->candidate])
			hand_text(cp, reply, p, "\n\n", 2, false);
		cp->said[p->candidate] = true;
		cp->drawn[p->candidate] = false;
	}
	cp->to.piece(cp->to.context, reply, p);
}

struct piece_sink
chat_pictures_sink(struct chat_pictures *cp, struct piece_sink to)
{
	struct piece_sink sink = {take_piece, cp};

	cp->to = to;
	return cp->links ? sink : to;
}
