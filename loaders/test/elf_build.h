/*
 * Makes small ELF kernels for the tests, right or wrong in any way.
 *
 * The headers are written as told and nothing is checked. The order in the file: ELF header,
 * room for MK_PHDRS program headers, contents in the order of the calls, and behind them, when
 * there are sections, their names and headers.
 */
#ifndef EARLYDOM_ELF_BUILD_H
#define EARLYDOM_ELF_BUILD_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xen/elfnote.h>

#define MK_PHDRS    80
#define MK_SECTIONS 8
#define MK_CONTENT  0x1200 /* offset of the first content */

struct mk {
	int bits;
	size_t len;
	unsigned phnum, shnum;
	struct {
		const char *name;
		uint32_t type;
		uint64_t offset, size;
	} sections[MK_SECTIONS];
	uint8_t data[65536];
};

/* Offset in the file of a field of the ELF header, or of the i-th program header. */
#define MK_EH(m, field)                                                                            \
	((m)->bits == 64 ? offsetof(Elf64_Ehdr, field) : offsetof(Elf32_Ehdr, field))
#define MK_PH(m, i, field)                                                                         \
	((m)->bits == 64 ? 64 + (i) * sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, field)             \
			 : 64 + (i) * sizeof(Elf32_Phdr) + offsetof(Elf32_Phdr, field))

static inline void mk_put(struct mk *m, size_t offset, uint64_t value, size_t size)
{
	if (offset + size > sizeof(m->data))
		abort();
	for (size_t i = 0; i < size; i++)
		m->data[offset + i] = (uint8_t)(value >> 8 * i);
}

/* A number as long as an address of the class. */
static inline void mk_word(struct mk *m, size_t offset, uint64_t value)
{
	mk_put(m, offset, value, m->bits == 64 ? 8 : 4);
}

static inline void mk_init(struct mk *m, int bits)
{
	static const uint8_t ident[] = {0x7f, 'E', 'L', 'F', 0, ELFDATA2LSB, EV_CURRENT};

	memset(m, 0, sizeof(*m));
	m->bits = bits;
	m->len = MK_CONTENT;
	memcpy(m->data, ident, sizeof(ident));
	m->data[EI_CLASS] = bits == 64 ? ELFCLASS64 : ELFCLASS32;
	mk_put(m, MK_EH(m, e_type), ET_EXEC, 2);
	mk_put(m, MK_EH(m, e_machine), bits == 64 ? EM_X86_64 : EM_386, 2);
	mk_put(m, MK_EH(m, e_version), EV_CURRENT, 4);
	mk_word(m, MK_EH(m, e_phoff), 64);
	mk_put(m, MK_EH(m, e_ehsize), bits == 64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr), 2);
	mk_put(m, MK_EH(m, e_phentsize), bits == 64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr), 2);
	mk_put(m, MK_EH(m, e_shentsize), bits == 64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr), 2);
}

/* Appends size bytes (zeros if data is NULL), and returns their offset. */
static inline size_t mk_bytes(struct mk *m, const void *data, size_t size)
{
	size_t offset = m->len;

	if (size > sizeof(m->data) - offset)
		abort();
	if (data)
		memcpy(m->data + offset, data, size);
	m->len += size;
	return offset;
}

static inline void mk_align4(struct mk *m)
{
	m->len = (m->len + 3) & ~(size_t)3;
}

/* Appends a note with the content desc; returns its offset. */
static inline size_t mk_note(struct mk *m, const char *name, uint32_t type, const void *desc,
			     size_t size)
{
	size_t offset = mk_bytes(m, NULL, 12);

	mk_put(m, offset, strlen(name) + 1, 4);
	mk_put(m, offset + 4, size, 4);
	mk_put(m, offset + 8, type, 4);
	mk_bytes(m, name, strlen(name) + 1);
	mk_align4(m);
	mk_bytes(m, desc, size);
	mk_align4(m);
	return offset;
}

static inline size_t mk_note_text(struct mk *m, uint32_t type, const char *text)
{
	return mk_note(m, "Xen", type, text, strlen(text) + 1);
}

static inline size_t mk_note_number(struct mk *m, uint32_t type, uint64_t value, size_t size)
{
	size_t offset = mk_note(m, "Xen", type, NULL, size);

	mk_put(m, offset + 16, value, size);
	return offset;
}

/* Adds a program header; returns its number. */
static inline unsigned mk_phdr(struct mk *m, uint32_t type, uint32_t flags, uint64_t offset,
			       uint64_t vaddr, uint64_t paddr, uint64_t filesz, uint64_t memsz)
{
	unsigned i = m->phnum++;

	if (i >= MK_PHDRS)
		abort();
	mk_put(m, MK_PH(m, i, p_type), type, 4);
	mk_put(m, MK_PH(m, i, p_flags), flags, 4);
	mk_word(m, MK_PH(m, i, p_offset), offset);
	mk_word(m, MK_PH(m, i, p_vaddr), vaddr);
	mk_word(m, MK_PH(m, i, p_paddr), paddr);
	mk_word(m, MK_PH(m, i, p_filesz), filesz);
	mk_word(m, MK_PH(m, i, p_memsz), memsz);
	mk_put(m, MK_EH(m, e_phnum), m->phnum, 2);
	return i;
}

