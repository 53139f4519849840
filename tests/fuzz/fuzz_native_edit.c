/*
 * fuzz_native_edit.c: any bytes as a native body, for a name and settings that
 * the first byte chooses.  What was a JSON object stays one, is not changed
 * when it comes again, and what was none stays as it is.  What they may cost is
 * within bounds.
 */
#include <string.h>

#include "base/buf.h"
#include "dialect/gemini/gemini_estimate.h"
#include "dialect/json/json_in.h"
#include "dialect/gemini/native_edit.h"
#include "fuzz.h"

#define OUT_MAX (64u << 20)

/* Bits of the first byte. */
enum {
	OLD = 1 << 0, /* a model of 2025 */
	SEARCH = 1 << 1,
	NO_THINKING = 1 << 2,
	IMAGE = 1 << 3,
	TOOLS = 1 << 4, /* code and pages */
	BUDGET = 1 << 5,
	SAFETY = 1 << 6,
	NAME_ONLY = 1 << 7,
};

static void
edit(struct buf *body, unsigned choice)
{
	static const struct model_safety safety[] = {{"A", "OFF"}};
	struct model_budget budget = {"gemini-3.8-flash", 1024};
	struct model_rules rules;
	struct model_name name;
	struct native_edit opts;

	memset(&rules, 0, sizeof(rules));
	memset(&name, 0, sizeof(name));
	strncpy(name.google,
		(choice & OLD) != 0 ? "gemini-2.5-flash" : budget.model,
		sizeof(name.google) - 1);
	name.search = (choice & SEARCH) != 0;
	name.no_thinking = (choice & NO_THINKING) != 0;
	name.image = (choice & IMAGE) != 0;
	rules.code_execution = rules.url_context = (choice & TOOLS) != 0;
	rules.budgets = &budget;
	rules.budget_count = (choice & BUDGET) != 0;
	opts.generates = (choice & NAME_ONLY) == 0;
	opts.given = "m";
	opts.name = &name;
	opts.rules = &rules;
	rules.safety = safety;
	rules.safety_count = (choice & SAFETY) != 0;
	must(native_edit_body(body, &opts) == GB_OK);
}

static void
estimate(const uint8_t *data, size_t size)
{
	struct gemini_estimate est;

	gemini_estimate((const char *)data, size, &est);
	must(est.input > 0 && est.input <= 1 + (int64_t)size * 200);
	must(est.output >= 0 && est.output <= 1000000);
	must(est.answers >= 1 && est.answers <= 8);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf body, once;
	enum json_kind kind;

	if (size == 0)
		return 0;
	estimate(data + 1, size - 1);
	buf_init(&body, OUT_MAX);
	buf_init(&once, OUT_MAX);
	buf_add(&body, data + 1, size - 1);
	kind = json_check(buf_str(&body), body.len);
	edit(&body, data[0]);
	must(body.data == NULL || body.data[body.len] == '\0');
	if (kind != JSON_KIND_NONE)
		must(json_check(buf_str(&body), body.len) == kind);
	if (kind == JSON_KIND_NULL || kind == JSON_KIND_OTHER)
		must(body.len == size - 1 &&
		     memcmp(body.data, data + 1, body.len) == 0);
	if (kind == JSON_KIND_OBJECT) {
		buf_add(&once, body.data, body.len);
		edit(&body, data[0]);
		must(body.len == once.len &&
		     memcmp(body.data, once.data, once.len) == 0);
	}
	buf_release(&once);
	buf_release(&body);
	return 0;
}
