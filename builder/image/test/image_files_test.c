/* Images: held once however many guests name them, and what can't be one. */
#include "builder/fake/kit.h"

#include <elf.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/image/image_files.h"

static struct image_cache cache;

static void refused(const char *name, const char *cause)
{
	char path[256], msg[512];
	struct err e;

	snprintf(path, sizeof(path), "%s", kit_path(name));
	assert_null(image_hold(&cache, "ramdisk", path, &e));
	snprintf(msg, sizeof(msg), "cannot read ramdisk %s: %s", path, cause);
	assert_string_equal(e.msg, msg);
	assert_null(cache.files);
}

static void done(struct image_file *f)
{
	const int unpacked = image_kernel_done(f);

	if (unpacked >= 0)
		close(unpacked);
}

static void test_refused(void **state)
{
	(void)state;
	refused("missing", "No such file or directory");
	refused("", "Is a directory");
	assert_int_equal(mkfifo(kit_path("fifo"), 0600), 0);
	refused("fifo", "not a regular file"); /* and nobody waits for a writer */
	kit_text("empty", "");
	refused("empty", "the file is empty");
	refused("kernel/below", "Not a directory");
	assert_int_equal(symlink("loop", kit_path("loop")), 0);
	refused("loop", strerror(ELOOP));
}

static void has(const struct image_file *f, const char *want)
{
	char text[16] = "";
	struct err e;

	KIT_CHECK(image_copy(f, 0, strlen(want), text, &e) == 0, "%s", e.msg);
	assert_string_equal(text, want);
}

static void test_shared(void **state)
{
	struct image_file *a, *b, *c, *d, *same;
	struct err e;

	(void)state;
	assert_int_equal(link(kit_path("kernel"), kit_path("hard")), 0);
	assert_int_equal(symlink("kernel", kit_path("soft")), 0);
	kit_text("other", "other");
	a = image_hold(&cache, "kernel", kit_path("kernel"), &e);
	b = image_hold(&cache, "kernel", kit_path("hard"), &e);
	c = image_hold(&cache, "kernel", kit_path("soft"), &e);
	d = image_hold(&cache, "ramdisk", kit_path("other"), &e);
	assert_non_null(a);
	assert_ptr_equal(a, b);
	assert_ptr_equal(a, c);
	assert_ptr_not_equal(a, d);
	assert_int_equal(a->users, 3);
	assert_int_equal(d->size, 5);
	has(d, "other");
	/* Another file of the same size is another file. */
	kit_text("same", "OTHER");
	e.msg[0] = '\0';
	same = image_hold(&cache, "ramdisk", kit_path("same"), &e);
	assert_non_null(same);
	assert_ptr_not_equal(same, d);
	has(same, "OTHER");
	image_drop(&cache, same);
	/* The bytes stay when the file goes. */
	unlink(kit_path("other"));
	has(d, "other");
	image_drop(&cache, d);
	image_drop(&cache, a);
	image_drop(&cache, b);
	assert_ptr_equal(cache.files, c);
	image_drop(&cache, c);
	image_drop(&cache, NULL);
	assert_null(cache.files);
}

/* From the first plan to the last done it is unpacked once. */
static void test_kernel(void **state)
{
	const struct kernel_facts *k;
	struct image_file *f;
	struct err e;

	(void)state;
	f = image_hold(&cache, "kernel", kit_path("kernel"), &e);
	assert_non_null(f);
	image_plan_kernel(f);
	image_plan_kernel(f);
	k = image_kernel(f, &e);
	assert_non_null(k);
	assert_true(elf_can_pv(&k->info) && elf_can_pvh(&k->info));
	done(f);
	assert_true(f->kernel_open);
	assert_ptr_equal(image_kernel(f, &e), k);
	done(f);
	assert_false(f->kernel_open);
	/* Again, for a restart. */
	image_plan_kernel(f);
	assert_non_null(image_kernel(f, &e));
	done(f);
	image_drop(&cache, f);
}

