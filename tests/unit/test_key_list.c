/* test_key_list.c: which keys the admin means, page by page */
#include "unit_store.h"

#include "store/key_list.h"

#define NOW   UNIT_NOW
#define MODEL "gemini-2.5-flash"
#define KEYS  8

/* Keys of which no two are alike; the eighth is in the other pool. */
static void
make_keys(const struct unit_store *u)
{
	static const char *const changes[] = {
	    "UPDATE keys SET ready_at = 1737000000001, reason = 'Slow down'"
	    " WHERE id = 2",
	    "UPDATE keys SET disabled_by = 1, reason = 'not valid'"
	    " WHERE id = 3",
	    "UPDATE keys SET disabled_by = 2, reason = 'mine' WHERE id = 4",
	    "UPDATE keys SET project = 'Blue', failures = 2 WHERE id = 5",
	    "UPDATE keys SET tier = 1, reason = 'slow, once' WHERE id = 6",
	    "INSERT INTO key_models (key_id, model, ready_at, streak, reason)"
	    " VALUES (7, '" MODEL "', 1737000000001, 1, 'x')",
	    "INSERT INTO key_models (key_id, model, ready_at, streak, reason)"
	    " VALUES (1, '" MODEL "', 1737000000000, 1, 'x')",
	    "UPDATE keys SET pool = 'vertex' WHERE id = 8",
	    "INSERT INTO key_tags VALUES (1, 'spare')",
	    "INSERT INTO key_tags VALUES (5, 'spare')",
	    "INSERT INTO key_tags VALUES (6, 'ann')",
	};
	size_t i;

	unit_add_keys(u->store, KEYS);
	for (i = 0; i < GB_COUNT(changes); i++)
		unit_sql(u->path, changes[i], NULL, 0);
}

static const struct {
	const char *what;
	struct key_list_filter filter;
	const char *ids;
} filters[] = {
    {"all", {.ids = NULL}, "[1,2,3,4,5,6,7,8]"},
    {"some", {.ids = "[8,2,99]"}, "[2,8]"},
    {"a pool", {.by_pool = true, .pool = POOL_VERTEX}, "[8]"},
    {"the first pool",
     {.by_pool = true, .pool = POOL_GEMINI},
     "[1,2,3,4,5,6,7]"},
    {"a tier", {.by_tier = true, .tier = TIER_PAID}, "[6]"},
    {"ready", {.by_standing = true, .standing = STANDS_READY}, "[1,5,6,7,8]"},
    {"cooling", {.by_standing = true, .standing = STANDS_COOLING}, "[2]"},
    {"dead", {.by_standing = true, .standing = STANDS_DISABLED}, "[3]"},
    {"off", {.by_standing = true, .standing = STANDS_OFF}, "[4]"},
    {"in service", {.by_service = true, .in_service = true}, "[1,2,5,6,7,8]"},
    {"out of it", {.by_service = true}, "[3,4]"},
    {"failures", {.failures_min = 2}, "[5]"},
    {"a model", {.model = MODEL}, "[7]"},
    {"a project", {.project = "Blue"}, "[5]"},
    {"none", {.project = ""}, "[1,2,3,4,6,7,8]"},
    {"a tag", {.tag = "spare"}, "[1,5]"},
    {"no tag", {.tag = ""}, "[2,3,4,7,8]"},
    {"a tag and a project", {.tag = "spare", .project = "Blue"}, "[5]"},
    {"an id, and the end of a key", {.text = "6"}, "[6,7]"},
    {"a part of the key", {.text = "TESTTEST"}, "[1,2,3,4,5,6,7,8]"},
    {"a word of a reason in force", {.text = "SLOW"}, "[2]"},
    {"of a project", {.text = "bLU"}, "[5]"},
    {"of a tag", {.text = "PAR"}, "[1,5]"},
    {"nothing", {.text = "%"}, "[]"},
    {"not this one", {.ids = "[1]", .tag = "ann"}, "[]"},
};

