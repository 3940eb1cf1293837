/*
 * What xz and lzma have in common: one run of a liblzma decoder over memory.
 */
#ifndef EARLYDOM_LZMA_RUN_H
#define EARLYDOM_LZMA_RUN_H

#include <lzma.h>

#include "codecs.h"

/*
 * Runs the decoder that was set up in s (with result init) over the whole input, ends it, and
 * returns what struct codec's unpack returns.
 */
int lzma_run(lzma_stream *s, lzma_ret init, const uint8_t *in, size_t in_len, uint8_t *out,
	     size_t out_cap, size_t *used, size_t *out_len, struct err *e);

#endif
