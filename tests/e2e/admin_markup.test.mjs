/*
 * admin_markup.test.mjs: markup that somebody wrote into any text stays text,
 * on every page, in both languages (promise 11).
 *
 * What is written where is in three tables: SOURCES, what comes in from other
 * sides than the forms; FIELDS, each field of a form that takes text; and the
 * settings, which tell themselves what they are.  A form's field that is in no
 * table, and a page of the route table that is not walked, are failures.
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import {after, afterEach, before, describe, it} from "node:test";

import {ask, bearer, chat, KEYS, MODEL, REPO, startFake, startStack}
	from "./harness.mjs";

const ADMIN = "gb-admin-token-for-the-tests";
const MANY = 45;	/* more keys than are verified in one go */
const FORM = {"content-type": "application/x-www-form-urlencoded"};

/* Markup for a text, an attribute in either quotes, and a tag, behind a mark
 * that tells what wrote it; the short one fits where little does. */
const SHORT = `"'><script>alert(1)</script>`;
const EVIL = `${SHORT}<img src=x onerror=alert(1)>`;
const RAW = /<script>alert|<img src=x|"'>|'><|javascript:alert/;
const escaped = (mark) => `${mark}&quot;&#39;&gt;&lt;script&gt;alert(1)`;

let fake, stack, cookie, csrf, tokenPage;

before(async () => {
	fake = await startFake();
	stack = await startStack(fake, {settings: {auth_token: ADMIN,
		trust_forwarded: true, error_log_record_request_body: true}});
	await signIn();
});
afterEach(() => stack.check());
after(async () => {
	await stack?.stop();
	await fake?.close();
});

async function signIn()
{
	const r = await ask(`${stack.url}/admin/login`, {
		headers: {...FORM, "user-agent": `agent${EVIL}{{CSRF}}`,
			  "x-forwarded-for": `address${EVIL}`},
		body: new URLSearchParams({auth_token: ADMIN}).toString()});

	assert.equal(r.status, 303, r.text);
	cookie = r.headers["set-cookie"].find((c) =>
		c.startsWith("gb_session=")).split(";")[0];
	csrf = /name="csrf" value="(\w+)"/.exec((await get("/admin/")).text)[1];
}

const get = (where, language = "en") => ask(stack.url + where, {
	headers: {cookie: `${cookie}; gb_language=${language}`}});
const encode = (fields) => new URLSearchParams(fields).toString();

/* Send a form, and go where it leads to. */
async function send(method, where, fields, language = "en")
{
	if (method === "GET")
		return get(`${where}?${encode(fields)}`, language);
	const r = await ask(stack.url + where, {body: encode({csrf, ...fields}),
		headers: {...FORM,
			  cookie: `${cookie}; gb_language=${language}`}});
	return r.status === 303 ?
		get(r.headers.location.slice(stack.mount.length), language) : r;
}

/* An answer of the admin site: no page has markup that is not ours, and what is
 * none is not taken for one. */
function assertText(r, what)
{
	const type = r.headers["content-type"];

	assert.ok(r.status < 500, `${what}: ${r.status}`);
	if (/^text\/html/.test(type ?? "text/html")) {
		const at = r.text.search(RAW);
		assert.equal(at, -1, `${what}: ${r.text.slice(
			Math.max(0, at - 200), at + 100)}`);
	} else {
		assert.match(type, /^(application\/json|text\/(plain|css|javascript|csv|event-stream))/,
			     what);
		assert.equal(r.headers["x-content-type-options"], "nosniff",
			     what);
	}
	return r;
}

/* --- pages ---------------------------------------------------------------- */

async function routes()
{
	return (await stack.tool("routes")).stdout.trim().split("\n")
		.map((line) => {
			const [method, pattern, , face] = line.split(/ +/);
			return {method, pattern, face};
		});
}

