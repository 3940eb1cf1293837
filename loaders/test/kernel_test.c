/*
 * Whole kernel files: bare, packed in each way, as bzImages, and what is none of these.
 * With --seeds DIR: writes the good ones to DIR, for kernel_fuzz to start from.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "aout_build.h"
#include "bzimage_build.h"
#include "elf_build.h"
#include "loaders/kernel.h"
#include "loaders/codecs.h"
#include "pack.h"
#include "pe_build.h"
#include "room.h"

#define MIB ((size_t)1 << 20)

/* As Linux's build packs; with size, the unpacked size follows. */
static const struct {
	const char *codec, *cmd;
	bool size;
} kinds[] = {
	{"gzip", "gzip -n -9", false},
	{"xz", "xz --check=crc32 --x86 --lzma2=dict=32MiB", true},
	{"lzma", "xz --format=lzma -9", true},
	{"zstd", "zstd -q -22 --ultra", true},
	{"lz4", "lz4 -q -l -9", true},
	{"lz4", "lz4 -q", true},
};

#define NR_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Where it is unpacked to. */
static struct room room;

/* What is said of it passes the check of those who are told. */
static int open_copy(const struct bytes *b, size_t len, struct kernel_facts *k, uint8_t **copy,
		     struct err *e)
{
	struct err why;

	if (!room.data)
		room = room_make(MIB);
	*copy = malloc(len ? len : 1);
	assert_non_null(*copy);
	if (len)
		memcpy(*copy, b->data, len);
	if (kernel_open(*copy, len, false, &room, k, e) != 0)
		return -1;
	if (kernel_facts_check(k, len, MIB, &why) != 0)
		fail_msg("%s", why.msg);
	return 0;
}

static const uint8_t *bare(const struct kernel_facts *k, const uint8_t *copy)
{
	return (k->where == KERNEL_UNPACKED ? room.data : copy) + k->bare_offset;
}

static void refuses_prefix(const struct bytes *b, size_t len, const char *msg)
{
	static const struct kernel_facts none;
	struct kernel_facts k;
	struct err e = {.msg = "accepted"};
	uint8_t *copy;

	open_copy(b, len, &k, &copy, &e);
	assert_string_equal(e.msg, msg);
	assert_memory_equal(&k, &none, sizeof(k));
	free(copy);
}

/* Frees what it looked at. */
static void refuses(struct bytes b, const char *msg)
{
	refuses_prefix(&b, b.len, msg);
	free(b.data);
}

static void accepts(struct bytes b, const char *format, const char *codec, const struct mk *m)
{
	struct kernel_facts k;
	struct err e;
	uint8_t *copy;

	if (open_copy(&b, b.len, &k, &copy, &e) != 0)
		fail_msg("%s %s: %s", format, codec ? codec : "", e.msg);
	assert_string_equal(kernel_format_name(k.format), format);
	if (codec)
		assert_string_equal(codec_name(k.codec), codec);
	else
		assert_int_equal(k.codec, 0);
	assert_int_equal(k.unpacked_size, codec ? m->len : 0);
	assert_int_equal(k.bare_size, m->len);
	assert_memory_equal(bare(&k, copy), m->data, m->len);
	assert_true(elf_can_pv(&k.info) && elf_can_pvh(&k.info));
	if (strcmp(format, "bzImage") == 0)
		assert_string_equal(k.bzimage.kernel_version, "6.1.0-test (a@b) #1");
	free(copy);
	free(b.data);
}

/* The kernel packed in the i-th way, with what follows in a bzImage if wanted. */
static struct bytes packed(size_t i, const struct mk *m, bool with_size)
{
	struct bytes b = pack(kinds[i].cmd, m->data, m->len);
	uint8_t size[4];

	bz_put(size, 0, (uint32_t)m->len, 4);
	return with_size ? append(b, size, 4) : b;
}

static struct bytes in_bzimage(struct bytes payload)
{
	struct bytes b = bz_make(payload.data, payload.len);

	free(payload.data);
	return b;
}

static struct bytes copy_of(const void *data, size_t len)
{
	return append((struct bytes){NULL, 0}, data, len);
}

static void test_bare(void **state)
{
	struct mk m;

	(void)state;
	mk_linux(&m);
	accepts(copy_of(m.data, m.len), "ELF", NULL, &m);
}

static void test_packed(void **state)
{
	struct mk m;

	(void)state;
	mk_linux(&m);
	for (size_t i = 0; i < NR_KINDS; i++) {
		accepts(packed(i, &m, false), "ELF", kinds[i].codec, &m);
		/* Some tools pad to whole sectors. */
		accepts(append(packed(i, &m, false), "\0\0\0\0\0\0\0\0\0", 9), "ELF",
			kinds[i].codec, &m);
	}
}

