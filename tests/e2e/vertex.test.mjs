/*
 * vertex.test.mjs: Vertex AI's express mode as a second pool of keys, with the
 * clients that people use.
 */
import assert from "node:assert/strict";
import {after, afterEach, before, beforeEach, describe, it} from "node:test";

import {GoogleGenAI} from "@google/genai";
import OpenAI from "openai";

import {ask, bearer, chat, KEYS, MODEL, startFake,
	startStack, stream, TOKEN, userSays} from "./harness.mjs";

/* The last one is in both pools. */
const VERTEX_KEYS = ["AQ.Fake-vertex-key-number-one.000000000aaaa",
		     "AQ.Fake-vertex-key-number-two.000000000bbbb", KEYS[2]];
const PUBLISHER = "/v1beta1/publishers/google";

let fake, stack, other, openai, genai;

const keysAsked = () => fake.requests.map((r) => r.headers["x-goog-api-key"]);
const native = (path, options) => ask(`${stack.url}/vertex-express${path}`,
				      {headers: bearer(), ...options});

before(async () => {
	fake = await startFake();
	const env = {VERTEX_API_KEYS: JSON.stringify(VERTEX_KEYS)};

	const settings = {vertex_express_base_url: `${fake.url}${PUBLISHER}/`};
	stack = await startStack(fake, {env, settings});
	/* A second instance on the same database. */
	other = await startStack(fake, {env, settings: {
		...settings, sqlite_database: stack.db}});
	openai = new OpenAI({apiKey: TOKEN, maxRetries: 0,
			     baseURL: `${stack.url}/vertex-express/v1`});
	genai = new GoogleGenAI({apiKey: TOKEN, httpOptions: {
		baseUrl: `${stack.url}/vertex-express`}});
});
beforeEach(async () => {
	fake.reset();
	await stack.sql("UPDATE keys SET disabled_by = 0, ready_at = 0, " +
		"failures = 0, reason = ''; DELETE FROM key_models");
});
afterEach(() => stack.check());
after(async () => {
	await other?.stop();
	await stack?.stop();
	await fake?.close();
});

describe("what it is asked", () => {
	it("OpenAI's client chats, streamed and not", async () => {
		const r = await openai.chat.completions.create(chat("hello"));

		assert.equal(r.choices[0].message.content, "You said: hello");
		assert.equal(fake.requests[0].pathname,
			     `${PUBLISHER}/models/${MODEL}:generateContent`);
		assert.ok(VERTEX_KEYS.includes(keysAsked()[0]));
		assert.equal(fake.requests[0].query.get("key"), null);
		let text = "";
		for await (const chunk of await openai.chat.completions.create(
			chat("a b", {stream: true})))
			text += chunk.choices[0]?.delta.content ?? "";
		assert.equal(text, "You said: a b");
		assert.equal(fake.requests[1].pathname,
			`${PUBLISHER}/models/${MODEL}:streamGenerateContent`);
	});

	it("OpenAI's client draws", async () => {
		const {data} = await openai.images.generate({
			model: "gemini-3.1-flash-image", prompt: "a cat"});

		assert.ok(data[0].b64_json);
		assert.equal(fake.requests[0].pathname, `${PUBLISHER}/models/` +
			"gemini-3.1-flash-image:generateContent");
		assert.ok(VERTEX_KEYS.includes(keysAsked()[0]));
	});

	it("Google's client, of either version", async () => {
		for (const apiVersion of ["v1beta", "v1"]) {
			const ai = new GoogleGenAI({apiKey: TOKEN, httpOptions: {
				baseUrl: `${stack.url}/vertex-express`,
				apiVersion}});
			const r = await ai.models.generateContent({
				model: `${MODEL}-search`, contents: "hello"});

			assert.equal(r.text, "You said: hello");
			const {pathname, body} = fake.requests.at(-1);
			assert.equal(pathname,
				`${PUBLISHER}/models/${MODEL}:generateContent`);
			assert.deepEqual(JSON.parse(body).tools,
					 [{googleSearch: {}}]);
		}
		for await (const chunk of await genai.models
			.generateContentStream({model: MODEL, contents: "x"}))
			assert.ok(chunk.candidates);
		assert.ok((await genai.models.countTokens({
			model: MODEL, contents: "xxxx"})).totalTokens > 0);
	});

	it("the models are Gemini's", async () => {
		const ids = [], names = [];

		for await (const m of openai.models.list())
			ids.push(m.id);
		for await (const m of await genai.models.list())
			names.push(m.name);
		assert.ok(ids.includes(MODEL));
		assert.ok(names.includes(`models/${MODEL}`));
		assert.equal((await openai.models.retrieve(MODEL)).id, MODEL);
		assert.equal((await genai.models.get({model: MODEL})).name,
			     `models/${MODEL}`);
		for (const r of fake.requests)
			assert.match(r.pathname, /^\/v1beta\/models/);
	});

	it("nobody without a token, and nothing else", async () => {
		for (const path of ["/v1/chat/completions", "/v1/models",
				    `/v1beta/models/${MODEL}:generateContent`,
				    "/v1beta/models", "/v1/nothing"])
			assert.equal((await native(path, {headers: {}}))
				.status, 401, path);
		assert.equal((await native("/v1/nothing")).status, 404);
		assert.equal((await native("/v1beta/chat/completions",
					   {body: chat("x")})).status, 404);
		assert.equal((await native(
			`/v1beta/models/${MODEL}:predictAll`,
			{body: {}})).status, 404);
		assert.equal((await native("/v2/models")).status, 404);
		assert.equal(fake.requests.length, 0);
	});
});

