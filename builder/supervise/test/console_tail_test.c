/* The logs of xenconsoled: read as they grow, given back when read, and those of others emptied. */
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/supervise/console_tail.h"

static int dirfd;

static void append(const char *name, const char *text, size_t len)
{
	const int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_APPEND, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
}

static void say(const char *text)
{
	append("guest-web.log", text, strlen(text));
}

static void open_tail(struct console_tail *t)
{
	struct err e;

	KIT_CHECK(console_tail_open(t, dirfd, "web", &e) == 0, "%s", e.msg);
}

static void expect(struct console_tail *t, size_t size, const char *want)
{
	char buf[64];

	assert_int_equal(console_tail_read(t, buf, size), strlen(want));
	assert_memory_equal(buf, want, strlen(want));
}

static void test_read(void **state)
{
	struct console_tail t;
	struct stat st;

	(void)state;
	/* Whoever comes first makes it, for root alone. */
	open_tail(&t);
	assert_int_equal(fstatat(dirfd, "guest-web.log", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	expect(&t, 64, "");
	say("one");
	say("two");
	expect(&t, 64, "onetwo");
	expect(&t, 64, "");
	say("threefour");
	expect(&t, 5, "three");
	expect(&t, 64, "four");
	console_tail_close(&t);
	expect(&t, 64, "");
	console_tail_close(&t); /* twice is allowed */
	say("while nobody looked");
	open_tail(&t);
	expect(&t, 64, "");
	say("now");
	expect(&t, 64, "now");
	console_tail_close(&t);
}

static blkcnt_t blocks(void)
{
	struct stat st;

	assert_int_equal(fstatat(dirfd, "guest-web.log", &st, 0), 0);
	return st.st_blocks;
}

/* Memory that the read part takes is given back, while the writer goes on where it was. */
static void test_punched(void **state)
{
	static char data[32 * 1024];
	struct console_tail t;
	size_t n, got;
	blkcnt_t most = 0;

	(void)state;
	open_tail(&t);
	for (size_t i = 0; i < 64; i++) {
		memset(data, 'a' + (int)(i % 26), sizeof(data));
		append("guest-web.log", data, sizeof(data));
		for (got = 0; (n = console_tail_read(&t, data, sizeof(data))); got += n)
			assert_int_equal(data[0], 'a' + (int)(i % 26));
		assert_int_equal(got, sizeof(data));
		most = blocks() > most ? blocks() : most;
	}
	/* 2 MiB went through; in units of 512 bytes. */
	KIT_CHECK(most <= 1024, "%ld KiB were held", (long)most / 2);
	assert_true(t.at >= 2 << 20);
	console_tail_close(&t);
}

/* What has not been read stays. */
static void test_punched_half(void **state)
{
	static char data[256 * 1024];
	struct console_tail t;
	size_t n;

	(void)state;
	open_tail(&t);
	memset(data, 'x', sizeof(data));
	append("guest-web.log", data, sizeof(data));
	n = console_tail_read(&t, data, 65 * 1024);
	assert_int_equal(n, 65 * 1024);
	assert_true(t.punched == t.at);
	memset(data, 0, sizeof(data));
	n = console_tail_read(&t, data, sizeof(data));
	assert_int_equal(n, sizeof(data) - 65 * 1024);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(data[i], 'x');
	console_tail_close(&t);
}

static void test_open_fails(void **state)
{
	char msg[128], name[300];
	struct console_tail t;
	struct err e;

	(void)state;
	/* Where a path could lead out of the directory. */
	assert_int_equal(symlinkat("/dev/null", dirfd, "guest-link.log"), 0);
	assert_int_equal(console_tail_open(&t, dirfd, "link", &e), -1);
	snprintf(msg, sizeof(msg), "cannot open xenconsoled's log guest-link.log: %s",
		 strerror(ELOOP));
	assert_string_equal(e.msg, msg);
	assert_int_equal(t.fd, -1);
	assert_int_equal(unlinkat(dirfd, "guest-link.log", 0), 0);
	assert_int_equal(console_tail_open(&t, -1, "web", &e), -1);
	kit_good_message(&e);
	/* Names are never that long; if one were, this is its end. */
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	if (console_tail_open(&t, dirfd, name, &e) == 0) {
		console_tail_close(&t);
		memcpy(name, "guest-", 6);
		name[255] = '\0';
		assert_int_equal(unlinkat(dirfd, name, 0), 0);
	}
}

static off_t size_of(const char *name)
{
	struct stat st;

	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? -1 : st.st_size;
}

static void test_empty_others(void **state)
{
	static const char *const names[] = {"web", "db"};
	static const char *const kept[] = {"guest-web.log", "guest-db.log", "hypervisor.log",
					   "gues"};
	static const char *const emptied[] = {
		"guest-we.log", "guest-web2.log", "guest-webb.log",        "guest-.log",
		"guest-",       "guest-bd.log",   "guest-a long name.log", "guest-log",
	};
	struct stat st;

	(void)state;
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		append(kept[i], "12345", 5);
	for (size_t i = 0; i < sizeof(emptied) / sizeof(emptied[0]); i++)
		append(emptied[i], "12345", 5);
	/* What is no file is left alone, and what a link leads to. */
	assert_int_equal(mkdirat(dirfd, "guest-dir.log", 0700), 0);
	append("target", "12345", 5);
	assert_int_equal(symlinkat("target", dirfd, "guest-link.log"), 0);
	assert_int_equal(mkfifoat(dirfd, "guest-fifo.log", 0600), 0);

	console_tail_empty_others(dirfd, names, 2);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		KIT_CHECK(size_of(kept[i]) >= 5, "%s was emptied", kept[i]);
	for (size_t i = 0; i < sizeof(emptied) / sizeof(emptied[0]); i++)
		KIT_CHECK(size_of(emptied[i]) == 0, "%s was not emptied", emptied[i]);
	assert_int_equal(size_of("target"), 5);
	assert_int_equal(fstatat(dirfd, "guest-dir.log", &st, 0), 0);

	/* None of ours; and no directory. The next call begins anew. */
	console_tail_empty_others(dirfd, NULL, 0);
	assert_int_equal(size_of("guest-web.log"), 0);
	assert_int_equal(size_of("hypervisor.log"), 5);
	console_tail_empty_others(-1, NULL, 0);
	append("guest-bd.log", "12345", 5);
	console_tail_empty_others(dirfd, names, 2);
	assert_int_equal(size_of("guest-bd.log"), 0);
	assert_int_equal(size_of("guest-web.log"), 0);
}

/* One that is emptied goes on at its new end. */
static void test_empty_written(void **state)
{
	const int fd = openat(dirfd, "guest-other.log", O_WRONLY | O_CREAT | O_APPEND, 0600);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "12345", 5), 5);
	console_tail_empty_others(dirfd, NULL, 0);
	assert_int_equal(write(fd, "6", 1), 1);
	assert_int_equal(size_of("guest-other.log"), 1);
	close(fd);
}

