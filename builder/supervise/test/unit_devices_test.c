/*
 * A guest with devices: its disks held or waited for, its back ends waited for, and what is left of
 * it when one of them does not come.
 */
#include "builder/fake/units.h"
#include "builder/pci/test/sysfs.h"

#include <xen/sched.h>

#include "base/clock.h"
#include "builder/describe/pci_spec.h"
#include "builder/describe/usb_spec.h"
#include "builder/device/usb.h"
#include "builder/device/vif.h"

#define BACK "/local/domain/0/backend"

struct scene {
	struct guest_config cfg;
	struct kit_units k;
	struct unit *u;
	char *store; /* as it was before */
	uint64_t free_kib;
};

static void configure(struct scene *s, enum guest_type type)
{
	fake_reset();
	s->cfg = kit_config("web", type);
	kit_devices(&s->cfg);
	s->cfg.device_timeout = 4;
}

static void open_scene(struct scene *s)
{
	kit_units_open(&s->k, &s->cfg, 1);
	kit_units_store(&s->k);
	s->u = &s->k.all.list[0];
	fake_store_write("/local/domain/0/name", "Domain-0");
	fake_store_write("/vm", ""); /* what is above a guest's own nodes stays */
	fake_store_write("/libxl", "");
	s->store = fake_store_list("/");
	s->free_kib = fake_host()->free_kib;
}

static void close_scene(struct scene *s)
{
	kit_units_close(&s->k);
	free(s->store);
	fake_reset();
}

/* Built, and at the point where its back ends are all that it waits for. */
static void open_connecting(struct scene *s, enum guest_type type)
{
	uint64_t waited;

	configure(s, type);
	open_scene(s);
	fake_store()->back_ends = false;
	kit_units_start(&s->k);
	waited = s->u->since;
	kit_units_jobs(&s->k);
	assert_int_equal(s->u->state, UNIT_CONNECTING);
	assert_true(s->u->since > waited); /* its time-out begins here */
	assert_string_equal(kit_units_said(&s->k), "");
}

static void open_running(struct scene *s, enum guest_type type)
{
	configure(s, type);
	open_scene(s);
	kit_units_start(&s->k);
	kit_units_jobs(&s->k);
	assert_int_equal(s->u->state, UNIT_RUNNING);
	kit_units_said(&s->k);
}

static void states(const char *xvda, const char *xvdb, const char *vif)
{
	fake_store_write(BACK "/vbd/1/51712/state", xvda);
	fake_store_write(BACK "/vbd/1/51728/state", xvdb);
	fake_store_write(BACK "/vif/1/0/state", vif);
}

static void nothing_left(const struct scene *s)
{
	char *now = fake_store_list("/");

	assert_string_equal(now, s->store);
	free(now);
	assert_int_equal(fake_domains(), 0);
	assert_true(fake_host()->free_kib == s->free_kib);
	assert_int_equal(fake_devices()->held, 0);
	assert_null(s->k.disks.disks);
	assert_null(s->u->guest.disks);
	assert_null(s->u->guest.vifs);
	assert_null(s->u->guest.usbdevs);
	assert_null(s->k.images.files);
	assert_false(s->u->guest.in_store);
}

/* It has failed with that cause, everything was undone, and that is all that was said. */
static void failed(struct scene *s, const char *why, const char *more)
{
	char want[600];

	kit_units_jobs(&s->k);
	snprintf(want, sizeof(want), "earlydom: web: %s%s\n", why, more);
	assert_string_equal(kit_units_said(&s->k), want);
	assert_int_equal(s->u->state, UNIT_FAILED);
	assert_string_equal(s->u->why, why);
	kit_units_record(&s->k, 0, "state=failed");
	kit_units_record(&s->k, 0, why);
	assert_true(unit_over(s->u) && !unit_undecided(s->u));
	nothing_left(s);
}

