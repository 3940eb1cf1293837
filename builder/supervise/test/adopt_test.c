/*
 * A supervisor that takes over, row by row of the table in adopt.h.
 */
#include "builder/fake/units.h"

#include <sys/sysmacros.h>
#include <unistd.h>

#include <xen/sched.h>

#include "base/clock.h"
#include "builder/build/holdings.h"
#include "builder/describe/pci_spec.h"
#include "builder/describe/usb_spec.h"
#include "builder/device/usb.h"
#include "builder/device/vif.h"

struct scene {
	struct guest_config cfg;
	struct kit_units k;
	struct unit *u;
	bool store;
	size_t adopted;
};

static void open_units(struct scene *s)
{
	kit_units_open(&s->k, &s->cfg, 1);
	if (s->store)
		kit_units_store(&s->k);
	s->u = &s->k.all.list[0];
}

/* A first supervisor, and its guest, which runs. */
static void open_with(struct scene *s, enum guest_type type, bool store)
{
	fake_reset();
	s->store = store;
	s->cfg = kit_config("web", type);
	if (store)
		kit_devices(&s->cfg);
	open_units(s);
	kit_units_ledger(&s->k);
	kit_units_start(&s->k);
	kit_units_jobs(&s->k);
	assert_int_equal(s->u->state, UNIT_RUNNING);
	assert_int_equal(s->u->guest.domid, 1);
}

/* The first one is killed in that state; what happens to the domain before the next one begins? */
static void killed_in(struct scene *s, enum unit_state state)
{
	s->u->state = state;
	unit_save(&s->k.all, s->u);
	kit_units_drop(&s->k);
}

static void adopt(struct scene *s)
{
	open_units(s);
	s->adopted = kit_units_adopt(&s->k);
}

static void close_scene(struct scene *s)
{
	kit_units_close(&s->k);
	fake_reset();
}

static void said(struct scene *s, const char *want)
{
	const char *text = kit_units_said(&s->k);

	KIT_CHECK(strstr(text, want), "'%s' was not said, but:\n%s", want, text);
}

/* ---- it runs ---- */

static void goes_on(struct scene *s, enum unit_state state)
{
	const unsigned unpauses = fake_calls_of("xc_domain_unpause");

	killed_in(s, state);
	adopt(s);
	assert_int_equal(s->u->state, state);
	assert_int_equal(s->u->guest.domid, 1);
	assert_int_equal(s->adopted, 1);
	kit_units_settle(&s->k);
	assert_int_equal(s->u->state, state);
	assert_int_equal(fake_domains(), 1);
	/* It was not touched. */
	assert_int_equal(fake_calls_of("xc_domain_unpause"), unpauses);
	assert_int_equal(fake_calls_of("xc_domain_pause"), 0);
	assert_int_equal(fake_calls_of("xc_domain_create"), 1);
	assert_true(fake_domain_runs(1));
}

static void test_running(void **state)
{
	static const enum unit_state states[] = {UNIT_RUNNING, UNIT_STOPPING, UNIT_STUCK,
						 UNIT_RELEASED};

	(void)state;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		for (unsigned store = 0; store < 2; store++) {
			struct scene s;

			open_with(&s, store ? GUEST_PVH : GUEST_PV, store);
			goes_on(&s, states[i]);
			close_scene(&s);
		}
}

/* Its console is heard, with what it has said meanwhile, and its end is handled. */
static void test_console_and_end(void **state)
{
	struct scene s;
	char text[4096];

	(void)state;
	open_with(&s, GUEST_PV, false);
	killed_in(&s, UNIT_RUNNING);
	fake_print(1, "while nobody listened\n");
	adopt(&s);
	assert_non_null(s.u->console.ring);
	unit_console_drain(&s.k.all, s.u);
	kit_read("run/console/web.log", text, sizeof(text));
	assert_non_null(strstr(text, "while nobody listened\n"));
	fake_shutdown(1, SHUTDOWN_reboot);
	kit_units_settle(&s.k);
	assert_int_equal(s.u->state, UNIT_RUNNING);
	assert_int_equal(s.u->guest.domid, 2);
	assert_int_equal(s.u->restarts, 1);
	assert_int_equal(fake_domains(), 1);
	close_scene(&s);
}

