/*
 * lists.test.mjs: the list of models, over projects that see different ones,
 * kept, refreshed, and better old than none; with the clients that people use.
 */
import assert from "node:assert/strict";
import {after, afterEach, before, describe, it} from "node:test";

import Anthropic from "@anthropic-ai/sdk";
import {GoogleGenAI} from "@google/genai";
import OpenAI from "openai";

import {ask, bearer, chat, KEYS, MODEL, startFake, startStack, TOKEN}
	from "./harness.mjs";

const OLD = "gemini-2.5-flash";	/* what the first project alone has */
const NEW = "gemini-3.7-flash";	/* what the second project alone has */
const HIDDEN = "gemini-3.5-flash";
const JOB_MS = 60000;	/* it looks every 15 s, under ASan on a busy machine */
const SETTINGS = {models_hours: 1, filtered_models: [HIDDEN],
		  search_models: [NEW]};

let fake, stacks, clients;

const each = () => stacks.entries();
const lists = () => fake.requests.filter(({method, pathname}) =>
	method === "GET" && pathname === "/v1beta/models");
const keyOf = (r) => r.headers["x-goog-api-key"];
const get = (path, of = stacks[0]) => ask(of.url + path,
					  {headers: bearer()});
const ids = async (of) => {
	const r = await get("/v1/models", of);

	assert.equal(r.status, 200, r.text);
	return r.json.data.map((m) => m.id);
};

/* Three projects, of which the third does not let its models be listed. */
function projects()
{
	fake.reset();
	fake.setDefault(KEYS[0], {models: [MODEL, HIDDEN, OLD]});
	fake.setDefault(KEYS[1], {models: [MODEL, NEW]});
	fake.setDefault(KEYS[2], {listError: "permission_denied"});
}

before(async () => {
	fake = await startFake();
	projects();
	const first = await startStack(fake, {settings: SETTINGS});
	const second = await startStack(fake, {settings: {
		...SETTINGS, sqlite_database: first.db}});

	stacks = [first, second];
	clients = stacks.map(({url}) => [
		new OpenAI({apiKey: TOKEN, baseURL: `${url}/v1`,
			    maxRetries: 0}),
		new GoogleGenAI({apiKey: TOKEN, httpOptions: {baseUrl: url}}),
		new Anthropic({apiKey: TOKEN, baseURL: url, maxRetries: 0}),
	]);
});
afterEach(() => Promise.all(stacks.map((s) => s.check())));
after(async () => {
	for (const stack of [...stacks ?? []].reverse())
		await stack.stop();
	await fake?.close();
});

it("the first client waits for it, nobody else", async () => {
	const have = await ids();

	assert.ok(have.includes(MODEL));
	assert.equal(lists().length, 1);
	for (const stack of stacks)
		for (let i = 0; i < 3; i++)
			assert.deepEqual(await ids(stack), have);
	assert.equal(lists().length, 1, "from the database, and from memory");
});

it("in the background each key is asked for its own, once", async () => {
	await stacks[0].until(() => new Set(lists().map(keyOf)).size === 3,
			      JOB_MS);
	await stacks[0].until(async () => (await stacks[0].sql("SELECT " +
		"count(*) AS n FROM keys WHERE list_id > 0"))[0].n === 2);
	for (const key of KEYS)	/* the first one a client's, and the job's */
		assert.ok(lists().filter((r) => keyOf(r) === key).length <= 2);
	assert.deepEqual(await stacks[0].sql("SELECT DISTINCT disabled_by, " +
		"failures FROM keys"), [{disabled_by: 0, failures: 0}],
			 "a key that may not list is as good as before");
});

describe("what all projects have", () => {
	it("is one list, filtered, with further names", async () => {
		const want = [MODEL, OLD, NEW, `${NEW}-search`].sort();

		fake.requests.length = 0;
		for (const [i] of each()) {
			const [openai, genai, anthropic] = clients[i];
			const have = [], names = [], third = [];

			for await (const m of openai.models.list())
				have.push(m.id);
			for await (const m of await genai.models.list(
				{config: {pageSize: 1}}))
				names.push(m.name);
			for await (const m of anthropic.models.list())
				third.push(m.id);
			assert.deepEqual(have.sort(), want);
			assert.deepEqual(third.sort(), want);
			assert.equal((await anthropic.models.retrieve(OLD)).id,
				     OLD);
			assert.deepEqual(names.sort(),
					 want.map((n) => `models/${n}`));
			assert.equal((await openai.models.retrieve(
				`${NEW}-search`)).id, `${NEW}-search`);
			assert.equal((await genai.models.get({model: OLD}))
				.displayName, "gemini 2.5 flash");
		}
		assert.equal(fake.requests.length, 0, "nobody was asked");
	});

	it("comes in pages", async () => {
		const page = async (query) =>
			(await get(`/v1beta/models?${query}`)).json;
		const first = await page("pageSize=3");

		/* Each is full, hidden models or not. */
		assert.equal(first.models.length, 3);
		const rest = await page(`pageToken=${first.nextPageToken}`);
		assert.equal(rest.nextPageToken, undefined);
		assert.equal(rest.models.length, 1);
		for (const query of ["pageSize=x", "pageSize=-1",
				     "pageToken=x", "pageSize=1e3",
				     "pageSize=99999999999999999999999"]) {
			const r = await get(`/v1beta/models?${query}`);
			assert.equal(r.status, 400, query);
			assert.match(r.json.error.message, /page(Size|Token)/);
		}
		assert.equal((await page("pageSize=0")).models.length, 4);
		assert.deepEqual((await page("pageToken=999")).models, []);
	});

	it("a model that no list has is asked for", async () => {
		const r = await get("/v1/models/gemini-flash-latest");

		fake.requests.length = 0;
		assert.ok([200, 404].includes(r.status));
		assert.equal((await get("/v1/models/no-such-model")).status,
			     404);
		assert.equal(fake.requests.length, 1);
		assert.equal((await get(`/v1/models/${HIDDEN}`)).status, 404);
		assert.equal(fake.requests.length, 1, "a hidden one is not");
	});
});

