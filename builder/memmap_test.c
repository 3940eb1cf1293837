/* Memory maps of PVH guests, to the byte. */
#include "fake/kit.h"

#include "memmap.h"

#define MIB  (UINT64_C(1) << 20)
#define GIB  (UINT64_C(1) << 30)
#define HOLE UINT64_C(0xfc000000)

static void test_layout(void **state)
{
	static const struct {
		uint64_t memory, low, high;
	} cases[] = {
		{64 * MIB, 64 * MIB, 0},
		{HOLE - MIB, HOLE - MIB, 0},
		{HOLE, HOLE, 0},
		{HOLE + MIB, HOLE, 4 * GIB + MIB},
		{4 * GIB, HOLE, 4 * GIB + 64 * MIB},
		{5 * GIB, HOLE, 5 * GIB + 64 * MIB},
		{UINT64_C(16384) * GIB, HOLE, UINT64_C(16384) * GIB + 64 * MIB},
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct guest_config cfg = kit_config("map", GUEST_PVH);
		struct xc_dom_image dom = {0};

		cfg.memory_kib = cases[i].memory / 1024;
		memmap_layout(&dom, &cfg);
		assert_false(dom.device_model);
		assert_true(dom.vga_hole_size == 0);
		assert_true(dom.lowmem_end == cases[i].low);
		assert_true(dom.highmem_end == cases[i].high);
		assert_true(dom.mmio_start == HOLE && dom.mmio_size == 64 * MIB);
		assert_true(dom.target_pages == cases[i].memory / 4096);
		/* All that the guest is to have, and no more. */
		assert_true(dom.lowmem_end + (dom.highmem_end ? dom.highmem_end - 4 * GIB : 0) ==
			    cases[i].memory);
	}
}

/* What the hypervisor was given for a guest of that size with two ACPI modules. */
static struct fake_domain *describe(uint64_t memory_kib, bool rsdp_anywhere)
{
	struct guest_config cfg = kit_config("map", GUEST_PVH);
	struct image_cache images = {NULL};
	struct fake_domain *d;
	struct guest g;
	struct host h;
	struct err e;

	fake_reset();
	fake_host()->free_kib = UINT64_C(16) << 20;
	fake_host()->linux_rsdp = rsdp_anywhere;
	cfg.memory_kib = cfg.maxmem_kib = memory_kib;
	KIT_CHECK(!host_open(&h, false, &e), "%s", e.msg);
	assert_int_equal(guest_init(&g, &cfg, &e), 0);
	assert_int_equal(guest_hold_images(&g, &images, &e), 0);
	KIT_CHECK(!kit_start(&g, &h, &e), "%s", e.msg);
	d = fake_domain(g.domid);
	assert_int_equal(guest_destroy(&g, &h, &e), 0);
	guest_drop_images(&g, &images);
	host_close(&h);
	kit_nothing_held(true);
	return d;
}

static void entry(const struct fake_domain *d, unsigned i, uint64_t addr, uint64_t size,
		  uint32_t type)
{
	KIT_CHECK(d->e820[i].addr == addr && d->e820[i].size == size && d->e820[i].type == type,
		  "entry %u: %llx, %llx, %u", i, (unsigned long long)d->e820[i].addr,
		  (unsigned long long)d->e820[i].size, d->e820[i].type);
}

/* No two entries overlap. */
static void disjoint(const struct fake_domain *d)
{
	unsigned i, k;

	for (i = 0; i < d->nr_e820; i++)
		for (k = 0; k < i; k++)
			assert_true(d->e820[i].addr + d->e820[i].size <= d->e820[k].addr ||
				    d->e820[k].addr + d->e820[k].size <= d->e820[i].addr);
}

static void test_small(void **state)
{
	struct fake_domain *d = describe(64 * 1024, false);

	(void)state;
	assert_int_equal(d->nr_e820, 5);
	entry(d, 0, 0, 64 * MIB, E820_RAM);
	entry(d, 1, 0xfeff8000, 8 * 4096, E820_RESERVED);
	/* The RSDP in the last 64 bytes below 1 MiB, for kernels that look there alone: a page that
	 * is RAM, too, in which the later entry is the ACPI's. */
	entry(d, 2, 0xff000, 4096, E820_ACPI);
	entry(d, 3, HOLE, 4096, E820_ACPI);
	assert_true(d->e820[4].addr == HOLE + 4096 && d->e820[4].type == E820_ACPI);
	assert_true(d->e820[4].size >= 4096 && d->e820[4].size <= 16 * 4096);
}

static void test_big(void **state)
{
	struct fake_domain *d = describe(5 << 20, true);

	(void)state;
	assert_int_equal(d->nr_e820, 6);
	entry(d, 0, 0, HOLE, E820_RAM);
	entry(d, 5, 4 * GIB, GIB + 64 * MIB, E820_RAM);
	disjoint(d); /* this kernel finds the RSDP behind the tables */
	assert_true(d->e820[2].addr > HOLE + 4096 && d->e820[2].type == E820_ACPI);
	assert_true(d->lowmem_end == HOLE && d->highmem_end == 5 * GIB + 64 * MIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_big),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
