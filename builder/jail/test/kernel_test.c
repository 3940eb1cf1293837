/* Kernels that are opened in the jail: the same as in this process, and what can't be. */
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/jail/kernel.h"
#include "loaders/codec.h"
#include "loaders/kernel.h"
#include "loaders/test/elf_build.h"
#include "loaders/test/pack.h"
#include "loaders/test/room.h"

#define LIMIT ((size_t)128 << 20)

static struct kernel_facts facts;
static struct err e;
static int unpacked;

/* Opens a file as if it had that many bytes; 0 for as many as it has. */
static int open_sized(const char *name, uint64_t size, uint64_t limit)
{
	const int fd = open(kit_path(name), O_RDONLY | O_CLOEXEC);
	struct stat st;
	int rc;

	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	e = (struct err){.msg = ""};
	rc = jail_kernel(NULL, fd, size ? size : (uint64_t)st.st_size, limit, &facts, &unpacked,
			 &e);
	close(fd);
	if (rc < 0)
		assert_int_equal(unpacked, -1);
	return rc;
}

/* What is in the jail is what is here. */
static void is_same(const char *name)
{
	static struct kernel_facts here;
	const int fd = open(kit_path(name), O_RDONLY | O_CLOEXEC);
	struct room room = room_make(LIMIT);
	const uint8_t *map;
	struct stat st;
	struct err why;

	KIT_CHECK(open_sized(name, 0, LIMIT) == 0, "%s", e.msg);
	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	assert_true(map != MAP_FAILED);
	KIT_CHECK(kernel_open(map, (size_t)st.st_size, false, &room, &here, &why) == 0, "%s",
		  why.msg);
	assert_memory_equal(&facts, &here, sizeof(facts));
	assert_true((unpacked >= 0) == (facts.where == KERNEL_UNPACKED));
	if (unpacked >= 0) {
		const size_t size = (size_t)lseek(unpacked, 0, SEEK_END);
		const uint8_t *out = mmap(NULL, size, PROT_READ, MAP_SHARED, unpacked, 0);

		assert_true(out != MAP_FAILED);
		assert_int_equal(size, facts.unpacked_size);
		assert_memory_equal(out, room.data, size);
		munmap((void *)(uintptr_t)out, size);
		close(unpacked);
	}
	munmap((void *)(uintptr_t)map, (size_t)st.st_size);
	room_free(&room);
	close(fd);
}

static void write_packed(const char *cmd)
{
	static struct mk m;
	struct bytes b;

	mk_linux(&m);
	b = pack(cmd, m.data, m.len);
	kit_write("packed", b.data, b.len);
	free(b.data);
}

static void test_same(void **state)
{
	static const char *const cmds[] = {"gzip -n",          "xz --check=crc32",
					   "xz --check=crc64", "xz --format=lzma",
					   "zstd -q",          "lz4 -q"};

	(void)state;
	is_same("kernel");
	kit_slow_kernel("slow.gz");
	is_same("slow.gz");
	for (size_t i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++) {
		write_packed(cmds[i]);
		is_same("packed");
	}
}

static void refuses(const char *name, uint64_t size, uint64_t limit, bool passing, const char *msg)
{
	assert_int_equal(open_sized(name, size, limit), -1);
	assert_string_equal(e.msg, msg);
	assert_int_equal(e.passing, passing);
}

static void test_refused(void **state)
{
	(void)state;
	kit_text("text", "no kernel");
	refuses("text", 0, LIMIT, false,
		"not a kernel: neither an ELF file, nor a bzImage, nor an a.out of Plan 9, nor "
		"packed in a way that is known");
	refuses("slow.gz", 0, 1 << 20, false, "gzip: unpacks to more than 1 MiB");
	refuses("slow.gz", 0, 4097, false, "gzip: unpacks to more than 4097 bytes");
	/* It ends before its last page does. */
	refuses("slow.gz", 1 << 20, LIMIT, true, "the file has become shorter");
}

/* What a decoder takes for itself is bounded: xz states a dictionary of 1 GiB. */
static void test_memory(void **state)
{
	(void)state;
	write_packed("xz --check=crc64 --lzma2=dict=1GiB");
	assert_int_equal(open_sized("packed", 0, LIMIT), -1);
	assert_non_null(strstr(e.msg, "xz: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
