/*
 * Guests that are started by a command: those that were not selected, and those that are over.
 */
#include "builder/fake/units.h"

#include <unistd.h>

#include <xen/sched.h>

#include "base/clock.h"
#include "builder/describe/disk_spec.h"
#include "builder/describe/pci_spec.h"
#include "builder/supervise/unit_others.h"

struct scene {
	struct kit_units k;
	struct guest_config cfg, others[3];
};

static void open_scene(struct scene *s)
{
	fake_reset();
	s->cfg = kit_config("web", GUEST_PV);
	s->others[0] = kit_config("db", GUEST_PVH);
	s->others[1] = kit_config("twin", GUEST_PV);
	memcpy(s->others[1].uuid, s->cfg.uuid, 16);
	s->others[2] = kit_config("lost", GUEST_PV);
	kit_units_open(&s->k, &s->cfg, 1);
	s->k.all.others = s->others;
	s->k.all.nr_others = 3;
	kit_units_start(&s->k);
	kit_units_jobs(&s->k);
}

static void close_scene(struct scene *s)
{
	kit_units_close(&s->k);
	fake_reset();
}

static struct unit *starts(struct scene *s, const char *name)
{
	struct err e = {.msg = ""};
	struct unit *u = units_start(&s->k.all, name, clock_ns(), &e);

	KIT_CHECK(u, "%s", e.msg);
	kit_units_tick(&s->k, clock_ns());
	kit_units_jobs(&s->k);
	assert_int_equal(u->state, UNIT_RUNNING);
	return u;
}

static void refuses(struct scene *s, const char *name, const char *why)
{
	struct err e;

	assert_null(units_start(&s->k.all, name, clock_ns(), &e));
	assert_string_equal(e.msg, why);
}

static void test_other(void **state)
{
	struct scene s;
	struct unit *db, *list;
	struct err e;

	(void)state;
	open_scene(&s);
	list = s.k.all.list;
	refuses(&s, "nobody", "no guest has the name nobody");
	assert_true(units_have_other(&s.k.all, "db") && !units_have_other(&s.k.all, "web"));
	db = starts(&s, "db");
	assert_ptr_equal(db, &list[1]);
	assert_ptr_equal(s.k.all.list, list);
	assert_int_equal(s.k.all.n, 2);
	assert_string_equal(unit_name(db), "db");
	kit_units_record(&s.k, 1, "state=running");
	refuses(&s, "db", "db is running already");
	/* It has its place from now on. */
	assert_int_equal(unit_event(&s.k.all, db, EVENT_ASK_DESTROY, clock_ns(), &e), 0);
	refuses(&s, "db", "db is stopping; try again when it has ended");
	kit_units_jobs(&s.k);
	assert_ptr_equal(starts(&s, "db"), db);
	assert_int_equal(s.k.all.n, 2);
	close_scene(&s);
}

/* One that is over is built anew, from its files: they were given back. */
static void test_again(void **state)
{
	struct scene s;
	struct unit *web;

	(void)state;
	open_scene(&s);
	web = &s.k.all.list[0];
	fake_shutdown(web->guest.domid, SHUTDOWN_poweroff);
	kit_units_look(&s.k, 0);
	kit_units_jobs(&s.k);
	assert_int_equal(web->state, UNIT_ENDED);
	assert_null(s.k.images.files);
	assert_ptr_equal(starts(&s, "web"), web);
	assert_int_equal(web->guest.domid, 2);
	assert_int_equal(web->restarts, 0);
	close_scene(&s);
}

/* Its files are those of another root, once there is one. */
static void test_root(void **state)
{
	struct scene s;
	struct unit *u;
	struct err e;

	(void)state;
	open_scene(&s);
	s.k.images.root = "/no/such/root";
	u = units_start(&s.k.all, "db", clock_ns(), &e);
	assert_non_null(u);
	assert_int_equal(u->state, UNIT_WAITING);
	kit_units_tick(&s.k, clock_ns());
	assert_int_equal(u->state, UNIT_FAILED);
	assert_non_null(strstr(u->why, "cannot read kernel "));
	s.k.images.root = "/proc/1/../self/root";
	starts(&s, "db");
	close_scene(&s);
}

/* What another guest has it can't have, as long as that one has it. */
static void test_conflicts(void **state)
{
	char target[] = "/dev/fake-a", vdev[] = "xvda";
	struct disk_spec disk = {.target = target, .vdev = vdev, .vdev_number = 51712};
	struct pci_spec pci = {.by = PCI_BY_BDF, .at = {.bus = 0x36}};
	struct scene s;
	struct err e;

	(void)state;
	open_scene(&s);
	refuses(&s, "twin", "twin: its uuid is that of web");
	assert_int_equal(s.k.all.n, 1);
	assert_int_equal(unit_event(&s.k.all, &s.k.all.list[0], EVENT_ASK_DESTROY, clock_ns(), &e),
			 0);
	kit_units_jobs(&s.k);
	starts(&s, "twin");
	refuses(&s, "web", "web: its uuid is that of twin");

	disk.readwrite = true;
	s.others[1].disks = s.others[2].disks = &disk;
	s.others[1].nr_disks = s.others[2].nr_disks = 1;
	refuses(&s, "lost",
		"lost: disk xvda: /dev/fake-a is disk xvda of twin, and one of them writes it");
	s.others[1].nr_disks = s.others[2].nr_disks = 0;
	s.others[1].pcis = s.others[2].pcis = &pci;
	s.others[1].nr_pcis = s.others[2].nr_pcis = 1;
	refuses(&s, "lost", "lost: pci: 0000:36:00.0 is one of twin");
	s.others[1].nr_pcis = 0;
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_other),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_root),
		cmocka_unit_test(test_conflicts),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
