/*
 * What dom0 needs: a tree as sysfs and /dev have it, in which an open that fails is a device that
 * is in use.
 */
#include "builder/fake/syscalls.h"
#include "sysfs.h"

#include "builder/device/test/images.h"
#include "builder/pci/pci_needed.h"

#define SATA "pci0000:00/0000:00:1f.2"

static char root[128];
static struct pci_dom0 dom0;
static const struct pci_device sata = {.at = {.device = 0x1f, .function = 2}};
static const struct pci_device other = {.at = {.device = 5}};

static void text(const char *file, const char *what)
{
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", root, file);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(what, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* A link of /sys/class, and the directory of its device. */
static void device(const char *class, const char *name, const char *at)
{
	char dir[256], target[256], path[512];

	snprintf(dir, sizeof(dir), "sys/devices/%s/%s", at, name);
	sysfs_mkdir(root, dir);
	snprintf(target, sizeof(target), "../../devices/%s/%s", at, name);
	snprintf(dir, sizeof(dir), "sys/class/%s", class);
	sysfs_mkdir(root, dir);
	snprintf(path, sizeof(path), "%s/sys/class/%s/%s", root, class, name);
	assert_int_equal(symlink(target, path), 0);
}

static void disk_text(const char *at, const char *file, const char *what)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "sys/devices/%s/%s", at, file);
	text(path, what);
}

/* sda with its partition behind a SATA controller, whose file system has the label "1" ... */
static void begin(const char *name)
{
	uint8_t b[4096] = {0};
	char path[PATH_MAX];
	FILE *f;

	snprintf(root, sizeof(root), "%s", kit_path(name));
	dom0 = (struct pci_dom0){NULL};
	sysfs_mkdir(root, "dev");
	sysfs_mkdir(root, "sys/bus/pci/devices/0000:00:1f.2");
	sysfs_mkdir(root, "sys/bus/pci/devices/0000:00:05.0");
	device("block", "sda", SATA);
	disk_text(SATA "/sda", "dev", "8:0");
	disk_text(SATA "/sda", "size", "8");
	device("block", "sda1", SATA "/sda");
	disk_text(SATA "/sda/sda1", "dev", "8:1");
	disk_text(SATA "/sda/sda1", "size", "8");
	disk_text(SATA "/sda/sda1", "partition", "1");
	text("dev/sda", "");
	image_ext(b, 1, "root");
	snprintf(path, sizeof(path), "%s/dev/sda1", root);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(b, 1, sizeof(b), f), sizeof(b));
	assert_int_equal(fclose(f), 0);
}

static void free_of_use(const struct pci_device *d)
{
	struct err e = {.msg = ""};

	KIT_CHECK(pci_needed(root, &dom0, d, &e) == 0, "%s", e.msg);
}

static void needed(const struct pci_device *d, const char *want)
{
	struct err e = {.msg = ""};

	assert_int_equal(pci_needed(root, &dom0, d, &e), -1);
	assert_string_equal(e.msg, want);
}

static void test_console(void **state)
{
	const char *consoles[] = {"ttyS4", "../x", ""};

	(void)state;
	begin("console");
	device("tty", "ttyS4", "pci0000:00/0000:00:05.0/tty");
	device("tty", "ttyS0", "pnp0/00:04/tty");
	device("tty", "tty0", "virtual/tty");
	device("tty", "console", "virtual/tty");
	free_of_use(&other);
	dom0.consoles = consoles;
	dom0.nr_consoles = 3;
	needed(&other, "dom0's console ttyS4 is on it");
	free_of_use(&sata);
	dom0.nr_consoles = 0;
	disk_text("virtual/tty/console", "active", "ttyS0 tty0 ttyS4\n");
	needed(&other, "dom0's console ttyS4 is on it");
	disk_text("virtual/tty/console", "active", "ttyS0\n");
	free_of_use(&other);
}

/* The firmware's screen is needed while a console is on it. */
static void test_screen(void **state)
{
	const char *consoles[] = {"ttyS0", "tty1"};

	(void)state;
	begin("screen");
	device("tty", "tty1", "virtual/tty");
	device("tty", "console", "virtual/tty");
	disk_text("virtual/tty/console", "active", "hvc0\n");
	sysfs_text(root, "0000:00:05.0", "boot_vga", "1");
	dom0.consoles = consoles;
	dom0.nr_consoles = 1;
	free_of_use(&other);
	dom0.nr_consoles = 2;
	needed(&other, "dom0's console is on its screen (boot_vga)");
	dom0.nr_consoles = 0;
	disk_text("virtual/tty/console", "active", "tty1 hvc0\n");
	needed(&other, "dom0's console is on its screen (boot_vga)");
	free_of_use(&sata);
	sysfs_text(root, "0000:00:05.0", "boot_vga", "0");
	free_of_use(&other);
}

/* How many processes are forked to look at disks. */
static unsigned forks(const struct pci_device *d)
{
	const struct fake_syscall *s;
	unsigned n = 0;
	struct err e;

	fake_syscalls_begin();
	pci_needed(root, &dom0, d, &e);
	fake_syscalls_end();
	for (unsigned k = 0; (s = fake_syscalls(k)); k++)
		n += strcmp(s->name, "fork") ? 0 : s->calls;
	return n;
}

