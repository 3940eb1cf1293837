/*
 * The current frame format of lz4; lz4.c has the legacy one, and tells them apart.
 */
#ifndef EARLYDOM_LZ4_FRAME_H
#define EARLYDOM_LZ4_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Arguments and result of struct codec's unpack. */
int lz4_frame_unpack(const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap, size_t *used,
		     size_t *out_len, struct err *e);

#endif
