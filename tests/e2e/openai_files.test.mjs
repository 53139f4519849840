/* openai_files.test.mjs: the openai client's files, and chats that use them */
import assert from "node:assert/strict";
import {after, afterEach, before, beforeEach, it} from "node:test";

import OpenAI, {toFile} from "openai";

import {ask, bearer, KEYS, MODEL, startFake, startStack, TOKEN}
	from "./harness.mjs";

const OTHER_TOKEN = "gb-another-token-for-the-tests";
const MIB = 1 << 20;

let fake, stack, client, other;

before(async () => {
	fake = await startFake();
	stack = await startStack(fake, {settings: {
		allowed_tokens: [TOKEN, OTHER_TOKEN], max_upload: "24M",
		max_body: "1M"}});
	const clientOf = (apiKey) => new OpenAI({
		apiKey, baseURL: `${stack.url}/v1`, maxRetries: 0});
	client = clientOf(TOKEN);
	other = clientOf(OTHER_TOKEN);
});
beforeEach(async () => {
	fake.reset();
	await stack.sql("DELETE FROM objects; DELETE FROM key_models; " +
		"UPDATE keys SET ready_at = 0, disabled_by = 0; " +
		"UPDATE rotation SET pos = 0");
});
afterEach(() => stack.check());
after(async () => {
	await stack?.stop();
	await fake?.close();
});

const make = async (text, name = "notes.txt", c = client) =>
	c.files.create({file: await toFile(Buffer.from(text), name),
			purpose: "user_data"});
const stored = (file) => fake.objects.all.get(
	file.id.replace("file-", "files/")).value;

it("a file is made, seen, listed, used and deleted", async () => {
	const file = await make("hello");

	assert.match(file.id, /^file-/);
	assert.equal(file.object, "file");
	assert.equal(file.bytes, 5);
	assert.equal(file.filename, "notes.txt");
	assert.equal(file.purpose, "user_data");
	assert.equal(file.status, "processed");
	assert.ok(Math.abs(file.created_at - Date.now() / 1000) < 60);
	assert.ok(file.expires_at > file.created_at + 86400);
	assert.equal(stored(file).displayName, "notes.txt");
	assert.equal(stored(file).mimeType, "text/plain");
	assert.deepEqual(await client.files.retrieve(file.id), file);
	const r = await client.chat.completions.create({model: MODEL,
		messages: [{role: "user", content: [
			{type: "file", file: {file_id: file.id}},
			{type: "text", text: "read it"}]}]});
	assert.equal(r.choices[0].message.content, "You said: read it");
	assert.equal(new Set(fake.requests.map((q) => q.key)).size, 1);
	assert.deepEqual(await client.files.delete(file.id), {
		id: file.id, object: "file", deleted: true});
	await assert.rejects(client.files.retrieve(file.id), OpenAI.NotFoundError);
	await assert.rejects(client.files.delete(file.id), OpenAI.NotFoundError);
});

it("a file of many parts arrives as it is", async () => {
	for (const size of [0, 1, 8 * MIB, 8 * MIB + 1, 20 * MIB]) {
		const data = Buffer.alloc(size, "\r\n--boundary-or-not-");
		const file = await make(data, "a.bin");

		assert.equal(file.bytes, size);
		assert.equal(stored(file).sizeBytes, String(size));
		assert.equal(stored(file).sha256Hash, await crypto.subtle
			.digest("SHA-256", data).then((d) =>
				Buffer.from(d).toString("hex")), `${size}`);
	}
});

it("lists are one's own, newest first, in pages", async () => {
	const ids = [];

	for (let i = 0; i < 5; i++) {
		ids.unshift((await make(`${i}`)).id);
		await new Promise((r) => setTimeout(r, 2));
	}
	await make("not mine", "x.txt", other);
	const all = [];
	for await (const f of client.files.list({limit: 2}))
		all.push(f.id);
	assert.deepEqual(all, ids);
	const none = await client.files.list({purpose: "batch"});
	assert.deepEqual(none.data, []);
});

it("others' files are not there", async () => {
	const {id} = await make("x");
	const asked = fake.requests.length;

	await assert.rejects(other.files.retrieve(id), OpenAI.NotFoundError);
	await assert.rejects(other.files.delete(id), OpenAI.NotFoundError);
	await assert.rejects(other.files.content(id), OpenAI.NotFoundError);
	await assert.rejects(other.files.list({after: id}),
			     OpenAI.NotFoundError);
	await assert.rejects(other.chat.completions.create({model: MODEL,
		messages: [{role: "user", content: [
			{type: "file", file: {file_id: id}}]}]}),
			     OpenAI.PermissionDeniedError);
	assert.equal(fake.requests.length, asked);
});

it("another key is tried until one has opened the upload", async () => {
	fake.script(KEYS[0], {error: "key_invalid"});
	const file = await make("x");

	assert.equal(file.bytes, 1);
	assert.deepEqual(fake.requests.map((r) => r.key),
			 [KEYS[0], KEYS[1], KEYS[1]]);
});

it("what a model made can be read; what was uploaded cannot", async () => {
	const file = await make("x");
	const made = fake.objects.generated(KEYS[0], "made", "text/plain");

	await stack.sql("INSERT INTO objects SELECT " +
		`'${made}', key_id, token, mime, uri, label, purpose, bytes, ` +
		"created_at, expires_at FROM objects");
	assert.equal(await (await client.files.content(
		made.replace("files/", "file-"))).text(), "made");
	await assert.rejects(client.files.content(file.id),
			     OpenAI.BadRequestError);
});

it("forms that will not do are a 400 or 413 that says why", async () => {
	const post = (type, body) => ask(`${stack.url}/v1/files`, {
		method: "POST", body,
		headers: {...bearer(), "content-type": type}});
	const form = "multipart/form-data; boundary=b";
	const purpose = "--b\r\ncontent-disposition: form-data; " +
		'name="purpose"\r\n\r\nuser_data\r\n';
	const file = "--b\r\ncontent-disposition: form-data; name=\"file\"; " +
		'filename="a"\r\n\r\nx\r\n';

	for (const [type, body, param] of [
		["application/json", "{}", "file"],
		["multipart/form-data", `${file}--b--`, "file"],
		[form, "", "file"],
		[form, "--b--", "file"],
		[form, `${purpose}--b--`, "file"],
		[form, `${purpose}${file}${file}--b--`, "file"],
		[form, `${purpose}${file}`, "file"],
		[form, `${file}--b--`, "purpose"],
		[form, `--b\r\nx: y\r\n\r\nz\r\n${file}--b--`, "file"],
	]) {
		const r = await post(type, body);
		assert.equal(r.status, 400, `${body}: ${r.text}`);
		assert.equal(r.json.error.param, param, body);
	}
	await assert.rejects(make(Buffer.alloc(25 * MIB)),
			     (e) => e.status === 413);
	for (const query of ["limit=0", "limit=x"])
		assert.equal((await ask(`${stack.url}/v1/files?${query}`,
			{headers: bearer()})).status, 400, query);
});
