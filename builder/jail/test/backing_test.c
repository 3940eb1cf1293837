/* The names of backing files in images' headers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "builder/jail/backing.h"
#include "builder/fake/qcow2_build.h"

static uint8_t head[QCOW2_BUILD_SIZE];

static void finds(size_t len, const char *name, bool may_have_one)
{
	struct backing b;
	struct err e = {.msg = ""};

	assert_int_equal(backing_parse(head, len, &b, &e), 0);
	assert_string_equal(b.name, name);
	assert_int_equal(b.may_have_one, may_have_one);
}

static void refuses(size_t len, const char *want)
{
	struct backing b;
	struct err e = {.msg = ""};

	assert_int_equal(backing_parse(head, len, &b, &e), -1);
	assert_string_equal(e.msg, want);
}

static void test_found(void **state)
{
	static const char *const chains[] = {NULL, "qcow2", "qcow"}, *const plain[] = {"raw",
										       "vmdk"};

	(void)state;
	for (uint32_t version = 1; version <= 3; version++) {
		qcow2_build(head, version, NULL, NULL);
		finds(sizeof(head), "", true);
		qcow2_build(head, version, "base.img", NULL);
		finds(sizeof(head), "base.img", true);
	}
	for (size_t i = 0; i < 3; i++) {
		qcow2_build(head, 3, "/a", chains[i]);
		finds(sizeof(head), "/a", true);
	}
	for (size_t i = 0; i < 2; i++) {
		qcow2_build(head, 3, "/a", plain[i]);
		finds(sizeof(head), "/a", false);
		qcow2_build(head, 2, "/a", plain[i]);
		finds(sizeof(head), "/a", false);
	}
	/* The older format has no extensions. */
	qcow2_build(head, 1, "/a", "raw");
	finds(sizeof(head), "/a", true);
	/* What is no such image has none. */
	head[0] = 'q';
	finds(sizeof(head), "", true);
	finds(0, "", true);
}

static void test_damaged(void **state)
{
	(void)state;
	qcow2_build(head, 3, "base.img", NULL);
	refuses(103, "its header is damaged");
	refuses(519, "its header is damaged");
	finds(520, "base.img", true);
	qcow2_put32(head + 8, 1); /* an offset of 4 GiB and more */
	refuses(sizeof(head), "its header is damaged");
	qcow2_build(head, 3, "base.img", NULL);
	qcow2_put32(head + 16, 1024);
	refuses(sizeof(head), "its header is damaged");
	qcow2_build(head, 3, "base.img", NULL);
	head[514] = 0;
	refuses(sizeof(head), "its header is damaged");
	qcow2_build(head, 2, "base.img", NULL);
	refuses(71, "its header is damaged");
	/* An extension that is longer than the file, or a header. */
	qcow2_build(head, 3, "/a", "raw");
	qcow2_put32(head + 108, UINT32_MAX);
	finds(sizeof(head), "/a", true);
	qcow2_put32(head + 100, UINT32_MAX);
	finds(sizeof(head), "/a", true);
	qcow2_build(head, 3, NULL, NULL);
	head[79] = 4;
	refuses(sizeof(head), "it has its data in another file, which is not supported: `qemu-img "
			      "convert` makes one of both");
}

static void test_path(void **state)
{
	static char name[PATH_MAX];
	char path[PATH_MAX];
	struct err e;

	(void)state;
	assert_int_equal(backing_path("/img/web", "base", path, &e), 0);
	assert_string_equal(path, "/img/base");
	assert_int_equal(backing_path("/img/web", "../a:b", path, &e), 0);
	assert_string_equal(path, "/img/../a:b");
	assert_int_equal(backing_path("/img/web", "/base", path, &e), 0);
	assert_string_equal(path, "/base");
	assert_int_equal(backing_path("/img/web", "json:{\"file\": 1}", path, &e), -1);
	assert_string_equal(e.msg, "its backing file 'json:{\"file\": 1}' is no path");
	assert_int_equal(backing_path("/img/web", "nbd:host:1", path, &e), -1);
	memset(name, 'x', sizeof(name) - 1);
	assert_int_equal(backing_path("/img/web", name, path, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
