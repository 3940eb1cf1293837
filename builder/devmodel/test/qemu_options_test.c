/* What is read of a QEMU's help. */
#include "builder/fake/kit.h"

#include <string.h>
#include <unistd.h>

#include "builder/devmodel/qemu_options.h"

#define QEMU "qemu"

static int begin(void **state)
{
	return kit_begin(state) < 0 || chdir(kit_path("")) < 0 ? -1 : 0;
}

static void is(const char *bytes, size_t len, bool chroot, bool user)
{
	struct qemu_options knows;
	FILE *f = fopen(QEMU, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	knows = qemu_options_of(QEMU);
	KIT_CHECK(knows.chroot == chroot && knows.user == user, "%.*s: %d, %d", (int)len, bytes,
		  knows.chroot, knows.user);
}

#define IS(text, chroot, user) is(text, sizeof(text) - 1, chroot, user)

static void test_help(void **state)
{
	static char big[1 << 20];

	(void)state;
	/* 10.0, 8.1, 7.2 */
	IS("\177ELF\0user=\0-pidfile file\n-run-with [async-teardown=on|off][,chroot=dir]"
	   "[user=username|uid:gid]\n                Set miscellaneous\n\0chroot=",
	   true, true);
	IS("\177ELF\0-run-with [async-teardown=on|off][,chroot=dir]\n    user=\n\0user=", true,
	   false);
	IS("\177ELF\0chroot=\0-chroot dir     chroot to dir\n-runas user     change\n\0user=",
	   false, false);
	IS("-run-with [async-teardown=on|off]\n-chroot=\n", false, false);
	/* At the end of the file, and of a text. */
	IS("-run-with [user=x", false, true);
	IS("-run-with [chroot=\0user=", true, false);
	IS("-run-with ", false, false);
	IS("", false, false);
	memset(big, 'x', sizeof(big));
	memcpy(big + sizeof(big) - 24, "-run-with [chroot=][user=", 24);
	is(big, sizeof(big), true, false);
}

/* Wherever the parts in which it is read begin. */
static void test_parts(void **state)
{
	static const char help[] =
		"\n-run-with [async-teardown=on|off][,chroot=dir][user=uid]\nuser";
	static char big[(256 << 10) + 600];

	(void)state;
	for (size_t at = (256 << 10) - sizeof(help) - 1; at < (256 << 10) + 1; at += 3) {
		memset(big, 'x', sizeof(big));
		memcpy(big + at, help, sizeof(help));
		is(big, sizeof(big), true, true);
		is(big, at + sizeof(help), true, true);
		is(big, at + 20, false, false);
	}
}

static void test_no_program(void **state)
{
	const struct qemu_options none = qemu_options_of("nothing"), dir = qemu_options_of(".");

	(void)state;
	assert_false(none.chroot || none.user || dir.chroot || dir.user);
	kit_nothing_held(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_no_program),
	};

	return cmocka_run_group_tests(tests, begin, kit_end);
}
