/*
 * tokens.test.mjs: access tokens are people: what each may use, in the dialect
 * of the endpoint, and what the tool says of them.
 */
import assert from "node:assert/strict";
import {after, before, beforeEach, describe, it} from "node:test";

import {ask, bearer, chat, MODEL, startFake, startStack, TOKEN, userSays}
	from "./harness.mjs";

const OTHER = "gemini-2.5-pro";
const THIRD = "gb-third-token-for-the-tests";

let fake, stack;

before(async () => {
	fake = await startFake();
	stack = await startStack(fake, {settings: {
		allowed_tokens: [TOKEN, THIRD]},
		env: {MODEL_ALIASES: JSON.stringify({quick: MODEL}),
		      SEARCH_MODELS: JSON.stringify([MODEL])}});
});
beforeEach(() => fake.reset());
after(async () => {
	await stack?.stop();
	await fake?.close();
});

async function run(...args)
{
	const r = await stack.tool(...args);

	assert.equal(r.code, 0, r.stderr);
	return r.stdout;
}

/* Make a token, and wait until it is known. */
async function create(name, ...options)
{
	const token = (await run("tokens", "create", name, ...options)).trim();

	await stack.until(async () => (await ask(`${stack.url}/no/such`, {
		headers: bearer(token)})).status !== 401);
	return token;
}

const post = (token, path, body, headers = bearer(token)) =>
	ask(stack.url + path, {headers, body});
const complete = (token, model = MODEL) =>
	post(token, "/v1/chat/completions", chat("x", {model}));

const message = (model) => ({model, max_tokens: 9,
			     messages: [{role: "user", content: "x"}]});

describe("models", () => {
	let token;

	before(async () => {
		token = await create("modest", "--models",
				     `${MODEL},*-lite`);
	});

	it("that are allowed, by their names and what means the same",
	   async () => {
		for (const model of [MODEL, `models/${MODEL}`, "quick",
				     "gemini-2.5-flash-lite",
				     `${MODEL}-search`]) {
			const r = await complete(token, model);
			assert.equal(r.status, 200, model + r.text);
		}
	});

	it("that are not, in OpenAI's words", async () => {
		const r = await complete(token, OTHER);

		assert.equal(r.status, 403, r.text);
		assert.equal(r.json.error.code, "permission_denied");
		assert.ok(r.json.error.message.includes(OTHER), r.text);
		assert.equal(fake.requests.length, 0);
	});

	it("in Anthropic's", async () => {
		const r = await post(token, "/v1/messages", message(OTHER));

		assert.equal(r.status, 403, r.text);
		assert.equal(r.json.error.type, "permission_error");
		assert.ok(r.json.error.message.includes(OTHER), r.text);
	});

	it("in Google's, also of files' and caches' calls", async () => {
		for (const [path, body] of [
			[`/v1beta/models/${OTHER}:generateContent`,
			 userSays("x")],
			[`/v1beta/models/${OTHER}:streamGenerateContent`,
			 userSays("x")],
			["/v1beta/cachedContents",
			 {...userSays("x"), model: `models/${OTHER}`}]]) {
			const r = await post(token, path, body);
			const {error} = r.json[0] ?? r.json;
			assert.equal(r.status, 403, r.text);
			assert.equal(error.status, "PERMISSION_DENIED");
			assert.ok(error.message.includes(OTHER), r.text);
		}
		const tuned = await post(token,
			"/v1beta/tunedModels/mine:generateContent",
			userSays("x"));
		assert.equal(tuned.status, 403, tuned.text);
		assert.match(tuned.json.error.message, /tunedModels\/mine/);
		assert.equal(fake.requests.length, 0);
	});

	it("also where an endpoint would choose another one", async () => {
		const r = await post(token, "/v1/images/generations",
				     {model: "dall-e-3", prompt: "x"});

		assert.equal(r.status, 403, r.text);
		assert.equal(fake.requests.length, 0);
	});

	it("several answers are refused as one is", async () => {
		const r = await post(token, "/v1/chat/completions",
				     chat("x", {model: OTHER, n: 3}));

		assert.equal(r.status, 403, r.text);
	});

	it("the others are not listed", async () => {
		const names = async (t, path, pick) => {
			const r = await ask(stack.url + path,
					    {headers: bearer(t)});
			assert.equal(r.status, 200, r.text);
			return pick(r.json);
		};
		for (const [path, pick] of [
			["/v1/models", (j) => j.data.map((m) => m.id)],
			["/v1beta/models",
			 (j) => j.models.map((m) => m.name.slice(7))]]) {
			const all = await names(TOKEN, path, pick);
			const mine = await names(token, path, pick);
			assert.ok(all.includes(OTHER), `${all}`);
			assert.ok(mine.includes(MODEL), `${mine}`);
			assert.ok(!mine.includes(OTHER), `${mine}`);
			assert.deepEqual(mine.filter((m) =>
				!m.startsWith(MODEL) && !m.includes("-lite")),
				[]);
		}
		const one = await ask(`${stack.url}/v1/models/${OTHER}`,
				      {headers: bearer(token)});
		assert.equal(one.status, 404, one.text);
	});
});

