/* PCI devices that guests hold, in a tree as sysfs has it, with a kernel that does what is written
 * there. */
#include "sysfs.h"

#include "builder/pci/pci_hold.h"

#define NIC_A  "0000:00:05.0"
#define NIC_B  "0000:00:06.0"
#define BRIDGE "0000:00:1c.0"
#define CARD   "0000:03:00"

static char root[128];
static struct pci_table t;
static bool refuses;

static int kernel(const char *path, const char *text)
{
	char device[16], file[512];

	if (refuses) {
		errno = EPERM;
		return -1;
	}
	if (strstr(path, "/driver_override")) {
		snprintf(device, sizeof(device), "%.12s", strstr(path, "devices/") + 8);
		sysfs_text(root, device, "driver_override", text);
	} else if (strstr(path, "/driver/unbind")) {
		snprintf(file, sizeof(file), "%s", path);
		*strstr(file, "/unbind") = '\0';
		assert_int_equal(unlink(file), 0);
	} else if (strstr(path, "drivers/pciback/bind")) {
		sysfs_driver(root, text, "pciback");
	} else {
		fail_msg("%s", path);
	}
	return 0;
}

static void begin(const char *name)
{
	snprintf(root, sizeof(root), "%s", kit_path(name));
	sysfs_device(root, NIC_A, "0x8086", "0x100e", "0x020000");
	sysfs_device(root, NIC_B, "0x8086", "0x100e", "0x020000");
	sysfs_device(root, BRIDGE, "0x1b36", "0x000c", "0x060400");
	sysfs_device(root, CARD ".0", "0x10de", "0x1111", "0x030000");
	sysfs_device(root, CARD ".1", "0x10de", "0x2222", "0x040300");
	sysfs_mkdir(root, "sys/class/block");
	sysfs_mkdir(root, "sys/bus/pci/drivers/pciback");
	sysfs_driver(root, NIC_A, "pciback");
	sysfs_driver(root, NIC_B, "e1000");
	t = (struct pci_table){.sysroot = root, .write = kernel};
	refuses = false;
}

/* What it holds, as "ADDRESS/SPEC/VDEVFN ", or why it does not. */
static struct pci_assigned *holds(const char *guest, const char *words, const char *want,
				  bool passing)
{
	char copy[256], *rest = copy, *word, text[600] = "", at[PCI_ADDRESS_TEXT];
	struct pci_assigned *v = NULL;
	struct pci_spec specs[4];
	size_t n = 0, nr = 0;
	bool absent = false;
	struct err e = {.msg = ""};

	snprintf(copy, sizeof(copy), "%s", words);
	while ((word = strsep(&rest, " ")))
		KIT_CHECK(pci_spec_parse(word, &specs[n++], &e) == 0, "%s", e.msg);
	if (pci_hold(&t, guest, specs, n, &v, &nr, &absent, &e) < 0 ||
	    pci_take(&t, specs, v, nr, &e) < 0) {
		pci_drop(&t, v);
		v = NULL;
		nr = 0;
		snprintf(text, sizeof(text), "%s%s", absent ? "absent: " : "", e.msg);
		assert_int_equal(e.passing, passing);
	}
	for (size_t i = 0; i < nr; i++)
		sprintf(text + strlen(text), "%s/%u/%x ", pci_address_text(&v[i].at, at), v[i].spec,
			v[i].vdevfn);
	assert_string_equal(text, want);
	for (size_t i = 0; i < n; i++)
		pci_spec_free(&specs[i]);
	if (v)
		assert_false(pci_lost(&t, v, nr));
	return v;
}

static void test_hold(void **state)
{
	struct pci_assigned *a, *b;

	(void)state;
	begin("hold");
	a = holds("web", "00:05.0@6", NIC_A "/0/30 ", false);
	holds("mail", "00:05.0", "PCI device " NIC_A " is held for guest web", true);
	holds("mail", "00:06.0",
	      "PCI device " NIC_B ": dom0's driver e1000 has it, not pciback: "
	      "earlydom.pci.hide=" NIC_B
	      " on dom0's command line keeps it for guests from the start, seize=1 takes it now",
	      false);
	b = holds("mail", "00:06.0,seize=1 03:00.*@8,seize=1",
		  NIC_B "/0/0 " CARD ".0/1/40 " CARD ".1/1/41 ", false);
	/* It stays with pciback. */
	pci_drop(&t, b);
	b = holds("other", "00:06.0", NIC_B "/0/0 ", false);
	pci_drop(&t, a);
	a = holds("mail", "00:05.0", NIC_A "/0/0 ", false);
	pci_drop(&t, a);
	pci_drop(&t, b);
	pci_drop(&t, NULL);
	assert_null(t.list);
}

static void test_refused(void **state)
{
	static const char *console = "ttyS0";
	const struct pci_dom0 dom0 = {.consoles = &console, .nr_consoles = 1};

	(void)state;
	begin("refused");
	holds("web", "00:1f.0", "absent: PCI device 0000:00:1f.0 is not there", false);
	holds("web", "00:1c.0,seize=1",
	      "PCI device " BRIDGE " is a bridge, which no guest can have: name what is behind it",
	      false);
	holds("web", "00:05.0 id=8086:100e#1", "PCI device " NIC_A " is named twice", false);
	/* Nothing is held of what else was named. */
	assert_null(t.list);
	refuses = true;
	holds("web", "00:05.0 00:06.0,seize=1",
	      "PCI device " NIC_B
	      " is not hidden: cannot write its driver_override: Operation not permitted (seize=1)",
	      false);
	assert_null(t.list);
	refuses = false;
	/* dom0's console is on it. */
	t.dom0 = &dom0;
	sysfs_mkdir(root, "sys/class/tty");
	kit_run("ln -s ../../devices/pci0000:00/" NIC_B "/tty/ttyS0 %s/sys/class/tty/ttyS0", root);
	holds("web", "00:06.0,seize=1",
	      "PCI device " NIC_B " is not hidden: dom0's console ttyS0 is on it (seize=1)", false);
	assert_null(t.list);
}

static void test_again(void **state)
{
	const struct pci_assigned one = {.at = {.device = 5}};
	struct pci_assigned *v = malloc(sizeof(*v)), *w = malloc(sizeof(*w));

	(void)state;
	begin("again");
	*v = *w = one;
	assert_int_equal(pci_hold_again(&t, "web", v, 1), 0);
	assert_int_equal(pci_hold_again(&t, "mail", w, 1), -1);
	holds("mail", "00:05.0", "PCI device " NIC_A " is held for guest web", true);
	assert_false(pci_lost(&t, v, 1));
	sysfs_driver(root, NIC_A, "e1000");
	assert_true(pci_lost(&t, v, 1));
	pci_drop(&t, v);
	assert_null(t.list);
}

static void test_memory(void **state)
{
	struct pci_spec spec = {.by = PCI_BY_BDF, .at = {.device = 6}, .seize = PCI_FLAG_ON};
	struct pci_assigned *v = NULL;
	struct err e;
	bool absent;
	size_t nr;
	int rc;

	(void)state;
	for (unsigned n = 1;; n++) {
		begin("memory");
		fake_alloc_fail_at(n);
		rc = pci_hold(&t, "web", &spec, 1, &v, &nr, &absent, &e);
		if (rc == 0)
			rc = pci_take(&t, &spec, v, nr, &e);
		if (!fake_alloc_failed())
			break;
		pci_drop(&t, v);
		v = NULL;
		assert_null(t.list);
		fake_alloc_fail_at(0);
	}
	fake_alloc_fail_at(0);
	assert_int_equal(rc, 0);
	pci_drop(&t, v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hold),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
