/*
 * PCI devices of a guest, from its look for them to its end: in a tree as sysfs has it, with the
 * fake's IOMMU and store.
 */
#include "builder/pci/test/sysfs.h"

#include "builder/build/life.h"
#include "builder/build/pci_give.h"
#include "builder/describe/pci_spec.h"
#include "builder/fake/fake_store.h"
#include "builder/image/image_files.h"
#include "builder/store/store.h"

#define NIC_A        "0000:00:05.0"
#define NIC_B        "0000:00:06.0"
#define SBDF(device) ((device) << 3)

static char root[128], written[1024];
static const char *refuses;

static int begin(void **state)
{
	if (kit_begin(state) < 0 || chdir(kit_path("")) < 0)
		return -1;
	kit_firmware();
	return 0;
}

/* A kernel that writes down what it is told, and has no do_flr. */
static int kernel(const char *path, const char *text)
{
	const char *at = path + strlen(root) + strlen("/sys/bus/pci/");

	errno = strstr(path, "/do_flr") ? ENOENT : EPERM;
	if (strstr(path, "/do_flr") || (refuses && strstr(path, refuses)))
		return -1;
	snprintf(written + strlen(written), sizeof(written) - strlen(written), " %s=%s", at, text);
	return 0;
}

struct scene {
	struct guest_config cfg;
	struct pci_spec specs[2];
	struct host host;
	struct image_cache images;
	struct disk_table disks;
	struct pci_table pcis;
	struct guest guest;
	bool absent;
	struct err err;
};

static void open_scene(struct scene *s, enum guest_type type)
{
	memset(s, 0, sizeof(*s));
	snprintf(root, sizeof(root), "%s", kit_path("sysfs"));
	sysfs_device(root, NIC_A, "0x8086", "0x100e", "0x020000");
	sysfs_device(root, NIC_B, "0x8086", "0x100e", "0x020000");
	sysfs_device(root, "0000:00:1c.0", "0x1b36", "0x000c", "0x060400");
	sysfs_driver(root, NIC_A, "pciback");
	sysfs_driver(root, NIC_B, "pciback");
	/* A BAR of memory that is no whole page, one of ports, none, and a ROM that is enabled. */
	sysfs_text(root, NIC_A, "resource",
		   "0x00000000febc0000 0x00000000febc07ff 0x0000000000040200\n"
		   "0x000000000000c000 0x000000000000c03f 0x0000000000040101\n"
		   "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		   "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		   "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		   "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		   "0x00000000feb80000 0x00000000febbffff 0x0000000000046203\n"
		   "0x0000000011110000 0x000000001111ffff 0x0000000000040200");
	sysfs_text(root, NIC_A, "irq", "21");
	sysfs_text(root, NIC_B, "resource", "");
	sysfs_text(root, NIC_B, "irq", "0");
	written[0] = '\0';
	refuses = NULL;
	fake_reset();
	fake_store()->running = true;
	fake_host()->physcaps |= XEN_SYSCTL_PHYSCAP_directio;
	fake_host()->pcis[0] = (struct fake_pci){.sbdf = SBDF(5), .group = 1};
	fake_host()->pcis[1] = (struct fake_pci){.sbdf = SBDF(6), .group = 2};
	fake_host()->pcis[2] = (struct fake_pci){.sbdf = SBDF(0x1c), .group = 1};
	fake_host()->nr_pcis = 3;
	s->cfg = kit_config("web", type == GUEST_HVM ? GUEST_PVH : type);
	if (type == GUEST_HVM)
		kit_hvm(&s->cfg, true);
	s->specs[0] = (struct pci_spec){.by = PCI_BY_BDF, .at = {.device = 5}};
	s->specs[1] = (struct pci_spec){.by = PCI_BY_BDF, .at = {.device = 6}};
	s->cfg.pcis = s->specs;
	s->cfg.nr_pcis = 1;
	s->pcis = (struct pci_table){.sysroot = root, .write = kernel};
	KIT_CHECK(!host_open(&s->host, false, &s->err), "%s", s->err.msg);
	KIT_CHECK(!store_open(&s->host.xsh, &s->err), "%s", s->err.msg);
	assert_int_equal(guest_init(&s->guest, &s->cfg, &s->err), 0);
	KIT_CHECK(!guest_hold_images(&s->guest, &s->images, &s->err), "%s", s->err.msg);
}

static int hold(struct scene *s)
{
	return guest_hold_pci(&s->guest, &s->disks, &s->pcis, &s->host, &s->absent, &s->err);
}

static void start(struct scene *s)
{
	KIT_CHECK(hold(s) == 0, "%s", s->err.msg);
	assert_true(guest_holds_all(&s->guest));
	KIT_CHECK(!kit_start(&s->guest, &s->host, &s->err), "%s", s->err.msg);
}

