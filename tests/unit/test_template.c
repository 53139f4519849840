/* test_template.c: the language of templates, and what is wrong in it */
#include "unit.h"

#include <pthread.h>
#include <stdlib.h>

#include "template_files.h"

/* What every page here is made of. */
static struct dict *
make_data(void)
{
	struct dict *d = dict_new(), *row, *inner;
	int i;

	dict_set(d, "A", "a");
	dict_set(d, "B1", "<b>");
	dict_set(d, "EMPTY", "");
	dict_set(d, "NOTHING", NULL);
	dict_set(d, "_KEY", "text & more");
	dict_set_int(d, "N", -42);
	dict_setf(d, "F", "%s-%d", "f", 7);
	dict_show(d, "ON");
	dict_show_if(d, "YES", true);
	dict_show_if(d, "NO", false);
	for (i = 1; i <= 3; i++) {
		row = dict_add(d, "ROW");
		dict_set_int(row, "I", i);
		if (i == 2)
			dict_set(row, "A", "two");
		if (i == 3)
			dict_show(row, "LAST");
		inner = dict_add(row, "CELL");
		dict_setf(inner, "C", "c%d", i);
	}
	row = dict_include(d, "INC", "inc.html");
	dict_set(row, "I", "nine");
	row = dict_include(d, "INC", "inc.html");
	dict_set(row, "I", "ten");
	dict_include(d, "GONE", "gone.html");
	dict_include(d, "OUTSIDE", "../inc.html");
	dict_include(d, "SELF", "self.html");
	return d;
}

static void
shout(const char *value, size_t len, const char *arg, struct buf *out)
{
	buf_add(out, value, len);
	buf_puts(out, arg[0] == '\0' ? "!" : arg);
}

static const char inc[] = "[{{A}}{{I}}]\n";

static void
begin(struct template_files *t, unsigned flags)
{
	template_files_init(t, flags);
	template_files_put(t, "inc.html", inc);
	template_files_put(t, "self.html", "{{>SELF}}");
	template_files_put(t, "bad.html", "\n <{{A}}>");
	template_files_put(t, "open.html", "<b ");
	template_files_put(t, "quote.html", "\"");
	template_files_put(t, "value.html", "a=\"b");
	assert_int_equal(template_set_modifier(t->set, "x-shout", shout),
			 GB_OK);
}

