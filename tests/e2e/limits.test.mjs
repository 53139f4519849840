/*
 * limits.test.mjs: tokens' limits hold over several processes with parallel
 * clients, and a process that dies takes nothing with it.
 */
import assert from "node:assert/strict";
import {once} from "node:events";
import http from "node:http";
import {after, before, beforeEach, describe, it} from "node:test";

import OpenAI from "openai";

import {ask, bearer, chat, MODEL, open, sleep, startFake, startStack, TOKEN,
	userSays} from "./harness.mjs";

const INSTANCES = 4;
const LEASE_MS = 20000;	/* of fcgi/store/limits.h */
const WORDS = {prompt: 7, candidates: 5};	/* tokens of each answer */

let fake, stacks, stack;

before(async () => {
	fake = await startFake();
	stacks = [stack] = [await startStack(fake)];
	while (stacks.length < INSTANCES)
		stacks.push(await startStack(fake, {settings: {
			sqlite_database: stack.db}}));
});
beforeEach(() => {
	fake.reset();
	fake.decide = undefined;
});
after(async () => {
	/* The one whose folder has the database goes last. */
	for (const one of (stacks ?? []).reverse())
		await one.stop();
	await fake?.close();
});

async function run(...args)
{
	const r = await stack.tool(...args);

	assert.equal(r.code, 0, r.stderr);
	return r.stdout;
}

const known = (token) => Promise.all(stacks.map((s) => s.until(async () =>
	(await ask(`${s.url}/no/such`, {headers: bearer(token)})).status !==
		401)));

async function create(name, ...options)
{
	const token = (await run("tokens", "create", name, ...options)).trim();

	await known(token);
	return token;
}

/* Far enough from the end of the clock's minute for a test of it. */
async function beginMinute()
{
	const left = 60000 - Date.now() % 60000;

	if (left < 8000)
		await sleep(left + 50);
}

const post = (s, token, path, body) =>
	ask(s.url + path, {headers: bearer(token), body});
const complete = (s, token, more = {}) =>
	post(s, token, "/v1/chat/completions", chat("x", more));
const usage = {usage: {
	promptTokenCount: WORDS.prompt, candidatesTokenCount: WORDS.candidates,
	totalTokenCount: WORDS.prompt + WORDS.candidates}};

/* What "tokens show" says was used of a limit. */
async function used(name, limit)
{
	const text = await run("tokens", "show", name);

	return Number(text.match(new RegExp(`^${limit} .*; used (\\d+)`,
					    "m"))[1]);
}

