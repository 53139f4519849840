/* gemini_contents.c: the turns of a chat as Gemini's contents */
#include "dialect/gemini/gemini_write.h"

/* What Gemini takes instead of the signature of a call that lost it. */
static const char dummy_signature[] = "skip_thought_signature_validator";

static const struct text unsigned_part = {NULL, 0};

static void
begin_content(struct json_out *out, const char *role)
{
	jout_object(out);
	jout_key_string(out, "role", role);
	jout_key(out, "parts");
	jout_array(out);
}

static void
end_content(struct json_out *out)
{
	jout_array_end(out);
	jout_object_end(out);
}

static void
write_text(struct json_out *out, struct text text)
{
	jout_object(out);
	gemini_key_text(out, "text", text);
	jout_object_end(out);
}

/* What the user says; of what is to be spoken, also how. */
static void
write_user_text(struct gemini_writer *w, struct text text)
{
	struct text style = w->chat->gen.style;

	jout_object(&w->out);
	gemini_key_text(&w->out, "text", text);
	if (style.len > 0 && w->facts->verbatim) {
		jout_key(&w->out, "speechMetadata");
		jout_object(&w->out);
		gemini_key_text(&w->out, "style", style);
		jout_object_end(&w->out);
	}
	jout_object_end(&w->out);
}

/* The system texts as parts, and the wish for JSON where no field takes it. */
static void
write_system_parts(struct gemini_writer *w)
{
	const struct buf *json = &w->json_text;
	size_t i;

	for (i = 0; i < w->chat->system_count; i++)
		write_text(&w->out, w->chat->system[i]);
	if (json->len > 0)
		write_text(&w->out, text_from(buf_str(json)));
}

static bool
has_system(const struct gemini_writer *w)
{
	return w->chat->system_count > 0 || w->json_text.len > 0;
}

/* Whether the system texts stand in the first user's turn: for models that
 * take them nowhere else, and when there is nothing but them. */
static bool
system_is_inline(const struct gemini_writer *w)
{
	return has_system(w) && (!w->facts->system || w->chat->turn_count == 0);
}

static void
write_media(struct json_out *out, const struct chat_part *part,
	    struct text signature)
{
	bool file = part->kind != CHAT_INLINE;

	jout_object(out);
	jout_key(out, file ? "fileData" : "inlineData");
	jout_object(out);
	if (part->mime.ptr != NULL)
		gemini_key_text(out, "mimeType", part->mime);
	gemini_key_text(out, file ? "fileUri" : "data", part->data);
	jout_object_end(out);
	if (signature.ptr != NULL)
		gemini_key_text(out, "thoughtSignature", signature);
	jout_object_end(out);
}

static void
write_call(struct gemini_writer *w, const struct chat_part *part,
	   struct text signature)
{
	struct json_out *out = &w->out;

	jout_object(out);
	jout_key(out, "functionCall");
	jout_object(out);
	if (w->facts->call_ids && part->id.ptr != NULL)
		gemini_key_text(out, "id", part->id);
	gemini_key_text(out, "name", part->name);
	jout_key(out, "args");
	jout_raw(out, part->data.ptr, part->data.len);
	jout_object_end(out);
	if (signature.ptr != NULL)
		gemini_key_text(out, "thoughtSignature", signature);
	jout_object_end(out);
}

/* An object is the response itself; anything else is its "output". */
static void
write_response(struct json_out *out, const struct chat_part *part)
{
	jout_key(out, "response");
	if (part->object) {
		jout_raw(out, part->data.ptr, part->data.len);
		return;
	}
	jout_object(out);
	if (part->plain) {
		gemini_key_text(out, part->error ? "error" : "output",
				part->data);
	} else {
		jout_key(out, "output");
		jout_raw(out, part->data.ptr, part->data.len);
	}
	jout_object_end(out);
}

/* The result at part "at"; "end" is where its turn ends. */
static void
write_result(struct gemini_writer *w, size_t at, size_t end)
{
	const struct chat_part *part = &w->chat->parts[at];
	struct json_out *out = &w->out;
	bool media;

	jout_object(out);
	jout_key(out, "functionResponse");
	jout_object(out);
	if (w->facts->call_ids && part->id.ptr != NULL)
		gemini_key_text(out, "id", part->id);
	gemini_key_text(out, "name", part->name);
	write_response(out, part);
	media = w->facts->result_media && at + 1 < end && part[1].of_result;
	if (media) {
		jout_key(out, "parts");
		jout_array(out);
		for (at++, part++; at < end && part->of_result; at++, part++)
			write_media(out, part, unsigned_part);
		jout_array_end(out);
	}
	jout_object_end(out);
	jout_object_end(out);
}

/* Results first, then the rest; media of results among it, when the model
 * does not take them within. */
static void
write_user_turn(struct gemini_writer *w, const struct chat_turn *turn)
{
	const struct chat_part *part;
	size_t i, end;

	end = turn->first + turn->count;
	for (i = turn->first; i < end; i++)
		if (w->chat->parts[i].kind == CHAT_RESULT)
			write_result(w, i, end);
	for (i = turn->first; i < end; i++) {
		part = &w->chat->parts[i];
		if (part->kind == CHAT_TEXT)
			write_user_text(w, part->data);
		else if (part->kind != CHAT_RESULT &&
			 !(part->of_result && w->facts->result_media))
			write_media(&w->out, part, unsigned_part);
	}
}

