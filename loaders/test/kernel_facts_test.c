/*
 * Facts that are not so: each number and text that an enemy can write. With --seeds DIR: writes
 * good ones to DIR, for kernel_facts_fuzz to start from.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <elf.h>

#include "aout_build.h"
#include "bzimage_build.h"
#include "elf_build.h"
#include "loaders/kernel.h"
#include "pack.h"
#include "pe_build.h"
#include "room.h"

#define MIB ((size_t)1 << 20)

static struct kernel_facts good;
static size_t file_size;

/* The facts of a file, which is freed. */
static void open_facts(struct bytes b)
{
	struct room room = room_make(MIB);
	struct err e;

	if (kernel_open(b.data, b.len, false, &room, &good, &e) != 0)
		fail_msg("%s", e.msg);
	file_size = b.len;
	room_free(&room);
	free(b.data);
}

static struct bytes copy_of(const void *data, size_t len)
{
	return append((struct bytes){NULL, 0}, data, len);
}

static void check(const struct kernel_facts *k, const char *want)
{
	struct err e = {.msg = "accepted"};
	char msg[256];

	snprintf(msg, sizeof(msg), "the decoder's answer is wrong (%s)", want);
	kernel_facts_check(k, file_size, MIB, &e);
	assert_string_equal(e.msg, msg);
}

static void check_good(void)
{
	struct err e;

	if (kernel_facts_check(&good, file_size, MIB, &e) != 0)
		fail_msg("%s", e.msg);
}

/* One change to facts that were good, and what is said of it. */
#define BAD(want, change)                                                                          \
	do {                                                                                       \
		struct kernel_facts k = good;                                                      \
                                                                                                   \
		change;                                                                            \
		check(&k, want);                                                                   \
	} while (0)

static void spoil(bool *b)
{
	*(unsigned char *)b = 2;
}

/* A packed kernel, in a bzImage. */
static void begin_bzimage(void)
{
	struct bytes payload, b;
	struct mk m;

	mk_linux(&m);
	payload = pack("gzip -n", m.data, m.len);
	b = bz_make(payload.data, payload.len);
	free(payload.data);
	open_facts(b);
	check_good();
}

static void test_bytes(void **state)
{
	(void)state;
	begin_bzimage();
	BAD("no format", k.format = 0);
	BAD("no format", k.format = NR_KERNEL_FORMATS);
	BAD("no format", k.format = UINT32_MAX);
	BAD("the kernel is nowhere", k.where = NR_KERNEL_WHERES);
	BAD("no codec", k.codec = 100);
	BAD("packed and not packed", k.codec = 0);
	BAD("packed and not packed", k.where = KERNEL_IN_FILE);
	BAD("packed and not packed", k.unpacked_size = 0);
	BAD("unpacked to more than there is room for", k.unpacked_size = MIB + 1);
	BAD("the kernel is not in its bytes", k.bare_size = 0);
	BAD("the kernel is not in its bytes", k.bare_size++);
	BAD("the kernel is not in its bytes", k.bare_offset = 1);
	BAD("the kernel is not in its bytes", k.bare_offset = UINT64_MAX);
	BAD("the kernel is not in its bytes", k.unpacked_size--);
	BAD("a bzImage and none", k.format = KERNEL_ELF);
	BAD("a bzImage and none", k.bzimage.version = 0);
	BAD("no boot protocol", k.bzimage.version = 0x10000);
	BAD("the payload is not in the file", k.bzimage.payload_offset = file_size);
	BAD("the payload is not in the file", k.bzimage.payload_length = UINT64_MAX);
	BAD("an a.out and none", k.aout.magic = AOUT_I_MAGIC);
	BAD("section .cmdline of no UKI", k.uki.parts[UKI_CMDLINE].size = 1);
	BAD("section .initrd of no UKI", k.uki.parts[UKI_INITRD].offset = 1);
}

static void test_in_file(void **state)
{
	struct mk m;

	(void)state;
	mk_linux(&m);
	open_facts(copy_of(m.data, m.len));
	check_good();
	BAD("packed and not packed", k.where = KERNEL_UNPACKED);
	BAD("packed and not packed", k.codec = 1);
	BAD("the kernel is not in its bytes", k.bare_size++);
	BAD("the kernel is not in its bytes", k.bare_offset++);
	BAD("an a.out and none", k.format = KERNEL_AOUT);
	file_size--;
	check(&good, "the kernel is not in its bytes");
}

static void test_uki(void **state)
{
	struct mk m;

	(void)state;
	mk_linux(&m);
	open_facts(pb_uki(m.data, m.len));
	check_good();
	BAD("section .linux is not in the file", k.uki.parts[UKI_LINUX].offset = file_size);
	BAD("section .cmdline is not in the file", k.uki.parts[UKI_CMDLINE].size = UINT64_MAX);
	BAD("section .initrd is not in the file", k.uki.parts[UKI_INITRD].size = file_size + 1);
	BAD("section .linux of no UKI", k.uki.parts[UKI_LINUX].size = 0);
}

