/*
 * What is held for a guest, as far as that needs no device: the modules of its devices.
 */
#include "builder/fake/kit.h"

#include "builder/build/holdings.h"
#include "builder/describe/disk_spec.h"
#include "builder/describe/vif_spec.h"

static void test_modules(void **state)
{
	static const struct {
		const char *target;
		unsigned modules; /* blkback 1, loop 2 */
	} disks[] = {
		{"/dev/vda", 1}, {"UUID=1", 1}, {"/srv/disk", 3}, {"/devices/disk", 3}, {NULL, 1},
	};
	struct guest_config cfg = kit_config("web", GUEST_PV);
	struct disk_spec disk = {.target = NULL};
	struct vif_spec vif = {.devid = 0};
	struct err e;

	(void)state;
	assert_int_equal(guest_modules(&cfg), 0);
	cfg.disks = &disk;
	cfg.nr_disks = 1;
	for (size_t i = 0; i < sizeof(disks) / sizeof(disks[0]); i++) {
		disk.target = (char *)(uintptr_t)disks[i].target;
		assert_int_equal(guest_modules(&cfg), disks[i].modules);
	}
	cfg.nr_disks = 0;
	cfg.vifs = &vif;
	cfg.nr_vifs = 1;
	assert_int_equal(guest_modules(&cfg), 4 | 8);
	cfg.type = GUEST_HVM;
	assert_int_equal(guest_modules(&cfg), 4 | 8 | 16);
	/* Without lists they are built in, or loaded by somebody else. */
	assert_int_equal(guest_modules_load(31, &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modules),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