static void close_scene(struct scene *s)
{
	fake_fail_at(0, 0);
	KIT_CHECK(guest_destroy(&s->guest, &s->host, &s->err) == 0, "%s", s->err.msg);
	guest_drop_devices(&s->guest, &s->disks);
	assert_null(s->guest.pcis);
	assert_null(s->pcis.list);
	guest_drop_images(&s->guest, &s->images);
	xs_close(s->host.xsh);
	host_close(&s->host);
	kit_nothing_held(true);
}

static void given(const struct fake_domain *d, const char *want)
{
	char text[256] = "";

	for (unsigned i = 0; i < d->nr_given; i++)
		sprintf(text + strlen(text), "%c %llx %llx, ", d->given[i].what,
			(unsigned long long)d->given[i].first,
			(unsigned long long)d->given[i].number);
	assert_string_equal(text, want);
}

static void test_give(void **state)
{
	struct fake_domain *d;
	struct scene s;

	(void)state;
	open_scene(&s, GUEST_PV);
	s.cfg.nr_pcis = 2;
	s.specs[0].permissive = PCI_FLAG_ON;
	s.specs[1].rdm_policy = PCI_RDM_RELAXED;
	start(&s);
	d = fake_domain(s.guest.domid);
	assert_true(d->config.flags & XEN_DOMCTL_CDF_iommu);
	assert_int_equal(d->config.iommu_opts, XEN_DOMCTL_IOMMU_no_sharept);
	given(d, "m febc0 1, p c000 40, m feb80 40, i 15 1, ");
	assert_int_equal(fake_host()->pcis[0].domid, s.guest.domid);
	assert_int_equal(fake_host()->pcis[0].flag, 0);
	assert_int_equal(fake_host()->pcis[1].domid, s.guest.domid);
	assert_int_equal(fake_host()->pcis[1].flag, XEN_DOMCTL_DEV_RDM_RELAXED);
	assert_string_equal(written, " devices/" NIC_A "/reset=1 drivers/pciback/permissive=" NIC_A
				     " devices/" NIC_B "/reset=1");
	assert_string_equal(s.guest.note, "");
	assert_string_equal(fake_store_read("/local/domain/0/backend/pci/1/0/num_devs"), "2");
	assert_string_equal(fake_store_read("/local/domain/0/backend/pci/1/0/state"), "3");
	assert_string_equal(fake_store_read("/libxl/pci/0000-00-05-0/domid"), "1");
	/* xl has given the second one to another domain: that is not reset. */
	fake_store_write("/libxl/pci/0000-00-06-0/domid", "44");
	written[0] = '\0';
	KIT_CHECK(guest_destroy(&s.guest, &s.host, &s.err) == 0, "%s", s.err.msg);
	assert_string_equal(written, " devices/" NIC_A "/reset=1");
	assert_null(fake_store_read("/libxl/pci/0000-00-05-0/domid"));
	assert_string_equal(fake_store_read("/libxl/pci/0000-00-06-0/domid"), "44");
	assert_null(fake_store_read("/local/domain/0/backend/pci/1/0/num_devs"));
	/* They are held for the next domain. */
	assert_int_equal(s.guest.nr_pcis, 2);
	guest_plan_restart(&s.guest);
	KIT_CHECK(!kit_start(&s.guest, &s.host, &s.err), "%s", s.err.msg);
	close_scene(&s);
}

static void test_reset(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, GUEST_PV);
	refuses = "/reset";
	start(&s);
	assert_string_equal(s.guest.note,
			    "PCI device " NIC_A " can't be reset: Operation not permitted");
	close_scene(&s);
	/* Without the table's way to write there is no such file. */
	open_scene(&s, GUEST_PV);
	s.pcis.write = NULL;
	start(&s);
	assert_string_equal(s.guest.note,
			    "PCI device " NIC_A " can't be reset: dom0's kernel knows no way");
	close_scene(&s);
	open_scene(&s, GUEST_PV);
	refuses = "/permissive";
	s.specs[0].permissive = PCI_FLAG_ON;
	KIT_CHECK(hold(&s) == 0, "%s", s.err.msg);
	assert_int_equal(kit_start(&s.guest, &s.host, &s.err), -1);
	assert_string_equal(s.err.msg, "pciback does not take permissive=1 for " NIC_A
				       ": Operation not permitted");
	assert_int_equal(fake_domains(), 0);
	close_scene(&s);
}

static void not_held(struct scene *s, const char *why, bool passing, bool absent)
{
	assert_int_equal(hold(s), -1);
	assert_string_equal(s->err.msg, why);
	assert_int_equal(s->err.passing, passing);
	assert_int_equal(s->absent, absent);
	assert_false(guest_knows_devices(&s->guest));
	assert_null(s->pcis.list);
	if (fake_domains())
		fake_destroy(1); /* somebody else's */
	close_scene(s);
}