static void test_start(void **state)
{
	static const enum guest_type types[] = {GUEST_PV, GUEST_PVH};
	struct scene s;
	uint64_t built;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		open_connecting(&s, types[i]);
		built = s.u->since;
		kit_units_record(&s.k, 0, "state=connecting\ndomid=1");
		assert_true(unit_undecided(s.u) && !unit_settled(s.u) && !unit_over(s.u));
		assert_false(fake_domain(1)->running);
		assert_string_equal(fake_store_read("/local/domain/1/name"), "web");
		assert_true(fake_store_introduced(1));
		assert_string_equal(fake_store_read(BACK "/vbd/1/51712/params"), "/dev/fake-a");
		assert_string_equal(fake_store_read(BACK "/vbd/1/51712/mode"), "w");
		assert_string_equal(fake_store_read(BACK "/vbd/1/51728/mode"), "r");
		assert_int_equal(fake_devices()->held, 2);
		/* It does not run before all of them are ready, the interface plugged. */
		states("1", "1", "1");
		kit_units_tick(&s.k, clock_ns());
		states("2", "2", "1");
		kit_units_tick(&s.k, clock_ns());
		fake_devices()->unplugged = true;
		states("4", "2", "2");
		kit_units_tick(&s.k, clock_ns());
		assert_int_equal(s.u->state, UNIT_CONNECTING);
		assert_false(fake_domain(1)->running);
		assert_int_equal(fake_devices()->plugs, 0);
		fake_devices()->unplugged = false;
		kit_units_tick(&s.k, clock_ns());
		assert_int_equal(s.u->state, UNIT_RUNNING);
		assert_true(fake_domain(1)->running);
		assert_true(s.u->since > built); /* and here that of those who wait for it */
		assert_int_equal(fake_devices()->plugs, 1);
		assert_string_equal(fake_store_read(BACK "/vif/1/0/hotplug-status"), "connected");
		assert_true(s.u->guest.vifs[0].plugged);
		assert_non_null(strstr(kit_units_said(&s.k), "web: started as domain 1 ("));
		assert_false(s.u->up);
		fake_store()->back_ends = true;
		fake_store_connect(1);
		kit_units_tick(&s.k, clock_ns());
		assert_true(s.u->up);
		close_scene(&s);
	}
}

/* Without a store there is nobody who could serve them. */
static void test_no_store(void **state)
{
	static const char why[] =
		"its disks and network interfaces need a store, and there is none";
	struct scene s;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		configure(&s, GUEST_PV);
		(i ? &s.cfg.nr_disks : &s.cfg.nr_vifs)[0] = 0; /* either is enough */
		fake_devices()->on = true;
		kit_units_open(&s.k, &s.cfg, 1);
		s.u = &s.k.all.list[0];
		s.store = fake_store_list("/");
		s.free_kib = fake_host()->free_kib;
		kit_units_start(&s.k);
		assert_false(unit_busy(s.u));
		failed(&s, why, "");
		assert_int_equal(fake_devices()->holds, 0);
		close_scene(&s);
	}
}

static void test_disk_comes(void **state)
{
	struct scene s;
	uint64_t since;

	(void)state;
	configure(&s, GUEST_PVH);
	open_scene(&s);
	fake_devices()->absent = true;
	kit_units_start(&s.k);
	assert_int_equal(s.u->state, UNIT_WAITING);
	since = s.u->since;
	assert_true(since && clock_ns() - since < NS_PER_S);
	kit_units_tick(&s.k, since + 4 * NS_PER_S - 1);
	assert_int_equal(s.u->state, UNIT_WAITING);
	assert_true(s.u->since == since);
	assert_int_equal(fake_devices()->held, 0);
	assert_string_equal(kit_units_said(&s.k), "");
	/* To look for it may take long: that is not done each time. */
	assert_int_equal(fake_calls_of("disk_hold"), 2);
	kit_units_tick(&s.k, since + 4 * NS_PER_S);
	assert_int_equal(fake_calls_of("disk_hold"), 2);
	assert_int_equal(s.u->state, UNIT_WAITING);
	/* Late, and all the same there when it is looked for. */
	fake_devices()->absent = false;
	kit_units_tick(&s.k, since + 5 * NS_PER_S);
	assert_int_equal(s.u->state, UNIT_STARTING);
	kit_units_jobs(&s.k);
	assert_int_equal(s.u->state, UNIT_RUNNING);
	assert_int_equal(fake_devices()->holds, 2);
	close_scene(&s);
}

static void test_disk_does_not_come(void **state)
{
	struct scene s;

	(void)state;
	configure(&s, GUEST_PVH);
	open_scene(&s);
	fake_devices()->absent = true;
	kit_units_start(&s.k);
	kit_units_tick(&s.k, s.u->since + 4 * NS_PER_S);
	failed(&s, "disk xvda: cannot open /dev/fake-a: No such file or directory", "");
	assert_int_equal(fake_calls_of("xc_domain_create"), 0);
	close_scene(&s);
}

