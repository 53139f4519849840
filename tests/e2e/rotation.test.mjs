/*
 * rotation.test.mjs: promise 10.  Several instances on one database share the
 * rotation evenly, and none of their clients ever sees that it is busy.
 */
import assert from "node:assert/strict";
import {after, before, it} from "node:test";

import {ask, bearer, MODEL, startFake, startStack, userSays}
	from "./harness.mjs";

const KEYS = Array.from({length: 7}, (_, i) =>
	`AIzaSyRotation-key-number-${i}-0000000000`);
const INSTANCES = 8;
const EACH = 2000;
const AT_ONCE = 3;	/* requests of one instance */

let fake, stacks;

before(async () => {
	fake = await startFake();
	const first = await startStack(fake, {settings: {api_keys: KEYS}});
	stacks = [first];
	while (stacks.length < INSTANCES)
		stacks.push(await startStack(fake, {settings: {
			api_keys: KEYS, sqlite_database: first.db}}));
});
after(async () => {
	/* The one whose folder has the database goes last. */
	for (const stack of (stacks ?? []).reverse())
		await stack.stop();
	await fake?.close();
});

it(`promise 10: ${INSTANCES} processes, ${EACH} requests each`, async () => {
	const total = INSTANCES * EACH;
	const counts = new Map(KEYS.map((k) => [k, 0]));
	const bad = [];

	fake.decide = (record) => {
		counts.set(record.key, counts.get(record.key) + 1);
		fake.requests.length = 0;	/* nobody looks at them */
		return {text: "x"};
	};
	await Promise.all(stacks.flatMap((stack) => {
		let left = EACH;

		return Array.from({length: AT_ONCE}, async () => {
			while (left-- > 0) {
				const r = await ask(`${stack.url}/v1beta/` +
					`models/${MODEL}:generateContent`, {
					headers: bearer(),
					body: userSays("x")});
				if (r.status !== 200)
					bad.push(r.text);
			}
		});
	}));
	assert.deepEqual(bad, []);
	const got = [...counts.values()];
	assert.equal(got.reduce((a, b) => a + b), total);
	for (const n of got)
		assert.ok(n === Math.floor(total / KEYS.length) ||
			  n === Math.ceil(total / KEYS.length), `${got}`);
	for (const stack of stacks)
		await stack.check();
});
