/* test_sealing.c: secrets at rest, and who can read them */
#include "unit_store.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/files.h"
#include "store/journal.h"
#include "store/key_list.h"
#include "store/model_lists.h"
#include "store/overrides.h"
#include "store/parcel.h"
#include "store/sealing.h"
#include "store/usage.h"

#define NOW	UNIT_NOW
#define PROXIES "[\"http://user:hidden-word@proxy\"]"

static const unsigned char key[SEAL_KEY_SIZE] = {1, 2, 3};
static const unsigned char other[SEAL_KEY_SIZE] = {1, 2, 4};

static void
fill(struct store *s)
{
	unit_add_keys(s, 3);
	assert_int_equal(store_override_set(s, "proxies", PROXIES), GB_OK);
}

/* Whether the database's file or its log has the text. */
static bool
on_disk(const struct unit_store *u, const char *text)
{
	static const char *const ends[] = {"", "-wal"};
	struct buf all;
	char path[160];
	bool found;
	size_t i;

	for (found = false, i = 0; i < GB_COUNT(ends); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", u->path, ends[i]);
		buf_init(&all, 64 << 20);
		if (access(path, F_OK) == 0) {
			assert_int_equal(file_read(path, &all), GB_OK);
			found |= all.len > 0 && memmem(all.data, all.len, text,
						       strlen(text)) != NULL;
		}
		buf_release(&all);
	}
	return found;
}

/* What reads keys and settings reads what was written. */
static void
check_readable(struct store *s)
{
	struct override_rows overrides;
	char secret[40];
	struct key_turn turn;
	struct key_rows rows;
	struct key_list_filter f = {.text = NULL};
	int64_t back_at, found;
	int i;

	assert_int_equal(store_keys_list(s, NOW, &rows), GB_OK);
	CHECK_INT("keys", rows.count, 3);
	for (i = 0; i < 3; i++)
		CHECK_STR("key", rows.rows[i].secret, unit_secret(secret, i));
	key_rows_free(&rows);
	assert_int_equal(store_key_turn(s, POOL_GEMINI, "m", NOW, NULL, 0, NULL,
					&turn, &back_at),
			 GB_OK);
	CHECK_STR("turn", turn.secret, unit_secret(secret, (int)turn.id - 1));
	assert_int_equal(store_key_turn_of(s, 2, "m", NOW, &turn, &back_at),
			 GB_OK);
	CHECK_STR("pinned", turn.secret, unit_secret(secret, 1));
	assert_int_equal(store_overrides_list(s, &overrides), GB_OK);
	CHECK_INT("settings", overrides.count, 1);
	CHECK_STR("setting", overrides.rows[0].json, PROXIES);
	override_rows_free(&overrides);
	f.text = unit_secret(secret, 1) + 5;
	assert_int_equal(store_key_list_count(s, &f, NOW, &found), GB_OK);
	CHECK_INT("found by its end", found, 1);
	f.text = "no such part";
	assert_int_equal(store_key_list_count(s, &f, NOW, &found), GB_OK);
	CHECK_INT("not found", found, 0);
}

/* Nothing is left of what was there in the clear, and all is readable. */
static void
test_convert(void **state)
{
	struct unit_store *u = *state;
	char secret[40];
	size_t added;
	char *again[1];
	bool sealed;

	fill(u->store);
	unit_secret(secret, 1);
	CHECK("in the clear", on_disk(u, secret));
	assert_int_equal(store_unlock(u->store, key, true), GB_OK);
	CHECK("gone", !on_disk(u, secret) && !on_disk(u, "hidden-word"));
	CHECK_INT("rows",
		  unit_sql(u->path,
			   "SELECT count(*) FROM keys WHERE secret LIKE "
			   "'gb1 %'",
			   NULL, 0),
		  3);
	check_readable(u->store);
	assert_int_equal(store_is_sealed(u->store, &sealed), GB_OK);
	CHECK("sealed", sealed);

	/* what is known stays known, what is new is sealed */
	again[0] = secret;
	assert_int_equal(store_keys_add(u->store, POOL_GEMINI, again, 1, NOW,
					&added),
			 GB_OK);
	CHECK_INT("known", added, 0);
	unit_secret(secret, 9);
	assert_int_equal(store_keys_add(u->store, POOL_GEMINI, again, 1, NOW,
					&added),
			 GB_OK);
	CHECK_INT("new", added, 1);
	CHECK("sealed, too", !on_disk(u, secret));
	assert_int_equal(unit_remove(u->store, 4), GB_OK);

	assert_int_equal(store_rekey(u->store, other), GB_OK);
	check_readable(u->store);
	assert_int_equal(store_rekey(u->store, NULL), GB_OK);
	check_readable(u->store);
	assert_int_equal(store_is_sealed(u->store, &sealed), GB_OK);
	CHECK("as it was", !sealed);
	CHECK_INT("clear",
		  unit_sql(u->path,
			   "SELECT count(*) FROM keys WHERE secret LIKE "
			   "'AIza%'",
			   NULL, 0),
		  3);
}