/* A USB device of the host is waited for, also by a guest that has nothing else to wait for. */
static void test_usb(void **state)
{
	static struct usbdev_spec spec = {.bus = 1, .addr = 3};
	char root[256], command[1024];
	struct scene s;

	(void)state;
	fake_reset();
	s.cfg = kit_config("web", GUEST_PVH);
	s.cfg.device_timeout = 4;
	s.cfg.usbdevs = &spec;
	s.cfg.nr_usbdevs = 1;
	open_scene(&s);
	snprintf(root, sizeof(root), "%s", kit_path("usb"));
	s.k.disks.sysroot = root;
	kit_units_start(&s.k);
	kit_units_tick(&s.k, s.u->since + 4 * NS_PER_S - 1);
	assert_int_equal(s.u->state, UNIT_WAITING);
	snprintf(command, sizeof(command),
		 "mkdir -p %s/sys/bus/usb/devices/1-1; cd %s/sys/bus/usb/devices/1-1; "
		 "echo 1 >busnum; echo 3 >devnum",
		 root, root);
	assert_int_equal(system(command), 0);
	kit_units_tick(&s.k, s.u->since + 5 * NS_PER_S);
	kit_units_jobs(&s.k);
	assert_int_equal(s.u->state, UNIT_RUNNING);
	assert_string_equal(s.u->guest.usbdevs[0].name, "1-1");
	kit_units_said(&s.k);
	close_scene(&s);
	/* Another one is there by now. */
	fake_reset();
	open_scene(&s);
	spec.addr = 4;
	s.k.disks.sysroot = root;
	kit_units_start(&s.k);
	kit_units_tick(&s.k, s.u->since + 4 * NS_PER_S);
	failed(&s, "USB device 4 of bus 1 is not there", "");
	assert_int_equal(fake_calls_of("xc_domain_create"), 0);
	close_scene(&s);
}

/* A PCI device, too; and whose it is the hypervisor is asked by the thread that looks for it. */
static void test_pci(void **state)
{
	static struct pci_spec spec = {.by = PCI_BY_BDF, .at = {.device = 5}};
	char root[256];
	struct scene s;

	(void)state;
	fake_reset();
	fake_host()->physcaps |= XEN_SYSCTL_PHYSCAP_directio;
	fake_host()->pcis[0] = (struct fake_pci){.sbdf = 5 << 3};
	fake_host()->nr_pcis = 1;
	s.cfg = kit_config("web", GUEST_PV);
	s.cfg.device_timeout = 4;
	s.cfg.pcis = &spec;
	s.cfg.nr_pcis = 1;
	open_scene(&s);
	snprintf(root, sizeof(root), "%s", kit_path("pci"));
	s.k.pcis.sysroot = root;
	sysfs_mkdir(root, "sys/bus/pci/devices");
	kit_units_start(&s.k);
	kit_units_tick(&s.k, s.u->since + 4 * NS_PER_S - 1);
	assert_int_equal(s.u->state, UNIT_WAITING);
	sysfs_device(root, "0000:00:05.0", "0x8086", "0x100e", "0x020000");
	sysfs_driver(root, "0000:00:05.0", "pciback");
	sysfs_text(root, "0000:00:05.0", "resource", "");
	kit_units_tick(&s.k, s.u->since + 5 * NS_PER_S);
	kit_units_jobs(&s.k);
	KIT_CHECK(s.u->state == UNIT_RUNNING, "%s", kit_units_said(&s.k));
	assert_int_equal(fake_host()->pcis[0].domid, 1);
	/* They are given back when it is over, and looked for when it starts again. */
	fake_shutdown(1, SHUTDOWN_poweroff);
	kit_units_look(&s.k, 0);
	kit_units_jobs(&s.k);
	assert_null(s.u->guest.pcis);
	assert_null(s.k.pcis.list);
	kit_units_said(&s.k);
	close_scene(&s);
}

