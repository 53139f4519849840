/*
 * usage.test.mjs: what requests used and cost: the tokens by class in the
 * journal, prices, and the reports of "gbalance usage".
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import {describe, it} from "node:test";

import {ask, bearer, chat, sleep, startStack, withFakeAndStack}
	from "./harness.mjs";

const MODEL = "gemini-2.5-flash";
const UNPRICED = "gemini-flash-latest";	/* unless Google tells what it is */

let fake, stack;

withFakeAndStack((...both) => [fake, stack] = both);

/* 1,000 prompt, of it 300 cached, 50 of tools, 100 audio, 200 of a picture. */
const USAGE = {
	promptTokenCount: 950, toolUsePromptTokenCount: 50,
	cachedContentTokenCount: 300, candidatesTokenCount: 70,
	thoughtsTokenCount: 30, totalTokenCount: 1100,
	promptTokensDetails: [
		{modality: "TEXT", tokenCount: 650},
		{modality: "AUDIO", tokenCount: 100},
		{modality: "IMAGE", tokenCount: 200}],
	candidatesTokensDetails: [{modality: "IMAGE", tokenCount: 20}],
};
const COLUMNS = {prompt_tokens: 1000, cached_tokens: 300, tool_tokens: 50,
		 audio_in_tokens: 100, image_in_tokens: 200,
		 completion_tokens: 100, reasoning_tokens: 30,
		 image_out_tokens: 20};

const complete = (more = {}, text = "hello") =>
	ask(`${stack.url}/v1/chat/completions`, {
		headers: bearer(), body: chat(text, {model: MODEL, ...more})});

async function lastRow(request)
{
	const [row] = await stack.journal(1,
		`request_id = '${request.headers["x-request-id"]}'`);

	return row;
}

async function run(...args)
{
	const r = await stack.tool(...args);

	assert.equal(r.code, 0, r.stderr);
	return r.stdout;
}

describe("prices", () => {
	it("tokens by class, and what they cost", async () => {
		fake.script("*", {text: "x", usage: USAGE});
		const row = await lastRow(await complete());

		for (const [name, want] of Object.entries(COLUMNS))
			assert.equal(row[name], want, name);
		/* gemini-2.5-flash: 0.30, audio 1, output 2.50, cached 0.03 */
		assert.equal(row.cost, 180 + 100 + 9 + 250);
	});

	it("a stream, and the model that Google names", async () => {
		fake.script("*", {words: ["a ", "b "], usage: USAGE,
				  modelVersion: "gemini-2.5-pro"});
		const row = await lastRow(await complete({
			stream: true, model: "gemini-pro-latest"}));

		assert.equal(row.model, "gemini-pro-latest");
		assert.equal(row.cost, 875 + 38 + 1000); /* 37.5 */
	});

	it("a model without a price costs null", async () => {
		fake.script("*", {text: "x", usage: USAGE});
		const row = await lastRow(await complete({model: UNPRICED}));

		assert.equal(row.cost, null);
	});

	it("an operator's go first, at once", async () => {
		assert.match(await run("prices", "set", MODEL, "prompt", "10"),
			     /^price 1 is in force\n$/);
		fake.script("*", {text: "x", usage: USAGE});
		const row = await lastRow(await complete());
		assert.equal(row.cost, 6000 + 100 + 9 + 250);
		const list = JSON.parse(await run("prices", "list", "--json"));
		assert.deepEqual(list.find((p) => p.id === 1), {
			id: 1, model: MODEL, class: "prompt", above: 0,
			from: null, usd_per_million: 10});
		assert.deepEqual(list.find((p) => p.model === "gemini-3.8-flash" &&
						  p.class === "output" &&
						  p.from), {
			id: null, model: "gemini-3.8-flash", class: "output",
			above: 0, from: "2027-01-01T08:00:00Z",
			usd_per_million: 7.5});
		const csv = (await run("prices", "list", "--csv")).split("\n");
		assert.equal(csv[0], "id,model,class,above,from,usd_per_million");
		assert.equal(csv[1], `1,"${MODEL}","prompt",0,,10.00`);
		assert.equal(await run("prices", "delete", "1"),
			     "price 1 is deleted\n");
		fake.script("*", {text: "x", usage: USAGE});
		assert.equal((await lastRow(await complete())).cost, 539);
	});

	for (const [what, words, want] of [
		["a class", [MODEL, "promt", "1"], /no such class/],
		["a price", [MODEL, "prompt", "1,5"], /no price/],
		["one below 0", ["--", MODEL, "prompt", "-1"], /no price/],
		["a dear one", [MODEL, "prompt", "1000.000001"], /no price/],
		["a fine one", [MODEL, "prompt", "0.0000001"], /no price/],
		["a date", [MODEL, "prompt", "1", "--from", "soon"], /--from/],
		["tokens", [MODEL, "prompt", "1", "--above", "-1"], /--above/],
		["no tokens", [MODEL, "prompt", "1", "--above="], /--above/],
		["no model", ["", "prompt", "1"], /name/],
		["a word too few", [MODEL, "prompt"], /missing/],
	])
		it(`${what} that is none`, async () => {
			const r = await stack.tool("prices", "set", ...words);

			assert.equal(r.code, 2);
			assert.match(r.stderr, want);
			assert.equal((await stack.sql("SELECT 1 FROM prices"))
				.length, 0);
		});

	it("one that is not there", async () => {
		const r = await stack.tool("prices", "delete", "77");

		assert.equal(r.code, 1);
		assert.match(r.stderr, /no price of yours/);
	});
});

