/*
 * Xen's notes and the old __xen_guest section: each value, and each thing that can be wrong.
 * With --seeds DIR: writes kernels of each sort to DIR, for elf_notes_fuzz to start from.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <xen/features.h>

#include "loaders/elf.h"
#include "elf_build.h"
#include "pack.h"

static int read_copy(const struct mk *m, struct elf_info *out, struct err *e)
{
	uint8_t *copy = malloc(m->len);
	int rc;

	assert_non_null(copy);
	memcpy(copy, m->data, m->len);
	rc = elf_read(copy, m->len, out, e);
	free(copy);
	return rc;
}

static void accepts(const struct mk *m, struct elf_info *out)
{
	struct err e = {.msg = ""};

	if (read_copy(m, out, &e) != 0)
		fail_msg("refused: %s", e.msg);
}

static void refuses(const struct mk *m, const char *msg)
{
	struct elf_info info;
	struct err e = {.msg = "accepted"};

	read_copy(m, &info, &e);
	assert_string_equal(e.msg, msg);
}

static void check_linux(const struct elf_info *i)
{
	assert_int_equal(i->xen, ELF_XEN_ENTRY | ELF_XEN_VIRT_BASE | ELF_XEN_PADDR_OFFSET |
					 ELF_XEN_PHYS32_ENTRY | ELF_XEN_HV_START_LOW |
					 ELF_XEN_INIT_P2M | ELF_XEN_SUPPORTED_FEATURES |
					 ELF_XEN_L1_MFN_VALID | ELF_XEN_MOD_START_PFN |
					 ELF_XEN_SUSPEND_CANCEL);
	assert_int_equal(i->xen_entry, MK_VIRT + MK_PHYS + 16);
	assert_int_equal(i->virt_base, MK_VIRT);
	assert_int_equal(i->paddr_offset, 0);
	assert_int_equal(i->hv_start_low, 0xffff800000000000);
	assert_int_equal(i->init_p2m, 0x8000000000);
	assert_int_equal(i->phys32_entry, MK_PHYS);
	assert_int_equal(i->supported_features, 0x8811);
	assert_string_equal(i->guest_os, "linux");
	assert_string_equal(i->guest_version, "2.6");
	assert_string_equal(i->xen_version, "xen-3.0");
	assert_string_equal(i->loader, "generic");
	assert_string_equal(i->pae, "yes");
	assert_string_equal(i->features, "!writable_page_tables|pae_pgdir_above_4gb");
	assert_true(i->has_notes);
	assert_true(elf_can_pv(i));
	assert_true(elf_can_pvh(i));
}

static void test_linux(void **state)
{
	struct elf_info i;
	struct mk m;

	(void)state;
	mk_linux(&m);
	accepts(&m, &i);
	check_linux(&i);
}

/* The notes are found in their section where no segment has them, or has no offset. */
static void test_sections_instead(void **state)
{
	struct elf_info i;
	struct mk m;

	(void)state;
	mk_linux(&m);
	mk_put(&m, MK_PH(&m, 3, p_type), PT_NULL, 4);
	accepts(&m, &i);
	check_linux(&i);

	mk_linux(&m);
	mk_put(&m, MK_PH(&m, 3, p_offset), 0, 8);
	accepts(&m, &i);
	check_linux(&i);
}

static void test_bad_sections(void **state)
{
	struct mk m;

	(void)state;
	mk_linux(&m);
	mk_put(&m, MK_PH(&m, 3, p_type), PT_NULL, 4);
	mk_put(&m, MK_SH(&m, 2, sh_size), 0x8000, 8);
	refuses(&m, "section 2: 0x8000 bytes of notes at offset 0x124c go past the end of the file "
		    "(5392 bytes)");
	mk_put(&m, MK_SH(&m, 2, sh_size), UINT64_MAX, 8);
	refuses(&m, "section 2: 0xffffffffffffffff bytes of notes at offset 0x124c go past the end "
		    "of the file (5392 bytes)");
	mk_put(&m, MK_SH(&m, 2, sh_size), 20, 8);
	refuses(&m, "section 2: note at offset 0x124c: its content goes past the notes' end");
	mk_put(&m, MK_EH(&m, e_shentsize), 40, 2);
	refuses(&m, "section headers of 40 bytes instead of 64");

	/* Without notes, the section __xen_guest is looked for by name. */
	mk_linux(&m);
	mk_put(&m, MK_PH(&m, 3, p_type), PT_NULL, 4);
	mk_put(&m, MK_SH(&m, 2, sh_type), SHT_PROGBITS, 4);
	mk_put(&m, MK_EH(&m, e_shstrndx), 4, 2);
	refuses(&m, "section 4 has the sections' names, but there are only 4");
	mk_put(&m, MK_EH(&m, e_shstrndx), 3, 2);
	mk_put(&m, MK_SH(&m, 3, sh_offset), UINT64_MAX, 8);
	refuses(&m, "section 3, the sections' names, goes past the end of the file");
}

