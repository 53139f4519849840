/*
 * keys.test.mjs: the pages about keys as people see them (promise 11).
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import {after, afterEach, before, describe, it} from "node:test";

import {KEYS, startFake, startStack} from "../e2e/harness.mjs";
import {ADMIN, FEW_LOOKS, launch, open, signIn} from "./browser.mjs";

const TEST_MS = 300000;	/* all of them */
const MANY = Array.from({length: 120}, (_, i) =>
	`AIzaSyMany-${String(i).padStart(28, "0")}`);

let fake, browser, stack, page;

before(async () => {
	fake = await startFake();
	browser = await launch();
	stack = await startStack(fake, {settings: {auth_token: ADMIN}});
	await stack.tool("keys", "add", ...MANY);
});
afterEach(async () => {
	await page?.context().close();
	page = undefined;
	await stack.check();
});
after(async () => {
	await stack?.stop();
	await browser?.close();
	await fake?.close();
});

describe("keys", {timeout: TEST_MS}, () => {
	for (const scripts of [true, false])
	it(`what forms do ${scripts ? "with" : "without"} scripts`, async () => {
		const note = () => page.textContent(".note");

		page = await open(browser, {...FEW_LOOKS[0], scripts});
		await signIn(page, stack.url);
		await page.goto(`${stack.url}/admin/keys`);
		await page.fill("#f_text", MANY[0].slice(-28));
		await page.selectOption("#f_pool", "gemini");
		await page.click("form.filter button.main");
		await page.check("tbody input[name=id] >> nth=0");
		await page.click("button[value=disable]");
		assert.match(await note(), /Disabled: 1\./);
		assert.match(page.url(), /text=0+/);
		await page.check("input[name=scope][value=all]");
		await page.click("button[value=enable]");
		assert.match(await note(), /Enabled: 1\./);

		await page.click("tbody th a >> nth=0");
		assert.match(await page.textContent("h1"), /Key AIza…0000/);
		await page.fill("#word", `mine ${scripts}`);
		await page.click("button[value=tag]");
		assert.match(await note(), /Tagged: 1\./);
		assert.ok(!(await page.content()).includes(MANY[0]));
		await page.click("text=Reveal");
		assert.equal(await page.textContent("#secret"), MANY[0]);

		await page.goto(`${stack.url}/admin/keys/add`);
		const fresh = `AIzaSyFresh-${scripts}-0000000000000000`;
		await page.fill("#keys", `${fresh}, ${KEYS[0]}, nothing`);
		await page.click("button[value=preview]");
		assert.match(await page.textContent(".tiles"), /New\s*1/);
		await page.click("button[value=add]");
		assert.match(await note(), /Added: 1\. Known already: 1\./);

		await page.goto(`${stack.url}/admin/keys?text=${fresh.slice(0, 16)}`);
		await page.check("input[name=scope][value=all]");
		await page.click("button[value=delete]");
		assert.match(await page.textContent("main"),
			     /Keys to delete: 1\./);
		await page.click("button[value=delete]");
		assert.match(await note(), /Deleted: 1\./);
		assert.deepEqual(page.faults, []);
	});

	it("verifies all of them, part by part", async () => {
		const all = MANY.length;

		fake.decide = (record) => record.key === MANY[1] ?
			{error: "key_invalid"} : undefined;
		page = await open(browser, FEW_LOOKS[0]);
		await signIn(page, stack.url);
		await page.goto(`${stack.url}/admin/keys?text=AIzaSyMany`);
		await page.check("input[name=scope][value=all]");
		await page.click("button[value=verify]");
		await page.waitForSelector("#rest a.button");
		assert.equal(await page.locator("#results tr").count(), all);
		assert.match(await page.textContent("#progress"),
			     new RegExp(`${all} of ${all}`));
		assert.equal(await page.locator("#results >> text=dead").count(),
			     1);

		page.context().close();
		page = await open(browser, {...FEW_LOOKS[0], scripts: false});
		await signIn(page, stack.url);
		await page.goto(`${stack.url}/admin/keys?text=AIzaSyMany`);
		await page.check("input[name=scope][value=all]");
		await page.click("button[value=verify]");
		assert.match(await page.textContent("#progress"),
			     new RegExp(`40 of ${all}`));
		await page.click("#rest button.main");
		assert.match(await page.textContent("#progress"),
			     new RegExp(`80 of ${all}`));
		await page.click("#rest button.main");
		assert.match(await page.textContent("#progress"),
			     new RegExp(`${all} of ${all}`));
	});

	it("selects a page at once, and copies a key", async () => {
		page = await open(browser, FEW_LOOKS[0]);
		await signIn(page, stack.url);
		await page.goto(`${stack.url}/admin/keys`);
		await page.check("input[data-check-all]");
		assert.equal(await page.locator(
			"tbody input[name=id]:checked").count(), 100);
		await page.click("button[value=export]");
		assert.match(await page.textContent("dialog"), /keys whole/);
		const download = page.waitForEvent("download");
		await page.click("dialog button.danger");
		const file = await (await download).path();
		assert.equal(fs.readFileSync(file, "utf8").trim().split("\n")
			.length, 100);
		assert.deepEqual(page.faults, []);
	});
});