static void test_texts(void **state)
{
	(void)state;
	begin_bzimage();
	BAD("GUEST_OS has no end", memset(k.info.guest_os, 'x', sizeof(k.info.guest_os)));
	BAD("GUEST_VERSION can't be printed", strcpy(k.info.guest_version, "a\nb"));
	BAD("XEN_VERSION can't be printed", strcpy(k.info.xen_version, "\x7f"));
	BAD("LOADER has no end", memset(k.info.loader, 'x', sizeof(k.info.loader)));
	BAD("PAE can't be printed", strcpy(k.info.pae, "\xc3\xa4"));
	BAD("BSD_SYMTAB has no end", memset(k.info.bsd_symtab, 'x', sizeof(k.info.bsd_symtab)));
	BAD("FEATURES has no end", memset(k.info.features, 'x', sizeof(k.info.features)));
	BAD("the kernel's version can't be printed", strcpy(k.bzimage.kernel_version, "\x1b[2J"));
	BAD("neither true nor false", spoil(&k.info.has_notes));
	BAD("neither true nor false", spoil(&k.info.has_section));
	BAD("neither true nor false", spoil(&k.aout.header_loaded));
	BAD("neither true nor false", spoil(&k.aout.xen_table));
}

static void test_machine(void **state)
{
	(void)state;
	begin_bzimage();
	BAD("0 bits", k.info.bits = 0);
	BAD("-64 bits", k.info.bits = -64);
	BAD("machine 3", k.info.machine = EM_386);
	BAD("machine 183", k.info.machine = EM_AARCH64);
	BAD("type 1", k.info.type = ET_REL);
	BAD("what is stated to Xen", k.info.xen |= 1 << 11);
	BAD("features that it requires and does not support",
	    (k.info.supported_features = 0, k.info.required_features = 1));
	BAD("virtual addresses", k.info.vstart++);
	BAD("virtual addresses", k.info.vend--);
	BAD("virtual addresses", k.info.virt_base ^= 4096);
	BAD("virtual addresses", k.info.paddr_offset = 1);
	BAD("PVH entry point 0 (PHYS32_ENTRY) is outside of the kernel (0x1000000 to 0x1003008)",
	    k.info.phys32_entry = 0);
}

static void test_segments(void **state)
{
	const struct elf_segment *s;

	(void)state;
	begin_bzimage();
	s = good.info.segments;
	assert_true(good.info.nr_segments == 3 && good.info.nr_unloaded < ELF_UNLOADED_MAX);
	BAD("the number of segments", k.info.nr_segments = 0);
	BAD("the number of segments", k.info.nr_segments = ELF_SEGMENTS_MAX + 1);
	BAD("the number of segments", k.info.nr_segments = UINT32_MAX);
	BAD("the number of segments", k.info.nr_unloaded = ELF_UNLOADED_MAX + 1);
	BAD("segment 1 has nothing to load", k.info.segments[1].memsz = 0);
	BAD("segment 0 has nothing to load", k.info.segments[0].flags = 0);
	BAD("segment 0 is longer than its memory", k.info.segments[0].filesz = s[0].memsz + 1);
	BAD("segment 1 ends behind the kernel", k.info.segments[1].offset = good.bare_size);
	BAD("segment 1 ends behind the kernel", k.info.segments[1].offset = UINT64_MAX - 1);
	BAD("segment 1 ends behind the kernel",
	    k.info.segments[1].filesz = k.info.segments[1].memsz = good.bare_size);
	BAD("segment 0 ends behind the end of memory", k.info.segments[0].paddr = UINT64_MAX - 1);
	BAD("segment 0 ends behind the end of memory", k.info.segments[0].vaddr = UINT64_MAX - 1);
	BAD("segment 1 ends behind the end of memory", k.info.segments[1].memsz = UINT64_MAX);
	BAD("segments 0 and 1 overlap", k.info.segments[1].paddr = s[0].paddr);
	BAD("segments 0 and 1 overlap", k.info.segments[1].paddr = s[0].paddr + s[0].memsz - 1);
	BAD("the sum of the segments", k.info.load_bytes++);
	BAD("where the segments begin", k.info.pstart--);
	BAD("where the segments begin", k.info.pstart++);
	BAD("where the segments begin", k.info.segments[0].paddr -= 4096);
	BAD("where the segments end", k.info.pend++);
	BAD("where the segments end", k.info.pend--);
	BAD("where the segments end", k.info.segments[2].paddr += 4096);
	BAD("where the segments end", k.info.segments[2].paddr = UINT64_C(1) << 40);
	BAD("what the segments span", (k.info.segments[2].paddr = UINT64_C(1) << 40,
				       k.info.pend = k.info.segments[2].paddr + s[2].memsz));
}

