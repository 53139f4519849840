/*
 * keys.test.mjs: the health of keys as several processes and an admin see it:
 * projects, breakers, history, and changes in bulk.
 */
import assert from "node:assert/strict";
import {after, afterEach, before, beforeEach, describe, it} from "node:test";

import {ask, bearer, freePort, MODEL, sleep, startFake, startStack, userSays}
	from "./harness.mjs";

const KEYS = Array.from({length: 10}, (_, i) =>
	`AIzaSyHealth-key-number-${i}-000000000000`);
const PROCESSES = 3;
const generate = (stack, model = MODEL) =>
	ask(`${stack.url}/v1beta/models/${model}:generateContent`, {
		headers: bearer(), body: userSays("x")});
const lines = (text) => text.trim().split("\n").filter(Boolean)
	.map((line) => JSON.parse(line));

let fake, stacks;

before(async () => {
	fake = await startFake();
	stacks = [await startStack(fake, {settings: {
		api_keys: KEYS, max_retries: KEYS.length}})];
	while (stacks.length < PROCESSES)
		stacks.push(await startStack(fake, {settings: {
			api_keys: KEYS, max_retries: KEYS.length,
			sqlite_database: stacks[0].db}}));
});
beforeEach(async () => {
	fake.reset();
	await stacks[0].sql("UPDATE keys SET disabled_by = 0, ready_at = 0, " +
		"failures = 0, reason = '', project = '', project_by = 0; " +
		"DELETE FROM key_models; DELETE FROM key_events; " +
		"DELETE FROM charges; DELETE FROM breakers");
});
afterEach(async () => {
	for (const stack of stacks)
		await stack.check();
});
after(async () => {
	for (const stack of (stacks ?? []).reverse())
		await stack.stop();
	await fake?.close();
});

const tool = async (...args) => {
	const r = await stacks[0].tool("keys", ...args);

	assert.equal(r.code, 0, r.stderr);
	return r.stdout;
};
const listed = async (...filter) =>
	JSON.parse(await tool("list", "--json", ...filter));
const history = async (...filter) =>
	lines(await tool("history", "--json", ...filter));

describe(`${KEYS.length} keys of 2 projects, ${PROCESSES} processes`, () => {
	/* Requests one after the other, by each process in its turn, until all
	 * keys rest; the calls that were wasted. */
	async function exhaust(behaviour)
	{
		fake.decide = behaviour;
		for (let i = 0; i < 2 * PROCESSES; i++) {
			const r = await generate(stacks[i % PROCESSES]);

			assert.equal(r.status, 429, r.text);
		}
		return fake.requests.length;
	}

	it("two calls tell them all that the day is over", async () => {
		for (const [i, key] of KEYS.entries())
			await tool("set", "--project", i % 2 ? "odd" : "even",
				   key);
		assert.equal(await exhaust(() => ({error: "quota_day"})), 2);
		const all = await listed();
		for (const key of all) {
			assert.match(key.resting_for, new RegExp(MODEL));
			assert.equal(key.project_by, "person");
		}
		const told = (await history()).filter((e) => e.model === MODEL);
		assert.equal(told.length, KEYS.length);
		assert.equal(told.filter((e) => e.cause === "answer").length, 2);
		assert.equal(told.filter((e) => e.cause === "project").length,
			     KEYS.length - 2);
		for (const e of told) {
			assert.equal(e.from, "ready");
			assert.equal(e.to, "cooling");
			assert.equal(e.status, 429);
			assert.equal(e.error_class, "rate_limit_day");
			assert.match(e.request_id, /./);
			assert.ok(Date.parse(e.until) > Date.now());
		}
		/* Another model has a quota of its own. */
		fake.decide = undefined;
		assert.equal((await generate(stacks[0], "gemini-2.5-pro")).status,
			     200);
	});

	it("side by side, none is asked that is known to rest", async () => {
		for (const [i, key] of KEYS.entries())
			await tool("set", "--project", i % 2 ? "odd" : "even",
				   key);
		await exhaust(() => ({error: "quota_day"}));
		const asked = fake.requests.length;
		await Promise.all(Array.from({length: 30}, (_, i) =>
			generate(stacks[i % PROCESSES])));
		assert.equal(fake.requests.length, asked);
	});

	it("learns them from what Google says", async () => {
		const consumer = (key) =>
			`projects/${1000 + KEYS.indexOf(key) % 2}`;
		const quota = (record) => ({error: {
			status: 429, body: {error: {
				code: 429, status: "RESOURCE_EXHAUSTED",
				message: "Quota exceeded.",
				details: [{
					"@type": "type.googleapis.com/" +
						"google.rpc.ErrorInfo",
					reason: "RATE_LIMIT_EXCEEDED",
					metadata: {
						consumer: consumer(record.key),
						quota_limit_value: "60",
						quota_limit: "ApiRequestsPer" +
							"MinutePerProject",
					}}],
			}}}});
		/* the first time each finds out by itself */
		assert.equal(await exhaust(quota), KEYS.length);
		for (const k of await listed()) {
			assert.equal(k.project_by, "google");
			assert.equal(k.project, `projects/${1000 +
				(k.id - 1) % 2}`);
		}
		await tool("clear", "--all");
		fake.requests.length = 0;
		assert.equal(await exhaust(quota), 2);
	});
});

