/* test_settings_shipped.c: the table of settings, and gbalance.cfg beside it */
#include "settings_try.h"

#include <ctype.h>

/* Our gbalance.cfg, with "#" gone before each "name = ". */
static char *
uncommented(void)
{
	char line[256], *name;
	struct buf text;
	FILE *f;

	f = fopen("gbalance.cfg", "r");
	assert_non_null(f);
	buf_init(&text, TEXT_MAX);
	while (fgets(line, sizeof(line), f) != NULL) {
		name = line;
		if (line[0] == '#' && islower((unsigned char)line[1]))
			name++;
		buf_puts(&text, name);
	}
	fclose(f);
	return buf_take(&text);
}

/* Every setting stands in gbalance.cfg, and with its default; every name there
 * is a setting, or the load would fail. */
static void
test_shipped_file(void **state)
{
	struct try t = {.file = NULL}, defaults = {.file = NULL};
	const struct setting *row;
	char *text, *have, *want;

	(void)state;
	text = uncommented();
	t.file = text;
	load(&t);
	CHECK_STR("gbalance.cfg", buf_str(&t.faults), "");
	CHECK_INT("gbalance.cfg", t.rc, GB_OK);
	load(&defaults);
	for (row = settings_table; row < settings_table + SETTINGS_COUNT;
	     row++) {
		CHECK_INT(row->name, settings_origin(t.settings, row->name),
			  LAYER_FILE);
		have = shown(t.settings, row->name);
		want = shown(defaults.settings, row->name);
		CHECK_STR(row->name, have, want);
		free(have);
		free(want);
	}
	done(&t);
	done(&defaults);
	free(text);
}

/* As it is shipped, it changes nothing. */
static void
test_shipped_file_as_it_is(void **state)
{
	struct settings_load from = {.file = "gbalance.cfg"};
	const struct setting *row;
	struct settings *s;
	struct buf faults;

	(void)state;
	buf_init(&faults, FAULTS_MAX);
	CHECK_INT("load", settings_load(&s, &from, &faults), GB_OK);
	for (row = settings_table; row < settings_table + SETTINGS_COUNT; row++)
		CHECK_INT(row->name, settings_origin(s, row->name),
			  LAYER_DEFAULT);
	settings_free(s);
	buf_release(&faults);
}

/* What the table itself promises. */
static void
test_table(void **state)
{
	const struct setting *row;
	size_t i;

	(void)state;
	for (row = settings_table; row < settings_table + SETTINGS_COUNT;
	     row++) {
		CHECK(row->name, setting_find(row->name) == row);
		CHECK_INT(row->name, strlen(row->name), strlen(row->env));
		for (i = 0; row->name[i] != '\0'; i++)
			CHECK_INT(row->name,
				  toupper((unsigned char)row->name[i]),
				  row->env[i]);
	}
	CHECK("unknown", setting_find("nothing") == NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_shipped_file),
	    cmocka_unit_test(test_shipped_file_as_it_is),
	    cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests_name("settings_shipped", tests, NULL,
					   NULL);
}
