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

/* Web servers hand a query without "=" to a CGI as its arguments. */
async function takesNoQueryForOptions(stack)
{
	for (const query of ["--listen+127.0.0.1:1", "--version", "--help",
			     "-c+/etc/passwd", "keys+list", "check-config"]) {
		const r = await ask(`${stack.url}/v1/models?${query}`,
				    {headers: bearer()});

		assert.equal(r.status, 200, query + r.text);
		assert.equal(r.json.object, "list", query);
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
 * On a connection on which lighttpd has waited before: one whose next request
 * was always there already is not watched for its end.
 */
async function noticesHangUpInSilence(stack)
{
	for (const [path, body, hang] of [
		[STREAM, userSays("hello"), "reply"],
		[STREAM, userSays("hello"), 1],
		["/v1/chat/completions", chat("x", {stream: true}), "reply"],
		[GENERATE, userSays("hello"), "reply"],
		[GENERATE, userSays("hello"), "body"],
		["/v1/chat/completions", chat("x"), "reply"],
		["/v1/chat/completions", chat("x"), "body"]]) {
		const agent = new http.Agent({keepAlive: true, maxSockets: 1});

		fake.reset();
		fake.script("*", {hang});
		await ask(`${stack.url}/health`, {agent});
		await stack.serverSleeps();
		if (hang !== 1) {
			const req = http.request(stack.url + path, {
				method: "POST", agent, headers: bearer(),
			});
			req.on("error", () => {});
			req.end(JSON.stringify(body));
			await fake.waitFor((r) => r.body !== undefined);
			req.destroy();
		} else {
			const res = await open(stack.url + path, {
				agent, headers: bearer(), body,
			});
			res.setEncoding("utf8");
			const events = new Events(res);
			await events.next();
			events.hangUp();
		}
		const seen = await fake.waitFor((r) => r.done);
		assert.ok(seen.aborted, "the call to Google is cancelled");
		assert.equal(fake.requests.length, 1, "and not made again");
		agent.destroy();
	}
}

/* Written when the client hung up as well (promise 6). */
async function journalsHangUp(stack)
{
	const rows = await stack.journal(1, "hung_up = 1");

	assert.equal(rows[0].stream, 1);
	assert.equal(rows[0].status, 499);
	assert.equal(rows[0].error_class, "client_gone");
	assert.equal(rows[0].token, "config-1");
	assert.ok(rows[0].completion_tokens > 0, "what it had cost so far");
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
				    takesNoQueryForOptions,
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

/*
 * Apache tells of a hang-up only when something is written, and that is what
 * comments are for: here Google says nothing more, and still they show it.
 */
describe("comments show a hang-up in silence", () => {
	for (const options of STACKS.filter((s) => !s.silence && !s.mount))
		describe(nameOf(options), () => {
			let stack;

			before(async () => {
				stack = await startStack(fake, {...options,
					settings: {keepalive_interval: 1}});
			});
			after(() => stack?.stop());

			async function leaves(path, body, hang)
			{
				fake.reset();
				fake.script("*", {hang, words: [
					"these words ", "no client sees"]});
				const events = await stream(stack.url + path, {
					headers: bearer(), body});

				if (hang === 1)
					await events.next();
				else
					await events.comment();
				events.hangUp();
				const seen = await fake.waitFor((r) => r.done);
				assert.ok(seen.aborted, "it is cancelled");
				assert.equal(fake.requests.length, 1);
			}

			it("before the first event", () =>
				leaves("/v1/chat/completions",
				       chat("x", {stream: true}), "reply"));
			it("after an event", () =>
				leaves(STREAM, userSays("x"), 1));
			it("and the journal has it", async () => {
				const [first, second] = await stack.journal(2);

				for (const row of [first, second]) {
					assert.equal(row.status, 499);
					assert.equal(row.hung_up, 1);
					assert.equal(row.attempts, 1);
				}
				assert.equal(first.completion_tokens, 0);
				assert.ok(second.completion_tokens > 0);
				await stack.check();
			});
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