describe("an admin", () => {
	it("changes many at once, in force with the next request", async () => {
		assert.match(await tool("set", "--project", "p", "1", "2", "3"),
			     /^3 keys set/);
		assert.match(await tool("disable", "--project", "p"),
			     /^3 keys disabled/);
		assert.deepEqual((await listed("--state", "off"))
			.map((k) => k.id), [1, 2, 3]);
		for (let i = 0; i < 2 * KEYS.length; i++)
			assert.equal((await generate(stacks[i % PROCESSES]))
				.status, 200);
		const used = new Set(fake.requests.map((r) => r.key));
		assert.equal(used.size, KEYS.length - 3);
		assert.ok(!used.has(KEYS[0]));
		assert.match(await tool("enable", "--state", "off"),
			     /^3 keys enabled/);
		fake.requests.length = 0;
		for (let i = 0; i < KEYS.length; i++)
			await generate(stacks[i % PROCESSES]);
		assert.equal(new Set(fake.requests.map((r) => r.key)).size,
			     KEYS.length);
		const of1 = await history("1");
		assert.deepEqual(of1.map((e) => [e.from, e.to, e.cause]),
			[["off", "ready", "person"], ["ready", "off", "person"]]);
		assert.deepEqual(await history("4"), []);
		assert.equal((await history("--since", "1h")).length, 6);
		assert.equal((await history("--since", "0m")).length, 0);
	});

	it("disables one model of a key", async () => {
		await tool("disable", "--model", MODEL, ...KEYS.slice(1));
		for (let i = 0; i < 4; i++)
			await generate(stacks[i % PROCESSES]);
		assert.deepEqual([...new Set(fake.requests.map((r) => r.key))],
				 [KEYS[0]]);
		await tool("enable", "--all", "--model", MODEL);
		for (let i = 0; i < KEYS.length; i++)
			await generate(stacks[i % PROCESSES]);
		assert.equal(new Set(fake.requests.map((r) => r.key)).size,
			     KEYS.length);
	});

	it("finds keys by why they are out, and has them asked", async () => {
		fake.script(KEYS[0], {error: "key_invalid"});
		fake.script(KEYS[1], {error: "leaked"});
		for (let i = 0; i < KEYS.length; i++)
			assert.equal((await generate(stacks[0])).status, 200);
		assert.deepEqual((await listed("--state", "disabled"))
			.map((k) => k.id).sort(), [1, 2]);
		assert.deepEqual((await listed("--reason", "LEAKED"))
			.map((k) => k.id), [2]);
		const r = await stacks[0].tool("keys", "verify", "--state",
					       "disabled");
		assert.equal(r.code, 0, r.stdout + r.stderr);
		assert.match(r.stdout, /^2 work, /m);
		assert.deepEqual(await listed("--state", "disabled"), []);
		const [last] = await history("2");
		assert.deepEqual([last.from, last.to, last.cause],
				 ["disabled", "ready", "probe"]);
	});

	it("is told what makes no sense", async () => {
		for (const [args, code, words] of [
			[["list", "--state", "dead"], 1, /--state/],
			[["list", "--state"], 1, /--state/],
			[["disable"], 2, /word missing/],
			[["disable", "1", "--project", "p"], 2, /--project/],
			[["disable", "--all", "--state", "off"], 2, /--state/],
			[["set", "--project", "~1", "1"], 1, /--project/],
			[["set", "1"], 2, /--project/],
			[["set", "--project", "p"], 2, /word missing/],
			[["add", "--project", "a\tb", KEYS[0]], 1, /--project/],
			[["history", "--since", "yesterday"], 2, /--since/],
			[["history", "--since", "5"], 2, /--since/],
			[["verify", "--model", "m"], 2, /--model/],
		]) {
			const r = await stacks[0].tool("keys", ...args);

			assert.equal(r.code, code, args.join(" ") + r.stderr);
			assert.match(r.stderr, words);
		}
		assert.equal((await listed("--state", "ready")).length,
			     KEYS.length);
	});

	it("adds keys with their project, known already or not", async () => {
		const more = "AIzaSyHealth-key-of-a-project-000000000";

		assert.match(await tool("add", "--project", "p", KEYS[0], more),
			     /^1 added, 1 known/);
		assert.deepEqual((await listed("--project", "p"))
			.map((k) => k.project_by), ["person", "person"]);
		await tool("remove", more);
	});
});

