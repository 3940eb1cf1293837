/* Memory that the host keeps for devices: which there is for a guest, and the room that is made. */
#include "builder/fake/kit.h"

#include "builder/build/rdm.h"
#include "builder/describe/pci_spec.h"
#include "builder/pci/pci_hold.h"

#define MIB        (UINT64_C(1) << 20)
#define GIB        (UINT64_C(1) << 30)
#define SBDF(d, f) (3u << 8 | (d) << 3 | (f))
#define PFN(addr)  ((addr) >> 12)

static struct pci_spec specs[2];
static struct pci_assigned held[3];

/* 03:04.0 and 03:04.1 are of the first spec, 03:05.2 of the second; some other device's is last. */
static void open_scene(struct guest_config *cfg, struct guest *g, struct host *h)
{
	struct err e;

	fake_reset();
	*fake_host() = (struct fake_host){
		.rdms = {{SBDF(4, 1), PFN(3 * GIB), 16},
			 {SBDF(5, 2), PFN(3 * GIB + 16 * MIB), 1},
			 {SBDF(6, 0), PFN(GIB), 2}},
		.nr_rdms = 3,
		.nr_cpus = 1,
		.free_kib = 1 << 20,
	};
	for (unsigned i = 0; i < 2; i++)
		specs[i] = (struct pci_spec){.by = PCI_BY_BDF, .at = {0, 3, (uint8_t)(4 + i), 0}};
	held[0] = (struct pci_assigned){.at = {0, 3, 4, 0}, .spec = 0};
	held[1] = (struct pci_assigned){.at = {0, 3, 4, 1}, .spec = 0};
	held[2] = (struct pci_assigned){.at = {0, 3, 5, 2}, .spec = 1};
	*cfg = kit_config("web", GUEST_PV);
	kit_hvm(cfg, false);
	cfg->pcis = specs;
	cfg->nr_pcis = 2;
	*g = (struct guest){.cfg = cfg, .pcis = held, .nr_pcis = 3};
	KIT_CHECK(!host_open(h, false, &e), "%s", e.msg);
}

static void is_range(const struct rdm_range *r, uint64_t start, uint64_t size, bool strict)
{
	assert_true(r->start == start && r->end == start + size && r->strict == strict);
}

static void test_read(void **state)
{
	struct guest_config cfg;
	struct rdm_map m;
	struct guest g;
	struct host h;
	struct err e;

	(void)state;
	open_scene(&cfg, &g, &h);
	specs[1].rdm_policy = PCI_RDM_RELAXED;
	assert_int_equal(rdm_read(&g, &h, &m, &e), 0);
	assert_int_equal(m.n, 2);
	is_range(&m.v[0], 3 * GIB, 16 * 4096, true);
	is_range(&m.v[1], 3 * GIB + 16 * MIB, 4096, false);
	/* All of them, and a device's own policy counts more. */
	cfg.domain.rdm = (struct rdm){.host = true, .policy = PCI_RDM_RELAXED};
	assert_int_equal(rdm_read(&g, &h, &m, &e), 0);
	assert_int_equal(m.n, 3);
	is_range(&m.v[0], 3 * GIB, 16 * 4096, true);
	is_range(&m.v[1], 3 * GIB + 16 * MIB, 4096, false);
	is_range(&m.v[2], GIB, 2 * 4096, false);
	cfg.domain.rdm.policy = PCI_RDM_STRICT;
	g.nr_pcis = 0;
	assert_int_equal(rdm_read(&g, &h, &m, &e), 0);
	is_range(&m.v[2], GIB, 2 * 4096, true);
	/* The others have the host's addresses, or no devices. */
	cfg.type = GUEST_PV;
	assert_int_equal(rdm_read(&g, &h, &m, &e), 0);
	assert_int_equal(m.n, 0);
	cfg.type = GUEST_HVM;
	cfg.domain.rdm.host = false;
	assert_int_equal(rdm_read(&g, &h, &m, &e), 0);
	assert_int_equal(m.n, 0);
	host_close(&h);
}

static void test_read_fails(void **state)
{
	struct guest_config cfg;
	struct rdm_map m;
	struct guest g;
	struct host h;
	struct err e;

	(void)state;
	open_scene(&cfg, &g, &h);
	fake_fail_call("xc_reserved_device_memory_map", 2, EPERM);
	assert_int_equal(rdm_read(&g, &h, &m, &e), -1);
	assert_non_null(strstr(e.msg, "cannot ask for the memory that the host keeps for devices"));
	host_close(&h);
}

