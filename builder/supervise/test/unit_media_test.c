/* Media of guests that run: what becomes of a guest's disk, its records, and of other commands. */
#include "builder/fake/units.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "builder/build/holdings.h"
#include "builder/fake/qmp.h"
#include "builder/supervise/unit_media.h"

#define LIBXL "/libxl/1/device/vbd/5632"
#define BACK  "/local/domain/0/backend/qdisk/1/5632"

struct scene {
	struct guest_config cfg;
	struct kit_units k;
	struct unit *u;
	struct fake_qmp qemu;
	pid_t qmp;
};

static char iso[300], other[300];

/* A guest that runs, of which it is claimed that it has QEMU and an empty drive. */
static void open_scene(struct scene *s)
{
	static char vdevs[2][4] = {"hda", "hdc"};
	static struct disk_spec specs[2];
	struct guest *g;
	bool absent;
	struct err e;

	memset(s, 0, sizeof(*s));
	fake_reset();
	s->cfg = kit_config("web", GUEST_PVH);
	kit_units_open(&s->k, &s->cfg, 1);
	kit_units_store(&s->k);
	kit_units_ledger(&s->k);
	s->k.all.consoles = CONSOLES_ELSEWHERE;
	kit_units_start(&s->k);
	kit_units_jobs(&s->k);
	s->u = &s->k.all.list[0];
	assert_int_equal(s->u->state, UNIT_RUNNING);
	kit_units_said(&s->k);

	specs[0] = (struct disk_spec){
		.vdev = vdevs[0], .vdev_number = 768, .target = iso, .cdrom = true, .qdisk = true};
	specs[1] = (struct disk_spec){.vdev = vdevs[1],
				      .vdev_number = 5632,
				      .cdrom = true,
				      .qdisk = true,
				      .format = DISK_EMPTY};
	s->cfg.type = GUEST_HVM;
	s->cfg.disks = specs;
	s->cfg.nr_disks = 2;
	fake_devices()->on = false;
	g = &s->u->guest;
	KIT_CHECK(guest_hold_devices(g, &s->k.disks, &absent, &e) == 0, "%s", e.msg);
	fake_store_write(LIBXL "/frontend", "x");
	s->qemu = (struct fake_qmp){.socket = "qmp/qmp-libxl-1", .log = "log"};
}

static void close_scene(struct scene *s)
{
	if (s->qmp)
		fake_qmp_end(s->qmp);
	unlink(s->qemu.socket);
	guest_drop_devices(&s->u->guest, &s->k.disks);
	s->cfg.nr_disks = 0;
	s->cfg.type = GUEST_PVH;
	kit_units_close(&s->k);
	fake_reset();
}

static void change(struct scene *s, const char *target)
{
	struct err e;

	KIT_CHECK(unit_media_begin(&s->k.all, s->u, "hdc", target, &e) == 0, "%s", e.msg);
	assert_true(s->u->media.under_way && unit_lent(s->u));
	kit_units_jobs(&s->k);
	assert_false(s->u->media.under_way || unit_lent(s->u));
}

static const char *saved_disk(const struct scene *s)
{
	static char text[LEDGER_TEXT_MAX + 1];
	static struct saved_disk disk;

	assert_true(ledger_read(&s->k.ledger, LEDGER_UNITS, text));
	assert_true(unit_load_disk(text, 1, &disk));
	return disk.path;
}

static void expect_record(const char *line)
{
	char text[4096];

	kit_read("run/guests/web", text, sizeof(text));
	KIT_CHECK(strstr(text, line), "'%s' is not in\n%s", line, text);
}

static void test_change(void **state)
{
	char want[400];
	struct scene s;

	(void)state;
	open_scene(&s);
	s.qmp = fake_qmp_start(&s.qemu);
	change(&s, iso);
	assert_int_equal(s.u->media.rc, 0);
	assert_string_equal(s.u->guest.disks[1]->path, iso);
	assert_true(s.u->guest.disks[1]->fd >= 0);
	assert_string_equal(saved_disk(&s), iso);
	snprintf(want, sizeof(want), "disk=hdc ro %s\n", iso);
	expect_record(want);
	snprintf(want, sizeof(want), "earlydom: web: hdc: %s\n", iso);
	assert_string_equal(kit_units_said(&s.k), want);
	snprintf(want, sizeof(want), "aio:%s", iso);
	assert_string_equal(fake_store_read(BACK "/params"), want);
	change(&s, other);
	assert_string_equal(s.u->guest.disks[1]->path, other);
	kit_units_said(&s.k);
	change(&s, NULL);
	assert_int_equal(s.u->guest.disks[1]->format, DISK_EMPTY);
	assert_string_equal(saved_disk(&s), "");
	expect_record("disk=hdc ro \n");
	assert_string_equal(kit_units_said(&s.k), "earlydom: web: hdc: ejected\n");
	/* Two are held: no medium is left behind. */
	assert_non_null(s.k.disks.disks->next);
	assert_null(s.k.disks.disks->next->next);
	assert_int_equal(s.u->media_changes, 3);
	close_scene(&s);
}

