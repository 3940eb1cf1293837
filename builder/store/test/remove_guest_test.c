/*
 * A guest leaves the store: its back ends are asked and waited for, and everything of it goes, and
 * nothing else.
 */
#include "builder/fake/kit.h"

#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "builder/fake/fake_store.h"
#include "builder/fake/golden.h"
#include "builder/store/add_guest.h"
#include "builder/store/store.h"

#define VBD "/local/domain/0/backend/vbd/1/51712"
#define VIF "/local/domain/0/backend/vif/1/0"

struct scene {
	struct host host;
	struct golden g;
	struct err err;
};

/* A guest with a disk and an interface in the store; connected: whether its front ends are. */
static void open_scene(struct scene *s, bool connected)
{
	struct xen_domctl_createdomain config = FAKE_DOMAIN;
	struct guest *g = &s->g.guest;
	uint32_t domid = FAKE_DOMID_ANY;

	KIT_CHECK(host_open(&s->host, false, &s->err) == 0, "%s", s->err.msg);
	KIT_CHECK(store_open(&s->host.xsh, &s->err) == 0, "%s", s->err.msg);
	golden_plain(&s->g, "web", GUEST_PV);
	golden_disk(&s->g, "/dev/vdb,raw,xvda,w", 1);
	golden_vif(&s->g, "mac=00:16:3e:01:02:03");
	memcpy(config.handle, g->uuid, sizeof(config.handle));
	assert_int_equal(xc_domain_create(s->host.xch, &domid, &config), 0);
	g->domid = domid;
	g->store_port = (uint32_t)xc_evtchn_alloc_unbound(s->host.xch, domid, 0);
	KIT_CHECK(store_add_guest(g, &s->host, &s->err) == 0, "%s", s->err.msg);
	if (!connected)
		return;
	fake_store_write(VIF "/hotplug-status", "connected");
	fake_store_connect(domid);
	assert_string_equal(fake_store_read(VBD "/state"), "4");
	assert_string_equal(fake_store_read(VIF "/state"), "4");
}

static void start_scene(struct scene *s, bool connected)
{
	memset(s, 0, sizeof(*s));
	fake_reset();
	fake_store()->running = true;
	open_scene(s, connected);
}

static void close_scene(struct scene *s)
{
	golden_free(&s->g);
	assert_int_equal(xc_domain_destroy(s->host.xch, s->g.guest.domid), 0);
	xs_close(s->host.xsh);
	host_close(&s->host);
	kit_nothing_held(true);
}

static uint64_t undo(struct scene *s)
{
	const uint64_t start = clock_ns();

	store_remove_guest(&s->g.guest, &s->host);
	assert_false(s->g.guest.in_store);
	return (clock_ns() - start) / NS_PER_MS;
}

static void *undo_thread(void *arg)
{
	undo(arg);
	return NULL;
}

static void wait_for(const char *path, const char *value)
{
	const uint64_t deadline = clock_ns() + 5 * NS_PER_S;
	const char *is;

	do {
		is = fake_store_read(path);
		if (is && !strcmp(is, value))
			return;
		usleep(1000);
	} while (clock_ns() < deadline);
	KIT_CHECK(false, "%s is '%s', never '%s'", path, is, value);
}

/* Seen from the back ends: asked to close with their front ends gone, and waited for. */
static void test_asked(void **state)
{
	pthread_t thread;
	struct scene s;

	(void)state;
	start_scene(&s, true);
	fake_store()->stuck = true;
	assert_int_equal(pthread_create(&thread, NULL, undo_thread, &s), 0);
	wait_for(VBD "/state", "5");
	assert_string_equal(fake_store_read(VBD "/online"), "0");
	assert_string_equal(fake_store_read(VIF "/online"), "0");
	assert_string_equal(fake_store_read(VIF "/state"), "5");
	assert_null(fake_store_read("/local/domain/1/device"));
	assert_string_equal(fake_store_read("/local/domain/1/name"), "web");
	/* One is done and the other not. */
	fake_store_write(VBD "/state", "6");
	usleep(50000);
	assert_string_equal(fake_store_read(VIF "/state"), "5");
	fake_store()->stuck = false;
	fake_store_write("/tool/now", "");
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_null(fake_store_read("/local/domain/0/backend"));
	assert_null(fake_store_read("/local/domain/1"));
	close_scene(&s);
}

