/*
 * The life of a guest with a store: what it is told of it, its nodes and its devices, and that
 * nothing of them is left wherever the way fails.
 */
#include "builder/fake/units.h"

#include <unistd.h>

#include "builder/store/store.h"
#include "builder/host/host.h"
#include "builder/image/image_files.h"
#include "builder/device/disk.h"
#include "builder/device/vif.h"
#include "builder/build/hand_over.h"
#include "builder/build/life.h"

#define BACK "/local/domain/0/backend"

struct scene {
	struct host host;
	struct image_cache images;
	struct disk_table disks;
	struct guest_config cfg;
	struct guest guest;
	struct err err;
};

static void open_scene(struct scene *s, enum guest_type type, bool store)
{
	bool absent;

	memset(s, 0, sizeof(*s));
	fake_reset();
	fake_store()->running = true;
	fake_devices()->on = true;
	s->cfg = kit_config("web", type);
	if (store)
		kit_devices(&s->cfg);
	KIT_CHECK(!host_open(&s->host, false, &s->err), "%s", s->err.msg);
	if (store)
		KIT_CHECK(!store_open(&s->host.xsh, &s->err), "%s", s->err.msg);
	assert_int_equal(guest_init(&s->guest, &s->cfg, &s->err), 0);
	KIT_CHECK(!guest_hold_images(&s->guest, &s->images, &s->err), "%s", s->err.msg);
	KIT_CHECK(!guest_hold_devices(&s->guest, &s->disks, &absent, &s->err), "%s", s->err.msg);
}

static void build(struct scene *s)
{
	KIT_CHECK(!guest_build(&s->guest, &s->host, &s->err), "%s", s->err.msg);
}

static void nothing_in_store(void)
{
	assert_null(fake_store_read("/local/domain/1"));
	assert_null(fake_store_read(BACK));
	assert_null(fake_store_read("/libxl/1"));
	assert_null(fake_store_read("/vm/77656200-0000-0000-0000-000000000000"));
	assert_false(fake_store_introduced(1));
}

static void close_scene(struct scene *s)
{
	fake_fail_at(0, 0);
	KIT_CHECK(!guest_destroy(&s->guest, &s->host, &s->err), "%s", s->err.msg);
	nothing_in_store();
	guest_drop_devices(&s->guest, &s->disks);
	guest_drop_images(&s->guest, &s->images);
	if (s->host.xsh)
		xs_close(s->host.xsh);
	host_close(&s->host);
	kit_nothing_held(true);
}

/* With a store, both kinds of guest have its channel and its page from their beginning. */
static void test_build(void **state)
{
	struct fake_domain *d;
	struct scene s;

	(void)state;
	open_scene(&s, GUEST_PV, true);
	build(&s);
	d = fake_domain(1);
	assert_int_equal(s.guest.store_port, 1);
	assert_int_equal(s.guest.console_port, 2);
	assert_int_equal(d->store_evtchn, 1);
	assert_int_equal(d->console_evtchn, 2);
	assert_true(fake_store_introduced(1));
	assert_true(s.guest.in_store && !s.guest.handed_over);
	assert_string_equal(fake_store_read("/local/domain/1/store/port"), "1");
	assert_string_equal(fake_store_read("/local/domain/1/console/port"), "2");
	assert_false(d->running); /* its back ends have their nodes, and time */
	assert_string_equal(fake_store_read(BACK "/vbd/1/51712/state"), "2");
	close_scene(&s);

	open_scene(&s, GUEST_PVH, true);
	build(&s);
	d = fake_domain(1);
	assert_true(fake_store_introduced(1));
	/* Not "there is none": the page that was made with it. */
	assert_true(d->hvm_param[HVM_PARAM_STORE_PFN] == s.guest.store_gfn);
	assert_true(d->hvm_param[HVM_PARAM_STORE_EVTCHN] == 1);
	close_scene(&s);
}

