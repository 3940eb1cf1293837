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
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
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

/* Renames a file to and fro, until it is ended. */
static pid_t rename_on(void)
{
	char a[128], b[128];
	const pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(a, sizeof(a), "%s/a", dir);
	snprintf(b, sizeof(b), "%s/b", dir);
	for (;;) {
		rename(a, b);
		rename(b, a);
	}
}

/* What others do to other files meanwhile is nothing to a path with "..". */
static void open_through_renames(void)
{
	char path[128];
	int fd = 0;
	pid_t pid;

	put("a", "a");
	pid = rename_on();
	assert_true(pid > 0);
	for (int i = 0; i < 20000 && fd >= 0; i++) {
		fd = root_file_open(dir, "/../../kernel", O_RDONLY);
		if (fd >= 0)
			close(fd);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(fd >= 0);
	snprintf(path, sizeof(path), "%s/a", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/b", dir);
	unlink(path);
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
	open_through_renames();
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
