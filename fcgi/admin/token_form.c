/* token_form.c: the fields of a form about an access token */
#include "admin/token_form.h"

#include <string.h>

#include "app/token_fields.h"
#include "base/clock.h"

#define VALUE_MAX 1024 /* bytes */

enum field {
	FIELD_NOTE,
	FIELD_EXPIRES,
	FIELD_MODELS,
	FIELD_LIMITS /* and one for each */
};

#define FIELDS (FIELD_LIMITS + LIMIT__MAX)

static const struct {
	const char *key; /* NULL: a limit's name */
	const char *label, *help, *fault;
} fields[FIELDS] = {
    [FIELD_NOTE] = {"note", "TOKENS_NOTE", NULL, "TOKENS_NOTE_FAULT"},
    [FIELD_EXPIRES] = {"expires", "TOKENS_EXPIRES", "TOKENS_EXPIRES_HELP",
		       "TOKENS_EXPIRES_FAULT"},
    [FIELD_MODELS] = {"models", "TOKENS_MODELS", "TOKENS_MODELS_HELP",
		      "TOKENS_MODELS_FAULT"},
    [FIELD_LIMITS + LIMIT_PARALLEL] = {NULL, "TOKENS_LIMIT_PARALLEL",
				       "TOKENS_LIMIT_HELP",
				       "TOKENS_LIMIT_FAULT"},
    [FIELD_LIMITS + LIMIT_MINUTE_REQUESTS] = {NULL,
					      "TOKENS_LIMIT_MINUTE_REQUESTS",
					      NULL, "TOKENS_LIMIT_FAULT"},
    [FIELD_LIMITS + LIMIT_MINUTE_TOKENS] = {NULL, "TOKENS_LIMIT_MINUTE_TOKENS",
					    NULL, "TOKENS_LIMIT_FAULT"},
    [FIELD_LIMITS + LIMIT_DAY_REQUESTS] = {NULL, "TOKENS_LIMIT_DAY_REQUESTS",
					   NULL, "TOKENS_LIMIT_FAULT"},
    [FIELD_LIMITS + LIMIT_DAY_TOKENS] = {NULL, "TOKENS_LIMIT_DAY_TOKENS", NULL,
					 "TOKENS_LIMIT_FAULT"},
    [FIELD_LIMITS + LIMIT_DAY_COST] = {NULL, "TOKENS_LIMIT_DAY_COST", NULL,
				       "TOKENS_COST_FAULT"},
    [FIELD_LIMITS + LIMIT_MONTH_REQUESTS] = {NULL,
					     "TOKENS_LIMIT_MONTH_REQUESTS",
					     NULL, "TOKENS_LIMIT_FAULT"},
    [FIELD_LIMITS + LIMIT_MONTH_TOKENS] = {NULL, "TOKENS_LIMIT_MONTH_TOKENS",
					   NULL, "TOKENS_LIMIT_FAULT"},
    [FIELD_LIMITS + LIMIT_MONTH_COST] = {NULL, "TOKENS_LIMIT_MONTH_COST", NULL,
					 "TOKENS_COST_FAULT"},
};

static const char *
key_of(int field)
{
	return fields[field].key != NULL
		   ? fields[field].key
		   : token_limit_kinds[field - FIELD_LIMITS].name;
}

/* --- reading -------------------------------------------------------------- */

/* An expiry that is past already may stay as it is. */
static bool
read_expires(const char *text, struct token_row *t)
{
	char is[CLOCK_TEXT_SIZE];

	clock_text(is, t->expires_at, false);
	if (t->expires_at != 0 && strcmp(text, is) == 0)
		return true;
	return token_expires_read(text[0] == '\0' ? "never" : text,
				  clock_wall_ms(), &t->expires_at);
}

/* Names without the spaces that people write between them. */
static bool
read_models(const char *text, struct token_row *t)
{
	struct buf names;
	bool fit;

	buf_init(&names, TOKEN_MODELS_MAX);
	for (; *text != '\0'; text++)
		if (*text != ' ')
			buf_putc(&names, *text);
	fit = buf_error(&names) == GB_OK &&
	      token_models_read(names.len == 0 ? "all" : buf_str(&names),
				t->models);
	buf_release(&names);
	return fit;
}

