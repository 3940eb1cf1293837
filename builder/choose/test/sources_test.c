/* Descriptor files: which are read, in what order, and what is said of those that can't be. */
#include "builder/fake/kit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/test/diag_expect.h"
#include "builder/choose/sources.h"
#include "base/text_file.h"

static int begin(void **state)
{
	if (kit_begin(state) < 0 || chdir(kit_path("")) < 0)
		return -1;
	return 0;
}

static void test_dir(void **state)
{
	struct sources s;
	struct diag d = {0};

	(void)state;
	assert_int_equal(mkdir("etc", 0700), 0);
	kit_text("etc/web.cfg", "w");
	kit_text("etc/db.cfg", "");
	kit_text("etc/.hidden.cfg", "no");
	kit_text("etc/.cfg", "no");
	kit_text("etc/web.cfg~", "no");
	kit_text("etc/readme", "no");
	assert_int_equal(sources_read_dir("etc", &s, &d), 0);
	assert_int_equal(s.n, 2);
	assert_string_equal(s.v[0].file, "etc/db.cfg");
	assert_int_equal(s.v[0].len, 0);
	assert_string_equal(s.v[1].file, "etc/web.cfg");
	assert_string_equal(s.v[1].text, "w");
	assert_string_equal(s.v[1].dir, kit_path("etc"));
	sources_free(&s);
	assert_int_equal(sources_read_dir(kit_path("etc"), &s, &d), 0);
	assert_null(s.v[1].dir);
	expect_diag(&d, "");
	sources_free(&s);
	assert_int_equal(s.n, 0);

	assert_int_equal(mkdir("etc/dir.cfg", 0700), 0);
	assert_int_equal(symlink("gone", "etc/link.cfg"), 0);
	assert_int_equal(sources_read_dir("etc", &s, &d), 2);
	assert_int_equal(s.n, 2); /* the others count */
	expect_diag(&d, "etc/dir.cfg: cannot read the descriptor: Is a directory\n"
			"etc/link.cfg: cannot read the descriptor: No such file or directory\n");
	sources_free(&s);
	assert_int_equal(sources_read_dir("missing", &s, &d), 1);
	expect_diag(
		&d,
		"missing: cannot read the directory of descriptors: No such file or directory\n");
	assert_int_equal(s.n, 0);
	sources_free(&s);
}

static void dir_is(const char *file, const char *want)
{
	char *dir = source_dir(file);

	assert_string_equal(dir, want);
	free(dir);
}

static void test_source_dir(void **state)
{
	char here[256];

	(void)state;
	assert_non_null(getcwd(here, sizeof(here)));
	assert_int_equal(chdir("/"), 0);
	dir_is("web.cfg", "");
	dir_is("etc/web.cfg", "/etc");
	assert_int_equal(chdir(kit_path("")), 0);
	dir_is("web.cfg", here);
	dir_is("./a/web.cfg", kit_path("./a"));
}

/* Of a file that is too long only so much is read as shows that. */
static void test_long(void **state)
{
	static char text[DESCRIPTOR_MAX + 100];
	struct sources s = {0};
	struct diag d = {0};
	size_t len;
	char *got;

	(void)state;
	memset(text, '#', sizeof(text));
	kit_write("long.cfg", text, sizeof(text));
	assert_int_equal(sources_read_file("long.cfg", &s, &d), 0);
	assert_int_equal(s.v[0].len, DESCRIPTOR_MAX + 1);
	sources_free(&s);
	kit_write("nul", "a\0b", 3);
	got = text_file_read("nul", 100, &len);
	assert_int_equal(len, 3);
	assert_memory_equal(got, "a\0b", 4);
	free(got);
	got = text_file_read("nul", 2, &len);
	assert_int_equal(len, 2);
	assert_memory_equal(got, "a\0", 3);
	free(got);
	/* A FIFO without a writer stops nobody. */
	assert_int_equal(mkfifo("fifo", 0600), 0);
	got = text_file_read("fifo", 100, &len);
	assert_int_equal(len, 0);
	free(got);
}

static void test_no_memory(void **state)
{
	struct sources s = {0};
	struct diag d;
	unsigned n;
	size_t rc = 1;

	(void)state;
	kit_text("web.cfg", "kernel");
	for (n = 1; rc; n++) {
		memset(&d, 0, sizeof(d));
		fake_alloc_fail_at(n);
		rc = sources_read_file("web.cfg", &s, &d);
		fake_alloc_fail_at(0);
		assert_int_equal(s.n, rc ? 0 : 1);
		diag_free(&d);
	}
	assert_in_range(n, 4, 8);
	sources_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dir),
		cmocka_unit_test(test_source_dir),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, begin, kit_end);
}
