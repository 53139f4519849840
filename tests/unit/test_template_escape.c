/* test_template_escape.c: what an attacker writes stays what it is, wherever a
 * template puts it, and templates in which it would not are refused */
#include "unit.h"

#include "template_files.h"

static void
twice(const char *value, size_t len, const char *arg, struct buf *out)
{
	(void)arg;
	buf_add(out, value, len);
	buf_add(out, value, len);
}

static const struct {
	const char *page, *value, *want;
} attacks[] = {
    /* text */
    {"<p>{{X}}</p>", "<script>alert(1)</script>",
     "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"},
    {"<p>{{X}}</p>", "\"'&amp;`", "<p>&quot;&#39;&amp;amp;&#96;</p>"},
    {"<p>{{X}}</p>", "<!-- -->", "<p>&lt;!-- --&gt;</p>"},
    {"<p>{{X}}", "line\nline\ttab", "<p>line\nline\ttab"},
    {"<p>{{X:h}}", "line\nline\ttab", "<p>line line tab"},
    {"<p>{{X}}", "{{X}}{{#S}}", "<p>{{X}}{{#S}}"},
    {"1 < 2 {{X}}", "<b", "1 < 2 &lt;b"},
    {"<<b>{{X}}</b>", "<", "<<b>&lt;</b>"},
    {"<!DOCTYPE html>{{X}}", "<", "<!DOCTYPE html>&lt;"},
    {"<!-- <a href=' -->{{X}}", "javascript:1",
     "<!-- <a href=' -->"
     "javascript:1"},
    {"<!-->{{X}}<!--->{{X}}<!----!>{{X}}", "<",
     "<!-->&lt;<!--->&lt;<!----!>&lt;"},
    {"<?php ' ?>{{X}}</ a'>{{X}}", "<", "<?php ' ?>&lt;</ a'>&lt;"},
    {"<noscript>{{X}}</noscript>", "</noscript><b>",
     "<noscript>&lt;/noscript&gt;&lt;b&gt;</noscript>"},
    {"<svg><title>{{X}}</title></svg>", "</title><script>",
     "<svg><title>&lt;/title&gt;&lt;script&gt;</title></svg>"},
    {"<title><a href='</title>{{X}}", "<",
     "<title><a href='</title>"
     "&lt;"},
    {"<textarea>{{X}}</textarea>", "</textarea><script>",
     "<textarea>&lt;/textarea&gt;&lt;script&gt;</textarea>"},
    {"<TEXTAREA>{{X}}</TextArea >{{X}}", "<", "<TEXTAREA>&lt;</TextArea >&lt;"},
    {"<p>{{X:none}}", "<b>", "<p><b>"},
    {"<p>{{X:u}}", "<b>", "<p>%3Cb%3E"},
    {"<p>{{X:h:h}}", "<", "<p>&amp;lt;"},
    {"<p>{{X:x-twice}}", "<", "<p>&lt;&lt;"},
    {"<p>{{X:h:x-twice}}", "<", "<p>&amp;lt;&amp;lt;"},
    /* attributes */
    {"<a title=\"{{X}}\">", "\" onclick=\"alert(1)",
     "<a title=\"&quot; onclick=&quot;alert(1)\">"},
    {"<a title='{{X}}'>", "' onclick='alert(1)",
     "<a title='&#39; onclick=&#39;alert(1)'>"},
    {"<a title={{X}}>", "x onclick=alert(1)",
     "<a title=\"x onclick=alert(1)\">"},
    {"<a title={{X}}>", "\"><script>",
     "<a title=\"&quot;&gt;&lt;script&gt;\">"},
    {"<a title= {{X}} id=b>", "", "<a title= \"\" id=b>"},
    {"<a title={{X}}/>", "a", "<a title=\"a\"/>"},
    {"<a title=\"{{X:none}}\">", "a\"b", "<a title=\"a\"b\">"},
    {"<a title=\"{{X:j}}\">", "\"<", "<a title=\"\\x22\\x3C\">"},
    {"<a title=\"a>b\" class=\"{{X}}\">", "\">",
     "<a title=\"a>b\" class=\"&quot;&gt;\">"},
    {"<a data-url=\"{{X}}\">", "javascript:\"",
     "<a data-url=\"javascript:&quot;\">"},
    {"<a {{#S}}hidden{{/S}}title=\"{{X}}\">", "\"",
     "<a hidden title=\"&quot;\">"},
    {"<a {{#S}}on{{/S}}click=\"f('{{X}}')\">", "'",
     "<a on click=\"f('&#39;')\">"},
    {"<a {{#S}}href={{X}}{{/S}}title={{X}}>",
     "javascript:", "<a href=\"#\" title=\"javascript:\">"},
    {"<a {{#S}}class=b{{/S}}title={{X}}>", "a", "<a class=b title=\"a\">"},
    {"<meta name=\"csrf\" content=\"{{X}}\">", "\"",
     "<meta name=\"csrf\" content=\"&quot;\">"},
    /* addresses: at the beginning */
    {"<a href=\"{{X}}\">", "javascript:alert(1)", "<a href=\"#\">"},
    {"<a href=\"{{X}}\">", "JaVaScRiPt:alert(1)", "<a href=\"#\">"},
    {"<a href=\"{{X}}\">", " javascript:alert(1)", "<a href=\"#\">"},
    {"<a href=\"{{X}}\">", "java\nscript:alert(1)", "<a href=\"#\">"},
    {"<a href=\"{{X}}\">", "\x01javascript:alert(1)", "<a href=\"#\">"},
    {"<a href=\"{{X}}\">", "data:text/html,<script>", "<a href=\"#\">"},
    {"<a href=\"{{X}}\">", "vbscript:x", "<a href=\"#\">"},
    {"<a href=\"{{X}}\">", "java&#115;cript:x",
     "<a href=\"java&amp;#115;cript:x\">"},
    {"<a href=\"{{X}}\">", "javascript%3Ax", "<a href=\"javascript%3Ax\">"},
    {"<a href=\"{{X}}\">", "https://a.b/c?d=e&f=\"%20%\xc3\xa4#g",
     "<a href=\"https://a.b/c?d=e&amp;f=%22%20%25%C3%A4#g\">"},
    {"<a href=\"{{X}}\">", "mailto:a@b.c", "<a href=\"mailto:a@b.c\">"},
    {"<a href=\"{{X}}\">", "?a=b:c", "<a href=\"?a=b:c\">"},
    {"<a href=\"{{X}}\">", "../a/b", "<a href=\"../a/b\">"},
    {"<a href=\"{{X}}\">", "\\\\evil.example",
     "<a href=\"%5C%5Cevil.example\">"},
    {"<a href={{X}}>", "a b' onclick=c", "<a href=\"a%20b%27%20onclick=c\">"},
    {"<a href='{{X}}'>", "a'b", "<a href='a%27b'>"},
    {"<A HREF=\"{{X}}\">", "javascript:1", "<A HREF=\"#\">"},
    {"<use xlink:href=\"{{X}}\"/>", "javascript:1", "<use xlink:href=\"#\"/>"},
    {"<form action=\"{{X}}\">", "javascript:1", "<form action=\"#\">"},
    {"<button formaction=\"{{X}}\">", "javascript:1",
     "<button formaction=\"#\">"},
    {"<img src=\"{{X}}\">", "javascript:1", "<img src=\"#\">"},
    {"<object data=\"{{X}}\">", "javascript:1", "<object data=\"#\">"},
    {"<a href=\"{{X:none}}\">", "javascript:1", "<a href=\"javascript:1\">"},
    {"<a href=\"{{X:h}}\">", "javascript:1", "<a href=\"#\">"},
    /* ... the path */
    {"<a href=\"/{{X}}\">", "/evil.example", "<a href=\"/%2Fevil.example\">"},
    {"<a href=\"/keys/{{X}}/edit\">", "a?b#c/d&e",
     "<a href=\"/keys/a%3Fb%23c/d%26e/edit\">"},
    {"<a href=\"{{X}}{{X}}\">", "javascript",
     "<a href=\"javascriptjavascript\">"},
    {"<a href=\"{{A}}{{X}}\">", ":alert(1)",
     "<a href=\"javascript%3Aalert%281%29\">"},
    {"<a href=\"java{{X}}\">", "script:1", "<a href=\"javascript%3A1\">"},
    {"<a href=\"https://a.b/{{X}}\">", "c:d", "<a href=\"https://a.b/c%3Ad\">"},
    /* ... the query */
    {"<a href=\"?q={{X}}\">", "a b&c=d#e\"'<",
     "<a href=\"?q=a%20b%26c%3Dd%23e%22%27%3C\">"},
    {"<a href=\"{{M}}/k?q={{X}}&amp;r=1#{{X}}\">", "a/b",
     "<a href=\"/m/k?q=a%2Fb&amp;r=1#a%2Fb\">"},
    {"<a href=\"/a&#63;{{X}}\">", "/&", "<a href=\"/a&#63;%2F%26\">"},
    {"<a href=\"?q={{X:u}}\">", "&", "<a href=\"?q=%26\">"},
    {"<a href=\"?q={{X:h}}\">", "&", "<a href=\"?q=%26amp%3B\">"},
    {"<a href=\"a{{#S}}?b{{/S}}?c={{X}}\">", "&", "<a href=\"a?b?c=%26\">"},
    /* scripts */
    {"<script>a = \"{{X}}\";</script>", "\";alert(1)//",
     "<script>a = \"\\x22;alert(1)\\x2F\\x2F\";</script>"},
    {"<script>a = '{{X}}';</script>", "';\\\n",
     "<script>a = '\\x27;\\x5C\\x0A';</script>"},
    {"<script>a = '{{X}}';</script>", "</script><!--",
     "<script>a = '\\x3C\\x2Fscript\\x3E\\x3C!--';</script>"},
    {"<script>a = '{{X}}';</script>", "\xe2\x80\xa8\xe2\x80\xa9\xc3\xa4",
     "<script>a = '\\u2028\\u2029\xc3\xa4';</script>"},
    {"<script>a = {{X}};</script>", "12.5e3", "<script>a = 12.5e3;</script>"},
    {"<script>a-{{X}};</script>", "-1", "<script>a- -1;</script>"},
    {"<script>a = {{X}};</script>", "true", "<script>a = true;</script>"},
    {"<script>a = {{X}};</script>", "alert(1)", "<script>a = null;</script>"},
    {"<script>a = {{X}};</script>", "1;alert(1)", "<script>a = null;</script>"},
    {"<script>a = {{X}};</script>", "", "<script>a = null;</script>"},
    {"<script>a = {{X:h}};</script>", "1,1", "<script>a = null;</script>"},
    {"<script>a = {{X:j}};</script>", "b", "<script>a = null;</script>"},
    {"<script>a = '{{X:h}}';</script>", "'",
     "<script>a = '\\x26#39;';</script>"},
    {"<script>a = /['\"]/ / 2; b = '{{X}}';</script>", "'",
     "<script>a = /['\"]/ / 2; b = '\\x27';</script>"},
    {"<script>// it's\na = '{{X}}';</script>", "'",
     "<script>// it's\na = '\\x27';</script>"},
    {"<script>/* \" */ a = b / 2 / '{{X}}'</script>", "'",
     "<script>/* \" */ a = b / 2 / '\\x27'</script>"},
    {"<script>return /'/; a = '{{X}}'</script>", "'",
     "<script>return /'/; a = '\\x27'</script>"},
    {"<script>`\"`; a = '\\'{{X}}'</script>", "'",
     "<script>`\"`; a = '\\'\\x27'</script>"},
    {"<script>if (a </b/) '{{X}}'</script>", "'",
     "<script>if (a </b/) '\\x27'</script>"},
    {"<script>'</scrip'; '{{X}}'</script>", "'",
     "<script>'</scrip'; '\\x27'</script>"},
    {"<a onclick=\"f('{{X}}', {{X}})\">", "'),alert(1)",
     "<a onclick=\"f('\\x27),alert(1)', null)\">"},
    {"<a onclick=\"f(&quot;{{X}}&quot;)\">", "\"&quot;",
     "<a onclick=\"f(&quot;\\x22\\x26quot;&quot;)\">"},
    {"<a ONmouseover='f(\"{{X}}\")'>", "'", "<a ONmouseover='f(\"\\x27\")'>"},
    {"<a onclick={{X}}>", "alert(1)", "<a onclick=\"null\">"},
    {"<script type=\"application/json\">{\"a\":\"{{X}}\",\"b\":{{X}}}"
     "</script>",
     "</script>\"\\",
     "<script type=\"application/json\">{\"a\":\"\\u003C\\u002Fscript"
     "\\u003E\\u0022\\u005C\",\"b\":null}</script>"},
    {"<script type=module>'{{X}}'</script>", "'",
     "<script type=module>'\\x27'</script>"},
    /* styles */
    {"<style>a { color: {{X}}; }</style>", "red; } * { x: url(b)",
     "<style>a { color: red    x urlb; }</style>"},
    {"<style>a { b: {{X}} }</style>", "</style><script>",
     "<style>a { b: stylescript }</style>"},
    {"<style>a { b: \"{{X}}\" }</style>", "\"</style>\\\n",
     "<style>a { b: \"\\000022\\00003C\\00002Fstyle\\00003E\\00005C"
     "\\00000A\" }</style>"},
    {"<p style=\"width: {{X}}%\">", "1;a:expression(b)",
     "<p style=\"width: 1aexpressionb%\">"},
    {"<p style='a: \"{{X}}\"'>", "'", "<p style='a: \"\\000027\"'>"},
    {"<p style=\"a: &quot;{{X}}&quot;\">", "\"",
     "<p style=\"a: &quot;\\000022&quot;\">"},
    {"<style>/* ' */ a { b: {{X}} }</style>", "'",
     "<style>/* ' */ a { b:  }</style>"},
};

