/*
 * What is written down of a unit, and read again by another supervisor.
 */
#include "builder/fake/units.h"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/clock.h"
#include "builder/device/vif.h"

/* A unit in which everything has a value of its own. */
static void fill(struct unit *u)
{
	struct guest *g = &u->guest;

	for (unsigned i = 0; i < 16; i++)
		g->uuid[i] = (uint8_t)(0xf0 - 7 * i);
	g->domid = 42;
	g->static_max_kib = 777 << 10;
	g->console_port = 3;
	g->console_gfn = UINT64_MAX - 1;
	g->store_port = 5;
	g->store_gfn = 0x123456789a;
	g->in_store = g->store_lost = g->handed_over = true;
	g->began = 1001;
	g->build_ns = 1002;
	for (unsigned i = 0; i < PHASES; i++)
		g->phases.at[i] = 2000 + i;
	g->phases.end = 2999;
	u->since = 3001;
	u->up = true;
	u->ended_at = 3002;
	u->ending = ENDED_CRASH;
	u->restarts = 17;
	u->stop_by_store = true;
	u->stop_since = 3003;
	u->stop_sent = 2;
	u->recorded = 41;
	u->deaths.n = DEATHS_MAX + 1;
	for (unsigned i = 0; i < u->deaths.n; i++)
		u->deaths.at[i] = 4000 + i;
	snprintf(u->why, sizeof(u->why), "crashed: its device model /x says name state running");
}

static void same_guest(const struct guest *a, const struct guest *b)
{
	assert_memory_equal(a->uuid, b->uuid, sizeof(a->uuid));
	assert_int_equal(a->domid, b->domid);
	assert_true(a->static_max_kib == b->static_max_kib);
	assert_int_equal(a->console_port, b->console_port);
	assert_true(a->console_gfn == b->console_gfn && a->store_gfn == b->store_gfn);
	assert_int_equal(a->store_port, b->store_port);
	assert_int_equal(a->in_store, b->in_store);
	assert_int_equal(a->store_lost, b->store_lost);
	assert_int_equal(a->handed_over, b->handed_over);
	assert_true(a->began == b->began && a->build_ns == b->build_ns);
	assert_memory_equal(a->phases.at, b->phases.at, sizeof(a->phases.at));
	assert_true(a->phases.end == b->phases.end);
}

static void same_unit(const struct unit *a, const struct unit *b)
{
	same_guest(&a->guest, &b->guest);
	assert_true(a->since == b->since && a->ended_at == b->ended_at);
	assert_int_equal(a->up, b->up);
	assert_int_equal(a->ending, b->ending);
	assert_int_equal(a->restarts, b->restarts);
	assert_int_equal(a->stop_by_store, b->stop_by_store);
	assert_true(a->stop_since == b->stop_since);
	assert_int_equal(a->stop_sent, b->stop_sent);
	assert_int_equal(a->recorded, b->recorded);
	assert_int_equal(a->deaths.n, b->deaths.n);
	assert_memory_equal(a->deaths.at, b->deaths.at, a->deaths.n * sizeof(a->deaths.at[0]));
	assert_string_equal(a->why, b->why);
}

struct scene {
	struct guest_config cfgs[2];
	struct kit_units k;
	struct unit *a, *b; /* what is written, what is read */
	char text[LEDGER_TEXT_MAX + 1];
	struct unit_saved saved;
};

/* Both units are of one name. */
static void open_scene(struct scene *s)
{
	fake_reset();
	s->cfgs[0] = kit_config("web", GUEST_PV);
	kit_devices(&s->cfgs[0]);
	s->cfgs[1] = s->cfgs[0];
	kit_units_open(&s->k, s->cfgs, 2);
	kit_units_ledger(&s->k);
	s->a = &s->k.all.list[0];
	s->b = &s->k.all.list[1];
}

static void close_scene(struct scene *s)
{
	kit_units_drop(&s->k);
	fake_reset();
}

static int save_and_load(struct scene *s)
{
	unit_save(&s->k.all, s->a);
	ledger_read(&s->k.ledger, unit_record(&s->k.all, s->a), s->text);
	return unit_load(s->b, s->text, &s->saved);
}

