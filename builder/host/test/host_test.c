/* The host: each way in which it can be unfit, with its message. */
#include "builder/fake/kit.h"
#include "builder/host/free_memory.h"
#include "builder/host/release.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xen-version.h>

static char root[256];

static void tree(const char *type, const char *features, bool privcmd, bool evtchn)
{
	static const char *const dirs[] = {
		"r",     "r/sys",    "r/sys/hypervisor", "r/sys/hypervisor/properties",
		"r/dev", "r/dev/xen"};

	for (unsigned i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		mkdir(kit_path(dirs[i]), 0700);
	unlink(kit_path("r/sys/hypervisor/type"));
	unlink(kit_path("r/sys/hypervisor/properties/features"));
	unlink(kit_path("r/dev/xen/privcmd"));
	unlink(kit_path("r/dev/xen/evtchn"));
	if (type)
		kit_text("r/sys/hypervisor/type", type);
	if (features)
		kit_text("r/sys/hypervisor/properties/features", features);
	if (privcmd)
		kit_text("r/dev/xen/privcmd", "");
	if (evtchn)
		kit_text("r/dev/xen/evtchn", "");
	snprintf(root, sizeof(root), "%s", kit_path("r"));
}

static void refused(const char *msg)
{
	struct err e = {.msg = "accepted"};

	assert_int_equal(host_probe(root, &e), -1);
	assert_string_equal(e.msg, msg);
}

/* A dom0's features: Debian 12's, XENFEAT_dom0 (bit 11) among them. */
#define DOM0 "00002fe7\n"
#define DOMU "000027e7\n"

static void test_probe(void **state)
{
	struct err e;

	(void)state;
	snprintf(root, sizeof(root), "%s", kit_path("nowhere"));
	refused("not running on Xen");
	tree(NULL, NULL, false, false);
	refused("not running on Xen");
	tree("kvm\n", DOM0, true, true);
	refused("not running on Xen");
	tree("", DOM0, true, true);
	refused("not running on Xen");
	tree("xen\n", DOMU, true, true);
	refused("not running in dom0: only the initial domain may build guests");
	tree("xen\n", "", true, true);
	refused("not running in dom0: only the initial domain may build guests");
	tree("xen\n", NULL, true, true);
	refused("cannot read /sys/hypervisor/properties/features: No such file or directory");
	tree("xen\n", DOM0, false, true);
	refused("/dev/xen/privcmd is missing: load the kernel module xen-privcmd");
	tree("xen\n", DOM0, true, false);
	refused("/dev/xen/evtchn is missing: load the kernel module xen-evtchn");
	tree("xen\n", DOM0, false, false);
	refused("/dev/xen/privcmd is missing: load the kernel module xen-privcmd");
	assert_int_equal(symlink("privcmd", kit_path("r/dev/xen/privcmd")), 0);
	{
		char msg[128];

		snprintf(msg, sizeof(msg), "cannot use /dev/xen/privcmd: %s", strerror(ELOOP));
		refused(msg);
	}
	tree("xen\n", DOM0, true, true);
	KIT_CHECK(host_probe(root, &e) == 0, "%s", e.msg);
	tree("xen", "00000800", true, true); /* no newlines, dom0's bit alone */
	KIT_CHECK(host_probe(root, &e) == 0, "%s", e.msg);
}

static void cannot_open(const char *msg)
{
	struct host h;
	struct err e = {.msg = "opened"};

	assert_int_equal(host_open(&h, false, &e), -1);
	assert_string_equal(e.msg, msg);
	kit_nothing_held(true);
}

#define BUILT "earlydom was built with the libraries of Xen " XEN_LIBS_VERSION "; build"

static void test_versions(void **state)
{
	static const struct {
		int version;
		const char *msg;
	} cases[] = {
		{4 << 16 | 16, "Xen 4.16 is too old: " BUILT
			       " it with XEN_SRC= set to a source tree of Xen 4.16"},
		{3 << 16 | 99, "Xen 3.99 is too old: " BUILT
			       " it with XEN_SRC= set to a source tree of Xen 3.99"},
		{4 << 16 | 99, "Xen 4.99 is too new: " BUILT
			       " it with XEN_SRC= set to a source tree of Xen 4.99"},
		{4 << 16 | XEN_LIBS_MINOR,
		 "Xen " XEN_LIBS_VERSION " has another control interface: " BUILT
		 " it with XEN_SRC= set to a source tree of Xen " XEN_LIBS_VERSION},
	};
	char msg[256];

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* The two interfaces have versions of their own: either can be the wrong one. */
		fake_reset();
		fake_host()->version = cases[i].version;
		fake_host()->no_sysctl = true;
		cannot_open(cases[i].msg);
		fake_reset();
		fake_host()->version = cases[i].version;
		fake_host()->no_domctl = true;
		cannot_open(cases[i].msg);
	}
	/* Those that are there are named. */
	fake_reset();
	fake_host()->version = 4 << 16 | 99;
	fake_host()->no_sysctl = true;
	assert_int_equal(system("mkdir -p " RELEASES "/xen-4.18 && cd " RELEASES "/xen-4.18 && "
				": >earlydom && chmod 700 earlydom"),
			 0);
	snprintf(msg, sizeof(msg),
		 "Xen 4.99 is too new: earlydom was built with the libraries of Xen %s, others are "
		 "there for 4.18; build it with XEN_SRC= set to a source tree of Xen 4.99",
		 XEN_LIBS_VERSION);
	cannot_open(msg);
	assert_int_equal(system("rm -r " RELEASES), 0);
	fake_fail_call("xc_version", 1, EPERM);
	snprintf(msg, sizeof(msg), "cannot ask the hypervisor for its version: %s",
		 strerror(EPERM));
	cannot_open(msg);
}

