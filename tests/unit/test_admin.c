/* test_admin.c: what the admin pages are made of: forms, links, texts, and
 * which paths are whose */
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "admin/list.h"
#include "admin/request.h"
#include "admin/texts.h"
#include "base/places.h"
#include "base/log.h"

/* A form as "name=value|name=value|", or its fault. */
static void
read_form(const char *text, size_t len, char out[512])
{
	struct form form;
	enum gb_err rc;
	size_t i, at;

	form_init(&form);
	out[0] = '\0';
	rc = form_read(&form, text, len);
	if (rc != GB_OK)
		(void)snprintf(out, 512, "%s", gb_strerror(rc));
	for (at = i = 0; i < form.count && at < 512; i++)
		at +=
		    (size_t)snprintf(out + at, 512 - at, "%s=%s|",
				     form.fields[i].name, form.fields[i].value);
	form_release(&form);
}

static void
test_form(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
	    {"", ""},
	    {"&&&", ""},
	    {"a=1", "a=1|"},
	    {"a", "a=|"},
	    {"a=", "a=|"},
	    {"=b", "=b|"},
	    {"a=1&b=2&a=3", "a=1|b=2|a=3|"},
	    {"a=1=2", "a=1=2|"},
	    {"a+b=c+d%20e", "a b=c d e|"},
	    {"a=%41%2b%26%3D", "a=A+&=|"},
	    {"a%3Db=c", "a=b=c|"},
	    {"k=%E5%AF%86%E9%92%A5", "k=密钥|"},
	    {"k=line%0D%0Atab%09", "k=line\r\ntab\t|"},
	    {"a=%", NULL},
	    {"a=%4", NULL},
	    {"a=%4g", NULL},
	    {"a=%g4", NULL},
	    {"a=1&%00=b", NULL},
	    {"a=%00", NULL},
	    {"a=%1b[2J", NULL},
	    {"a=%7f", NULL},
	    {"a=%ff", NULL},
	    {"a=%C0%AF", NULL},
	    {"a=%ED%A0%80", NULL},
	    {"a=\x80", NULL},
	};
	char have[512];
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(rows); i++) {
		read_form(rows[i].text, strlen(rows[i].text), have);
		CHECK_STR(rows[i].text, have,
			  rows[i].want != NULL ? rows[i].want
					       : gb_strerror(GB_EINVAL));
	}
	read_form("a=\0b", 4, have);
	CHECK_STR("a NUL", have, gb_strerror(GB_EINVAL));
}

static void
test_form_bounds(void **state)
{
	struct form form;
	size_t i, len;
	char *text;

	(void)state;
	len = 2 * FORM_FIELDS_MAX;
	text = malloc(len);
	assert_non_null(text);
	for (i = 0; i < len; i += 2)
		memcpy(text + i, "a&", 2);
	form_init(&form);
	CHECK_INT("many", form_read(&form, text, len - 1), GB_OK);
	CHECK_INT("all", form.count, FORM_FIELDS_MAX);
	form_release(&form);
	CHECK_INT("too many", form_read(&form, text, len), GB_ETOOBIG);
	CHECK_INT("none of it", form.count, 0);
	free(text);
}

