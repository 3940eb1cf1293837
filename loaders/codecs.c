#include "codecs.h"

/* Codecs with a longer magic come first. lzma is last: it has almost none. */
static const struct codec *const codecs[] = {
	&codec_gzip, &codec_xz, &codec_zstd, &codec_lz4, &codec_bzip2, &codec_lzo, &codec_lzma,
};

const struct codec *codec_find(const uint8_t *in, size_t in_len)
{
	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++) {
		if (codecs[i]->match(in, in_len))
			return codecs[i];
	}
	return NULL;
}
