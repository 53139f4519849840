/*
 * rules.mjs: what Google refuses in a request, and in which words.
 *
 * As strict as the real service, and in a few places stricter, so that a
 * translator which passes here passes there.  Each check throws a Fault.
 */
import {Fault, namedError} from "./errors.mjs";

const DUMMY_SIGNATURES = new Set([
	"skip_thought_signature_validator",
	"context_engineering_is_the_way_to_go",
]);

/* The newest family that we know; an alias without a number is that one. */
const NEWEST = 3.8;
const IMAGE_TYPES = /^image\/(png|jpeg|webp|heic|heif)$/;
const NAME = /^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$/;

const both = (...names) => names.flatMap((n) =>
	[n, n.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)]);

const REQUEST = new Set(both("contents", "tools", "toolConfig",
	"safetySettings", "systemInstruction", "generationConfig",
	"cachedContent", "serviceTier"));
const CONFIG = new Set(both("stopSequences", "responseMimeType",
	"responseSchema", "responseJsonSchema", "responseModalities",
	"candidateCount", "maxOutputTokens", "temperature", "topP", "topK",
	"seed", "presencePenalty", "frequencyPenalty", "responseLogprobs",
	"logprobs", "enableEnhancedCivicAnswers", "speechConfig",
	"thinkingConfig", "imageConfig", "mediaResolution"));
const THINKING = new Set(both("includeThoughts", "thinkingBudget",
	"thinkingLevel"));
const CONTENT = new Set(["role", "parts"]);
const PART = new Set(both("thought", "thoughtSignature", "partMetadata",
	"mediaResolution", "text", "inlineData", "functionCall",
	"functionResponse", "fileData", "executableCode",
	"codeExecutionResult", "videoMetadata", "toolCall", "toolResponse"));
const DATA = ["text", "inlineData", "functionCall", "functionResponse",
	"fileData", "executableCode", "codeExecutionResult", "toolCall",
	"toolResponse"];
const TOOL = new Set(both("functionDeclarations", "googleSearch",
	"googleSearchRetrieval", "codeExecution", "urlContext",
	"computerUse", "googleMaps", "fileSearch"));
const DECLARATION = new Set(both("name", "description", "behavior",
	"parameters", "parametersJsonSchema", "response",
	"responseJsonSchema"));
const SCHEMA = new Set(both("type", "format", "title", "description",
	"nullable", "enum", "maxItems", "minItems", "properties", "required",
	"minProperties", "maxProperties", "minLength", "maxLength", "pattern",
	"example", "anyOf", "propertyOrdering", "default", "items", "minimum",
	"maximum"));
const TYPES = new Set(["string", "number", "integer", "boolean", "array",
	"object", "null"]);

/* Google accepts both spellings of a field; "get" reads either. */
export function get(object, name)
{
	if (object === null || typeof object !== "object")
		return undefined;
	return object[name] ??
	       object[name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)];
}

const isObject = (v) =>
	v !== null && typeof v === "object" && !Array.isArray(v);

function onlyFields(object, allowed, where)
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

function checkBase64(data, where)
{
	if (typeof data !== "string" || data.length % 4 === 1 ||
	    !/^[A-Za-z0-9+/_-]*={0,2}$/.test(data))
		throw new Fault(`Invalid value at '${where}' (TYPE_BYTES), ` +
				"Base64 decoding failed");
}

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

/*
 * Stricter than Google: no dummies, and each signature where it belongs, at
 * the call that it was issued with and nowhere else.
 */
function checkRealSignature(part, first, issued)
{
	const s = get(part, "thoughtSignature");
	const call = get(part, "functionCall");
	const of = issued.get(s);

	if (part !== first && s === undefined)
		return;
	if (part !== first && DUMMY_SIGNATURES.has(s))
		throw new Fault("A second call has a dummy for a signature.");
	if (!of)
		throw new Fault(`Function call \`${call.name}\` does not ` +
				"have the thought signature of a call.");
	if (of.name !== call.name || (of.id && of.id !== call.id) ||
	    JSON.stringify(of.args ?? {}) !== JSON.stringify(call.args ?? {}))
		throw new Fault(`Function call \`${call.name}\` has the ` +
				"thought signature of another call.");
}

