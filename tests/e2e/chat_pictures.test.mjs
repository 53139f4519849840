/* chat_pictures.test.mjs: chats that draw, and edit what they have drawn */
import assert from "node:assert/strict";
import {once} from "node:events";
import http from "node:http";
import {after, afterEach, before, beforeEach, describe, it} from "node:test";

import OpenAI from "openai";

import {startFake, startStack, TOKEN} from "./harness.mjs";

const PAINTER = "gemini-3.1-flash-image";
const IMAGEN = "imagen-4.0-generate-001";
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk" +
	"+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const PNG = Buffer.from(PIXEL, "base64");
const BLOB = {inlineData: {mimeType: "image/png", data: PIXEL}};
const LINK = /!\[image\]\((http[^)]*)\)/;

const user = (content) => ({role: "user", content});
const assistant = (content) => ({role: "assistant", content});

describe("chats that draw", () => {
	let fake, stack, client, web;

	const start = async (settings) => {
		const started = await startStack(fake, {settings});

		return [started, new OpenAI({apiKey: TOKEN, maxRetries: 0,
					     baseURL: `${started.url}/v1`})];
	};

	before(async () => {
		fake = await startFake();
		[stack, client] = await start({fetch_private: true});
		web = http.createServer((req, res) => {
			res.writeHead(req.url === "/a.png" ? 200 : 404,
				      {"content-type": "image/png"});
			res.end(PNG);
		}).listen(0, "127.0.0.1");
		await once(web, "listening");
	});
	after(async () => {
		web.close();
		await stack.stop();
		await fake.close();
	});
	beforeEach(() => fake.reset());
	afterEach(() => stack.check());

	const sent = () => JSON.parse(fake.requests.at(-1).body);
	const draw = (messages, more = {}, by = client) =>
		by.chat.completions.create({model: `${PAINTER}-chat`, messages,
					    ...more});
	const isServed = async (url) => {
		const got = await fetch(url);

		assert.equal(got.status, 200);
		assert.deepEqual(Buffer.from(await got.arrayBuffer()), PNG);
	};

	it("gives a link in the text, and edits in a second turn", async () => {
		fake.script("*", {parts: [BLOB]});
		const first = await draw([user("a cat {ratio:16:9}")]);
		const said = first.choices[0].message;

		assert.match(said.content, new RegExp(`^${LINK.source}$`));
		assert.equal(said.images, undefined);
		await isServed(LINK.exec(said.content)[1]);
		assert.deepEqual(sent().generationConfig, {
			responseModalities: ["TEXT", "IMAGE"],
			imageConfig: {aspectRatio: "16:9"},
		});

		fake.script("*", {parts: [{text: "Bluer:"}, BLOB,
					  {text: "Is it?"}]});
		const second = await draw([user("a cat"), said,
					   user("make it blue")]);
		assert.deepEqual(sent().contents.map((c) => [c.role, c.parts]),
			[["user", [{text: "a cat"}]], ["model", [BLOB]],
			 ["user", [{text: "make it blue"}]]]);
		assert.match(second.choices[0].message.content, new RegExp(
			`^Bluer:\n\n${LINK.source}\n\nIs it[?]$`));
	});

	it("gives it in a stream, too", async () => {
		fake.script("*", {parts: [{text: "Here: "}, BLOB]});
		const deltas = [];

		for await (const chunk of await draw([user("a cat")],
						     {stream: true}))
			deltas.push(chunk.choices[0]?.delta ?? {});
		const text = deltas.map((d) => d.content ?? "").join("");
		assert.match(text, new RegExp(`^Here: \n\n${LINK.source}$`));
		assert.ok(deltas.every((d) => d.images === undefined));
		await isServed(LINK.exec(text)[1]);
	});

	it("sends back what earlier answers link to, as far as it is a " +
	   "picture", async () => {
		const origin = `http://127.0.0.1:${web.address().port}`;
		const gone = `![b](${origin}/gone.png)`;
		const unknown = `![c](${stack.url}/pictures/` +
				`${"0".repeat(32)}.png)`;
		fake.setDefault("*", {parts: [BLOB]});

		await draw([user("a"),
			assistant(`One: ![a](${origin}/a.png) ${gone} two: ` +
				  `![](data:image/png;base64,${PIXEL})`),
			user("b"), assistant(unknown), user("c")]);
		const [, first, , second] = sent().contents;
		assert.deepEqual(first.parts, [
			{text: "One: "}, BLOB, {text: ` ${gone} two: `}, BLOB]);
		assert.deepEqual(second.parts, [{text: unknown}]);
	});

	it("sends back what an answer held beside its text", async () => {
		const model = PAINTER;

		fake.setDefault("*", {parts: [{text: "Here: "}, BLOB, BLOB]});
		const said = (await draw([user("a")], {model})).choices[0]
			.message;
		assert.equal(said.images.length, 2);
		await draw([user("a"), said, user("bluer")], {model});
		assert.deepEqual(sent().contents[1].parts,
				 [{text: "Here: "}, BLOB, BLOB]);

		fake.script("*", {parts: [{...BLOB,
					   thoughtSignature: "issue"}]});
		const alone = (await draw([user("a")], {model})).choices[0]
			.message;
		const {thought_signature: thoughtSignature} =
			alone.extra_content.google;
		await draw([user("a"), alone, user("bluer")], {model});
		assert.deepEqual(sent().contents[1].parts,
				 [{...BLOB, thoughtSignature}]);

		await draw([user("a"), {...assistant("x"), images: [
			{type: "image_url", image_url: {url: "nowhere"}}]},
			user("b")], {model});
		assert.deepEqual(sent().contents[1].parts, [{text: "x"}]);

		await draw([user("a"), said, user("what is it?")],
			   {model: "gemini-3.8-flash"});
		assert.deepEqual(sent().contents[1].parts, [{text: "Here: "}]);
	});

	it("signs the picture with what the text was signed with", async () => {
		fake.script("*", {parts: [{text: "Here: "},
			{...BLOB, thoughtSignature: "issue"}]});
		const said = (await draw([user("a")])).choices[0].message;
		const {thought_signature: thoughtSignature} =
			said.extra_content.google;

		await draw([user("a"), said, user("b")]);
		assert.deepEqual(sent().contents[1].parts, [
			{text: "Here: \n\n"}, {...BLOB, thoughtSignature}]);
	});

	it("leaves links alone where nothing is drawn", async () => {
		const link = `![a](data:image/png;base64,${PIXEL})`;

		await draw([user("a"), assistant(link), user("b")],
			   {model: "gemini-3.8-flash"});
		assert.deepEqual(sent().contents[1].parts, [{text: link}]);
	});

	it("is listed", async () => {
		const ids = [];

		for await (const model of client.models.list())
			ids.push(model.id);
		assert.ok(ids.includes(`${PAINTER}-chat`), ids.join());
	});

	it("gives pictures as CHAT_IMAGES says", async () => {
		for (const [how, links, images] of [
			["images", false, true], ["markdown", true, false],
			["both", true, true]]) {
			const [other, by] = await start({chat_images: how});

			fake.script("*", {parts: [BLOB]}, {parts: [BLOB]});
			const {message} = (await draw([user("a cat")],
				{model: PAINTER}, by)).choices[0];
			assert.equal(LINK.test(message.content ?? ""), links,
				     how);
			assert.equal(message.images !== undefined, images, how);
			await other.stop();
		}
	});

	it("gives the picture itself where no place takes it", async () => {
		const [other, by] = await start({pictures_dir:
			"/proc/gbalance-has-no-place-here"});

		fake.script("*", {parts: [BLOB]});
		const r = await draw([user("a cat")], {}, by);
		assert.equal(r.choices[0].message.content,
			     `![image](data:image/png;base64,${PIXEL})`);
		await other.stop();
	});

	it("says where Imagen draws, as it does not chat", async () => {
		const [other, by] = await start({create_image_model: IMAGEN});
		const e = await draw([user("a cat")], {model: `${IMAGEN}-chat`},
				     by).then(() => assert.fail("no error"),
					      (error) => error);

		assert.equal(e.status, 400);
		assert.match(e.message, /images\/generations/);
		assert.equal(fake.requests.length, 0);
		await other.stop();
	});
});
