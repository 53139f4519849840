/*
 * doctor.test.mjs: "gbalance doctor URL" behind well and wrongly configured
 * web servers.
 */
import assert from "node:assert/strict";
import {createHash} from "node:crypto";
import {once} from "node:events";
import fs from "node:fs";
import http from "node:http";
import {after, before, describe, it} from "node:test";

import {ask, bearer, freePort, Stack, startFake, startStack} from "./harness.mjs";

const ADMIN = "gb-admin-token-for-the-tests";

let fake;
before(async () => {
	fake = await startFake();
});
after(() => fake?.close());

/* A stack whose web server's configuration is edited before it starts. */
class Edited extends Stack {
	startServer()
	{
		const write = fs.writeFileSync;

		fs.writeFileSync = (file, text, ...more) => write(file,
			/(lighttpd|apache|nginx)\.conf$/.test(file) ?
			this.edit(text) : text, ...more);
		try {
			return super.startServer();
		} finally {
			fs.writeFileSync = write;
		}
	}
}

const replace = (from, to) => (text) => {
	const edited = text.replace(from, to);

	assert.notEqual(edited, text, `${from} is in it`);
	return edited;
};

/* Of a row: what the web server is, how it is spoiled, and the findings that
 * are not good, with a word of what to change. */
const STACKS = [
	{name: "lighttpd", server: "lighttpd", way: "daemon", mount: "",
	 bad: {}},
	{name: "lighttpd that buffers", server: "lighttpd", way: "daemon",
	 edit: replace(/^server.stream-response-body = 2/m,
		       "server.stream-response-body = 0"),
	 bad: {stream: /server\.stream-response-body = 2/,
	       hangup: undefined}},
	{name: "lighttpd with small bodies", server: "lighttpd",
	 way: "managed",
	 edit: replace(/^server.max-request-size = \d+/m,
		       "server.max-request-size = 2048"),
	 bad: {body: /server\.max-request-size/}},
	{name: "Apache's mod_proxy_fcgi", server: "apache", way: "proxy",
	 mount: "/gbalance", bad: {}},
	{name: "mod_proxy_fcgi that buffers", server: "apache", way: "proxy",
	 mount: "/gbalance",
	 edit: replace("flushpackets=on ", ""),
	 bad: {stream: /flushpackets=on/, hangup: undefined}},
	{name: "Apache that keeps the token", server: "apache", way: "proxy",
	 mount: "/gbalance",
	 edit: replace("CGIPassAuth On", "CGIPassAuth Off"),
	 bad: {authorization: /CGIPassAuth On/}},
	{name: "Apache with small bodies", server: "apache", way: "cgi",
	 mount: "/gbalance",
	 edit: replace("CGIPassAuth On",
		       "CGIPassAuth On\n\tLimitRequestBody 2000000"),
	 bad: {body: /LimitRequestBody/}},
	{name: "mod_fcgid with its defaults", server: "apache", way: "fcgid",
	 mount: "/gbalance",
	 edit: (text) => replace("FcgidMaxRequestLen 134217728", "")(
		replace("FcgidOutputBufferSize 0", "")(text)),
	 bad: {stream: /FcgidOutputBufferSize 0/, body: /FcgidMaxRequestLen/,
	       hangup: undefined}},
	{name: "Apache's CGI", server: "apache", way: "cgi",
	 mount: "/gbalance", bad: {}},
	{name: "mod_fcgid by .htaccess", server: "htaccess", way: "fcgid",
	 mount: "/~me/gb", bad: {}},
	{name: "CGI by .htaccess", server: "htaccess", way: "cgi",
	 mount: "/~me/gb", bad: {}},
	{name: "nginx", server: "nginx", way: "daemon", mount: "/gbalance",
	 bad: {}},
	{name: "nginx that compresses", server: "nginx", way: "daemon",
	 mount: "/gbalance",
	 edit: replace("client_max_body_size 128m;", "client_max_body_size " +
		"1m; gzip on; gzip_min_length 1; gzip_types text/event-stream;"),
	 bad: {stream: /gzip_types/, body: /client_max_body_size/}},
];

async function doctor(stack, url = stack.url)
{
	const {code, stdout, stderr} = await stack.tool("doctor", url, "--json");

	assert.equal(stderr, "");
	return {code, of: Object.fromEntries(JSON.parse(stdout).map(
		(f) => [f.check, f]))};
}