/* A guest of 4 GiB with those ranges; bounds in MiB, or 0 for none. */
static int room(struct rdm_range a, struct rdm_range b, unsigned boundary, bool hap,
		struct xc_dom_image *dom, struct guest *g, struct err *e)
{
	static struct guest_config cfg;
	const struct rdm_map m = {.v = {a, b}, .n = 2};

	cfg = (struct guest_config){.hap = hap};
	if (boundary)
		cfg.domain.rdm_boundary_mib = (struct given_number){true, boundary};
	*g = (struct guest){.cfg = &cfg};
	*dom = (struct xc_dom_image){.lowmem_end = 0xf0000000, .highmem_end = 4 * GIB + 256 * MIB};
	return rdm_make_room(&m, g, dom, e);
}

static void test_room(void **state)
{
	const struct rdm_range none = {0, 0, true}, high = {3 * GIB + 4096, 3 * GIB + MIB, true},
			       higher = {0xe8000000, 0xe8001000, true},
			       device = {0xf0000000, 0xf0100000, true},
			       at = {2 * GIB, 2 * GIB + 4096, true},
			       above = {2 * GIB + 4096, 2 * GIB + 8192, true};
	struct xc_dom_image dom;
	struct guest g;
	struct err e;

	(void)state;
	assert_int_equal(room(device, none, 0, true, &dom, &g, &e), 0);
	assert_true(dom.lowmem_end == 0xf0000000 && dom.highmem_end == 4 * GIB + 256 * MIB);
	/* As much memory as before, the lower end of large pages. */
	assert_int_equal(room(higher, high, 0, true, &dom, &g, &e), 0);
	assert_true(dom.lowmem_end == 3 * GIB && dom.highmem_end == 5 * GIB);
	assert_false(rdm_in_the_way(&high, &dom) || rdm_in_the_way(&higher, &dom));
	assert_int_equal(room(high, higher, 0, false, &dom, &g, &e), 0);
	assert_true(dom.lowmem_end == 3 * GIB + 4096 && dom.highmem_end == 5 * GIB - 4096);
	/* The boundary itself is below it. */
	assert_int_equal(room(above, none, 0, false, &dom, &g, &e), 0);
	assert_true(dom.lowmem_end == 2 * GIB + 4096);
	assert_int_equal(room(at, none, 0, true, &dom, &g, &e), -1);
	assert_string_equal(e.msg, "memory that the host keeps for devices, 80000000-80001000, "
				   "meets the guest's own: a lower rdm_mem_boundary moves that, "
				   "and rdm_policy=relaxed goes without");
	assert_int_equal(room(at, none, 2047, true, &dom, &g, &e), 0);
	assert_true(dom.lowmem_end == 2 * GIB);
	assert_string_equal(g.note, "");
	assert_int_equal(room(high, none, 4096, true, &dom, &g, &e), -1);
}

static void test_relaxed(void **state)
{
	const struct rdm_range none = {0, 0, false}, low = {GIB, GIB + MIB, false},
			       beyond = {4 * GIB + 255 * MIB, 6 * GIB, false},
			       behind = {4 * GIB + 256 * MIB, 6 * GIB, true};
	struct xc_dom_image dom;
	struct guest g;
	struct err e;

	(void)state;
	assert_int_equal(room(low, none, 0, true, &dom, &g, &e), 0);
	assert_true(dom.lowmem_end == 0xf0000000);
	assert_true(rdm_in_the_way(&low, &dom));
	assert_string_equal(g.note, "memory for devices, 40000000-40100000, is not kept free");
	assert_int_equal(room(beyond, none, 0, true, &dom, &g, &e), 0);
	assert_string_equal(g.note, "memory for devices, 10ff00000-180000000, is not kept free");
	assert_int_equal(room(behind, none, 0, true, &dom, &g, &e), 0);
	assert_string_equal(g.note, "");
	/* Without high memory there is nothing to meet there. */
	dom.highmem_end = 0;
	assert_false(rdm_in_the_way(&beyond, &dom));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_read_fails),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_relaxed),
	};

	return cmocka_run_group_tests_name("rdm", tests, kit_begin, kit_end);
}