static void
test_form_values(void **state)
{
	static const char text[] = "id=3&id=&n=-7&x=7z&y=9223372036854775808"
				   "&id=5&z=%2B1&w=+1";
	static const struct {
		const char *name;
		int64_t min, max;
		bool ok;
		int64_t number;
	} rows[] = {
	    {"id", 0, 9, true, 3},    {"id", 4, 9, false, 0},
	    {"n", -9, 9, true, -7},   {"n", 0, 9, false, 0},
	    {"x", 0, 9, false, 0},    {"y", 0, INT64_MAX, false, 0},
	    {"z", 0, 9, false, 0},    {"w", 0, 9, false, 0},
	    {"none", 0, 9, false, 0},
	};
	struct form form;
	int64_t number;
	size_t at, i;

	(void)state;
	form_init(&form);
	assert_int_equal(form_read(&form, text, strlen(text)), GB_OK);
	at = 0;
	CHECK_STR("first", form_next(&form, "id", &at), "3");
	CHECK_STR("second", form_next(&form, "id", &at), "");
	CHECK_STR("third", form_next(&form, "id", &at), "5");
	CHECK_STR("no more", form_next(&form, "id", &at), NULL);
	CHECK("has", form_has(&form, "n") && !form_has(&form, "none"));
	CHECK_STR("none", form_value(&form, "none"), "");
	for (i = 0; i < GB_COUNT(rows); i++) {
		number = 0;
		CHECK_INT(rows[i].name,
			  form_number(&form, rows[i].name, rows[i].min,
				      rows[i].max, &number),
			  rows[i].ok);
		CHECK_INT(rows[i].name, number, rows[i].number);
	}
	form_release(&form);
}

static void
test_list_url(void **state)
{
	static const struct {
		const char *query, *name, *value, *want;
	} rows[] = {
	    {"", "state", "1", "?state=1"},
	    {"", "state", NULL, "?"},
	    {"state=1", "state", "2", "?state=2"},
	    {"state=1&q=a", "state", NULL, "?q=a"},
	    {"q=a%26b%3D%22%3C&after=7", "after", "9",
	     "?q=a%26b%3D%22%3C&after=9"},
	    {"q=a&before=7&after=3", "state", "1", "?q=a&state=1"},
	    {"q=&r=1", "after", "", "?r=1"},
	    {"tag=a&tag=b", "after", "1", "?tag=a&tag=b&after=1"},
	    {"q=%E5%AF%86", "after", "\"><x", "?q=%E5%AF%86&after=%22%3E%3Cx"},
	};
	struct form form;
	struct buf url;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(rows); i++) {
		form_init(&form);
		buf_init(&url, LIST_URL_MAX);
		assert_int_equal(form_read(&form, rows[i].query,
					   strlen(rows[i].query)),
				 GB_OK);
		list_url(&url, &form, rows[i].name, rows[i].value);
		CHECK_STR(rows[i].query, buf_str(&url), rows[i].want);
		buf_release(&url);
		form_release(&form);
	}
}

#define PAGER_MAX 16384 /* bytes */

/* The pager as a page shows it; "before" NO_WAY_BACK: of a list that is only
 * read forwards. */
static const char NO_WAY_BACK[] = "";

static void
pager(struct template_set *set, const char *query, const char *before,
      const char *after, char out[PAGER_MAX])
{
	struct template_error error;
	struct dict *texts, *d;
	struct form form;
	struct buf page;

	form_init(&form);
	buf_init(&page, PAGER_MAX - 1);
	assert_int_equal(form_read(&form, query, strlen(query)), GB_OK);
	assert_int_equal(texts_load(&texts, "templates", "en"), GB_OK);
	d = dict_new();
	dict_set_outer(d, texts);
	if (before == NO_WAY_BACK)
		list_pager_on(d, &form, after);
	else
		list_pager(d, &form, before, after);
	error.text[0] = '\0';
	CHECK_INT(error.text,
		  template_render(set, "pager.html", d, &page, &error), GB_OK);
	memcpy(out, buf_str(&page), page.len + 1);
	dict_free(d);
	dict_free(texts);
	form_release(&form);
	buf_release(&page);
}

