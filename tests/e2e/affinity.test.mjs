/*
 * affinity.test.mjs: requests with one prompt_cache_key stay with one key of
 * Google's, over instances, and the rotation does not notice (promise 10).
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import {after, afterEach, before, beforeEach, it} from "node:test";

import {ask, bearer, chat, KEYS, startFake, startStack, TOKEN}
	from "./harness.mjs";

const OTHER_TOKEN = "gb-another-token-for-the-tests";

let fake, stacks, asked = 0;

before(async () => {
	const settings = {allowed_tokens: [TOKEN, OTHER_TOKEN]};

	fake = await startFake();
	const first = await startStack(fake, {settings});
	stacks = [first];
	stacks.push(await startStack(fake, {settings: {
		...settings, sqlite_database: first.db}}));
});
beforeEach(async () => {
	fake.reset();
	fake.setDefault("*", {text: "x"});
	await stacks[0].sql("DELETE FROM affinity; DELETE FROM key_models; " +
			    "UPDATE rotation SET pos = 0");
});
afterEach(async () => {
	for (const stack of stacks)
		await stack.check();
});
after(async () => {
	const faults = [];

	/* The one whose folder has the database goes last. */
	for (const stack of (stacks ?? []).reverse())
		await stack.stop().catch((e) => faults.push(e));
	await fake?.close();
	assert.deepEqual(faults, []);
});

/* The numbers, 1 to 3, of the keys that a request was sent to. */
async function keysOf(fields, token = TOKEN)
{
	const before = fake.requests.length;
	const {url} = stacks[asked++ % stacks.length];
	const r = await ask(`${url}/v1/chat/completions`, {
		headers: bearer(token), body: chat("hi", fields)});

	assert.equal(r.status, 200, r.text);
	return fake.requests.slice(before)
		.map((record) => KEYS.indexOf(record.key) + 1);
}

async function expect(steps)
{
	for (const [fields, ...want] of steps)
		assert.deepEqual(await keysOf(fields), want,
				 JSON.stringify(fields));
}

it("requests of one prompt_cache_key have one key", () => expect([
	[{prompt_cache_key: "a"}, 1],
	[{prompt_cache_key: "a"}, 1],
	[{}, 2],
	[{prompt_cache_key: "a", stream: true}, 1],
	[{prompt_cache_key: "b"}, 3],
	[{prompt_cache_key: "a", model: "gemini-2.5-flash"}, 1],
	[{prompt_cache_key: "b"}, 3],
	[{}, 1],
	[{}, 2],
	[{prompt_cache_key: "a"}, 1],
]));

it("user does as well, and prompt_cache_key goes first", () => expect([
	[{user: "u"}, 1],
	[{user: "u"}, 1],
	[{user: "u", prompt_cache_key: "p"}, 2],
	[{prompt_cache_key: "p", user: "v"}, 2],
	[{user: "u"}, 1],
	[{user: "", prompt_cache_key: ""}, 3],
	[{user: "", prompt_cache_key: ""}, 1],
	[{user: "u", prompt_cache_key: ""}, 1],
]));

it("another client's is another one", async () => {
	const key = {prompt_cache_key: "a"};

	assert.deepEqual(await keysOf(key), [1]);
	assert.deepEqual(await keysOf(key, OTHER_TOKEN), [2]);
	assert.deepEqual(await keysOf(key), [1]);
	assert.deepEqual(await keysOf(key, OTHER_TOKEN), [2]);
});

it("a key that must rest loses its requests at once", async () => {
	const key = {prompt_cache_key: "a"};

	await expect([[key, 1], [key, 1]]);
	fake.script(KEYS[0], {error: "quota_day"});
	await expect([
		[key, 1, 2],	/* the call that found out, and its retry */
		[key, 3],	/* from now on */
		[{}, 2],
		[key, 3],
		[{}, 3],
		[key, 3],
	]);
	await stacks[0].sql("DELETE FROM key_models");
	await expect([[key, 3], [{}, 1]]);
});

it("a key that a person disables loses them, too", async () => {
	const key = {prompt_cache_key: "a"};

	await expect([[key, 1]]);
	const {code, stderr} = await stacks[0].tool("keys", "disable", "1");
	assert.equal(code, 0, stderr);
	try {
		await expect([[key, 2], [key, 2]]);
	} finally {
		await stacks[0].tool("keys", "enable", "1");
	}
	await expect([[key, 2], [{}, 3]]);
});

it("what clients say is not in the database", async () => {
	const secret = "somebody's-own-name-that-nobody-may-read";

	await expect([[{prompt_cache_key: secret}, 1],
		      [{user: secret}, 1]]);
	for (const name of fs.readdirSync(stacks[0].data))
		if (name.startsWith("gbalance.db"))
			assert.ok(!fs.readFileSync(path.join(
				stacks[0].data, name)).includes(secret), name);
});
