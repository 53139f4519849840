/*
 * play.test.mjs: the playground, and the health of the installation.
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import {after, afterEach, before, beforeEach, describe, it} from "node:test";

import {startFake, startStack, Steps} from "../e2e/harness.mjs";
import {ADMIN, check, FEW_LOOKS, launch, nameOf, open, SHOTS, signIn, visit}
	from "./browser.mjs";

const TEST_MS = 300000;
const WIDE = FEW_LOOKS[0];
const ANSWER = "Light is scattered by the air, blue the most. ".repeat(12);

let fake, browser, stack, page;

before(async () => {
	fs.mkdirSync(SHOTS, {recursive: true});
	fake = await startFake();
	browser = await launch();
	stack = await startStack(fake, {server: "apache", way: "proxy",
		mount: "/gbalance", settings: {auth_token: ADMIN}});
});
beforeEach(() => fake.reset());
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

const fact = (name) => page.textContent(`#played [data-fact=${name}]`);

async function begin(look, path)
{
	page = await open(browser, look);
	await signIn(page, stack.url);
	await visit(page, stack.url + path);
}

describe("playground", {timeout: TEST_MS}, () => {
	for (const scripts of [true, false])
	it(`asks ${scripts ? "with" : "without"} scripts`, async () => {
		fake.setDefault("*", {text: ANSWER, thought: "Think."});
		await begin({...WIDE, scripts}, "/admin/playground");
		await page.fill("#play_prompt", "Why is the sky blue?");
		await page.selectOption("#play_key", {index: 2});
		await page.click("button.main");
		await page.waitForFunction(() => /ms$/.test(document
			.querySelector("#played [data-fact=total]")?.textContent));
		assert.equal(await page.textContent("#play_answer"), ANSWER);
		assert.match(await fact("key"), /….* \(2\)$/);
		assert.match(await fact("first_byte"), /^\d+ ms$/);
	});

	it("shows each piece as it comes", async () => {
		const steps = new Steps();

		fake.setDefault("*", {words: ["one ", "<b>two</b>"],
				      gate: steps.gate});
		await begin(WIDE, "/admin/playground");
		await page.fill("#play_prompt", "Count");
		await page.click("button.main");
		steps.allow(0);
		await page.waitForFunction(() => document
			.getElementById("play_answer")?.textContent === "one ");
		assert.match(await fact("first_byte"), /^\d+ ms$/);
		assert.equal(await fact("key"), "…");
		steps.allow(9);
		await page.waitForFunction(() => document
			.getElementById("play_answer").textContent ===
			"one <b>two</b>");
		await page.waitForFunction(() => document
			.querySelector("#played [data-fact=key]").textContent !==
			"…");
		assert.equal(await fact("attempts"), "1");
	});

	it("stops, and asks again", async () => {
		fake.script("*", {words: ["a ", "b"], hang: 1});
		await begin(WIDE, "/admin/playground");
		await page.fill("#play_prompt", "Wait");
		await page.click("button.main");
		await page.waitForFunction(() => document
			.getElementById("play_answer")?.textContent === "a ");
		await page.click("#play_stop");
		await page.waitForFunction(() => !document
			.querySelector("#play button.main").disabled);
		assert.equal(await page.isVisible("#play_error"), false);
		fake.setDefault("*", {text: "Now"});
		await page.click("button.main");
		await page.waitForFunction(() => document
			.getElementById("play_answer").textContent === "Now");
	});

	for (const scripts of [true, false])
	it(`says what went wrong ${scripts ? "with" : "without"} scripts`,
	   async () => {
		const said = scripts ? "#play_error" : ".note.failed[role=alert]";

		fake.setDefault("*", {error: "invalid_argument"});
		await begin({...WIDE, scripts}, "/admin/playground");
		await page.fill("#play_prompt", "Fail");
		await page.click("button.main");
		await page.waitForFunction((s) => /\w{4}/.test(document
			.querySelector(s)?.textContent), said);
		await page.fill("#play_model", " ");
		await page.evaluate(() => document.querySelector("#play_key")
			.selectedOptions[0].value = "999");
		await page.click("button.main");
		await page.waitForFunction((s) => /no key with this id/.test(
			document.querySelector(s)?.textContent), said);
	});

	it("leads to the sign-in when the session has ended", async () => {
		await begin(WIDE, "/admin/playground");
		await stack.sql("DELETE FROM sessions");
		await page.fill("#play_prompt", "Hello");
		await page.click("button.main");
		await page.waitForURL(/login/);
	});
});

describe("health", {timeout: TEST_MS}, () => {
	for (const look of FEW_LOOKS)
	it(`checks: ${nameOf(look)}`, async () => {
		await begin(look, "/admin/health");
		assert.equal(await page.inputValue("#health_url"), stack.url);
		await page.click("button.main");
		await page.locator("#finding_hangup").waitFor();
		for (const name of ["reach", "authorization", "stream", "body",
				    "hangup", "outbound", "clock", "disk"])
			assert.equal(await page.locator(
				`#finding_${name} .badge.done`).count(), 1,
				`${name}: ${await page.textContent(
					`#finding_${name}`)}`);
		await check(page, "health-checked");
	});

	it("shows what to change, and takes no nonsense", async () => {
		const evil = `http://a"><script>alert(1)</script>`;

		await begin({...WIDE, scripts: false}, "/admin/health");
		await page.evaluate(() => {
			document.querySelector("#health_url").type = "text";
		});
		await page.fill("#health_url", evil);
		await page.click("button.main");
		assert.match(await page.textContent("[role=alert]"),
			     /without a query/);
		assert.equal(await page.inputValue("#health_url"), evil);
		await page.fill("#health_url", "http://127.0.0.1:1/x");
		await page.click("button.main");
		assert.match(await page.textContent("#finding_reach"),
			     /no answer/);
	});
});
