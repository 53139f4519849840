/*
 * address.h: which addresses are on the public internet.
 *
 * Whoever names a URL for us to fetch must not reach through us what only this
 * machine or its network can reach.  Pure: it looks at an address that was
 * resolved already, so it does not matter how a host was written.
 */
#ifndef GB_UPSTREAM_ADDRESS_H
#define GB_UPSTREAM_ADDRESS_H

#include <stdbool.h>

#include <sys/socket.h>

/* Whether "addr" may be connected to. */
typedef bool address_check(const struct sockaddr *addr, socklen_t len);

/*
 * Whether it is a public unicast address: not of this host, a private network,
 * a link, documentation, a benchmark, multicast or reserved; and no IPv6
 * address that stands for an IPv4 one (mapped, compatible, NAT64, 6to4,
 * Teredo), even a public one, since it is some gateway that then decides where
 * it leads.  False for what is neither IPv4 nor IPv6.
 */
address_check address_is_public;

#endif