static const struct {
	const char *text, *want;
} pages[] = {
    {"", ""},
    {"text\nand more", "text\nand more"},
    {"{{A}}", "a"},
    {"x{{A}}{{EMPTY}}{{NOTHING}}y", "xay"},
    {"{{N}} {{F}} {{B1}} {{_KEY}}", "-42 f-7 &lt;b&gt; text &amp; more"},
    {"a }} b { { c", "a }} b { { c"},
    /* sections */
    {"{{#ON}}on{{/ON}}{{#YES}}yes{{/YES}}", "onyes"},
    {"{{#OFF}}off{{/OFF}}{{#NO}}no{{/NO}}.", "."},
    {"{{#ROW}}{{I}}{{/ROW}}", "123"},
    {"{{#ROW}}{{I}}{{A}} {{/ROW}}", "1a 2two 3a "},
    {"{{#ROW}}{{#CELL}}{{C}}{{I}}{{/CELL}}{{/ROW}}", "c11c22c33"},
    {"{{#ROW}}{{I}}{{#LAST}}!{{/LAST}}{{/ROW}}", "123!"},
    /* ... of the outer dictionary, with what is known here */
    {"{{#ROW}}{{#ON}}{{I}}{{/ON}}{{/ROW}}", "123"},
    /* ... of an inner one are not known outside */
    {"{{#CELL}}no{{/CELL}}.", "."},
    {"{{#ROW}}{{I}}{{#ROW_separator}}, {{/ROW_separator}}{{/ROW}}", "1, 2, 3"},
    {"{{#ROW}}{{#ROW_separator}}{{I}}{{/ROW_separator}}{{/ROW}}", "12"},
    {"{{#ON}}{{#ON_separator}}no{{/ON_separator}}{{/ON}}.", "."},
    {"{{#ROW_separator}}no{{/ROW_separator}}.", "."},
    /* includes */
    {"{{>INC}}", "[anine]\n[aten]\n"},
    {"{{>NONE}}.", "."},
    {"{{#ROW}}{{>inc.html}}{{/ROW}}", "[a1]\n[two2]\n[a3]\n"},
    /* comments and delimiters */
    {"a{{! {{#B}}b", "ab"},
    {"a{{!\n}}b", "ab"},
    {"{{=<% %>=}}<%A%>{{A}}<%={{ }}=%>{{A}}", "a{{A}}a"},
    {"{{=| |=}}|A||A|", "aa"},
    {"{{BI_SPACE}}{{BI_NEWLINE}}", " \n"},
    /* lines that vanish */
    {"a\n  {{#ON}}  \nb\n{{/ON}}\nc\n", "a\nb\nc\n"},
    {"a\r\n{{#ON}}\r\nb\r\n{{/ON}}\r\nc", "a\r\nb\r\nc"},
    {"a\n{{#ON}}{{#ROW}}\n{{I}}\n{{/ROW}}{{/ON}}\nb", "a\n1\n2\n3\nb"},
    {"a\n\n \t\nb", "a\nb"},
    {"a\n {{! more\n lines }} \nb", "a\nb"},
    {"a\n  {{#ROW}}{{>inc.html}}{{/ROW}}\nb", "a\n[a1]\n[two2]\n[a3]\nb"},
    {"a\n{{=<% %>=}}\n<%A%>\n", "a\na\n"},
    {"a\n  {{A}}\n{{EMPTY}}\nb", "a\n  a\n\nb"},
    {"a\n  {{BI_SPACE}}  \nb", "a\n     \nb"},
    {"  {{#ON}} x\n  {{/ON}}", "   x\n"},
    {"{{#ON}}\n{{/ON}}", ""},
    /* what pages are made of */
    {"<a href=\"x\"{{#ON}} aria-current=\"page\"{{/ON}}>{{A}}</a>",
     "<a href=\"x\" aria-current=\"page\">a</a>"},
    {"<tr class=\"a{{#ON}} b{{/ON}}{{#OFF}} c{{/OFF}}\">",
     "<tr class=\"a b\">"},
    {"<option value={{N}} {{#ON}}selected{{/ON}}{{#OFF}}hidden{{/OFF}}>",
     "<option value=\"-42\" selected >"},
    {"<link href=\"{{A}}/static/app.{{F}}.css?v={{N}}&amp;b={{B1}}\">",
     "<link href=\"a/static/app.f-7.css?v=-42&amp;b=%3Cb%3E\">"},
    {"<svg><title>{{B1}}</title><path d=\"M{{N}},{{N}} L1 2\"/>"
     "<use href=\"{{A}}/i.svg#{{F}}\"/></svg>",
     "<svg><title>&lt;b&gt;</title><path d=\"M-42,-42 L1 2\"/>"
     "<use href=\"a/i.svg#f-7\"/></svg>"},
    {"<b\n  {{#ON}}\n  hidden\n  {{/ON}}\n  {{#OFF}}id={{A}}{{/OFF}}>",
     "<b\n  hidden\n  >"},
    /* modifiers */
    {"{{B1:h}}{{B1:html_escape}}", "&lt;b&gt;&lt;b&gt;"},
    {"{{B1:none}}", "<b>"},
    {"{{B1:u}}", "%3Cb%3E"},
    {"{{B1:j}}", "\\x3Cb\\x3E"},
    {"{{B1:o}}", "\\u003Cb\\u003E"},
    {"{{B1:c}}", "b"},
    {"{{B1:u:h}}", "%3Cb%3E"},
    {"{{B1:h:none}}", "&lt;b&gt;"},
    {"{{A:x-shout}}{{A:x-shout=<>}}{{A:x-shout=?:x-shout:u}}",
     "a!a&lt;&gt;a%3F%21"},
    {"{{B1:x-shout:none}}", "<b>!"},
};

static void
test_language(void **state)
{
	struct dict *d = make_data();
	struct template_files t;
	size_t i;

	(void)state;
	begin(&t, TEMPLATE_STRICT | TEMPLATE_FRESH);
	for (i = 0; i < GB_COUNT(pages); i++) {
		template_files_put(&t, "page.html", pages[i].text);
		if (template_files_render(&t, "page.html", d) != GB_OK)
			fail_msg("%s: %s", pages[i].text, t.err.text);
		CHECK_STR(pages[i].text, buf_str(&t.out), pages[i].want);
	}
	template_files_release(&t);
	dict_free(d);
}

