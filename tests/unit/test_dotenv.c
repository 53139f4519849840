/* test_dotenv.c: the lines of a .env */
#include "unit.h"

#include <stdlib.h>

#include "cli/dotenv.h"

#define LINES_MAX 4

static const struct {
	const char *what, *text;
	/* name, value; "" for no name or "\1" for no value; ends with NULL */
	const char *want[2 * LINES_MAX + 1];
	bool refers;
} cases[] = {
    {"nothing", "", {NULL}, false},
    {"blank lines and comments", "\n  \r\n# A=1\n\t#B\n", {NULL}, false},
    {"plain",
     "A=1\nB = two words \r\nC=",
     {"A", "1", "B", "two words", "C", ""},
     false},
    {"export",
     "export A=1\nexport\tB=2\nexported=3",
     {"A", "1", "B", "2", "exported", "3"},
     false},
    {"comment behind",
     "A=1 # one\nB=a#b\nC=#c\n",
     {"A", "1", "B", "a#b", "C", ""},
     false},
    {"single quotes",
     "A='a # \"b\" \\n ${C}' # x\nB='it\\'s \\\\'",
     {"A", "a # \"b\" \\n ${C}", "B", "it's \\"},
     false},
    {"double quotes", "A=\"a\\n\\\"b\\\"\\q\" \n", {"A", "a\n\"b\"\\q"}, false},
    {"over lines",
     "A='[\n \"x\",\n \"y\"\n]'\nB=1",
     {"A", "[\n \"x\",\n \"y\"\n]", "B", "1"},
     false},
    {"JSON",
     "A=[\"x\", \"y\"]\nB={\"m\": 1}",
     {"A", "[\"x\", \"y\"]", "B", "{\"m\": 1}"},
     false},
    {"the last one counts", "A=1\nB=2\nA=3", {"A", "3", "B", "2"}, false},
    {"a mark first",
     "\xef\xbb\xbf"
     "A=1",
     {"A", "1"},
     false},
    {"old Mac", "A=1\rB=2", {"A", "1", "B", "2"}, false},
    {"refers", "A=${B}/v1", {"A", "${B}/v1"}, true},
    {"no end of a quote", "A='x\nB=1", {"A", "\1", "B", "1"}, false},
    {"no =", "word\nB=1", {"word", "\1", "B", "1"}, false},
    {"no name", "=1\n[x]\nB=1", {"", "\1", "", "\1", "B", "1"}, false},
    {"a backslash at the end", "A=\"\\", {"A", "\1"}, false},
};

static void
test_lines(void **state)
{
	const struct dotenv_line *l;
	struct dotenv env;
	size_t i, k;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++) {
		assert_int_equal(dotenv_read(&env, cases[i].text,
					     strlen(cases[i].text)),
				 GB_OK);
		for (k = 0; k < env.count && cases[i].want[2 * k] != NULL;
		     k++) {
			l = &env.lines[k];
			CHECK_STR(cases[i].what, l->name == NULL ? "" : l->name,
				  cases[i].want[2 * k]);
			CHECK_STR(cases[i].what,
				  l->value == NULL ? "\1" : l->value,
				  cases[i].want[2 * k + 1]);
			CHECK_INT(cases[i].what, l->refers, cases[i].refers);
		}
		CHECK_INT(cases[i].what, env.count, k);
		CHECK(cases[i].what, cases[i].want[2 * k] == NULL);
		dotenv_release(&env);
	}
}

/* Numbers of lines count what is within quotes, too; a NUL ends nothing. */
static void
test_numbers(void **state)
{
	static const char text[] = "\nA='x\ny'\r\n\r\nB=1\0C\nD=2";
	struct dotenv env;

	(void)state;
	assert_int_equal(dotenv_read(&env, text, sizeof(text) - 1), GB_OK);
	CHECK_INT("count", env.count >= 3, 1);
	CHECK_INT("A", env.lines[0].line, 2);
	CHECK_INT("B", env.lines[1].line, 5);
	CHECK_STR("D", env.lines[env.count - 1].name, "D");
	dotenv_release(&env);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests_name("dotenv", tests, NULL, NULL);
}
