#include "lzma_run.h"

static int failed(const lzma_stream *s, lzma_ret rc, size_t in_len, size_t out_cap, struct err *e)
{
	size_t at = in_len - s->avail_in;

	switch (rc) {
	case LZMA_BUF_ERROR:
		/* No progress: the output is full, or the input is used up. */
		if (s->avail_out == 0)
			return codec_too_big(out_cap, e);
		return codec_truncated(in_len, e);
	case LZMA_MEMLIMIT_ERROR:
		return err_set(e,
			       "needs more than %d MiB of memory to unpack (its dictionary is "
			       "too large)",
			       LZMA_MEMLIMIT_MIB);
	case LZMA_MEM_ERROR:
		return codec_no_memory(e);
	case LZMA_UNSUPPORTED_CHECK:
		return err_set(e,
			       "has an integrity check that is not supported (use CRC32 or CRC64)");
	case LZMA_OPTIONS_ERROR:
		return codec_corrupt(at, "a filter or option that is not supported", e);
	case LZMA_FORMAT_ERROR:
		return codec_corrupt(at, "the head is wrong", e);
	case LZMA_DATA_ERROR:
		return codec_corrupt(at, "bad data", e);
	default:
		return err_set(e, "liblzma failed with code %d", (int)rc);
	}
}

int lzma_run(lzma_stream *s, lzma_ret init, const uint8_t *in, size_t in_len, uint8_t *out,
	     size_t out_cap, size_t *used, size_t *out_len, struct err *e)
{
	lzma_ret rc = init;
	int ok = -1;

	s->next_in = in;
	s->avail_in = in_len;
	s->next_out = out;
	s->avail_out = out_cap;
	while (rc == LZMA_OK)
		rc = lzma_code(s, LZMA_FINISH);

	if (rc == LZMA_STREAM_END) {
		*used = in_len - s->avail_in;
		*out_len = out_cap - s->avail_out;
		ok = 0;
	} else {
		failed(s, rc, in_len, out_cap, e);
	}
	lzma_end(s);
	return ok;
}