/* USB devices are given back with the disks, or alone: a guest that starts again looks for both. */
static void test_usb_again(void **state)
{
	static struct usbdev_spec spec = {.bus = 1, .addr = 3};
	static const char file[] = "usb/sys/bus/usb/devices/1-1/devnum"; /* of the test before */
	char root[256];
	struct scene s;
	struct err e;

	(void)state;
	snprintf(root, sizeof(root), "%s", kit_path("usb"));
	for (int disks = 0; disks < 2; disks++) {
		configure(&s, GUEST_PVH);
		if (!disks)
			s.cfg = kit_config("web", GUEST_PVH);
		s.cfg.usbdevs = &spec;
		s.cfg.nr_usbdevs = 1;
		open_scene(&s);
		s.k.disks.sysroot = root;
		kit_text(file, "3\n");
		kit_units_start(&s.k);
		kit_units_jobs(&s.k);
		assert_int_equal(s.u->state, UNIT_RUNNING);
		fake_shutdown(1, SHUTDOWN_poweroff);
		kit_units_look(&s.k, 0);
		kit_units_jobs(&s.k);
		nothing_left(&s);
		/* It is another one by now, until the first is back. */
		kit_text(file, "4\n");
		assert_int_equal(unit_event(&s.k.all, s.u, EVENT_ASK_START, clock_ns(), &e), 0);
		unit_proceed(&s.k.all, s.u, clock_ns());
		kit_units_jobs(&s.k);
		assert_int_equal(s.u->state, UNIT_WAITING);
		assert_null(s.u->guest.usbdevs);
		kit_text(file, "3\n");
		kit_units_tick(&s.k, s.u->since + NS_PER_S);
		kit_units_jobs(&s.k);
		assert_int_equal(s.u->state, UNIT_RUNNING);
		assert_true(!disks || s.u->guest.disks);
		fake_shutdown(2, SHUTDOWN_poweroff);
		kit_units_look(&s.k, 0);
		kit_units_jobs(&s.k);
		kit_units_said(&s.k);
		nothing_left(&s);
		close_scene(&s);
	}
}

/* What a vif is plugged into is waited for, too. */
static void test_no_bridge(void **state)
{
	struct scene s;

	(void)state;
	for (int comes = 0; comes < 2; comes++) {
		configure(&s, GUEST_PV);
		open_scene(&s);
		fake_devices()->no_bridge = true;
		kit_units_start(&s.k);
		kit_units_tick(&s.k, s.u->since + 4 * NS_PER_S - 1);
		assert_int_equal(s.u->state, UNIT_WAITING);
		assert_int_equal(fake_devices()->held, 0);
		fake_devices()->no_bridge = !comes;
		kit_units_tick(&s.k, s.u->since + 5 * NS_PER_S);
		if (comes) {
			kit_units_jobs(&s.k);
			assert_int_equal(s.u->state, UNIT_RUNNING);
		} else {
			failed(&s, "vif 0: there is no bridge", "");
		}
		close_scene(&s);
	}
}

/* One that is there and can't be used is not waited for. */
static void test_wrong(void **state)
{
	struct scene s;
	char why[128];

	(void)state;
	configure(&s, GUEST_PV);
	open_scene(&s);
	fake_devices()->wrong = true;
	kit_units_start(&s.k);
	snprintf(why, sizeof(why), "disk xvda: cannot open /dev/fake-a: %s", strerror(EBUSY));
	failed(&s, why, "");
	close_scene(&s);

	/* The second of the two disks. */
	configure(&s, GUEST_PV);
	open_scene(&s);
	fake_fail_call("disk_hold", 2, EIO);
	kit_units_start(&s.k);
	snprintf(why, sizeof(why), "disk xvdb: cannot open /dev/fake-b: %s", strerror(EIO));
	failed(&s, why, "");
	close_scene(&s);
}

/* Nobody else waits for a guest that waits for its disk, nor keeps memory for it in the end. */
static void test_others_go_on(void **state)
{
	struct guest_config cfgs[2] = {kit_config("web", GUEST_PV), kit_config("db", GUEST_PV)};
	struct kit_units k;

	(void)state;
	fake_reset();
	kit_devices(&cfgs[0]);
	kit_units_open(&k, cfgs, 2);
	kit_units_store(&k);
	fake_devices()->absent = true;
	kit_units_start(&k);
	kit_units_jobs(&k);
	assert_int_equal(k.all.list[0].state, UNIT_WAITING);
	assert_int_equal(k.all.list[1].state, UNIT_RUNNING);
	assert_int_equal(k.images.files->kernel_users, 1); /* unpacked, for the one that waits */
	kit_units_tick(&k, k.all.list[0].since + 10 * NS_PER_S);
	assert_int_equal(k.all.list[0].state, UNIT_FAILED);
	assert_int_equal(k.images.files->users, 1);
	assert_int_equal(k.images.files->kernel_users, 0);
	assert_false(k.images.files->kernel_open);
	kit_units_close(&k);
	fake_reset();
}

