/*
 * crash.test.mjs: processes that are killed at any moment, under load, and
 * what is in the database afterwards.
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import {after, before, beforeEach, describe, it} from "node:test";

import {ask, assertTrueRetryAfter, bearer, chat, KEYS, MODEL, sleep, startFake,
	startStack} from "./harness.mjs";

let fake;

before(async () => {
	fake = await startFake();
});
beforeEach(() => fake.reset());
after(() => fake?.close());

const complete = (stack, text = "hello", more = {}) =>
	ask(`${stack.url}/v1/chat/completions`, {
		headers: bearer(), body: chat(text, more)});

describe("promise 8: kill -9", () => {
	async function sound(stack)
	{
		const [row] = await stack.sql("PRAGMA integrity_check");

		assert.equal(row.integrity_check, "ok");
		const keys = await stack.sql("SELECT secret FROM keys");
		assert.deepEqual(keys.map((k) => k.secret).sort(),
				 [...KEYS].sort());
	}

	/* Load that never ends until told; counts what came back. */
	function load(stack, workers)
	{
		const state = {on: true, ok: 0, failed: 0};

		state.end = Promise.all(Array.from({length: workers},
			async () => {
				while (state.on) {
					const r = await complete(stack)
						.catch(() => ({status: 0}));
					if (r.status === 200)
						state.ok++;
					else
						state.failed++;
					if (r.status !== 200)
						await sleep(5);
				}
			}));
		return state;
	}

	it("of the daemon under load loses nothing", async () => {
		const stack = await startStack(fake);

		try {
			fake.script("*", {error: "leaked"});
			await complete(stack);
			const state = load(stack, 16);
			for (let round = 0; round < 4; round++) {
				const ok = state.ok;
				await stack.until(() => state.ok > ok + 100);
				stack.daemon.kill("SIGKILL");
				await stack.daemon.exited;
				stack.children = stack.children.filter((c) =>
					c !== stack.daemon);
				await sound(stack);
				await stack.startDaemon();
				await stack.ready();
			}
			state.on = false;
			await state.end;
			await sound(stack);
			const rows = await stack.sql("SELECT request_id, " +
				"count(*) AS n FROM requests GROUP BY 1 " +
				"HAVING n > 1");
			assert.deepEqual(rows, [], "no row is there twice");
			const [{n}] = await stack.sql("SELECT count(*) AS n " +
				"FROM keys WHERE disabled_by = 1");
			assert.equal(n, 1, "the verdict stands");
			await stack.check();
		} finally {
			await stack.stop();
		}
	});

	/* The processes that Apache started from our folder. */
	function processesOf(stack)
	{
		return fs.readdirSync("/proc").filter((pid) => {
			try {
				return fs.readlinkSync(`/proc/${pid}/exe`) ===
				       stack.program;
			} catch {
				return false;	/* no process, or gone */
			}
		}).map(Number);
	}

	it("of one of mod_fcgid's processes under load", async () => {
		const stack = await startStack(fake, {server: "apache",
						      way: "fcgid"});

		try {
			const state = load(stack, 4);
			for (let round = 0; round < 6; round++) {
				const ok = state.ok;
				await stack.until(() => state.ok > ok + 30);
				const all = processesOf(stack);
				process.kill(all[round % all.length],
					     "SIGKILL");
			}
			const ok = state.ok;
			await stack.until(() => state.ok > ok + 30);
			state.on = false;
			await state.end;
			await sound(stack);
			assert.ok(state.failed <= 24,
				  `${state.failed} of ${state.ok} failed`);
			await stack.check();
		} finally {
			await stack.stop();
		}
	});

	it("keeps verdicts: no key is asked before its time", async () => {
		const stack = await startStack(fake);

		try {
			fake.setDefault("*", {error: "quota_day"});
			await complete(stack);
			assert.equal(fake.requests.length, KEYS.length);
			stack.daemon.kill("SIGKILL");
			await stack.daemon.exited;
			stack.children = stack.children.filter((c) =>
				c !== stack.daemon);
			await stack.startDaemon();
			await stack.ready();
			const again = Date.now();
			const r = await complete(stack);
			assert.equal(r.status, 429);
			assert.equal(r.headers["x-should-retry"], "false");
			await assertTrueRetryAfter(stack, MODEL,
				r.headers["retry-after"], again);
			assert.equal(fake.requests.length, KEYS.length);
			assert.equal((await complete(stack, "x", {
				model: "gemini-3.7-flash"})).status, 429);
			assert.equal(fake.requests.length, 2 * KEYS.length,
				     "only that model rests");
		} finally {
			await stack.stop();
		}
	});
});
