/* encode.c: samples as mp3, opus, aac or flac, by libavcodec */
#include "media/encode.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>

#include "base/log.h"
#include "base/secret.h"
#include "media/ogg.h"

/* The one whose headers we were compiled with: structures differ between. */
#define LIBRARY "libavcodec.so." AV_STRINGIFY(LIBAVCODEC_VERSION_MAJOR)

#define SLICE	     (32 * 1024) /* bytes of samples at a time */
#define READY_MAX    (1 << 20)	 /* bytes; a slice at the highest rate */
#define SAMPLE_BYTES 2
#define CHANNELS_MAX 2
#define RATE_MAX     384000
#define PAGE_PACKETS 10	   /* of 20 ms: what a listener waits for */
#define OPUS_RATE    48000 /* of Ogg's granules, whatever the samples' is */
#define ADTS_BYTES   7
#define FLAC_INFO    34 /* bytes of STREAMINFO, and the header before it: */
#define FLAC_HEAD    8

/* What is used of the library, and of two that it brings along. */
#define FUNCTIONS(X) \
	X(avcodec_alloc_context3) \
	X(avcodec_find_encoder_by_name) \
	X(avcodec_free_context) \
	X(avcodec_open2) \
	X(avcodec_receive_packet) \
	X(avcodec_send_frame) \
	X(av_frame_alloc) \
	X(av_frame_free) \
	X(av_log_set_level) \
	X(av_opt_set_double) \
	X(av_packet_alloc) \
	X(av_packet_free) \
	X(av_packet_get_side_data) \
	X(av_packet_unref) \
	X(swr_alloc_set_opts2) \
	X(swr_convert) \
	X(swr_free) \
	X(swr_get_out_samples) \
	X(swr_init)

#define MEMBER(name) __typeof__(&name) name;
#define SYMBOL(name) {#name, (void **)&lib.name},

static struct {
	bool loaded;
	FUNCTIONS(MEMBER)
} lib;

static const struct form {
	const char *name; /* the library's of the encoder */
	enum AVSampleFormat format;
	int sample_bytes;
	int64_t bit_rate; /* transparent for a voice; 0: lossless */
} forms[ENCODE__MAX] = {
    [ENCODE_MP3] = {"libmp3lame", AV_SAMPLE_FMT_S16P, 2, 64000},
    [ENCODE_OPUS] = {"libopus", AV_SAMPLE_FMT_S16, 2, 32000},
    [ENCODE_AAC] = {"aac", AV_SAMPLE_FMT_FLTP, 4, 64000},
    [ENCODE_FLAC] = {"flac", AV_SAMPLE_FMT_S16, 2, 0},
};

struct encoder {
	enum encode_form kind;
	const struct form *form;
	int rate;	    /* of what is written */
	size_t frame_bytes; /* of a sample of each channel that comes */
	AVCodecContext *codec;
	SwrContext *swr;
	AVFrame *frame;
	AVPacket *packet;
	struct buf in;	  /* samples that are to be converted */
	struct buf ready; /* mono, in the encoder's format and rate */
	int64_t sent;	  /* samples that went to the encoder */
	int64_t ended;	  /* samples in the packets that came */
	bool begun;
	struct ogg ogg;
	unsigned char info[FLAC_INFO]; /* STREAMINFO, as last known */
};

/* --- the library ---------------------------------------------------------- */

static void
load(void)
{
	const struct {
		const char *name;
		void **to;
	} symbols[] = {FUNCTIONS(SYMBOL)};
	void *handle;
	size_t i;

	handle = dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
	if (handle == NULL) {
		log_warnx("encode: %s", dlerror());
		return;
	}
	for (i = 0; i < GB_COUNT(symbols); i++) {
		*symbols[i].to = dlsym(handle, symbols[i].name);
		if (*symbols[i].to == NULL) {
			log_warnx("encode: %s: no %s", LIBRARY,
				  symbols[i].name);
			return;
		}
	}
	lib.av_log_set_level(AV_LOG_QUIET);
	lib.loaded = true;
}

