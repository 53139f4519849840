/*
 * clients.mjs: what tests of the clients that people use share: one stack, a
 * strict fake, and a watch on every answer that they get.
 */
import {after, afterEach, before, beforeEach} from "node:test";

import {startFake, startStack} from "./harness.mjs";
import {Watch} from "./validate.mjs";

export const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR" +
	"42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
export const PIXEL_URL = `data:image/png;base64,${PIXEL}`;

/*
 * A stack for a file of tests: {fake, stack, watch, bodies()}, filled in before
 * the first of them.  After each, the answers that went through watch.fetch
 * must have kept to the rules, and there must have been one.  "ready" makes the
 * clients.
 */
export function withClients({settings = {}, env = {}, ready = () => {}} = {})
{
	const held = {watch: new Watch()};

	/* What the fake was asked, in order. */
	held.bodies = () => held.fake.requests.map((r) => JSON.parse(r.body));
	before(async () => {
		held.fake = await startFake();
		held.stack = await startStack(held.fake, {settings, env});
		await ready();
	});
	beforeEach(() => held.fake.reset());
	afterEach(async () => {
		await held.watch.assertClean();
		await held.stack.check();
	});
	after(async () => {
		await held.stack?.stop();
		await held.fake?.close();
	});
	return held;
}

/* The parts of one kind in what went to Gemini. */
export const partsOf = (body, kind) =>
	body.contents.flatMap((c) => c.parts).filter((p) => p[kind]);
