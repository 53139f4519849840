/*
 * pictures.test.mjs: pictures go where the operator wants them, and are
 * delivered whatever their host does.
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import {after, before, beforeEach, describe, it} from "node:test";

import OpenAI from "openai";
import S3rver from "s3rver";

import {ACCOUNT, FakeHost, s3Fault} from "../fake/hosts.mjs";
import {ask, bearer, freePort, open, startFake, startStack, TOKEN}
	from "./harness.mjs";

const NAME = "0123456789abcdef0123456789abcdef";
const PNG = Buffer.from("89504e470d0a1a0a", "hex");	/* how each begins */
const OURS = /^(.*)\/pictures\/[0-9a-f]{32}\.png$/;

let fake, stack;
before(async () => {
	fake = await startFake();
	stack = await startStack(fake);
});
after(async () => {
	await stack?.stop();
	await fake?.close();
});

/* Everything that a host of this kind needs. */
function settingsOf(host)
{
	const local = `http://localhost:${host.port}`;

	return {
		upload_provider: host.kind,
		upload_timeout: 1,
		public_url: stack.url,
		smms_secret_token: ACCOUNT.smms,
		smms_api_url: `${host.url}/api/v2/upload`,
		picgo_api_key: ACCOUNT.picgo,
		picgo_api_url: `${host.url}/api/1/upload`,
		cloudflare_imgbed_url: `${host.url}/upload`,
		cloudflare_imgbed_auth_code: ACCOUNT.imgbed,
		cloudflare_imgbed_upload_folder: "a/b",
		oss_endpoint: local,
		oss_access_key: ACCOUNT.ossId,
		oss_access_key_secret: ACCOUNT.ossSecret,
		oss_bucket_name: "bkt",
		oss_region: "cn-x",
		s3_endpoint: host.url,
		s3_bucket: "bkt",
		s3_access_key_id: ACCOUNT.s3Id,
		s3_secret_access_key: ACCOUNT.s3Secret,
	};
}

/* Put a picture with the settings: {code, stderr, url}.  Account data are as
 * secret as keys (promise 1), and these hosts repeat them. */
async function put(settings)
{
	stack.writeConfig(settings);
	const r = await stack.tool("pictures", "test");

	stack.assertClean();
	assert.doesNotMatch(r.stderr, /Sanitizer|runtime error/);
	for (const secret of Object.values(ACCOUNT))
		assert.ok(!(r.stdout + r.stderr).includes(secret),
			  `a secret is shown: ${r.stdout}${r.stderr}`);
	return {...r, url: r.stdout.trim()};
}

/* The bytes at a URL. */
async function get(url)
{
	const pieces = [];
	const res = await open(url);

	for await (const piece of res)
		pieces.push(piece);
	return {status: res.statusCode, headers: res.headers,
		bytes: Buffer.concat(pieces)};
}

async function assertKeptHere(r)
{
	assert.match(r.url, OURS);
	assert.ok(r.url.startsWith(stack.url));
	const {status, headers, bytes} = await get(r.url);
	assert.equal(status, 200);
	assert.equal(headers["content-type"], "image/png");
	assert.deepEqual(bytes.subarray(0, 8), PNG);
}

const LINKS = {
	smms: (h, name) => `${h.url}/file/${name}`,
	picgo: (h, name) => `${h.url}/file/${name}`,
	cloudflare_imgbed: (h, name) => `${h.url}/file/${name}`,
	aliyun_oss: (h, name) =>
		`http://bkt.localhost:${h.port}/pictures/${name}`,
	s3: (h, name) => `${h.url}/bkt/pictures/${name}`,
};

