/* native.test.mjs: Google's own dialect passes through as it is */
import assert from "node:assert/strict";
import {describe, it} from "node:test";

import {ask, bearer, KEYS, MODEL, open, startStack, TOKEN, userSays,
	withFakeAndStack} from "./harness.mjs";

const PREFIXES = ["/v1beta", "/gemini/v1beta", "/v1", "/v1alpha"];
const UPSTREAM = {"/gemini/v1beta": "/v1beta"};

/* JSON that a parser and printer would change: spaces, order, escapes, numbers
 * and fields that nobody knows. */
const ODD = '{ "contents" : [ {"parts":[{"text":"\\u017elu\\u0165 \\/ 🐎"}],' +
	'"role":"user"} ],\n\t"zzz": 1.0e+2, "aaa":[null, 12345678901234567890],' +
	'"labels" : {"a":{}} }';
const ODD_REPLY = '{ "zzz" : 1.50, "candidates":[{"content":{"parts":[{"text":' +
	'"\\u00e9\\/"}]}, "finishReason":"STOP"}],\r\n  "unknown":null}\n\n';

let fake, stack;

withFakeAndStack((...both) => [fake, stack] = both);

const post = (path, body, more = {}) =>
	ask(stack.url + path, {headers: bearer(), body, ...more});

describe("bytes", () => {
	it("of a request stay as they are", async () => {
		fake.script("*", {lax: true});
		const r = await post(`/v1beta/models/${MODEL}:generateContent`,
				     ODD);

		assert.equal(r.status, 200, r.text);
		assert.equal(fake.requests[0].body, ODD);
	});

	it("of an answer stay as they are", async () => {
		fake.script("*", {respond: {status: 200, body: ODD_REPLY}});
		const r = await post(`/v1beta/models/${MODEL}:generateContent`,
				     userSays("x"));

		assert.equal(r.status, 200);
		assert.equal(r.text, ODD_REPLY);
		assert.match(r.headers["content-type"], /^application\/json/);
	});

	for (const query of ["?alt=sse", ""])
		it(`of a stream stay as they are ("${query}")`, async () => {
			const url = `/v1beta/models/${MODEL}:streamGenerate` +
				    `Content${query}`;
			const events = ["a ", "b ", "c"].map((text, i) => ({
				candidates: [{index: 0, content: {parts: [{
					text}]}, ...(i === 2 ?
					{finishReason: "STOP"} : {})}],
				unknown: {i},
			}));
			const want = query ?
				events.map((e) => "data: " +
					   `${JSON.stringify(e)}\r\n\r\n`)
					.join("") :
				`[${events.map((e) =>
					`${JSON.stringify(e)}\n`)
					.join(",\r\n")}]`;

			for (const splitEvery of [undefined, 1, 5]) {
				fake.script("*", {events, splitEvery});
				const r = await post(url, userSays("x"));
				assert.equal(r.status, 200);
				assert.equal(r.text, want);
				assert.match(r.headers["content-type"], query ?
					/^text\/event-stream/ :
					/^application\/json/);
			}
		});

	it("of Google's own 400 reach the client", async () => {
		fake.setDefault("*", {error: "invalid_argument"});
		const r = await post(`/v1beta/models/${MODEL}:generateContent`,
				     userSays("x"));

		assert.equal(r.status, 400);
		assert.equal(r.json.error.status, "INVALID_ARGUMENT");
		assert.equal(r.json.error.message,
			     "Request contains an invalid argument.");
		assert.equal(fake.requests.length, 1);
	});
});

describe("routes", () => {
	for (const prefix of PREFIXES) {
		const at = UPSTREAM[prefix] ?? prefix;

		for (const [verb, body, pattern] of [
			["generateContent", userSays("hi"), /You said: hi/],
			["streamGenerateContent", userSays("hi"), /"hi"/],
			["countTokens", userSays("hi"), /"totalTokens"/],
		])
			it(`${prefix} :${verb}`, async () => {
				const r = await post(`${prefix}/models/${
					MODEL}:${verb}`, body);

				assert.equal(r.status, 200, r.text);
				assert.match(r.text, pattern);
				assert.equal(fake.requests[0].pathname,
					     `${at}/models/${MODEL}:${verb}`);
			});

		it(`${prefix} :embedContent, :batchEmbedContents`, async () => {
			const m = "gemini-embedding-001";
			const one = {model: `models/${m}`,
				     content: {parts: [{text: "x"}]},
				     outputDimensionality: 8};
			const r = await post(`${prefix}/models/${m}:embed` +
					     "Content", one);
			const s = await post(`${prefix}/models/${m}:batch` +
				"EmbedContents", {requests: [one, one]});

			assert.equal(r.json.embedding.values.length, 8);
			assert.equal(s.json.embeddings.length, 2);
		});
	}

	for (const prefix of ["/v1beta", "/gemini/v1beta"])
		it(`${prefix}/models`, async () => {
			const all = await ask(`${stack.url}${prefix}/models`,
					      {headers: bearer()});
			const one = await ask(`${stack.url}${prefix}/models/` +
					      MODEL, {headers: bearer()});

			assert.ok(all.json.models.some((m) =>
				m.name === `models/${MODEL}`));
			assert.equal(one.json.name, `models/${MODEL}`);
			assert.ok(one.json.supportedGenerationMethods);
		});

	/* The official client asks there, and /v1 is OpenAI's as well. */
	it("/v1/models speaks the dialect of the credential", async () => {
		for (const [query, headers, form] of [
			["", bearer(), "object"],
			["", {"x-goog-api-key": TOKEN}, "models"],
			[`?key=${TOKEN}`, {}, "models"]]) {
			const r = await ask(`${stack.url}/v1/models${query}`,
					    {headers});
			assert.ok(form in r.json, r.text.slice(0, 200));
		}
		const one = await ask(`${stack.url}/v1/models/${MODEL}`, {
			headers: {"x-goog-api-key": TOKEN}});
		assert.equal(one.json.name, `models/${MODEL}`);
	});

	it("the query goes on, but for the credentials", async () => {
		await ask(`${stack.url}/v1beta/models/${MODEL}:stream` +
			  `GenerateContent?key=${TOKEN}&alt=sse&` +
			  "prettyPrint=false&access_token=x", {
			body: userSays("x")});

		assert.deepEqual([...fake.requests[0].query.keys()].sort(),
				 ["alt", "prettyPrint"]);
	});

	it("what is not there is Google's 404", async () => {
		for (const path of ["/v1beta/nothing", "/gemini/v1beta/x"]) {
			const r = await post(path, {});
			assert.equal(r.status, 404, path);
			assert.equal(r.json.error.code, 404);
			assert.equal(r.json.error.status, "NOT_FOUND");
		}
		assert.equal(fake.requests.length, 0);
	});

	it("a verb that is not known goes on to Google", async () => {
		const r = await post(`/v1beta/models/${MODEL}:flyAway?x=1`,
				     {a: 1});

		assert.equal(r.status, 404, r.text);
		assert.equal(r.json.error.status, "NOT_FOUND");
		assert.match(fake.requests[0].url,
			     new RegExp(`/v1beta/models/${MODEL}:flyAway.x=1`));
		assert.equal(fake.requests[0].body, '{"a":1}');
	});

	it("what is no JSON is Google's 400", async () => {
		const r = await post(`/v1beta/models/${MODEL}:generateContent`,
				     '{"contents": [}');

		assert.equal(r.status, 400);
		assert.equal(r.json.error.status, "INVALID_ARGUMENT");
	});
});

