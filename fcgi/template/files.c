/* files.c: the parsed files of a folder, kept up to date */
#include "template/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define LOOK_MS 1000 /* between two looks at the same file */

/* What tells one state of a file from another; all zero: there is none. */
struct state {
	int64_t sec, nsec;
	uint64_t device, inode;
	int64_t size;
};

struct file {
	struct file *next;
	char name[TEMPLATE_NAME_MAX];
	struct context begin;
	struct parsed *good;
	struct state state; /* when it was parsed, or found to be worse */
	int64_t looked_ms;
};

struct template_set *
template_set_open(const char *folder, unsigned flags, template_report *report,
		  void *context)
{
	struct template_set *set = calloc(1, sizeof(*set));

	if (set == NULL)
		return NULL;
	set->folder = strdup(folder);
	if (set->folder == NULL || pthread_mutex_init(&set->lock, NULL) != 0) {
		free(set->folder);
		free(set);
		return NULL;
	}
	set->flags = flags;
	set->report = report;
	set->context = context;
	return set;
}

void
template_set_close(struct template_set *set)
{
	struct file *f;

	if (set == NULL)
		return;
	while ((f = set->files) != NULL) {
		set->files = f->next;
		parsed_drop(f->good);
		free(f);
	}
	(void)pthread_mutex_destroy(&set->lock);
	free(set->folder);
	free(set);
}

enum gb_err
template_set_modifier(struct template_set *set, const char *name,
		      template_modifier *modify)
{
	struct modifiers *m = &set->modifiers;

	if (name[0] != 'x' || name[1] != '-')
		return GB_EINVAL;
	if (m->count == PARSE_MODIFIERS)
		return GB_ETOOBIG;
	m->own[m->count].name = name;
	m->own[m->count].modify = modify;
	m->count++;
	return GB_OK;
}

void
files_report(const struct template_set *set, const struct template_error *err)
{
	if (set->report != NULL)
		set->report(set->context, err->text);
	else
		log_warnx("template: %s", err->text);
}

/* --- reading ---------------------------------------------------------------
 */

static enum gb_err
fail(struct template_error *err, const char *name, enum gb_err code,
     const char *why)
{
	if (err != NULL)
		(void)snprintf(err->text, sizeof(err->text), "%s: %s", name,
			       why);
	return code;
}

static enum gb_err
fail_errno(struct template_error *err, const char *name)
{
	enum gb_err code =
	    errno == ENOENT || errno == ENOTDIR ? GB_ENOTFOUND : GB_EIO;

	return fail(err, name, code, strerror(errno));
}

static void
state_of(struct state *state, const struct stat *st)
{
	memset(state, 0, sizeof(*state));
	state->sec = st->st_mtim.tv_sec;
	state->nsec = st->st_mtim.tv_nsec;
	state->device = st->st_dev;
	state->inode = st->st_ino;
	state->size = st->st_size;
}

/* All bytes of an open file into "*text", which the caller frees. */
static enum gb_err
read_all(int fd, const char *name, size_t size, char **text, size_t *len,
	 struct template_error *err)
{
	ssize_t n = 1;

	*len = 0;
	*text = malloc(size + 1);
	if (*text == NULL)
		return fail(err, name, GB_ENOMEM, gb_strerror(GB_ENOMEM));
	while (n > 0 && *len < size) {
		n = read(fd, *text + *len, size - *len);
		if (n > 0)
			*len += (size_t)n;
		else if (n == -1 && errno == EINTR)
			n = 1;
	}
	if (n != -1)
		return GB_OK;
	free(*text);
	*text = NULL;
	return fail_errno(err, name);
}

static char *
path_of(const struct template_set *set, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", set->folder, name) == -1 ? NULL : path;
}

/* Read and parse it; "*state" is set in any case, to zeros when it is gone. */
static enum gb_err
load(const struct template_set *set, const char *name,
     const struct context *begin, struct parsed **out, struct state *state,
     struct template_error *err)
{
	char *path = path_of(set, name), *text;
	enum gb_err rc;
	struct stat st;
	size_t len;
	int fd;