static const AVCodec *
find(enum encode_form kind)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	return lib.loaded ? lib.avcodec_find_encoder_by_name(forms[kind].name)
			  : NULL;
}

bool
encode_can(enum encode_form kind)
{
	return find(kind) != NULL;
}

static enum gb_err
failed(const struct encoder *e, const char *what, int error)
{
	if (error == AVERROR(ENOMEM))
		return GB_ENOMEM;
	log_warnx("encode: %s: %s: error %d", e->form->name, what, error);
	return GB_EIO;
}

/* --- beginning ------------------------------------------------------------ */

/* Rates that all of them take, but for flac, which takes any. */
static int
choose_rate(enum encode_form kind, unsigned rate)
{
	static const unsigned rates[] = {8000, 12000, 16000, 24000};
	size_t i;

	if (kind == ENCODE_FLAC)
		return (int)rate;
	for (i = 0; i < GB_COUNT(rates); i++)
		if (rate <= rates[i])
			return (int)rates[i];
	return 48000;
}

static enum gb_err
open_codec(struct encoder *e, const AVCodec *codec)
{
	AVCodecContext *c;
	int error;

	if ((c = lib.avcodec_alloc_context3(codec)) == NULL)
		return GB_ENOMEM;
	e->codec = c;
	c->sample_fmt = e->form->format;
	c->sample_rate = e->rate;
	c->ch_layout = (AVChannelLayout)AV_CHANNEL_LAYOUT_MONO;
	c->bit_rate = e->form->bit_rate;
	c->time_base = (AVRational){1, e->rate};
	c->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
	c->thread_count = 1;
	if ((error = lib.avcodec_open2(c, codec, NULL)) < 0)
		return failed(e, "open", error);
	if (c->frame_size <= 0 ||
	    (e->kind == ENCODE_FLAC && c->extradata_size != FLAC_INFO))
		return failed(e, "open", AVERROR_BUG);
	if (e->kind == ENCODE_FLAC)
		memcpy(e->info, c->extradata, FLAC_INFO);
	return GB_OK;
}

static enum gb_err
open_converter(struct encoder *e, unsigned rate, unsigned channels)
{
	AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO,
			stereo = AV_CHANNEL_LAYOUT_STEREO;
	int error;

	error =
	    lib.swr_alloc_set_opts2(&e->swr, &mono, e->form->format, e->rate,
				    channels == 1 ? &mono : &stereo,
				    AV_SAMPLE_FMT_S16, (int)rate, 0, NULL);
	/* two channels that are the same stay as loud, in floats, too */
	if (error == 0)
		error = lib.av_opt_set_double(e->swr, "rematrix_maxval", 1, 0);
	if (error == 0)
		error = lib.swr_init(e->swr);
	return error < 0 ? failed(e, "samples", error) : GB_OK;
}

static enum gb_err
prepare(struct encoder *e, const AVCodec *codec, unsigned rate,
	unsigned channels)
{
	uint32_t serial;
	enum gb_err rc;

	random_bytes(&serial, sizeof(serial));
	ogg_init(&e->ogg, serial, PAGE_PACKETS);
	buf_init(&e->in, SLICE + CHANNELS_MAX * SAMPLE_BYTES);
	buf_init(&e->ready, READY_MAX);
	e->frame = lib.av_frame_alloc();
	e->packet = lib.av_packet_alloc();
	if (e->frame == NULL || e->packet == NULL)
		return GB_ENOMEM;
	rc = open_codec(e, codec);
	return rc == GB_OK ? open_converter(e, rate, channels) : rc;
}

enum gb_err
encoder_new(struct encoder **out, enum encode_form kind, unsigned rate,
	    unsigned channels)
{
	const AVCodec *codec;
	struct encoder *e;
	enum gb_err rc;

	*out = NULL;
	if (rate == 0 || rate > RATE_MAX || channels == 0 ||
	    channels > CHANNELS_MAX)
		return GB_EINVAL;
	if ((codec = find(kind)) == NULL)
		return GB_EIO;
	if ((e = calloc(1, sizeof(*e))) == NULL)
		return GB_ENOMEM;
	e->kind = kind;
	e->form = &forms[kind];
	e->rate = choose_rate(kind, rate);
	e->frame_bytes = channels * SAMPLE_BYTES;
	if ((rc = prepare(e, codec, rate, channels)) == GB_OK)
		*out = e;
	else
		encoder_free(e);
	return rc;
}

