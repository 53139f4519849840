/*
 * choice.test.mjs: which key is asked: free before paid, by weight, never one
 * that may not serve the model; and waiting for one that comes back soon.
 */
import assert from "node:assert/strict";
import {after, afterEach, before, beforeEach, describe, it} from "node:test";

import {ask, bearer, MODEL, sleep, startFake, startStack, userSays}
	from "./harness.mjs";

const KEYS = Array.from({length: 3}, (_, i) =>
	`AIzaSyChoice-key-number-${i}-000000000000`);
const PAID = "AIzaSyChoice-key-that-costs-0000000000000";
const GENERATE = `/v1beta/models/${MODEL}:generateContent`;
const generate = (stack, model = MODEL) =>
	ask(`${stack.url}/v1beta/models/${model}:generateContent`, {
		headers: bearer(), body: userSays("x")});
const asked = () => fake.requests.map((r) => KEYS.indexOf(r.key) + 1);

let fake, stack;

/* All keys as after the first start. */
async function fresh()
{
	fake.reset();
	await stack.sql("UPDATE keys SET disabled_by = 0, ready_at = 0, " +
		"failures = 0, reason = ''; DELETE FROM key_models; " +
		"DELETE FROM charges; DELETE FROM breakers");
	await set("--tier", "free", "--weight", "1", "--models", "", "--all");
	await set("--tier", "paid", PAID);
}

async function set(...args)
{
	const r = await stack.tool("keys", "set", ...args);

	assert.equal(r.code, 0, r.stderr);
	return r.stdout;
}

/* From when it is written on, however long sqlite3 took to start; until when. */
async function rest(ms, where = "1")
{
	const rows = await stack.sql("UPDATE keys SET ready_at = CAST(" +
		"(julianday('now') - 2440587.5) * 86400000 AS INTEGER) + " +
		`${ms} WHERE ${where} RETURNING ready_at`);

	return rows[0].ready_at;
}

async function use(count, model)
{
	fake.requests.length = 0;
	for (let i = 0; i < count; i++)
		assert.equal((await generate(stack, model)).status, 200);
	return asked();
}

function withKeys(settings)
{
	before(async () => {
		fake = await startFake();
		stack = await startStack(fake, {settings: {
			api_keys: KEYS, paid_key: PAID, ...settings}});
	});
	beforeEach(fresh);
	afterEach(() => stack.check());
	after(async () => {
		await stack?.stop();
		await fake?.close();
	});
}

