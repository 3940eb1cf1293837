/*
 * Files below another root: its links are its own.
 */
#include "base/root_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/earlydom-root.XXXXXX";

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void has(const char *root, const char *path, const char *want)
{
	char text[16] = "";
	const int fd = root_file_open(root, path, O_RDONLY);

	assert_true(fd >= 0);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	assert_string_equal(text, want);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
}

static void test_open(void **state)
{
	char path[128];

	(void)state;
	assert_non_null(mkdtemp(dir));
	put("kernel", "inside");
	snprintf(path, sizeof(path), "%s/link", dir);
	assert_int_equal(symlink("/kernel", path), 0);
	has(dir, "/kernel", "inside");
	has(dir, "/link", "inside");
	has(dir, "/../../kernel", "inside");
	snprintf(path, sizeof(path), "%s/kernel", dir);
	has(NULL, path, "inside");
	assert_int_equal(root_file_open(dir, "/missing", O_RDONLY), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(root_file_open("/no/where", "/kernel", O_RDONLY), -1);
	assert_int_equal(errno, ENOENT);
	unlink(path);
	snprintf(path, sizeof(path), "%s/link", dir);
	unlink(path);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