static void
test_filters(void **state)
{
	struct unit_store *u = *state;
	struct key_ids page;
	struct buf ids;
	int64_t count;
	size_t i;

	make_keys(u);
	for (i = 0; i < GB_COUNT(filters); i++) {
		buf_init(&ids, 1024);
		CHECK_INT(filters[i].what,
			  store_key_list_ids(u->store, &filters[i].filter, NOW,
					     &ids, &count),
			  GB_OK);
		CHECK_STR(filters[i].what, buf_str(&ids), filters[i].ids);
		buf_release(&ids);
		CHECK_INT(filters[i].what,
			  store_key_list_page(u->store, &filters[i].filter, NOW,
					      0, false, 0, KEY_LIST_PAGE_MAX,
					      &page),
			  GB_OK);
		CHECK_INT(filters[i].what, page.count, count);
		CHECK_INT(filters[i].what,
			  store_key_list_count(u->store, &filters[i].filter,
					       NOW, &count),
			  GB_OK);
		CHECK_INT(filters[i].what, page.count, count);
	}
	buf_init(&ids, 8);
	CHECK_INT("no room for them",
		  store_key_list_ids(u->store, &filters[0].filter, NOW, &ids,
				     &count),
		  GB_ETOOBIG);
	buf_release(&ids);
}

static const struct {
	const char *what;
	int64_t after;
	bool before;
	int64_t skip;
	size_t limit;
	const char *ids;
	bool more;
} pages[] = {
    {"the first", 0, false, 0, 3, "123", true},
    {"the next", 3, false, 0, 3, "456", true},
    {"the last", 6, false, 0, 3, "78", false},
    {"just all", 5, false, 0, 3, "678", false},
    {"none", 8, false, 0, 3, "", false},
    {"back", 7, true, 0, 3, "456", true},
    {"to the first", 4, true, 0, 3, "123", false},
    {"before it", 1, true, 0, 3, "", false},
    {"some on", 0, false, 4, 2, "56", true},
    {"too far on", 0, false, 9, 2, "", false},
    {"more than there may be", 0, false, 0, SIZE_MAX / 2, "12345678", false},
};

static void
test_pages(void **state)
{
	static const struct key_list_filter all;
	struct unit_store *u = *state;
	struct key_ids page;
	char ids[KEYS + 1];
	size_t i, n;

	make_keys(u);
	for (i = 0; i < GB_COUNT(pages); i++) {
		CHECK_INT(pages[i].what,
			  store_key_list_page(u->store, &all, NOW,
					      pages[i].after, pages[i].before,
					      pages[i].skip, pages[i].limit,
					      &page),
			  GB_OK);
		for (n = 0; n < page.count && n < KEYS; n++)
			ids[n] = (char)('0' + page.ids[n]);
		ids[n] = '\0';
		CHECK_STR(pages[i].what, ids, pages[i].ids);
		CHECK_INT(pages[i].what, page.more, pages[i].more);
	}
}

static void
test_find(void **state)
{
	char first[40], last[40], *secrets[] = {first, "no-such-key", last};
	struct unit_store *u = *state;
	size_t known, added;
	int64_t id;

	make_keys(u);
	unit_secret(first, 0);
	unit_secret(last, KEYS - 1); /* in the other pool */
	CHECK_INT("one", store_key_find(u->store, first, &id), GB_OK);
	CHECK_INT("its id", id, 1);
	CHECK_INT("in any pool", store_key_find(u->store, last, &id), GB_OK);
	CHECK_INT("its id", id, 8);
	CHECK_INT("not in this pool",
		  store_key_find_in(u->store, POOL_GEMINI, last, &id),
		  GB_ENOTFOUND);
	CHECK_INT("nor any", store_key_find(u->store, "no-such-key", &id),
		  GB_ENOTFOUND);
	CHECK_INT("known",
		  store_keys_known(u->store, POOL_GEMINI, secrets, 3, &known),
		  GB_OK);
	CHECK_INT("of three", known, 1);
	assert_int_equal(store_keys_add(u->store, POOL_GEMINI, &secrets[2], 1,
					NOW, &added),
			 GB_OK);
	CHECK_INT("of both pools", store_key_find(u->store, last, &id), GB_OK);
	CHECK_INT("that of the first", id, 9);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(test_filters),
	    WITH_STORE(test_pages),
	    WITH_STORE(test_find),
	};

	return cmocka_run_group_tests_name("key_list", tests, NULL, NULL);
}
