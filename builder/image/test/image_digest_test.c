/* Digests of image files: computed once for one state of the file, and again for another. */
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/sha256.h"
#include "builder/image/image_digest.h"

/* FIPS 180-4's example. */
#define ABC   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define OTHER "0000000000000000000000000000000000000000000000000000000000000001"

static struct image_cache cache;
static struct file_digest given;
static struct guest_file is;
static struct err e;

static struct image_file *hold(const char *name, const char *digest)
{
	static char path[256];
	struct image_file *f;

	snprintf(path, sizeof(path), "%s", kit_path(name));
	is = (struct guest_file){.is = FILE_KERNEL,
				 .what = "kernel",
				 .path = path,
				 .digest_key = "kernel_sha256",
				 .digest = &given};
	assert_int_equal(file_digest_read(digest, &given), FILE_DIGEST_DIGITS);
	f = image_hold(&cache, "kernel", path, &e);
	assert_non_null(f);
	return f;
}

static void says(const char *fmt)
{
	char want[512];

	snprintf(want, sizeof(want), fmt, is.path);
	assert_string_equal(e.msg, want);
	kit_good_message(&e);
}

static void test_compared(void **state)
{
	struct image_file *f;
	struct file_state s;

	(void)state;
	kit_text("file", "abc");
	f = hold("file", ABC);
	KIT_CHECK(image_check_digest(f, &is, &s, &e) == 0, "%s", e.msg);
	assert_int_equal(s.size, 3);
	image_drop(&cache, f);
	f = hold("file", OTHER);
	assert_int_equal(image_check_digest(f, &is, &s, &e), -1);
	says("kernel %s: its sha256 is " ABC ", and kernel_sha256 says " OTHER);
	assert_false(e.passing);
	image_drop(&cache, f);
}

/* Both digests are seen, however long the path is. */
static void test_long_path(void **state)
{
	static char path[4000];
	struct image_file *f;
	struct file_state s;

	(void)state;
	kit_text("file", "abc");
	f = hold("file", OTHER);
	memset(path, 'x', sizeof(path) - 1);
	is.path = path;
	assert_int_equal(image_check_digest(f, &is, &s, &e), -1);
	assert_non_null(strstr(e.msg, ABC));
	assert_non_null(strstr(e.msg, OTHER));
	image_drop(&cache, f);
}

/* It is computed again only when something has happened to the file. */
static void test_computed_once(void **state)
{
	struct image_file *f;
	struct file_state s;

	(void)state;
	kit_text("file", "abc");
	f = hold("file", ABC);
	assert_int_equal(image_check_digest(f, &is, &s, &e), 0);
	f->digest[0] ^= 1; /* what is known of it */
	assert_int_equal(image_check_digest(f, &is, &s, &e), -1);
	says("kernel %s: its sha256 is bb7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f200"
	     "15ad, and kernel_sha256 says " ABC);
	assert_int_equal(chmod(is.path, 0400), 0);
	KIT_CHECK(image_check_digest(f, &is, &s, &e) == 0, "%s", e.msg);
	image_drop(&cache, f);
}

/* A file that is written to in its place. */
static void test_written(void **state)
{
	static const char *const texts[] = {"abd", "abc", "abe"};
	struct image_file *f;
	struct file_state s;

	(void)state;
	kit_text("file", "abc");
	f = hold("file", ABC);
	assert_int_equal(image_check_digest(f, &is, &s, &e), 0);
	/* At once: within one tick of the clock that its times are of, too. */
	for (size_t i = 0; i < 60; i++) {
		const char *text = texts[i % 3];

		kit_text("file", text);
		assert_int_equal(image_check_digest(f, &is, &s, &e), strcmp(text, "abc") ? -1 : 0);
	}
	image_drop(&cache, f);
}

/* A state is one of the file before anybody could have written to it in the same tick. */
static void test_settles(void **state)
{
	uint8_t digest[FILE_DIGEST_BYTES];
	struct image_file *f;
	struct file_state s;
	struct timespec now;
	int64_t ns;

	(void)state;
	kit_text("file", "abc");
	f = hold("file", ABC);
	assert_int_equal(image_digest(f, digest, &s, &e), 0);
	clock_gettime(CLOCK_REALTIME, &now);
	ns = (int64_t)(now.tv_sec - s.ctime.tv_sec) * 1000000000 + now.tv_nsec - s.ctime.tv_nsec;
	assert_true(ns >= 20 * 1000000);
	image_drop(&cache, f);
}

/* What is used are as many bytes as there were when it was opened. */
static void test_resized(void **state)
{
	struct image_file *f;
	struct file_state s;

	(void)state;
	kit_text("file", "ab");
	f = hold("file", ABC);
	kit_text("file", "abc");
	assert_int_equal(image_check_digest(f, &is, &s, &e), -1);
	says("cannot compute the sha256 of kernel %s: the file had 2 bytes when it was opened, and "
	     "has 3");
	assert_true(e.passing);
	kit_text("file", "ab");
	assert_int_equal(image_check_digest(f, &is, &s, &e), -1);
	assert_non_null(strstr(e.msg, "its sha256 is fb8e20fc"));
	image_drop(&cache, f);
}

