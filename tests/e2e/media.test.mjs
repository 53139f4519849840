/* media.test.mjs: images and files that a chat names by URL */
import assert from "node:assert/strict";
import {execFile} from "node:child_process";
import {once} from "node:events";
import http from "node:http";
import https from "node:https";
import path from "node:path";
import {after, afterEach, before, beforeEach, describe, it} from "node:test";
import {promisify} from "node:util";

import OpenAI from "openai";

import {ask, bearer, chat, MODEL, REPO, startFake, startStack, stream, TOKEN}
	from "./harness.mjs";

const FETCH_MAX = 4096;
const PNG = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlE" +
	"QVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
const GIF = Buffer.from("R0lGODlhAQABAAAAACwAAAAAAQABAAA=", "base64");
const WAV = Buffer.from("RIFF$\0\0\0WAVEfmt ");
const PDF = Buffer.from("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "latin1");

/* A PNG that is told from others by its last byte. */
const png = (i) => Buffer.concat([PNG, Buffer.from([i])]);

/* --- the web -------------------------------------------------------------- */

/* By path: [status, headers, body], or what does it all by itself. */
const PAGES = {
	"/a.png": () => [200, {"content-type": "image/png"}, PNG],
	"/a.gif": () => [200, {"content-type": "image/gif"}, GIF],
	"/gif-as-png": () => [200, {"content-type": "image/png"}, GIF],
	"/a.svg": () => [200, {"content-type": "image/svg+xml"}, "<svg/>"],
	"/page": () => [200, {"content-type": "text/html; charset=utf-8"},
			"<html><body>Please log in</body></html>"],
	"/png-as-page": () => [200, {"content-type": "text/html"}, PNG],
	"/octets": () => [200, {"content-type": "application/octet-stream"},
			  PNG],
	"/no-type": () => [200, {}, PNG],
	"/notes.csv": () => [200, {"content-type": "application/octet-stream"},
			     "a,b\n1,2\n"],
	"/a.wav": () => [200, {"content-type": "audio/x-wav"}, WAV],
	"/a.mp4": () => [200, {"content-type": "video/mp4"}, "film"],
	"/a.pdf": () => [200, {"content-type": "application/pdf"}, PDF],
	"/empty": () => [200, {"content-type": "image/png"}, ""],
	"/largest": () => [200, {"content-type": "image/png"},
			   Buffer.concat([PNG], FETCH_MAX)],
	"/too-large": () => [200, {"content-type": "image/png"},
			     Buffer.concat([PNG], FETCH_MAX + 1)],
	"/gone": () => [410, {}, "secret words of an inner server"],
	"/hop": () => [302, {location: "/a.png", "set-cookie": "a=b"}, ""],
	"/loop": () => [302, {location: "/loop"}, ""],
	"/to-file": () => [302, {location: "file:///etc/passwd"}, ""],
	"/silence": () => null,
	"/endless": (req, res) => {
		res.writeHead(200, {"content-type": "image/png"});
		const more = () => {
			while (res.write(Buffer.alloc(1024)))
				;
		};
		res.on("drain", more);
		more();
	},
};

/* A server of files that notes what it was asked. */
async function startWeb(create)
{
	const asked = [];
	const server = create((req, res) => {
		asked.push(req);
		const numbered = /^\/(\d+)\.png$/.exec(req.url);
		const page = numbered ?
			() => [200, {"content-type": "image/png"},
			       png(Number(numbered[1]))] :
			PAGES[req.url.replace(/[?].*/, "")];
		const reply = page ? page(req, res) : [404, {}, "no"];
		if (reply) {
			res.writeHead(reply[0], reply[1]);
			res.end(reply[2]);
		}
	});

	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return {asked, port: server.address().port, close: () => {
		server.closeAllConnections();
		server.close();
	}};
}

/* --- the stacks ----------------------------------------------------------- */

let fake, web, secure, stack, closed, handing;

const image = (url) => ({type: "image_url", image_url: {url}});
const at = (path) => `http://127.0.0.1:${web.port}${path}`;
const post = (to, content, more = {}) => ask(`${to.url}/v1/chat/completions`, {
	headers: bearer(),
	body: {...chat("", more), messages: [{role: "user", content}]},
});
const sentParts = (i = 0) =>
	JSON.parse(fake.requests[i].body).contents[0].parts;

/* That "content" is refused, for the field and with these words, and that
 * nobody was asked because of it. */
async function refused(to, content, param, words)
{
	const r = await post(to, content);

	assert.equal(r.status, 400, r.text);
	assert.equal(r.json.error.type, "invalid_request_error");
	assert.equal(r.json.error.param, param);
	assert.match(r.json.error.message, words);
	assert.ok(r.json.error.message.startsWith(`${param}: `));
	assert.equal(fake.requests.length, 0);
}
const FIRST = "messages[0].content[0].image_url.url";

before(async () => {
	fake = await startFake();
	web = await startWeb((f) => http.createServer(f));
	secure = await startWeb((f) => https.createServer(fake.pem, f));
	PAGES["/downgrade"] = () => [301, {location: at("/a.png")}, ""];
	PAGES["/upgrade"] = () => [301, {
		location: `https://localhost:${secure.port}/a.png`}, ""];
	const start = (settings) => startStack(fake, {settings: {
		ca_file: fake.ca, fetch_max: FETCH_MAX, fetch_timeout: 1,
		...settings}});
	stack = await start({fetch_private: true, fetch_timeout: 30,
			     exit_check_interval: 0,
			     proxies: ["http://127.0.0.1:1", "direct"]});
	closed = await start({});
	handing = await start({fetch_private: true, fetch_urls: false});
});
beforeEach(() => {
	fake.reset();
	web.asked.length = secure.asked.length = 0;
});
afterEach(() => Promise.all([stack, closed, handing].map((s) => s.check())));
after(async () => {
	for (const s of [stack, closed, handing])
		await s?.stop();
	web?.close();
	secure?.close();
	await fake?.close();
});

describe("files by URL", () => {
	it("arrive inlined, with the official client", async () => {
		const client = new OpenAI({apiKey: TOKEN, maxRetries: 0,
					   baseURL: `${stack.url}/v1`});
		const r = await client.chat.completions.create({
			model: MODEL,
			messages: [{role: "user", content: [
				{type: "text", text: "What is it?"},
				image(at("/a.png")),
			]}],
		});

		assert.equal(r.choices[0].finish_reason, "stop");
		assert.deepEqual(sentParts(), [
			{text: "What is it?"},
			{inlineData: {mimeType: "image/png",
				      data: PNG.toString("base64")}},
		]);
		assert.equal(web.asked.length, 1);
	});

	it("arrive for streams, too", async () => {
		const events = await stream(
			`${stack.url}/v1/chat/completions`, {
				headers: bearer(),
				body: {...chat("", {stream: true}), messages: [
					{role: "user",
					 content: [image(at("/a.png"))]}]},
			});

		assert.equal((await events.rest()).at(-1), "[DONE]");
		assert.equal(sentParts()[0].inlineData.data,
			     PNG.toString("base64"));
	});

	it("of every kind, by whatever part names them", async () => {
		const r = await post(stack, [
			{type: "video_url", video_url: {url: at("/a.mp4")}},
			{type: "audio_url", audio_url: {url: at("/a.wav")}},
			{type: "input_audio", input_audio: {
				data: at("/a.wav?again"), format: "wav"}},
			{type: "file", file: {file_url: at("/a.pdf")}},
			{type: "file", file: {file_data: at("/a.pdf?again"),
					      filename: "x.pdf"}},
		]);

		assert.equal(r.status, 200, r.text);
		assert.deepEqual(sentParts().map((p) => p.inlineData.mimeType),
				 ["video/mp4", "audio/wav", "audio/wav",
				  "application/pdf", "application/pdf"]);
		assert.equal(sentParts()[3].inlineData.data,
			     PDF.toString("base64"));
	});

	it("several in their order, and each only once", async () => {
		const order = [...Array(20).keys(), 3, 0, 19];
		const r = await post(stack, order.map((i) =>
			image(at(`/${i}.png`))));

		assert.equal(r.status, 200, r.text);
		assert.deepEqual(sentParts().map((p) => p.inlineData.data),
				 order.map((i) => png(i).toString("base64")));
		assert.equal(web.asked.length, 20);
	});

	it("not more than 64 of them", async () => {
		const urls = (n) => [...Array(n).keys()].map((i) =>
			image(at(`/${i}.png`)));
		const r = await post(stack, urls(64));

		assert.equal(r.status, 200, r.text);
		fake.reset();
		await refused(stack, urls(65),
			      "messages[0].content[64].image_url.url",
			      /at most 64/);
	});

	it("in what a tool answered", async () => {
		const r = await ask(`${stack.url}/v1/chat/completions`, {
			headers: bearer(),
			body: {...chat(""), messages: [
				{role: "user", content: "Draw"},
				{role: "assistant", tool_calls: [
					{id: "c1", type: "function", function: {
						name: "draw",
						arguments: "{}"}}]},
				{role: "tool", tool_call_id: "c1", content: [
					{type: "text", text: "done"},
					image(at("/a.png"))]},
			], tools: [{type: "function",
				    function: {name: "draw"}}]},
		});

		assert.equal(r.status, 200, r.text);
		assert.match(fake.requests[0].body,
			     new RegExp(PNG.toString("base64").slice(0, 40)));
		assert.doesNotMatch(fake.requests[0].body, /127\.0\.0\.1/);
	});

	it("whose server is wrong about the type", async () => {
		const r = await post(stack, ["/png-as-page", "/octets",
			"/no-type"].map((p) => image(at(p))).concat(
			{type: "file", file: {file_url: at("/notes.csv")}}));

		assert.equal(r.status, 200, r.text);
		assert.deepEqual(sentParts().map((p) => p.inlineData.mimeType),
				 ["image/png", "image/png", "image/png",
				  "text/csv"]);
	});

	it("by redirect and over TLS", async () => {
		const r = await post(stack, [
			image(at("/hop")), image(at("/upgrade")),
			image(`https://localhost:${secure.port}/downgrade`),
		]);

		assert.equal(r.status, 200, r.text);
		assert.deepEqual(sentParts().map((p) => p.inlineData.mimeType),
				 ["image/png", "image/png", "image/png"]);
		assert.equal(secure.asked.length, 2);
	});

	it("as large as is allowed", async () => {
		const r = await post(stack, [image(at("/largest"))]);

		assert.equal(r.status, 200, r.text);
		assert.equal(sentParts()[0].inlineData.data.length,
			     Math.ceil(FETCH_MAX / 3) * 4);
	});

	it("are asked for with nothing of ours", async () => {
		await post(stack, [image(at("/hop"))]);

		assert.equal(web.asked.length, 2);
		for (const {headers} of web.asked)
			assert.deepEqual(Object.keys(headers).sort(),
				["accept", "connection", "host", "user-agent"]
				.filter((h) => h in headers));
	});
});

describe("files by URL that cannot be had", () => {
	for (const [what, path, words] of [
		["gif", "/a.gif", /Gemini does not read image\/gif/],
		["gif, called png", "/gif-as-png", /not read image\/gif/],
		["svg", "/a.svg", /not read image\/svg\+xml/],
		["a page", "/page", /not read text\/html/],
		["nothing", "/empty", /is empty/],
		["not found", "/nowhere", /status 404/],
		["gone", "/gone", /status 410$/],
		["too large", "/too-large", /larger than 4096 bytes/],
		["endless", "/endless", /larger than 4096 bytes/],
		["a loop", "/loop", /redirected too often/],
		["a redirect to a file", "/to-file", /could not be fetched/],
	])
		it(`${what} is refused`, () =>
			refused(stack, [image(at(path))], FIRST, words));

	it("names the field of the one that failed", () =>
		refused(stack, [image(at("/a.png")), {type: "file", file: {
			file_url: at("/nowhere")}}],
			"messages[0].content[1].file.file_url", /404/));

	it("a silent server is not waited for", () =>
		refused(handing, [image(at("/silence"))], FIRST,
			/within 1 s/));

	it("nobody listens, no such name, a user name", async () => {
		await refused(stack, [image("http://127.0.0.1:1/a.png")],
			      FIRST, /could not be fetched/);
		await refused(stack, [image("http://nowhere.invalid/a.png")],
			      FIRST, /could not be fetched/);
		await refused(stack, [image(`http://a:b@127.0.0.1:${web.port}/`)],
			      FIRST, /without a user name/);
		assert.equal(web.asked.length, 0);
	});

	it("a certificate of another name", async () => {
		await refused(stack, [image(
			`https://a.localhost:${secure.port}/a.png`)],
			FIRST, /could not be fetched/);
		assert.equal(secure.asked.length, 0);
	});

	it("a client that hangs up is not fetched for", async () => {
		const nginx = await startStack(fake, {
			server: "nginx", settings: {fetch_private: true}});

		try {
			const req = http.request(
				`${nginx.url}/v1/chat/completions`,
				{method: "POST", headers: bearer()});
			const body = chat("");
			body.messages[0].content = [image(at("/silence"))];
			req.on("error", () => {});
			req.end(JSON.stringify(body));
			await nginx.until(() => web.asked.length === 1);
			const closed = once(web.asked[0].socket, "close");
			req.destroy();
			await closed;
			const [row] = await nginx.journal(1);
			assert.equal(row.status, 499);
			assert.equal(row.attempts, 0);
			assert.equal(fake.requests.length, 0);
			await nginx.check();
		} finally {
			await nginx.stop();
		}
	});

	it("costs no key anything", async () => {
		await refused(stack, [image(at("/gone"))], FIRST, /410/);
		const [row] = (await stack.journal(1, "status = 400"))
			.slice(-1);

		assert.equal(row.attempts, 0);
		assert.equal(row.key_id, 0);
	});
});

describe("addresses that are not public", () => {
	for (const host of ["127.0.0.1", "localhost", "127.1", "2130706433",
			    "0x7f000001", "0177.0.0.1", "0", "[::1]",
			    "[::ffff:127.0.0.1]", "[::]"])
		it(`${host} is not asked`, async () => {
			await refused(closed,
				[image(`http://${host}:${web.port}/a.png`)],
				FIRST, /does not lead to a public address$/);
			assert.equal(web.asked.length, 0);
		});

	it("private networks and metadata are not asked", async () => {
		for (const host of ["10.0.0.1", "192.168.1.1", "172.16.0.1",
				    "169.254.169.254", "100.100.100.200",
				    "[fd00:ec2::254]", "[fe80::1]"])
			await refused(closed, [image(`http://${host}/`)],
				      FIRST, /public address/);
	});

	it("a connection that upstream has is no way around", async () => {
		const url = new URL(fake.url);

		assert.equal((await post(closed, "hello")).status, 200);
		fake.reset();
		await refused(closed, [image(`${url.origin}/v1beta/models`)],
			      FIRST, /public address/);
	});
});

/*
 * All that we can listen on is private.  So that a public address leads to us,
 * these run in a network namespace, where the system lets us make one.
 */
const PUBLIC = "198.20.0.1";
const OWN_NETWORK = ["-rn", "sh", "-c", "ip link set lo up && " +
		     `ip address add ${PUBLIC}/32 dev lo && exec "$@"`, "sh"];
const inOwnNetwork = (...args) => promisify(execFile)("unshare",
	[...OWN_NETWORK, ...args], {env: {...process.env, PUBLIC}});
const noNetwork = await inOwnNetwork("true").then(() => false,
	() => "no network namespaces here");

describe("addresses that are public", {skip: noNetwork}, () => {
	it("are asked, and what they redirect to inside is not", async () => {
		const {stdout} = await inOwnNetwork(process.execPath,
			path.join(REPO, "tests/e2e/media_public.mjs"));

		assert.match(stdout, /all is well/);
	});
});

describe("URLs that Google fetches", () => {
	it("go to it as they are, with a type", async () => {
		const r = await post(handing, [
			image("https://example.com/a.webp?x=1"),
			image("https://example.com/photo"),
			{type: "file", file: {
				file_url: "https://example.com/a.pdf"}},
		]);

		assert.equal(r.status, 200, r.text);
		assert.deepEqual(sentParts(), [
			{fileData: {mimeType: "image/webp",
				    fileUri: "https://example.com/a.webp?x=1"}},
			{fileData: {mimeType: "image/jpeg",
				    fileUri: "https://example.com/photo"}},
			{fileData: {mimeType: "application/pdf",
				    fileUri: "https://example.com/a.pdf"}},
		]);
	});

	it("do not when Gemini would not read them", () =>
		refused(handing, [image("https://example.com/a.gif")], FIRST,
			/not read image\/gif/));

	it("are fetched for models that cannot, and over http", async () => {
		for (const model of ["gemini-2.0-flash", "gemma-3-27b-it"]) {
			fake.reset();
			fake.script("*", {lax: true});
			await post(handing, [image(
				`https://localhost:${secure.port}/a.png`)],
				   {model});
			assert.equal(sentParts()[0].inlineData?.mimeType,
				     "image/png", model);
		}
		fake.reset();
		await post(handing, [image(at("/a.png"))]);
		assert.equal(sentParts()[0].inlineData?.mimeType, "image/png");
	});
});
