/*
 * What the two stream formats of lz4 (lz4.c, lz4_frame.c) share: their output and a block.
 */
#ifndef EARLYDOM_LZ4_BLOCK_H
#define EARLYDOM_LZ4_BLOCK_H

#include "codecs.h"

#define LZ4_LEGACY_MAGIC 0x184C2102u
#define LZ4_FRAME_MAGIC  0x184D2204u

struct lz4_out {
	uint8_t *data;
	size_t cap, len; /* bytes that it can hold, and holds */
};

/*
 * Appends what the block of size bytes at in + at unpacks to, at most max bytes. With linked,
 * its matches may reach back into what is there already. Returns 0, or -1 with e set.
 */
int lz4_block(const uint8_t *in, size_t at, size_t size, size_t max, bool linked, struct lz4_out *o,
	      struct err *e);

#endif
