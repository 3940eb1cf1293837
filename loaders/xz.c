/*
 * xz, by liblzma. One stream, checked with CRC32 (what Linux uses: its own unpacker knows
 * no other), CRC64 (what the xz tool uses) or nothing.
 */
#include "lzma_run.h"

#include <string.h>

static bool match(const uint8_t *in, size_t in_len)
{
	return in_len >= 6 && memcmp(in,
				     "\xfd"
				     "7zXZ",
				     6) == 0;
}

static int unpack(const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap, size_t *used,
		  size_t *out_len, struct err *e)
{
	lzma_stream s = LZMA_STREAM_INIT;
	lzma_ret ret = lzma_stream_decoder(&s, LZMA_MEMLIMIT, LZMA_TELL_UNSUPPORTED_CHECK);

	return lzma_run(&s, ret, in, in_len, out, out_cap, used, out_len, e);
}

const struct codec codec_xz = {.name = "xz", .match = match, .unpack = unpack};
