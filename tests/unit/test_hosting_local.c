/* test_hosting_local.c: the folder of pictures: names, attacks, limits */
#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/clock.h"
#include "hosting/local.h"

#define NOW_MS INT64_C(1790000000000)
#define ID     "0123456789abcdef0123456789abcdef"

struct room {
	char folder[64], pictures[96];
	struct settings cfg;
};

static int
set_up(void **state)
{
	static char local[] = "local";
	struct room *r;

	if ((r = calloc(1, sizeof(*r))) == NULL)
		return -1;
	(void)snprintf(r->folder, sizeof(r->folder), "/tmp/gbalance.XXXXXX");
	if (mkdtemp(r->folder) == NULL)
		return -1;
	(void)snprintf(r->pictures, sizeof(r->pictures), "%s/a/b", r->folder);
	r->cfg.pictures_dir = r->pictures;
	r->cfg.pictures_max = 1000;
	r->cfg.pictures_days = 30;
	r->cfg.upload_provider = local;
	*state = r;
	return 0;
}

static void
remove_all(const char *folder)
{
	struct dirent *entry;
	char path[512];
	DIR *dir;

	if ((dir = opendir(folder)) == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", folder,
			       entry->d_name);
		if (unlink(path) == -1)
			remove_all(path);
	}
	(void)closedir(dir);
	(void)rmdir(folder);
}

static int
tear_down(void **state)
{
	struct room *r = *state;

	remove_all(r->folder);
	free(r);
	return 0;
}

/* --- names ---------------------------------------------------------------- */

static const struct name_row {
	const char *name, *mime; /* NULL: it is none */
} name_rows[] = {
    {ID ".png", "image/png"},
    {ID ".jpg", "image/jpeg"},
    {ID ".webp", "image/webp"},
    {ID ".heif", "image/heif"},
    {"", NULL},
    {".png", NULL},
    {ID, NULL},
    {ID ".", NULL},
    {ID ".svg", NULL},
    {ID ".html", NULL},
    {ID ".PNG", NULL},
    {ID ".pngx", NULL},
    {ID ".png/", NULL},
    {ID ".png.", NULL},
    {ID "0.png", NULL},
    {"0123456789ABCDEF0123456789abcdef.png", NULL},
    {"../../../../../../../etc/passwd.png", NULL},
    {"..%2f..%2f..%2f..%2f..%2fetc%2f.png.png", NULL},
    {"/123456789abcdef0123456789abcdef.png", NULL},
    {"./23456789abcdef0123456789abcdef.png", NULL},
    {"..\\3456789abcdef0123456789abcdef.png", NULL},
    {".new-" ID ".png", NULL},
    {"gbalance.db", NULL},
};

static void
test_names(void **state)
{
	struct room *r = *state;
	const struct picture_kind *kind;
	const struct name_row *row;
	size_t len;
	int fd;

	for (row = name_rows; row < name_rows + GB_COUNT(name_rows); row++) {
		kind = picture_name_kind(row->name, strlen(row->name));
		CHECK_STR(row->name, kind == NULL ? NULL : kind->mime,
			  row->mime);
		fd = 7;
		CHECK_INT(row->name, local_open(&r->cfg, row->name, &fd, &len),
			  GB_ENOTFOUND);
		CHECK_INT(row->name, fd, -1);
	}
	/* A NUL is no end. */
	CHECK("NUL", picture_name_kind(ID ".png\0x", 38) == NULL);
}

static void
test_new_names(void **state)
{
	const struct picture_kind *png = picture_kind_of("image/png");
	char one[PICTURE_NAME_SIZE], other[PICTURE_NAME_SIZE];

	(void)state;
	picture_name_new(png, one);
	picture_name_new(png, other);
	CHECK("new", strcmp(one, other) != 0);
	CHECK("fit", picture_name_kind(one, strlen(one)) == png);
}

