#include "codec.h"

#include <sys/mman.h>
#include <unistd.h>

/* From the kernel's asm-generic/mman-common.h; musl has it from 1.2.4 on. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/* A kernel unpacks to some eight times its packed size. */
#define STATED_RATIO_MAX 32

int codec_too_big(size_t out_cap, struct err *e)
{
	if (out_cap >> 20 << 20 != out_cap)
		return err_set(e, "unpacks to more than %zu bytes", out_cap);
	return err_set(e, "unpacks to more than %zu MiB", out_cap >> 20);
}

int codec_truncated(size_t in_len, struct err *e)
{
	return err_set(e, "truncated: the stream does not end within its %zu bytes", in_len);
}

int codec_no_memory(struct err *e)
{
	return err_set_passing(e, "out of memory");
}

int codec_corrupt(size_t at, const char *why, struct err *e)
{
	return err_set(e, "corrupt near byte %zu of the stream: %s", at, why);
}

static size_t page_round_up(size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (n + page - 1) / page * page;
}

/*
 * Populates the pages that will be written, with one call instead of a fault for each page: in a pv
 * dom0 a fault costs as much as unpacking a page does. A false size gains nothing, since more than
 * a stream of that length could unpack to is not populated. Kernels before Linux 5.14 refuse the
 * call, and then each page faults.
 */
static void page_in(const struct room *to, const struct packed *in)
{
	if (in->stated <= to->size && in->stated / STATED_RATIO_MAX <= in->len)
		madvise(to->data, page_round_up(in->stated), MADV_POPULATE_WRITE);
}

int codec_unpack(const struct codec *c, const struct packed *in, const struct room *to,
		 size_t *out_len, size_t *used, struct err *e)
{
	*out_len = *used = 0;
	if (!c->unpack)
		return err_set(e, "%s: not supported; pack the kernel with %s instead", c->name,
			       "gzip, xz, lzma, zstd or lz4");
	page_in(to, in);
	if (c->unpack(in, to->data, to->size, used, out_len, e) == 0)
		return 0;
	*out_len = *used = 0;
	return err_prefix(e, "%s: ", c->name);
}
