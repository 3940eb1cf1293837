/*
 * A guest's nodes against those that xl wrote for the same descriptors, and what becomes of them:
 * added, refused, removed again.
 */
#include "builder/fake/kit.h"

#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "builder/describe/usb_spec.h"
#include "builder/device/usb.h"
#include "builder/fake/fake_store.h"
#include "builder/fake/golden.h"
#include "builder/fake/golden_store.h"
#include "builder/store/guest_nodes.h"
#include "builder/store/add_guest.h"
#include "builder/store/store.h"

/* A guest with the host that it is on. */
struct scene {
	struct host host;
	struct golden g;
	struct err err;
};

static void open_host(struct scene *s)
{
	fake_reset();
	fake_store()->running = true;
	KIT_CHECK(host_open(&s->host, false, &s->err) == 0, "%s", s->err.msg);
	KIT_CHECK(store_open(&s->host.xsh, &s->err) == 0, "%s", s->err.msg);
}

static void open_scene(struct scene *s, const char *name, enum guest_type type)
{
	golden_plain(&s->g, name, type);
	open_host(s);
}

static void close_scene(struct scene *s)
{
	golden_free(&s->g);
	fake_fail_at(0, 0);
	assert_int_equal(xc_domain_destroy(s->host.xch, s->g.guest.domid), 0);
	xs_close(s->host.xsh);
	host_close(&s->host);
	kit_nothing_held(true);
}

/* A domain with the two ports that each guest has, the store's first. */
static void make_domain(struct scene *s)
{
	struct xen_domctl_createdomain config = FAKE_DOMAIN;
	struct guest *g = &s->g.guest;
	uint32_t domid = FAKE_DOMID_ANY;

	if (s->g.cfg.type != GUEST_PV) {
		config.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap;
		config.arch.emulation_flags = XEN_X86_EMU_LAPIC;
	}
	memcpy(config.handle, g->uuid, sizeof(config.handle));
	assert_int_equal(xc_domain_create(s->host.xch, &domid, &config), 0);
	g->domid = domid;
	g->store_port = (uint32_t)xc_evtchn_alloc_unbound(s->host.xch, domid, 0);
	g->console_port = (uint32_t)xc_evtchn_alloc_unbound(s->host.xch, domid, 0);
	g->store_gfn = 1000;
	g->console_gfn = 1001;
}

/* What others write before xl is done: xenconsoled, and the script of a network interface. */
static void play_others(const struct guest *g, const char *tty)
{
	char path[96];

	snprintf(path, sizeof(path), "/local/domain/%u/console/tty", g->domid);
	assert_string_equal(fake_store_read(path), "");
	fake_store_write(path, tty);
	for (size_t i = 0; i < g->cfg->nr_vifs; i++) {
		snprintf(path, sizeof(path), "/local/domain/0/backend/vif/%u/%zu/hotplug-status",
			 g->domid, i);
		assert_string_equal(fake_store_read(path), "");
		fake_store_write(path, "connected");
	}
}

/* Compares line by line, so that a failure names the node. */
static void compare(const char *is, const char *wanted)
{
	while (*is || *wanted) {
		const int a = (int)strcspn(is, "\n"), b = (int)strcspn(wanted, "\n");

		KIT_CHECK(a == b && !strncmp(is, wanted, (size_t)a), "is:     %.*s\nwanted: %.*s",
			  a, is, b, wanted);
		is += a + (is[a] == '\n');
		wanted += b + (wanted[b] == '\n');
	}
}

static char *join_lists(const char *const paths[], size_t n)
{
	char *all = NULL, *one;
	size_t len;
	FILE *f = open_memstream(&all, &len);

	assert_non_null(f);
	for (size_t i = 0; i < n; i++) {
		one = fake_store_list(paths[i]);
		fputs(one, f);
		free(one);
	}
	fclose(f);
	return all;
}