for (const kind of Object.keys(LINKS))
	describe(`pictures at ${kind}`, () => {
		let host;

		before(async () => {
			host = await new FakeHost(kind).start();
		});
		after(() => host?.close());
		beforeEach(() => {
			host.how = "good";
			host.uploads = [];
		});

		it("arrive, with the account and nothing else of ours",
		   async () => {
			const r = await put(settingsOf(host));
			const [upload] = host.uploads;

			assert.equal(r.code, 0, r.stderr);
			assert.equal(host.uploads.length, 1);
			assert.equal(upload.fault, undefined);
			assert.equal(upload.type, "image/png");
			assert.match(upload.name, /^[0-9a-f]{32}\.png$/);
			assert.deepEqual(upload.bytes.subarray(0, 8), PNG);
			assert.equal(r.url, LINKS[kind](host, upload.name));
			const sent = upload.url + JSON.stringify(upload.headers);
			assert.ok(!sent.includes("x-goog"));
			assert.ok(!sent.includes("AIza"));
			for (const secret of Object.values(ACCOUNT))
				assert.ok(!upload.url.includes(secret));
		});

		for (const [how, words] of Object.entries({
			refused: /no: |auth_code is wrong/,
			expired: /expired|auth_code is wrong/,
			wrong: /its answer is none|no reason/,
			html: ["aliyun_oss", "s3"].includes(kind) ? undefined :
				/its answer is none/,
			redirect: /status 302/,
			cut: /status 200/,
			slow: /status 0/,
			evil: ["smms", "picgo"].includes(kind) ?
				/no fit URL/ : undefined,
		}))
			if (words)
				it(`are kept here when it is ${how}`,
				   async () => {
					host.how = how;
					const r = await put(settingsOf(host));

					assert.equal(r.code, 1);
					assert.match(r.stderr, new RegExp(
						`pictures: ${kind}: status`));
					assert.match(r.stderr, words);
					await assertKeptHere(r);
				});

		it("are kept here when nobody is there", async () => {
			const port = await freePort();
			const r = await put(settingsOf({
				kind, port, url: `http://127.0.0.1:${port}`}));

			assert.equal(r.code, 1);
			assert.match(r.stderr, /status 0: /);
			await assertKeptHere(r);
		});

		it("are kept here when there is no account", async () => {
			const r = await put({upload_provider: kind,
					     public_url: stack.url});

			assert.equal(r.code, 1);
			assert.match(r.stderr, /[a-z0-9_]+ is not set/);
			assert.equal(host.uploads.length, 0);
			await assertKeptHere(r);
		});
	});

describe("pictures at aliyun_oss", () => {
	let host;

	before(async () => {
		host = await new FakeHost("aliyun_oss").start();
	});
	after(() => host?.close());

	it("are signed by V1 without a region", async () => {
		const r = await put({...settingsOf(host), oss_region: ""});

		assert.equal(r.code, 0, r.stderr);
		assert.match(host.uploads.at(-1).headers.authorization,
			     /^OSS LTAI/);
	});

	it("go by the inner address where that can be reached", async () => {
		const r = await put({...settingsOf(host),
			oss_endpoint: "oss-cn-x.example",
			oss_endpoint_inner: `http://localhost:${host.port}`});

		assert.equal(r.code, 0, r.stderr);
		assert.equal(r.url, "https://bkt.oss-cn-x.example/pictures/" +
			     host.uploads.at(-1).name);
	});

	it("and by the other one where it cannot", async () => {
		const inner = `http://localhost:${await freePort()}`;
		const r = await put({...settingsOf(host),
				     oss_endpoint_inner: inner});

		assert.equal(r.code, 0, r.stderr);
		assert.ok(r.url.startsWith("http://bkt.localhost:" +
					   host.port));
	});
});

/* s3rver keeps and serves objects as S3 does, but does not look at signatures of
 * V4; what stands before it here does. */
describe("pictures at a real S3 server", () => {
	let folder, real, guard;

	before(async () => {
		folder = path.join(stack.data, "s3");
		fs.mkdirSync(folder);
		real = new S3rver({address: "127.0.0.1", port: 0,
			silent: true, directory: folder,
			vhostBuckets: false,
			configureBuckets: [{name: "bkt"}]});
		const {port} = await real.run();
		guard = new FakeHost("s3");
		guard.answer = async (upload, res) => {
			const r = upload.fault ? {status: 403, text: ""} :
				await ask(`http://127.0.0.1:${port}` +
					  upload.url, {method: "PUT",
				headers: {"content-type": upload.type,
					  "content-length": upload.body.length},
				body: upload.body});
			res.writeHead(r.status);
			res.end(r.text);
		};
		await guard.start();
		guard.publicUrl = `http://127.0.0.1:${port}/bkt`;
	});
	after(async () => {
		await guard?.close();
		await real?.close();
	});

	it("can be fetched by their links", async () => {
		const r = await put({...settingsOf(guard),
				     s3_public_url: guard.publicUrl});

		assert.equal(r.code, 0, r.stderr);
		const {status, headers, bytes} = await get(r.url);
		assert.equal(status, 200);
		assert.equal(headers["content-type"], "image/png");
		assert.deepEqual(bytes, guard.uploads.at(-1).bytes);
	});

	it("and not when the secret is wrong", async () => {
		const r = await put({...settingsOf(guard),
			s3_secret_access_key: "another-secret-0123456789"});

		assert.equal(r.code, 1);
		assert.equal(s3Fault({method: "PUT", ...guard.uploads.at(-1)},
				     guard.uploads.at(-1).body),
			     "SignatureDoesNotMatch");
		await assertKeptHere(r);
	});
});

