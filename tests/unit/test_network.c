/* test_network.c: addresses and networks as people write them */
#include "unit.h"

#include "base/network.h"

static const struct {
	const char *network, *address;
	bool in;
} cases[] = {
    {"127.0.0.1", "127.0.0.1", true},
    {"127.0.0.1", "127.0.0.2", false},
    {"127.0.0.1", "::ffff:127.0.0.1", true},
    {"::ffff:127.0.0.1", "127.0.0.1", true},
    {"10.0.0.0/8", "10.255.1.2", true},
    {"10.0.0.0/8", "11.0.0.0", false},
    {"10.0.0.0/8", "::a00:1", false},
    {"192.168.4.0/23", "192.168.5.255", true},
    {"192.168.4.0/23", "192.168.6.0", false},
    {"192.168.4.7/31", "192.168.4.6", true},
    {"0.0.0.0/0", "8.8.8.8", true},
    {"0.0.0.0/0", "2001:db8::1", false},
    {"::/0", "8.8.8.8", true},
    {"::1", "::1", true},
    {"::1", "::2", false},
    {"fd00::/8", "fdab::1", true},
    {"fd00::/8", "fe80::1", false},
    {"2001:db8::/33", "2001:db8:7fff::1", true},
    {"2001:db8::/33", "2001:db8:8000::1", false},
    {"10.0.0.0/8", "", false},
    {"10.0.0.0/8", "10.0.0.1/8", false},
    {"10.0.0.0/8", "unix:", false},
};

static const char *const unfit[] = {
    "",
    "10",
    "10.0.0.0/",
    "10.0.0.0/33",
    "10.0.0/8",
    "::/129",
    "::1/-1",
    "10.0.0.0/8 ",
    "10.0.0.0/0x8",
    "localhost",
    "10.0.0.1:80",
    "[::1]",
    "fe80::1%lo",
    "10.0.0.0/8/8",
    "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd:eeee",
};

static void
test_networks(void **state)
{
	struct network n;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++) {
		CHECK(cases[i].network, network_read(&n, cases[i].network));
		CHECK_INT(cases[i].address, network_has(&n, cases[i].address),
			  cases[i].in);
	}
	for (i = 0; i < GB_COUNT(unfit); i++)
		CHECK(unfit[i], !network_read(&n, unfit[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_networks),
	};

	return cmocka_run_group_tests_name("network", tests, NULL, NULL);
}