static void
test_kinds(void **state)
{
	static const struct {
		const char *mime, *ext;
	} rows[] = {
	    {"image/png", "png"},
	    {"IMAGE/JPEG", "jpg"},
	    {"image/webp; charset=binary", "webp"},
	    {"image/svg+xml", NULL},
	    {"text/html", NULL},
	    {"image/", NULL},
	    {"image/pn", NULL},
	    {"image/pngs", NULL},
	    {"", NULL},
	};
	const struct picture_kind *kind;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(rows); i++) {
		kind = picture_kind_of(rows[i].mime);
		CHECK_STR(rows[i].mime, kind == NULL ? NULL : kind->ext,
			  rows[i].ext);
	}
}

static void
test_ours(void **state)
{
	static const struct {
		const char *url, *name;
	} rows[] = {
	    {"https://a.example/pictures/" ID ".png", ID ".png"},
	    {"http://127.0.0.1:8000/~me/gb.fcgi/pictures/" ID ".jpg",
	     ID ".jpg"},
	    {"HTTPS://a.example/pictures/" ID ".png", ID ".png"},
	    {"https://a.example/" ID ".png", ""},
	    {"https://a.example/mypictures/" ID ".png", ""},
	    {"https://a.example/pictures/" ID ".png?x", ""},
	    {"https://a.example/pictures/" ID ".png/", ""},
	    {"https://a.example/pictures/../" ID ".png", ""},
	    {"https://a.example/pictures/" ID ".exe", ""},
	    {"ftp://a.example/pictures/" ID ".png", ""},
	    {"/pictures/" ID ".png", ""},
	    {"pictures/" ID ".png", ""},
	    {ID ".png", ""},
	    {"https://", ""},
	    {"", ""},
	};
	char name[PICTURE_NAME_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(rows); i++) {
		CHECK_INT(rows[i].url,
			  hosting_is_ours(rows[i].url, strlen(rows[i].url),
					  name),
			  rows[i].name[0] != '\0');
		CHECK_STR(rows[i].url, name, rows[i].name);
	}
	/* Only the bytes that it was given. */
	CHECK("cut",
	      !hosting_is_ours(rows[0].url, strlen(rows[0].url) - 1, name));
}

/* --- keeping -------------------------------------------------------------- */

static enum gb_err
put(struct room *r, const char *mime, const char *base64, struct buf *url)
{
	struct hosting_call call = {.cfg = &r->cfg,
				    .base = "https://x.example/gb",
				    .watch_fd = -1};
	struct picture picture = {mime, base64, strlen(base64)};

	return hosting_put(&call, &picture, url);
}

static void
test_put(void **state)
{
	struct room *r = *state;
	char name[PICTURE_NAME_SIZE], path[256];
	const char *mime;
	struct stat st;
	struct buf url, back;

	buf_init(&url, PICTURE_URL_MAX);
	buf_init(&back, 1000);
	CHECK_INT("put", put(r, "image/png", "AAECAw==", &url), GB_OK);
	CHECK("below the base",
	      strncmp(buf_str(&url), "https://x.example/gb/pictures/", 30) ==
		  0);
	CHECK("ours", hosting_is_ours(buf_str(&url), url.len, name));
	CHECK_INT("load", hosting_load(&r->cfg, name, &mime, &back), GB_OK);
	CHECK_STR("mime", mime, "image/png");
	CHECK_INT("bytes", back.len, 4);
	CHECK("bytes", memcmp(back.data, "\0\1\2\3", 4) == 0);
	(void)snprintf(path, sizeof(path), "%s/%s", r->pictures, name);
	CHECK_INT("stat", stat(path, &st), 0);
	CHECK_INT("nobody else's", st.st_mode & 0777, 0600);
	CHECK_INT("nobody else's", stat(r->pictures, &st), 0);
	CHECK_INT("nobody else's", st.st_mode & 0777, 0700);

	buf_release(&back);
	buf_init(&back, 3);
	CHECK_INT("no room", hosting_load(&r->cfg, name, &mime, &back),
		  GB_ETOOBIG);
	buf_release(&back);
	buf_release(&url);
}

