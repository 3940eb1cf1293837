/* What a kernel can be started as, and what is said of one that can't. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "loaders/elf.h"
#include "elf_build.h"

static void read_kernel(const struct mk *m, struct elf_info *out)
{
	uint8_t *copy = malloc(m->len);
	struct err e = {.msg = ""};

	assert_non_null(copy);
	memcpy(copy, m->data, m->len);
	if (elf_read(copy, m->len, out, &e) != 0)
		fail_msg("refused: %s", e.msg);
	free(copy);
}

static void no_pv(const struct mk *m, const char *why)
{
	struct err e = {.msg = "it can"};
	struct elf_info i;

	read_kernel(m, &i);
	assert_int_equal(elf_why_not_pv(&i, &e), -1);
	assert_string_equal(e.msg, why);
	assert_false(elf_can_pv(&i));
}

static void test_can(void **state)
{
	struct err e = {.msg = ""};
	struct elf_info i;
	struct mk m;

	(void)state;
	mk_linux(&m);
	read_kernel(&m, &i);
	assert_int_equal(elf_why_not_pv(&i, &e), 0);
	assert_string_equal(e.msg, "");
}

/* Kernels of the old sort: of Xen 2, for another loader, or with less than Xen wants to be told. */
static void test_section(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"GUEST_OS=linux,GUEST_VER=2.6,XEN_VER=2.0,VIRT_BASE=0xC0000000,LOADER=generic",
		 "is for Xen 2 (\"2.0\"), whose interface ended with it: Xen loads only kernels "
		 "for xen-3.0"},
		{"GUEST_OS=NetBSD,XEN_VER=xen-2.0",
		 "is for Xen 2 (\"xen-2.0\"), whose interface ended with it: Xen loads only "
		 "kernels for xen-3.0"},
		{"GUEST_OS=linux,XEN_VER=3.0",
		 "is for Xen \"3.0\": Xen loads only kernels for xen-3.0"},
		{"GUEST_OS=linux", "states no XEN_VERSION: Xen loads only kernels for xen-3.0"},
		{"GUEST_OS=plan9,XEN_VER=xen-3.0", "states no LOADER: Xen has only \"generic\""},
		{"GUEST_OS=plan9,XEN_VER=xen-3.0,LOADER=plan9",
		 "wants the LOADER \"plan9\": Xen has only \"generic\""},
	};
	struct mk m;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		mk_guest(&m, cases[i].text);
		no_pv(&m, cases[i].why);
	}
}

