/*
 * test_encode.c: tones through each encoder, and back through ffmpeg: is it the
 * same tone, and is all of it there?
 */
#include "unit.h"

#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "media/encode.h"
#include "media/ogg.h"

#define PI	  3.14159265358979323846
#define TONE	  440 /* Hz */
#define LOUD	  8000
#define ROOM	  (16 << 20)
#define RATE_BACK 24000	       /* samples a second that come back */
#define STACK	  (256 * 1024) /* as the server's threads have it */

static const char *const names[ENCODE__MAX] = {"mp3", "opus", "aac", "flac"};

/* --- there ---------------------------------------------------------------- */

/* "ms" of the tone; the second channel has it, too. */
static void
make_tone(struct buf *out, unsigned rate, unsigned channels, unsigned ms)
{
	unsigned i, c, count = (unsigned)((uint64_t)rate * ms / 1000);
	int value;

	for (i = 0; i < count; i++) {
		value = (int)(LOUD * sin(2 * PI * TONE * i / rate));
		for (c = 0; c < channels; c++) {
			buf_putc(out, (char)(value & 0xff));
			buf_putc(out, (char)(value >> 8 & 0xff));
		}
	}
}

/* --- and back ------------------------------------------------------------- */

/* What ffmpeg makes of the file, as samples of RATE_BACK, mono. */
static void
decode(const struct buf *file, struct buf *out)
{
	char path[] = "/tmp/gbalance-encode-XXXXXX", command[256], data[4096];
	size_t got;
	FILE *f;
	int fd;

	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, buf_str(file), file->len),
			 (ssize_t)file->len);
	close(fd);
	(void)snprintf(command, sizeof(command),
		       "ffmpeg -v error -xerror -i %s -f s16le -ac 1 -ar %d - "
		       "2>&1",
		       path, RATE_BACK);
	f = popen(command, "r");
	assert_non_null(f);
	while ((got = fread(data, 1, sizeof(data), f)) > 0)
		buf_add(out, data, got);
	CHECK_INT("ffmpeg", pclose(f), 0);
	unlink(path);
}

static int
sample(const struct buf *pcm, size_t at)
{
	const unsigned char *b = (const unsigned char *)pcm->data + 2 * at;

	return (int16_t)(b[0] | b[1] << 8);
}

/* Whether it is the tone, "ms" of it: codecs add some silence at the ends, and
 * mp3 and aac have no place that says how much. */
static void
check_tone(const char *what, const struct buf *pcm, unsigned ms, unsigned more)
{
	size_t count = pcm->len / 2, want = (size_t)ms * RATE_BACK / 1000, i;
	size_t from = count / 4, end = from + count / 2;
	unsigned crossings = 0, wanted;
	double power = 0;

	if (count + RATE_BACK / 1000 < want ||
	    count > want + (size_t)more * RATE_BACK / 1000)
		fail_msg("%s: have %zu samples, want %zu", what, count, want);
	if (ms < 200)
		return;
	for (i = from; i < end; i++) {
		power += (double)sample(pcm, i) * sample(pcm, i);
		crossings += sample(pcm, i) < 0 && sample(pcm, i + 1) >= 0;
	}
	power = sqrt(power / (double)(end - from));
	if (power < LOUD / sqrt(2) * 0.8 || power > LOUD / sqrt(2) * 1.2)
		fail_msg("%s: have a power of %.0f", what, power);
	wanted = (unsigned)((double)(end - from) / RATE_BACK * TONE);
	if (crossings + 2 < wanted || crossings > wanted + 2)
		fail_msg("%s: have %u waves, want %u", what, crossings, wanted);
}

/* --- the cases ------------------------------------------------------------ */

static const struct {
	unsigned rate, channels, ms;
	size_t piece; /* bytes at a time; 0: all */
} cases[] = {
    {24000, 1, 1000, 0}, {24000, 1, 1000, 4801}, {24000, 1, 3210, 1},
    {24000, 1, 20, 0},	 {24000, 1, 7, 0},	 {48000, 1, 500, 999},
    {16000, 1, 500, 0},	 {44100, 2, 1500, 7777}, {22050, 1, 700, 0},
    {8000, 1, 1000, 0},	 {192000, 2, 400, 0},	 {24000, 1, 65000, 0},
};

/* A case on its way through an encoder; "rc" is the first that is not GB_OK. */
struct job {
	enum encode_form form;
	size_t at;
	bool whole;
	struct buf file;
	enum gb_err rc;
};

static void *
run(void *arg)
{
	struct job *job = arg;
	struct encoder *e = NULL;
	size_t i, piece;
	struct buf tone;

	buf_init(&tone, ROOM);
	make_tone(&tone, cases[job->at].rate, cases[job->at].channels,
		  cases[job->at].ms);
	job->rc = encoder_new(&e, job->form, cases[job->at].rate,
			      cases[job->at].channels);
	piece = cases[job->at].piece == 0 ? tone.len : cases[job->at].piece;
	for (i = 0; job->rc == GB_OK && i < tone.len; i += piece)
		job->rc =
		    encoder_add(e, tone.data + i,
				tone.len - i < piece ? tone.len - i : piece,
				&job->file);
	if (job->rc == GB_OK)
		job->rc = encoder_finish(e, job->whole, &job->file);
	encoder_free(e);
	buf_release(&tone);
	return NULL;
}

