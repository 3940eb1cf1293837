/*
 * Codecs: packed bytes in, plain bytes out. Pure functions over memory.
 *
 * A codec is one file with one struct codec, named in the table of codecs.c.
 */
#ifndef EARLYDOM_CODEC_H
#define EARLYDOM_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Default bound on what one kernel may unpack to, in bytes; a build constant (make
 * UNPACK_MAX_MIB=...). */
#ifndef UNPACK_MAX_MIB
#define UNPACK_MAX_MIB 512
#endif
#define UNPACK_MAX ((size_t)UNPACK_MAX_MIB << 20)

/* What is to be unpacked. */
struct packed {
	const uint8_t *data; /* len bytes */
	size_t len;
	/* The unpacked size that the input states, in bytes; 0 where it states none. Untrusted. */
	size_t stated;
	/*
	 * The bytes are mapped from a file. Pages that were read may be dropped; the kernel reads
	 * them again at the next access.
	 */
	bool paged;
};

struct codec {
	const char *name; /* "gzip", as shown to people */

	/* True when the bytes begin like this codec's. */
	bool (*match)(const uint8_t *in, size_t in_len);

	/*
	 * Unpacks one stream from the start of in into out, which holds out_cap bytes.
	 * On success returns 0 with *used the bytes of in that the stream took and
	 * *out_len those written. On failure returns -1 with e set; a stream that
	 * does not fit into out_cap is a failure of its own ("unpacks to more than N MiB").
	 * NULL in a codec that is recognised by name but not supported (bzip2, lzo).
	 */
	int (*unpack)(const struct packed *in, uint8_t *out, size_t out_cap, size_t *used,
		      size_t *out_len, struct err *e);
};

/* Memory to unpack to, from a page's beginning on, all of it in one piece: nothing is copied when
 * the size is not known beforehand. Nobody needs to have touched it. */
struct room {
	uint8_t *data;
	size_t size; /* bytes, at most so many come out */
};

/*
 * Unpacks one stream with the codec c into that room. Pages for the stated size are populated at
 * once if that size is plausible. *out_len is what came out, *used the length of the stream; the
 * caller judges what follows it. Returns 0, or -1 with e set and both 0.
 */
int codec_unpack(const struct codec *c, const struct packed *in, const struct room *to,
		 size_t *out_len, size_t *used, struct err *e);

/* Errors that are the same for all codecs. All return -1. */
int codec_too_big(size_t out_cap, struct err *e);
int codec_truncated(size_t in_len, struct err *e);
int codec_no_memory(struct err *e); /* sets e->passing: the stream may be good */
int codec_corrupt(size_t at, const char *why, struct err *e); /* at: offset in the stream */

#endif
