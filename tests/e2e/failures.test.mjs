/*
 * failures.test.mjs: whatever upstream, the network, the machine or a client
 * does, a client gets an answer or an honest error.
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import {after, afterEach, before, beforeEach, describe, it} from "node:test";

import {ask, assertTrueRetryAfter, bearer, chat, Events, freePort, KEYS, MODEL,
	open, sleep, startFake, startStack, Steps, stream, userSays} from "./harness.mjs";

const NATIVE = `/v1beta/models/${MODEL}`;
const SSE = `${NATIVE}:streamGenerateContent?alt=sse`;
const DAY_MS = 24 * 3600 * 1000;

let fake;

before(async () => {
	fake = await startFake();
});
beforeEach(() => fake.reset());
after(() => fake?.close());

const complete = (stack, text = "hello", more = {}) =>
	ask(`${stack.url}/v1/chat/completions`, {
		headers: bearer(), body: chat(text, more)});
const generate = (stack, text = "hello", verb = "generateContent") =>
	ask(`${stack.url}${NATIVE}:${verb}`, {
		headers: bearer(), body: userSays(text)});

/* All keys as on the first day. */
const freshKeys = (stack) => stack.sql("UPDATE keys SET disabled_by = 0, " +
	"ready_at = 0, failures = 0, reason = '', project = '', " +
	"project_by = 0; DELETE FROM key_models; DELETE FROM charges; " +
	"DELETE FROM breakers");

/* A stack for the tests of one "describe". */
function withStack(options)
{
	const held = {};

	before(async () => {
		held.stack = await startStack(fake, options);
	});
	afterEach(() => held.stack.check());
	after(() => held.stack?.stop());
	return held;
}

/* What an OpenAI client makes of a stream: {text, finish, error, done}. */
function readChat(text)
{
	const out = {text: "", finish: null, error: null, done: false,
		     comments: 0};

	for (const line of text.split("\n")) {
		if (line.startsWith(":"))
			out.comments++;
		if (!line.startsWith("data: "))
			continue;
		assert.ok(!out.done, "nothing follows [DONE]");
		if (line === "data: [DONE]") {
			out.done = true;
			continue;
		}
		const data = JSON.parse(line.slice(6));
		if (data.error) {
			for (const k of ["message", "type", "param", "code"])
				assert.ok(k in data.error, line);
			out.error = data.error;
			continue;
		}
		out.text += data.choices[0]?.delta.content ?? "";
		out.finish = data.choices[0]?.finish_reason ?? out.finish;
	}
	return out;
}

/* JSON, or an error that shows what is none. */
function jsonOf(text)
{
	try {
		return JSON.parse(text);
	} catch (e) {
		throw new Error(`${e.message}: ${JSON.stringify(text)}`);
	}
}

