/* context.c: HTML, as far as it decides what a text means */
#include "template/context.h"

#include <string.h>

enum html {
	HTML_TEXT,
	HTML_LESS,	   /* after "<" */
	HTML_LESS_SOLIDUS, /* after "</" */
	HTML_TAG_NAME,
	HTML_TAG,	   /* where an attribute may begin */
	HTML_NAME,	   /* of an attribute */
	HTML_AFTER_NAME,   /* and blanks */
	HTML_BEFORE_VALUE, /* after "=" */
	HTML_VALUE,	   /* in "quote" */
	HTML_UNQUOTED,
	HTML_VALUE_END, /* behind a variable that we put in quotes */
	HTML_MARKUP,	/* after "<!" */
	HTML_COMMENT,
	HTML_BOGUS,    /* <!DOCTYPE ...>, <?...> */
	HTML_RAW,      /* inside of an element that only its end tag ends */
	HTML_RAW_LESS, /* there, after "<" */
	HTML_RAW_END,  /* there, in what may be its end tag */
};

enum element {
	ELEMENT_OTHER,
	ELEMENT_SCRIPT,
	ELEMENT_STYLE,
	ELEMENT_TITLE,
	ELEMENT_TEXTAREA,
	ELEMENT_META,
	ELEMENT_ANIMATE,
	ELEMENT_OPAQUE,
};

/* Of the attributes of a <meta> or <script>. */
enum seen {
	SEEN_NONE,
	SEEN_VARIABLE, /* in a value */
	SEEN_KIND,     /* "http-equiv", or "type" of a script */
};

static const struct {
	const char *name;
	enum element element;
} elements[] = {
    {"script", ELEMENT_SCRIPT},	  {"style", ELEMENT_STYLE},
    {"title", ELEMENT_TITLE},	  {"textarea", ELEMENT_TEXTAREA},
    {"meta", ELEMENT_META},	  {"animate", ELEMENT_ANIMATE},
    {"set", ELEMENT_ANIMATE},	  {"xmp", ELEMENT_OPAQUE},
    {"iframe", ELEMENT_OPAQUE},	  {"noembed", ELEMENT_OPAQUE},
    {"noframes", ELEMENT_OPAQUE}, {"plaintext", ELEMENT_OPAQUE},
};

/* Attributes that are no plain text; "on..." are scripts. */
static const struct {
	const char *name;
	enum lang lang;
} attributes[] = {
    {"action", LANG_URL},	  {"archive", LANG_URL},
    {"background", LANG_URL},	  {"cite", LANG_URL},
    {"classid", LANG_URL},	  {"codebase", LANG_URL},
    {"data", LANG_URL},		  {"formaction", LANG_URL},
    {"href", LANG_URL},		  {"icon", LANG_URL},
    {"longdesc", LANG_URL},	  {"manifest", LANG_URL},
    {"ping", LANG_URL},		  {"poster", LANG_URL},
    {"profile", LANG_URL},	  {"src", LANG_URL},
    {"usemap", LANG_URL},	  {"style", LANG_CSS},
    {"srcdoc", LANG_OPAQUE},	  {"srcset", LANG_OPAQUE},
    {"imagesrcset", LANG_OPAQUE}, {"attributionsrc", LANG_OPAQUE},
    {"http-equiv", LANG_OPAQUE},  {"attributename", LANG_OPAQUE},
};

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

void
context_word_clear(struct context *x)
{
	memset(x->word, 0, sizeof(x->word));
	x->word_len = 0;
}

