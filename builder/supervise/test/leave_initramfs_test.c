/*
 * Files that leave the initramfs, in a root of our own: a tmpfs in a mount namespace of a child,
 * since only a root that is an initramfs is touched. Skipped where no namespace can be made.
 */
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "builder/build/holdings.h"
#include "builder/describe/disk_spec.h"
#include "builder/describe/vif_spec.h"
#include "builder/supervise/leave_initramfs.h"
#include "builder/image/image_files.h"

#define SKIP 77

static void put(const char *path)
{
	FILE *f = fopen(path, "w");

	for (int i = 0; f && i < 3 << 20; i++)
		fputc('k', f);
	if (!f || fclose(f) < 0)
		_exit(10);
}

/* In the child: cmocka's asserts are not for here. */
static void need(bool cond, int code)
{
	if (!cond)
		_exit(code);
}

static bool there(const char *path)
{
	return access(path, F_OK) == 0;
}

static void leave(struct units *all)
{
	struct pollfd p = {.events = POLLIN};
	struct leaving leaving = {.n = 0};
	struct errands errands;
	struct errand *done;
	struct err e;

	need(errands_open(&errands, all->report, false, &e) == 0, 22);
	all->errands = &errands;
	leaving_begin(&leaving, all);
	p.fd = errands.done_fd;
	need(poll(&p, 1, 20000) == 1, 23);
	done = errand_take(&errands);
	need(done == &leaving.errand && leaving_over(&leaving), 24);
	done->done(all, done);
	need(errands_close(&errands), 25);
}

/* Modules are loaded for those that may need them: also for one whose look for its disk hangs, but
 * not for those that hold their devices. */
static void test_modules(void **state)
{
	struct report report = {.log = {.fd = -1}, .out = {.fd = -1}};
	struct leaving leaving = {.n = 0};
	struct guest_config cfgs[3];
	struct unit list[3];
	struct image_cache images = {NULL};
	struct units all = {.images = &images, .report = &report, .list = list, .n = 3};
	struct pollfd p = {.events = POLLIN};
	struct errands errands;
	struct disk *held[1] = {NULL};
	struct disk_spec disk = {.target = (char *)(uintptr_t) "/dev/d"};
	struct vif_spec vif = {.way = VIF_BRIDGED};
	struct err e;

	(void)state;
	memset(list, 0, sizeof(list));
	for (unsigned i = 0; i < 3; i++) {
		cfgs[i] = (struct guest_config){.name = (char *)(uintptr_t) "g"};
		list[i].guest.cfg = &cfgs[i];
	}
	cfgs[0].nr_vifs = 1;
	cfgs[0].vifs = &vif;
	list[0].errand.kind = UNIT_ERRAND_HOLD;
	list[0].errand.errand.away = list[0].errand.errand.late = true;
	cfgs[1].nr_disks = cfgs[2].nr_disks = 1;
	cfgs[1].disks = cfgs[2].disks = &disk;
	list[1].state = UNIT_STARTING;
	list[2].guest.disks = held;
	assert_int_equal(errands_open(&errands, &report, false, &e), 0);
	all.errands = &errands;
	leaving_begin(&leaving, &all);
	assert_int_not_equal(leaving.modules, 0);
	assert_int_equal(leaving.modules, guest_modules(&cfgs[0]));
	p.fd = errands.done_fd;
	assert_int_equal(poll(&p, 1, 20000), 1);
	assert_ptr_equal(errand_take(&errands), &leaving.errand);
	leaving.errand.done(&all, &leaving.errand);
	assert_true(errands_close(&errands));
}

