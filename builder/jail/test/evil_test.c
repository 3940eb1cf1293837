/*
 * A decoder that an attacker has got hold of (builder/fake/evil_decoder.c): whatever it tries costs
 * its own guest's kernel one line, and the next kernel is opened.
 */
#include "builder/fake/kit.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "builder/image/image_files.h"
#include "builder/jail/jail_limits.h"

#define HEAD 64

#define NUMBER_OF(x) #x
#define NUMBER(x)    NUMBER_OF(x)

static struct image_cache cache;

/* Writes the file that has the decoder do that, with the good kernel in it. */
static void write_evil(const char *name, bool packed)
{
	static char file[HEAD + (1 << 20)];
	char path[300];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s", kit_path(packed ? "kernel.gz" : "kernel"));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	memset(file, 0, HEAD);
	snprintf(file, HEAD, "earlydom evil: %s", name);
	n = read(fd, file + HEAD, sizeof(file) - HEAD);
	assert_true(n > 0);
	close(fd);
	kit_write("evil", file, HEAD + (size_t)n);
}

static const struct kernel_facts *open_kernel(const char *name, struct image_file **f,
					      struct err *e)
{
	*f = image_hold(&cache, "kernel", kit_path(name), e);
	assert_non_null(*f);
	image_plan_kernel(*f);
	return image_kernel(*f, e);
}

static void close_kernel(struct image_file *f)
{
	const int unpacked = image_kernel_done(f);

	if (unpacked >= 0)
		close(unpacked);
	image_drop(&cache, f);
}

/* The good kernel is as good as before. */
static void next_is_good(void)
{
	char head[SELFMAG];
	struct image_file *f;
	struct err e;

	KIT_CHECK(open_kernel("kernel.gz", &f, &e), "%s", e.msg);
	KIT_CHECK(image_copy_kernel(f, 0, SELFMAG, head, &e) == 0, "%s", e.msg);
	assert_memory_equal(head, ELFMAG, SELFMAG);
	close_kernel(f);
}

static void costs(const char *name, bool packed, bool passing, const char *want)
{
	struct err e = {.msg = "it was opened"};
	struct image_file *f;

	write_evil(name, packed);
	open_kernel("evil", &f, &e);
	KIT_CHECK(!strcmp(e.msg, want), "%s: \"%s\", not \"%s\"", name, e.msg, want);
	kit_good_message(&e);
	KIT_CHECK(e.passing == passing, "%s: %s", name, e.msg);
	assert_int_equal(f->kernel_bad, !passing);
	close_kernel(f);
	next_is_good();
}

static void test_acts(void **state)
{
	static const char *const ended[] = {
		"open-privcmd", "open-file",   "socket",       "fork",        "exec", "ptrace",
		"kill",         "write-input", "write-output", "grow-output", "code",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ended) / sizeof(ended[0]); i++)
		costs(ended[i], i % 2, false, "the decoder was ended (signal 31)");
	costs("crash", false, false, "the decoder was ended (signal 11)");
	/* Memory that a file does not have: it is as if there were none left. */
	costs("beside", true, true, "the decoder was ended (signal 7)");
	costs("status", true, false, "the decoder ended with status 77");
	costs("exit", false, false, "the decoder's answer is wrong (no format)");
}

static void test_lies(void **state)
{
	static const struct {
		const char *name, *what;
	} lies[] = {
		{"wraps", "segment 0 ends behind the end of memory"},
		{"overlap", "segments 0 and 3 overlap"},
		{"outside", "segment 0 ends behind the kernel"},
		{"bare", "the kernel is not in its bytes"},
		{"span", "where the segments end"},
		{"segments", "the number of segments"},
		{"text", "GUEST_OS has no end"},
		{"escape", "GUEST_OS can't be printed"},
		{"bool", "neither true nor false"},
		{"symbols", "where the segments end"},
		{"codec", "no codec"},
	};
	char want[128];

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		snprintf(want, sizeof(want), "the decoder's answer is wrong (%s)", lies[i].what);
		costs(lies[i].name, i % 2, false, want);
	}
}

static void test_messages(void **state)
{
	struct image_file *f;
	struct err e;

	(void)state;
	write_evil("message", false);
	assert_null(open_kernel("evil", &f, &e));
	assert_memory_equal(e.msg, "?[2J evil??", 11);
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
	assert_int_equal(strspn(e.msg + 9, "?"), sizeof(e.msg) - 10);
	close_kernel(f);
	costs("silent", false, false, "the decoder's answer is wrong (an error without words)");
}

/* A codec may have what xz needs, and something for the others. */
static void test_memory(void **state)
{
	struct image_file *f;
	unsigned mib = 0;
	struct err e;

	(void)state;
	write_evil("memory", false);
	assert_null(open_kernel("evil", &f, &e));
	close_kernel(f);
	KIT_CHECK(sscanf(e.msg, "it has taken %u MiB", &mib) == 1, "%s", e.msg);
#ifdef JAIL_SANITIZED
	print_message("# NOT TESTED: the sanitizers' memory has no bounds\n");
#else
	assert_in_range(mib, 190, 260);
#endif
	next_is_good();
}

static void test_time(void **state)
{
	(void)state;
	costs("loop", false, false,
	      "the decoder took more than " NUMBER(JAIL_CPU_S) " s of CPU time");
	costs("stall", false, true, "the decoder took more than " NUMBER(JAIL_CLOCK_S) " s");
}

static int begin(void **state)
{
	char command[700];

	if (kit_begin(state) < 0)
		return -1;
	snprintf(command, sizeof(command), "gzip -kn %s", kit_path("kernel"));
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_acts),     cmocka_unit_test(test_lies),
		cmocka_unit_test(test_messages), cmocka_unit_test(test_memory),
		cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests(tests, begin, kit_end);
}
