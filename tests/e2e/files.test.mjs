/*
 * files.test.mjs: files, caches, batches and so on belong to the key that made
 * them, and every process knows to which; large files pass through without
 * being kept (promise 9).
 */
import assert from "node:assert/strict";
import crypto from "node:crypto";
import {once} from "node:events";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import {after, afterEach, before, beforeEach, it} from "node:test";

import {ApiError, GoogleGenAI} from "@google/genai";
import OpenAI from "openai";

import {ask, bearer, chat, KEYS, MODEL, startFake, startStack, TOKEN, userSays}
	from "./harness.mjs";

const OTHER_TOKEN = "gb-another-token-for-the-tests";
const MIB = 1 << 20;
const BIG = 200 * MIB;
const GROWTH_MAX = 96 * MIB;	/* of a process under a sanitizer */

let fake, stacks, proxy, turn = 0, ai, big;

/* Gives each request to the next stack. */
async function startProxy()
{
	const server = http.createServer((req, res) => {
		const to = new URL(req.url, stacks[turn++ % stacks.length].url);
		const up = http.request(to, {method: req.method,
					     headers: req.headers,
					     agent: false}, (answer) => {
			res.writeHead(answer.statusCode, answer.headers);
			answer.pipe(res);
		});

		up.on("error", () => res.destroy());
		req.pipe(up);
	}).listen(0, "127.0.0.1");

	await once(server, "listening");
	return server;
}

const clientOf = (apiKey = TOKEN) => new GoogleGenAI({
	apiKey, httpOptions: {
		baseUrl: `http://127.0.0.1:${proxy.address().port}`},
});

before(async () => {
	const settings = {allowed_tokens: [TOKEN, OTHER_TOKEN]};

	fake = await startFake();
	const first = await startStack(fake, {settings});
	stacks = [first];
	stacks.push(await startStack(fake, {settings: {
		...settings, sqlite_database: first.db}}));
	proxy = await startProxy();
	ai = clientOf();
	big = path.join(first.root, "big.mp4");
});
beforeEach(async () => {
	fake.reset();
	await stacks[0].sql("DELETE FROM objects; DELETE FROM key_models; " +
		"UPDATE keys SET ready_at = 0, disabled_by = 0; " +
		"UPDATE rotation SET pos = 0");
});
afterEach(async () => {
	for (const stack of stacks)
		await stack.check();
});
after(async () => {
	const faults = [];

	proxy?.close();
	for (const stack of (stacks ?? []).reverse())
		await stack.stop().catch((e) => faults.push(e));
	await fake?.close();
	assert.deepEqual(faults, []);
});

const url = (p) => `${stacks[turn++ % 2].url}${p}`;
const google = (token = TOKEN) => ({"x-goog-api-key": token});
const keysAsked = () => new Set(fake.requests.map((r) => r.key));

/* A small file in one request; its resource. */
async function upload(text, token = TOKEN)
{
	const r = await ask(url("/upload/v1beta/files"), {
		method: "POST", body: text,
		headers: {...google(token), "content-type": "text/plain",
			  "x-goog-upload-protocol": "raw"}});

	assert.equal(r.status, 200, r.text);
	return r.json.file;
}

const says = (...files) => ({contents: [{role: "user", parts: [
	...files.map((f) => ({fileData: {fileUri: f.uri,
					 mimeType: f.mimeType}})),
	{text: "what is it?"}]}]});
const generate = (body, token = TOKEN) =>
	ask(url(`/v1beta/models/${MODEL}:generateContent`),
	    {headers: google(token), body});

function memoryOf(stack)
{
	const text = fs.readFileSync(`/proc/${stack.daemon.pid}/status`, "utf8");

	return Number(/VmHWM:\s+(\d+)/.exec(text)[1]) * 1024;
}