describe("what an operator sees", () => {
	it("where pictures go, and what is here", async () => {
		stack.writeConfig({upload_provider: "local"});
		const r = await stack.tool("pictures", "show");

		assert.equal(r.code, 0, r.stderr);
		assert.match(r.stdout, /^pictures go to: local\n/);
		assert.match(r.stdout, /\n\d+ pictures of \d+ bytes in /);
		assert.doesNotMatch(r.stdout, /Kept here because/);
	});

	it("when and why a host failed last", async () => {
		for (let i = 0; i < 21; i++)
			await stack.sql("INSERT INTO attempts (time_ms, " +
				"request_id, key_id, model, status, " +
				`error_class, text) VALUES (${i * 1000}, ` +
				`'x', 0, '', 403, 'picture_host', 'no ${i}.')`);
		const r = await stack.tool("pictures", "show");

		assert.match(r.stdout, /1970-01-01T00:00:20Z +403 +no 20\.\n/);
		assert.match(r.stdout, /no 1\.\n/);
		assert.doesNotMatch(r.stdout, /no 0\./, "the last 20");
	});

	it("settings with secrets masked", async () => {
		stack.writeConfig(settingsOf({kind: "s3", port: 1,
					      url: "http://127.0.0.1:1"}));
		const r = await stack.tool("check-config");

		assert.equal(r.code, 0, r.stderr);
		for (const secret of Object.values(ACCOUNT))
			assert.ok(!r.stdout.includes(secret), secret);
		assert.match(r.stdout, /s3_secret_access_key = "Plan…ijkl"/);
	});

	it("which provider there is not", async () => {
		stack.writeConfig({upload_provider: "imgur"});
		const r = await stack.tool("check-config");

		assert.equal(r.code, 1);
		assert.match(r.stderr + r.stdout, /upload_provider: must be/);
		stack.writeConfig({});
	});
});

/* What the host does is nobody's concern but the operator's. */
for (const kind of Object.keys(LINKS))
	describe(`OpenAI's client, when pictures go to ${kind}`, () => {
		const PAINTER = "gemini-3.1-flash-image";
		let host, here, client;

		before(async () => {
			host = await new FakeHost(kind).start();
			here = await startStack(fake, {settings: {
				...settingsOf(host), public_url: ""}});
			client = new OpenAI({apiKey: TOKEN, maxRetries: 0,
					     baseURL: `${here.url}/v1`});
		});
		after(async () => {
			await here?.stop();
			await host?.close();
		});

		const isDelivered = async (url) => {
			assert.match(url, OURS);
			assert.ok(url.startsWith(here.url), url);
			const {status, bytes} = await get(url);
			assert.equal(status, 200);
			assert.deepEqual(bytes.subarray(0, 8), PNG);
		};
		const draw = async () => (await client.images.generate({
			model: PAINTER, prompt: "a cat", n: 2,
			response_format: "url"})).data.map((d) => d.url);
		const chatted = async (more) => {
			const r = await client.chat.completions.create({
				model: `${PAINTER}-chat`, ...more,
				messages: [{role: "user", content: "a cat"}]});
			let text = "";

			if (!more.stream)
				text = r.choices[0].message.content;
			else
				for await (const c of r)
					text += c.choices[0]?.delta.content ??
						"";
			return /!\[image\]\(([^)]*)\)/.exec(text)[1];
		};

		it("gets links to the host while it is well", async () => {
			for (const url of await draw())
				assert.ok(host.uploads.some((u) =>
					url === LINKS[kind](host, u.name)), url);
			assert.equal(host.uploads.length, 2);
		});

		for (const how of ["refused", "slow", "wrong", "expired"])
			it(`gets the picture when it is ${how}`, async () => {
				host.how = how;
				host.uploads = [];
				for (const url of await draw())
					await isDelivered(url);
				assert.ok(host.uploads.length > 0);
				for (const more of [{}, {stream: true}])
					await isDelivered(await chatted(more));
				const {stdout} = await here.tool("pictures",
								 "show");
				assert.match(stdout, /because the host failed/);
			});

		it("gets the picture itself without any host", async () => {
			host.uploads = [];
			const {data} = await client.images.generate({
				model: PAINTER, prompt: "a cat",
				response_format: "b64_json"});

			assert.deepEqual(Buffer.from(data[0].b64_json,
				"base64").subarray(0, 8), PNG);
			assert.equal(host.uploads.length, 0);
		});
	});