/* What stands for the "*" of a page's path, and more of it to look at. */
const MORE = {
	"/static/*": ["/static/app.css"],
	"/admin/logs": ["/admin/logs", "/admin/logs?kind=errors"],
	"/admin/logs/requests/*": async () => ofTable("requests"),
	"/admin/logs/errors/*": async () => ofTable("attempts", "errors"),
	"/admin/logs/export": ["/admin/logs/export?format=csv",
			       "/admin/logs/export?format=json"],
	"/admin/tokens": ["/admin/tokens?all=1"],
	"/admin/tokens/*": async () => (await stack.sql(
		"SELECT id FROM tokens")).map((t) => `/admin/tokens/${t.id}`),
	"/token/*": async () => [tokenPage],
	"/admin/settings": async () => [...(await get("/admin/settings")).text
		.matchAll(/href="(\?group=\w+)"/g)]
		.map(([, query]) => `/admin/settings${query}`),
	"/admin/keys/*": async () => (await stack.sql("SELECT id FROM keys LIMIT 3"))
		.map((k) => `/admin/keys/${k.id}`),
};

const ofTable = async (table, name = table) => (await stack.sql(
	`SELECT id FROM ${table} ORDER BY id LIMIT 20`))
	.map((row) => `/admin/logs/${name}/${row.id}`);

/* Pages that only a form leads to. */
const REACHED = [
	["/admin/keys", {do: "delete", scope: "all", word: EVIL}],
	["/admin/keys", {do: "verify", scope: "all", word: EVIL}],
	["/admin/keys/add", {do: "preview", keys: EVIL, tag: SHORT}],
	["/admin/keys/reveal", {id: "1"}],
	["/admin/playground", {model: MODEL, prompt: EVIL, system: EVIL}],
	["/admin/tokens", {name: "", note: EVIL}],
	["/admin/health", {url: "http://127.0.0.1:1/"}],
	["/admin/settings/exits", {}],
];

/* The paths of every page that there is. */
async function pages()
{
	const all = [];

	for (const {method, pattern, face} of await routes()) {
		if (method !== "GET" || face !== "page")
			continue;
		const more = MORE[pattern] ?? [pattern];
		const paths = typeof more === "function" ? await more() : more;
		assert.ok(paths.length > 0, `there is none of ${pattern}`);
		for (const p of paths)
			assert.ok(!p.includes("*"), `${p} is not walked`);
		all.push(...paths);
	}
	return all;
}

/* Look at every page: {path: its text} */
async function walk()
{
	const texts = {};

	for (const where of await pages())
	for (const language of ["en", "zh-CN"]) {
		const r = assertText(await get(where, language), where);
		assert.ok([200, 303].includes(r.status), where);
		texts[where] = (texts[where] ?? "") + r.text;
	}
	fake.setDefault("*", {text: `answer${EVIL}`, thought: EVIL});
	for (const [where, fields] of REACHED)
	for (const language of ["en", "zh-CN"]) {
		const what = `POST ${where} ${fields.do ?? ""}`;
		const r = assertText(await send("POST", where, fields, language),
				     what);
		texts[what] = (texts[what] ?? "") + r.text;
	}
	fake.reset();
	return texts;
}

function assertShown(texts, pattern, mark)
{
	const where = Object.keys(texts).filter((p) => pattern.test(p));

	assert.ok(where.length > 0, `${mark}: no page is ${pattern}`);
	/* A body that was recorded is JSON. */
	assert.ok(where.some((p) => texts[p].replaceAll("\\&quot;", "&quot;")
		.includes(escaped(mark))),
		  `${mark} is on none of ${where}`);
}

/* --- where text comes from ------------------------------------------------ */

const quoted = (text) => `'${text.replaceAll("'", "''")}'`;
const googleSays = (code, status, mark, details) => ({error: {status: code,
	body: {error: {code, status, details, message: mark + EVIL}}}});

