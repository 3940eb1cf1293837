#include "lz4_block.h"

#include <lz4.h>

#define REACH ((size_t)64 << 10) /* how far back a match can point */

int lz4_block(const uint8_t *in, size_t at, size_t size, size_t max, bool linked, struct lz4_out *o,
	      struct err *e)
{
	const char *src = (const char *)in + at;
	char *dst = (char *)o->data + o->len;
	size_t room = o->cap - o->len;
	int cap = (int)(room < max ? room : max);
	int dict_size = !linked ? 0 : (int)(o->len < REACH ? o->len : REACH);
	int n;

	n = LZ4_decompress_safe_usingDict(src, dst, (int)size, cap, dst - dict_size, dict_size);
	if (n >= 0) {
		o->len += (size_t)n;
		return 0;
	}
	if (room >= max)
		return codec_corrupt(at, "bad block", e);

	/*
	 * Is the block bad, or the room too small? If the block fills all the room without an
	 * error, the room is too small.
	 */
	n = LZ4_decompress_safe_partial_usingDict(src, dst, (int)size, cap, cap, dst - dict_size,
						  dict_size);
	return n == cap ? codec_too_big(o->cap, e) : codec_corrupt(at, "bad block", e);
}