/* The folder, through the web servers; nobody needs a token. */
for (const options of [
	{},
	{way: "mounted", mount: "/gbalance"},
	{way: "cgi", mount: "/gbalance"},
	{server: "apache", way: "proxy", mount: "/gbalance"},
	{server: "apache", way: "fcgid", mount: "/~me/gbalance.fcgi"},
	{server: "htaccess", way: "cgi", mount: "/~me/gb"},
])
	describe(`served by ${options.server ?? "lighttpd"} ` +
		 `${options.way ?? "daemon"} at "${options.mount ?? ""}/"`, () => {
		const large = Buffer.alloc(3 << 20, "picture");
		let here, url;

		before(async () => {
			here = await startStack(fake, options);
			const folder = path.join(here.root,
				options.server === "htaccess" ?
				"web/gb/data/pictures" : "data/pictures");

			/* As one user would have it who is the server's. */
			fs.mkdirSync(folder, {recursive: true, mode: 0o755});
			fs.writeFileSync(path.join(folder, `${NAME}.png`),
					 large, {mode: 0o644});
			fs.writeFileSync(path.join(folder, "secret.txt"), "x");
			url = `${here.url}/pictures`;
		});
		after(() => here?.stop());

		it("whole, and to be cached for good", async () => {
			const r = await get(`${url}/${NAME}.png`);

			assert.equal(r.status, 200);
			assert.ok(r.bytes.equals(large));
			assert.equal(r.headers["content-type"], "image/png");
			/* Apache sends pieces, as it is told to flush. */
			if (!options.server)
				assert.equal(r.headers["content-length"],
					     String(large.length));
			assert.equal(r.headers["cache-control"],
				     "public, max-age=2592000, immutable");
			assert.equal(r.headers["x-content-type-options"],
				     "nosniff");
			assert.match(r.headers["content-security-policy"],
				     /sandbox/);
			await here.check();
		});

		it("without a body to HEAD", async () => {
			const r = await ask(`${url}/${NAME}.png`,
					    {method: "HEAD"});

			assert.equal(r.status, 200);
			assert.equal(r.text, "");
			assert.equal(r.headers["content-type"], "image/png");
		});

		it("and nothing else", async () => {
			for (const name of [`${NAME}.jpg`, "secret.txt",
				"..%2fgbalance.db", "%2e%2e/gbalance.db",
				`${NAME}.png%00`, `${NAME}.png%2f`,
				`${NAME.toUpperCase()}.png`,
				"..%5cgbalance.db", "*"]) {
				const r = await ask(`${url}/${name}`);

				assert.ok([401, 404, 400, 403]
					.includes(r.status),
					  `${name}: ${r.status}`);
				assert.ok(!r.text.includes("SQLite"));
			}
			for (const [path, method, status] of [
				["", "GET", 401], ["/", "GET", 401],
				[`/${NAME}.png`, "POST", 401],
				[`/${NAME}.png`, "DELETE", 401]]) {
				const r = await ask(url + path, {method});
				assert.equal(r.status, status, path);
			}
			const r = await ask(`${url}/${NAME}.png`, {
				method: "DELETE", headers: bearer()});
			assert.equal(r.status, 405);
			await here.check();
		});
	});