/* Plan 9's kernels: bare, packed in each way, and not inside a bzImage. */
static void test_aout(void **state)
{
	struct ao a;

	(void)state;
	ao_386(&a);
	for (size_t i = 0; i <= NR_KINDS; i++) {
		struct bytes b =
			i < NR_KINDS ? pack(kinds[i].cmd, a.data, a.len) : copy_of(a.data, a.len);
		struct kernel_facts k;
		struct err e;
		uint8_t *copy;

		if (open_copy(&b, b.len, &k, &copy, &e) != 0)
			fail_msg("%s", e.msg);
		assert_string_equal(kernel_format_name(k.format), "Plan 9 a.out");
		if (i < NR_KINDS)
			assert_string_equal(codec_name(k.codec), kinds[i].codec);
		else
			assert_int_equal(k.codec, 0);
		assert_int_equal(k.bare_size, a.len);
		assert_memory_equal(bare(&k, copy), a.data, a.len);
		assert_true(i < NR_KINDS || bare(&k, copy) == copy);
		assert_int_equal(k.aout.text, AO_TEXT_SIZE);
		assert_true(kernel_can_pv(&k) && !elf_can_pvh(&k.info));
		free(copy);
		free(b.data);
	}
	refuses(in_bzimage(pack("gzip -n", a.data, a.len)),
		"bzImage: gzip: what was packed is not an ELF file");
	ao_put(&a, AO_ENTRY, 0x1020, 4);
	refuses(copy_of(a.data, a.len), "a.out: entry 0x1020 is a program's, not a kernel's");
	refuses(pack("gzip -n", a.data, a.len),
		"a.out: entry 0x1020 is a program's, not a kernel's");
}

static void test_bzimage(void **state)
{
	struct mk m;

	(void)state;
	mk_linux(&m);
	for (size_t i = 0; i < NR_KINDS; i++)
		accepts(in_bzimage(packed(i, &m, kinds[i].size)), "bzImage", kinds[i].codec, &m);
	/* Not done for x86 so far, but clear enough. */
	accepts(in_bzimage(copy_of(m.data, m.len)), "bzImage", NULL, &m);
}

static struct bytes in_uki(struct bytes kernel)
{
	struct bytes b = pb_uki(kernel.data, kernel.len);

	free(kernel.data);
	return b;
}

/* What a UKI has for its kernel is opened as if it were the file. */
static void test_uki(void **state)
{
	struct bytes b;
	struct kernel_facts k;
	struct err e;
	uint8_t *copy;
	struct mk m;

	(void)state;
	mk_linux(&m);
	accepts(in_uki(in_bzimage(packed(1, &m, true))), "bzImage", "xz", &m);
	accepts(in_uki(copy_of(m.data, m.len)), "ELF", NULL, &m);
	accepts(in_uki(packed(0, &m, false)), "ELF", "gzip", &m);

	b = in_uki(in_bzimage(packed(0, &m, false)));
	assert_int_equal(open_copy(&b, b.len, &k, &copy, &e), 0);
	assert_true(k.uki.parts[UKI_LINUX].size && k.uki.parts[UKI_INITRD].size);
	free(copy);
	free(b.data);
	b = copy_of(m.data, m.len);
	assert_int_equal(open_copy(&b, b.len, &k, &copy, &e), 0);
	assert_int_equal(k.uki.parts[UKI_LINUX].size, 0);
	free(copy);
	free(b.data);
}

static void test_bad_uki(void **state)
{
	uint8_t image[64] = {0};
	struct bytes b, bz;
	char msg[256];
	struct mk m;

	(void)state;
	mk_linux(&m);
	bz = in_bzimage(packed(0, &m, false));
	b = pb_uki(bz.data, bz.len);
	snprintf(msg, sizeof(msg),
		 "UKI: truncated: section .linux, %zu bytes at 2560, goes past the end of the file "
		 "at %zu",
		 bz.len, 2560 + bz.len - 1);
	refuses_prefix(&b, 2560 + bz.len - 1, msg);
	refuses(pack("gzip -n", b.data, b.len),
		"gzip: a UKI, packed once more as a whole: unpack it first");
	/* The errors of what is in there have all layers in front. */
	bz_put(b.data + 2560, 0x24c, 0, 4);
	refuses(b, "UKI: section .linux: bzImage: the payload is empty");
	free(bz.data);
	memcpy(image + 0x38, "ARMd", 4);
	refuses(in_uki(copy_of(image, sizeof(image))),
		"UKI: section .linux: a Linux Image for arm64: the guest needs a kernel for x86");
	refuses(in_uki(copy_of("text", 4)),
		"UKI: section .linux: not a kernel: neither an ELF file, nor a bzImage, nor an "
		"a.out of Plan 9, nor packed in a way that is known");
}

