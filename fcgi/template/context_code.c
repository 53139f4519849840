/* context_code.c: addresses, JavaScript, JSON and CSS within HTML */
#include "template/context.h"

#include <string.h>

/* Of an address.  A context starts with the first of its language. */
enum url {
	URL_START,  /* "word" gathers what may be a scheme */
	URL_SCHEME, /* there a variable has been: it may still become one */
	URL_PATH,   /* behind the scheme, or there is none */
	URL_VALUE,  /* behind "?" or "#" */
	URL_EITHER, /* sections have left it in this or that */
	URL_OPAQUE, /* a scheme in which nothing can be escaped */
};

/* Of a script; JSON knows the first two. */
enum js {
	JS_CODE,
	JS_DOUBLE, /* a string in these quotes */
	JS_SINGLE,
	JS_TEMPLATE, /* a string in backticks */
	JS_SOLIDUS,  /* after "/" */
	JS_LINE,     /* a comment */
	JS_BLOCK,
	JS_REGEX,
	JS_CLASS, /* [...] in it */
};

enum slash {
	SLASH_REGEX,
	SLASH_DIVIDE,
	SLASH_EITHER,
};

enum css {
	CSS_CODE,
	CSS_DOUBLE,
	CSS_SINGLE,
	CSS_COMMENT,
	CSS_URL, /* url(... without quotes */
};

static bool
is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '$' || c == '.' ||
	       c == '#' || c == '\\' || (unsigned char)c >= 0x80;
}

void
code_begin(struct context *x, enum lang lang)
{
	context_word_clear(x);
	x->lang = (unsigned char)lang;
	x->state = 0;
	x->last = 0;
	x->slash = SLASH_REGEX;
}

/* --- addresses -------------------------------------------------------------
 */

static const char *
url_char(struct context *x, char c)
{
	if (x->state == URL_OPAQUE || x->state == URL_VALUE)
		return NULL;
	if (c == '?' || c == '#') {
		context_word_clear(x);
		x->state = URL_VALUE;
	} else if (x->state == URL_EITHER) {
		if (c == ':' || c == '&') /* which may stand for ":" */
			x->state = URL_OPAQUE;
	} else if (x->state == URL_PATH) {
		if (c == '&') /* it may stand for a "?" */
			x->state = URL_EITHER;
	} else if (c == '&') {
		context_word_clear(x);
		x->state = URL_OPAQUE;
	} else if (c == '/' || c == '\\') {
		context_word_clear(x);
		x->state = URL_PATH;
	} else if (c != ':') {
		if (x->state == URL_START && (unsigned char)c > ' ')
			context_word_add(x, c);
	} else if (x->state == URL_SCHEME) {
		return "the scheme of an address made of a variable";
	} else {
		x->state = context_word_is(x, "http") ||
				   context_word_is(x, "https") ||
				   context_word_is(x, "mailto") ||
				   context_word_is(x, "tel")
			       ? URL_PATH
			       : URL_OPAQUE;
		context_word_clear(x);
	}
	return NULL;
}

static const char *
url_variable(struct context *x, enum escape *escape)
{
	switch ((enum url)x->state) {
	case URL_START:
		x->state = URL_SCHEME;
		*escape = ESCAPE_URL;
		return NULL;
	case URL_SCHEME:
	case URL_PATH:
		*escape = ESCAPE_URL_PATH;
		return NULL;
	case URL_VALUE:
		*escape = ESCAPE_URL_VALUE;
		return NULL;
	case URL_EITHER:
	case URL_OPAQUE:
		break;
	}
	return "a variable in an address whose beginning leaves open what it "
	       "is: give the whole address to one variable";
}

/* --- JavaScript and JSON ---------------------------------------------------
 */

