/* secret_key.c: the file with the key that secrets are encrypted with */
#include "base/secret_key.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/secret.h"

#define DIGITS	 (2 * SEAL_KEY_SIZE)
#define FILE_MAX 128 /* bytes; a line end or two may follow the digits */

enum gb_err
secret_key_make(const char *path)
{
	unsigned char key[SEAL_KEY_SIZE];
	char text[DIGITS + 1];
	enum gb_err rc;
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1 && errno == EEXIST)
		return GB_EEXIST;
	if (fd == -1) {
		log_error("%s", path);
		return GB_EIO;
	}
	random_bytes(key, sizeof(key));
	hex_write(text, key, sizeof(key));
	text[DIGITS] = '\n';
	rc = GB_OK;
	if (write(fd, text, sizeof(text)) != (ssize_t)sizeof(text) ||
	    fsync(fd) == -1) {
		log_error("%s", path);
		(void)unlink(path);
		rc = GB_EIO;
	}
	close(fd);
	explicit_bzero(key, sizeof(key));
	explicit_bzero(text, sizeof(text));
	return rc;
}

static bool
read_digits(const char *text, unsigned char key[SEAL_KEY_SIZE])
{
	return strspn(text, "0123456789abcdefABCDEF") == DIGITS &&
	       text[DIGITS + strspn(text + DIGITS, " \t\r\n")] == '\0' &&
	       hex_read(key, text, SEAL_KEY_SIZE);
}

enum gb_err
secret_key_read(const char *path, unsigned char key[SEAL_KEY_SIZE])
{
	struct stat st;
	struct buf text;
	enum gb_err rc;
	int fd;

	memset(key, 0, SEAL_KEY_SIZE);
	buf_init(&text, FILE_MAX);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &st) == -1) {
		log_error("secret_key_file: %s", path);
		rc = GB_EIO;
	} else if ((st.st_mode & 077) != 0) {
		log_errorx("secret_key_file: %s: others may use it, too: "
			   "chmod 600",
			   path);
		rc = GB_EINVAL;
	} else if ((rc = file_read_fd(fd, &text)) == GB_EIO)
		log_error("secret_key_file: %s", path);
	else if (rc != GB_OK || !read_digits(buf_str(&text), key)) {
		log_errorx("secret_key_file: %s: must hold 64 hexadecimal "
			   "digits, as \"gbalance secret-key\" makes them",
			   path);
		rc = GB_EINVAL;
	}
	if (fd != -1)
		close(fd);
	buf_wipe(&text);
	return rc;
}