it("200 MiB: uploaded, polled, used and deleted, by two processes in turn",
   async () => {
	const hash = crypto.createHash("sha256");
	const piece = crypto.randomBytes(MIB);
	const out = fs.openSync(big, "w");

	for (let i = 0; i < BIG / MIB; i++) {
		piece.writeUInt32LE(i);
		fs.writeSync(out, piece);
		hash.update(piece);
	}
	fs.closeSync(out);
	const was = stacks.map(memoryOf);
	let file = await ai.files.upload({file: big, config: {
		mimeType: "video/mp4", displayName: "a film"}});

	assert.equal(file.sizeBytes, String(BIG));
	assert.equal(fake.objects.all.get(file.name).value.sha256Hash,
		     hash.digest("hex"));
	assert.equal(file.state, "PROCESSING");
	while (file.state === "PROCESSING")
		file = await ai.files.get({name: file.name});
	const r = await ai.models.generateContent({model: MODEL, contents: [{
		role: "user", parts: [{fileData: {fileUri: file.uri,
						  mimeType: file.mimeType}},
				      {text: "what is it?"}]}]});
	assert.equal(r.text, "You said: what is it?");
	await ai.files.delete({name: file.name});
	assert.equal(keysAsked().size, 1, "all of it with one key");
	stacks.forEach((stack, i) => assert.ok(
		memoryOf(stack) - was[i] < GROWTH_MAX,
		`${(memoryOf(stack) - was[i]) / MIB} MiB more`));
	await assert.rejects(ai.files.get({name: file.name}), (e) => {
		assert.ok(e instanceof ApiError);
		assert.equal(e.status, 403);
		return true;
	});
	assert.deepEqual(await stacks[0].sql("SELECT name FROM objects"), []);
});

it("200 MiB of OpenAI's client, by two processes in turn", async () => {
	const was = stacks.map(memoryOf);
	const client = new OpenAI({apiKey: TOKEN, maxRetries: 0, baseURL:
		`http://127.0.0.1:${proxy.address().port}/v1`});
	let file = await client.files.create({purpose: "user_data",
		file: fs.createReadStream(big)});

	assert.equal(file.bytes, BIG);
	while (file.status !== "processed")
		file = await client.files.retrieve(file.id);
	const r = await client.chat.completions.create({model: MODEL, messages: [
		{role: "user", content: [
			{type: "file", file: {file_id: file.id}},
			{type: "text", text: "what is it?"}]}]});
	assert.equal(r.choices[0].message.content, "You said: what is it?");
	assert.ok((await client.files.delete(file.id)).deleted);
	await assert.rejects(client.files.retrieve(file.id),
			     OpenAI.NotFoundError);
	assert.equal(keysAsked().size, 1, "all of it with one key");
	stacks.forEach((stack, i) => assert.ok(
		memoryOf(stack) - was[i] < GROWTH_MAX,
		`${(memoryOf(stack) - was[i]) / MIB} MiB more`));
});

it("200 MiB in one request pass through", async () => {
	const was = memoryOf(stacks[0]);
	const size = fs.statSync(big).size;
	const req = http.request(`${stacks[0].url}/upload/v1beta/files`, {
		method: "POST", agent: false,
		headers: {...google(), "content-type": "video/mp4",
			  "content-length": size,
			  "x-goog-upload-protocol": "raw"}});

	fs.createReadStream(big).pipe(req);
	const [res] = await once(req, "response");
	const pieces = await res.toArray();
	assert.equal(res.statusCode, 200);
	assert.equal(JSON.parse(Buffer.concat(pieces)).file.sizeBytes,
		     String(size));
	assert.ok(memoryOf(stacks[0]) - was < GROWTH_MAX,
		  `${(memoryOf(stacks[0]) - was) / MIB} MiB more`);
});

it("an upload's URL is ours, names no key, and is enough to go on",
   async () => {
	const start = await ask(url("/upload/v1beta/files"), {
		body: {file: {displayName: "x"}},
		headers: {...google(), "x-goog-upload-protocol": "resumable",
			  "x-goog-upload-command": "start",
			  "x-goog-upload-header-content-type": "text/plain"}});
	const to = start.headers["x-goog-upload-url"];

	assert.equal(start.status, 200, start.text);
	assert.match(to, new RegExp(`^http://127.0.0.1:(${stacks.map((s) =>
		s.port).join("|")})/upload/v1beta/files\\?upload_id=[0-9a-f]{32}` +
		"&upload_protocol=resumable$"));
	const step = (headers, body = "", on = to) =>
		ask(`${url("")}${new URL(on).pathname}${new URL(on).search}`,
		    {method: "POST", headers, body});
	const one = await step({"x-goog-upload-command": "upload",
				"x-goog-upload-offset": "0"}, "hello ");
	assert.equal(one.status, 200, one.text);
	assert.equal(one.headers["x-goog-upload-status"], "active");
	const query = await step({"x-goog-upload-command": "query"});
	assert.equal(query.headers["x-goog-upload-size-received"], "6");
	/* somebody else's token is worse than none */
	const other = await step({...google(OTHER_TOKEN),
		"x-goog-upload-command": "query"});
	assert.equal(other.status, 403, other.text);
	const last = await step({"x-goog-upload-command": "upload, finalize",
				 "x-goog-upload-offset": "6"}, "world");
	assert.equal(last.status, 200, last.text);
	assert.equal(last.headers["x-goog-upload-status"], "final");
	assert.equal(last.json.file.sizeBytes, "11");
	assert.equal((await step({"x-goog-upload-command": "query"})).status,
		     401, "it is over");
	assert.equal((await step({"x-goog-upload-command": "query"}, "",
		to.replace(/upload_id=\w+/, "upload_id=" + "0".repeat(32))))
		.status, 401);
	for (const r of fake.requests)
		assert.ok(!r.query.has("key"), "no key in a URL");
});