describe("promise 4: another key is tried after", () => {
	const held = withStack();

	beforeEach(() => freshKeys(held.stack));

	/* name: the state of the key afterwards.  "model": rests for this model
	 * only; a number: for about so many seconds. */
	const RETRIED = {
		key_invalid: "disabled", key_not_found: "disabled",
		key_expired: "disabled", location: "cooling",
		leaked: "disabled", suspended: "disabled",
		service_disabled: "disabled", service_blocked: "disabled",
		referrer_blocked: "disabled", ip_blocked: "disabled",
		billing_country: "disabled", project_denied: "disabled",
		unauthenticated: "ready", permission_denied: "ready",
		prepay: 6 * 3600, model_retired: "model",
		quota_day: "midnight", quota_minute: "model",
		quota_minute_tokens: "model", quota_zero: "model",
		quota_region_zero: "off", quota_region: 60,
		quota_retry_text: "model", quota_bare: "model",
		spending_cap: "cooling", internal: "ready",
		overloaded: "ready", high_demand: "ready", deadline: "ready",
	};

	/* As it was set by a request that began at "now". */
	async function stateOf(secret, now)
	{
		const [key] = await held.stack.sql("SELECT * FROM keys WHERE " +
			`secret = '${secret}'`);
		const [model] = await held.stack.sql("SELECT * FROM " +
			`key_models WHERE key_id = ${key.id}`);

		return {
			disabled: key.disabled_by !== 0,
			cooling: key.ready_at > now,
			key_s: (key.ready_at - now) / 1000,
			model: model !== undefined && model.ready_at > now,
			model_at: model?.ready_at ?? 0,
		};
	}

	function isMidnightInCalifornia(ms)
	{
		const time = new Intl.DateTimeFormat("en-US", {
			timeZone: "America/Los_Angeles", hour: "numeric",
			minute: "numeric", hourCycle: "h23",
		}).formatToParts(new Date(ms));
		const part = (type) =>
			Number(time.find((p) => p.type === type).value);

		/* Some jitter after it is wanted: not all keys at once. */
		return part("hour") === 0 && part("minute") < 30;
	}

	const STATES = {
		disabled: (s) => s.disabled,
		cooling: (s) => s.cooling && !s.disabled,
		off: (s) => s.cooling || s.disabled,
		ready: (s) => !s.disabled && !s.cooling && !s.model,
		model: (s) => s.model && !s.cooling && !s.disabled,
		midnight: (s) => !s.cooling && !s.disabled &&
			isMidnightInCalifornia(s.model_at) &&
			s.model_at < Date.now() + DAY_MS * 1.05,
	};

	for (const [name, state] of Object.entries(RETRIED))
		it(name, async () => {
			const began = Date.now();

			fake.script("*", {error: name});
			const r = await complete(held.stack);
			const took = (Date.now() - began) / 1000;

			assert.equal(r.status, 200, r.text);
			assert.equal(fake.requests.length, 2);
			const [first, second] = fake.requests;
			/* An overloaded model may be asked with the same key. */
			if (!["overloaded", "high_demand"].includes(name))
				assert.notEqual(first.key, second.key);
			const is = await stateOf(first.key, began);
			const fits = STATES[state] ? STATES[state](is) :
				is.cooling && is.key_s >= state &&
				is.key_s < state * 1.1 + took;
			assert.ok(fits, `${state}: ${JSON.stringify(is)}`);
		});

	for (const [name, behaviour] of Object.entries({
		"a reset connection": {cut: {at: 0, how: "reset"}},
		"a closed connection": {cut: {at: 0, how: "fin"}},
		"half a body": {cut: {at: 40, how: "fin"}},
		"half a body, then a reset": {cut: {at: 40, how: "reset"}},
		"a body that is no JSON": {garbage: true},
		"an empty 200": {empty: true},
		"no output": {events: [{usageMetadata: {
			promptTokenCount: 1, totalTokenCount: 1}}]},
		"500 with HTML": {respond: {status: 500, type: "text/html",
			body: "<html><b>500.</b> That's an error.</html>"}},
		"503 without a body": {respond: {status: 503, body: ""}},
		"an error as an array": {respond: {status: 429, body:
			'[{"error":{"code":429,"message":"Resource has been ' +
			'exhausted (e.g. check quota).","status":' +
			'"RESOURCE_EXHAUSTED"}}]'}},
	}))
		for (const streamed of [false, true])
			it(`${name}${streamed ? ", streaming" : ""}`,
			   async () => {
				fake.script("*", behaviour);
				const r = await complete(held.stack, "hello", {
					stream: streamed});

				assert.equal(r.status, 200, r.text);
				assert.equal(fake.requests.length, 2);
				if (streamed)
					assert.equal(readChat(r.text).text,
						     "You said: hello");
				const rows = await held.stack.sql("SELECT " +
					"count(*) AS n FROM keys WHERE " +
					"disabled_by != 0");
				assert.equal(rows[0].n, 0);
			});

	it("each kind of error in a row, until one key works", async () => {
		fake.setDefault(KEYS[0], {error: "leaked"});
		fake.setDefault(KEYS[1], {error: "quota_day"});
		for (let i = 0; i < 4; i++)
			assert.equal((await complete(held.stack)).status, 200);
		assert.ok(fake.requests.length <= 6, "bad keys are left alone");
	});

	/* A client's own mistake costs no key anything (promise 3). */
	for (const [name, status] of Object.entries({
		invalid_argument: 400, tokens_exceeded: 400,
		model_not_found: 404, cached_content: 403, file_denied: 403,
	}))
		it(`not after ${name}`, async () => {
			const began = Date.now();

			fake.setDefault("*", {error: name});
			const r = await generate(held.stack);

			assert.equal(r.status, status, r.text);
			assert.equal(fake.requests.length, 1);
			const s = await stateOf(fake.requests[0].key, began);
			assert.ok(STATES.ready(s), JSON.stringify(s));
		});

	/* Our keys' faults are never the client's 401. */
	for (const [name, status] of Object.entries({
		key_invalid: 502, leaked: 502, unauthenticated: 502,
		internal: 500, overloaded: 503, deadline: 504,
	}))
		it(`${status} when all keys say ${name}`, async () => {
			fake.setDefault("*", {error: name});
			const r = await complete(held.stack);

			assert.equal(r.status, status, r.text);
			assert.ok(fake.requests.length >= 2);
		});

	it("502 empty_response when all answers are empty", async () => {
		fake.setDefault("*", {empty: true});
		const r = await complete(held.stack);

		assert.equal(r.status, 502, r.text);
		assert.equal(r.json.error.code, "empty_response");
	});

	it("429 until midnight when all keys have had their day", async () => {
		fake.setDefault("*", {error: "quota_day"});
		for (let i = 0; i < 2; i++) {
			const began = Date.now();
			const r = await complete(held.stack, "x", {
				stream: i === 1});

			assert.equal(r.status, 429, r.text);
			const s = Number(r.headers["retry-after"]);
			assert.ok(isMidnightInCalifornia(began + s * 1000),
				  `Retry-After: ${s}`);
			await assertTrueRetryAfter(held.stack, MODEL, s,
						   began);
			assert.equal(r.headers["x-should-retry"], "false");
			assert.equal(r.json.error.code, "insufficient_quota");
			assert.equal(fake.requests.length, KEYS.length,
				     "nobody is asked in vain");
		}
	});

	it("a quota of a day is one model's", async () => {
		fake.decide = (r) => r.model === MODEL ?
			{error: "quota_day"} : {};
		assert.equal((await complete(held.stack)).status, 429);
		for (let i = 0; i < KEYS.length; i++)
			assert.equal((await complete(held.stack, "x", {
				model: "gemini-3.7-flash"})).status, 200);
		assert.equal((await generate(held.stack)).status, 429);
		assert.deepEqual(fake.requests.slice(KEYS.length)
			.map((r) => r.key).sort(), [...KEYS].sort());
	});
});

