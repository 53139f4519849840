/*
 * switches.test.mjs: what an operator turns on or off for all clients: paths
 * that are mended, browsers of other origins, the zone of times.
 */
import assert from "node:assert/strict";
import {after, afterEach, before, beforeEach, describe, it} from "node:test";

import {ask, bearer, chat, MODEL, startFake, startStack, userSays}
	from "./harness.mjs";

let fake;

before(async () => {
	fake = await startFake();
});
beforeEach(() => fake.reset());
after(() => fake?.close());

/* A stack for the tests of one "describe"; call it there. */
function withStack(options)
{
	const held = {};

	before(async () => {
		held.stack = await startStack(fake, options);
	});
	afterEach(() => held.stack.check());
	after(() => held.stack?.stop());
	return held;
}

describe("URL_NORMALIZATION_ENABLED", () => {
	const on = withStack({env: {URL_NORMALIZATION_ENABLED: "true"}});
	const off = withStack({});
	const NATIVE = `${MODEL}:generateContent`;
	const get = (held, path, headers = bearer()) =>
		ask(held.stack.url + path, {headers});
	const post = (held, path, body) =>
		ask(held.stack.url + path, {headers: bearer(), body});

	for (const path of ["/v1/v1/chat/completions", "/chat/completions",
			    "/v1/chat/completions/", "/api/chat/completions",
			    "/v1beta/openai/chat/completions"]) {
		it(`POST ${path} is a chat`, async () => {
			const r = await post(on, path, chat("x"));

			assert.equal(r.status, 200, r.text);
			assert.equal(r.json.object, "chat.completion");
			assert.equal((await post(off, path, chat("x"))).status,
				     404);
		});
	}

	for (const path of [`/v1beta/v1beta/models/${NATIVE}`, `/${NATIVE}`,
			    `/v1beta/models/${MODEL}/generateContent`,
			    `/v1beta/models/models/${NATIVE}`]) {
		it(`POST ${path} is Gemini's`, async () => {
			const r = await post(on, path, userSays("x"));

			assert.equal(r.status, 200, r.text);
			assert.equal(fake.requests.at(-1).pathname,
				     `/v1beta/models/${NATIVE}`);
			const {status} = await post(off, path, userSays("x"));
			assert.ok(status === 404 || status === 405, status);
		});
	}

	it("lists of models are their dialect's", async () => {
		assert.ok((await get(on, "/v1beta/v1beta/models")).json.models);
		assert.ok((await get(on, "/v1beta/openai/models")).json.data);
	});

	it("asks for a token, and names what is not there", async () => {
		const bare = await get(on, "/v1/v1/models", {});
		const none = await get(on, "/v1/v1/chats/completions");
		const method = await get(on, "/v1/v1/chat/completions");

		assert.equal(bare.status, 401);
		assert.equal(none.status, 404);
		assert.match(none.text, /\/v1\/v1\/chats\/completions/);
		assert.equal(method.status, 405);
		assert.equal(method.headers.allow, "POST");
	});
});