it("an upload that is cancelled is over", async () => {
	const start = await ask(url("/upload/v1beta/files"), {
		body: {}, headers: {...google(),
			"x-goog-upload-protocol": "resumable",
			"x-goog-upload-command": "start"}});
	const to = new URL(start.headers["x-goog-upload-url"]);
	const r = await ask(url(to.pathname + to.search), {
		method: "POST", body: "",
		headers: {"x-goog-upload-command": "cancel"}});

	assert.equal(r.headers["x-goog-upload-status"], "cancelled");
	assert.deepEqual(await stacks[0].sql("SELECT name FROM objects"), []);
});

it("a file that is too large is refused before a key is asked", async () => {
	for (const headers of [{"content-length": String(3 * 1024 * MIB),
				"x-goog-upload-protocol": "raw"},
			       {"x-goog-upload-protocol": "resumable",
				"x-goog-upload-command": "start",
				"x-goog-upload-header-content-length":
					String(3 * 1024 * MIB)}]) {
		const r = await ask(url("/upload/v1beta/files"), {
			method: "POST", headers: {...google(), ...headers},
			...(headers["content-length"] ? {} : {body: "{}"})});

		assert.equal(r.status, 413, r.text);
	}
	assert.equal(fake.requests.length, 0);
});

it("multipart uploads, and names that are kept apart", async () => {
	const body = "--b\r\ncontent-type: application/json\r\n\r\n" +
		'{"file":{"displayName":"n"}}\r\n--b\r\n' +
		"content-type: text/csv\r\n\r\na,b\r\n--b--";
	const r = await ask(url("/upload/v1beta/files?uploadType=multipart"), {
		body, headers: {...google(),
			"content-type": "multipart/related; boundary=b"}});

	assert.equal(r.status, 200, r.text);
	assert.equal(r.json.file.mimeType, "text/csv");
	const [row] = await stacks[0].sql("SELECT * FROM objects");
	assert.equal(row.name, r.json.file.name);
	assert.equal(row.mime, "text/csv");
	assert.equal(row.bytes, 3);
	assert.equal(row.label, "n");
	assert.equal(row.expires_at,
		     Math.floor(Date.parse(r.json.file.expirationTime) / 1000) *
		     1000);
});

it("two files of two keys: 400 that says whose they are", async () => {
	const files = [await upload("one"), await upload("two")];

	assert.equal(keysAsked().size, 2);
	assert.equal((await generate(says(files[0]))).status, 200);
	assert.equal((await generate(says(files[1]))).status, 200);
	const asked = fake.requests.length;
	for (const r of [await generate(says(...files)), await ask(
		url("/v1/chat/completions"), {headers: bearer(), body: {
			...chat("x"), messages: [{role: "user", content:
				files.map((f) => ({type: "file", file: {
					file_id: f.name}}))}]}})]) {
		assert.equal(r.status, 400, r.text);
		for (const [i, file] of files.entries())
			assert.match(r.json.error.message, new RegExp(
				`${file.name} (belongs )?to ` +
				`${KEYS[i].slice(0, 4)}…${KEYS[i].slice(-4)}`));
	}
	assert.equal(fake.requests.length, asked);
});

it("a chat goes to the key of its file", async () => {
	await upload("other");
	const file = await upload("one");
	const owner = fake.requests.at(-1).key;

	for (const id of [file.name, file.uri,
			  file.name.replace("files/", "file-")]) {
		const r = await ask(url("/v1/chat/completions"), {
			headers: bearer(), body: {...chat("x"), messages: [{
				role: "user", content: [{type: "file", file: {
					file_id: id}}]}]}});

		assert.equal(r.status, 200, r.text);
		assert.equal(fake.requests.at(-1).key, owner);
		assert.deepEqual(JSON.parse(fake.requests.at(-1).body)
			.contents[0].parts[0].fileData, {
			mimeType: "text/plain", fileUri: file.uri});
	}
});

