/* test_outage.c: turns while nothing can be written, and after */
#include "unit_disk.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "store/combine.h"
#include "store/db.h"
#include "store/journal.h"
#include "store/outage.h"
#include "store/overrides.h"

#define MODEL "gemini-2.5-flash"
#define NOW   UNIT_NOW
#define KEYS  4

static int64_t
turn_of(struct store *s, const int64_t *tried, size_t count, int64_t *back_at)
{
	struct key_turn turn;
	enum gb_err rc;

	rc = store_key_turn(s, POOL_GEMINI, MODEL, NOW, tried, count, NULL,
			    &turn, back_at);
	CHECK("a turn, or none", rc == GB_OK || rc == GB_ENOTFOUND);
	CHECK_INT("its pool", turn.pool, POOL_GEMINI);
	CHECK("its secret", rc != GB_OK || turn.secret[0] != '\0');
	return turn.id;
}

static enum gb_err
write_row(struct store *s)
{
	struct journal_entry e = {
	    .time_ms = NOW,
	    .request_id = "r",
	    .endpoint = "chat.completions",
	    .error_class = "",
	};
	const struct journal_entry *all[] = {&e};

	return store_journal_write(s, all, 1);
}

static void
test_turns(void **state)
{
	struct unit_store *u = *state;
	int64_t count[KEYS + 1] = {0}, back_at, id, was;
	int i;

	unit_add_keys(u->store, KEYS);
	assert_int_equal(unit_cool(u->store, 2, NOW + 1000, "rests"), GB_OK);
	disk_fill(u);
	CHECK_INT("a row", write_row(u->store), GB_EFULL);
	CHECK("an outage", store_in_outage(u->store));
	for (was = 0, i = 0; i < 3 * (KEYS - 1); i++) {
		id = turn_of(u->store, NULL, 0, &back_at);
		CHECK("another key", id != was);
		count[id]++;
		was = id;
	}
	for (id = 1; id <= KEYS; id++)
		CHECK_INT("turns", count[id], id == 2 ? 0 : 3);
	CHECK_INT("a verdict", unit_cool(u->store, 3, NOW + 1000, "rests"),
		  GB_EFULL);
	CHECK("still", store_in_outage(u->store));

	disk_free();
	CHECK_INT("a row", write_row(u->store), GB_OK);
	CHECK("over", !store_in_outage(u->store));
	CHECK_INT("rows",
		  unit_sql(u->path, "SELECT count(*) FROM requests", NULL, 0),
		  1);
	CHECK_INT("the rotation has waited",
		  unit_sql(u->path, "SELECT pos FROM rotation WHERE pool = ''",
			   NULL, 0),
		  0);
	CHECK_INT("and goes on", turn_of(u->store, NULL, 0, &back_at), 1);
}

static void
test_none_left(void **state)
{
	static const int64_t tried[] = {1, 2};
	struct unit_store *u = *state;
	int64_t back_at;

	unit_add_keys(u->store, 3);
	assert_int_equal(unit_cool(u->store, 3, NOW + 1000, "rests"), GB_OK);
	disk_fill(u);
	CHECK_INT("a row", write_row(u->store), GB_EFULL);
	CHECK_INT("the one that was not tried",
		  turn_of(u->store, tried, 1, &back_at), 2);
	CHECK_INT("none", turn_of(u->store, tried, 2, &back_at), 0);
	/* Nothing was to be written, so nothing failed. */
}

/* Several turns of one request, each of another key. */
static void
test_several(void **state)
{
	struct unit_store *u = *state;
	struct key_turn turns[3];
	int64_t back_at;

	unit_add_keys(u->store, 3);
	disk_fill(u);
	assert_int_equal(store_key_turns(u->store, POOL_GEMINI, MODEL, NOW,
					 NULL, turns, 3, &back_at),
			 GB_OK);
	CHECK("an outage", store_in_outage(u->store));
	CHECK_INT("all three", turns[0].id + turns[1].id + turns[2].id, 6);
	CHECK_INT("all three", turns[0].id * turns[1].id * turns[2].id, 6);
}

/* A process keeps to the rests that it could not write, and forgets them with
 * the end of the outage. */
