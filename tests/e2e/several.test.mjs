/*
 * several.test.mjs: "n" answers to one question, each from a key of its own;
 * with the official openai client.
 */
import assert from "node:assert/strict";
import {after, afterEach, before, beforeEach, describe, it} from "node:test";

import OpenAI from "openai";

import {ask, bearer, chat, KEYS, startFake, startStack, Steps, stream, TOKEN}
	from "./harness.mjs";
import {faultsOf, Watch} from "./validate.mjs";

const OLD = "gemini-2.5-flash";		/* gives its calls no ids */
const TALKATIVE = "gemini-4-flash";	/* tells how likely tokens were */
const N_MAX = 8;
const TOOL = {type: "function", function: {
	name: "get_weather", parameters: {
		type: "object", properties: {city: {type: "string"}}}}};

const watch = new Watch();

let fake, stack, client, seen = 0;

before(async () => {
	fake = await startFake();
	stack = await startStack(fake, {
		settings: {keepalive_interval: 1},
		env: {MODEL_FACTS: JSON.stringify({
			[TALKATIVE]: "logprobs=yes penalties=yes"})},
	});
	client = new OpenAI({apiKey: TOKEN, baseURL: `${stack.url}/v1`,
			     maxRetries: 0, fetch: watch.fetch});
});
beforeEach(async () => {
	fake.reset();
	await stack.sql("UPDATE keys SET disabled_by = 0, ready_at = 0, " +
		"failures = 0; DELETE FROM key_models; DELETE FROM affinity; " +
		"UPDATE rotation SET pos = 0");
	seen = (await stack.sql("SELECT max(id) AS id FROM requests"))[0].id ??
	       0;
});
afterEach(() => stack.check());
afterEach(() => watch.pending.length > 0 && watch.assertClean());
after(async () => {
	await stack?.stop();
	await fake?.close();
});

/* What each key says. */
const textOf = (i) => `I am key number ${i}`;
const usageOf = (i) => ({
	promptTokenCount: 10, candidatesTokenCount: 5 + i,
	thoughtsTokenCount: 3, cachedContentTokenCount: i,
	totalTokenCount: 18 + i,
});
const wordsOf = (i) => textOf(i).split(/(?<= )/);

function everyKeySpeaks(more = {})
{
	KEYS.forEach((key, i) => fake.setDefault(key, {
		words: wordsOf(i), usage: usageOf(i), ...more}));
}

/* For a model that the fake does not have: it is told all it says. */
const speak = (...events) => (record) => record.query.has("alt") ? {
	respond: {status: 200, type: "text/event-stream", body:
		events.map((e) => `data: ${JSON.stringify(e)}\r\n\r\n`)
			.join("")},
} : {respond: {status: 200, body: JSON.stringify(events.at(-1))}};

const create = (n, more) => client.chat.completions.create(
	chat("hello", {n, ...more}));
const path = () => `${stack.url}/v1/chat/completions`;

async function post(n, more)
{
	const request = chat("hello", {n, ...more});
	const r = await ask(path(), {headers: bearer(), body: request});

	assert.deepEqual(faultsOf({
		path: "/v1/chat/completions", request, status: r.status,
		type: r.headers["content-type"], text: r.text}), []);
	return r;
}

const open = (n, more) => stream(path(), {
	headers: bearer(), body: chat("hello", {n, stream: true, ...more})});
const keysAsked = () => fake.requests.map((r) => KEYS.indexOf(r.key) + 1);
const contents = (completion) =>
	completion.choices.map((c) => c.message.content);

/* The one row of the journal since the test began. */
async function row()
{
	const rows = await stack.journal(1, `id > ${seen}`);

	assert.equal(rows.length, 1, JSON.stringify(rows));
	return rows[0];
}

const attemptsOf = (journal) => stack.sql("SELECT * FROM attempts WHERE " +
	`request_id = '${journal.request_id}' ORDER BY id`);

