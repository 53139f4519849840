/* startup.c: from a command line to settings and an open database */
#include "app/startup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/secret_key.h"
#include "store/keys.h"
#include "store/overrides.h"
#include "store/sealing.h"

#define DEFAULT_FILE "gbalance.cfg"

const char *
startup_config_file(const char *given)
{
	if (given != NULL)
		return given;
	return access(DEFAULT_FILE, F_OK) == 0 ? DEFAULT_FILE : NULL;
}

/* Make "*path" relative to the folder of "config_file": web servers start us
 * in folders of their own choice. */
static enum gb_err
beside_config(const char *config_file, char **path)
{
	const char *slash;
	char *whole;

	slash = config_file == NULL ? NULL : strrchr(config_file, '/');
	if (slash == NULL || (*path)[0] == '/' || (*path)[0] == '\0')
		return GB_OK;
	if (asprintf(&whole, "%.*s/%s", (int)(slash - config_file), config_file,
		     *path) == -1)
		return GB_ENOMEM;
	free(*path);
	*path = whole;
	return GB_OK;
}

enum gb_err
startup_settings(const char *config_file, struct store *store,
		 struct settings **out, struct buf *faults)
{
	struct settings_load load = {.file = config_file, .environ = environ};
	struct settings_override *overrides;
	struct override_rows rows = {NULL, 0};
	enum gb_err rc;
	size_t i;

	*out = NULL;
	overrides = NULL;
	if (store != NULL) {
		rc = store_overrides_list(store, &rows);
		if (rc != GB_OK)
			goto out;
		rc = GB_ENOMEM;
		overrides = calloc(rows.count + 1, sizeof(*overrides));
		if (overrides == NULL)
			goto out;
		for (i = 0; i < rows.count; i++) {
			overrides[i].name = rows.rows[i].name;
			overrides[i].json = rows.rows[i].json;
		}
	}
	load.overrides = overrides;
	load.override_count = rows.count;
	rc = settings_load(out, &load, faults);
	if (rc == GB_OK &&
	    (beside_config(config_file, &(*out)->database) != GB_OK ||
	     beside_config(config_file, &(*out)->log_file) != GB_OK ||
	     beside_config(config_file, &(*out)->pictures_dir) != GB_OK ||
	     beside_config(config_file, &(*out)->backup_folder) != GB_OK ||
	     beside_config(config_file, &(*out)->secret_key_file) != GB_OK ||
	     beside_config(config_file, &(*out)->templates_dir) != GB_OK ||
	     beside_config(config_file, &(*out)->static_dir) != GB_OK ||
	     beside_config(config_file, &(*out)->ca_file) != GB_OK)) {
		settings_free(*out);
		*out = NULL;
		rc = GB_ENOMEM;
	}
out:
	free(overrides);
	override_rows_free(&rows);
	return rc;
}

enum gb_err
startup_settings_with(const char *config_file,
		      const struct settings_override *overrides, size_t count,
		      struct settings **out, struct buf *faults,
		      struct setting_fault *first)
{
	const struct settings_load load = {startup_config_file(config_file),
					   environ, overrides, count, first};

	return settings_load(out, &load, faults);
}

enum gb_err
startup_unlock(struct store *store, const struct settings *cfg, bool convert)
{
	unsigned char key[SEAL_KEY_SIZE];
	enum gb_err rc;

	if (cfg->secret_key_file[0] == '\0')
		return store_unlock(store, NULL, false);
	if ((rc = secret_key_read(cfg->secret_key_file, key)) == GB_OK)
		rc = store_unlock(store, key, convert);
	explicit_bzero(key, sizeof(key));
	return rc;
}

/* What a database is opened for. */
enum purpose {
	TO_LOOK, /* one that is there already */
	TO_RUN,
	TO_REPAIR /* what it says may be faulty */
};

/* As startup_load(), without adding keys. */
static enum gb_err
load_both(const char *config_file, enum purpose purpose,
	  struct settings **settings, struct store **store)
{
	struct buf faults;
	enum gb_err rc;