static void
test_rests(void **state)
{
	struct unit_store *u = *state;
	int64_t back_at;
	int i;

	unit_add_keys(u->store, 3);
	store_outage_rest(u->store, 1, "", NOW + 1000); /* it can be written */
	disk_fill(u);
	CHECK_INT("a row", write_row(u->store), GB_EFULL);
	store_outage_rest(u->store, 1, "", NOW + 1000);
	store_outage_rest(u->store, 2, MODEL, NOW + 1000);
	store_outage_rest(u->store, 3, "another", NOW + 1000);
	store_outage_rest(u->store, 77, MODEL, NOW + 1000);
	for (i = 0; i < 3; i++)
		CHECK_INT("the only one", turn_of(u->store, NULL, 0, &back_at),
			  3);
	store_outage_rest(u->store, 3, "", NOW + 1000);
	CHECK_INT("none", turn_of(u->store, NULL, 0, &back_at), 0);
	CHECK_INT("until", back_at, NOW + 1000);
	for (i = 0; i < 3000; i++)
		store_outage_rest(u->store, 1, MODEL, NOW + 1);
	CHECK_INT("only the last ones are kept",
		  turn_of(u->store, NULL, 0, &back_at), 2);

	disk_free();
	CHECK_INT("a row", write_row(u->store), GB_OK);
	for (i = 1; i <= 3; i++)
		CHECK_INT("forgotten", turn_of(u->store, NULL, 0, &back_at), i);
	CHECK_INT("not written",
		  unit_sql(u->path, "SELECT count(*) FROM key_models", NULL, 0),
		  0);
}

/* Verdicts that could not be written are, when it is over: the last ones. */
static void
test_verdicts(void **state)
{
	static const struct blame another = {.exit = true,
					     .keys = 4,
					     .requests = 4,
					     .span_ms = 1000};
	const struct key_case waits = {
	    .key_id = 3,
	    .now_ms = NOW,
	    .sentence = SENTENCE_DISABLE,
	    .blame = &another,
	    .reason = "x",
	};
	struct unit_store *u = *state;
	char reason[160];
	int64_t back_at;
	int i;

	unit_add_keys(u->store, 4);
	CHECK("without an outage there is nothing to wait for",
	      !outage_keep(u->store, &(const struct key_case){.key_id = 1}));
	assert_int_equal(unit_cool(u->store, 4, NOW + 1000, "before"), GB_OK);
	disk_fill(u);
	CHECK_INT("the first", unit_disable_by_system(u->store, 1, NOW, "dead"),
		  GB_EFULL);
	CHECK_INT("one more",
		  unit_cool_model(u->store, 2, MODEL, NOW, NOW + 2000, "quota"),
		  GB_EFULL);
	CHECK_INT("what waits for others", unit_judged(u->store, waits),
		  GB_EFULL);
	CHECK_INT("nothing is written",
		  unit_key_state(u->store, 1, NOW, reason), KEY_READY);
	disk_free();
	CHECK_INT("a row", write_row(u->store), GB_OK);
	CHECK("it is over", !store_in_outage(u->store));
	CHECK_INT("disabled", unit_key_state(u->store, 1, NOW, reason),
		  KEY_DISABLED);
	CHECK_STR("why", reason, "dead");
	CHECK_INT("rests",
		  unit_sql(u->path,
			   "SELECT ready_at FROM key_models WHERE key_id = 2"
			   " AND model = '" MODEL "' AND reason = 'quota'",
			   NULL, 0),
		  NOW + 2000);
	CHECK_INT("nobody is charged with what may be over",
		  unit_sql(u->path, "SELECT count(*) FROM charges", NULL, 0),
		  0);
	CHECK_INT("with their history",
		  unit_sql(u->path, "SELECT count(*) FROM key_events", NULL, 0),
		  3);
	CHECK_INT("the next one", turn_of(u->store, NULL, 0, &back_at), 3);

	disk_fill(u);
	CHECK_INT("too old", unit_disable_by_system(u->store, 2, NOW, "dead"),
		  GB_EFULL);
	for (i = 0; i < 256; i++)
		CHECK_INT("many", unit_cool(u->store, 3, NOW + 1 + i, "rests"),
			  GB_EFULL);
	disk_free();
	CHECK_INT("a row", write_row(u->store), GB_OK);
	CHECK_INT("only the last are kept",
		  unit_key_state(u->store, 2, NOW, reason), KEY_READY);
	CHECK_INT("all of these", unit_key_state(u->store, 3, NOW + 255, NULL),
		  KEY_COOLING);
	disk_fill(u); /* and the store closes */
	CHECK_INT("the end", unit_disable_by_system(u->store, 2, NOW, "dead"),
		  GB_EFULL);
}

