/*
 * secrets.test.mjs: promise 1.  No upstream key ever appears in a reply, a log
 * line, a URL or an error, whole; nor does any longer piece of one.  The accounts
 * at hosts for pictures are as secret.
 */
import assert from "node:assert/strict";
import {execFile} from "node:child_process";
import {after, before, describe, it} from "node:test";
import {promisify} from "node:util";

import {ACCOUNT, FakeHost} from "../fake/hosts.mjs";
import {ask, bearer, chat, MODEL, startFake, startStack, TOKEN, userSays}
	from "./harness.mjs";

const run = promisify(execFile);

/* Keys as Google makes them, and as it might; each has a middle of its own. */
const PLANTED = [
	"AIzaSyPlanted-one_0123456789abcdefghijk",
	"AQ.Planted-two.zyxwvutsrqponmlkjihgfedcba987654321",
	"planted+three/with=base64/letters+QUJD==",
	"planted.four:with*every(char)[of]^a$regex|?{2}",
	"planted\"five\\with'quotes\"and\\backslashes",
	"planted%41six%2Fwith&percent=signs#and?marks",
	"<planted>seven&amp;</with><html>tags</html>",
	"Eight" + "Planted8".repeat(31),
];
/* A mask shows four characters at each end, so no run of this length of the
 * middle may be seen. */
const RUN = 12;