static void
test_put_refused(void **state)
{
	static const struct {
		const char *name, *mime, *base64;
		enum gb_err want;
	} rows[] = {
	    {"a page", "text/html", "AAECAw==", GB_EINVAL},
	    {"svg", "image/svg+xml", "AAECAw==", GB_EINVAL},
	    {"nothing", "image/png", "", GB_EINVAL},
	    {"no base64", "image/png", "AAEC*w==", GB_EINVAL},
	    {"cut base64", "image/png", "AAECA", GB_EINVAL},
	};
	struct room *r = *state;
	struct buf url, large;
	char zeros[1002] = {0};
	size_t i;

	buf_init(&url, PICTURE_URL_MAX);
	for (i = 0; i < GB_COUNT(rows); i++) {
		CHECK_INT(rows[i].name,
			  put(r, rows[i].mime, rows[i].base64, &url),
			  rows[i].want);
		CHECK_INT(rows[i].name, url.len, 0);
	}
	buf_init(&large, 4000);
	base64_encode(&large, zeros, sizeof(zeros));
	CHECK_INT("over pictures_max",
		  put(r, "image/png", buf_str(&large), &url), GB_ETOOBIG);
	CHECK_INT("nothing was kept", access(r->pictures, F_OK), -1);
	buf_release(&large);
	buf_release(&url);
}

/* Where nothing can be written, that is said, and nothing is left. */
static void
test_put_no_folder(void **state)
{
	struct room *r = *state;
	struct buf url;
	char file[128];
	int fd;

	(void)snprintf(file, sizeof(file), "%s/a", r->folder);
	fd = open(file, O_WRONLY | O_CREAT, 0600);
	CHECK("a file in the way", fd != -1);
	(void)close(fd);
	buf_init(&url, PICTURE_URL_MAX);
	CHECK_INT("put", put(r, "image/png", "AAECAw==", &url), GB_EIO);
	CHECK_INT("put", url.len, 0);
	buf_release(&url);
}

/* What is no plain file of the folder is not there. */
static void
test_links(void **state)
{
	struct room *r = *state;
	char path[256], secret[128];
	size_t len;
	int fd;

	CHECK_INT("keep", local_keep(&r->cfg, ID ".png", "x", 1), GB_OK);
	(void)snprintf(secret, sizeof(secret), "%s/secret", r->folder);
	fd = open(secret, O_WRONLY | O_CREAT, 0600);
	CHECK("secret", fd != -1 && write(fd, "secret", 6) == 6);
	(void)close(fd);
	(void)snprintf(path, sizeof(path), "%s/" ID ".jpg", r->pictures);
	CHECK_INT("link", symlink(secret, path), 0);
	CHECK_INT("link", local_open(&r->cfg, ID ".jpg", &fd, &len),
		  GB_ENOTFOUND);
	(void)snprintf(path, sizeof(path), "%s/" ID ".gif", r->pictures);
	CHECK_INT("folder", mkdir(path, 0700), 0);
	CHECK_INT("folder", local_open(&r->cfg, ID ".gif", &fd, &len),
		  GB_ENOTFOUND);
	(void)snprintf(path, sizeof(path), "%s/" ID ".webp", r->pictures);
	CHECK_INT("fifo", mkfifo(path, 0600), 0);
	CHECK_INT("fifo", local_open(&r->cfg, ID ".webp", &fd, &len),
		  GB_ENOTFOUND);
	CHECK_INT("file", local_open(&r->cfg, ID ".png", &fd, &len), GB_OK);
	CHECK_INT("file", len, 1);
	(void)close(fd);
}

/* --- sweeping ------------------------------------------------------------- */