/* What a kernel was unpacked to is handed out by the last one that needs it. */
static void test_unpacked(void **state)
{
	struct image_file *f;
	char head[SELFMAG];
	struct err e;
	int fd;

	(void)state;
	kit_slow_kernel("packed.gz");
	f = image_hold(&cache, "kernel", kit_path("packed.gz"), &e);
	assert_non_null(f);
	image_plan_kernel(f);
	image_plan_kernel(f);
	KIT_CHECK(image_kernel(f, &e), "%s", e.msg);
	KIT_CHECK(image_copy_kernel(f, 0, SELFMAG, head, &e) == 0, "%s", e.msg);
	assert_memory_equal(head, ELFMAG, SELFMAG);
	assert_int_equal(image_copy_kernel(f, f->kernel.bare_size, 1, head, &e), -1);
	assert_int_equal(image_kernel_done(f), -1);
	fd = image_kernel_done(f);
	assert_true(fd >= 0);
	image_drop(&cache, f);
	/* No more than the kernel is kept. */
	assert_int_equal(lseek(fd, 0, SEEK_END), 64 << 20);
	close(fd);
}

static void test_bad_kernel(void **state)
{
	struct image_file *f;
	struct err e, again;
	unsigned n;

	(void)state;
	kit_text("bad", "no kernel at all");
	f = image_hold(&cache, "kernel", kit_path("bad"), &e);
	assert_non_null(f);
	image_plan_kernel(f);
	image_plan_kernel(f);
	assert_null(image_kernel(f, &e));
	assert_true(f->kernel_bad);
	kit_good_message(&e);
	assert_null(image_kernel(f, &again));
	assert_string_equal(e.msg, again.msg);
	done(f);
	done(f);
	image_drop(&cache, f);

	/* No memory for it: nothing is held. */
	fake_alloc_fail_at(1);
	assert_null(image_hold(&cache, "kernel", kit_path("kernel"), &e));
	n = fake_alloc_failed();
	fake_alloc_fail_at(0);
	assert_true(n);
	assert_non_null(strstr(e.msg, strerror(ENOMEM)));
	assert_null(cache.files);
}

/* Want of memory is not the kernel's fault: the next build unpacks it. */
static void test_no_memory(void **state)
{
	struct image_file *f;
	char cmd[600];
	struct err e;

	(void)state;
	/* XZ Embedded's memory is allocated by the program, which can be made to fail. */
	snprintf(cmd, sizeof(cmd), "xz --check=crc32 -c %s/kernel >%s/packed.xz", kit_path(""),
		 kit_path(""));
	assert_int_equal(system(cmd), 0);
	f = image_hold(&cache, "kernel", kit_path("packed.xz"), &e);
	assert_non_null(f);
	image_plan_kernel(f);
	image_plan_kernel(f);
	fake_alloc_fail_at(1);
	assert_null(image_kernel(f, &e)); /* in the decoder's own process */
	fake_alloc_fail_at(0);
	assert_string_equal(e.msg, "xz: out of memory");
	assert_true(e.passing);
	assert_false(f->kernel_bad);
	done(f);
	KIT_CHECK(image_kernel(f, &e), "%s", e.msg);
	done(f);
	image_drop(&cache, f);
}

struct reader {
	struct image_file *file;
	pthread_t thread;
	bool back; /* under the file's lock */
	const struct kernel_facts *kernel;
	struct err err;
};

static void *read_kernel(void *arg)
{
	struct reader *r = arg;

	r->kernel = image_kernel(r->file, &r->err);
	pthread_mutex_lock(&r->file->lock);
	r->back = true;
	pthread_mutex_unlock(&r->file->lock);
	return NULL;
}