static void test_type(void **state)
{
	char many[70000];
	int master, kept;
	size_t n;

	(void)state;
	assert_int_equal(console_tail_type(kit_path("nothing"), "x", 1), 0);
	assert_int_equal(console_tail_type(kit_path(""), "x", 1), 0); /* a directory */
	assert_int_equal(mkfifo(kit_path("fifo"), 0600), 0);
	assert_int_equal(console_tail_type(kit_path("fifo"), "x", 1), 0); /* does not wait */
	master = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(master >= 0 && !grantpt(master) && !unlockpt(master));
	kept = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_int_equal(console_tail_type(ptsname(master), "abc", 3), 3);
	kit_expect_typed(master, "abc");
	/* Full: what it takes, and then nothing, without waiting. */
	memset(many, 'x', sizeof(many));
	n = console_tail_type(ptsname(master), many, sizeof(many));
	assert_in_range(n, 1, sizeof(many) - 1);
	for (n = 0; n < 100 && console_tail_type(ptsname(master), many, sizeof(many)); n++)
		;
	assert_true(n < 100);
	close(kept);
	close(master);
}

static int begin(void **state)
{
	if (kit_begin(state) < 0 || mkdir(kit_path("logs"), 0700) < 0)
		return -1;
	dirfd = open(kit_path("logs"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dirfd < 0 ? -1 : 0;
}

static int end(void **state)
{
	close(dirfd);
	return kit_end(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),         cmocka_unit_test(test_punched),
		cmocka_unit_test(test_punched_half), cmocka_unit_test(test_open_fails),
		cmocka_unit_test(test_empty_others), cmocka_unit_test(test_empty_written),
		cmocka_unit_test(test_type),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