static void child(bool tmpfs)
{
	char text[256] = "";
	struct guest_config cfgs[7];
	struct unit list[7];
	struct own_root own_root;
	struct image_cache images = {NULL};
	struct report report = {.log = {.fd = -1}};
	struct units all = {.images = &images, .report = &report, .list = list, .n = 7};
	struct image_file *held, half = {.next = NULL};
	struct err e;
	FILE *out;

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    (tmpfs && mount("none", kit_path(""), "tmpfs", 0, NULL) < 0))
		_exit(SKIP);
	if (chroot(kit_path("")) < 0 || chdir("/") < 0)
		_exit(SKIP);
	memset(list, 0, sizeof(list));
	put("/once");
	put("/shared");
	put("/kept");
	put("/failed");
	need(mkdir("/dir", 0700) == 0 && symlink("kept", "/link") == 0, 11);
	need(mkdir("/root", 0700) == 0 && mkdir("/root/usr", 0700) == 0 &&
		     mkdir("/root/usr/share", 0700) == 0 &&
		     mkdir("/root/usr/share/ovmf", 0700) == 0,
	     18);
	put("/root/usr/share/ovmf/OVMF.fd");
	put("/hvmloader");
	put("/map");
	put("/handed-on");
	put("/failed-map");
	/* What a device model may open is mounted in the own root, and stays in memory. */
	need(mkdir("/own_root", 0700) == 0, 19);
	if (tmpfs)
		need(link("/handed-on", "/own_root/handed-on") == 0, 20);
	own_root.dir = open("/own_root", O_RDONLY | O_DIRECTORY);
	need(own_root.dir >= 0, 21);
	all.models.own_root = &own_root;
	for (unsigned i = 0; i < 7; i++) {
		cfgs[i] = (struct guest_config){.name = (char *)(uintptr_t) "g"};
		list[i].guest.cfg = &cfgs[i];
		list[i].state = UNIT_RUNNING;
	}
	cfgs[0].kernel = cfgs[1].kernel = (char *)(uintptr_t) "/shared";
	cfgs[0].ramdisk = (char *)(uintptr_t) "/once";
	cfgs[1].ramdisk = (char *)(uintptr_t) "/link";
	cfgs[2].kernel = cfgs[2].ramdisk = (char *)(uintptr_t) "/failed";
	list[2].state = UNIT_FAILED;
	cfgs[3].kernel = (char *)(uintptr_t) "/kept";
	cfgs[3].ramdisk = (char *)(uintptr_t) "/missing";
	cfgs[4].type = GUEST_HVM;
	cfgs[4].firmware_override = (char *)(uintptr_t) "/hvmloader";
	cfgs[4].bios = BIOS_OVMF;
	cfgs[4].memmap = (char *)(uintptr_t) "/map";
	cfgs[4].kernel = (char *)(uintptr_t) "/handed-on";
	cfgs[5].type = GUEST_HVM;
	cfgs[5].model_protocol = MODEL_CLASSIC;
	cfgs[5].memmap = (char *)(uintptr_t) "/failed-map";
	list[5].state = UNIT_FAILED;
	/* Files that are looked for are somebody's to write, and not known yet. */
	put("/sought");
	cfgs[6].kernel = (char *)(uintptr_t) "/sought";
	list[6].state = UNIT_WAITING;
	list[6].errand.kind = UNIT_ERRAND_IMAGES;
	list[6].errand.errand.away = list[6].errand.errand.late = true;
	list[6].guest.kernel = &half;
	held = image_hold(&images, "kernel", "/kept", &e);
	need(held, 12);
	out = tmpfile();
	out = out ? out : fopen("/out", "w+");
	need(out, 13);
	report.out.fd = fileno(out);
	leave(&all);
	rewind(out);
	text[fread(text, 1, sizeof(text) - 1, out)] = '\0';
	need(there("/kept") && there("/failed") && there("/dir") && there("/failed-map") &&
		     there("/sought") && (!tmpfs || there("/handed-on")),
	     14);
	if (tmpfs) {
		need(!there("/once") && !there("/shared") && !there("/hvmloader") &&
			     !there("/root/usr/share/ovmf/OVMF.fd") && !there("/map"),
		     15);
		need(!strcmp(text,
			     "earlydom: freed 15360 KiB of the initramfs: images that no restart "
			     "needs\n"),
		     16);
	} else {
		need(there("/once") && there("/shared") && there("/hvmloader") && !*text, 17);
	}
	_exit(0);
}

static void in_child(bool tmpfs)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		child(tmpfs);
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == SKIP)
		skip();
	assert_int_equal(status, 0);
}

static void test_initramfs(void **state)
{
	(void)state;
	in_child(true);
}

/* The scratch directory's own file system: a real root, unless /tmp is a tmpfs. */
static void test_real_root(void **state)
{
	(void)state;
	if (system("case $(stat -f -c %T /tmp) in tmpfs|ramfs) exit 1;; esac") != 0)
		skip();
	in_child(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modules),
		cmocka_unit_test(test_initramfs),
		cmocka_unit_test(test_real_root),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