/* Threads that share a kernel wait for the one that unpacks it. */
static void test_kernel_waits(void **state)
{
	struct reader readers[2];
	struct image_file *f;
	struct err e;

	(void)state;
	f = image_hold(&cache, "kernel", kit_path("kernel"), &e);
	assert_non_null(f);
	image_plan_kernel(f);
	f->kernel_busy = true; /* by somebody else */
	for (unsigned i = 0; i < 2; i++) {
		readers[i] = (struct reader){.file = f};
		assert_int_equal(pthread_create(&readers[i].thread, NULL, read_kernel, &readers[i]),
				 0);
	}
	usleep(30000);
	pthread_mutex_lock(&f->lock);
	assert_false(readers[0].back || readers[1].back);
	f->kernel_busy = false;
	f->kernel_bad = true;
	err_set(&f->why_bad, "as was found");
	pthread_cond_broadcast(&f->unpacking_over);
	pthread_mutex_unlock(&f->lock);
	for (unsigned i = 0; i < 2; i++) {
		pthread_join(readers[i].thread, NULL);
		assert_null(readers[i].kernel);
		assert_string_equal(readers[i].err.msg, "as was found");
	}
	done(f);
	image_drop(&cache, f);
}

/* Several threads that want it at the same time get the same one. */
static void test_kernel_at_once(void **state)
{
	struct reader readers[4];
	struct image_file *f;
	struct err e;

	(void)state;
	kit_slow_kernel("slow.gz");
	f = image_hold(&cache, "kernel", kit_path("slow.gz"), &e);
	assert_non_null(f);
	for (unsigned i = 0; i < 4; i++) {
		image_plan_kernel(f);
		readers[i] = (struct reader){.file = f};
		assert_int_equal(pthread_create(&readers[i].thread, NULL, read_kernel, &readers[i]),
				 0);
	}
	for (unsigned i = 0; i < 4; i++) {
		pthread_join(readers[i].thread, NULL);
		KIT_CHECK(readers[i].kernel, "%s", readers[i].err.msg);
		assert_ptr_equal(readers[i].kernel, &f->kernel);
	}
	for (unsigned i = 0; i < 4; i++) {
		assert_true(f->kernel_open);
		done(f);
	}
	assert_false(f->kernel_open);
	image_drop(&cache, f);
}

static void *hold_and_drop(void *arg)
{
	struct image_file *f;
	struct err e;

	for (unsigned i = 0; i < 200; i++) {
		f = image_hold(&cache, "kernel", arg, &e);
		assert_non_null(f);
		image_drop(&cache, f);
	}
	return NULL;
}

/* Several threads hold the same file, and it is held once as long as one of them does. */
static void test_threads(void **state)
{
	struct image_file *f;
	char path[256];
	pthread_t t[4];
	struct err e;

	(void)state;
	snprintf(path, sizeof(path), "%s", kit_path("kernel"));
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, hold_and_drop, path), 0);
	for (unsigned i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	assert_null(cache.files);
	f = image_hold(&cache, "kernel", path, &e);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, hold_and_drop, path), 0);
	for (unsigned i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	assert_ptr_equal(cache.files, f);
	assert_null(f->next);
	assert_int_equal(f->users, 1);
	image_drop(&cache, f);
}

/* Closing may block: it is put off, and the file is nobody's meanwhile. */
static void test_closed_later(void **state)
{
	struct image_file *f, *other;
	struct err e;

	(void)state;
	cache.later = true;
	f = image_hold(&cache, "kernel", kit_path("kernel"), &e);
	assert_non_null(f);
	assert_true(image_is_held(&cache, f->dev, f->ino));
	assert_false(image_is_held(&cache, f->dev, f->ino + 1));
	assert_false(image_has_dropped(&cache));
	image_drop(&cache, f);
	assert_true(image_has_dropped(&cache));
	assert_false(image_is_held(&cache, f->dev, f->ino));
	assert_true(fcntl(f->fd, F_GETFD) >= 0);
	other = image_hold(&cache, "kernel", kit_path("kernel"), &e);
	assert_ptr_not_equal(other, f);
	image_drop(&cache, other);
	image_close_dropped(&cache);
	assert_false(image_has_dropped(&cache));
	cache.later = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),      cmocka_unit_test(test_shared),
		cmocka_unit_test(test_kernel),       cmocka_unit_test(test_unpacked),
		cmocka_unit_test(test_bad_kernel),   cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_kernel_waits), cmocka_unit_test(test_kernel_at_once),
		cmocka_unit_test(test_threads),      cmocka_unit_test(test_closed_later),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