/* What a part is signed with; "needed": a call must have something. */
static struct text
signature_of(const struct gemini_writer *w, const struct chat_part *part,
	     bool needed)
{
	const struct text none = {NULL, 0};
	struct text signature;

	signature = w->opts->signing == SIGN_ANEW ? none : part->signature;
	if (part->kind == CHAT_CALL && signature.ptr == NULL &&
	    (needed || w->opts->signing != SIGN_NEEDED))
		return text_from(dummy_signature);
	return signature;
}

/* What remains of a turn that was pictures only, for a model that does not
 * draw: the turns alternate. */
static const char picture_words[] = "[image]";

static bool
is_drawn_only(const struct gemini_writer *w, const struct chat_turn *turn)
{
	const struct chat_part *part;
	bool drawn = false;
	size_t i;

	for (i = turn->first; i < turn->first + turn->count; i++) {
		part = &w->chat->parts[i];
		if (part->kind == CHAT_DRAWN)
			drawn = true;
		else if (part->kind != CHAT_TEXT || part->data.len > 0 ||
			 signature_of(w, part, false).ptr != NULL)
			return false;
	}
	return drawn;
}

/* "sign": the first call must have a signature, if only a made-up one. */
static void
write_model_turn(struct gemini_writer *w, const struct chat_turn *turn,
		 bool sign)
{
	const struct chat_part *part;
	struct text signature;
	size_t i;

	if (is_drawn_only(w, turn))
		write_text(&w->out, text_from(picture_words));
	for (i = turn->first; i < turn->first + turn->count; i++) {
		part = &w->chat->parts[i];
		if (part->kind == CHAT_DRAWN)
			continue;
		if (part->kind == CHAT_ECHO) {
			if (part->json != NULL)
				jout_value(&w->out, part->json);
			else
				jout_raw(&w->out, part->data.ptr,
					 part->data.len);
			continue;
		}
		signature = signature_of(w, part, sign);
		if (part->kind == CHAT_CALL) {
			write_call(w, part, signature);
			sign = false;
			continue;
		}
		if (part->kind != CHAT_TEXT) {
			write_media(&w->out, part, signature);
			continue;
		}
		if (signature.ptr == NULL && part->data.len == 0 &&
		    turn->count > 1)
			continue; /* it was there for its signature only */
		jout_object(&w->out);
		gemini_key_text(&w->out, "text", part->data);
		if (signature.ptr != NULL)
			gemini_key_text(&w->out, "thoughtSignature", signature);
		jout_object_end(&w->out);
	}
}

/* A conversation begins with the user; a lone space does no harm. */
static void
write_opening(struct gemini_writer *w)
{
	begin_content(&w->out, "user");
	if (system_is_inline(w))
		write_system_parts(w);
	else
		write_text(&w->out, text_from(" "));
	end_content(&w->out);
}

static enum gb_err
write_turns(struct gemini_writer *w)
{
	const struct chat *chat = w->chat;
	const struct chat_turn *turn = NULL;
	size_t i, current;

	current = chat_current_turn(chat);
	for (i = 0; i < chat->turn_count; i++) {
		turn = &chat->turns[i];
		begin_content(&w->out,
			      turn->role == CHAT_USER ? "user" : "model");
		if (i == 0 && turn->role == CHAT_USER && system_is_inline(w))
			write_system_parts(w);
		if (turn->role == CHAT_USER)
			write_user_turn(w, turn);
		else
			write_model_turn(w, turn,
					 w->facts->signatures && i >= current);
		end_content(&w->out);
	}
	if (turn == NULL || turn->role == CHAT_USER || w->facts->prefill)
		return GB_OK;
	if (chat->strict) {
		api_error_set(w->err, FAULT_UNSUPPORTED, chat->turns_param,
			      "%s: %s does not continue a message of "
			      "the assistant; the last one must be the user's",
			      chat->turns_param, chat->model);
		return GB_EINVAL;
	}
	begin_content(&w->out, "user");
	write_text(&w->out, text_from("Continue."));
	end_content(&w->out);
	return GB_OK;
}

enum gb_err
gemini_write_contents(struct gemini_writer *w)
{
	const struct chat *chat = w->chat;
	enum gb_err rc;

	if (has_system(w) && !system_is_inline(w)) {
		jout_key(&w->out, "systemInstruction");
		jout_object(&w->out);
		jout_key(&w->out, "parts");
		jout_array(&w->out);
		write_system_parts(w);
		jout_array_end(&w->out);
		jout_object_end(&w->out);
	}
	jout_key(&w->out, "contents");
	jout_array(&w->out);
	if (chat->turn_count == 0 || chat->turns[0].role == CHAT_MODEL)
		write_opening(w);
	rc = write_turns(w);
	jout_array_end(&w->out);
	return rc;
}
