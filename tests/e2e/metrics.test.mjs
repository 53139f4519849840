/*
 * metrics.test.mjs: GET /metrics: who may, its form, and that its numbers are
 * those of all processes.
 */
import assert from "node:assert/strict";
import {after, afterEach, before, it} from "node:test";

import {parseExposition, valueOf} from "./exposition.mjs";
import {ask, bearer, chat, KEYS, MODEL, startFake, startStack}
	from "./harness.mjs";

const ADMIN = "gb-admin-token-of-the-metrics";
const ENDPOINT = {endpoint: "chat.completions"};

let fake, stack;

before(async () => {
	fake = await startFake();
	stack = await startStack(fake, {settings: {auth_token: ADMIN}});
});
afterEach(() => stack.check());
after(async () => {
	await stack?.stop();
	await fake?.close();
});

const read = (headers, on = stack) => ask(`${on.url}/metrics`, {headers});

async function metrics(on = stack)
{
	const r = await read(bearer(ADMIN), on);

	assert.equal(r.status, 200, r.text);
	assert.match(r.headers["content-type"],
		     /^text\/plain; version=0\.0\.4/);
	return parseExposition(r.text);
}

it("is for the admin alone: promise 2", async () => {
	for (const headers of [{}, bearer(), bearer("x"), bearer(""),
			       {authorization: ADMIN}, {"x-api-key": ADMIN},
			       bearer(ADMIN + "x"), bearer(ADMIN.slice(1))]) {
		const r = await read(headers);
		assert.equal(r.status, 401, JSON.stringify(headers));
		assert.doesNotMatch(r.text, /gbalance_/);
	}
	assert.equal((await ask(`${stack.url}/metrics?key=${ADMIN}`)).status,
		     401);
	assert.equal((await ask(`${stack.url}/metrics`, {method: "POST",
		headers: bearer(ADMIN), body: "x"})).status, 401);
	await metrics();
	/* and the admin's token is no user's */
	assert.equal((await ask(`${stack.url}/v1/models`,
		{headers: bearer(ADMIN)})).status, 401);
});

it("names exits and models that are left alone", async () => {
	await stack.sql("INSERT INTO breakers VALUES " +
		"(1, 'http://proxy:3128', 'x', 1, 2, 3, 4, 'refused'), " +
		"(2, 'gemini/m\"1', 'x', 1, 2, 3, 4, 'busy')");
	const found = await metrics();

	assert.equal(valueOf(found, "gbalance_exit_failing",
			     {exit: "http://proxy:3128"}), 1);
	assert.equal(valueOf(found, "gbalance_model_failing",
			     {model: 'gemini/m"1'}), 1);
	await stack.sql("DELETE FROM breakers");
});

it("counts requests, statuses, latencies, wasted calls and keys", async () => {
	const before = await metrics();
	const count = (f, name, labels) => valueOf(f, name, labels) ?? 0;

	await stack.tool("keys", "disable", "1");
	fake.setDefault(KEYS[1], {error: "quota_day"});
	for (let i = 0; i < 3; i++)
		await ask(`${stack.url}/v1/chat/completions`,
			  {headers: bearer(), body: chat("hello")});
	await ask(`${stack.url}/v1/chat/completions`,
		  {headers: bearer("wrong"), body: chat("hello")});
	const f = await metrics();

	assert.equal(count(f, "gbalance_requests_total", ENDPOINT) -
		     count(before, "gbalance_requests_total", ENDPOINT), 4);
	assert.equal(count(f, "gbalance_responses_total", {status: "200"}) -
		     count(before, "gbalance_responses_total",
			   {status: "200"}), 3);
	assert.ok(count(f, "gbalance_responses_total", {status: "401"}) >= 1);
	assert.equal(f.gbalance_request_duration_seconds.samples.find((s) =>
		s.name.endsWith("_count") && s.labels.endpoint ===
		ENDPOINT.endpoint).value,
		     count(f, "gbalance_requests_total", ENDPOINT));
	const wasted = f.gbalance_upstream_calls_wasted_total.samples
		.reduce((sum, s) => sum + s.value, 0);
	const [{n}] = await stack.sql("SELECT count(*) AS n FROM attempts");
	assert.ok(wasted >= 1);
	assert.equal(wasted, n);
	assert.equal(count(f, "gbalance_upstream_calls_total"), 3 + wasted);
	const state = (s) => count(f, "gbalance_keys",
				   {pool: "gemini", state: s});
	assert.equal(state("disabled_by_person"), 1);
	assert.equal(state("ready") + state("cooling") +
		     state("disabled_by_system"), 2);
	assert.ok(count(f, "gbalance_tokens_total", {class: "prompt"}) > 0);
	assert.equal(count(f, "gbalance_requests_running"), 1);
	assert.ok(count(f, "gbalance_database_bytes") > 0);
	assert.equal(count(f, "gbalance_journal_unsummed_rows"), 0);
	fake.reset();
});

it("all processes tell the same; no secret is in it", async () => {
	const other = await startStack(fake, {settings: {auth_token: ADMIN,
		sqlite_database: stack.db, api_keys: [],
		metrics_addresses: ["10.0.0.0/8", "127.0.0.1"]}});

	try {
		await other.tool("tokens", "create", "somebody");
		assert.equal((await ask(`${other.url}/v1/chat/completions`,
			{headers: bearer(), body: chat("hello")})).status, 200);
		const here = await metrics(), there = await metrics(other);

		for (const name of ["gbalance_requests_total",
				    "gbalance_responses_total",
				    "gbalance_request_duration_seconds",
				    "gbalance_upstream_calls_wasted_total",
				    "gbalance_keys"])
			assert.deepEqual(there[name], here[name], name);
		assert.equal(valueOf(here, "gbalance_processes"), 2);
		/* an allowed address needs no token */
		const r = await read({}, other);
		assert.equal(r.status, 200);
		for (const secret of [...KEYS, ADMIN, "somebody"])
			assert.ok(!r.text.includes(secret), secret);
	} finally {
		await other.stop();
	}
	assert.equal(valueOf(await metrics(), "gbalance_processes"), 1);
});

it("a model's name that a client made up is no label", async () => {
	await ask(`${stack.url}/v1beta/models/x%22%0ay%7d:generateContent`,
		  {headers: bearer(), body: {contents: []}});
	await ask(`${stack.url}/v1/chat/completions`, {headers: bearer(),
		body: {...chat("x"), model: `${MODEL}"\n} 7`}});
	await metrics();
});