/* What a client makes of the chunks: a list of choices, as they end up. */
function assemble(chunks)
{
	const choices = [];

	for (const chunk of chunks) {
		for (const {index, delta, finish_reason} of chunk.choices) {
			const c = choices[index] ??= {content: "", calls: [],
						      finish: null};

			if (delta.role) {
				assert.equal(c.role, undefined, "one role");
				c.role = delta.role;
			}
			assert.ok(c.role, "a role first");
			assert.equal(c.finish, null, "nothing after the end");
			c.content += delta.content ?? "";
			for (const call of delta.tool_calls ?? []) {
				const to = c.calls[call.index] ??= {args: ""};

				assert.ok(call.index < c.calls.length);
				assert.equal(c.calls.filter(Boolean).length,
					     c.calls.length, "no gap");
				to.id ??= call.id;
				to.name ??= call.function.name;
				to.args += call.function.arguments;
			}
			c.finish = finish_reason;
		}
	}
	return choices;
}

/* Chunks of one answer agree on what it is. */
function assertOneAnswer(chunks)
{
	for (const name of ["id", "created", "model", "object"])
		assert.equal(new Set(chunks.map((c) => c[name])).size, 1, name);
	assert.match(chunks[0].id, /^chatcmpl-/);
}

async function chunksOf(n, more)
{
	const chunks = [];

	for await (const chunk of await create(n, {stream: true, ...more}))
		chunks.push(chunk);
	assertOneAnswer(chunks);
	return chunks;
}

function assertSum(usage, indexes)
{
	const sum = (name) => indexes.map((i) => usageOf(i)[name])
		.reduce((a, b) => a + b);

	assert.equal(usage.prompt_tokens, sum("promptTokenCount"));
	assert.equal(usage.completion_tokens, sum("candidatesTokenCount") +
		     sum("thoughtsTokenCount"));
	assert.equal(usage.total_tokens, sum("totalTokenCount"));
	assert.equal(usage.completion_tokens_details.reasoning_tokens,
		     sum("thoughtsTokenCount"));
	assert.equal(usage.prompt_tokens_details.cached_tokens,
		     sum("cachedContentTokenCount"));
}

/* --- all goes well -------------------------------------------------------- */