/* The consoles wait until it is known who drains them. */
static void test_console_is_due(void **state)
{
	struct scene s;

	(void)state;
	open_with(&s, GUEST_PV, false);
	killed_in(&s, UNIT_RUNNING);
	open_units(&s);
	s.k.all.store = STORE_SOUGHT;
	kit_units_adopt(&s.k);
	assert_true(s.u->console_due);
	assert_null(s.u->console.ring);
	s.k.all.store = STORE_ABSENT;
	adopt_consoles(&s.k.all);
	assert_false(s.u->console_due);
	assert_non_null(s.u->console.ring);
	close_scene(&s);
}

/* It has ended while nobody looked: what its descriptor says follows. */
static void test_ended_meanwhile(void **state)
{
	struct scene s;

	(void)state;
	open_with(&s, GUEST_PV, false);
	killed_in(&s, UNIT_RUNNING);
	fake_shutdown(1, SHUTDOWN_reboot);
	adopt(&s);
	kit_units_settle(&s.k);
	assert_int_equal(s.u->state, UNIT_RUNNING);
	assert_int_equal(s.u->guest.domid, 2);
	assert_int_equal(fake_domains(), 1);
	said(&s, "web: domain 1 rebooted; restarting");
	/* One that was asked to stop is not started again. */
	killed_in(&s, UNIT_STOPPING);
	fake_shutdown(2, SHUTDOWN_poweroff);
	adopt(&s);
	kit_units_settle(&s.k);
	assert_int_equal(s.u->state, UNIT_ENDED);
	assert_int_equal(fake_domains(), 0);
	close_scene(&s);
}

static void is_gone(enum unit_state state, bool store)
{
	struct scene s;

	open_with(&s, GUEST_PVH, store);
	killed_in(&s, state);
	fake_destroy(1);
	adopt(&s);
	assert_int_equal(s.adopted, 0);
	kit_units_settle(&s.k);
	assert_int_equal(s.u->state, UNIT_ENDED);
	assert_int_equal(s.u->guest.domid, NO_DOMAIN);
	said(&s, "web: domain 1 was destroyed by somebody else");
	assert_int_equal(fake_devices()->held, 0);
	close_scene(&s);
}

static void test_gone(void **state)
{
	(void)state;
	for (unsigned store = 0; store < 2; store++) {
		is_gone(UNIT_RUNNING, store);
		is_gone(UNIT_STOPPING, store);
		is_gone(UNIT_PRESERVED, store);
		is_gone(UNIT_STUCK, store);
	}
}

/* ---- half-way ---- */

static void test_waited(void **state)
{
	struct scene s;

	(void)state;
	open_with(&s, GUEST_PV, false);
	fake_destroy(1);
	s.u->guest.domid = NO_DOMAIN;
	killed_in(&s, UNIT_WAITING);
	adopt(&s);
	assert_int_equal(s.u->state, UNIT_WAITING);
	kit_units_settle(&s.k);
	assert_int_equal(s.u->state, UNIT_RUNNING);
	assert_int_equal(s.u->guest.domid, 2);
	close_scene(&s);
}

/* The ledger may know its number, or not yet. */
static void built_anew(enum unit_state state, bool there, bool known, bool store)
{
	struct scene s;

	open_with(&s, GUEST_PVH, store);
	fake_domain(1)->running = false;
	if (!there)
		fake_destroy(1);
	if (!known)
		s.u->guest.domid = NO_DOMAIN;
	killed_in(&s, state);
	adopt(&s);
	assert_int_equal(s.adopted, 0);
	kit_units_settle(&s.k);
	assert_int_equal(s.u->state, UNIT_RUNNING);
	assert_int_equal(s.u->guest.domid, 2);
	assert_int_equal(fake_domains(), 1);
	if (there)
		said(&s, "web: domain 1 was left half-way; it is destroyed");
	close_scene(&s);
}

static void test_was_built(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 8; i++)
		built_anew(UNIT_STARTING, i & 1, i & 2, i & 4);
	for (unsigned i = 0; i < 4; i++)
		built_anew(UNIT_CONNECTING, i & 1, true, i & 2);
}