static void test_at_once(void **state)
{
	struct scene s;

	(void)state;
	start_scene(&s, true);
	assert_in_range(undo(&s), 0, 500);
	close_scene(&s);

	/* Not connected yet, but there. */
	start_scene(&s, false);
	assert_string_equal(fake_store_read(VBD "/state"), "2");
	assert_in_range(undo(&s), 0, 500);
	close_scene(&s);
}

/* A back end that never lets go is waited for so long and not longer. */
static void test_stuck(void **state)
{
	struct scene s;

	(void)state;
	start_scene(&s, true);
	fake_store()->stuck = true;
	assert_in_range(undo(&s), STORE_REMOVE_MS, STORE_REMOVE_MS + 500);
	close_scene(&s);
}

/* Nobody has taken the devices on: there is nobody to wait for. */
static void test_no_drivers(void **state)
{
	struct scene s;

	(void)state;
	memset(&s, 0, sizeof(s));
	fake_reset();
	fake_store()->running = true;
	fake_store()->back_ends = false;
	open_scene(&s, false);
	assert_string_equal(fake_store_read(VBD "/state"), "1");
	assert_in_range(undo(&s), 0, 500);
	close_scene(&s);
}

/* All of this domain, and nothing of others. */
static void test_others(void **state)
{
	static const char kept[] = "/libxl = \"\"   (n0)\n"
				   "/local = \"\"   (n0)\n"
				   "/local/domain = \"\"   (n0)\n"
				   "/local/domain/0 = \"\"   (n0)\n"
				   "/local/domain/0/backend = \"\"   (n0)\n"
				   "/local/domain/0/backend/vbd = \"\"   (n0)\n"
				   "/local/domain/0/backend/vbd/11 = \"\"   (n0)\n"
				   "/local/domain/0/backend/vbd/11/51712 = \"x\"   (n0)\n"
				   "/local/domain/11 = \"x\"   (n0)\n"
				   "/vm = \"\"   (n0)\n";
	struct scene s;
	char *list;

	(void)state;
	start_scene(&s, true);
	fake_store_write("/local/domain/0/backend/vbd/11/51712", "x");
	fake_store_write("/local/domain/11", "x");
	/* As the kernel reports what went wrong; a disk that somebody attached later. */
	fake_store_write("/local/domain/0/error/backend/vbd/1/51712/error", "2 opening");
	fake_store_write("/local/domain/0/error/backend/qdisk/1/5632/error", "2 opening");
	fake_store_write("/local/domain/0/backend/vbd/1/51728/state", "4");
	/* QEMU has ended: it is not waited for. */
	fake_store_write("/local/domain/0/backend/qdisk/1/768/state", "4");
	fake_store_write("/local/domain/0/backend/vbd/1/51728/frontend",
			 "/local/domain/1/device/vbd/51728");
	undo(&s);
	list = fake_store_list("/");
	assert_string_equal(list, kept);
	free(list);
	fake_store_remove("/local/domain/11");
	fake_store_remove("/local/domain/0/backend/vbd/11");
	close_scene(&s);
}

