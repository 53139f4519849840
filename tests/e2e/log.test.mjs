/*
 * log.test.mjs: what is kept of failed requests, who can read it, and which old
 * rows are deleted.
 */
import assert from "node:assert/strict";
import {after, before, describe, it} from "node:test";

import {ask, bearer, chat, KEYS, MODEL, sleep, startFake, startStack, TOKEN}
	from "./harness.mjs";

let fake;

before(async () => {
	fake = await startFake();
});
after(() => fake?.close());

const complete = (stack, text, more = {}) =>
	ask(`${stack.url}/v1/chat/completions`, {
		headers: bearer(), body: chat(text, more)});

describe("ERROR_LOG_RECORD_REQUEST_BODY", () => {
	let on, off;

	before(async () => {
		on = await startStack(fake, {env: {
			ERROR_LOG_RECORD_REQUEST_BODY: "true"}});
		off = await startStack(fake);
	});
	after(async () => {
		await on?.stop();
		await off?.stop();
	});

	it("keeps the body of what failed, without keys and pictures",
	   async () => {
		const picture = Buffer.alloc(3000, "picture").toString("base64");

		fake.reset();
		fake.setDefault("*", {error: "invalid_argument"});
		const r = await complete(on, [
			{type: "text", text: `my key is ${KEYS[0]}`},
			{type: "image_url", image_url: {
				url: `data:image/png;base64,${picture}`}}]);
		assert.equal(r.status, 400, r.text);
		const id = r.headers["x-request-id"];
		const shown = await on.tool("log", "show", id);

		assert.equal(shown.code, 0, shown.stderr);
		assert.ok(shown.stdout.includes("my key is AIza…aaaa"),
			  shown.stdout);
		assert.ok(!shown.stdout.includes(KEYS[0]));
		assert.ok(!shown.stdout.includes(picture.slice(0, 100)));
		assert.match(shown.stdout, /;base64,cGljd.{0,30}…\[4000 bytes\]/);
		assert.match(shown.stdout, /chat\.completions +\S+ +400 /);
		assert.ok(shown.stdout.includes("invalid argument."), shown.stdout);
		assert.match((await on.tool("log", "list")).stdout,
			     new RegExp(`${id}.* 400 `));
	});

	it("keeps what never came to Google, too", async () => {
		const r = await ask(`${on.url}/v1/chat/completions`, {
			headers: bearer(), body: {model: MODEL, n: "words"}});
		const {stdout} = await on.tool("log", "show",
			r.headers["x-request-id"]);

		assert.equal(r.status, 400);
		assert.ok(stdout.includes('"words"'), stdout);
	});

	it("keeps nothing of what went well, of strangers, or when off",
	   async () => {
		fake.reset();
		const good = await complete(on, "x");
		const stranger = await ask(`${on.url}/v1/chat/completions`, {
			body: chat("x"), headers: bearer("nobody-s-token")});
		fake.setDefault("*", {error: "invalid_argument"});
		const bad = await complete(off, "x");

		assert.deepEqual([good.status, stranger.status, bad.status],
				 [200, 401, 400]);
		for (const [stack, r] of [[on, good], [on, stranger],
					  [off, bad]]) {
			const shown = await stack.tool("log", "show",
				r.headers["x-request-id"]);

			assert.equal(shown.code, 1);
			assert.match(shown.stderr, /no body .* is kept/);
		}
		assert.equal((await off.tool("log", "list")).stdout, "");
	});

	it("shows to nobody by HTTP, and no token anywhere", async () => {
		const rows = await on.sql("SELECT body FROM failed_bodies");

		assert.ok(rows.length >= 2);
		assert.ok(!JSON.stringify(rows).includes(TOKEN));
	});
});

describe("AUTO_DELETE_…_ENABLED", {concurrency: true}, () => {
	const DAY = 24 * 3600 * 1000;

	for (const [kept, gone] of [["REQUEST", "ERROR"],
				    ["ERROR", "REQUEST"]]) {
		const table = {REQUEST: "requests", ERROR: "attempts"};

		it(`off keeps old rows of ${table[kept]}; FILES_CLEANUP_ENABLED, too`, async () => {
			const stack = await startStack(fake, {env: {
				[`AUTO_DELETE_${kept}_LOGS_ENABLED`]: "false",
				FILES_CLEANUP_ENABLED: String(kept ===
							      "ERROR")}});

			try {
				fake.script("*", {error: "invalid_argument"});
				await complete(stack, "x");
				await stack.journal(1);
				for (const t of Object.values(table))
					await stack.sql(`UPDATE ${t} SET ` +
						`time_ms = ${Date.now() -
							     100 * DAY}`);
				await stack.sql("INSERT INTO objects VALUES (" +
					"'files/x', 1, 't', '', '', '', '', " +
					"0, 1, 2)");
				await stack.sql("DELETE FROM jobs");
				const left = async (t) => (await stack.sql(
					`SELECT count(*) AS n FROM ${t}`))[0].n;

				/* the jobs look four times a minute */
				for (let i = 0; i < 300 &&
				     await left(table[gone]) > 0; i++)
					await sleep(200);
				assert.equal(await left(table[gone]), 0);
				await stack.until(async () => (await stack.sql(
					"SELECT 1 FROM jobs WHERE name = " +
					"'forget-models'")).length === 1);
				assert.equal(await left(table[kept]), 1);
				assert.equal(await left("objects"),
					     kept === "ERROR" ? 0 : 1);
			} finally {
				await stack.stop();
			}
		});
	}
});
