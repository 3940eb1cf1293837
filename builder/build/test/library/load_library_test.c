/*
 * What libxenguest's own loaders make of a kernel, our loader has to make of it, too: the same
 * memory, the same registers. Here with small kernels; compare_files.c does it for files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "compare.h"
#include "loaders/test/aout_build.h"
#include "loaders/test/elf_build.h"

#define KERNEL "/tmp/earlydom-library-kernel"
#define BEHIND "/tmp/earlydom-library-behind"

static void write_file(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static void same(enum compare_as as, const struct mk *m, bool behind)
{
	struct comparison c;

	write_file(KERNEL, m->data, m->len);
	compare_loaders(as, KERNEL, behind ? BEHIND : NULL, &c);
	assert_string_equal(c.text, "");
}

static void test_linux(void **state)
{
	static struct mk m;

	(void)state;
	mk_linux(&m);
	same(COMPARE_PV, &m, false);
	same(COMPARE_PV, &m, true);
	same(COMPARE_PVH, &m, false);
	same(COMPARE_PVH, &m, true);
}

/* A kernel with two segments, the later one first in the file, and the notes that the test adds. */
static size_t begin_notes(struct mk *m, int bits, uint64_t base)
{
	static uint8_t text[0x1800], data[0x810];
	size_t at;

	memset(text, 't', sizeof(text));
	memset(data, 'd', sizeof(data));
	mk_init(m, bits);
	at = mk_bytes(m, data, sizeof(data));
	mk_phdr(m, PT_LOAD, PF_R | PF_W, at, base + MK_PHYS + 0x3000, MK_PHYS + 0x3000,
		sizeof(data), 0x1c00);
	at = mk_bytes(m, text, sizeof(text));
	mk_phdr(m, PT_LOAD, PF_R | PF_X, at, base + MK_PHYS, MK_PHYS, sizeof(text), sizeof(text));
	mk_word(m, MK_EH(m, e_entry), MK_PHYS);
	mk_align4(m);
	return m->len;
}

static size_t pv_notes(struct mk *m, int bits)
{
	const uint64_t base = bits == 64 ? MK_VIRT : 0xc0000000;
	const size_t notes = begin_notes(m, bits, base);

	mk_note_text(m, XEN_ELFNOTE_GUEST_OS, "a system with a long name");
	mk_note_text(m, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
	mk_note_text(m, XEN_ELFNOTE_LOADER, "generic");
	mk_note_number(m, XEN_ELFNOTE_VIRT_BASE, base, bits / 8);
	mk_note_number(m, XEN_ELFNOTE_ENTRY, base + MK_PHYS + 0x10, bits / 8);
	mk_note_number(m, XEN_ELFNOTE_HYPERCALL_PAGE, base + MK_PHYS + 0x1000, bits / 8);
	return notes;
}

/* Nothing but where the kernel is: a ramdisk is mapped, and so is the list of frames. */
static void test_mapped(void **state)
{
	static struct mk m;

	(void)state;
	mk_end_notes(&m, pv_notes(&m, 64));
	same(COMPARE_PV, &m, false);
	same(COMPARE_PV, &m, true);
}

/* A kernel that is not linked to where it is in its pseudo-physical memory. */
static void test_offset(void **state)
{
	static struct mk m;
	size_t notes;

	(void)state;
	notes = pv_notes(&m, 64);
	mk_note_number(&m, XEN_ELFNOTE_PADDR_OFFSET, 0x800000, 8);
	mk_note_number(&m, XEN_ELFNOTE_VIRT_BASE, MK_VIRT + 0x800000, 8);
	mk_end_notes(&m, notes);
	same(COMPARE_PV, &m, true);
}

static void test_32_bits(void **state)
{
	static const char *const pae[] = {"yes", "yes,bimodal", "bimodal"};
	static struct mk m;
	size_t notes;

	(void)state;
	for (size_t i = 0; i < sizeof(pae) / sizeof(pae[0]); i++) {
		notes = pv_notes(&m, 32);
		mk_note_text(&m, XEN_ELFNOTE_PAE_MODE, pae[i]);
		mk_note_text(&m, XEN_ELFNOTE_FEATURES, "writable_page_tables|!pae_pgdir_above_4gb");
		mk_end_notes(&m, notes);
		same(COMPARE_PV, &m, true);
	}
}

static void test_section(void **state)
{
	static const char *const texts[] = {
		"LOADER=generic,XEN_VER=xen-3.0,VIRT_BASE=0xc0000000,PAE=yes",
		"LOADER=generic,XEN_VER=xen-3.0,VIRT_BASE=0xc0000000,PAE=yes[extended-cr3],"
		"HYPERCALL_PAGE=0x101,FEATURES=!writable_page_tables",
		"GUEST_OS=linux,XEN_VER=xen-3.0,VIRT_BASE=0xc0000000,ELF_PADDR_OFFSET=0xc0000000,"
		"VIRT_ENTRY=0xc0100010,PAE=yes,GUEST_VER=2.6"};
	static struct mk m;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		mk_guest(&m, texts[i]);
		same(COMPARE_PV, &m, true);
	}
}

