/* ACPI tables of PVH and HVM guests, made by Xen's libacpi and read back from what is loaded. */
#include "builder/fake/kit.h"

#include "builder/build/acpi.h"

#define TABLES UINT64_C(0xfc001000)

static uint32_t get32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The table of that signature that the XSDT names, from the memory at TABLES. */
static const uint8_t *find(const struct xc_dom_image *dom, const char *signature)
{
	const uint8_t *base = dom->acpi_modules[2].data, *rsdp = dom->acpi_modules[0].data;
	const uint64_t xsdt_at = get32(rsdp + 24) | (uint64_t)get32(rsdp + 28) << 32;
	const uint8_t *xsdt;
	uint32_t len;

	assert_memory_equal(rsdp, "RSD PTR ", 8);
	assert_in_range(xsdt_at, TABLES, TABLES + dom->acpi_modules[2].length - 36);
	xsdt = base + (xsdt_at - TABLES);
	assert_memory_equal(xsdt, "XSDT", 4);
	len = get32(xsdt + 4);
	for (uint32_t i = 36; i < len; i += 8) {
		const uint64_t at = get32(xsdt + i) | (uint64_t)get32(xsdt + i + 4) << 32;

		if (!at)
			continue;
		assert_in_range(at, TABLES, TABLES + dom->acpi_modules[2].length - 36);
		if (!memcmp(base + (at - TABLES), signature, 4))
			return base + (at - TABLES);
	}
	return NULL;
}

static void checksum(const uint8_t *table)
{
	uint32_t len = get32(table + 4);
	uint8_t sum = 0;

	for (uint32_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + table[i]);
	assert_int_equal(sum, 0);
}

/* The local APICs of the MADT: which are there, and which are on. */
static void expect_vcpus(const struct xc_dom_image *dom, unsigned vcpus, unsigned maxvcpus)
{
	const uint8_t *madt = find(dom, "APIC");
	uint32_t len;
	unsigned n = 0;

	assert_non_null(madt);
	checksum(madt);
	assert_int_equal(get32(madt + 36), 0xfee00000);
	len = get32(madt + 4);
	for (uint32_t i = 44; i < len; i += madt[i + 1]) {
		assert_true(madt[i + 1] >= 2);
		assert_int_equal(madt[i], 0); /* no IO-APIC, no overrides: a PVH guest has none */
		assert_int_equal(madt[i + 3], 2 * n);             /* APIC id */
		assert_int_equal(get32(madt + i + 4), n < vcpus); /* enabled */
		n++;
	}
	assert_int_equal(n, maxvcpus);
}

static struct xc_dom_image *allocate(xc_interface **xch)
{
	fake_reset();
	*xch = xc_interface_open(NULL, NULL, 0);
	return xc_dom_allocate(*xch, "", NULL);
}

/* The tables of a pvh guest with that many vcpus. */
static int describe(struct xc_dom_image *dom, unsigned vcpus, unsigned maxvcpus, struct err *e)
{
	struct guest_config cfg = kit_config("web", GUEST_PVH);

	cfg.vcpus = vcpus;
	cfg.maxvcpus = maxvcpus;
	return acpi_describe(dom, &cfg, e);
}

static void release(xc_interface *xch, struct xc_dom_image *dom)
{
	xc_dom_release(dom);
	xc_interface_close(xch);
	kit_nothing_held(true);
}

static void test_vcpus(void **state)
{
	static const unsigned cases[][2] = {{1, 1}, {2, 2},  {1, 4},     {7, 9},
					    {8, 8}, {9, 64}, {128, 128}, {1, 128}};
	struct xc_dom_image *dom;
	xc_interface *xch;
	struct err e;

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		dom = allocate(&xch);
		KIT_CHECK(!describe(dom, cases[i][0], cases[i][1], &e), "%u of %u: %s", cases[i][0],
			  cases[i][1], e.msg);
		expect_vcpus(dom, cases[i][0], cases[i][1]);
		assert_true(dom->acpi_modules[1].guest_addr_out == 0xfc000000);
		assert_int_equal(dom->acpi_modules[1].length, 4096);
		assert_true(dom->acpi_modules[2].guest_addr_out == TABLES);
		assert_int_equal(dom->acpi_modules[2].length % 4096, 0);
		assert_true(dom->acpi_modules[2].length <= 16 * 4096);
		assert_int_equal(dom->acpi_modules[3].length, 0);
		release(xch, dom);
	}
}