static char *list_all(const struct guest *g)
{
	char uuid[UUID_TEXT], paths[7][80];
	const char *const sorted[] = {paths[0], paths[1], paths[2], paths[3],
				      paths[4], paths[5], paths[6]};

	uuid_text(g->uuid, uuid);
	snprintf(paths[0], sizeof(paths[0]), "/libxl/%u", g->domid);
	snprintf(paths[1], sizeof(paths[1]), "/local/domain/0/backend/console/%u", g->domid);
	snprintf(paths[2], sizeof(paths[2]), "/local/domain/0/backend/vbd/%u", g->domid);
	snprintf(paths[3], sizeof(paths[3]), "/local/domain/0/backend/vif/%u", g->domid);
	snprintf(paths[4], sizeof(paths[4]), "/local/domain/0/backend/vkbd/%u", g->domid);
	snprintf(paths[5], sizeof(paths[5]), "/local/domain/%u", g->domid);
	snprintf(paths[6], sizeof(paths[6]), "/vm/%s", uuid);
	return join_lists(sorted, 7);
}

static void check_golden(unsigned n, const char *golden)
{
	struct guest_facts i = {0};
	struct nodes nodes = {0};
	struct scene s;
	char *list;

	golden_guest(&s.g, n);
	open_host(&s);
	for (unsigned k = 1; k < s.g.domid; k++) {
		make_domain(&s);
		assert_int_equal(xc_domain_destroy(s.host.xch, k), 0);
	}
	make_domain(&s);
	assert_int_equal(s.g.guest.domid, s.g.domid);
	s.g.guest.store_gfn = s.g.store_gfn;
	s.g.guest.console_gfn = s.g.console_gfn;

	i.now = s.g.start;
	store_guest_nodes(&s.g.guest, &i, &nodes);
	KIT_CHECK(nodes_write(&nodes, &s.err) == 0, "%s", s.err.msg);
	nodes_free(&nodes);
	play_others(&s.g.guest, s.g.tty);
	list = list_all(&s.g.guest);
	compare(list, golden);
	free(list);
	s.g.guest.in_store = true;
	store_remove_guest(&s.g.guest, &s.host);
	close_scene(&s);
}

static void test_golden(void **state)
{
	(void)state;
	check_golden(1, store_g1);
	check_golden(2, store_g2);
	check_golden(3, store_g3);
	check_golden(4, store_g4);
	check_golden(5, store_h1);
}

static void test_options(void **state)
{
	struct guest_facts i = {.is_32bit = true, .now = {5, 9999999}};
	struct nodes nodes = {0};
	struct scene s;

	(void)state;
	open_scene(&s, "odd", GUEST_PV);
	s.g.cfg.ramdisk = NULL;
	s.g.cfg.extra = NULL;
	s.g.guest.static_max_kib = 256 * 1024;
	golden_disk(&s.g, "/img/d.raw,raw,xvda1,w,direct-io-safe,no-discard,untrusted",
		    makedev(7, 300));
	s.g.disks[0].loop = true;
	strcpy(s.g.disks[0].path, "/dev/loop300");
	golden_vif(&s.g, "mac=00:16:3e:aa:bb:cc,mtu=9000,untrusted,ip=10.0.0.1 10.0.0.2");
	make_domain(&s);
	s.g.guest.store_port = 0;
	store_guest_nodes(&s.g.guest, &i, &nodes);
	assert_int_equal(nodes_write(&nodes, &s.err), 0);
	nodes_free(&nodes);

	/* No store: nothing is said of its channel. */
	assert_null(fake_store_read("/local/domain/1/store"));
	assert_string_equal(fake_store_read("/local/domain/1/memory/static-max"), "262144");
	assert_string_equal(fake_store_read("/local/domain/1/memory/target"), "131072");
	assert_string_equal(fake_store_read("/vm/6f646400-0000-0000-0000-000000000000/start_time"),
			    "5.00");
	assert_null(fake_store_read("/vm/6f646400-0000-0000-0000-000000000000/image/ramdisk"));
	assert_null(fake_store_read("/vm/6f646400-0000-0000-0000-000000000000/image/cmdline"));

	/* An image file: params is what the descriptor names, the rest the device over it. */
#define BACK "/local/domain/0/backend/vbd/1/51713/"
	assert_string_equal(fake_store_read(BACK "params"), "/img/d.raw");
	assert_string_equal(fake_store_read(BACK "node"), "/dev/loop300");
	assert_string_equal(fake_store_read(BACK "physical-device"), "7:12c");
	assert_string_equal(fake_store_read(BACK "physical-device-path"), "/dev/loop300");
	assert_string_equal(fake_store_read(BACK "direct-io-safe"), "1");
	assert_string_equal(fake_store_read(BACK "discard-enable"), "0");
	assert_string_equal(fake_store_read("/local/domain/1/device/vbd/51713/trusted"), "0");
	assert_string_equal(fake_store_read("/local/domain/1/device/vbd/51713/protocol"),
			    "x86_32-abi");
	assert_null(fake_store_read("/libxl/1/device/vbd/51713/node"));

#undef BACK
#define BACK "/local/domain/0/backend/vif/1/0/"
	assert_string_equal(fake_store_read(BACK "bridge"), VIF_BRIDGE);
	assert_string_equal(fake_store_read(BACK "mtu"), "9000");
	assert_string_equal(fake_store_read(BACK "ip"), "10.0.0.1 10.0.0.2");
	assert_null(fake_store_read(BACK "rate"));
	assert_null(fake_store_read(BACK "vifname"));
	assert_string_equal(fake_store_read("/local/domain/1/device/vif/0/mtu"), "9000");
	assert_string_equal(fake_store_read("/local/domain/1/device/vif/0/trusted"), "0");
#undef BACK
	s.g.guest.in_store = true;
	store_remove_guest(&s.g.guest, &s.host);
	close_scene(&s);
}

