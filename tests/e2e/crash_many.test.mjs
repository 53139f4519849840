/*
 * crash_many.test.mjs: the short form of tests/crash, which is in C because it
 * has to be faster than what it kills.
 */
import assert from "node:assert/strict";
import {execFile} from "node:child_process";
import path from "node:path";
import {it} from "node:test";
import {promisify} from "node:util";

import {REPO} from "./harness.mjs";

it("promises 6, 8, 10: 16 processes, killed at random; a full disk",
   async () => {
	const crash = path.join(REPO, "build/release/crash");

	await promisify(execFile)("make", ["-s", "build/release/crash",
					   "build/gbalance"], {cwd: REPO});
	const {stdout} = await promisify(execFile)(
		path.join(REPO, "tests/crash/run.sh"), ["--short"],
		{env: {...process.env, CRASH: crash}});
	const lines = stdout.trim().split("\n");

	assert.equal(lines.length, 4, stdout);
	for (const line of lines) {
		assert.match(line, / finished=\d{3,} .* faults=0$/);
		if (!line.startsWith("full"))
			assert.match(line, / kills=[1-9]/);
	}
});
