/* A BSD's symbols: which kernels get them, where they are put, and what is in front of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "elf_build.h"
#include "loaders/bytes.h"
#include "loaders/elf.h"
#include "loaders/elf_symtab.h"

#define SYMBOLS 100 /* bytes */
#define NAMES   33

static void add_sections(struct mk *m)
{
	size_t at = mk_bytes(m, NULL, SYMBOLS);
	unsigned s = mk_section(m, ".symtab", SHT_SYMTAB, at, SYMBOLS);

	at = mk_bytes(m, NULL, NAMES);
	mk_section(m, ".strtab", SHT_STRTAB, at, NAMES);
	mk_finish(m);
	mk_put(m, MK_SH(m, s, sh_link), s + 1, 4);
}

/* says: the note's text, or NULL for none */
static void make(struct mk *m, int bits, const char *says)
{
	const size_t notes = mk_begin_notes(m, bits);

	mk_note_number(m, XEN_ELFNOTE_PHYS32_ENTRY, MK_PHYS, 4);
	if (says)
		mk_note_text(m, XEN_ELFNOTE_BSD_SYMTAB, says);
	mk_end_notes(m, notes);
	mk_word(m, MK_PH(m, 0, p_memsz), 0xffd);
	add_sections(m);
}

static struct elf_info accepts(const struct mk *m)
{
	struct elf_info i;
	struct err e = {.msg = ""};

	if (elf_read(m->data, m->len, &i, &e) != 0)
		fail_msg("refused: %s", e.msg);
	return i;
}

static void refuses(const struct mk *m, const char *msg)
{
	struct elf_info i;
	struct err e = {.msg = ""};

	elf_read(m->data, m->len, &i, &e);
	assert_string_equal(e.msg, msg);
}

static void has_none(const struct mk *m)
{
	const struct elf_info i = accepts(m);

	assert_true(i.symtab.memsz == 0 && i.pend == MK_PHYS + 0xffd);
}

static void test_place(void **state)
{
	static struct mk m;
	struct elf_info i;

	(void)state;
	make(&m, 64, "yes");
	i = accepts(&m);
	assert_true(i.symtab.paddr == MK_PHYS + 0x1000);
	assert_true(i.symtab.at[0] == 264 && i.symtab.size[0] == SYMBOLS);
	assert_true(i.symtab.at[1] == 264 + 104 && i.symtab.size[1] == NAMES);
	assert_true(i.symtab.memsz == 264 + 104 + 40);
	assert_true(i.pend == i.symtab.paddr + i.symtab.memsz && i.load_bytes == 0xffd);
	make(&m, 32, "yes");
	i = accepts(&m);
	assert_true(i.symtab.at[0] == 260 && i.symtab.at[1] == 260 + 100);
	assert_true(i.symtab.memsz == 260 + 100 + 36);
}

static void test_none(void **state)
{
	static struct mk m;

	(void)state;
	make(&m, 64, NULL);
	has_none(&m);
	make(&m, 64, "no");
	has_none(&m);
	make(&m, 64, "yes, please");
	has_none(&m);
	/* Without a table; with one that names no names, one behind the last, and one that is none.
	 */
	make(&m, 64, "yes");
	mk_put(&m, MK_SH(&m, 1, sh_type), SHT_PROGBITS, 4);
	has_none(&m);
	make(&m, 64, "yes");
	mk_put(&m, MK_SH(&m, 1, sh_link), SHN_UNDEF, 4);
	has_none(&m);
	mk_put(&m, MK_SH(&m, 1, sh_link), 4, 4);
	has_none(&m);
	mk_put(&m, MK_SH(&m, 1, sh_link), 1, 4);
	has_none(&m);
	make(&m, 64, "yes");
	mk_put(&m, MK_EH(&m, e_shentsize), 40, 2);
	has_none(&m);
}