/* Names outside of their table match nothing; and there may be no table. */
static void test_no_names(void **state)
{
	struct elf_info i;
	struct mk m;

	(void)state;
	mk_guest(&m, "LOADER=generic,XEN_VER=xen-3.0,VIRT_BASE=0xc0000000");
	accepts(&m, &i);
	assert_true(i.has_section);

	/* The name is 1 byte behind the start of the table, and 12 long with its 0. */
	mk_put(&m, MK_SH(&m, 2, sh_size), 13, 4);
	accepts(&m, &i);
	assert_true(i.has_section);
	mk_put(&m, MK_SH(&m, 2, sh_size), 12, 4);
	accepts(&m, &i);
	assert_false(i.has_section);
	mk_put(&m, MK_SH(&m, 1, sh_name), 0xffffffff, 4);
	accepts(&m, &i);
	assert_false(i.has_section);
	mk_put(&m, MK_EH(&m, e_shstrndx), SHN_UNDEF, 2);
	accepts(&m, &i);
	assert_false(i.has_section);
}

static void test_bad_segment(void **state)
{
	struct mk m;

	(void)state;
	mk_linux(&m);
	mk_put(&m, MK_PH(&m, 3, p_filesz), 0x10000, 8);
	refuses(&m,
		"segment 3: 0x10000 bytes of notes at offset 0x124c go past the end of the file "
		"(5392 bytes)");
	mk_put(&m, MK_PH(&m, 3, p_offset), UINT64_MAX, 8);
	refuses(&m,
		"segment 3: 0x10000 bytes of notes at offset 0xffffffffffffffff go past the end "
		"of the file (5392 bytes)");
}

static void test_bad_note_head(void **state)
{
	struct mk m;
	size_t at, note;

	(void)state;
	at = mk_begin_notes(&m, 64);
	note = mk_note_text(&m, XEN_ELFNOTE_GUEST_OS, "linux");
	mk_end_notes(&m, at);
	mk_put(&m, note + 4, 7, 4);
	mk_put(&m, note, 12, 4);
	refuses(&m, "segment 1: note at offset 0x1240: its content goes past the notes' end");
	mk_put(&m, note, 13, 4);
	refuses(&m, "segment 1: note at offset 0x1240: its name goes past the notes' end");
	mk_put(&m, note, UINT32_MAX, 4);
	refuses(&m, "segment 1: note at offset 0x1240: its name goes past the notes' end");
}

/* Only a text of Xen's, at the end, may state more than there is: GRUB's does. */
static void test_short_note(void **state)
{
	static const uint32_t sizes[] = {9, 12, UINT32_MAX};
	struct elf_info i;
	struct mk m;

	(void)state;
	for (size_t n = 0; n < sizeof(sizes) / sizeof(sizes[0]); n++) {
		static const char msg[] = "segment 1: note at offset 0x1240: its content goes past "
					  "the notes' end";
		size_t at = mk_begin_notes(&m, 64);
		size_t note = mk_note(&m, "Xen", XEN_ELFNOTE_PAE_MODE, "yes\0yes", 8);

		mk_end_notes(&m, at);
		mk_put(&m, note + 4, sizes[n], 4);
		accepts(&m, &i);
		assert_string_equal(i.pae, "yes");

		memcpy(m.data + note + 16, "yes,then", 8); /* no 0 */
		refuses(&m, msg);
		mk_put(&m, note + 16, 0, 8);
		mk_put(&m, note + 8, XEN_ELFNOTE_ENTRY, 4);
		refuses(&m, msg);
		mk_put(&m, note + 8, XEN_ELFNOTE_SUPPORTED_FEATURES, 4);
		refuses(&m, msg);
		mk_put(&m, note + 8, XEN_ELFNOTE_PAE_MODE, 4);
		m.data[note + 12] = 'Y';
		refuses(&m, msg);
	}
}