/* A file of so many bytes and days. */
static void
plant(struct room *r, const char *name, size_t len, int64_t days)
{
	struct timespec times[2];
	char path[256], zeros[1000] = {0};
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", r->pictures, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	CHECK(name, fd != -1 && write(fd, zeros, len) == (ssize_t)len);
	times[0].tv_sec = times[1].tv_sec = (NOW_MS - days * DAY_MS) / 1000;
	times[0].tv_nsec = times[1].tv_nsec = 0;
	CHECK_INT(name, futimens(fd, times), 0);
	(void)close(fd);
}

static bool
is_there(struct room *r, const char *name)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", r->pictures, name);
	return access(path, F_OK) == 0;
}

#define NAME(c) c "123456789abcdef0123456789abcdef.png"

static void
test_sweep(void **state)
{
	struct room *r = *state;
	struct local_count kept;

	CHECK_INT("no folder", local_sweep(&r->cfg, NOW_MS, &kept), GB_OK);
	CHECK_INT("no folder", kept.pictures, 0);
	CHECK_INT("make it", local_keep(&r->cfg, ID ".gif", "x", 1), GB_OK);
	plant(r, NAME("a"), 300, 31); /* too old */
	plant(r, NAME("b"), 400, 29); /* one too many */
	plant(r, NAME("c"), 500, 3);
	plant(r, NAME("d"), 499, 1);
	plant(r, "somebody's.txt", 900, 99); /* not ours */
	plant(r, ".new-" NAME("e"), 900, 1); /* left by a crash */
	plant(r, ".new-" NAME("f"), 900, 0); /* being written */
	CHECK_INT("sweep", local_sweep(&r->cfg, NOW_MS, &kept), GB_OK);
	CHECK("too old", !is_there(r, NAME("a")));
	CHECK("too many", !is_there(r, NAME("b")));
	CHECK("fits", is_there(r, NAME("c")));
	CHECK("fits", is_there(r, NAME("d")));
	CHECK("not ours", is_there(r, "somebody's.txt"));
	CHECK("unfinished", !is_there(r, ".new-" NAME("e")));
	CHECK("being written", is_there(r, ".new-" NAME("f")));
	CHECK_INT("kept", kept.pictures, 3);
	CHECK_INT("kept", kept.bytes, 1000);
	CHECK_INT("oldest", kept.oldest_ms, NOW_MS - 3 * DAY_MS);

	CHECK_INT("count", local_count(&r->cfg, &kept), GB_OK);
	CHECK_INT("count", kept.bytes, 1000);
	CHECK_INT("count", kept.oldest_ms, NOW_MS - 3 * DAY_MS);
}

/* Without days only the bytes count. */
static void
test_sweep_no_days(void **state)
{
	struct room *r = *state;
	struct local_count kept;

	CHECK_INT("make it", local_keep(&r->cfg, ID ".gif", "x", 1), GB_OK);
	plant(r, NAME("a"), 600, 2000);
	plant(r, NAME("b"), 399, 1000);
	r->cfg.pictures_days = 0;
	CHECK_INT("sweep", local_sweep(&r->cfg, NOW_MS, &kept), GB_OK);
	CHECK_INT("all fit", kept.pictures, 3);
	r->cfg.pictures_max = 999;
	CHECK_INT("sweep", local_sweep(&r->cfg, NOW_MS, &kept), GB_OK);
	CHECK("the oldest", !is_there(r, NAME("a")));
	CHECK_INT("two fit", kept.pictures, 2);
}

int
main(void)
{
#define IN_ROOM(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    IN_ROOM(test_names),
	    cmocka_unit_test(test_new_names),
	    cmocka_unit_test(test_kinds),
	    cmocka_unit_test(test_ours),
	    IN_ROOM(test_put),
	    IN_ROOM(test_put_refused),
	    IN_ROOM(test_put_no_folder),
	    IN_ROOM(test_links),
	    IN_ROOM(test_sweep),
	    IN_ROOM(test_sweep_no_days),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
