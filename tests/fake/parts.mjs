/*
 * parts.mjs: the parts of an answer that are more than text: pictures, sound,
 * code that was run, what Google's own tools did, and where words came from.
 */
import crypto from "node:crypto";

const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk" +
	"+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const RATE = 24000;
const WAVE = 24;	/* samples, a millisecond */

export const picture = () =>
	({inlineData: {mimeType: "image/png", data: PIXEL}});

/* So many milliseconds of a tone of 1 kHz: signed 16 bits, mono. */
export function tone(ms)
{
	const pcm = Buffer.alloc(2 * WAVE * ms);

	for (let i = 0; i < WAVE * ms; i++)
		pcm.writeInt16LE(Math.round(
			8000 * Math.sin(2 * Math.PI * i / WAVE)), 2 * i);
	return pcm;
}

function wav(pcm)
{
	const head = Buffer.alloc(44);

	head.write("RIFF", 0);
	head.writeUInt32LE(36 + pcm.length, 4);
	head.write("WAVEfmt ", 8);
	head.writeUInt32LE(16, 16);
	head.writeUInt16LE(1, 20);	/* PCM */
	head.writeUInt16LE(1, 22);	/* mono */
	head.writeUInt32LE(RATE, 24);
	head.writeUInt32LE(2 * RATE, 28);
	head.writeUInt16LE(2, 32);
	head.writeUInt16LE(16, 34);
	head.write("data", 36);
	head.writeUInt32LE(pcm.length, 40);
	return Buffer.concat([head, pcm]);
}

/*
 * Words as sound.  Until 3.1 it is always raw samples; 3.8 gives a complete
 * WAV file, and raw samples in a stream.
 */
export function speech(version, streamed, ms = 1)
{
	const whole = version >= 3.8 && !streamed;
	const data = whole ? wav(tone(ms)) : tone(ms);

	return {inlineData: {
		mimeType: whole ? "audio/wav" :
				  `audio/L16;codec=pcm;rate=${RATE}`,
		data: data.toString("base64"),
	}};
}

/* Code that was written and run. */
export function codeRun(code = "print(6 * 7)", output = "42\n")
{
	return [
		{executableCode: {language: "PYTHON", code}},
		{codeExecutionResult: {outcome: "OUTCOME_OK", output}},
	];
}

/* A search as one sees it with includeServerSideToolInvocations. */
export function searched(query)
{
	const id = crypto.randomBytes(4).toString("hex");
	const toolType = "GOOGLE_SEARCH_WEB";

	return [
		{toolCall: {id, toolType, args: {queries: [query]}}},
		{toolResponse: {id, toolType, response: {
			search_suggestions: "<div>suggestions</div>"}}},
	];
}

const SOURCES = [
	{web: {uri: "https://vertexaisearch.example/grounding-api-redirect/1",
	       title: "füchse.example"}},
	{web: {uri: "https://vertexaisearch.example/grounding-api-redirect/2",
	       title: "tokyo.example"}},
];

/*
 * Where the words of "text" came from: each word of it is a segment, by turns
 * from one source and from both, its offsets in bytes of UTF-8 within the one
 * part of text; an offset of 0 is left out, as Google does.
 */
export function groundingOf(text, query)
{
	const words = [...text.matchAll(/\S+/g)];
	const bytes = (end) => Buffer.byteLength(text.slice(0, end));

	return {
		webSearchQueries: [query],
		searchEntryPoint: {renderedContent: "<div>search</div>"},
		groundingChunks: SOURCES,
		groundingSupports: words.map((word, i) => {
			const start = bytes(word.index);

			return {
				segment: {
					...(start > 0 ? {startIndex: start} :
							{}),
					endIndex: bytes(word.index +
							word[0].length),
					text: word[0],
				},
				groundingChunkIndices: i % 2 ? [0, 1] : [0],
				confidenceScores: i % 2 ? [0.9, 0.5] : [0.9],
			};
		}),
	};
}

/* That words are somebody's. */
export const citationOf = (text) => ({citationSources: [{
	startIndex: 0, endIndex: Buffer.byteLength(text),
	uri: "https://books.example/1", license: "",
}]});

/* Nobody says why, but which kind it was. */
export const ratings = () => [
	{category: "HARM_CATEGORY_HARASSMENT", probability: "HIGH",
	 blocked: true},
	{category: "HARM_CATEGORY_HATE_SPEECH", probability: "NEGLIGIBLE"},
];