/* MAX_RETRIES bounds what keys are not to blame for; a key that is found dead
 * or used up is passed over, and the next request does not meet it. */
describe("max_retries", () => {
	const MANY = Array.from({length: 8}, (_, i) =>
		`AIzaSyMany-key-number-${i}-00000000000000`);

	for (const [max, asked] of [[0, 1], [1, 2], [2, 3], [20, 3]])
		describe(`of ${max}`, () => {
			const held = withStack({settings: {
				max_retries: max, api_keys: MANY}});

			beforeEach(() => freshKeys(held.stack));

			/* Google's own faults: at most two more tries. */
			it(`asks ${asked} keys that fail`, async () => {
				fake.setDefault("*", {error: "internal"});
				for (const streamed of [false, true]) {
					const from = fake.requests.length;
					const r = await complete(held.stack,
						"x", {stream: streamed});

					assert.equal(r.status, 500, r.text);
					assert.equal(fake.requests.length -
						     from, asked);
				}
				assert.equal(new Set(fake.requests.slice(0,
					asked).map((r) => r.key)).size, asked);
			});

			for (const error of ["leaked", "quota_day"])
				it(`passes over all that say ${error}`,
				   async () => {
					fake.setDefault("*", {error});
					fake.setDefault(MANY[5], {});
					for (let i = 0; i < 9; i++)
						assert.equal((await complete(
							held.stack)).status,
							     200);
					const asks = fake.requests.map((r) =>
						r.key);
					assert.equal(asks.length, 7 + 9);
					assert.equal(new Set(asks).size, 8);
				});
		});
});