/* Remembers a section for mk_finish; returns its number in the file, from 1. */
static inline unsigned mk_section(struct mk *m, const char *name, uint32_t type, uint64_t offset,
				  uint64_t size)
{
	unsigned i = m->shnum++;

	if (i >= MK_SECTIONS)
		abort();
	m->sections[i].name = name;
	m->sections[i].type = type;
	m->sections[i].offset = offset;
	m->sections[i].size = size;
	return i + 1;
}

/* Appends the names and headers of the sections; the last section has the names. */
static inline void mk_finish(struct mk *m)
{
	size_t shdr = m->bits == 64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	size_t names = mk_bytes(m, "", 1), name_at[MK_SECTIONS], table;
	unsigned n;

	mk_section(m, ".shstrtab", SHT_STRTAB, names, 0);
	n = m->shnum;
	for (unsigned i = 0; i < n; i++)
		name_at[i] = mk_bytes(m, m->sections[i].name, strlen(m->sections[i].name) + 1);
	m->sections[n - 1].size = m->len - names;
	table = mk_bytes(m, NULL, (n + 1) * shdr);
	for (unsigned i = 0; i < n; i++) {
		size_t at = table + (i + 1) * shdr;

		mk_put(m, at, name_at[i] - names, 4);
		mk_put(m, at + 4, m->sections[i].type, 4);
		mk_word(m, at + (m->bits == 64 ? 24 : 16), m->sections[i].offset);
		mk_word(m, at + (m->bits == 64 ? 32 : 20), m->sections[i].size);
	}
	mk_word(m, MK_EH(m, e_shoff), table);
	mk_put(m, MK_EH(m, e_shnum), n + 1, 2);
	mk_put(m, MK_EH(m, e_shstrndx), n, 2);
}

/* Offset of a field of the i-th section header, after mk_finish. */
#define MK_SH(m, i, field)                                                                         \
	(mk_shoff(m) + ((m)->bits == 64 ? (i) * sizeof(Elf64_Shdr) + offsetof(Elf64_Shdr, field)   \
					: (i) * sizeof(Elf32_Shdr) + offsetof(Elf32_Shdr, field)))

static inline size_t mk_shoff(const struct mk *m)
{
	size_t at = MK_EH(m, e_shoff);

	return m->data[at] | (size_t)m->data[at + 1] << 8 | (size_t)m->data[at + 2] << 16;
}

#define MK_VIRT 0xffffffff80000000u

/*
 * A 64-bit kernel laid out like Linux's, small: text (segment 0), data (1), per-cpu data at
 * virtual address 0 (2), notes (3). The text is MK_TEXT bytes at MK_CONTENT, and content and
 * addresses are such that the entry points are its start and the byte 16 of it.
 */
#define MK_TEXT 64
#define MK_PHYS 0x1000000u

static inline void mk_linux_segments(struct mk *m)
{
	size_t text, data, percpu;

	mk_init(m, 64);
	text = mk_bytes(m, NULL, MK_TEXT);
	memset(m->data + text, 0x90, MK_TEXT);
	data = mk_bytes(m, "data", 4);
	percpu = mk_bytes(m, "per-cpu", 8);
	mk_word(m, MK_EH(m, e_entry), MK_PHYS);
	mk_phdr(m, PT_LOAD, PF_R | PF_X, text, MK_VIRT + MK_PHYS, MK_PHYS, MK_TEXT, MK_TEXT);
	mk_phdr(m, PT_LOAD, PF_R | PF_W, data, MK_VIRT + MK_PHYS + 0x2000, MK_PHYS + 0x2000, 4,
		0x1000);
	mk_phdr(m, PT_LOAD, PF_R | PF_W, percpu, 0, MK_PHYS + 0x3000, 8, 8);
}

