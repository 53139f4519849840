/* err.h: the result codes that every room shares, and the compiler hints */
#ifndef GB_BASE_ERR_H
#define GB_BASE_ERR_H

#define GB_NODISCARD	      __attribute__((warn_unused_result))
#define GB_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

#define GB_COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum gb_err {
	GB_OK = 0,
	GB_ENOMEM,    /* memory ran out */
	GB_ETOOBIG,   /* over a stated cap */
	GB_EINVAL,    /* the input is not of the form asked for */
	GB_EIO,	      /* a file, socket or database failed; it was logged */
	GB_EFULL,     /* the database takes no more now; it was logged */
	GB_ENOTFOUND, /* no such thing */
	GB_EEXIST,    /* it is there already */
	GB_EBUSY,     /* somebody else holds it; try later */
	GB_ETIMEOUT,  /* a deadline passed */
	GB_ECANCELED, /* the caller, or its client, gave up */
	GB__MAX
};

/* The code in words, lower case, never NULL, not to be freed. */
const char *gb_strerror(enum gb_err);

#endif
