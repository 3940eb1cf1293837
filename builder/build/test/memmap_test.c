/* Memory maps of PVH and HVM guests, to the byte. */
#include "builder/fake/kit.h"

#include <unistd.h>

#include "builder/build/memmap.h"
#include "builder/host/host.h"
#include "builder/image/image_files.h"
#include "builder/build/life.h"

/* What a pvh guest's ACPI tables are in its map. */
#if XEN_LIBS_MINOR >= 21
#define E820_TABLES 4 /* non-volatile */
#else
#define E820_TABLES 3 /* to be reclaimed */
#endif

#define MIB  (UINT64_C(1) << 20)
#define GIB  (UINT64_C(1) << 30)
#define HOLE UINT64_C(0xfc000000)

/* Where a PC's firmware has it begin. */
#define FIRMWARE_HOLE UINT64_C(0xf0000000)

/* Of a guest without a store. */
static void layout(struct xc_dom_image *dom, const struct guest_config *cfg)
{
	memmap_layout(dom, &(struct guest){.cfg = cfg, .static_max_kib = cfg->memory_kib});
}

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

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct guest_config cfg = kit_config("map", GUEST_PVH);
		struct xc_dom_image dom = {0};

		cfg.memory_kib = cases[i].memory / 1024;
		layout(&dom, &cfg);
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

/* A guest with a firmware: its video card's memory is not its own. */
static void test_layout_firmware(void **state)
{
	static const struct {
		uint64_t memory, videoram, low, high;
	} cases[] = {
		{192 * MIB, 0, 192 * MIB, 0},
		{192 * MIB, 8 * MIB, 184 * MIB, 0},
		{FIRMWARE_HOLE, 0, FIRMWARE_HOLE, 0},
		{FIRMWARE_HOLE + 8 * MIB, 8 * MIB, FIRMWARE_HOLE, 0},
		{FIRMWARE_HOLE + 9 * MIB, 8 * MIB, FIRMWARE_HOLE, 4 * GIB + MIB},
		{5 * GIB, 16 * MIB, FIRMWARE_HOLE, 5 * GIB + 256 * MIB - 16 * MIB},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct guest_config cfg = kit_config("map", GUEST_PV);
		struct xc_dom_image dom = {0};

		kit_hvm(&cfg, false);
		cfg.memory_kib = cases[i].memory / 1024;
		cfg.videoram_kib = cases[i].videoram / 1024;
		layout(&dom, &cfg);
		assert_true(dom.lowmem_end == cases[i].low);
		assert_true(dom.highmem_end == cases[i].high);
		assert_true(dom.mmio_start == FIRMWARE_HOLE && dom.mmio_size == 256 * MIB);
		assert_true(dom.target_pages == (cases[i].memory - cases[i].videoram) / 4096);
		assert_true(dom.device_model);
		assert_true(dom.vga_hole_size == 0x20);
	}
}

/* mmio_hole: as large as it says, which a guest without a firmware does not look at. */
static void test_layout_hole(void **state)
{
	struct guest_config cfg = kit_config("map", GUEST_PV);
	struct xc_dom_image dom = {0};

	(void)state;
	kit_hvm(&cfg, false);
	cfg.memory_kib = 5 << 20;
	cfg.domain.mmio_hole_mib = (struct given_number){true, 1024};
	layout(&dom, &cfg);
	assert_true(dom.mmio_start == 3 * GIB && dom.mmio_size == GIB);
	assert_true(dom.lowmem_end == 3 * GIB && dom.highmem_end == 6 * GIB);
	kit_hvm(&cfg, true);
	layout(&dom, &cfg);
	assert_true(dom.mmio_start == HOLE);
}

/* One without a firmware has the memory of a pvh guest. */
static void test_layout_classic(void **state)
{
	struct guest_config cfg = kit_config("map", GUEST_PV);
	struct xc_dom_image dom = {0};

	(void)state;
	kit_hvm(&cfg, true);
	cfg.memory_kib = 5 << 20;
	layout(&dom, &cfg);
	assert_true(dom.lowmem_end == HOLE && dom.highmem_end == 5 * GIB + 64 * MIB);
	assert_true(dom.mmio_start == HOLE && dom.mmio_size == 64 * MIB);
	assert_true(dom.target_pages == 5 * GIB / 4096);
	assert_false(dom.device_model);
	assert_true(dom.vga_hole_size == 0);
}

