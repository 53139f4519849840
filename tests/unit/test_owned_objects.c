/* test_owned_objects.c: what belongs to a key, in the database; and a key that
 * is the only one that will do */
#include "unit_store.h"

#include "base/clock.h"
#include "store/owned_objects.h"
#include "store/retention.h"

#define NOW  UNIT_NOW
#define HOUR INT64_C(3600000)

static void
put(struct store *s, const char *name, int64_t key, const char *token,
    int64_t created, int64_t expires)
{
	const struct object o = {.name = name,
				 .key_id = key,
				 .token = token,
				 .mime = "text/plain",
				 .uri = "u",
				 .label = "",
				 .purpose = "p",
				 .bytes = 3,
				 .created_at = created,
				 .expires_at = expires};

	assert_int_equal(store_object_put(s, &o), GB_OK);
}

/* The names that are known of those asked for, with a blank behind each. */
static void
check_get(struct store *s, int64_t now_ms, const char *want)
{
	static const char *const names[] = {"files/a", "files/b", "files/c",
					    "files/a"};
	struct object_rows rows;
	char have[256] = "";
	size_t i;

	assert_int_equal(store_objects_get(s, names, GB_COUNT(names), now_ms,
					   &rows),
			 GB_OK);
	for (i = 0; i < rows.count; i++) {
		strncat(have, rows.rows[i].object.name, 100);
		strncat(have, " ", 2);
	}
	object_rows_free(&rows);
	CHECK_STR("get", have, want);
}

static void
test_put_get(void **state)
{
	struct unit_store *u = *state;
	struct object more = {.name = "files/a",
			      .key_id = 2,
			      .token = "thief",
			      .mime = "",
			      .uri = "",
			      .label = "new",
			      .purpose = "",
			      .created_at = NOW + 1,
			      .expires_at = NOW + 2 * HOUR};
	static const char *const names[] = {"files/a"};
	struct object_rows rows;

	unit_add_keys(u->store, 2);
	put(u->store, "files/a", 1, "t", NOW, NOW + HOUR);
	put(u->store, "files/b", 9, "t", NOW, NOW + HOUR);
	check_get(u->store, NOW, "files/a files/b ");
	check_get(u->store, NOW + HOUR, "");
	assert_int_equal(store_object_bind(u->store, &more), GB_OK);
	check_get(u->store, NOW + HOUR, "");
	assert_int_equal(store_object_put(u->store, &more), GB_OK);
	check_get(u->store, NOW + HOUR, "files/a ");
	assert_int_equal(store_objects_get(u->store, names, 1, NOW, &rows),
			 GB_OK);
	assert_int_equal(rows.count, 1);
	CHECK_INT("key", rows.rows[0].object.key_id, 1);
	CHECK_STR("token", rows.rows[0].object.token, "t");
	CHECK_STR("mime", rows.rows[0].object.mime, "text/plain");
	CHECK_STR("label", rows.rows[0].object.label, "new");
	CHECK_STR("purpose", rows.rows[0].object.purpose, "p");
	CHECK_INT("bytes", rows.rows[0].object.bytes, 3);
	CHECK_STR("mask", rows.rows[0].mask, "AIza…0000");
	object_rows_free(&rows);
	assert_int_equal(store_object_forget(u->store, "files/a"), GB_OK);
	assert_int_equal(store_object_forget(u->store, "files/a"), GB_OK);
	check_get(u->store, NOW, "files/b ");
	assert_int_equal(store_objects_get(u->store, names, 0, NOW, &rows),
			 GB_OK);
	assert_int_equal(rows.count, 0);
}

