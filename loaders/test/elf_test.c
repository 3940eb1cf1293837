/*
 * ELF headers, segments and addresses: what is accepted, and each thing that is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "loaders/elf.h"
#include "elf_build.h"

/* Reads a copy that ends where its memory ends, so that a sanitizer sees any step beyond. */
static int read_copy(const struct mk *m, size_t len, struct elf_info *out, struct err *e)
{
	uint8_t *copy = malloc(len ? len : 1);
	int rc;

	assert_non_null(copy);
	memcpy(copy, m->data, len);
	rc = elf_read(copy, len, out, e);
	free(copy);
	return rc;
}

static void accepts(const struct mk *m, struct elf_info *out)
{
	struct err e = {.msg = ""};

	if (read_copy(m, m->len, out, &e) != 0)
		fail_msg("refused: %s", e.msg);
}

static void refuses(const struct mk *m, const char *msg)
{
	struct elf_info info;
	struct err e = {.msg = "accepted"};

	read_copy(m, m->len, &info, &e);
	assert_string_equal(e.msg, msg);
}

static void test_linux(void **state)
{
	struct elf_info i;
	struct mk m;

	(void)state;
	mk_linux(&m);
	accepts(&m, &i);
	assert_int_equal(i.bits, 64);
	assert_int_equal(i.machine, EM_X86_64);
	assert_int_equal(i.type, ET_EXEC);
	assert_int_equal(i.entry, MK_PHYS);
	assert_int_equal(i.nr_segments, 3);
	assert_int_equal(i.segments[0].offset, MK_CONTENT);
	assert_int_equal(i.segments[0].filesz, MK_TEXT);
	assert_int_equal(i.segments[1].paddr, MK_PHYS + 0x2000);
	assert_int_equal(i.segments[1].memsz, 0x1000);
	assert_int_equal(i.segments[1].flags, PF_R | PF_W);
	assert_int_equal(i.segments[2].vaddr, 0);
	assert_int_equal(i.pstart, MK_PHYS);
	assert_int_equal(i.pend, MK_PHYS + 0x3008);
	assert_int_equal(i.vstart, MK_VIRT + MK_PHYS);
	assert_int_equal(i.vend, MK_VIRT + MK_PHYS + 0x3008);
	assert_int_equal(i.load_bytes, MK_TEXT + 0x1000 + 8);
	assert_true(i.has_notes);
	assert_false(i.has_section);
	assert_true(elf_can_pv(&i));
	assert_true(elf_can_pvh(&i));
}

static void test_32_bit(void **state)
{
	struct elf_info i;
	struct mk m;

	(void)state;
	mk_init(&m, 32);
	mk_word(&m, MK_EH(&m, e_entry), 0x100010);
	mk_put(&m, MK_EH(&m, e_type), ET_DYN, 2);
	mk_phdr(&m, PT_LOAD, PF_X, mk_bytes(&m, "text", 4), 0xc0100000, 0x100000, 4, 0x20);
	/* The last byte of the address space belongs to it. */
	mk_phdr(&m, PT_LOAD, PF_R, 0, 0xfffff000, 0xfffff000, 0, 0x1000);
	accepts(&m, &i);
	assert_int_equal(i.bits, 32);
	assert_int_equal(i.machine, EM_386);
	mk_put(&m, MK_EH(&m, e_machine), EM_AARCH64, 2);
	refuses(&m, "machine 183 (arm64) is not i386's or x86-64's, which the 32-bit class needs");
	mk_put(&m, MK_EH(&m, e_machine), EM_X86_64, 2);
	accepts(&m, &i);
	assert_int_equal(i.bits, 32);
	assert_int_equal(i.machine, EM_X86_64);
	assert_int_equal(i.type, ET_DYN);
	assert_int_equal(i.nr_segments, 2);
	assert_int_equal(i.pend, 0x100000000);
	assert_false(i.has_notes);
	assert_false(elf_can_pv(&i));
	assert_false(elf_can_pvh(&i));
}

