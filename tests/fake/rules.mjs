/*
 * rules.mjs: what Google refuses in a request, and in which words.
 *
 * As strict as the real service, and in a few places stricter, so that a
 * translator which passes here passes there.  Each check throws a Fault.
 */
import {Fault, namedError} from "./errors.mjs";
import {get, isObject, onlyFields, spellings, versionOf} from "./fields.mjs";
import {kindOf} from "./models.mjs";
import {checkContents, CONTENT, NAME} from "./turns.mjs";

const REQUEST = spellings("contents", "tools", "toolConfig",
	"safetySettings", "systemInstruction", "generationConfig",
	"cachedContent", "serviceTier");
const CONFIG = spellings("stopSequences", "responseMimeType",
	"responseSchema", "responseJsonSchema", "responseModalities",
	"candidateCount", "maxOutputTokens", "temperature", "topP", "topK",
	"seed", "presencePenalty", "frequencyPenalty", "responseLogprobs",
	"logprobs", "enableEnhancedCivicAnswers", "speechConfig",
	"thinkingConfig", "imageConfig", "mediaResolution",
	"audioTranscriptionConfig");
const THINKING = spellings("includeThoughts", "thinkingBudget",
	"thinkingLevel");
const TOOL = spellings("functionDeclarations", "googleSearch",
	"googleSearchRetrieval", "codeExecution", "urlContext",
	"computerUse", "googleMaps", "fileSearch");
const BUILT_IN = ["googleSearch", "googleSearchRetrieval", "codeExecution",
	"urlContext", "googleMaps", "fileSearch"];
const TOOL_CONFIG = spellings("functionCallingConfig", "retrievalConfig",
	"includeServerSideToolInvocations");
const CALLING = spellings("mode", "allowedFunctionNames");
const MODES = ["AUTO", "ANY", "NONE", "VALIDATED"];
const DECLARATION = spellings("name", "description", "behavior",
	"parameters", "parametersJsonSchema", "response",
	"responseJsonSchema");
const SCHEMA = spellings("type", "format", "title", "description",
	"nullable", "enum", "maxItems", "minItems", "properties", "required",
	"minProperties", "maxProperties", "minLength", "maxLength", "pattern",
	"example", "anyOf", "propertyOrdering", "default", "items", "minimum",
	"maximum");
const TYPES = new Set(["string", "number", "integer", "boolean", "array",
	"object", "null"]);

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

/* Which tools may stand beside each other, and what may be said of them. */
function checkToolUse(body, model, version)
{
	const tools = body.tools ?? [];
	const names = tools.flatMap((t) =>
		(get(t, "functionDeclarations") ?? []).map((d) => d.name));
	const builtIn = tools.some((t) =>
		BUILT_IN.some((name) => get(t, name) !== undefined));
	const config = get(body, "toolConfig");
	const server = get(config, "includeServerSideToolInvocations");

	if (new Set(names).size !== names.length)
		throw new Fault("Duplicate function declaration found: " +
				`${names.find((n, i) => names.indexOf(n) < i)}`);
	if (names.length > 0 && ["image", "speech"].includes(kindOf(model)))
		throw new Fault("Function calling is not enabled for " +
				`models/${model}`);
	if (names.length > 0 && builtIn && version < 3)
		throw new Fault("Tool use with function calling is " +
				"unsupported");
	if (names.length > 0 && builtIn && !server)
		throw new Fault("Please enable tool_config.include_server_" +
			"side_tool_invocations to use Built-in tools with " +
			"Function calling.");
	if (config === undefined)
		return;
	onlyFields(config, TOOL_CONFIG, "tool_config");
	if (server && version < 3)
		throw new Fault("Server side tool invocations are not " +
				"supported for this model.");
	const calling = get(config, "functionCallingConfig");
	if (calling === undefined)
		return;
	onlyFields(calling, CALLING, "tool_config.function_calling_config");
	if (names.length === 0)
		throw new Fault("Function calling config is set without " +
				"function_declarations.");
	if (!MODES.includes(calling.mode))
		throw new Fault("Invalid value at 'tool_config." +
			"function_calling_config.mode' (type.googleapis.com/" +
			"google.ai.generativelanguage.v1beta." +
			`FunctionCallingConfig.Mode), "${calling.mode}"`);
	const allowed = get(calling, "allowedFunctionNames");
	if (allowed && !["ANY", "VALIDATED"].includes(calling.mode))
		throw new Fault("Allowed function names should only be set " +
				"when function calling mode is ANY.");
	for (const name of allowed ?? [])
		if (!names.includes(name))
			throw new Fault(`Allowed function name ${name} is ` +
					"not a declared function.");
}

