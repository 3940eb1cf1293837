/*
 * Fuzzes aout_read, and checks the kernels that it accepts against aout.h.
 * With libFuzzer: clang -fsanitize=fuzzer,address,undefined. `aout_test --seeds DIR` makes a corpus
 * to start from.
 */
#include <stdlib.h>
#include <string.h>

#include "loaders/aout.h"

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void check_segments(const struct aout_info *a, const struct elf_info *i, size_t len)
{
	uint64_t end = i->pstart, bytes = 0;

	for (unsigned n = 0; n < i->nr_segments; n++) {
		const struct elf_segment *s = &i->segments[n];

		check(s->memsz > 0 && s->filesz <= s->memsz);
		check(s->offset <= len && s->filesz <= len - s->offset);
		check(s->paddr % 4096 == 0 && s->paddr >= end && s->memsz <= i->pend - s->paddr);
		check(s->vaddr == a->kzero + s->paddr);
		end = s->paddr + s->memsz;
		bytes += s->memsz;
	}
	check(end == i->pend && bytes == i->load_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	struct err e = {.msg = ""};
	struct aout_info a;
	struct elf_info i;

	if (aout_read(in, len, &a, &i, &e) != 0) {
		check(e.msg[0] != '\0' && !strchr(e.msg, '\n'));
		return 0;
	}
	check(e.msg[0] == '\0' && aout_match(in, len));
	check(i.nr_segments == 1 || i.nr_segments == 2);
	check(i.pend > i.pstart && i.pend <= ELF_SPAN_MAX);
	check(i.vend > i.vstart && i.virt_base <= i.vstart);
	check(i.bits == 64 || i.vend < 0xf5800000);
	check(i.xen_entry >= i.vstart && i.xen_entry < i.vend);
	check_segments(&a, &i, len);
	return 0;
}