/* Let run, and killed before that was written down. */
static void test_connecting_and_runs(void **state)
{
	struct scene s;

	(void)state;
	for (unsigned ended = 0; ended < 2; ended++) {
		open_with(&s, GUEST_PV, true);
		killed_in(&s, UNIT_CONNECTING);
		if (ended)
			fake_shutdown(1, SHUTDOWN_reboot);
		fake_domain(1)->running = true; /* Xen's flag for a pause is not set then */
		adopt(&s);
		assert_int_equal(s.adopted, 1);
		assert_int_equal(s.u->state, UNIT_RUNNING);
		kit_units_settle(&s.k);
		assert_int_equal(s.u->state, UNIT_RUNNING);
		assert_int_equal(s.u->guest.domid, ended ? 2 : 1);
		assert_int_equal(fake_domains(), 1);
		close_scene(&s);
	}
}

/* `boot -p` leaves them paused: that is all that there is to it. */
static void test_connecting_and_paused(void **state)
{
	struct scene s;

	(void)state;
	open_with(&s, GUEST_PV, false);
	fake_domain(1)->running = false;
	killed_in(&s, UNIT_CONNECTING);
	open_units(&s);
	s.k.all.paused = true;
	assert_int_equal(kit_units_adopt(&s.k), 1);
	assert_int_equal(s.u->state, UNIT_RUNNING);
	assert_int_equal(fake_domains(), 1);
	close_scene(&s);
}

static void ends(enum unit_state state, bool there, enum unit_state want)
{
	struct scene s;

	open_with(&s, GUEST_PVH, true);
	if (!there)
		fake_destroy(1);
	killed_in(&s, state);
	adopt(&s);
	kit_units_settle(&s.k);
	assert_int_equal(s.u->state, want);
	assert_int_equal(s.u->guest.domid, NO_DOMAIN);
	assert_int_equal(fake_domains(), 0);
	assert_int_equal(fake_devices()->held, 0);
	close_scene(&s);
}

static void test_was_being_ended(void **state)
{
	(void)state;
	for (unsigned there = 0; there < 2; there++) {
		ends(UNIT_ENDING, there, UNIT_ENDED);
		ends(UNIT_FAILING, there, UNIT_FAILED);
		ends(UNIT_CANCELLED, there, UNIT_ENDED);
	}
}

static void test_was_over(void **state)
{
	struct scene s;

	(void)state;
	for (unsigned failed = 0; failed < 2; failed++) {
		open_with(&s, GUEST_PV, false);
		fake_destroy(1);
		s.u->guest.domid = NO_DOMAIN;
		snprintf(s.u->why, sizeof(s.u->why), "ended too often");
		killed_in(&s, failed ? UNIT_FAILED : UNIT_ENDED);
		adopt(&s);
		kit_units_settle(&s.k);
		assert_int_equal(s.u->state, failed ? UNIT_FAILED : UNIT_ENDED);
		assert_string_equal(s.u->why, "ended too often");
		assert_int_equal(fake_domains(), 0);
		close_scene(&s);
	}
}

static void test_unknown(void **state)
{
	struct scene s;

	(void)state;
	open_with(&s, GUEST_PV, false);
	fake_destroy(1);
	ledger_write(&s.k.ledger, LEDGER_UNITS, "name other\nstate running\n", 25);
	kit_units_drop(&s.k);
	adopt(&s);
	assert_int_equal(s.u->state, UNIT_WAITING);
	kit_units_settle(&s.k);
	assert_int_equal(s.u->state, UNIT_RUNNING);
	close_scene(&s);
}

/* ---- whose domain it is ---- */

/* Its number is another domain's by now, which nobody touches, nor its nodes. */
static void reused(enum unit_state state, bool store)
{
	static const uint8_t other[16] = "another's domain";
	struct scene s;

	open_with(&s, GUEST_PVH, store);
	killed_in(&s, state);
	fake_destroy(1);
	assert_int_equal(fake_foreign(1, other), 1);
	if (store)
		fake_store_write("/local/domain/1/name", "other");
	adopt(&s);
	kit_units_settle(&s.k);
	assert_true(fake_domain_runs(1));
	assert_memory_equal(fake_domain(1)->config.handle, other, 16);
	assert_int_equal(fake_calls_of("xc_domain_pause"), 0);
	if (store)
		assert_string_equal(fake_store_read("/local/domain/1/name"), "other");
	assert_int_not_equal(s.u->guest.domid, 1);
	fake_destroy(1);
	close_scene(&s);
}