/* The tables' own words for "no legacy hardware here" (FADT, IAPC_BOOT_ARCH and flags). */
static void test_fadt(void **state)
{
	struct xc_dom_image *dom;
	const uint8_t *fadt;
	xc_interface *xch;
	struct err e;

	(void)state;
	dom = allocate(&xch);
	assert_int_equal(describe(dom, 1, 1, &e), 0);
	fadt = find(dom, "FACP");
	assert_non_null(fadt);
	checksum(fadt);
	assert_int_equal(fadt[8], 5);             /* revision */
	assert_int_equal(fadt[109] & 0x03, 0);    /* no legacy devices, no 8042 */
	assert_int_equal(fadt[109] & 0x04, 0x04); /* no VGA */
	assert_int_equal(fadt[109] & 0x20, 0x20); /* no CMOS clock */
	release(xch, dom);
}

static void test_rsdp(void **state)
{
	struct xc_dom_image *dom;
	xc_interface *xch;
	struct err e;

	(void)state;
	dom = allocate(&xch);
	assert_int_equal(describe(dom, 1, 1, &e), 0);
	assert_true(dom->acpi_modules[0].guest_addr_out == 0x100000 - 64);
	assert_int_equal(dom->acpi_modules[0].length, 64);
	release(xch, dom);
	dom = allocate(&xch);
	fake_host()->linux_rsdp = true;
	assert_int_equal(describe(dom, 1, 1, &e), 0);
	assert_true(dom->acpi_modules[0].guest_addr_out == TABLES + dom->acpi_modules[2].length);
	release(xch, dom);
}

static void test_failures(void **state)
{
	struct xc_dom_image *dom;
	xc_interface *xch;
	struct err e;

	(void)state;
	for (unsigned n = 1; n <= 3; n++) {
		dom = allocate(&xch);
		fake_fail_at(n, ENOMEM);
		assert_int_equal(describe(dom, 1, 1, &e), -1);
		assert_string_equal(e.msg, "out of memory for ACPI tables");
		release(xch, dom);
	}
	dom = allocate(&xch);
	fake_fail_call("acpi_build_tables", 1, 0);
	assert_int_equal(describe(dom, 2, 3, &e), -1);
	assert_string_equal(e.msg, "cannot build ACPI tables for 3 vcpus");
	release(xch, dom);
}

static struct guest_config classic(unsigned vcpus)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);

	kit_hvm(&cfg, true);
	cfg.vcpus = cfg.maxvcpus = vcpus;
	return cfg;
}

/* What the MADT of an hvm guest has: a local APIC a vcpu, the I/O APIC, and the ISA interrupts that
 * are not what they were: the timer's is on pin 2, and PCI's are level-triggered, active low. */
