/*
 * switches.test.mjs: what an operator turns on or off for all clients: paths
 * that are mended, browsers of other origins, the zone of times, and
 * streams that are none upstream.
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import {after, before, beforeEach, describe, it} from "node:test";

import {ask, bearer, chat, MODEL, startFake, Steps, stream, userSays,
	withStack} from "./harness.mjs";

let fake;

before(async () => {
	fake = await startFake();
});
beforeEach(() => fake.reset());
after(() => fake?.close());

const stackOf = (options) => withStack(() => fake, options);

describe("URL_NORMALIZATION_ENABLED", () => {
	const on = stackOf({env: {URL_NORMALIZATION_ENABLED: "true"}});
	const off = stackOf({});
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

describe("CORS", () => {
	const ORIGIN = "https://chat.example";
	const any = stackOf({});
	const some = stackOf({settings: {
		cors_origins: [ORIGIN, "http://localhost:3000"]}});
	const none = stackOf({settings: {cors_origins: []}});
	const preflight = (held, path, more = {}) =>
		ask(held.stack.url + path, {method: "OPTIONS", headers: {
			origin: ORIGIN,
			"access-control-request-method": "POST",
			"access-control-request-headers":
				"authorization,content-type,x-stainless-lang",
			...more,
		}});
	const allowOrigin = (r) => r.headers["access-control-allow-origin"];

	/* What fetch() in a browser does, cookies aside. */
	for (const path of ["/v1/chat/completions", "/openai/v1/models",
			    "/anthropic/v1/messages", "/v1beta/models",
			    `/v1beta/models/${MODEL}:generateContent`]) {
		it(`a preflight of ${path} needs no token`, async () => {
			const r = await preflight(any, path);

			assert.equal(r.status, 200, r.text);
			assert.equal(r.text, "");
			assert.equal(allowOrigin(r), "*");
			assert.match(r.headers["access-control-allow-methods"],
				     /\bPOST\b/);
			assert.equal(
				r.headers["access-control-allow-headers"],
				"authorization,content-type,x-stainless-lang");
			assert.ok(Number(r.headers["access-control-max-age"]));
			assert.equal(fake.requests.length, 0);
		});
	}

	it("leaves no row", async () => {
		await preflight(any, "/v1/chat/completions");
		await ask(`${any.stack.url}/v1/chat/completions`, {
			headers: bearer(), body: chat("x")});
		const rows = await any.stack.journal(1);

		assert.equal(rows.length, 1);
	});

	it("a page can read the answer, its headers, and errors", async () => {
		const url = `${any.stack.url}/v1/chat/completions`;
		const ok = await ask(url, {
			headers: {...bearer(), origin: ORIGIN},
			body: chat("x")});
		const bad = await ask(url, {headers: {origin: ORIGIN},
					    body: chat("x")});

		assert.equal(ok.status, 200);
		assert.equal(bad.status, 401);
		for (const r of [ok, bad]) {
			assert.equal(allowOrigin(r), "*");
			for (const name of ["X-Request-Id", "Retry-After",
					    "X-Gbalance-Dropped"])
				assert.ok(r.headers[
					"access-control-expose-headers"]
					.split(", ").includes(name), name);
			assert.equal(r.headers[
				"access-control-allow-credentials"], undefined);
		}
	});

	it("a stream, too", async () => {
		const r = await ask(`${any.stack.url}/v1/chat/completions`, {
			headers: {...bearer(), origin: ORIGIN},
			body: chat("x", {stream: true})});

		assert.equal(r.status, 200);
		assert.equal(allowOrigin(r), "*");
	});

	it("only origins of the list are told theirs", async () => {
		const mine = await preflight(some, "/v1/models");
		const other = await preflight(some, "/v1/models",
					      {origin: "https://evil.example"});

		assert.equal(allowOrigin(mine), ORIGIN);
		assert.equal(mine.headers.vary, "Origin");
		assert.equal(allowOrigin(other), undefined);
		assert.equal(other.headers["access-control-allow-methods"],
			     undefined);
		assert.equal(other.headers.vary, "Origin");
		assert.equal(allowOrigin(await preflight(none, "/v1/models")),
			     undefined);
	});

	it("takes no part where there is no API, nor in nonsense", async () => {
		const health = await ask(`${any.stack.url}/health`,
					 {headers: {origin: ORIGIN}});
		const unknown = await preflight(any, "/v1/nothing/here");
		const outside = await preflight(any, "/admin/keys");
		const odd = await preflight(any, "/v1/models", {
			"access-control-request-headers": "a: b"});
		const plain = await ask(`${any.stack.url}/v1/models`,
					{method: "OPTIONS"});

		assert.equal(allowOrigin(health), undefined);
		assert.equal(unknown.status, 401);
		assert.equal(outside.status, 401);
		assert.equal(allowOrigin(outside), undefined);
		assert.equal(odd.headers["access-control-allow-headers"],
			     undefined);
		assert.equal(plain.status, 401);
	});
});

