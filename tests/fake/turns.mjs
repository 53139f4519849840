/*
 * turns.mjs: what Google refuses in the contents of a request: parts, roles,
 * calls and their results, and the signatures that it gave.
 */
import {Fault} from "./errors.mjs";
import {checkBase64, get, isObject, onlyFields, spellings} from "./fields.mjs";

const DUMMY_SIGNATURES = new Set([
	"skip_thought_signature_validator",
	"context_engineering_is_the_way_to_go",
]);

const IMAGE_TYPES = /^image\/(png|jpeg|webp|heic|heif)$/;
export const NAME = /^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$/;

export const CONTENT = new Set(["role", "parts"]);
const PART = spellings("thought", "thoughtSignature", "partMetadata",
	"mediaResolution", "text", "inlineData", "functionCall",
	"functionResponse", "fileData", "executableCode",
	"codeExecutionResult", "videoMetadata", "toolCall", "toolResponse",
	"speechMetadata");
const DATA = ["text", "inlineData", "functionCall", "functionResponse",
	"fileData", "executableCode", "codeExecutionResult", "toolCall",
	"toolResponse"];
const CALL = spellings("id", "name", "args");
const RESULT = spellings("id", "name", "response", "parts", "willContinue",
	"scheduling");

function checkPart(part, where)
{
	onlyFields(part, PART, where);
	const held = DATA.filter((n) => get(part, n) !== undefined);

	if (held.length > 1)
		throw new Fault(`Invalid value at '${where}' (oneof), oneof ` +
			`field 'data' is already set. Cannot set '${held[1]}'`);
	if (held.length === 0)
		throw new Fault(`* GenerateContentRequest.${where}.data: ` +
			"required oneof field 'data' must have one " +
			"initialized field\n");
	if (part.text !== undefined && typeof part.text !== "string")
		throw new Fault(`Invalid value at '${where}.text' ` +
				"(TYPE_STRING)");

	const inline = get(part, "inlineData");
	if (inline) {
		checkBase64(inline.data, `${where}.inline_data.data`);
		const mime = get(inline, "mimeType");
		if (!mime)
			throw new Fault("Unable to submit request because it " +
				"must have a mimeType.");
		if (mime.startsWith("image/") && !IMAGE_TYPES.test(mime))
			throw new Fault(`Unsupported MIME type: ${mime}`);
	}
	const call = get(part, "functionCall");
	if (call) {
		onlyFields(call, CALL, `${where}.function_call`);
		if (!NAME.test(call.name ?? ""))
			throw new Fault("* GenerateContentRequest." + where +
				".function_call.name: Name cannot be empty.\n");
		if (call.args !== undefined && !isObject(call.args))
			throw new Fault(`Invalid value at '${where}.` +
				"function_call.args' (type.googleapis.com/" +
				"google.protobuf.Struct)");
	}
	const result = get(part, "functionResponse");
	if (result) {
		onlyFields(result, RESULT, `${where}.function_response`);
		if (!NAME.test(result.name ?? ""))
			throw new Fault("* GenerateContentRequest." + where +
				".function_response.name: Name cannot be " +
				"empty.\n");
		if (!isObject(result.response))
			throw new Fault(`Invalid value at '${where}.` +
				"function_response.response' (type." +
				"googleapis.com/google.protobuf.Struct)");
	}
}

function checkRoles(contents, version)
{
	contents.forEach((content, i) => {
		const role = content.role;

		if (role === "function" && version >= 3.6)
			throw new Fault("Role 'function' is not supported. " +
				"Please use a valid role: user, model.");
		if (role !== undefined && role !== "user" &&
		    role !== "model" && role !== "function")
			throw new Fault("Please use a valid role: user, " +
				"model.");
		if (role === undefined && contents.length > 1)
			throw new Fault("Please use a valid role: user, " +
				"model.");
		if (!Array.isArray(content.parts) || !content.parts.length)
			throw new Fault("* GenerateContentRequest.contents[" +
				`${i}].parts: contents.parts must not be ` +
				"empty.\n");
	});
	if (contents.at(-1).role === "model" && version >= 3.7)
		throw new Fault("Requests ending with a model turn are not " +
				"supported");
}

const calls = (c) => c.parts.filter((p) => get(p, "functionCall"));
const results = (c) => c.parts.filter((p) => get(p, "functionResponse"));

