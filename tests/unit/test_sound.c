/* test_sound.c: base64, WAV files and samples */
#include "unit.h"

#include <stdlib.h>

#include "base/base64.h"
#include "dialect/audio/sound.h"
#include "dialect/audio/voices.h"

#define ROOM 65536

static void
test_base64(void **state)
{
	static const struct {
		const char *text, *bytes;
		bool good;
	} cases[] = {
	    {"", "", true},
	    {"YQ==", "a", true},
	    {"YWI=", "ab", true},
	    {"YWJj", "abc", true},
	    {"YWJjZA==", "abcd", true},
	    {"YWJ", "", false},
	    {"YWJjZ", "", false},
	    {"YQ==YQ==", "", false},
	    {"Y=Jj", "", false},
	    {"Y===", "", false},
	    {" YWJj   ", "", false},
	    {"YW Jj", "", false},
	    {"Y-_j", "", false},
	    {"YW\nj", "", false},
	};
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, ROOM);
	for (i = 0; i < GB_COUNT(cases); i++) {
		buf_reset(&out);
		buf_putc(&out, '>');
		CHECK_INT(cases[i].text,
			  base64_decode(&out, cases[i].text,
					strlen(cases[i].text)),
			  cases[i].good);
		CHECK_STR(cases[i].text, buf_str(&out) + 1, cases[i].bytes);
		if (!cases[i].good)
			continue;
		buf_reset(&out);
		base64_encode(&out, cases[i].bytes, strlen(cases[i].bytes));
		CHECK_STR(cases[i].bytes, buf_str(&out), cases[i].text);
	}
	buf_release(&out);
}

/* More than one step of libcrypto's, and no room for it. */
static void
test_base64_large(void **state)
{
	enum {
		LEN = 7000001
	};
	struct buf text, bytes;
	char *data;
	size_t i;

	(void)state;
	data = malloc(LEN);
	assert_non_null(data);
	for (i = 0; i < LEN; i++)
		data[i] = (char)(i * 31 + i / 255);
	buf_init(&text, BASE64_LENGTH(LEN));
	buf_init(&bytes, LEN + 2); /* the pads count, too */
	base64_encode(&text, data, LEN);
	CHECK_INT("room", buf_error(&text), GB_OK);
	CHECK_INT("length", text.len, BASE64_LENGTH(LEN));
	CHECK_INT("decodes", base64_decode(&bytes, text.data, text.len), true);
	CHECK_INT("room", buf_error(&bytes), GB_OK);
	CHECK_INT("length", bytes.len, LEN);
	CHECK_INT("same", memcmp(bytes.data, data, LEN), 0);
	base64_encode(&text, "x", 1);
	CHECK_INT("no room", buf_error(&text), GB_ETOOBIG);
	CHECK_INT("no fault of the text", base64_decode(&bytes, "YWJj", 4),
		  true);
	CHECK_INT("no room", buf_error(&bytes), GB_ETOOBIG);
	free(data);
	buf_release(&text);
	buf_release(&bytes);
}

#define HEADER(rate) \
	"RIFF\x28\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0" rate "\2\0\x10\0"
#define R16	    "\x80\x3e\0\0\0\x7d\0\0"
#define R24	    "\xc0\x5d\0\0\x80\xbb\0\0"
#define BYTES(text) text, sizeof(text) - 1