static const struct {
	const char *text, *want;
	enum gb_err rc;
} mistakes[] = {
    {"a\n{{A", "page.html:2:1: \"{{\" without its \"}}\"", GB_EINVAL},
    {"ä {{ A }}", "page.html:1:3: this is no name of a variable", GB_EINVAL},
    {"{{}}", "page.html:1:1: this is no name of a variable", GB_EINVAL},
    {"{{A-B}}", "page.html:1:1: this is no name of a variable", GB_EINVAL},
    {"{{%AUTOESCAPE}}", "page.html:1:1: this is no name of a variable",
     GB_EINVAL},
    {"{{# A}}", "page.html:1:1: this is no name of a section", GB_EINVAL},
    {"\n\n  {{#ON}}\n{{#NO}}{{/NO}}", "page.html:3:3: {{#ON}} without its end",
     GB_EINVAL},
    {"{{/ON}}", "page.html:1:1: {{/ON}} without its {{#ON}}", GB_EINVAL},
    {"{{#ON}}{{#NO}}{{/ON}}", "page.html:1:15: {{/ON}} where {{/NO}} must be",
     GB_EINVAL},
    {"{{=<%%>=}}", "page.html:1:1: delimiters must look like {{=<% %>=}}",
     GB_EINVAL},
    {"{{==}}", "page.html:1:1: delimiters must look like {{=<% %>=}}",
     GB_EINVAL},
    {"{{= %>=}}", "page.html:1:1: delimiters must look like {{=<% %>=}}",
     GB_EINVAL},
    {"{{=<%=%>=}}", "page.html:1:1: delimiters must look like {{=<% %>=}}",
     GB_EINVAL},
    {"{{=123456789 %>=}}",
     "page.html:1:1: delimiters must look like {{=<% %>=}}", GB_EINVAL},
    {"{{A:q}}", "page.html:1:1: there is no modifier \":q\"", GB_EINVAL},
    {"{{A:}}", "page.html:1:1: there is no modifier \":\"", GB_EINVAL},
    {"{{A:h=x}}", "page.html:1:1: there is no modifier \":h=x\"", GB_EINVAL},
    {"{{A:x-other}}", "page.html:1:1: there is no modifier \":x-other\"",
     GB_EINVAL},
    {"{{A:none:h}}", "page.html:1:1: \":none\" must be the last modifier",
     GB_EINVAL},
    {"{{A:h:h:h:h:h:h}}", "page.html:1:1: more than 5 modifiers", GB_EINVAL},
    {"{{>../inc.html}}", "page.html:1:1: this is no name of a file", GB_EINVAL},
    {"{{>/etc/x.html}}", "page.html:1:1: this is no name of a file", GB_EINVAL},
    {"{{>.hidden}}", "page.html:1:1: this is no name of a file", GB_EINVAL},
    {"{{>a//b.html}}", "page.html:1:1: this is no name of a file", GB_EINVAL},
    {"{{>}}", "page.html:1:1: this is no name of a file", GB_EINVAL},
    {"{{>bad.html}}",
     "bad.html:2:3: a marker within the name of a tag, or right after "
     "\"<\"",
     GB_EINVAL},
    {"{{>open.html}}", "open.html:1:4: the page ends within a tag", GB_EINVAL},
    {"<b {{>quote.html}}>",
     "quote.html:1:1: this cannot begin the name of an attribute", GB_EINVAL},
    {"<b {{>value.html}}>",
     "value.html:1:5: an included file must leave the page as it was",
     GB_EINVAL},
    {"{{>none.html}}", "none.html: No such file or directory", GB_ENOTFOUND},
    {"{{>GONE}}", "gone.html: No such file or directory", GB_ENOTFOUND},
    {"{{>OUTSIDE}}", "template: this is no name of a file", GB_ENOTFOUND},
    {"{{>SELF}}", "self.html:1:1: more than 16 files included in each other",
     GB_ETOOBIG},
    {"{{#ROW}}\n {{I}}{{MISSING}}{{/ROW}}",
     "page.html:2:7: MISSING has no value", GB_EINVAL},
    {"{{C}}", "page.html:1:1: C has no value", GB_EINVAL},
};