/* The guest stops, its nodes go, then its domain: in that order, with the back ends' consent. */
static void test_destroy(void **state)
{
	struct scene s;
	unsigned paused = 0, gone = 0, removed = 0;
	const char *call;

	(void)state;
	open_scene(&s, GUEST_PVH, true);
	build(&s);
	KIT_CHECK(!guest_run(&s.guest, &s.host, false, &s.err), "%s", s.err.msg);
	s.guest.vifs[0].plugged = true;
	fake_store_connect(1);
	KIT_CHECK(!guest_destroy(&s.guest, &s.host, &s.err), "%s", s.err.msg);
	for (unsigned k = 0; (call = fake_called(k)); k++) {
		paused = !strcmp(call, "xc_domain_pause") ? k : paused;
		gone = !strcmp(call, "xc_domain_destroy") ? k : gone;
		removed = !strcmp(call, "xs_rm") ? k : removed;
	}
	assert_true(paused && paused < removed && removed < gone);
	nothing_in_store();
	assert_false(s.guest.in_store);
	assert_int_equal(s.guest.domid, NO_DOMAIN);
	assert_int_equal(s.guest.store_port, 0);
	assert_true(s.guest.console_gfn == 0 && s.guest.store_gfn == 0);
	assert_false(s.guest.vifs[0].plugged); /* the next domain's is another */
	assert_int_equal(fake_devices()->held, 2);
	close_scene(&s);
}

/* A destruction in which one call fails once can be done again, if it is not over anyhow. */
static void test_destroy_nth(void **state)
{
	struct scene s;
	unsigned n;

	(void)state;
	for (n = 1; n < 200; n++) {
		open_scene(&s, GUEST_PV, true);
		build(&s);
		fake_store_connect(1);
		fake_fail_at(n, EIO);
		if (guest_destroy(&s.guest, &s.host, &s.err) < 0) {
			assert_string_equal(fake_failed(), "xc_domain_destroy");
			kit_good_message(&s.err);
			assert_int_equal(s.guest.domid, 1);
			assert_true(fake_domain(1)->there);
		} else {
			assert_int_equal(fake_domains(), 0);
		}
		if (!fake_failed())
			break;
		/* The store's failures leave nodes, for which nobody can do anything then. */
		fake_store_remove("/local/domain/1");
		fake_store_remove("/libxl");
		fake_store_remove("/vm");
		fake_store_remove(BACK);
		close_scene(&s);
	}
	assert_in_range(n, 20, 150);
	close_scene(&s);
}

