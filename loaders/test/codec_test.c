/*
 * All codecs, on what the usual tools pack: good streams, cut ones, damaged ones, and bombs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <zlib.h>

#include "builder/fake/fake.h"
#include "loaders/codec.h"
#include "loaders/lz4_block.h"
#include "pack.h"
#include "room.h"
#include "loaders/xxh32.h"
#include "loaders/codecs.h"
#include "loaders/xz_single.h"

#define MIB ((size_t)1 << 20)

#define CHECKED 1 /* damage cannot go unnoticed */
#define SLOW    2 /* starts with a large dictionary: left out where there are many tries */

/* Kinds of packing; the first of a codec are as Linux's own build has them. */
static const struct kind {
	const char *codec, *cmd;
	unsigned is;
} kinds[] = {
	{"gzip", "gzip -9n", CHECKED},
	{"gzip", "gzip -1 -N", CHECKED},
	{"xz", "xz --check=crc32 --x86 --lzma2=dict=32MiB", CHECKED},
	{"xz", "xz --check=crc32 --lzma2=dict=64KiB,lc=0,lp=4,pb=0", CHECKED},
	{"xz", "xz --check=crc32 --x86=start=4096 --lzma2=dict=64KiB", CHECKED},
	{"xz", "xz -6", CHECKED | SLOW},
	{"xz", "xz -0 --check=crc64 --x86 --lzma2=dict=64KiB", CHECKED},
	{"xz", "xz -0 --check=none", 0},
	{"xz", "xz --check=none --x86 --lzma2=dict=64KiB", 0},
	{"lzma", "xz --format=lzma -9", SLOW},
	{"lzma", "xz --format=lzma -0", 0},
	{"zstd", "zstd -q -22 --ultra", CHECKED},
	{"zstd", "zstd -q -1 --no-check", 0},
	{"lz4", "lz4 -q -l -9", 0},
	{"lz4", "lz4 -q -9", CHECKED},
	{"lz4", "lz4 -q -1 -B4 -BD", CHECKED},
	{"lz4", "lz4 -q -1 -B5 -BX --content-size", CHECKED},
	{"lz4", "lz4 -q -1 --no-frame-crc", 0},
};

#define NR_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/*
 * Runs a codec from and to memory that ends where the bytes end, so that a sanitizer sees any
 * step beyond. The caller frees *out.
 */
static int unpack(const uint8_t *in, size_t len, size_t cap, uint8_t **out, size_t *used,
		  size_t *out_len, struct err *e)
{
	const struct codec *c = codec_find(in, len);
	uint8_t *copy = malloc(len);
	int rc;

	assert_non_null(c);
	*out = malloc(cap ? cap : 1);
	assert_non_null(copy);
	assert_non_null(*out);
	memcpy(copy, in, len);
	e->msg[0] = '\0';
	rc = c->unpack(&(struct packed){.data = copy, .len = len}, *out, cap, used, out_len, e);
	free(copy);
	if (rc == 0)
		assert_true(*used <= len && *out_len <= cap);
	else
		assert_true(rc == -1 && e->msg[0] && !strchr(e->msg, '\n'));
	return rc;
}

static void refuses(const uint8_t *in, size_t len, size_t cap, const char *msg)
{
	size_t used, out_len;
	struct err e = {.msg = ""};
	uint8_t *out;

	if (unpack(in, len, cap, &out, &used, &out_len, &e) == 0)
		fail_msg("accepted instead of: %s", msg);
	assert_string_equal(e.msg, msg);
	free(out);
}

static void test_round_trip(void **state)
{
	static const size_t sizes[] = {1, 100, 5000, 300000, 9 * MIB};
	uint8_t *sample = malloc(9 * MIB);

	(void)state;
	assert_non_null(sample);
	fill_sample(sample, 9 * MIB);
	for (size_t i = 0; i < NR_KINDS * 5; i++) {
		const struct kind *k = &kinds[i / 5];
		size_t size = sizes[i % 5], used;
		/* The largest is for lz4, which has blocks of 8 MiB. */
		bool skip = size > MIB && strcmp(k->codec, "lz4") != 0;
		const struct codec *c;
		struct room room;
		struct bytes p;
		size_t out_len;
		struct err e;

		if (skip)
			continue;
		room = room_make(9 * MIB);
		p = pack(k->cmd, sample, size);
		c = codec_find(p.data, p.len);
		assert_non_null(c);
		assert_string_equal(c->name, k->codec);
		if (codec_unpack(c, &(struct packed){.data = p.data, .len = p.len}, &room, &out_len,
				 &used, &e) != 0)
			fail_msg("%s, %zu bytes: %s", k->cmd, size, e.msg);
		assert_int_equal(out_len, size);
		assert_int_equal(used, p.len);
		assert_memory_equal(room.data, sample, size);
		room_free(&room);
		free(p.data);
	}
	free(sample);
}

