/*
 * zstd (RFC 8878): one frame, unpacked in one go, so that the window is the output itself and
 * even `zstd -22 --ultra --long` costs no memory beside it.
 */
#include "codecs.h"

#include <zstd.h>
#include <zstd_errors.h>

#include "bytes.h"

static bool match(const uint8_t *in, size_t in_len)
{
	return in_len >= 4 && le32(in) == ZSTD_MAGICNUMBER;
}

static int failed(size_t code, size_t in_len, size_t out_cap, struct err *e)
{
	switch (ZSTD_getErrorCode(code)) {
	case ZSTD_error_dstSize_tooSmall:
		return codec_too_big(out_cap, e);
	case ZSTD_error_srcSize_wrong:
		return codec_truncated(in_len, e);
	case ZSTD_error_memory_allocation:
		return codec_no_memory(e);
	default:
		return err_set(e, "corrupt: %s", ZSTD_getErrorName(code));
	}
}

static int unpack(const struct packed *in, uint8_t *out, size_t out_cap, size_t *used,
		  size_t *out_len, struct err *e)
{
	unsigned long long content;
	size_t frame, n;

	/* ZSTD_decompress wants the exact frame: it would take what follows for another one. */
	frame = ZSTD_findFrameCompressedSize(in->data, in->len);
	if (ZSTD_isError(frame))
		return failed(frame, in->len, out_cap, e);
	content = ZSTD_getFrameContentSize(in->data, frame);
	if (content < ZSTD_CONTENTSIZE_ERROR && content > out_cap)
		return codec_too_big(out_cap, e);
	n = ZSTD_decompress(out, out_cap, in->data, frame);
	if (ZSTD_isError(n))
		return failed(n, in->len, out_cap, e);
	*used = frame;
	*out_len = n;
	return 0;
}

const struct codec codec_zstd = {.name = "zstd", .match = match, .unpack = unpack};