/* What fails before QEMU is asked changes nothing; later the drive is empty. */
static void test_failures(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	change(&s, "/no/such.iso");
	assert_int_equal(s.u->media.rc, -1);
	assert_string_equal(s.u->media.err.msg,
			    "disk hdc: /no/such.iso: No such file or directory");
	assert_string_equal(kit_units_said(&s.k),
			    "earlydom: web: disk hdc: /no/such.iso: No such file or directory\n");
	change(&s, iso);
	assert_string_equal(s.u->media.err.msg, "hdc: cannot connect to QEMU at qmp/qmp-libxl-1: "
						"No such file or directory");
	assert_int_equal(s.u->guest.disks[1]->format, DISK_EMPTY);
	s.qmp = fake_qmp_start(&s.qemu);
	change(&s, iso);
	assert_int_equal(s.u->media.rc, 0);
	fake_qmp_end(s.qmp);
	s.qemu.refuses = "blockdev-change-medium";
	s.qemu.why = "no";
	s.qmp = fake_qmp_start(&s.qemu);
	change(&s, other);
	assert_string_equal(s.u->media.err.msg,
			    "hdc: the drive is empty now: QEMU refuses blockdev-change-medium: no");
	assert_int_equal(s.u->guest.disks[1]->format, DISK_EMPTY);
	assert_string_equal(saved_disk(&s), "");
	assert_non_null(s.k.disks.disks->next);
	assert_null(s.k.disks.disks->next->next);
	close_scene(&s);
}

/* A command that would change the guest waits until it is known what came of the medium. */
static void test_meanwhile(void **state)
{
	struct scene s;
	struct err e;

	(void)state;
	open_scene(&s);
	assert_int_equal(unit_media_begin(&s.k.all, s.u, "5632", iso, &e), 0);
	assert_int_equal(unit_media_begin(&s.k.all, s.u, "hda", iso, &e), -1);
	assert_int_equal(s.u->media.index, 1); /* of the first */
	assert_string_equal(e.msg, "web is busy; try again");
	s.cfg.on_poweroff = ACTION_PRESERVE;
	assert_int_equal(unit_event(&s.k.all, s.u, EVENT_ASK_RELEASE, clock_ns(), &e), 0);
	assert_int_equal(s.u->state, UNIT_RUNNING);
	kit_units_jobs(&s.k);
	assert_int_equal(s.u->state, UNIT_RELEASED);
	assert_int_equal(unit_media_begin(&s.k.all, s.u, "hdc", iso, &e), -1);
	assert_string_equal(e.msg, "web does not run");
	close_scene(&s);
}

static void test_refused(void **state)
{
	struct scene s;
	struct err e;

	(void)state;
	open_scene(&s);
	assert_int_equal(unit_media_begin(&s.k.all, s.u, "hdd", iso, &e), -1);
	assert_string_equal(e.msg, "web has no cdrom drive hdd (it has hda, hdc)");
	assert_int_equal(unit_media_begin(&s.k.all, s.u, "no", NULL, &e), -1);
	assert_string_equal(e.msg, "web has no cdrom drive no (it has hda, hdc)");
	s.cfg.type = GUEST_PV;
	assert_int_equal(unit_media_begin(&s.k.all, s.u, "hdc", iso, &e), -1);
	assert_string_equal(e.msg, "web has no cdrom drive");
	s.cfg.type = GUEST_HVM;
	guest_drop_devices(&s.u->guest, &s.k.disks);
	assert_int_equal(unit_media_begin(&s.k.all, s.u, "hdc", iso, &e), -1);
	assert_string_equal(e.msg, "web: an earlier supervisor's disks were not found again");
	close_scene(&s);
}

static int begin(void **state)
{
	if (kit_begin(state) < 0 || chdir(kit_path("")) < 0 || mkdir("qmp", 0700) < 0)
		return -1;
	snprintf(iso, sizeof(iso), "%s", kit_path("a b.iso"));
	snprintf(other, sizeof(other), "%s", kit_path("other.iso"));
	kit_text("a b.iso", "");
	kit_text("other.iso", "");
	return truncate(iso, 4096) < 0 || truncate(other, 4096) < 0 ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_meanwhile),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, begin, kit_end);
}