/* Less than a note's head at the end is padding, if it is zero. */
static void test_rest(void **state)
{
	struct elf_info i;
	struct mk m;
	size_t at;

	(void)state;
	at = mk_begin_notes(&m, 64);
	mk_note_text(&m, XEN_ELFNOTE_GUEST_OS, "linux");
	mk_bytes(&m, NULL, 11);
	mk_end_notes(&m, at);
	accepts(&m, &i);
	m.data[m.len - 1] = 1;
	refuses(&m, "segment 1: note at offset 0x1258: only 11 bytes before the notes' end");
}

/* The last note may lack its padding, the name's too. */
static void test_unpadded_end(void **state)
{
	struct elf_info i;
	struct mk m;
	size_t at;

	(void)state;
	at = mk_begin_notes(&m, 64);
	mk_note_text(&m, XEN_ELFNOTE_LOADER, "x");
	m.len -= 2;
	mk_end_notes(&m, at);
	accepts(&m, &i);
	assert_string_equal(i.loader, "x");

	at = mk_begin_notes(&m, 64);
	mk_note(&m, "a", 1, NULL, 0);
	m.len -= 2;
	mk_end_notes(&m, at);
	accepts(&m, &i);
	assert_false(i.has_notes);
}

static void test_numbers(void **state)
{
	static const size_t sizes[] = {1, 2, 4, 8};
	struct elf_info i;
	struct mk m;
	size_t at;

	(void)state;
	for (size_t n = 0; n < 4; n++) {
		at = mk_begin_notes(&m, 64);
		mk_note_number(&m, XEN_ELFNOTE_HYPERCALL_PAGE, UINT64_MAX - 6, sizes[n]);
		mk_end_notes(&m, at);
		accepts(&m, &i);
		assert_int_equal(i.xen, ELF_XEN_HYPERCALL_PAGE);
		assert_int_equal(i.hypercall_page, UINT64_MAX >> (64 - 8 * sizes[n]) & ~6ull);
	}
	at = mk_begin_notes(&m, 64);
	mk_note(&m, "Xen", XEN_ELFNOTE_ENTRY, NULL, 3);
	mk_end_notes(&m, at);
	refuses(&m, "segment 1: note ENTRY at offset 0x1240: a number of 3 bytes");

	at = mk_begin_notes(&m, 64);
	mk_note(&m, "Xen", XEN_ELFNOTE_MOD_START_PFN, NULL, 0);
	mk_end_notes(&m, at);
	refuses(&m, "segment 1: note MOD_START_PFN at offset 0x1240: a number of 0 bytes");

	at = mk_begin_notes(&m, 64);
	mk_note_number(&m, XEN_ELFNOTE_PHYS32_ENTRY, (uint64_t)1 << 32, 8);
	mk_end_notes(&m, at);
	refuses(&m, "segment 1: note PHYS32_ENTRY at offset 0x1240: 0x100000000 is above 4 GiB");
}

/* The last of several holds, and a switch can be off. */
static void test_repeated(void **state)
{
	struct elf_info i;
	struct mk m;
	size_t at;

	(void)state;
	at = mk_begin_notes(&m, 64);
	mk_note_number(&m, XEN_ELFNOTE_HV_START_LOW, 1, 8);
	mk_note_number(&m, XEN_ELFNOTE_HV_START_LOW, 2, 8);
	mk_note_text(&m, XEN_ELFNOTE_LOADER, "longer");
	mk_note_text(&m, XEN_ELFNOTE_LOADER, "short");
	mk_note_number(&m, XEN_ELFNOTE_SUSPEND_CANCEL, 1, 4);
	mk_note_number(&m, XEN_ELFNOTE_SUSPEND_CANCEL, 0, 4);
	mk_note_number(&m, XEN_ELFNOTE_MOD_START_PFN, 0, 4);
	mk_note_number(&m, XEN_ELFNOTE_MOD_START_PFN, 1, 4);
	mk_end_notes(&m, at);
	accepts(&m, &i);
	assert_int_equal(i.hv_start_low, 2);
	assert_string_equal(i.loader, "short");
	assert_int_equal(i.xen, ELF_XEN_HV_START_LOW | ELF_XEN_MOD_START_PFN);
}