	memset(state, 0, sizeof(*state));
	if (path == NULL)
		return fail(err, name, GB_ENOMEM, gb_strerror(GB_ENOMEM));
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	free(path);
	if (fd == -1)
		return fail_errno(err, name);
	if (fstat(fd, &st) == -1) {
		rc = fail_errno(err, name);
		goto out;
	}
	state_of(state, &st);
	if (!S_ISREG(st.st_mode)) {
		rc = fail(err, name, GB_EINVAL, "is no file");
		goto out;
	}
	if ((size_t)st.st_size > TEMPLATE_FILE_MAX) {
		rc = fail(err, name, GB_ETOOBIG, "is larger than a MiB");
		goto out;
	}
	rc = read_all(fd, name, (size_t)st.st_size, &text, &len, err);
	if (rc == GB_OK)
		rc = parse(name, text, len, begin, &set->modifiers, out, err);
out:
	(void)close(fd);
	return rc;
}

/* --- the cache -------------------------------------------------------------
 */

static struct file *
find(const struct template_set *set, const char *name,
     const struct context *begin)
{
	struct file *f;

	for (f = set->files; f != NULL; f = f->next)
		if (strcmp(f->name, name) == 0 &&
		    context_equal(&f->begin, begin))
			return f;
	return NULL;
}

static bool
has_changed(const struct template_set *set, struct file *f)
{
	int64_t now = clock_mono_ms();
	struct state state;
	struct stat st;
	char *path;

	if (!(set->flags & TEMPLATE_FRESH) && now - f->looked_ms < LOOK_MS)
		return false;
	f->looked_ms = now;
	path = path_of(set, f->name);
	if (path == NULL)
		return false;
	memset(&state, 0, sizeof(state));
	if (stat(path, &st) == 0)
		state_of(&state, &st);
	free(path);
	return memcmp(&state, &f->state, sizeof(state)) != 0;
}

/* It has changed: the new one, or the last good one and "*worse". */
static enum gb_err
reload(struct template_set *set, struct file *f, bool *worse,
       struct template_error *err)
{
	struct parsed *good = NULL;
	struct state state;
	enum gb_err rc;

	rc = load(set, f->name, &f->begin, &good, &state, err);
	if (rc == GB_OK) {
		parsed_drop(f->good);
		f->good = good;
		f->state = state;
		return GB_OK;
	}
	if (set->flags & TEMPLATE_STRICT) {
		memset(&f->state, 0xff, sizeof(f->state)); /* look again */
		f->looked_ms = 0;
		return rc;
	}
	if (rc != GB_ENOMEM) {
		f->state = state; /* so that it is told once */
		*worse = true;
	}
	return GB_OK;
}

static enum gb_err
add(struct template_set *set, const char *name, const struct context *begin,
    struct file **out, struct template_error *err)
{
	struct file *f;
	enum gb_err rc;

	if (set->file_count == TEMPLATE_FILES)
		return fail(err, name, GB_ETOOBIG, "too many files in use");
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return fail(err, name, GB_ENOMEM, gb_strerror(GB_ENOMEM));
	rc = load(set, name, begin, &f->good, &f->state, err);
	if (rc != GB_OK) {
		free(f);
		return rc;
	}
	memcpy(f->name, name, strlen(name) + 1);
	f->begin = *begin;
	f->looked_ms = clock_mono_ms();
	f->next = set->files;
	set->files = f;
	set->file_count++;
	*out = f;
	return GB_OK;
}

enum gb_err
files_get(struct template_set *set, const char *name,
	  const struct context *begin, struct parsed **out,
	  struct template_error *err)
{
	struct template_error why;
	enum gb_err rc = GB_OK;
	bool worse = false;
	struct file *f;

	if (!parse_file_name(name, strlen(name)))
		return fail(err, "template", GB_ENOTFOUND,
			    "this is no name of a file");
	why.text[0] = '\0';
	(void)pthread_mutex_lock(&set->lock);
	f = find(set, name, begin);
	if (f == NULL)
		rc = add(set, name, begin, &f, &why);
	else if (has_changed(set, f))
		rc = reload(set, f, &worse, &why);
	if (rc == GB_OK) {
		*out = f->good;
		(void)atomic_fetch_add(&f->good->refs, 1);
	}
	(void)pthread_mutex_unlock(&set->lock);
	if (worse)
		files_report(set, &why);
	if (rc != GB_OK && err != NULL)
		*err = why;
	return rc;
}