/* What the host keeps for devices. */
static struct fake_rdm rdms[4];
static unsigned nr_rdms;

/* What the hypervisor was given for a guest; NULL when it was refused, for *why. */
static struct fake_domain *build(const struct guest_config *cfg, bool rsdp_anywhere,
				 struct err *why)
{
	struct image_cache images = {NULL};
	struct fake_domain *d;
	struct guest g;
	struct host h;
	struct err e;
	int rc;

	fake_reset();
	fake_host()->free_kib = UINT64_C(16) << 20;
	fake_host()->linux_rsdp = rsdp_anywhere;
	memcpy(fake_host()->rdms, rdms, sizeof(rdms));
	fake_host()->nr_rdms = nr_rdms;
	KIT_CHECK(!host_open(&h, false, &e), "%s", e.msg);
	assert_int_equal(guest_init(&g, cfg, &e), 0);
	assert_int_equal(guest_hold_images(&g, &images, &e), 0);
	rc = kit_start(&g, &h, why);
	d = rc < 0 ? NULL : fake_domain(g.domid);
	assert_int_equal(guest_destroy(&g, &h, &e), 0);
	guest_drop_images(&g, &images);
	host_close(&h);
	kit_nothing_held(true);
	return d;
}

static struct fake_domain *good(const struct guest_config *cfg, bool rsdp_anywhere)
{
	struct fake_domain *d;
	struct err e;

	d = build(cfg, rsdp_anywhere, &e);
	KIT_CHECK(d, "%s", e.msg);
	return d;
}

/* What the hypervisor was given for a guest of that size with two ACPI modules. */
static struct fake_domain *describe(uint64_t memory_kib, bool rsdp_anywhere)
{
	struct guest_config cfg = kit_config("map", GUEST_PVH);

	cfg.memory_kib = cfg.maxmem_kib = memory_kib;
	return good(&cfg, rsdp_anywhere);
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
	for (unsigned i = 0; i < d->nr_e820; i++)
		for (unsigned k = 0; k < i; k++)
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
	entry(d, 2, 0xff000, 4096, E820_TABLES);
	entry(d, 3, HOLE, 4096, E820_TABLES);
	assert_true(d->e820[4].addr == HOLE + 4096 && d->e820[4].type == E820_TABLES);
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
	assert_true(d->e820[2].addr > HOLE + 4096 && d->e820[2].type == E820_TABLES);
	assert_true(d->lowmem_end == HOLE && d->highmem_end == 5 * GIB + 64 * MIB);
}

/* hvmloader describes what is below 1 MiB, and has its own ranges in the hole. */
static void test_firmware(void **state)
{
	struct guest_config cfg = kit_config("map", GUEST_PV);
	struct fake_domain *d;

	(void)state;
	kit_hvm(&cfg, false);
	cfg.memory_kib = cfg.maxmem_kib = 192 << 10;
	cfg.videoram_kib = 8 << 10;
	d = good(&cfg, false);
	assert_int_equal(d->nr_e820, 1);
	entry(d, 0, MIB, 183 * MIB, E820_RAM);
	assert_int_equal(d->acpi_pages, 0);
	assert_true(d->memory_kib == 184 << 10);

	cfg.memory_kib = cfg.maxmem_kib = 5 << 20;
	cfg.videoram_kib = 16 << 10;
	d = good(&cfg, false);
	assert_int_equal(d->nr_e820, 2);
	entry(d, 0, MIB, FIRMWARE_HOLE - MIB, E820_RAM);
	entry(d, 1, 4 * GIB, GIB + 240 * MIB, E820_RAM);
	assert_true(d->lowmem_end == FIRMWARE_HOLE && d->highmem_end == 5 * GIB + 240 * MIB);
}

