/*
 * Devices that are hidden, in a tree as sysfs has it, with a kernel that does what is written
 * there.
 */
#include "builder/fake/syscalls.h"
#include "sysfs.h"

#include <fcntl.h>

#include "builder/pci/pci_hide.h"

#define HOST   "0000:00:00.0"
#define NIC_A  "0000:00:05.0"
#define NIC_B  "0000:00:06.0"
#define BRIDGE "0000:00:1c.0"
#define ISA    "0000:00:1f.0"
#define SATA   "0000:00:1f.2"
#define CARD   "0000:03:00"

/* What is said, of a device that was named as the column-th. */
#define AT(column)         "line:1:" #column ": "
#define HIDDEN(column, at) AT(column) "note: PCI device " at " is hidden\n"
#define NOT(column, at)    AT(column) "PCI device " at " is not hidden: "
#define ABSENT(column)                                                                             \
	AT(column) "note: PCI device 0000:1f:00.0 is not there; what comes later is not hidden\n"
#define IS_BRIDGE "it is a bridge, which stays dom0's: name what is behind it\n"
#define HAD(column, at)                                                                            \
	AT(column)                                                                                 \
	"note: PCI device " at ": dom0's driver e1000 had it until now; what that has "            \
	"started (DMA) may go on until a reset\n"
#define KEPT "(dom0's kernel log may tell more); dom0's drivers are kept from it all the same\n"

static char root[128];
static struct pci_dom0 dom0;
static struct diag d;

/* What the kernel does. */
static const char *refuses; /* writes to files whose paths end so, with EPERM ... */
static const char *ignores; /* ... or without doing anything */
static const char *takes;   /* the driver that takes a device in the place of pciback */
static enum { MODULE, BROKEN_MODULE, NO_MODULE } module;
static unsigned loads;
static char written[2048]; /* " FILE=TEXT" of each device, in order */

static bool ends(const char *path, const char *with)
{
	const size_t len = strlen(path), n = with ? strlen(with) : 0;

	return with && len >= n && !strcmp(path + len - n, with);
}