describe("n = 3", () => {
	it("is three answers of three keys, in order", async () => {
		/* The first is the last to come. */
		KEYS.forEach((key, i) => fake.setDefault(key, {
			text: textOf(i), usage: usageOf(i),
			delayMs: 60 - 30 * i}));
		const r = await create(3);

		assert.deepEqual(contents(r), [0, 1, 2].map(textOf));
		assert.deepEqual(r.choices.map((c) => c.index), [0, 1, 2]);
		assert.ok(r.choices.every((c) => c.finish_reason === "stop"));
		assert.match(r.id, /^chatcmpl-/);
		assertSum(r.usage, [0, 1, 2]);
		assert.deepEqual(keysAsked().sort(), [1, 2, 3]);
		for (const {body} of fake.requests)
			assert.ok(!body.includes("andidateCount"), body);
	});

	it("is one row in the journal", async () => {
		everyKeySpeaks();
		const r = await post(3);
		const j = await row();

		assert.equal(j.request_id, r.headers["x-request-id"]);
		assert.equal(j.attempts, 3);
		assert.equal(j.status, 200);
		assert.equal(j.error_class, "");
		assert.ok(j.key_id >= 1 && j.key_id <= 3);
		assert.ok(j.first_byte_ms >= 0 &&
			  j.first_byte_ms <= j.total_ms);
		assert.deepEqual([j.prompt_tokens, j.completion_tokens,
				  j.reasoning_tokens, j.cached_tokens],
				 [30, 27, 9, 3]);
	});

	it("streams, and each choice is whole", async () => {
		everyKeySpeaks();
		const chunks = await chunksOf(3, {
			stream_options: {include_usage: true}});
		const last = chunks.pop();

		assert.deepEqual(assemble(chunks).map((c) => c.content).sort(),
				 [0, 1, 2].map(textOf));
		assert.deepEqual(assemble(chunks).map((c) => c.finish),
				 ["stop", "stop", "stop"]);
		for (const chunk of chunks)
			assert.equal(chunk.usage, null);
		assert.deepEqual(last.choices, []);
		assertSum(last.usage, [0, 1, 2]);
		const j = await row();
		assert.equal(j.attempts, 3);
		assert.equal(j.stream, 1);
		assert.deepEqual([j.prompt_tokens, j.completion_tokens],
				 [30, 27]);
	});

	it("streams without usage when nobody asks", async () => {
		everyKeySpeaks();
		for (const chunk of await chunksOf(2))
			assert.ok(!("usage" in chunk));
	});

	it("streams to the client's own helper", async () => {
		everyKeySpeaks();
		const runner = client.chat.completions.stream(
			chat("hello", {n: 3}));
		const r = await runner.finalChatCompletion();

		assert.deepEqual(contents(r).sort(), [0, 1, 2].map(textOf));
	});

	/* Each event goes out as it comes, whoever else is silent. */
	it("streams at the pace of each", async () => {
		const steps = KEYS.map(() => new Steps());

		KEYS.forEach((key, i) => fake.setDefault(key, {
			words: wordsOf(i), gate: steps[i].gate}));
		const events = await open(3);
		const content = ["", "", ""], finish = [null, null, null];
		const until = async (test) => {
			while (!test()) {
				const e = JSON.parse(await events.next());
				const {index, delta, finish_reason} =
					e.choices[0];

				content[index] += delta.content ?? "";
				finish[index] = finish_reason;
			}
		};
		await until(() => content.every((c) => c === "I "));
		steps[1].allow(1);
		await until(() => content[1] === "I am ");
		steps[2].allow(Infinity);
		await until(() => finish[2] === "stop");
		assert.deepEqual(content, ["I ", "I am ", textOf(2)]);
		steps[0].allow(2);
		await until(() => content[0] === "I am key ");
		assert.equal(content[1], "I am ");
		assert.deepEqual(finish, [null, null, "stop"]);
		steps[1].allow(Infinity);
		await until(() => finish[1] === "stop");
		steps[0].allow(Infinity);
		await until(() => finish[0] === "stop");
		assert.deepEqual(content, [0, 1, 2].map(textOf));
		assert.deepEqual(await events.rest(), ["[DONE]"]);
	});

	it("keeps the line open while all are silent", async () => {
		const steps = new Steps();

		fake.setDefault("*", {text: "late",
				      hold: () => steps.gate(1)});
		const events = await open(3);
		await events.comment();
		steps.allow(1);
		const rest = await events.rest();
		assert.equal(rest.pop(), "[DONE]");
		assert.deepEqual(assemble(rest.map((e) => JSON.parse(e)))
			.map((c) => c.content), ["late", "late", "late"]);
	});
});

describe("tools", () => {
	const calls = [{name: "get_weather", args: {city: "Rome"}},
		       {name: "get_weather", args: {city: "Oslo"}}];

	beforeEach(() => KEYS.forEach((key, i) => fake.setDefault(key, {
		calls: calls.slice(0, 1 + i % 2)})));

	for (const streamed of [false, true])
		it(`in each choice, with ids of their own (stream: ${
			streamed})`, async () => {
			const more = {model: OLD, tools: [TOOL]};
			let choices;

			if (streamed) {
				choices = assemble(await chunksOf(3, more))
					.map((c) => [c.finish, c.calls]);
			} else {
				choices = (await create(3, more)).choices
					.map((c) => [c.finish_reason,
						c.message.tool_calls.map(
						(t) => ({id: t.id,
						name: t.function.name,
						args: t.function.arguments}))]);
			}
			assert.deepEqual(choices.map(([finish]) => finish),
					 Array(3).fill("tool_calls"));
			const all = choices.flatMap(([, list]) => list);
			assert.equal(all.length, 4);
			assert.equal(new Set(all.map((c) => c.id)).size, 4);
			for (const c of all) {
				assert.match(c.id, /^call_\w{20,35}$/);
				assert.equal(c.name, "get_weather");
				assert.match(JSON.parse(c.args).city,
					     /Rome|Oslo/);
			}
		});
});

/* --- whose turn it is ----------------------------------------------------- */