static void write_nodes_of(struct scene *s)
{
	struct guest_facts i = {0};
	struct nodes nodes = {0};

	store_guest_nodes(&s->g.guest, &i, &nodes);
	KIT_CHECK(nodes_write(&nodes, &s->err) == 0, "%s", s->err.msg);
	nodes_free(&nodes);
}

static void list_is(const char *path, const char *wanted)
{
	char *list = fake_store_list(path);

	compare(list, wanted);
	free(list);
}

/* With QEMU: what the firmware reads is the descriptor's. */
static void test_hvm(void **state)
{
	static char *texts[3] = {(char *)(uintptr_t) "oem=x", (char *)(uintptr_t) "bios_vendor=a=b",
				 (char *)(uintptr_t) "oem=y"};
	struct scene s;

	(void)state;
	open_scene(&s, "hvm", GUEST_HVM);
	s.g.cfg.bios = BIOS_OVMF;
	s.g.cfg.acpi = false;
	s.g.cfg.smbios = (struct strings){texts, 3};
	make_domain(&s);
	write_nodes_of(&s);
	list_is("/local/domain/1/hvmloader",
		"/local/domain/1/hvmloader = \"\"   (n0,r1)\n"
		"/local/domain/1/hvmloader/allow-memory-relocate = \"0\"   (n0,r1)\n"
		"/local/domain/1/hvmloader/bios = \"ovmf\"   (n0,r1)\n" GOLDEN_BAR_UC);
	list_is("/local/domain/1/bios-strings",
		"/local/domain/1/bios-strings = \"\"   (n0,r1)\n"
		"/local/domain/1/bios-strings/bios-vendor = \"a=b\"   (n0,r1)\n"
		"/local/domain/1/bios-strings/oem-1 = \"x\"   (n0,r1)\n"
		"/local/domain/1/bios-strings/oem-2 = \"y\"   (n0,r1)\n");
	assert_string_equal(fake_store_read("/local/domain/1/platform/acpi"), "0");
	assert_string_equal(fake_store_read("/local/domain/1/platform/acpi_s3"), "1");
	assert_string_equal(fake_store_read("/libxl/1/dm-version"), "qemu_xen");
	/* The video card's memory is of the guest's, and not the balloon driver's. */
	list_is("/local/domain/1/memory",
		"/local/domain/1/memory = \"\"   (n0,r1)\n"
		"/local/domain/1/memory/static-max = \"131072\"   (n0,r1)\n"
		"/local/domain/1/memory/target = \"122880\"   (n0,r1)\n"
		"/local/domain/1/memory/videoram = \"8192\"   (n0,r1)\n");
	assert_null(fake_store_read("/local/domain/1/image"));

	/* What the firmware reads of few descriptors. */
	assert_string_equal(fake_store_read("/local/domain/1/platform/acpi_s4"), "1");
	assert_string_equal(fake_store_read("/local/domain/1/platform/acpi_laptop_slate"), "0");
	assert_null(fake_store_read("/local/domain/1/platform/mmio_hole_size"));
	assert_null(fake_store_read("/local/domain/1/platform/generation-id"));
	s.g.cfg.domain = (struct domain_options){.pci_bar_uc = BOOL_OFF,
						 .acpi_s3 = BOOL_OFF,
						 .acpi_s4 = BOOL_OFF,
						 .acpi_laptop_slate = BOOL_ON,
						 .mmio_hole_mib = {true, 1024},
						 .genid = 1};
	for (uint8_t i = 0; i < 16; i++)
		s.g.guest.genid[i] = i;
	write_nodes_of(&s);
	assert_string_equal(fake_store_read("/local/domain/1/platform/acpi_s3"), "0");
	assert_string_equal(fake_store_read("/local/domain/1/platform/acpi_s4"), "0");
	assert_string_equal(fake_store_read("/local/domain/1/platform/acpi_laptop_slate"), "1");
	assert_string_equal(fake_store_read("/local/domain/1/platform/mmio_hole_size"),
			    "1073741824");
#if XEN_LIBS_MINOR >= 21
	assert_string_equal(
		fake_store_read("/local/domain/1/hvmloader/pci/xen-platform-pci-bar-uc"), "0");
#endif
	/* Two numbers of 8 bytes each, the lowest one first. */
	assert_string_equal(fake_store_read("/local/domain/1/platform/generation-id"),
			    "506097522914230528:1084818905618843912");

	s.g.guest.static_max_kib = 256 * 1024;
	write_nodes_of(&s);
	assert_string_equal(fake_store_read("/local/domain/1/memory/static-max"), "262144");
	assert_string_equal(fake_store_read("/local/domain/1/memory/target"), "121856");
	s.g.guest.in_store = true;
	store_remove_guest(&s.g.guest, &s.host);
	assert_null(fake_store_read("/local/domain/0/backend"));
	close_scene(&s);
}