/* What is longer than any word that means something stays cut off. */
void
context_word_add(struct context *x, char c)
{
	if (x->word_len == CONTEXT_WORD)
		return;
	x->word[x->word_len++] =
	    c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
context_word_is(const struct context *x, const char *word)
{
	return x->word_len == strlen(word) &&
	       memcmp(x->word, word, x->word_len) == 0;
}

void
context_init(struct context *x)
{
	memset(x, 0, sizeof(*x));
}

bool
context_equal(const struct context *a, const struct context *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* --- tags ------------------------------------------------------------------
 */

static void
begin_tag(struct context *x, bool closing)
{
	context_word_clear(x);
	x->html = HTML_TAG_NAME;
	x->element = ELEMENT_OTHER;
	x->closing = closing;
	x->seen = SEEN_NONE;
	x->script = LANG_JS;
	x->solidus = 0;
}

static void
end_tag_name(struct context *x)
{
	size_t i;

	for (i = 0; i < sizeof(elements) / sizeof(elements[0]); i++)
		if (context_word_is(x, elements[i].name))
			x->element = (unsigned char)elements[i].element;
	if (x->element != ELEMENT_SCRIPT || x->closing)
		x->script = LANG_PLAIN;
	context_word_clear(x);
	x->html = HTML_TAG;
}

static void
begin_raw(struct context *x, enum lang lang)
{
	x->html = HTML_RAW;
	code_begin(x, lang);
}

static const char *
end_tag(struct context *x)
{
	enum element element = (enum element)x->element;
	enum lang script = (enum lang)x->script;
	bool closing = x->closing;

	if (x->solidus && !closing && element != ELEMENT_OTHER &&
	    element != ELEMENT_META && element != ELEMENT_ANIMATE)
		return "an element of this kind needs an end tag";
	context_init(x);
	if (closing)
		return NULL;
	x->element = (unsigned char)element;
	switch (element) {
	case ELEMENT_SCRIPT:
		begin_raw(x, script);
		break;
	case ELEMENT_STYLE:
		begin_raw(x, LANG_CSS);
		break;
	case ELEMENT_TITLE:
	case ELEMENT_TEXTAREA:
		begin_raw(x, LANG_PLAIN);
		break;
	case ELEMENT_OPAQUE:
		begin_raw(x, LANG_OPAQUE);
		break;
	default:
		x->element = ELEMENT_OTHER;
	}
	return NULL;
}

static enum lang
attribute_lang(const struct context *x)
{
	const char *name = x->word, *colon;
	size_t len = x->word_len, i;

	colon = memchr(name, ':', len);
	if (len > 5 && memcmp(name, "xmlns", 5) == 0)
		return LANG_OPAQUE;
	if (colon != NULL) {
		len -= (size_t)(colon + 1 - name);
		name = colon + 1;
	}
	if (len >= 2 && name[0] == 'o' && name[1] == 'n')
		return LANG_JS;
	if (x->element == ELEMENT_ANIMATE)
		return LANG_OPAQUE;
	for (i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		if (len == strlen(attributes[i].name) &&
		    memcmp(name, attributes[i].name, len) == 0)
			return attributes[i].lang;
	return LANG_PLAIN;
}

/* The name before "=" is complete. */
static const char *
begin_value(struct context *x)
{
	enum lang lang = attribute_lang(x);

	if (x->element == ELEMENT_SCRIPT && context_word_is(x, "type")) {
		if (x->seen == SEEN_KIND)
			return "a second type";
		x->seen = SEEN_KIND;
		lang = LANG_TYPE;
	} else if (x->element == ELEMENT_META) {
		if (context_word_is(x, "http-equiv")) {
			if (x->seen == SEEN_VARIABLE)
				return "\"http-equiv\" in a <meta> with "
				       "variables";
			x->seen = SEEN_KIND;
		} else if (x->seen == SEEN_KIND) {
			lang = LANG_OPAQUE;
		}
	}
	context_word_clear(x);
	x->html = HTML_BEFORE_VALUE;
	code_begin(x, lang);
	return NULL;
}

static const char *
end_value(struct context *x)
{
	const char *wrong;

	if (x->entity_len > 0)
		return "a character reference without its \";\"";
	if ((wrong = code_end(x)) != NULL)
		return wrong;
	if (x->lang == LANG_TYPE) {
		if (x->word_len == 0 || context_word_is(x, "module") ||
		    context_word_is(x, "text/javascript") ||
		    context_word_is(x, "application/javascript"))
			x->script = LANG_JS;
		else if (context_word_is(x, "application/json") ||
			 context_word_is(x, "application/ld+json") ||
			 context_word_is(x, "importmap"))
			x->script = LANG_JSON;
		else
			x->script = LANG_OPAQUE;
	}
	code_begin(x, LANG_PLAIN);
	x->quote = 0;
	x->html = HTML_TAG;
	return NULL;
}

/* --- character references in values of other languages ---------------------
 */

static const struct {
	const char *name;
	char c;
} entities[] = {
    {"amp", '&'},  {"lt", '<'},	 {"gt", '>'},	 {"quot", '"'}, {"apos", '\''},
    {"#39", '\''}, {"#34", '"'}, {"#x27", '\''}, {"#x22", '"'}, {"#039", '\''},
};

static const char *
end_entity(struct context *x)
{
	size_t i;
	char c = '\0';

	for (i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
		if (strlen(entities[i].name) == x->entity_len &&
		    memcmp(entities[i].name, x->entity, x->entity_len) == 0)
			c = entities[i].c;
	memset(x->entity, 0, sizeof(x->entity));
	x->entity_len = 0;
	if (c == '\0')
		return "a character reference in a script or style: write the "
		       "character itself";
	return code_char(x, c);
}

/* A character of a value.  What browsers decode before scripts and styles see
 * it, we decode too; addresses see to it in context_code.c. */
static const char *
value_char(struct context *x, char c)
{
	if (x->lang != LANG_JS && x->lang != LANG_CSS)
		return code_char(x, c);
	if (x->entity_len > 0) {
		if (c == ';') {
			/* the first one is the "&" */
			memmove(x->entity, x->entity + 1, x->entity_len - 1u);
			x->entity_len--;
			return end_entity(x);
		}
		if (x->entity_len == CONTEXT_ENTITY)
			return "a \"&\" in a script or style: write \"&amp;\"";
		x->entity[x->entity_len++] = c;
		return NULL;
	}
	if (c == '&') {
		x->entity[x->entity_len++] = c;
		return NULL;
	}
	return code_char(x, c);
}

/* --- one character ---------------------------------------------------------
 */

static const char *
tag_char(struct context *x, char c)
{
	if (c == '>')
		return end_tag(x);
	if (c == '/' || is_space(c)) {
		x->solidus = c == '/';
		return NULL;
	}
	if (c == '=' || c == '"' || c == '\'' || c == '<')
		return "this cannot begin the name of an attribute";
	x->solidus = 0;
	context_word_clear(x);
	context_word_add(x, c);
	x->html = HTML_NAME;
	return NULL;
}

static const char *
name_char(struct context *x, char c)
{
	if (c == '=')
		return begin_value(x);
	if (is_space(c)) {
		x->html = HTML_AFTER_NAME;
		return NULL;
	}
	if (c == '>' || c == '/') {
		context_word_clear(x);
		x->html = HTML_TAG;
		return tag_char(x, c);
	}
	if (c == '"' || c == '\'' || c == '<')
		return "this cannot be part of the name of an attribute";
	if (x->html == HTML_AFTER_NAME)
		return tag_char(x, c);
	context_word_add(x, c);
	return NULL;
}

static const char *
unquoted_char(struct context *x, char c)
{
	const char *wrong;

	if (is_space(c) || c == '>') {
		if ((wrong = end_value(x)) != NULL)
			return wrong;
		return tag_char(x, c);
	}
	if (c == '"' || c == '\'' || c == '<' || c == '=' || c == '`')
		return "put the value of the attribute in quotes";
	return value_char(x, c);
}

static const char *
before_value_char(struct context *x, char c)
{
	if (is_space(c))
		return NULL;
	if (c == '>')
		return "an attribute without its value";
	if (c == '"' || c == '\'') {
		x->quote = (unsigned char)c;
		x->html = HTML_VALUE;
		return NULL;
	}
	x->html = HTML_UNQUOTED;
	return unquoted_char(x, c);
}

static const char *
less_char(struct context *x, char c)
{
	if (x->html == HTML_LESS && c == '/') {
		x->html = HTML_LESS_SOLIDUS;
	} else if (is_letter(c)) {
		begin_tag(x, x->html == HTML_LESS_SOLIDUS);
		context_word_add(x, c);
	} else if (x->html == HTML_LESS && c == '!') {
		x->html = HTML_MARKUP;
		x->dashes = 0;
	} else if (x->html == HTML_LESS_SOLIDUS || c == '?') {
		x->html = c == '>' ? HTML_TEXT : HTML_BOGUS;
	} else if (c != '<') {
		x->html = HTML_TEXT;
	}
	return NULL;
}

static const char *
markup_char(struct context *x, char c)
{
	if (c == '-') {
		if (++x->dashes == 2)
			x->html = HTML_COMMENT;
		return NULL;
	}
	if (x->dashes > 0 || c == '[')
		return "\"<!\" must begin a comment or a DOCTYPE";
	x->html = c == '>' ? HTML_TEXT : HTML_BOGUS;
	return NULL;
}

/* "-->" and "--!>" end it, and so does the ">" of "<!-->" and "<!--->". */
static const char *
comment_char(struct context *x, char c)
{
	if (c == '-') {
		if (x->dashes < 2)
			x->dashes++;
	} else if (c == '>' && x->dashes == 2) {
		x->dashes = 0;
		x->html = HTML_TEXT;
	} else if (c != '!' || x->dashes < 2) {
		x->dashes = 0;
	}
	return NULL;
}

static const char *
raw_chars(struct context *x, const char *text, size_t len)
{
	const char *wrong = NULL;
	size_t i;

	for (i = 0; i < len && wrong == NULL; i++)
		wrong = code_char(x, text[i]);
	return wrong;
}

/* The name of the element whose inside it is. */
static bool
ends_raw(const struct context *x)
{
	size_t i;

	for (i = 0; i < sizeof(elements) / sizeof(elements[0]); i++)
		if (elements[i].element == (enum element)x->element &&
		    strlen(elements[i].name) == x->entity_len &&
		    memcmp(elements[i].name, x->entity, x->entity_len) == 0)
			return true;
	return false;
}

/* In "</...": the name gathers in "entity", which has no other use here. */
static const char *
raw_end_char(struct context *x, char c)
{
	char seen[CONTEXT_ENTITY];
	size_t len = x->entity_len;
	const char *wrong;

	if (is_letter(c) && len < CONTEXT_ENTITY) {
		x->entity[x->entity_len++] =
		    c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
		return NULL;
	}
	if ((is_space(c) || c == '/' || c == '>') && ends_raw(x)) {
		if ((wrong = code_end(x)) != NULL)
			return wrong;
		context_init(x);
		begin_tag(x, true);
		x->script = LANG_PLAIN;
		x->html = HTML_TAG;
		return tag_char(x, c);
	}
	memcpy(seen, x->entity, len);
	memset(x->entity, 0, sizeof(x->entity));
	x->entity_len = 0;
	x->html = HTML_RAW;
	if ((wrong = raw_chars(x, "</", 2)) != NULL ||
	    (wrong = raw_chars(x, seen, len)) != NULL)
		return wrong;
	if (c != '<')
		return code_char(x, c);
	x->html = HTML_RAW_LESS;
	return NULL;
}

static const char *
raw_less_char(struct context *x, char c)
{
	const char *wrong;

	if (c == '/') {
		x->html = HTML_RAW_END;
		return NULL;
	}
	if (c == '!' && x->element == ELEMENT_SCRIPT)
		return "\"<!\" in a script changes where it ends";
	if ((wrong = code_char(x, '<')) != NULL)
		return wrong;
	if (c == '<')
		return NULL;
	x->html = HTML_RAW;
	return code_char(x, c);
}

static const char *
one_char(struct context *x, char c)
{
	switch ((enum html)x->html) {
	case HTML_TEXT:
		if (c == '<')
			x->html = HTML_LESS;
		return NULL;
	case HTML_LESS:
	case HTML_LESS_SOLIDUS:
		return less_char(x, c);
	case HTML_TAG_NAME:
		if (!is_space(c) && c != '/' && c != '>') {
			context_word_add(x, c);
			return NULL;
		}
		end_tag_name(x);
		return tag_char(x, c);
	case HTML_TAG:
		return tag_char(x, c);
	case HTML_NAME:
	case HTML_AFTER_NAME:
		return name_char(x, c);
	case HTML_BEFORE_VALUE:
		return before_value_char(x, c);
	case HTML_VALUE:
		return (unsigned char)c == x->quote ? end_value(x)
						    : value_char(x, c);
	case HTML_UNQUOTED:
		return unquoted_char(x, c);
	case HTML_VALUE_END:
		if (!is_space(c) && c != '>' && c != '/')
			return "put the value of the attribute in quotes";
		x->html = HTML_TAG;
		return tag_char(x, c);
	case HTML_MARKUP:
		return markup_char(x, c);
	case HTML_COMMENT:
		return comment_char(x, c);
	case HTML_BOGUS:
		if (c == '>')
			x->html = HTML_TEXT;
		return NULL;
	case HTML_RAW:
		if (c != '<')
			return code_char(x, c);
		x->html = HTML_RAW_LESS;
		return NULL;
	case HTML_RAW_LESS:
		return raw_less_char(x, c);
	case HTML_RAW_END:
		return raw_end_char(x, c);
	}
	return NULL;
}

const char *
context_text(struct context *x, const char *text, size_t len, size_t *at)
{
	const char *wrong;

	for (*at = 0; *at < len; (*at)++) {
		if (text[*at] == '\0')
			return "a NUL byte";
		if ((wrong = one_char(x, text[*at])) != NULL)
			return wrong;
	}
	return NULL;
}

/* --- markers ---------------------------------------------------------------
 */

/* What browsers would read on in, whatever stands here. */
const char *
context_settle(struct context *x)
{
	if (x->entity_len > 0)
		return x->html == HTML_RAW_END
			   ? "a marker within an end tag"
			   : "a marker within a character reference";
	switch ((enum html)x->html) {
	case HTML_LESS:
	case HTML_LESS_SOLIDUS:
	case HTML_TAG_NAME:
	case HTML_RAW_LESS:
	case HTML_RAW_END:
		return "a marker within the name of a tag, or right after "
		       "\"<\"";
	case HTML_NAME:
		return "a marker within the name of an attribute";
	case HTML_AFTER_NAME:
		context_word_clear(x);
		x->html = HTML_TAG;
		return NULL;
	case HTML_MARKUP:
		return "a marker after \"<!\"";
	case HTML_COMMENT:
		return x->dashes > 0 ? "a marker among the dashes of a comment"
				     : NULL;
	case HTML_VALUE_END:
	case HTML_UNQUOTED:
		return "put the value of the attribute in quotes";
	case HTML_VALUE:
	case HTML_RAW:
		return code_settle(x);
	default:
		return NULL;
	}
}

const char *
context_variable(struct context *x, enum escape *escape, bool *quote)
{
	const char *wrong = context_settle(x);

	*quote = false;
	*escape = ESCAPE_HTML;
	if (wrong != NULL)
		return wrong;
	switch ((enum html)x->html) {
	case HTML_TEXT:
		return NULL;
	case HTML_TAG:
		return "a variable as the name of an attribute";
	case HTML_COMMENT:
		return "a variable within a comment";
	case HTML_BEFORE_VALUE:
	case HTML_VALUE:
		if (x->element == ELEMENT_META && x->seen == SEEN_NONE)
			x->seen = SEEN_VARIABLE;
		if ((wrong = code_variable(x, escape)) != NULL)
			return wrong;
		if (x->html == HTML_VALUE)
			return NULL;
		if ((wrong = end_value(x)) != NULL)
			return wrong;
		*quote = true;
		x->html = HTML_VALUE_END;
		return NULL;
	case HTML_RAW:
		return code_variable(x, escape);
	default:
		return "a variable within \"<!...>\" or \"<?...>\"";
	}
}

const char *
context_enter(struct context *x)
{
	const char *wrong = context_settle(x);

	if (wrong == NULL && x->html == HTML_BEFORE_VALUE)
		return "put the value of the attribute in quotes";
	if (x->html == HTML_VALUE || x->html == HTML_RAW)
		code_enter(x);
	return wrong;
}

/* Attributes that a section adds are told from the next ones by a blank. */
static bool
finish_attribute(struct context *x)
{
	size_t at;

	if (x->html != HTML_NAME && x->html != HTML_UNQUOTED &&
	    x->html != HTML_VALUE_END)
		return false;
	return context_text(x, " ", 1, &at) == NULL;
}

const char *
context_leave(struct context *x, const struct context *before, bool *blank)
{
	const char *wrong;

	*blank = before->html == HTML_TAG && finish_attribute(x);
	if ((wrong = context_settle(x)) != NULL)
		return wrong;
	if (context_equal(x, before))
		return NULL;
	if (x->html == before->html && x->element == before->element &&
	    x->quote == before->quote && x->lang == before->lang &&
	    x->script == before->script && x->closing == before->closing) {
		if (x->html == HTML_VALUE || x->html == HTML_RAW)
			return code_join(x, before);
		if (x->html == HTML_TAG || x->html == HTML_COMMENT)
			return NULL;
	}
	return "does not end in the kind of text that it began in";
}

const char *
context_end(const struct context *x)
{
	switch ((enum html)x->html) {
	case HTML_TEXT:
		return NULL;
	case HTML_COMMENT:
		return "the page ends within a comment";
	case HTML_RAW:
	case HTML_RAW_LESS:
	case HTML_RAW_END:
		return "the page ends within a script, style, title or the "
		       "like";
	default:
		return "the page ends within a tag";
	}
}
