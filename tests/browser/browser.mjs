/*
 * browser.mjs: Debian's Chromium on the admin pages of a stack of the harness.
 *
 * A look is one way to look at a page: with or without JavaScript, in one of
 * the languages, on a wide or a narrow screen, light or dark.
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import {createRequire} from "node:module";
import path from "node:path";

import {chromium} from "playwright-core";

import {REPO} from "../e2e/harness.mjs";

export const ADMIN = "gb-admin-token-for-the-tests";

/* Screenshots of the last run. */
export const SHOTS = path.join(REPO, "build/browser");

const WAIT_MS = 20000;		/* for anything, on a busy machine */
const WIDTH = 1280, HEIGHT = 800;
const PAGE_MAX = 100 * 1024;	/* bytes of a page with all its files */

const AXE = fs.readFileSync(createRequire(import.meta.url)
	.resolve("axe-core/axe.min.js"), "utf8");

function chromiumPath()
{
	const all = [process.env.CHROMIUM, "/usr/bin/chromium",
		     "/usr/bin/chromium-browser"];
	const found = all.find((p) => p && fs.existsSync(p));

	assert.ok(found, "Chromium is not installed: see scripts/packages.sh");
	return found;
}

export function launch()
{
	return chromium.launch({
		executablePath: chromiumPath(),
		/* Chromium's own sandbox does not work for root. */
		args: process.getuid() === 0 ? ["--no-sandbox"] : [],
	});
}

/* Every combination of what the arrays of "axes" hold. */
function combine(axes)
{
	return Object.entries(axes).reduce((all, [name, values]) =>
		all.flatMap((look) => values.map((value) =>
			({...look, [name]: value}))), [{}]);
}

/* A look is one browser, and one screen of its. */
export const CONTEXTS = combine({
	scripts: [true, false],
	language: ["en", "zh-CN"],
});
export const SCREENS = combine({
	width: [360, 1280],
	scheme: ["light", "dark"],
});

/* The two that have each value once. */
export const FEW_LOOKS = [
	{scripts: true, language: "en", width: 1280, scheme: "light"},
	{scripts: false, language: "zh-CN", width: 360, scheme: "dark"},
];

export const nameOf = (look) => [look.language, look.width, look.scheme,
	look.scripts ? undefined : "noscript"].filter((n) => n).join("-");

/* A browser of its own, as far as cookies go, with this look. */
export async function open(browser, look, more = {})
{
	const context = await browser.newContext({
		javaScriptEnabled: look.scripts,
		locale: look.language,
		reducedMotion: "reduce",
		...more,
	});
	const page = await context.newPage();

	page.look = look;
	page.devtools = await context.newCDPSession(page);
	await setScreen(page, {width: WIDTH, scheme: "light", ...look});
	page.setDefaultTimeout(WAIT_MS);
	page.faults = [];
	page.on("pageerror", (e) => page.faults.push(String(e)));
	page.on("console", (m) => {
		/* A page may be an error, which Chromium writes down. */
		if (["error", "warning"].includes(m.type()) &&
		    !/Failed to load resource.*status of 4/.test(m.text()))
			page.faults.push(m.text());
	});
	page.on("requestfailed", (r) => {
		/* A new page cuts off what the last one still loads. */
		if (r.failure()?.errorText !== "net::ERR_ABORTED")
			page.faults.push(`${r.url()}: ${
				r.failure()?.errorText}`);
	});
	return page;
}

/* The same page on another screen. */
export async function setScreen(page, {width, scheme})
{
	page.look = {...page.look, width, scheme};
	await page.setViewportSize({width, height: HEIGHT});
	await page.emulateMedia({colorScheme: scheme, reducedMotion: "reduce"});
}

export async function signIn(page, url, token = ADMIN)
{
	await page.goto(`${url}/admin/login`);
	await page.fill("#auth_token", token);
	await page.click("form.stack button.main");
	await page.waitForURL(`${url}/admin/`);
}

/* Go there, and count the bytes of the page with its files. */
export async function visit(page, url)
{
	const sizes = [];
	const count = (r) => sizes.push(r.body().then((b) => b.length,
						      () => 0));

	page.on("response", count);
	const answer = await page.goto(url, {waitUntil: "load"});
	page.off("response", count);
	const bytes = (await Promise.all(sizes)).reduce((a, b) => a + b, 0);
	assert.ok(bytes <= PAGE_MAX, `${url}: ${bytes} bytes`);
	return answer;
}

/* What must hold of every page, whatever it is, on one screen.  Axe takes the
 * most time by far: a page that it has seen by way of one web server needs not
 * be seen by it again. */
export async function check(page, name, {axe = true} = {})
{
	const {look} = page;
	const what = `${name} ${nameOf(look)}`;
	const {wide, ...is} = await page.evaluate(() => {
		const html = document.documentElement;
		const missing = /\{\{|>_?[A-Z]+_[A-Z_]+</;

		return {
			language: html.lang,
			missing: missing.exec(html.outerHTML)?.[0] ?? "",
			markup: document.querySelectorAll("main b, main img")
				.length,
			wide: html.scrollWidth - innerWidth,
			/* Cards are there so that nobody has to scroll. */
			cut: [...document.querySelectorAll(".scroll")]
				.filter((box) => matchMedia("(max-width: 40rem)")
					.matches &&
					box.querySelector(".cards") &&
					box.scrollWidth > box.clientWidth)
				.map((box) => box.textContent),
		};
	});

	assert.deepEqual(page.faults, [], what);
	assert.deepEqual(is, {language: look.language, missing: "", markup: 0,
			      cut: []}, what);
	assert.ok(wide <= 0, `${what}: it is ${wide} too wide`);
	if (axe)
		await (look.scripts ? checkAxe(page, what) :
			withScripts(page, () => checkAxe(page, what)));
	/* What app.js leaves. */
	assert.equal(await page.evaluate("'gbalance' in window"), look.scripts,
		     `${what}: scripts`);
	await page.screenshot({path: path.join(SHOTS, `${what
		.replace(/ /g, "-")}.jpeg`), fullPage: true, quality: 60});
}

/* Axe waits for timers, which do not run where scripts do not: so they may,
 * but only while it is there.  The page's own were passed over when it was
 * loaded, and stay so. */
async function withScripts(page, run)
{
	const forbid = (value) => page.devtools.send(
		"Emulation.setScriptExecutionDisabled", {value});

	/* Who has not forbidden it cannot allow it. */
	await forbid(true);
	await forbid(false);
	await run();
	await forbid(true);
}

async function checkAxe(page, what)
{
	if (await page.evaluate("typeof axe === 'undefined'"))
		await page.evaluate(AXE);
	const violations = await page.evaluate(() => window.axe.run({
		resultTypes: ["violations"]}).then((r) => r.violations.map((v) =>
		`${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`)));

	assert.deepEqual(violations, [], what);
}
