/*
 * fields.mjs: the fields of a request, in the two spellings that Google takes,
 * and what it says of those that it does not know.
 */
import {Fault} from "./errors.mjs";

/* The newest family that we know; an alias without a number is that one. */
const NEWEST = 3.8;

/* Names of fields in both spellings. */
export const spellings = (...names) => new Set(names.flatMap((n) =>
	[n, n.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)]));

/* Google accepts both spellings of a field; "get" reads either. */
export function get(object, name)
{
	if (object === null || typeof object !== "object")
		return undefined;
	return object[name] ??
	       object[name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)];
}

export const isObject = (v) =>
	v !== null && typeof v === "object" && !Array.isArray(v);

export function onlyFields(object, allowed, where)
{
	if (!isObject(object))
		throw new Fault(`Invalid value at '${where}' (Map), expected ` +
				"an object.");
	for (const name of Object.keys(object))
		if (!allowed.has(name))
			throw new Fault("Invalid JSON payload received. " +
				`Unknown name ${JSON.stringify(name)}` +
				(where ? ` at '${where}'` : "") +
				": Cannot find field.");
}

/* The number of a gemini model, 3.1 as 3.1; NEWEST for "gemini-…-latest". */
export function versionOf(model)
{
	const m = /^gemini-(\d+)(?:\.(\d+))?-/.exec(model);

	return m ? Number(`${m[1]}.${m[2] ?? 0}`) : NEWEST;
}

export function checkBase64(data, where)
{
	if (typeof data !== "string" || data.length % 4 === 1 ||
	    !/^[A-Za-z0-9+/_-]*={0,2}$/.test(data))
		throw new Fault(`Invalid value at '${where}' (TYPE_BYTES), ` +
				"Base64 decoding failed");
}
