#include "xz_single.h"

#if __has_include(<xz-embedded/dec_stream.c>)

#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * XZ Embedded is included as source and configured by macros, as in the kernels that it is made
 * for. This file calls its state machine directly: xz_dec_run, which wraps it in single-call mode,
 * does not say how far it came, and does not tell truncated streams from damaged ones.
 *
 * The macros below stand in for a kernel's headers. Versions of Xen differ in which of them they
 * use.
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
/* XZ Embedded's own function takes a byte at a time, and builds its table at run time. */
#define xz_crc32(p, n, crc) lzma_crc32(p, n, crc)

typedef bool bool_t;
typedef uint32_t u32;
typedef uint32_t __le32 __attribute__((aligned(1), may_alias));

#include <xz-embedded/dec_lzma2.c>

/* Bytes of the input that are unpacked before their pages are dropped. */
#define STEP ((size_t)512 << 10)

/* The state machine's buffers, and what this file adds to them. */
struct run {
	struct xz_buf b;
	bool paged;
	size_t dropped; /* bytes of the input whose pages were dropped */
};

/* Drops the whole pages that were read. b.in may begin within a page; that page stays. */
static void drop_read(struct run *r)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), in = (uintptr_t)r->b.in;
	const uintptr_t from = (in + r->dropped + page - 1) & -page;
	const uintptr_t to = (in + r->b.in_pos) & -page;

	if (!r->paged || from >= to)
		return;
	madvise((void *)from, to - from, MADV_DONTNEED);
	r->dropped = to - in;
}

/*
 * Unpacks with xz_dec_lzma2_run in steps of STEP bytes of input, dropping the input's pages after
 * each. The filters around it still see one call with all of the output, as single-call mode
 * requires.
 */
static enum xz_ret run_in_steps(struct xz_dec_lzma2 *s, struct xz_buf *b)
{
	struct run *r = (struct run *)b; /* b is its first member */
	const size_t end = b->in_size;
	enum xz_ret rc;

	do {
		b->in_size = end - b->in_pos > STEP ? b->in_pos + STEP : end;
		rc = xz_dec_lzma2_run(s, b);
		drop_read(r);
	} while (rc == XZ_OK && b->in_pos == b->in_size && b->in_pos < end);
	b->in_size = end;
	return rc;
}

#define xz_dec_lzma2_run run_in_steps
#include <xz-embedded/dec_bcj.c>
#include <xz-embedded/dec_stream.c>
#undef xz_dec_lzma2_run

static enum xz_single failed(enum xz_ret rc, const struct xz_buf *b, struct err *e)
{
	switch (rc) {
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
		err_set(e, "XZ Embedded failed with code %d", (int)rc);
		return XZ_SINGLE_FAILED;
	}
}

enum xz_single xz_single(const struct packed *in, uint8_t *out, size_t out_cap, size_t *used,
			 size_t *out_len, struct err *e)
{
	struct run r = {
		.b = {.in = in->data, .in_size = in->len, .out = out, .out_size = out_cap},
		.paged = in->paged,
	};
	struct xz_dec *dec = xz_dec_init(XZ_SINGLE, 0);
	enum xz_ret rc;

	if (!dec) {
		codec_no_memory(e);
		return XZ_SINGLE_FAILED;
	}
	rc = dec_main(dec, &r.b);
	xz_dec_end(dec);
	if (rc != XZ_STREAM_END)
		return failed(rc, &r.b, e);
	*used = r.b.in_pos;
	*out_len = r.b.out_pos;
	return XZ_SINGLE_DONE;
}

const bool xz_single_there = true;

#else /* made without Xen's source tree */

enum xz_single xz_single(const struct packed *in, uint8_t *out, size_t out_cap, size_t *used,
			 size_t *out_len, struct err *e)
{
	(void)in;
	(void)out;
	(void)out_cap;
	(void)used;
	(void)out_len;
	(void)e;
	return XZ_SINGLE_CANNOT;
}

const bool xz_single_there = false;

#endif
