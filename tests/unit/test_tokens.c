/* test_tokens.c: tokens as people: what is stored of them, which are in force,
 * and what each may do */
#include "unit_store.h"

#include "app/auth.h"
#include "store/tokens.h"

#define NOW UNIT_NOW

/* Change it, on top of what is there now. */
static enum gb_err
set(struct store *s, const struct token_row *t)
{
	int64_t generation;

	assert_int_equal(store_generation(s, &generation), GB_OK);
	return store_token_set(s, t, generation);
}

static struct token_row
make(struct store *s, const char *name, const char *token)
{
	struct token_row t;

	token_row_init(&t, name);
	secret_digest(t.digest, token, strlen(token));
	assert_int_equal(store_token_create(s, &t, NOW), GB_OK);
	return t;
}

static void
test_fields(void **state)
{
	struct unit_store *u = *state;
	struct token_row t, got;
	int64_t generation;
	int i;

	t = make(u->store, "team", "secret");
	assert_int_equal(store_token_find(u->store, "team", &got), GB_OK);
	CHECK_INT("enabled", got.enabled, true);
	CHECK_INT("not of the configuration", got.config, false);
	CHECK_INT("created", got.created_at, NOW);
	CHECK_INT("all endpoints", got.endpoints, 0);
	CHECK_STR("all models", got.models, "");
	(void)snprintf(t.note, sizeof(t.note), "the blue one");
	(void)snprintf(t.models, sizeof(t.models), "a*,b");
	t.endpoints = 1u << ENDPOINT_AUDIO;
	t.expires_at = NOW + 5;
	for (i = 0; i < LIMIT__MAX; i++)
		t.limits[i] = 100 + i;
	assert_int_equal(store_generation(u->store, &generation), GB_OK);
	CHECK_INT("set", set(u->store, &t), GB_OK);
	CHECK_INT("somebody was faster",
		  store_token_set(u->store, &got, generation), GB_EBUSY);
	assert_int_equal(store_token_find(u->store, "team", &got), GB_OK);
	CHECK_STR("note", got.note, "the blue one");
	CHECK_STR("models", got.models, "a*,b");
	CHECK_INT("endpoints", got.endpoints, 1u << ENDPOINT_AUDIO);
	CHECK_INT("expires", got.expires_at, NOW + 5);
	for (i = 0; i < LIMIT__MAX; i++)
		CHECK_INT(token_limit_kinds[i].name, got.limits[i], 100 + i);
	assert_memory_equal(got.digest, t.digest, DIGEST_SIZE);
	CHECK_INT("disable", store_token_enable(u->store, "team", false),
		  GB_OK);
	assert_int_equal(store_token_find(u->store, "team", &got), GB_OK);
	CHECK_INT("disabled", got.enabled, false);
	CHECK_INT("revoke", store_token_revoke(u->store, "team", NOW), GB_OK);
	CHECK_INT("for good", store_token_enable(u->store, "team", true),
		  GB_ENOTFOUND);
	CHECK_INT("no change", set(u->store, &t), GB_ENOTFOUND);
	CHECK_INT("nobody", store_token_find(u->store, "tea", &got),
		  GB_ENOTFOUND);
	CHECK_INT("nothing of it", got.id, 0);
}

static void
check_page(struct store *s, const struct token_filter *f, const char *want)
{
	struct token_rows rows;
	char names[256] = "";
	size_t i, len = 0;

	assert_int_equal(store_tokens_page(s, f, &rows), GB_OK);
	for (i = 0; i < rows.count; i++)
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s ",
					rows.rows[i].name);
	token_rows_free(&rows);
	CHECK_STR(f->text == NULL ? "page" : f->text, names, want);
}

static void
test_pages(void **state)
{
	struct unit_store *u = *state;
	struct token_filter f = {.now_ms = NOW, .most = 2};
	struct token_row t;

	make(u->store, "ann", "1");
	t = make(u->store, "bob", "2");
	(void)snprintf(t.note, sizeof(t.note), "Annex 50%%");
	t.expires_at = NOW;
	assert_int_equal(set(u->store, &t), GB_OK);
	make(u->store, "cid", "3");
	assert_int_equal(store_token_enable(u->store, "cid", false), GB_OK);
	make(u->store, "dan", "4");
	check_page(u->store, &f, "ann bob ");
	f.after = 2;
	check_page(u->store, &f, "cid dan ");
	f.after = 4;
	check_page(u->store, &f, "");
	f.after = 0;
	f.text = "ANN";
	check_page(u->store, &f, "ann bob ");
	f.text = "%";
	check_page(u->store, &f, "bob ");
	f.text = NULL;
	f.in_force = true;
	check_page(u->store, &f, "ann dan ");
	f.most = 0;
	check_page(u->store, &f, "ann ");
}

/* --- which are in force -------------------------------------------------- */

static const struct auth_token *
find(const struct auth *auth, const char *token, int64_t now_ms)
{
	return auth_find(auth, token, strlen(token), now_ms);
}

static struct auth *
load(struct store *s, char **tokens, size_t count)
{
	struct settings cfg;
	struct auth *auth;

	memset(&cfg, 0, sizeof(cfg));
	cfg.allowed_tokens.items = tokens;
	cfg.allowed_tokens.count = count;
	assert_int_equal(auth_new(&auth, &cfg, s), GB_OK);
	return auth;
}