describe("an exit that fails", () => {
	it("is left alone by all processes, and no key pays", async () => {
		const dead = `http://127.0.0.1:${await freePort()}`;
		const settings = {api_keys: KEYS, base_url: dead,
				  max_retries: 0};
		const one = await startStack(fake, {settings});
		const two = await startStack(fake, {settings: {
			...settings, sqlite_database: one.db}});

		try {
			/* each of them has a part in finding out */
			for (const stack of [one, two, one]) {
				await sleep(300);
				assert.equal((await generate(stack)).status,
					     502);
			}
			for (const stack of [two, one]) {
				const r = await generate(stack);

				assert.equal(r.status, 503, r.text);
				assert.ok(r.headers["retry-after"] >= 1);
			}
			const [b] = await one.sql("SELECT kind, name, " +
				"error_class FROM breakers");
			const closed = await one.tool("breakers", "close",
						      "direct");
			assert.equal(closed.code, 0, closed.stderr);
			assert.equal((await generate(two)).status, 502);
			assert.equal((await one.tool("breakers", "close", "x"))
				.code, 1);
			assert.deepEqual({...b}, {kind: 1, name: "direct",
						  error_class: "network"});
			const [{n}] = await one.sql("SELECT count(*) AS n " +
				"FROM keys WHERE disabled_by <> 0 OR " +
				"ready_at > 0 OR failures > 0");
			assert.equal(n, 0);
		} finally {
			await two.stop();
			await one.stop();
		}
	});
});

describe("promise 4: some keys are bad, side by side", () => {
	it("no request fails, and they are found out", async () => {
		const BAD = KEYS.slice(0, 6);

		fake.decide = (record) => BAD.includes(record.key) ?
			{error: "unauthenticated"} : {text: "x"};
		for (let round = 0; round < 4; round++) {
			const all = await Promise.all(Array.from({length: 4},
				(_, i) => generate(stacks[i % PROCESSES])));

			for (const r of all)
				assert.equal(r.status, 200, r.text);
		}
		assert.deepEqual((await listed("--state", "disabled"))
			.map((k) => k.id).sort(), [1, 2, 3, 4, 5, 6]);
		assert.deepEqual((await listed("--state", "ready"))
			.map((k) => k.id), [7, 8, 9, 10]);
	});
});

describe("a model that fails", () => {
	it("now and then is used as ever", async () => {
		let n = 0, left = 240;

		fake.decide = () => ++n % 10 === 3 ? {error: "overloaded"} :
			{text: "x"};
		await Promise.all(Array.from({length: 12}, async (_, i) => {
			while (left-- > 0) {
				const r = await generate(
					stacks[i % PROCESSES]);

				assert.equal(r.status, 200, r.text);
			}
		}));
		assert.deepEqual(await stacks[0].sql("SELECT * FROM breakers"),
				 []);
	});

	it("is left alone, others are not, and it returns", async () => {
		fake.decide = (record) => record.pathname.includes(MODEL) ?
			{error: "overloaded"} : {text: "x"};
		const was = [];

		for (let i = 0; i < 5; i++)
			was.push((await generate(stacks[i % PROCESSES])).status);
		assert.equal(was.at(-1), 503);
		const asked = fake.requests.length;
		const r = await generate(stacks[1]);
		assert.equal(r.status, 503);
		assert.ok(r.headers["retry-after"] >= 1);
		assert.ok(fake.requests.length - asked <= 1);
		assert.equal((await generate(stacks[2], "gemini-2.5-pro")).status,
			     200);
		assert.equal((await listed("--state", "ready")).length,
			     KEYS.length);
		fake.decide = undefined;
		assert.match((await stacks[0].tool("breakers", "list")).stdout,
			     new RegExp(`model +${MODEL}.* overloaded`));
		await stacks[0].sql("UPDATE breakers SET until_ms = 1");
		assert.equal((await generate(stacks[1])).status, 200);
		assert.deepEqual(await stacks[0].sql("SELECT * FROM breakers"),
				 []);
	});
});