it("each of several answers comes from the key of the file", async () => {
	await upload("other");
	const file = await upload("one");
	const asked = fake.requests.length;
	const r = await ask(url("/v1/chat/completions"), {headers: bearer(),
		body: {...chat("x"), n: 3, messages: [{role: "user", content: [
			{type: "file", file: {file_id: file.name}},
			{type: "text", text: "x"}]}]}});

	assert.equal(r.status, 200, r.text);
	assert.equal(r.json.choices.length, 3);
	assert.deepEqual(fake.requests.slice(asked).map((q) => q.key),
			 Array(3).fill(fake.requests[asked - 1].key));
	/* and none of them took a turn */
	const [{pos}] = await stacks[0].sql("SELECT pos FROM rotation " +
		"WHERE pool = ''");
	assert.equal(pos, 2);
});

it("a pinned key that rests: 429, and no other key", async () => {
	const file = await upload("one");
	const owner = KEYS.indexOf(fake.requests[0].key) + 1;
	const until = Date.now() + 30000;

	await stacks[0].sql("INSERT INTO key_models (key_id, model, " +
		"ready_at, streak, reason) VALUES " +
		`(${owner}, '${MODEL}', ${until}, 1, 'x')`);
	const asked = fake.requests.length;
	const r = await generate(says(file));
	assert.equal(r.status, 429, r.text);
	assert.ok(Number(r.headers["retry-after"]) > 20);
	assert.ok(Number(r.headers["retry-after"]) <= 30);
	assert.equal(fake.requests.length, asked);
	assert.equal((await ask(url(`/v1beta/${file.name}`),
		{headers: google()})).status, 200, "files have no model");
	await stacks[0].sql("DELETE FROM key_models");
	/* the call that finds it out is no reason to ask another one either */
	fake.script(KEYS[owner - 1], {error: "quota_day"});
	assert.equal((await generate(says(file))).status, 429);
	assert.equal(fake.requests.length, asked + 2);
	await stacks[0].tool("keys", "disable", String(owner));
	const gone = await generate(says(file));
	assert.equal(gone.status, 404, gone.text);
	assert.match(gone.json.error.message, /disabled/);
	await stacks[0].tool("keys", "enable", String(owner));
});

it("others' files are as if they were not there", async () => {
	const file = await upload("one");
	const asked = fake.requests.length;

	for (const r of [
		await ask(url(`/v1beta/${file.name}`),
			  {headers: google(OTHER_TOKEN)}),
		await ask(url(`/v1beta/${file.name}`),
			  {method: "DELETE", headers: google(OTHER_TOKEN)}),
		await generate(says(file), OTHER_TOKEN),
		await ask(url(`/v1beta/models/${MODEL}:generateContent`), {
			headers: {...google(OTHER_TOKEN),
				  "content-type": "application/json"},
			body: '{"contents":[{"parts":[{"fileD\\u0061ta":' +
			      `{"file\\u0055ri":"files\\/${file.name.slice(6)}"` +
			      "}}]}]}"}),
		await ask(url("/v1beta/files/nobody-knows"),
			  {headers: google()}),
	])
		assert.equal(r.status, 403, r.text);
	assert.equal(fake.requests.length, asked);
	assert.equal((await ask(url(`/v1beta/files/x/../../${file.name}`),
		{headers: google(OTHER_TOKEN)})).status, 403);
});

it("caches: made, used, changed, listed and deleted", async () => {
	const cache = await ai.caches.create({model: MODEL, config: {
		contents: "long", displayName: "c", ttl: "600s"}});
	const owner = fake.requests[0].key;
	const r = await ai.models.generateContent({model: MODEL, contents: "x",
		config: {cachedContent: cache.name}});

	assert.equal(r.text, "You said: x");
	const changed = await ai.caches.update({name: cache.name,
						config: {ttl: "7200s"}});
	const [row] = await stacks[0].sql("SELECT * FROM objects");
	assert.equal(row.name, cache.name);
	assert.equal(row.expires_at, Math.floor(
		Date.parse(changed.expireTime) / 1000) * 1000);
	assert.equal((await ask(url("/v1/chat/completions"), {
		headers: bearer(), body: chat("y", {extra_body: {google: {
			cached_content: cache.name}}})})).status, 200);
	const names = [];
	for await (const c of await ai.caches.list())
		names.push(c.name);
	assert.deepEqual(names, [cache.name]);
	await ai.caches.delete({name: cache.name});
	assert.deepEqual([...keysAsked()], [owner]);
	assert.deepEqual((await ask(url("/v1beta/cachedContents"),
		{headers: google()})).json, {});
});

