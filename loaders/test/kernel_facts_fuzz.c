/*
 * Fuzzes kernel_facts_check with facts as an enemy may write them: those that pass can be filled
 * into memory of their size. The last bytes say how large the file is. `kernel_facts_test --seeds
 * DIR` makes a corpus to start from.
 */
#include <stdlib.h>
#include <string.h>

#include "loaders/kernel_fill.h"

#define FILE_MAX 65536
#define SPAN_MAX (4 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len);

/* The kernel, of which exactly these bytes are there. */
struct source {
	const uint8_t *data;
};

static int copy(const void *source, uint64_t at, size_t len, void *to, struct err *e)
{
	const struct source *s = source;

	(void)e;
	memcpy(to, s->data + at, len);
	return 0;
}

static void fill(const struct kernel_facts *k)
{
	const uint64_t span = k->info.pend - k->info.pstart;
	uint8_t *from, *to;
	struct source s;
	struct err e;

	if (!span || span > ELF_SPAN_MAX || !k->bare_size || k->bare_size > FILE_MAX)
		abort();
	if (span > SPAN_MAX)
		return;
	s.data = from = calloc(1, k->bare_size);
	to = malloc(span);
	if (!from || !to)
		abort();
	if (kernel_fill(k, to, span, copy, &s, &e) != 0)
		abort();
	free(from);
	free(to);
}

static void look_at_text(const char *text, size_t size)
{
	if (strnlen(text, size) == size)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	struct err e = {.msg = ""};
	struct kernel_facts k;
	uint16_t file_size;

	if (len < sizeof(k))
		return 0;
	memcpy(&k, in, sizeof(k));
	file_size = (uint16_t)(in[len - 1] << 8 | in[len - 2]);
	if (kernel_facts_check(&k, file_size, FILE_MAX, &e) != 0) {
		if (e.msg[0] == '\0' || strchr(e.msg, '\n'))
			abort();
		return 0;
	}
	fill(&k);
	kernel_can_pv(&k);
	elf_can_pvh(&k.info);
	look_at_text(kernel_format_name(k.format), 32);
	look_at_text(k.info.guest_os, sizeof(k.info.guest_os));
	look_at_text(k.info.features, sizeof(k.info.features));
	look_at_text(k.bzimage.kernel_version, sizeof(k.bzimage.kernel_version));
	return 0;
}
