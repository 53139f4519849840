/*
 * encryption.test.mjs: secrets at rest, with a service that goes on meanwhile,
 * and exports that a passphrase encrypts.
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import {after, afterEach, before, beforeEach, it} from "node:test";

import {ask, bearer, chat, KEYS, sleep, startFake, startStack}
	from "./harness.mjs";

const WITHIN_MS = 1000;
const HIDDEN = "a-word-that-is-in-a-setting";

let fake, stack, file;

before(async () => {
	fake = await startFake();
});
beforeEach(async () => {
	fake.reset();
	stack = await startStack(fake);
	file = (name) => path.join(stack.root, name);
});
afterEach(() => stack.stop());
after(() => fake?.close());

const served = async () => (await ask(`${stack.url}/v1/chat/completions`,
	{headers: bearer(), body: chat("hello")})).status;

/* Whether a file, or the log beside it, has the text. */
const has = (name, text) => [name, `${name}-wal`].some((f) =>
	fs.existsSync(f) && fs.readFileSync(f).includes(text));

async function okay(...words)
{
	const r = await stack.tool(...words);

	assert.equal(r.code, 0, r.stdout + r.stderr);
	return r.stdout;
}

it("encrypts while it serves, and all goes on: promise 8", async () => {
	fs.writeFileSync(file("in.json"), JSON.stringify({gbalance_export: 1,
		settings: [{name: "custom_headers",
			    value: [{name: "x-team", value: HIDDEN}]}]}));
	await okay("import", file("in.json"));
	assert.equal(await served(), 200);
	assert.ok(has(stack.db, KEYS[0]) && has(stack.db, HIDDEN));

	await okay("secret-key", file("key"));
	assert.equal((await stack.tool("secret-key", file("key"))).code, 1);
	stack.writeConfig({secret_key_file: file("key")});
	await okay("keys", "list");
	for (const secret of [...KEYS, HIDDEN])
		assert.ok(!has(stack.db, secret), secret);
	await sleep(WITHIN_MS);
	for (let i = 0; i < KEYS.length; i++)
		assert.equal(await served(), 200);
	assert.equal(fake.requests.at(-1).headers["x-team"], HIDDEN);
	for (const key of KEYS)
		assert.ok(fake.requests.some((q) =>
			q.headers["x-goog-api-key"] === key), key);

	/* commands see what was there, and a backup has nothing to see */
	assert.match(await okay("keys", "list"), /AIza…aaaa/);
	await okay("keys", "disable", KEYS[1]);
	assert.match(await okay("keys", "add", KEYS[0]), /1 known already/);
	await okay("backup", file("copy.db"));
	assert.ok(!has(file("copy.db"), KEYS[0]));
	assert.ok((await okay("export")).includes(KEYS[0]));

	/* another key, and none again */
	await okay("secret-key", file("key2"));
	await okay("rekey", file("key2"));
	assert.equal((await stack.tool("keys", "list")).code, 1);
	stack.writeConfig({secret_key_file: file("key2")});
	await okay("keys", "list");
	await okay("decrypt");
	stack.writeConfig({});
	assert.match(await okay("keys", "list"), /AIza…aaaa/);
	await sleep(WITHIN_MS);
	assert.equal(await served(), 200);
	assert.ok(has(stack.db, KEYS[0]));
	assert.match((await stack.tool("decrypt")).stderr, /not encrypted/);
	await stack.check();
});

it("a wrong, missing or open key file is a clear error", async () => {
	await okay("secret-key", file("key"));
	stack.writeConfig({secret_key_file: file("key")});
	await okay("keys", "list");
	await okay("secret-key", file("other"));
	fs.writeFileSync(file("broken"), "secret", {mode: 0o600});
	fs.copyFileSync(file("key"), file("open"));
	fs.chmodSync(file("open"), 0o644);
	for (const [name, says] of [
		["other", /is not the key that its secrets are encrypted with/],
		["none", /secret_key_file: .*No such file/],
		["broken", /must hold 64 hexadecimal digits/],
		["open", /chmod 600/]]) {
		stack.writeConfig({secret_key_file: file(name)});
		for (const words of [["keys", "list"], ["check-config"],
				     ["--listen", "unix:data/x.sock"]]) {
			const r = await stack.tool(...words);
			assert.equal(r.code, 1, name);
			assert.match(r.stderr, says);
		}
	}
	stack.writeConfig({});
	assert.match((await stack.tool("keys", "list")).stderr,
		     /are encrypted: set secret_key_file/);
	stack.writeConfig({secret_key_file: file("key")});
	assert.match(await okay("keys", "list"), /AIza…aaaa/);
});

it("an export that a passphrase encrypts", async () => {
	fs.writeFileSync(file("pass"), "correct horse\nnot this\n");
	fs.writeFileSync(file("wrong"), "correct mule\n");
	fs.writeFileSync(file("short"), "short\n");
	await okay("export", "--passphrase-file", file("pass"), file("out"));
	const text = fs.readFileSync(file("out"), "utf8");

	for (const key of KEYS)
		assert.ok(!text.includes(key));
	assert.equal(JSON.parse(text).kdf, "scrypt");
	const into = (passphrase, name = "out") => stack.tool("import",
		"--passphrase-file", file(passphrase), file(name));
	assert.match((await into("pass")).stdout, /0 new, 0 changed, 3 known/);
	assert.match((await into("wrong")).stderr, /another passphrase/);
	assert.match((await into("short")).stderr, /8 to 1024 characters/);
	assert.match((await into("none")).stderr, /No such file/);
	assert.match((await stack.tool("import", file("out"))).stderr,
		     /is encrypted: --passphrase-file/);
	fs.writeFileSync(file("changed"), text.replace(/"n": \d+/, '"n": 7'));
	assert.match((await into("pass", "changed")).stderr, /was changed/);
	assert.equal((await stack.tool("export", "--passphrase-file",
		file("short"), file("out2"))).code, 1);
	assert.ok(!fs.existsSync(file("out2")));
	/* what is not encrypted needs none */
	await okay("export", file("plain"));
	assert.equal((await into("pass", "plain")).code, 0);
	await stack.check();
});