static void
test_in_force(void **state)
{
	struct unit_store *u = *state;
	const struct auth_token *t;
	struct token_row row;
	struct auth *auth;

	row = make(u->store, "team", "secret");
	row.expires_at = NOW + 10;
	assert_int_equal(set(u->store, &row), GB_OK);
	make(u->store, "off", "off");
	assert_int_equal(store_token_enable(u->store, "off", false), GB_OK);
	make(u->store, "gone", "gone");
	assert_int_equal(store_token_revoke(u->store, "gone", NOW), GB_OK);
	auth = load(u->store, NULL, 0);
	assert_non_null(t = find(auth, "secret", NOW + 9));
	CHECK_STR("name", t->name, "team");
	CHECK_STR("owner", t->owner, "t:team");
	CHECK_INT("no limits", t->limited, false);
	assert_ptr_equal(auth_of_owner(auth, "t:team", NOW), t);
	assert_null(find(auth, "secret", NOW + 10));
	assert_null(auth_of_owner(auth, "t:team", NOW + 10));
	assert_null(find(auth, "off", NOW));
	assert_null(auth_of_owner(auth, "t:off", NOW));
	assert_null(find(auth, "gone", NOW));
	assert_null(find(auth, "", NOW));
	auth_free(auth);
}

/* A token of the configuration keeps name, limits and owner wherever it
 * stands, and is a token only as long as it is there. */
static void
test_configured(void **state)
{
	static char one[] = "one", two[] = "two", three[] = "three";
	char *first[] = {one, two, one}, *second[] = {three, two};
	struct unit_store *u = *state;
	const struct auth_token *t;
	char owner[AUTH_OWNER_MAX + 1];
	struct token_row row;
	struct auth *auth;

	auth = load(u->store, first, 3);
	assert_non_null(t = find(auth, "one", NOW));
	CHECK_STR("one", t->name, "config-1");
	assert_non_null(t = find(auth, "two", NOW));
	CHECK_STR("two", t->name, "config-2");
	memcpy(owner, t->owner, sizeof(owner));
	auth_free(auth);
	CHECK_INT("rows",
		  unit_sql(u->path, "SELECT count(*) FROM tokens", NULL, 0), 2);

	assert_int_equal(store_token_find(u->store, "config-2", &row), GB_OK);
	row.limits[LIMIT_PARALLEL] = 3;
	assert_int_equal(set(u->store, &row), GB_OK);
	auth = load(u->store, second, 2);
	assert_null(find(auth, "one", NOW));
	assert_non_null(t = find(auth, "two", NOW));
	CHECK_STR("the same name", t->name, "config-2");
	CHECK_STR("the same owner", t->owner, owner);
	CHECK_INT("limited", t->limited, true);
	CHECK_INT("its limit", t->limits[LIMIT_PARALLEL], 3);
	assert_non_null(t = find(auth, "three", NOW));
	CHECK_STR("no name comes twice", t->name, "config-3");
	auth_free(auth);

	assert_int_equal(store_token_enable(u->store, "config-2", false),
			 GB_OK);
	auth = load(u->store, second, 2);
	assert_null(find(auth, "two", NOW));
	auth_free(auth);
}

/* What was made with the tool and stands in the configuration is one token. */
static void
test_both(void **state)
{
	static char secret[] = "secret";
	char *tokens[] = {secret};
	struct unit_store *u = *state;
	const struct auth_token *t;
	struct auth *auth;

	make(u->store, "team", "secret");
	auth = load(u->store, tokens, 1);
	assert_non_null(t = find(auth, "secret", NOW));
	CHECK_STR("its name", t->name, "team");
	auth_free(auth);
	assert_int_equal(store_token_revoke(u->store, "team", NOW), GB_OK);
	auth = load(u->store, tokens, 1);
	assert_null(find(auth, "secret", NOW)); /* who says no is obeyed */
	auth_free(auth);
}

/* A database that cannot be written locks nobody out. */
static void
test_unwritable(void **state)
{
	static char one[] = "one";
	char *tokens[] = {one};
	struct unit_store *u = *state;
	const struct auth_token *t;
	struct auth *auth;

	unit_sql(u->path,
		 "CREATE TRIGGER full BEFORE INSERT ON tokens BEGIN"
		 " SELECT RAISE(ABORT, 'full'); END",
		 NULL, 0);
	auth = load(u->store, tokens, 1);
	assert_non_null(t = find(auth, "one", NOW));
	CHECK_STR("its name", t->name, "config-1");
	CHECK_INT("no row", t->id, 0);
	CHECK_INT("no limits", t->limited, false);
	auth_free(auth);
}

static void
test_allows(void **state)
{
	struct auth_token t;

	(void)state;
	memset(&t, 0, sizeof(t));
	CHECK("all", auth_allows_endpoint(&t, ENDPOINT_MODELS));
	CHECK("all", auth_allows_model(&t, "x"));
	t.endpoints = 1u << ENDPOINT_CHAT | 1u << ENDPOINT_MODELS;
	CHECK("chat", auth_allows_endpoint(&t, ENDPOINT_CHAT));
	CHECK("models", auth_allows_endpoint(&t, ENDPOINT_MODELS));
	CHECK("audio", !auth_allows_endpoint(&t, ENDPOINT_AUDIO));
	(void)snprintf(t.models, sizeof(t.models), "gemini-*-lite,x");
	CHECK("x", auth_allows_model(&t, "x"));
	CHECK("in full", auth_allows_model(&t, "models/x"));
	CHECK("lite", auth_allows_model(&t, "gemini-2.5-flash-lite"));
	CHECK("flash", !auth_allows_model(&t, "gemini-2.5-flash"));
	CHECK("commas are no name", !auth_allows_model(&t, "gemini-*-lite,x"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(test_fields),	   WITH_STORE(test_pages),
	    WITH_STORE(test_in_force),	   WITH_STORE(test_configured),
	    WITH_STORE(test_both),	   WITH_STORE(test_unwritable),
	    cmocka_unit_test(test_allows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
