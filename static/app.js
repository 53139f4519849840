/*
 * app.js: what makes the pages better where scripts run; all of them work
 * without.
 *
 *  data-confirm="text"	on a button: asks before its form goes
 *  data-check-all="name"	on a checkbox (hidden without scripts): checks all of
 *			that name in its form
 *  data-copy="id"	on a button (hidden without scripts): copies that
 *			element's text
 *  data-refresh="s"	on an element with an id: fetched anew every s seconds
 *			while it is seen and nobody types in it
 *  data-continue="id"	on a form whose answer is the same page with its next
 *			part: sent on and on, the rows of that element are
 *			added here; a button with data-stop (hidden without
 *			scripts) ends it
 *  data-submit		on a field: its form goes when it changes
 */
"use strict";

(() => {
	/* The session's CSRF token, for other scripts of ours. */
	const csrf = () =>
		document.querySelector("input[name=csrf]")?.value ?? "";

	/* Ask the page's own question in a dialog of the page. */
	function ask(text, yes)
	{
		const dialog = document.createElement("dialog");
		const words = document.createElement("p");
		const row = document.createElement("form");
		const go = document.createElement("button");
		const stay = document.createElement("button");

		words.textContent = text;
		words.id = "ask_text";
		dialog.setAttribute("aria-labelledby", words.id);
		row.method = "dialog";
		row.className = "row";
		go.className = "danger";
		go.value = "yes";
		go.textContent = yes;
		stay.value = "";
		stay.textContent = "✕";
		stay.setAttribute("aria-label", "Esc");
		row.append(go, stay);
		dialog.append(words, row);
		document.body.append(dialog);
		return new Promise((resolve) => {
			dialog.addEventListener("close", () => {
				dialog.remove();
				resolve(dialog.returnValue === "yes");
			});
			dialog.showModal();
			stay.focus();
		});
	}

	document.addEventListener("click", async (event) => {
		const button = event.target.closest?.("button[data-confirm]");

		if (!button || button.dataset.sure)
			return;
		event.preventDefault();
		if (!await ask(button.dataset.confirm, button.textContent))
			return;
		button.dataset.sure = "yes";
		button.form.requestSubmit(button);
		delete button.dataset.sure;
	});

	/* A second click must not send a form twice.  Not before the form has
	 * gone, or the button's own value would be missing in it. */
	document.addEventListener("submit", (event) => {
		const {target, submitter} = event;

		if (event.defaultPrevented || target.method !== "post")
			return;
		if (target.getAttribute("aria-busy") === "true") {
			event.preventDefault();
			return;
		}
		target.setAttribute("aria-busy", "true");
		setTimeout(() => {
			if (submitter)
				submitter.disabled = true;
		});
	});

	/* Back from the next page, the form may go again. */
	addEventListener("pageshow", (event) => {
		if (!event.persisted)
			return;
		for (const form of document.querySelectorAll("[aria-busy]"))
			form.removeAttribute("aria-busy");
		for (const button of document.querySelectorAll(
			"button:disabled"))
			button.disabled = false;
	});

	document.addEventListener("change", (event) => {
		const {target} = event;
		const name = target.dataset?.checkAll;

		if (name !== undefined) {
			for (const box of target.form.querySelectorAll(
				`input[type=checkbox][name="${name}"]`))
				box.checked = target.checked;
		} else if (target.dataset?.submit !== undefined) {
			target.form.requestSubmit();
		}
	});

	document.addEventListener("click", async (event) => {
		const button = event.target.closest?.("button[data-copy]");
		const from = button &&
			document.getElementById(button.dataset.copy);

		if (!from)
			return;
		const text = from.value ?? from.textContent;
		/* There is no clipboard without HTTPS: what is selected then
		 * can be copied by hand. */
		if (navigator.clipboard) {
			await navigator.clipboard.writeText(text);
			button.classList.add("main");
		} else {
			getSelection().selectAllChildren(from);
		}
	});

	async function refresh(element)
	{
		if (document.hidden || element.contains(document.activeElement))
			return;
		const answer = await fetch(location.href, {
			headers: {"X-Refresh": "1"},	/* nobody is there */
			redirect: "manual",
		});
		if (answer.type === "opaqueredirect")
			location.reload();	/* to sign in again */
		if (!answer.ok)
			return;
		const page = new DOMParser().parseFromString(
			await answer.text(), "text/html");
		const fresh = page.getElementById(element.id);
		if (fresh)
			element.replaceChildren(...fresh.childNodes);
	}

	/* The next part of what the form does; its rows come to "rows". */
	async function goOn(form, rows)
	{
		const button = form.querySelector("button.main");
		const answer = await fetch(form.action, {
			method: "POST",
			body: new URLSearchParams(new FormData(form, button)),
		});
		if (!answer.ok)
			throw new Error(answer.statusText);
		const page = new DOMParser().parseFromString(
			await answer.text(), "text/html");
		for (const id of ["progress", "rest"])
			document.getElementById(id).replaceChildren(
				...page.getElementById(id).childNodes);
		rows.append(...page.getElementById(rows.id).childNodes);
	}

	async function goOnAll()
	{
		let stopped = false;

		document.addEventListener("click", (event) => {
			if (event.target.dataset?.stop !== undefined)
				event.target.hidden = stopped = true;
		});
		for (;;) {
			const form = document.querySelector(
				"form[data-continue]");

			if (!form || stopped)
				return;
			form.querySelector("[data-stop]").hidden = false;
			await goOn(form, document.getElementById(
				form.dataset.continue));
		}
	}
	goOnAll().catch(() => {
		/* the form is there still, to be sent by hand */
	});

	for (const element of document.querySelectorAll("[data-refresh]"))
		setInterval(() => refresh(element).catch(() => {
			/* the network is away: the next time, maybe */
		}), Number(element.dataset.refresh) * 1000);
	for (const hidden of document.querySelectorAll(
		"[data-copy], [data-check-all]"))
		hidden.hidden = false;

	window.gbalance = {ask, csrf};
})();