describe("TIMEZONE", () => {
	const ZONE = {TIMEZONE: "Asia/Tokyo"};	/* no daylight saving */
	const STAMP = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d";
	const utc = stackOf({});
	const tokyo = stackOf({env: ZONE});

	it("is the log's", () => {
		assert.match(utc.stack.logs(),
			new RegExp(`^${STAMP}\\.\\d{3}Z \\d+ info `, "m"));
		assert.match(tokyo.stack.logs(), new RegExp(
			`^${STAMP}\\.\\d{3}\\+09:00 \\d+ info `, "m"));
	});

	it("is that of the commands", async () => {
		for (const [{stack}, zone] of [[utc, "Z"],
					       [tokyo, "\\+09:00"]]) {
			await stack.tool("tokens", "create", "alice");
			const {stdout} = await stack.tool("tokens", "list");
			assert.match(stdout, new RegExp(STAMP + zone));
		}
	});

	it("a zone that is none is an error before anything starts",
	   async () => {
		fs.appendFileSync(utc.stack.config, 'timezone = "Mars/X";\n');
		const r = await utc.stack.tool("check-config");

		assert.notEqual(r.code, 0);
		assert.match(r.stderr, /timezone: must be UTC or a zone/);
	});
});

describe("fake streams", () => {
	const all = stackOf({settings: {
		fake_stream_enabled: true,
		fake_stream_empty_data_interval_seconds: 1,
	}});
	const listed = stackOf({settings: {fake_stream_models: [MODEL]}});
	const OTHER = "gemini-3.5-flash";
	const NATIVE = `/v1beta/models/${MODEL}`;
	const SSE = `${NATIVE}:streamGenerateContent?alt=sse`;
	const open1 = (path, body, held = all) =>
		stream(held.stack.url + path, {headers: bearer(), body});
	const sent = () => fake.requests.at(-1).pathname;
	const streamed = {stream: true};

	for (const [path, body, text] of [
		["/v1/chat/completions", chat("x", streamed),
		 (e) => e.choices?.[0]?.delta.content],
		["/v1/responses", {model: MODEL, input: "x", ...streamed},
		 (e) => e.type === "response.output_text.delta" && e.delta],
		["/v1/messages", {model: MODEL, max_tokens: 99, messages: [
			{role: "user", content: "x"}], ...streamed},
		 (e) => e.delta?.text],
		[SSE, userSays("x"),
		 (e) => e.candidates[0].content.parts[0].text]]) {
		it(`${path.replace(/\?.*/, "")} is one call`, async () => {
			const events = await (await open1(path, body)).rest();
			const said = events.filter((e) => e !== "[DONE]")
				.map((e) => text(JSON.parse(e)) || "").join("");

			assert.equal(said, "You said: x");
			assert.equal(sent(), `${NATIVE}:generateContent`);
			assert.ok(!fake.requests.at(-1).url.includes("alt="));
		});
	}

	it("a native stream without alt=sse is an array of one", async () => {
		const r = await ask(`${all.stack.url}${NATIVE}:` +
			"streamGenerateContent", {headers: bearer(),
						  body: userSays("x")});

		assert.equal(r.status, 200);
		assert.equal(r.json.length, 1);
		assert.equal(r.json[0].candidates[0].content.parts[0].text,
			     "You said: x");
		assert.equal(sent(), `${NATIVE}:generateContent`);
	});

	it("an answer that Google lays out in lines is one event", async () => {
		const reply = {candidates: [{
			content: {role: "model", parts: [{text: "a\nb"}]},
			finishReason: "STOP", index: 0}]};

		fake.script("*", {respond: {status: 200,
			type: "application/json",
			body: JSON.stringify(reply, null, 2)}});
		const events = await (await open1(SSE, userSays("x"))).rest();

		assert.deepEqual(events.map((e) => JSON.parse(e)), [reply]);
	});

	for (const [path, body] of [
		["/v1/chat/completions", chat("x", streamed)],
		[SSE, userSays("x")]]) {
		it(`${path.replace(/\?.*/, "")}: comments meanwhile, errors ` +
		   "before them keep their status", async () => {
			const steps = new Steps();

			fake.script("*", {hold: () => steps.gate(1)});
			const events = await open1(path, body);
			await events.comment();
			await events.comment();
			steps.allow(1);
			assert.ok((await events.rest()).length > 0);

			fake.script("*", {error: "invalid_argument"});
			const r = await ask(all.stack.url + path, {
				headers: bearer(), body});
			assert.equal(r.status, 400, r.text);
		});
	}

	it("an error after a comment is an event", async () => {
		const steps = new Steps();

		fake.script("*", {hold: () => steps.gate(1),
				  error: "invalid_argument"});
		const events = await open1("/v1/chat/completions",
					   chat("x", streamed));
		await events.comment();
		steps.allow(1);
		assert.ok(JSON.parse((await events.rest())[0]).error);
	});

	it("several answers are as many calls", async () => {
		const events = await (await open1("/v1/chat/completions",
			chat("x", {...streamed, n: 2}))).rest();
		const of = new Set(events.filter((e) => e !== "[DONE]")
			.flatMap((e) => JSON.parse(e).choices)
			.map((c) => c.index));

		assert.deepEqual([...of].sort(), [0, 1]);
		assert.equal(fake.requests.length, 2);
	});

	it("may be for some models only", async () => {
		await (await open1("/v1/chat/completions", chat("x", streamed),
				   listed)).rest();
		assert.equal(sent(), `${NATIVE}:generateContent`);
		await (await open1("/v1/chat/completions",
			{...chat("x", streamed), model: OTHER}, listed)).rest();
		assert.match(sent(), /:streamGenerateContent$/);
	});
});
