/*
 * XXH32, the checksum in lz4 frames.
 * Source: doc/xxhash_spec.md of the xxHash project, section "XXH32 algorithm description".
 */
#ifndef EARLYDOM_XXH32_H
#define EARLYDOM_XXH32_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of len bytes, with seed 0. */
uint32_t xxh32(const uint8_t *in, size_t len);

#endif