/* Nodes that are an old guest's, or one's that serves others. */
static void test_kinds(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, "old", GUEST_PV);
	make_domain(&s);
	write_nodes_of(&s);
	list_is("/local/domain/1/device",
		"/local/domain/1/device = \"\"   (n0,r1)\n"
		"/local/domain/1/device/suspend = \"\"   (n0,r1)\n"
		"/local/domain/1/device/suspend/event-channel = \"\"   (n1)\n");
	assert_null(fake_store_read("/local/domain/1/libxl"));
	s.g.guest.in_store = true;
	store_remove_guest(&s.g.guest, &s.host);
	s.g.cfg.domain =
		(struct domain_options){.driver_domain = BOOL_ON, .suspend_evtchn_compat = BOOL_ON};
	write_nodes_of(&s);
	list_is("/local/domain/1/device", "/local/domain/1/device = \"\"   (n1)\n");
	list_is("/local/domain/1/libxl", "/local/domain/1/libxl = \"\"   (n1)\n");
	list_is("/local/domain/1/device-model", "/local/domain/1/device-model = \"\"   (n1)\n");
	s.g.guest.in_store = true;
	store_remove_guest(&s.g.guest, &s.host);
	close_scene(&s);
}

/* A QEMU that is restricted to its guest has no store by which it could serve a keyboard. */
static void test_keyboard(void **state)
{
	struct scene s;

	(void)state;
	for (int restricted = 0; restricted < 2; restricted++) {
		open_scene(&s, "pc", GUEST_HVM);
		s.g.cfg.model_unrestricted = !restricted;
		make_domain(&s);
		write_nodes_of(&s);
		assert_int_equal(!fake_store_read("/local/domain/0/backend/vkbd/1/0/state"),
				 restricted);
		assert_int_equal(!fake_store_read("/local/domain/1/device/vkbd/0/state"),
				 restricted);
		s.g.guest.in_store = true;
		store_remove_guest(&s.g.guest, &s.host);
		close_scene(&s);
	}
}

