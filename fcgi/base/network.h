/* network.h: addresses and networks as people write them */
#ifndef GB_BASE_NETWORK_H
#define GB_BASE_NETWORK_H

#include <stdbool.h>

struct network {
	unsigned char bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
	unsigned bits;		 /* of these that count */
};

/* Read "10.1.2.3", "10.0.0.0/8", "fd00::/8"; false: it is none of these, and
 * "*out" is no network. */
bool network_read(struct network *out, const char *text);

/* Whether the address, without a "/", is in the network; IPv4 is the same
 * thing as its form in IPv6. */
bool network_has(const struct network *, const char *address);

#endif