for (const {name, bad, edit = (text) => text, ...options} of STACKS)
describe(name, () => {
	let stack;

	before(async () => {
		stack = new Edited(fake, options);
		stack.edit = edit;
		await stack.start();
	});
	after(() => stack?.stop());

	it("is told from the others", async () => {
		const {code, of} = await doctor(stack);
		const wrong = Object.values(of).filter(
			(f) => !["good", "unknown"].includes(f.grade));

		for (const f of wrong)
			assert.ok(f.check in bad, JSON.stringify(f));
		for (const [check, words] of Object.entries(bad)) {
			if (!words)
				continue;	/* it may be */
			assert.equal(of[check].grade, "bad",
				     JSON.stringify(of));
			assert.match(of[check].fix, words);
		}
		assert.equal(code, wrong.some((f) => f.grade === "bad") ? 1 : 0);
		assert.equal(Object.keys(of).length, 10);
		assert.deepEqual(await stack.sql("SELECT * FROM jobs WHERE " +
			"name LIKE 'doctor%'"), [], "nothing is left");
	});
});

describe("doctor", () => {
	let stack, other;

	before(async () => {
		stack = await startStack(fake, {settings: {auth_token: ADMIN}});
		other = await startStack(fake, {settings: {auth_token: ADMIN}});
	});
	after(async () => {
		await stack?.stop();
		await other?.stop();
	});

	it("tells what is at the URL, if it is not this one", async () => {
		const closed = `http://127.0.0.1:${await freePort()}`;
		const rows = [[closed, /no answer/],
			      [other.url, /another database/],
			      [`${stack.url}/v1`, /Something else.*40\d/],
			      [fake.url, /Something else/]];

		for (const [url, words] of rows) {
			const {code, of} = await doctor(stack, url);
			assert.equal(code, 1, url);
			assert.match(of.reach.found, words);
			assert.equal(of.reach.grade, "bad");
			assert.equal(of.stream, undefined);
			assert.equal(of.database.grade, "good");
		}
	});

	it("takes a URL with slashes at its end, and no URL", async () => {
		assert.equal((await doctor(stack, `${stack.url}//`)).of.reach
			.grade, "good");
		const {stdout} = await stack.tool("doctor");
		assert.match(stdout, /^good +clock +It differs/m);
		assert.doesNotMatch(stdout, /^\w+ +reach/m);
	});

	it("refuses what is no URL", async () => {
		for (const url of ["", "x", "ftp://a/", "http://", "http:///a",
				   "http://a/?b", "http://u:p@a/", "http://a b",
				   `http://${"a".repeat(1100)}`]) {
			const {code, stderr} = await stack.tool("doctor", url);
			assert.equal(code, 2, url);
			assert.match(stderr, /no URL of http/);
		}
	});

	it("the probes answer nobody else", async () => {
		for (const [method, path] of [["POST", "echo"],
					      ["GET", "stream"],
					      ["GET", "hangup"]])
			for (const headers of [{}, bearer(ADMIN),
				{"x-gbalance-probe": ""},
				{"x-gbalance-probe": "0".repeat(32)}]) {
				const r = await ask(`${stack.url}/admin/doctor/${
					path}`, {method, headers});
				assert.equal(r.status, 403);
				assert.match(r.json.detail, /Only a check/);
			}
	});

	it("an id ends with its check, or after two minutes", async () => {
		const id = "0123456789abcdef".repeat(2);
		const digest = createHash("sha256").update(id).digest("hex");
		const echo = async () => (await ask(
			`${stack.url}/admin/doctor/echo`, {
				body: "12345",
				headers: {"x-gbalance-probe": id}}));
		const row = (until) => stack.sql("REPLACE INTO jobs VALUES (" +
			`'doctor ${digest}', 0, ${until})`);

		await row(Date.now() + 60000);
		assert.deepEqual((await echo()).json.bytes, 5);
		await row(Date.now() - 1);
		assert.equal((await echo()).status, 403);
		await doctor(stack, fake.url);
		assert.deepEqual(await stack.sql("SELECT * FROM jobs WHERE " +
			"name LIKE 'doctor%'"), [], "it is swept up");
	});

	it("says how the clock differs", async () => {
		for (const [offset, grade] of [[65, "warning"], [905, "bad"]]) {
			const date = new Date(Date.now() - offset * 1000);
			const server = http.createServer((rq, res) => {
				res.setHeader("date", date.toUTCString());
				res.end();
			}).listen(0, "127.0.0.1");
			await once(server, "listening");
			stack.writeConfig({auth_token: ADMIN,
				base_url: `http://127.0.0.1:${
					server.address().port}`});
			const {of} = await doctor(stack);
			server.close();
			assert.equal(of.clock.grade, grade);
			assert.match(of.clock.found, new RegExp(
				`\\+${String(offset).slice(0, -1)}\\d s`));
		}
		stack.writeConfig({auth_token: ADMIN,
				   base_url: "http://127.0.0.1:1"});
		const {code, of} = await doctor(stack);
		assert.equal(of.outbound.grade, "bad");
		assert.equal(of.clock.grade, "unknown");
		assert.equal(code, 1);
	});
});
