/* test_native_pacing.c: which events of Gemini's are cut, and into what */
#include "unit.h"

#include <stdlib.h>

#include "dialect/gemini/native_pacing.h"

#define HEAD  "{\"candidates\":[{\"content\":{\"parts\":["
#define TAIL  "],\"role\":\"model\"}"
#define END   "\r\n\r\n"
#define DATA  "data: "
#define AB(t) HEAD "{\"text\":\"" t "\"}" TAIL

static const struct pacing_rules rules = {
    .max_delay_ms = 10,
    .min_delay_ms = 10,
    .short_text = 10,
    .long_text = 50,
    .chunk = 5,
};

/* "want" NULL: as it is. */
static const struct {
	const char *what, *raw, *want;
	bool sse;
} rows[] = {
    {"text", DATA AB("ab") "}]}" END,
     DATA AB("a") "}]}" END DATA AB("b") "}]}" END, true},
    {"what else is in it comes last",
     DATA AB("ab") ",\"finishReason\":\"STOP\",\"index\":1}],"
		   "\"usageMetadata\":{\"totalTokenCount\":3.0},"
		   "\"modelVersion\":\"m\",\"responseId\":\"r\"}" END,
     DATA AB("a") ",\"index\":1}],\"modelVersion\":\"m\","
		  "\"responseId\":\"r\"}" END DATA AB(
		      "b") ",\"finishReason\":\"STOP\",\"index\":1}],"
			   "\"usageMetadata\":{\"totalTokenCount\":3.0},"
			   "\"modelVersion\":\"m\",\"responseId\":\"r\"}" END,
     true},
    {"a thought with a signature",
     DATA HEAD
     "{\"text\":\"ab\",\"thought\":true,\"thoughtSignature\":\"s\"}" TAIL
     "}]}" END,
     DATA HEAD
     "{\"text\":\"a\",\"thought\":true}" TAIL "}]}" END DATA HEAD
     "{\"text\":\"b\",\"thought\":true,\"thoughtSignature\":\"s\"}" TAIL
     "}]}" END,
     true},
    {"escapes", "data:" AB("\\\"\\n\\ud83d\\ude00") "}]}" END,
     "data:" AB("\\\"") "}]}" END "data:" AB("\\n") "}]}" END
						    "data:" AB("😀") "}]}" END,
     true},
    {"of an array, the first", "[" AB("ab") "}]}",
     "[" AB("a") "}]},\r\n" AB("b") "}]}", false},
    {"of an array, another one", "\n,\r\n" AB("ab") "}]}",
     "\n,\r\n" AB("a") "}]},\r\n" AB("b") "}]}", false},
    {"an array of one", "[" AB("ab") "}]}\n]",
     "[" AB("a") "}]},\r\n" AB("b") "}]}\n]", false},

    {"one character", DATA AB("a") "}]}" END, NULL, true},
    {"no text", DATA AB("") "}]}" END, NULL, true},
    {"two parts", DATA AB("ab\"},{\"text\":\"cd") "}]}" END, NULL, true},
    {"two candidates", DATA AB("ab") "},{\"index\":1}]}" END, NULL, true},
    {"a call", DATA HEAD "{\"functionCall\":{\"name\":\"abc\"}}" TAIL "}]}" END,
     NULL, true},
    {"text twice", DATA AB("ab\",\"text\":\"cd") "}]}" END, NULL, true},
    {"text that is a number", DATA HEAD "{\"text\":12}" TAIL "}]}" END, NULL,
     true},
    {"no candidates", DATA "{\"usageMetadata\":{}}" END, NULL, true},
    {"candidates that are none", DATA "{\"candidates\":{\"a\":1}}" END, NULL,
     true},
    {"an error", DATA "{\"error\":{\"code\":500}}" END, NULL, true},
    {"other fields of SSE", "id: 1\r\n" DATA AB("ab") "}]}" END, NULL, true},
    {"JSON in lines", "data: {\ndata: " AB("ab") "}]}}" END, NULL, true},
    {"a cut one", DATA HEAD "{\"text\":\"ab\"}", NULL, true},
    {"no JSON", DATA "}{", NULL, true},
    {"nothing", "", NULL, true},
};

static void
check_all(bool paced)
{
	struct pacing pacing;
	const char *want;
	struct buf out;
	size_t i;

	for (i = 0; i < GB_COUNT(rows); i++) {
		buf_init(&out, 1 << 16);
		pacing_init(&pacing, &out);
		if (paced)
			pacing_start(&pacing, &rules);
		native_pacing_add(&pacing, &out, rows[i].raw,
				  strlen(rows[i].raw), rows[i].sse);
		want = paced ? rows[i].want : NULL;
		CHECK_STR(rows[i].what, buf_str(&out),
			  want == NULL ? rows[i].raw : want);
		CHECK_INT(rows[i].what, pacing_wait_ms(&pacing, 0) >= 0,
			  want != NULL);
		pacing_release(&pacing);
		buf_release(&out);
	}
}

static void
test_paced(void **state)
{
	(void)state;
	check_all(true);
}

static void
test_unpaced(void **state)
{
	(void)state;
	check_all(false);
}

/* Each length of an event that breaks off is taken as it is, or cut so that
 * its text is whole. */
static void
test_truncated(void **state)
{
	static const char raw[] = DATA AB("ab") ",\"index\":0}]}" END;
	struct pacing pacing;
	struct buf out;
	char *copy;
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(raw) - strlen("}" END) - 1; len++) {
		copy = malloc(len + 1); /* so that a byte too far shows */
		assert_non_null(copy);
		memcpy(copy, raw, len);
		buf_init(&out, 1 << 16);
		pacing_init(&pacing, &out);
		pacing_start(&pacing, &rules);
		native_pacing_add(&pacing, &out, copy, len, true);
		CHECK_INT("length", out.len, len);
		pacing_release(&pacing);
		buf_release(&out);
		free(copy);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_paced),
	    cmocka_unit_test(test_unpaced),
	    cmocka_unit_test(test_truncated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