describe("a key is asked only for what its project has", () => {
	const say = (model, of) => ask(`${of.url}/v1/chat/completions`, {
		headers: bearer(), body: chat("x", {model})});
	const asked = async (model) => {
		fake.requests.length = 0;
		for (let i = 0; i < 12; i++) {
			const r = await say(model, stacks[i % 2]);
			assert.equal(r.status, 200, r.text);
		}
		const count = {};
		for (const r of fake.requests)
			count[keyOf(r)] = (count[keyOf(r)] ?? 0) + 1;
		return KEYS.map((k) => count[k] ?? 0);
	};

	it("evenly among those that have it, or may have it", async () => {
		assert.deepEqual(await asked(MODEL), [4, 4, 4]);
		assert.deepEqual(await asked(OLD), [6, 0, 6]);
		assert.deepEqual(await asked(NEW), [0, 6, 6]);
		assert.deepEqual(await asked(`${NEW}-search`), [0, 6, 6]);
	});

	it("and any, when those that have it are out", async () => {
		await stacks[0].sql("UPDATE keys SET disabled_by = 1 " +
				    "WHERE id <> 1");
		fake.requests.length = 0;
		const r = await say(NEW, stacks[0]);
		assert.equal(r.status, 404, "Google says so");
		assert.deepEqual(fake.requests.map(keyOf), [KEYS[0]]);
		assert.ok(!(await ids()).includes(NEW), "nobody offers it");
		await stacks[0].sql("UPDATE keys SET disabled_by = 0");
		assert.ok((await ids()).includes(NEW));
	});

	it("and rests when those do", async () => {
		await stacks[0].sql("UPDATE keys SET ready_at = " +
			`${Date.now() + 60000} WHERE id <> 1`);
		fake.requests.length = 0;
		const r = await say(NEW, stacks[1]);
		assert.equal(r.status, 429);
		assert.ok(r.headers["retry-after"] > 50);
		assert.equal(fake.requests.length, 0);
		await stacks[0].sql("UPDATE keys SET ready_at = 0");
	});
});

describe("a list that is old", () => {
	const age = () => stacks[0].sql("UPDATE keys SET listed_at = 1; " +
		"DELETE FROM jobs WHERE name = 'models-list'");

	it("is better than none, and only one request waits", async () => {
		const want = await ids();

		await age();
		fake.setDefault("*", {error: "internal"});
		for (const key of KEYS)
			fake.setDefault(key, {error: "internal"});
		fake.requests.length = 0;
		assert.deepEqual(await ids(), want);
		const tried = lists().length;
		assert.ok(tried > 0, "one asks");
		for (const [, stack] of each())
			assert.deepEqual(await ids(stack), want);
		assert.equal(lists().length, tried, "the others do not");
		projects();
	});

	it("also when no key is in service", async () => {
		const want = await ids();

		await stacks[0].sql("UPDATE keys SET disabled_by = 2");
		fake.requests.length = 0;
		assert.deepEqual(await ids(), want);
		assert.equal(fake.requests.length, 0);
		assert.equal((await get(`/v1/models/${NEW}`)).status, 200);
		await stacks[0].sql("UPDATE keys SET disabled_by = 0");
	});

	it("is none when there never was one", async () => {
		await stacks[0].sql("UPDATE keys SET list_id = NULL");
		for (const key of KEYS)
			fake.setDefault(key, {error: "internal"});
		assert.equal((await get("/v1/models")).status, 500);
		assert.equal((await get("/v1beta/models")).status, 500);
		await stacks[0].sql("UPDATE keys SET disabled_by = 2");
		assert.equal((await get("/v1/models")).status, 503);
		await stacks[0].sql("UPDATE keys SET disabled_by = 0");
		projects();
		assert.ok((await ids()).length > 0);
	});

	it("is asked for anew by a request where no job runs", async () => {
		const cgi = await startStack(fake, {way: "cgi",
			settings: {...SETTINGS, api_keys: [KEYS[1]]}});

		try {
			assert.deepEqual(await ids(cgi),
					 [MODEL, NEW, `${NEW}-search`]);
			fake.setDefault(KEYS[1], {models: [OLD]});
			fake.requests.length = 0;
			assert.ok((await ids(cgi)).includes(NEW));
			assert.equal(fake.requests.length, 0, "it is fresh");
			await cgi.sql("UPDATE keys SET listed_at = 1");
			assert.deepEqual(await ids(cgi), [OLD]);
			assert.equal(fake.requests.length, 1);
		} finally {
			await cgi.stop();
			projects();
		}
	});
});