/* What is none, but is known, packed or not. */
static void test_foreign(void **state)
{
	uint8_t image[64] = {0};

	(void)state;
	memcpy(image + 0x38, "ARMd", 4);
	refuses(copy_of(image, sizeof(image)),
		"a Linux Image for arm64: the guest needs a kernel for x86");
	refuses(pack("gzip -n", image, sizeof(image)), "gzip: what was packed is a Linux Image for "
						       "arm64: the guest needs a kernel for x86");
	refuses(run("printf 070701 | zstd -q"),
		"zstd: what was packed is a cpio archive, as an initramfs is: that is what ramdisk "
		"is for");
	refuses(pb_make(NULL, 0), "an EFI program for x86-64, but no UKI with a kernel in it: only "
				  "EFI firmware starts it");
}

static void test_no_kernel(void **state)
{
	static const char none[] =
		"not a kernel: neither an ELF file, nor a bzImage, nor an a.out of Plan 9, "
		"nor packed in a way that is known";

	(void)state;
	refuses((struct bytes){NULL, 0}, "the file is empty");
	refuses(copy_of("#!/bin/sh\n", 10), none);
	refuses(copy_of("\0", 1), none);
	refuses(copy_of("\x7f"
			"EL",
			3),
		none);
	refuses(copy_of("\x7f"
			"ELF",
			4),
		"ELF: truncated: 4 bytes, within the header");
	refuses(copy_of("BZh91AY&SY", 10),
		"bzip2: not supported; pack the kernel with gzip, xz, lzma, zstd or lz4 instead");
}

/*
 * The kernel in the i-th way, and behind it in the k-th way, half of them with padding between
 * them. Old lz4 has no end, and takes another codec's stream for its own next block without.
 */
static void second_stream(const struct mk *m)
{
	for (size_t i = 0; i < NR_KINDS; i++) {
		for (size_t k = 0; k < NR_KINDS; k++) {
			struct bytes b = packed(i, m, false), other = packed(k, m, false);
			const bool endless = !strcmp(kinds[i].cmd, "lz4 -q -l -9") &&
					     strcmp(kinds[k].codec, "lz4") != 0;
			const size_t pad = k % 2 && !endless ? 0 : 4;
			char msg[256];

			snprintf(msg, sizeof(msg),
				 "%s: a second stream (%s) follows the first, at offset %zu: a "
				 "kernel is one; unpack them, and pack the kernel as one",
				 kinds[i].codec, kinds[k].codec, b.len + pad);
			b = append(b, "\0\0\0\0", pad);
			refuses(append(b, other.data, other.len), msg);
			free(other.data);
		}
	}
}

static void test_bad_packed(void **state)
{
	struct bytes b;
	char msg[256];
	struct mk m;

	(void)state;
	mk_linux(&m);
	b = packed(1, &m, false);
	snprintf(msg, sizeof(msg),
		 "xz: something follows the stream: 3 bytes from offset %zu on, not all zero",
		 b.len);
	refuses(append(b, "\0\0\1", 3), msg);
	second_stream(&m);
	refuses(pack("gzip -n", (const uint8_t *)"text", 4),
		"gzip: what was packed is neither an ELF nor an a.out file");
	refuses(pack("(xz | gzip -n)", m.data, m.len),
		"gzip: packed again, with xz: unpack it first");
	b = in_bzimage(packed(0, &m, false));
	refuses(pack("lz4 -q", b.data, b.len),
		"lz4: a bzImage, packed once more as a whole: unpack it first");
	free(b.data);

	mk_put(&m, MK_EH(&m, e_machine), EM_AARCH64, 2);
	refuses(packed(0, &m, false),
		"ELF: machine 183 (arm64) is not x86-64's, which the 64-bit class needs");
	refuses(run("head -c 2M /dev/zero | zstd -q"), "zstd: unpacks to more than 1 MiB");
}

