/* Programs for other releases of Xen: which one goes on, and with what. */
#include "builder/host/release.h"

#include "builder/fake/kit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xen-version.h>

#define OTHER_MINOR (XEN_LIBS_MINOR + 3)
#define AS_TEXT(n)  #n
#define TEXT(n)     AS_TEXT(n)

/* What the hypervisor says that it is; NULL for nothing. */
static void hypervisor(const char *major, const char *minor)
{
	mkdir("sys", 0700);
	mkdir("sys/hypervisor", 0700);
	mkdir("sys/hypervisor/version", 0700);
	unlink("sys/hypervisor/version/major");
	unlink("sys/hypervisor/version/minor");
	if (major)
		kit_text("sys/hypervisor/version/major", major);
	if (minor)
		kit_text("sys/hypervisor/version/minor", minor);
}

static void other_hypervisor(void)
{
	char minor[16];

	snprintf(minor, sizeof(minor), "%d\n", OTHER_MINOR);
	hypervisor(TEXT(XEN_LIBS_MAJOR) "\n", minor);
}

/* A program that writes whose it is, and what it was given, to "ran". */
static void program(const char *place, int minor, const char *text)
{
	char path[256];

	mkdir(place, 0700);
	snprintf(path, sizeof(path), "%s/xen-%d.%d", place, XEN_LIBS_MAJOR, minor);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/xen-%d.%d/earlydom", place, XEN_LIBS_MAJOR, minor);
	kit_text(path, text);
	chmod(path, 0700);
}

#define SCRIPT(whose) "#!/bin/sh\nexec >ran\necho " whose " \"$@\"\nenv | grep ^EARLYDOM_\n"

static void forget_programs(void)
{
	assert_int_equal(system("rm -rf releases releases-local"), 0);
}

/* What ran; "0" or "-1 MESSAGE" where it was this program that went on. */
static const char *enter(char *const *args)
{
	static char ran[4096];
	struct err e = {.msg = ""};
	FILE *f;
	int rc, status;
	pid_t pid;

	unlink("ran");
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		rc = release_enter(".", args, &e);
		f = fopen("ran", "we");
		if (!f)
			_exit(3);
		fprintf(f, "%d%s%s\n", rc, rc < 0 ? " " : "", rc < 0 ? e.msg : "");
		if (getenv(RELEASE_ENTERED))
			fprintf(f, "still entered\n");
		fclose(f);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return kit_read("ran", ran, sizeof(ran));
}

static char *const boot[] = {(char *)(uintptr_t) "boot", (char *)(uintptr_t) "-l",
			     (char *)(uintptr_t) "a b", NULL};

static void test_enters(void **state)
{
	(void)state;
	other_hypervisor();
	program(RELEASES, XEN_LIBS_MINOR, SCRIPT("own"));
	program(RELEASES, XEN_LIBS_MINOR + 1, SCRIPT("next"));
	assert_string_equal(enter(boot), "0\n");
	program(RELEASES, OTHER_MINOR, SCRIPT("right"));
	assert_string_equal(enter(boot), "right boot -l a b\n" RELEASE_ENTERED "=1\n");
	program(RELEASES_LOCAL, OTHER_MINOR, SCRIPT("local"));
	assert_string_equal(enter(boot), "local boot -l a b\n" RELEASE_ENTERED "=1\n");
	forget_programs();
}

/* The right program, or a host that does not tell what it has: host_probe says what is wrong. */
static void test_stays(void **state)
{
	static const char *const numbers[][2] = {
		{TEXT(XEN_LIBS_MAJOR) "\n", TEXT(XEN_LIBS_MINOR) "\n"},
		{NULL, NULL},
		{TEXT(XEN_LIBS_MAJOR) "\n", NULL},
		{TEXT(XEN_LIBS_MAJOR) "\n", ""},
		{TEXT(XEN_LIBS_MAJOR) "\n", "x\n"},
		{TEXT(XEN_LIBS_MAJOR) "\n", "-1\n"},
		{TEXT(XEN_LIBS_MAJOR) "\n", "20x\n"},
		{TEXT(XEN_LIBS_MAJOR) "\n", "20"},
	};

	(void)state;
	program(RELEASES, XEN_LIBS_MINOR, SCRIPT("own"));
	program(RELEASES, 20, SCRIPT("other"));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		hypervisor(numbers[i][0], numbers[i][1]);
		assert_string_equal(enter(boot), "0\n");
	}
	forget_programs();
}

static void test_once(void **state)
{
	(void)state;
	other_hypervisor();
	program(RELEASES, OTHER_MINOR, SCRIPT("wrong"));
	setenv(RELEASE_ENTERED, "1", 1);
	assert_string_equal(enter(boot), "0\n");
	unsetenv(RELEASE_ENTERED);
	forget_programs();
}

static void test_cannot_run(void **state)
{
	char *many[50], want[256];

	(void)state;
	other_hypervisor();
	program(RELEASES, OTHER_MINOR, "\177ELF of another machine");
	snprintf(want, sizeof(want), "-1 cannot run %s/xen-%d.%d/earlydom: Exec format error\n",
		 RELEASES, XEN_LIBS_MAJOR, OTHER_MINOR);
	assert_string_equal(enter(boot), want);
	for (size_t i = 0; i < 49; i++)
		many[i] = boot[0];
	many[49] = NULL;
	snprintf(want, sizeof(want), "-1 cannot run %s/xen-%d.%d/earlydom: too many arguments\n",
		 RELEASES, XEN_LIBS_MAJOR, OTHER_MINOR);
	assert_string_equal(enter(many), want);
	forget_programs();
}

static void test_list(void **state)
{
	char text[64], small[12];

	(void)state;
	release_list(text, sizeof(text));
	assert_string_equal(text, "");
	program(RELEASES, 20, SCRIPT("x"));
	program(RELEASES, 9, SCRIPT("x"));
	program(RELEASES_LOCAL, 20, SCRIPT("x"));
	program(RELEASES_LOCAL, 18, SCRIPT("x"));
	mkdir(RELEASES "/xen-4.21", 0700); /* nothing in it */
	assert_int_equal(rename(RELEASES "/xen-4.21", RELEASES "/xen-4.22"), 0);
	mkdir(RELEASES "/xen-4.x", 0700);
	mkdir(RELEASES "/other", 0700);
	release_list(text, sizeof(text));
	assert_string_equal(text, "4.9, 4.18, 4.20");
	release_list(small, sizeof(small));
	assert_string_equal(small, "4.9, 4.18");
	forget_programs();
}

/* The programs are looked for below the test's own directory. */
static int begin(void **state)
{
	return kit_begin(state) < 0 || chdir(kit_path("")) < 0 ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_enters), cmocka_unit_test(test_stays),
		cmocka_unit_test(test_once),   cmocka_unit_test(test_cannot_run),
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests_name("release", tests, begin, kit_end);
}