/* Ask for a chat that comes to this end. */
async function converse(behaviour, model = MODEL, headers = {})
{
	await stack.sql("UPDATE keys SET disabled_by = 0, ready_at = 0; " +
			"DELETE FROM key_models; DELETE FROM breakers");
	fake.setDefault("*", behaviour);
	const r = await ask(`${stack.url}/v1/chat/completions`, {
		headers: {...bearer(), ...headers},
		body: {...chat(`prompt${EVIL}`), model}});
	fake.reset();
	assert.match(r.headers["content-type"], /^application\/json/);
}

/* mark: what writes it, and on which pages it has to be shown (none: perhaps
 * on no page, but never as markup). */
const SOURCES = {
	agent: [() => signIn(), /\/sessions$/],
	model: [(text) => converse({}, text), null],
	invalid: [() => converse(googleSays(400, "INVALID_ARGUMENT",
					    "invalid")), /errors\/\d+$/],
	prompt: [async () => {}, /errors\/\d+$/],
	refused: [() => converse(googleSays(403, `PERMISSION_DENIED${SHORT}`,
		"refused", [{"@type":
		"type.googleapis.com/google.rpc.ErrorInfo",
		reason: `REASON${EVIL}`, domain: "googleapis.com"}])),
		/errors$/],
	exhausted: [() => converse(googleSays(429, "RESOURCE_EXHAUSTED",
		"exhausted", [{"@type":
		"type.googleapis.com/google.rpc.QuotaFailure", violations: [
		{quotaMetric: EVIL, quotaId: `PerDay${EVIL}`,
		 quotaDimensions: {model: EVIL}}]}])), /keys\/\d+$/],
	garbled: [() => converse({respond: {status: 400, type: "text/html",
		body: `garbled${EVIL}`}}), /errors$/],
	answered: [() => converse({text: `answered${EVIL}`,
		modelVersion: `version${EVIL}`, finishReason: SHORT}), null],
	keynote: [(text) => stack.tool("keys", "set", "1", "--note", text),
		  /keys\/1$/],
	keyproject: [(text) => stack.tool("keys", "set", "1", "--project",
					  text.slice(0, 60)), /keys\/1$/],
	keymodels: [(text) => stack.sql(`UPDATE keys SET models = ${
		quoted(text)} WHERE id = 2`), /keys\/2$/],
	keyreason: [(text) => stack.sql(`UPDATE keys SET disabled_by = 1,
		reason = ${quoted(text)} WHERE id = 3`), /keys$/],
	resting: [(text) => stack.sql(`INSERT INTO key_models (key_id, model,
		ready_at, streak, reason) VALUES (1, ${quoted(text)}, ${
		Date.now() + 3600000}, 1, ${quoted(text)})`), /keys\/1$/],
	history: [(text) => stack.sql(`INSERT INTO key_events (time_ms, key_id,
		model, from_state, to_state, until_ms, cause, status,
		error_class, request_id, reason) VALUES (${Date.now()}, 1, ${
		quoted(text)}, 0, 1, 0, 0, 429, ${quoted(text)}, ${
		quoted(text)}, ${quoted(text)})`), /keys\/1$/],
	token: [(text) => stack.tool("tokens", "create", text.slice(0, 64)),
		/tokens\?all=1$/],
	tokennote: [(text) => stack.tool("tokens", "set", `token${SHORT}${
		"<img src=x onerror=alert(1)>"}`.slice(0, 64), "--note", text),
		/tokens\/\d+$/],
	tokenmodels: [(text) => stack.sql(`UPDATE tokens SET models = ${
		quoted(text)} WHERE name LIKE 'token%'`), /tokens\/\d+$/],
	imported: [async (text) => {
		const {stdout} = await stack.tool("export", "--tokens");
		const name = JSON.stringify(text.slice(0, 64));
		const r = await stack.toolWithInput(stdout.replace(
			/"name":\s*"token[^\n]*?"(?=,\s*"|\s*})/, () =>
			`"name":${name}`), "import", "-");
		assert.doesNotMatch(r.stdout, /Error/);
	}, null],
	price: [(text) => stack.tool("prices", "set", text, "prompt", "1"),
		null],
	journal: [(text) => stack.sql(`INSERT INTO requests (time_ms,
		request_id, token, key_id, endpoint, model, stream, hung_up,
		status, attempts, first_byte_ms, total_ms, prompt_tokens,
		completion_tokens, reasoning_tokens, cached_tokens,
		error_class, cost) VALUES (${Date.now()}, ${quoted(text)}, ${
		quoted(text)}, 1, ${quoted(text)}, ${quoted(text)}, 0, 0, 500,
		1, 1, 1, 1, 1, 0, 0, ${quoted(text)}, 1)`),
		/^\/admin\/(logs)?$/],
	pictures: [(text) => stack.sql(`INSERT INTO attempts (time_ms,
		request_id, key_id, model, status, error_class, text) VALUES (${
		Date.now()}, ${quoted(text)}, 0, ${quoted(text)}, 403,
		'picture_host', ${quoted(text)})`), /^\/admin\/$/],
	listed: [async () => {
		fake.setDefault("*", {respond: {status: 200,
			type: "application/json", body: JSON.stringify({models: [
			{name: `models/listed${EVIL}`, displayName: EVIL,
			 description: EVIL, supportedGenerationMethods:
			 ["generateContent", EVIL]}]})}});
		const r = await ask(`${stack.url}/v1/models`,
				    {headers: bearer()});
		assert.match(r.headers["content-type"], /^application\/json/);
		fake.reset();
	}, null],
};

/* A text field of a form: what has to come with it, and how the answer takes
 * it: it is shown there as text (null), or only refused, or not to be seen. */
const SHOWN = null, REFUSED = "refused", UNSEEN = "unseen";
const LIMITS = ["parallel", "requests-per-minute", "requests-per-day",
	"requests-per-month", "tokens-per-minute", "tokens-per-day",
	"tokens-per-month", "cost-per-day", "cost-per-month"];
const rows = (form, names, more, how) => Object.fromEntries(names.map((name) =>
	[`${form} ${name}`, [more, how]]));
const FIELDS = {
	...rows("GET /admin/keys", ["text", "failures", "model"], {}, SHOWN),
	...rows("GET /admin/logs", ["since", "until", "token", "key", "model",
		"endpoint", "status", "code", "text"], {}, SHOWN),
	...rows("GET /admin/settings", ["q"], {}, SHOWN),
	...rows("GET /admin/settings/history", ["name"], {}, SHOWN),
	...rows("GET /admin/tokens", ["q"], {}, SHOWN),
	...rows("POST /admin/login", ["auth_token"], {}, REFUSED),
	...rows("POST /admin/health", ["url"], {}, SHOWN),
	...rows("POST /admin/keys", ["word"], {do: "tag", id: "1", back: "1"},
		SHOWN),
	...rows("POST /admin/keys", ["model"], {do: "disable", id: "1",
		back: "1"}, SHOWN),
	...rows("POST /admin/keys/add", ["project", "tag"], {do: "preview",
		keys: "AIzaSyMarkup-00000000000000000000000000"}, SHOWN),
	...rows("POST /admin/keys/add", ["keys"], {do: "preview"}, SHOWN),
	...rows("POST /admin/playground", ["model", "prompt", "system",
		"output", "temperature"], {model: MODEL, prompt: "p"}, SHOWN),
	...rows("POST /admin/tokens", ["name", "note", "expires", "models",
		...LIMITS], {name: ""}, SHOWN),
	...rows("POST /admin/tokens/*", ["note", "expires", "models",
		...LIMITS], {do: "save", version: "0"}, SHOWN),
};

const unescape = (text) => text.replaceAll("&lt;", "<")
	.replaceAll("&gt;", ">").replaceAll("&quot;", "\"")
	.replaceAll("&#39;", "'").replaceAll("&amp;", "&");
const attribute = (tag, name) => unescape(
	new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? "");

/* The forms of a page, with all that they would send. */
function formsOf(where, html)
{
	return [...html.matchAll(/<form[^>]*>[^]*?<\/form>/g)].map(([form]) => {
		const head = /<form[^>]*>/.exec(form)[0];
		const to = new URL(attribute(head, "action") || where,
				   new URL(where, "http://x/"));
		const controls = [...form.matchAll(
			/<(input|textarea|select|button)[^>]* name="[^>]*>/g)]
			.map(([tag, kind]) => ({
				name: attribute(tag, "name"),
				value: attribute(tag, "value"),
				type: kind === "input" ? attribute(tag, "type") ||
					"text" : kind,
			}));
		return {method: attribute(head, "method").toUpperCase(),
			to: to.pathname, controls};
	});
}

const TEXT = ["text", "search", "url", "number", "password", "datetime-local",
	      "textarea"];
const isText = ({type}) => TEXT.includes(type);

/* Each form that any page has, once: by what it is, and its controls. */
let forms;

async function allForms()
{
	if (forms)
		return [...forms.values()];
	forms = new Map();
	const login = await ask(`${stack.url}/admin/login`);
	const html = {...await walk(), "/admin/login": login.text};

	for (const [where, text] of Object.entries(html))
	for (const form of formsOf(where.split(" ")[1] ?? where, text)) {
		const name = `${form.method} ${form.to
			.replace(/\/\d+$/, "/*")}`;
		const known = forms.get(name) ?? {...form, name,
						  controls: new Map()};
		for (const c of form.controls)
			known.controls.set(c.name, c);
		forms.set(name, known);
	}
	return [...forms.values()];
}

/* --- the tests ------------------------------------------------------------ */

describe("markup stays text", () => {
	it("whoever wrote it", async () => {
		for (const [mark, [write]] of Object.entries(SOURCES))
			await write(mark + EVIL);
		await stack.tool("keys", "add", ...Array.from({length: MANY},
			(_, i) => `AIzaSyMany-${String(i).padStart(28, "0")}`));
		const [{id}] = await stack.sql("SELECT id FROM tokens WHERE " +
					       "name LIKE 'token%'");
		tokenPage = `/${/href="[./]*(token\/[^"]+)"/.exec((await get(
			`/admin/tokens/${id}`)).text)[1]}`;
		await stack.until(async () => (await stack.sql("SELECT 1 " +
			"FROM requests WHERE status = 200")).length > 0);
		const texts = await walk();
		for (const [mark, [, where]] of Object.entries(SOURCES))
			if (where)
				assertShown(texts, where, mark);
		assertShown(texts, /^\/token\//, "token");
		assertShown(texts, /keys$/, "keyreason");
		assert.match(texts["/admin/sessions"], /\{\{CSRF\}\}/);
		assertShown(texts, /POST .*playground/, "answer");
	});

	it("in each field of each form", async () => {
		const seen = new Set();

		for (const {name, method, to, controls} of await allForms())
		for (const c of controls.values()) {
			const what = `${name} ${c.name}`;
			if (name === "POST /admin/settings")
				continue;	/* below */
			assert.ok(!isText(c) || FIELDS[what],
				  `${what} is in no table`);
			const [more, how] = FIELDS[what] ?? [{}, UNSEEN];
			const r = assertText(await send(method, to,
				{...more, [c.name]: EVIL}), what);
			if (how === SHOWN)
				assert.ok(r.text.includes(escaped("")), what);
			else if (how === REFUSED)
				assert.ok(r.status >= 400, what);
			seen.add(what);
		}
		for (const what of Object.keys(FIELDS))
			assert.ok(seen.has(what), `no page has ${what}`);
		const names = new Set([...seen].map((s) => s.split(" ")[2]));
		for (const file of fs.readdirSync(path.join(REPO, "templates")))
		for (const [tag] of fs.readFileSync(path.join(REPO, "templates",
			file), "utf8").matchAll(/<(input|textarea)[^>]* name="[^"{]+"[^>]*>/g))
			assert.ok(names.has(attribute(tag, "name")) ||
				  ["group", "q"].includes(attribute(tag, "name")),
				  `no page has ${file}'s ${tag}`);
	});

	it("in each setting", async () => {
		const form = (await allForms()).find((f) =>
			f.name === "POST /admin/settings");
		const changed = [];

		for (const c of form.controls.values()) {
			/* The texts that are fit for different settings; with a
			 * space, none is a token that would end the session. */
			const texts = !isText(c) || c.type === "number" ? [EVIL] :
				[EVIL, `X-Evil = ${EVIL}`, `${EVIL} = 1`,
				 `/${EVIL}`, `http://${SHORT}:pw@127.0.0.1:9/`];
			for (const text of texts) {
				const version = form.controls.get(`v_${c.name}`);
				assertText(await send("POST", "/admin/settings", {
					q: c.name, [c.name]: text,
					...(version ? {[version.name]:
						       version.value} : {})}),
					   `${c.name}: ${text}`);
			}
			assertText(await get(`/admin/settings?q=${c.name}`),
				   c.name);
		}
		for (const {name} of await stack.sql("SELECT name FROM overrides"))
			changed.push(name);
		assert.ok(changed.length > 5, `some are fit: ${changed}`);
		const texts = await walk();
		assertShown(texts, /history/, "");
		assertShown(texts, /group=/, "");
		assert.equal((await stack.tool("settings", "reset", "--all"))
			.code, 0);
	});

	it("in paths and queries", async () => {
		const names = new Set(["after", "before", "trail", "range",
			"kind", "format", "next", "pool", "all", EVIL]);
		for (const {method, controls} of await allForms())
		for (const name of method === "GET" ? controls.keys() : [])
			names.add(name);
		const evil = encodeURIComponent(EVIL);

		for (const {pattern, face} of await routes()) {
			if (face !== "page")
				continue;
			const where = pattern.replace("*", evil);
			assertText(await get(where), where);
			if (!pattern.includes("*"))
				for (const name of names)
					assertText(await get(`${where}?${encode({
						[name]: EVIL})}`), where + name);
		}
		for (const next of [EVIL, `admin/${EVIL}`, "javascript:alert(1)"])
			assertText(await ask(`${stack.url}/admin/login?${encode({
				next})}`), next);
		const out = await ask(`${stack.url}/admin/${evil}?${encode({
			[EVIL]: EVIL})}`);
		assert.equal(out.status, 303);
		assertText(await ask(new URL(out.headers.location, stack.url)),
			   "the page to sign in");
	});

	it("in JSON, which no browser takes for a page", async () => {
		const evil = encodeURIComponent(EVIL);
		const gone = /^(DELETE \/api\/sessions|POST \/api\/config\/reset)$/;

		for (const {method, pattern, face} of await routes())
		for (const body of method === "GET" ? [undefined] :
			["{", JSON.stringify({keys: [EVIL], proxy: EVIL,
				proxies: [EVIL], ids: [EVIL], [EVIL]: EVIL})]) {
			const what = `${method} ${pattern}`;
			if (face !== "json" || gone.test(what))
				continue;
			const r = await ask(`${stack.url}${pattern.replace("*",
				evil)}?${encode({period: EVIL, key: EVIL,
				search: EVIL, limit: EVIL, gemini_key: EVIL,
				start_date: EVIL, timestamp: EVIL})}`, {method,
				body, headers: bearer(ADMIN)});
			assert.match(r.headers["content-type"] ??
				     "application/json", /^application\/json/, what);
			assert.equal(r.headers["x-content-type-options"],
				     "nosniff", what);
		}
		for (const [where, body] of [[`/v1/models/${evil}`], [`/v1/${evil}`],
			[`/v1beta/models/${evil}:generateContent`, {}],
			[`/v1/chat/completions`, {model: EVIL, [EVIL]: 1}],
			[`/v1/messages`, {model: EVIL}]]) {
			const r = await ask(stack.url + where, {body,
				headers: {...bearer(), "x-request-id": EVIL}});
			assert.ok(r.status >= 400, where);
			assert.match(r.headers["content-type"],
				     /^application\/json/, where);
		}
	});
});