/* Linux's notes; the caller makes a header of what lies between the result and m->len. */
static inline size_t mk_linux_notes(struct mk *m)
{
	static const char features[] = "!writable_page_tables|pae_pgdir_above_4gb";
	size_t start;

	mk_align4(m);
	start = m->len;
	mk_note_text(m, XEN_ELFNOTE_GUEST_OS, "linux");
	mk_note_text(m, XEN_ELFNOTE_GUEST_VERSION, "2.6");
	mk_note_text(m, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
	mk_note_number(m, XEN_ELFNOTE_VIRT_BASE, MK_VIRT, 8);
	mk_note_number(m, XEN_ELFNOTE_INIT_P2M, 0x8000000000, 8);
	mk_note_number(m, XEN_ELFNOTE_ENTRY, MK_VIRT + MK_PHYS + 16, 8);
	mk_note(m, "Xen", XEN_ELFNOTE_FEATURES, features, strlen(features));
	mk_note_number(m, XEN_ELFNOTE_SUPPORTED_FEATURES, 0x8801, 4);
	mk_note_text(m, XEN_ELFNOTE_PAE_MODE, "yes");
	mk_note_text(m, XEN_ELFNOTE_LOADER, "generic");
	mk_note(m, "Xen", XEN_ELFNOTE_L1_MFN_VALID, NULL, 16);
	mk_note_number(m, XEN_ELFNOTE_SUSPEND_CANCEL, 1, 4);
	mk_note_number(m, XEN_ELFNOTE_MOD_START_PFN, 1, 4);
	mk_note_number(m, XEN_ELFNOTE_HV_START_LOW, 0xffff800000000000, 8);
	mk_note_number(m, XEN_ELFNOTE_PADDR_OFFSET, 0, 8);
	mk_note(m, "GNU", NT_GNU_BUILD_ID, "\1\2\3", 3);
	mk_note_number(m, XEN_ELFNOTE_PHYS32_ENTRY, MK_PHYS, 8);
	return start;
}

static inline void mk_linux(struct mk *m)
{
	size_t notes;

	mk_linux_segments(m);
	notes = mk_linux_notes(m);
	mk_phdr(m, PT_NOTE, 0, notes, MK_VIRT + MK_PHYS + 0x4000, MK_PHYS + 0x4000, m->len - notes,
		m->len - notes);
	mk_section(m, ".text", SHT_PROGBITS, MK_CONTENT, MK_TEXT);
	mk_section(m, ".notes", SHT_NOTE, notes, m->len - notes);
	mk_finish(m);
}

/* A kernel with one segment and Xen's notes as the test then adds them; see mk_end_notes. */
static inline size_t mk_begin_notes(struct mk *m, int bits)
{
	size_t text;

	mk_init(m, bits);
	text = mk_bytes(m, NULL, MK_TEXT);
	mk_word(m, MK_EH(m, e_entry), MK_PHYS);
	mk_phdr(m, PT_LOAD, PF_R | PF_X, text, MK_PHYS, MK_PHYS, MK_TEXT, 0x1000);
	return m->len;
}

static inline void mk_end_notes(struct mk *m, size_t notes)
{
	mk_phdr(m, PT_NOTE, PF_R, notes, 0, 0, m->len - notes, m->len - notes);
}

/* A 32-bit kernel of the old sort, with the text in a section __xen_guest. */
static inline void mk_guest(struct mk *m, const char *text)
{
	size_t at;

	mk_init(m, 32);
	at = mk_bytes(m, NULL, MK_TEXT);
	mk_word(m, MK_EH(m, e_entry), 0xc0100000);
	mk_phdr(m, PT_LOAD, PF_R | PF_W | PF_X, at, 0xc0100000, 0xc0100000, MK_TEXT, 0x1000);
	at = mk_bytes(m, text, strlen(text) + 1);
	mk_section(m, "__xen_guest", SHT_PROGBITS, at, strlen(text) + 1);
	mk_finish(m);
}

/* What 9/xen/mkfile tells xenelf to put in. */
#define MK_PLAN9                                                                                   \
	"LOADER=generic,XEN_VER=xen-3.0,ELF_PADDR_OFFSET=0,VIRT_BASE=0x80000000,"                  \
	"VIRT_ENTRY=0x80010000,PAE=yes[extended-cr3]"

/*
 * A kernel as Plan 9's 8l -H5 and then xenelf (9/xen/xenelf.c) write it: e_entry is physical; text
 * and data are rounded up to pages in the file; a third header without a type has the sizes of
 * symbols and lines; and there are two sections, the first of them, number 0, with the text for
 * Xen, the second with their names.
 */
static inline void mk_xenelf(struct mk *m, const char *text)
{
	static const char name[] = "__xen_guest";
	const size_t at = 0x1000;
	size_t names, guest;

	mk_init(m, 32);
	m->len = at + 0x3000;
	mk_word(m, MK_EH(m, e_entry), 0x10000);
	mk_phdr(m, PT_LOAD, PF_R | PF_X, at, 0x80010000, 0x10000, 0x2000, 0x2000);
	mk_phdr(m, PT_LOAD, PF_R | PF_W, at + 0x2000, 0x80012000, 0x12000, 0x1000, 0x1388);
	mk_phdr(m, PT_NULL, PF_R, m->len, 0, 0, 21, 9);
	mk_bytes(m, NULL, 21 + 9);
	names = mk_bytes(m, "", 1);
	mk_bytes(m, name, sizeof(name));
	guest = mk_bytes(m, text, strlen(text) + 1);
	mk_word(m, MK_EH(m, e_shoff), m->len);
	mk_put(m, MK_EH(m, e_shnum), 2, 2);
	mk_put(m, MK_EH(m, e_shstrndx), 1, 2);
	mk_put(m, m->len + offsetof(Elf32_Shdr, sh_name), 1, 4);
	mk_put(m, m->len + offsetof(Elf32_Shdr, sh_offset), guest, 4);
	mk_put(m, m->len + offsetof(Elf32_Shdr, sh_size), strlen(text) + 1, 4);
	m->len += sizeof(Elf32_Shdr);
	mk_put(m, m->len + offsetof(Elf32_Shdr, sh_offset), names, 4);
	mk_put(m, m->len + offsetof(Elf32_Shdr, sh_size), 1 + sizeof(name), 4);
	m->len += sizeof(Elf32_Shdr);
}

#endif