static void test_everything(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	fill(s.a);
	for (unsigned st = 0; st < UNIT_STATES; st++) {
		s.a->state = (enum unit_state)st;
		assert_int_equal(save_and_load(&s), 0);
		assert_int_equal(s.saved.state, st);
		assert_int_equal(s.b->state, UNIT_WAITING); /* that is decided later */
	}
	same_unit(s.a, s.b);
	assert_false(s.saved.has_model);
	assert_false(unit_load_disk(s.text, 0, &(struct saved_disk){0}));
	/* What is read is written as the same text. */
	s.b->state = s.a->state;
	unit_save(&s.k.all, s.b);
	ledger_read(&s.k.ledger, unit_record(&s.k.all, s.b), s.text);
	assert_int_equal(unit_load(s.a, s.text, &s.saved), 0);
	same_unit(s.a, s.b);
	close_scene(&s);
}

/* A unit at its beginning, too: what it has not is not made up. */
static void test_nothing(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	memcpy(s.b->guest.uuid, "another uuid....", 16);
	assert_int_equal(save_and_load(&s), 0);
	same_unit(s.a, s.b);
	assert_int_equal(s.b->guest.domid, NO_DOMAIN);
	assert_int_equal(s.b->recorded, NO_DOMAIN);
	assert_int_equal(s.b->deaths.n, 0);
	close_scene(&s);
}

static void test_devices(void **state)
{
	struct saved_disk disk;
	struct disk disks[2] = {{.rdev = makedev(253, 1048575), .path = "/dev/mapper/a b"},
				{.rdev = makedev(7, 0), .path = "/dev/loop0"}};
	struct disk *list[2] = {&disks[0], &disks[1]};
	struct vif vif = {.mac = {0, 0x16, 0x3e, 0xff, 0x0a, 1}, .plugged = true, .mtu = 9000}, v;
	struct scene s;
	struct guest *g;

	(void)state;
	open_scene(&s);
	g = &s.a->guest;
	g->disks = list;
	g->vifs = &vif;
	g->model.pid = getpid();
	g->model.process_began = 4711;
	g->model.state = DEVMODEL_READY;
	g->model.restricted = true;
	g->model.uid = 65534;
	g->model.began = 77;
	assert_int_equal(save_and_load(&s), 0);
	assert_true(unit_load_disk(s.text, 0, &disk));
	assert_true(disk.there && disk.rdev == disks[0].rdev);
	assert_string_equal(disk.path, "/dev/mapper/a b");
	assert_true(unit_load_disk(s.text, 1, &disk));
	assert_true(disk.rdev == disks[1].rdev);
	assert_string_equal(disk.path, "/dev/loop0");
	assert_false(unit_load_disk(s.text, 2, &disk));
	assert_false(disk.there);
	/* A drive without a medium, and what comes after it. */
	disks[0].rdev = 0;
	disks[0].path[0] = '\0';
	assert_int_equal(save_and_load(&s), 0);
	assert_true(unit_load_disk(s.text, 0, &disk));
	assert_true(disk.there && !disk.rdev);
	assert_string_equal(disk.path, "");
	memset(&v, 0, sizeof(v));
	assert_true(unit_load_vif(s.text, 0, &v));
	assert_memory_equal(v.mac, vif.mac, 6);
	assert_true(v.plugged);
	assert_int_equal(v.mtu, 9000);
	assert_false(unit_load_vif(s.text, 1, &v));
	assert_true(s.saved.has_model && s.saved.model.ready && s.saved.model.restricted);
	assert_int_equal(s.saved.model.pid, getpid());
	assert_true(s.saved.model.process_began && s.saved.model.began == 77);
	assert_int_equal(s.saved.model.uid, 65534);
	g->disks = NULL;
	g->vifs = NULL;
	g->model.pid = 0;
	g->model.state = DEVMODEL_NONE;
	close_scene(&s);
}

