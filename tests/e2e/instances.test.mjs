/*
 * instances.test.mjs: jobs are done once and everywhere: by processes that
 * serve for long, by those that come and go, and by "gbalance run-jobs".
 */
import assert from "node:assert/strict";
import {after, before, beforeEach, describe, it} from "node:test";

import {ask, bearer, chat, KEYS, startFake, startStack} from "./harness.mjs";

const DAY_MS = 24 * 3600 * 1000;

let fake;

before(async () => {
	fake = await startFake();
});
beforeEach(() => fake.reset());
after(() => fake?.close());

const complete = (stack) => ask(`${stack.url}/v1/chat/completions`, {
	headers: bearer(), body: chat("hello")});

/* An attempt that failed long ago, and so has to go. */
const addOld = (stack) => stack.sql("INSERT INTO attempts (time_ms, " +
	"request_id, key_id, model, status, error_class, text) VALUES (" +
	`${Date.now() - 100 * DAY_MS}, 'old', 1, 'm', 500, 'internal', '')`);
const hasOld = async (stack) => (await stack.sql("SELECT 1 FROM attempts " +
	"WHERE request_id = 'old'")).length > 0;

/* As if nobody had done a job yet. */
const forgetJobs = (stack) => stack.sql("DELETE FROM jobs");

const settings = {auto_delete_error_logs_days: 7};

describe("jobs", () => {
	const ways = [
		["a daemon", {}],
		["lighttpd's processes", {way: "managed"}],
		["mod_fcgid's processes", {server: "apache", way: "fcgid"}],
		["CGI calls of lighttpd", {way: "cgi"}],
		["CGI calls of Apache", {server: "apache", way: "cgi"}],
	];

	for (const [name, options] of ways)
		it(`are done by ${name}`, async () => {
			const stack = await startStack(fake, {
				...options, settings});

			try {
				await addOld(stack);
				await forgetJobs(stack);
				assert.equal((await complete(stack)).status,
					     200);
				await stack.until(async () =>
					!await hasOld(stack), 60000);
				await stack.check();
			} finally {
				await stack.stop();
			}
		});

	it("of a CGI are left to one program a minute", async () => {
		const stack = await startStack(fake, {way: "cgi", settings});

		try {
			await stack.until(async () => (await stack.sql(
				"SELECT 1 FROM jobs WHERE name = 'retention'"))
				.length > 0);
			const [job] = await stack.sql("SELECT taken_at FROM " +
				"jobs WHERE name = 'spawn'");
			for (let i = 0; i < 5; i++)
				assert.equal((await complete(stack)).status,
					     200);
			const [again] = await stack.sql("SELECT taken_at " +
				"FROM jobs WHERE name = 'spawn'");
			assert.deepEqual(again, job);
			await stack.check();
		} finally {
			await stack.stop();
		}
	});
});

describe("gbalance run-jobs", () => {
	it("does what is due, once", async () => {
		const stack = await startStack(fake, {settings});

		try {
			await stack.until(async () => (await stack.sql(
				"SELECT 1 FROM jobs WHERE name = 'retention'"))
				.length > 0);
			await addOld(stack);
			let r = await stack.tool("run-jobs");
			assert.deepEqual(r, {code: 0, stdout: "", stderr: ""});
			assert.ok(await hasOld(stack), "not due again");
			await forgetJobs(stack);
			r = await stack.tool("run-jobs");
			assert.deepEqual(r, {code: 0, stdout: "", stderr: ""});
			assert.ok(!await hasOld(stack), "it was due");
			assert.equal((await stack.tool("run-jobs", "x")).code,
				     2);
			await stack.check();
		} finally {
			await stack.stop();
		}
	});

	it("asks with a dead key once, of several at a time", async () => {
		const stack = await startStack(fake, {settings: {
			check_interval_hours: 24}});

		try {
			await stack.sql("UPDATE keys SET disabled_by = 1, " +
				`reason = 'leaked' WHERE id = 1`);
			const all = await Promise.all(Array.from({length: 6},
				() => stack.tool("run-jobs")));
			for (const r of all)
				assert.deepEqual(r, {code: 0, stdout: "",
						     stderr: ""});
			assert.equal(fake.requests.filter((q) =>
				q.headers["x-goog-api-key"] === KEYS[0])
				.length, 1, "one call");
			const [key] = await stack.sql("SELECT disabled_by " +
				"FROM keys WHERE id = 1");
			assert.equal(key.disabled_by, 0, "it works again");
			await stack.check();
		} finally {
			await stack.stop();
		}
	});
});