static void
test_attacks(void **state)
{
	struct template_files t;
	struct dict *d;
	size_t i;

	(void)state;
	template_files_init(&t, TEMPLATE_STRICT | TEMPLATE_FRESH);
	assert_int_equal(template_set_modifier(t.set, "x-twice", twice), GB_OK);
	for (i = 0; i < GB_COUNT(attacks); i++) {
		d = dict_new();
		dict_set(d, "A", "javascript");
		dict_set(d, "M", "/m");
		dict_set(d, "X", attacks[i].value);
		dict_show(d, "S");
		template_files_put(&t, "page.html", attacks[i].page);
		if (template_files_render(&t, "page.html", d) != GB_OK)
			fail_msg("%s: %s", attacks[i].page, t.err.text);
		CHECK_STR(attacks[i].page, buf_str(&t.out), attacks[i].want);
		dict_free(d);
	}
	template_files_release(&t);
}

static const struct {
	const char *page, *where, *why;
} refused[] = {
    /* names, and what is half a name */
    {"<{{X}}>", "1:2", "the name of a tag"},
    {"</{{X}}>", "1:3", "the name of a tag"},
    {"<b{{X}}>", "1:3", "the name of a tag"},
    {"<a {{X}}>", "1:4", "the name of an attribute"},
    {"<a on{{X}}=b>", "1:6", "the name of an attribute"},
    {"<a on{{#S}}click{{/S}}=b>", "1:6", "the name of an attribute"},
    {"<a {{#S}}onclick{{/S}}=\"{{X}}\">", "1:23", "begin the name"},
    {"<a href=a{{X}}>", "1:10", "in quotes"},
    {"<a href={{X}}a>", "1:14", "in quotes"},
    {"<a href={{X}}{{X}}>", "1:14", "in quotes"},
    {"<a href={{#S}}a{{/S}}>", "1:9", "in quotes"},
    {"<a href=a'b>", "1:10", "in quotes"},
    {"<a href=\"b\"\">", "1:12", "begin the name"},
    {"<a b\">", "1:5", "part of the name"},
    {"<a href=>", "1:9", "without its value"},
    /* comments and other markup */
    {"<!-- {{X}} -->", "1:6", "comment"},
    {"<!-- -{{#S}}{{/S}}->", "1:7", "comment"},
    {"<!{{X}}>", "1:3", "<!"},
    {"<!DOCTYPE {{X}}>", "1:11", "<!"},
    {"<?{{X}}?>", "1:3", "<?"},
    {"<svg><![CDATA[{{X}}]]></svg>", "1:8", "DOCTYPE"},
    {"<iframe>{{X}}</iframe>", "1:9", "none can be escaped"},
    {"<xmp>{{X}}</xmp>", "1:6", "none can be escaped"},
    {"<textarea></text{{X}}", "1:17", "end tag"},
    {"<title><{{X}}", "1:9", "\"<\""},
    {"<title/>", "1:8", "end tag"},
    /* attributes without an escape */
    {"<iframe srcdoc=\"{{X}}\">", "1:17", "none can be escaped"},
    {"<img srcset=\"{{X}}\">", "1:14", "none can be escaped"},
    {"<svg xmlns:a=\"{{X}}\">", "1:15", "none can be escaped"},
    {"<meta http-equiv=\"refresh\" content=\"{{X}}\">", "1:37",
     "none can be escaped"},
    {"<meta content=\"{{X}}\" http-equiv=\"refresh\">", "1:33", "http-equiv"},
    {"<set attributeName=\"href\" to=\"{{X}}\">", "1:31",
     "none can be escaped"},
    /* addresses */
    {"<a href=\"javascript:f('{{X}}')\">", "1:24", "whole address"},
    {"<a href=\"data:{{X}}\">", "1:15", "whole address"},
    {"<a href=\"&#106;avascript:{{X}}\">", "1:26", "whole address"},
    {"<a href=\"{{X}}:b\">", "1:15", "scheme"},
    {"<a href=\"java{{X}}:b\">", "1:19", "scheme"},
    {"<a href=\"a{{#S}}?b{{/S}}{{X}}\">", "1:25", "whole address"},
    {"<a href=\"{{#S}}java{{/S}}script:?{{X}}\">", "1:34", "whole address"},
    {"<a href=\"{{#S}}javascript{{/S}}&#58;{{X}}\">", "1:37", "whole address"},
    /* scripts */
    {"<script>`{{X}}`</script>", "1:10", "template"},
    {"<script>`${a}`</script>", "1:11", "${"},
    {"<script>// {{X}}\n</script>", "1:12", "comment"},
    {"<script>/* {{X}} */</script>", "1:12", "comment"},
    {"<script>a = /{{X}}/</script>", "1:14", "after a \"/\""},
    {"<script>a = /b{{X}}/</script>", "1:15", "regular expression"},
    {"<script>if (a) /'/; '{{X}}'</script>", "1:17", "divide"},
    {"<script>a++ /'/; '{{X}}'</script>", "1:14", "divide"},
    {"<script>a = '\\{{X}}'</script>", "1:15", "backslash"},
    {"<script>'a\n'</script>", "1:11", "newline"},
    {"<script>'a</script>", "1:19", "within a string"},
    {"<script><!-- a</script>", "1:10", "<!"},
    {"<script>{{#S}}'{{/S}}</script>", "1:16", "began in"},
    {"<script>a </{{X}}</script>", "1:13", "\"<\""},
    {"<script type=\"text/x-t\">{{X}}</script>", "1:25", "none can be escaped"},
    {"<script type=\"{{X}}\">", "1:15", "type of a script"},
    {"<script type=a type=module>", "1:20", "second type"},
    {"<script {{#S}}type=importmap{{/S}}>", "1:29", "began in"},
    {"<script>{ {{X}} }", "1:18", "ends within a script"},
    {"<a onclick=\"a<!--\">", "1:15", "<!"},
    {"<a onclick=\"a&nbsp;b\">", "1:19", "character reference"},
    {"<a onclick=\"f(&quot{{X}})\">", "1:20", "character reference"},
    {"<a onclick=\"f('a)\">", "1:18", "within a string"},
    /* styles */
    {"<style>a { b: url({{X}}) }</style>", "1:19", "address"},
    {"<style>/* {{X}} */</style>", "1:11", "comment"},
    {"<p style=\"a: url( {{X}})\">", "1:19", "address"},
    {"<p style=\"a: 'b\">", "1:16", "within a string"},
    /* where sections and pages end */
    {"{{#S}}<a {{/S}}", "1:10", "began in"},
    {"<a {{#S}}>{{/S}}", "1:11", "began in"},
    {"<a title=\"{{#S}}\"{{/S}}>", "1:18", "began in"},
    {"{{#S}}<!-- {{/S}}", "1:12", "began in"},
    {"{{#S}}<title>{{/S}}", "1:14", "began in"},
    {"<title>", "1:8", "ends within a script"},
    {"<!-- a", "1:7", "ends within a comment"},
    {"a\n<a title=\"b>\n", "3:1", "ends within a tag"},
};

static void
test_refused(void **state)
{
	struct dict *d = dict_new();
	struct template_files t;
	char where[64];
	size_t i;

	(void)state;
	template_files_init(&t, TEMPLATE_STRICT | TEMPLATE_FRESH);
	for (i = 0; i < GB_COUNT(refused); i++) {
		template_files_put(&t, "page.html", refused[i].page);
		CHECK_INT(refused[i].page,
			  template_files_render(&t, "page.html", d), GB_EINVAL);
		(void)snprintf(where, sizeof(where),
			       "page.html:%s: ", refused[i].where);
		if (strncmp(t.err.text, where, strlen(where)) != 0 ||
		    strstr(t.err.text, refused[i].why) == NULL)
			fail_msg("%s: have %s, want %s%s", refused[i].page,
				 t.err.text, where, refused[i].why);
		CHECK_INT(refused[i].page, t.out.len, 0);
	}
	template_files_release(&t);
	dict_free(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_attacks),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