/*
 * Gemini 3 wants the signature that it gave on the first call of each step of
 * the current turn: of all that follows the last user content with more in it
 * than results.
 */
function checkSignatures(contents, version, issued, real)
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
		for (const part of content.parts) {
			const s = get(part, "thoughtSignature");

			if (s !== undefined && !DUMMY_SIGNATURES.has(s) &&
			    !issued.has(s))
				throw new Fault("Corrupted thought signature.");
		}
		if (i <= start || content.role !== "model")
			return;
		const first = calls(content)[0];
		if (real)
			for (const part of calls(content))
				checkRealSignature(part, first, issued);
		if (first && !get(first, "thoughtSignature"))
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
	});
}

/* The schema of old: a short list of keywords, and nothing beside it. */
function checkSchema(schema, where)
{
	onlyFields(schema, SCHEMA, where);
	if (Array.isArray(schema.type))
		throw new Fault(`Invalid JSON payload received. Unknown name ` +
			`"type" at '${where}': Proto field is not repeating, ` +
			"cannot start list.");
	if (schema.type !== undefined &&
	    !TYPES.has(String(schema.type).toLowerCase()))
		throw new Fault(`Invalid value at '${where}.type' (type.` +
			"googleapis.com/google.ai.generativelanguage." +
			`v1beta.Type), "${schema.type}"`);
	for (const value of schema.enum ?? [])
		if (typeof value !== "string")
			throw new Fault(`Invalid value at '${where}.enum[0]' ` +
				`(TYPE_STRING), ${value}`);
	for (const [name, child] of Object.entries(schema.properties ?? {}))
		checkSchema(child, `${where}.properties[${name}]`);
	for (const name of schema.required ?? [])
		if (!Object.hasOwn(schema.properties ?? {}, name))
			throw new Fault(`* GenerateContentRequest.${where}.` +
				"required[0]: property is not defined\n");
	if (String(schema.type).toLowerCase() === "array" && !schema.items)
		throw new Fault(`* GenerateContentRequest.${where}.items: ` +
				"missing field.\n");
	if (schema.items)
		checkSchema(schema.items, `${where}.items`);
	(get(schema, "anyOf") ?? []).forEach((child, i) =>
		checkSchema(child, `${where}.any_of[${i}]`));
}

function checkTools(tools)
{
	if (!Array.isArray(tools))
		throw new Fault("Invalid value at 'tools'");
	tools.forEach((tool, t) => {
		onlyFields(tool, TOOL, `tools[${t}]`);
		(get(tool, "functionDeclarations") ?? []).forEach((d, i) => {
			const at = `tools[${t}].function_declarations[${i}]`;

			onlyFields(d, DECLARATION, at);
			if (!NAME.test(d.name ?? ""))
				throw new Fault("* GenerateContentRequest." +
					`${at}.name: Invalid function name. ` +
					"Must start with a letter or an " +
					"underscore. Must be alphanumeric " +
					"(a-z, A-Z, 0-9), underscores (_), " +
					"dots (.), colons (:), or dashes " +
					"(-), with a maximum length of 128.\n");
			if (d.parameters && get(d, "parametersJsonSchema"))
				throw new Fault(`* GenerateContentRequest.` +
					`${at}: parameters and parameters_` +
					"json_schema are mutually exclusive\n");
			if (d.parameters)
				checkSchema(d.parameters, `${at}.parameters`);
		});
	});
}

function checkThinking(thinking, version)
{
	onlyFields(thinking, THINKING, "generation_config.thinking_config");
	const level = get(thinking, "thinkingLevel");
	const budget = get(thinking, "thinkingBudget");

	if (level !== undefined && budget !== undefined)
		throw new Fault("You can only set only one of thinking " +
				"budget and thinking level.");
	if (level === undefined)
		return;
	if (version < 3)
		throw new Fault("Thinking level is not supported for this " +
				"model.");
	const name = String(level).toUpperCase();
	if (!["MINIMAL", "LOW", "MEDIUM", "HIGH"].includes(name))
		throw new Fault("Invalid value at 'generation_config." +
			"thinking_config.thinking_level' (type.googleapis." +
			"com/google.ai.generativelanguage.v1beta." +
			`ThinkingConfig.ThinkingLevel), "${level}"`);
	if (name === "MINIMAL" && version >= 3.7)
		throw new Fault("Thinking level MINIMAL is not supported for " +
				"this model. Please retry with other " +
				"thinking level.");
}

