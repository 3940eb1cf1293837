#include "xz_single.h"

#include <lzma.h>
#include <stdlib.h>
#include <string.h>

/*
 * XZ Embedded is included, as the kernels that it is made for do: it is configured by macros, and
 * what follows asks its state machine itself. xz_dec_run, which is around that in single-call mode,
 * tells neither how far it came nor truncated streams from damaged ones.
 *
 * What it wants from a kernel's headers. Versions of Xen differ in what they use of it.
 */
#define XZ_DEC_SINGLE
#define XZ_DEC_X86
#define XZ_EXTERN static
#define __init
#define __force
#define always_inline     inline __attribute__((always_inline))
#define large_malloc(n)   malloc(n)
#define large_free(p)     free(p)
#define memeq(a, b, n)    (memcmp(a, b, n) == 0)
#define memzero(p, n)     memset(p, 0, n)
#define min(a, b)         ((a) < (b) ? (a) : (b))
#define min_t(type, a, b) min((type)(a), (type)(b))
#define le32_to_cpu(v)    (v) /* x86 */
#define cpu_to_le32(v)    (v)
#define le32_to_cpup(p)   (*(const __le32 *)(p))
/* Its own takes a byte at a time, and builds its table at run time. */
#define xz_crc32(p, n, crc) lzma_crc32(p, n, crc)

typedef bool bool_t;
typedef uint32_t u32;
typedef uint32_t __le32 __attribute__((aligned(1), may_alias));

#include <xz-embedded/dec_bcj.c>
#include <xz-embedded/dec_lzma2.c>
#include <xz-embedded/dec_stream.c>

static enum xz_single failed(enum xz_ret ret, const struct xz_buf *b, struct err *e)
{
	switch (ret) {
	case XZ_OK:
		/* It wants more: of the input when that is used up, else of the output. The output
		 * never grows by a stream's last bytes. */
		if (b->in_pos == b->in_size)
			codec_truncated(b->in_size, e);
		else
			codec_too_big(b->out_size, e);
		return XZ_SINGLE_FAILED;
	case XZ_OPTIONS_ERROR:
		return XZ_SINGLE_CANNOT;
	case XZ_DATA_ERROR:
		codec_corrupt(b->in_pos, "bad data", e);
		return XZ_SINGLE_FAILED;
	case XZ_FORMAT_ERROR:
		codec_corrupt(b->in_pos, "the head is wrong", e);
		return XZ_SINGLE_FAILED;
	default:
		err_set(e, "XZ Embedded failed with code %d", (int)ret);
		return XZ_SINGLE_FAILED;
	}
}

enum xz_single xz_single(const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap,
			 size_t *used, size_t *out_len, struct err *e)
{
	struct xz_buf b = {.in = in, .in_size = in_len, .out = out, .out_size = out_cap};
	struct xz_dec *dec = xz_dec_init(XZ_SINGLE, 0);
	enum xz_ret ret;

	if (!dec) {
		err_set(e, "out of memory");
		return XZ_SINGLE_FAILED;
	}
	ret = dec_main(dec, &b);
	xz_dec_end(dec);
	if (ret != XZ_STREAM_END)
		return failed(ret, &b, e);
	*used = b.in_pos;
	*out_len = b.out_pos;
	return XZ_SINGLE_DONE;
}