void
encoder_free(struct encoder *e)
{
	if (e == NULL)
		return;
	lib.avcodec_free_context(&e->codec);
	lib.swr_free(&e->swr);
	lib.av_frame_free(&e->frame);
	lib.av_packet_free(&e->packet);
	ogg_release(&e->ogg);
	buf_release(&e->in);
	buf_release(&e->ready);
	free(e);
}

/* --- files ---------------------------------------------------------------- */

/* What is before the first packet. */
static void
write_head(struct encoder *e, struct buf *out)
{
	static const char flac[FLAC_HEAD] = {'f',  'L', 'a', 'C',
					     -128, 0,	0,   FLAC_INFO};
	static const char tags[] = "OpusTags\x08\0\0\0gbalance\0\0\0";

	if (e->begun)
		return;
	e->begun = true;
	if (e->kind == ENCODE_FLAC) {
		buf_add(out, flac, sizeof(flac));
		buf_add(out, e->info, FLAC_INFO);
	} else if (e->kind == ENCODE_OPUS) {
		ogg_add(&e->ogg, e->codec->extradata,
			(size_t)e->codec->extradata_size, 0, out);
		ogg_flush(&e->ogg, out);
		ogg_add(&e->ogg, tags, sizeof(tags), 0, out);
		ogg_flush(&e->ogg, out);
	}
}

/* MPEG-4, no checksum, low complexity, one channel, one block. */
static void
write_adts(const struct encoder *e, size_t len, struct buf *out)
{
	static const int rates[] = {96000, 88200, 64000, 48000, 44100, 32000,
				    24000, 22050, 16000, 12000, 11025, 8000};
	unsigned char head[ADTS_BYTES] = {0xff, 0xf1, 1 << 6, 1 << 6,
					  0,	0x1f, 0xfc};
	unsigned rate = 0;

	while (rate < GB_COUNT(rates) - 1 && rates[rate] != e->rate)
		rate++;
	len += ADTS_BYTES;
	head[2] = (unsigned char)(head[2] | rate << 2);
	head[3] = (unsigned char)(head[3] | len >> 11);
	head[4] = (unsigned char)(len >> 3);
	head[5] = (unsigned char)(head[5] | len << 5);
	buf_add(out, head, sizeof(head));
}

static void
write_packet(struct encoder *e, const AVPacket *p, struct buf *out)
{
	const unsigned char *info;
	size_t len = 0;

	e->ended += p->duration;
	if (e->kind == ENCODE_FLAC) {
		info = lib.av_packet_get_side_data(p, AV_PKT_DATA_NEW_EXTRADATA,
						   &len);
		if (info != NULL && len == FLAC_INFO)
			memcpy(e->info, info, FLAC_INFO);
	}
	if (p->size <= 0)
		return;
	if (e->kind == ENCODE_OPUS) {
		ogg_add(&e->ogg, p->data, (size_t)p->size,
			e->ended * OPUS_RATE / e->rate, out);
		return;
	}
	if (e->kind == ENCODE_AAC)
		write_adts(e, (size_t)p->size, out);
	buf_add(out, p->data, (size_t)p->size);
}

/* --- samples -------------------------------------------------------------- */

/* Everything that the encoder has ready. */
static enum gb_err
take_packets(struct encoder *e, struct buf *out)
{
	int error;

	for (;;) {
		error = lib.avcodec_receive_packet(e->codec, e->packet);
		if (error == AVERROR(EAGAIN) || error == AVERROR_EOF)
			return buf_error(out);
		if (error < 0)
			return failed(e, "receive", error);
		write_packet(e, e->packet, out);
		lib.av_packet_unref(e->packet);
	}
}

