/*
 * gzip (RFC 1952), by zlib, which also checks the CRC and the length at the end.
 */
#include "codecs.h"

#include <limits.h>
#include <string.h>
#include <zlib.h>

/* Window of any size, and a gzip head and tail instead of zlib's own. */
#define WINDOW_BITS (15 + 16)

static bool match(const uint8_t *in, size_t in_len)
{
	return in_len >= 3 && in[0] == 0x1f && in[1] == 0x8b && in[2] == Z_DEFLATED;
}

/* zlib counts in unsigned int; no kernel is as large as that. */
static uInt clamp(size_t n)
{
	return n > UINT_MAX ? UINT_MAX : (uInt)n;
}

static int unpack(const struct packed *in, uint8_t *out, size_t out_cap, size_t *used,
		  size_t *out_len, struct err *e)
{
	z_stream s;
	int rc, ok = -1;

	memset(&s, 0, sizeof(s));
	rc = inflateInit2(&s, WINDOW_BITS);
	if (rc == Z_MEM_ERROR)
		return codec_no_memory(e);
	if (rc != Z_OK)
		return err_set(e, "cannot start zlib: %s", zError(rc));

	s.next_in = (Bytef *)(uintptr_t)in->data;
	s.avail_in = clamp(in->len);
	s.next_out = out;
	s.avail_out = clamp(out_cap);
	rc = inflate(&s, Z_FINISH); /* all at once: zlib then needs no window of its own */

	if (rc == Z_STREAM_END) {
		*used = s.total_in;
		*out_len = s.total_out;
		ok = 0;
	} else if (rc == Z_MEM_ERROR) {
		codec_no_memory(e);
	} else if (rc == Z_DATA_ERROR || rc == Z_NEED_DICT) {
		codec_corrupt(s.total_in, s.msg ? s.msg : "bad data", e);
	} else if (s.avail_out == 0) {
		codec_too_big(out_cap, e);
	} else {
		codec_truncated(in->len, e);
	}
	inflateEnd(&s);
	return ok;
}

const struct codec codec_gzip = {.name = "gzip", .match = match, .unpack = unpack};
