/*
 * hearing.mjs: what the fake model hears in a recording: always the same two
 * sentences, by two people, in the form that was asked for.
 */
import {get} from "./fields.mjs";

export const SENTENCES = [
	{speaker: "A", text: "The quick brown fox is here.", startMs: 0},
	{speaker: "B", text: "It jumps over the lazy dog.", startMs: 2500},
];
const WORD_MS = 400;

const isAudio = (part) => /^(audio|video)\//.test(
	get(get(part, "inlineData") ?? get(part, "fileData"), "mimeType"));

export const hasAudio = (content) => content.parts.some(isAudio);
export const countAudio = (contents) => (contents ?? [])
	.flatMap((c) => c.parts ?? []).filter(isAudio).length;

/* The words of a sentence, one after the other. */
const wordsOf = ({text, startMs}) => text.split(" ").map((word, i) =>
	({word, startMs: startMs + i * WORD_MS,
	  endMs: startMs + (i + 1) * WORD_MS}));

const endOf = (sentence) => wordsOf(sentence).at(-1).endMs;

/* "00:02.500", as models write times. */
const clock = (ms) =>
	new Date(ms).toISOString().slice(14, 23);

/* JSON of a schema that wants segments; all that the schema does not have is
 * left out. */
export function segmentsFor(schema)
{
	const item = schema.properties?.segments?.items?.properties;

	return item && {
		language: "english",
		segments: SENTENCES.map((s) => ({
			start: clock(s.startMs), end: clock(endOf(s)),
			...(item.speaker ? {speaker: s.speaker} : {}),
			text: s.text,
			...(item.words ? {words: wordsOf(s).map((w) => ({
				start: clock(w.startMs), end: clock(w.endMs),
				word: w.word}))} : {}),
		})),
	};
}

export const heardText = () => SENTENCES.map((s) => s.text).join(" ");

/* Google's Duration, which has no zero. */
const offset = (name, ms) => ms === 0 ? {} : {[name]: `${ms / 1000}s`};

/* Parts of a model that does nothing else; without its config it says
 * nothing. */
export function transcriptionParts(config)
{
	const wish = get(config, "audioTranscriptionConfig");

	return wish === undefined ? [] : SENTENCES.map((s) => ({
		audioTranscription: {
			text: s.text,
			languageCode: "en-US",
			...(get(wish, "diarization") ?
			    {speakerLabel: `spk_${s.speaker}`} : {}),
			...(get(wish, "wordTimestamp") ? {
				words: wordsOf(s).map((w) => ({
					word: w.word,
					...offset("startOffset", w.startMs),
					...offset("endOffset", w.endMs)})),
			} : {}),
		},
	}));
}