/*
 * Promise 5.  The prompt says where to cut; only the first attempt of each is
 * cut, so that a retry shows.
 */
describe("promise 5: a stream cut at every byte", () => {
	const held = withStack();

	beforeEach(() => freshKeys(held.stack));
	const WORDS = ["one ", "two ", "three"];
	const EVENTS = WORDS.map((text, i) => ({
		candidates: [{index: 0, content: {role: "model",
						  parts: [{text}]},
			      ...(i === 2 ? {finishReason: "STOP"} : {})}],
	}));
	const SSE_BODY = EVENTS.map((e) =>
		`data: ${JSON.stringify(e)}\r\n\r\n`);
	const WORKERS = 12;

	async function cutEverywhere(total, one)
	{
		const tried = new Set();
		const todo = ["reset", "fin", "short"].flatMap((how) =>
			Array.from({length: total + 1}, (_, at) => ({at, how})));

		fake.decide = (record) => {
			const [, at, how] = /cut (\d+) (\w+)/.exec(record.body);
			const first = !tried.has(`${at} ${how}`);

			tried.add(`${at} ${how}`);
			return {events: EVENTS,
				...(first ? {cut: {at: Number(at), how}} : {})};
		};
		const faults = [];
		await Promise.all(Array.from({length: WORKERS}, async () => {
			for (let t = todo.pop(); t; t = todo.pop()) {
				const name = `cut ${t.at} ${t.how}`;
				await one(t, name).catch((e) =>
					faults.push(`${name}: ${e.message}`));
			}
		}));
		assert.equal(faults.length, 0, `${faults.length} faults:\n` +
			     faults.slice(0, 12).join("\n"));
	}

	it("OpenAI: complete, or a prefix and an error", async () => {
		const total = SSE_BODY.join("").length;
		const first = SSE_BODY[0].length - 4;	/* its line ends here */

		await cutEverywhere(total, async ({at}, name) => {
			const r = await complete(held.stack, name,
						 {stream: true});

			assert.equal(r.status, 200, `${name}: ${r.text}`);
			const c = readChat(r.text);
			if (at < first || c.error === null) {
				assert.equal(c.text, WORDS.join(""), name);
				assert.equal(c.finish, "stop", name);
				assert.equal(c.error, null, name);
			} else {
				assert.ok(WORDS.join("").startsWith(c.text),
					  `${name}: ${c.text}`);
				assert.equal(c.finish, null, name);
			}
			assert.ok(c.done, name);
		});
	});

	it("native, alt=sse: whole events, then an error", async () => {
		const total = SSE_BODY.join("").length;
		const first = SSE_BODY[0].length - 4;

		await cutEverywhere(total, async ({at}, name) => {
			const r = await ask(held.stack.url + SSE, {
				headers: bearer(), body: userSays(name)});
			const events = r.text.split(/\r?\n\r?\n/)
				.filter((e) => /^data:/.test(e))
				.map((e) => jsonOf(e.slice(5)));
			const error = events.find((e) => e.error);
			const text = events.flatMap((e) =>
				e.candidates?.[0].content.parts ?? [])
				.map((p) => p.text).join("");

			assert.equal(r.status, 200, `${name}: ${r.text}`);
			if (at < first || !error) {
				assert.equal(text, WORDS.join(""), name);
				assert.equal(error, undefined, name);
			} else {
				assert.ok(WORDS.join("").startsWith(text),
					  name);
				assert.ok(events.at(-1).error.status, name);
			}
		});
	});

	it("native array: stays JSON, with the error in it", async () => {
		const json = EVENTS.map((e) => JSON.stringify(e));
		const total = `[${json.join("\n,\r\n")}\n]`.length;
		const first = json[0].length + 1;

		await cutEverywhere(total, async ({at}, name) => {
			const r = await generate(held.stack, name,
						 "streamGenerateContent");
			const error = r.json?.find((e) => e.error);
			const text = r.json?.flatMap((e) =>
				e.candidates?.[0].content.parts ?? [])
				.map((p) => p.text).join("");

			assert.equal(r.status, 200, `${name}: ${r.text}`);
			assert.ok(Array.isArray(r.json), `${name}: ${r.text}`);
			if (at < first || !error) {
				assert.equal(text, WORDS.join(""), name);
			} else {
				assert.ok(WORDS.join("").startsWith(text),
					  name);
				assert.ok(r.json.at(-1).error, name);
			}
		});
	});

	for (const form of ["raw", "data", "array"])
		it(`an error in the middle, as ${form}`, async () => {
			const steps = new Steps();
			fake.setDefault("*", {events: EVENTS, gate: steps.gate,
				fail: {after: 2, form, error: "overloaded"}});
			const events = await stream(
				`${held.stack.url}/v1/chat/completions`, {
				headers: bearer(),
				body: chat("x", {stream: true})});

			/* Only when the client has what went before. */
			for (let i = 1; i <= 2;)
				if (JSON.parse(await events.next()).choices[0]
				    .delta.content)
					steps.allow(i++);
			await events.rest();
			const c = readChat(events.text);
			assert.equal(c.text, "one two ");
			assert.ok(c.error);
			assert.match(c.error.message, /overloaded/);
			assert.equal(c.finish, null);
			assert.equal(fake.requests.length, 1,
				     "no retry after content");
		});

	for (const form of ["raw", "data", "array"])
		it(`an error as the first event, as ${form}`, async () => {
			fake.script("*", {events: EVENTS, fail: {
				after: 0, form, error: "overloaded"}});
			const c = readChat((await complete(held.stack, "x", {
				stream: true})).text);

			assert.equal(c.text, "You said: x");
			assert.equal(c.error, null);
			assert.equal(fake.requests.length, 2);
		});

	it("an end without finishReason", async () => {
		fake.setDefault("*", {words: ["a ", "b"], finishReason: null});
		const c = readChat((await complete(held.stack, "x", {
			stream: true})).text);

		assert.equal(c.text, "a b");
		/* Google's own last word is missing: say so or end, not hang. */
		assert.ok(c.done);
		assert.ok(c.error || c.finish === "stop");
	});

	it("an error has a status while nothing was said", async () => {
		fake.setDefault("*", {error: "invalid_argument"});
		const r = await complete(held.stack, "x", {stream: true});

		assert.equal(r.status, 400);
		assert.ok(r.json.error);
	});
});

