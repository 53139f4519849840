/*
 * completions.test.mjs: completions of before there were chats, with the
 * official openai client.
 */
import assert from "node:assert/strict";
import {beforeEach, describe, it} from "node:test";

import OpenAI from "openai";

import {withClients} from "./clients.mjs";
import {ask, bearer, KEYS, MODEL, TOKEN} from "./harness.mjs";

const TALKATIVE = "gemini-4-flash";	/* tells how likely tokens were */

const PAINTER = "gemini-3.1-flash-image";

let client;

const held = withClients({
	env: {MODEL_FACTS: JSON.stringify({[TALKATIVE]: "logprobs=yes"})},
	ready: () => {
		client = new OpenAI({apiKey: TOKEN, maxRetries: 0,
				     baseURL: `${held.stack.url}/v1`,
				     fetch: held.watch.fetch});
	},
});

beforeEach(() => held.stack.sql("UPDATE keys SET ready_at = 0, failures = 0"));

const create = (prompt, more = {}) =>
	client.completions.create({model: MODEL, prompt, ...more});
const textsOf = (answer) => answer.choices.map((c) => c.text);
const fails = async (promise) => {
	try {
		await promise;
	} catch (e) {
		return e;
	}
	assert.fail("no error");
};

/* The text of each choice of a stream. */
async function streamed(prompt, more = {})
{
	const texts = [], finishes = [];
	let usage;

	for await (const chunk of await create(prompt, {stream: true, ...more})) {
		for (const c of chunk.choices) {
			texts[c.index] = (texts[c.index] ?? "") + c.text;
			finishes[c.index] ??= c.finish_reason;
		}
		usage = chunk.usage ?? usage;
	}
	return {texts, finishes, usage};
}