/* Each call of a build fails once: one cause is said, and no trace is left. */
static void sweep(enum guest_type type)
{
	struct scene s;
	const char *call;
	unsigned n;
	int rc = -1;

	for (n = 1; rc && n < 1000; n++) {
		open_scene(&s, type, true);
		fake_fail_at(n, ENOSPC);
		rc = guest_build(&s.guest, &s.host, &s.err);
		call = fake_failed();
		if (!rc) {
			KIT_CHECK(!call, "%s failed and the guest was built", call);
			close_scene(&s);
			break;
		}
		kit_good_message(&s.err);
		KIT_CHECK(strstr(s.err.msg, strerror(ENOSPC)) || strstr(s.err.msg, call) ||
				  !strcmp(call, "xc_dom_malloc") ||
				  !strcmp(call, "acpi_build_tables"),
			  "%s: '%s' has no cause", call, s.err.msg);
		KIT_CHECK(s.guest.domid == NO_DOMAIN && fake_domains() == 0,
			  "%s failed and a domain is left", call);
		assert_false(s.guest.in_store);
		nothing_in_store();
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

static void test_nth_alloc(void **state)
{
	struct scene s;
	unsigned n;
	int rc = -1;

	(void)state;
	for (n = 1; rc; n++) {
		open_scene(&s, GUEST_PV, true);
		fake_alloc_fail_at(n);
		rc = guest_build(&s.guest, &s.host, &s.err);
		assert_int_equal(rc, fake_alloc_failed() ? -1 : 0);
		fake_alloc_fail_at(0);
		if (rc) {
			KIT_CHECK(strstr(s.err.msg, "out of memory"), "allocation %u: %s", n,
				  s.err.msg);
			assert_int_equal(fake_domains(), 0);
		}
		close_scene(&s);
	}
	assert_in_range(n, 10, 1000);
}

/* What is held of the devices when it can't be all of them: nothing. */
static void test_hold_devices(void **state)
{
	bool absent = true;
	struct scene s;

	(void)state;
	open_scene(&s, GUEST_PV, true);
	assert_int_equal(fake_devices()->held, 2);
	assert_string_equal(s.guest.disks[1]->spec->vdev, "xvdb");
	guest_drop_devices(&s.guest, &s.disks);
	guest_drop_devices(&s.guest, &s.disks); /* twice is allowed */
	assert_null(s.guest.disks);
	for (unsigned n = 1; n <= 3; n++) { /* two disks, the interfaces */
		fake_fail_at(n, EIO);
		assert_int_equal(guest_hold_devices(&s.guest, &s.disks, &absent, &s.err), -1);
		kit_good_message(&s.err);
		assert_false(absent);
		assert_int_equal(fake_devices()->held, 0);
		assert_true(!s.guest.disks && !s.guest.vifs && !s.disks.disks);
	}
	for (unsigned n = 1; n <= 2; n++) {
		fake_alloc_fail_at(n);
		assert_int_equal(guest_hold_devices(&s.guest, &s.disks, &absent, &s.err), -1);
		assert_string_equal(s.err.msg, "out of memory");
		fake_alloc_fail_at(0);
		assert_true(!s.guest.disks && !s.guest.vifs);
	}
	/* A bridge may come, as a disk. */
	s.cfg.nr_disks = 0;
	fake_devices()->no_bridge = true;
	assert_int_equal(guest_hold_devices(&s.guest, &s.disks, &absent, &s.err), -1);
	assert_true(absent);
	fake_devices()->no_bridge = false;
	s.cfg.nr_disks = 2;
	fake_devices()->absent = true;
	assert_int_equal(guest_hold_devices(&s.guest, &s.disks, &absent, &s.err), -1);
	assert_true(absent);
	fake_devices()->absent = false;
	KIT_CHECK(!guest_hold_devices(&s.guest, &s.disks, &absent, &s.err), "%s", s.err.msg);
	assert_false(absent);
	close_scene(&s);
}

/* Hand-over: a store comes after the guest. */
static void come(struct scene *s)
{
	KIT_CHECK(!store_open(&s->host.xsh, &s->err), "%s", s->err.msg);
}

static void test_hand_over(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, GUEST_PV, false);
	build(&s);
	assert_false(s.guest.in_store);
	come(&s);
	KIT_CHECK(!guest_hand_over(&s.guest, &s.host, &s.err), "%s", s.err.msg);
	assert_true(s.guest.in_store && s.guest.handed_over);
	assert_int_equal(s.guest.store_port, 2);
	assert_int_equal(fake_domain(1)->store_evtchn, 0); /* as it was started */
	assert_true(fake_store_introduced(1));
	assert_string_equal(fake_store_read("/local/domain/1/name"), "web");
	close_scene(&s);
	assert_false(s.guest.handed_over);

	open_scene(&s, GUEST_PVH, false);
	build(&s);
	assert_true(fake_domain(1)->hvm_param[HVM_PARAM_STORE_PFN] == ~UINT64_C(0));
	come(&s);
	KIT_CHECK(!guest_hand_over(&s.guest, &s.host, &s.err), "%s", s.err.msg);
	assert_true(fake_domain(1)->hvm_param[HVM_PARAM_STORE_PFN] == s.guest.store_gfn);
	assert_int_equal(fake_domain(1)->store->connection, XENSTORE_RECONNECT);
	assert_int_equal(s.guest.store_port, 1); /* it had one */
	assert_true(fake_store_introduced(1));
	close_scene(&s);
}

static void test_hand_over_nth(void **state)
{
	static const enum guest_type types[] = {GUEST_PV, GUEST_PVH};
	struct scene s;
	unsigned n;
	uint32_t port;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		for (n = 1; n < 300; n++) {
			open_scene(&s, types[i], false);
			build(&s);
			come(&s);
			fake_fail_at(n, EIO);
			if (!guest_hand_over(&s.guest, &s.host, &s.err))
				break;
			kit_good_message(&s.err);
			assert_false(s.guest.handed_over || s.guest.in_store);
			nothing_in_store();
			/* The next try does not make a second channel. */
			fake_fail_at(0, 0);
			port = s.guest.store_port;
			KIT_CHECK(!guest_hand_over(&s.guest, &s.host, &s.err), "%s", s.err.msg);
			assert_true(!port || s.guest.store_port == port);
			close_scene(&s);
		}
		assert_null(fake_failed());
		assert_in_range(n, 30, 200);
		close_scene(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_build),       cmocka_unit_test(test_destroy),
		cmocka_unit_test(test_destroy_nth), cmocka_unit_test(test_nth_call),
		cmocka_unit_test(test_nth_alloc),   cmocka_unit_test(test_hold_devices),
		cmocka_unit_test(test_hand_over),   cmocka_unit_test(test_hand_over_nth),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