static void test_no_sections(void **state)
{
	struct elf_info i;
	struct mk m;

	(void)state;
	mk_linux(&m);
	mk_word(&m, MK_EH(&m, e_shoff), 0);
	mk_put(&m, MK_EH(&m, e_shnum), 0, 2);
	mk_put(&m, MK_EH(&m, e_shentsize), 0, 2);
	accepts(&m, &i);
	assert_true(elf_can_pv(&i));
}

static void test_entry_by_virtual_address(void **state)
{
	struct elf_info i;
	struct mk m;

	(void)state;
	mk_linux_segments(&m);
	mk_word(&m, MK_EH(&m, e_entry), MK_VIRT + MK_PHYS + MK_TEXT - 1);
	accepts(&m, &i);
	mk_word(&m, MK_EH(&m, e_entry), MK_VIRT + MK_PHYS + MK_TEXT);
	refuses(&m, "entry point 0xffffffff81000040 is in no segment");
}

/* Linux's segments may have any order, touch each other, or be empty or not accessible. */
static void test_odd_segments(void **state)
{
	struct elf_info i;
	struct mk m;

	(void)state;
	mk_init(&m, 64);
	mk_word(&m, MK_EH(&m, e_entry), 0x2000);
	mk_phdr(&m, PT_LOAD, PF_R, 0, 0x2000, 0x2000, 0, 0x1000);
	mk_phdr(&m, PT_LOAD, PF_R, 0, 0x1000, 0x1000, 0, 0x1000);
	mk_phdr(&m, PT_LOAD, PF_R, 0, 0x3000, 0x3000, 0, 0x1000);
	mk_phdr(&m, PT_LOAD, PF_R, 0, 0x1800, 0x1800, 0, 0);
	mk_phdr(&m, PT_LOAD, 0, UINT64_MAX, 0, 0x1800, UINT64_MAX, 1);
	mk_phdr(&m, PT_GNU_STACK, PF_R, UINT64_MAX, 0, 0x1800, UINT64_MAX, 1);
	accepts(&m, &i);
	assert_int_equal(i.nr_segments, 3);
	assert_int_equal(i.pstart, 0x1000);
	assert_int_equal(i.pend, 0x4000);
	assert_int_equal(i.load_bytes, 0x3000);
}

static void test_header(void **state)
{
	struct mk m;

	(void)state;
#define BAD(offset, value, size, msg)                                                              \
	do {                                                                                       \
		mk_linux(&m);                                                                      \
		mk_put(&m, offset, value, size);                                                   \
		refuses(&m, msg);                                                                  \
	} while (0)

	BAD(0, 'x', 1, "not an ELF file");
	BAD(EI_CLASS, 3, 1, "unknown class 3 (neither 32-bit nor 64-bit)");
	BAD(EI_DATA, ELFDATA2MSB, 1, "not little-endian");
	BAD(EI_VERSION, 2, 1, "unknown version 2");
	BAD(MK_EH(&m, e_machine), EM_AARCH64, 2,
	    "machine 183 (arm64) is not x86-64's, which the 64-bit class needs");
	BAD(MK_EH(&m, e_machine), EM_SPARCV9, 2,
	    "machine 43 is not x86-64's, which the 64-bit class needs");
	BAD(MK_EH(&m, e_version), 7, 4, "unknown version 7");
	BAD(MK_EH(&m, e_type), ET_REL, 2, "type 1 is not an executable's");
	BAD(MK_EH(&m, e_phnum), 0, 2, "no program headers, so nothing to load");
	BAD(MK_EH(&m, e_phnum), 257, 2, "257 program headers, more than 256");
	BAD(MK_EH(&m, e_phnum), PN_XNUM, 2, "65535 program headers, more than 256");
	BAD(MK_EH(&m, e_phentsize), 32, 2, "program headers of 32 bytes instead of 56");
	BAD(MK_EH(&m, e_phoff), 0x1500, 8,
	    "4 program headers at offset 0x1500 go past the end of the file (5392 bytes)");
	BAD(MK_EH(&m, e_phoff), UINT64_MAX, 8,
	    "4 program headers at offset 0xffffffffffffffff go past the end of the file "
	    "(5392 bytes)");
	BAD(MK_EH(&m, e_shoff), 0x1500, 8,
	    "4 section headers at offset 0x1500 go past the end of the file (5392 bytes)");
	BAD(MK_EH(&m, e_shoff), UINT64_MAX - 63, 8,
	    "4 section headers at offset 0xffffffffffffffc0 go past the end of the file "
	    "(5392 bytes)");
	BAD(MK_EH(&m, e_shnum), 0xffff, 2,
	    "65535 section headers at offset 0x1410 go past the end of the file (5392 bytes)");
#undef BAD
}