/* Whatever is not Xen's, or not known, does no harm. */
static void test_others(void **state)
{
	struct elf_info i;
	struct mk m;
	size_t at;

	(void)state;
	at = mk_begin_notes(&m, 64);
	mk_note(&m, "Xenon", XEN_ELFNOTE_ENTRY, NULL, 3);
	mk_note(&m, "", XEN_ELFNOTE_ENTRY, NULL, 3);
	mk_note(&m, "GNU", XEN_ELFNOTE_ENTRY, NULL, 3);
	mk_end_notes(&m, at);
	accepts(&m, &i);
	assert_false(i.has_notes);

	at = mk_begin_notes(&m, 64);
	mk_note(&m, "Xen", 12345, NULL, 3);
	mk_note(&m, "Xen", XEN_ELFNOTE_CRASH_INFO, NULL, 3);
	mk_note(&m, "Xen", XEN_ELFNOTE_INFO, "no end", 6);
	mk_end_notes(&m, at);
	accepts(&m, &i);
	assert_true(i.has_notes);
	assert_int_equal(i.xen, 0);
	assert_false(elf_can_pv(&i));
	assert_false(elf_can_pvh(&i));
}

static void test_texts(void **state)
{
	struct elf_info i;
	struct mk m;
	size_t at;

	(void)state;
	at = mk_begin_notes(&m, 64);
	mk_note_text(&m, XEN_ELFNOTE_GUEST_OS, "0123456789012345678901234567890123456789");
	mk_note_text(&m, XEN_ELFNOTE_GUEST_VERSION, "a\x1b[1m\x7f\xff");
	mk_end_notes(&m, at);
	accepts(&m, &i);
	assert_string_equal(i.guest_os, "0123456789012345678901234567890");
	assert_string_equal(i.guest_version, "a?[1m??");

	/* The padding serves as the end, the next note does not. */
	at = mk_begin_notes(&m, 64);
	mk_note(&m, "Xen", XEN_ELFNOTE_LOADER, "generic", 7);
	mk_end_notes(&m, at);
	accepts(&m, &i);
	assert_string_equal(i.loader, "generic");
	at = mk_begin_notes(&m, 64);
	mk_note(&m, "Xen", XEN_ELFNOTE_LOADER, "generics", 8);
	mk_note_number(&m, XEN_ELFNOTE_PADDR_OFFSET, 0, 8);
	mk_end_notes(&m, at);
	refuses(&m, "segment 1: note LOADER at offset 0x1240: a text without end");
	at = mk_begin_notes(&m, 64);
	mk_note(&m, "Xen", XEN_ELFNOTE_LOADER, NULL, 0);
	mk_end_notes(&m, at);
	refuses(&m, "segment 1: note LOADER at offset 0x1240: a text without end");
}

static void features_note(struct mk *m, const char *text)
{
	size_t at = mk_begin_notes(m, 64);

	mk_note_text(m, XEN_ELFNOTE_FEATURES, text);
	mk_end_notes(m, at);
}

static void test_features(void **state)
{
	struct elf_info i;
	struct mk m;
	size_t at;

	(void)state;
	features_note(&m, "dom0|whatever||!hvm_callback_vector|writable_page_tables|");
	accepts(&m, &i);
	assert_int_equal(i.supported_features, 1u << XENFEAT_dom0 |
						       1u << XENFEAT_hvm_callback_vector |
						       1u << XENFEAT_writable_page_tables);
	assert_int_equal(i.xen, 0);

	features_note(&m, "dom0|!whatever");
	refuses(&m, "segment 1: note at offset 0x1240: FEATURES: requires 'whatever', which Xen "
		    "does not know");
	features_note(&m, "!");
	refuses(&m, "segment 1: note at offset 0x1240: FEATURES: requires '', which Xen does not "
		    "know");
	features_note(&m, "!writable_page_tables|!dom0");
	refuses(&m,
		"segment 1: note at offset 0x1240: FEATURES: requires 'dom0', so it cannot be a "
		"guest's kernel");

	at = mk_begin_notes(&m, 64);
	mk_note(&m, "Xen", XEN_ELFNOTE_SUPPORTED_FEATURES, NULL, 6);
	mk_end_notes(&m, at);
	refuses(&m, "segment 1: note SUPPORTED_FEATURES at offset 0x1240: 6 bytes, not words");
	at = mk_begin_notes(&m, 64);
	mk_note(&m, "Xen", XEN_ELFNOTE_SUPPORTED_FEATURES, NULL, 0);
	mk_end_notes(&m, at);
	refuses(&m, "segment 1: note SUPPORTED_FEATURES at offset 0x1240: 0 bytes, not words");
	at = mk_begin_notes(&m, 64);
	mk_note_number(&m, XEN_ELFNOTE_SUPPORTED_FEATURES, 6, 8);
	mk_note_number(&m, XEN_ELFNOTE_SUPPORTED_FEATURES, 1, 4);
	mk_end_notes(&m, at);
	accepts(&m, &i);
	assert_int_equal(i.supported_features, 7);
}

