/*
 * media_public.mjs: files by URL at public addresses, with the settings as they
 * come.  For media.test.mjs, which runs it in a network of its own: there
 * PUBLIC is an address of this machine, and nobody else is on it.
 */
import assert from "node:assert/strict";
import {once} from "node:events";
import http from "node:http";

import {ask, bearer, chat, startFake, startStack} from "./harness.mjs";

const PUBLIC = process.env.PUBLIC;
const PNG = Buffer.from("89504e470d0a1a0a", "hex");

const asked = [];
const web = http.createServer((req, res) => {
	asked.push(req.url);
	const to = new URL(req.url, "http://x").searchParams.get("to");
	res.writeHead(to ? 302 : 200, {"content-type": "image/png",
				       ...(to && {location: to})});
	res.end(PNG);
});
web.listen(0, "0.0.0.0");
await once(web, "listening");

const {port} = web.address();
const at = (host, path) => `http://${host}:${port}${path}`;
const fake = await startFake();
const stack = await startStack(fake, {});
const post = (url) => {
	const body = chat("");

	asked.length = 0;
	body.messages[0].content = [{type: "image_url", image_url: {url}}];
	return ask(`${stack.url}/v1/chat/completions`, {headers: bearer(),
							body});
};

try {
	const direct = await post(at(PUBLIC, "/a.png"));
	assert.equal(direct.status, 200, direct.text);
	assert.deepEqual(asked, ["/a.png"]);
	const sent = JSON.parse(fake.requests[0].body).contents[0].parts[0];
	assert.deepEqual(sent.inlineData, {mimeType: "image/png",
					   data: PNG.toString("base64")});

	const there = await post(at(PUBLIC, `/x?to=${at(PUBLIC, "/b.png")}`));
	assert.equal(there.status, 200, there.text);
	assert.equal(asked[1], "/b.png");

	for (const inside of [at("127.0.0.1", "/in"), at("localhost", "/in"),
			      at("2130706433", "/in"), at("[::1]", "/in"),
			      at("[::ffff:127.0.0.1]", "/in"),
			      "//127.0.0.1:1/in", fake.url,
			      "http://169.254.169.254/latest/meta-data/"]) {
		const r = await post(at(PUBLIC, `/x?to=${inside}`));

		assert.equal(r.status, 400, `${inside}: ${r.text}`);
		assert.match(r.json.error.message, /public address$/, inside);
		assert.equal(asked.length, 1, inside);
	}
	await stack.check();
	console.log("all is well");
} finally {
	await stack.stop();
	await fake.close();
	web.closeAllConnections();
	web.close();
}