static void
test_pager(void **state)
{
	static const char begin[] =
	    "<nav class=\"pager\" aria-label=\"Pages of the list\">\n";
	static const char first[] =
	    "<a class=\"button\" href=\"?q=a%26b\">First page</a>\n";
	static const char back[] = "<a class=\"button\" rel=\"prev\" "
				   "href=\"?q=a%26b&amp;before=3\">Back</a>\n";
	static const char next[] = "<a class=\"button\" rel=\"next\" "
				   "href=\"?q=a%26b&amp;after=9\">Next</a>\n";
	static const char end[] = "</nav>\n";
	struct template_set *set;
	char have[PAGER_MAX], want[1024];

	(void)state;
	set = template_set_open("templates", TEMPLATE_STRICT, NULL, NULL);
	assert_non_null(set);
	pager(set, "q=a%26b", "3", NULL, have);
	CHECK_STR("one page", have, "");
	pager(set, "q=a%26b", "3", "9", have);
	(void)snprintf(want, sizeof(want), "%s%s%s", begin, next, end);
	CHECK_STR("the first page", have, want);
	pager(set, "q=a%26b&after=2", "3", "9", have);
	(void)snprintf(want, sizeof(want), "%s%s%s%s%s", begin, first, back,
		       next, end);
	CHECK_STR("one in between", have, want);
	pager(set, "before=4&q=a%26b", NULL, "9", have);
	(void)snprintf(want, sizeof(want), "%s%s%s%s", begin, first, next, end);
	CHECK_STR("back at the first", have, want);
	pager(set, "q=a%26b&after=8", "3", NULL, have);
	(void)snprintf(want, sizeof(want), "%s%s%s%s", begin, first, back, end);
	CHECK_STR("the last page", have, want);
	template_set_close(set);
}

/* The query of a link of the pager, without its "?"; false: there is none. */
static bool
link_of(const char *page, const char *rel, char query[PAGER_MAX])
{
	const char *at, *end;
	size_t len;

	at = strstr(page, rel);
	if (at == NULL)
		return false;
	at = strstr(at, "href=\"?") + strlen("href=\"?");
	end = strchr(at, '"');
	for (len = 0; at < end; at++) {
		query[len++] = *at;
		if (strncmp(at, "&amp;", 5) == 0)
			at += 4;
	}
	query[len] = '\0';
	return true;
}

/* Which page it is, by its cursor; -1: the first. */
static int
at_of(const char *query)
{
	const char *after;

	after = strstr(query, "&after=");
	if (after == NULL)
		return -1;
	return (int)strtol(strchr(after, '.') + 1, NULL, 10);
}

/* Go "pages" on from the first page, and back as far as that goes: how many
 * pages that is, each of which is the one that was there before. */
static int
there_and_back(struct template_set *set, int pages)
{
	static char been[200][PAGER_MAX];
	char page[PAGER_MAX], query[PAGER_MAX], cursor[40], begins[64];
	int i, back;

	(void)snprintf(query, sizeof(query), "q=a%%26b");
	for (i = 0; i < pages; i++) {
		(void)snprintf(been[i], PAGER_MAX, "%s", query);
		(void)snprintf(cursor, sizeof(cursor), "1700000000%03d.%d", i,
			       i);
		pager(set, query, NO_WAY_BACK, cursor, page);
		CHECK(been[i], link_of(page, "rel=\"next\"", query));
		(void)snprintf(begins, sizeof(begins), "q=a%%26b&after=%s",
			       cursor);
		CHECK(query, strncmp(query, begins, strlen(begins)) == 0);
		CHECK(query, strlen(query) < 1200);
	}
	for (back = 0;; back++) {
		pager(set, query, NO_WAY_BACK, NULL, page);
		if (!link_of(page, "rel=\"prev\"", query))
			return back;
		i--;
		CHECK(query, i >= 0);
		CHECK_INT("the page before", at_of(query), at_of(been[i]));
	}
}

static void
test_trail(void **state)
{
	struct template_set *set;
	char page[PAGER_MAX];

	(void)state;
	set = template_set_open("templates", TEMPLATE_STRICT, NULL, NULL);
	assert_non_null(set);
	pager(set, "q=a", NO_WAY_BACK, NULL, page);
	CHECK_STR("one page", page, "");
	CHECK_INT("some pages", there_and_back(set, 3), 3);
	CHECK("many pages", there_and_back(set, 199) > 40);
	pager(set, "after=9&trail=%3Cb%3E_%22", NO_WAY_BACK, "8", page);
	CHECK("markup is text", strpbrk(strstr(page, "href="), "'") == NULL &&
				    strstr(page, "%22") != NULL &&
				    strstr(page, "<b>") == NULL);
	template_set_close(set);
}