function checkConfig(config, model, version, tools)
{
	onlyFields(config, CONFIG, "generation_config");
	const mime = get(config, "responseMimeType");
	const schema = get(config, "responseSchema");
	const jsonSchema = get(config, "responseJsonSchema");

	if (get(config, "candidateCount") > 1)
		throw new Fault("Multiple candidates is not enabled for this " +
				"model");
	if (get(config, "responseLogprobs") ||
	    config.logprobs !== undefined)
		throw new Fault("Logprobs is not enabled for this model");
	if (get(config, "presencePenalty") || get(config, "frequencyPenalty"))
		throw new Fault(`Penalty is not enabled for models/${model}`);
	if ((get(config, "stopSequences") ?? []).length > 5)
		throw new Fault("* GenerateContentRequest.generation_config." +
			"stop_sequences: too many stop sequences\n");
	if ((schema || jsonSchema) && mime !== "application/json" &&
	    mime !== "text/x.enum")
		throw new Fault("Response_schema with a response mime type: " +
			"'text/plain' is unsupported");
	if (schema && jsonSchema)
		throw new Fault("* GenerateContentRequest.generation_config: " +
			"response_schema and response_json_schema are " +
			"mutually exclusive\n");
	if (schema)
		checkSchema(schema, "generation_config.response_schema");
	if (mime === "application/json" && tools && version < 3)
		throw new Fault("Function calling with a response mime type: " +
			"'application/json' is unsupported");
	if (get(config, "thinkingConfig"))
		checkThinking(get(config, "thinkingConfig"), version);
}

/* A whole GenerateContentRequest; "issued" holds the signatures that we gave,
 * with their calls; "real": no dummy will do. */
export function checkGenerate(body, model, issued, real = false)
{
	const version = versionOf(model);
	const contents = body?.contents;

	if (!isObject(body))
		throw new Fault("Invalid JSON payload received. Expected an " +
				"object.");
	onlyFields(body, REQUEST, "");
	if (!Array.isArray(contents) || contents.length === 0)
		throw new Fault("* GenerateContentRequest.contents: contents " +
				"is not specified\n");
	contents.forEach((c, i) => onlyFields(c, CONTENT, `contents[${i}]`));
	checkRoles(contents, version);
	contents.forEach((c, i) => c.parts.forEach((p, k) =>
		checkPart(p, `contents[${i}].parts[${k}]`)));
	checkTurns(contents, version);
	checkSignatures(contents, version, issued, real);

	const system = get(body, "systemInstruction");
	if (system)
		onlyFields(system, CONTENT, "system_instruction");
	if (body.tools !== undefined)
		checkTools(body.tools);
	const config = get(body, "generationConfig");
	if (config)
		checkConfig(config, model, version, body.tools);

	const seen = new Set();
	for (const s of get(body, "safetySettings") ?? []) {
		if (seen.has(s.category))
			throw new Fault("* GenerateContentRequest.safety_" +
				"settings: element predicate failed: " +
				"$.category must be unique\n");
		seen.add(s.category);
	}
}

/* Who calls: the key, or the Google error that its absence or abundance is. */
export function credentialOf(headers, query)
{
	const given = [];

	for (const name of ["x-goog-api-key", "authorization",
			    "openai-organization", "openai-project"])
		if (headers[name])
			given.push(headers[name]);
	for (const name of ["key", "access_token"])
		if (query.get(name))
			given.push(query.get(name));
	if (given.length > 1)
		return {error: namedError("multiple_credentials")};
	if (!headers["x-goog-api-key"] && !query.get("key"))
		return {error: namedError(given.length ? "unauthenticated" :
					  "unregistered")};
	return {key: given[0]};
}