static void test_late(void **state)
{
	struct scene s;

	(void)state;
	open_connecting(&s, GUEST_PVH);
	states("2", "1", "2");
	kit_units_tick(&s.k, s.u->since + 4 * NS_PER_S - 1);
	assert_int_equal(s.u->state, UNIT_CONNECTING);
	kit_units_tick(&s.k, s.u->since + 4 * NS_PER_S);
	assert_int_equal(s.u->state, UNIT_FAILING);
	assert_true(unit_undecided(s.u) && !unit_settled(s.u));
	failed(&s, "disk xvdb: its back end is not there after 4 s: is xen-blkback loaded?",
	       "; domain destroyed");
	assert_int_equal(fake_calls_of("xc_domain_unpause"), 0);
	close_scene(&s);

	open_connecting(&s, GUEST_PV);
	fake_devices()->unplugged = true;
	states("2", "2", "2");
	kit_units_tick(&s.k, s.u->since + 4 * NS_PER_S);
	failed(&s, "vif 0: its back end is there, but the interface vif1.0 is not after 4 s",
	       "; domain destroyed");
	close_scene(&s);
}

/* A back end that gives up is not waited for, and its words are the cause. */
static void test_given_up(void **state)
{
	static const char *const ends[] = {"5", "6"};
	struct scene s;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		open_connecting(&s, GUEST_PV);
		fake_store_write("/local/domain/0/error/backend/vbd/1/51712/error",
				 "13 creating vbd structure");
		states(ends[i], "2", "2");
		kit_units_tick(&s.k, clock_ns());
		failed(&s,
		       "disk xvda: its back end has given up: creating vbd structure: Permission "
		       "denied",
		       "; domain destroyed");
		close_scene(&s);
	}
	open_connecting(&s, GUEST_PV);
	fake_fail_call("vif_plug", 1, EINVAL);
	states("2", "2", "2");
	kit_units_tick(&s.k, clock_ns());
	failed(&s, "vif 0: cannot plug it: Invalid argument", "; domain destroyed");
	close_scene(&s);
}

/* What comes after the back ends may fail, too. */
static void test_cannot_run(void **state)
{
	static const struct {
		const char *call, *why;
	} cases[] = {
		{"xc_domain_unpause", "cannot unpause the domain: Operation not permitted"},
		{"xenevtchn_bind_interdomain",
		 "cannot bind the console of domain 1: Operation not permitted"},
	};
	struct scene s;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		open_connecting(&s, GUEST_PV);
		fake_fail_call(cases[i].call, 1, EPERM);
		states("2", "2", "2");
		kit_units_tick(&s.k, clock_ns());
		failed(&s, cases[i].why, "; domain destroyed");
		close_scene(&s);
	}
}

/* What is asked of one whose back ends are waited for; and somebody else's destroying it. */
static void test_asked(void **state)
{
	struct scene s;
	struct err e;

	(void)state;
	open_connecting(&s, GUEST_PV);
	assert_int_equal(unit_event(&s.k.all, s.u, EVENT_ASK_RELEASE, clock_ns(), &e), -1);
	assert_string_equal(e.msg, "web is connecting; try again when it is running");
	assert_int_equal(unit_event(&s.k.all, s.u, EVENT_ASK_DESTROY, clock_ns(), &e), 0);
	kit_units_jobs(&s.k);
	assert_string_equal(kit_units_said(&s.k), "earlydom: web: domain 1 destroyed on request\n");
	assert_int_equal(s.u->state, UNIT_ENDED);
	nothing_left(&s);
	close_scene(&s);

	/* It has not run: a stop is the same. */
	open_connecting(&s, GUEST_PV);
	assert_int_equal(unit_event(&s.k.all, s.u, EVENT_ASK_STOP, clock_ns(), &e), 0);
	kit_units_jobs(&s.k);
	assert_int_equal(s.u->state, UNIT_ENDED);
	nothing_left(&s);
	close_scene(&s);

	open_connecting(&s, GUEST_PV);
	assert_int_equal(xc_domain_destroy(s.k.host.xch, 1), 0);
	kit_units_look(&s.k, 0);
	kit_units_jobs(&s.k);
	assert_string_equal(kit_units_said(&s.k),
			    "earlydom: web: domain 1 was destroyed by somebody else\n");
	assert_int_equal(s.u->state, UNIT_ENDED);
	nothing_left(&s);
	close_scene(&s);
}

