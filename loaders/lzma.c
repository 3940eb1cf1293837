/*
 * LZMA alone, the format of the old `lzma` tool, by liblzma: a byte of properties, the size of
 * the dictionary (4 bytes), the unpacked size (8 bytes, all ones: unknown, an end marker
 * follows the data). It has no magic and no checksum.
 */
#include "lzma_run.h"

#include "bytes.h"

#define HEAD_SIZE 13
#define LC3_LP0_PB2                                                                                \
	0x5d /* the properties that all tools default to, and the only ones in Linux               \
	      */

static bool match(const uint8_t *in, size_t in_len)
{
	uint64_t size;

	if (in_len < HEAD_SIZE || in[0] != LC3_LP0_PB2)
		return false;
	/* The low half of the dictionary's size is 0 in all that tools write (4 KiB is the least,
	 * 64 KiB the least one of their presets). */
	if (le16(in + 1) != 0)
		return false;
	size = le64(in + 5);
	return size == UINT64_MAX || size < (uint64_t)1 << 40;
}

static int unpack(const struct packed *in, uint8_t *out, size_t out_cap, size_t *used,
		  size_t *out_len, struct err *e)
{
	lzma_stream s = LZMA_STREAM_INIT;
	lzma_ret rc = lzma_alone_decoder(&s, LZMA_MEMLIMIT);

	return lzma_run(&s, rc, in->data, in->len, out, out_cap, used, out_len, e);
}

const struct codec codec_lzma = {.name = "lzma", .match = match, .unpack = unpack};