describe("keys", () => {
	it("serve two calls only when there are fewer", async () => {
		everyKeySpeaks();
		await stack.sql("UPDATE keys SET disabled_by = 2 WHERE id = 2");
		const r = await create(3);

		assert.deepEqual(keysAsked().sort(), [1, 1, 3]);
		assert.deepEqual(contents(r), [0, 2, 0].map(textOf));
	});

	it("promise 10: n turns are taken", async () => {
		const counts = () => [1, 2, 3].map((i) =>
			keysAsked().filter((k) => k === i).length);

		everyKeySpeaks();
		for (let i = 0; i < 5; i++)
			await Promise.all([2, 1, 4, 3].map((n, j) =>
				post(n, {stream: j % 2 === 0})));
		assert.deepEqual(counts(), [17, 17, 16]);
		await post(1);
		assert.deepEqual(counts(), [17, 17, 17]);
	});

	it("of an affinity serve the first, and others the rest", async () => {
		everyKeySpeaks();
		const ask = (n) => create(n, {prompt_cache_key: "a"});
		const first = (r) => r.choices[0].message.content;

		const kept = first(await ask(3));
		assert.equal(kept, textOf(0));
		for (const n of [1, 2, 3]) {
			fake.requests.length = 0;
			assert.equal(first(await ask(n)), kept);
			assert.equal(new Set(keysAsked()).size, n);
		}
	});

	it("that all rest are not asked", async () => {
		await stack.sql("UPDATE keys SET ready_at = " +
				`${Date.now() + 3600000}`);
		for (const streamed of [false, true]) {
			const r = await post(3, {stream: streamed});

			assert.equal(r.status, 429, r.text);
			assert.ok(Number(r.headers["retry-after"]) > 3000);
		}
		assert.equal(fake.requests.length, 0);
		const rows = await stack.journal(2, `id > ${seen}`);
		assert.deepEqual(rows.map((j) => j.attempts), [0, 0]);
	});
});

/* --- something fails ------------------------------------------------------ */