#define GROUP(other, domid)                                                                        \
	"PCI device " NIC_A ": the IOMMU can't tell it from " other ", which domain " domid        \
	" has: the guest has to have both, or neither"

static void test_refused(void **state)
{
	struct scene s;
	uint32_t domid;

	(void)state;
	open_scene(&s, GUEST_PV);
	s.host.physcaps &= ~(uint32_t)XEN_SYSCTL_PHYSCAP_directio;
	not_held(&s,
		 "PCI devices for guests need an IOMMU, which is absent or off: VT-d or AMD-Vi has "
		 "to be on in the firmware, and iommu=0 not on Xen's command line",
		 false, false);
	open_scene(&s, GUEST_PV);
	s.specs[0].at.device = 9;
	not_held(&s, "PCI device 0000:00:09.0 is not there", false, true);
	/* Another toolstack's domain has it, whether the store knows that or not. */
	open_scene(&s, GUEST_PV);
	domid = fake_foreign(0, (const uint8_t[16]){1});
	fake_host()->pcis[0].domid = domid;
	not_held(&s, "PCI device " NIC_A ": another domain has it, or Xen does not know it", true,
		 false);
	open_scene(&s, GUEST_PV);
	domid = fake_foreign(0, (const uint8_t[16]){1});
	fake_host()->pcis[0].domid = domid;
	fake_store_write("/libxl/pci/0000-00-05-0/domid", "1");
	not_held(&s, "PCI device " NIC_A ": domain 1 has it", true, false);
	/* What it can't have is not taken from dom0. */
	open_scene(&s, GUEST_PV);
	s.host.physcaps &= ~(uint32_t)XEN_SYSCTL_PHYSCAP_directio;
	sysfs_driver(root, NIC_A, "e1000");
	s.specs[0].seize = PCI_FLAG_ON;
	assert_int_equal(hold(&s), -1);
	assert_string_equal(written, "");
	close_scene(&s);
	open_scene(&s, GUEST_PV);
	sysfs_driver(root, NIC_A, "e1000");
	not_held(&s,
		 "PCI device " NIC_A
		 ": dom0's driver e1000 has it, not pciback: earlydom.pci.hide=" NIC_A
		 " on dom0's command line keeps it for guests from the start, seize=1 takes it now",
		 false, false);
	/* It shares a group with one of dom0's, and with one of another domain's. */
	open_scene(&s, GUEST_PV);
	fake_host()->pcis[1].group = 1;
	not_held(&s, GROUP(NIC_B, "0"), false, false);
	open_scene(&s, GUEST_PV);
	fake_host()->pcis[1].group = 1;
	fake_host()->pcis[1].domid = fake_foreign(0, (const uint8_t[16]){1});
	not_held(&s, GROUP(NIC_B, "1"), false, false);
	/* Both are its own; Xen does not say. */
	open_scene(&s, GUEST_PV);
	fake_host()->pcis[1].group = 1;
	s.cfg.nr_pcis = 2;
	start(&s);
	close_scene(&s);
	open_scene(&s, GUEST_PV);
	fake_host()->pcis[1].group = 1;
	fake_fail_always("xc_get_device_group", 1, ENOSYS);
	start(&s);
	close_scene(&s);
}

static void test_name(void **state)
{
	static char name[] = "nic";
	struct scene s;

	(void)state;
	open_scene(&s, GUEST_PV);
	s.specs[0] = (struct pci_spec){.by = PCI_BY_NAME, .name = name};
	not_held(&s, "no PCI device has the name nic (xl pci-assignable-add -n)", false, true);
	open_scene(&s, GUEST_PV);
	s.specs[0] = (struct pci_spec){.by = PCI_BY_NAME, .name = name};
	fake_store_write("/libxl/pci/0000-00-06-0/name", "nic");
	start(&s);
	assert_int_equal(s.guest.pcis[0].at.device, 6);
	assert_string_equal(fake_store_read("/local/domain/0/backend/pci/1/0/name-0"), "nic");
	close_scene(&s);
}

/* What the hypervisor refuses is said, and nothing is left. */
static void test_nth_call(void **state)
{
	struct scene s;
	int rc;

	(void)state;
	for (unsigned n = 1;; n++) {
		open_scene(&s, GUEST_PV);
		fake_fail_at(n, EIO);
		rc = hold(&s);
		if (rc == 0)
			rc = kit_start(&s.guest, &s.host, &s.err);
		if (rc == 0 && !fake_failed())
			break;
		if (rc < 0)
			kit_good_message(&s.err);
		close_scene(&s);
	}
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_give),     cmocka_unit_test(test_reset),
		cmocka_unit_test(test_refused),  cmocka_unit_test(test_name),
		cmocka_unit_test(test_nth_call),
	};

	return cmocka_run_group_tests(tests, begin, kit_end);
}
