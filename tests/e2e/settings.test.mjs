/*
 * settings.test.mjs: settings from the environment, under the names that
 * Gemini Balance's users know, as upstream and clients see them.
 */
import assert from "node:assert/strict";
import http from "node:http";
import {after, afterEach, before, beforeEach, it} from "node:test";

import {ask, bearer, chat, MODEL, startFake, startStack, userSays}
	from "./harness.mjs";

const HIDDEN = "gemini-3.5-flash";
const NATIVE = `/v1beta/models/${MODEL}:generateContent`;
const SAFETY = [{category: "HARM_CATEGORY_HARASSMENT", threshold: "OFF"}];

let fake, proxy, stack;
const proxied = [];

/* A forward proxy for plain http: passes each request on and remembers it. */
function startProxy()
{
	const server = http.createServer((req, res) => {
		proxied.push(req.url);
		const on = http.request(req.url, {method: req.method,
			headers: req.headers}, (reply) => {
			res.writeHead(reply.statusCode, reply.headers);
			reply.pipe(res);
		});
		on.on("error", () => res.destroy());
		req.pipe(on);
	});

	return new Promise((resolve) =>
		server.listen(0, "127.0.0.1", () => resolve(server)));
}

before(async () => {
	fake = await startFake();
	proxy = await startProxy();
	stack = await startStack(fake, {env: {
		CUSTOM_HEADERS: JSON.stringify({"x-team": "blue"}),
		FILTERED_MODELS: JSON.stringify([HIDDEN]),
		SAFETY_SETTINGS: JSON.stringify(SAFETY),
		PROXIES: JSON.stringify([
			`http://127.0.0.1:${proxy.address().port}`]),
	}});
});
beforeEach(() => {
	fake.reset();
	proxied.length = 0;
});
afterEach(() => stack.check());
after(async () => {
	await stack?.stop();
	proxy?.close();
	proxy?.closeAllConnections();
	await fake?.close();
});

const post = (path, body) => ask(stack.url + path, {headers: bearer(), body});

it("CUSTOM_HEADERS, SAFETY_SETTINGS and PROXIES reach upstream", async () => {
	const all = [
		["/v1/chat/completions", chat("x")],
		["/v1/chat/completions", chat("x", {stream: true})],
		["/v1/responses", {model: MODEL, input: "x"}],
		["/v1/messages", {model: MODEL, max_tokens: 99,
			messages: [{role: "user", content: "x"}]}],
		[NATIVE, userSays("x")],
		[`/v1beta/models/${MODEL}:streamGenerateContent?alt=sse`,
		 userSays("x")],
	];

	for (const [path, body] of all) {
		assert.equal((await post(path, body)).status, 200);
		const sent = fake.requests.at(-1);
		assert.equal(sent.headers["x-team"], "blue", path);
		assert.deepEqual(JSON.parse(sent.body).safetySettings, SAFETY,
				 path);
	}
	assert.equal(proxied.length, all.length);
});

it("a native client's own safetySettings stand", async () => {
	const own = [{category: "HARM_CATEGORY_HATE_SPEECH",
		      threshold: "BLOCK_NONE"}];
	const r = await post(NATIVE, {...userSays("x"), safetySettings: own});

	assert.equal(r.status, 200, r.text);
	assert.deepEqual(JSON.parse(fake.requests.at(-1).body).safetySettings,
			 own);
});

it("FILTERED_MODELS are in no list, in neither dialect", async () => {
	const openai = JSON.parse((await ask(`${stack.url}/v1/models`,
		{headers: bearer()})).text).data.map((m) => m.id);
	const gemini = JSON.parse((await ask(`${stack.url}/v1beta/models`,
		{headers: bearer()})).text).models.map((m) => m.name);

	assert.ok(openai.includes(MODEL) && !openai.includes(HIDDEN));
	assert.ok(gemini.includes(`models/${MODEL}`));
	assert.ok(!gemini.includes(`models/${HIDDEN}`));
	assert.equal((await ask(`${stack.url}/v1/models/${HIDDEN}`,
		{headers: bearer()})).status, 404);
});
