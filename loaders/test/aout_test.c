/*
 * Plan 9's a.out: right kernels of both machines, and every field of the header wrong in turn.
 * With --seeds DIR: writes the right ones to DIR, for aout_fuzz to start from.
 */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "loaders/aout.h"
#include "aout_build.h"
#include "pack.h"

static struct ao a;
static struct aout_info info;
static struct elf_info elf;

/* In memory of its own, so that AddressSanitizer sees what goes past its end. */
static int read_copy(size_t len, struct err *e)
{
	uint8_t *copy = malloc(len ? len : 1);
	int rc;

	assert_non_null(copy);
	memcpy(copy, a.data, len);
	rc = aout_read(copy, len, &info, &elf, e);
	free(copy);
	return rc;
}

static void accepts(void)
{
	struct err e = {.msg = ""};

	if (read_copy(a.len, &e) != 0)
		fail_msg("%s", e.msg);
}

static void refuses(const char *msg)
{
	struct err e = {.msg = "accepted"};

	assert_int_equal(read_copy(a.len, &e), -1);
	assert_string_equal(e.msg, msg);
}

static void segment(unsigned n, uint64_t vaddr, uint64_t paddr, uint64_t offset, uint64_t filesz,
		    uint64_t memsz, uint32_t flags)
{
	const struct elf_segment *s = &elf.segments[n];

	assert_int_equal(s->vaddr, vaddr);
	assert_int_equal(s->paddr, paddr);
	assert_int_equal(s->offset, offset);
	assert_int_equal(s->filesz, filesz);
	assert_int_equal(s->memsz, memsz);
	assert_int_equal(s->flags, flags);
}

/* 8l's default for kernels: the header is in the first page of the text, and loaded with it. */
static void test_386(void **state)
{
	(void)state;
	ao_386(&a);
	accepts();
	assert_int_equal(info.magic, AO_386);
	assert_int_equal(info.header, 32);
	assert_int_equal(info.text, 4111);
	assert_int_equal(info.data, 100);
	assert_int_equal(info.bss, 5000);
	assert_int_equal(info.syms, 21);
	assert_int_equal(info.spsz, 0);
	assert_int_equal(info.pcsz, 9);
	assert_int_equal(info.entry, 0x80100020);
	assert_int_equal(info.kzero, 0x80000000);
	assert_true(info.header_loaded && !info.xen_table);

	assert_int_equal(elf.bits, 32);
	assert_int_equal(elf.machine, EM_386);
	assert_int_equal(elf.nr_segments, 2);
	segment(0, 0x80100000, 0x100000, 0, 32 + 4111, 32 + 4111, PF_R | PF_X);
	/* In the next page; 32 and 4111 bytes go into the second. */
	segment(1, 0x80102000, 0x102000, 32 + 4111, 100, 5100, PF_R | PF_W);
	assert_int_equal(elf.pstart, 0x100000);
	assert_int_equal(elf.pend, 0x102000 + 5100);
	assert_int_equal(elf.vstart, 0x80100000);
	assert_int_equal(elf.vend, 0x80102000 + 5100);
	assert_int_equal(elf.load_bytes, 32 + 4111 + 5100);
	assert_int_equal(elf.xen, ELF_XEN_ENTRY | ELF_XEN_VIRT_BASE | ELF_XEN_PADDR_OFFSET);
	assert_int_equal(elf.entry, 0x80100020);
	assert_int_equal(elf.xen_entry, 0x80100020);
	assert_int_equal(elf.virt_base, 0x80000000);
	assert_int_equal(elf.paddr_offset, 0);
	assert_int_equal(elf.supported_features, 0);
	assert_string_equal(elf.guest_os, "plan9");
	assert_string_equal(elf.xen_version, "xen-3.0");
	assert_string_equal(elf.loader, "generic");
	assert_string_equal(elf.pae, "yes[extended-cr3]");
	assert_false(elf.has_notes || elf.has_section);
}