describe("a refusal", () => {
	it("is 429 with the limit's name, in every dialect", async () => {
		await beginMinute();
		const token = await create("minute",
					   "--requests-per-minute", "1");
		const first = await complete(stack, token);

		assert.equal(first.status, 200, first.text);
		fake.reset();
		for (const [path, body, check] of [
			["/v1/chat/completions", chat("x"), (e) => {
				assert.equal(e.type, "rate_limit_error");
				assert.equal(e.code, "rate_limit_exceeded");
			}],
			["/v1/chat/completions", chat("x", {stream: true}),
			 (e) => assert.equal(e.type, "rate_limit_error")],
			["/v1/chat/completions", chat("x", {n: 3}),
			 (e) => assert.equal(e.type, "rate_limit_error")],
			["/v1/embeddings", {model: "gemini-embedding-001",
					    input: ["x", "y"]},
			 (e) => assert.equal(e.type, "rate_limit_error")],
			["/v1/messages", {model: MODEL, max_tokens: 9, messages:
				[{role: "user", content: "x"}]},
			 (e) => assert.equal(e.type, "rate_limit_error")],
			[`/v1beta/models/${MODEL}:generateContent`,
			 userSays("x"), (e) => assert.equal(e.status,
				"RESOURCE_EXHAUSTED")],
		]) {
			const r = await post(stack, token, path, body);
			assert.equal(r.status, 429, path + r.text);
			assert.match(r.json.error.message,
				     /"requests-per-minute" of 1 requests/);
			check(r.json.error);
			const wait = Number(r.headers["retry-after"]);
			assert.ok(wait >= 1 && wait <= 60, `${wait}`);
		}
		assert.equal(fake.requests.length, 0);
		/* What does not ask Gemini costs nothing. */
		const bad = await post(stack, token, "/v1/chat/completions", {});
		assert.equal(bad.status, 400, bad.text);
		const list = await ask(`${stack.url}/v1/models`,
				       {headers: bearer(token)});
		assert.equal(list.status, 200, list.text);
	});

	it("of a day asks no client to try again soon", async () => {
		const token = await create("day", "--tokens-per-day", "9");

		fake.setDefault("*", usage);
		assert.equal((await complete(stack, token)).status, 200);
		const r = await complete(stack, token);
		assert.equal(r.status, 429, r.text);
		assert.equal(r.json.error.code, "insufficient_quota");
		assert.match(r.json.error.message, /"tokens-per-day" of 9/);
		const midnight = 86400 - Date.now() / 1000 % 86400;
		assert.ok(Math.abs(r.headers["retry-after"] - midnight) < 60,
			  r.headers["retry-after"]);
		if (midnight > 120)
			assert.equal(r.headers["x-should-retry"], "false");
	});

	it("for one that is too large by itself says so", async () => {
		const token = await create("small", "--tokens-per-minute",
					   "500");
		const r = await complete(stack, token, {max_tokens: 1000});

		assert.equal(r.status, 429, r.text);
		assert.match(r.json.error.message,
			     /too large.*"tokens-per-minute" of 500 tokens/);
		assert.equal(r.headers["x-should-retry"], "false");
		const less = await complete(stack, token, {max_tokens: 400});
		assert.equal(less.status, 200, less.text);
	});

	it("reserves all of a request that asks several times", async () => {
		/* 20 batches of 100, four at a time, 9 bytes each */
		const body = {model: "gemini-embedding-001", input:
			Array.from({length: 2000}, () => "ninebytes")};
		const token = await create("vectors", "--tokens-per-day",
					   "6000");
		const r = await post(stack, token, "/v1/embeddings", body);
		assert.equal(r.status, 429, r.text);
		assert.match(r.json.error.message, /"tokens-per-day" of 6000/);
		assert.equal(fake.requests.length, 0);
		await run("tokens", "set", "vectors", "--tokens-per-day",
			  "50000");
		await stack.until(async () => (await post(stack, token,
			"/v1/embeddings", body)).status === 200);
	});

	it("of money counts by the prices", async () => {
		await run("prices", "set", MODEL, "prompt", "100");
		await run("prices", "set", MODEL, "output", "100");
		const token = await create("money", "--cost-per-month", "0.01");
		fake.setDefault("*", usage);	/* 12 tokens, 0.0012 dollars */
		const ok = [];
		for (let i = 0; i < 12; i++)
			ok.push((await complete(stack, token, {max_tokens: 5}))
				.status);
		assert.equal(ok[0], 200);
		assert.equal(ok.at(-1), 429);
		const n = ok.filter((s) => s === 200).length;
		const text = await run("tokens", "show", "money");
		const sum = Number(text.match(/; used ([\d.]+) USD/)[1]);
		assert.equal(sum, Number((n * 0.0012).toFixed(6)), text);
		assert.ok(sum <= 0.01, text);
	});

	it("is a RateLimitError to the official client", async () => {
		await beginMinute();
		const token = await create("official",
					   "--requests-per-minute", "1");
		const client = new OpenAI({apiKey: token, maxRetries: 0,
					   baseURL: `${stack.url}/v1`});
		const one = () => client.chat.completions.create({model: MODEL,
			messages: [{role: "user", content: "x"}]})
			.withResponse();
		const {response} = await one();

		assert.equal(response.headers.get("x-ratelimit-limit-requests"),
			     "1");
		await assert.rejects(one, (e) => {
			assert.ok(e instanceof OpenAI.RateLimitError, `${e}`);
			assert.match(e.message, /requests-per-minute/);
			assert.equal(e.code, "rate_limit_exceeded");
			return true;
		});
	});
});