/* With a classic device model: no firmware and nobody who serves a keyboard. */
static void test_classic(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, "old", GUEST_HVM);
	s.g.cfg.model_protocol = MODEL_CLASSIC;
	s.g.cfg.vga = VGA_NONE;
	s.g.cfg.videoram_kib = 0;
	s.g.cfg.boot = NULL;
	make_domain(&s);
	/* As when it is handed over to a store that comes later. */
	s.g.guest.model.pid = 321;
	write_nodes_of(&s);
	assert_string_equal(fake_store_read("/libxl/1/type"), "hvm");
	assert_string_equal(fake_store_read("/libxl/1/dm-version"), GOLDEN_CLASSIC);
	list_is("/local/domain/1/image",
		"/local/domain/1/image = \"\"   (n0,r1)\n"
		"/local/domain/1/image/device-model-pid = \"321\"   (n0,r1)\n");
	assert_string_equal(fake_store_read("/local/domain/1/memory/target"), "131072");
	assert_string_equal(fake_store_read("/local/domain/1/control/feature-s4"), "");
	assert_string_equal(
		fake_store_read("/vm/6f6c6400-0000-0000-0000-000000000000/image/ostype"), "hvm");
	assert_string_equal(
		fake_store_read("/vm/6f6c6400-0000-0000-0000-000000000000/rtc/timeoffset"), "");
	assert_null(fake_store_read("/local/domain/1/hvmloader"));
	assert_null(fake_store_read("/local/domain/1/platform"));
	assert_null(fake_store_read("/local/domain/1/device/vkbd"));
	assert_null(fake_store_read("/local/domain/0/backend/vkbd"));
	s.g.guest.model.pid = 0;
	s.g.guest.in_store = true;
	store_remove_guest(&s.g.guest, &s.host);
	close_scene(&s);
}

/* physical-device-path is what a link leads to, as with xl's script. */
static void test_link(void **state)
{
	struct guest_facts i = {0};
	struct nodes nodes = {0};
	struct scene s;
	char link[128];

	(void)state;
	open_scene(&s, "link", GUEST_PVH);
	snprintf(link, sizeof(link), "%s", kit_path("link"));
	assert_int_equal(symlink("/dev/null", link), 0);
	golden_disk(&s.g, "/dev/vg/web,raw,xvda,w", makedev(1, 3));
	snprintf(s.g.disks[0].path, sizeof(s.g.disks[0].path), "%s", link);
	make_domain(&s);
	store_guest_nodes(&s.g.guest, &i, &nodes);
	assert_int_equal(nodes_write(&nodes, &s.err), 0);
	nodes_free(&nodes);
	assert_string_equal(fake_store_read("/local/domain/0/backend/vbd/1/51712/params"), link);
	assert_string_equal(
		fake_store_read("/local/domain/0/backend/vbd/1/51712/physical-device-path"),
		"/dev/null");
	assert_null(fake_store_read("/local/domain/1/device/vbd/51712/protocol"));
	s.g.guest.in_store = true;
	store_remove_guest(&s.g.guest, &s.host);
	close_scene(&s);
}

static void test_introduce(void **state)
{
	const time_t before = time(NULL);
	struct scene s;
	long start;

	(void)state;
	golden_guest(&s.g, 2);
	open_host(&s);
	make_domain(&s);
	/* What an earlier domain with this number left goes. */
	fake_store_write("/local/domain/1/data/old", "x");
	fake_store_write("/local/domain/0/backend/vbd/1/51712/old", "x");
	fake_store_write("/libxl/1/old", "x");
	KIT_CHECK(store_add_guest(&s.g.guest, &s.host, &s.err) == 0, "%s", s.err.msg);
	assert_true(s.g.guest.in_store);
	assert_true(fake_store_introduced(1));
	assert_null(fake_store_read("/local/domain/1/data/old"));
	assert_null(fake_store_read("/local/domain/0/backend/vbd/1/51712/old"));
	assert_null(fake_store_read("/libxl/1/old"));
	assert_string_equal(fake_store_read("/local/domain/1/name"), "g2");
	start = atol(fake_store_read("/vm/265bd315-9096-4ea1-ae9d-27c8d09022c2/start_time"));
	assert_true(start >= before && start <= time(NULL));
	store_remove_guest(&s.g.guest, &s.host);
	assert_false(s.g.guest.in_store);
	close_scene(&s);
}

static void test_without_channel(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, "web", GUEST_PV);
	make_domain(&s);
	s.g.guest.store_port = 0;
	KIT_CHECK(store_add_guest(&s.g.guest, &s.host, &s.err) == 0, "%s", s.err.msg);
	assert_true(s.g.guest.in_store);
	assert_false(fake_store_introduced(1));
	assert_string_equal(fake_store_read("/local/domain/1/name"), "web");
	store_remove_guest(&s.g.guest, &s.host);
	close_scene(&s);
}

