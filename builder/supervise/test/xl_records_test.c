/* libxl's records of the guests: written as soon as there is where, and kept in step with them. */
#include "builder/fake/units.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xen/sched.h>

#include "base/clock.h"
#include "builder/describe/disk_spec.h"
#include "builder/supervise/xl_records.h"

#define DOM0  "userdata-d.0.00000000-0000-0000-0000-000000000000.libxl-json"
#define WEB_1 "userdata-d.1.77656200-0000-0000-0000-000000000000.libxl-json"
#define WEB_2 "userdata-d.2.77656200-0000-0000-0000-000000000000.libxl-json"

struct scene {
	struct guest_config cfg;
	struct kit_units k;
	struct xl_records r;
	struct unit *u;
	uint64_t now;
};

static void open_at(struct scene *s, bool store)
{
	memset(s, 0, sizeof(*s));
	fake_reset();
	xl_records_open(&s->r);
	s->cfg = kit_config("web", GUEST_PVH);
	kit_units_open(&s->k, &s->cfg, 1);
	s->u = &s->k.all.list[0];
	if (store) {
		kit_units_store(&s->k);
		s->k.all.consoles = CONSOLES_ELSEWHERE;
	}
	kit_units_start(&s->k);
	kit_units_jobs(&s->k);
	assert_int_equal(s->u->state, UNIT_RUNNING);
	kit_units_said(&s->k);
	s->now = NS_PER_S;
}

static void open_scene(struct scene *s)
{
	open_at(s, true);
}

static void empty(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *f;

	assert_non_null(d);
	while ((f = readdir(d)))
		if (f->d_name[0] != '.')
			assert_int_equal(unlinkat(dirfd(d), f->d_name, 0), 0);
	closedir(d);
	assert_int_equal(rmdir(dir), 0);
}

static void close_scene(struct scene *s)
{
	if (access(RECORDS_DIR, F_OK) == 0)
		empty(RECORDS_DIR);
	xl_records_close(&s->r);
	kit_units_close(&s->k);
	fake_reset();
}

static void make_dir(void)
{
	assert_int_equal(mkdir(RECORDS_DIR, 0700), 0);
}

/* The next time that it is done. */
static void keep(struct scene *s)
{
	s->now += 64 * NS_PER_S;
	xl_records_keep(&s->r, &s->k.all, s->now);
	while (s->k.errands.away) {
		struct pollfd p = {.fd = s->k.errands.done_fd, .events = POLLIN};

		assert_int_equal(poll(&p, 1, 20000), 1);
		units_take_errands(&s->k.all);
	}
}

/* These records are there, and nothing else is. */
static void expect(const char *const names[])
{
	DIR *d = opendir(RECORDS_DIR);
	struct dirent *f;
	unsigned n = 0, i;

	assert_non_null(d);
	for (i = 0; names[i]; i++) {
		struct stat st;

		KIT_CHECK(fstatat(dirfd(d), names[i], &st, 0) == 0, "%s is missing", names[i]);
		assert_true(st.st_size > 20);
	}
	while ((f = readdir(d)))
		n += f->d_name[0] != '.';
	closedir(d);
	assert_int_equal(n, i);
}

static const char *const both[] = {DOM0, WEB_1, NULL}, *const dom0_only[] = {DOM0, NULL},
			 *const second[] = {DOM0, WEB_2, NULL}, *const none[] = {NULL};

/* The real root comes some time after the guests. */
static void test_appears(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	for (unsigned i = 0; i < 3; i++)
		keep(&s);
	assert_int_equal(s.u->recorded, NO_DOMAIN);
	assert_string_equal(kit_units_said(&s.k), "");
	make_dir();
	/* Not looked at more often than every few seconds by now. */
	assert_true(xl_records_due(&s.r, &s.k.all) == s.now + 4 * NS_PER_S);
	xl_records_keep(&s.r, &s.k.all, s.now + 4 * NS_PER_S - 1);
	assert_false(s.r.errand.away);
	expect(none);
	keep(&s);
	expect(both);
	assert_int_equal(s.u->recorded, 1);
	/* What xl makes of it is xl's. */
	unlink(RECORDS_DIR "/" WEB_1);
	unlink(RECORDS_DIR "/" DOM0);
	keep(&s);
	expect(none);
	assert_string_equal(kit_units_said(&s.k), "");
	assert_true(xl_records_due(&s.r, &s.k.all) == UINT64_MAX);
	close_scene(&s);
}

