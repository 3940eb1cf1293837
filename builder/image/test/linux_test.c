/* Linux guests: the command line, and whether kernel and memory fit what is wanted. */
#include "builder/fake/kit.h"

#include <elf.h>

#include "builder/image/direct.h"
#include "builder/image/image_type.h"

static struct guest_config cfg;

static void composes(const char *want)
{
	struct err e;
	char *s = image_linux.cmdline(&cfg, &e);

	KIT_CHECK(s, "%s", e.msg);
	assert_string_equal(s, want);
	free(s);
}

static void test_cmdline(void **state)
{
	static char empty[] = "", ip[] = "10.0.0.2", root[] = "/dev/xvda1 ro",
		    extra[] = "console=hvc0 quiet", whole[] = "a b  c";

	(void)state;
	cfg = kit_config("web", GUEST_PV);
	composes("");
	cfg.extra = extra;
	composes("console=hvc0 quiet");
	cfg.root = root;
	composes("root=/dev/xvda1 ro console=hvc0 quiet");
	cfg.ip = ip;
	composes("ip=10.0.0.2 root=/dev/xvda1 ro console=hvc0 quiet");
	cfg.root = NULL;
	composes("ip=10.0.0.2 console=hvc0 quiet");
	cfg.root = cfg.ip = cfg.extra = empty; /* as good as not given */
	composes("");
	cfg = kit_config("web", GUEST_PV);
	cfg.cmdline = whole; /* as it stands */
	composes("a b  c");
}

static void limit(enum guest_type type, size_t max)
{
	char text[4096], msg[128];
	struct err e;
	char *s;

	cfg = kit_config("web", type);
	memset(text, 'x', sizeof(text));
	cfg.ip = text;
	text[max - 3] = '\0'; /* with "ip=": as long as it may be */
	s = image_linux.cmdline(&cfg, &e);
	KIT_CHECK(s, "%s", e.msg);
	assert_int_equal(strlen(s), max);
	free(s);
	text[max - 3] = 'x';
	text[max - 2] = '\0';
	e.msg[0] = '\0';
	assert_null(image_linux.cmdline(&cfg, &e));
	snprintf(msg, sizeof(msg), "the command line has %zu characters, a %s guest's can have %zu",
		 max + 1, guest_type_name(type), max);
	assert_string_equal(e.msg, msg);
}

static void test_cmdline_limits(void **state)
{
	struct err e;

	(void)state;
	limit(GUEST_PV, 1023);
	limit(GUEST_PVH, 2047);
	cfg = kit_config("web", GUEST_PV);
	fake_alloc_fail_at(1);
	assert_null(image_linux.cmdline(&cfg, &e));
	fake_alloc_fail_at(0);
	assert_string_equal(e.msg, "out of memory");
}

/* A kernel from 16 MiB on with `kib` KiB, mapped at 2 GiB below the top. */
static struct kernel_facts kernel(bool pv, bool pvh, uint64_t kib)
{
	struct kernel_facts k = {.format = KERNEL_ELF};

	k.info.bits = 64;
	k.info.pstart = 16 << 20;
	k.info.pend = k.info.pstart + kib * 1024;
	k.info.vstart = 0xffffffff81000000;
	k.info.vend = k.info.vstart + kib * 1024;
	k.info.has_notes = true;
	if (pv) {
		strcpy(k.info.guest_os, "linux");
		strcpy(k.info.xen_version, "xen-3.0");
		k.info.virt_base = 0xffffffff80000000;
		k.info.xen_entry = k.info.vstart;
		k.info.xen |= ELF_XEN_VIRT_BASE | ELF_XEN_ENTRY;
	}
	if (pvh) {
		k.info.phys32_entry = 16 << 20;
		k.info.xen |= ELF_XEN_PHYS32_ENTRY;
	}
	return k;
}