static void test_same_name(void **state)
{
	struct scene s;
	uint32_t other;

	(void)state;
	open_scene(&s, "web", GUEST_PV);
	make_domain(&s);
	other = s.g.guest.domid;
	make_domain(&s);
	fake_store_write("/local/domain/1/name", "web");
	fake_store_write("/local/domain/odd/name", "web");
	assert_int_equal(store_add_guest(&s.g.guest, &s.host, &s.err), -1);
	assert_string_equal(s.err.msg, "domain 1 has the name web already");
	assert_false(s.g.guest.in_store);
	assert_null(fake_store_read("/local/domain/2"));

	/* A domain that is no more has no name. */
	assert_int_equal(xc_domain_destroy(s.host.xch, other), 0);
	KIT_CHECK(store_add_guest(&s.g.guest, &s.host, &s.err) == 0, "%s", s.err.msg);
	store_remove_guest(&s.g.guest, &s.host);
	fake_store_remove("/local/domain/1");
	close_scene(&s);
}

/* A USB device that another domain has: nothing of the guest is in the store then. */
static void test_same_usb(void **state)
{
	static struct usbdev_spec spec = {.bus = 1, .addr = 3, .at_port = 1};
	static struct usb_device device = {.spec = &spec, .name = "1-1"};
	struct scene s;

	(void)state;
	open_scene(&s, "web", GUEST_PVH);
	make_domain(&s);
	s.g.cfg.usbdevs = &spec;
	s.g.cfg.nr_usbdevs = 1;
	s.g.guest.usbdevs = &device;
	fake_store_write("/local/domain/9/name", "other");
	fake_store_write("/libxl/9/device/vusb/0/port/2", "1-1");
	assert_int_equal(store_add_guest(&s.g.guest, &s.host, &s.err), -1);
	assert_string_equal(s.err.msg, "USB device 3 of bus 1 is another domain's "
				       "(/libxl/9/device/vusb/0/port/2)");
	assert_false(s.g.guest.in_store);
	assert_null(fake_store_read("/local/domain/1/name"));
	fake_store_write("/libxl/9/device/vusb/0/port/2", "");
	KIT_CHECK(store_add_guest(&s.g.guest, &s.host, &s.err) == 0, "%s", s.err.msg);
	store_remove_guest(&s.g.guest, &s.host);
	fake_store_remove("/local/domain/9");
	fake_store_remove("/libxl/9");
	s.g.cfg.usbdevs = NULL;
	s.g.cfg.nr_usbdevs = 0;
	s.g.guest.usbdevs = NULL;
	close_scene(&s);
}

/* Guests of ours have different names: those that are there are not read again for each new one. */
static void test_many(void **state)
{
	struct scene s;
	struct guest first;
	struct build_locks shared;

	(void)state;
	open_scene(&s, "web", GUEST_PV);
	build_locks_init(&shared);
	s.host.shared = &shared;
	make_domain(&s);
	KIT_CHECK(store_add_guest(&s.g.guest, &s.host, &s.err) == 0, "%s", s.err.msg);
	first = s.g.guest;
	make_domain(&s);
	s.g.guest.in_store = false;
	KIT_CHECK(store_add_guest(&s.g.guest, &s.host, &s.err) == 0, "%s", s.err.msg);
	assert_int_equal(fake_calls_of("xs_read"), 1); /* dom0's */
	store_remove_guest(&s.g.guest, &s.host);

	/* Its domid is somebody else's later. */
	store_remove_guest(&first, &s.host);
	fake_store_write("/local/domain/1/name", "web");
	assert_int_equal(store_add_guest(&s.g.guest, &s.host, &s.err), -1);
	assert_string_equal(s.err.msg, "domain 1 has the name web already");
	fake_store_remove("/local/domain/1");
	assert_int_equal(xc_domain_destroy(s.host.xch, first.domid), 0);
	s.host.shared = NULL;
	build_locks_destroy(&shared);
	close_scene(&s);
}