static void test_header_truncated(void **state)
{
	struct elf_info i;
	struct err e;
	struct mk m;

	(void)state;
	mk_linux(&m);
	assert_int_equal(read_copy(&m, 3, &i, &e), -1);
	assert_string_equal(e.msg, "not an ELF file");
	assert_int_equal(read_copy(&m, 15, &i, &e), -1);
	assert_string_equal(e.msg, "truncated: 15 bytes, within the header");
	assert_int_equal(read_copy(&m, 63, &i, &e), -1);
	assert_string_equal(e.msg, "truncated: 63 bytes, within the header");
}

/* One segment, as the arguments say, on top of Linux's four. */
static void segment(struct mk *m, uint64_t offset, uint64_t vaddr, uint64_t paddr, uint64_t filesz,
		    uint64_t memsz)
{
	mk_linux(m);
	mk_phdr(m, PT_LOAD, PF_R, offset, vaddr, paddr, filesz, memsz);
}

static void test_bad_segments(void **state)
{
	struct mk m;

	(void)state;
	segment(&m, 0, 0, 0x2000000, 2, 1);
	refuses(&m, "segment 4: 0x2 bytes in the file, but only 0x1 in memory");
	segment(&m, 0, 0, 0x2000000, 0x8000, 0x8000);
	refuses(&m, "segment 4: 0x8000 bytes at offset 0 go past the end of the file (5392 bytes)");
	segment(&m, UINT64_MAX, 0, 0x2000000, 2, 2);
	refuses(&m, "segment 4: 0x2 bytes at offset 0xffffffffffffffff go past the end of the file "
		    "(5392 bytes)");
	segment(&m, 0, 0, UINT64_MAX, 0, 2);
	refuses(&m,
		"segment 4: 0x2 bytes at physical address 0xffffffffffffffff go past the end of "
		"memory");
	segment(&m, 0, 0, 0x2000000, 0, UINT64_MAX);
	refuses(&m, "segment 4: 0xffffffffffffffff bytes at physical address 0x2000000 go past the "
		    "end of memory");
	segment(&m, 0, UINT64_MAX - 1, 0x2000000, 0, 2);
	refuses(&m, "segment 4: 0x2 bytes at virtual address 0xfffffffffffffffe go past the end of "
		    "memory");
	segment(&m, 0, 0, 0x200000000, 0, 1);
	refuses(&m, "segments lie as far apart as 0x1000000 and 0x200000001, more than 4 GiB");
	segment(&m, 0, 0, 0x200000000, 0, 0);
	refuses(&m, "segments lie as far apart as 0x1000000 and 0x200000000, more than 4 GiB");
}

static void test_overlaps(void **state)
{
	struct mk m;

	(void)state;
	segment(&m, 0, 0, MK_PHYS + 0x2fff, 0, 1);
	refuses(&m, "segments 1 and 4 overlap at physical address 0x1002fff");
	segment(&m, 0, 0, MK_PHYS + 0x1fff, 0, 2);
	refuses(&m, "segments 1 and 4 overlap at physical address 0x1002000");
	segment(&m, 0, 0, 0, 0, 0x80000000);
	refuses(&m, "segments 0 and 4 overlap at physical address 0x1000000");
	segment(&m, 0, 0, MK_PHYS + 0x3000, 0, 8);
	refuses(&m, "segments 2 and 4 overlap at physical address 0x1003000");
}