/* A mount is looked at soon, however long nothing was there. */
static void test_mount(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	for (unsigned i = 0; i < 12; i++)
		keep(&s);
	assert_true(xl_records_due(&s.r, &s.k.all) == s.now + 64 * NS_PER_S);
	xl_records_mounted(&s.r, s.now);
	assert_true(xl_records_due(&s.r, &s.k.all) == s.now + NS_PER_S);
	close_scene(&s);
}

/* Guests without a store are none that xl could know. */
static void test_without_store(void **state)
{
	struct scene s;
	struct err e;

	(void)state;
	make_dir();
	open_at(&s, false);
	keep(&s);
	expect(none);
	kit_units_store(&s.k);
	keep(&s);
	expect(dom0_only);
	assert_int_equal(kit_units_hand_over(&s.k, &e), 0);
	keep(&s);
	expect(both);
	close_scene(&s);
}

static void test_follows(void **state)
{
	struct scene s;
	struct err e;

	(void)state;
	make_dir();
	open_scene(&s);
	keep(&s);
	expect(both);
	fake_shutdown(1, SHUTDOWN_reboot);
	kit_units_look(&s.k, 0);
	keep(&s); /* the worker's: nothing of it is looked at */
	expect(both);
	kit_units_jobs(&s.k);
	assert_int_equal(s.u->guest.domid, 2);
	keep(&s);
	expect(second);
	/* Its end. */
	assert_int_equal(unit_event(&s.k.all, s.u, EVENT_ASK_DESTROY, clock_ns(), &e), 0);
	kit_units_jobs(&s.k);
	keep(&s);
	expect(dom0_only);
	keep(&s);
	expect(dom0_only);
	close_scene(&s);
}

/* A released guest keeps its record as long as its domain is there. */
static void test_released(void **state)
{
	struct scene s;
	struct err e;

	(void)state;
	make_dir();
	open_scene(&s);
	keep(&s);
	assert_int_equal(unit_event(&s.k.all, s.u, EVENT_ASK_RELEASE, clock_ns(), &e), 0);
	keep(&s);
	expect(both);
	fake_destroy(1);
	kit_units_look(&s.k, 0);
	keep(&s);
	expect(dom0_only);
	close_scene(&s);
}

/* A medium that has changed is changed in the record; all else of that is xl's. */
static void test_media(void **state)
{
	static char vdev[] = "hdc";
	struct disk_spec drive = {.vdev = vdev, .cdrom = true, .qdisk = true};
	struct disk disk = {.spec = &drive, .format = DISK_EMPTY, .fd = -1}, *list = &disk;
	static const char xls[] = "{\"disks\": [{\"pdev_path\": \"/old\", \"vdev\": \"hdc\", "
				  "\"format\": \"raw\"}], \"more\": [1]}";
	char text[256];
	struct scene s;

	(void)state;
	make_dir();
	open_scene(&s);
	keep(&s);
	expect(both);
	s.cfg.disks = &drive;
	s.cfg.nr_disks = 1;
	s.u->guest.disks = &list;
	kit_text(RECORDS_DIR "/" WEB_1, xls);
	assert_true(xl_records_due(&s.r, &s.k.all) == UINT64_MAX);
	s.u->media_changes++;
	keep(&s);
	expect(both);
	assert_string_equal(kit_read(RECORDS_DIR "/" WEB_1, text, sizeof(text)),
			    "{\"disks\": [{\"pdev_path\": \"\", \"vdev\": \"hdc\", \"format\": "
			    "\"empty\"}], \"more\": [1]}");
	assert_int_equal(s.u->media_recorded, 1);
	strcpy(disk.path, "/a \"b\"");
	s.u->media_changes++;
	keep(&s);
	assert_string_equal(kit_read(RECORDS_DIR "/" WEB_1, text, sizeof(text)),
			    "{\"disks\": [{\"pdev_path\": \"/a \\\"b\\\"\", \"vdev\": \"hdc\", "
			    "\"format\": \"raw\"}], \"more\": [1]}");
	assert_string_equal(kit_units_said(&s.k), "");
	/* What has no such drive any more is left alone, and said. */
	kit_text(RECORDS_DIR "/" WEB_1, "{}");
	s.u->media_changes++;
	keep(&s);
	assert_string_equal(kit_units_said(&s.k),
			    "earlydom: xl will not know how the guests are configured: cannot "
			    "change /var/lib/xen/" WEB_1 ": there is no disk hdc in it\n");
	assert_true(xl_records_due(&s.r, &s.k.all) == UINT64_MAX);
	s.u->guest.disks = NULL;
	s.cfg.nr_disks = 0;
	close_scene(&s);
}

