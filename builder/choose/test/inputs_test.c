/*
 * What guests were chosen from, written down and read again.
 */
#include "builder/choose/inputs.h"

#include "builder/fake/child.h"
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static char text_of_web[] = "name = \"web\"\n# \0 and more\nend 7\n", nothing[] = "";
static char file_of_web[] = "/etc/earlydom/web.cfg", odd_file[] = "odd\nname text 3.cfg",
	    odd_dir[] = "/in a\ndir 3";

static struct source sources[] = {
	{.file = file_of_web, .text = text_of_web, .len = sizeof(text_of_web) - 1},
	{.file = odd_file, .dir = odd_dir, .text = nothing, .len = 0},
};

static struct inputs some(void)
{
	return (struct inputs){
		.cmdline = (char *)(uintptr_t) "quiet earlydom.guests=web file 3",
		.sources = {.v = sources, .n = 2},
		.verbose = true,
	};
}

static void test_round(void **state)
{
	struct inputs in = some(), out;
	struct err e;
	size_t len, again_len;
	char *text, *again;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		in.verbose = i & 1;
		in.paused = i & 2;
		in.sources.n = i % 3;
		text = inputs_write(&in, &len, &e);
		assert_non_null(text);
		KIT_CHECK(inputs_read(text, len, &out, &e) == 0, "%s", e.msg);
		assert_string_equal(out.cmdline, in.cmdline);
		assert_int_equal(out.verbose, in.verbose);
		assert_int_equal(out.paused, in.paused);
		assert_int_equal(out.sources.n, in.sources.n);
		for (size_t k = 0; k < out.sources.n; k++) {
			assert_string_equal(out.sources.v[k].file, sources[k].file);
			assert_string_equal(out.sources.v[k].dir ?: "none",
					    sources[k].dir ?: "none");
			assert_int_equal(out.sources.v[k].len, sources[k].len);
			/* With a NUL behind it. */
			assert_memory_equal(out.sources.v[k].text, sources[k].text,
					    sources[k].len + 1);
		}
		again = inputs_write(&out, &again_len, &e);
		assert_int_equal(again_len, len);
		assert_memory_equal(again, text, len);
		free(again);
		free(text);
		inputs_free(&out);
		assert_null(out.cmdline);
	}
}

static void refused(const char *text, size_t len)
{
	/* A copy of just this size, so that a read past the end is seen. */
	char *copy = malloc(len ? len : 1);
	struct inputs in;
	struct err e;

	assert_non_null(copy);
	memcpy(copy, text, len);
	KIT_CHECK(inputs_read(copy, len, &in, &e) == -1, "%.*s", (int)len, text);
	KIT_CHECK(!strncmp(e.msg, "what the guests were chosen from can't be read again, at byte ",
			   62),
		  "%s", e.msg);
	assert_null(in.cmdline);
	assert_null(in.sources.v);
	free(copy);
}

static void test_damaged(void **state)
{
	static const char *const bad[] = {
		"",
		"earlydom 2\nverbose 0\npaused 0\ncmdline 0\n\n",
		"earlydom 1\n",
		"earlydom 1\nverbose \npaused 0\ncmdline 0\n\n",
		"earlydom 1\nverbose 0\ncmdline 0\n\n",
		"earlydom 1\nverbose 0\npaused 0\ncmdline 1\n\n",
		"earlydom 1\nverbose 0\npaused 0\ncmdline 99999999999999999999\n\n",
		"earlydom 1\nverbose 0\npaused 0\ncmdline 18446744073709551615\n\n",
		"earlydom 1\nverbose 0\npaused 0\ncmdline -1\n\n",
		"earlydom 1\nverbose 0\npaused 0\ncmdline 0\nx",
		"earlydom 1\nverbose 0\npaused 0\ncmdline 0\n\nfile 1\na\n",
		"earlydom 1\nverbose 0\npaused 0\ncmdline 0\n\ntext 1\na\nfile 1\na\n",
		"earlydom 1\nverbose 0\npaused 0\ncmdline 0\n\nfile 1\na\ntext 2\na\n",
		"earlydom 1\nverbose 0\npaused 0\ncmdline 0\n\nfile 1\na\ntext 1\na\nmore",
	};
	struct inputs in = some();
	struct err e;
	size_t len;
	char *text;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(bad[i], strlen(bad[i]));
	/* Cut anywhere: only between two descriptors it looks whole. */
	text = inputs_write(&in, &len, &e);
	assert_non_null(text);
	for (size_t n = 0; n < len; n++) {
		struct inputs out;

		if (inputs_read(text, n, &out, &e) < 0) {
			refused(text, n);
			continue;
		}
		assert_true(out.sources.n < 2 && text[n - 1] == '\n');
		inputs_free(&out);
	}
	free(text);
}

static void test_file(void **state)
{
	struct inputs in = some(), out;
	struct err e;
	size_t len;
	char *text = inputs_write(&in, &len, &e);
	int fd;

	(void)state;
	assert_non_null(text);
	kit_write("inputs", text, len);
	fd = open(kit_path("inputs"), O_RDONLY | O_CLOEXEC);
	/* From its beginning, wherever it was read up to. */
	assert_int_equal(lseek(fd, 0, SEEK_END), (off_t)len);
	assert_int_equal(inputs_read_file(fd, &out, &e), 0);
	assert_int_equal(out.sources.n, 2);
	inputs_free(&out);
	close(fd);
	assert_int_equal(inputs_read_file(fd, &out, &e), -1);
	kit_good_message(&e);
	/* Empty, or longer than any. */
	kit_write("inputs", "", 0);
	fd = open(kit_path("inputs"), O_RDWR | O_CLOEXEC);
	assert_int_equal(inputs_read_file(fd, &out, &e), -1);
	assert_int_equal(ftruncate(fd, (off_t)INPUTS_MAX + 1), 0);
	assert_int_equal(inputs_read_file(fd, &out, &e), -1);
	kit_good_message(&e);
	close(fd);
	free(text);
}

static void read_without_map(struct err *e)
{
	struct inputs in;
	const int fd = open(kit_path("inputs"), O_RDWR | O_CLOEXEC);

	if (write(fd, "earlydom 1\n", 11) != 11)
		return;
	child_refuse(SYS_mmap, ENOSYS);
	inputs_read_file(fd, &in, e);
}

static void test_no_memory(void **state)
{
	struct inputs in = some(), out;
	struct err e;
	size_t len;
	char *text;
	unsigned n;

	(void)state;
	kit_write("inputs", "", 0);
	assert_string_equal(child_says(read_without_map),
			    "what the guests were chosen from can't be read again: "
			    "Function not implemented");
	text = inputs_write(&in, &len, &e);
	for (n = 1; n < 100; n++) {
		fake_alloc_fail_at(n);
		if (inputs_read(text, len, &out, &e) == 0)
			break;
		assert_true(fake_alloc_failed());
		assert_null(out.cmdline);
	}
	fake_alloc_fail_at(0);
	assert_int_equal(n,
			 1 + 1 + 2 * 3 + 1); /* the command line; of each source all three; a dir */
	inputs_free(&out);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests_name("inputs", tests, kit_begin, kit_end);
}
