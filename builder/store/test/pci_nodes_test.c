/* The nodes of PCI devices, whose they are, and which names they have. */
#include "builder/fake/kit.h"

#include "builder/describe/pci_spec.h"
#include "builder/fake/fake_store.h"
#include "builder/pci/pci_hold.h"
#include "builder/store/device_nodes.h"
#include "builder/store/pci_others.h"
#include "builder/store/store.h"

static char name[] = "nic";

/* All of them, as "PATH=VALUE/ACCESS " in their order. */
static void nodes_are(const struct guest *g, const char *want)
{
	struct nodes n = {.domid = 7};
	char text[4096] = "";

	pci_nodes(g, &n);
	assert_false(n.failed);
	for (size_t i = 0; i < n.n; i++)
		sprintf(text + strlen(text), "%s=%s%s\n", n.v[i].path,
			n.v[i].value ? n.v[i].value : "REMOVED",
			n.v[i].access == NODE_READABLE     ? " r"
			: n.v[i].access == NODE_GUEST_DOM0 ? " guest"
							   : "");
	assert_string_equal(text, want);
	nodes_free(&n);
}

#define BACK  "/local/domain/0/backend/pci/7/0"
#define FRONT "/local/domain/7/device/pci/0"

static void test_nodes(void **state)
{
	struct pci_spec specs[2] = {
		{.by = PCI_BY_NAME, .name = name, .permissive = PCI_FLAG_ON},
		{.by = PCI_BY_BDF,
		 .msitranslate = PCI_FLAG_ON,
		 .power_mgmt = PCI_FLAG_ON,
		 .rdm_policy = PCI_RDM_RELAXED},
	};
	struct pci_assigned pcis[2] = {
		{.at = {.device = 5}, .spec = 0},
		{.at = {.segment = 1, .bus = 0x3a, .device = 0x1f, .function = 2},
		 .spec = 1,
		 .vdevfn = 0x32},
	};
	struct guest_config cfg = kit_config("web", GUEST_PV);
	struct guest g = {.cfg = &cfg, .domid = 7};

	(void)state;
	nodes_are(&g, "");
	cfg.pcis = specs;
	cfg.nr_pcis = 2;
	g.pcis = pcis;
	g.nr_pcis = 2;
	nodes_are(&g, BACK
		  "=REMOVED\n" BACK "= r\n" BACK "/frontend=" FRONT "\n" BACK
		  "/frontend-id=7\n" BACK "/online=1\n" BACK "/state=1\n" BACK "/domain=web\n" FRONT
		  "= guest\n" FRONT "/backend=" BACK "\n" FRONT "/backend-id=0\n" FRONT
		  "/state=1\n" BACK "/key-0=0000:00:05.0\n" BACK "/dev-0=0000:00:05.0\n" BACK
		  "/name-0=nic\n" BACK
		  "/opts-0=msitranslate=0,power_mgmt=0,permissive=1,rdm_policy=strict\n" BACK
		  "/state-0=1\n/libxl/pci/0000-00-05-0/domid=7\n" BACK "/key-1=0001:3a:1f.2\n" BACK
		  "/dev-1=0001:3a:1f.2\n" BACK "/vdevfn-1=32\n" BACK
		  "/opts-1=msitranslate=1,power_mgmt=1,permissive=0,rdm_policy=relaxed\n" BACK
		  "/state-1=1\n/libxl/pci/0001-3a-1f-2/domid=7\n" BACK "/num_devs=2\n");
}

static void test_others(void **state)
{
	struct pci_address at = {.device = 5};
	struct xs_handle *xsh;
	struct err e;

	(void)state;
	fake_reset();
	fake_store()->running = true;
	KIT_CHECK(store_open(&xsh, &e) == 0, "%s", e.msg);
	assert_int_equal(pci_owner(xsh, &at), -1);
	assert_int_equal(pci_named(xsh, "nic", &at, &e), 0);
	assert_true(pci_owner_remove(xsh, XBT_NULL, 7));
	fake_store_write("/libxl/pci/0000-00-05-0/domid", "7");
	fake_store_write("/libxl/pci/0000-00-06-0/domid", "71");
	fake_store_write("/libxl/pci/0000-00-06-0/name", "nic");
	fake_store_write("/libxl/pci/0000-00-07-0/domid", "7");
	fake_store_write("/libxl/pci/rubbish/domid", "7");
	at = (struct pci_address){.device = 5};
	assert_int_equal(pci_owner(xsh, &at), 7);
	assert_int_equal(pci_named(xsh, "ni", &at, &e), 0);
	assert_int_equal(pci_named(xsh, "nic", &at, &e), 1);
	assert_int_equal(at.device, 6);
	assert_true(pci_owner_remove(xsh, XBT_NULL, 7));
	assert_null(fake_store_read("/libxl/pci/0000-00-05-0/domid"));
	assert_null(fake_store_read("/libxl/pci/0000-00-07-0/domid"));
	assert_string_equal(fake_store_read("/libxl/pci/0000-00-06-0/domid"), "71");
	fake_store()->running = false;
	assert_int_equal(pci_named(xsh, "nic", &at, &e), -1);
	KIT_CHECK(strstr(e.msg, "cannot read /libxl/pci in the store") == e.msg, "%s", e.msg);
	assert_false(pci_owner_remove(xsh, XBT_NULL, 7));
	xs_close(xsh);
	fake_reset();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests_name("pci_nodes", tests, NULL, NULL);
}