static void test_collisions(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, "web", GUEST_PV);
	make_domain(&s);
	fake_store()->collisions = 3;
	KIT_CHECK(store_add_guest(&s.g.guest, &s.host, &s.err) == 0, "%s", s.err.msg);
	assert_int_equal(fake_calls_of("xs_transaction_start"), 4);
	assert_string_equal(fake_store_read("/local/domain/1/name"), "web");
	fake_store()->collisions = 5;
	store_remove_guest(&s.g.guest, &s.host);
	assert_null(fake_store_read("/local/domain/1"));

	fake_store()->collisions = ~0U;
	assert_int_equal(store_add_guest(&s.g.guest, &s.host, &s.err), -1);
	assert_string_equal(
		s.err.msg,
		"cannot end a transaction of the store: Resource temporarily unavailable");
	assert_false(s.g.guest.in_store);
	close_scene(&s);
}

static unsigned transactions_of(unsigned golden)
{
	struct scene s;
	unsigned n;

	golden_guest(&s.g, golden);
	open_host(&s);
	make_domain(&s);
	KIT_CHECK(store_add_guest(&s.g.guest, &s.host, &s.err) == 0, "%s", s.err.msg);
	n = fake_calls_of("xs_transaction_start");
	store_remove_guest(&s.g.guest, &s.host);
	close_scene(&s);
	return n;
}

/* One for the name, one that keeps back ends from seeing half a device. */
static void test_transactions(void **state)
{
	(void)state;
	assert_int_equal(transactions_of(3), 1);
	assert_int_equal(transactions_of(1), 2);
}

/* Wherever it fails, there is one line with the cause and nothing in the store. */
static void test_failures(void **state)
{
	struct scene s;
	unsigned n;
	char *list;
	int rc;

	(void)state;
	for (n = 1;; n++) {
		golden_guest(&s.g, 1);
		open_host(&s);
		make_domain(&s);
		fake_fail_at(n, ENOSPC);
		rc = store_add_guest(&s.g.guest, &s.host, &s.err);
		fake_fail_at(0, 0);
		if (!rc) {
			store_remove_guest(&s.g.guest, &s.host);
			close_scene(&s);
			break;
		}
		kit_good_message(&s.err);
		assert_non_null(strstr(s.err.msg, ": No space left on device"));
		assert_false(s.g.guest.in_store);
		assert_null(fake_store_read("/local/domain/1"));
		assert_null(fake_store_read("/local/domain/0/backend"));
		list = list_all(&s.g.guest);
		assert_string_equal(list, "");
		free(list);
		assert_false(fake_store_introduced(1));
		close_scene(&s);
	}
	assert_true(n > 200);
}

static void test_memory(void **state)
{
	struct scene s;
	bool failed;
	unsigned n;
	int rc;

	(void)state;
	for (n = 1;; n++) {
		golden_guest(&s.g, 1);
		open_host(&s);
		make_domain(&s);
		fake_alloc_fail_at(n);
		rc = store_add_guest(&s.g.guest, &s.host, &s.err);
		failed = fake_alloc_failed();
		fake_alloc_fail_at(0);
		assert_int_equal(rc, failed ? -1 : 0);
		if (failed)
			assert_string_equal(s.err.msg, "out of memory");
		store_remove_guest(&s.g.guest, &s.host);
		close_scene(&s);
		if (!failed)
			break;
	}
	assert_true(n > 5);
}

/* Errors that are the store's own. */
static void test_messages(void **state)
{
	static const struct {
		const char *call, *msg;
		unsigned n;
	} cases[] = {
		{"xs_transaction_start", "cannot begin a transaction of the store: Broken pipe", 1},
		{"xs_directory", "cannot read /local/domain in the store: Broken pipe", 1},
		{"xs_rm",
		 "cannot remove /vm/77656200-0000-0000-0000-000000000000 from the store: "
		 "Broken pipe",
		 2},
		{"xs_write", "cannot write /local/domain/1 to the store: Broken pipe", 1},
		{"xs_set_permissions",
		 "cannot set the permissions of /local/domain/1 in the store: Broken pipe", 1},
		{"xs_transaction_end", "cannot end a transaction of the store: Broken pipe", 1},
		{"xs_introduce_domain", "cannot introduce domain 1 to xenstored: Broken pipe", 1},
	};
	struct scene s;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_scene(&s, "web", GUEST_PVH);
		make_domain(&s);
		fake_fail_call(cases[i].call, cases[i].n, EPIPE);
		assert_int_equal(store_add_guest(&s.g.guest, &s.host, &s.err), -1);
		assert_string_equal(s.err.msg, cases[i].msg);
		close_scene(&s);
	}
}

