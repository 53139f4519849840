/*
 * playground.js: the answer as it comes, where scripts run.
 *
 * The form goes by fetch, and the stream that comes back is OpenAI's, with an
 * event "end" behind it that says which key served it, and how fast.
 */
"use strict";

(() => {
	const form = document.getElementById("play");
	const stop = document.getElementById("play_stop");
	const played = document.getElementById("played");
	const error = document.getElementById("play_error");
	const blank = document.getElementById("play_blank");
	const button = form.querySelector("button.main");
	const ms = (n) => n < 0 ? "–" : `${Math.round(n)} ms`;
	let running;

	function fact(name, text)
	{
		played.querySelector(`[data-fact=${name}]`).textContent = text;
	}

	/* An empty answer in place of the last one. */
	function clear()
	{
		while (error.nextElementSibling !== blank)
			error.nextElementSibling.remove();
		error.hidden = true;
		played.dataset.there = "";
		blank.before(blank.content.cloneNode(true));
	}

	function fail(text)
	{
		error.textContent = text;
		error.hidden = false;
	}

	function add(id, text)
	{
		if (!text)
			return;
		document.getElementById(id).append(text);
		if (id === "play_thoughts")
			document.getElementById("play_thinking").hidden = false;
	}

	/* Both times are the browser's, with the way to it. */
	function finish(end, began)
	{
		fact("key", end.key || "–");
		fact("total", ms(performance.now() - began));
		fact("tokens", `${end.tokens_in} / ${end.tokens_out}`);
		fact("attempts", end.attempts);
		if (end.error)
			fail(end.error);
	}

	/* One event; whether it was the last one. */
	function take(text, began)
	{
		const event = /^event: *(.*)$/m.exec(text)?.[1];
		const data = /^data: *(.*)$/m.exec(text)?.[1];

		if (!data || data === "[DONE]")
			return false;
		const json = JSON.parse(data);
		if (event === "end") {
			finish(json, began);
			return true;
		}
		const delta = json.choices?.[0]?.delta;
		if (delta && !take.first) {
			take.first = true;
			fact("first_byte", ms(performance.now() - began));
		}
		add("play_thoughts", delta?.reasoning_content);
		add("play_answer", delta?.content);
		return false;
	}

	async function read(answer, began)
	{
		const reader = answer.body
			.pipeThrough(new TextDecoderStream()).getReader();
		let waiting = "", ended = false;

		take.first = false;
		for (;;) {
			const {value, done} = await reader.read();

			if (done)
				break;
			const events = (waiting + value).split(/\r?\n\r?\n/);
			waiting = events.pop();
			for (const event of events)
				ended = take(event, began) || ended;
		}
		if (!ended)
			fail(form.dataset.gone);
	}

	async function ask()
	{
		const began = performance.now();
		const answer = await fetch(form.dataset.stream, {
			method: "POST",
			body: new URLSearchParams(new FormData(form)),
			signal: running.signal,
			redirect: "manual",
		});

		if (answer.type === "opaqueredirect") {
			location.reload();	/* to sign in again */
			return;
		}
		if (answer.ok) {
			await read(answer, began);
			return;
		}
		const page = new DOMParser().parseFromString(
			await answer.text(), "text/html");
		fail(page.querySelector("main p")?.textContent ??
		     String(answer.status));
	}

	form.addEventListener("submit", async (event) => {
		event.preventDefault();
		if (running)
			return;
		running = new AbortController();
		button.disabled = true;
		stop.hidden = false;
		clear();
		try {
			await ask();
		} catch (e) {
			if (e.name !== "AbortError")
				fail(form.dataset.gone);
		} finally {
			running = undefined;
			button.disabled = false;
			stop.hidden = true;
		}
	});

	stop.addEventListener("click", () => running?.abort());
})();