static void
test_mistakes(void **state)
{
	struct dict *d = make_data();
	struct template_files t;
	size_t i;

	(void)state;
	begin(&t, TEMPLATE_STRICT | TEMPLATE_FRESH);
	for (i = 0; i < GB_COUNT(mistakes); i++) {
		template_files_put(&t, "page.html", mistakes[i].text);
		CHECK_INT(mistakes[i].text,
			  template_files_render(&t, "page.html", d),
			  mistakes[i].rc);
		CHECK_STR(mistakes[i].text, t.err.text, mistakes[i].want);
		CHECK_INT(mistakes[i].text, t.out.len, 0);
	}
	CHECK_INT("no file", template_files_render(&t, "other.html", d),
		  GB_ENOTFOUND);
	CHECK_INT("outside", template_files_render(&t, "../x/page.html", d),
		  GB_ENOTFOUND);
	CHECK_INT("the folder", template_files_render(&t, "a/..", d),
		  GB_ENOTFOUND);
	template_files_release(&t);
	dict_free(d);
}

/* What is missing is empty in production, and told once a place. */
static void
test_missing(void **state)
{
	struct dict *d = make_data();
	struct template_files t;
	int i;

	(void)state;
	begin(&t, TEMPLATE_FRESH);
	template_files_put(
	    &t, "page.html",
	    "{{#ROW}}{{I}}{{GONE}}{{/ROW}}\n{{TOO}}<a href={{TOO}}>");
	for (i = 0; i < 3; i++) {
		CHECK_INT("rc", template_files_render(&t, "page.html", d),
			  GB_OK);
		CHECK_STR("page", buf_str(&t.out), "123\n<a href=\"\">");
		CHECK_INT("reports", t.reports, 3);
	}
	CHECK_STR("told", t.told, "page.html:2:16: TOO has no value");
	template_files_release(&t);
	dict_free(d);
}

static void
check_page(struct template_files *t, const struct dict *d, const char *want)
{
	CHECK_INT(want, template_files_render(t, "page.html", d), GB_OK);
	CHECK_STR(want, buf_str(&t->out), want);
}

static void
test_changes(void **state)
{
	struct dict *d = make_data();
	struct template_files t;

	(void)state;
	begin(&t, TEMPLATE_FRESH);
	dict_set(d, "I", "i");
	template_files_put(&t, "page.html", "1{{>inc.html}}{{I}}");
	check_page(&t, d, "1[ai]\ni");
	template_files_put(&t, "page.html", "2{{>inc.html}}");
	template_files_put(&t, "inc.html", "({{A}})");
	check_page(&t, d, "2(a)");
	/* worse: the last good one, told once */
	template_files_put(&t, "inc.html", "({{A}}<{{A}})");
	check_page(&t, d, "2(a)");
	check_page(&t, d, "2(a)");
	CHECK_INT("worse", t.reports, 1);
	CHECK_STR("worse", t.told,
		  "inc.html:1:8: a marker within the name of a tag, or right "
		  "after \"<\"");
	template_files_put(&t, "inc.html", NULL);
	check_page(&t, d, "2(a)");
	check_page(&t, d, "2(a)");
	CHECK_INT("gone", t.reports, 2);
	template_files_put(&t, "inc.html", "better");
	check_page(&t, d, "2better");
	CHECK_INT("better", t.reports, 2);
	template_files_release(&t);
	dict_free(d);
}

static void
test_changes_strict(void **state)
{
	struct dict *d = make_data();
	struct template_files t;

	(void)state;
	/* it is an error, as often as it is used */
	begin(&t, TEMPLATE_STRICT | TEMPLATE_FRESH);
	template_files_put(&t, "page.html", "1");
	check_page(&t, d, "1");
	template_files_put(&t, "page.html", "{{1");
	CHECK_INT("strict", template_files_render(&t, "page.html", d),
		  GB_EINVAL);
	CHECK_INT("strict", template_files_render(&t, "page.html", d),
		  GB_EINVAL);
	template_files_put(&t, "page.html", "2");
	check_page(&t, d, "2");
	CHECK_INT("strict", t.reports, 0);
	template_files_release(&t);

	/* without FRESH nobody looks again so soon */
	begin(&t, 0);
	template_files_put(&t, "page.html", "1");
	check_page(&t, d, "1");
	template_files_put(&t, "page.html", "2");
	check_page(&t, d, "1");
	template_files_release(&t);
	dict_free(d);
}

/* The texts of a language outside of a page's own data. */
static void
test_outer(void **state)
{
	struct dict *words = dict_new(), *d = dict_new();
	struct template_files t;

	(void)state;
	begin(&t, TEMPLATE_STRICT | TEMPLATE_FRESH);
	dict_set(words, "_HELLO", "Hello & welcome");
	dict_set(words, "NAME", "nobody");
	dict_set_outer(d, words);
	dict_set(dict_add(d, "S"), "NAME", "somebody");
	template_files_put(&t, "page.html",
			   "{{NAME}} {{#S}}{{_HELLO}} {{NAME}}{{/S}}");
	check_page(&t, d, "nobody Hello &amp; welcome somebody");
	template_files_release(&t);
	dict_free(d);
	dict_free(words);
}