/* What is taken in and out is the same with a key and without. */
static void
test_parcel(void **state)
{
	struct unit_store *u = *state;
	struct parcel p;
	int kind, round;
	size_t i;

	fill(u->store);
	for (round = 0; round < 2; round++) {
		parcel_init(&p);
		for (kind = 0; kind < PARCEL__MAX; kind++)
			assert_int_equal(
			    store_parcel_read(u->store, (enum parcel_kind)kind,
					      &p),
			    GB_OK);
		CHECK_INT("rows", p.count, 4);
		CHECK_STR("setting", p.rows[3].values[1].text, PROXIES);
		assert_int_equal(store_parcel_write(u->store, &p, NOW, false),
				 GB_OK);
		for (i = 0; i < p.count; i++)
			CHECK_INT("known", p.rows[i].fate, PARCEL_KNOWN);
		parcel_release(&p);
		assert_int_equal(store_unlock(u->store, key, true), GB_OK);
	}
	parcel_init(&p);
	assert_non_null(parcel_add(&p, PARCEL_KEY));
	assert_int_equal(parcel_set(&p.rows[0], 0,
				    "AIzaSyNew-key-of-the-parcel", 27),
			 GB_OK);
	assert_int_equal(store_parcel_write(u->store, &p, NOW, false), GB_OK);
	CHECK_INT("new", p.rows[0].fate, PARCEL_NEW);
	CHECK("sealed", !on_disk(u, "New-key-of-the-parcel") &&
			    !on_disk(u, "hidden-word"));
	parcel_release(&p);
}

/* Without the key, or with another one, nothing is read and nothing lost. */
static void
test_wrong_key(void **state)
{
	struct unit_store *u = *state;
	struct key_turn turn;
	struct key_rows rows;
	struct store *s;
	char secret[40], *secrets[1];
	int64_t back_at;
	size_t added;

	fill(u->store);
	assert_int_equal(store_unlock(u->store, key, true), GB_OK);
	assert_int_equal(store_open(&s, u->path), GB_OK);
	CHECK_INT("none", store_unlock(s, NULL, true), GB_EINVAL);
	CHECK_INT("other", store_unlock(s, other, true), GB_EINVAL);
	CHECK_INT("list", store_keys_list(s, NOW, &rows), GB_EIO);
	CHECK_INT("turn",
		  store_key_turn(s, POOL_GEMINI, "m", NOW, NULL, 0, NULL, &turn,
				 &back_at),
		  GB_EIO);
	CHECK_STR("turn", turn.secret, "");
	secrets[0] = secret;
	unit_secret(secret, 50);
	CHECK_INT("add",
		  store_keys_add(s, POOL_GEMINI, secrets, 1, NOW, &added),
		  GB_EIO);
	CHECK_INT("set", store_override_set(s, "max_retries", "1"), GB_EIO);
	CHECK("not in the clear", !on_disk(u, secret));
	assert_int_equal(store_unlock(s, key, true), GB_OK);
	check_readable(s);
	store_close(s);
	check_readable(u->store);
}

/* Whoever had it open notices, writes nothing, and goes on with the key. */
static void
test_meanwhile(void **state)
{
	struct unit_store *u = *state;
	struct store *s;
	char secret[40], *secrets[1];
	size_t added;

	fill(u->store);
	assert_int_equal(store_open(&s, u->path), GB_OK);
	assert_int_equal(store_unlock(s, NULL, false), GB_OK);
	check_readable(s);
	assert_int_equal(store_unlock(u->store, key, true), GB_OK);
	secrets[0] = secret;
	unit_secret(secret, 50);
	CHECK_INT("add",
		  store_keys_add(s, POOL_GEMINI, secrets, 1, NOW, &added),
		  GB_EIO);
	assert_int_equal(store_unlock(s, key, false), GB_OK);
	check_readable(s);
	/* and without leave nobody converts */
	assert_int_equal(store_rekey(s, NULL), GB_OK);
	store_close(s);
	assert_int_equal(store_open(&s, u->path), GB_OK);
	assert_int_equal(store_unlock(s, key, false), GB_OK);
	CHECK_INT("clear",
		  unit_sql(u->path, "SELECT seal = '' FROM meta", NULL, 0), 1);
	check_readable(s);
	store_close(s);
}

