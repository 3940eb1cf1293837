/*
 * A BSD's symbols: which sections of the kernel's file they are, and what is written around them.
 */
#include "elf_symtab.h"

#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "elf_file.h"

/* Numbers of sections in the small file: none, the symbols, their names. */
enum { SMALL_NONE, SMALL_SYMBOLS, SMALL_NAMES, SMALL_SECTIONS };

/*
 * Offsets of the small file's parts, from the 32-bit size in front of it. Both classes leave room
 * for the headers of 64-bit files.
 */
#define EHDR_AT     sizeof(uint32_t)
#define SHDRS_AT    (EHDR_AT + sizeof(Elf64_Ehdr))
#define CONTENTS_AT (SHDRS_AT + SMALL_SECTIONS * sizeof(Elf64_Shdr))

/* A field of the header of kind s in the small file. */
#define PUT_WORD(is64, p, s, field, value)                                                         \
	put((p) + ((is64) ? offsetof(Elf64_##s, field) : offsetof(Elf32_##s, field)), value,       \
	    (is64) ? 8 : 4)
#define PUT_FIELD(is64, p, s, field, value)                                                        \
	put((p) + ((is64) ? offsetof(Elf64_##s, field) : offsetof(Elf32_##s, field)), value,       \
	    sizeof(((Elf64_##s *)NULL)->field))

static void put(uint8_t *p, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		p[i] = (uint8_t)(value >> 8 * i);
}

/* Numbers in memory are aligned as addresses are. */
static uint64_t align(bool is64, uint64_t n)
{
	const uint64_t mask = (is64 ? 8 : 4) - 1;

	return (n + mask) & ~mask;
}

static size_t shdr_size(bool is64)
{
	return is64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
}

static uint64_t shdr_at(const struct elf_file *f, unsigned section)
{
	return f->shoff + (uint64_t)section * f->shentsize;
}

/*
 * Finds the first table of symbols and the section with their names. Returns false when there is no
 * table, or when it names no such section.
 */
static bool find_sections(const struct elf_file *f, unsigned section[2])
{
	unsigned link;

	for (unsigned i = 1; i < f->shnum; i++) {
		if (elf_get_shdr(f, i).type != SHT_SYMTAB)
			continue;
		link = ELF_FIELD32(f->is64, f->data + shdr_at(f, i), Shdr, sh_link);
		section[0] = i;
		section[1] = link;
		return link != SHN_UNDEF && link < f->shnum &&
		       elf_get_shdr(f, link).type == SHT_STRTAB;
	}
	return false;
}

int elf_symtab_find(const struct elf_file *f, struct elf_info *out, struct err *e)
{
	struct elf_symtab *t = &out->symtab;
	struct elf_shdr s;
	unsigned section[2];
	uint64_t pos;

	if (f->shentsize != shdr_size(f->is64) || !find_sections(f, section))
		return 0;
	pos = align(f->is64, CONTENTS_AT);
	for (size_t i = 0; i < 2; i++) {
		s = elf_get_shdr(f, section[i]);
		if (!elf_inside(f, s.offset, s.size))
			return err_set(e,
				       "section %u: %#" PRIx64
				       " bytes of symbols at offset %#" PRIx64
				       " go past the end of the file (%zu bytes)",
				       section[i], s.size, s.offset, f->len);
		t->header[i] = shdr_at(f, section[i]);
		t->offset[i] = s.offset;
		t->size[i] = s.size;
		t->at[i] = pos;
		pos = align(f->is64, pos + s.size);
	}
	/*
	 * The sizes are below a file's and cannot wrap, but pend may be close to the end of the
	 * addresses.
	 */
	t->paddr = align(f->is64, out->pend);
	if (t->paddr < out->pend || pos > UINT64_MAX - t->paddr ||
	    t->paddr + pos - out->pstart > ELF_SPAN_MAX)
		return err_set(e,
			       "%#" PRIx64 " bytes of symbols behind the segments, at %#" PRIx64
			       ", are more than 4 GiB from %#" PRIx64,
			       pos, out->pend, out->pstart);
	t->memsz = pos;
	out->pend = t->paddr + pos;
	return 0;
}

/* A section's header, as in the kernel's file but for where the section is. */
static void write_shdr(const uint8_t *in, bool is64, const struct elf_symtab *t, unsigned n,
		       uint8_t *to)
{
	const unsigned i = n - SMALL_SYMBOLS;

	memcpy(to, in + t->header[i], shdr_size(is64));
	PUT_WORD(is64, to, Shdr, sh_offset, t->at[i] - EHDR_AT);
	if (n == SMALL_SYMBOLS)
		PUT_FIELD(is64, to, Shdr, sh_link, SMALL_NAMES);
}

void elf_symtab_head(const uint8_t *in, const struct elf_info *info, uint8_t head[ELF_SYMTAB_HEAD])
{
	const struct elf_symtab *t = &info->symtab;
	const bool is64 = info->bits == 64;
	const size_t ehdr_size = is64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
	uint8_t *ehdr = head + EHDR_AT;

	memset(head, 0, ELF_SYMTAB_HEAD);
	put(head, t->at[1] + t->size[1] - EHDR_AT, sizeof(uint32_t));
	memcpy(ehdr, in, ehdr_size);
	PUT_FIELD(is64, ehdr, Ehdr, e_version, EV_CURRENT);
	PUT_WORD(is64, ehdr, Ehdr, e_phoff, 0);
	PUT_WORD(is64, ehdr, Ehdr, e_shoff, SHDRS_AT - EHDR_AT);
	PUT_FIELD(is64, ehdr, Ehdr, e_ehsize, ehdr_size);
	PUT_FIELD(is64, ehdr, Ehdr, e_phentsize, 0);
	PUT_FIELD(is64, ehdr, Ehdr, e_phnum, 0);
	PUT_FIELD(is64, ehdr, Ehdr, e_shentsize, shdr_size(is64));
	PUT_FIELD(is64, ehdr, Ehdr, e_shnum, SMALL_SECTIONS);
	PUT_FIELD(is64, ehdr, Ehdr, e_shstrndx, 0);
	for (unsigned n = SMALL_SYMBOLS; n < SMALL_SECTIONS; n++)
		write_shdr(in, is64, t, n, head + SHDRS_AT + n * shdr_size(is64));
}