describe("the pool", () => {
	it("has a rotation of its own, over all instances", async () => {
		const rounds = 6, asked = {};

		await stack.sql("UPDATE rotation SET pos = 0");
		for (let i = 0; i < rounds * VERTEX_KEYS.length; i++) {
			const url = (i % 2 ? stack : other).url;

			const r = await ask(
				`${url}/vertex-express/v1/chat/completions`,
				{headers: bearer(), body: chat("x")});
			assert.equal(r.status, 200, r.text);
			if (i % 3 === 0)
				await ask(`${url}/v1/chat/completions`,
					  {headers: bearer(),
					   body: chat("x")});
		}
		for (const {headers, pathname} of fake.requests)
			if (pathname.startsWith(PUBLISHER)) {
				const key = headers["x-goog-api-key"];
				asked[key] = (asked[key] ?? 0) + 1;
			}
		assert.deepEqual(asked, Object.fromEntries(
			VERTEX_KEYS.map((k) => [k, rounds])));
	});

	it("tries its other keys, and no others", async () => {
		fake.setDefault("*", {error: "quota_day"});
		const r = await native("/v1/chat/completions",
				       {body: chat("x")});

		assert.equal(r.status, 429);
		assert.deepEqual(keysAsked().sort(), [...VERTEX_KEYS].sort());
		await stack.sql("DELETE FROM key_models WHERE key_id IN " +
			"(SELECT id FROM keys WHERE pool = '')");
		fake.reset();
		const again = await native("/v1/chat/completions",
					   {body: chat("x")});
		assert.equal(again.status, 429);
		assert.equal(fake.requests.length, 0, "not one call");
		assert.ok(again.headers["retry-after"] > 0);
		assert.equal((await ask(`${stack.url}/v1/chat/completions`, {
			headers: bearer(), body: chat("x")})).status, 200,
			     "the other pool does not rest");
	});

	it("a dead key of it is dead in it alone", async () => {
		fake.setDefault(KEYS[2], {error: "key_invalid"});
		for (let i = 0; i < 3; i++)
			assert.equal((await native("/v1/chat/completions",
				{body: chat("x")})).status, 200);
		assert.deepEqual(await stack.sql("SELECT pool, disabled_by " +
			`FROM keys WHERE secret = '${KEYS[2]}' ORDER BY pool`),
			[{pool: "", disabled_by: 0},
			 {pool: "vertex", disabled_by: 1}]);
	});

	it("without keys says so", async () => {
		await stack.sql("UPDATE keys SET disabled_by = 2 " +
				"WHERE pool = 'vertex'");
		const r = await native("/v1/chat/completions",
				       {body: chat("x")});

		assert.equal(r.status, 503);
		assert.match(r.json.error.message, /No Vertex AI key is in/);
		assert.equal(fake.requests.length, 0);
	});

	it("a stream of it ends as one", async () => {
		const s = await stream(`${stack.url}/vertex-express/v1beta/` +
			`models/${MODEL}:streamGenerateContent?alt=sse`,
				       {headers: bearer(),
					body: userSays("x")});

		assert.ok((await s.rest()).length > 0);
	});
});