static void override_of(const char *device, char text[64])
{
	char path[512];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/%.40s/driver_override", root, device);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	n = read(fd, text, 63);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

static bool has_driver(const char *device)
{
	char path[512], target[512];

	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/%.40s/driver", root, device);
	return readlink(path, target, sizeof(target)) > 0;
}

static void bind(const char *device)
{
	char override[64];

	override_of(device, override);
	if (!has_driver(device) && !strcmp(override, "pciback"))
		sysfs_driver(root, device, takes ? takes : "pciback");
}

static int kernel(const char *path, const char *text)
{
	const char *at = path + strlen(root) + strlen("/sys/bus/pci/");
	char file[512];

	assert_int_equal(strncmp(path, root, strlen(root)), 0);
	snprintf(written + strlen(written), sizeof(written) - strlen(written), " %s=%s", at, text);
	errno = EPERM;
	if (ends(path, refuses))
		return -1;
	if (ends(path, ignores))
		return 0;
	if (ends(path, "/driver_override")) {
		snprintf(file, sizeof(file), "%.*s", 12, at + strlen("devices/"));
		sysfs_text(root, file, "driver_override", text);
	} else if (ends(path, "/driver/unbind")) {
		snprintf(file, sizeof(file), "%s", path);
		*strstr(file, "/unbind") = '\0';
		assert_int_equal(unlink(file), 0);
	} else if (ends(path, "drivers/pciback/bind")) {
		bind(text);
	} else {
		fail_msg("%s", path);
	}
	return 0;
}

/* The module finds the devices that are for it. */
static int load(struct err *e)
{
	static const char *const devices[] = {NIC_A, NIC_B, CARD ".0", CARD ".1"};

	loads++;
	if (module == BROKEN_MODULE)
		return err_set(e, "cannot load module x.ko: broken");
	if (module == NO_MODULE)
		return 0;
	sysfs_mkdir(root, "sys/bus/pci/drivers/pciback");
	for (unsigned i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		bind(devices[i]);
	return 0;
}

static void begin(const char *name)
{
	snprintf(root, sizeof(root), "%s", kit_path(name));
	sysfs_device(root, HOST, "0x8086", "0x29c0", "0x060000");
	sysfs_device(root, NIC_A, "0x8086", "0x100e", "0x020000");
	sysfs_device(root, NIC_B, "0x8086", "0x100e", "0x020000");
	sysfs_device(root, BRIDGE, "0x1b36", "0x000c", "0x060400");
	sysfs_device(root, ISA, "0x8086", "0x2918", "0x060100");
	sysfs_device(root, SATA, "0x8086", "0x2922", "0x010601");
	sysfs_device(root, CARD ".0", "0x10de", "0x1111", "0x030000");
	sysfs_device(root, CARD ".1", "0x10de", "0x2222", "0x040300");
	sysfs_slot(root, "4", CARD);
	sysfs_mkdir(root, "sys/class/block");
	dom0 = (struct pci_dom0){NULL};
	refuses = ignores = takes = NULL;
	module = MODULE;
	loads = 0;
}

/* Hides what the words name, each of which is said in column 1, 2 ...; all that is said has to be
 * `want`. Returns what pci_hide does. */
static size_t hides(const char *words, const char *want)
{
	const struct pci_hiding how = {.sysroot = root, .dom0 = &dom0, kernel, load};
	struct pci_wish list[8];
	char copy[256], *rest = copy, *word, *said = NULL;
	size_t n = 0, errors, size;
	struct err e;
	FILE *f = open_memstream(&said, &size);

	snprintf(copy, sizeof(copy), "%s", words);
	for (; (word = strsep(&rest, " ")); n++) {
		KIT_CHECK(pci_spec_parse(word, &list[n].spec, &e) == 0, "%s", e.msg);
		list[n].loc = (struct loc){"line", 1, (unsigned)n + 1};
	}
	written[0] = '\0';
	d = (struct diag){0};
	errors = pci_hide(&how, list, n, &d);
	assert_int_equal(errors, diag_count(&d));
	diag_print(&d, DIAG_ALL, f, "");
	fclose(f);
	assert_string_equal(said, want);
	free(said);
	diag_free(&d);
	for (size_t i = 0; i < n; i++)
		pci_spec_free(&list[i].spec);
	return errors;
}

static void check_driver(const char *device, const char *want)
{
	char path[512], target[512];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/%s/driver", root, device);
	n = readlink(path, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	KIT_CHECK(want ? ends(target, want) : n < 0, "%s: %s", device, target);
}

static void check_override(const char *device, const char *want)
{
	char text[64];

	override_of(device, text);
	assert_string_equal(text, want);
}

/* All are kept from dom0's drivers first, and then pciback comes. */
static void test_hide(void **state)
{
	static const char first[] =
		" devices/" NIC_A "/driver_override=pciback devices/" NIC_B
		"/driver_override=pciback devices/" CARD ".0/driver_override=pciback devices/" CARD
		".1/driver_override=pciback drivers/pciback/bind=";

	(void)state;
	begin("hide");
	assert_int_equal(hides("00:05.0 id=8086:100e#2 slot=4",
			       HIDDEN(1, NIC_A) HIDDEN(2, NIC_B) HIDDEN(3, CARD ".0")
				       HIDDEN(3, CARD ".1")),
			 0);
	assert_int_equal(strncmp(written, first, sizeof(first) - 1), 0);
	assert_int_equal(loads, 1);
	check_driver(NIC_A, "pciback");
	check_driver(CARD ".1", "pciback");
	check_driver(SATA, NULL);
	check_override(SATA, "(null)");
	/* Again: they are. */
	assert_int_equal(hides("00:06.0", HIDDEN(1, NIC_B)), 0);
	check_driver(NIC_B, "pciback");
	assert_null(strstr(written, "devices/"));
	/* One that is wanted twice is taken once. */
	assert_int_equal(hides("03:00.* 03:00.1", HIDDEN(1, CARD ".0") HIDDEN(1, CARD ".1")), 0);
	assert_int_equal(hides("1f:00.0", ABSENT(1)), 0);
}

/* Built into the kernel, or loaded before: it has to be told. */
static void test_bind(void **state)
{
	(void)state;
	begin("bind");
	module = NO_MODULE;
	sysfs_mkdir(root, "sys/bus/pci/drivers/pciback");
	assert_int_equal(hides("00:05.0", HIDDEN(1, NIC_A)), 0);
	assert_string_equal(written, " devices/" NIC_A
				     "/driver_override=pciback drivers/pciback/bind=" NIC_A);
	check_driver(NIC_A, "pciback");
}

static void test_has_driver(void **state)
{
	(void)state;
	begin("driver");
	sysfs_driver(root, NIC_A, "e1000");
	assert_int_equal(hides("00:05.0", HAD(1, NIC_A) HIDDEN(1, NIC_A)), 0);
	assert_non_null(strstr(written, "driver_override=pciback devices/" NIC_A
					"/driver/unbind=" NIC_A " "));
	check_driver(NIC_A, "pciback");
}

static void test_refused(void **state)
{
	const char *consoles[] = {"ttyS4"};

	(void)state;
	begin("refused");
	dom0.root = "/dev/disk/by-path/pci-" SATA "-ata-1-part1";
	assert_int_equal(hides("00:1c.0 00:1f.* 00:00.0 00:05.0",
			       NOT(3, HOST) IS_BRIDGE NOT(1, BRIDGE) IS_BRIDGE NOT(2, ISA)
				       IS_BRIDGE NOT(2, SATA) "dom0's root is on it "
							      "(root=/dev/disk/by-path/pci-" SATA
							      "-ata-1-part1)\n" HIDDEN(4, NIC_A)),
			 4);
	check_override(BRIDGE, "(null)");
	check_override(SATA, "(null)");
	check_driver(NIC_A, "pciback");
	/* Its driver keeps it. */
	dom0.root = NULL;
	sysfs_driver(root, SATA, "ahci");
	sysfs_mkdir(root, "sys/class/tty");
	dom0.consoles = consoles;
	dom0.nr_consoles = 1;
	assert_int_equal(symlink("../../devices/pci0000:00/" SATA "/tty/ttyS4",
				 kit_path("refused/sys/class/tty/ttyS4")),
			 0);
	assert_int_equal(hides("00:1f.2", NOT(1, SATA) "dom0's console ttyS4 is on it\n"), 1);
	assert_string_equal(written, "");
	check_driver(SATA, "ahci");
	assert_int_equal(hides("id=8086:100e",
			       AT(1) "2 PCI devices are 8086:100e (" NIC_A ", " NIC_B
				     "): id=8086:100e#1 is the first of them\n"),
			 1);
}

/* What the kernel does not do for one is said, and the others go on. */
static void test_failures(void **state)
{
	(void)state;
	begin("failures");
	refuses = NIC_A "/driver_override";
	sysfs_driver(root, NIC_A, "e1000");
	assert_int_equal(hides("00:05.0 00:06.0",
			       NOT(1, NIC_A) "cannot write its driver_override: Operation not "
					     "permitted\n" HIDDEN(2, NIC_B)),
			 1);
	check_driver(NIC_A, "e1000");
	refuses = "/driver/unbind";
	assert_int_equal(hides("00:05.0", NOT(1, NIC_A) "cannot take it from dom0's driver e1000: "
							"Operation not permitted\n"),
			 1);
	/* Another driver takes it. */
	refuses = NULL;
	takes = "nosy";
	assert_int_equal(
		hides("00:05.0", HAD(1, NIC_A) NOT(1, NIC_A) "dom0's driver nosy has it\n"), 1);
	takes = NULL;
	module = NO_MODULE;
	refuses = "/bind";
	assert_int_equal(hides("03:00.0", NOT(1, CARD ".0") "pciback does not take it: Operation "
							    "not permitted " KEPT),
			 1);
	check_override(CARD ".0", "pciback");
	refuses = NULL;
	ignores = "/bind";
	assert_int_equal(hides("03:00.0",
			       NOT(1, CARD ".0") "pciback does not take it: it is not bound " KEPT),
			 1);
}

/* Without pciback no driver has them all the same. */
static void test_no_pciback(void **state)
{
	static const char want[] = AT(1) "no guest can have the hidden PCI devices (dom0's drivers "
					 "are kept from them all the same): no xen-pciback: ";
	char text[512];

	(void)state;
	begin("none");
	module = NO_MODULE;
	snprintf(text, sizeof(text), "%sit is neither in dom0's kernel nor in this initramfs\n",
		 want);
	assert_int_equal(hides("00:05.0 00:06.0", text), 1);
	check_override(NIC_A, "pciback");
	check_override(NIC_B, "pciback");
	check_driver(NIC_A, NULL);
	module = BROKEN_MODULE;
	snprintf(text, sizeof(text), "%scannot load module x.ko: broken\n", want);
	assert_int_equal(hides("00:05.0", text), 1);
	assert_int_equal(loads, 2);
	/* Where nothing is hidden it is not loaded. */
	assert_int_equal(hides("1f:00.0", ABSENT(1)), 0);
	assert_int_equal(loads, 2);
}

static void test_no_bus(void **state)
{
	const struct pci_hiding how = {.sysroot = "/nowhere", .dom0 = &dom0, kernel, load};
	struct pci_wish w = {.loc = {"line", 1, 1}};
	struct err e;

	(void)state;
	begin("bus");
	d = (struct diag){0};
	assert_int_equal(pci_hide(&how, NULL, 0, &d), 0);
	assert_int_equal(pci_spec_parse("00:05.0", &w.spec, &e), 0);
	assert_int_equal(pci_hide(&how, &w, 1, &d), 1);
	assert_string_equal(d.msgs[0].text,
			    "no PCI device is hidden: cannot read /nowhere/sys/bus/pci/devices: "
			    "No such file or directory");
	diag_free(&d);
	pci_spec_free(&w.spec);
}

/* Returns whether it came to the failure. */
static bool fail_one(const struct pci_hiding *how, const struct pci_wish *w,
		     const struct fake_syscall *s, unsigned n)
{
	static unsigned turn;
	char name[32];
	bool failed;

	snprintf(name, sizeof(name), "call%u", turn++);
	begin(name);
	d = (struct diag){0};
	fake_syscalls_begin();
	fake_syscall_fails(s, n, EIO);
	pci_hide(how, w, 1, &d);
	fake_syscalls_end();
	failed = fake_syscall_failed();
	KIT_CHECK(!failed || diag_count(&d), "%s: call %u", s->name, n);
	diag_free(&d);
	return failed;
}

/* Short of memory, or with a sysfs that can't be read, it is not said that the device is hidden
 * unless it is. */
static void test_any_failure(void **state)
{
	const struct pci_hiding how = {.sysroot = root, .dom0 = &dom0, kernel, load};
	struct pci_wish w = {.loc = {"line", 1, 1}};
	const struct fake_syscall *s;
	unsigned failed = 0;
	struct err e;

	(void)state;
	assert_int_equal(pci_spec_parse("00:05.0", &w.spec, &e), 0);
	for (unsigned n = 1;; n++) {
		char name[32];
		bool over;

		snprintf(name, sizeof(name), "memory%u", n);
		begin(name);
		d = (struct diag){0};
		fake_alloc_fail_at(n);
		pci_hide(&how, &w, 1, &d);
		over = !fake_alloc_failed();
		fake_alloc_fail_at(0);
		if (!diag_count(&d))
			check_driver(NIC_A, "pciback");
		assert_true(over || diag_count(&d) + d.notes_lost >= 1);
		diag_free(&d);
		if (over)
			break;
	}
	begin("calls");
	fake_syscalls_begin();
	assert_int_equal(hides("00:05.0", HIDDEN(1, NIC_A)), 0);
	fake_syscalls_end();
	for (unsigned k = 0; (s = fake_syscalls(k)); k++) {
		for (unsigned n = 1; fail_one(&how, &w, s, n); n++)
			failed++;
	}
	/* Two directories, two files of dom0's consoles, and those of eight devices. */
	assert_true(failed >= 28);
	pci_spec_free(&w.spec);
}

static void test_write(void **state)
{
	char path[512], text[64];
	const struct fake_syscall *s;

	(void)state;
	begin("write");
	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/" NIC_A "/driver_override", root);
	fake_syscalls_begin();
	assert_int_equal(pci_write(path, "pciback"), 0);
	fake_syscalls_end();
	override_of(NIC_A, text);
	assert_int_equal(strncmp(text, "pciback", 7), 0);
	for (unsigned k = 0; (s = fake_syscalls(k)); k++) {
		fake_syscalls_begin();
		fake_syscall_fails(s, 1, EPERM);
		errno = 0;
		if (pci_write(path, "pciback") < 0)
			assert_int_equal(errno, EPERM);
		else
			assert_false(fake_syscall_failed());
		fake_syscalls_end();
	}
	assert_int_equal(pci_write("/nowhere/at/all", "x"), -1);
	assert_int_equal(errno, ENOENT);
	/* A file that is not there is not made. */
	snprintf(path, sizeof(path), "%s/new", root);
	assert_int_equal(pci_write(path, "x"), -1);
	assert_int_equal(errno, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hide),       cmocka_unit_test(test_bind),
		cmocka_unit_test(test_has_driver), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_failures),   cmocka_unit_test(test_no_pciback),
		cmocka_unit_test(test_no_bus),     cmocka_unit_test(test_any_failure),
		cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
