/* Modules from lists: in order, once, and what is said about those that do not load. */
#include "builder/fake/child.h"
#include "builder/fake/kit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "builder/device/modules.h"

/* What has been loaded, as one text of base names. */
static char loaded[1024];
static const char *refused; /* the file that the kernel does not take, with this error */
static int refusal;

static int fake_load(int fd, const char *file)
{
	const char *base = strrchr(file, '/') + 1;
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	if (refused && !strcmp(base, refused)) {
		errno = refusal;
		return -1;
	}
	strcat(loaded, base);
	strcat(loaded, " ");
	return 0;
}

static int load(const char *what, struct err *e)
{
	loaded[0] = '\0';
	return modules_load(kit_path("mods"), what, fake_load, e);
}

static int begin(void **state)
{
	char text[512];

	if (kit_begin(state) < 0 || mkdir(kit_path("mods"), 0700) < 0)
		return -1;
	kit_text("mods/llc.ko", "1");
	kit_text("mods/stp.ko", "2");
	kit_text("mods/bridge.ko", "3");
	kit_text("elsewhere.ko.xz", "4");
	kit_text("mods/bridge.list", "llc\n# comes next\n\nstp\nbridge\n");
	snprintf(text, sizeof(text), "%s", kit_path("elsewhere.ko.xz")); /* no newline at its end */
	kit_text("mods/path.list", text);
	kit_text("mods/gone.list", "llc\nnowhere\nbridge\n");
	return 0;
}

static void test_order(void **state)
{
	struct err e;

	(void)state;
	refused = NULL;
	KIT_CHECK(load("bridge", &e) == 0, "%s", e.msg);
	assert_string_equal(loaded, "llc.ko stp.ko bridge.ko ");
	KIT_CHECK(load("path", &e) == 0, "%s", e.msg);
	assert_string_equal(loaded, "elsewhere.ko.xz ");
}

static void test_there_already(void **state)
{
	struct err e;

	(void)state;
	refused = "stp.ko";
	refusal = EEXIST;
	KIT_CHECK(load("bridge", &e) == 0, "%s", e.msg);
	assert_string_equal(loaded, "llc.ko bridge.ko ");
	/* No list: nothing to do. */
	KIT_CHECK(load("netback", &e) == 0, "%s", e.msg);
	assert_string_equal(loaded, "");
}

static void test_errors(void **state)
{
	char msg[512], line[5000];
	struct err e;

	(void)state;
	refused = "stp.ko";
	refusal = ENOEXEC;
	assert_int_equal(load("bridge", &e), -1);
	snprintf(msg, sizeof(msg), "cannot load module %s: Exec format error",
		 kit_path("mods/stp.ko"));
	assert_string_equal(e.msg, msg);
	assert_string_equal(loaded, "llc.ko ");

	refused = NULL;
	assert_int_equal(load("gone", &e), -1);
	snprintf(msg, sizeof(msg), "cannot load module %s: No such file or directory",
		 kit_path("mods/nowhere.ko"));
	assert_string_equal(e.msg, msg);

	memset(line, 'm', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	kit_text("mods/long.list", line);
	assert_int_equal(load("long", &e), -1);
	kit_good_message(&e);
	assert_int_equal(mkdir(kit_path("mods/dir.list"), 0700), 0);
	assert_int_equal(load("dir", &e), -1);
	snprintf(msg, sizeof(msg), "cannot read %s: Is a directory", kit_path("mods/dir.list"));
	assert_string_equal(e.msg, msg);
}

static void test_no_list(void **state)
{
	struct err e;

	(void)state;
	KIT_CHECK(modules_need(NULL, "no-such-list", &e) == 0, "%s", e.msg);
}

/* In a root of its own, and without a kernel that takes anything: the call itself. */
static void load_really(struct err *e)
{
	if (chroot(kit_path("root")) < 0)
		err_set(e, "SKIP");
	else
		child_refuse(SYS_finit_module, ENOEXEC);
	if (!e->msg[0] && modules_need(NULL, "real", e) == 0)
		err_set(e, "it was loaded");
}

static void test_kernel_refuses(void **state)
{
	static const char *const dirs[] = {"root", "root/lib", "root/lib/modules",
					   "root/lib/modules/earlydom"};
	const char *said;

	(void)state;
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		assert_int_equal(mkdir(kit_path(dirs[i]), 0755), 0);
	kit_text("root" MODULES_DIR "/real.list", "one\n");
	kit_text("root" MODULES_DIR "/one.ko", "1");
	said = child_says(load_really);
	if (!strcmp(said, "SKIP")) {
		print_message("# NOT TESTED: a root of its own needs root\n");
		skip();
	}
	assert_string_equal(said, "cannot load module " MODULES_DIR "/one.ko: Exec format error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),          cmocka_unit_test(test_there_already),
		cmocka_unit_test(test_errors),         cmocka_unit_test(test_no_list),
		cmocka_unit_test(test_kernel_refuses),
	};

	return cmocka_run_group_tests(tests, begin, kit_end);
}
