/* vmx guests: the command line, which kernels can be started by whom, and whether memory fits. */
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <unistd.h>

#include "loaders/test/elf_build.h"
#include "builder/image/image_type.h"
#include "builder/image/vmx.h"

static struct guest_config cfg;

static void begin(enum device_model_protocol protocol)
{
	static char path[] = "/boot/k";

	cfg = kit_config("web", GUEST_HVM);
	cfg.model_protocol = protocol;
	cfg.kernel = path;
	cfg.videoram_kib = protocol == MODEL_QEMU ? 8 * 1024 : 0;
}

static void composes(const char *extra, const char *want)
{
	char buf[256];
	struct err e;
	char *s;

	snprintf(buf, sizeof(buf), "%s", extra ? extra : "");
	cfg.extra = extra ? buf : NULL;
	s = image_vmx.cmdline(&cfg, &e);
	KIT_CHECK(s, "%s", e.msg);
	assert_string_equal(s, want);
	free(s);
	cfg.extra = NULL;
}

static void test_cmdline(void **state)
{
	static char ip[] = "dhcp", root[] = "/dev/xvda", whole[] = "a VNC_VIEWER=b  c";

	(void)state;
	begin(MODEL_QEMU);
	composes(NULL, "");
	composes("console=hvc0 VNC_VIEWER=x:1", "console=hvc0 VNC_VIEWER=x:1");
	begin(MODEL_CLASSIC);
	composes(NULL, "");
	composes("console=hvc0", "console=hvc0");
	composes("VNC_VIEWER=x:1", "");
	composes("VNC_VIEWER=x:1 quiet", "quiet");
	composes("quiet VNC_VIEWER=x:1", "quiet");
	composes("a  VNC_VIEWER=x:1  b c", "a  b c");
	composes("quiet\tVNC_VIEWER=x:1\tb", "quiet\tb");
	composes("NO_VNC_VIEWER=1 a", "NO_VNC_VIEWER=1 a");
	cfg.ip = ip;
	cfg.root = root;
	composes("quiet VNC_VIEWER=x:1", "ip=dhcp root=/dev/xvda quiet");
	composes("VNC_VIEWER=x:1", "ip=dhcp root=/dev/xvda");
	cfg.ip = cfg.root = NULL;
	cfg.cmdline = whole; /* as it stands */
	composes(NULL, "a VNC_VIEWER=b  c");
}

static void test_cmdline_fails(void **state)
{
	static char extra[4096];
	struct err e;

	(void)state;
	memset(extra, 'x', 2048);
	for (int protocol = MODEL_QEMU; protocol <= MODEL_CLASSIC; protocol++) {
		begin((enum device_model_protocol)protocol);
		cfg.extra = extra;
		e.msg[0] = '\0';
		assert_null(image_vmx.cmdline(&cfg, &e));
		assert_string_equal(e.msg,
				    "the command line has 2048 characters, a hvm guest's can have "
				    "2047");
	}
	/* What is for the device model does not count. */
	strcpy(extra + 2047, " VNC_VIEWER=x:1");
	free(image_vmx.cmdline(&cfg, &e));
	for (unsigned i = 1; i <= 2; i++) {
		fake_alloc_fail_at(i);
		e.msg[0] = '\0';
		assert_null(image_vmx.cmdline(&cfg, &e));
		fake_alloc_fail_at(0);
		assert_string_equal(e.msg, "out of memory");
	}
}

static void viewer(const char *text, const char *want)
{
	size_t len = 99;
	const char *v = vmx_vnc_viewer(text, &len);

	if (!want) {
		assert_null(v);
		return;
	}
	assert_non_null(v);
	assert_int_equal(len, strlen(want));
	assert_memory_equal(v, want, len);
}

static void test_viewer(void **state)
{
	(void)state;
	viewer(NULL, NULL);
	viewer("", NULL);
	viewer("quiet", NULL);
	viewer("VNC_VIEWER", NULL);
	viewer("xVNC_VIEWER=a", NULL);
	viewer("VNC_VIEWER=", "");
	viewer("VNC_VIEWER= a", "");
	viewer("VNC_VIEWER=host:1", "host:1");
	viewer("a xVNC_VIEWER=b VNC_VIEWER=host:1=2 c", "host:1=2");
	viewer("VNC_VIEWER=a VNC_VIEWER=b", "a");
	viewer("\tquiet \tVNC_VIEWER=a\tb", "a");
}