static void test_dom0(void **state)
{
	static const char wanted[] = "/local = \"\"   (n0)\n"
				     "/local/domain = \"\"   (n0)\n"
				     "/local/domain/0 = \"\"   (n0)\n"
				     "/local/domain/0/domid = \"0\"   (n0)\n"
				     "/local/domain/0/name = \"Domain-0\"   (n0)\n"
				     "/local/pool = \"\"   (n0)\n"
				     "/local/pool/0 = \"\"   (n0)\n"
				     "/local/pool/0/name = \"Pool-0\"   (n0)\n";
	struct err e;
	unsigned n;
	char *list;

	(void)state;
	fake_reset();
	assert_int_equal(store_add_dom0(&e), -1);
	assert_string_equal(e.msg,
			    "cannot reach xenstored at /var/run/xenstored/socket: No such file "
			    "or directory");
	fake_store()->running = true;
	for (n = 1;; n++) {
		fake_fail_at(n, EPIPE);
		if (store_add_dom0(&e) == 0)
			break;
		kit_good_message(&e);
	}
	assert_true(n > 6);
	fake_fail_at(0, 0);
	list = fake_store_list("/");
	assert_string_equal(list, wanted);
	free(list);

	/* What somebody has said stays. */
	fake_store_write("/local/domain/0/name", "dom0");
	assert_int_equal(store_add_dom0(&e), 0);
	assert_string_equal(fake_store_read("/local/domain/0/name"), "dom0");
	kit_nothing_held(true);
}

#if XEN_LIBS_MINOR >= 22
static struct golden *limited(struct scene *s, char *quota)
{
	static char *quotas[2];

	open_scene(s, "web", GUEST_PV);
	s->g.cfg.domain.store_features = (struct given_number){true, 6};
	quotas[0] = "watches=0x10";
	quotas[1] = quota;
	s->g.cfg.domain.store_quota = (struct strings){quotas, 2};
	make_domain(s);
	return &s->g;
}

static void close_limited(struct scene *s)
{
	s->g.cfg.domain.store_quota = (struct strings){0}; /* it is ours */
	close_scene(s);
}

/* Features are taken before the domain is known, and what is not there can't be given. */
static void test_limits(void **state)
{
	struct golden *g;
	struct scene s;

	(void)state;
	g = limited(&s, "nodes=9");
	KIT_CHECK(store_add_guest(&g->guest, &s.host, &s.err) == 0, "%s", s.err.msg);
	assert_string_equal(fake_store()->told, "1:features=4 1:watches=16 1:nodes=9 ");
	store_remove_guest(&g->guest, &s.host);
	close_limited(&s);

	g = limited(&s, "nods=9");
	assert_int_equal(store_add_guest(&g->guest, &s.host, &s.err), -1);
	assert_string_equal(s.err.msg, "cannot set nods of domain 1 to 9 (xenstore_quota): "
				       "Invalid argument");
	assert_null(fake_store_read("/local/domain/1/name"));
	close_limited(&s);

	/* A store that knows nothing of it: an older one, or another implementation. */
	g = limited(&s, "nodes=9");
	fake_fail_call("xs_get_features_supported", 1, ENOSYS);
	assert_int_equal(store_add_guest(&g->guest, &s.host, &s.err), -1);
	assert_string_equal(s.err.msg, "cannot take features of the store from domain 1 "
				       "(xenstore_feature_mask): Function not implemented");
	assert_false(fake_store_introduced(1));
	close_limited(&s);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_hvm),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_keyboard),
		cmocka_unit_test(test_classic),
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_introduce),
		cmocka_unit_test(test_without_channel),
		cmocka_unit_test(test_same_name),
		cmocka_unit_test(test_same_usb),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_collisions),
		cmocka_unit_test(test_transactions),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_dom0),
#if XEN_LIBS_MINOR >= 22
		cmocka_unit_test(test_limits),
#endif
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