/* The disks are held over a restart; the interface is another one, and plugged anew. */
static void test_restart(void **state)
{
	struct scene s;

	(void)state;
	open_running(&s, GUEST_PVH);
	assert_int_equal(fake_devices()->plugs, 1);
	fake_store_connect(1);
	fake_shutdown(1, SHUTDOWN_reboot);
	kit_units_look(&s.k, 0);
	assert_int_equal(s.u->state, UNIT_STARTING);
	kit_units_jobs(&s.k);
	assert_int_equal(s.u->state, UNIT_RUNNING);
	assert_non_null(strstr(kit_units_said(&s.k), "web: restarted as domain 2 ("));
	assert_int_equal(fake_devices()->holds, 2);
	assert_int_equal(fake_devices()->held, 2);
	assert_int_equal(fake_devices()->plugs, 2);
	assert_null(fake_store_read("/local/domain/1"));
	assert_null(fake_store_read(BACK "/vbd/1"));
	assert_null(fake_store_read("/libxl/1"));
	assert_string_equal(fake_store_read("/local/domain/2/name"), "web");
	assert_string_equal(fake_store_read(BACK "/vif/2/0/hotplug-status"), "connected");
	fake_store_connect(2);
	assert_string_equal(fake_store_read(BACK "/vbd/2/51712/state"), "4");
	close_scene(&s);

	/* Its back ends do not come the second time. */
	open_running(&s, GUEST_PV);
	fake_store_connect(1);
	fake_shutdown(1, SHUTDOWN_reboot);
	kit_units_look(&s.k, 0);
	kit_units_said(&s.k);
	fake_devices()->unplugged = true;
	kit_units_jobs(&s.k);
	assert_int_equal(s.u->state, UNIT_CONNECTING);
	assert_false(fake_domain(2)->running);
	kit_units_tick(&s.k, s.u->since + 4 * NS_PER_S);
	failed(&s, "vif 0: its back end is there, but the interface vif2.0 is not after 4 s",
	       "; domain destroyed");
	close_scene(&s);
}

static void test_end(void **state)
{
	struct scene s;

	(void)state;
	open_running(&s, GUEST_PV);
	fake_store_connect(1);
	fake_shutdown(1, SHUTDOWN_poweroff);
	kit_units_look(&s.k, 0);
	assert_int_equal(fake_devices()->held, 2); /* until the domain is gone */
	kit_units_jobs(&s.k);
	assert_int_equal(s.u->state, UNIT_ENDED);
	nothing_left(&s);
	close_scene(&s);

	/* Preserved with all that belongs to it, until somebody has seen enough. */
	configure(&s, GUEST_PVH);
	s.cfg.on_crash = ACTION_PRESERVE;
	open_scene(&s);
	kit_units_start(&s.k);
	kit_units_jobs(&s.k);
	fake_shutdown(1, SHUTDOWN_crash);
	kit_units_look(&s.k, 0);
	assert_int_equal(s.u->state, UNIT_PRESERVED);
	assert_int_equal(fake_devices()->held, 2);
	assert_string_equal(fake_store_read("/local/domain/1/name"), "web");
	{
		struct err e;

		assert_int_equal(unit_event(&s.k.all, s.u, EVENT_ASK_DESTROY, clock_ns(), &e), 0);
	}
	kit_units_jobs(&s.k);
	nothing_left(&s);
	close_scene(&s);
}

/* A toolstack destroys it, with or without its nodes: what is left of them goes. */
static void test_destroyed_by_others(void **state)
{
	struct scene s;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		open_running(&s, GUEST_PVH);
		fake_store_connect(1);
		if (i) {
			fake_store_remove("/local/domain/1");
			fake_store_remove(BACK);
			fake_store_remove("/vm");
			fake_store_remove("/libxl");
		}
		assert_int_equal(xc_domain_destroy(s.k.host.xch, 1), 0);
		kit_units_look(&s.k, 0);
		kit_units_jobs(&s.k);
		assert_string_equal(kit_units_said(&s.k),
				    "earlydom: web: domain 1 was destroyed by somebody else\n");
		assert_int_equal(s.u->state, UNIT_ENDED);
		assert_string_equal(s.u->why, "destroyed by somebody else");
		assert_int_equal(fake_domains(), 0);
		assert_int_equal(fake_devices()->held, 0);
		assert_null(fake_store_read("/local/domain/1"));
		assert_null(fake_store_read("/libxl/1"));
		assert_null(fake_store_read(BACK "/vbd/1"));
		if (!i)
			nothing_left(&s);
		close_scene(&s);
	}
}

