#include "codec.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* From the kernel's asm-generic/mman-common.h; musl has it from 1.2.4 on. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/* Bytes unmapped at a time. That many take 2 ms in a pv dom0 under TCG. */
#define FREE_PIECE ((size_t)1 << 20)

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

/* Gives back the pages behind the content, so that a small kernel does not hold the whole range. */
static void blob_trim(struct blob *b)
{
	size_t keep = page_round_up(b->size ? b->size : 1);

	if (keep < b->mapped && munmap(b->data + keep, b->mapped - keep) == 0)
		b->mapped = keep;
}

/*
 * Populates the pages that will be written, with one call instead of a fault for each page: in a pv
 * dom0 a fault costs as much as unpacking a page does. A false size gains nothing, since more than
 * a stream of that length could unpack to is not populated. Kernels before Linux 5.14 refuse the
 * call, and then each page faults.
 */
static void page_in(const struct blob *b, const struct packed *in, size_t limit)
{
	if (in->stated <= limit && in->stated / STATED_RATIO_MAX <= in->len)
		madvise(b->data, page_round_up(in->stated), MADV_POPULATE_WRITE);
}

int codec_unpack(const struct codec *c, const struct packed *in, size_t limit, struct blob *out,
		 size_t *used, struct err *e)
{
	struct blob b = {0};
	void *map;

	memset(out, 0, sizeof(*out));
	*used = 0;
	if (!c->unpack)
		return err_set(e, "%s: not supported; pack the kernel with %s instead", c->name,
			       "gzip, xz, lzma, zstd or lz4");
	if (limit == 0 || limit > PTRDIFF_MAX / 2)
		return err_set(e, "%s: cannot unpack to at most %zu bytes", c->name, limit);

	b.mapped = page_round_up(limit);
	map = mmap(NULL, b.mapped, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return err_set_passing(e, "%s: cannot reserve %zu bytes: %s", c->name, limit,
				       strerror(errno));
	b.data = map;

	page_in(&b, in, limit);
	if (c->unpack(in, b.data, limit, used, &b.size, e) != 0) {
		munmap(b.data, b.mapped);
		*used = 0;
		return err_prefix(e, "%s: ", c->name);
	}
	blob_trim(&b);
	*out = b;
	return 0;
}

/*
 * Unmaps from the end, piece by piece. Another thread that wants to map something waits for one
 * piece only.
 */
void blob_free(struct blob *b)
{
	while (b->data && b->mapped) {
		const size_t len = b->mapped < FREE_PIECE ? b->mapped : FREE_PIECE;

		b->mapped -= len;
		munmap(b->data + b->mapped, len);
	}
	memset(b, 0, sizeof(*b));
}