describe("headers", () => {
	it("say what is left, as OpenAI's do", async () => {
		await beginMinute();
		const token = await create("told", "--requests-per-minute", "5",
			"--requests-per-month", "100",
			"--tokens-per-day", "1000");

		fake.setDefault("*", usage);
		for (const stream of [false, true]) {
			const r = await complete(stack, token,
				{max_tokens: 100, stream});
			const h = r.headers;
			const n = stream ? 3 : 4;
			assert.equal(r.status, 200, r.text);
			assert.equal(h["x-ratelimit-limit-requests"], "5");
			assert.equal(h["x-ratelimit-remaining-requests"],
				     `${n}`);
			assert.match(h["x-ratelimit-reset-requests"],
				     /^\d{1,2}s$|^1m0s$/);
			assert.equal(h["x-ratelimit-limit-tokens"], "1000");
			assert.match(h["x-ratelimit-reset-tokens"],
				     /^(\d+h)?(\d+m)?\d+s$/);
			const left = Number(h["x-ratelimit-remaining-tokens"]);
			assert.ok(left <= 900 && left >= 800, `${left}`);
		}
	});

	it("are not there without limits, and nothing is written", async () => {
		const token = await create("free");
		const r = await complete(stack, token);

		assert.equal(r.status, 200, r.text);
		assert.deepEqual(Object.keys(r.headers).filter((h) =>
			h.startsWith("x-ratelimit")), []);
		const [{id}] = await stack.sql("SELECT id FROM tokens WHERE " +
			"name = 'free'");
		assert.deepEqual(await stack.sql("SELECT * FROM token_use " +
			`WHERE token_id = ${id}`), []);
	});
});

describe(`${INSTANCES} processes with parallel clients`, () => {
	/* So many clients of each; how many were let in. */
	async function storm(token, clients, each, more)
	{
		const seen = {ok: 0, refused: 0, odd: []};

		await Promise.all(stacks.flatMap((s) =>
			Array.from({length: clients}, async () => {
				for (let i = 0; i < each; i++) {
					const r = await complete(s, token,
								 more);
					if (r.status === 200)
						seen.ok++;
					else if (r.status === 429)
						seen.refused++;
					else
						seen.odd.push(r.text);
				}
			})));
		assert.deepEqual(seen.odd, []);
		return seen;
	}

	const nothingReserved = () => stack.until(async () => (await stack.sql(
		"SELECT * FROM token_leases")).length === 0);

	it("never exceed a number of requests, and use all of it", async () => {
		const token = await create("many", "--requests-per-day", "100");
		const seen = await storm(token, 6, 10);

		assert.equal(seen.ok, 100);
		assert.equal(seen.refused, INSTANCES * 60 - 100);
		assert.equal(fake.requests.length, 100);
		await nothingReserved();
		assert.equal(await used("many", "requests-per-day"), 100);
	});

	it("never exceed tokens", async () => {
		const token = await create("wordy", "--tokens-per-day", "1000");
		const sum = WORDS.prompt + WORDS.candidates;

		fake.setDefault("*", usage);
		const seen = await storm(token, 6, 10, {max_tokens: 20});
		await nothingReserved();
		const took = await used("wordy", "tokens-per-day");
		assert.equal(took, seen.ok * sum);
		assert.ok(took <= 1000, `${took}`);
		/* What is reserved is given back: little is left unused. */
		const more = await complete(stack, token, {max_tokens: 20});
		if (more.status === 200)
			return;
		assert.ok(took > 900, `${took}`);
	});

	it("never have more under way than is allowed", async () => {
		const token = await create("narrow", "--parallel", "3");
		let now = 0, most = 0;

		fake.decide = () => {
			most = Math.max(most, ++now);
			setTimeout(() => now--, 25);	/* before it ends */
			return {text: "x", delayMs: 30};
		};
		const seen = await storm(token, 4, 8);
		assert.ok(seen.ok > 3, `${seen.ok}`);
		assert.ok(seen.refused > 0);
		assert.ok(most <= 3, `${most} at once`);
		await nothingReserved();
	});

	it("learn of a change at once", async () => {
		const token = await create("tight", "--requests-per-day", "1");

		assert.equal((await complete(stacks[1], token)).status, 200);
		for (const s of stacks)
			assert.equal((await complete(s, token)).status, 429);
		const began = Date.now();
		await run("tokens", "set", "tight", "--requests-per-day", "0");
		await Promise.all(stacks.map((s) => s.until(async () =>
			(await complete(s, token)).status === 200, 3000)));
		assert.ok(Date.now() - began < 3000);
	});
});