/* It can't be destroyed: its disks are held as long as its domain may use them. */
static void test_stuck(void **state)
{
	struct scene s;
	struct err e;

	(void)state;
	open_running(&s, GUEST_PV);
	fake_fail_call("xc_domain_destroy", 1, EPERM);
	assert_int_equal(unit_event(&s.k.all, s.u, EVENT_ASK_DESTROY, clock_ns(), &e), 0);
	kit_units_jobs(&s.k);
	assert_int_equal(s.u->state, UNIT_STUCK);
	assert_true(fake_domain(1)->there && !fake_domain(1)->running);
	assert_int_equal(fake_devices()->held, 2);
	assert_int_equal(unit_event(&s.k.all, s.u, EVENT_ASK_DESTROY, clock_ns(), &e), 0);
	kit_units_jobs(&s.k);
	assert_int_equal(s.u->state, UNIT_ENDED);
	nothing_left(&s);
	close_scene(&s);
}

/* The store is lost while its old domain is to go: its end is handled again, once, when it can be.
 */
static void test_end_put_off(void **state)
{
	struct scene s;

	(void)state;
	open_running(&s, GUEST_PV);
	fake_shutdown(1, SHUTDOWN_reboot);
	fake_fail_call("xs_transaction_start", 1, EPIPE);
	kit_units_look(&s.k, 0);
	assert_int_equal(s.u->state, UNIT_STARTING);
	kit_units_said(&s.k);
	kit_units_jobs(&s.k);
	assert_int_equal(s.u->state, UNIT_RUNNING);
	assert_true(fake_domain(1)->there);
	assert_int_equal(fake_devices()->held, 2);
	assert_string_equal(kit_units_said(&s.k),
			    "earlydom: web: cannot destroy domain 1: cannot begin a transaction of "
			    "the store: Broken pipe; tried again\n");
	/* Not at once, and not while the store is away. */
	kit_units_look(&s.k, 0);
	assert_int_equal(s.u->state, UNIT_RUNNING);
	assert_string_equal(kit_units_said(&s.k), "");
	assert_true(s.u->end_again > clock_ns());
	assert_true(unit_due(s.u, true, clock_ns(), clock_ns()) <= s.u->end_again);
	s.u->end_again = clock_ns();
	s.k.all.store = STORE_GONE;
	kit_units_look(&s.k, 0);
	assert_int_equal(s.u->state, UNIT_RUNNING);
	assert_string_equal(
		kit_units_said(&s.k),
		"earlydom: web: domain 1 has ended; it stays until the store is there\n");
	s.k.all.store = STORE_SERVES;
	kit_units_look(&s.k, 0);
	assert_int_equal(s.u->state, UNIT_STARTING);
	kit_units_jobs(&s.k);
	assert_int_equal(s.u->state, UNIT_RUNNING);
	assert_int_equal(s.u->guest.domid, 2);
	assert_int_equal(s.u->restarts, 1);
	assert_int_equal(s.u->deaths.n, 1);
	assert_int_equal(fake_domains(), 1);
	close_scene(&s);
}

/* So it is where it was to go for good, asked to or not. */
static void test_last_end_put_off(void **state)
{
	struct scene s;
	struct err e;

	(void)state;
	for (unsigned asked = 0; asked < 2; asked++) {
		open_running(&s, GUEST_PV);
		if (asked)
			assert_int_equal(unit_event(&s.k.all, s.u, EVENT_ASK_STOP, clock_ns(), &e),
					 0);
		kit_units_jobs(&s.k);
		fake_shutdown(1, SHUTDOWN_poweroff);
		fake_fail_call("xs_transaction_start", 1, EPIPE);
		kit_units_look(&s.k, 0);
		assert_int_equal(s.u->state, UNIT_ENDING);
		kit_units_jobs(&s.k);
		assert_int_equal(s.u->state, asked ? UNIT_STOPPING : UNIT_RUNNING);
		assert_true(fake_domain(1)->there);
		kit_units_said(&s.k);
		s.u->end_again = clock_ns();
		kit_units_look(&s.k, 0);
		kit_units_jobs(&s.k);
		assert_int_equal(s.u->state, UNIT_ENDED);
		assert_string_equal(s.u->why, asked ? "stopped on request" : "powered off");
		assert_int_equal(fake_domains(), 0);
		close_scene(&s);
	}
}