static void test_reused(void **state)
{
	(void)state;
	for (unsigned store = 0; store < 2; store++)
		for (unsigned st = 0; st < UNIT_STATES; st++)
			if (st != UNIT_RELEASED)
				reused((enum unit_state)st, store);
}

/* Somebody has made another domain with its uuid: its own one is the one with its number. */
static void test_two(void **state)
{
	struct scene s;
	uint8_t uuid[16];
	uint32_t second;

	(void)state;
	open_with(&s, GUEST_PV, false);
	memcpy(uuid, s.u->guest.uuid, 16);
	killed_in(&s, UNIT_RUNNING);
	second = fake_foreign(0, uuid);
	adopt(&s);
	assert_int_equal(s.u->guest.domid, 1);
	kit_units_settle(&s.k);
	assert_true(fake_domain_runs(1) && fake_domain_runs(second));
	assert_int_equal(fake_calls_of("xc_domain_create"), 1);
	/* Its own one ends: no third one is made beside the other. */
	fake_shutdown(1, SHUTDOWN_reboot);
	kit_units_settle(&s.k);
	assert_int_equal(s.u->state, UNIT_FAILED);
	said(&s, "domain 2 runs already with its uuid");
	assert_true(fake_domain_runs(second));
	fake_destroy(second);
	close_scene(&s);
}

/* The own one is gone, and there is one of its uuid: that is the guest's. */
static void test_another_number(void **state)
{
	struct scene s;
	uint8_t uuid[16];

	(void)state;
	open_with(&s, GUEST_PV, false);
	memcpy(uuid, s.u->guest.uuid, 16);
	fake_foreign(0, uuid);
	killed_in(&s, UNIT_ENDING);
	fake_destroy(1);
	adopt(&s);
	kit_units_settle(&s.k);
	assert_int_equal(fake_domains(), 0);
	assert_int_equal(s.u->state, UNIT_ENDED);
	close_scene(&s);
}

/* ---- what it holds ---- */

static void test_devices(void **state)
{
	static struct usbdev_spec usb = {.bus = 255, .addr = 127};
	struct scene s;
	dev_t rdev;

	(void)state;
	open_with(&s, GUEST_PVH, true);
	rdev = s.u->guest.disks[1]->rdev;
	killed_in(&s, UNIT_RUNNING);
	assert_int_equal(fake_devices()->held, 0);
	/* A USB device that is not there any more, as if the guest had it. */
	s.cfg.usbdevs = &usb;
	s.cfg.nr_usbdevs = 1;
	adopt(&s);
	assert_non_null(s.u->guest.usbdevs);
	assert_string_equal(s.u->guest.usbdevs[0].name, "");
	assert_true(guest_knows_devices(&s.u->guest));
	s.cfg.nr_usbdevs = 0;
	assert_int_equal(fake_devices()->held, 2);
	assert_true(s.u->guest.disks[1]->rdev == rdev);
	assert_string_equal(s.u->guest.disks[0]->path, "/dev/fake-a");
	assert_non_null(s.u->guest.vifs);
	assert_int_equal(s.u->guest.vifs[0].mac[1], 0x16);
	/* Nobody has kept its files; they are looked for at once. */
	assert_null(s.u->guest.kernel);
	kit_units_jobs(&s.k);
	assert_non_null(s.u->guest.kernel);
	/* They are used for the next domain, and not looked for again. */
	fake_devices()->wrong = true;
	fake_shutdown(1, SHUTDOWN_reboot);
	kit_units_settle(&s.k);
	assert_int_equal(s.u->state, UNIT_RUNNING);
	assert_int_equal(s.u->guest.domid, 2);
	close_scene(&s);
}