/* Linked to a page, as 9/xen and 9/pc64 are: the header stays in the file. */
static void test_page(void **state)
{
	(void)state;
	ao_make(&a, 0x80010000, 0);
	accepts();
	assert_false(info.header_loaded);
	segment(0, 0x80010000, 0x10000, 32, 4111, 4111, PF_R | PF_X);
	segment(1, 0x80012000, 0x12000, 32 + 4111, 100, 5100, PF_R | PF_W);
	/* A text that ends with a page: the header in front moves data to the page after. */
	ao_make(&a, 0xf0100000, 0);
	ao_put(&a, AO_TEXT, 4096, 4);
	ao_put(&a, AO_DATA, 115, 4);
	accepts();
	assert_int_equal(info.kzero, 0xf0000000);
	assert_int_equal(elf.segments[1].paddr, 0x101000);
	ao_put(&a, AO_ENTRY, 0xf0100020, 4);
	accepts();
	assert_int_equal(elf.segments[1].paddr, 0x102000);
}

static void test_amd64(void **state)
{
	(void)state;
	ao_amd64(&a);
	accepts();
	assert_int_equal(info.magic, AO_AMD64);
	assert_int_equal(info.header, 40);
	assert_int_equal(info.entry, 0xffffffff80110000);
	assert_int_equal(info.kzero, 0xffffffff80000000);
	assert_false(info.header_loaded);
	assert_int_equal(elf.bits, 64);
	assert_int_equal(elf.machine, EM_X86_64);
	segment(0, 0xffffffff80110000, 0x110000, 40, 4111, 4111, PF_R | PF_X);
	segment(1, 0xffffffff80112000, 0x112000, 40 + 4111, 100, 5100, PF_R | PF_W);
	assert_int_equal(elf.xen_entry, 0xffffffff80110000);
	assert_int_equal(elf.virt_base, 0xffffffff80000000);
	assert_string_equal(elf.pae, "");

	ao_make(&a, 0x100028, 0xfffff00000100028);
	accepts();
	assert_int_equal(info.kzero, 0xfffff00000000000);
	assert_true(info.header_loaded);
	segment(0, 0xfffff00000100000, 0x100000, 0, 40 + 4111, 40 + 4111, PF_R | PF_X);
	ao_make(&a, 0x110000, 0xfffffffff0110000);
	accepts();
	assert_int_equal(info.kzero, 0xfffffffff0000000);
}

/* Nothing but text; nothing but text and bss; a file without symbols, with padding. */
static void test_parts(void **state)
{
	(void)state;
	ao_386(&a);
	ao_put(&a, AO_DATA, 0, 4);
	ao_put(&a, AO_BSS, 0, 4);
	ao_put(&a, AO_SYMS, 0, 4);
	ao_put(&a, AO_PCSZ, 130, 4);
	accepts();
	assert_int_equal(elf.nr_segments, 1);
	assert_int_equal(elf.pend, 0x100000 + 32 + 4111);
	ao_put(&a, AO_BSS, 1, 4);
	accepts();
	segment(1, 0x80102000, 0x102000, 32 + 4111, 0, 1, PF_R | PF_W);
	ao_386(&a);
	ao_put(&a, AO_SYMS, 0, 4);
	ao_put(&a, AO_PCSZ, 0, 4);
	a.len = 32 + 4111 + 100;
	accepts();
	ao_part(&a, 0, 413);
	accepts();
}

static void test_match(void **state)
{
	(void)state;
	ao_386(&a);
	assert_true(aout_match(a.data, 4));
	assert_false(aout_match(a.data, 3));
	for (uint32_t b = 8; b <= 28; b++) {
		ao_put(&a, AO_MAGIC, 4 * b * b + 7, 4);
		assert_true(aout_match(a.data, a.len));
		ao_put(&a, AO_MAGIC, 0x80008000 | (4 * b * b + 7), 4);
		assert_true(aout_match(a.data, a.len));
	}
	ao_put(&a, AO_MAGIC, 4 * 29 * 29 + 7, 4);
	assert_false(aout_match(a.data, a.len));
	ao_put(&a, AO_MAGIC, 0xeb010000, 4); /* the other end first */
	assert_false(aout_match(a.data, a.len));
	refuses("not an a.out file of Plan 9");
}