/* What fails for another reason is no outage. */
static void
test_other(void **state)
{
	struct unit_store *u = *state;
	struct key_turn turn;
	int64_t back_at;

	unit_add_keys(u->store, 1);
	unit_sql(u->path, "ALTER TABLE rotation RENAME TO r", NULL, 0);
	CHECK_INT("a turn",
		  store_key_turn(u->store, POOL_GEMINI, MODEL, NOW, NULL, 0,
				 NULL, &turn, &back_at),
		  GB_EIO);
	CHECK("no outage", !store_in_outage(u->store));
}

/* Three writes, of a thread each: the second and the third share a
 * transaction, as they come while the first is under way. */
struct several {
	struct unit_store *u;
	atomic_bool under_way;
};

struct one {
	struct combine_op op; /* the first member: the functions below cast */
	struct several *all;
	bool was_run;
};

static enum gb_err
wait_for_others(struct store *s, struct combine_op *op)
{
	atomic_store(&((struct one *)op)->all->under_way, true);
	while (combine_waiting(&s->writes) < 3)
		sched_yield();
	return GB_OK;
}

/* More than the page cache holds: it fails before the COMMIT, and SQLite
 * undoes the whole transaction. */
static enum gb_err
write_much(struct store *s, struct combine_op *op)
{
	static const char sql[] = "INSERT INTO room VALUES (zeroblob(4000000))";

	disk_fill(((struct one *)op)->all->u);
	return db_run_locked(s, sql, DB_NO_ARGS, NULL);
}

static enum gb_err
write_little(struct store *s, struct combine_op *op)
{
	static const char sql[] = "INSERT INTO room VALUES (1)";

	((struct one *)op)->was_run = true;
	disk_free(); /* there is room again, but no transaction */
	return db_run_locked(s, sql, DB_NO_ARGS, NULL);
}

static void *
one_main(void *arg)
{
	struct one *one = arg;
	struct store *s = one->all->u->store;

	one->op.rc = combine_run(s, &s->writes, &one->op);
	return NULL;
}

static void
test_undone_together(void **state)
{
	struct several all = {.u = *state};
	struct store *s = all.u->store;
	struct one ones[] = {
	    {.op.run = wait_for_others, .all = &all},
	    {.op.run = write_much, .all = &all},
	    {.op.run = write_little, .all = &all},
	};
	pthread_t threads[GB_COUNT(ones)];
	size_t i;

	unit_sql(all.u->path, "CREATE TABLE room (what)", NULL, 0);
	for (i = 0; i < GB_COUNT(ones); i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, one_main,
						&ones[i]),
				 0);
		while (!atomic_load(&all.under_way) ||
		       (i == 1 && combine_waiting(&s->writes) < 2))
			sched_yield();
	}
	for (i = 0; i < GB_COUNT(ones); i++)
		pthread_join(threads[i], NULL);
	disk_free();
	CHECK_INT("before", ones[0].op.rc, GB_OK);
	CHECK_INT("too much", ones[1].op.rc, GB_EFULL);
	CHECK_INT("with it", ones[2].op.rc, GB_EFULL);
	CHECK("not outside of a transaction", !ones[2].was_run);
	CHECK("an outage", store_in_outage(s));
	CHECK_INT("rows",
		  unit_sql(all.u->path, "SELECT count(*) FROM room", NULL, 0),
		  0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_DISK(test_turns),	     WITH_DISK(test_none_left),
	    WITH_DISK(test_several),	     WITH_DISK(test_rests),
	    WITH_DISK(test_verdicts),	     WITH_DISK(test_other),
	    WITH_DISK(test_undone_together),
	};

	return cmocka_run_group_tests_name("outage", tests, NULL, NULL);
}