/* PCI devices are held for the domain that has them, whatever sysfs says of them by now. */
static void test_pci(void **state)
{
	static struct pci_spec specs[2] = {{.by = PCI_BY_BDF, .at = {.device = 5}},
					   {.by = PCI_BY_BDF, .at = {.device = 6}}};
	const struct pci_address other = {.device = 6};
	struct pci_assigned *v;
	struct scene s;

	(void)state;
	open_with(&s, GUEST_PV, true);
	v = calloc(2, sizeof(*v));
	v[0] = (struct pci_assigned){.at = specs[0].at, .vdevfn = 0x30};
	v[1] = (struct pci_assigned){.at = specs[1].at, .spec = 1};
	assert_int_equal(pci_hold_again(&s.k.pcis, "web", v, 2), 0);
	s.cfg.pcis = specs;
	s.cfg.nr_pcis = 2;
	s.u->guest.pci_from = &s.k.pcis;
	s.u->guest.pcis = v;
	s.u->guest.nr_pcis = 2;
	killed_in(&s, UNIT_RUNNING);
	adopt(&s);
	assert_true(guest_knows_devices(&s.u->guest));
	assert_int_equal(s.u->guest.nr_pcis, 2);
	assert_int_equal(s.u->guest.pcis[0].at.device, 5);
	assert_int_equal(s.u->guest.pcis[0].vdevfn, 0x30);
	assert_int_equal(pci_address_compare(&s.u->guest.pcis[1].at, &other), 0);
	assert_int_equal(s.u->guest.pcis[1].spec, 1);
	v = calloc(1, sizeof(*v));
	v->at = other;
	assert_int_equal(pci_hold_again(&s.k.pcis, "mail", v, 1), -1);
	/* What it had is not of what its descriptor has: it is as if it held none. */
	killed_in(&s, UNIT_RUNNING);
	s.cfg.nr_pcis = 0;
	adopt(&s);
	assert_null(s.u->guest.pcis);
	close_scene(&s);
}

/* A disk, or an image, that can't be had again costs the running guest nothing. It is looked for
 * when the guest is built anew. */
static void test_lost_devices(void **state)
{
	struct scene s;

	(void)state;
	for (unsigned comes = 0; comes < 2; comes++) {
		open_with(&s, GUEST_PVH, true);
		killed_in(&s, UNIT_RUNNING);
		open_units(&s);
		fake_fail_call("guest_adopt_disk", 2, ENODEV);
		kit_units_adopt(&s.k);
		assert_int_equal(fake_devices()->held, 0);
		assert_null(s.u->guest.disks);
		assert_int_equal(s.u->state, UNIT_RUNNING);
		said(&s, "is not the device any more that its domain has; it is looked for when");
		kit_units_settle(&s.k);
		assert_true(fake_domain_runs(1));
		fake_devices()->wrong = !comes;
		fake_shutdown(1, SHUTDOWN_reboot);
		kit_units_settle(&s.k);
		assert_int_equal(s.u->state, comes ? UNIT_RUNNING : UNIT_FAILED);
		assert_int_equal(fake_domains(), comes);
		assert_int_equal(fake_devices()->held, comes ? 2 : 0);
		close_scene(&s);
	}
}

static void test_lost_image(void **state)
{
	struct scene s;

	(void)state;
	for (unsigned comes = 0; comes < 2; comes++) {
		open_with(&s, GUEST_PV, false);
		killed_in(&s, UNIT_RUNNING);
		assert_int_equal(rename(kit_path("kernel"), kit_path("away")), 0);
		adopt(&s);
		kit_units_jobs(&s.k);
		assert_int_equal(s.u->state, UNIT_RUNNING);
		assert_null(s.u->guest.kernel);
		said(&s, "No such file or directory; it is looked for when it is needed");
		if (comes)
			assert_int_equal(rename(kit_path("away"), kit_path("kernel")), 0);
		fake_shutdown(1, SHUTDOWN_reboot);
		kit_units_settle(&s.k);
		assert_int_equal(s.u->state, comes ? UNIT_RUNNING : UNIT_FAILED);
		assert_int_equal(fake_domains(), comes);
		if (!comes) {
			said(&s, "cannot read kernel");
			assert_int_equal(rename(kit_path("away"), kit_path("kernel")), 0);
		}
		close_scene(&s);
	}
}

/* The command comes while the old domain of such a guest is destroyed. */
static void test_cancelled_without_image(void **state)
{
	struct scene s;
	struct err e;

	(void)state;
	open_with(&s, GUEST_PV, false);
	killed_in(&s, UNIT_RUNNING);
	adopt(&s);
	kit_units_jobs(&s.k);
	guest_drop_images(&s.u->guest, &s.k.images);
	fake_shutdown(1, SHUTDOWN_reboot);
	kit_units_look(&s.k, 0);
	assert_int_equal(s.u->state, UNIT_STARTING);
	assert_int_equal(unit_event(&s.k.all, s.u, EVENT_ASK_DESTROY, clock_ns(), &e), 0);
	kit_units_settle(&s.k);
	assert_int_equal(s.u->state, UNIT_ENDED);
	assert_int_equal(fake_domains(), 0);
	close_scene(&s);
}