it("a plain CGI keeps limits from one process to the next", async () => {
	const cgi = await startStack(fake, {way: "cgi", mount: "/gbalance"});

	try {
		const {stdout} = await cgi.tool("tokens", "create", "cgi",
			"--parallel", "1", "--requests-per-day", "2");
		const got = [];
		for (let i = 0; i < 3; i++)
			got.push((await complete(cgi, stdout.trim())).status);
		assert.deepEqual(got, [200, 200, 429]);
		assert.deepEqual(await cgi.sql("SELECT * FROM token_leases"),
				 []);
	} finally {
		await cgi.stop();
	}
});

describe("what is reserved", () => {
	/* A request that is under way for longer than the test. */
	const hang = async (s, token) => {
		const asked = fake.requests.length;
		const r = open(`${s.url}/v1/chat/completions`, {
			headers: bearer(token), body: chat("x")});
		r.catch(() => {});
		await stack.until(() => fake.requests.length > asked);
	};

	it("comes back when its process is killed, and stays when it lives",
	   async () => {
		const mortal = await create("mortal", "--parallel", "2",
					    "--requests-per-day", "3");
		const alive = await create("alive", "--parallel", "1");
		const last = stacks.pop();

		fake.setDefault("*", {hang: "reply"});
		await hang(last, mortal);
		await hang(last, mortal);
		await hang(stack, alive);
		assert.equal((await complete(stack, mortal)).status, 429);
		assert.equal((await complete(stack, alive)).status, 429);
		const killed = Date.now();
		last.daemon.kill("SIGKILL");
		await last.daemon.exited;
		fake.setDefault("*", {text: "x"});
		await stack.until(async () =>
			(await complete(stack, mortal)).status === 200,
			2 * LEASE_MS);
		/* Not one request more than that was counted. */
		assert.equal((await complete(stack, mortal)).status, 200);
		assert.equal(await used("mortal", "requests-per-day"), 2);
		/* The other one has been renewed meanwhile. */
		await sleep(Math.max(0, killed + LEASE_MS + 4000 - Date.now()));
		assert.equal((await complete(stack, alive)).status, 429);
		last.children = last.children.filter((c) => c !== last.daemon);
		last.daemon = undefined;
		await last.stop();
	});

	it("comes back when the client goes away", async () => {
		const token = await create("fickle", "--parallel", "1");

		fake.setDefault("*", {hang: "reply"});
		/* lighttpd does not watch the end of a connection on which it
		 * has never waited: mounts.test.mjs. */
		const agent = new http.Agent({keepAlive: true, maxSockets: 1});
		await ask(`${stack.url}/health`, {agent});
		await stack.serverSleeps();
		const gone = http.request(`${stack.url}/v1/chat/completions`, {
			method: "POST", agent,
			headers: {...bearer(token),
				  "content-type": "application/json"}});
		const ended = assert.rejects(once(gone, "response"));
		gone.end(JSON.stringify(chat("x")));
		await stack.until(() => fake.requests.length > 0);
		assert.equal((await complete(stack, token)).status, 429);
		gone.socket.resetAndDestroy();
		await ended;
		agent.destroy();
		fake.setDefault("*", {text: "x"});
		await stack.until(async () =>
			(await complete(stack, token)).status === 200);
	});

	it("nothing of it holds up who has no limits", async () => {
		assert.equal((await complete(stack, TOKEN)).status, 200);
	});
});