static void refuses(const struct kernel_facts *k, size_t ramdisk, const char *msg)
{
	struct err e = {.msg = "accepted"};

	assert_true(image_linux.check_kernel(&cfg, k, &e) < 0 ||
		    image_linux.check_memory(&cfg, k, ramdisk, &e) < 0);
	assert_string_equal(e.msg, msg);
}

static void test_entry(void **state)
{
	static char path[] = "/boot/k";
	struct kernel_facts none = kernel(false, false, 64), pvh = kernel(false, true, 64);
	struct kernel_facts pv = kernel(true, false, 64);
	struct err e;

	(void)state;
	cfg = kit_config("web", GUEST_PVH);
	cfg.kernel = path;
	refuses(&none, 0,
		"kernel /boot/k is not built for Xen: it has neither a PV nor a PVH entry");
	assert_int_equal(image_linux.check_kernel(&cfg, &pvh, &e), 0);
	cfg.type = GUEST_PV;
	refuses(&none, 0,
		"kernel /boot/k is not built for Xen: it has neither a PV nor a PVH entry");
	refuses(&pvh, 0,
		"kernel /boot/k has no PV entry, only a PVH one: type = \"pvh\" would fit");
	assert_int_equal(image_linux.check_kernel(&cfg, &pv, &e), 0);
	cfg.type = GUEST_PVH;
	refuses(&pv, 0, "kernel /boot/k has no PVH entry, only a PV one: type = \"pv\" would fit");
}

/* A kernel that can be neither says why, and so does the only type that it would fit. */
static void test_why_not(void **state)
{
	static char path[] = "/boot/k";
	struct kernel_facts k = kernel(true, false, 64);

	(void)state;
	cfg = kit_config("web", GUEST_PV);
	cfg.kernel = path;
	strcpy(k.info.xen_version, "2.0");
	refuses(&k, 0,
		"kernel /boot/k is for Xen 2 (\"2.0\"), whose interface ended with it: Xen loads "
		"only kernels for xen-3.0");
	cfg.type = GUEST_PVH;
	refuses(&k, 0,
		"kernel /boot/k is for Xen 2 (\"2.0\"), whose interface ended with it: Xen loads "
		"only kernels for xen-3.0");
	k = kernel(false, false, 64);
	k.info.has_notes = false;
	k.info.solo5 = ELF_SOLO5_HVT;
	refuses(&k, 0,
		"kernel /boot/k is a Solo5 unikernel for hvt: build it for xen (mirage configure "
		"-t xen), and give it type = \"pvh\"");
}

/* One type after the other would be tried in vain. */
static void test_no_pae(void **state)
{
	static const enum guest_type types[] = {GUEST_PV, GUEST_PVH};
	static char path[] = "/boot/k";
	struct kernel_facts k = kernel(true, false, 64);
	struct err e;

	(void)state;
	k.info.machine = EM_386;
	for (size_t i = 0; i < 2; i++) {
		cfg = kit_config("web", types[i]);
		cfg.kernel = path;
		strcpy(k.info.pae, "no");
		refuses(&k, 0,
			"kernel /boot/k is a 32-bit pv kernel without PAE (PAE=no), which no "
			"hypervisor of today runs: it has to be built with PAE");
		k.info.pae[0] = '\0';
		refuses(&k, 0,
			"kernel /boot/k is a 32-bit pv kernel without PAE (it states nothing of "
			"it), which no hypervisor of today runs: it has to be built with PAE");
	}
	strcpy(k.info.pae, "yes");
	cfg.type = GUEST_PV;
	assert_int_equal(image_linux.check_kernel(&cfg, &k, &e), 0);
}

static void notes(const struct kernel_facts *k, const char *want)
{
	char buf[KERNEL_NOTE_MAX] = "?";

	assert_string_equal(direct_note(&cfg, k, buf), want);
}

