/*
 * All codecs, and how to find the one for a stream.
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

/* The codec that the bytes begin like, or NULL for none. */
const struct codec *codec_find(const uint8_t *in, size_t in_len);

/* Codecs by numbers from 1 on, which mean the same in all processes of this program: that of one of
 * the table, and the name of one that can unpack; NULL for a number of none. */
uint32_t codec_number(const struct codec *c);
const char *codec_name(uint32_t number);

#endif