static void test_32_bit_wraps(void **state)
{
	struct mk m;

	(void)state;
	mk_init(&m, 32);
	mk_phdr(&m, PT_LOAD, PF_R, 0, 0, 0xfffff000, 0, 0x1001);
	refuses(&m, "segment 0: 0x1001 bytes at physical address 0xfffff000 go past the end of "
		    "memory");
	mk_init(&m, 32);
	mk_phdr(&m, PT_LOAD, PF_R, 0, 0xffffffff, 0, 0, 2);
	refuses(&m, "segment 0: 0x2 bytes at virtual address 0xffffffff go past the end of memory");
}

static void test_segment_count(void **state)
{
	struct elf_info i;
	struct mk m;

	(void)state;
	mk_init(&m, 64);
	mk_phdr(&m, PT_NOTE, PF_R, 0, 0, 0, 0, 0);
	refuses(&m, "no segment to load");
	mk_phdr(&m, PT_LOAD, PF_R, 0, 0, 0x1000, 0, 0);
	refuses(&m, "no segment to load");

	mk_init(&m, 64);
	for (unsigned n = 0; n < ELF_SEGMENTS_MAX; n++)
		mk_phdr(&m, PT_LOAD, PF_R, 0, n, n, 0, 1);
	accepts(&m, &i);
	assert_int_equal(i.nr_segments, ELF_SEGMENTS_MAX);
	mk_phdr(&m, PT_LOAD, PF_R, 0, 64, 64, 0, 1);
	refuses(&m, "more than 64 segments to load");
}

/* A file cut anywhere is refused, as its section headers are at its end. */
static void test_every_prefix(void **state)
{
	struct elf_info i;
	struct err e;
	struct mk m;

	(void)state;
	mk_linux(&m);
	for (size_t len = 0; len < m.len; len++) {
		e.msg[0] = '\0';
		assert_int_equal(read_copy(&m, len, &i, &e), -1);
		assert_true(e.msg[0] != '\0');
		assert_null(strchr(e.msg, '\n'));
	}
	mk_guest(&m, "GUEST_OS=x,XEN_VER=xen-3.0,LOADER=generic,VIRT_BASE=0xc0000000");
	for (size_t len = 0; len < m.len; len++)
		assert_int_equal(read_copy(&m, len, &i, &e), -1);
}

/* Any one byte changed: there is a result or an error, and no step out of the file. */
static void test_every_byte(void **state)
{
	static const uint8_t change[] = {0x01, 0x80, 0xff};
	struct elf_info i;
	struct err e;
	struct mk m;

	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		if (kind)
			mk_linux(&m);
		else
			mk_guest(&m, "GUEST_OS=x,XEN_VER=xen-3.0,LOADER=generic,PAE=yes");
		for (size_t at = 0; at < m.len * sizeof(change); at++) {
			uint8_t bits = change[at % sizeof(change)];

			m.data[at / sizeof(change)] ^= bits;
			e.msg[0] = '\0';
			if (read_copy(&m, m.len, &i, &e) != 0)
				assert_true(e.msg[0] != '\0');
			else
				assert_true(i.nr_segments > 0 && i.pstart < i.pend);
			m.data[at / sizeof(change)] ^= bits;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_linux),
		cmocka_unit_test(test_32_bit),
		cmocka_unit_test(test_no_sections),
		cmocka_unit_test(test_entry_by_virtual_address),
		cmocka_unit_test(test_odd_segments),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_header_truncated),
		cmocka_unit_test(test_bad_segments),
		cmocka_unit_test(test_overlaps),
		cmocka_unit_test(test_32_bit_wraps),
		cmocka_unit_test(test_segment_count),
		cmocka_unit_test(test_every_prefix),
		cmocka_unit_test(test_every_byte),
	};

	return cmocka_run_group_tests_name("elf", tests, NULL, NULL);
}