static void test_root(void **state)
{
	(void)state;
	begin("root");
	dom0.root = "/dev/sda1";
	needed(&sata, "dom0's root is on it (root=/dev/sda1, sda1)");
	free_of_use(&other);
	dom0.root = "/dev/disk/by-path/pci-0000:00:05.0-nvme-1-part2";
	needed(&other, "dom0's root is on it "
		       "(root=/dev/disk/by-path/pci-0000:00:05.0-nvme-1-part2)");
	free_of_use(&sata);
	dom0.root = "LABEL=root";
	needed(&sata, "dom0's root is on it (root=LABEL=root, sda1)");
	free_of_use(&other);
	/* Which has no disk that would have to be read. */
	assert_true(forks(&sata) > 0);
	assert_int_equal(forks(&other), 0);
	dom0.root = "LABEL=elsewhere";
	free_of_use(&sata);
	dom0.root = "/dev/mapper/vg-root";
	free_of_use(&sata);
	dom0.root = "/dev/sdb1";
	free_of_use(&sata);
	dom0.root = "nfs";
	free_of_use(&sata);
}

/* Fails each call of a function once with that errno. Returns how often that was the answer. */
static unsigned answers(const char *function, int errnum, const struct pci_device *d,
			const char *want)
{
	const struct fake_syscall *s;
	unsigned n = 0;
	struct err e;

	for (unsigned k = 0; (s = fake_syscalls(k)); k++) {
		if (strcmp(s->name, function) != 0)
			continue;
		fake_syscalls_begin();
		fake_syscall_fails(s, 1, errnum);
		e = (struct err){.msg = "free"};
		pci_needed(root, &dom0, d, &e);
		n += fake_syscall_failed() && !strcmp(e.msg, want);
		fake_syscalls_end();
	}
	return n;
}

static void test_use(void **state)
{
	char want[128];

	(void)state;
	begin("use");
	/* What has a partition has a part of the disk. */
	assert_int_equal(unlink(kit_path("use/dev/sda1")), 0);
	fake_syscalls_begin();
	free_of_use(&sata);
	fake_syscalls_end();
	assert_int_equal(answers("open", EBUSY, &sata,
				 "its disk sda is in use: mounted, or RAID, LVM or a guest has it"),
			 1);
	assert_int_equal(answers("open", EBUSY, &other, "free"), 0);
	snprintf(want, sizeof(want), "cannot tell whether its disk sda is in use: %s",
		 strerror(EACCES));
	assert_int_equal(answers("open", EACCES, &sata, want), 1);
	/* The drive is empty, or the device is gone. */
	assert_int_equal(answers("open", ENOMEDIUM, &sata, "free"), 1);
	assert_int_equal(answers("open", ENXIO, &sata, "free"), 1);
	assert_int_equal(answers("open", ENODEV, &sata, "free"), 1);
	/* One that the kernel hides has no file. */
	assert_int_equal(unlink(kit_path("use/dev/sda")), 0);
	snprintf(want, sizeof(want), "cannot tell whether its disk sda is in use: %s",
		 strerror(ENOENT));
	needed(&sata, want);
	free_of_use(&other);
}

/* Whatever can't be read, the device is not said to be free. */
static void test_failures(void **state)
{
	const char *consoles[] = {"tty1"};
	const struct fake_syscall *s;
	unsigned failed = 0;
	struct err e;
	int rc;

	(void)state;
	begin("failures");
	device("tty", "console", "virtual/tty");
	disk_text("virtual/tty/console", "active", "tty1 hvc0\n");
	sysfs_text(root, "0000:00:1f.2", "boot_vga", "0");
	dom0.consoles = consoles;
	dom0.nr_consoles = 1;
	fake_syscalls_begin();
	free_of_use(&sata);
	fake_syscalls_end();
	for (unsigned k = 0; (s = fake_syscalls(k)); k++) {
		for (unsigned n = 1; n < 5; n++) {
			fake_syscalls_begin();
			fake_syscall_fails(s, n, EIO);
			rc = pci_needed(root, &dom0, &sata, &e);
			fake_syscalls_end();
			if (!fake_syscall_failed())
				break;
			failed++;
			KIT_CHECK(rc < 0, "%s: call %u", s->name, n);
			kit_good_message(&e);
		}
	}
	/* Two files, a directory and a disk. */
	assert_true(failed >= 4);
	for (unsigned n = 1;; n++) {
		fake_alloc_fail_at(n);
		rc = pci_needed(root, &dom0, &sata, &e);
		if (!fake_alloc_failed())
			break;
		assert_int_equal(rc, -1);
		kit_good_message(&e);
	}
	fake_alloc_fail_at(0);
	assert_int_equal(rc, 0);
	assert_int_equal(rename(kit_path("failures/sys/class/block"), kit_path("failures/block")),
			 0);
	assert_int_equal(pci_needed(root, &dom0, &sata, &e), -1);
	kit_good_message(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_console),  cmocka_unit_test(test_screen),
		cmocka_unit_test(test_root),     cmocka_unit_test(test_use),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
