/* keys.c: "gbalance keys add|list|enable|disable|clear|set|remove" */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/clock.h"
#include "base/redact.h"
#include "cli/columns.h"
#include "cli/commands.h"
#include "cli/key_choice.h"
#include "keys/key_input.h"

#define READ_CHUNK 16384
#define IDS_MAX	   (64 * 1024 * 1024) /* bytes of the ids of all keys */

/* --- what is said of keys --------------------------------------------------
 */

/* --tier, --weight, --models, --note and --project, which then are no filters
 * any more; "models" is room for them.  False, with a complaint, when one of
 * them cannot be. */
static bool
take_fields(struct cli *cli, struct key_fields *f,
	    char models[KEY_MODELS_MAX + 1])
{
	const char *weight = cli->weight;
	size_t digits;

	*f = (struct key_fields){.project = cli->project,
				 .note = cli->token[TOKEN_NOTE]};
	f->by_tier = cli->tier != NULL;
	if (f->by_tier && !key_choice_tier(cli->tier, &f->tier))
		return false;
	if (weight != NULL) {
		digits = strspn(weight, "0123456789");
		if (digits > 0 && digits < 4 && weight[digits] == '\0')
			f->weight = strtol(weight, NULL, 10);
		if (f->weight < 1 || f->weight > KEY_WEIGHT_MAX) {
			cli_complain("--weight: a number from 1 to %d",
				     KEY_WEIGHT_MAX);
			return false;
		}
	}
	if (cli->token[TOKEN_MODELS] != NULL) {
		if (!key_models_tidy(cli->token[TOKEN_MODELS], models)) {
			cli_complain("--models: names of models with commas "
				     "between, \"*\" for any text, of %d bytes "
				     "at most",
				     KEY_MODELS_MAX);
			return false;
		}
		f->models = models;
	}
	if (f->project != NULL && !key_project_plausible(f->project)) {
		cli_complain("--project: this cannot be a name");
		return false;
	}
	if (!key_fields_plausible(f)) {
		cli_complain("--note: one line of %d bytes at most",
			     KEY_NOTE_MAX);
		return false;
	}
	cli->project = cli->tier = NULL;
	return true;
}

/* --- add ------------------------------------------------------------------ */

/* All of standard input to the end of "text". */
static enum gb_err
read_standard_input(struct buf *text)
{
	ssize_t got;
	char *end;

	if (isatty(STDIN_FILENO))
		(void)fputs("Paste the keys, then press Ctrl-D on a line of "
			    "its own.\n",
			    stderr);
	do {
		if ((end = buf_reserve(text, READ_CHUNK)) == NULL)
			return buf_error(text);
		got = read(STDIN_FILENO, end, READ_CHUNK);
		if (got == -1)
			return GB_EIO;
		text->len += (size_t)got;
		text->data[text->len] = '\0';
	} while (got > 0);
	return GB_OK;
}

/* The keys as text: of the arguments a line each, "-" for standard input. */
static enum gb_err
gather(const struct cli *cli, struct buf *text)
{
	enum gb_err rc;
	size_t i;

	if (cli->count == 0)
		return read_standard_input(text);
	rc = GB_OK;
	for (i = 0; rc == GB_OK && i < cli->count; i++)
		if (strcmp(cli->words[i], "-") == 0) {
			rc = read_standard_input(text);
			buf_putc(text, '\n');
		} else {
			buf_puts(text, cli->words[i]);
			buf_putc(text, '\n');
		}
	return rc == GB_OK ? buf_error(text) : rc;
}

static void
tell_unusable(const struct key_input *in)
{
	static const char *const words[KEY_UNFIT__MAX] = {
	    [KEY_TOO_SHORT] = "is too short for a key",
	    [KEY_TOO_LONG] = "is too long for a key",
	    [KEY_HAS_CONTROL] = "holds a control character",
	};
	const struct key_unusable *u;
	size_t i;

	for (i = 0; i < in->unusable_count && i < KEY_UNUSABLE_MAX; i++) {
		u = &in->unusable[i];
		(void)fprintf(stderr, "line %u: %s %s\n", u->line, u->mask,
			      words[u->why]);
	}
	if (in->unusable_count > KEY_UNUSABLE_MAX)
		(void)fprintf(stderr, "and %zu more\n",
			      in->unusable_count - KEY_UNUSABLE_MAX);
}

