/*
 * Compressions that some Linux kernels use, but that are not supported. They are recognised so that
 * the error can name them.
 */
#include "codecs.h"

#include <string.h>

static bool match_bzip2(const uint8_t *in, size_t in_len)
{
	return in_len >= 4 && memcmp(in, "BZh", 3) == 0 && in[3] >= '1' && in[3] <= '9';
}

static bool match_lzo(const uint8_t *in, size_t in_len)
{
	return in_len >= 9 && memcmp(in, "\x89LZO\0\r\n\x1a\n", 9) == 0;
}

const struct codec codec_bzip2 = {.name = "bzip2", .match = match_bzip2};
const struct codec codec_lzo = {.name = "lzo", .match = match_lzo};