static void test_hvm_madt(void **state)
{
	static const uint8_t overrides[][10] = {
		{2, 10, 0, 0, 2, 0, 0, 0, 0, 0},
		{2, 10, 0, 5, 5, 0, 0, 0, 0xf, 0},
		{2, 10, 0, 10, 10, 0, 0, 0, 0xf, 0},
		{2, 10, 0, 11, 11, 0, 0, 0, 0xf, 0},
	};
	struct guest_config cfg = classic(2);
	unsigned lapics = 0, ioapics = 0, n = 0;
	struct xc_dom_image *dom;
	const uint8_t *madt;
	xc_interface *xch;
	struct err e;

	(void)state;
	dom = allocate(&xch);
	KIT_CHECK(!acpi_describe(dom, &cfg, &e), "%s", e.msg);
	madt = find(dom, "APIC");
	assert_non_null(madt);
	checksum(madt);
	assert_int_equal(get32(madt + 36), 0xfee00000);
	for (uint32_t i = 44; i < get32(madt + 4); i += madt[i + 1]) {
		const uint8_t *at = madt + i;

		assert_true(at[1] >= 2);
		if (at[0] == 0) {
			assert_int_equal(at[3], 2 * lapics);
			assert_int_equal(get32(at + 4), 1);
			lapics++;
		} else if (at[0] == 1) {
			assert_int_equal(at[2], 1);
			assert_int_equal(get32(at + 4), 0xfec00000);
			assert_int_equal(get32(at + 8), 0); /* its interrupts are from 0 on */
			ioapics++;
		} else {
			assert_true(n < 4);
			assert_memory_equal(at, overrides[n], 10);
			n++;
		}
	}
	assert_int_equal(lapics, 2);
	assert_int_equal(ioapics, 1);
	assert_int_equal(n, 4);
	release(xch, dom);

	/* apic = 0: none for one vcpu; with more of them there has to be one. */
	cfg.apic = false;
	dom = allocate(&xch);
	assert_int_equal(acpi_describe(dom, &cfg, &e), 0);
	assert_non_null(find(dom, "APIC"));
	release(xch, dom);
	cfg.vcpus = cfg.maxvcpus = 1;
	dom = allocate(&xch);
	assert_int_equal(acpi_describe(dom, &cfg, &e), 0);
	assert_null(find(dom, "APIC"));
	release(xch, dom);
	cfg.apic = true;
	dom = allocate(&xch);
	assert_int_equal(acpi_describe(dom, &cfg, &e), 0);
	assert_non_null(find(dom, "APIC"));
	release(xch, dom);
}

static void test_hvm_platform(void **state)
{
	struct guest_config cfg = classic(1);
	struct xc_dom_image *dom;
	const uint8_t *table;
	xc_interface *xch;
	struct err e;

	(void)state;
	dom = allocate(&xch);
	assert_int_equal(acpi_describe(dom, &cfg, &e), 0);
	table = find(dom, "FACP");
	assert_non_null(table);
	checksum(table);
	assert_int_equal(get32(table + 76), 0xb008); /* the PM timer's port */
	assert_int_equal(table[91], 4);              /* and its length */
	assert_int_equal(table[109] & 0x03, 0);      /* no legacy devices, no 8042 */
	assert_int_equal(table[109] & 0x04, 0x04);   /* no VGA */
	assert_int_equal(table[109] & 0x20, 0);      /* a CMOS clock */
	table = find(dom, "HPET");
	assert_non_null(table);
	checksum(table);
	assert_int_equal(get32(table + 44), 0xfed00000);
	assert_non_null(find(dom, "WAET"));
	release(xch, dom);

	cfg.hpet = false;
	dom = allocate(&xch);
	assert_int_equal(acpi_describe(dom, &cfg, &e), 0);
	assert_null(find(dom, "HPET"));
	assert_non_null(find(dom, "FACP"));
	release(xch, dom);
}

/* What is for hvm guests does not get into a pvh guest's tables. */
static void test_pvh_alone(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PVH), other;
	struct xc_dom_image *dom, *plain;
	xc_interface *xch, *plain_xch;
	struct err e;

	(void)state;
	plain = allocate(&plain_xch);
	assert_int_equal(acpi_describe(plain, &cfg, &e), 0);
	assert_null(find(plain, "HPET"));
	assert_null(find(plain, "WAET"));
	assert_int_equal(get32(find(plain, "FACP") + 76), 0); /* no PM timer */
	other = cfg;
	kit_hvm(&other, true);
	other.type = GUEST_PVH;
	xch = xc_interface_open(NULL, NULL, 0);
	dom = xc_dom_allocate(xch, "", NULL);
	assert_int_equal(acpi_describe(dom, &other, &e), 0);
	for (unsigned i = 1; i < 3; i++) {
		assert_int_equal(dom->acpi_modules[i].length, plain->acpi_modules[i].length);
		assert_memory_equal(dom->acpi_modules[i].data, plain->acpi_modules[i].data,
				    dom->acpi_modules[i].length);
	}
	xc_dom_release(plain);
	xc_interface_close(plain_xch);
	release(xch, dom);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vcpus),        cmocka_unit_test(test_fadt),
		cmocka_unit_test(test_rsdp),         cmocka_unit_test(test_hvm_madt),
		cmocka_unit_test(test_hvm_platform), cmocka_unit_test(test_pvh_alone),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