/* The least and the most thinking of the models that have a budget. */
function budgetOf(model)
{
	return /flash-lite/.test(model) ? [512, 24576] :
	       /pro/.test(model) ? [128, 32768] : [1, 24576];
}

function checkBudget(budget, model)
{
	const [min, max] = budgetOf(model);
	const off = budget === 0 && min !== 128;

	if (budget !== -1 && !off && (budget < min || budget > max))
		throw new Fault(`The thinking budget ${budget} is invalid. ` +
			`Please choose a value between ${min} and ${max}.`);
}

function checkThinking(thinking, model, version)
{
	onlyFields(thinking, THINKING, "generation_config.thinking_config");
	const level = get(thinking, "thinkingLevel");
	const budget = get(thinking, "thinkingBudget");

	if (kindOf(model) !== "text")
		throw new Fault("Thinking is not enabled for " +
				`models/${model}`);
	if (level !== undefined && budget !== undefined)
		throw new Fault("You can only set only one of thinking " +
				"budget and thinking level.");
	if (budget !== undefined && version < 3)
		checkBudget(budget, model);
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
	if (name === "MINIMAL" && (version >= 3.7 ||
				   /^gemini-3\.1-pro/.test(model)))
		throw new Fault("Thinking level MINIMAL is not supported for " +
				"this model. Please retry with other " +
				"thinking level.");
}

/* What the answer is to be: words, pictures or sound. */
function checkModalities(config, model, version)
{
	const kind = kindOf(model);
	const wanted = (get(config, "responseModalities") ?? [])
		.map((m) => String(m).toUpperCase());
	const can = {text: ["TEXT"], image: ["TEXT", "IMAGE"],
		     speech: ["AUDIO"]}[kind] ?? [];

	if (wanted.some((m) => !can.includes(m)) ||
	    (kind === "speech" && wanted.length === 0))
		throw new Fault("The requested combination of response " +
			"modalities (" + (wanted.join(", ") || "TEXT") +
			`) is not supported by the model. models/${model} ` +
			"accepts the following combination of response " +
			`modalities:\n* ${can.join(", ")}\n`);
	if (kind === "speech" && version >= 3.8)
		for (const name of ["temperature", "topP", "topK"])
			if (get(config, name) !== undefined)
				throw new Fault(`${name} is not supported ` +
						"for this model.");
	if (get(config, "imageConfig") && kind !== "image")
		throw new Fault("Image config is not enabled for " +
				`models/${model}`);
}

/* What the models that draw take: [pattern, more ratios, sizes]. */
const RATIOS = ["1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9",
	"21:9"];
const PAINTERS = [
	[/^gemini-2\.5-flash-image/, [], []],
	[/^gemini-3\.1-flash-lite-image/, [], ["1K"]],
	[/^gemini-3\.1-flash-image/, ["1:4", "4:1", "1:8", "8:1"],
	 ["512", "1K", "2K", "4K"]],
	[/-image/, [], ["1K", "2K", "4K"]],
];