static bool
read_field(const char *text, int field, struct token_row *t)
{
	enum token_limit limit;

	switch (field) {
	case FIELD_NOTE:
		return token_note_read(text, t->note);
	case FIELD_EXPIRES:
		return read_expires(text, t);
	case FIELD_MODELS:
		return read_models(text, t);
	default:
		limit = (enum token_limit)(field - FIELD_LIMITS);
		return token_limit_read(text[0] == '\0' ? "0" : text, limit,
					&t->limits[limit]);
	}
}

/* The families that are ticked; all of them are as good as none. */
static unsigned
read_endpoints(const struct form *form)
{
	const char *name;
	unsigned bits;
	size_t at;
	int i;

	bits = 0;
	for (at = 0; (name = form_next(form, "endpoint", &at)) != NULL;)
		for (i = 0; i < ENDPOINT__MAX; i++)
			if (strcmp(token_endpoint_names[i], name) == 0)
				bits |= 1u << i;
	return bits == (1u << ENDPOINT__MAX) - 1 ? 0 : bits;
}

bool
token_form_read(const struct admin_request *rq, struct token_row *t)
{
	bool fit;
	int i;

	fit = true;
	for (i = 0; i < FIELDS; i++)
		if (!read_field(form_value(&rq->form, key_of(i)), i, t))
			fit = false;
	t->endpoints = read_endpoints(&rq->form);
	return fit;
}

/* --- showing -------------------------------------------------------------- */

static void
write_field(const struct token_row *t, int field, struct buf *out)
{
	enum token_limit limit;
	char text[CLOCK_TEXT_SIZE];

	switch (field) {
	case FIELD_NOTE:
		buf_puts(out, t->note);
		break;
	case FIELD_EXPIRES:
		if (t->expires_at == 0)
			break;
		clock_text(text, t->expires_at, false);
		buf_puts(out, text);
		break;
	case FIELD_MODELS:
		buf_puts(out, t->models);
		break;
	default:
		limit = (enum token_limit)(field - FIELD_LIMITS);
		if (t->limits[limit] != 0)
			token_limit_write(limit, t->limits[limit], out);
	}
}

static void
show_field(const struct admin_request *rq, struct dict *page,
	   const struct token_row *t, int field, bool typed)
{
	struct token_row scratch = *t;
	struct buf value;
	const char *text;
	struct dict *d;
	bool unfit;

	buf_init(&value, VALUE_MAX);
	write_field(t, field, &value);
	text = typed ? form_value(&rq->form, key_of(field)) : buf_str(&value);
	d = dict_add(page, "FIELD");
	dict_set(d, "KEY", key_of(field));
	dict_set(d, "LABEL", admin_text(rq, fields[field].label));
	dict_set(d, "VALUE", text);
	if (fields[field].help != NULL) {
		dict_show(d, "HELPED");
		dict_set(d, "HELP", admin_text(rq, fields[field].help));
	}
	unfit = typed && !read_field(text, field, &scratch);
	dict_show_if(d, "DESCRIBED", unfit || fields[field].help != NULL);
	if (unfit) {
		dict_show(d, "FAULT");
		dict_set(d, "WHY", admin_text(rq, fields[field].fault));
	}
	buf_release(&value);
}

void
token_form_show(const struct admin_request *rq, struct dict *page,
		const struct token_row *t, bool typed)
{
	unsigned endpoints;
	struct dict *d;
	int i;

	for (i = 0; i < FIELDS; i++)
		show_field(rq, page, t, i, typed);
	endpoints = typed ? read_endpoints(&rq->form) : t->endpoints;
	for (i = 0; i < ENDPOINT__MAX; i++) {
		d = dict_add(page, "ENDPOINT");
		dict_set(d, "ENDPOINT_NAME", token_endpoint_names[i]);
		dict_show_if(d, "ENDPOINT_ON", (endpoints & (1u << i)) != 0);
	}
}