/* cites 4.2 keep-alive */
describe("silence is filled with comments", () => {
	const held = withStack({settings: {keepalive_interval: 1}});

	/* A stream whose upstream waits until "n" comments have come. */
	async function silent(n, script)
	{
		const steps = new Steps();
		const waits = [];

		for (let i = 1; i <= n; i++)
			waits.push({...script, hold: () => steps.gate(i)});
		fake.script("*", ...waits);
		const events = await stream(
			`${held.stack.url}/v1/chat/completions`, {
			headers: bearer(), body: chat("x", {stream: true})});
		for (let i = 1; i <= n; i++) {
			await events.comment();
			assert.equal(fake.requests.length, i);
			steps.allow(i);
		}
		await events.rest();
		return readChat(events.text);
	}

	it("before the answer", async () => {
		const c = await silent(1, {text: "late"});

		assert.ok(c.comments >= 1);
		assert.equal(c.text, "late");
		assert.equal(c.finish, "stop");
		assert.ok(c.done);
	});

	/* Promise 4: nothing was said yet. */
	for (const [name, script] of Object.entries({
		"a 500": {error: "internal"}, "a dead key": {error: "key_expired"},
		"a reset": {cut: {at: 0, how: "reset"}},
		"an error event": {fail: {after: 0, error: "internal"}},
		"nothing at all": {empty: true}}))
		it(`and another key is tried after ${name}`, async () => {
			await freshKeys(held.stack);
			const c = await silent(1, script);

			assert.ok(c.comments >= 1);
			assert.equal(c.text, "You said: x");
			assert.equal(c.finish, "stop");
			assert.equal(c.error, null);
			assert.ok(c.done);
			assert.equal(fake.requests.length, 2);
			/* On a connection that was used before, curl asks
			 * again by itself. */
			if (!script.cut)
				assert.notEqual(fake.requests[0].key,
						fake.requests[1].key);
		});

	it("and an error event follows when all fails", async () => {
		const c = await silent(3, {error: "internal"});

		assert.ok(c.comments >= 3);
		assert.match(c.error.message, /internal error/);
		assert.equal(c.text, "");
		assert.equal(c.finish, null);
		assert.ok(c.done);
		const row = (await held.stack.journal(1, "error_class != ''"))
			.at(-1);
		assert.equal(row.attempts, 3);
		assert.equal(row.hung_up, 0);
	});

	it("and natively too", async () => {
		for (const sse of [true, false]) {
			const steps = new Steps();

			fake.reset();
			fake.script("*", {error: "internal",
					  hold: () => steps.gate(1)});
			const res = await open(held.stack.url + (sse ? SSE :
				`${NATIVE}:streamGenerateContent`), {
				headers: bearer(), body: userSays("x")});
			let text = "";
			res.setEncoding("utf8");
			for await (const piece of res) {
				text += piece;
				steps.allow(1);
			}
			assert.match(text, sse ? /^: .*\n\n/ : /^\n/);
			assert.match(text, /"x"/);
			assert.doesNotMatch(text, /"error"/);
			if (!sse)
				assert.ok(Array.isArray(jsonOf(text)));
			assert.equal(fake.requests.length, 2);
		}
	});

	it("between events", async () => {
		const steps = new Steps();

		fake.script("*", {words: ["a ", "b"], gate: steps.gate});
		const events = await stream(
			`${held.stack.url}/v1/chat/completions`, {
			headers: bearer(), body: chat("x", {stream: true})});
		while (JSON.parse(await events.next()).choices[0].delta
			.content !== "a ")
			;
		await events.comment();
		steps.allow(Infinity);
		await events.rest();
		assert.equal(readChat(events.text).text, "a b");
	});
});

