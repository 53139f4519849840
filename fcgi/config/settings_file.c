/* settings_file.c: settings from gbalance.cfg; the one user of libconfig */
#include "config/settings_layer.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>
#include <libconfig.h>

#define FILE_BYTES_MAX (4 << 20) /* 4 MiB: some 80,000 keys */
#define READ_CHUNK     16384
#define DEPTH_MAX      4 /* a list of groups of texts needs 3 */

static enum gb_err to_json(const config_setting_t *, int depth,
			   struct json_object **out);

/* Put "value", which is given away, into "parent" under the name of "from". */
static enum gb_err
put_child(struct json_object *parent, const config_setting_t *from,
	  struct json_object *value)
{
	const char *name;
	int failed;

	name = config_setting_name(from);
	if (json_object_is_type(parent, json_type_object))
		failed = json_object_object_add(parent, name, value);
	else
		failed = json_object_array_add(parent, value);
	if (failed == 0)
		return GB_OK;
	json_object_put(value);
	return GB_ENOMEM;
}

/* The children of a group, list or array. */
static enum gb_err
children_to_json(const config_setting_t *from, int depth,
		 struct json_object *parent)
{
	const config_setting_t *child;
	struct json_object *value;
	enum gb_err rc;
	int i;

	rc = GB_OK;
	for (i = 0; rc == GB_OK && i < config_setting_length(from); i++) {
		child = config_setting_get_elem(from, (unsigned)i);
		rc = to_json(child, depth + 1, &value);
		if (rc == GB_OK)
			rc = put_child(parent, child, value);
	}
	return rc;
}

/* "from" as JSON; what is nested too deep for any setting becomes null. */
static enum gb_err
to_json(const config_setting_t *from, int depth, struct json_object **out)
{
	enum gb_err rc;

	*out = NULL;
	if (depth > DEPTH_MAX)
		return GB_OK;
	switch (config_setting_type(from)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		*out = json_object_new_int64(config_setting_get_int64(from));
		break;
	case CONFIG_TYPE_FLOAT:
		*out = json_object_new_double(config_setting_get_float(from));
		break;
	case CONFIG_TYPE_STRING:
		*out = json_object_new_string(config_setting_get_string(from));
		break;
	case CONFIG_TYPE_BOOL:
		*out = json_object_new_boolean(config_setting_get_bool(from));
		break;
	case CONFIG_TYPE_GROUP:
		*out = json_object_new_object();
		break;
	default: /* a list "( )" or an array "[ ]" */
		*out = json_object_new_array();
		break;
	}
	rc = *out == NULL ? GB_ENOMEM : GB_OK;
	if (rc == GB_OK && config_setting_is_aggregate(from))
		rc = children_to_json(from, depth, *out);
	if (rc != GB_OK) {
		json_object_put(*out);
		*out = NULL;
	}
	return rc;
}

/* All of the file into "out".  Failures are noted. */
static enum gb_err
read_file(struct settings_loading *loading, const char *path, struct buf *out)
{
	const struct settings_place place = {LAYER_FILE, path, 0};
	struct stat st;
	ssize_t got;
	char *end;
	int fd;

	got = -1;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd != -1 && fstat(fd, &st) == 0) {
		do {
			if ((end = buf_reserve(out, READ_CHUNK)) == NULL)
				break;
			got = read(fd, end, READ_CHUNK);
			if (got > 0)
				out->len += (size_t)got;
			out->data[out->len] = '\0';
		} while (got > 0);
	}
	if (buf_error(out) == GB_ETOOBIG)
		errno = EFBIG;
	if (got != 0 && buf_error(out) != GB_ENOMEM)
		loading_fault(loading, &place, NULL, strerror(errno));
	if (fd != -1)
		close(fd);
	if (buf_error(out) == GB_ENOMEM)
		return GB_ENOMEM;
	return got == 0 ? GB_OK : GB_EIO;
}

/* The beginning of line "number" of "text", counted from 1. */
static const char *
find_line(const char *text, unsigned number)
{
	const char *end;

	for (; number > 1; number--) {
		end = strchr(text, '\n');
		if (end == NULL)
			return text + strlen(text);
		text = end + 1;
	}
	return text;
}

/*
 * Whether the number that "text" has for "s" does not fit 32 bits although it
 * has no "L" at its end: libconfig 1.5 then takes its lowest 32 bits and says
 * nothing, which would make 4294967306 seconds 10.
 */
static bool
was_truncated(const char *text, const config_setting_t *s)
{
	const char *name, *p, *line_end;
	long long number;
	size_t len;

	if (config_setting_type(s) != CONFIG_TYPE_INT ||
	    config_setting_source_file(s) != NULL)
		return false;
	name = config_setting_name(s);
	len = strlen(name);
	p = find_line(text, config_setting_source_line(s));
	line_end = p + strcspn(p, "\n");
	for (; (p = strstr(p, name)) != NULL && p < line_end; p++) {
		p += len;
		p += strspn(p, " \t");
		if (*p != '=' && *p != ':')
			continue;
		p += 1 + strspn(p + 1, " \t\r\n");
		errno = 0;
		number = strtoll(p, NULL, 0);
		return errno != 0 || number < INT_MIN || number > INT_MAX;
	}
	return false;
}

/* Each setting of the parsed file. */
static enum gb_err
take_all(struct settings_loading *loading, const char *path, const char *text,
	 const config_setting_t *root)
{
	struct settings_place place = {LAYER_FILE, path, 0};
	const config_setting_t *s;
	struct json_object *value;
	enum gb_err rc;
	int i;

	rc = GB_OK;
	for (i = 0; rc == GB_OK && i < config_setting_length(root); i++) {
		s = config_setting_get_elem(root, (unsigned)i);
		place.file = config_setting_source_file(s);
		if (place.file == NULL) /* not one that was included */
			place.file = path;
		place.line = config_setting_source_line(s);
		if (was_truncated(text, s)) {
			loading_fault(loading, &place, config_setting_name(s),
				      "is too large a number");
			continue;
		}
		rc = to_json(s, 0, &value);
		if (rc == GB_OK)
			rc = loading_set(loading, &place,
					 config_setting_name(s), value);
		json_object_put(value);
	}
	return rc;
}

enum gb_err
settings_file_read(struct settings_loading *loading, const char *path)
{
	struct settings_place place = {LAYER_FILE, path, 0};
	config_t config;
	struct buf text;
	enum gb_err rc;

	config_init(&config);
	buf_init(&text, FILE_BYTES_MAX);
	rc = read_file(loading, path, &text);
	if (rc != GB_OK)
		goto out;
	if (strlen(buf_str(&text)) != text.len) {
		loading_fault(loading, &place, NULL, "holds a NUL byte");
		goto out;
	}
	if (config_read_string(&config, buf_str(&text)) != CONFIG_TRUE) {
		place.line = (unsigned)config_error_line(&config);
		if (config_error_file(&config) != NULL)
			place.file = config_error_file(&config);
		loading_fault(loading, &place, NULL,
			      config_error_text(&config));
		goto out;
	}
	rc = take_all(loading, path, buf_str(&text),
		      config_root_setting(&config));
out:
	buf_wipe(&text); /* held keys */
	config_destroy(&config);
	return rc;
}
