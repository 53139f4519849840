/*
 * logs.test.mjs: the overview and the logs with rows in them, as people see
 * them: filters, pages, details, deleting and files.
 */
import assert from "node:assert/strict";
import {execFileSync} from "node:child_process";
import fs from "node:fs";
import {after, afterEach, before, describe, it} from "node:test";

import {startFake, startStack} from "../e2e/harness.mjs";
import {ADMIN, FEW_LOOKS, launch, open, signIn} from "./browser.mjs";
import {fill, ROWS} from "./pages.mjs";

const TEST_MS = 300000;

let fake, browser;

before(async () => {
	fake = await startFake();
	browser = await launch();
});
after(async () => {
	await browser?.close();
	await fake?.close();
});

describe("logs and the overview", {timeout: TEST_MS}, () => {
	let stack, page;

	before(async () => {
		stack = await startStack(fake, {server: "lighttpd",
			way: "daemon", mount: "",
			settings: {auth_token: ADMIN}});
		await fill(stack);
	});
	afterEach(async () => {
		await page?.context().close();
		page = undefined;
		await stack.check();
	});
	after(() => stack?.stop());

	const at = (path) => `${stack.url}/admin/${path}`;
	const count = (table, where = "1") => Number(execFileSync("sqlite3",
		[stack.db, `.timeout 20000`, `SELECT count(*) FROM ${table
		} WHERE ${where}`]).toString());

	it("the overview says what is and what it cost", async () => {
		page = await open(browser, FEW_LOOKS[0]);
		await signIn(page, stack.url);
		const text = await page.textContent("main");
		const dead = count("keys", "disabled_by = 1");
		for (const part of [new RegExp(
			`Disabled because Google refuses them: ${dead}`),
			/This hour/, /\$\d+\.\d\d/, /p99/, /team-1/,
			/What comes back next/, /You exceeded your current/])
			assert.match(text, part);
		const charts = page.locator("svg[role=img]");
		assert.equal(await charts.count(), 4);
		assert.match(await charts.first().getAttribute("aria-label"),
			     /^Requests: \d+ in all, at most \d+ \(\d\d:00\)/);
		await page.click("details summary >> nth=0");
		assert.equal(await page.locator("details[open] tbody tr")
			.count(), 24);
		await page.click("text=30 days");
		assert.match(await page.textContent("#charts_head"), /30 days/);
		await page.click("text=team-1 >> nth=0");
		assert.match(page.url(), /logs\?token=team-1$/);
	});

	it("the overview refreshes itself in place", async () => {
		page = await open(browser, FEW_LOOKS[0]);
		await page.clock.install();
		await signIn(page, stack.url);
		await page.evaluate(() => {
			document.querySelector("#live h2").textContent = "old";
			document.querySelector("h1").textContent = "stays";
		});
		await page.clock.runFor(31000);
		await page.waitForFunction(() => document.querySelector(
			"#live h2").textContent === "Traffic");
		assert.equal(await page.textContent("h1"), "stays");
	});

	for (const scripts of [true, false])
	it(`filters and pages ${scripts ? "with" : "without"} scripts`,
	   async () => {
		const rows = () => page.locator("main tbody tr").count();

		page = await open(browser, {...FEW_LOOKS[0], scripts});
		await signIn(page, stack.url);
		await page.goto(at("logs"));
		assert.equal(await rows(), 100);
		const text = () => page.textContent("main tbody");
		const seen = [await text()];
		let all = 100;
		while (await page.locator("a[rel=next]").count() > 0) {
			await page.click("a[rel=next]");
			await page.waitForLoadState(); /* all rows are there */
			all += await rows();
			seen.push(await text());
		}
		assert.equal(all, count("requests"));
		for (const before of seen.slice(0, -1).reverse()) {
			await page.click("a[rel=prev]");
			await page.waitForLoadState();
			assert.equal(await text(), before);
		}
		assert.equal(await page.locator("a[rel=prev]").count(), 0);
		await page.click("a[rel=next]");
		await page.click("text=First page");
		await page.fill("#f_model", "gemini-3.1-flash");
		await page.fill("#f_status", "503");
		await page.click("form.filter button");
		assert.equal(await rows(), count("requests",
			"model = 'gemini-3.1-flash' AND status = 503"));
		await page.click("main table a >> nth=0");
		assert.match(await page.textContent("main"),
			     /Failed attempts.*You exceeded/s);
		await page.goBack();
		await page.click("text=Show all");
		await page.fill("#f_key", "AIza\u2026bbbb");
		await page.click("form.filter button");
		assert.equal(await rows(), count("requests", "key_id = 2"));
		await page.fill("#f_key", "AI");
		await page.click("form.filter button");
		assert.match(await page.textContent("#fault_key"), /Several/);
		await page.click("text=Errors");
		await page.fill("#f_text", "ONERROR");
		await page.click("form.filter button");
		assert.equal(await rows(), 1);
		assert.match(await page.textContent("tbody"), /<img src=x/);
		await page.click("main table a >> nth=0");
		assert.match(await page.textContent("main pre"), /<img src=x/);
	});

	it("files have what the list has", async () => {
		page = await open(browser, FEW_LOOKS[0]);
		await signIn(page, stack.url);
		await page.goto(at("logs?status=503"));
		const load = async (text) => {
			const [file] = await Promise.all([
				page.waitForEvent("download"),
				page.click(text)]);
			return [file.suggestedFilename(),
				fs.readFileSync(await file.path(), "utf8")];
		};
		const [name, csv] = await load("text=Download as CSV");
		assert.match(name, /^gbalance-requests-.*\.csv$/);
		assert.equal(csv.trim().split("\r\n").length - 1,
			     count("requests", "status = 503"));
		const [, json] = await load("text=Download as JSON");
		assert.equal(JSON.parse(json).length,
			     count("requests", "status = 503"));
		assert.deepEqual(page.faults, []);
	});

	for (const scripts of [true, false])
	it(`deletes what was chosen ${scripts ? "with" : "without"} scripts`,
	   async () => {
		const sure = async () => {
			if (scripts)
				await page.click("dialog button.danger");
		};
		const before = count("attempts");

		page = await open(browser, {...FEW_LOOKS[0], scripts});
		await signIn(page, stack.url);
		await page.goto(at("logs?kind=errors&status=429"));
		await page.click("text=Delete the selected");
		await sure();
		assert.match(await page.textContent("p.note.failed"),
			     /no row was selected/);
		await page.check("tbody input >> nth=0");
		await page.check("tbody input >> nth=1");
		await page.click("text=Delete the selected");
		await sure();
		assert.match(await page.textContent("p.note.done"), /2 rows/);
		assert.match(page.url(), /kind=errors&status=429$/);
		assert.equal(count("attempts"), before - 2);
		if (scripts) {
			await page.check("thead input");
			assert.equal(await page.locator(
				"tbody input:checked").count(),
				await page.locator("tbody input").count());
		}
		/* One by its own page. */
		await page.click("main table a >> nth=0");
		await page.click("main button.danger");
		await sure();
		await page.waitForURL(/logs\?kind=errors$/);
		assert.equal(count("attempts"), before - 3);
		/* All that fit, which needs the box. */
		await page.goto(at("logs?kind=requests&status=503"));
		const rows = count("requests"), fit = count("requests",
			"status = 503");
		if (fit > 0) {
			await page.click("details summary");
			await page.click("details button");
			assert.equal(count("requests"), rows, "not sure");
			await page.check("details input[name=sure]");
			await page.click("details button");
			await page.waitForSelector("p.note.done");
			assert.equal(count("requests"), rows - fit);
		}
		assert.equal(Number(execFileSync("sqlite3", [stack.db,
			"SELECT sum(requests) FROM usage_days WHERE " +
			"dimension = 0"]).toString()), ROWS,
			"the sums keep what was deleted");
	});
});
