/*
 * shape.mjs: what a JSON value has to look like, said in tables.
 *
 * A shape is a function (value, at, say) that calls say(at, fault) for whatever
 * is wrong; "at" is the path of the value.  An object has no other members than
 * its shape names.
 */

const shown = (value) => {
	const text = value === undefined ? "nothing" : JSON.stringify(value);

	return text.length > 120 ? `${text.slice(0, 120)}…` : text;
};

function of(what, test)
{
	return (value, at, say) => {
		if (!test(value))
			say(at, `have ${shown(value)}, want ${what}`);
	};
}

export const any = () => {};
export const string = of("a string", (v) => typeof v === "string");
export const some = of("a string that is not empty",
		       (v) => typeof v === "string" && v !== "");
export const bool = of("true or false", (v) => typeof v === "boolean");
export const number = of("a number", (v) => typeof v === "number");
export const count = of("a count", (v) => Number.isInteger(v) && v >= 0);
export const nothing = of("null", (v) => v === null);

/* Seconds since 1970, and not thousandths of them. */
export const seconds = of("seconds since 1970", (v) =>
	Number.isInteger(v) && v > 1e9 && v < 1e11);

export const word = (...words) =>
	of(words.join(", "), (v) => words.includes(v));
export const begins = (prefix) => of(`a string with ${prefix} first`, (v) =>
	typeof v === "string" && v.startsWith(prefix) &&
	v.length > prefix.length);

/* Text that is JSON of an object, as arguments of functions are. */
export const jsonText = of("a string with JSON of an object", (v) => {
	try {
		return isObject(JSON.parse(v));
	} catch {
		return false;
	}
});

export const nullable = (shape) => (value, at, say) => {
	if (value !== null)
		shape(value, at, say);
};

export const list = (shape, {min = 0} = {}) => (value, at, say) => {
	if (!Array.isArray(value) || value.length < min) {
		say(at, `have ${shown(value)}, want a list` +
		    (min ? ` of at least ${min}` : ""));
		return;
	}
	value.forEach((item, i) => shape(item, `${at}[${i}]`, say));
};

export const map = (shape) => (value, at, say) => {
	if (!isObject(value))
		say(at, `have ${shown(value)}, want an object`);
	else
		for (const [name, member] of Object.entries(value))
			shape(member, `${at}.${name}`, say);
};

export function isObject(value)
{
	return value !== null && typeof value === "object" &&
	       !Array.isArray(value);
}

/* Members by name: those that must be there, those that may, and those that
 * are not in the published schema but ours. */
export const object = (required, optional = {}, ours = {}) => {
	const known = {...required, ...optional, ...ours};

	return (value, at, say) => {
		if (!isObject(value)) {
			say(at, `have ${shown(value)}, want an object`);
			return;
		}
		for (const name of Object.keys(required))
			if (!Object.hasOwn(value, name))
				say(join(at, name), "is missing");
		for (const [name, member] of Object.entries(value))
			if (Object.hasOwn(known, name))
				known[name](member, join(at, name), say);
			else
				say(join(at, name), "is not in the schema");
	};
};

/* One of several shapes, as the member "tag" says. */
export const tagged = (tag, shapes) => (value, at, say) => {
	const name = isObject(value) ? value[tag] : undefined;

	if (typeof name === "string" && Object.hasOwn(shapes, name))
		shapes[name](value, at, say);
	else
		say(join(at, tag), `have ${shown(name)}, want one of ` +
		    Object.keys(shapes).join(", "));
};

export const join = (at, name) => at === "" ? name : `${at}.${name}`;

/* Of numbers in an object: that one is no more than another. */
export function atMost(value, small, large, at, say)
{
	const of = (path) => path.split(".").reduce((v, k) => v?.[k], value);

	if (of(small) > of(large))
		say(join(at, small), `have ${of(small)}, but ${large} is ` +
		    of(large));
}

/* Faults, each with its path, as lines for a person. */
export class Faults {
	constructor(prefix = "")
	{
		this.prefix = prefix;
		this.lines = [];
	}

	say = (at, what) =>
		this.lines.push(`${this.prefix}${at || "(all)"}: ${what}`);

	/* For one value within: faults are told with "where" first. */
	within = (where) => (at, what) =>
		this.say(at ? `${where}: ${at}` : where, what);
}