static void test_same(void **state)
{
	struct file_state s, before;
	struct image_file *f;

	(void)state;
	kit_text("file", "abc");
	f = hold("file", ABC);
	assert_int_equal(image_check_digest(f, &is, &s, &e), 0);
	before = s;
	KIT_CHECK(image_check_same(f, &is, &s, &e) == 0, "%s", e.msg);
	assert_true(file_state_same(&s, &before));
	/* The switch of the root takes the name away. */
	assert_int_equal(unlink(is.path), 0);
	KIT_CHECK(image_check_same(f, &is, &s, &e) == 0, "%s", e.msg);
	assert_true(file_state_unwritten(&s, &before));
	assert_false(file_state_same(&s, &before));
	image_drop(&cache, f);

	kit_text("file", "abc");
	f = hold("file", ABC);
	assert_int_equal(image_check_digest(f, &is, &s, &e), 0);
	kit_text("file", "abc");
	assert_int_equal(image_check_same(f, &is, &s, &e), -1);
	says("kernel %s has changed since its sha256 was computed");
	assert_true(e.passing);
	image_drop(&cache, f);
}

/* Somebody who sets the time of the last write back is seen by the time of the last change. */
static void test_set_back(void **state)
{
	struct image_file *f;
	struct file_state s;
	struct timespec times[2];

	(void)state;
	kit_text("file", "abc");
	f = hold("file", ABC);
	assert_int_equal(image_check_digest(f, &is, &s, &e), 0);
	times[0] = times[1] = s.mtime;
	kit_text("file", "abd");
	assert_int_equal(utimensat(AT_FDCWD, is.path, times, 0), 0);
	assert_int_equal(image_check_same(f, &is, &s, &e), -1);
	assert_non_null(strstr(e.msg, ": its sha256 is a52d159f"));
	image_drop(&cache, f);
}

static atomic_bool writing;

static void *write_to_it(void *arg)
{
	while (writing) {
		kit_write(arg, "x", 1);
		assert_int_equal(truncate(kit_path(arg), 64 << 20), 0);
		usleep(1000);
	}
	return NULL;
}

/* What is written to while it is read has no digest. */
static void test_meanwhile(void **state)
{
	static char name[] = "large";
	struct image_file *f;
	struct file_state s;
	pthread_t t;

	(void)state;
	kit_text(name, "x");
	assert_int_equal(truncate(kit_path(name), 64 << 20), 0);
	f = hold(name, ABC);
	writing = true;
	assert_int_equal(pthread_create(&t, NULL, write_to_it, name), 0);
	do
		assert_int_equal(image_check_digest(f, &is, &s, &e), -1);
	while (strstr(e.msg, "when it was opened")); /* between its two steps */
	writing = false;
	pthread_join(t, NULL);
	says("cannot compute the sha256 of kernel %s: somebody writes to the file");
	assert_true(e.passing);
	image_drop(&cache, f);
	assert_int_equal(unlink(kit_path(name)), 0);
}

/* No jail, no digest; and nothing that can be taken for one. */
static void test_no_jail(void **state)
{
	struct image_file *f;
	struct file_state s;

	(void)state;
	kit_text("file", "abc");
	f = hold("file", ABC);
	close(f->fd);
	f->fd = open(is.path, O_RDWR | O_CLOEXEC);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(image_check_digest(f, &is, &s, &e), -1);
		says("cannot compute the sha256 of kernel %s: the file is not open for reading "
		     "only");
	}
	close(f->fd);
	f->fd = open(is.path, O_RDONLY | O_CLOEXEC);
	KIT_CHECK(image_check_digest(f, &is, &s, &e) == 0, "%s", e.msg);
	image_drop(&cache, f);
}

struct asker {
	struct image_file *file;
	pthread_t thread;
	uint8_t digest[FILE_DIGEST_BYTES];
	struct file_state state;
	int rc;
};

static void *ask(void *arg)
{
	struct asker *a = arg;
	struct err ignored;

	a->rc = image_digest(a->file, a->digest, &a->state, &ignored);
	return NULL;
}

/* Those who share a file wait for the one who computes it. */
static void test_shared(void **state)
{
	struct asker askers[4];
	struct image_file *f;
	char text[FILE_DIGEST_DIGITS + 1];

	(void)state;
	kit_text("file", "abc");
	f = hold("file", ABC);
	for (size_t i = 0; i < 4; i++) {
		askers[i] = (struct asker){.file = f};
		assert_int_equal(pthread_create(&askers[i].thread, NULL, ask, &askers[i]), 0);
	}
	for (size_t i = 0; i < 4; i++) {
		pthread_join(askers[i].thread, NULL);
		assert_int_equal(askers[i].rc, 0);
		assert_string_equal(file_digest_show(askers[i].digest, text), ABC);
		assert_true(file_state_same(&askers[i].state, &askers[0].state));
	}
	image_drop(&cache, f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compared),      cmocka_unit_test(test_long_path),
		cmocka_unit_test(test_computed_once), cmocka_unit_test(test_written),
		cmocka_unit_test(test_settles),       cmocka_unit_test(test_resized),
		cmocka_unit_test(test_same),          cmocka_unit_test(test_set_back),
		cmocka_unit_test(test_meanwhile),     cmocka_unit_test(test_no_jail),
		cmocka_unit_test(test_shared),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