describe("headers", () => {
	it("of the client that are credentials stay here", async () => {
		const planted = {
			"authorization": `Bearer ${TOKEN}`,
			"x-goog-api-key": TOKEN, "x-api-key": "planted-1",
			"api-key": "planted-2",
			"openai-organization": "planted-3",
			"openai-project": "planted-4", "cookie": "planted=5",
			"x-goog-user-project": "planted-6",
			"proxy-authorization": "planted-7",
		};
		const r = await ask(`${stack.url}/v1beta/models/${MODEL}:` +
				    "generateContent?key=" + TOKEN, {
			headers: planted, body: userSays("x")});
		const [seen] = fake.requests;

		assert.equal(r.status, 200, r.text);
		assert.ok(KEYS.includes(seen.headers["x-goog-api-key"]));
		for (const name of Object.keys(planted))
			if (name !== "x-goog-api-key")
				assert.equal(seen.headers[name], undefined,
					     name);
		assert.ok(!seen.url.includes("key="));
		assert.ok(!JSON.stringify(seen.headers).includes("planted"));
		assert.ok(!JSON.stringify(seen.headers).includes(TOKEN));
	});

	it("of the answer say nothing of the key", async () => {
		fake.script("*", {headers: {"x-goog-secret": KEYS[0],
					    "set-cookie": "a=b"}});
		const r = await post(`/v1beta/models/${MODEL}:generateContent`,
				     userSays("x"));

		assert.ok(!JSON.stringify(r.headers).includes(KEYS[0]));
		assert.equal(r.headers["set-cookie"], undefined);
		assert.ok(r.headers["x-request-id"]);
	});
});

describe("TLS", () => {
	it("and HTTP/2, with a CA of its own", async () => {
		const tls = await startStack(fake, {settings: {
			base_url: fake.tlsUrl, ca_file: fake.ca}});

		try {
			const all = await Promise.all(
				Array.from({length: 20}, (_, i) =>
					ask(`${tls.url}/v1beta/models/${MODEL}` +
					    ":generateContent", {
						headers: bearer(),
						body: userSays(`n${i}`)})));
			all.forEach((r, i) =>
				assert.match(r.text, new RegExp(
					`You said: n${i}"`)));
			assert.ok(fake.requests.every((r) => r.http === "2.0"));
			await tls.check();
		} finally {
			await tls.stop();
		}
	});

	it("refuses a certificate that nobody vouches for", async () => {
		const tls = await startStack(fake, {settings: {
			base_url: fake.tlsUrl, max_retries: 1}});

		try {
			const r = await ask(`${tls.url}/v1beta/models/${MODEL}` +
					    ":generateContent", {
				headers: bearer(), body: userSays("x")});
			assert.equal(r.status, 502, r.text);
			assert.equal(fake.requests.length, 0);
		} finally {
			await tls.stop();
		}
	});
});

describe("a slow client gets all bytes of a large stream (promise 9)", () => {
	const size = 4 << 20;

	async function readSlowly(base)
	{
		fake.script("*", {words: Array.from({length: 16}, () =>
			"y".repeat(size / 16))});
		const res = await open(`${base}/v1beta/models/${MODEL}:` +
				       "streamGenerateContent?alt=sse", {
			headers: bearer(), body: userSays("x")});
		let count = 0;
		for await (const piece of res) {
			for (const byte of piece)
				count += byte === 0x79;
			await new Promise(setImmediate);
		}
		assert.ok(count >= size, `${count} of ${size}`);
	}

	it("over HTTP/1.1", () => readSlowly(stack.url));

	it("over HTTP/2, paused and resumed", async () => {
		const tls = await startStack(fake, {settings: {
			base_url: fake.tlsUrl, ca_file: fake.ca,
			stream_buffer: 65536}});

		try {
			await readSlowly(tls.url);
			assert.equal(fake.requests.at(-1).http, "2.0");
			await tls.check();
		} finally {
			await tls.stop();
		}
	});
});