/* A tree that is too large says so at the end, and so does a page. */
static void
test_limits(void **state)
{
	static char large[TEMPLATE_FILE_MAX + 2];
	struct dict *d = dict_new(), *none = NULL;
	struct template_files t;
	int i;

	(void)state;
	begin(&t, TEMPLATE_STRICT | TEMPLATE_FRESH);
	memset(large, '"', sizeof(large) - 1);
	template_files_put(&t, "page.html", "{{X}}");
	CHECK_INT("no tree", template_files_render(&t, "page.html", none),
		  GB_ENOMEM);
	dict_set(dict_add(none, "A"), "B", "c");
	dict_show(dict_include(none, "A", "b"), "C");
	dict_setf(none, "A", "b");
	dict_set(d, "X", large);
	CHECK_INT("page", template_files_render(&t, "page.html", d),
		  GB_ETOOBIG);
	CHECK_STR("page", t.err.text, "page.html: too large");
	for (i = 0; i < 32; i++)
		dict_set(dict_add(d, "R"), "X", large);
	CHECK_INT("tree", dict_error(d), GB_ETOOBIG);
	dict_set(d, "X", "small");
	CHECK_INT("tree", template_files_render(&t, "page.html", d),
		  GB_ETOOBIG);
	dict_free(d);

	d = make_data();
	template_files_put(&t, "large.html", large);
	CHECK_INT("file", template_files_render(&t, "large.html", d),
		  GB_ETOOBIG);
	CHECK_STR("file", t.err.text, "large.html: is larger than a MiB");
	template_files_release(&t);
	dict_free(d);
}

/* As many names as a page can have, each found. */
static void
test_many_names(void **state)
{
	struct dict *d = dict_new();
	struct dict_name name;
	char text[32], want[32];
	size_t len, i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		(void)snprintf(text, sizeof(text), "NAME_%zu", i);
		dict_setf(d, text, "%zu", i);
	}
	CHECK_INT("tree", dict_error(d), GB_OK);
	for (i = 0; i < 20000; i++) {
		(void)snprintf(text, sizeof(text), "NAME_%zu", i);
		(void)snprintf(want, sizeof(want), "%zu", i);
		name = dict_name_of(text, strlen(text));
		CHECK_STR(text, dict_value(d, &name, &len), want);
	}
	name = dict_name_of("NAME_20000", 10);
	CHECK("missing", dict_value(d, &name, &len) == NULL);
	dict_free(d);
}

#define THREADS 4
#define PAGES	200

static void *
render_many(void *context)
{
	struct template_files *t = context;
	struct dict *d = make_data();
	struct buf out;
	size_t wrong = 0;
	int i;

	buf_init(&out, TEMPLATE_FILES_OUT);
	for (i = 0; i < PAGES; i++) {
		buf_reset(&out);
		if (template_render(t->set, "page.html", d, &out, NULL) !=
			GB_OK ||
		    (strcmp(buf_str(&out), "123old") != 0 &&
		     strcmp(buf_str(&out), "123new") != 0))
			wrong++;
	}
	buf_release(&out);
	dict_free(d);
	return wrong == 0 ? NULL : context;
}

/* Threads share a set while its files change. */
static void
test_threads(void **state)
{
	pthread_t threads[THREADS];
	struct template_files t;
	void *wrong;
	int i;

	(void)state;
	begin(&t, TEMPLATE_FRESH);
	template_files_put(&t, "page.html",
			   "{{#ROW}}{{I}}{{GONE}}{{/ROW}}{{>end.html}}");
	template_files_put(&t, "end.html", "old");
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, render_many,
						&t),
				 0);
	for (i = 0; i < PAGES; i++)
		template_files_put(&t, "end.html", i % 2 ? "old" : "new");
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
	CHECK_INT("told", t.reports, 1);
	template_files_release(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_language),
	    cmocka_unit_test(test_mistakes),
	    cmocka_unit_test(test_missing),
	    cmocka_unit_test(test_changes),
	    cmocka_unit_test(test_changes_strict),
	    cmocka_unit_test(test_outer),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_many_names),
	    cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