static void expect_elsewhere(const char *name, bool there)
{
	char path[256];

	snprintf(path, sizeof(path), "other/%s", name);
	KIT_CHECK((access(path, F_OK) == 0) == there, "%s: %s", path,
		  there ? "is missing" : "is there");
}

/* Another file system is mounted there later: the records are wanted in that. */
static void test_another_dir(void **state)
{
	struct scene s;

	(void)state;
	make_dir();
	open_scene(&s);
	keep(&s);
	expect(both);
	assert_int_equal(rename(RECORDS_DIR, "other"), 0);
	make_dir();
	xl_records_mounted(&s.r, s.now);
	keep(&s);
	expect(both);
	expect_elsewhere(DOM0, true);
	expect_elsewhere(WEB_1, true);
	empty("other");
	close_scene(&s);
}

/* A root that is read-only for its first seconds, checked still. */
static void test_read_only(void **state)
{
	struct scene s;

	(void)state;
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		print_message("# no mounts of its own: %s\n", strerror(errno));
		skip();
	}
	make_dir();
	open_scene(&s);
	assert_int_equal(mount("records", RECORDS_DIR, "tmpfs", MS_RDONLY, NULL), 0);
	keep(&s);
	keep(&s);
	expect(none);
	assert_string_equal(kit_units_said(&s.k), "");
	assert_int_equal(s.u->recorded, NO_DOMAIN);
	assert_int_equal(mount("records", RECORDS_DIR, "tmpfs", MS_REMOUNT, NULL), 0);
	keep(&s);
	expect(both);
	assert_int_equal(umount(RECORDS_DIR), 0);
	close_scene(&s);
}

/* What is in the way is said once, and tried again. */
static void test_trouble(void **state)
{
	const char *said;
	struct scene s;

	(void)state;
	make_dir();
	assert_int_equal(mkdir(RECORDS_DIR "/" WEB_1, 0700), 0);
	assert_int_equal(mkdir(RECORDS_DIR "/" WEB_1 "/x", 0700), 0);
	assert_int_equal(mkdir(RECORDS_DIR "/" DOM0, 0700), 0);
	open_scene(&s);
	/* Directories of before this boot are replaced, which can't be. */
	{
		const struct timespec old[2] = {{1, 0}, {1, 0}};

		assert_int_equal(utimensat(AT_FDCWD, RECORDS_DIR "/" DOM0, old, 0), 0);
		assert_int_equal(utimensat(AT_FDCWD, RECORDS_DIR "/" WEB_1, old, 0), 0);
	}
	keep(&s);
	said = kit_units_said(&s.k);
	assert_memory_equal(said, "earlydom: xl will not know how the guests are configured: ", 58);
	assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1); /* one line */
	assert_int_equal(s.u->recorded, NO_DOMAIN);
	keep(&s);
	assert_string_equal(kit_units_said(&s.k), "");
	assert_int_equal(rmdir(RECORDS_DIR "/" WEB_1 "/x"), 0);
	assert_int_equal(rmdir(RECORDS_DIR "/" WEB_1), 0);
	keep(&s);
	assert_int_equal(s.u->recorded, 1);
	assert_int_equal(rmdir(RECORDS_DIR "/" DOM0), 0);
	keep(&s);
	expect(both);
	close_scene(&s);
}

static int begin(void **state)
{
	return kit_begin(state) < 0 || chdir(kit_path("")) < 0 ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_appears),     cmocka_unit_test(test_without_store),
		cmocka_unit_test(test_follows),     cmocka_unit_test(test_released),
		cmocka_unit_test(test_another_dir), cmocka_unit_test(test_read_only),
		cmocka_unit_test(test_trouble),     cmocka_unit_test(test_mount),
		cmocka_unit_test(test_media),
	};

	return cmocka_run_group_tests(tests, begin, kit_end);
}