/* Many headers may name the same notes, but they must not keep the reader busy for ever. */
static void test_too_many(void **state)
{
	struct mk m;
	size_t at;

	(void)state;
	at = mk_begin_notes(&m, 64);
	mk_bytes(&m, NULL, 12 * 1000);
	for (int i = 0; i < 66; i++)
		mk_end_notes(&m, at);
	refuses(&m, "segment 66: more than 65536 notes");
}

/* The smallest PV kernel, with the values given; 0 for a value leaves out its note. */
static void pv(struct mk *m, uint64_t base, uint64_t offset, uint64_t entry, uint64_t p2m)
{
	size_t at = mk_begin_notes(m, 64);

	mk_note_text(m, XEN_ELFNOTE_LOADER, "generic");
	mk_note_text(m, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
	if (base)
		mk_note_number(m, XEN_ELFNOTE_VIRT_BASE, base, 8);
	if (offset)
		mk_note_number(m, XEN_ELFNOTE_PADDR_OFFSET, offset, 8);
	if (entry)
		mk_note_number(m, XEN_ELFNOTE_ENTRY, entry, 8);
	if (p2m)
		mk_note_number(m, XEN_ELFNOTE_INIT_P2M, p2m, 8);
	mk_end_notes(m, at);
}

static void test_pv_addresses(void **state)
{
	struct elf_info i;
	struct mk m;

	(void)state;
	pv(&m, 0, 0, 0, 0);
	accepts(&m, &i);
	assert_true(elf_can_pv(&i));
	assert_false(elf_can_pvh(&i));
	assert_int_equal(i.vstart, MK_PHYS);
	pv(&m, MK_VIRT, 0, MK_VIRT + MK_PHYS + 0xfff, MK_VIRT);
	accepts(&m, &i);
	pv(&m, MK_VIRT, MK_PHYS, MK_VIRT, MK_VIRT + 0x1000);
	accepts(&m, &i);
	assert_int_equal(i.vstart, MK_VIRT);
	assert_int_equal(i.vend, MK_VIRT + 0x1000);

	pv(&m, 0, MK_PHYS, 0, 0);
	refuses(&m, "PADDR_OFFSET is set, but VIRT_BASE is not");
	pv(&m, MK_VIRT, MK_PHYS + 1, MK_VIRT, 0);
	refuses(&m, "the kernel would be at 0xffffffff7fffffff to 0xffffffff80000fff, not behind "
		    "its VIRT_BASE 0xffffffff80000000");
	pv(&m, UINT64_MAX - MK_PHYS, 0, MK_VIRT, 0);
	refuses(&m, "the kernel would be at 0xffffffffffffffff to 0xfff, not behind its VIRT_BASE "
		    "0xfffffffffeffffff");
	pv(&m, MK_VIRT, 0, 0, 0);
	refuses(&m, "entry point 0x1000000 is outside of the kernel (0xffffffff81000000 to "
		    "0xffffffff81001000)");
	pv(&m, MK_VIRT, 0, MK_VIRT + MK_PHYS + 0x1000, 0);
	refuses(&m, "entry point 0xffffffff81001000 (ENTRY) is outside of the kernel "
		    "(0xffffffff81000000 to 0xffffffff81001000)");
	pv(&m, 0, 0, MK_PHYS - 1, 0);
	refuses(&m, "entry point 0xffffff (ENTRY) is outside of the kernel (0x1000000 to "
		    "0x1001000)");
	pv(&m, 0, 0, 0, MK_PHYS);
	refuses(&m, "INIT_P2M 0x1000000 is inside of the kernel (0x1000000 to 0x1001000)");
	pv(&m, 0, 0, 0, MK_PHYS + 0xfff);
	refuses(&m, "INIT_P2M 0x1000fff is inside of the kernel (0x1000000 to 0x1001000)");
}

static void pvh(struct mk *m, uint32_t phys_entry, uint64_t base)
{
	size_t at = mk_begin_notes(m, 32);

	mk_note_number(m, XEN_ELFNOTE_PHYS32_ENTRY, phys_entry, 4);
	if (base)
		mk_note_number(m, XEN_ELFNOTE_VIRT_BASE, base, 4);
	mk_end_notes(m, at);
}

static void test_pvh_addresses(void **state)
{
	struct elf_info i;
	struct mk m;

	(void)state;
	pvh(&m, MK_PHYS, 0);
	accepts(&m, &i);
	assert_true(elf_can_pvh(&i));
	assert_false(elf_can_pv(&i));
	pvh(&m, MK_PHYS - 1, 0);
	refuses(&m,
		"PVH entry point 0xffffff (PHYS32_ENTRY) is outside of the kernel (0x1000000 to "
		"0x1001000)");
	pvh(&m, MK_PHYS + 0x1000, 0);
	refuses(&m, "PVH entry point 0x1001000 (PHYS32_ENTRY) is outside of the kernel (0x1000000 "
		    "to 0x1001000)");

	/* A base that only PV uses does not matter to a kernel without a PV entry point. */
	pvh(&m, MK_PHYS, 0xc0000000);
	accepts(&m, &i);
	assert_true(elf_can_pvh(&i));
	assert_false(elf_can_pv(&i));
}

static void test_pvh_p2m(void **state)
{
	struct mk m;
	size_t at;

	(void)state;
	at = mk_begin_notes(&m, 64);
	mk_note_number(&m, XEN_ELFNOTE_PHYS32_ENTRY, MK_PHYS, 4);
	mk_note_number(&m, XEN_ELFNOTE_INIT_P2M, MK_PHYS, 8);
	mk_end_notes(&m, at);
	refuses(&m, "INIT_P2M 0x1000000 is inside of the kernel (0x1000000 to 0x1001000)");
}

/* Who may be PV: as in Xen, by the loader or the system's name, and the version of Xen. */
static void test_can_pv(void **state)
{
	static const struct {
		const char *loader, *os, *version;
		bool can;
	} cases[] = {
		{"generic", "", "xen-3.0", true},
		{"generic,x", "", "xen-3.0-x86_64", true},
		{"", "linux", "xen-3.0", true},
		{"", "linux-gate", "xen-3.0", true},
		{"", "", "xen-3.0", false},
		{"", "Linux", "xen-3.0", false},
		{"generi", "NetBSD", "xen-3.0", false},
		{"generic", "linux", "xen-2.0", false},
		{"generic", "linux", "", false},
	};

	(void)state;
	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		struct elf_info i;
		struct mk m;
		size_t at = mk_begin_notes(&m, 64);

		mk_note_text(&m, XEN_ELFNOTE_LOADER, cases[n].loader);
		mk_note_text(&m, XEN_ELFNOTE_GUEST_OS, cases[n].os);
		mk_note_text(&m, XEN_ELFNOTE_XEN_VERSION, cases[n].version);
		mk_end_notes(&m, at);
		accepts(&m, &i);
		assert_int_equal(elf_can_pv(&i), cases[n].can);
	}
}

