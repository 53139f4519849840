/*
 * usage.test.mjs: what requests used and cost: the tokens by class in the
 * journal, prices, and the reports of "gbalance usage".
 */
import assert from "node:assert/strict";
import {after, afterEach, before, beforeEach, describe, it} from "node:test";

import {ask, bearer, chat, startFake, startStack} from "./harness.mjs";

const MODEL = "gemini-2.5-flash";
const UNPRICED = "gemini-flash-latest";	/* unless Google tells what it is */

let fake, stack;

before(async () => {
	fake = await startFake();
	stack = await startStack(fake);
});
beforeEach(() => fake.reset());
afterEach(() => stack.check());
after(async () => {
	await stack?.stop();
	await fake?.close();
});

/* 1,000 prompt, of it 300 cached, 50 of tools, 100 audio, 200 of a picture. */
const USAGE = {
	promptTokenCount: 950, toolUsePromptTokenCount: 50,
	cachedContentTokenCount: 300, candidatesTokenCount: 70,
	thoughtsTokenCount: 30, totalTokenCount: 1100,
	promptTokensDetails: [
		{modality: "TEXT", tokenCount: 650},
		{modality: "AUDIO", tokenCount: 100},
		{modality: "IMAGE", tokenCount: 200}],
	candidatesTokensDetails: [{modality: "IMAGE", tokenCount: 20}],
};
const COLUMNS = {prompt_tokens: 1000, cached_tokens: 300, tool_tokens: 50,
		 audio_in_tokens: 100, image_in_tokens: 200,
		 completion_tokens: 100, reasoning_tokens: 30,
		 image_out_tokens: 20};

const complete = (more = {}, text = "hello") =>
	ask(`${stack.url}/v1/chat/completions`, {
		headers: bearer(), body: chat(text, {model: MODEL, ...more})});

async function lastRow(request)
{
	const [row] = await stack.journal(1,
		`request_id = '${request.headers["x-request-id"]}'`);

	return row;
}

async function run(...args)
{
	const r = await stack.tool(...args);

	assert.equal(r.code, 0, r.stderr);
	return r.stdout;
}

describe("prices", () => {
	it("tokens by class, and what they cost", async () => {
		fake.script("*", {text: "x", usage: USAGE});
		const row = await lastRow(await complete());

		for (const [name, want] of Object.entries(COLUMNS))
			assert.equal(row[name], want, name);
		/* gemini-2.5-flash: 0.30, audio 1, output 2.50, cached 0.03 */
		assert.equal(row.cost, 180 + 100 + 9 + 250);
	});

	it("a stream, and the model that Google names", async () => {
		fake.script("*", {words: ["a ", "b "], usage: USAGE,
				  modelVersion: "gemini-2.5-pro"});
		const row = await lastRow(await complete({
			stream: true, model: "gemini-pro-latest"}));

		assert.equal(row.model, "gemini-pro-latest");
		assert.equal(row.cost, 875 + 38 + 1000); /* 37.5 */
	});

	it("a model without a price costs null", async () => {
		fake.script("*", {text: "x", usage: USAGE});
		const row = await lastRow(await complete({model: UNPRICED}));

		assert.equal(row.cost, null);
	});

	it("an operator's go first, at once", async () => {
		assert.match(await run("prices", "set", MODEL, "prompt", "10"),
			     /^price 1 is in force\n$/);
		fake.script("*", {text: "x", usage: USAGE});
		const row = await lastRow(await complete());
		assert.equal(row.cost, 6000 + 100 + 9 + 250);
		const list = JSON.parse(await run("prices", "list", "--json"));
		assert.deepEqual(list.find((p) => p.id === 1), {
			id: 1, model: MODEL, class: "prompt", above: 0,
			from: null, usd_per_million: 10});
		assert.deepEqual(list.find((p) => p.model === "gemini-3.8-flash" &&
						  p.class === "output" &&
						  p.from), {
			id: null, model: "gemini-3.8-flash", class: "output",
			above: 0, from: "2027-01-01T08:00:00Z",
			usd_per_million: 7.5});
		const csv = (await run("prices", "list", "--csv")).split("\n");
		assert.equal(csv[0], "id,model,class,above,from,usd_per_million");
		assert.equal(csv[1], `1,"${MODEL}","prompt",0,,10.00`);
		assert.equal(await run("prices", "delete", "1"),
			     "price 1 is deleted\n");
		fake.script("*", {text: "x", usage: USAGE});
		assert.equal((await lastRow(await complete())).cost, 539);
	});

	for (const [what, words, want] of [
		["a class", [MODEL, "promt", "1"], /no such class/],
		["a price", [MODEL, "prompt", "1,5"], /no price/],
		["one below 0", ["--", MODEL, "prompt", "-1"], /no price/],
		["a dear one", [MODEL, "prompt", "1000.000001"], /no price/],
		["a fine one", [MODEL, "prompt", "0.0000001"], /no price/],
		["a date", [MODEL, "prompt", "1", "--from", "soon"], /--from/],
		["tokens", [MODEL, "prompt", "1", "--above", "-1"], /--above/],
		["no tokens", [MODEL, "prompt", "1", "--above="], /--above/],
		["no model", ["", "prompt", "1"], /name/],
		["a word too few", [MODEL, "prompt"], /missing/],
	])
		it(`${what} that is none`, async () => {
			const r = await stack.tool("prices", "set", ...words);

			assert.equal(r.code, 2);
			assert.match(r.stderr, want);
			assert.equal((await stack.sql("SELECT 1 FROM prices"))
				.length, 0);
		});

	it("one that is not there", async () => {
		const r = await stack.tool("prices", "delete", "77");

		assert.equal(r.code, 1);
		assert.match(r.stderr, /no price of yours/);
	});
});
