/* test_address.c: which addresses are public, half of them in disguise */
#include "unit.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>

#include "upstream/address.h"

static const struct {
	const char *what, *host; /* as getaddrinfo() reads it, no names */
	bool public;
} addresses[] = {
    {"public", "8.8.8.8", true},
    {"public", "1.1.1.1", true},
    {"public", "142.250.185.78", true},
    {"the last public one", "223.255.255.255", true},
    {"public", "2606:4700:4700::1111", true},
    {"public", "2a00:1450:4001:82b::200e", true},
    {"public", "2001:4860:4860::8888", true},
    {"after the protocols", "2001:200::1", true},
    {"after 6to4", "2003::1", true},

    {"this host", "0.0.0.0", false},
    {"this network", "0.1.2.3", false},
    {"the end of it", "0.255.255.255", false},
    {"after it", "1.0.0.0", true},
    {"loopback", "127.0.0.1", false},
    {"another loopback", "127.255.255.254", false},
    {"before loopback", "126.255.255.255", true},
    {"after loopback", "128.0.0.0", true},
    {"private 10", "10.0.0.1", false},
    {"before it", "9.255.255.255", true},
    {"after it", "11.0.0.0", true},
    {"private 172", "172.16.0.1", false},
    {"private 172, the end", "172.31.255.255", false},
    {"before it", "172.15.255.255", true},
    {"after it", "172.32.0.0", true},
    {"private 192", "192.168.0.1", false},
    {"before it", "192.167.255.255", true},
    {"after it", "192.169.0.0", true},
    {"carrier", "100.64.0.1", false},
    {"carrier, the end", "100.127.255.255", false},
    {"before it", "100.63.255.255", true},
    {"after it", "100.128.0.0", true},
    {"link-local", "169.254.1.1", false},
    {"metadata", "169.254.169.254", false},
    {"metadata, elsewhere", "100.100.100.200", false},
    {"metadata, elsewhere", "168.63.129.16", false},
    {"metadata, elsewhere", "192.0.0.192", false},
    {"beside metadata", "168.63.129.17", true},
    {"documentation", "192.0.2.1", false},
    {"documentation", "198.51.100.1", false},
    {"documentation", "203.0.113.1", false},
    {"6to4 relay", "192.88.99.1", false},
    {"benchmark", "198.18.0.1", false},
    {"benchmark, the end", "198.19.255.255", false},
    {"after it", "198.20.0.0", true},
    {"multicast", "224.0.0.1", false},
    {"multicast", "239.255.255.250", false},
    {"reserved", "240.0.0.1", false},
    {"broadcast", "255.255.255.255", false},

    /* Other ways to write the same. */
    {"decimal", "2130706433", false},
    {"hexadecimal", "0x7f000001", false},
    {"octal", "017700000001", false},
    {"octal parts", "0177.0.0.01", false},
    {"hexadecimal parts", "0x7f.0x0.0x0.0x1", false},
    {"two parts", "127.1", false},
    {"three parts", "127.0.1", false},
    {"zero", "0", false},
    {"decimal 10.0.0.1", "167772161", false},
    {"decimal metadata", "2852039166", false},
    {"hexadecimal metadata", "0xa9fea9fe", false},
    {"octal metadata", "0251.0376.0251.0376", false},
    {"octal 192.168", "0300.0250.1", false},
    {"decimal public", "134744072", true},

    {"unspecified", "::", false},
    {"loopback", "::1", false},
    {"loopback in full", "0:0:0:0:0:0:0:1", false},
    {"mapped loopback", "::ffff:127.0.0.1", false},
    {"mapped private", "::ffff:10.0.0.1", false},
    {"mapped metadata", "::ffff:169.254.169.254", false},
    {"mapped metadata", "::ffff:a9fe:a9fe", false},
    {"mapped public", "::ffff:8.8.8.8", false},
    {"compatible loopback", "::127.0.0.1", false},
    {"compatible public", "::8.8.8.8", false},
    {"translated", "::ffff:0:127.0.0.1", false},
    {"NAT64 loopback", "64:ff9b::127.0.0.1", false},
    {"NAT64 metadata", "64:ff9b::a9fe:a9fe", false},
    {"NAT64 public", "64:ff9b::8.8.8.8", false},
    {"local NAT64", "64:ff9b:1::7f00:1", false},
    {"6to4 loopback", "2002:7f00:1::", false},
    {"6to4 private", "2002:c0a8:1::1", false},
    {"6to4 public", "2002:808:808::1", false},
    {"Teredo", "2001::1", false},
    {"Teredo private", "2001:0:c0a8:101::f5ff:fffe", false},
    {"ORCHID", "2001:10::1", false},
    {"ORCHID v2", "2001:20::1", false},
    {"benchmark", "2001:2::1", false},
    {"AMT", "2001:3::1", false},
    {"the end of the protocols", "2001:1ff:ffff::1", false},
    {"documentation", "2001:db8::1", false},
    {"documentation", "3fff::1", false},
    {"6bone", "3ffe::1", false},
    {"discard", "100::1", false},
    {"unique local", "fc00::1", false},
    {"unique local", "fd12:3456::1", false},
    {"metadata", "fd00:ec2::254", false},
    {"link-local", "fe80::1", false},
    {"link-local with a scope", "fe80::1%1", false},
    {"site-local", "fec0::1", false},
    {"multicast", "ff02::1", false},
    {"multicast", "ff0e::1", false},
    {"segments", "5f00::1", false},
    {"after what is given out", "4000::1", false},
    {"before what is given out", "1fff::1", false},
};

static void
test_public(void **state)
{
	struct addrinfo hints, *list;
	char what[128];
	size_t i;

	(void)state;
	memset(&hints, 0, sizeof(hints));
	hints.ai_flags = AI_NUMERICHOST;
	hints.ai_socktype = SOCK_STREAM;
	for (i = 0; i < GB_COUNT(addresses); i++) {
		(void)snprintf(what, sizeof(what), "%s (%s)", addresses[i].what,
			       addresses[i].host);
		CHECK_INT(what,
			  getaddrinfo(addresses[i].host, "80", &hints, &list),
			  0);
		CHECK_INT(what,
			  address_is_public(list->ai_addr, list->ai_addrlen),
			  addresses[i].public);
		freeaddrinfo(list);
	}
}

/* What is no whole IP address is not public. */
static void
test_others(void **state)
{
	struct sockaddr_storage addr;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	(void)state;
	memset(&addr, 0x20, sizeof(addr));
	addr.ss_family = AF_UNIX;
	CHECK("unix",
	      !address_is_public((struct sockaddr *)&addr, sizeof(addr)));
	addr.ss_family = AF_UNSPEC;
	CHECK("unspecified",
	      !address_is_public((struct sockaddr *)&addr, sizeof(addr)));
	addr.ss_family = AF_INET;
	CHECK("whole", address_is_public((struct sockaddr *)&addr, sizeof(v4)));
	CHECK("cut",
	      !address_is_public((struct sockaddr *)&addr, sizeof(v4) - 1));
	addr.ss_family = AF_INET6;
	CHECK("whole 6",
	      address_is_public((struct sockaddr *)&addr, sizeof(v6)));
	CHECK("cut 6",
	      !address_is_public((struct sockaddr *)&addr, sizeof(v6) - 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_public),
	    cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