/* Encode "count" samples at "data"; the library copies them. */
static enum gb_err
send_frame(struct encoder *e, char *data, size_t count, struct buf *out)
{
	AVFrame *f = e->frame;
	int error;

	f->nb_samples = (int)count;
	f->format = e->form->format;
	f->sample_rate = e->rate;
	f->ch_layout = (AVChannelLayout)AV_CHANNEL_LAYOUT_MONO;
	f->pts = e->sent;
	f->data[0] = (uint8_t *)data;
	f->extended_data = f->data;
	f->linesize[0] = f->nb_samples * e->form->sample_bytes;
	error = lib.avcodec_send_frame(e->codec, f);
	f->data[0] = NULL;
	if (error < 0)
		return failed(e, "send", error);
	e->sent += f->nb_samples;
	return take_packets(e, out);
}

/* Encode the frames that are full; "last": what is left, too. */
static enum gb_err
send_ready(struct encoder *e, bool last, struct buf *out)
{
	size_t size = (size_t)e->form->sample_bytes, at = 0, count,
	       full = (size_t)e->codec->frame_size;
	enum gb_err rc = buf_error(&e->ready);

	while (rc == GB_OK) {
		count = (e->ready.len - at) / size;
		if (count == 0 || (count < full && !last))
			break;
		if (count > full)
			count = full;
		rc = send_frame(e, e->ready.data + at, count, out);
		at += count * size;
	}
	buf_consume(&e->ready, at);
	return rc;
}

/* Convert "frames" samples of each channel at "data"; NULL: what the converter
 * still has. */
static enum gb_err
convert(struct encoder *e, const char *data, size_t frames)
{
	const uint8_t *from = (const uint8_t *)data;
	size_t size = (size_t)e->form->sample_bytes;
	uint8_t *to;
	int room, got;

	room = lib.swr_get_out_samples(e->swr, (int)frames);
	if (room < 0)
		return failed(e, "samples", room);
	if (room == 0)
		return GB_OK;
	to = (uint8_t *)buf_reserve(&e->ready, (size_t)room * size);
	if (to == NULL)
		return buf_error(&e->ready);
	got = lib.swr_convert(e->swr, &to, room, data == NULL ? NULL : &from,
			      (int)frames);
	if (got < 0)
		return failed(e, "samples", got);
	e->ready.len += (size_t)got * size;
	e->ready.data[e->ready.len] = '\0';
	return GB_OK;
}

static enum gb_err
add_slice(struct encoder *e, const char *samples, size_t len, struct buf *out)
{
	enum gb_err rc;
	size_t frames;

	buf_add(&e->in, samples, len);
	frames = e->in.len / e->frame_bytes;
	if ((rc = buf_error(&e->in)) != GB_OK || frames == 0)
		return rc;
	if ((rc = convert(e, e->in.data, frames)) == GB_OK)
		rc = send_ready(e, false, out);
	buf_consume(&e->in, frames * e->frame_bytes);
	return rc;
}

enum gb_err
encoder_add(struct encoder *e, const void *samples, size_t len, struct buf *out)
{
	const char *from = samples;
	enum gb_err rc = GB_OK;
	size_t part;

	write_head(e, out);
	for (; rc == GB_OK && len > 0; from += part, len -= part) {
		part = len < SLICE ? len : SLICE;
		rc = add_slice(e, from, part, out);
	}
	return rc;
}

enum gb_err
encoder_finish(struct encoder *e, bool whole, struct buf *out)
{
	enum gb_err rc;
	int error;

	write_head(e, out);
	if ((rc = convert(e, NULL, 0)) != GB_OK ||
	    (rc = send_ready(e, true, out)) != GB_OK)
		return rc;
	if ((error = lib.avcodec_send_frame(e->codec, NULL)) < 0)
		return failed(e, "send", error);
	if ((rc = take_packets(e, out)) != GB_OK)
		return rc;
	if (e->kind == ENCODE_OPUS) {
		ogg_finish(&e->ogg, out);
		rc = buf_error(&e->ogg.body);
	}
	if (e->kind == ENCODE_FLAC && whole &&
	    out->len >= FLAC_HEAD + FLAC_INFO)
		memcpy(out->data + FLAC_HEAD, e->info, FLAC_INFO);
	return rc == GB_OK ? buf_error(out) : rc;
}
