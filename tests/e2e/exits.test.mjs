/*
 * exits.test.mjs: PROXIES by real proxies: which key leaves by which, what
 * happens when one fails and when it is back, and that nobody sees a password.
 */
import assert from "node:assert/strict";
import {execFile} from "node:child_process";
import {once} from "node:events";
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import {after, afterEach, before, beforeEach, describe, it} from "node:test";
import {promisify} from "node:util";

import {ask, bearer, chat, freePort, MODEL, startFake, startStack, Steps,
	stream, userSays} from "./harness.mjs";
import {Proxy} from "./proxies.mjs";

const run = promisify(execFile);
const KEYS = Array.from({length: 24}, (_, i) =>
	`AIzaSyFake-of-the-exits-${String(i).padStart(2, "0")}-00000000zzzz`);

/* Words that must be seen nowhere, of what a password may be made of. */
const WORDS = {anna: "hidden-anna-5521", berta: "hidden'berta\"%:5522",
	       carl: "hidden-carl-5523"};
const WRONG = "hidden-wrong-5524";
const HTTP = "127.0.0.2", SOCKS = "127.0.0.3", DIRECT = "127.0.0.1";

let fake, web, plain, socks, seen = "";

/* Everything that anybody could read. */
function note(...texts)
{
	for (const t of texts)
		seen += `\n${typeof t === "string" ? t : JSON.stringify(t)}`;
}

/* Tells who asks by which address it is. */
async function startMirror()
{
	const server = http.createServer((req, res) =>
		res.end(`${req.socket.remoteAddress}\n`));

	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return server;
}

before(async () => {
	fake = await startFake();
	web = await startMirror();
	plain = await new Proxy("http", HTTP, {anna: WORDS.anna}).start();
	socks = await new Proxy("socks", SOCKS, {carl: WORDS.carl}).start();
});
beforeEach(async () => {
	fake.reset();
	for (const p of [plain, socks])
		if (!p.child)
			await p.start();
});
after(async () => {
	await plain?.close();
	await socks?.close();
	web?.close();
	await fake?.close();
});

/* A stack that talks TLS with the fake by these proxies. */
async function startBy(proxies, settings = {}, env = {})
{
	return startStack(fake, {env, settings: {
		base_url: fake.tlsUrl, ca_file: fake.ca, api_keys: KEYS,
		log_level: "debug", exit_check_interval: 0, proxies,
		exit_address_url: `http://127.0.0.1:${web.address().port}`,
		...settings}});
}

const complete = async (stack, more = {}) => {
	const r = await ask(`${stack.url}/v1/chat/completions`, {
		headers: bearer(), body: chat("x", more)});

	note(r.headers, r.text);
	return r;
};

/* One request with each key, all of which must do: by which address each key
 * came. */
async function round(stack)
{
	const from = new Map();

	fake.requests.length = 0;
	for (let i = 0; i < KEYS.length; i++)
		assert.equal((await complete(stack)).status, 200);
	for (const r of fake.requests)
		from.set(r.key, r.from);
	assert.equal(from.size, KEYS.length, "each key once");
	return from;
}

const count = (from, address) =>
	[...from.values()].filter((a) => a === address).length;

/* That no key paid for what a proxy did. */
async function assertKeysWell(stack)
{
	assert.deepEqual(await stack.sql("SELECT id, reason FROM keys WHERE " +
		"disabled_by <> 0 OR ready_at > 0 OR failures > 0"), []);
	assert.deepEqual(await stack.sql("SELECT * FROM key_models WHERE " +
		"ready_at > 0"), []);
}

/* What the tools and files of a stack show. */
async function noteAll(stack)
{
	for (const args of [["check-config"], ["exits", "list"],
			    ["exits", "test"], ["exits", "test", "--json"],
			    ["exits", "test", "http://a:hidden-word@b:1"],
			    ["keys", "list"], ["--help"]]) {
		const r = await stack.tool(...args);
		note(r.stdout, r.stderr);
	}
	note(stack.logs());
	note((await run("sqlite3", [stack.db, ".dump"])).stdout);
	note((await run("ps", ["-eo", "args"])).stdout.split("\n")
		.filter((line) => line.includes(stack.program)).join("\n"));
}