int
cli_keys_add(struct cli *cli)
{
	char models[KEY_MODELS_MAX + 1];
	struct key_fields fields;
	struct key_input in;
	struct buf text;
	size_t added;
	bool any;
	enum gb_err rc;

	if (!take_fields(cli, &fields, models))
		return CLI_EXIT_FAILURE;
	memset(&in, 0, sizeof(in));
	buf_init(&text, KEY_INPUT_MAX + READ_CHUNK);
	added = 0;
	rc = gather(cli, &text);
	if (rc == GB_OK)
		rc = key_input_read(&in, cli->pool, buf_str(&text), text.len);
	if (rc == GB_OK && in.count > 0)
		rc = store_keys_add_as(cli->store, cli->pool, &fields, in.keys,
				       in.count, clock_wall_ms(), &added);
	any = in.count > 0;
	if (rc == GB_OK) {
		tell_unusable(&in);
		(void)printf("%zu added, %zu known already, %zu duplicates in "
			     "the input, %zu unusable\n",
			     added, in.count - added, in.duplicates,
			     in.unusable_count);
		if (in.skipped > 0)
			(void)printf("skipped, as their names are no keys': "
				     "%zu\n",
				     in.skipped);
	} else if (rc == GB_ETOOBIG)
		cli_complain("the input has more than %d bytes; nothing was "
			     "added",
			     KEY_INPUT_MAX);
	else
		cli_complain("nothing was added: %s", gb_strerror(rc));
	key_input_release(&in);
	buf_wipe(&text);
	return rc == GB_OK && any ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}

/* --- list ----------------------------------------------------------------- */

/* What the store calls it in the history, too. */
static enum key_standing
standing_of(const struct key_row *row)
{
	if (row->disabled_by == DISABLED_BY_PERSON)
		return STANDS_OFF;
	if (row->disabled_by == DISABLED_BY_SYSTEM)
		return STANDS_DISABLED;
	return row->state == KEY_COOLING ? STANDS_COOLING : STANDS_READY;
}

static enum gb_err
list_as_table(const struct key_choice *keys)
{
	static const char *const head[] = {
	    "ID",      "POOL",	   "KEY",     "STATE",	 "REASON",
	    "BACK AT", "FAILURES", "LAST OK", "PROJECT", "RESTS FOR",
	    "TIER",    "WEIGHT",   "MODELS",  "NOTE",
	};
	char mask[SECRET_MASK_SIZE];
	const struct key_row *row;
	struct columns table;
	enum gb_err rc;
	size_t i;

	columns_init(&table, GB_COUNT(head));
	for (i = 0; i < GB_COUNT(head); i++)
		columns_add(&table, head[i]);
	for (i = 0; i < keys->count; i++) {
		row = keys->chosen[i];
		secret_mask(mask, row->secret);
		columns_add_number(&table, row->id);
		columns_add(&table, key_pool_names[row->pool]);
		columns_add(&table, mask);
		columns_add(&table, key_standing_names[standing_of(row)]);
		columns_add(&table, row->reason);
		columns_add_time(&table,
				 row->state == KEY_COOLING ? row->ready_at : 0);
		columns_add_number(&table, row->failures);
		columns_add_time(&table, row->last_ok_at);
		columns_add(&table, row->project);
		columns_add(&table, row->resting);
		columns_add(&table, key_tier_names[row->tier]);
		columns_add_number(&table, row->weight);
		columns_add(&table, row->models);
		columns_add(&table, row->note);
	}
	rc = columns_print(&table, stdout);
	columns_release(&table);
	return rc;
}

