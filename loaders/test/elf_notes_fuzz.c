/*
 * Fuzzes elf_read, and checks the ELF files that it accepts against elf.h.
 * With libFuzzer: clang -fsanitize=fuzzer,address,undefined. `elf_notes_test --seeds DIR` makes a
 * corpus to start from.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "loaders/elf.h"
#include "loaders/elf_symtab.h"

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len);

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* Nothing is loaded of these, which may say whatever they like. */
static void check_unloaded(const struct elf_info *i)
{
	check(i->nr_unloaded <= ELF_UNLOADED_MAX);
	for (unsigned n = 0; n < i->nr_unloaded; n++)
		check(!i->unloaded[n].memsz || !(i->unloaded[n].flags & (PF_R | PF_W | PF_X)));
}

/* Exactly those that can't be a pv guest's have a reason. */
static void check_reason(const struct elf_info *i)
{
	struct err e = {.msg = ""};

	if (elf_why_not_pv(i, &e) == 0)
		check(elf_can_pv(i) && e.msg[0] == '\0');
	else
		check(!elf_can_pv(i) && e.msg[0] != '\0' && !strchr(e.msg, '\n'));
	check(elf_solo5_name(i->solo5)[0] != '\0');
}

static void check_segments(const struct elf_info *i, size_t len)
{
	uint64_t limit = i->bits == 32 ? (uint64_t)1 << 32 : UINT64_MAX, bytes = 0;

	for (unsigned n = 0; n < i->nr_segments; n++) {
		const struct elf_segment *s = &i->segments[n];

		check(s->memsz > 0 && s->filesz <= s->memsz);
		check(s->offset <= len && s->filesz <= len - s->offset);
		check(s->paddr <= limit && s->memsz <= limit - s->paddr);
		check(s->vaddr <= limit && s->memsz <= limit - s->vaddr);
		check(s->paddr >= i->pstart && s->paddr + s->memsz <= i->pend);
		for (unsigned k = 0; k < n; k++) {
			const struct elf_segment *o = &i->segments[k];

			check(o->paddr + o->memsz <= s->paddr || s->paddr + s->memsz <= o->paddr);
		}
		bytes += s->memsz;
	}
	check(bytes == i->load_bytes && bytes <= i->pend - i->pstart);
}

/* All of it is in the file, and nothing overlaps in memory; in has bytes for what is copied from
 * it. */
static void check_symtab(const uint8_t *in, const struct elf_info *i, size_t len)
{
	const struct elf_symtab *t = &i->symtab;
	uint8_t head[ELF_SYMTAB_HEAD];

	if (!t->memsz)
		return;
	for (unsigned n = 0; n < 2; n++)
		check(t->offset[n] <= len && t->size[n] <= len - t->offset[n]);
	check(t->at[0] <= sizeof(head) && t->size[0] <= t->at[1] - t->at[0]);
	check(t->size[1] <= t->memsz - t->at[1] && t->paddr + t->memsz == i->pend);
	for (unsigned n = 0; n < i->nr_segments; n++)
		check(i->segments[n].paddr + i->segments[n].memsz <= t->paddr);
	elf_symtab_head(in, i, head);
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	struct elf_info i;
	struct err e = {.msg = ""};

	if (elf_read(in, len, &i, &e) != 0) {
		check(e.msg[0] != '\0' && !strchr(e.msg, '\n'));
		return 0;
	}
	check(e.msg[0] == '\0');
	check(i.bits == 32 || i.bits == 64);
	check(i.nr_segments > 0 && i.nr_segments <= ELF_SEGMENTS_MAX);
	check(i.pend > i.pstart && i.pend - i.pstart <= ELF_SPAN_MAX);
	check_segments(&i, len);
	check_unloaded(&i);
	check_reason(&i);
	check_symtab(in, &i, len);
	if (elf_can_pvh(&i))
		check(i.phys32_entry >= i.pstart && i.phys32_entry < i.pend);
	if (elf_can_pv(&i)) {
		check(i.vend - i.vstart == i.pend - i.pstart && i.vend > i.vstart);
		check(!(i.xen & ELF_XEN_ENTRY) ||
		      (i.xen_entry >= i.vstart && i.xen_entry < i.vend));
	}
	return 0;
}