describe("a key's exit", () => {
	let stack;

	before(async () => {
		stack = await startBy([plain.url("http"), socks.url("socks5h"),
				       "direct"]);
	});
	afterEach(() => stack.check());
	after(async () => {
		await noteAll(stack);
		await stack.stop();
	});

	it("is always the same, and each exit has some", async () => {
		const first = await round(stack);

		assert.deepEqual(await round(stack), first);
		for (const address of [HTTP, SOCKS, DIRECT])
			assert.ok(count(first, address) > 0, address);

		const list = JSON.parse((await stack.tool("exits", "list",
							  "--json")).stdout);
		const well = {rests_until: null, why: ""};
		assert.deepEqual(list, [
			{no: 1, exit: `http://127.0.0.1:${plain.port}`,
			 keys: count(first, HTTP), ...well},
			{no: 2, exit: `socks5h://127.0.0.1:${socks.port}`,
			 keys: count(first, SOCKS), ...well},
			{no: 3, exit: "direct", keys: count(first, DIRECT),
			 ...well},
		]);
	});

	it("is the same after a restart, and only keys of one that is gone " +
	   "move", async () => {
		const all = await round(stack);
		const other = await startBy([socks.url("socks5h"), "direct"]);
		const without = await round(other);

		for (const [key, address] of all)
			if (address !== HTTP)
				assert.equal(without.get(key), address, key);
		assert.equal(count(without, HTTP), 0);
		await other.stop();
	});

	it("is another one while it is out, which costs no key anything, and " +
	   "the same again afterwards", async () => {
		const usual = await round(stack);
		const lines = () => stack.logs().split("\n").filter((l) =>
			l.includes(`/127.0.0.1:${plain.port}: `));

		await plain.stop();
		const out = await round(stack);
		assert.equal(count(out, HTTP), 0);
		for (const [key, address] of usual)
			if (address !== HTTP)
				assert.equal(out.get(key), address);
		assert.ok(new Set([...usual].filter(([, a]) => a === HTTP)
			.map(([key]) => out.get(key))).size > 1, "both others");
		await assertKeysWell(stack);
		assert.match(lines().at(-1), /: rests for 10 s: /);

		/* The attempt that failed is told, the call is none. */
		const [row] = await stack.sql("SELECT * FROM attempts " +
			"WHERE error_class = 'exit'");
		assert.equal(row.status, 0);
		const [rests] = JSON.parse((await stack.tool("exits", "list",
			"--json")).stdout);
		assert.ok(rests.rests_until && rests.why);

		await plain.start();
		await stack.until(async () => count(await round(stack), HTTP) ===
			count(usual, HTTP));
		assert.deepEqual(await round(stack), usual);
		assert.match(lines().at(-1), /: works again$/);
	});

	it("does not change in the middle of a stream", async () => {
		const usual = await round(stack);
		const key = [...usual].find(([, a]) => a === HTTP)[0];
		const steps = new Steps();

		fake.reset();
		for (const k of KEYS)
			fake.setDefault(k, {words: ["one ", "two ", "three"],
					    ...(k === key ?
						{gate: steps.gate} : {})});
		steps.allow(1);
		for (;;) {
			const n = fake.requests.length;
			const events = await stream(
				`${stack.url}/v1/chat/completions`,
				{headers: bearer(),
				 body: chat("x", {stream: true})});
			if (fake.requests.at(-1).key !== key) {
				assert.match((await events.rest()).join(""),
					     /three/);
				continue;
			}
			await events.next();
			await plain.stop();
			const rest = (await events.rest()).join("\n");
			note(rest);
			assert.match(rest, /"error"/);
			assert.doesNotMatch(rest, /three/);
			assert.equal(fake.requests.length, n + 1);
			break;
		}
	});
});

describe("all exits out", () => {
	it("is a 503 in each dialect, and nothing goes past them", async () => {
		const dead = await freePort();
		const stack = await startBy([
			plain.url("http", "anna", WRONG),
			socks.url("socks5h", "carl", WRONG),
			`https://u:${WRONG}@127.0.0.1:${plain.port}`,
			`socks4://127.0.0.1:${dead}`], {connect_timeout: 1});

		for (const [path, body] of [
			["/v1/chat/completions", chat("x")],
			["/v1/chat/completions", chat("x", {stream: true})],
			["/v1/messages", chat("x", {max_tokens: 9})],
			[`/v1beta/models/${MODEL}:generateContent`,
			 userSays("x")]]) {
			const r = await ask(stack.url + path,
					    {headers: bearer(), body});
			note(r.headers, r.text);
			assert.equal(r.status, 503, r.text);
			assert.match(r.text, /None of the proxies .* works/);
			assert.ok(Number(r.headers["retry-after"]) >= 1);
		}
		assert.equal(fake.requests.length, 0);
		const rows = await stack.journal(4);
		assert.ok(rows.every((r) => r.error_class === "no_exit"));
		await assertKeysWell(stack);
		await noteAll(stack);
		await stack.stop();
	});

	it("is nothing to a client where \"direct\" is one", async () => {
		const stack = await startBy([
			plain.url("http", "anna", WRONG), "direct"]);
		const from = await round(stack);

		assert.equal(count(from, DIRECT), KEYS.length);
		await assertKeysWell(stack);
		await noteAll(stack);
		await stack.stop();
	});

	it("is a 407 of a proxy for plain http, too", async () => {
		const stack = await startBy([`http://127.0.0.1:${plain.port}`,
			socks.url("socks5")], {base_url: fake.url});

		assert.equal(count(await round(stack), SOCKS), KEYS.length);
		assert.match(stack.logs(), /wants other credentials \(407\)/);
		await stack.stop();
	});
});