/* What the host keeps for devices is told, and none of the guest's memory is there. */
static void test_rdm(void **state)
{
	struct guest_config cfg = kit_config("map", GUEST_PV);
	struct fake_domain *d;
	struct err e;

	(void)state;
	kit_hvm(&cfg, false);
	cfg.memory_kib = cfg.maxmem_kib = 5 << 20;
	cfg.domain.rdm = (struct rdm){.host = true, .policy = PCI_RDM_STRICT};
	rdms[0] = (struct fake_rdm){.pfn = 3 * GIB >> 12, .pages = 16};
	rdms[1] = (struct fake_rdm){.pfn = GIB >> 12, .pages = 1};
	nr_rdms = 1;
	d = good(&cfg, false);
	assert_int_equal(d->nr_e820, 3);
	entry(d, 0, MIB, 3 * GIB - MIB, E820_RAM);
	entry(d, 1, 3 * GIB, 16 * 4096, E820_RESERVED);
	entry(d, 2, 4 * GIB, 2 * GIB, E820_RAM);
	assert_true(d->lowmem_end == 3 * GIB && d->highmem_end == 6 * GIB);
	nr_rdms = 2;
	assert_null(build(&cfg, false, &e));
	assert_non_null(strstr(e.msg, "40000000-40001000, meets the guest's own"));
	/* What is not kept free is not told, as with libxl. */
	cfg.domain.rdm.policy = PCI_RDM_RELAXED;
	assert_int_equal(good(&cfg, false)->nr_e820, 3);
	nr_rdms = 0;
}

/* The same as a pvh guest's; without ACPI there are no ranges for its tables. */
static void test_classic(void **state)
{
	struct guest_config cfg = kit_config("map", GUEST_PV);
	struct fake_domain *d;

	(void)state;
	kit_hvm(&cfg, true);
	d = good(&cfg, false);
	assert_int_equal(d->nr_e820, 5);
	entry(d, 0, 0, 64 * MIB, E820_RAM);
	entry(d, 1, 0xfeff8000, 8 * 4096, E820_RESERVED);
	entry(d, 2, 0xff000, 4096, E820_TABLES);
	entry(d, 3, HOLE, 4096, E820_TABLES);
	cfg.acpi = false;
	d = good(&cfg, false);
	assert_int_equal(d->nr_e820, 2);
	entry(d, 0, 0, 64 * MIB, E820_RAM);
	entry(d, 1, 0xfeff8000, 8 * 4096, E820_RESERVED);
}

/* A guest of 64 MiB with that map. */
static struct guest_config mapped(bool classic, const char *text)
{
	struct guest_config cfg = kit_config("map", GUEST_PV);
	static char path[256];

	snprintf(path, sizeof(path), "%s", kit_path("map"));
	kit_text("map", text);
	kit_hvm(&cfg, classic);
	cfg.memmap = path;
	return cfg;
}

static void test_file(void **state)
{
	struct guest_config cfg = mapped(true, "0 9fc00 ram\nf0000 100000 reserved\n"
					       "100000 4000000 ram\n4000000 4010000 nvs\n");
	struct fake_domain *d = good(&cfg, false);

	(void)state;
	/* The RSDP's page is in what the file has reserved; the others are added. */
	assert_int_equal(d->nr_e820, 7);
	entry(d, 0, 0xfeff8000, 8 * 4096, E820_RESERVED);
	entry(d, 1, HOLE, 4096, E820_TABLES);
	assert_true(d->e820[2].addr == HOLE + 4096 && d->e820[2].type == E820_TABLES);
	entry(d, 3, 0, 0x9fc00, E820_RAM);
	entry(d, 4, 0xf0000, 0x10000, E820_RESERVED);
	entry(d, 5, MIB, 63 * MIB, E820_RAM);
	entry(d, 6, 64 * MIB, 0x10000, E820_NVS);

	/* All of them are the file's. */
	cfg = mapped(true, "0 4000000 ram\nfc000000 100000000 reserved\n");
	d = good(&cfg, true);
	assert_int_equal(d->nr_e820, 2);
	entry(d, 0, 0, 64 * MIB, E820_RAM);
	entry(d, 1, HOLE, 64 * MIB, E820_RESERVED);

	/* A part of one is not enough. */
	cfg = mapped(true, "0 4000000 ram\nfeff9000 100000000 reserved\n");
	cfg.acpi = false;
	d = good(&cfg, true);
	assert_int_equal(d->nr_e820, 3);
	entry(d, 0, 0xfeff8000, 8 * 4096, E820_RESERVED);
	entry(d, 2, 0xfeff9000, 0x1007000, E820_RESERVED);
}