/* Room for exactly the content is enough, and one byte less is not. */
static void test_exact_room(void **state)
{
	uint8_t sample[5000];

	(void)state;
	fill_sample(sample, sizeof(sample));
	for (size_t i = 0; i < NR_KINDS; i++) {
		struct bytes p = pack(kinds[i].cmd, sample, sizeof(sample));
		size_t used, len;
		uint8_t *out;
		struct err e;

		if (unpack(p.data, p.len, sizeof(sample), &out, &used, &len, &e) != 0)
			fail_msg("%s: %s", kinds[i].cmd, e.msg);
		assert_int_equal(used, p.len);
		assert_int_equal(len, sizeof(sample));
		free(out);
		refuses(p.data, p.len, sizeof(sample) - 1, "unpacks to more than 4999 bytes");
		refuses(p.data, p.len, 64, "unpacks to more than 64 bytes");
		free(p.data);
	}
}

/* What follows a stream is left alone: the size that Linux appends, padding, and the rest. */
static void test_what_follows(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} tails[] = {{"\x88\x13\0\0", 4}, {"\0\0\0\0\0\0\0\0", 8}, {"\0", 1}};
	uint8_t sample[5000];

	(void)state;
	fill_sample(sample, sizeof(sample));
	for (size_t i = 0; i < NR_KINDS * 3; i++) {
		struct bytes p = pack(kinds[i / 3].cmd, sample, sizeof(sample));
		size_t used, len, packed = p.len;
		uint8_t *out;
		struct err e;

		p = append(p, tails[i % 3].bytes, tails[i % 3].len);
		if (unpack(p.data, p.len, 65536, &out, &used, &len, &e) != 0)
			fail_msg("%s: %s", kinds[i / 3].cmd, e.msg);
		assert_int_equal(used, packed);
		assert_int_equal(len, sizeof(sample));
		free(out);
		free(p.data);
	}
}

/*
 * Cut anywhere, a stream is an error that says so. The exception: old lz4 has no end, so that a
 * cut between blocks (here: behind the magic, and before what can be a block) looks complete.
 */
static void test_every_prefix(void **state)
{
	uint8_t sample[700];

	(void)state;
	fill_sample(sample, sizeof(sample));
	for (size_t i = 0; i < NR_KINDS; i++) {
		struct bytes p = pack(kinds[i].cmd, sample, sizeof(sample));
		bool legacy = p.data[0] == 0x02;

		for (size_t n = 0; n < p.len && !(kinds[i].is & SLOW); n++) {
			size_t used, len;
			uint8_t *out;
			struct err e;

			if (!codec_find(p.data, n)) {
				assert_true(n < 13);
				continue;
			}
			if (unpack(p.data, n, 4096, &out, &used, &len, &e) == 0) {
				assert_true(legacy && n < 9);
				assert_int_equal(len, 0);
			} else if (!strstr(e.msg, "truncated: ")) {
				fail_msg("%s cut at %zu: %s", kinds[i].cmd, n, e.msg);
			}
			free(out);
		}
		free(p.data);
	}
}