/* A gate to the world that leaves by another address for each user, as those
 * for sale do; with "pem" one that is talked to over TLS. */
async function startGate(addresses, pem)
{
	const server = pem ? https.createServer(pem) :
		http.createServer();
	const sockets = new Set();

	server.on("connect", (req, socket) => {
		const [user] = Buffer.from(req.headers["proxy-authorization"]
			.slice("Basic ".length), "base64").toString().split(":");
		const [host, port] = req.url.split(":");
		const on = net.connect({host, port, family: 4,
					localAddress: addresses[user]}, () => {
			socket.write("HTTP/1.1 200 OK\r\n\r\n");
			on.pipe(socket);
			socket.pipe(on);
		});
		for (const s of [socket, on]) {
			sockets.add(s);
			s.on("error", () => {});
			s.on("close", () => {
				on.destroy();
				socket.destroy();
			});
		}
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return Object.assign(server, {end: () => {
		server.close();
		for (const s of sockets)
			s.destroy();
	}});
}

it("an https proxy is talked to over TLS, by who trusts it", async () => {
	const gate = await startGate({anna: "127.0.0.6"}, fake.pem);
	const by = `https://anna:${WORDS.anna}@localhost:${gate.address().port}`;
	const stack = await startBy([by], {exit_address_url: ""});

	assert.equal(count(await round(stack), "127.0.0.6"), KEYS.length);
	await assertKeysWell(stack);
	const tested = JSON.parse((await stack.tool("exits", "test",
						    "--json")).stdout);
	assert.deepEqual(tested.map((x) => x.works), ["yes"]);
	await noteAll(stack);
	await stack.stop();

	const stranger = await startBy([by], {ca_file: "",
					      base_url: fake.url});
	assert.equal((await complete(stranger)).status, 503);
	await noteAll(stranger);
	await stranger.stop();
	gate.end();
});

it("what one process finds out of an exit all know", async () => {
	const proxies = [plain.url("http"), socks.url("socks5h")];
	const one = await startBy(proxies);
	const other = await startBy(proxies, {sqlite_database: one.db});
	const failed = async () => (await one.sql("SELECT count(*) AS n FROM " +
		"attempts WHERE error_class = 'exit'"))[0].n;

	assert.ok(count(await round(other), HTTP) > 0);
	await plain.stop();
	fake.requests.length = 0;
	while (await failed() === 0)
		assert.equal((await complete(one)).status, 200);
	const before = await failed();
	assert.equal(count(await round(other), SOCKS), KEYS.length);
	assert.equal(await failed(), before, "it was not tried again");
	await plain.start();
	/* When it is well, the one that finds out tells all as well. */
	await other.until(async () =>
		count(await round(other), HTTP) > 0, 30000);
	assert.ok(count(await round(one), HTTP) > 0);
	await noteAll(other);
	await other.stop();
	await one.stop();
});

/* libcurl before the fix of CVE-2026-3784 lends tunnels. */
it("exits that differ in the user only share no connection", async () => {
	const addresses = {anna: "127.0.0.4", berta: "127.0.0.5"};
	const gate = await startGate(addresses);
	const stack = await startBy(Object.keys(addresses).map((user) =>
		`http://${user}:${encodeURIComponent(WORDS[user])}` +
		`@127.0.0.1:${gate.address().port}`), {exit_address_url: ""});
	const first = await round(stack);

	for (const address of Object.values(addresses))
		assert.ok(count(first, address) > 0, address);
	for (let i = 0; i < 3; i++)
		assert.deepEqual(await round(stack), first);
	/* Side by side, for connections are lent while they are in use, too. */
	fake.requests.length = 0;
	await Promise.all(Array.from({length: 48}, () => complete(stack)));
	for (const r of fake.requests)
		assert.equal(r.from, first.get(r.key));
	const {stdout} = await stack.tool("exits", "list");
	assert.match(stdout, /\/127\.0\.0\.1:\d+ {2}.*\n.*\/127\.0\.0\.1:\d+#2/);
	await noteAll(stack);
	await stack.stop();
	gate.end();
});

describe("gbalance exits test", () => {
	let stack;

	before(async () => {
		stack = await startBy([plain.url("http"), socks.url("socks5h"),
			"direct", plain.url("http", "anna", WRONG)]);
	});
	after(async () => {
		await noteAll(stack);
		await stack.stop();
	});

	const test = async (...words) => {
		const r = await stack.tool("exits", "test", ...words);

		note(r.stdout, r.stderr);
		return r;
	};

	it("shows latency and the address outside of all", async () => {
		const r = await test("--json");
		const rows = JSON.parse(r.stdout);

		assert.equal(r.code, 1);
		assert.deepEqual(rows.map((x) => [x.no, x.works, x.address]), [
			[1, "yes", HTTP], [2, "yes", SOCKS], [3, "yes", DIRECT],
			[4, "no", ""]]);
		for (const x of rows.slice(0, 3)) {
			assert.ok(x.connect_ms >= 1 &&
				  x.tls_ms >= x.connect_ms &&
				  x.first_byte_ms >= x.tls_ms,
				  JSON.stringify(x));
			assert.equal(x.fault, "");
		}
		assert.notEqual(rows[3].fault, "");
		for (const record of fake.requests) {
			assert.equal(record.method, "HEAD");
			assert.equal(record.key, undefined);
		}
	});

	it("takes numbers, names and hosts", async () => {
		const host = `127.0.0.1:${socks.port}`;

		for (const [words, nos] of [
			[["3"], [3]], [["direct", "1"], [1, 3]],
			[[host], [2]], [[`socks5h://${host}`], [2]]]) {
			const r = await test("--json", ...words);
			assert.equal(r.code, 0, r.stdout);
			assert.deepEqual(JSON.parse(r.stdout).map((x) => x.no),
					 nos);
		}
		for (const word of ["0", "5", "no-such", "", plain.url("http")]) {
			const r = await test(word);
			assert.equal(r.code, 2, r.stdout);
			assert.match(r.stderr, /^gbalance: word 1 is no exit/);
		}
	});

	it("says when there is no address to show", async () => {
		const good = stack.settings;

		for (const [url, fault] of [
			[fake.url, /^the address is not known: HTTP 403$/],
			["http://127.0.0.1:1", /the address is not known: /],
			["", /^$/]]) {
			stack.writeConfig({...good, exit_address_url: url});
			const [x] = JSON.parse((await test("--json",
							   "3")).stdout);
			assert.deepEqual([x.works, x.address], ["yes", ""]);
			assert.match(x.fault, fault);
		}
		stack.writeConfig(good);
	});
});

it("a check finds out before a request does, and when it is well", async () => {
	const stack = await startBy([plain.url("http"), socks.url("socks5h")],
				    {exit_check_interval: 1});
	const logged = (what) => stack.until(() => stack.logs().split("\n")
		.some((l) => l.includes(`/127.0.0.1:${plain.port}: `) &&
			l.includes(what)), 60000);

	await plain.stop();
	await logged(": rests for ");
	assert.ok(fake.requests.every((r) => r.method === "HEAD" && !r.key));
	assert.equal(count(await round(stack), SOCKS), KEYS.length);
	assert.deepEqual(await stack.sql("SELECT * FROM attempts"), []);
	await plain.start();
	await logged(": works again");
	await stack.check();
	await noteAll(stack);
	await stack.stop();
});

it("no password was seen anywhere", () => {
	assert.ok(seen.includes("None of the proxies") &&
		  seen.includes("rests for") && seen.includes("CREATE TABLE"));
	for (const word of [...Object.values(WORDS), WRONG, "hidden"])
		for (const form of [word, encodeURIComponent(word),
				    Buffer.from(word).toString("base64")]) {
			const at = seen.indexOf(form);
			assert.equal(at, -1, seen.slice(at - 200, at + 100));
		}
	assert.ok(!fs.readFileSync("/proc/self/cmdline").includes("hidden"));
});
