/* The digest of a file, and through it what every job of the jail has in common. */
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/sha256.h"
#include "builder/fake/child.h"
#include "builder/jail/digest.h"

static struct err e;

static int open_file(const char *name, int flags)
{
	const int fd = open(kit_path(name), flags | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void test_sum(void **state)
{
	static uint8_t data[100001];
	uint8_t want[SHA256_BYTES], sum[SHA256_BYTES];
	struct sha256 s;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * i >> 3);
	for (size_t len = 0; len <= sizeof(data); len += len < 3 ? 1 : 33332) {
		int fd;

		kit_write("data", data, len);
		fd = open_file("data", O_RDONLY);
		/* Wherever somebody has read to before. */
		lseek(fd, 1, SEEK_SET);
		KIT_CHECK(jail_digest(NULL, fd, sum, &e) == 0, "%s", e.msg);
		close(fd);
		sha256_begin(&s);
		sha256_add(&s, data, len);
		sha256_end(&s, want);
		assert_memory_equal(sum, want, sizeof(sum));
	}
}

static void test_errors(void **state)
{
	uint8_t sum[SHA256_BYTES];
	int fd;

	(void)state;
	fd = open_file(".", O_RDONLY | O_DIRECTORY);
	assert_int_equal(jail_digest(NULL, fd, sum, &e), -1);
	assert_string_equal(e.msg, "cannot read the file: Is a directory");
	close(fd);
	fd = open_file("kernel", O_RDWR);
	assert_int_equal(jail_digest(NULL, fd, sum, &e), -1);
	assert_string_equal(e.msg, "the file is not open for reading only");
	close(fd);
	assert_int_equal(jail_digest(NULL, fd, sum, &e), -1);
	assert_string_equal(e.msg, "cannot read the file: Bad file descriptor");
}

static void digest_kernel(struct err *err)
{
	uint8_t sum[SHA256_BYTES];

	if (jail_digest(NULL, open_file("kernel", O_RDONLY), sum, err) == 0)
		err_set(err, "it was summed");
}

/* The numbers that the files get in the child are those of other files here. */
static void without_standard_files(struct err *err)
{
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	digest_kernel(err);
}

static void no_filters(struct err *err)
{
	child_refuse(SYS_seccomp, EINVAL);
	digest_kernel(err);
}

static void no_memfd(struct err *err)
{
	child_refuse(SYS_memfd_create, ENOSYS);
	digest_kernel(err);
}

static void no_pidfd(struct err *err)
{
	child_refuse(SYS_pidfd_open, ENOSYS);
	digest_kernel(err);
}

static void no_capset(struct err *err)
{
	child_refuse(SYS_capset, EPERM);
	digest_kernel(err);
}

static void stays_root(struct err *err)
{
	child_refuse(SYS_setresuid, EPERM);
	digest_kernel(err);
}

static void unlimited(struct err *err)
{
	/* glibc has only the one for both. */
	child_refuse(SYS_prlimit64, EPERM);
	digest_kernel(err);
}

static void open_to_others(struct err *err)
{
	child_refuse(SYS_close_range, EPERM);
	digest_kernel(err);
}

/* A jail that lacks something is none: nothing is read then. */
static void test_no_jail(void **state)
{
	(void)state;
	assert_string_equal(child_says(digest_kernel), "it was summed");
	assert_string_equal(child_says(without_standard_files), "it was summed");
	assert_string_equal(child_says(no_filters),
			    "no jail for the digest: no filter of system calls "
			    "(CONFIG_SECCOMP_FILTER): Invalid argument");
	assert_string_equal(child_says(no_memfd), "memory that a jail shares can't be had: "
						  "Function not implemented");
	assert_string_equal(child_says(no_pidfd), "no jail for the digest: pidfd_open: "
						  "Function not implemented");
	assert_string_equal(child_says(no_capset), "no jail for the digest: its capabilities "
						   "can't be dropped: Operation not permitted");
	assert_string_equal(child_says(unlimited), "no jail for the digest: its limits can't be "
						   "set: Operation not permitted");
	assert_string_equal(child_says(open_to_others),
			    "no jail for the digest: its files can't be handed over");
	if (geteuid() == 0)
		assert_string_equal(child_says(stays_root), "no jail for the digest: it stays "
							    "root: Operation not permitted");
	else
		print_message("# not root: nobody to become\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sum),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_no_jail),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
