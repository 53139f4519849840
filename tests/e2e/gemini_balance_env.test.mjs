/*
 * gemini_balance_env.test.mjs: a .env of Gemini Balance's means here what
 * README.md says: each setting is read, or is listed with why it is not.
 */
import assert from "node:assert/strict";
import {execFile} from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import {after, before, it} from "node:test";
import {promisify} from "node:util";

import {NOT_YET, READ, WITHOUT_MEANING} from "./gemini_balance_env.mjs";
import {binary, REPO} from "./harness.mjs";

const SETTINGS = 70;	/* that the .env.example has */

let folder, page;

before(() => {
	const readme = fs.readFileSync(path.join(REPO, "README.md"), "utf8");

	folder = fs.mkdtempSync(path.join(os.tmpdir(), "gb-env-"));
	page = /^## Coming from Gemini Balance\n([^]*?)^## /m.exec(readme)[1];
});
after(() => fs.rmSync(folder, {recursive: true, force: true}));

/* What "gbalance check-config" says with this environment: {name: line}. */
async function checked(env)
{
	const {stdout} = await promisify(execFile)(binary(), ["check-config"],
		{cwd: folder, env: {PATH: process.env.PATH, ...env}});

	return Object.fromEntries(stdout.split("\n").map((line) =>
		[line.split(" = ")[0].toUpperCase(), line]));
}

it("knows each setting once, and the page has each", () => {
	const all = [...Object.keys(READ), ...WITHOUT_MEANING, ...NOT_YET];

	assert.equal(all.length, SETTINGS);
	assert.equal(new Set(all).size, all.length);
	for (const name of all)
		assert.match(page, new RegExp("`" + name + "`"), name);
});

it("the page names nothing that is no setting", async () => {
	const known = await checked({});

	for (const [, name] of page.matchAll(/`([A-Z][A-Z_0-9]+)`/g))
		assert.ok(known[name] || WITHOUT_MEANING.includes(name) ||
			  NOT_YET.includes(name), name);
});

it("reads the rest all at once, from the environment", async () => {
	const lines = await checked(READ);
	const defaults = await checked({});
	const value = (line) => line.replace(/; *#.*/, "");

	for (const name of Object.keys(READ)) {
		assert.match(lines[name], /# environment: /, name);
		assert.notEqual(value(lines[name]), value(defaults[name]),
				name);
	}
});

it("what is listed as not read is not", async () => {
	const known = await checked({});

	for (const name of [...WITHOUT_MEANING, ...NOT_YET])
		assert.equal(known[name], undefined,
			     `${name} is read now: move it to READ`);
});
