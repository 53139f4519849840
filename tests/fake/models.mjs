/* models.mjs: the models there are, and what each of them makes */

const both = (kind, methods) => ({kind, methods});
const TEXT = both("text", ["generateContent", "countTokens",
			   "createCachedContent", "batchGenerateContent"]);
const SPEECH = both("speech", ["generateContent", "countTokens"]);
const TRANSCRIPTION = both("transcription", ["generateContent", "countTokens"]);
const EMBED = both("embed", ["embedContent", "countTextTokens",
			     "countTokens", "asyncBatchEmbedContent"]);

/* The models there are; a client that asks for another one gets a 404. */
export const MODELS = {
	"gemini-3.8-flash": TEXT,
	"gemini-3.7-flash": TEXT,
	"gemini-3.6-flash": TEXT,
	"gemini-3.5-flash": TEXT,
	"gemini-3.5-flash-lite": TEXT,
	"gemini-3.1-pro-preview": TEXT,
	"gemini-3.1-flash-lite": TEXT,
	"gemini-3-flash-preview": TEXT,
	"gemini-2.5-pro": TEXT,
	"gemini-2.5-flash": TEXT,
	"gemini-2.5-flash-lite": TEXT,
	"gemini-pro-latest": TEXT,
	"gemini-flash-latest": TEXT,
	"gemini-flash-lite-latest": TEXT,
	"gemini-3.1-flash-image": both("image", TEXT.methods),
	"gemini-2.5-flash-image": both("image", TEXT.methods),
	"imagen-4.0-generate-001": both("imagen", ["predict"]),
	"gemini-3.5-transcribe": TRANSCRIPTION,
	"gemini-3.8-flash-tts": SPEECH,
	"gemini-2.5-flash-preview-tts": SPEECH,
	"gemini-embedding-2": EMBED,
	"gemini-embedding-001": EMBED,
};

export const kindOf = (id) => MODELS[id]?.kind;

/* A row of the list of models. */
export function modelRow(id)
{
	return {
		name: `models/${id}`,
		version: "001",
		displayName: id.replace(/-/g, " "),
		description: `The fake ${id}`,
		inputTokenLimit: 1048576,
		outputTokenLimit: 65536,
		supportedGenerationMethods: MODELS[id].methods,
		temperature: 1,
		topP: 0.95,
		topK: 64,
		maxTemperature: 2,
		...(MODELS[id].kind === "text" ? {thinking: true} : {}),
	};
}