	*settings = NULL;
	*store = NULL;
	buf_init(&faults, STARTUP_FAULTS_MAX);
	config_file = startup_config_file(config_file);
	rc = startup_settings(config_file, NULL, settings, &faults);
	if (rc != GB_OK)
		goto out;
	if (purpose == TO_LOOK && access((*settings)->database, F_OK) == -1)
		goto out;
	rc = store_open(store, (*settings)->database);
	if (rc != GB_OK) {
		buf_printf(&faults, "%s: the database does not open: %s\n",
			   (*settings)->database, gb_strerror(rc));
		goto out;
	}
	rc = startup_unlock(*store, *settings, purpose != TO_LOOK);
	if (rc != GB_OK) {
		buf_printf(&faults,
			   "%s: its secrets cannot be read: see above\n",
			   (*settings)->database);
		goto out;
	}
	settings_free(*settings);
	rc = startup_settings(config_file, *store, settings, &faults);
	if (rc == GB_EINVAL && purpose == TO_REPAIR)
		rc = startup_settings(config_file, NULL, settings, &faults);
out:
	if (rc == GB_OK)
		rc = clock_set_zone((*settings)->timezone);
	(void)fputs(buf_str(&faults), stderr);
	if (rc != GB_OK && faults.len == 0)
		(void)fprintf(stderr, "gbalance: %s\n", gb_strerror(rc));
	if (rc != GB_OK) {
		settings_free(*settings);
		store_close(*store);
		*settings = NULL;
		*store = NULL;
	}
	buf_release(&faults);
	return rc;
}

/* Add the keys of the setting "name" to their pool, as "fields" say. */
static enum gb_err
add_keys(struct store *store, enum key_pool pool, const char *name,
	 const struct key_fields *fields, char *const *keys, size_t count)
{
	enum gb_err rc;
	size_t added;

	if (count == 0)
		return GB_OK;
	rc = store_keys_add_as(store, pool, fields, keys, count,
			       clock_wall_ms(), &added);
	if (rc != GB_OK)
		(void)fprintf(stderr, "gbalance: %s: cannot be added: %s\n",
			      name, gb_strerror(rc));
	else if (added > 0)
		log_info("keys: %zu added from %s", added, name);
	return rc;
}

/* All that the settings have. */
enum gb_err
startup_add_keys(struct store *store, const struct settings *cfg)
{
	static const struct key_fields paid = {.by_tier = true,
					       .tier = TIER_PAID};
	enum gb_err rc;

	rc = add_keys(store, POOL_GEMINI, "api_keys", NULL, cfg->api_keys.items,
		      cfg->api_keys.count);
	if (rc == GB_OK)
		rc = add_keys(store, POOL_VERTEX, "vertex_api_keys", NULL,
			      cfg->vertex_api_keys.items,
			      cfg->vertex_api_keys.count);
	if (rc == GB_OK)
		rc = add_keys(store, POOL_GEMINI, "paid_key", &paid,
			      &cfg->paid_key, cfg->paid_key[0] != '\0');
	return rc;
}

enum gb_err
startup_load(const char *config_file, struct settings **settings,
	     struct store **store)
{
	enum gb_err rc;

	rc = load_both(config_file, TO_RUN, settings, store);
	if (rc != GB_OK)
		return rc;
	if ((rc = startup_add_keys(*store, *settings)) == GB_OK)
		return GB_OK;
	settings_free(*settings);
	store_close(*store);
	*settings = NULL;
	*store = NULL;
	return rc;
}

enum gb_err
startup_inspect(const char *config_file, struct settings **settings,
		struct store **store)
{
	return load_both(config_file, TO_LOOK, settings, store);
}

enum gb_err
startup_repair(const char *config_file, struct settings **settings,
	       struct store **store)
{
	return load_both(config_file, TO_REPAIR, settings, store);
}