static void test_magic(void **state)
{
	(void)state;
	ao_386(&a);
	ao_put(&a, AO_MAGIC, 0x800001eb, 4);
	refuses("magic 0x800001eb is a dynamically loadable module's");
	ao_put(&a, AO_MAGIC, 0x1eb | 0x8000, 4);
	refuses("magic 0x81eb is neither 386's (0x1eb) nor amd64's (0x8a97)");
	ao_put(&a, AO_MAGIC, 4 * 20 * 20 + 7, 4); /* arm */
	refuses("magic 0x647 is neither 386's (0x1eb) nor amd64's (0x8a97)");
	ao_amd64(&a);
	a.len = 39;
	refuses("truncated: 39 bytes, within the header of 40");
}

static void test_sizes(void **state)
{
	(void)state;
	ao_386(&a);
	ao_put(&a, AO_TEXT, 0, 4);
	refuses("text is 0: there is nothing to run");
	ao_put(&a, AO_TEXT, 0xffffffff, 4);
	refuses("truncated: text, 4294967295 bytes at 32, goes past the end of the file at 4273");
	ao_386(&a);
	ao_put(&a, AO_DATA, 131, 4);
	refuses("truncated: data, 131 bytes at 4143, goes past the end of the file at 4273");
	ao_386(&a);
	ao_put(&a, AO_SYMS, 0xfffffff0, 4);
	refuses("truncated: syms, 4294967280 bytes at 4243, goes past the end of the file at "
		"4273");
	ao_386(&a);
	ao_put(&a, AO_PCSZ, 10, 4);
	refuses("truncated: pcsz, 10 bytes at 4264, goes past the end of the file at 4273");
	ao_put(&a, AO_PCSZ, 8, 4);
	refuses("the file has 1 bytes behind what the header states, not all zero");
	ao_386(&a);
	ao_put(&a, AO_SPSZ, 4, 4);
	refuses("spsz is 4, but only 68020 has that table");
}

static void test_bss(void **state)
{
	(void)state;
	ao_386(&a);
	ao_put(&a, AO_BSS, 0xffffffff, 4);
	refuses("text, data and bss go up to 0x100102063 from KZERO (0x80000000) on, where there "
		"is room for 0x75800000");
	/* Up to where the hypervisor is; the last byte is not left for boot pages. */
	ao_put(&a, AO_BSS, 0x75800000 - 0x102000 - 101, 4);
	accepts();
	ao_put(&a, AO_BSS, 0x75800000 - 0x102000 - 100, 4);
	refuses("text, data and bss go up to 0x75800000 from KZERO (0x80000000) on, where there is "
		"room for 0x75800000");
	ao_amd64(&a);
	ao_put(&a, AO_BSS, 0xffffffff, 4);
	refuses("text, data and bss go up to 0x100112063 from KZERO (0xffffffff80000000) on, where "
		"there is room for 0x80000000");
	ao_make(&a, 0x110000, 0xfffff00000110000);
	ao_put(&a, AO_BSS, 0xffffffff, 4);
	refuses("text, data and bss go up to 0x100112063 from KZERO (0xfffff00000000000) on, where "
		"there is room for 0x100000000");
}