/* Several that start at once with the same key all get along. */
static void
test_at_once(void **state)
{
	struct unit_store *u = *state;
	struct store *s;
	int i, status;

	fill(u->store);
	store_close(u->store); /* no connection lives through a fork */
	for (i = 0; i < 4; i++)
		if (fork() == 0)
			_exit(store_open(&s, u->path) != GB_OK ||
			      store_unlock(s, key, true) != GB_OK);
	for (i = 0; i < 4; i++) {
		assert_true(wait(&status) > 0);
		CHECK_INT("child", status, 0);
	}
	assert_int_equal(store_open(&u->store, u->path), GB_OK);
	assert_int_equal(store_unlock(u->store, key, true), GB_OK);
	check_readable(u->store);
}

/* Killed at any moment of it, the database is one or the other. */
static void
test_killed(void **state)
{
	struct unit_store *u = *state;
	struct store *s;
	char secret[40];
	struct key_rows rows;
	int round, status, i;
	pid_t child;

	unit_add_keys(u->store, 300);
	store_close(u->store);
	for (round = 0; round < 30; round++) {
		if ((child = fork()) == 0) {
			if (store_open(&s, u->path) != GB_OK)
				_exit(1);
			for (i = 0;; i++)
				if (store_unlock(s, key, true) != GB_OK ||
				    store_rekey(s, NULL) != GB_OK)
					_exit(1);
		}
		(void)usleep(5000 + (unsigned)round * 700);
		(void)kill(child, SIGKILL);
		assert_true(waitpid(child, &status, 0) == child);
		CHECK("killed, not failed", WIFSIGNALED(status));
		assert_int_equal(store_open(&s, u->path), GB_OK);
		assert_int_equal(store_unlock(s, key, false), GB_OK);
		assert_int_equal(store_keys_list(s, NOW, &rows), GB_OK);
		CHECK_INT("keys", rows.count, 300);
		for (i = 0; i < 300; i++)
			CHECK_STR("key", rows.rows[i].secret,
				  unit_secret(secret, i));
		key_rows_free(&rows);
		CHECK_INT("whole",
			  unit_sql(u->path,
				   "SELECT count(DISTINCT secret LIKE 'gb1 %') "
				   "FROM keys",
				   NULL, 0),
			  1);
		store_close(s);
	}
	assert_int_equal(store_open(&u->store, u->path), GB_OK);
}

/* A conversion that breaks off leaves all as it was. */
static void
test_broken_off(void **state)
{
	struct unit_store *u = *state;

	fill(u->store);
	(void)unit_sql(u->path,
		       "CREATE TRIGGER no BEFORE UPDATE ON meta BEGIN SELECT "
		       "raise(ABORT, 'no'); END",
		       NULL, 0);
	CHECK_INT("breaks off", store_unlock(u->store, key, true), GB_EIO);
	(void)unit_sql(u->path, "DROP TRIGGER no", NULL, 0);
	assert_int_equal(store_unlock(u->store, NULL, false), GB_OK);
	check_readable(u->store);
	CHECK_INT("clear",
		  unit_sql(u->path,
			   "SELECT count(*) FROM keys WHERE secret LIKE "
			   "'AIza%'",
			   NULL, 0),
		  3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_convert, unit_store_setup,
					    unit_store_teardown),
	    cmocka_unit_test_setup_teardown(test_parcel, unit_store_setup,
					    unit_store_teardown),
	    cmocka_unit_test_setup_teardown(test_wrong_key, unit_store_setup,
					    unit_store_teardown),
	    cmocka_unit_test_setup_teardown(test_meanwhile, unit_store_setup,
					    unit_store_teardown),
	    cmocka_unit_test_setup_teardown(test_at_once, unit_store_setup,
					    unit_store_teardown),
	    cmocka_unit_test_setup_teardown(test_killed, unit_store_setup,
					    unit_store_teardown),
	    cmocka_unit_test_setup_teardown(test_broken_off, unit_store_setup,
					    unit_store_teardown),
	};

	return cmocka_run_group_tests_name("sealing", tests, NULL, NULL);
}