describe("endpoints", () => {
	const CALLS = [
		["chat", "POST", "/v1/chat/completions", chat("x")],
		["chat", "POST", "/v1/responses", {model: MODEL, input: "x"}],
		["chat", "POST", "/v1/messages", message(MODEL)],
		["embeddings", "POST", "/v1/embeddings",
		 {model: "gemini-embedding-001", input: "x"}],
		["images", "POST", "/v1/images/generations", {prompt: "x"}],
		["audio", "POST", "/v1/audio/speech",
		 {model: "tts-1", input: "x", voice: "alloy"}],
		["files", "GET", "/v1/files"],
		["files", "GET", "/v1beta/files"],
		["native", "POST", `/v1beta/models/${MODEL}:generateContent`,
		 userSays("x")],
		["native", "GET", "/v1beta/cachedContents"],
		["models", "GET", "/v1/models"],
		["models", "GET", "/v1beta/models"],
	];
	const families = [...new Set(CALLS.map((c) => c[0]))];

	for (const family of families)
		it(`${family} alone`, async () => {
			const token = await create(`only-${family}`,
						   "--endpoints", family);
			for (const [whose, method, path, body] of CALLS) {
				const r = await ask(stack.url + path, {method,
					headers: bearer(token), body});
				if (whose === family) {
					assert.notEqual(r.status, 403,
							path + r.text);
					continue;
				}
				assert.equal(r.status, 403, path + r.text);
				assert.match(r.text, new RegExp(whose), path);
				assert.match(r.text,
					     new RegExp(`may use: ${family}`));
			}
		});

	it("what there is not is not there", async () => {
		const token = await create("nowhere", "--endpoints", "audio");
		const r = await post(token, "/v1/no/such/thing", {});

		assert.equal(r.status, 404, r.text);
	});
});

describe("in force", () => {
	it("until it is disabled, and again when enabled", async () => {
		const token = await create("switched");

		await run("tokens", "disable", "switched");
		await stack.until(async () =>
			(await complete(token)).status === 401);
		await run("tokens", "enable", "switched");
		await stack.until(async () =>
			(await complete(token)).status === 200);
	});

	it("until it expires, to the moment", async () => {
		const token = await create("brief");
		const soon = new Date(Date.now() + 3000).toISOString()
			.replace(/\.\d+Z/, "Z");

		await run("tokens", "set", "brief", "--expires", soon);
		await stack.until(async () =>
			(await complete(token)).status === 401);
		assert.ok(Date.now() >= Date.parse(soon));
		const [row] = JSON.parse(await run("tokens", "list", "--json"))
			.filter((t) => t.name === "brief");
		assert.equal(row.state, "expired");
	});

	it("those of the configuration can be limited, too", async () => {
		await run("tokens", "set", "config-2", "--models", "none*");
		await stack.until(async () =>
			(await complete(THIRD)).status === 403);
		assert.equal((await complete(TOKEN)).status, 200);
		await run("tokens", "set", "config-2", "--models", "all",
			  "--note", "the third");
		await stack.until(async () =>
			(await complete(THIRD)).status === 200);
		assert.match(await run("tokens", "show", "config-2"),
			     /note +the third/);
	});
});

