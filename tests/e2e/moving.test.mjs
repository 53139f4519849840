/*
 * moving.test.mjs: moving to another machine, and over from Gemini Balance, as
 * a person would: with the program's own commands, while it serves.
 */
import assert from "node:assert/strict";
import {execFile} from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import {after, afterEach, before, beforeEach, it} from "node:test";
import {promisify} from "node:util";

import {NOT_YET, READ, WITHOUT_MEANING} from "./gemini_balance_env.mjs";
import {ask, bearer, chat, KEYS, sleep, startFake, startStack}
	from "./harness.mjs";

const WITHIN_MS = 1000;	/* what was changed is in force everywhere */
const MOVED_TOKEN = "sk-a-token-of-the-old-place";
const MOVED_KEY = "AIzaSyFake-key-of-the-old-place-0000zzzz";

let fake, stack, file;

before(async () => {
	fake = await startFake();
});
beforeEach(async () => {
	fake.reset();
	stack = await startStack(fake);
	file = (name) => path.join(stack.root, name);
});
afterEach(async () => {
	await stack.check();
	await stack.stop();
});
after(() => fake?.close());

/* The rows of a report: {NAME: [what, is, why]}. */
function rows(stdout)
{
	const lines = stdout.split("\n").map((l) => l.split(/ {2,}/));

	return Object.fromEntries(lines.filter((l) => l.length === 4)
		.map(([what, name, is, why]) => [name, [what, is, why]]));
}

const quoted = ([name, value]) =>
	value.includes('"') ? `${name}='${value}'` : `${name}="${value}"`;

const asks = (token) => ask(`${stack.url}/v1/chat/completions`,
	{headers: bearer(token), body: chat("hello")});

/* A Gemini Balance's database with these settings, and some logs. */
async function balanceDatabase(at, settings)
{
	const text = (v) => `'${v.replaceAll("'", "''")}'`;
	const sql = [`CREATE TABLE t_settings (id INTEGER PRIMARY KEY,
		"key" VARCHAR(100) NOT NULL UNIQUE, value TEXT,
		description VARCHAR(255), created_at DATETIME,
		updated_at DATETIME);
		CREATE TABLE t_request_log (id INTEGER PRIMARY KEY,
		request_time DATETIME, model_name VARCHAR(100),
		api_key VARCHAR(100), is_success BOOLEAN NOT NULL,
		status_code INTEGER, latency_ms INTEGER);
		CREATE TABLE t_error_logs (id INTEGER PRIMARY KEY,
		gemini_key VARCHAR(100), error_log TEXT);
		INSERT INTO t_request_log (is_success) VALUES (1), (1), (0);
		INSERT INTO t_error_logs (error_log) VALUES ('x');`,
		...Object.entries(settings).map(([k, v]) =>
			`INSERT INTO t_settings ("key", value) VALUES ` +
			`(${text(k)}, ${text(v)});`)].join("\n");

	await promisify(execFile)("sqlite3", [at, sql]);
}

