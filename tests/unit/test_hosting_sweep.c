/* test_hosting_sweep.c: of all processes one sweeps, once a minute */
#include "unit_store.h"

#include <sys/stat.h>

#include "hosting/local.h"
#include "hosting/sweep.h"

#define NAME(c) c "123456789abcdef0123456789abcdef.png"

static void
test_lease(void **state)
{
	struct unit_store *u = *state;
	struct store *other;
	struct local_count count;
	struct settings cfg;
	char folder[96];

	(void)snprintf(folder, sizeof(folder), "%s/pictures", u->folder);
	memset(&cfg, 0, sizeof(cfg));
	cfg.pictures_dir = folder;
	cfg.pictures_max = 2;
	CHECK_INT("other", store_open(&other, u->path), GB_OK);

	CHECK_INT("keep", local_keep(&cfg, NAME("a"), "xy", 2), GB_OK);
	CHECK_INT("keep", local_keep(&cfg, NAME("b"), "xy", 2), GB_OK);
	pictures_sweep_due(u->store, &cfg);
	CHECK_INT("count", local_count(&cfg, &count), GB_OK);
	CHECK_INT("swept", count.pictures, 1);

	CHECK_INT("keep", local_keep(&cfg, NAME("c"), "xy", 2), GB_OK);
	pictures_sweep_due(other, &cfg);
	pictures_sweep_due(u->store, &cfg);
	CHECK_INT("count", local_count(&cfg, &count), GB_OK);
	CHECK_INT("not again", count.pictures, 2);

	store_close(other);
	cfg.pictures_max = 0;
	CHECK_INT("sweep", local_sweep(&cfg, UNIT_NOW, &count), GB_OK);
	CHECK_INT("all gone", count.pictures, 0);
	CHECK_INT("remove", rmdir(folder), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_lease, unit_store_setup,
					    unit_store_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
