/*
 * mounts.test.mjs: every web server, every way to run, every mount.
 *
 * Each stack is started from the example files and gets the same few checks:
 * names and credentials arrive, bodies arrive, a stream comes event by event,
 * and a client that hangs up stops the call to Google.
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import {after, before, describe, it} from "node:test";

import {ask, bearer, chat, Events, MODEL, open, startFake, startStack, Steps,
	stream, TOKEN, userSays} from "./harness.mjs";

const ME = "/~me/gbalance.fcgi";
const HOSTED = "/~me/gb";
const GENERATE = `/v1beta/models/${MODEL}:generateContent`;
const STREAM = `/v1beta/models/${MODEL}:streamGenerateContent?alt=sse`;

/* Larger than what mod_fcgid takes by itself (128 KiB), and than a pipe. */
const LARGE = 700000;

/*
 * "silence": the server tells of a hang-up while nothing is written.  Apache
 * never does, and no server does it to a CGI program; there, only a failed
 * write shows it.
 */
const STACKS = [
	{server: "lighttpd", way: "managed", mount: "", silence: true},
	{server: "lighttpd", way: "mounted", mount: "/gbalance",
	 silence: true},
	{server: "lighttpd", way: "daemon", mount: "", silence: true},
	{server: "lighttpd", way: "daemon", mount: ME, tcp: true,
	 silence: true},
	{server: "lighttpd", way: "cgi", mount: ""},
	{server: "lighttpd", way: "cgi", mount: "/gbalance"},
	{server: "lighttpd", way: "cgi", mount: ME},
	{server: "apache", way: "proxy", mount: ""},
	{server: "apache", way: "proxy", mount: "/gbalance"},
	{server: "apache", way: "proxy", mount: ME, tcp: true},
	{server: "apache", way: "fcgid", mount: ""},
	{server: "apache", way: "fcgid", mount: "/gbalance"},
	{server: "apache", way: "fcgid", mount: ME},
	{server: "apache", way: "cgi", mount: ""},
	{server: "apache", way: "cgi", mount: "/gbalance"},
	{server: "apache", way: "cgi", mount: ME},
	{server: "htaccess", way: "fcgid", mount: HOSTED},
	{server: "htaccess", way: "cgi", mount: HOSTED},
	{server: "nginx", way: "daemon", mount: "", silence: true},
	{server: "nginx", way: "daemon", mount: "/gbalance", tcp: true,
	 silence: true},
];

const nameOf = (s) => `${s.server} ${s.way}${s.tcp ? " over TCP" : ""} at ` +
		      `"${s.mount}/"`;

let fake;
before(async () => {
	fake = await startFake();
});
after(() => fake.close());

/* The paths that lead to one and the same place. */
function prefixes(stack)
{
	return stack.server === "htaccess" ?
		[stack.url, `${stack.url}/gbalance.fcgi`] : [stack.url];
}

async function answersEverywhere(stack)
{
	for (const url of prefixes(stack)) {
		for (const path of ["/v1/models", "/hf/v1/models",
				    "/openai/v1/models"]) {
			const r = await ask(url + path, {headers: bearer()});
			assert.equal(r.status, 200, path);
			assert.equal(r.json.object, "list", path);
		}
		const r = await ask(url + GENERATE, {
			headers: bearer(), body: userSays("hello"),
		});
		assert.equal(r.status, 200, r.text);
		assert.match(r.text, /You said: hello/);
	}
}

async function takesEveryCredential(stack)
{
	const url = `${stack.url}/v1beta/models`;
	const forms = [
		{headers: {Authorization: `Bearer ${TOKEN}`}},
		{headers: {authorization: `bearer ${TOKEN}`}},
		{headers: {"X-GOOG-API-KEY": TOKEN}},
		{headers: {"x-goog-api-key": TOKEN}},
		{query: `?key=${TOKEN}`},
	];

	for (const {headers, query = ""} of forms) {
		const r = await ask(url + query, {headers});
		assert.equal(r.status, 200,
			     JSON.stringify(headers ?? query) + r.text);
	}
	const none = await ask(url);
	assert.equal(none.status, 401);
	assert.equal(none.json.error.status, "UNAUTHENTICATED");
}

async function decodesPaths(stack)
{
	const native = await ask(`${stack.url}/v1beta/models/a%2Fb:nothing`,
				 {headers: bearer(), body: {}});
	const openai = await ask(`${stack.url}/v1/nothing%20here`,
				 {headers: bearer()});

	assert.equal(native.status, 404);
	assert.equal(native.json.error.status, "NOT_FOUND", native.text);
	assert.equal(openai.status, 404);
	assert.equal(openai.json.error.type, "invalid_request_error",
		     openai.text);
}

async function takesLargeBodies(stack)
{
	const text = "x".repeat(LARGE);
	const body = JSON.stringify(userSays(text));

	for (const headers of [
		{"content-length": Buffer.byteLength(body)},
		{"transfer-encoding": "chunked"},
	]) {
		fake.reset();
		const r = await ask(stack.url + GENERATE, {
			rawHeaders: {...bearer(), ...headers,
				     "content-type": "application/json"},
			body,
		});
		assert.equal(r.status, 200,
			     JSON.stringify(headers) + r.text.slice(0, 300));
		assert.equal(fake.requests[0].body, body, "all bytes arrive");
	}
}