describe("the next key", () => {
	withKeys({wait_for_key: 0});

	it("is a free one, and paid_key as the last resort", async () => {
		const used = await use(6);
		assert.deepEqual([...used].sort(), [1, 1, 2, 2, 3, 3]);
		await rest(3600e3, `secret <> '${PAID}'`);
		assert.deepEqual(await use(2), [0, 0]);
		assert.equal(fake.requests[0].key, PAID);
		await rest(0);
		assert.ok(!(await use(3)).includes(0));
	});

	it("is the paid one where the free ones have no quota", async () => {
		fake.decide = (r) => r.key === PAID ? {} :
			{error: "quota_day"};
		assert.equal((await generate(stack)).status, 200);
		assert.equal(fake.requests.length, KEYS.length + 1);
		assert.deepEqual(await use(2), [0, 0]);
	});

	it("comes as often as it weighs", async () => {
		assert.match(await set("--weight", "4", KEYS[1]),
			     /^1 key set/);
		const used = await use(12);
		assert.deepEqual([1, 2, 3].map((k) =>
			used.filter((u) => u === k).length), [2, 8, 2]);
	});

	it("is none that may not serve the model", async () => {
		await set("--models", "imagen-*", ...KEYS.slice(1), PAID);
		assert.deepEqual(await use(3), [1, 1, 1]);
		await set("--models", "imagen-*", "--note", "for pictures",
			  KEYS[0]);
		fake.requests.length = 0;
		const r = await generate(stack);
		assert.equal(r.status, 503, r.text);
		assert.match(r.json.error.message,
			     /No Gemini key is allowed to serve this model/);
		assert.equal(fake.requests.length, 0);
		const all = JSON.parse((await stack.tool("keys", "list",
			"--json", "--tier", "free")).stdout);
		assert.deepEqual(all.map((k) => [k.models, k.tier, k.weight]),
			KEYS.map(() => ["imagen-*", "free", 1]));
		assert.equal(all[0].note, "for pictures");
	});

	it("is rechecked for nothing that it may not serve", async () => {
		await set("--models", "imagen-*", KEYS[0]);
		await stack.sql("UPDATE keys SET disabled_by = 1 WHERE " +
			`secret = '${KEYS[0]}'`);
		for (const [args, path] of [
			[KEYS[0], /\/models\?pageSize=1$/],
			[KEYS[1], /:generateContent/],
		]) {
			fake.requests.length = 0;
			const r = await stack.tool("keys", "verify", args);

			assert.equal(r.code, 0, r.stdout + r.stderr);
			assert.equal(fake.requests.length, 1);
			assert.match(fake.requests[0].url, path);
		}
		assert.ok((await use(4)).length, "both are in service");
		await set("--models", "", KEYS[0]);
		assert.ok((await use(3)).includes(1), "it was enabled");
	});

	it("commands that cannot be change nothing", async () => {
		for (const [args, code, why] of [
			[["--tier", "gold", "--all"], 1, /--tier: free or paid/],
			[["--weight", "0", "--all"], 1, /--weight: a number/],
			[["--weight", "1x", "--all"], 1, /--weight: a number/],
			[["--weight", "101", "--all"], 1, /from 1 to 100/],
			[["--models", "a b", "--all"], 1, /--models: names/],
			[["--note", "n".repeat(501), "--all"], 1, /--note: one/],
			[["--all"], 2, /set what/],
			[["--weight", "2"], 2, /a word missing/],
		]) {
			const r = await stack.tool("keys", "set", ...args);

			assert.equal(r.code, code, r.stderr);
			assert.match(r.stderr, why);
		}
		const all = JSON.parse((await stack.tool("keys", "list",
			"--json")).stdout);
		assert.deepEqual(all.map((k) => k.weight), [1, 1, 1, 1]);
	});

	it("is chosen by what keys are, too", async () => {
		assert.match(await set("--weight", "2", "--state", "ready"),
			     /^4 keys set/);
		assert.match(await set("--note", "n", "--pool", "vertex"),
			     /^0 keys set/);
	});

	it("is not waited for", async () => {
		await rest(1500);
		const r = await generate(stack);
		assert.equal(r.status, 429);
		assert.match(r.headers["retry-after"], /^[12]$/);
	});
});

describe("a key that comes back soon", () => {
	withKeys({wait_for_key: 2, threads: 8});

	it("is waited for", async () => {
		const back = await rest(1000);
		assert.equal((await generate(stack)).status, 200);
		assert.ok(Date.now() >= back, "not before it is back");
		assert.equal(fake.requests.length, 1);
	});

	it("is waited for when it rests since the first try", async () => {
		let calls = 0;
		await rest(3600e3, `secret <> '${KEYS[0]}'`);
		fake.decide = () => calls++ === 0 ? {error: {
			status: 429, body: {error: {
				code: 429, status: "RESOURCE_EXHAUSTED",
				message: "Slow down. Please retry in 0.2s.",
			}}}} : {};
		assert.equal((await generate(stack)).status, 200);
		assert.deepEqual(asked(), [1, 1]);
	});

	it("is waited for by several calls of one request", async () => {
		await rest(700);
		const r = await ask(`${stack.url}/v1/chat/completions`, {
			headers: bearer(), body: {model: MODEL, n: 2,
				messages: [{role: "user", content: "x"}]}});
		assert.equal(r.status, 200, r.text);
		assert.equal(r.json.choices.length, 2);
	});

	it("is not, when it is not soon enough", async () => {
		await rest(20e3);
		const r = await generate(stack);
		assert.equal(r.status, 429);
		assert.equal(fake.requests.length, 0);
	});

	it("is not, when so many wait already", async () => {
		await rest(1500);
		const all = await Promise.all(Array.from({length: 6}, () =>
			generate(stack)));
		assert.equal(all.filter((r) => r.status === 200).length, 2,
			     "a quarter of the threads");
		assert.equal(all.filter((r) => r.status === 429).length, 4);
		assert.equal(fake.requests.length, 2);
	});

	it("is not, by who has hung up", async () => {
		await rest(1900);
		const gone = new AbortController();
		const began = Date.now();
		const request = fetch(stack.url + GENERATE, {
			method: "POST", signal: gone.signal,
			headers: {...bearer(),
				  "content-type": "application/json"},
			body: JSON.stringify(userSays("x"))});
		const ended = assert.rejects(request);

		await sleep(300);
		gone.abort();
		await ended;
		const [row] = await stack.journal(1, `time_ms >= ${began}`);
		assert.equal(row.hung_up, 1, JSON.stringify(row));
		assert.equal(row.attempts, 0);
		assert.equal(fake.requests.length, 0);
	});
});

