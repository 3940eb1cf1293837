/*
 * What the codecs share with the table in codec.c; users of codecs need only codec.h.
 */
#ifndef EARLYDOM_CODECS_H
#define EARLYDOM_CODECS_H

#include "codec.h"

extern const struct codec codec_gzip;
extern const struct codec codec_xz;
extern const struct codec codec_lzma;
extern const struct codec codec_zstd;
extern const struct codec codec_lz4;
extern const struct codec codec_bzip2;
extern const struct codec codec_lzo;

/*
 * Memory that liblzma's decoders may take for themselves, bytes. The dictionary is most of it,
 * and its size is what the stream's header says. The xz streams that Linux packs itself into,
 * with dictionaries of 32 MiB and, in newer versions, 128 MiB, need none (xz_single.h).
 */
#define LZMA_MEMLIMIT_MIB 160
#define LZMA_MEMLIMIT     ((uint64_t)LZMA_MEMLIMIT_MIB << 20)

/* The errors that all codecs have alike. All return -1. */
int codec_too_big(size_t out_cap, struct err *e);
int codec_truncated(size_t in_len, struct err *e);
int codec_corrupt(size_t at, const char *why, struct err *e); /* at: offset in the stream */

#endif