/* GNU Mach's text, and the addresses that follow from it. */
static void test_guest_section(void **state)
{
	struct elf_info i;
	struct mk m;

	(void)state;
	mk_guest(&m, "GUEST_OS=GNU Mach,GUEST_VER=1.3,XEN_VER=xen-3.0,VIRT_BASE=0xC0000000,"
		     "ELF_PADDR_OFFSET=0xC0000000,HYPERCALL_PAGE=0x2,LOADER=generic,"
		     "PAE=yes[extended-cr3],FEATURES=!writable_page_tables|pae_pgdir_above_4gb,"
		     "BSD_SYMTAB,OTHER=x,");
	accepts(&m, &i);
	assert_true(i.has_section);
	assert_false(i.has_notes);
	assert_int_equal(i.xen, ELF_XEN_VIRT_BASE | ELF_XEN_PADDR_OFFSET | ELF_XEN_HYPERCALL_PAGE);
	assert_int_equal(i.virt_base, 0xc0000000);
	assert_int_equal(i.paddr_offset, 0xc0000000);
	assert_int_equal(i.hypercall_page, 0xc0002000);
	assert_int_equal(i.supported_features,
			 1u << XENFEAT_writable_page_tables | 1u << XENFEAT_pae_pgdir_above_4gb);
	assert_string_equal(i.guest_os, "GNU Mach");
	assert_string_equal(i.guest_version, "1.3");
	assert_string_equal(i.xen_version, "xen-3.0");
	assert_string_equal(i.loader, "generic");
	assert_string_equal(i.pae, "yes[extended-cr3]");
	assert_string_equal(i.features, "!writable_page_tables|pae_pgdir_above_4gb");
	assert_true(elf_can_pv(&i));
	assert_false(elf_can_pvh(&i));
	assert_int_equal(i.vstart, 0xc0100000);

	/* In here, unlike in notes, the offset is the base if nothing else is said. */
	mk_guest(&m, "XEN_VER=xen-3.0,LOADER=generic,VIRT_BASE=0xc0000000,VIRT_ENTRY=3222274063");
	accepts(&m, &i);
	assert_int_equal(i.vstart, 0xc0100000);
	assert_int_equal(i.xen_entry, 0xc010000f);

	mk_guest(&m, "");
	accepts(&m, &i);
	assert_true(i.has_section);
	assert_false(elf_can_pv(&i));
}