/* --- reports -------------------------------------------------------------- */

const SUMS = {requests: "count(*)", failed: "sum(status >= 400)",
	      attempts: "sum(attempts)", prompt_tokens: "sum(prompt_tokens)",
	      cached_tokens: "sum(cached_tokens)",
	      completion_tokens: "sum(completion_tokens)",
	      reasoning_tokens: "sum(reasoning_tokens)",
	      unpriced: "sum(cost IS NULL)"};

const report = async (s, ...args) =>
	JSON.parse((await s.tool("usage", "--json", ...args)).stdout);

/* What "gbalance usage" says is what the rows say. */
async function assertTrue(s, word, column, name = word)
{
	const rows = await s.sql(`SELECT ${column} AS v, ` +
		Object.entries(SUMS).map(([as, sql]) => `${sql} AS ${as}`) +
		" FROM requests GROUP BY 1");
	const have = Object.fromEntries((await report(s, "--by", word))
		.map((r) => [String(r[name]), r]));

	assert.equal(Object.keys(have).length, rows.length, word);
	for (const row of rows)
		for (const as of Object.keys(SUMS))
			assert.equal(have[row.v][as], row[as],
				     `${as} of ${word} ${row.v}`);
}

const MODEL_COLUMN = "iif(status = 404, '', model)";
const DAY_COLUMN = "date(time_ms / 1000, 'unixepoch')";
const HOUR_COLUMN = "strftime('%Y-%m-%dT%H:00:00Z', time_ms / 1000, " +
		    "'unixepoch')";

async function assertAllTrue(s)
{
	await assertTrue(s, "token", "token");
	await assertTrue(s, "key", "key_id", "key_id");
	await assertTrue(s, "model", MODEL_COLUMN);
	await assertTrue(s, "endpoint", "endpoint");
	await assertTrue(s, "status", "status");
	await assertTrue(s, "day", DAY_COLUMN);
	await assertTrue(s, "hour", HOUR_COLUMN);
}