static void
test_forms(void **state)
{
	static const struct {
		const char *what, *mime;
		const char *in;
		size_t in_len;
		enum sound_form form;
		const char *out;
		size_t out_len;
	} cases[] = {
	    {"samples as they are", "audio/L16;codec=pcm;rate=24000",
	     BYTES("abcd"), SOUND_PCM, BYTES("abcd")},
	    {"samples get a header", "audio/L16;codec=pcm;rate=16000",
	     BYTES("abcd"), SOUND_WAV, BYTES(HEADER(R16) "data\4\0\0\0abcd")},
	    {"a rate that is none", "audio/L16;rate=-5", BYTES("abcd"),
	     SOUND_WAV, BYTES(HEADER(R24) "data\4\0\0\0abcd")},
	    {"a file loses its header", "audio/wav",
	     BYTES(HEADER(R16) "data\4\0\0\0abcd"), SOUND_PCM, BYTES("abcd")},
	    {"a file keeps its rate", "audio/wav",
	     BYTES(HEADER(R16) "data\4\0\0\0abcd"), SOUND_WAV,
	     BYTES(HEADER(R16) "data\4\0\0\0abcd")},
	    {"the type lies", "audio/L16",
	     BYTES(HEADER(R16) "data\4\0\0\0abcd"), SOUND_PCM, BYTES("abcd")},
	    {"a length that is none", "audio/wav",
	     BYTES(HEADER(R16) "data\xff\xff\xff\xff"
			       "abcd"),
	     SOUND_PCM, BYTES("abcd")},
	    {"other chunks before", "audio/wav",
	     BYTES(HEADER(R16) "LIST\3\0\0\0xyz\0data\2\0\0\0ab"), SOUND_PCM,
	     BYTES("ab")},
	    {"a chunk beyond the end", "audio/wav",
	     BYTES(HEADER(R16) "LIST\xf0\xff\xff\xffxyz"), SOUND_PCM,
	     BYTES("")},
	    {"nothing but a header", "audio/wav", BYTES("RIFF\0\0\0\0WAVE"),
	     SOUND_PCM, BYTES("")},
	    {"a chunk cut off", "audio/wav", BYTES("RIFF\0\0\0\0WAVEfmt "),
	     SOUND_PCM, BYTES("")},
	    {"another kind of file", "audio/mp3", BYTES("ID3abc"), SOUND_WAV,
	     BYTES("ID3abc")},
	};
	struct buf in, out, want;
	struct sound sound;
	size_t i;

	(void)state;
	buf_init(&in, ROOM);
	buf_init(&out, ROOM);
	buf_init(&want, ROOM);
	for (i = 0; i < GB_COUNT(cases); i++) {
		buf_reset(&in);
		buf_reset(&out);
		buf_reset(&want);
		base64_encode(&in, cases[i].in, cases[i].in_len);
		base64_encode(&want, cases[i].out, cases[i].out_len);
		sound_init(&sound, ROOM);
		sound_add(&sound, cases[i].mime, buf_str(&in), in.len);
		sound_take(&sound, cases[i].form, &out);
		CHECK_STR(cases[i].what, buf_str(&out), buf_str(&want));
		buf_reset(&out);
		sound_take(&sound, cases[i].form, &out);
		CHECK_STR("taken once", buf_str(&out), "");
		sound_add(&sound, "audio/L16", "no base64", 9);
		CHECK_INT("no base64", sound.bytes.len, 0);
		sound_release(&sound);
	}
	buf_release(&in);
	buf_release(&out);
	buf_release(&want);
}

static void
test_too_much(void **state)
{
	struct sound sound;
	struct buf out;

	(void)state;
	buf_init(&out, ROOM);
	sound_init(&sound, 4);
	sound_add(&sound, "audio/L16", "YWJjZGU=", 8);
	sound_take(&sound, SOUND_WAV, &out);
	CHECK_INT("too much of it", buf_error(&out), GB_ETOOBIG);
	sound_release(&sound);
	buf_release(&out);
}

static void
test_voices(void **state)
{
	static const char *const cases[][2] = {
	    {"Kore", "Kore"},	  {"puck", "Puck"}, {"ALLOY", "Kore"},
	    {"cedar", "Iapetus"}, {"", "Kore"},	    {"alloys", "Kore"},
	    {"onyx", "Fenrir"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++)
		CHECK_STR(cases[i][0], voice_find(text_from(cases[i][0])),
			  cases[i][1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_base64), cmocka_unit_test(test_base64_large),
	    cmocka_unit_test(test_forms),  cmocka_unit_test(test_too_much),
	    cmocka_unit_test(test_voices),
	};

	return cmocka_run_group_tests_name("sound", tests, NULL, NULL);
}