/* Any one byte changed: an error, or the same content; where nothing is checked, any content. */
static void test_every_byte(void **state)
{
	static const uint8_t change[] = {0x01, 0x80, 0xff};
	uint8_t sample[700];

	(void)state;
	fill_sample(sample, sizeof(sample));
	for (size_t i = 0; i < NR_KINDS; i++) {
		struct bytes p = pack(kinds[i].cmd, sample, sizeof(sample));

		for (size_t n = 0; n < p.len * sizeof(change) && !(kinds[i].is & SLOW); n++) {
			uint8_t bits = change[n % sizeof(change)];
			size_t used, len;
			uint8_t *out;
			struct err e;

			p.data[n / sizeof(change)] ^= bits;
			if (codec_find(p.data, p.len)) {
				if (unpack(p.data, p.len, 4096, &out, &used, &len, &e) == 0 &&
				    kinds[i].is & CHECKED) {
					assert_int_equal(len, sizeof(sample));
					assert_memory_equal(out, sample, len);
				}
				free(out);
			}
			p.data[n / sizeof(change)] ^= bits;
		}
		free(p.data);
	}
}

static void test_bombs(void **state)
{
	struct room room = room_make(24 * MIB), small = {room.data, MIB};

	(void)state;
	for (size_t i = 0; i < NR_KINDS; i++) {
		char cmd[128], msg[128];
		size_t out_len, used;
		struct bytes p;
		struct err e;

		snprintf(cmd, sizeof(cmd), "head -c 24M /dev/zero | %s", kinds[i].cmd);
		p = run(cmd);
		assert_true(p.len < MIB);
		assert_int_equal(codec_unpack(codec_find(p.data, p.len),
					      &(struct packed){.data = p.data, .len = p.len},
					      &small, &out_len, &used, &e),
				 -1);
		snprintf(msg, sizeof(msg), "%s: unpacks to more than 1 MiB", kinds[i].codec);
		assert_string_equal(e.msg, msg);
		assert_false(e.passing);
		assert_int_equal(out_len, 0);
		assert_int_equal(used, 0);

		/* 24 MiB are no bomb where there is room for them. */
		assert_int_equal(codec_unpack(codec_find(p.data, p.len),
					      &(struct packed){.data = p.data, .len = p.len}, &room,
					      &out_len, &used, &e),
				 0);
		assert_int_equal(out_len, 24 * MIB);
		free(p.data);
	}
	room_free(&room);
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static void test_gzip_errors(void **state)
{
	static const uint8_t text[] = "what is packed";
	struct bytes p = pack("gzip -9n", text, sizeof(text));

	(void)state;
	p.data[p.len - 8] ^= 1;
	refuses(p.data, p.len, 100, "corrupt near byte 31 of the stream: incorrect data check");
	p.data[p.len - 8] ^= 1;
	p.data[p.len - 4] ^= 1;
	refuses(p.data, p.len, 100, "corrupt near byte 35 of the stream: incorrect length check");
	p.data[3] = 0xe0;
	refuses(p.data, p.len, 100, "corrupt near byte 4 of the stream: unknown header flags set");
	free(p.data);
}

static void test_xz_errors(void **state)
{
	static const uint8_t text[] = "what is packed";
	static const char large[] =
		"needs more than 160 MiB of memory to unpack (its dictionary is too large)";
	static const char filter[] =
		"corrupt near byte 24 of the stream: a filter or option that is not supported";
	struct bytes p = pack("xz --check=crc32 --lzma2=dict=1MiB", text, sizeof(text));
	size_t used, len;
	uint8_t *out;
	struct err e;

	(void)state;
	if (!xz_single_there) { /* liblzma has other limits */
		free(p.data);
		return;
	}
	/* The dictionary's size in the first block's head: 2^((byte - 4) / 2 + 14) or so. Where the
	 * output is the dictionary, it is only a bound to distances; 40 is 4 GiB - 1. */
	assert_int_equal(p.data[14], 0x21);
	p.data[16] = 39;
	put32(p.data + 20, (uint32_t)crc32(0, p.data + 12, 8));
	assert_int_equal(unpack(p.data, p.len, 100, &out, &used, &len, &e), 0);
	assert_int_equal(len, sizeof(text));
	free(out);
	p.data[16] = 40;
	put32(p.data + 20, (uint32_t)crc32(0, p.data + 12, 8));
	refuses(p.data, p.len, 100, large);
	p.data[16] = 41;
	put32(p.data + 20, (uint32_t)crc32(0, p.data + 12, 8));
	refuses(p.data, p.len, 100, filter);
	p.data[14] = 0x7f;
	put32(p.data + 20, (uint32_t)crc32(0, p.data + 12, 8));
	refuses(p.data, p.len, 100, filter);
	p.data[14] = 0x21;
	refuses(p.data, p.len, 100, "corrupt near byte 24 of the stream: bad data");

	/* A check that nobody has yet. */
	p.data[7] = 15;
	put32(p.data + 8, (uint32_t)crc32(0, p.data + 6, 2));
	refuses(p.data, p.len, 100,
		"has an integrity check that is not supported (use CRC32 or CRC64)");
	free(p.data);

	/* CRC64 is liblzma's, which has a dictionary of its own. */
	p = pack("xz --check=crc64 --lzma2=dict=1MiB", text, sizeof(text));
	p.data[16] = 32;
	put32(p.data + 20, (uint32_t)crc32(0, p.data + 12, 8));
	refuses(p.data, p.len, 100, large);
	free(p.data);
}

/* Streams of more than one kind of chunk or block: some that don't pack, a block every 300 bytes.
 */
static struct bytes xz_stream(int kind, const uint8_t *sample, size_t len)
{
	static const char *const cmds[] = {
		"xz --check=crc32 --x86 --lzma2=dict=64KiB",
		"xz --check=crc32 --x86 --block-size=300 -T1 --lzma2=dict=64KiB",
		"xz --check=none --block-size=300 -T1 --lzma2=dict=64KiB",
	};

	return pack(cmds[kind], sample, len);
}

/* Calls and jumps, which the x86 filter changes, between what packs and what doesn't. */
static void fill_code(uint8_t *out, size_t len, bool noise)
{
	fill_sample(out, len);
	for (size_t i = 0, x = 1; noise && i < len; i++) {
		x = x * 6364136223846793005 + 1442695040888963407;
		out[i] = (uint8_t)(x >> 56);
	}
	for (size_t i = 0; i + 5 <= len; i += 23) {
		out[i] = i & 1 ? 0xe8 : 0xe9;
		put32(out + i + 1, (uint32_t)(i & 64 ? 1000 - i : i));
	}
}

/* With every room up to what is needed, cut everywhere, and with every bit of it changed. */
static void test_xz_blocks(void **state)
{
	uint8_t sample[700];

	(void)state;
	for (int i = 0; i < 6; i++) {
		struct bytes p;
		size_t used, len;
		uint8_t *out;
		struct err e;

		fill_code(sample, sizeof(sample), i & 1);
		p = xz_stream(i / 2, sample, sizeof(sample));
		for (size_t cap = 0; cap <= sizeof(sample); cap++) {
			char msg[64];

			if (cap < sizeof(sample)) {
				snprintf(msg, sizeof(msg), "unpacks to more than %zu %s", cap,
					 cap ? "bytes" : "MiB");
				refuses(p.data, p.len, cap, msg);
				continue;
			}
			assert_int_equal(unpack(p.data, p.len, cap, &out, &used, &len, &e), 0);
			assert_int_equal(used, p.len);
			assert_int_equal(len, sizeof(sample));
			assert_memory_equal(out, sample, len);
			free(out);
		}
		for (size_t n = 6; n < p.len; n++) {
			char msg[80];

			snprintf(msg, sizeof(msg),
				 "truncated: the stream does not end within its %zu bytes", n);
			refuses(p.data, n, 4096, msg);
		}
		for (size_t n = 6 * 8; n < p.len * 8; n++) {
			p.data[n / 8] ^= (uint8_t)(1 << n % 8);
			if (unpack(p.data, p.len, 4096, &out, &used, &len, &e) == 0 && i / 2 < 2) {
				assert_int_equal(len, sizeof(sample));
				assert_memory_equal(out, sample, len);
			}
			free(out);
			p.data[n / 8] ^= (uint8_t)(1 << n % 8);
		}
		free(p.data);
	}
}

/* Out of memory at each allocation of XZ Embedded's. */
static void test_xz_no_memory(void **state)
{
	static const uint8_t text[] = "what is packed";
	struct bytes p = pack("xz --check=crc32 --x86 --lzma2=dict=64KiB", text, sizeof(text));
	uint8_t out[100];
	size_t used, len;
	unsigned n = 0;
	struct err e;
	int rc;

	(void)state;
	if (!xz_single_there) {
		free(p.data);
		return;
	}
	do {
		fake_alloc_fail_at(++n);
		rc = codec_find(p.data, p.len)
			     ->unpack(&(struct packed){.data = p.data, .len = p.len}, out,
				      sizeof(out), &used, &len, &e);
		if (fake_alloc_failed()) {
			assert_int_equal(rc, -1);
			assert_string_equal(e.msg, "out of memory");
			assert_true(e.passing);
		}
	} while (fake_alloc_failed());
	fake_alloc_fail_at(0);
	assert_int_equal(rc, 0);
	assert_int_equal(n, 4);
	free(p.data);
}

/*
 * The libraries' allocations: want of memory is said as that, and that it may pass. The sanitizers'
 * C library has them beside the program, where they are not made to fail.
 */
static void test_no_memory(void **state)
{
	uint8_t sample[5000], out[sizeof(sample)];
	unsigned failures = 0;

	(void)state;
	fill_sample(sample, sizeof(sample));
	for (size_t i = 0; i < NR_KINDS; i++) {
		struct bytes p = pack(kinds[i].cmd, sample, sizeof(sample));
		size_t used, len;
		unsigned n = 0;
		struct err e;
		int rc;

		do {
			fake_alloc_fail_at(++n);
			rc = codec_find(p.data, p.len)
				     ->unpack(&(struct packed){.data = p.data, .len = p.len}, out,
					      sizeof(out), &used, &len, &e);
			if (fake_alloc_failed()) {
				failures++;
				assert_int_equal(rc, -1);
				assert_string_equal(e.msg, "out of memory");
				assert_true(e.passing);
			}
		} while (fake_alloc_failed());
		fake_alloc_fail_at(0);
		assert_int_equal(rc, 0);
		free(p.data);
	}
#ifndef __GLIBC__
	assert_in_range(failures, 10, 100);
#endif
	(void)failures;
}

static void test_lzma_errors(void **state)
{
	static const uint8_t text[] = "what is packed";
	struct bytes p = pack("xz --format=lzma -0", text, sizeof(text));

	(void)state;
	put32(p.data + 1, 256 << 20);
	refuses(p.data, p.len, 100,
		"needs more than 160 MiB of memory to unpack (its dictionary is too large)");
	put32(p.data + 1, 128 << 20);
	p.data[13] = 1; /* the first byte of the data is always 0 */
	refuses(p.data, p.len, 100, "corrupt near byte 13 of the stream: bad data");
	p.data[13] = 0;

	/* With its size in the head, as other tools than xz write it. */
	put32(p.data + 5, sizeof(text) + 1);
	put32(p.data + 9, 0);
	refuses(p.data, p.len, sizeof(text), "corrupt near byte 39 of the stream: bad data");
	free(p.data);
}

static void test_zstd_errors(void **state)
{
	/* One segment with dictionary 5 and no content: head, dictionary, size, last raw block. */
	static const uint8_t dictionary[] = {0x28, 0xb5, 0x2f, 0xfd, 0x21, 5, 0, 1, 0, 0};
	/* The head of a frame of 2^62 bytes, an empty block. */
	static const uint8_t huge[] = {0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0,
				       0,    0,    0,    0,    0x40, 1, 0, 0};
	static const uint8_t text[] = "what is packed";
	struct bytes p = pack("zstd -q", text, sizeof(text));

	(void)state;
	refuses(dictionary, sizeof(dictionary), 100, "corrupt: Dictionary mismatch");
	refuses(huge, sizeof(huge), MIB, "unpacks to more than 1 MiB");
	p.data[p.len - 1] ^= 1;
	refuses(p.data, p.len, 100, "corrupt: Restored data doesn't match checksum");
	free(p.data);
}

static void test_lz4_legacy_errors(void **state)
{
	/* 8 MiB + 32 KiB + 16 bytes are the most that a block of 8 MiB can pack to. */
	uint8_t big[] = "\x02\x21\x4c\x18\x91\x80\x80\x00?";
	static const uint8_t empty[] = "\x02\x21\x4c\x18";
	static const uint8_t two[] = "\x02\x21\x4c\x18\x02\x21\x4c\x18....";
	static const uint8_t frame[] = "\x02\x21\x4c\x18\x04\x22\x4d\x18....";
	static const uint8_t bad[] = "\x02\x21\x4c\x18\x02\x00\x00\x00\x00\x00";
	size_t used, len;
	struct err e;
	uint8_t *out;

	(void)state;
	refuses(big, 9, 100, "corrupt near byte 4 of the stream: a block of impossible size");
	put32(big + 4, 0x808090);
	refuses(big, 9, 100, "truncated: the stream does not end within its 9 bytes");
	refuses(bad, 10, 100, "corrupt near byte 8 of the stream: bad block");
	refuses(bad, 10, 16 * MIB, "corrupt near byte 8 of the stream: bad block");
	/* Another stream, of either format, ends the first. */
	assert_int_equal(unpack(two, 12, 100, &out, &used, &len, &e), 0);
	assert_int_equal(used, 4);
	free(out);
	assert_int_equal(unpack(frame, 12, 100, &out, &used, &len, &e), 0);
	assert_int_equal(used, 4);
	free(out);
	assert_int_equal(unpack(empty, 4, 100, &out, &used, &len, &e), 0);
	assert_int_equal(used, 4);
	assert_int_equal(len, 0);
	free(out);
}

/* A frame of one stored block "hello", with all checksums and the size. */
static size_t lz4_frame(uint8_t *p)
{
	put32(p, LZ4_FRAME_MAGIC);
	p[4] = 0x7c;
	p[5] = 0x40;
	put32(p + 6, 5);
	put32(p + 10, 0);
	p[14] = (uint8_t)(xxh32(p + 4, 10) >> 8);
	put32(p + 15, 0x80000005);
	memcpy(p + 19, "hello", 5);
	put32(p + 24, xxh32(p + 19, 5));
	put32(p + 28, 0);
	put32(p + 32, xxh32(p + 19, 5));
	return 36;
}

static void test_lz4_frame_errors(void **state)
{
	uint8_t p[64], *out;
	size_t used, len, n = lz4_frame(p);
	struct err e;

	(void)state;
	assert_int_equal(unpack(p, n, 5, &out, &used, &len, &e), 0);
	assert_int_equal(len, 5);
	assert_memory_equal(out, "hello", 5);
	free(out);
	refuses(p, n, 4, "unpacks to more than 4 bytes");

#define BAD(at, value, cap, msg)                                                                   \
	do {                                                                                       \
		n = lz4_frame(p);                                                                  \
		p[at] = value;                                                                     \
		refuses(p, n, cap, msg);                                                           \
	} while (0)

	BAD(4, 0xbc, 99, "corrupt near byte 4 of the stream: unknown version of the lz4 frame");
	BAD(4, 0x7e, 99, "corrupt near byte 4 of the stream: bad flags in the head");
	BAD(5, 0x30, 99, "corrupt near byte 4 of the stream: bad flags in the head");
	BAD(5, 0xc0, 99, "corrupt near byte 4 of the stream: bad flags in the head");
	BAD(4, 0x7d, 99, "needs a dictionary, which is not supported");
	BAD(14, p[14] ^ 1, 99, "corrupt near byte 14 of the stream: wrong checksum of the head");
	BAD(17, 0x01, 99, "corrupt near byte 15 of the stream: a block of impossible size");
	BAD(18, 0x00, 99, "corrupt near byte 19 of the stream: bad block");
	BAD(15, 0x0e, 99, "truncated: the stream does not end within its 36 bytes");
	BAD(24, p[24] ^ 1, 99, "corrupt near byte 19 of the stream: wrong checksum of a block");
	BAD(19, 'H', 99, "corrupt near byte 19 of the stream: wrong checksum of a block");
	BAD(32, p[32] ^ 1, 99, "corrupt near byte 32 of the stream: wrong checksum of the content");
#undef BAD

	n = lz4_frame(p);
	p[6] = 4;
	p[14] = (uint8_t)(xxh32(p + 4, 10) >> 8);
	refuses(p, n, 99, "corrupt near byte 32 of the stream: not the size that its head states");
	p[13] = 1;
	p[14] = (uint8_t)(xxh32(p + 4, 10) >> 8);
	refuses(p, n, MIB, "unpacks to more than 1 MiB");

	/* Room for less than the block, whose size the head does not tell. */
	lz4_frame(p);
	p[4] = 0x60;
	p[6] = (uint8_t)(xxh32(p + 4, 2) >> 8);
	memmove(p + 7, p + 15, 9);
	put32(p + 16, 0);
	refuses(p, 20, 4, "unpacks to more than 4 bytes");
}

static void test_find(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *name;
	} cases[] = {
		{"\x1f\x8b\x08", 3, "gzip"},
		{"\x1f\x8b\x07", 3, NULL},
		{"\x1f\x8b", 2, NULL},
		{"\xfd"
		 "7zXZ",
		 6, "xz"},
		{"\xfd"
		 "7zXZ",
		 5, NULL},
		{"]\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff", 13, "lzma"},
		{"]\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff", 12, NULL},
		{"]\0\0\x80\0\0\0\0\4\0\0\0\0", 13, "lzma"},
		{"]\0\0\x80\0\0\0\0\4\0\1\0\0", 13, NULL},
		{"]\1\0\x80\0\0\0\0\4\0\0\0\0", 13, NULL},
		{"\x28\xb5\x2f\xfd", 4, "zstd"},
		{"\x28\xb5\x2f", 3, NULL},
		{"\x02\x21\x4c\x18", 4, "lz4"},
		{"\x04\x22\x4d\x18", 4, "lz4"},
		{"\x04\x22\x4d", 3, NULL},
		{"BZh9", 4, "bzip2"},
		{"BZh0", 4, NULL},
		{"\x89LZO\0\r\n\x1a\n", 9, "lzo"},
		{"\x7f"
		 "ELF",
		 4, NULL},
		{"", 0, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t *copy = malloc(cases[i].len + !cases[i].len);
		const struct codec *c;

		assert_non_null(copy);
		memcpy(copy, cases[i].bytes, cases[i].len);
		c = codec_find(copy, cases[i].len);
		if (cases[i].name) {
			assert_non_null(c);
			assert_string_equal(c->name, cases[i].name);
		} else {
			assert_null(c);
		}
		free(copy);
	}
}

static void test_refused(void **state)
{
	static const uint8_t bzip2[] = "BZh91AY&SY", lzo[] = "\x89LZO\0\r\n\x1a\n";
	struct room room = {NULL, 0};
	size_t out_len, used;
	struct err e;

	(void)state;
	assert_int_equal(codec_unpack(codec_find(bzip2, 10),
				      &(struct packed){.data = bzip2, .len = 10}, &room, &out_len,
				      &used, &e),
			 -1);
	assert_string_equal(e.msg,
			    "bzip2: not supported; pack the kernel with gzip, xz, lzma, zstd "
			    "or lz4 instead");
	assert_int_equal(codec_unpack(codec_find(lzo, 9), &(struct packed){.data = lzo, .len = 9},
				      &room, &out_len, &used, &e),
			 -1);
	assert_string_equal(e.msg,
			    "lzo: not supported; pack the kernel with gzip, xz, lzma, zstd or "
			    "lz4 instead");
}

/* Numbers by which processes tell each other of a codec. */
static void test_numbers(void **state)
{
	static const char *const names[] = {"gzip", "xz", "zstd", "lz4", "lzma"};
	const struct codec *const all[] = {&codec_gzip, &codec_xz, &codec_zstd, &codec_lz4,
					   &codec_lzma};

	(void)state;
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(codec_name(codec_number(all[i])), names[i]);
	/* Of those that can't unpack there is nothing to tell. */
	assert_null(codec_name(codec_number(&codec_bzip2)));
	assert_null(codec_name(0));
	assert_null(codec_name(8));
	assert_null(codec_name(UINT32_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_exact_room),
		cmocka_unit_test(test_what_follows),
		cmocka_unit_test(test_every_prefix),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_bombs),
		cmocka_unit_test(test_gzip_errors),
		cmocka_unit_test(test_xz_errors),
		cmocka_unit_test(test_xz_blocks),
		cmocka_unit_test(test_xz_no_memory),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_lzma_errors),
		cmocka_unit_test(test_zstd_errors),
		cmocka_unit_test(test_lz4_legacy_errors),
		cmocka_unit_test(test_lz4_frame_errors),
	};

	return cmocka_run_group_tests_name("codec", tests, NULL, NULL);
}