describe("a failure", () => {
	/* Before the second call fails. */
	const othersAsked = async () => {
		for (const key of [KEYS[0], KEYS[2]])
			await fake.waitFor((r) => r.key === key &&
				r.body !== undefined);
	};

	for (const streamed of [false, true])
		it(`of one is retried on another key (stream: ${streamed})`,
		   async () => {
			everyKeySpeaks();
			fake.script(KEYS[1], {error: "quota_day"});
			const choices = streamed ?
				assemble(await chunksOf(3)) :
				contents(await create(3))
				.map((content) => ({content}));

			assert.equal(choices.length, 3);
			assert.equal(choices[0].content, textOf(0));
			assert.ok([textOf(0), textOf(2)].includes(
				choices[1].content), "of another key");
			assert.equal(choices[2].content, textOf(2));
			const j = await row();
			assert.equal(j.attempts, 4);
			assert.equal(j.status, 200);
			assert.deepEqual((await attemptsOf(j)).map((a) =>
				[a.key_id, a.status]), [[2, 429]]);
		});

	/* One stream breaks before its first word, while others speak. */
	it("of one that has said nothing is retried, whatever others said",
	   async () => {
		const steps = new Steps();

		everyKeySpeaks();
		fake.script(KEYS[1], {error: "internal",
				      hold: () => steps.gate(1)});
		const events = await open(3);
		const chunks = [JSON.parse(await events.next())];
		steps.allow(1);
		chunks.push(...(await events.rest()).slice(0, -1)
			.map((e) => JSON.parse(e)));
		assert.deepEqual(assemble(chunks).map((c) => c.finish),
				 ["stop", "stop", "stop"]);
		assert.equal((await row()).attempts, 4);
	});

	for (const streamed of [false, true])
		it(`for good is the request's (stream: ${streamed})`,
		   async () => {
			fake.setDefault("*", {hang: "reply"});
			fake.setDefault(KEYS[1], {error: "invalid_argument",
						  hold: othersAsked});
			await assert.rejects(create(3, {stream: streamed}),
				(e) => e instanceof OpenAI.BadRequestError &&
				/invalid argument/.test(e.message));
			for (const key of [KEYS[0], KEYS[2]]) {
				const other = await fake.waitFor((r) =>
					r.key === key && r.done);
				assert.ok(other.aborted, "cancelled");
			}
			const j = await row();
			assert.equal(j.status, 400);
			assert.equal(j.hung_up, 0);
			assert.equal(j.attempts, 3);
			assert.deepEqual((await attemptsOf(j)).map((a) =>
				[a.key_id, a.status]), [[2, 400]]);
		});

	it("loses nothing unsaid: what others cost is in the journal",
	   async () => {
		const steps = new Steps();

		everyKeySpeaks();
		fake.setDefault(KEYS[2], {error: "invalid_argument",
					  hold: () => steps.gate(1)});
		const reply = post(3);
		await fake.waitFor((r) => r.key === KEYS[0] && r.done);
		await fake.waitFor((r) => r.key === KEYS[1] && r.done);
		steps.allow(1);
		assert.equal((await reply).status, 400);
		assert.equal((await row()).prompt_tokens, 20);
	});

	it("after the head is an error event and the end", async () => {
		const steps = new Steps();

		fake.setDefault("*", {words: ["a ", "b "], hang: 1});
		fake.setDefault(KEYS[1], {error: "invalid_argument",
					  hold: () => steps.gate(1)});
		const events = await open(3);
		const heard = new Set();
		while (heard.size < 2)
			heard.add(JSON.parse(await events.next())
				.choices[0].index);
		steps.allow(1);
		const rest = await events.rest();
		assert.equal(rest.pop(), "[DONE]");
		assert.match(JSON.parse(rest.pop()).error.message,
			     /invalid argument/);
		for (const e of rest)
			assert.equal(JSON.parse(e).error, undefined);
		for (const key of [KEYS[0], KEYS[2]])
			assert.ok((await fake.waitFor((r) => r.key === key &&
				r.done)).aborted, "cancelled");
		const j = await row();
		assert.equal(j.status, 200);
		assert.ok(j.error_class);
		assert.equal(j.hung_up, 0);
	});

	it("in the middle of one stream ends them all", async () => {
		const steps = new Steps();

		fake.setDefault("*", {words: ["a ", "b "], hang: 1});
		fake.setDefault(KEYS[2], {words: ["a ", "b "],
			gate: (i) => steps.gate(i),
			fail: {after: 1, error: "overloaded"}});
		const chunks = [];

		await assert.rejects(async () => {
			const all = await create(3, {stream: true});
			for await (const chunk of all) {
				chunks.push(chunk);
				if (assemble(chunks).filter((c) =>
					c.content === "a ").length === 3)
					steps.allow(Infinity);
			}
		}, (e) => e instanceof OpenAI.APIError &&
			/overloaded/.test(e.message));
		assert.equal(fake.requests.length, 3, "no retry after content");
	});

	/* Each call mends its request for itself. */
	it("that tells the way out is mended in each call", async () => {
		const refused = new Set();

		const answer = speak({candidates: [{
			content: {parts: [{text: "mended"}]},
			finishReason: "STOP"}]});
		fake.decide = (record) => {
			if (!JSON.parse(record.body).generationConfig)
				return answer(record);
			refused.add(record.key);
			return {error: {status: 400, body: {error: {
				code: 400, status: "INVALID_ARGUMENT",
				message: "Penalty is not enabled for " +
					 "models/gemini-4-flash"}}}};
		};
		const r = await post(3, {model: TALKATIVE,
					 presence_penalty: 1});

		assert.equal(r.status, 200, r.text);
		assert.deepEqual(contents(r.json), Array(3).fill("mended"));
		assert.equal(r.headers["x-gbalance-dropped"],
			     "presence_penalty");
		assert.equal(refused.size, 3);
		assert.equal(fake.requests.length, 6);
	});
});

