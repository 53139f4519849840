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
	assert_int_equal(template_set_modifier(t->set, "x-shout", shout),
			 GB_OK);
}

static void
test_language(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
	    {"", ""},
	    {"text\nand more", "text\nand more"},
	    {"{{A}}", "a"},
	    {"x{{A}}{{EMPTY}}{{NOTHING}}y", "xay"},
	    {"{{N}} {{F}} {{B1}} {{_KEY}}",
	     "-42 f-7 &lt;b&gt; text &amp; more"},
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
	    {"{{#ROW}}{{I}}{{#ROW_separator}}, {{/ROW_separator}}{{/ROW}}",
	     "1, 2, 3"},
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
	    {"a\n  {{#ROW}}{{>inc.html}}{{/ROW}}\nb",
	     "a\n[a1]\n[two2]\n[a3]\nb"},
	    {"a\n{{=<% %>=}}\n<%A%>\n", "a\na\n"},
	    {"a\n  {{A}}\n{{EMPTY}}\nb", "a\n  a\n\nb"},
	    {"a\n  {{BI_SPACE}}  \nb", "a\n     \nb"},
	    {"  {{#ON}} x\n  {{/ON}}", "   x\n"},
	    {"{{#ON}}\n{{/ON}}", ""},
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
	struct dict *d = make_data();
	struct template_files t;
	size_t i;

	(void)state;
	begin(&t, TEMPLATE_STRICT | TEMPLATE_FRESH);
	for (i = 0; i < GB_COUNT(cases); i++) {
		template_files_put(&t, "page.html", cases[i].text);
		if (template_files_render(&t, "page.html", d) != GB_OK)
			fail_msg("%s: %s", cases[i].text, t.err.text);
		CHECK_STR(cases[i].text, buf_str(&t.out), cases[i].want);
	}
	template_files_release(&t);
	dict_free(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_language),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