static void test_bad_bzimage(void **state)
{
	struct bytes b;
	char msg[256];
	struct mk m;

	(void)state;
	mk_linux(&m);
	refuses(in_bzimage(append(packed(4, &m, false), "\x11\x15\0\0", 4)),
		"bzImage: lz4: the payload unpacked to 5392 bytes, but 5393 are stated behind it");
	b = packed(0, &m, false);
	snprintf(msg, sizeof(msg), "gzip: truncated: the stream does not end within its %zu bytes",
		 b.len - 1);
	refuses_prefix(&b, b.len - 1, msg);
	snprintf(msg, sizeof(msg),
		 "bzImage: gzip: 3 bytes follow the stream from offset %zu of the payload on, not "
		 "the "
		 "4 of its unpacked size",
		 b.len);
	refuses(in_bzimage(append(b, "\0\0\0", 3)), msg);
	msg[strlen("bzImage: gzip: ")] = '5';
	refuses(in_bzimage(append(packed(0, &m, true), "\0", 1)), msg);
	refuses(in_bzimage(copy_of("BZh91AY&SY", 10)),
		"bzImage: bzip2: not supported; pack the kernel with gzip, xz, lzma, zstd or lz4 "
		"instead");
	refuses(in_bzimage(copy_of("whatever", 8)),
		"bzImage: the payload at offset 2064 is neither an ELF file nor packed in a way "
		"that is "
		"known");
	refuses(in_bzimage(pack("gzip -n", (const uint8_t *)"text", 4)),
		"bzImage: gzip: what was packed is not an ELF file");
	refuses(in_bzimage(run("head -c 2M /dev/zero | xz")),
		"bzImage: xz: unpacks to more than 1 MiB");

	b = in_bzimage(packed(1, &m, true));
	bz_put(b.data, 0x24c, 0, 4);
	refuses(b, "bzImage: the payload is empty");
}

/* Cut anywhere, with one exception each: old lz4 has no end, and a bzImage has a tail. */
static void test_every_prefix(void **state)
{
	struct mk m;

	(void)state;
	mk_linux(&m);
	for (size_t i = 0; i < NR_KINDS * 2; i++) {
		struct bytes b = packed(i / 2, &m, i % 2);
		size_t need;

		if (i % 2)
			b = in_bzimage(b);
		need = i % 2 ? b.len - 7 : b.len;
		for (size_t n = 0; n < b.len; n += n < 0x200 || n >= BZ_SETUP_SIZE ? 1 : 5) {
			struct kernel_facts k;
			struct err e = {.msg = ""};
			uint8_t *copy;
			int rc = open_copy(&b, n, &k, &copy, &e);

			assert_int_equal(rc, n < need ? -1 : 0);
			assert_true((rc == 0) == (e.msg[0] == '\0'));
			free(copy);
		}
		free(b.data);
	}
}

/* The good kernels of the tests, as files for the fuzzer to start from. */
static void write_seeds(const char *dir)
{
	struct mk m;
	struct ao a;

	mk_linux(&m);
	for (size_t i = 0; i < NR_KINDS; i++) {
		write_seed(dir, kinds[i].codec, i, packed(i, &m, false));
		write_seed(dir, "bzimage", i, in_bzimage(packed(i, &m, kinds[i].size)));
	}
	write_seed(dir, "bzimage", NR_KINDS, in_bzimage(copy_of(m.data, m.len)));
	write_seed(dir, "uki", 0, in_uki(in_bzimage(packed(0, &m, false))));
	write_seed(dir, "uki", 1, in_uki(copy_of(m.data, m.len)));
	write_seed(dir, "elf", 0, copy_of(m.data, m.len));
	ao_386(&a);
	write_seed(dir, "aout", 0, copy_of(a.data, a.len));
	write_seed(dir, "aout", 1, pack("gzip -n", a.data, a.len));
	mk_guest(&m, "GUEST_OS=x,XEN_VER=xen-3.0,LOADER=generic,VIRT_BASE=0xc0000000");
	write_seed(dir, "elf", 1, copy_of(m.data, m.len));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bare),         cmocka_unit_test(test_packed),
		cmocka_unit_test(test_bzimage),      cmocka_unit_test(test_no_kernel),
		cmocka_unit_test(test_bad_packed),   cmocka_unit_test(test_bad_bzimage),
		cmocka_unit_test(test_every_prefix), cmocka_unit_test(test_aout),
		cmocka_unit_test(test_uki),          cmocka_unit_test(test_bad_uki),
		cmocka_unit_test(test_foreign),
	};

	if (argc == 3 && strcmp(argv[1], "--seeds") == 0) {
		write_seeds(argv[2]);
		return 0;
	}
	return cmocka_run_group_tests_name("kernel", tests, NULL, NULL);
}