describe("a client that leaves", () => {
	const allAborted = async (n) => {
		for (let i = 0; i < n; i++) {
			const r = fake.requests[i];

			await fake.waitFor((x) => x === r && x.done);
			assert.ok(r.aborted);
		}
		const j = await row();
		assert.equal(j.hung_up, 1);
		assert.equal(j.status, 499);
		assert.equal(j.attempts, n);
	};

	it("in the middle of a stream cancels every call", async () => {
		fake.setDefault("*", {words: ["a ", "b "], hang: 1});
		const all = await create(5, {stream: true});
		for await (const chunk of all)
			if (chunk.choices[0].delta.content)
				break;
		await fake.waitFor(() => fake.requests.length === 5);
		all.controller.abort();
		await allAborted(5);
	});

	it("before anything was said cancels every call", async () => {
		const abort = new AbortController();

		fake.setDefault("*", {hang: "reply"});
		const reply = client.chat.completions.create(
			chat("hello", {n: 3}), {signal: abort.signal});
		for (const key of KEYS)
			await fake.waitFor((r) => r.key === key);
		abort.abort();
		await assert.rejects(reply, OpenAI.APIUserAbortError);
		await allAborted(3);
	});
});

/* --- what is asked -------------------------------------------------------- */

describe("the request", () => {
	for (const n of [0, N_MAX + 1, 1000, "3", 1.5])
		it(`n = ${JSON.stringify(n)} is refused`, async () => {
			const r = await post(n);

			assert.equal(r.status, 400);
			assert.equal(r.json.error.param, "n");
			if (n > N_MAX)
				assert.match(r.json.error.message,
					     new RegExp(`\\b${N_MAX}\\b`));
			assert.equal(fake.requests.length, 0);
		});

	it(`n = ${N_MAX} is not`, async () => {
		everyKeySpeaks();
		const r = await create(N_MAX);

		assert.equal(r.choices.length, N_MAX);
		assert.equal(fake.requests.length, N_MAX);
	});

	it("has a seed for each answer", async () => {
		await create(3, {seed: 41});
		const seeds = fake.requests.map((r) =>
			JSON.parse(r.body).generationConfig.seed);

		assert.deepEqual(seeds.sort(), [41, 42, 43]);
	});
});

describe("logprobs", () => {
	const token = (text, logProbability) =>
		({token: text, tokenId: 1, logProbability});
	const event = (text, finishReason, tokens) => ({candidates: [{
		index: 0, content: {role: "model", parts: [{text}]},
		finishReason, logprobsResult: {
			chosenCandidates: tokens,
			topCandidates: tokens.map((t) => ({candidates: [
				t, token("other", -9)]})),
		},
	}]});
	const want = (text, logprob) => ({
		token: text, logprob, bytes: [...Buffer.from(text)],
		top_logprobs: [
			{token: text, logprob, bytes: [...Buffer.from(text)]},
			{token: "other", logprob: -9,
			 bytes: [...Buffer.from("other")]}],
	});
	const more = {model: TALKATIVE, logprobs: true, top_logprobs: 2};

	it("of a model that tells them", async () => {
		fake.decide = speak(event("né", "STOP", [token("n", -0.5),
							 token("é", -1)]));
		const r = await create(1, more);

		assert.deepEqual(r.choices[0].logprobs, {
			content: [want("n", -0.5), want("é", -1)],
			refusal: null});
		const {generationConfig} = JSON.parse(fake.requests[0].body);
		assert.equal(generationConfig.responseLogprobs, true);
		assert.equal(generationConfig.logprobs, 2);
	});

	it("in each stream of several", async () => {
		fake.decide = speak(event("n", undefined, [token("n", -0.5)]),
				    event("é", "STOP", [token("é", -1)]));
		const r = await client.chat.completions.stream(
			chat("hello", {...more, n: 2})).finalChatCompletion();

		for (const choice of r.choices) {
			assert.equal(choice.message.content, "né");
			assert.deepEqual(choice.logprobs.content,
				[want("n", -0.5), want("é", -1)]);
		}
	});

	it("are dropped, and named, for the others", async () => {
		const r = await post(2, {logprobs: true, top_logprobs: 2});

		assert.equal(r.status, 200, r.text);
		assert.equal(r.headers["x-gbalance-dropped"],
			     "logprobs, top_logprobs");
		for (const choice of r.json.choices)
			assert.equal(choice.logprobs, null);
	});
});