static void
test_languages(void **state)
{
	static const struct {
		const char *header;
		enum language want;
	} rows[] = {
	    {NULL, LANGUAGE_ENGLISH},
	    {"", LANGUAGE_ENGLISH},
	    {"en", LANGUAGE_ENGLISH},
	    {"zh", LANGUAGE_CHINESE},
	    {"zh-CN", LANGUAGE_CHINESE},
	    {"ZH-cn", LANGUAGE_CHINESE},
	    {"zh-TW,zh;q=0.9,en;q=0.8", LANGUAGE_CHINESE},
	    {"de,fr;q=0.7", LANGUAGE_ENGLISH},
	    {"de, zh;q=0.5, en;q=0.4", LANGUAGE_CHINESE},
	    {"zh;q=0.4,en-GB;q=0.5", LANGUAGE_ENGLISH},
	    {"zh;q=0,en;q=0.1", LANGUAGE_ENGLISH},
	    {"zh;q=0", LANGUAGE_ENGLISH},
	    {"zh;q=0.001,fr", LANGUAGE_CHINESE},
	    {"zho", LANGUAGE_ENGLISH},
	    {"z", LANGUAGE_ENGLISH},
	    {",,;q=,zh;q", LANGUAGE_CHINESE},
	    {"*", LANGUAGE_ENGLISH},
	};
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(rows); i++)
		CHECK_INT(rows[i].header == NULL ? "none" : rows[i].header,
			  site_language(rows[i].header), rows[i].want);
}

static void
test_paths(void **state)
{
	static const struct {
		const char *path;
		bool ok;
	} rows[] = {
	    {"admin/", true},
	    {"admin/keys", true},
	    {"admin/keys?state=1&q=a%20b", true},
	    {"", false},
	    {"admin", false},
	    {"/admin/", false},
	    {"//evil.example/admin/", false},
	    {"https://evil.example/admin/", false},
	    {"admin/../v1/models", false},
	    {"admin/a b", false},
	    {"admin/\r\nSet-Cookie: a=b", false},
	    {"admin/\\evil", false},
	    {"admin/\"><script>", false},
	    {"admin/密", false},
	    {"javascript:alert(1)//admin/", false},
	};
	char large[ADMIN_PATH_MAX + 2];
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(rows); i++)
		CHECK_INT(rows[i].path, admin_is_path(rows[i].path),
			  rows[i].ok);
	memset(large, 'a', sizeof(large));
	memcpy(large, "admin/", 6);
	large[ADMIN_PATH_MAX + 1] = '\0';
	CHECK("too long", !admin_is_path(large));
	large[ADMIN_PATH_MAX] = '\0';
	CHECK("long", admin_is_path(large));
}

/* --- texts ---------------------------------------------------------------- */

static enum gb_err
load(const char *text, struct dict **out)
{
	char folder[] = "/tmp/gbalance.XXXXXX", path[64];
	enum gb_err rc;
	FILE *f;

	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/strings.en", folder);
	f = fopen(path, "w");
	assert_non_null(f);
	(void)fputs(text, f);
	(void)fclose(f);
	rc = texts_load(out, folder, "en");
	(void)unlink(path);
	(void)rmdir(folder);
	return rc;
}