describe("silence ends", () => {
	const held = withStack({settings: {
		keepalive_interval: 60, time_out: 3, idle_timeout: 2,
		max_retries: 1,
	}});

	it("before the first byte with a 504", async () => {
		fake.setDefault("*", {hang: "reply"});
		const r = await complete(held.stack);

		assert.equal(r.status, 504, r.text);
		assert.equal(fake.requests.length, 2);
		for (const request of fake.requests) {
			await fake.waitFor((x) => x === request && x.done);
			assert.ok(request.aborted);
		}
	});

	it("in the middle of a stream with an error event", async () => {
		fake.setDefault("*", {words: ["a ", "b"], hang: 1});
		const c = readChat((await complete(held.stack, "x", {
			stream: true})).text);

		assert.equal(c.text, "a ");
		assert.ok(c.error);
		assert.equal(c.finish, null);
	});
});

describe("upstream that is not there", () => {
	it("is a 502, and no key's fault", async () => {
		const stack = await startStack(fake, {settings: {
			base_url: `http://127.0.0.1:${await freePort()}`}});

		try {
			for (const streamed of [false, true]) {
				const r = await complete(stack, "x", {
					stream: streamed});
				assert.equal(r.status, 502, r.text);
				assert.ok(r.json.error.message);
			}
			const [{n}] = await stack.sql("SELECT count(*) AS n " +
				"FROM keys WHERE disabled_by != 0 OR " +
				"ready_at > 0");
			assert.equal(n, 0);
			await stack.check();
		} finally {
			await stack.stop();
		}
	});

	it("is no reason not to start; nor is a pool without keys",
	   async () => {
		const stack = await startStack(fake, {settings: {
			api_keys: []}});

		try {
			const r = await complete(stack);
			assert.equal(r.status, 503, r.text);
			const added = await stack.toolWithInput(
				`${KEYS[0]},\n"${KEYS[1]}" ${KEYS[0]}`,
				"keys", "add");
			assert.equal(added.code, 0, added.stderr);
			await stack.until(async () =>
				(await complete(stack)).status === 200, 5000);
		} finally {
			await stack.stop();
		}
	});
});

