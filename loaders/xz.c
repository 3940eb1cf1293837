/*
 * xz. One stream, checked with CRC32 (what Linux uses: its own unpacker knows no other), CRC64
 * (what the xz tool uses) or nothing. XZ Embedded unpacks what it can, because it needs no memory
 * for a dictionary; liblzma the rest: CRC64, and filters and options that Linux does not use.
 */
#include "lzma_run.h"

#include <string.h>

#include "xz_single.h"

/* The second byte of the stream's flags, which follow its magic: the kind of check. */
#define CHECK_AT    7
#define CHECK_NONE  0
#define CHECK_CRC32 1

static bool match(const uint8_t *in, size_t in_len)
{
	return in_len >= 6 && memcmp(in,
				     "\xfd"
				     "7zXZ",
				     6) == 0;
}

static int unpack(const struct packed *in, uint8_t *out, size_t out_cap, size_t *used,
		  size_t *out_len, struct err *e)
{
	lzma_stream s = LZMA_STREAM_INIT;
	lzma_ret rc;

	if (in->len > CHECK_AT &&
	    (in->data[CHECK_AT] == CHECK_NONE || in->data[CHECK_AT] == CHECK_CRC32)) {
		switch (xz_single(in, out, out_cap, used, out_len, e)) {
		case XZ_SINGLE_DONE:
			return 0;
		case XZ_SINGLE_FAILED:
			return -1;
		case XZ_SINGLE_CANNOT:
			break;
		}
	}
	rc = lzma_stream_decoder(&s, LZMA_MEMLIMIT, LZMA_TELL_UNSUPPORTED_CHECK);
	return lzma_run(&s, rc, in->data, in->len, out, out_cap, used, out_len, e);
}

const struct codec codec_xz = {.name = "xz", .match = match, .unpack = unpack};