/* Add "value" to "to"; NULL is JSON's null only where "may_be_null". */
static bool
put(struct json_object *to, const char *name, struct json_object *value,
    bool may_be_null)
{
	if ((value != NULL || may_be_null) &&
	    json_object_object_add(to, name, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

static bool
put_time(struct json_object *to, const char *name, int64_t ms)
{
	char text[CLOCK_TEXT_SIZE];

	if (ms == 0)
		return put(to, name, NULL, true);
	clock_text(text, ms, false);
	return put(to, name, json_object_new_string(text), false);
}

/* Append the key to "list". */
static bool
put_row(struct json_object *list, const struct key_row *row)
{
	static const char *const by[] = {
	    [DISABLED_BY_NOBODY] = "",
	    [DISABLED_BY_SYSTEM] = "system",
	    [DISABLED_BY_PERSON] = "person",
	};
	static const char *const project_by[] = {
	    [PROJECT_BY_NOBODY] = "",
	    [PROJECT_BY_GUESS] = "guess",
	    [PROJECT_BY_GOOGLE] = "google",
	    [PROJECT_BY_PERSON] = "person",
	};
	struct json_object *o;
	char mask[SECRET_MASK_SIZE];

	o = json_object_new_object();
	if (o == NULL || json_object_array_add(list, o) != 0) {
		json_object_put(o);
		return false;
	}
	secret_mask(mask, row->secret);
	return put(o, "id", json_object_new_int64(row->id), false) &&
	       put(o, "pool", json_object_new_string(key_pool_names[row->pool]),
		   false) &&
	       put(o, "key", json_object_new_string(mask), false) &&
	       put(o, "state",
		   json_object_new_string(key_standing_names[standing_of(row)]),
		   false) &&
	       put(o, "disabled_by",
		   json_object_new_string(by[row->disabled_by]), false) &&
	       put(o, "reason", json_object_new_string(row->reason), false) &&
	       put_time(o, "back_at",
			row->state == KEY_COOLING ? row->ready_at : 0) &&
	       put(o, "failures", json_object_new_int64(row->failures),
		   false) &&
	       put(o, "project", json_object_new_string(row->project), false) &&
	       put(o, "project_by",
		   json_object_new_string(project_by[row->project_by]),
		   false) &&
	       put(o, "resting_for", json_object_new_string(row->resting),
		   false) &&
	       put(o, "tier", json_object_new_string(key_tier_names[row->tier]),
		   false) &&
	       put(o, "weight", json_object_new_int64(row->weight), false) &&
	       put(o, "models", json_object_new_string(row->models), false) &&
	       put(o, "note", json_object_new_string(row->note), false) &&
	       put_time(o, "created_at", row->created_at) &&
	       put_time(o, "last_ok_at", row->last_ok_at);
}

static enum gb_err
list_as_json(const struct key_choice *keys)
{
	struct json_object *list;
	const char *text;
	enum gb_err rc;
	size_t i;

	rc = GB_ENOMEM;
	list = json_object_new_array();
	for (i = 0; list != NULL && i < keys->count; i++)
		if (!put_row(list, keys->chosen[i]))
			goto out;
	text =
	    json_object_to_json_string_ext(list,
					   JSON_C_TO_STRING_PRETTY |
					       JSON_C_TO_STRING_NOSLASHESCAPE);
	if (list != NULL && text != NULL) {
		(void)printf("%s\n", text);
		rc = GB_OK;
	}
out:
	json_object_put(list);
	return rc;
}

int
cli_keys_list(struct cli *cli)
{
	struct key_choice keys;
	int64_t all[POOL__MAX], enabled;
	enum gb_err rc;
	int pool;

	if (key_choice_make(&keys, cli, true) != GB_OK)
		return CLI_EXIT_FAILURE;
	rc = cli->json ? list_as_json(&keys) : list_as_table(&keys);
	for (pool = 0; rc == GB_OK && pool < POOL__MAX; pool++)
		rc = store_keys_count(cli->store, (enum key_pool)pool,
				      &all[pool], &enabled);
	if (rc == GB_OK && all[POOL_GEMINI] + all[POOL_VERTEX] == 0)
		(void)fputs("There are no keys yet: gbalance keys add\n",
			    stderr);
	if (rc != GB_OK)
		cli_complain("keys: %s", gb_strerror(rc));
	key_choice_release(&keys);
	return rc == GB_OK ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}

/* --- enable, disable, clear, set, remove ---------------------------------- */

/* The setting whose keys each start adds to this pool, and them. */
static const char *
setting_of(const struct settings *cfg, enum key_pool pool,
	   const struct string_list **keys)
{
	*keys = pool == POOL_VERTEX ? &cfg->vertex_api_keys : &cfg->api_keys;
	return pool == POOL_VERTEX ? "vertex_api_keys" : "api_keys";
}

/* A key that a start would bring back. */
static void
warn_of_setting(struct cli *cli, const struct key_row *row)
{
	static const char *const places[LAYER__MAX] = {
	    [LAYER_DEFAULT] = "the defaults",
	    [LAYER_FILE] = "the configuration file",
	    [LAYER_ENVIRONMENT] = "the environment",
	    [LAYER_DATABASE] = "the admin pages",
	};
	const struct string_list *keys;
	const char *name;
	size_t i;

	name = setting_of(cli->settings, row->pool, &keys);
	if (row->pool == POOL_GEMINI &&
	    strcmp(cli->settings->paid_key, row->secret) == 0)
		cli_complain("key %" PRId64 " is also paid_key, and so comes "
			     "back with the next start",
			     row->id);
	for (i = 0; i < keys->count; i++)
		if (strcmp(keys->items[i], row->secret) == 0) {
			cli_complain(
			    "key %" PRId64 " is also in %s of %s, "
			    "and so comes back with the next start",
			    row->id, name,
			    places[settings_origin(cli->settings, name)]);
			break;
		}
}

/* The ids of the chosen keys, as filters have them. */
static void
ids_of(struct buf *ids, const struct key_choice *choice)
{
	size_t i;

	buf_putc(ids, '[');
	for (i = 0; i < choice->count; i++)
		buf_printf(ids, "%s%" PRId64, i > 0 ? "," : "",
			   choice->chosen[i]->id);
	buf_putc(ids, ']');
}

/* Carry out a wish on the chosen keys, or say something of them, and say of how
 * many it is now true. */
static enum gb_err
change(struct cli *cli, const struct key_choice *choice,
       const struct key_wish_of *of, const struct key_fields *fields,
       int64_t *done)
{
	struct key_filter f = {.ids = NULL};
	struct buf ids;
	enum gb_err rc;

	buf_init(&ids, IDS_MAX);
	ids_of(&ids, choice);
	f.ids = buf_str(&ids);
	*done = 0;
	rc = buf_error(&ids);
	if (rc == GB_OK && of != NULL)
		rc = store_keys_wish(cli->store, &f, of, clock_wall_ms(), done);
	else if (rc == GB_OK)
		rc = store_keys_set(cli->store, &f, fields, clock_wall_ms(),
				    done);
	buf_release(&ids);
	return rc;
}

static int
for_chosen(struct cli *cli, const struct key_wish_of *of,
	   const struct key_fields *fields, const char *participle)
{
	struct key_choice choice;
	enum gb_err rc;
	int64_t done;
	size_t i;

	if (key_choice_make(&choice, cli, false) != GB_OK)
		return CLI_EXIT_FAILURE;
	rc = change(cli, &choice, of, fields, &done);
	if (rc == GB_OK && of != NULL && of->wish == WISH_REMOVE)
		for (i = 0; i < choice.count; i++)
			warn_of_setting(cli, choice.chosen[i]);
	if (rc == GB_OK)
		(void)printf("%" PRId64 " %s %s\n", done,
			     done == 1 ? "key" : "keys", participle);
	else
		cli_complain("no key %s: %s", participle, gb_strerror(rc));
	key_choice_release(&choice);
	return rc == GB_OK ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}

/* The same for one model, with --model. */
static int
for_chosen_or_model(struct cli *cli, enum key_wish wish,
		    enum key_wish model_wish, const char *text,
		    const char *participle)
{
	const struct key_wish_of of = {
	    .wish = cli->model == NULL ? wish : model_wish,
	    .text = text,
	    .model = cli->model == NULL ? "" : cli->model,
	};

	return for_chosen(cli, &of, NULL, participle);
}

int
cli_keys_enable(struct cli *cli)
{
	return for_chosen_or_model(cli, WISH_ENABLE, WISH_ENABLE_MODEL,
				   "enabled on the command line", "enabled");
}

int
cli_keys_disable(struct cli *cli)
{
	return for_chosen_or_model(cli, WISH_DISABLE, WISH_DISABLE_MODEL,
				   "disabled on the command line", "disabled");
}

int
cli_keys_clear(struct cli *cli)
{
	return for_chosen_or_model(cli, WISH_CLEAR, WISH_CLEAR_MODEL,
				   "cleared on the command line", "cleared");
}

int
cli_keys_remove(struct cli *cli)
{
	const struct key_wish_of of = {.wish = WISH_REMOVE,
				       .text = "",
				       .model = ""};

	return for_chosen(cli, &of, NULL, "removed");
}

int
cli_keys_set(struct cli *cli)
{
	char models[KEY_MODELS_MAX + 1];
	struct key_fields fields;

	if (cli->tier == NULL && cli->weight == NULL &&
	    cli->token[TOKEN_MODELS] == NULL &&
	    cli->token[TOKEN_NOTE] == NULL && cli->project == NULL) {
		cli_complain("set what?  --tier, --weight, --models, --note "
			     "or --project");
		return CLI_EXIT_USAGE;
	}
	if (!take_fields(cli, &fields, models))
		return CLI_EXIT_FAILURE;
	return for_chosen(cli, NULL, &fields, "set");
}