/* After these words a value begins, so "/" does not divide. */
static bool
is_operator_word(const struct context *x)
{
	static const char *const words[] = {
	    "return", "typeof", "case",	 "in",	"of",	 "do",	  "else",
	    "void",   "delete", "throw", "new", "await", "yield", "instanceof",
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (context_word_is(x, words[i]))
			return true;
	return false;
}

static void
end_word(struct context *x)
{
	if (x->word_len == 0)
		return;
	x->slash = is_operator_word(x) ? SLASH_REGEX : SLASH_DIVIDE;
	context_word_clear(x);
}

static const char *
js_code_char(struct context *x, char c)
{
	unsigned char last = x->last;

	x->last = (unsigned char)c;
	if (is_name(c)) {
		context_word_add(x, c);
		return NULL;
	}
	end_word(x);
	if (c == '!' && last == '<')
		return "\"<!\" in a script may begin a comment";
	switch (c) {
	case ' ':
	case '\t':
	case '\r':
	case '\n':
		break;
	case '"':
		x->state = JS_DOUBLE;
		break;
	case '\'':
		x->state = JS_SINGLE;
		break;
	case '`':
		x->state = JS_TEMPLATE;
		break;
	case '/':
		x->state = JS_SOLIDUS;
		break;
	case ']':
		x->slash = SLASH_DIVIDE;
		break;
	case ')': /* if (a) /b/ and (a) / b */
	case '}':
		x->slash = SLASH_EITHER;
		break;
	case '+': /* a++ / b and a + /b/ */
	case '-':
		x->slash =
		    last == (unsigned char)c ? SLASH_EITHER : SLASH_REGEX;
		break;
	default:
		x->slash = SLASH_REGEX;
	}
	if (x->state != JS_CODE)
		x->last = 0;
	return NULL;
}

/* A string, comment or regular expression is over. */
static const char *
back_to_code(struct context *x, enum slash slash)
{
	x->state = JS_CODE;
	x->last = 0;
	x->slash = (unsigned char)slash;
	return NULL;
}

static const char *
js_solidus_char(struct context *x, char c)
{
	if (c == '/' || c == '*') {
		x->state = c == '/' ? JS_LINE : JS_BLOCK;
		return NULL;
	}
	if (x->slash == SLASH_EITHER)
		return "a \"/\" that may divide or begin a regular expression";
	if (x->slash == SLASH_DIVIDE) {
		(void)back_to_code(x, SLASH_REGEX);
		return js_code_char(x, c);
	}
	x->state = c == '[' ? JS_CLASS : JS_REGEX;
	x->last = c == '\\' ? '\\' : 0;
	return NULL;
}

static const char *
js_string_char(struct context *x, char c, char quote)
{
	if (x->last == '\\') {
		x->last = 0;
		return NULL;
	}
	if (c == quote)
		return back_to_code(x, SLASH_DIVIDE);
	if (c == '\n' && quote != '`')
		return "a newline within a string";
	if (c == '{' && x->last == '$')
		return "\"${\" in a string";
	x->last = c == '\\' || c == '$' ? (unsigned char)c : 0;
	if (c == '$' && quote != '`')
		x->last = 0;
	return NULL;
}

static const char *
js_regex_char(struct context *x, char c)
{
	if (c == '\n')
		return "a newline within a regular expression";
	if (x->last == '\\') {
		x->last = 0;
		return NULL;
	}
	x->last = c == '\\' ? '\\' : 0;
	if (x->state == JS_REGEX && c == '/')
		return back_to_code(x, SLASH_DIVIDE);
	if (x->state == JS_REGEX && c == '[')
		x->state = JS_CLASS;
	else if (x->state == JS_CLASS && c == ']')
		x->state = JS_REGEX;
	return NULL;
}

static const char *
js_char(struct context *x, char c)
{
	switch ((enum js)x->state) {
	case JS_CODE:
		return js_code_char(x, c);
	case JS_DOUBLE:
		return js_string_char(x, c, '"');
	case JS_SINGLE:
		return js_string_char(x, c, '\'');
	case JS_TEMPLATE:
		return js_string_char(x, c, '`');
	case JS_SOLIDUS:
		return js_solidus_char(x, c);
	case JS_LINE:
		if (c == '\n' || c == '\r')
			(void)back_to_code(x, (enum slash)x->slash);
		return NULL;
	case JS_BLOCK:
		if (c == '/' && x->last == '*')
			return back_to_code(x, (enum slash)x->slash);
		x->last = (unsigned char)c;
		return NULL;
	case JS_REGEX:
	case JS_CLASS:
		return js_regex_char(x, c);
	}
	return NULL;
}

static const char *
json_char(struct context *x, char c)
{
	if (x->state == JS_DOUBLE)
		return js_string_char(x, c, '"');
	if (c == '"')
		x->state = JS_DOUBLE;
	else if (c == '\'' || c == '`')
		return "JSON has no such quotes";
	return NULL;
}

static const char *
js_variable(struct context *x, enum escape *escape, enum escape string)
{
	if (x->state == JS_CODE) {
		x->slash = SLASH_DIVIDE;
		x->last = 0;
		*escape = ESCAPE_NUMBER;
		return NULL;
	}
	*escape = string;
	if (x->state == JS_DOUBLE || x->state == JS_SINGLE)
		return NULL;
	return "a variable in a comment, regular expression or template of "
	       "JavaScript";
}

/* --- CSS -------------------------------------------------------------------
 */

static const char *
css_string_char(struct context *x, char c, char quote)
{
	if (x->last == '\\') {
		x->last = 0;
		return NULL;
	}
	if (c == '\n')
		return "a newline within a string";
	x->last = c == '\\' ? '\\' : 0;
	if (c == quote)
		x->state = CSS_CODE;
	return NULL;
}

static const char *
css_code_char(struct context *x, char c)
{
	unsigned char last = x->last;

	x->last = (unsigned char)c;
	if (c == '*' && last == '/') {
		x->state = CSS_COMMENT;
		x->last = 0;
	} else if (c == '(' && context_word_is(x, "url")) {
		x->state = CSS_URL;
	} else if (c == '"' || c == '\'') {
		x->state = c == '"' ? CSS_DOUBLE : CSS_SINGLE;
		x->last = 0;
	}
	if (x->state == CSS_CODE && is_name(c))
		context_word_add(x, c);
	else
		context_word_clear(x);
	return NULL;
}

static const char *
css_char(struct context *x, char c)
{
	switch ((enum css)x->state) {
	case CSS_CODE:
		return css_code_char(x, c);
	case CSS_DOUBLE:
		return css_string_char(x, c, '"');
	case CSS_SINGLE:
		return css_string_char(x, c, '\'');
	case CSS_COMMENT:
		if (c == '/' && x->last == '*')
			x->state = CSS_CODE;
		x->last = c == '*' ? '*' : 0;
		return NULL;
	case CSS_URL:
		if (x->last == '\\') {
			x->last = 0;
			return NULL;
		}
		x->last = c == '\\' ? '\\' : 0;
		if (c == ')')
			x->state = CSS_CODE;
		return NULL;
	}
	return NULL;
}

static const char *
css_variable(struct context *x, enum escape *escape)
{
	switch ((enum css)x->state) {
	case CSS_CODE:
		*escape = ESCAPE_CSS;
		return NULL;
	case CSS_DOUBLE:
	case CSS_SINGLE:
		*escape = ESCAPE_CSS_STRING;
		return NULL;
	default:
		return "a variable in a comment or an address of a style";
	}
}

/* --- any of them -----------------------------------------------------------
 */

const char *
code_char(struct context *x, char c)
{
	switch ((enum lang)x->lang) {
	case LANG_URL:
		return url_char(x, c);
	case LANG_JS:
		return js_char(x, c);
	case LANG_JSON:
		return json_char(x, c);
	case LANG_CSS:
		return css_char(x, c);
	case LANG_TYPE:
		context_word_add(x, c);
		return NULL;
	default:
		return NULL;
	}
}

/* The word before a marker is complete, since the marker may be anything. */
const char *
code_settle(struct context *x)
{
	bool js = x->lang == LANG_JS, css = x->lang == LANG_CSS;

	if (x->last == '\\')
		return "a marker after a backslash";
	if ((js && x->state == JS_SOLIDUS) ||
	    (css && x->state == CSS_CODE && x->last == '/'))
		return "a marker after a \"/\"";
	if ((js && x->state == JS_BLOCK && x->last == '*') ||
	    (css && x->state == CSS_COMMENT && x->last == '*') ||
	    (js && x->state == JS_TEMPLATE && x->last == '$'))
		return "a marker within a comment or template of a script";
	if (x->lang == LANG_URL && x->state == URL_START && x->word_len > 0)
		x->state = URL_SCHEME;
	if (js && x->state == JS_CODE) {
		end_word(x);
		if (x->last == '+' || x->last == '-')
			x->slash = SLASH_EITHER;
	}
	if (x->lang == LANG_TYPE)
		return "a marker in the type of a script";
	context_word_clear(x);
	x->last = 0;
	return NULL;
}

const char *
code_variable(struct context *x, enum escape *escape)
{
	switch ((enum lang)x->lang) {
	case LANG_URL:
		return url_variable(x, escape);
	case LANG_JS:
		return js_variable(x, escape, ESCAPE_JS);
	case LANG_JSON:
		return js_variable(x, escape, ESCAPE_JSON);
	case LANG_CSS:
		return css_variable(x, escape);
	case LANG_PLAIN:
		*escape = ESCAPE_HTML;
		return NULL;
	default:
		return "a variable where none can be escaped";
	}
}

/* A section may begin behind its own end. */
void
code_enter(struct context *x)
{
	if (x->lang == LANG_JS && x->state == JS_CODE)
		x->slash = SLASH_EITHER;
}

/* Both contexts are settled and the same but for what is in here. */
const char *
code_join(struct context *x, const struct context *before)
{
	struct context both = *before;

	if (x->lang == LANG_URL) {
		/* An address is opaque if it may be. */
		both.state = x->state == URL_OPAQUE || both.state == URL_OPAQUE
				 ? URL_OPAQUE
				 : URL_EITHER;
		x->state = both.state;
	} else if (x->lang == LANG_JS && x->state == JS_CODE) {
		both.slash = SLASH_EITHER;
		x->slash = SLASH_EITHER;
	}
	return context_equal(x, &both)
		   ? NULL
		   : "does not end in the kind of text that it began in";
}

const char *
code_end(const struct context *x)
{
	bool script = x->lang == LANG_JS || x->lang == LANG_JSON;

	if (script && x->state != JS_CODE && x->state != JS_LINE)
		return "a script ends within a string or comment";
	if (x->lang == LANG_CSS && x->state != CSS_CODE)
		return "a style ends within a string or comment";
	return NULL;
}