static void test_open_fails(void **state)
{
	static const char *const texts[] = {
		"cannot open the hypervisor interface /dev/xen/privcmd",
		"cannot ask the hypervisor about the host",
		"cannot ask the hypervisor about dom0",
		"cannot ask the hypervisor for its capabilities",
	};
	char msg[256];

	(void)state;
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		fake_reset();
		fake_fail_at(i + 1, EPERM);
		snprintf(msg, sizeof(msg), "%s: %s", texts[i], strerror(EPERM));
		cannot_open(msg);
	}
}

static void test_figures(void **state)
{
	struct host h;
	struct err e;
	uint64_t kib;
	char msg[256];

	(void)state;
	fake_reset();
	fake_host()->nr_cpus = 12;
	fake_host()->offline_cpus = 3;
	KIT_CHECK(host_open(&h, false, &e) == 0, "%s", e.msg);
	assert_int_equal(h.nr_cpus, 12);
	assert_true(h.physcaps & XEN_SYSCTL_PHYSCAP_hap);
	assert_non_null(strstr(h.caps, "hvm-3.0-x86_64"));

	fake_host()->free_kib = 5 << 20;
	assert_int_equal(free_memory(h.xch, &h.log, &kib, &e), 0);
	assert_true(kib == 5 << 20);
	fake_host()->claimed_kib = 1 << 20;
	assert_int_equal(free_memory(h.xch, &h.log, &kib, &e), 0);
	assert_true(kib == 4 << 20);
	fake_host()->claimed_kib = 6 << 20; /* more is claimed than there is */
	assert_int_equal(free_memory(h.xch, &h.log, &kib, &e), 0);
	assert_true(kib == 0);
	fake_fail_at(1, EIO);
	assert_int_equal(free_memory(h.xch, &h.log, &kib, &e), -1);
	snprintf(msg, sizeof(msg), "cannot ask the hypervisor for its free memory: %s",
		 strerror(EIO));
	assert_string_equal(e.msg, msg);
	host_close(&h);
	host_close(&h);
	kit_nothing_held(true);
}

static void say(xentoollog_logger *l, xentoollog_level level, int errnum, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	l->vmessage(l, level, errnum, "xc", fmt, ap);
	va_end(ap);
}

/* What the libraries say is the cause, without the place in their source; the first error counts.
 */
static void test_causes(void **state)
{
	struct host h;
	struct err e;
	char *long_text;
	char msg[256];

	(void)state;
	fake_reset();
	KIT_CHECK(host_open(&h, false, &e) == 0, "%s", e.msg);
	say(&h.log.vtable, XTL_DETAIL, -1, "no error");
	say(&h.log.vtable, XTL_ERROR, -1,
	    "panic: xg_dom_core.c:707: xc_dom_find_loader: no loader\n");
	say(&h.log.vtable, XTL_ERROR, -1, "another");
	errno = EIO;
	assert_int_equal(host_error(&h, &e, "cannot use kernel %s", "/k"), -1);
	assert_string_equal(e.msg, "cannot use kernel /k: xc_dom_find_loader: no loader");
	/* It is said once. */
	errno = EIO;
	host_error(&h, &e, "cannot");
	snprintf(msg, sizeof(msg), "cannot: %s", strerror(EIO));
	assert_string_equal(e.msg, msg);
	say(&h.log.vtable, XTL_ERROR, ENOMEM, "mmap failed");
	host_error(&h, &e, "cannot");
	snprintf(msg, sizeof(msg), "cannot: mmap failed: %s", strerror(ENOMEM));
	assert_string_equal(e.msg, msg);

	long_text = malloc(2000);
	assert_non_null(long_text);
	memset(long_text, 'l', 1999);
	long_text[1999] = '\0';
	say(&h.log.vtable, XTL_ERROR, -1, "%s", long_text);
	host_error(&h, &e, "%s", long_text);
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
	free(long_text);
	host_close(&h);
}

/* The programs are looked for below the test's own directory. */
static int begin(void **state)
{
	return kit_begin(state) < 0 || chdir(kit_path("")) < 0 ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_probe),      cmocka_unit_test(test_versions),
		cmocka_unit_test(test_open_fails), cmocka_unit_test(test_figures),
		cmocka_unit_test(test_causes),
	};

	return cmocka_run_group_tests(tests, begin, kit_end);
}
