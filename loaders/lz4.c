/*
 * lz4, by liblz4: which of its two stream formats it is, and the older one ("legacy"), which
 * `lz4 -l` and Linux's own build write: a magic, then blocks of at most 8 MiB, each after its
 * packed size (4 bytes). It has no end mark and no checksum.
 * Source: doc/lz4_Frame_format.md of the lz4 project, section "Legacy frame".
 */
#include <lz4.h>

#include "lz4_block.h"
#include "lz4_frame.h"

#include "bytes.h"

#define LEGACY_BLOCK ((size_t)8 << 20)

static bool match(const uint8_t *in, size_t in_len)
{
	return in_len >= 4 && (le32(in) == LZ4_LEGACY_MAGIC || le32(in) == LZ4_FRAME_MAGIC);
}

static int legacy_unpack(const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap,
			 size_t *used, size_t *out_len, struct err *e)
{
	struct lz4_out o = {.data = out, .cap = out_cap};
	size_t pos = 4;

	/*
	 * The end is where no further block can be: fewer than 5 bytes, a size of 0, or another
	 * stream. The 4 bytes of unpacked size that Linux puts behind the stream are thus left to
	 * the caller.
	 */
	while (in_len - pos > 4 && le32(in + pos) != 0 && !match(in + pos, in_len - pos)) {
		size_t size = le32(in + pos);

		if (size > (size_t)LZ4_COMPRESSBOUND(LEGACY_BLOCK))
			return codec_corrupt(pos, "a block of impossible size", e);
		pos += 4;
		if (size > in_len - pos)
			return codec_truncated(in_len, e);
		if (lz4_block(in, pos, size, LEGACY_BLOCK, false, &o, e) != 0)
			return -1;
		pos += size;
	}
	*used = pos;
	*out_len = o.len;
	return 0;
}

static int unpack(const struct packed *in, uint8_t *out, size_t out_cap, size_t *used,
		  size_t *out_len, struct err *e)
{
	if (le32(in->data) == LZ4_LEGACY_MAGIC)
		return legacy_unpack(in->data, in->len, out, out_cap, used, out_len, e);
	return lz4_frame_unpack(in->data, in->len, out, out_cap, used, out_len, e);
}

const struct codec codec_lz4 = {.name = "lz4", .match = match, .unpack = unpack};
