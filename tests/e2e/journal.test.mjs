/*
 * journal.test.mjs: promise 6.  Every finished request is in the journal once,
 * with its tokens, also when the client hung up.
 */
import assert from "node:assert/strict";
import {after, afterEach, before, beforeEach, it} from "node:test";

import {ask, bearer, chat, KEYS, MODEL, startFake, startStack, stream,
	userSays} from "./harness.mjs";

const USAGE = {promptTokenCount: 100, candidatesTokenCount: 20,
	       thoughtsTokenCount: 30, cachedContentTokenCount: 40,
	       totalTokenCount: 150};
/* The same as columns: completion counts what was thought too. */
const COLUMNS = {prompt_tokens: 100, completion_tokens: 50,
		 reasoning_tokens: 30, cached_tokens: 40};
const WORDS = 2000;	/* more than are sent before a hang-up is seen */
const NATIVE = `/v1beta/models/${MODEL}`;

let fake, stack, seen = 0;

before(async () => {
	fake = await startFake();
	stack = await startStack(fake);
});
beforeEach(async () => {
	fake.reset();
	seen = (await stack.sql("SELECT max(id) AS id FROM requests"))[0].id ??
	       0;
});
afterEach(() => stack.check());
after(async () => {
	await stack?.stop();
	await fake?.close();
});

/* The rows since this test began; more than "count" of them is a fault, and
 * one that comes late is found by the last test. */
async function rows(count)
{
	const all = await stack.journal(count, `id > ${seen}`);
	assert.equal(all.length, count, JSON.stringify(all));
	return all;
}

function has(row, want)
{
	for (const [name, value] of Object.entries(want))
		assert.equal(row[name], value,
			     `${name} of ${JSON.stringify(row)}`);
}

const complete = (more) => ask(`${stack.url}/v1/chat/completions`, {
	headers: bearer(), body: chat("hello", more)});

it("a request", async () => {
	const before = Date.now();

	fake.script("*", {text: "x", usage: USAGE});
	const r = await complete();
	const [row] = await rows(1);

	assert.equal(r.status, 200);
	has(row, {...COLUMNS, token: "config-1", endpoint: "chat.completions",
		  model: MODEL, stream: 0, hung_up: 0, status: 200,
		  attempts: 1, error_class: "",
		  request_id: r.headers["x-request-id"]});
	assert.ok(row.time_ms >= before && row.time_ms <= Date.now());
	assert.ok(row.first_byte_ms >= 0 && row.first_byte_ms <= row.total_ms);
	const [key] = await stack.sql(
		`SELECT secret FROM keys WHERE id = ${row.key_id}`);
	assert.equal(key.secret, fake.requests[0].key);
});

it("a stream", async () => {
	fake.script("*", {words: ["a ", "b "], usage: USAGE});
	await complete({stream: true});
	has((await rows(1))[0], {...COLUMNS, stream: 1, status: 200,
				 hung_up: 0, error_class: ""});
});

for (const [verb, isStream] of [["generateContent", 0],
				["streamGenerateContent", 1],
				["streamGenerateContent?alt=sse", 1]])
	it(`native ${verb}`, async () => {
		fake.script("*", {words: ["a ", "b "], usage: USAGE});
		await ask(`${stack.url}${NATIVE}:${verb}`, {
			headers: bearer(), body: userSays("x")});
		has((await rows(1))[0], {...COLUMNS, stream: isStream,
					 status: 200, model: MODEL});
	});

it("a stream whose client hung up, with what it had cost", async () => {
	fake.script("*", {
		words: Array.from({length: WORDS}, (_, i) => `w${i} `),
		eventDelayMs: 10,
	});
	const events = await stream(`${stack.url}/v1/chat/completions`, {
		headers: bearer(), body: chat("x", {stream: true})});
	await events.next();
	await events.next();
	events.hangUp();
	const [row] = await rows(1);

	has(row, {stream: 1, hung_up: 1, status: 499, attempts: 1});
	assert.ok(row.completion_tokens > 0 && row.completion_tokens < WORDS);
	assert.ok((await fake.waitFor((r) => r.done)).aborted);
});

it("errors of clients", async () => {
	await ask(`${stack.url}/v1/models`);
	await ask(`${stack.url}/v1/chat/completions`, {
		headers: bearer(), body: "{"});
	await ask(`${stack.url}/v1/nothing`, {headers: bearer()});
	const all = await stack.journal(2, `id > ${seen}`);

	for (const row of all)
		has(row, {attempts: 0, key_id: 0, prompt_tokens: 0});
	assert.ok(all.some((r) => r.status === 400 && r.error_class));
});

it("failed attempts, in rows of their own", async () => {
	fake.script("*", {error: "internal"}, {error: "suspended"},
		    {text: "x", usage: USAGE});
	const r = await complete();
	const [row] = await rows(1);
	const failed = await stack.sql("SELECT * FROM attempts WHERE " +
		`request_id = '${row.request_id}' ORDER BY id`);

	assert.equal(r.status, 200);
	has(row, {...COLUMNS, status: 200, attempts: 3, error_class: ""});
	assert.deepEqual(failed.map((a) => a.status), [500, 403]);
	assert.match(failed[0].text, /internal error has occurred/);
	assert.match(failed[1].text, /has been suspended/);
	for (const a of failed) {
		assert.ok(a.error_class);
		assert.ok(!KEYS.some((k) => a.text.includes(k)), a.text);
		assert.ok(!a.text.includes("123456789012"), a.text);
	}
});

it("many at once, each once", async () => {
	const count = 200;
	const ids = await Promise.all(Array.from({length: count}, async () =>
		(await complete()).headers["x-request-id"]));
	const all = await rows(count);

	assert.deepEqual(all.map((r) => r.request_id).sort(), ids.sort());
});

it("nothing was there twice", async () => {
	const twice = await stack.sql("SELECT request_id, count(*) AS n " +
		"FROM requests GROUP BY request_id HAVING n > 1");

	assert.deepEqual(twice, []);
});