/* On a stack as small as a request has. */
static void
encode(struct job *job)
{
	pthread_attr_t attr;
	pthread_t thread;

	buf_init(&job->file, ROOM);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	assert_int_equal(pthread_create(&thread, &attr, run, job), 0);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attr);
	CHECK_INT(names[job->form], job->rc, GB_OK);
}

static void
play(struct job *job)
{
	static const unsigned more_ms[ENCODE__MAX] = {250, 1, 300, 1};
	unsigned ms = cases[job->at].ms;
	struct buf pcm;
	char what[64];

	encode(job);
	buf_init(&pcm, ROOM);
	decode(&job->file, &pcm);
	(void)snprintf(what, sizeof(what), "%s %zu", names[job->form], job->at);
	check_tone(what, &pcm, ms, more_ms[job->form]);
	if (job->form != ENCODE_FLAC && ms >= 1000 && job->file.len > ms * 10)
		fail_msg("%s: %zu bytes are many", what, job->file.len);
	buf_release(&job->file);
	buf_release(&pcm);
}

static void
test_tones(void **state)
{
	struct job job;
	int form;

	(void)state;
	for (form = 0; form < ENCODE__MAX; form++) {
		CHECK_INT(names[form], encode_can((enum encode_form)form),
			  true);
		for (job.at = 0; job.at < GB_COUNT(cases); job.at++) {
			job.form = (enum encode_form)form;
			job.whole = job.at % 2 == 0;
			play(&job);
		}
	}
}

/* How many samples it has stands in a FLAC file's head, if it can. */
static void
test_flac_length(void **state)
{
	struct job job = {ENCODE_FLAC, 0, false, {0}, GB_OK};
	int whole;

	(void)state;
	for (whole = 0; whole <= 1; whole++) {
		job.whole = whole != 0;
		encode(&job);
		/* of 36 bits at the end of 8 + 18 bytes, the last 16 */
		CHECK_INT("samples",
			  (unsigned char)job.file.data[24] << 8 |
			      (unsigned char)job.file.data[25],
			  whole ? 24000 : 0);
		buf_release(&job.file);
	}
}

/* --- what cannot be ------------------------------------------------------- */

static void
test_bad(void **state)
{
	static const struct {
		unsigned rate, channels;
	} bad[] = {{0, 1}, {24000, 0}, {24000, 3}, {384001, 1}};
	struct encoder *e = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(bad); i++) {
		CHECK_INT("bad",
			  encoder_new(&e, ENCODE_MP3, bad[i].rate,
				      bad[i].channels),
			  GB_EINVAL);
		assert_null(e);
	}
	encoder_free(NULL);
}

/* No sound at all still is a file; no room for it is an error. */
static void
test_ends(void **state)
{
	enum encode_form form;
	struct encoder *e;
	struct buf file, tone;

	(void)state;
	for (form = 0; form < ENCODE__MAX; form++) {
		buf_init(&file, ROOM);
		CHECK_INT(names[form], encoder_new(&e, form, 24000, 1), GB_OK);
		CHECK_INT(names[form], encoder_finish(e, true, &file), GB_OK);
		encoder_free(e);
		buf_release(&file);

		buf_init(&file, 100);
		buf_init(&tone, ROOM);
		make_tone(&tone, 24000, 1, 2000);
		CHECK_INT(names[form], encoder_new(&e, form, 24000, 1), GB_OK);
		CHECK_INT(names[form],
			  encoder_add(e, tone.data, tone.len, &file),
			  GB_ETOOBIG);
		encoder_free(e); /* half-way */
		buf_release(&file);
		buf_release(&tone);
	}
}

/* --- Ogg ------------------------------------------------------------------ */

static void
test_ogg(void **state)
{
	static char large[OGG_BODY_MAX + 1];
	struct buf out;
	struct ogg o;

	(void)state;
	buf_init(&out, ROOM);
	ogg_init(&o, 0x01020304, 2);
	ogg_add(&o, "abc", 3, 7, &out);
	CHECK_INT("one waits", out.len, 0);
	ogg_add(&o, "de", 2, 9, &out);
	CHECK_INT("two wait", out.len, 0);
	ogg_add(&o, large, 255, 11, &out);
	CHECK_INT("a page", out.len, 27 + 2 + 5);
	CHECK_INT("first", out.data[5], 2);
	CHECK_INT("granule", out.data[6], 9);
	CHECK_INT("serial", out.data[14], 4);
	CHECK_INT("segments", out.data[26], 2);
	CHECK_INT("lacing", out.data[27], 3);
	CHECK_STR("packets", out.data + 29, "abcde");
	buf_reset(&out);
	ogg_finish(&o, &out);
	CHECK_INT("a packet of 255 ends with a 0", out.len, 27 + 2 + 255);
	CHECK_INT("last", out.data[5], 4);
	CHECK_INT("second", out.data[18], 1);
	CHECK_INT("lacing", (unsigned char)out.data[27], 255);
	CHECK_INT("lacing", out.data[28], 0);
	ogg_add(&o, large, sizeof(large), 12, &out);
	CHECK_INT("too large", buf_error(&o.body), GB_ETOOBIG);
	ogg_release(&o);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tones), cmocka_unit_test(test_flac_length),
	    cmocka_unit_test(test_bad),	  cmocka_unit_test(test_ends),
	    cmocka_unit_test(test_ogg),
	};

	return cmocka_run_group_tests_name("encode", tests, NULL, NULL);
}
