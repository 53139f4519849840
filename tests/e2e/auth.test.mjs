/*
 * auth.test.mjs: promise 2.  Whoever has no valid token gets nothing but 401,
 * in the dialect of the endpoint.
 */
import assert from "node:assert/strict";
import {after, afterEach, before, describe, it} from "node:test";

import {ask, bearer, chat, KEYS, MODEL, startFake, startStack, TOKEN,
	userSays} from "./harness.mjs";

const ADMIN = "gb-admin-token-for-the-tests";
const CREATED = "laptop";	/* the name of a token made with the tool */

const OPENAI = ["", "/hf", "/openai", "/vertex-express"].flatMap((p) => [
	["POST", `${p}/v1/chat/completions`, chat("x")],
	["POST", `${p}/v1/completions`, {model: MODEL, prompt: "x"}],
	["POST", `${p}/v1/moderations`, {input: "x"}],
	["POST", `${p}/v1/embeddings`, {model: MODEL, input: "x"}],
	["POST", `${p}/v1/audio/speech`, {input: "x"}],
	["GET", `${p}/v1/models`],
	["GET", `${p}/v1/models/${MODEL}`],
	["GET", `${p}/v1/there/is/no/such/thing`],
]);
const GOOGLE = [
	...["/v1beta", "/gemini/v1beta", "/vertex-express/v1beta"].flatMap((p) => [
		["GET", `${p}/models`],
		["GET", `${p}/models/${MODEL}`],
		["GET", `${p}/there/is/no/such/thing`],
	]),
	...["/v1beta", "/gemini/v1beta", "/v1", "/v1alpha",
	    "/vertex-express/v1beta", "/vertex-express/v1"].flatMap((p) =>
		["generateContent", "streamGenerateContent", "countTokens",
		 "embedContent", "batchEmbedContents"].map((verb) =>
			["POST", `${p}/models/${MODEL}:${verb}`,
			 userSays("x")])),
];

const message = {model: MODEL, max_tokens: 9,
		 messages: [{role: "user", content: "x"}]};
const ANTHROPIC = [
	...["", "/hf", "/openai", "/anthropic"].flatMap((p) => [
		["POST", `${p}/v1/messages`, message],
		["POST", `${p}/v1/messages/count_tokens`, message],
		["GET", `${p}/v1/messages/there/is/no/such/thing`],
	]),
	["GET", "/anthropic/v1/models"],
	["GET", `/anthropic/v1/models/${MODEL}`],
	["GET", "/anthropic/v1/there/is/no/such/thing"],
];

/* Tokens that are none, in every place where one may stand. */
const WRONG = ["", " ", "x", `${TOKEN}x`, TOKEN.slice(0, -1),
	       TOKEN.toUpperCase(), `${TOKEN} ${TOKEN}`, KEYS[0], ADMIN,
	       "sk-123456", "' OR 1=1 --", "a".repeat(5000), "null"];
const FORMS = [
	...WRONG.flatMap((t) => [
		{headers: {authorization: `Bearer ${t}`}},
		{headers: {"x-goog-api-key": t}},
		{headers: {"x-api-key": t}},
		{query: `key=${encodeURIComponent(t)}`},
	]),
	{},
	{headers: {authorization: TOKEN}},
	{headers: {authorization: `Basic ${TOKEN}`}},
	{headers: {authorization: `Basic ${btoa(`user:${TOKEN}`)}`}},
	{headers: {cookie: `token=${TOKEN}`}},
	{query: `KEY=${TOKEN}`},
	{query: `xkey=${TOKEN}`},
	{query: "key"},
];
const RIGHT = [
	{headers: {authorization: `Bearer ${TOKEN}`}},
	{headers: {AUTHORIZATION: `BEARER ${TOKEN}`}},
	{headers: {Authorization: `bearer  ${TOKEN} `}},
	{headers: {"x-goog-api-key": TOKEN}},
	{headers: {"X-GOOG-API-KEY": TOKEN}},
	{headers: {"X-Goog-Api-Key": TOKEN}},
	{headers: {"x-api-key": TOKEN}},
	{headers: {"X-Api-Key": TOKEN, authorization: "Bearer x"}},
	{query: `key=${TOKEN}`},
	{query: `alt=sse&key=${encodeURIComponent(TOKEN)}`},
	{query: `key=${TOKEN.replace(/-/g, "%2D")}`},
];

let fake, stack;