/* The fake sends event i + 1 only after the client has read event i. */
async function streamsNative(stack)
{
	const steps = new Steps();
	const words = ["one ", "two ", "three ", "four"];

	fake.reset();
	fake.script("*", {words, gate: steps.gate});
	const events = await stream(stack.url + STREAM, {
		headers: bearer(), body: userSays("count"),
	});
	for (let i = 0; i < words.length; i++) {
		const data = JSON.parse(await events.next());
		assert.equal(data.candidates[0].content.parts[0].text,
			     words[i]);
		assert.equal(fake.requests[0].eventsSent, i + 1,
			     "no event is held back");
		steps.allow(i + 1);
	}
	steps.allow(Infinity);
	await events.rest();
}

async function streamsOpenai(stack)
{
	const steps = new Steps();
	const words = ["one ", "two ", "three"];
	let said = "", i = 0;

	fake.reset();
	fake.script("*", {words, gate: steps.gate});
	const events = await stream(`${stack.url}/v1/chat/completions`, {
		headers: bearer(), body: chat("count", {stream: true}),
	});
	for (let e = await events.next(); e !== "[DONE]";
	     e = await events.next()) {
		assert.ok(e, `an end without [DONE]: ${events.text}`);
		const word = JSON.parse(e).choices[0].delta.content;
		if (!word)
			continue;
		said += word;
		steps.allow(++i);
	}
	assert.equal(said, words.join(""));
}

/* Every server shows it by the next few writes at the latest. */
async function noticesHangUpWhileWriting(stack)
{
	fake.reset();
	fake.script("*", {
		words: Array.from({length: 400}, (_, i) => `word ${i} `),
		eventDelayMs: 50,
	});
	const events = await stream(stack.url + STREAM, {
		headers: bearer(), body: userSays("count"),
	});
	await events.next();
	events.hangUp();
	const seen = await fake.waitFor((r) => r.done);
	assert.ok(seen.aborted, "the call to Google is cancelled");
	assert.ok(seen.eventsSent < 400);
}

/*
 * On a connection that has carried a request before, because lighttpd does not
 * watch a fresh one whose first request was there when it was accepted.
 */
async function noticesHangUpInSilence(stack)
{
	for (const script of [{hang: "reply"}, {hang: 1}]) {
		const agent = new http.Agent({keepAlive: true, maxSockets: 1});

		fake.reset();
		fake.script("*", script);
		await ask(`${stack.url}/health`, {agent});
		if (script.hang === "reply") {
			const req = http.request(stack.url + STREAM, {
				method: "POST", agent, headers: bearer(),
			});
			req.on("error", () => {});
			req.end(JSON.stringify(userSays("hello")));
			await fake.waitFor((r) => r.body !== undefined);
			req.destroy();
		} else {
			const res = await open(stack.url + STREAM, {
				agent, headers: bearer(),
				body: userSays("hello"),
			});
			res.setEncoding("utf8");
			const events = new Events(res);
			await events.next();
			events.hangUp();
		}
		const seen = await fake.waitFor((r) => r.done);
		assert.ok(seen.aborted, "the call to Google is cancelled");
		agent.destroy();
	}
}

/* Written when the client hung up as well (promise 6). */
async function journalsHangUp(stack)
{
	const rows = await stack.journal(1, "hung_up = 1");

	assert.equal(rows[0].stream, 1);
	assert.equal(rows[0].token, "config-1");
}

for (const options of STACKS)
	describe(nameOf(options), () => {
		let stack;

		before(async () => {
			fake.reset();
			/* No comment may be what shows a hang-up. */
			stack = await startStack(fake, {
				...options,
				settings: {keepalive_interval: 60},
			});
		});
		after(() => stack?.stop());

		for (const test of [answersEverywhere, takesEveryCredential,
				    decodesPaths, takesLargeBodies,
				    streamsNative, streamsOpenai,
				    noticesHangUpWhileWriting,
				    ...(options.silence ?
				    [noticesHangUpInSilence] : []),
				    journalsHangUp])
			it(test.name, async () => {
				await test(stack);
				await stack.check();
			});
	});

/* What starts gbalance chooses the folder that it starts in. */
describe("a relative sqlite_database is beside gbalance.cfg", () => {
	for (const options of [{way: "managed"}, {way: "daemon"},
			       {server: "apache", way: "fcgid"},
			       {server: "apache", way: "cgi"}])
		it(`${options.server ?? "lighttpd"} ${options.way}`,
		   async () => {
			const stack = await startStack(fake, {
				...options, ready_ms: 5000,
				settings: {sqlite_database: "data/gbalance.db"},
			});

			try {
				assert.ok(fs.existsSync(stack.db));
			} finally {
				await stack.stop();
			}
		});
});