/* What Plan 9's converter writes: the section is number 0. */
static void test_xenelf(void **state)
{
	struct elf_info i;
	struct mk m;

	(void)state;
	mk_xenelf(&m, MK_PLAN9);
	accepts(&m, &i);
	assert_true(i.has_section && !i.has_notes);
	assert_int_equal(i.xen, ELF_XEN_VIRT_BASE | ELF_XEN_PADDR_OFFSET | ELF_XEN_ENTRY);
	assert_int_equal(i.virt_base, 0x80000000);
	assert_int_equal(i.paddr_offset, 0);
	assert_int_equal(i.xen_entry, 0x80010000);
	assert_int_equal(i.entry, 0x10000);
	assert_string_equal(i.xen_version, "xen-3.0");
	assert_string_equal(i.loader, "generic");
	assert_string_equal(i.pae, "yes[extended-cr3]");
	assert_string_equal(i.guest_os, "");
	assert_int_equal(i.nr_segments, 2);
	assert_int_equal(i.segments[1].memsz, 0x1388);
	assert_int_equal(i.vstart, 0x80010000);
	assert_int_equal(i.vend, 0x80013388);
	assert_int_equal(i.required_features, 0);
	assert_true(elf_can_pv(&i));

	mk_xenelf(&m, MK_PLAN9 ",FEATURES=writable_page_tables|!pae_pgdir_above_4gb");
	accepts(&m, &i);
	assert_int_equal(i.supported_features,
			 1u << XENFEAT_writable_page_tables | 1u << XENFEAT_pae_pgdir_above_4gb);
	assert_int_equal(i.required_features, 1u << XENFEAT_pae_pgdir_above_4gb);
	mk_guest(&m, MK_PLAN9 ",VIRT_BASE=0xc0000000,VIRT_ENTRY=0xc0100000,"
			      "ELF_PADDR_OFFSET=0xc0000000");
	accepts(&m, &i);
	assert_true(i.has_section);
}

static void guest_refuses(const char *text, const char *msg)
{
	struct mk m;

	mk_guest(&m, text);
	refuses(&m, msg);
}