describe("completions", () => {
	it("answers", async () => {
		const r = await create("hello", {max_tokens: 100, stop: "END"});

		assert.deepEqual(textsOf(r), ["You said: hello"]);
		assert.equal(r.object, "text_completion");
		assert.equal(r.model, MODEL);
		assert.equal(r.choices[0].finish_reason, "stop");
		assert.ok(r.usage.completion_tokens > 0);
		assert.deepEqual(held.bodies(), [{
			contents: [{role: "user", parts: [{text: "hello"}]}],
			generationConfig: {maxOutputTokens: 100,
					   stopSequences: ["END"]},
		}]);
	});

	it("streams, with usage", async () => {
		const {texts, finishes, usage} = await streamed("a b c",
			{stream_options: {include_usage: true}});

		assert.deepEqual(texts, ["You said: a b c"]);
		assert.deepEqual(finishes, ["stop"]);
		assert.ok(usage.total_tokens > 0);
	});

	it("answers several prompts in their order, each by its own key",
	   async () => {
		const r = await create(["one", "two", "three"]);

		assert.deepEqual(textsOf(r), ["You said: one", "You said: two",
					      "You said: three"]);
		assert.equal(new Set(held.fake.requests.map((q) => q.key)).size,
			     3);
		const [row] = await held.stack.sql("SELECT endpoint, attempts, " +
			"prompt_tokens + completion_tokens AS tokens " +
			"FROM requests ORDER BY id DESC LIMIT 1");
		assert.deepEqual({...row}, {endpoint: "completions", attempts: 3,
					    tokens: r.usage.total_tokens});
	});

	it("answers each prompt n times, and repeats it", async () => {
		const r = await create(["p ", "q "], {n: 2, echo: true, seed: 7});

		assert.deepEqual(textsOf(r), ["p You said: p ", "p You said: p ",
			"q You said: q ", "q You said: q "]);
		assert.deepEqual(held.bodies().map(
			(b) => b.contents[0].parts[0].text +
			       b.generationConfig.seed).sort(),
			["p 7", "p 8", "q 10", "q 9"]);
	});

	it("streams several prompts", async () => {
		const {texts} = await streamed(["one", "two"], {echo: true});

		assert.deepEqual(texts, ["oneYou said: one",
					 "twoYou said: two"]);
	});

	it("asks another key, and repeats nothing twice", async () => {
		held.fake.script("*", {error: "internal"}, {cut: {at: 20}});
		const {texts} = await streamed("p", {echo: true});

		assert.deepEqual(texts, ["pYou said: p"]);
		assert.equal(held.fake.requests.length, 3);
	});

	it("mends each prompt's request by itself", async () => {
		held.fake.decide = (q) => JSON.parse(q.body).generationConfig
			?.thinkingConfig ? {error: "thinking_off"} : {};
		const r = await create(["one", "two"],
				       {reasoning_effort: "low"});

		assert.deepEqual(textsOf(r), ["You said: one", "You said: two"]);
		assert.equal(held.fake.requests.length, 4);
	});

	it("fills a gap", async () => {
		await create("def f():", {suffix: "return 1"});
		const [body] = held.bodies();

		assert.deepEqual(body.contents[0].parts, [{text: "def f():"}]);
		assert.match(body.systemInstruction.parts[0].text,
			     /goes on with:\n\nreturn 1$/);
	});

	it("tells how likely tokens were, where the model does", async () => {
		held.fake.decide = () => ({respond: {status: 200, body:
			JSON.stringify({candidates: [{
				content: {role: "model", parts: [{text: "a b"}]},
				finishReason: "STOP", logprobsResult: {
					chosenCandidates: [
						{token: "a", logProbability: -1},
						{token: " b",
						 logProbability: -2}],
					topCandidates: [{candidates: [
						{token: "a",
						 logProbability: -1}]}, {}],
				}}]})}});
		const r = await create("x", {model: TALKATIVE, logprobs: 1});

		assert.deepEqual(r.choices[0].logprobs, {
			tokens: ["a", " b"], token_logprobs: [-1, -2],
			text_offset: [0, 1], top_logprobs: [{a: -1}, {}]});
	});

	it("links to pictures, as there is no place for them", async () => {
		const r = await create("a cat", {model: PAINTER});

		assert.match(r.choices[0].text, new RegExp(
			`^!\\[image\\]\\(${held.stack.url}/pictures/[^)]+\\)`));
	});

	it("says by name what it left out", async () => {
		const {response} = await create("x", {
			logprobs: 2, best_of: 3, logit_bias: {1: 2}})
			.withResponse();

		assert.equal(response.headers.get("x-gbalance-dropped"),
			     "best_of, logit_bias, logprobs");
	});

	it("refuses tokens, and what is too much, by the field", async () => {
		for (const [prompt, more, param] of [
			[[1, 2], {}, "prompt[0]"], [[[1]], {}, "prompt[0]"],
			["", {}, "prompt"], [Array(9).fill("x"), {}, "prompt"],
			[["a", "b", "c"], {n: 3}, "n"],
			["x", {max_tokens: 0}, "max_tokens"]]) {
			const e = await fails(create(prompt, more));

			assert.equal(e.status, 400);
			assert.equal(e.param, param);
		}
		assert.equal(held.fake.requests.length, 0);
	});

	it("answers a refused prompt, and one that Google fails", async () => {
		held.fake.script("*", {block: "PROHIBITED_CONTENT"});
		const r = await create("x");

		assert.equal(r.choices[0].text, "");
		assert.equal(r.choices[0].finish_reason, "content_filter");
		held.fake.setDefault("*", {error: "invalid_argument"});
		assert.equal((await fails(create(["x", "y"]))).status, 400);
	});

	it("ends a stream that breaks with an error", async () => {
		held.fake.setDefault("*", {fail: {after: 2}});
		const e = await fails(streamed("a b c"));

		assert.match(e.message, /internal/i);
	});

	it("is served below every prefix of OpenAI's", async () => {
		for (const prefix of ["/hf/v1", "/openai/v1"]) {
			const r = await ask(
				`${held.stack.url}${prefix}/completions`, {
					headers: bearer(),
					body: {model: MODEL, prompt: "x"}});

			assert.equal(r.json.choices[0].text, "You said: x");
		}
		assert.ok(held.fake.requests.every((q) =>
			KEYS.includes(q.key)));
		await create("x");
	});
});