it("a whole .env moves over by one command, and each name is told", async () => {
	const env = {...READ, MAX_RETRIES: "6", SQLITE_DATABASE: "other.db"};

	fs.writeFileSync(file(".env"), "# mine\n" +
		Object.entries(env).map(quoted).join("\n") + "\n" +
		[...WITHOUT_MEANING, ...NOT_YET].map((n) => `${n}=1`)
			.join("\n") + "\nMINE=1\n");
	const r = await stack.tool("import-env", file(".env"));
	const told = rows(r.stdout);

	assert.equal(r.code, 0, r.stdout + r.stderr);
	for (const name of WITHOUT_MEANING.concat(NOT_YET)) {
		assert.equal(told[name]?.[1], "not used", name);
		assert.notEqual(told[name][2], "there is no such setting",
				name);
	}
	assert.equal(told.MINE[2], "there is no such setting");
	const elsewhere = {API_KEYS: "AIza…zzzz", VERTEX_API_KEYS: "AQ.F…zzzz",
			   ALLOWED_TOKENS: "imported-1"};
	for (const name of Object.keys(READ)) {
		if (name === "SQLITE_DATABASE")
			assert.equal(told[name][1], "not used");
		else
			assert.equal(told[elsewhere[name] ??
				name.toLowerCase()]?.[1], "new", name);
	}
	/* What the environment would have made of it is in force. */
	const checked = (await stack.tool("check-config")).stdout;
	assert.match(checked, /^max_retries = 6; +# database/m);
	assert.match(checked, /^thinking_budget_map = .*4000.*# database/m);
	for (const secret of ["gb-user-token-of", "gb-admin-token-of",
			      "key-of-the-mapping", "user:pass"])
		assert.doesNotMatch(r.stdout + r.stderr, new RegExp(secret));
});

it("the keys and tokens of a .env serve within a second", async () => {
	fs.writeFileSync(file(".env"), `API_KEYS=["${MOVED_KEY}"]\n` +
		`ALLOWED_TOKENS=["${MOVED_TOKEN}"]\n` +
		`AUTH_TOKEN=${MOVED_TOKEN}\n`);
	const dry = await stack.tool("import-env", "--dry-run", file(".env"));

	assert.equal(dry.code, 0, dry.stderr);
	assert.match(dry.stdout, /2 new, .*nothing was written/);
	assert.equal((await asks(MOVED_TOKEN)).status, 401);
	const r = await stack.tool("import-env", file(".env"));
	assert.equal(r.code, 0, r.stderr);
	assert.match(rows(r.stdout).AUTH_TOKEN[2], /a user's token, too/);
	await sleep(WITHIN_MS);
	for (let i = 0; i <= KEYS.length; i++)
		assert.equal((await asks(MOVED_TOKEN)).status, 200);
	assert.ok(fake.requests.some((q) =>
		q.headers["x-goog-api-key"] === MOVED_KEY));
	const again = await stack.tool("import-env", file(".env"));
	assert.match(again.stdout, /^0 new, 0 changed, 2 known/m);
});

it("what a .env has wrong is refused by name, the rest goes in", async () => {
	fs.writeFileSync(file(".env"), [
		`API_KEYS=["${MOVED_KEY}", "AIza-short"]`,
		'ALLOWED_TOKENS=["sk-123456"]', "MAX_RETRIES=many",
		"TEST_MODEL=${OTHER}", "PROXIES=['ftp://u:hidden@x']",
		"TIME_OUT=120", "AIzaSyFake-key-that-stands-alone-000000q",
	].join("\n"));
	const r = await stack.tool("import-env", file(".env"));
	const all = r.stdout + r.stderr;

	assert.equal(r.code, 1);
	assert.match(r.stdout, /^2 new, 0 changed, 0 known already, 6 refused/m);
	assert.match(r.stderr, /MAX_RETRIES: must be a whole number/);
	assert.match(r.stderr, /ALLOWED_TOKENS: .*everybody knows/);
	assert.match(r.stderr, /line 4 refers to another variable/);
	assert.doesNotMatch(all, /hidden|stands-alone|old-place/);
	assert.match((await stack.tool("check-config")).stdout,
		     /^time_out = 120; +# database/m);
});

it("settings that do not go together are not imported at all", async () => {
	const admin = "gb-admin-token-of-this-file";

	stack.writeConfig({allowed_tokens: [admin]});
	fs.writeFileSync(file("in.json"), JSON.stringify({gbalance_export: 1,
		keys: [{key: MOVED_KEY}],
		settings: [{name: "auth_token", value: admin}]}));
	const r = await stack.tool("import", file("in.json"));

	assert.equal(r.code, 1);
	assert.match(r.stderr, /auth_token: must not be one of allowed_tokens/);
	assert.match(r.stderr, /nothing was imported/);
	assert.doesNotMatch((await stack.tool("keys", "list")).stdout, /zzzz/);
	stack.writeConfig({});
});

it("a Gemini Balance's database moves over by one command", async () => {
	await balanceDatabase(file("default_db"), {
		API_KEYS: JSON.stringify([MOVED_KEY, KEYS[0]]),
		ALLOWED_TOKENS: JSON.stringify([MOVED_TOKEN]),
		AUTH_TOKEN: "gb-admin-of-the-old-place",
		AUTO_DELETE_REQUEST_LOGS_DAYS: "30",
		AUTO_DELETE_REQUEST_LOGS_ENABLED: "false",
		MAX_FAILURES: "3", MAX_RETRIES: "9", FILTERED_MODELS: "[]",
		SHOW_SEARCH_LINK: "false", GITHUB_REPO_OWNER: "snailyp",
	});
	const before = fs.readFileSync(file("default_db"));
	const r = await stack.tool("import-gemini-balance", file("default_db"));
	const told = rows(r.stdout);

	assert.equal(r.code, 0, r.stdout + r.stderr);
	assert.equal(told["AIza…zzzz"][1], "new");
	assert.equal(told["AIza…aaaa"][1], "known");
	assert.equal(told["imported-1"][1], "new");
	assert.equal(told.max_retries[1], "new");
	assert.equal(told.auth_token[1], "new");
	/* what is so here anyway need not be in the database */
	assert.equal(told.max_failures[1], "known");
	assert.equal(told.filtered_models[1], "known");
	assert.equal(told.auto_delete_request_logs_enabled[1], "new");
	assert.match(r.stdout, /3 rows of its request log and 1 of its error/);
	assert.deepEqual(await stack.sql("SELECT json FROM overrides WHERE " +
		"name = 'auto_delete_request_logs_enabled'"), [{json: "false"}]);
	await sleep(WITHIN_MS);
	assert.equal((await asks(MOVED_TOKEN)).status, 200);
	assert.deepEqual(fs.readFileSync(file("default_db")), before);

	for (const other of [stack.db, file("gbalance.cfg"), file("none")]) {
		const bad = await stack.tool("import-gemini-balance", other);
		assert.equal(bad.code, 1, other);
		assert.match(bad.stderr, /Gemini Balance|unable|failed|EIO/,
			     bad.stderr);
	}
});

it("an export moves all to another machine; a backup is the whole", async () => {
	await stack.tool("tokens", "create", "alice");
	await stack.tool("keys", "disable", "2");
	const r = await stack.tool("export", file("out.json"));

	assert.equal(r.code, 0, r.stderr);
	assert.equal(fs.statSync(file("out.json")).mode & 0o777, 0o600);
	const out = fs.readFileSync(file("out.json"), "utf8");
	assert.deepEqual(JSON.parse(out).keys.map((k) => k.key), KEYS);
	assert.equal((await stack.tool("export", "--tokens")).stdout
		.includes(KEYS[0]), false);

	const other = await startStack(fake, {settings: {api_keys: []}});
	try {
		const into = await other.toolWithInput(out, "import", "-");
		assert.equal(into.code, 0, into.stdout + into.stderr);
		assert.match(into.stdout, /^4 new/m);
		const back = JSON.parse((await other.tool("export")).stdout);
		assert.deepEqual({...back, made_at: 0},
				 {...JSON.parse(out), made_at: 0});
	} finally {
		await other.stop();
	}
	const copied = await stack.tool("backup", file("copy.db"));
	assert.equal(copied.code, 0, copied.stderr);
	assert.equal(fs.statSync(file("copy.db")).mode & 0o777, 0o600);
	assert.notEqual((await stack.tool("backup", stack.db)).code, 0);
	await stack.check();
});