/* One that has not shut down has nothing that is put off, and goes all the same. */
static void test_not_put_off(void **state)
{
	struct scene s;
	struct err e;

	(void)state;
	open_running(&s, GUEST_PV);
	fake_fail_call("xs_transaction_start", 1, EPIPE);
	assert_int_equal(unit_event(&s.k.all, s.u, EVENT_ASK_DESTROY, clock_ns(), &e), 0);
	kit_units_jobs(&s.k);
	assert_int_equal(s.u->state, UNIT_ENDED);
	nothing_left(&s);
	close_scene(&s);

	open_connecting(&s, GUEST_PV);
	fake_fail_call("xs_transaction_start", 1, EPIPE);
	assert_int_equal(unit_event(&s.k.all, s.u, EVENT_STORE_GONE, clock_ns(),
				    &(struct err){.msg = "gone"}),
			 0);
	kit_units_jobs(&s.k);
	assert_int_equal(s.u->state, UNIT_FAILED);
	nothing_left(&s);
	close_scene(&s);
}

/* Each call of the whole way to its first instruction fails once. */
/* The store is away for an hour, and the loop is woken once a second at most, if at all; then there
 * is all the time for its devices. */
static void store_away(struct scene *s, enum unit_state before)
{
	const uint64_t now = clock_ns(), later = now + 3600 * NS_PER_S;

	s->k.all.store = STORE_GONE;
	kit_units_tick(&s->k, now);
	assert_int_equal(s->u->state, before);
	assert_true(unit_due(s->u, false, now, now) >= now + NS_PER_S);
	s->k.all.store = STORE_SERVES;
	kit_units_tick(&s->k, later);
	kit_units_jobs(&s->k);
	assert_int_equal(s->u->state, before);
	assert_true(unit_due(s->u, true, later, later) <= later + NS_PER_S);
	kit_units_tick(&s->k, later + 3 * NS_PER_S);
	assert_int_equal(s->u->state, before);
	kit_units_tick(&s->k, later + 4 * NS_PER_S);
	kit_units_jobs(&s->k);
	assert_int_not_equal(s->u->state, before);
}

static void test_store_away(void **state)
{
	struct scene s;

	(void)state;
	configure(&s, GUEST_PV);
	open_scene(&s);
	fake_devices()->absent = true;
	s.k.all.store = STORE_GONE;
	kit_units_start(&s.k);
	store_away(&s, UNIT_WAITING);
	close_scene(&s);

	open_connecting(&s, GUEST_PV);
	states("1", "1", "1");
	store_away(&s, UNIT_CONNECTING);
	close_scene(&s);
}

static void sweep(enum guest_type type)
{
	const char *call;
	struct scene s;
	unsigned n;

	for (n = 1; n < 1000; n++) {
		configure(&s, type);
		open_scene(&s);
		fake_fail_at(n, EIO);
		kit_units_start(&s.k);
		kit_units_jobs(&s.k);
		call = fake_failed();
		if (!call) {
			assert_int_equal(s.u->state, UNIT_RUNNING);
			close_scene(&s);
			break;
		}
		fake_fail_at(0, 0);
		KIT_CHECK(s.u->state == UNIT_FAILED, "%s failed and web is %s", call,
			  unit_state_name(s.u->state));
		KIT_CHECK(strlen(s.u->why) > 10 && !strchr(s.u->why, '\n'), "%s: '%s'", call,
			  s.u->why);
		KIT_CHECK(strstr(s.u->why, strerror(EIO)) || strstr(s.u->why, call) ||
				  !strcmp(call, "xc_dom_malloc") ||
				  !strcmp(call, "acpi_build_tables"),
			  "%s: '%s' has no cause", call, s.u->why);
		nothing_left(&s);
		close_scene(&s);
	}
	assert_in_range(n, 150, 900);
}

static void test_nth_call(void **state)
{
	(void)state;
	sweep(GUEST_PV);
	sweep(GUEST_PVH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_no_store),
		cmocka_unit_test(test_disk_comes),
		cmocka_unit_test(test_disk_does_not_come),
		cmocka_unit_test(test_usb),
		cmocka_unit_test(test_pci),
		cmocka_unit_test(test_usb_again),
		cmocka_unit_test(test_no_bridge),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_others_go_on),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_cannot_run),
		cmocka_unit_test(test_asked),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_destroyed_by_others),
		cmocka_unit_test(test_stuck),
		cmocka_unit_test(test_end_put_off),
		cmocka_unit_test(test_last_end_put_off),
		cmocka_unit_test(test_not_put_off),
		cmocka_unit_test(test_store_away),
		cmocka_unit_test(test_nth_call),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