static void
test_texts(void **state)
{
	static const char *const faults[] = {
	    "A= b\n",
	    "A =b\n",
	    "a = b\n",
	    "A\n",
	    " = b\n",
	    "A_KEY_THAT_IS_TOO_LONG_TO_BE_ONE_THAT_ANYBODY_WOULD_WANT_TO_WRITE_"
	    " = b\n",
	};
	struct dict *texts;
	struct buf out;
	size_t i;

	(void)state;
	assert_int_equal(log_open(LOG_LEVEL_ERROR, "/dev/null"), GB_OK);
	assert_int_equal(load("# A remark = no\n\nA = one\nB_2 = = two\n"
			      "EMPTY = \nLAST = {1} of {2}",
			      &texts),
			 GB_OK);
	CHECK_STR("A", texts_find(texts, "A"), "one");
	CHECK_STR("B_2", texts_find(texts, "B_2"), "= two");
	CHECK_STR("EMPTY", texts_find(texts, "EMPTY"), "");
	CHECK_STR("LAST", texts_find(texts, "LAST"), "{1} of {2}");
	CHECK_STR("none", texts_find(texts, "NONE"), "NONE");
	buf_init(&out, 100);
	places_write(&out, "{1} of {2}, {9} {0} {x} {1",
		     (const char *[]){"{2}", "20", NULL});
	CHECK_STR("words", buf_str(&out), "{2} of 20,  {0} {x} {1");
	buf_release(&out);
	dict_free(texts);
	for (i = 0; i < GB_COUNT(faults); i++) {
		CHECK_INT(faults[i], load(faults[i], &texts), GB_EINVAL);
		assert_null(texts);
	}
}

static void
test_texts_there(void **state)
{
	struct dict *texts;
	enum language l;

	(void)state;
	for (l = 0; l < LANGUAGE__MAX; l++) {
		CHECK_INT(language_codes[l],
			  texts_load(&texts, "templates", language_codes[l]),
			  GB_OK);
		CHECK(language_codes[l],
		      strcmp(texts_find(texts, "SIGN_IN"), "SIGN_IN") != 0);
		dict_free(texts);
	}
}

/* --- assets --------------------------------------------------------------- */

static void
test_assets(void **state)
{
	static const struct {
		const char *name, *mime;
	} rows[] = {
	    {"app.css", "text/css; charset=utf-8"},
	    {"app.js", "text/javascript; charset=utf-8"},
	    {"icon.svg", "image/svg+xml"},
	    {"", NULL},
	    {".", NULL},
	    {"..", NULL},
	    {"nothing.css", NULL},
	    {"../gbalance.cfg", NULL},
	    {"../static/app.css", NULL},
	    {"./app.css", NULL},
	    {"/etc/passwd", NULL},
	    {"..\\app.css", NULL},
	    {".app.css", NULL},
	    {"app.css/", NULL},
	    {"app.css ", NULL},
	    {"app", NULL},
	    {"css", NULL},
	};
	char digest[ASSET_DIGEST_SIZE], again[ASSET_DIGEST_SIZE];
	struct assets assets;
	const char *mime;
	enum gb_err rc;
	size_t i, len;
	int fd;

	(void)state;
	assert_int_equal(assets_init(&assets, "static"), GB_OK);
	for (i = 0; i < GB_COUNT(rows); i++) {
		rc = assets_open(&assets, rows[i].name, &fd, &len, &mime);
		CHECK_INT(rows[i].name, rc,
			  rows[i].mime != NULL ? GB_OK : GB_ENOTFOUND);
		assets_digest(&assets, rows[i].name, digest);
		CHECK_INT(rows[i].name, strlen(digest),
			  rows[i].mime != NULL ? ASSET_DIGEST_SIZE - 1 : 0);
		if (rc != GB_OK) {
			CHECK_INT(rows[i].name, fd, -1);
			continue;
		}
		CHECK_STR(rows[i].name, mime, rows[i].mime);
		CHECK(rows[i].name, len > 0);
		close(fd);
		assets_digest(&assets, rows[i].name, again);
		CHECK_STR(rows[i].name, again, digest);
	}
	assets_release(&assets);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_form),
	    cmocka_unit_test(test_form_bounds),
	    cmocka_unit_test(test_form_values),
	    cmocka_unit_test(test_list_url),
	    cmocka_unit_test(test_pager),
	    cmocka_unit_test(test_trail),
	    cmocka_unit_test(test_languages),
	    cmocka_unit_test(test_paths),
	    cmocka_unit_test(test_texts),
	    cmocka_unit_test(test_texts_there),
	    cmocka_unit_test(test_assets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