function checkPicture(config, model)
{
	const painter = PAINTERS.find(([pattern]) => pattern.test(model));
	const image = get(config, "imageConfig");

	if (painter && get(config, "responseMimeType"))
		throw new Fault(`JSON mode is not enabled for models/${model}`);
	if (!image || !painter)
		return;	/* of who does not draw checkModalities() knows */
	onlyFields(image, spellings("aspectRatio", "imageSize"),
		   "generation_config.image_config");
	const [, more, sizes] = painter;
	const ratio = get(image, "aspectRatio"), size = get(image, "imageSize");
	if (ratio !== undefined && ![...RATIOS, ...more].includes(ratio))
		throw new Fault(`Aspect ratio ${ratio} is not supported for ` +
				"this model.");
	if (size !== undefined && !sizes.includes(size))
		throw new Fault(`Image size ${size} is not supported for ` +
				"this model.");
}

/* A whole PredictRequest to Imagen. */
export function checkPredict(body)
{
	onlyFields(body, new Set(["instances", "parameters"]), "");
	onlyFields(body.parameters, new Set(["sampleCount", "aspectRatio",
		"imageSize", "personGeneration"]), "parameters");
	if (body.instances?.length !== 1 || !body.instances[0].prompt)
		throw new Fault("Text prompt cannot be empty.");
	if (!["1:1", "3:4", "4:3", "9:16", "16:9", undefined].includes(
		body.parameters.aspectRatio))
		throw new Fault("aspectRatio is not supported.");
}

const TRANSCRIPTION = spellings("languageCodes", "customVocabulary",
	"wordTimestamp", "diarization", "mode", "sourceText");

/* What a model takes that does nothing but transcribe, and others do not. */
function checkTranscription(config, contents, model)
{
	const wish = get(config, "audioTranscriptionConfig");
	const isScribe = kindOf(model) === "transcription";

	if (wish !== undefined && !isScribe)
		throw new Fault("Audio transcription is not enabled for " +
				`models/${model}`);
	if (isScribe && contents.some((c) => c.parts.some((p) =>
		p.text !== undefined)))
		throw new Fault(`Text input is not enabled for models/${model}`);
	if (wish === undefined)
		return;
	onlyFields(wish, TRANSCRIPTION,
		   "generation_config.audio_transcription_config");
	if (get(wish, "mode") === "SMART" &&
	    (get(wish, "wordTimestamp") || get(wish, "diarization")))
		throw new Fault("Timestamps and diarization are incompatible " +
				"with mode SMART.");
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
	if (mime === "application/json" && kindOf(model) !== "text")
		throw new Fault("JSON mode is not enabled for " +
				`models/${model}`);
	if (get(config, "thinkingConfig"))
		checkThinking(get(config, "thinkingConfig"), model, version);
}

function checkSafety(settings)
{
	const seen = new Set();

	for (const s of settings ?? []) {
		if (seen.has(s.category))
			throw new Fault("* GenerateContentRequest.safety_" +
				"settings: element predicate failed: " +
				"$.category must be unique\n");
		seen.add(s.category);
	}
}

/* A whole GenerateContentRequest; "issued" holds the signatures that we gave,
 * with their calls; "how" may be stricter: realSignatures, wholeTurns. */
export function checkGenerate(body, model, issued, how = {})
{
	const version = versionOf(model);

	if (!isObject(body))
		throw new Fault("Invalid JSON payload received. Expected an " +
				"object.");
	onlyFields(body, REQUEST, "");
	checkContents(body.contents, version, issued, how);

	const system = get(body, "systemInstruction");
	if (system)
		onlyFields(system, CONTENT, "system_instruction");
	if (body.tools !== undefined)
		checkTools(body.tools);
	checkToolUse(body, model, version);
	const config = get(body, "generationConfig") ?? {};
	checkConfig(config, model, version, body.tools);
	checkModalities(config, model, version);
	checkPicture(config, model);
	checkTranscription(config, body.contents, model);
	if (get(body, "cachedContent") &&
	    (system || body.tools || get(body, "toolConfig")))
		throw new Fault("CachedContent can not be used with " +
			"GenerateContent request setting system_instruction, " +
			"tools or tool_config.");
	checkSafety(get(body, "safetySettings"));
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