/* ---- the hypervisor does not say ---- */

/* Nothing is done then: no guest is taken for one that has ended. */
static void test_not_known(void **state)
{
	struct scene s;
	struct ledger l;
	struct err e;
	size_t n;

	(void)state;
	open_with(&s, GUEST_PV, true);
	killed_in(&s, UNIT_RUNNING);
	open_units(&s);
	assert_int_equal(ledger_open(&l, s.k.run.dir, -1, &e), 0);
	fake_fail_call("xc_domain_getinfolist", 1, EIO);
	assert_true(adopt_wanted(&l, &s.k.host));
	fake_fail_call("xc_domain_getinfolist", 1, EIO);
	assert_int_equal(adopt_units(&s.k.all, &l, &n, &e), -1);
	kit_good_message(&e);
	fake_fail_at(0, 0);
	assert_int_equal(s.u->state, UNIT_WAITING);
	assert_int_equal(fake_devices()->held, 0);
	assert_string_equal(kit_units_said(&s.k), "");
	assert_true(fake_domain_runs(1));
	fake_alloc_fail_at(1);
	assert_int_equal(adopt_units(&s.k.all, &l, &n, &e), -1);
	fake_alloc_fail_at(0);
	assert_string_equal(e.msg, "out of memory");
	ledger_close(&l);
	close_scene(&s);
}

static void test_wanted(void **state)
{
	static const char told[] = "began 1\nover 2\ntold to end\n";
	struct scene s;
	struct ledger l;
	struct err e;

	(void)state;
	open_with(&s, GUEST_PV, false);
	assert_true(adopt_wanted(&s.k.ledger, &s.k.host));
	/* Its end is still to be answered, unless the supervisor was told to end before. */
	fake_destroy(1);
	assert_true(adopt_wanted(&s.k.ledger, &s.k.host));
	ledger_write(&s.k.ledger, 0, told, strlen(told));
	assert_false(adopt_wanted(&s.k.ledger, &s.k.host));
	ledger_write(&s.k.ledger, 0, "", 0);
	s.u->state = UNIT_ENDED;
	unit_save(&s.k.all, s.u);
	assert_false(adopt_wanted(&s.k.ledger, &s.k.host));
	s.u->state = UNIT_RUNNING;
	kit_units_drop(&s.k);
	open_units(&s);
	kit_units_ledger(&s.k);
	assert_int_equal(ledger_open(&l, s.k.run.dir, -1, &e), 0);
	assert_false(adopt_wanted(&l, &s.k.host)); /* an empty one */
	ledger_close(&l);
	close_scene(&s);
}

/* ---- commands that were under way ---- */

#define SHUTDOWN_NODE "/local/domain/1/control/shutdown"

static bool asked_by_store(void)
{
	const char *value = fake_store_read(SHUTDOWN_NODE);

	return value && !strcmp(value, "poweroff");
}

/* Who has asked was not told that it failed: it is done, whether it had come to the store or not.
 */
static void test_stop_goes_on(void **state)
{
	struct scene s;

	(void)state;
	for (unsigned written = 0; written < 2; written++) {
		open_with(&s, GUEST_PVH, true);
		s.u->stop_by_store = true;
		s.u->stop_since = clock_ns();
		s.u->stop_sent = written;
		killed_in(&s, UNIT_STOPPING);
		adopt(&s);
		kit_units_settle(&s.k);
		assert_int_equal(s.u->state, UNIT_STOPPING);
		assert_true(asked_by_store() == !written);
		close_scene(&s);
	}
}

/* The store's answer is written down. */
static void test_stop_was_written(void **state)
{
	struct scene s;
	struct err e;

	(void)state;
	open_with(&s, GUEST_PVH, true);
	assert_int_equal(unit_event(&s.k.all, s.u, EVENT_ASK_STOP, clock_ns(), &e), 0);
	kit_units_jobs(&s.k);
	assert_true(asked_by_store());
	fake_store_remove(SHUTDOWN_NODE); /* the guest has read it */
	kit_units_drop(&s.k);
	adopt(&s);
	kit_units_settle(&s.k);
	assert_int_equal(s.u->state, UNIT_STOPPING);
	assert_false(asked_by_store());
	close_scene(&s);
}