static void test_kernel_use(void **state)
{
	(void)state;
	begin(MODEL_CLASSIC);
	assert_int_equal(image_vmx.kernel_use(&cfg), KERNEL_LOADED);
	begin(MODEL_QEMU);
	assert_int_equal(image_vmx.kernel_use(&cfg), KERNEL_HANDED_ON);
	cfg.kernel = NULL;
	assert_int_equal(image_vmx.kernel_use(&cfg), KERNEL_NONE);
}

static void test_classic_kernel(void **state)
{
	struct kernel_facts k = {.format = KERNEL_ELF};
	struct err e = {.msg = "accepted"};

	(void)state;
	begin(MODEL_CLASSIC);
	assert_int_equal(image_vmx.check_kernel(&cfg, &k, &e), -1);
	assert_string_equal(e.msg, "kernel /boot/k has no PVH entry, at which "
				   "device_model_protocol = \"classic\" starts it");
	k.info.has_notes = true;
	k.info.phys32_entry = 16 << 20;
	k.info.xen |= ELF_XEN_PHYS32_ENTRY;
	assert_int_equal(image_vmx.check_kernel(&cfg, &k, &e), 0);
}

/* What is said of a file that QEMU gets as it is. */
static void handed_on(const void *data, size_t len, const char *msg)
{
	struct err e = {.msg = ""};
	int fd, rc;

	kit_write("handed-on", data, len);
	fd = open(kit_path("handed-on"), O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	rc = image_vmx.check_file(NULL, &cfg, fd, len, &e);
	close(fd);
	assert_string_equal(e.msg, msg);
	assert_int_equal(rc, *msg ? -1 : 0);
}

static void test_qemu_kernel(void **state)
{
	static struct mk m;

	(void)state;
	begin(MODEL_QEMU);
	mk_linux(&m);
	handed_on(m.data, m.len, "");
	handed_on(m.data, 20, "kernel /boot/k: ELF: truncated: 20 bytes, within the header");
	handed_on("MZ", 2,
		  "kernel /boot/k is neither a bzImage nor an ELF file nor a Multiboot kernel: "
		  "QEMU does not start it");
}

static void test_memory(void **state)
{
	struct kernel_facts k = {.format = KERNEL_ELF};
	struct err e = {.msg = ""};

	(void)state;
	begin(MODEL_QEMU);
	cfg.memory_kib = 26 * 1024;
	KIT_CHECK(image_vmx.check_memory(&cfg, NULL, 10 << 20, &e) == 0, "%s", e.msg);
	assert_int_equal(image_vmx.check_memory(&cfg, NULL, (10 << 20) + 1, &e), -1);
	assert_string_equal(e.msg, "memory = 26 MiB is too little: kernel and ramdisk 10241 KiB, "
				   "videoram 8 MiB and the firmware take 27 MiB");
	/* Nothing wraps. */
	assert_int_equal(image_vmx.check_memory(&cfg, NULL, (size_t)1 << 62, &e), -1);

	begin(MODEL_CLASSIC);
	k.info.pend = 46 << 20;
	cfg.memory_kib = 59 * 1024;
	KIT_CHECK(image_vmx.check_memory(&cfg, &k, 9 << 20, &e) == 0, "%s", e.msg);
	assert_int_equal(image_vmx.check_memory(&cfg, &k, (9 << 20) + 1, &e), -1);
	assert_string_equal(e.msg,
			    "memory = 59 MiB is too little: kernel 47104 KiB, ramdisk 9217 KiB and "
			    "start-up tables take 60 MiB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cmdline),        cmocka_unit_test(test_cmdline_fails),
		cmocka_unit_test(test_viewer),         cmocka_unit_test(test_kernel_use),
		cmocka_unit_test(test_classic_kernel), cmocka_unit_test(test_qemu_kernel),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