static void test_bad_guest_section(void **state)
{
	struct mk m;

	(void)state;
	guest_refuses("A=b,VIRT_BASE=", "section __xen_guest: VIRT_BASE: '' is not a number");
	guest_refuses("VIRT_BASE", "section __xen_guest: VIRT_BASE: '' is not a number");
	guest_refuses("VIRT_BASE= 1", "section __xen_guest: VIRT_BASE: ' 1' is not a number");
	guest_refuses("VIRT_BASE=-1", "section __xen_guest: VIRT_BASE: '-1' is not a number");
	guest_refuses("VIRT_ENTRY=0x1g", "section __xen_guest: VIRT_ENTRY: '0x1g' is not a number");
	guest_refuses("ELF_PADDR_OFFSET=0x10000000000000000",
		      "section __xen_guest: ELF_PADDR_OFFSET: '0x10000000000000000' is not a "
		      "number");
	guest_refuses("HYPERCALL_PAGE=0x10000000000000",
		      "section __xen_guest: HYPERCALL_PAGE: 0x10000000000000 is not a page's "
		      "number");
	guest_refuses("FEATURES=a|!b",
		      "section __xen_guest: FEATURES: requires 'b', which Xen does "
		      "not know");
	guest_refuses(
		"0123456789012345678901234567890X=1",
		"section __xen_guest: the name '0123456789012345678901234567890...' is longer "
		"than 31 bytes");
	guest_refuses(
		"LOADER=0123456789012345678901234567890123456789012345678901234567890123456789"
		"012345678901234567890123456789012345678901234567890123456X",
		"section __xen_guest: LOADER: the value is longer than 127 bytes");
	guest_refuses("VIRT_ENTRY=0xc0101000,VIRT_BASE=0xc0000000",
		      "entry point 0xc0101000 (ENTRY) is outside of the kernel (0xc0100000 to "
		      "0xc0101000)");

	mk_guest(&m, "LOADER=generic");
	mk_put(&m, MK_SH(&m, 1, sh_size), 14, 4);
	refuses(&m, "section __xen_guest: a text without end");
	mk_put(&m, MK_SH(&m, 1, sh_size), UINT32_MAX, 4);
	refuses(&m, "section 1, __xen_guest, is not inside of the file");
	mk_guest(&m, "LOADER=generic");
	mk_put(&m, MK_SH(&m, 1, sh_type), SHT_NOBITS, 4);
	refuses(&m, "section 1, __xen_guest, is not inside of the file");
}

/* Kernels of each sort, as files for the fuzzer to start from. */
static void write_seeds(const char *dir)
{
	struct bytes none = {NULL, 0};
	struct mk m;

	mk_linux(&m);
	write_seed(dir, "linux", 0, append(none, m.data, m.len));
	mk_put(&m, MK_PH(&m, 3, p_type), PT_NULL, 4);
	write_seed(dir, "sections", 0, append(none, m.data, m.len));
	mk_guest(&m, "GUEST_OS=GNU Mach,GUEST_VER=1.3,XEN_VER=xen-3.0,VIRT_BASE=0xC0000000,"
		     "ELF_PADDR_OFFSET=0xC0000000,HYPERCALL_PAGE=0x2,LOADER=generic,"
		     "VIRT_ENTRY=0xC0100000,PAE=yes[extended-cr3],FEATURES=!writable_page_tables,"
		     "BSD_SYMTAB");
	write_seed(dir, "guest", 0, append(none, m.data, m.len));
	mk_xenelf(&m, MK_PLAN9);
	write_seed(dir, "xenelf", 0, append(none, m.data, m.len));
	pv(&m, MK_VIRT, MK_PHYS, MK_VIRT, MK_VIRT + 0x1000);
	write_seed(dir, "pv", 0, append(none, m.data, m.len));
	pvh(&m, MK_PHYS, 0);
	write_seed(dir, "pvh", 0, append(none, m.data, m.len));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_linux),         cmocka_unit_test(test_sections_instead),
		cmocka_unit_test(test_bad_sections),  cmocka_unit_test(test_no_names),
		cmocka_unit_test(test_bad_segment),   cmocka_unit_test(test_bad_note_head),
		cmocka_unit_test(test_short_note),    cmocka_unit_test(test_rest),
		cmocka_unit_test(test_unpadded_end),  cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_repeated),      cmocka_unit_test(test_others),
		cmocka_unit_test(test_texts),         cmocka_unit_test(test_features),
		cmocka_unit_test(test_too_many),      cmocka_unit_test(test_pv_addresses),
		cmocka_unit_test(test_pvh_addresses), cmocka_unit_test(test_pvh_p2m),
		cmocka_unit_test(test_can_pv),        cmocka_unit_test(test_guest_section),
		cmocka_unit_test(test_xenelf),        cmocka_unit_test(test_bad_guest_section),
	};

	if (argc == 3 && strcmp(argv[1], "--seeds") == 0) {
		write_seeds(argv[2]);
		return 0;
	}
	return cmocka_run_group_tests_name("elf_notes", tests, NULL, NULL);
}
