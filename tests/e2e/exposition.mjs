/*
 * exposition.mjs: a strict reader of Prometheus' text form 0.0.4, which throws
 * at what "promtool check metrics" complains about, and more.
 */
import assert from "node:assert/strict";

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = `[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"`;
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? ` +
			  "([0-9]+(?:\\.[0-9]+)?)$");
const SUFFIXES = {
	counter: [""], gauge: [""],
	histogram: ["_bucket", "_sum", "_count"],
	summary: ["_sum", "_count"],
};

function labelsOf(text = "")
{
	const labels = {};

	for (const [, name, value] of
	     text.matchAll(/([a-zA-Z0-9_]+)="((?:[^"\\]|\\.)*)"/g)) {
		assert.ok(!(name in labels), `label ${name} twice`);
		labels[name] = value.replace(/\\(.)/g, (_, c) =>
			c === "n" ? "\n" : c);
	}
	return labels;
}

/* Buckets of each series grow, and the last one is the count. */
function checkHistogram(name, family)
{
	const series = new Map();
	const key = ({le, ...rest}) => JSON.stringify(rest);

	for (const s of family.samples)
		if (s.name === `${name}_bucket`)
			series.set(key(s.labels),
				   [...series.get(key(s.labels)) ?? [], s]);
	for (const [labels, buckets] of series) {
		const bounds = buckets.map((b) => b.labels.le === "+Inf" ?
			Infinity : Number(b.labels.le));
		const count = family.samples.find((s) =>
			s.name === `${name}_count` && key(s.labels) === labels);

		assert.equal(bounds.at(-1), Infinity, name);
		for (let i = 1; i < buckets.length; i++) {
			assert.ok(bounds[i] > bounds[i - 1], `${name}: le`);
			assert.ok(buckets[i].value >= buckets[i - 1].value,
				  `${name}: buckets grow`);
		}
		assert.equal(buckets.at(-1).value, count?.value, name);
	}
}

/* {NAME: {type, help, samples: [{name, labels, value}]}} */
export function parseExposition(text)
{
	const families = {}, seen = new Set();
	let now;

	assert.ok(text.endsWith("\n"), "the last line ends");
	for (const line of text.slice(0, -1).split("\n")) {
		const meta = new RegExp(
			`^# (HELP|TYPE) (${NAME}) (.+)$`).exec(line);

		if (meta?.[1] === "HELP") {
			assert.ok(!families[meta[2]], `${meta[2]} twice`);
			now = {name: meta[2], help: meta[3], samples: []};
			families[meta[2]] = now;
			continue;
		}
		if (meta) {
			assert.equal(meta[2], now?.name, "TYPE behind HELP");
			assert.ok(meta[3] in SUFFIXES, line);
			now.type = meta[3];
			continue;
		}
		const sample = SAMPLE.exec(line);
		assert.ok(sample, `no sample: ${line}`);
		assert.ok(!seen.has(`${sample[1]}{${sample[2]}}`),
			  `twice: ${line}`);
		seen.add(`${sample[1]}{${sample[2]}}`);
		assert.ok(now?.type && SUFFIXES[now.type].some((s) =>
			sample[1] === now.name + s), `out of place: ${line}`);
		now.samples.push({name: sample[1], labels: labelsOf(sample[2]),
				  value: Number(sample[3])});
	}
	for (const [name, family] of Object.entries(families)) {
		assert.equal(family.type === "counter",
			     name.endsWith("_total"), `${name}: ${family.type}`);
		if (family.type === "histogram")
			checkHistogram(name, family);
	}
	return families;
}

/* The value of the sample with these labels; undefined: there is none. */
export function valueOf(families, name, labels = {})
{
	return families[name]?.samples.find((s) => s.name === name &&
		Object.entries(labels).every(([k, v]) => s.labels[k] === v))
		?.value;
}