/* Of a firmware's guest: without what hvmloader describes itself. */
static void test_file_firmware(void **state)
{
	struct guest_config cfg = mapped(false, "0 9fc00 ram\nf0000 140000 reserved\n"
						"140000 4000000 ram\n"
						"f8000000 100010000 reserved\n");
	struct fake_domain *d = good(&cfg, false);

	(void)state;
	assert_int_equal(d->nr_e820, 4);
	entry(d, 0, MIB, 0x40000, E820_RESERVED);
	entry(d, 1, 0x140000, 0x3ec0000, E820_RAM);
	entry(d, 2, 0xf8000000, 0x4000000, E820_RESERVED);
	entry(d, 3, 4 * GIB, 0x10000, E820_RESERVED);
}

static void refused(const struct guest_config *cfg, const char *what)
{
	char want[512];
	struct err e;

	assert_null(build(cfg, false, &e));
	snprintf(want, sizeof(want), "memmap %s%s", cfg->memmap, what);
	assert_string_equal(e.msg, want);
	kit_good_message(&e);
}

static void test_file_wrong(void **state)
{
	struct guest_config cfg;
	char many[128 * 32];
	unsigned len;

	(void)state;
	/* Before there is a domain. */
	cfg = mapped(true, "0 4000000 ram\n4000000 4000000 acpi\n");
	refused(&cfg, ":2:1: the range is empty: END is the first address behind it");
	assert_int_equal(fake_calls_of("xc_domain_create"), 0);
	cfg = mapped(true, "0 5000000 ram\n");
	refused(&cfg, ": its ranges that are ram have 81920 KiB, the guest has 65536 KiB");
	assert_int_equal(fake_calls_of("xc_domain_create"), 0);
	cfg = mapped(false, "0 4000000 ram\n");
	cfg.memory_kib = cfg.maxmem_kib = 80 << 10;
	cfg.videoram_kib = 8 << 10;
	refused(&cfg, ": its ranges up to the last that is ram have 65536 KiB, the guest has "
		      "73728 KiB");
	assert_int_equal(fake_calls_of("xc_domain_create"), 0);

	/* As much as there is, but elsewhere. */
	cfg = mapped(true, "0 3000000 ram\n80000000 81000000 ram\n");
	refused(&cfg, ": 80000000-81000000 is ram there, but the guest's memory ends at 4000000");
	cfg = mapped(true, "0 3fff000 ram\n100000000 100001000 ram\n");
	refused(&cfg, ": 100000000-100001000 is ram there, but the guest's memory ends at 4000000");
	cfg = mapped(false, "0 efff0000 ram\n100000000 110101000 ram\n");
	cfg.memory_kib = cfg.maxmem_kib = (4 << 20) + 1024;
	refused(&cfg, ": 100000000-110101000 is ram there, but the guest's memory ends at "
		      "110100000");

	/* 128 of the file's, and four that the guest needs. */
	len = (unsigned)sprintf(many, "0 4000000 ram\n");
	for (unsigned i = 0; i < 127; i++)
		len += (unsigned)sprintf(many + len, "%x %x reserved\n", 0x80000000 + i * 0x2000,
					 0x80001000 + i * 0x2000);
	cfg = mapped(true, many);
	refused(&cfg, ": its 128 ranges and 4 that the guest needs are more than the 128 that the "
		      "hypervisor takes");
	cfg = mapped(false, many);
	assert_int_equal(good(&cfg, false)->nr_e820, 128);
}

static int begin(void **state)
{
	if (kit_begin(state) < 0 || chdir(kit_path("")) < 0)
		return -1;
	kit_firmware();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),        cmocka_unit_test(test_layout_firmware),
		cmocka_unit_test(test_layout_hole),   cmocka_unit_test(test_layout_classic),
		cmocka_unit_test(test_small),         cmocka_unit_test(test_big),
		cmocka_unit_test(test_firmware),      cmocka_unit_test(test_classic),
		cmocka_unit_test(test_rdm),           cmocka_unit_test(test_file),
		cmocka_unit_test(test_file_firmware), cmocka_unit_test(test_file_wrong),
	};

	return cmocka_run_group_tests(tests, begin, kit_end);
}