it("the journal tells it from the other", async () => {
	await stack.sql("DELETE FROM requests");
	await native("/v1/chat/completions", {body: chat("x")});
	await native(`/v1beta/models/${MODEL}:generateContent`,
		     {body: userSays("x")});
	await native("/v1/models");
	await native("/v1beta/models");
	await native("/v1/what");
	const rows = await stack.journal(5);

	assert.deepEqual(rows.map((r) => r.endpoint), [
		"vertex.chat.completions", "vertex.generateContent",
		"vertex.models.list", "vertex.models.list", "vertex.unknown"]);
});

describe("on the command line", () => {
	const listed = async (...more) => JSON.parse((await stack.tool(
		"keys", "list", "--json", ...more)).stdout);

	it("keys are added to it and listed", async () => {
		const added = await stack.toolWithInput(
			"API_KEYS=AIzaSyNobody-wants-this-one-0000000000\n" +
			"VERTEX_API_KEYS=AQ.Fake-vertex-key-number-three.0000\n",
			"keys", "add", "--pool", "vertex", "-");

		assert.equal(added.code, 0, added.stderr);
		assert.match(added.stdout, /^1 added/);
		const all = await listed();
		assert.equal(all.filter((k) => k.pool === "vertex").length, 4);
		assert.equal(all.length, 4 + KEYS.length);
		assert.equal((await listed("--pool=vertex")).length, 4);
		assert.equal((await listed("--pool", "gemini")).length,
			     KEYS.length);
		const {stdout} = await stack.tool("keys", "list", "--pool",
						  "vertex");
		assert.match(stdout, /POOL/);
		assert.equal(stdout.trim().split("\n").length, 5);
		await stack.tool("keys", "remove", `${all.at(-1).id}`);
		assert.equal((await listed()).length, 3 + KEYS.length);
	});

	it("each is asked where it belongs", async () => {
		await stack.sql("UPDATE keys SET disabled_by = 1");
		const r = await stack.tool("keys", "verify");

		assert.equal(r.code, 0, r.stdout + r.stderr);
		assert.match(r.stdout, /6 work, 0 rest/);
		for (const {headers, pathname} of fake.requests)
			assert.ok(pathname.startsWith(PUBLISHER) ?
				VERTEX_KEYS.includes(headers["x-goog-api-key"]) :
				KEYS.includes(headers["x-goog-api-key"]));
		assert.equal(fake.requests.filter(({pathname}) =>
			pathname.startsWith(PUBLISHER)).length, 3);
	});

	it("what is no pool, and no command with one, is told", async () => {
		for (const args of [["keys", "list", "--pool", "paid"],
				    ["keys", "list", "--pool"],
				    ["tokens", "list", "--pool", "vertex"]]) {
			const r = await stack.tool(...args);

			assert.equal(r.code, 2, args.join(" "));
			assert.match(r.stderr, /--pool/);
		}
	});
});
