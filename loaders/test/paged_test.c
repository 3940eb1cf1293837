/*
 * Pages: those of the output that come at once, those of the input that go.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "loaders/codec.h"
#include "pack.h"
#include "loaders/codecs.h"
#include "room.h"

#define PAGE   ((size_t)4096)
#define MIB    ((size_t)1 << 20)
#define SAMPLE (5 * MIB)

/* How many of the pages that hold len bytes at `at` are mapped (bit 63:
 * Documentation/admin-guide/mm/ pagemap.rst in Linux). */
static size_t mapped_pages(const uint8_t *at, size_t len)
{
	const uintptr_t first = (uintptr_t)at / PAGE, end = ((uintptr_t)at + len + PAGE - 1) / PAGE;
	int fd = open("/proc/self/pagemap", O_RDONLY);
	size_t n = 0;
	uint64_t entry;

	assert_true(fd >= 0);
	for (uintptr_t i = first; i < end; i++) {
		assert_int_equal(pread(fd, &entry, sizeof(entry), (off_t)(i * sizeof(entry))),
				 sizeof(entry));
		n += entry >> 63;
	}
	close(fd);
	return n;
}

/* ---- the output ---- */

/* A codec that tells how much of its output there is before it writes. */
static size_t found;

static int look(const struct packed *in, uint8_t *out, size_t out_cap, size_t *used,
		size_t *out_len, struct err *e)
{
	(void)e;
	found = mapped_pages(out, out_cap);
	*used = in->len;
	*out_len = 1;
	return 0;
}

static const struct codec looking = {.name = "looking", .unpack = look};

static size_t found_with(size_t len, size_t stated, size_t limit)
{
	const struct packed in = {.len = len, .stated = stated};
	struct room room = room_make(limit);
	size_t size, used;
	struct err e;

	found = SIZE_MAX;
	assert_int_equal(codec_unpack(&looking, &in, &room, &size, &used, &e), 0);
	room_free(&room);
	return found;
}

static void test_stated(void **state)
{
	(void)state;
	assert_int_equal(found_with(MIB, 3 * MIB + 1, 16 * MIB), 3 * MIB / PAGE + 1);
	assert_int_equal(found_with(MIB, 16 * MIB, 16 * MIB), 16 * MIB / PAGE);
	assert_int_equal(found_with(MIB, 0, 16 * MIB), 0);
}

/* More than is allowed, and more than so short a stream can be. */
static void test_lies(void **state)
{
	(void)state;
	assert_int_equal(found_with(16 * MIB, 16 * MIB + 1, 16 * MIB), 0);
	assert_int_equal(found_with(16 * MIB, SIZE_MAX, 16 * MIB), 0);
	assert_int_equal(found_with(1000, 16 * MIB, 16 * MIB), 0);
	assert_int_equal(found_with(0, 16 * MIB, 16 * MIB), 0);
}

/* ---- the input ---- */

/* Bytes that pack to three quarters, with what the x86 filter takes for calls among them. */
static uint8_t *sample(void)
{
	uint8_t *p = malloc(SAMPLE);
	uint32_t x = 1;

	assert_non_null(p);
	for (size_t i = 0; i < SAMPLE; i++) {
		x = x * 1664525 + 1013904223;
		p[i] = x >> 26 ? (uint8_t)(x >> 24 & 0x3f) : 0xe8;
	}
	return p;
}

/* A file whose packed bytes begin at an offset, as in a bzImage. */
static int write_file(size_t offset, const struct bytes *p)
{
	int fd = memfd_create("packed", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, p->data, p->len, (off_t)offset), p->len);
	return fd;
}

static void unpacks(const char *cmd, size_t offset, const uint8_t *want)
{
	struct bytes p = pack(cmd, want, SAMPLE);
	int fd = write_file(offset, &p);
	uint8_t *map = mmap(NULL, offset + p.len, PROT_READ, MAP_PRIVATE, fd, 0);
	struct packed in = {.data = map + offset, .len = p.len, .paged = true};
	struct room room = room_make(SAMPLE);
	size_t size, used;
	struct err e;

	assert_true(map != MAP_FAILED && p.len > 3 * MIB);
	if (codec_unpack(codec_find(in.data, in.len), &in, &room, &size, &used, &e) != 0)
		fail_msg("%s: %s", cmd, e.msg);
	assert_int_equal(used, p.len);
	assert_int_equal(size, SAMPLE);
	assert_memory_equal(room.data, want, SAMPLE);
	/* What is left is the end, and what the kernel mapped around it. */
	assert_true(mapped_pages(in.data, in.len) < MIB / PAGE);
	/* The dropped pages are read again from the file when they are used. */
	assert_memory_equal(in.data, p.data, p.len);
	room_free(&room);
	munmap(map, offset + p.len);
	close(fd);
	free(p.data);
}

static void test_dropped(void **state)
{
	uint8_t *want = sample();

	(void)state;
	unpacks("xz --check=crc32 --x86 --lzma2=dict=1MiB", 0, want);
	unpacks("xz --check=crc32 --x86 --lzma2=dict=1MiB", 5 * PAGE + 1000, want);
	unpacks("xz --check=none --lzma2=dict=64KiB", 17, want);
	free(want);
}

/* Memory that is not mapped from a file would be lost, so it is not dropped. */
static void test_kept(void **state)
{
	uint8_t *want = sample();
	struct bytes p = pack("xz --check=crc32 --x86 --lzma2=dict=1MiB", want, SAMPLE);
	const size_t len = (p.len + PAGE - 1) / PAGE * PAGE;
	uint8_t *copy = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct packed in = {.data = copy, .len = p.len};
	struct room room = room_make(SAMPLE);
	size_t size, used;
	struct err e;

	(void)state;
	assert_true(copy != MAP_FAILED);
	memcpy(copy, p.data, p.len);
	if (codec_unpack(codec_find(in.data, in.len), &in, &room, &size, &used, &e) != 0)
		fail_msg("%s", e.msg);
	assert_memory_equal(room.data, want, SAMPLE);
	assert_memory_equal(copy, p.data, p.len);
	room_free(&room);
	munmap(copy, len);
	free(p.data);
	free(want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stated),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_dropped),
		cmocka_unit_test(test_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