/* More than a record holds: only disks are lost, each as a whole. */
static void test_too_long(void **state)
{
	struct saved_disk disk;
	static struct disk disks[2];
	struct disk *list[2] = {&disks[0], &disks[1]};
	struct vif vif = {.mac = {0, 0x16, 0x3e, 1, 2, 3}}, v;
	struct scene s;

	(void)state;
	open_scene(&s);
	fill(s.a);
	for (unsigned i = 0; i < 2; i++) {
		disks[i].rdev = makedev(202, i);
		memset(disks[i].path, '/', sizeof(disks[i].path) - 1);
	}
	s.a->guest.disks = list;
	s.a->guest.vifs = &vif;
	memset(s.a->why, 'y', sizeof(s.a->why) - 1);
	assert_int_equal(save_and_load(&s), 0);
	same_unit(s.a, s.b);
	assert_true(unit_load_vif(s.text, 0, &v));
	assert_true(unit_load_disk(s.text, 0, &disk));
	assert_int_equal(strlen(disk.path), sizeof(disk.path) - 1);
	assert_false(unit_load_disk(s.text, 1, &disk));
	assert_int_equal(s.text[strlen(s.text) - 1], '\n');
	s.a->guest.disks = NULL;
	s.a->guest.vifs = NULL;
	close_scene(&s);
}

static void test_others(void **state)
{
	static const char *const refused[] = {
		"",
		"state running\n",            /* no name */
		"name web\n",                 /* no state */
		"name web\nstate asleep\n",   /* of another version */
		"name webs\nstate running\n", /* another guest's */
		"name db\nstate running\n",
		"nameweb\nstate running\n",
		"name web\nstate runnin",
		"name web\nstate runningrunningrunningrunningrunning\n",
	};
	struct scene s;
	uint8_t uuid[16], was[16];

	(void)state;
	open_scene(&s);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		KIT_CHECK(unit_load(s.b, refused[i], &s.saved) == -1, "%s", refused[i]);
	/* Words that it does not know, and values that are none, are passed over. */
	memcpy(was, s.b->guest.uuid, 16);
	assert_int_equal(
		unit_load(s.b,
			  "colour blue\nname web\nstate ended\ndomid x\nended 1 99\n"
			  "uuid 01234567-zz\ndeaths 1 2 3 4 5 6 7 8 9\nconsole 1\nmodel 1 2\n"
			  "up\nwhy",
			  &s.saved),
		0);
	assert_int_equal(s.b->guest.domid, NO_DOMAIN);
	assert_int_equal(s.b->ended_at, 0);
	assert_memory_equal(s.b->guest.uuid, was, 16);
	assert_int_equal(s.b->deaths.n, DEATHS_MAX + 1);
	assert_int_equal(s.b->guest.console_port, 0);
	assert_false(s.saved.has_model);
	assert_false(s.b->up);
	assert_string_equal(s.b->why, "");
	assert_false(unit_load_uuid("uuid 0123", uuid));
	assert_false(unit_load_uuid("", uuid));
	assert_true(unit_load_uuid("a b\nuuid 00112233-4455-6677-8899-aabbccddeeff\n", uuid));
	assert_int_equal(uuid[15], 0xff);
	assert_null(saved_value("xup 1\n", "up"));
	assert_string_equal(saved_value("x 2\nup 1", "up"), "1");
	close_scene(&s);
}

/* Without a ledger nothing is written, and memory that is short leaves what was there. */
static void test_no_ledger(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	fill(s.a);
	assert_int_equal(save_and_load(&s), 0);
	s.a->restarts = 18;
	fake_alloc_fail_at(1);
	unit_save(&s.k.all, s.a);
	fake_alloc_fail_at(0);
	s.k.all.ledger = NULL;
	unit_save(&s.k.all, s.a);
	s.k.all.ledger = &s.k.ledger;
	ledger_read(&s.k.ledger, unit_record(&s.k.all, s.a), s.text);
	assert_non_null(strstr(s.text, "restarts 1"));
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything), cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_devices),    cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_others),     cmocka_unit_test(test_no_ledger),
	};

	return cmocka_run_group_tests_name("unit_save", tests, kit_begin, kit_end);
}