/* Calls and their results stand in the right places, as many as each other. */
function checkTurns(contents, version)
{
	contents.forEach((content, i) => {
		const before = contents[i - 1];
		const asked = content.role === "model" ? calls(content) : [];
		const given = results(content);

		if (content.role === "model" && given.length > 0)
			throw new Fault("Please use a valid role: user, " +
				"model.");
		if (content.role !== "model" && calls(content).length > 0)
			throw new Fault("Please ensure that function call " +
				"turn comes immediately after a user turn or " +
				"after a function response turn.");
		if (asked.length > 0 && (!before || before.role === "model"))
			throw new Fault("Please ensure that function call " +
				"turn comes immediately after a user turn or " +
				"after a function response turn.");
		if (given.length > 0 &&
		    (!before || before.role !== "model" ||
		     calls(before).length === 0))
			throw new Fault("Please ensure that function " +
				"response turn comes immediately after a " +
				"function call turn.");
		if (before && before.role === "model" &&
		    calls(before).length > 0 &&
		    calls(before).length !== given.length)
			throw new Fault("Please ensure that the number of " +
				"function response parts is equal to the " +
				"number of function call parts of the " +
				"function call turn.");
		given.forEach((part, k) => {
			const r = get(part, "functionResponse");
			const c = get(calls(before)[k], "functionCall");

			if (r.name !== c.name || (r.id ?? "") !== (c.id ?? ""))
				throw new Fault("Please ensure that function " +
					"response turn comes immediately " +
					"after a function call turn.");
			if (version >= 3.7 && !r.id)
				throw new Fault("* GenerateContentRequest." +
					`contents[${i}].parts[${k}].function` +
					"_response.id: id is required.\n");
			if (k > 0 && !get(content.parts[k],
					  "functionResponse"))
				throw new Fault("Please ensure that the " +
					"number of function response parts " +
					"is equal to the number of function " +
					"call parts of the function call " +
					"turn.");
		});
	});
}

/* Whether a part may carry this signature: one that we gave to a part of its
 * kind, or a dummy. */
function checkSignature(part, issued)
{
	const s = get(part, "thoughtSignature");

	if (s === undefined || DUMMY_SIGNATURES.has(s))
		return;
	if (!issued.has(s) || Boolean(issued.get(s).call) !==
			      Boolean(get(part, "functionCall")))
		throw new Fault("Corrupted thought signature.");
}

/*
 * Stricter than Google: no dummies, and each signature where it belongs, at
 * the call that it was issued with and nowhere else.
 */
function checkRealSignature(part, issued)
{
	const call = get(part, "functionCall");
	const of = issued.get(get(part, "thoughtSignature"))?.call;

	if (!of)
		throw new Fault(`Function call \`${call.name}\` does not ` +
				"have the thought signature of a call.");
	if (of.name !== call.name || (of.id && of.id !== call.id) ||
	    JSON.stringify(of.args ?? {}) !== JSON.stringify(call.args ?? {}))
		throw new Fault(`Function call \`${call.name}\` has the ` +
				"thought signature of another call.");
}

/* Stricter than Google, perhaps: what its own tools did stands before the calls
 * that came of it, and goes back with them. */
function checkServerParts(content, signature, issued)
{
	const ids = content.parts.flatMap((p) =>
		[get(p, "toolCall")?.id, get(p, "toolResponse")?.id]);

	for (const id of issued.get(signature)?.beside ?? [])
		if (ids.filter((i) => i === id).length !== 2)
			throw new Fault("Please ensure that the tool call " +
				"and tool response parts are returned as they " +
				`were given: ${id} is not complete.`);
}

/*
 * Gemini 3 wants the signature that it gave on the first call of each step of
 * the current turn: of all that follows the last user content with more in it
 * than results.
 */
function checkSignatures(contents, version, issued, how)
{
	let start = -1;

	if (version < 3)
		return;
	contents.forEach((content, i) => {
		if (content.role !== "model" &&
		    results(content).length < content.parts.length)
			start = i;
	});
	contents.forEach((content, i) => {
		const [first, ...siblings] = calls(content);

		for (const part of content.parts)
			checkSignature(part, issued);
		if (siblings.some((p) => get(p, "thoughtSignature")))
			throw new Fault("Corrupted thought signature.");
		if (i <= start || content.role !== "model" || !first)
			return;
		if (how.realSignatures)
			checkRealSignature(first, issued);
		const signature = get(first, "thoughtSignature");
		if (!signature)
			throw new Fault("Function call is missing a " +
				"thought_signature in functionCall parts. " +
				"This is required for tools to work " +
				"correctly, and missing thought_signature " +
				"may lead to degraded model performance. " +
				"Additional data, function call `default_api:" +
				`${get(first, "functionCall").name}\` , ` +
				`position ${i + 1}. Please refer to https://` +
				"ai.google.dev/gemini-api/docs/" +
				"thought-signatures for more details.");
		if (how.wholeTurns)
			checkServerParts(content, signature, issued);
	});
}

/* All contents; "issued" holds the signatures that we gave, with their calls. */
export function checkContents(contents, version, issued, how)
{
	if (!Array.isArray(contents) || contents.length === 0)
		throw new Fault("* GenerateContentRequest.contents: contents " +
				"is not specified\n");
	contents.forEach((c, i) => onlyFields(c, CONTENT, `contents[${i}]`));
	checkRoles(contents, version);
	contents.forEach((c, i) => c.parts.forEach((p, k) =>
		checkPart(p, `contents[${i}].parts[${k}]`)));
	checkTurns(contents, version);
	checkSignatures(contents, version, issued, how);
}
