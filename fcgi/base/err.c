/* err.c: result codes in words */
#include "base/err.h"

#include <stddef.h>

static const char *const words[GB__MAX] = {
    [GB_OK] = "no error",
    [GB_ENOMEM] = "out of memory",
    [GB_ETOOBIG] = "too large",
    [GB_EINVAL] = "invalid",
    [GB_EIO] = "input/output error",
    [GB_EFULL] = "it cannot be written",
    [GB_ENOTFOUND] = "not found",
    [GB_EEXIST] = "exists already",
    [GB_EBUSY] = "busy",
    [GB_ETIMEOUT] = "timed out",
    [GB_ECANCELED] = "cancelled",
};

const char *
gb_strerror(enum gb_err err)
{
	if ((unsigned)err >= GB__MAX || words[err] == NULL)
		return "unknown error";
	return words[err];
}