describe("the tool", () => {
	it("shows what was set", async () => {
		const token = await create("full", "--note", "Ann, blue team",
			"--expires", "2099-01-31", "--models", "a*,b",
			"--endpoints", "chat,models", "--parallel", "2",
			"--requests-per-minute", "3", "--tokens-per-day",
			"4000", "--cost-per-month=2.50");
		const [row] = JSON.parse(await run("tokens", "list", "--json"))
			.filter((t) => t.name === "full");
		const shown = await run("tokens", "show", "full");

		assert.equal(row.note, "Ann, blue team");
		assert.equal(row.state, "in force");
		assert.equal(row.models, "a*,b");
		assert.equal(row.endpoints, "chat,models");
		assert.equal(row.parallel, 2);
		assert.equal(row.requests_per_minute, 3);
		assert.equal(row.tokens_per_day, 4000);
		assert.equal(row.cost_per_month, 2.5);
		assert.equal(row.tokens_per_month, null);
		assert.match(row.expires, /^2099-01-31/);
		assert.match(shown, /requests-per-minute +3; used 0/);
		assert.ok(!shown.includes(token));
		for (const how of [[], ["--csv"]]) {
			const text = await run("tokens", "list", ...how);
			assert.match(text, /Ann, blue team/);
			assert.ok(!text.includes(token));
		}
	});

	for (const [args, why] of [
		[["create", "config-9"], /config-/],
		[["create", "x", "--models", "a,,b"], /--models/],
		[["create", "x", "--models", "a b"], /--models/],
		[["create", "x", "--models", "x".repeat(600)], /--models/],
		[["create", "x", "--endpoints", "chat,cat"], /--endpoints/],
		[["create", "x", "--endpoints", ""], /--endpoints/],
		[["create", "x", "--expires", "2001-01-01"], /--expires/],
		[["create", "x", "--expires", "0d"], /--expires/],
		[["create", "x", "--expires", "soon"], /--expires/],
		[["create", "x", "--note", "a\nb"], /--note/],
		[["create", "x", "--note", "x".repeat(201)], /--note/],
		[["create", "x", "--parallel", "-1"], /--parallel/],
		[["create", "x", "--parallel", "many"], /--parallel/],
		[["create", "x", "--tokens-per-day", "1e9"],
		 /--tokens-per-day/],
		[["create", "x", "--cost-per-day", "1.0000001"],
		 /--cost-per-day/],
		[["set", "config-1"], /what is to be set/],
		[["set", "config-1", "--limit", "1"], /no such option/],
		[["list", "--parallel", "1"], /does not go/],
	])
		it(`refuses ${JSON.stringify(args).slice(0, 70)}`, async () => {
			const r = await stack.tool("tokens", ...args);

			assert.equal(r.code, 2, r.stdout);
			assert.match(r.stderr, why);
		});

	it("names that there are not", async () => {
		for (const args of [["show", "nobody"], ["enable", "nobody"],
				    ["disable", "nobody"],
				    ["revoke", "nobody"],
				    ["set", "nobody", "--parallel", "1"]]) {
			const r = await stack.tool("tokens", ...args);
			assert.equal(r.code, 1, r.stdout);
			assert.match(r.stderr, /nobody/);
		}
		const rows = await stack.sql("SELECT name FROM tokens " +
			"WHERE name IN ('x', 'nobody')");
		assert.deepEqual(rows, []);
	});
});
