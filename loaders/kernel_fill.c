#include "kernel_fill.h"

#include <string.h>

/* The segment that comes next in memory, at pos or behind it. Segments are not empty and don't
 * overlap. NULL: there is none. */
static const struct elf_segment *next_segment(const struct elf_info *info, uint64_t pos)
{
	const struct elf_segment *next = NULL;

	for (const struct elf_segment *s = info->segments; s < info->segments + info->nr_segments;
	     s++)
		if (s->paddr >= pos && (!next || s->paddr < next->paddr))
			next = s;
	return next;
}

/* A BSD's symbols, where all is clear by now; base is where the first segment is. */
static int fill_symtab(const struct kernel_facts *k, uint8_t *base, kernel_copy *copy,
		       const void *source, struct err *e)
{
	const struct elf_symtab *t = &k->info.symtab;
	uint8_t *to;

	if (!t->memsz)
		return 0;
	to = base + (t->paddr - k->info.pstart);
	memcpy(to, k->symtab_head, t->at[0]);
	for (size_t i = 0; i < 2; i++)
		if (copy(source, t->offset[i], t->size[i], to + t->at[i], e) < 0)
			return -1;
	return 0;
}

/* What is in no segment is zero, as is what a segment has beyond its bytes in the file. */
int kernel_fill(const struct kernel_facts *k, uint8_t *to, uint64_t bytes, kernel_copy *copy,
		const void *source, struct err *e)
{
	const struct elf_info *info = &k->info;
	uint64_t filled = 0;

	for (const struct elf_segment *s = next_segment(info, info->pstart); s;
	     s = next_segment(info, s->paddr + s->memsz)) {
		const uint64_t at = s->paddr - info->pstart;

		memset(to + filled, 0, at - filled);
		if (copy(source, s->offset, s->filesz, to + at, e) < 0)
			return -1;
		filled = at + s->filesz;
	}
	memset(to + filled, 0, bytes - filled);
	return fill_symtab(k, to, copy, source, e);
}