describe("a second key is asked where the first is silent", () => {
	withKeys({hedge_after: 1});

	const STREAM = `/v1beta/models/${MODEL}:streamGenerateContent?alt=sse`;
	const SLOW = {delayMs: 8000};
	let began;

	beforeEach(() => {
		began = Date.now();
	});

	/* The first key asked is slow; the others do as they are told. */
	const firstIs = (first, others = {}) => {
		fake.decide = (r) =>
			r.key === fake.requests[0].key ? first : others;
	};
	const post = (path, signal) => fetch(stack.url + path, {
		method: "POST", signal, headers: {...bearer(),
			"content-type": "application/json"},
		body: JSON.stringify(userSays("x"))});
	const row = async () => (await stack.journal(1,
		`time_ms >= ${began}`))[0];
	const attempts = () => stack.sql("SELECT key_id, status, " +
		`error_class FROM attempts WHERE time_ms >= ${began}`);
	const idOf = async (key) => (await stack.sql("SELECT id FROM keys " +
		`WHERE secret = '${key}'`))[0].id;
	const unwell = () => stack.sql("SELECT id FROM keys WHERE failures " +
		"> 0 OR ready_at > 0 OR disabled_by <> 0 UNION SELECT " +
		"key_id FROM key_models UNION SELECT key_id FROM charges");

	for (const [what, path] of [["whole", GENERATE], ["stream", STREAM]])
		it(`and its ${what} answer used`, async () => {
			firstIs(SLOW);
			const r = await post(path);
			assert.equal(r.status, 200);
			assert.match(await r.text(), /"text"/);
			assert.equal(fake.requests.length, 2);
			const [first, second] = fake.requests;
			assert.notEqual(first.key, second.key);
			await first.closed;
			const entry = await row();
			assert.equal(entry.attempts, 2, "one was wasted");
			assert.equal(entry.key_id, await idOf(second.key));
			assert.deepEqual(await attempts(), [{
				key_id: await idOf(first.key), status: 0,
				error_class: "hedged"}]);
			assert.deepEqual(await unwell(), []);
		});

	it("and is one request to the token's limits", async () => {
		const made = await stack.tool("tokens", "create", "narrow",
			"--parallel", "1", "--requests-per-day", "2",
			"--tokens-per-day", "100000");
		const token = made.stdout.trim();
		const once = () => ask(stack.url + GENERATE,
				       {headers: bearer(token),
					body: userSays("x")});
		const usage = {promptTokenCount: 7, candidatesTokenCount: 5,
			       totalTokenCount: 12};

		await stack.until(async () => (await ask(
			`${stack.url}/no/such`,
			{headers: bearer(token)})).status !== 401);
		firstIs({...SLOW, usage}, {usage});
		assert.equal((await once()).status, 200);
		assert.equal(fake.requests.length, 2);
		const shown = (await stack.tool("tokens", "show", "narrow"))
			.stdout;
		assert.match(shown, /^requests-per-day .*; used 1\b/m, shown);
		assert.match(shown, /^tokens-per-day .*; used 12\b/m, shown);
		assert.deepEqual(await stack.sql(
			"SELECT * FROM token_leases"), []);
		fake.reset();
		fake.decide = undefined;
		assert.equal((await once()).status, 200);
		assert.equal((await once()).status, 429);
	});

	it("but not when it answers in time", async () => {
		firstIs({delayMs: 300});
		assert.equal((await post(GENERATE)).status, 200);
		assert.equal(fake.requests.length, 1);
		assert.equal((await row()).attempts, 1);
	});

	it("and loses when the first is there before it", async () => {
		firstIs({delayMs: 1800}, SLOW);
		assert.equal((await post(GENERATE)).status, 200);
		const [first, second] = fake.requests;
		await second.closed;
		assert.equal((await row()).key_id, await idOf(first.key));
		assert.deepEqual(await attempts(), [{
			key_id: await idOf(second.key), status: 0,
			error_class: "hedged"}]);
		assert.deepEqual(await unwell(), []);
	});

	it("and does not win with an error, which is judged", async () => {
		firstIs({delayMs: 2000}, {error: "key_invalid"});
		const r = await post(GENERATE);
		assert.equal(r.status, 200);
		const [first, second] = fake.requests;
		assert.equal(fake.requests.length, 2);
		assert.equal((await row()).key_id, await idOf(first.key));
		assert.deepEqual(await unwell(), [
			{id: await idOf(second.key)}]);
	});

	it("and goes on when the first fails at last", async () => {
		firstIs({delayMs: 1500, error: "key_invalid"},
			{delayMs: 1500});
		const r = await post(STREAM);
		assert.equal(r.status, 200);
		assert.match(await r.text(), /"text"/);
		const [first, second] = fake.requests;
		assert.equal(fake.requests.length, 2);
		assert.equal((await row()).key_id, await idOf(second.key));
		assert.deepEqual(await unwell(), [
			{id: await idOf(first.key)}]);
	});

	it("and another one when both fail", async () => {
		fake.decide = (r) => fake.requests.indexOf(r) < 2 ?
			{delayMs: 1500, error: "key_invalid"} : {};
		assert.equal((await post(GENERATE)).status, 200);
		assert.equal(fake.requests.length, 3);
		assert.equal(new Set(asked()).size, 3);
		assert.equal((await unwell()).length, 2);
	});

	it("but none that costs more", async () => {
		await stack.sql("UPDATE keys SET disabled_by = 2 WHERE secret " +
			`IN ('${KEYS[1]}', '${KEYS[2]}')`);
		firstIs({delayMs: 1800});
		assert.equal((await post(GENERATE)).status, 200);
		assert.equal(fake.requests.length, 1);
	});

	it("but not for what must not be done twice", async () => {
		firstIs({delayMs: 1800});
		await (await fetch(`${stack.url}/v1beta/models/${MODEL}:` +
			"batchGenerateContent", {method: "POST", headers: {
				...bearer(), "content-type": "application/json"},
			body: JSON.stringify({batch: {displayName: "b",
				inputConfig: {requests: {requests: [
					{request: userSays("x")}]}}}})})).text();
		assert.equal(fake.requests.length, 1);
	});

	it("and both end when the client hangs up", async () => {
		const gone = new AbortController();
		fake.decide = () => SLOW;
		const ended = assert.rejects(post(GENERATE, gone.signal));

		await fake.waitFor(() => fake.requests.length === 2);
		gone.abort();
		await ended;
		await Promise.all(fake.requests.map((r) => r.closed));
		const entry = await row();
		assert.equal(entry.hung_up, 1);
		assert.equal(entry.attempts, 2);
		assert.deepEqual(await unwell(), []);
	});
});
