/*
 * Bytes that nobody reads here again: into a guest's memory.
 */
#ifndef EARLYDOM_COPY_H
#define EARLYDOM_COPY_H

#include <stddef.h>

/*
 * What memcpy does, but past the caches where there is much to copy (SSE2's non-temporal stores, which every
 * processor of 64 bits has): what is in them stays, and a line is not read before it is overwritten. musl's
 * memcpy is a rep movsq, which under TCG takes several times as long; on a processor it is faster than a loop
 * of plain stores. The ranges must not overlap.
 */
void copy_away(void *to, const void *from, size_t len);

#endif