/* A PVH kernel that says nothing else, in both classes. */
static void test_pvh(void **state)
{
	static struct mk m;
	size_t notes;

	(void)state;
	for (int bits = 32; bits <= 64; bits += 32) {
		notes = begin_notes(&m, bits, 0);
		mk_note_number(&m, XEN_ELFNOTE_PHYS32_ENTRY, MK_PHYS + 0x20, 4);
		mk_end_notes(&m, notes);
		same(COMPARE_PVH, &m, false);
		same(COMPARE_PVH, &m, true);
	}
}

/* Adds the sections of symbols and their names, with those of the file. */
static void add_symbols(struct mk *m, size_t notes)
{
	static uint8_t symbols[24 * 300], names[3001];
	size_t at;
	unsigned s;

	mk_end_notes(m, notes);
	memset(symbols, 's', sizeof(symbols));
	memset(names, 'n', sizeof(names));
	at = mk_bytes(m, symbols, sizeof(symbols));
	s = mk_section(m, ".symtab", SHT_SYMTAB, at, sizeof(symbols));
	at = mk_bytes(m, names, sizeof(names));
	mk_section(m, ".strtab", SHT_STRTAB, at, sizeof(names));
	mk_finish(m);
	mk_put(m, m->bits == 64 ? MK_SH(m, s, sh_link) : MK_SH(m, s, sh_link), s + 1, 4);
}

/* As a unikernel of Solo5: an empty segment at 0, and a bss behind it all that nobody has access
 * to. */
static void test_unloaded(void **state)
{
	static struct mk m;
	size_t notes;

	(void)state;
	notes = begin_notes(&m, 64, 0);
	mk_phdr(&m, PT_LOAD, PF_R, 0x270, 0, 0, 0, 0);
	mk_phdr(&m, PT_LOAD, 0, 0, MK_PHYS + 0x5000, MK_PHYS + 0x5000, 0, 0x8240);
	mk_note_number(&m, XEN_ELFNOTE_PHYS32_ENTRY, MK_PHYS, 4);
	mk_end_notes(&m, notes);
	same(COMPARE_PVH, &m, false);
	same(COMPARE_PVH, &m, true);
}

static void test_bsd(void **state)
{
	static struct mk m;
	size_t notes;

	(void)state;
	for (int bits = 32; bits <= 64; bits += 32) {
		notes = pv_notes(&m, bits);
		mk_note_text(&m, XEN_ELFNOTE_BSD_SYMTAB, "yes");
		mk_note_text(&m, XEN_ELFNOTE_PAE_MODE, "yes");
		mk_note_number(&m, XEN_ELFNOTE_PHYS32_ENTRY, MK_PHYS + 0x20, 4);
		add_symbols(&m, notes);
		same(COMPARE_PV, &m, true);
		same(COMPARE_PVH, &m, true);
	}
}

/* A kernel that does not ask for them, and one that was stripped of them. */
static void test_no_symbols(void **state)
{
	static struct mk m;
	size_t notes;

	(void)state;
	notes = pv_notes(&m, 64);
	mk_note_text(&m, XEN_ELFNOTE_BSD_SYMTAB, "no");
	add_symbols(&m, notes);
	same(COMPARE_PV, &m, true);
	notes = pv_notes(&m, 64);
	mk_note_text(&m, XEN_ELFNOTE_BSD_SYMTAB, "yes");
	mk_end_notes(&m, notes);
	same(COMPARE_PV, &m, true);
}

static void test_firmware(void **state)
{
	static struct mk m;

	(void)state;
	begin_notes(&m, 32, 0);
	same(COMPARE_FIRMWARE, &m, true);
}

/* Nobody but us loads Plan 9's kernels. */
static void not_theirs(const void *data, size_t len)
{
	struct comparison c;

	write_file(KERNEL, data, len);
	compare_loaders(COMPARE_PV, KERNEL, BEHIND, &c);
	assert_true(c.not_theirs);
}

static void test_plan9(void **state)
{
	static struct ao a;
	static struct mk m;

	(void)state;
	ao_386(&a);
	not_theirs(a.data, a.len);
	ao_amd64(&a);
	not_theirs(a.data, a.len);
	mk_xenelf(&m, MK_PLAN9);
	not_theirs(m.data, m.len);
}

static int begin(void **state)
{
	static char behind[300 * 4096 + 1];

	(void)state;
	memset(behind, 'r', sizeof(behind));
	write_file(BEHIND, behind, sizeof(behind));
	return 0;
}

static int end(void **state)
{
	(void)state;
	unlink(KERNEL);
	unlink(BEHIND);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_linux),      cmocka_unit_test(test_mapped),
		cmocka_unit_test(test_offset),     cmocka_unit_test(test_32_bits),
		cmocka_unit_test(test_section),    cmocka_unit_test(test_pvh),
		cmocka_unit_test(test_unloaded),   cmocka_unit_test(test_bsd),
		cmocka_unit_test(test_no_symbols), cmocka_unit_test(test_firmware),
		cmocka_unit_test(test_plan9),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