static void test_uki_note(void **state)
{
	static char path[] = "/boot/i";
	struct kernel_facts k = kernel(true, false, 64);

	(void)state;
	cfg = kit_config("web", GUEST_PV);
	notes(&k, "");
	k.uki.parts[UKI_LINUX].size = 1;
	notes(&k, "is a UKI, of which only the section .linux is used");
	k.uki.parts[UKI_CMDLINE].size = 1;
	notes(&k, "is a UKI, of which only the section .linux is used, not .cmdline");
	k.uki.parts[UKI_INITRD].size = 1;
	notes(&k, "is a UKI, of which only the section .linux is used, not .initrd and .cmdline: "
		  "the guest has no ramdisk");
	cfg.ramdisk = path;
	notes(&k, "is a UKI, of which only the section .linux is used, not .initrd and .cmdline");
	k.uki.parts[UKI_CMDLINE].size = 0;
	notes(&k, "is a UKI, of which only the section .linux is used, not .initrd");
}

/* What a kernel says of its addresses may be anything. */
static void test_endless_kernel(void **state)
{
	struct kernel_facts k = kernel(true, false, 64);
	struct err e;

	(void)state;
	cfg = kit_config("web", GUEST_PV);
	k.info.virt_base = 0;
	k.info.vend = UINT64_MAX;
	assert_int_equal(image_linux.check_memory(&cfg, &k, 0, &e), -1);
	assert_string_equal(e.msg,
			    "memory = 64 MiB is too little: kernel 18014398509481984 KiB, ramdisk "
			    "0 KiB and start-up tables take 17592186044421 MiB");
}

/* The least memory that is taken, to the MiB, and the message one MiB below. */
static void test_memory(void **state)
{
	struct kernel_facts pvh = kernel(false, true, 30 * 1024);
	struct err e;

	(void)state;
	cfg = kit_config("web", GUEST_PVH);
	/* 16 + 30 MiB of kernel, 9 MiB and a byte of ramdisk, 4 MiB of others */
	cfg.memory_kib = 60 * 1024;
	KIT_CHECK(image_linux.check_memory(&cfg, &pvh, (9 << 20) + 1, &e) == 0, "%s", e.msg);
	cfg.memory_kib = 59 * 1024;
	KIT_CHECK(image_linux.check_memory(&cfg, &pvh, 9 << 20, &e) == 0, "%s", e.msg);
	refuses(&pvh, (9 << 20) + 1,
		"memory = 59 MiB is too little: kernel 47104 KiB, ramdisk 9217 KiB and start-up "
		"tables take 60 MiB");
	/* Nothing wraps. */
	refuses(&pvh, (size_t)1 << 62,
		"memory = 59 MiB is too little: kernel 47104 KiB, ramdisk 4503599627370496 KiB "
		"and start-up tables take 4398046511154 MiB");
}

static void test_types(void **state)
{
	const struct image_type *t;

	(void)state;
	assert_ptr_equal(image_type_find("linux"), &image_linux);
	assert_null(image_type_find("linu"));
	assert_null(image_type_find(""));
	assert_null(image_type_find("Linux"));
	assert_ptr_equal(image_type_find("plan9"), &image_plan9);
	assert_ptr_equal(image_type_find("vmx"), &image_vmx);
	assert_ptr_equal(image_type_at(0), &image_linux);
	assert_null(image_type_at(SIZE_MAX));
	for (size_t i = 0; (t = image_type_at(i)); i++) {
		assert_ptr_equal(image_type_find(t->name), t);
		assert_true(t->nr_types >= 1 && t->nr_types <= IMAGE_TYPES_MAX);
		assert_true(t->cmdline && t->check_kernel && t->check_memory);
		assert_int_equal(t->cmdline_lines, !strcmp(t->name, "plan9"));
	}
	assert_int_equal(image_linux.kernel_use(&cfg), KERNEL_LOADED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cmdline),  cmocka_unit_test(test_cmdline_limits),
		cmocka_unit_test(test_entry),    cmocka_unit_test(test_endless_kernel),
		cmocka_unit_test(test_memory),   cmocka_unit_test(test_types),
		cmocka_unit_test(test_why_not),  cmocka_unit_test(test_no_pae),
		cmocka_unit_test(test_uki_note),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
