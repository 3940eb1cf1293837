#include "codecs.h"

/* Codecs with a longer magic come first. lzma is last: it has almost none. */
static const struct codec *const codecs[] = {
	&codec_gzip, &codec_xz, &codec_zstd, &codec_lz4, &codec_bzip2, &codec_lzo, &codec_lzma,
};

#define NR_CODECS (sizeof(codecs) / sizeof(codecs[0]))

const struct codec *codec_find(const uint8_t *in, size_t in_len)
{
	for (size_t i = 0; i < NR_CODECS; i++) {
		if (codecs[i]->match(in, in_len))
			return codecs[i];
	}
	return NULL;
}

uint32_t codec_number(const struct codec *c)
{
	uint32_t i = 0;

	while (i < NR_CODECS && codecs[i] != c)
		i++;
	return i + 1;
}

const char *codec_name(uint32_t number)
{
	if (number == 0 || number > NR_CODECS || !codecs[number - 1]->unpack)
		return NULL;
	return codecs[number - 1]->name;
}
