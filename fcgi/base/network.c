/* network.c: addresses and networks as people write them */
#include "base/network.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_SIZE 64 /* more than INET6_ADDRSTRLEN and "/128" */
#define V4_BITS	  96 /* that say that it is IPv4 */

/* The address; "*bits" is how many of its bits can count. */
static bool
read_address(const char *text, unsigned char bytes[16], unsigned *lead)
{
	static const unsigned char v4[12] = {0, 0, 0, 0, 0,    0,
					     0, 0, 0, 0, 0xff, 0xff};

	*lead = 0;
	if (inet_pton(AF_INET6, text, bytes) == 1)
		return true;
	memcpy(bytes, v4, sizeof(v4));
	*lead = V4_BITS;
	return inet_pton(AF_INET, text, bytes + sizeof(v4)) == 1;
}

/* Digits alone, up to "most". */
static bool
read_bits(const char *text, unsigned most, unsigned *bits)
{
	size_t len;

	len = strspn(text, "0123456789");
	if (len == 0 || len > 3 || text[len] != '\0')
		return false;
	*bits = (unsigned)strtoul(text, NULL, 10);
	return *bits <= most;
}

bool
network_read(struct network *out, const char *text)
{
	char address[TEXT_SIZE];
	const char *slash;
	unsigned lead, bits;
	size_t len;

	memset(out, 0, sizeof(*out));
	slash = strchr(text, '/');
	len = slash == NULL ? strlen(text) : (size_t)(slash - text);
	if (len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	if (!read_address(address, out->bytes, &lead))
		return false;
	bits = 128 - lead;
	if (slash != NULL && !read_bits(slash + 1, 128 - lead, &bits))
		return false;
	out->bits = lead + bits;
	return true;
}

bool
network_has(const struct network *n, const char *address)
{
	unsigned char bytes[16];
	unsigned lead, mask;
	size_t whole;

	if (!read_address(address, bytes, &lead))
		return false;
	whole = n->bits / 8;
	if (memcmp(bytes, n->bytes, whole) != 0)
		return false;
	mask = 0xff00u >> (n->bits % 8) & 0xff;
	return n->bits % 8 == 0 ||
	       (bytes[whole] & mask) == (n->bytes[whole] & mask);
}