/* What is somebody else's by now is left alone. */
static void test_not_ours(void **state)
{
	struct scene s;
	char *before, *after;

	(void)state;
	start_scene(&s, true);
	fake_store_write("/local/domain/1/vm", "/vm/ea61e2e4-ef85-449f-a00a-c14e4682e9e1");
	before = fake_store_list("/");
	undo(&s);
	after = fake_store_list("/");
	assert_string_equal(before, after);
	free(before);
	free(after);
	fake_store_remove("/local/domain/0/backend");
	fake_store_remove("/local/domain/1");
	fake_store_remove("/libxl/1");
	fake_store_remove("/vm/77656200-0000-0000-0000-000000000000");
	close_scene(&s);

	/* A toolstack has removed the domain, and made it anew with the same uuid. */
	start_scene(&s, true);
	fake_store_remove("/local/domain/0/backend");
	fake_store_remove("/local/domain/1");
	fake_store_remove("/libxl/1");
	undo(&s);
	assert_string_equal(fake_store_read("/vm/77656200-0000-0000-0000-000000000000/name"),
			    "web");
	fake_store_remove("/vm/77656200-0000-0000-0000-000000000000");
	close_scene(&s);
}

static void test_nothing(void **state)
{
	struct xs_handle *xsh;
	struct scene s;
	unsigned calls;

	(void)state;
	start_scene(&s, true);
	xsh = s.host.xsh;
	calls = fake_calls();
	s.host.xsh = NULL;
	store_remove_guest(&s.g.guest, &s.host);
	s.host.xsh = xsh;
	s.g.guest.in_store = false;
	store_remove_guest(&s.g.guest, &s.host);
	assert_int_equal(fake_calls(), calls);
	s.g.guest.in_store = true;

	/* A store that has died. */
	fake_store()->running = false;
	assert_in_range(undo(&s), 0, 500);
	fake_store()->running = true;
	s.g.guest.in_store = true;
	undo(&s);
	close_scene(&s);
}

/* A failure of the first step does not keep the second from being done. */
static void test_failures(void **state)
{
	struct scene s;
	unsigned n, steps;

	(void)state;
	start_scene(&s, true);
	steps = fake_calls_of("xs_transaction_start");
	undo(&s);
	assert_int_equal(fake_calls_of("xs_transaction_start") - steps, 2);
	close_scene(&s);
	for (n = 1;; n++) {
		start_scene(&s, true);
		fake_fail_at(n, EIO);
		undo(&s);
		fake_fail_at(0, 0);
		if (fake_store_read("/local/domain/1"))
			break;
		close_scene(&s);
	}
	/* The second step's own failures leave all that it would have removed. */
	assert_true(n > 10);
	s.g.guest.in_store = true;
	undo(&s);
	close_scene(&s);
}

/* A store that is lost: the back ends have the memory of a guest with devices, whose domain is not
 * to be destroyed then. It is tried again. */
static void test_lost(void **state)
{
	struct scene s;
	size_t nr_disks;

	(void)state;
	start_scene(&s, true);
	fake_fail_call("xs_transaction_start", 1, EPIPE);
	assert_int_equal(store_take_out(&s.g.guest, &s.host, &s.err), -1);
	assert_string_equal(s.err.msg, "cannot begin a transaction of the store: Broken pipe");
	assert_true(s.err.passing);
	assert_true(s.g.guest.in_store);
	assert_string_equal(fake_store_read(VBD "/state"), "4");
	/* One that has none is not held up. */
	nr_disks = s.g.cfg.nr_disks;
	s.g.cfg.nr_disks = s.g.cfg.nr_vifs = 0;
	fake_fail_call("xs_transaction_start", 1, EPIPE);
	assert_int_equal(store_take_out(&s.g.guest, &s.host, &s.err), 0);
	assert_false(s.g.guest.in_store);
	s.g.cfg.nr_disks = nr_disks;
	s.g.cfg.nr_vifs = 1;
	s.g.guest.in_store = true;
	assert_int_equal(store_take_out(&s.g.guest, &s.host, &s.err), 0);
	assert_false(s.g.guest.in_store);
	assert_null(fake_store_read(VBD "/state"));
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asked),   cmocka_unit_test(test_at_once),
		cmocka_unit_test(test_stuck),   cmocka_unit_test(test_no_drivers),
		cmocka_unit_test(test_others),  cmocka_unit_test(test_not_ours),
		cmocka_unit_test(test_nothing), cmocka_unit_test(test_failures),
		cmocka_unit_test(test_lost),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
