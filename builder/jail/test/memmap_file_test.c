/* Memory map files that are read in the jail: their ranges, and errors with the file's name. */
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <unistd.h>

#include "builder/jail/memmap_file.h"

static void reads(const char *text, uint64_t size, const char *msg)
{
	struct e820_map m;
	struct err e = {.msg = ""};
	int fd;

	kit_text("map", text);
	fd = open(kit_path("map"), O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	jail_memmap(NULL, "/boot/map", fd, size ? size : strlen(text), &m, &e);
	close(fd);
	assert_string_equal(e.msg, msg);
	if (*msg)
		return;
	assert_int_equal(m.n, 2);
	assert_true(m.v[0].addr == 0 && m.v[0].size == 0x9fc00 && m.v[0].type == E820_RAM);
	assert_true(m.v[1].addr == 0x9fc00 && m.v[1].size == 0x400 && m.v[1].type == E820_ACPI);
}

static void test_files(void **state)
{
	(void)state;
	reads("0 9fc00 ram\n9fc00 a0000 acpi\n", 0, "");
	reads("0 9fc00 ram\n9fc00 a0000 rom\n", 0,
	      "/boot/map:2:13: unknown type 'rom', did you mean 'ram'?");
	reads("0 9fc00 ram\n", 100000, "/boot/map: the file has become shorter");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