/* What is not loaded counts with its address where it could be: a Solo5 unikernel has one at 0. */
static void test_unloaded(void **state)
{
	struct elf_segment *u = good.info.unloaded;

	(void)state;
	begin_bzimage();
	good.info.nr_unloaded = 1;
	u[0] = (struct elf_segment){.paddr = good.info.pstart - 4096, .flags = PF_R};
	good.info.pstart -= 4096;
	good.info.vstart -= 4096;
	check_good();
	BAD("where the segments begin", k.info.unloaded[0].flags = 0);
	BAD("where the segments begin", k.info.unloaded[0].paddr = 0);
	BAD("a segment is not loaded that is to be", k.info.unloaded[0].memsz = 1);
	/* Where there may be more than are told of, the bounds are at least what is told. */
	good.info.nr_unloaded = ELF_UNLOADED_MAX;
	for (int i = 1; i < ELF_UNLOADED_MAX; i++)
		u[i] = u[0];
	check_good();
	BAD("where the segments begin", k.info.unloaded[7].paddr = 0);
	BAD("where the segments end", k.info.unloaded[7].paddr = good.info.pend + 1);
	good.info.pend += 4096;
	good.info.vend += 4096;
	check_good();
}

/* The kernel of begin_bzimage, with symbols as a BSD's has them. */
static void begin_symtab(void)
{
	struct elf_symtab *t = &good.info.symtab;

	begin_bzimage();
	*t = (struct elf_symtab){
		.paddr = good.info.pend + 4,
		.memsz = 500,
		.at = {ELF_SYMTAB_HEAD, 400},
		.offset = {0, 64},
		.size = {64, 100},
	};
	good.info.pend = t->paddr + t->memsz;
	good.info.vend += 504;
}

static void test_symtab(void **state)
{
	(void)state;
	begin_symtab();
	check_good();
	BAD("where the segments end", k.info.symtab.paddr = good.info.pstart);
	BAD("where the symbols end", k.info.symtab.memsz++);
	BAD("where the symbols end", k.info.symtab.memsz = UINT64_MAX);
	BAD("where the symbols end", k.info.pend--);
	BAD("where the symbols begin", k.info.symtab.at[0]++);
	BAD("the symbols end behind the kernel", k.info.symtab.offset[0] = good.bare_size);
	BAD("the symbols end behind the kernel", k.info.symtab.size[1] = UINT64_MAX);
	BAD("the symbols end behind their memory", k.info.symtab.at[1]++);
	BAD("the symbols end behind their memory", k.info.symtab.at[1] = UINT64_MAX);
	BAD("the symbols end behind their memory", k.info.symtab.size[0] = 237);
}

static void test_aout(void **state)
{
	struct ao a;

	(void)state;
	ao_386(&a);
	open_facts(copy_of(a.data, a.len));
	check_good();
	BAD("an a.out and none", k.aout.magic = 0);
	BAD("an a.out and none", k.format = KERNEL_ELF);
	BAD("an a.out's magic", k.aout.magic++);
	BAD("segment 0 ends behind the end of memory",
	    k.info.segments[0].vaddr = UINT64_C(0x100000000) - 1);
	BAD("virtual addresses", k.info.vstart = 0);
}

static void write_facts(const char *dir, const char *name)
{
	const uint8_t size[] = {(uint8_t)file_size, (uint8_t)(file_size >> 8)};

	write_seed(dir, name, 0, append(copy_of(&good, sizeof(good)), size, 2));
}

static void write_seeds(const char *dir)
{
	struct mk m;
	struct ao a;

	begin_bzimage();
	write_facts(dir, "bzimage");
	begin_symtab();
	write_facts(dir, "symtab");
	mk_linux(&m);
	open_facts(pb_uki(m.data, m.len));
	write_facts(dir, "uki");
	ao_386(&a);
	open_facts(copy_of(a.data, a.len));
	write_facts(dir, "aout");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),    cmocka_unit_test(test_in_file),
		cmocka_unit_test(test_uki),      cmocka_unit_test(test_texts),
		cmocka_unit_test(test_machine),  cmocka_unit_test(test_segments),
		cmocka_unit_test(test_unloaded), cmocka_unit_test(test_symtab),
		cmocka_unit_test(test_aout),
	};

	if (argc == 3 && strcmp(argv[1], "--seeds") == 0) {
		write_seeds(argv[2]);
		return 0;
	}
	return cmocka_run_group_tests_name("kernel_facts", tests, NULL, NULL);
}