describe("gbalance usage", () => {
	it("says what the rows say, by each dimension", async () => {
		fake.script("*", {text: "x", usage: USAGE}, {error: "internal"});
		await complete();
		await complete();
		await complete({model: "no-such-model"});
		await ask(`${stack.url}/v1/models`, {headers: bearer()});
		await ask(`${stack.url}/v1/models`);
		await stack.journal(5);
		await assertAllTrue(stack);
	});

	it("as a table, with masked keys and a total", async () => {
		const text = await run("usage", "--by", "key");

		assert.match(text, /^ID +KEY +REQUESTS +FAILED +PROMPT/);
		assert.match(text, /\n\d+ +AIza…\w{4} +\d/);
		assert.match(text, /\ntotal +- +\d/);
		for (const {secret} of await stack.sql("SELECT secret FROM keys"))
			assert.ok(!text.includes(secret));
	});

	it("as CSV", async () => {
		const [head, ...lines] = (await run("usage", "--csv", "--by",
						    "endpoint"))
			.trim().split("\n");

		assert.match(head, /^endpoint,requests,failed,attempts,prompt/);
		for (const line of lines) {
			assert.match(line, /^"[\w.]+",[\d.,]*$/);
			assert.equal(line.split(",").length,
				     head.split(",").length);
		}
	});

	it("of a stretch of time", async () => {
		assert.deepEqual(await report(stack, "--until", "2026-01-01",
					      "--since", "2025-12-01"), []);
		assert.deepEqual(await report(stack, "--since", "1h"),
				 await report(stack));
		assert.deepEqual(await report(stack, "--since", "2025-01-01",
					      "--until", "2099-01-01T00:00Z"),
				 await report(stack));
	});

	it("a cost that nobody knows is none, and not 0", async () => {
		const other = await startStack(fake);

		try {
			fake.script("*", {text: "x", usage: USAGE});
			await ask(`${other.url}/v1/chat/completions`, {
				headers: bearer(),
				body: chat("x", {model: UNPRICED})});
			await other.journal(1);
			const [row] = await report(other);
			assert.equal(row.cost_usd, null);
			assert.equal(row.unpriced, 1);
		} finally {
			await other.stop();
		}
	});

	for (const [what, words, want] of [
		["a dimension", ["--by", "colour"], /--by: token, key/],
		["a moment", ["--since", "yesterday"], /--since: "yesterday"/],
		["an end", ["--until", "2026-02-30x"], /--until: /],
		["a stretch", ["--since", "2026-02-02", "--until", "2026-02-01"],
		 /not after/],
		["a format", ["--csv", "--json"], /not both/],
		["a word", ["today"], /too many/],
	])
		it(`${what} that is none`, async () => {
			const r = await stack.tool("usage", ...words);

			assert.equal(r.code, 2);
			assert.match(r.stderr, want);
		});
});

describe("promise 8: kill -9", () => {
	/* Whether it was still there. */
	function end(pid)
	{
		try {
			return process.kill(pid, "SIGKILL");
		} catch (e) {
			assert.equal(e.code, "ESRCH");
			return false;
		}
	}

	/* Kill the daemon, and start it again. */
	async function killDaemon(s)
	{
		s.daemon.kill("SIGKILL");
		await s.daemon.exited;
		s.children = s.children.filter((c) => c !== s.daemon);
		await s.startDaemon();
		await s.ready();
	}

	it("of all that adds up leaves sums that are those of the rows",
	   async () => {
		const s = await startStack(fake);
		const state = {on: true, killed: 0};
		const load = Array.from({length: 8}, async () => {
			while (state.on) {
				const r = await ask(
					`${s.url}/v1/chat/completions`, {
						headers: bearer(),
						body: chat("x"),
					}).catch(() => ({status: 0}));
				if (r.status !== 200)
					await sleep(5);
			}
		});
		/* Whoever asks for a report adds up first. */
		const reports = Array.from({length: 2}, async () => {
			while (state.on)
				await s.tool("usage");
		});
		const rows = async () => (await s.sql(
			"SELECT count(*) AS n FROM requests"))[0].n;

		try {
			for (let round = 0; round < 30; round++) {
				await sleep(20 + round * 2);
				state.killed += processesOf(s).filter((pid) =>
					pid !== s.daemon.pid && end(pid))
					.length;
				if (round % 10 !== 9)
					continue;
				await killDaemon(s);
				const before = await rows();
				await s.until(async () =>
					await rows() > before + 20);
			}
			state.on = false;
			await Promise.all([...load, ...reports]);
			assert.ok(state.killed > 10, `${state.killed} killed`);
			await assertAllTrue(s);
			const [row] = await s.sql("PRAGMA integrity_check");
			assert.equal(row.integrity_check, "ok");
			await s.check();
		} finally {
			state.on = false;
			await s.stop();
		}
	});
});

/* All that runs our copy of the program. */
function processesOf(s)
{
	return fs.readdirSync("/proc").filter((pid) => {
		try {
			return fs.readlinkSync(`/proc/${pid}/exe`) ===
			       s.program &&
			       fs.readFileSync(`/proc/${pid}/cmdline`, "utf8")
			       .includes(s.config);
		} catch {
			return false;	/* no process, or gone */
		}
	}).map(Number);
}
