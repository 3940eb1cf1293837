/* Console logs: bounded, the newest kept. */
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bounded_log.h"

static int dirfd_;

static int begin(void **state)
{
	if (kit_begin(state) < 0)
		return -1;
	dirfd_ = open(kit_path(""), O_RDONLY | O_DIRECTORY);
	return dirfd_ < 0 ? -1 : 0;
}

static int end(void **state)
{
	close(dirfd_);
	return kit_end(state);
}

static off_t size_of(const char *name)
{
	struct stat st;

	assert_int_equal(stat(kit_path(name), &st), 0);
	return st.st_size;
}

static void test_append(void **state)
{
	char buf[64];
	struct bounded_log l;
	struct err e;

	(void)state;
	assert_int_equal(bounded_log_open(&l, dirfd_, "a", &e), 0);
	assert_int_equal(bounded_log_tail(&l, buf, sizeof(buf)), 0);
	bounded_log_write(&l, "one\n", 4);
	bounded_log_write(&l, "", 0);
	bounded_log_write(&l, "two\n", 4);
	bounded_log_close(&l);
	bounded_log_close(&l);
	bounded_log_write(&l, "lost\n", 5); /* a closed one takes it and forgets it */
	assert_int_equal(bounded_log_tail(&l, buf, sizeof(buf)), 0);
	/* A supervisor that comes later goes on with it. */
	assert_int_equal(bounded_log_open(&l, dirfd_, "a", &e), 0);
	bounded_log_write(&l, "three\n", 6);
	assert_int_equal(bounded_log_tail(&l, buf, sizeof(buf)), 14);
	assert_memory_equal(buf, "one\ntwo\nthree\n", 14);
	assert_int_equal(bounded_log_tail(&l, buf, 7), 7);
	assert_memory_equal(buf, "\nthree\n", 7);
	bounded_log_close(&l);
	assert_string_equal(kit_read("a.log", buf, sizeof(buf)), "one\ntwo\nthree\n");
}

static void test_bound(void **state)
{
	static char text[CONLOG_MAX + 4096];
	char line[16];
	struct bounded_log l;
	struct err e;
	unsigned n;

	(void)state;
	assert_int_equal(bounded_log_open(&l, dirfd_, "b", &e), 0);
	for (unsigned i = 0; i < CONLOG_MAX / 4; i++) {
		snprintf(line, sizeof(line), "line %07u\n", i);
		bounded_log_write(&l, line, 13);
		assert_true(l.size <= CONLOG_MAX);
	}
	assert_true(size_of("b.log") <= CONLOG_MAX);
	assert_true(size_of("b.log") >= CONLOG_MAX / 2 - 13);
	/* Whole lines, none missing, up to the newest. */
	kit_read("b.log", text, sizeof(text));
	assert_int_equal(strlen(text), l.size);
	assert_int_equal(sscanf(text, "line %u", &n), 1);
	for (char *p = text; *p; p += 13, n++) {
		snprintf(line, sizeof(line), "line %07u\n", n);
		assert_memory_equal(p, line, 13);
	}
	assert_int_equal(n, CONLOG_MAX / 4);
	bounded_log_close(&l);
}

static void test_huge_writes(void **state)
{
	static char big[CONLOG_MAX * 2], text[CONLOG_MAX + 4096];
	struct bounded_log l;
	struct err e;

	(void)state;
	assert_int_equal(bounded_log_open(&l, dirfd_, "c", &e), 0);
	memset(big, 'x', sizeof(big));
	memcpy(big + sizeof(big) - 5, "end.\n", 5);
	bounded_log_write(&l, "old\n", 4);
	bounded_log_write(&l, big, sizeof(big));
	bounded_log_write(&l, big, sizeof(big)); /* no line's start to cut at */
	assert_true(size_of("c.log") <= CONLOG_MAX);
	kit_read("c.log", text, sizeof(text));
	assert_string_equal(text + strlen(text) - 5, "end.\n");
	assert_int_equal(strlen(text), l.size);
	bounded_log_close(&l);

	/* One from a build with a larger bound is cut at the next write. */
	kit_write("d.log", big, sizeof(big));
	assert_int_equal(bounded_log_open(&l, dirfd_, "d", &e), 0);
	bounded_log_write(&l, "new\n", 4);
	assert_true(size_of("d.log") <= CONLOG_MAX);
	kit_read("d.log", text, sizeof(text));
	assert_string_equal(text + strlen(text) - 4, "new\n");
	bounded_log_close(&l);
}

/* Without memory for the half to keep, the new output is kept all the same. */
static void test_no_memory(void **state)
{
	static char half[CONLOG_MAX / 2];
	char text[16];
	struct bounded_log l;
	struct err e;

	(void)state;
	memset(half, 'y', sizeof(half));
	assert_int_equal(bounded_log_open(&l, dirfd_, "e", &e), 0);
	bounded_log_write(&l, half, sizeof(half));
	bounded_log_write(&l, half, sizeof(half));
	fake_alloc_fail_at(1);
	bounded_log_write(&l, "new\n", 4);
	assert_true(fake_alloc_failed());
	fake_alloc_fail_at(0);
	assert_int_equal(l.size, 4);
	assert_string_equal(kit_read("e.log", text, sizeof(text)), "new\n");
	bounded_log_close(&l);
}

static void test_cannot_open(void **state)
{
	struct bounded_log l;
	struct err e;

	(void)state;
	assert_int_equal(mkdir(kit_path("dir.log"), 0700), 0);
	assert_int_equal(bounded_log_open(&l, dirfd_, "dir", &e), -1);
	assert_string_equal(e.msg, "cannot write the console log dir.log: Is a directory");
}

/* The longest name that a guest may have, with dots in it, as one that names a log already. */
static void test_names(void **state)
{
	char name[128], file[140];
	struct bounded_log l;
	struct err e;

	(void)state;
	memset(name, 'x', sizeof(name));
	strcpy(name + 123, ".log");
	snprintf(file, sizeof(file), "%s.log", name);
	assert_int_equal(bounded_log_open(&l, dirfd_, name, &e), 0);
	bounded_log_write(&l, "text", 4);
	assert_int_equal(size_of(file), 4);
	bounded_log_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_append),      cmocka_unit_test(test_bound),
		cmocka_unit_test(test_huge_writes), cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_cannot_open), cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