/* Every way in which a piece of text may have been written. */
const FORMS = [(s) => s, (s) => JSON.stringify(s).slice(1, -1),
	       encodeURIComponent, (s) => s.replace(/\//g, "\\/"),
	       (s) => s.replace(/&/g, "&amp;").replace(/</g, "&lt;")
		       .replace(/>/g, "&gt;")];

let fake, stack, seen = "";

/* Whatever anybody saw, for the end. */
function note(...texts)
{
	for (const t of texts)
		seen += `\n${typeof t === "string" ? t : JSON.stringify(t)}`;
}

function assertNone(text, where)
{
	for (const key of [...PLANTED, ...Object.values(ACCOUNT)])
		for (let i = 4; i + RUN <= key.length - 4; i++)
			for (const form of FORMS) {
				const piece = form(key.slice(i, i + RUN));
				const at = text.indexOf(piece);
				assert.equal(at, -1, `${where} shows ${piece}` +
					`: …${text.slice(at - 80, at + 80)}…`);
			}
}

before(async () => {
	fake = await startFake();
	stack = await startStack(fake, {settings: {
		api_keys: PLANTED, log_level: "debug", max_retries: 1,
		time_out: 2}});
});
after(async () => {
	await stack?.stop();
	await fake?.close();
});

const freshKeys = () => stack.sql("UPDATE keys SET disabled_by = 0, " +
	"ready_at = 0, failures = 0, reason = ''; DELETE FROM key_models; " +
	"DELETE FROM charges; DELETE FROM breakers");

/* The same fault in each dialect, streamed and not, with every key. */
async function everywhere(behaviour)
{
	for (const key of PLANTED)
		fake.setDefault(key, behaviour(key));
	for (let i = 0; i < PLANTED.length; i++) {
		await freshKeys();
		/* Side by side, for some faults are tried again later. */
		await Promise.all([
			["/v1/chat/completions", chat("x")],
			["/v1/chat/completions", chat("x", {stream: true})],
			["/v1/messages", chat("x", {max_tokens: 9})],
			["/v1/messages", chat("x", {max_tokens: 9,
						    stream: true})],
			["/v1/messages/count_tokens", chat("x")],
			[`/v1beta/models/${MODEL}:generateContent`,
			 userSays("x")],
			[`/v1beta/models/${MODEL}:streamGenerateContent?` +
			 "alt=sse", userSays("x")],
			["/v1beta/models"],
			[`/v1/models/${MODEL}`],
		].map(async ([path, body]) => {
			const r = await ask(stack.url + path, {
				headers: bearer(), body});
			assert.ok(r.status >= 200);
			note(r.headers, r.text);
			assertNone(JSON.stringify(r.headers) + r.text,
				   `${path}: ${r.status}`);
		}));
	}
}

const google = (status, message) => ({error: {status, body: {
	error: {code: status, message, status: "INVALID_ARGUMENT",
		details: [{"@type": "type.googleapis.com/google.rpc.DebugInfo",
			   detail: message}]}}}});

describe("promise 1: planted keys stay hidden", () => {
	for (const [name, behaviour] of Object.entries({
		"in Google's own words": () => ({error: "suspended"}),
		"in a client's 400": (k) => google(400, `bad key ${k}.`),
		"in a 404": (k) => google(404, `no model for "${k}"`),
		"in a URL of a 403": (k) => google(403,
			`see https://example.org/x?key=${k}&a=b`),
		"in a 500": (k) => google(500, `key:${k};`),
		"in HTML": (k) => ({respond: {status: 502, type: "text/html",
			body: `<html><p>key ${k} failed</p></html>`}}),
		"in plain text": (k) => ({respond: {status: 400,
			type: "text/plain", body: `no: ${k}${k}`}}),
		"in headers": (k) => ({headers: {
			"x-key": encodeURIComponent(k),
			"www-authenticate": `Key ${encodeURIComponent(k)}`,
			"location": `/x?key=${encodeURIComponent(k)}`},
			error: "internal"}),
		"in an error event": (k) => ({words: ["a ", "b"], fail: {
			after: 1, form: "data",
			error: google(500, `key ${k}`).error.body}}),
		"in a raw error": (k) => ({words: ["a ", "b"], fail: {
			after: 1, form: "raw",
			error: google(500, `key ${k}`).error.body}}),
		"when all goes well": () => ({}),
		"when it is cut off": () => ({cut: {at: 30, how: "reset"}}),
	}))
		it(name, async () => {
			fake.reset();
			await everywhere(behaviour);
		});

	it("in a 429 when every key was tried and none is left", async () => {
		fake.reset();
		for (const failing of PLANTED) {
			for (const k of PLANTED)
				fake.setDefault(k, google(429, "Resource has " +
					"been exhausted (e.g. check quota). " +
					`Key ${k}.`));
			fake.setDefault(failing, {error: "internal"});
			await freshKeys();
			const r = await ask(`${stack.url}/v1/chat/completions`, {
				headers: bearer(), body: chat("x")});
			assert.ok([429, 500].includes(r.status), r.text);
			note(r.text);
			assertNone(r.text, "429");
		}
	});

	it("in what the tool prints", async () => {
		for (const args of [["keys", "list"], ["check-config"],
				    ["tokens", "list"], ["keys", "verify"],
				    ["--help"]]) {
			const r = await stack.tool(...args);
			note(r.stdout, r.stderr);
			assertNone(r.stdout + r.stderr, args.join(" "));
		}
		const again = await stack.toolWithInput(PLANTED.join("\n"),
							"keys", "add");
		assertNone(again.stdout + again.stderr, "keys add");
		const bad = await stack.toolWithInput("short\nwith\tcontrol",
						      "keys", "add");
		note(again, bad);
	});

	it("in what hosts for pictures say", async () => {
		const good = stack.settings;

		for (const kind of ["smms", "picgo", "s3"]) {
			const host = await new FakeHost(kind).start();

			host.how = "refused";
			stack.writeConfig({...good, upload_provider: kind,
				smms_secret_token: ACCOUNT.smms,
				smms_api_url: host.url,
				picgo_api_key: ACCOUNT.picgo,
				picgo_api_url: host.url,
				cloudflare_imgbed_auth_code: ACCOUNT.imgbed,
				oss_access_key: ACCOUNT.ossId,
				oss_access_key_secret: ACCOUNT.ossSecret,
				s3_endpoint: host.url, s3_bucket: "bkt",
				s3_access_key_id: ACCOUNT.s3Id,
				s3_secret_access_key: ACCOUNT.s3Secret});
			for (const args of [["pictures", "test"],
					    ["pictures", "show"],
					    ["check-config"]]) {
				const r = await stack.tool(...args);
				note(r.stdout, r.stderr);
				assertNone(r.stdout + r.stderr,
					   args.join(" "));
			}
			assert.equal(host.uploads.length, 1);
			await host.close();
		}
		stack.writeConfig(good);
	});

	it("in complaints about the configuration", async () => {
		const good = stack.settings;

		stack.writeConfig({...good, api_keys: [...PLANTED,
			`${PLANTED[0]} with a space`], max_retries: "x"});
		const r = await stack.tool("check-config");
		stack.writeConfig(good);
		assert.notEqual(r.code, 0);
		assertNone(r.stdout + r.stderr, "check-config");
	});

	it("in the process list", async () => {
		const {stdout} = await run("ps", ["-eo", "args"]);

		assertNone(stdout, "ps");
		assert.ok(stdout.includes(stack.program));
	});

	it("in the journal", async () => {
		await stack.journal(20);
		for (const table of ["requests", "attempts", "tokens"]) {
			const rows = await stack.sql(`SELECT * FROM ${table}`);
			assertNone(JSON.stringify(rows), table);
		}
		const keys = await stack.sql("SELECT reason FROM keys");
		const models = await stack.sql("SELECT reason FROM key_models");
		assertNone(JSON.stringify([keys, models]), "reasons");
	});

	it("in the logs", () => assertNone(stack.logs(), "logs"));

	it("but were all used", () => {
		const used = new Set(fake.requests.map((r) => r.key));

		assert.deepEqual([...used].sort(), [...PLANTED].sort());
		for (const r of fake.requests)
			for (const key of PLANTED)
				assert.ok(!r.url.includes(key.slice(4, 20)));
	});

	it("and a client's token is as hidden", () => {
		assert.ok(!stack.logs().includes(TOKEN));
		assert.ok(!seen.includes(TOKEN));
	});
});