before(async () => {
	fake = await startFake();
	stack = await startStack(fake, {settings: {auth_token: ADMIN}});
});
afterEach(() => stack.check());
after(async () => {
	await stack?.stop();
	await fake?.close();
});

const call = (method, path, body, {headers, query} = {}) =>
	ask(stack.url + path + (query ? `?${query}` : ""),
	    {method, body, headers});

function isOpenai401(r, what)
{
	assert.equal(r.status, 401, what);
	assert.deepEqual(Object.keys(r.json), ["error"], what);
	const e = r.json.error;
	assert.equal(e.type, "invalid_request_error", what);
	assert.equal(e.code, "invalid_api_key", what);
	assert.equal(e.param, null, what);
	assert.equal(typeof e.message, "string", what);
}

/* /v1/models is both dialects' own: Google's clients, whose credential is
 * x-goog-api-key or ?key=, want to read Google's errors.  An empty one is
 * none: lighttpd leaves such headers out. */
const isEitherRoute = (path) => /^(\/vertex-express)?\/v1\/models/.test(path);
const isGoogleForm = ({headers = {}, query = ""}) =>
	!headers.authorization && (headers["x-goog-api-key"]?.trim() ||
				   /^key=./.test(query));

function isGoogle401(r, what)
{
	assert.equal(r.status, 401, what);
	assert.deepEqual(Object.keys(r.json), ["error"], what);
	assert.equal(r.json.error.code, 401, what);
	assert.equal(r.json.error.status, "UNAUTHENTICATED", what);
}

function isAnthropic401(r, what)
{
	assert.equal(r.status, 401, what);
	assert.deepEqual(Object.keys(r.json), ["type", "error", "request_id"],
			 what);
	assert.equal(r.json.type, "error", what);
	assert.equal(r.json.error.type, "authentication_error", what);
	assert.equal(r.headers["request-id"], r.json.request_id, what);
}

describe("promise 2: without a valid token nothing but 401", () => {
	for (const [name, routes, check] of [
		["OpenAI", OPENAI, isOpenai401],
		["Google", GOOGLE, isGoogle401],
		["Anthropic", ANTHROPIC, isAnthropic401],
	])
		for (const [method, path, body] of routes)
			it(`${name}: ${method} ${path}`, async () => {
				fake.reset();
				/* Side by side: there are many. */
				await Promise.all(FORMS.map(async (form) => {
					const r = await call(method, path,
							     body, form);
					const say = JSON.stringify(form) +
						    r.text;
					if (isEitherRoute(path) &&
					    isGoogleForm(form))
						isGoogle401(r, say);
					else
						check(r, say);
				}));
				assert.equal(fake.requests.length, 0);
			});

	it("a body that is no JSON or too large makes no difference",
	   async () => {
		for (const body of ["{", "x".repeat(300000)])
			isOpenai401(await call("POST", "/v1/chat/completions",
					       body), "body");
	});

});

describe("with a valid token", () => {
	for (const form of RIGHT)
		it(JSON.stringify(form), async () => {
			for (const [method, path, body] of [
				["POST", "/v1/chat/completions", chat("x")],
				["POST", "/v1/messages", message],
				["GET", "/v1beta/models"],
				["POST", `/v1beta/models/${MODEL}:countTokens`,
				 userSays("x")]]) {
				const r = await call(method, path, body, form);
				assert.equal(r.status, 200, path + r.text);
			}
		});

	it("one that the tool makes, until it revokes it (promise 7)",
	   async () => {
		const made = await stack.tool("tokens", "create", CREATED);
		assert.equal(made.code, 0, made.stderr);
		const token = made.stdout.match(/\S{20,}/)?.[0];
		assert.ok(token, made.stdout);
		const status = async () => (await call("GET", "/v1/models",
			undefined, {headers: bearer(token)})).status;

		await stack.until(async () => await status() === 200, 5000);
		const listed = await stack.tool("tokens", "list");
		assert.match(listed.stdout, new RegExp(CREATED));
		assert.ok(!listed.stdout.includes(token));

		const gone = await stack.tool("tokens", "revoke", CREATED);
		assert.equal(gone.code, 0, gone.stderr);
		await stack.until(async () => await status() === 401, 5000);
	});

	it("/health needs none and tells nothing", async () => {
		const r = await ask(`${stack.url}/health`);

		assert.equal(r.status, 200);
		for (const secret of [...KEYS, TOKEN, ADMIN])
			assert.ok(!r.text.includes(secret.slice(4, -4)));
	});
});
