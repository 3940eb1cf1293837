/*
 * What Linux's back ends serve, in a tree as sysfs has it.
 */
#include "builder/device/served.h"

#include "builder/fake/kit.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static char root[256];

/* sda is 8:0 with sda1, 8:1, and sda2, 8:2; sdb is 8:16. /sys/dev/block has links. */
static void begin(void)
{
	snprintf(root, sizeof(root), "%s", kit_path("r"));
	kit_run("rm -rf %s; mkdir -p %s/sys/dev/block %s/sys/bus/xen-backend/devices "
		"%s/sys/block/sda/sda1 %s/sys/block/sda/sda2 %s/sys/block/sdb",
		root, root, root, root, root, root);
	kit_run("cd %s/sys/block; echo 8:0 >sda/dev; echo 8:16 >sdb/dev; echo 8:1 >sda/sda1/dev; "
		"echo 8:2 >sda/sda2/dev; echo 1 >sda/sda1/partition; echo 2 >sda/sda2/partition",
		root);
	kit_run("cd %s/sys/dev/block; ln -s ../../block/sda 8:0; ln -s ../../block/sda/sda1 8:1; "
		"ln -s ../../block/sda/sda2 8:2; ln -s ../../block/sdb 8:16",
		root);
}

/* Linux prints the number in hexadecimal (xen-blkback/xenbus.c, physical_device). */
static void serve(const char *name, const char *device, const char *mode)
{
	kit_run("cd %s/sys/bus/xen-backend/devices; mkdir -p %s; echo %s >%s/physical_device; "
		"echo %s >%s/mode",
		root, name, device, name, mode, name);
}

static void served(unsigned minor_number, bool write, uint32_t want)
{
	const dev_t rdev = makedev(8, minor_number);
	uint32_t domid = 0;
	const bool is = served_to_other(root, rdev, served_whole_disk(root, rdev), write, &domid);

	KIT_CHECK(is == (want != 0) && (!is || domid == want), "8:%u, %d: %d, domain %u",
		  minor_number, write, is, domid);
}

static void test_whole(void **state)
{
	(void)state;
	begin();
	assert_true(served_whole_disk(root, makedev(8, 0)) == makedev(8, 0));
	assert_true(served_whole_disk(root, makedev(8, 1)) == makedev(8, 0));
	assert_true(served_whole_disk(root, makedev(8, 2)) == makedev(8, 0));
	/* What is not known is on nothing else. */
	assert_true(served_whole_disk(root, makedev(9, 9)) == makedev(9, 9));
	kit_run("echo nonsense >%s/sys/block/sda/dev", root);
	assert_true(served_whole_disk(root, makedev(8, 1)) == makedev(8, 1));
	kit_run("rm %s/sys/block/sda/dev", root);
	assert_true(served_whole_disk(root, makedev(8, 1)) == makedev(8, 1));
}

static void test_nobody(void **state)
{
	(void)state;
	begin();
	served(0, true, 0);
	kit_run("rm -r %s/sys/bus", root); /* a kernel without back ends */
	served(0, true, 0);
}

/* Of two users of a device one writes, or there is no harm. */
static void test_modes(void **state)
{
	(void)state;
	begin();
	serve("vbd-7-51712", "8:10", "w"); /* 8:16 */
	served(16, true, 7);
	served(16, false, 7);
	served(0, true, 0);
	serve("vbd-7-51712", "8:10", "r");
	served(16, true, 7);
	served(16, false, 0);
	/* Without a mode it writes. */
	kit_run("rm %s/sys/bus/xen-backend/devices/vbd-7-51712/mode", root);
	served(16, false, 7);
}

static void test_partitions(void **state)
{
	(void)state;
	begin();
	serve("vbd-3-768", "8:1", "w"); /* sda1 */
	served(1, true, 3);
	served(0, true, 3); /* the disk that it is on */
	served(2, true, 0); /* its neighbour */
	served(16, true, 0);
	kit_run("rm -r %s/sys/bus/xen-backend/devices/vbd-3-768", root);
	serve("vbd-4-768", "8:0", "w"); /* all of sda */
	served(0, true, 4);
	served(1, true, 4);
	served(2, true, 4);
	served(16, true, 0);
}

/* Other back ends, and what is not ready, are passed over. */
static void test_others(void **state)
{
	(void)state;
	begin();
	serve("vif-5-0", "8:10", "w");
	kit_run("mkdir -p %s/sys/bus/xen-backend/devices/vbd-6-1", root);
	serve("vbd-8-1", "nonsense", "w");
	serve("vbd-9-1", "8", "w");
	served(16, true, 0);
	serve("vbd-10-1", "8:10", "w");
	served(16, true, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),  cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_modes),  cmocka_unit_test(test_partitions),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests_name("served", tests, kit_begin, kit_end);
}