/* The old section asks by the name alone. */
static void test_section(void **state)
{
	static struct mk m;
	struct elf_info i;

	(void)state;
	mk_init(&m, 32);
	mk_word(&m, MK_EH(&m, e_entry), 0xc0100000);
	mk_phdr(&m, PT_LOAD, PF_R | PF_X, mk_bytes(&m, NULL, MK_TEXT), 0xc0100000, 0xc0100000,
		MK_TEXT, 0x1000);
	mk_section(
		&m, "__xen_guest", SHT_PROGBITS,
		mk_bytes(&m, "LOADER=generic,XEN_VER=xen-3.0,VIRT_BASE=0xc0000000,BSD_SYMTAB", 63),
		63);
	add_sections(&m);
	mk_put(&m, MK_SH(&m, 2, sh_link), 3, 4);
	i = accepts(&m);
	assert_true(i.symtab.paddr == 0xc0101000 && i.symtab.memsz > 0);
	assert_true(i.vend == i.symtab.paddr + i.symtab.memsz);
}

static void test_bad(void **state)
{
	static struct mk m;
	char want[256];

	(void)state;
	make(&m, 64, "yes");
	mk_word(&m, MK_SH(&m, 2, sh_size), m.len);
	snprintf(
		want, sizeof(want),
		"section 2: %#zx bytes of symbols at offset %#llx go past the end of the file (%zu "
		"bytes)",
		m.len, (unsigned long long)le64(m.data + MK_SH(&m, 2, sh_offset)), m.len);
	refuses(&m, want);
	/* No room behind the segment: neither up to 4 GiB from its beginning nor at the end of
	 * addresses. */
	make(&m, 64, "yes");
	mk_word(&m, MK_PH(&m, 0, p_memsz), ELF_SPAN_MAX);
	refuses(&m,
		"0x198 bytes of symbols behind the segments, at 0x101000000, are more than 4 GiB "
		"from 0x1000000");
	make(&m, 64, "yes");
	mk_word(&m, MK_PH(&m, 0, p_paddr), UINT64_MAX - 0x1000);
	refuses(&m,
		"0x198 bytes of symbols behind the segments, at 0xfffffffffffffffc, are more than "
		"4 GiB from 0xffffffffffffefff");
}

/* The kernel finds an ELF file, with sections at offsets from its header. */
static void test_head(void **state)
{
	static struct mk m;
	uint8_t head[ELF_SYMTAB_HEAD];
	const uint8_t *elf = head + 4, *sections = elf + 64;
	struct elf_info i;

	(void)state;
	make(&m, 64, "yes");
	i = accepts(&m);
	elf_symtab_head(m.data, &i, head);
	assert_int_equal(le32(head), 260 + 104 + NAMES);
	assert_memory_equal(elf, m.data, EI_NIDENT);
	assert_true(le64(elf + offsetof(Elf64_Ehdr, e_shoff)) == 64);
	assert_int_equal(le16(elf + offsetof(Elf64_Ehdr, e_shentsize)), sizeof(Elf64_Shdr));
	assert_int_equal(le16(elf + offsetof(Elf64_Ehdr, e_shnum)), 3);
	assert_int_equal(le16(elf + offsetof(Elf64_Ehdr, e_phnum)), 0);
	assert_int_equal(le16(elf + offsetof(Elf64_Ehdr, e_shstrndx)), 0);
	assert_int_equal(le32(sections + 64 + offsetof(Elf64_Shdr, sh_type)), SHT_SYMTAB);
	assert_int_equal(le32(sections + 64 + offsetof(Elf64_Shdr, sh_link)), 2);
	assert_true(le64(sections + 64 + offsetof(Elf64_Shdr, sh_offset)) == 260);
	assert_true(le64(sections + 64 + offsetof(Elf64_Shdr, sh_size)) == SYMBOLS);
	assert_int_equal(le32(sections + 128 + offsetof(Elf64_Shdr, sh_type)), SHT_STRTAB);
	assert_true(le64(sections + 128 + offsetof(Elf64_Shdr, sh_offset)) == 260 + 104);
	assert_true(le64(sections + 128 + offsetof(Elf64_Shdr, sh_size)) == NAMES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_place),   cmocka_unit_test(test_none),
		cmocka_unit_test(test_section), cmocka_unit_test(test_bad),
		cmocka_unit_test(test_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