/* While nobody knows whether there is a store nobody is asked. */
static void test_stop_waits_for_store(void **state)
{
	struct scene s;

	(void)state;
	open_with(&s, GUEST_PVH, true);
	s.u->stop_by_store = true;
	killed_in(&s, UNIT_STOPPING);
	open_units(&s);
	s.k.all.store = STORE_SOUGHT;
	kit_units_adopt(&s.k);
	kit_units_tick(&s.k, clock_ns());
	assert_false(asked_by_store());
	s.k.all.store = STORE_SERVES;
	kit_units_tick(&s.k, clock_ns());
	assert_true(asked_by_store());
	close_scene(&s);
}

/* Its keys begin anew, with the time between them. */
static void test_keys_begin_anew(void **state)
{
	static const char sync[] = {0x0f, 's'}, remount[] = {0x0f, 'u'};
	const uint64_t now = clock_ns();
	struct scene s;
	char keys[16];

	(void)state;
	open_with(&s, GUEST_PV, false);
	s.u->stop_since = now - 60 * NS_PER_S;
	s.u->stop_sent = 1;
	killed_in(&s, UNIT_STOPPING);
	adopt(&s);
	kit_units_tick(&s.k, clock_ns());
	assert_int_equal(fake_typed(1, keys, sizeof(keys)), sizeof(sync));
	assert_memory_equal(keys, sync, sizeof(sync));
	kit_units_tick(&s.k, clock_ns() + 600 * NS_PER_MS);
	assert_int_equal(fake_typed(1, keys, sizeof(keys)), sizeof(remount));
	assert_memory_equal(keys, remount, sizeof(remount));
	close_scene(&s);
}

/* As if an errand had its guest, for which the command waits. */
static void asked_while_lent(struct scene *s, enum unit_state state)
{
	struct err e;

	s->u->state = state;
	unit_save(&s->k.all, s->u);
	s->u->errand.errand.away = true;
	s->u->errand.kind = UNIT_ERRAND_CONNECT;
	assert_int_equal(unit_event(&s->k.all, s->u, EVENT_ASK_STOP, clock_ns(), &e), 0);
	assert_int_equal(s->u->state, state);
	s->u->errand.errand.away = false;
	kit_units_drop(&s->k);
}

static void test_command_waited(void **state)
{
	struct scene s;

	(void)state;
	open_with(&s, GUEST_PV, false);
	asked_while_lent(&s, UNIT_WAITING);
	fake_destroy(1);
	adopt(&s);
	kit_units_settle(&s.k);
	assert_int_equal(s.u->state, UNIT_ENDED);
	assert_int_equal(fake_domains(), 0);
	close_scene(&s);

	open_with(&s, GUEST_PVH, true);
	asked_while_lent(&s, UNIT_CONNECTING);
	adopt(&s);
	kit_units_settle(&s.k);
	assert_int_equal(s.u->state, UNIT_STOPPING);
	assert_true(asked_by_store());
	/* It was done, and is not done again. */
	s.u->state = UNIT_RUNNING;
	unit_save(&s.k.all, s.u);
	kit_units_drop(&s.k);
	adopt(&s);
	assert_int_equal(s.u->state, UNIT_RUNNING);
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_running),
		cmocka_unit_test(test_console_and_end),
		cmocka_unit_test(test_console_is_due),
		cmocka_unit_test(test_ended_meanwhile),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_waited),
		cmocka_unit_test(test_was_built),
		cmocka_unit_test(test_connecting_and_runs),
		cmocka_unit_test(test_connecting_and_paused),
		cmocka_unit_test(test_was_being_ended),
		cmocka_unit_test(test_was_over),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_reused),
		cmocka_unit_test(test_two),
		cmocka_unit_test(test_another_number),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_pci),
		cmocka_unit_test(test_lost_devices),
		cmocka_unit_test(test_lost_image),
		cmocka_unit_test(test_cancelled_without_image),
		cmocka_unit_test(test_not_known),
		cmocka_unit_test(test_wanted),
		cmocka_unit_test(test_stop_goes_on),
		cmocka_unit_test(test_stop_was_written),
		cmocka_unit_test(test_stop_waits_for_store),
		cmocka_unit_test(test_keys_begin_anew),
		cmocka_unit_test(test_command_waited),
	};

	return cmocka_run_group_tests_name("adopt", tests, kit_begin, kit_end);
}
