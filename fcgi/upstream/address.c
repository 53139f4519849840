/* address.c: which addresses are on the public internet */
#include "upstream/address.h"

#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/err.h"

/* The first "bits" bits of an address; for IPv6, of its first 32. */
struct prefix {
	uint32_t first;
	unsigned bits;
};

#define IP(a, b, c, d) \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))

/* IANA's registry of special-purpose addresses, and what else is no host of
 * the public internet. */
static const struct prefix v4_not_public[] = {
    {IP(0, 0, 0, 0), 8},	/* "this network"; Linux: this host */
    {IP(10, 0, 0, 0), 8},	/* private */
    {IP(100, 64, 0, 0), 10},	/* carriers' NAT; some clouds' metadata */
    {IP(127, 0, 0, 0), 8},	/* loopback */
    {IP(168, 63, 129, 16), 32}, /* a cloud's metadata, though public */
    {IP(169, 254, 0, 0), 16},	/* link-local; most clouds' metadata */
    {IP(172, 16, 0, 0), 12},	/* private */
    {IP(192, 0, 0, 0), 24},	/* protocols; a cloud's metadata */
    {IP(192, 0, 2, 0), 24},	/* documentation */
    {IP(192, 31, 196, 0), 24},	/* AS112 */
    {IP(192, 52, 193, 0), 24},	/* AMT relays */
    {IP(192, 88, 99, 0), 24},	/* 6to4 relays */
    {IP(192, 168, 0, 0), 16},	/* private */
    {IP(192, 175, 48, 0), 24},	/* AS112 */
    {IP(198, 18, 0, 0), 15},	/* benchmarks */
    {IP(198, 51, 100, 0), 24},	/* documentation */
    {IP(203, 0, 113, 0), 24},	/* documentation */
    {IP(224, 0, 0, 0), 4},	/* multicast */
    {IP(240, 0, 0, 0), 4},	/* reserved; broadcast */
};

/*
 * Of IPv6 only 2000::/3 is given out, so all else is out: ::, ::1, mapped and
 * compatible IPv4 (::/96, ::ffff:0:0/96), NAT64 (64:ff9b::/96, 64:ff9b:1::/48),
 * discard, unique local, link-local, site-local, multicast.
 */
static const struct prefix v6_public = {0x20000000, 3};

/* Within it. */
static const struct prefix v6_not_public[] = {
    {0x20010000, 23}, /* protocols: Teredo, ORCHID, benchmarks, AMT */
    {0x20010db8, 32}, /* documentation */
    {0x20020000, 16}, /* 6to4 */
    {0x3ffe0000, 16}, /* the 6bone of old */
    {0x3fff0000, 20}, /* documentation */
};

static bool
within(uint32_t first, const struct prefix *prefix)
{
	return (first ^ prefix->first) >> (32 - prefix->bits) == 0;
}

static bool
within_any(uint32_t first, const struct prefix *list, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (within(first, &list[i]))
			return true;
	return false;
}

bool
address_is_public(const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	uint32_t first;

	if (addr->sa_family == AF_INET && len >= sizeof(v4)) {
		memcpy(&v4, addr, sizeof(v4));
		return !within_any(ntohl(v4.sin_addr.s_addr), v4_not_public,
				   GB_COUNT(v4_not_public));
	}
	if (addr->sa_family == AF_INET6 && len >= sizeof(v6)) {
		memcpy(&v6, addr, sizeof(v6));
		memcpy(&first, v6.sin6_addr.s6_addr, sizeof(first));
		first = ntohl(first);
		return within(first, &v6_public) &&
		       !within_any(first, v6_not_public,
				   GB_COUNT(v6_not_public));
	}
	return false;
}