static void
test_lists(void **state)
{
	struct unit_store *u = *state;
	int64_t ids[OBJECT_KEYS_MAX], deleted;
	struct object_rows rows;
	size_t count;

	unit_add_keys(u->store, 3);
	put(u->store, "files/a", 3, "t", NOW + 1, NOW + HOUR);
	put(u->store, "files/b", 1, "t", NOW + 2, NOW + HOUR);
	put(u->store, "files/c", 1, "other", NOW + 3, NOW + HOUR);
	put(u->store, "files/d", 2, "t", NOW, NOW - 1);
	put(u->store, "filesx/a", 2, "t", NOW, NOW + HOUR);
	assert_int_equal(store_objects_keys(u->store, "files", "t", NOW, ids,
					    &count),
			 GB_OK);
	assert_int_equal(count, 2);
	assert_int_equal(ids[0], 1);
	assert_int_equal(ids[1], 3);
	assert_int_equal(unit_disable(u->store, 3, NOW, ""), GB_OK);
	assert_int_equal(store_objects_keys(u->store, "files", NULL, NOW, ids,
					    &count),
			 GB_OK);
	assert_int_equal(count, 1);
	assert_int_equal(store_objects_list(u->store, "files", "t", NOW + HOUR,
					    NOW, 9, &rows),
			 GB_OK);
	assert_int_equal(rows.count, 2);
	CHECK_STR("newest first", rows.rows[0].object.name, "files/b");
	object_rows_free(&rows);
	assert_int_equal(store_objects_list(u->store, "files", NULL, NOW + 3,
					    NOW, 1, &rows),
			 GB_OK);
	assert_int_equal(rows.count, 1);
	CHECK_STR("before a time", rows.rows[0].object.name, "files/b");
	object_rows_free(&rows);
	assert_int_equal(store_objects_expire(u->store, NOW, 10, &deleted),
			 GB_OK);
	assert_int_equal(deleted, 1);
}

static void
test_cleanup(void **state)
{
	struct retention keep = {.signature_hours = 1};
	struct unit_store *u = *state;
	int64_t now_ms = clock_wall_ms();
	static const char count[] = "SELECT count(*) FROM objects";

	put(u->store, "files/a", 1, "t", NOW, now_ms - HOUR);
	put(u->store, "files/b", 1, "t", NOW, now_ms + HOUR);
	retention_due(u->store, &keep);
	CHECK_INT("switched off", unit_sql(u->path, count, NULL, 0), 2);
	keep.objects_every_hours = 1;
	retention_due(u->store, &keep);
	CHECK_INT("the expired one", unit_sql(u->path, count, NULL, 0), 1);
	put(u->store, "files/c", 1, "t", NOW, now_ms - HOUR);
	retention_due(u->store, &keep);
	CHECK_INT("not again so soon", unit_sql(u->path, count, NULL, 0), 2);
}

static void
test_turn_of(void **state)
{
	struct unit_store *u = *state;
	struct key_turn turn;
	int64_t back_at;

	unit_add_keys(u->store, 2);
#define TURN(id, model) \
	store_key_turn_of(u->store, id, model, NOW, &turn, &back_at)
	assert_int_equal(TURN(2, "m"), GB_OK);
	CHECK_INT("id", turn.id, 2);
	CHECK_INT("key", strlen(turn.secret) > 20, 1);
	assert_int_equal(unit_cool_model(u->store, 2, "m", NOW, NOW + 5, "x"),
			 GB_OK);
	assert_int_equal(TURN(2, "m"), GB_EBUSY);
	CHECK_INT("back", back_at, NOW + 5);
	CHECK_STR("no secret", turn.secret, "");
	assert_int_equal(TURN(2, ""), GB_OK);
	assert_int_equal(unit_cool(u->store, 2, NOW + 9, "x"), GB_OK);
	assert_int_equal(TURN(2, "m"), GB_EBUSY);
	CHECK_INT("back later", back_at, NOW + 9);
	assert_int_equal(unit_disable(u->store, 2, NOW, ""), GB_OK);
	assert_int_equal(TURN(2, "m"), GB_EBUSY);
	CHECK_INT("disabled", back_at, 0);
	assert_int_equal(TURN(7, "m"), GB_ENOTFOUND);
#undef TURN
	CHECK_INT("the rotation stays",
		  unit_sql(u->path, "SELECT pos FROM rotation", NULL, 0), 0);
}

#define TEST(f) \
	cmocka_unit_test_setup_teardown(f, unit_store_setup, \
					unit_store_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_put_get),
	    TEST(test_lists),
	    TEST(test_cleanup),
	    TEST(test_turn_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
