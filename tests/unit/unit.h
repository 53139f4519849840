/* unit.h: what every unit test needs: cmocka, and checks that say "have X,
 * want Y" with the name of the case */
#ifndef GB_TESTS_UNIT_H
#define GB_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

#define CHECK_INT(what, have, want) \
	do { \
		long long have_ = (long long)(have); \
		long long want_ = (long long)(want); \
		if (have_ != want_) \
			fail_msg("%s: have %lld, want %lld", (what), have_, \
				 want_); \
	} while (0)

#define CHECK_STR(what, have, want) \
	do { \
		const char *have_ = (have), *want_ = (want); \
		if (have_ == NULL || want_ == NULL \
			? have_ != want_ \
			: strcmp(have_, want_) != 0) \
			fail_msg("%s: have %s, want %s", (what), \
				 have_ == NULL ? "(null)" : have_, \
				 want_ == NULL ? "(null)" : want_); \
	} while (0)

#define CHECK(what, truth) \
	do { \
		if (!(truth)) \
			fail_msg("%s: not so: %s", (what), #truth); \
	} while (0)

#endif