static void test_notes(void **state)
{
	struct mk m;
	size_t at;

	(void)state;
	mk_linux_segments(&m);
	no_pv(&m, "is not built for Xen: it has neither a PV nor a PVH entry");

	at = mk_begin_notes(&m, 64);
	mk_note_text(&m, XEN_ELFNOTE_GUEST_OS, "linux");
	mk_end_notes(&m, at);
	no_pv(&m, "is not built for Xen: it has neither a PV nor a PVH entry");
	at = mk_begin_notes(&m, 64);
	mk_note_number(&m, XEN_ELFNOTE_ENTRY, MK_PHYS, 8);
	mk_end_notes(&m, at);
	no_pv(&m, "states no XEN_VERSION: Xen loads only kernels for xen-3.0");

	/* For pvh alone; what it says to pv guests does not fit. */
	at = mk_begin_notes(&m, 64);
	mk_note_number(&m, XEN_ELFNOTE_PHYS32_ENTRY, MK_PHYS, 4);
	mk_note_text(&m, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
	mk_note_text(&m, XEN_ELFNOTE_LOADER, "generic");
	mk_note_number(&m, XEN_ELFNOTE_VIRT_BASE, MK_VIRT, 8);
	mk_end_notes(&m, at);
	no_pv(&m, "can't be entered as a pv guest's: entry point 0x1000000 is outside of the "
		  "kernel (0xffffffff81000000 to 0xffffffff81001000)");
}

/* As Solo5's tools make them: an empty segment at 0, the bss without flags, two notes of theirs. */
static void make_solo5(struct mk *m, uint32_t target, uint32_t abi, size_t size)
{
	size_t notes = mk_begin_notes(m, 64), note;

	mk_phdr(m, PT_LOAD, PF_R, 0, 0, 0, 0, 0);
	mk_phdr(m, PT_LOAD, 0, 0, MK_PHYS + 0x1000, MK_PHYS + 0x1000, 0, 0x8000);
	mk_note(m, "Solo5", 0x3154464d, NULL, 0x74); /* the manifest, MFT1 */
	note = mk_note(m, "Solo5", 0x31494241, NULL, size);
	mk_put(m, note + 20, target, 4);
	if (size >= 8)
		mk_put(m, note + 24, abi, 4);
	mk_note(m, "OpenBSD", 1, NULL, 4);
	if (target == ELF_SOLO5_XEN)
		mk_note_number(m, XEN_ELFNOTE_PHYS32_ENTRY, MK_PHYS, 4);
	mk_end_notes(m, notes);
}

static void test_solo5(void **state)
{
	static const char *const targets[] = {
		[ELF_SOLO5_HVT] = "hvt",       [ELF_SOLO5_SPT] = "spt",
		[ELF_SOLO5_VIRTIO] = "virtio", [ELF_SOLO5_MUEN] = "muen",
		[ELF_SOLO5_GENODE] = "genode",
	};
	struct elf_info i;
	char want[160];
	struct mk m;

	(void)state;
	for (uint32_t t = ELF_SOLO5_HVT; t < ELF_SOLO5_XEN; t++) {
		make_solo5(&m, t, 2, 16);
		snprintf(want, sizeof(want),
			 "is a Solo5 unikernel for %s: build it for xen (mirage configure -t "
			 "xen), and give it type = \"pvh\"",
			 targets[t]);
		no_pv(&m, want);
		assert_string_equal(elf_solo5_name(t), targets[t]);
	}
	make_solo5(&m, 99, 2, 16);
	no_pv(&m, "is a Solo5 unikernel for another host: build it for xen (mirage configure "
		  "-t xen), and give it type = \"pvh\"");
	assert_string_equal(elf_solo5_name(ELF_SOLO5_NONE), "another host");

	make_solo5(&m, ELF_SOLO5_XEN, 7, 16);
	read_kernel(&m, &i);
	assert_true(elf_can_pvh(&i));
	assert_int_equal(i.solo5, ELF_SOLO5_XEN);
	assert_int_equal(i.solo5_abi, 7);
	assert_string_equal(elf_solo5_name(i.solo5), "xen");
	no_pv(&m, "has no PV entry");

	/* The memory is as Xen's loader counts it; what is not loaded is told. */
	assert_int_equal(i.nr_segments, 1);
	assert_int_equal(i.pstart, 0);
	assert_int_equal(i.pend, MK_PHYS + 0x1000);
	assert_int_equal(i.nr_unloaded, 2);
	assert_int_equal(i.unloaded[0].memsz, 0);
	assert_int_equal(i.unloaded[0].flags, PF_R);
	assert_int_equal(i.unloaded[1].paddr, MK_PHYS + 0x1000);
	assert_int_equal(i.unloaded[1].memsz, 0x8000);
	assert_int_equal(i.unloaded[1].flags, 0);

	/* A note without both numbers says nothing. */
	make_solo5(&m, ELF_SOLO5_HVT, 2, 4);
	read_kernel(&m, &i);
	assert_int_equal(i.solo5, ELF_SOLO5_NONE);
}

/* More than are told of. */
static void test_many_unloaded(void **state)
{
	struct elf_info i;
	struct mk m;

	(void)state;
	mk_begin_notes(&m, 64);
	for (unsigned n = 0; n < ELF_UNLOADED_MAX + 3; n++)
		mk_phdr(&m, PT_LOAD, 0, n, 0, 0, 0, 1);
	read_kernel(&m, &i);
	assert_int_equal(i.nr_unloaded, ELF_UNLOADED_MAX);
	assert_int_equal(i.unloaded[ELF_UNLOADED_MAX - 1].offset, ELF_UNLOADED_MAX - 1);
}

static void test_pae(void **state)
{
	static const struct {
		const char *text;
		bool has;
	} cases[] = {
		{"PAE=yes", true}, {"PAE=yes[extended-cr3]", true}, {"PAE=no", false}, {"", false}};
	struct elf_info i;
	struct mk m;

	(void)state;
	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		mk_guest(&m, cases[n].text);
		read_kernel(&m, &i);
		assert_int_equal(elf_has_pae(&i), cases[n].has);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_can),           cmocka_unit_test(test_section),
		cmocka_unit_test(test_notes),         cmocka_unit_test(test_solo5),
		cmocka_unit_test(test_many_unloaded), cmocka_unit_test(test_pae),
	};

	return cmocka_run_group_tests_name("elf_start", tests, NULL, NULL);
}