it("lists are merged over keys, page by page, and are one's own", async () => {
	const mine = [];

	for (let i = 0; i < 7; i++)
		mine.push((await upload(`${i}`)).name);
	await upload("not mine", OTHER_TOKEN);
	for (const pageSize of [1, 2, 3, 50]) {
		const names = [];
		const list = await ai.files.list({config: {pageSize}});

		for await (const f of list)
			names.push(f.name);
		assert.deepEqual(names.sort(), mine.slice().sort(),
				 `pages of ${pageSize}`);
	}
	const bad = await ask(url("/v1beta/files?pageToken=7"),
			      {headers: google()});
	assert.equal(bad.status, 400, bad.text);
});

it("batches stay with the key of their input", async () => {
	await upload("other");
	const input = await upload('{"key":"a"}');
	const owner = fake.requests.at(-1).key;
	const batch = await ai.batches.create({model: MODEL, src: input.name,
					       config: {displayName: "b"}});

	assert.match(batch.name, /^batches\//);
	assert.equal((await ai.batches.get({name: batch.name})).state,
		     "JOB_STATE_PENDING");
	await ai.batches.cancel({name: batch.name});
	assert.equal((await ai.batches.get({name: batch.name})).state,
		     "JOB_STATE_CANCELLED");
	for (const r of fake.requests.slice(2))
		assert.equal(r.key, owner);
});

it("a batch of embeddings stays with the key that took it", async () => {
	const made = await ask(url("/v1beta/models/gemini-embedding-001:" +
				   "asyncBatchEmbedContent"), {
		headers: google(), body: {batch: {
			displayName: "e", inputConfig: {requests: {requests: [
				{request: {content: {parts: [{text: "x"}]}}},
			]}}}}});

	assert.equal(made.status, 200, made.text);
	const got = await ask(url(`/v1beta/${made.json.name}`),
			      {headers: google()});

	assert.equal(got.json.metadata.displayName, "e");
	assert.equal(fake.requests[1].key, fake.requests[0].key);
});

/* A batch's results: 3 MiB that a model made, told of by the batch. */
async function results()
{
	const input = await upload('{"key":"a"}');
	const {name} = await ai.batches.create({model: MODEL, src: input.name});
	const made = fake.objects.generated(fake.requests.at(-1).key,
					    "x".repeat(3 * MIB),
					    "application/jsonl");

	fake.objects.all.get(name).value.metadata.output =
		{responsesFile: made};
	await ai.batches.get({name});
	return url(`/download/v1beta/${made}:download?alt=media`);
}

it("what a model made can be fetched, from its key alone", async () => {
	const from = await results();
	const owner = fake.requests[0].key;
	const got = await ask(from, {headers: google()});

	for (const r of fake.requests)
		assert.equal(r.key, owner);
	assert.equal(got.status, 200);
	assert.equal(got.text.length, 3 * MIB);
	assert.equal(got.headers["content-type"], "application/jsonl");
});

it("a download that breaks off does so for the client, too", async () => {
	const from = await results();

	fake.script("*", {cut: {at: MIB, how: "reset"},
			  headers: {"transfer-encoding": "chunked"}});
	await assert.rejects(ask(from, {headers: google()}),
			     /aborted|hang up|reset|terminated/);
});

it("interactions: ids, streams, and errors of their own", async () => {
	const post = (body) => ask(url("/v1beta/interactions"),
				   {headers: google(), body});
	const one = await post({model: MODEL, input: "hi"});
	const owner = fake.requests[0].key;

	assert.equal(one.status, 200, one.text);
	const two = await post({model: MODEL, input: "hi", stream: true,
				previous_interaction_id: one.json.id});
	assert.equal(two.status, 200, two.text);
	assert.match(two.headers["content-type"], /^text\/event-stream/);
	assert.match(two.text, /interaction.complete/);
	const id = JSON.parse(/^data: (.*)$/m.exec(two.text)[1])
		.interaction.id;
	const again = await ask(url(`/v1beta/interactions/${id}`),
				{headers: google()});
	assert.equal(again.status, 200, again.text);
	assert.deepEqual([...keysAsked()], [owner]);
	const gone = await ask(url("/v1beta/interactions/v1_none"),
			       {headers: google()});
	assert.equal(gone.status, 403);
	assert.equal(gone.json.error.code, "permission_denied");
	assert.equal((await ask(url("/v1beta/interactions/v1_none")))
		.json.error.code, 401);
});

it("file search stores: a file goes to the store's key", async () => {
	await upload("other");
	const store = (await ask(url("/v1beta/fileSearchStores"), {
		headers: google(), body: {displayName: "s"}})).json;
	const owner = fake.requests.at(-1).key;
	const r = await ask(url(`/upload/v1beta/${store.name}:` +
				"uploadToFileSearchStore"), {
		method: "POST", body: "text", headers: {...google(),
			"x-goog-upload-protocol": "raw"}});

	assert.equal(r.status, 200, r.text);
	assert.equal((await ask(url(`/v1beta/${r.json.name}`),
		{headers: google()})).json.done, true);
	assert.equal((await ask(url(`/v1beta/${store.name}/documents`),
		{headers: google()})).status, 200);
	assert.equal((await generate({...userSays("x"), tools: [{fileSearch: {
		fileSearchStoreNames: [store.name]}}]})).status, 200);
	for (const record of fake.requests.slice(1))
		assert.equal(record.key, owner);
});

it("without isolation, everybody's things are everybody's", async () => {
	const open = await startStack(fake, {settings: {
		allowed_tokens: [TOKEN, OTHER_TOKEN],
		sqlite_database: stacks[0].db,
		files_user_isolation_enabled: false}});

	try {
		const file = await upload("one");
		const unseen = fake.objects.newFile(KEYS[2], {}, 3, "x");
		const as = (p, options) => ask(`${open.url}/v1beta/${p}`,
			{headers: google(OTHER_TOKEN), ...options});

		assert.equal((await as(file.name)).status, 200);
		/* one that was not made here: keys are asked until one has it,
		 * and then that one alone */
		assert.equal((await as(unseen.name)).status, 200);
		const asked = fake.requests.length;
		assert.equal((await as(unseen.name)).status, 200);
		assert.equal(fake.requests.length, asked + 1);
		assert.equal(fake.requests.at(-1).key, KEYS[2]);
		assert.deepEqual((await as("files")).json.files
			.map((f) => f.name).length, 1, "a page a key");
		const names = [];
		for await (const f of await new GoogleGenAI({
			apiKey: OTHER_TOKEN, httpOptions: {baseUrl: open.url}})
			.files.list())
			names.push(f.name);
		assert.deepEqual(names.sort(),
				 [file.name, unseen.name].sort());
		assert.equal((await as("files/nobody-has-it")).status, 403);
		assert.equal((await as(file.name, {method: "DELETE"})).status,
			     200);
		assert.deepEqual(await stacks[0].sql("SELECT id FROM keys WHERE " +
			"disabled_by <> 0 OR failures > 0"), []);
	} finally {
		await open.stop();
	}
});

it("a token keeps its files when the list of tokens changes", async () => {
	const file = await upload("mine", OTHER_TOKEN);
	const later = await startStack(fake, {settings: {
		allowed_tokens: [OTHER_TOKEN, "gb-a-token-that-is-new"],
		sqlite_database: stacks[0].db}});

	try {
		const status = async (token) => (await ask(
			`${later.url}/v1beta/${file.name}`,
			{headers: google(token)})).status;

		assert.equal(await status(OTHER_TOKEN), 200);
		assert.equal(await status("gb-a-token-that-is-new"), 403);
	} finally {
		await later.stop();
	}
});

it("what FastCGI cannot carry is a 501", async () => {
	const r = await ask(url("/ws/google.ai.generativelanguage.v1beta." +
		"GenerativeService.BidiGenerateContent"), {headers: google()});

	assert.equal(r.status, 501);
	assert.equal(r.json.error.status, "UNIMPLEMENTED");
});

it("a refusal of a thing costs no key its health", async () => {
	const file = await upload("one");

	fake.setDefault("*", {error: {status: 403, body: {error: {code: 403,
		message: "The caller does not have permission",
		status: "PERMISSION_DENIED"}}}});
	for (let i = 0; i < 6; i++)
		assert.equal((await ask(url(`/v1beta/${file.name}`),
			{headers: google()})).status, 403);
	assert.deepEqual(await stacks[0].sql(
		"SELECT id FROM keys WHERE disabled_by <> 0 OR failures > 0"),
			 []);
});
