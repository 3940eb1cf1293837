/* What another process says it has found on a disk: each part that can be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "builder/jail/disk_content.h"

/* One change to an answer that was good, and what is said of it. */
#define BAD(type, check, good, want, change)                                                       \
	do {                                                                                       \
		struct type c = good;                                                              \
		struct err why = {.msg = "accepted"};                                              \
                                                                                                   \
		change;                                                                            \
		check(&c, &why);                                                                   \
		assert_string_equal(why.msg, "the probe's answer is wrong (" want ")");            \
	} while (0)

static void test_content(void **state)
{
	const struct probe_content good = {
		.kind = PROBE_MEMBER,
		.raid = true,
		.type = "linux_raid_member",
		.uuid = "1-2",
		.label = "\x1b[2J", /* it may be anything */
	};
	const struct probe_content none = {.kind = PROBE_NOTHING};
	struct err e;

	(void)state;
	assert_int_equal(probe_content_check(&good, &e), 0);
	assert_int_equal(probe_content_check(&none, &e), 0);
#define CONTENT(want, change) BAD(probe_content, probe_content_check, good, want, change)
	CONTENT("what it is", c.kind = (enum probe_kind)99);
	CONTENT("a text without end", memset(c.type, 'x', sizeof(c.type)));
	CONTENT("a text without end", memset(c.uuid, 'x', sizeof(c.uuid)));
	CONTENT("a text without end", memset(c.label, 'x', sizeof(c.label)));
	CONTENT("its type", c.type[0] = '\0');
	CONTENT("its type", strcpy(c.type, "../../evil"));
	CONTENT("its type", c.kind = PROBE_NOTHING);
	CONTENT("its type", c.kind = PROBE_SEVERAL);
	CONTENT("a RAID and none", c.kind = PROBE_DATA);
	CONTENT("a RAID and none", *(unsigned char *)&c.raid = 2);
}

static void test_partition(void **state)
{
	const struct probe_partition good = {.number = 1, .start = 64, .size = 1, .label = "\xff"};
	struct err e;

	(void)state;
	assert_int_equal(probe_partition_check(&good, &e), 0);
#define PARTITION(want, change) BAD(probe_partition, probe_partition_check, good, want, change)
	PARTITION("a text without end", memset(c.uuid, 'x', sizeof(c.uuid)));
	PARTITION("a text without end", memset(c.label, 'x', sizeof(c.label)));
	PARTITION("a partition's number", c.number = 0);
	PARTITION("a partition's number", c.number = UINT32_MAX);
	PARTITION("where a partition is", c.size = 0);
	PARTITION("where a partition is", c.size = UINT64_MAX);
	PARTITION("where a partition is", c.start = UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_content),
		cmocka_unit_test(test_partition),
	};

	return cmocka_run_group_tests_name("disk_content", tests, NULL, NULL);
}