describe("bodies", () => {
	const MAX = 65536;
	const held = withStack({settings: {max_body: MAX}});
	const body = (size) => {
		const empty = JSON.stringify(chat("")).length;

		return JSON.stringify(chat("x".repeat(size - empty)));
	};

	it("of exactly the limit are taken", async () => {
		const r = await ask(`${held.stack.url}/v1/chat/completions`, {
			headers: bearer(), body: body(MAX)});

		assert.equal(r.status, 200, r.text);
	});

	for (const [path, shape] of [
		["/v1/chat/completions", "request_too_large"],
		[`${NATIVE}:generateContent`, "INVALID_ARGUMENT"]])
		for (const chunked of [false, true])
			it(`one byte more is a 413 (${path}, ${
				chunked ? "chunked" : "with length"})`,
			   async () => {
				const data = body(MAX + 1);
				const r = await ask(held.stack.url + path, {
					body: data,
					rawHeaders: {...bearer(),
						"content-type":
						    "application/json",
						...(chunked ? {
						"transfer-encoding":
						    "chunked"} : {
						"content-length":
						    data.length})},
				});
				assert.equal(r.status, 413, r.text);
				assert.ok(r.text.includes(shape), r.text);
				assert.equal(fake.requests.length, 0);
			});

	it("that are nested without end are a 400", async () => {
		for (const text of ["[".repeat(60000),
				    '{"a":'.repeat(10000)]) {
			const r = await ask(
				`${held.stack.url}/v1/chat/completions`,
				{headers: bearer(), body: text});
			assert.equal(r.status, 400, r.text);
		}
	});
});

describe("promise 9: a client that reads nothing", () => {
	const held = withStack({settings: {stream_buffer: 65536}});

	it("stops the upstream, not the memory", async () => {
		const rss = () => Number(/VmRSS:\s*(\d+)/.exec(
			fs.readFileSync(
				`/proc/${held.stack.daemon.pid}/status`,
				"utf8"))[1]);
		const before = rss();

		fake.setDefault("*", {words: Array.from({length: 600}, () =>
			"z".repeat(256 * 1024))});
		const res = await open(held.stack.url + SSE, {
			headers: bearer(), body: userSays("x")});
		const events = new Events(res.setEncoding("utf8"));
		await events.next();
		res.pause();
		const [record] = fake.requests;
		for (let sent = -1; sent !== record.eventsSent;) {
			sent = record.eventsSent;
			await sleep(500);
		}
		assert.ok(record.eventsSent < 600, "upstream stands still");
		const grown = rss() - before;
		assert.ok(grown < 60 * 1024, `grown by ${grown} KiB`);
		events.hangUp();
		await fake.waitFor((r) => r.done);
	});
});