static void test_entry(void **state)
{
	(void)state;
	ao_make(&a, 0x1020, 0);
	refuses("entry 0x1020 is a program's, not a kernel's");
	ao_make(&a, 0x80100028, 0);
	refuses("entry 0x80100028 is not where text can begin: in a page, at 0 or behind the "
		"header, 0x20");
	ao_make(&a, 0x100020, 0xffffffff80100020);
	refuses("entry 0xffffffff80100020 is not where text can begin: in a page, at 0 or behind "
		"the header, 0x28");
	ao_make(&a, 0, 0xffffffff80110000);
	refuses("entry 0 is not the physical address of the 64-bit one, 0xffffffff80110000");
	ao_make(&a, 0x200028, 0x200028);
	refuses("entry 0x200028 (64-bit) is not where Xen lets a kernel be, from "
		"0xffff880000000000 on");
	ao_make(&a, 0x110000, 0xffff800000110000); /* the hypervisor's own */
	refuses("entry 0xffff800000110000 (64-bit) is not where Xen lets a kernel be, from "
		"0xffff880000000000 on");
}

/* The addresses that xenbin gives a kernel of the old Plan 9 port, in its order of flags. */
static void test_table(void **state)
{
	(void)state;
	ao_make(&a, 0x80000020, 0);
	ao_table(&a, 0x14000, 0x80000020, 0x80000100);
	accepts();
	assert_true(info.xen_table && info.header_loaded);
	assert_int_equal(info.entry, 0x80000020);
	assert_int_equal(elf.xen_entry, 0x80000100);
	assert_int_equal(elf.pstart, 0);
	ao_table(&a, 0x1c001, 0x80000020, 0x80000020 + AO_TEXT_SIZE - 1);
	accepts();
	ao_table(&a, 0x10000, 0x80000020, 0x80000100);
	refuses("Xen's table in the text: flags 0x10000: not a PAE kernel's");
	ao_table(&a, 0x14002, 0x80000020, 0x80000100);
	refuses("Xen's table in the text: flags 0x14002: not a PAE kernel's");
	ao_table(&a, 0x14000, 0x80000000, 0x80000100);
	refuses("Xen's table in the text: header_addr 0x80000000 is not where it is, 0x80000020");
	ao_table(&a, 0x14000, 0x80000020, 0x80000020 + AO_TEXT_SIZE);
	refuses("Xen's table in the text: entry_addr 0x8000102f is outside of the text");
	ao_table(&a, 0x14000, 0x80000020, 0x8000001f);
	refuses("Xen's table in the text: entry_addr 0x8000001f is outside of the text");
	a.data[40]++;
	refuses("Xen's table in the text: its checksum is wrong");
}

static void test_every_prefix(void **state)
{
	struct err e;

	(void)state;
	for (int is64 = 0; is64 < 2; is64++) {
		(is64 ? ao_amd64 : ao_386)(&a);
		for (size_t n = 0; n < a.len; n++) {
			e.msg[0] = '\0';
			assert_int_equal(read_copy(n, &e), -1);
			assert_true(e.msg[0] != '\0');
		}
	}
}

static void write_seeds(const char *dir)
{
	ao_386(&a);
	write_seed(dir, "386", 0, append((struct bytes){NULL, 0}, a.data, a.len));
	ao_table(&a, 0x14000, 0x80100020, 0x80100100);
	write_seed(dir, "386", 1, append((struct bytes){NULL, 0}, a.data, a.len));
	ao_amd64(&a);
	write_seed(dir, "amd64", 0, append((struct bytes){NULL, 0}, a.data, a.len));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_386),          cmocka_unit_test(test_page),
		cmocka_unit_test(test_amd64),        cmocka_unit_test(test_parts),
		cmocka_unit_test(test_match),        cmocka_unit_test(test_magic),
		cmocka_unit_test(test_sizes),        cmocka_unit_test(test_bss),
		cmocka_unit_test(test_entry),        cmocka_unit_test(test_table),
		cmocka_unit_test(test_every_prefix),
	};

	if (argc == 3 && strcmp(argv[1], "--seeds") == 0) {
		write_seeds(argv[2]);
		return 0;
	}
	return cmocka_run_group_tests_name("aout", tests, NULL, NULL);
}
