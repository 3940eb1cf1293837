/* Plan 9 guests: the command line, and whether kernel and memory fit what is wanted. */
#include "builder/fake/kit.h"

#include "loaders/test/aout_build.h"
#include "loaders/test/elf_build.h"
#include "builder/image/image_type.h"
#include "loaders/kernel.h"

static struct guest_config cfg;

static struct guest_config plan9_config(void)
{
	struct guest_config g = kit_config("glenda", GUEST_PV);

	g.image = (char *)(uintptr_t) "plan9";
	return g;
}

static void composes(const char *want)
{
	struct err e;
	char *s = image_plan9.cmdline(&cfg, &e);

	KIT_CHECK(s, "%s", e.msg);
	assert_string_equal(s, want);
	free(s);
}

static void test_cmdline(void **state)
{
	static char ip[] = "10.0.0.2", root[] = "/dev/sdC0", whole[] = "\nuser=glenda\n",
		    extra[] = "\nuser=glenda\nnobootprompt=tcp\n";

	(void)state;
	cfg = plan9_config();
	composes("ip=dhcp");
	cfg.root = root;
	composes("ip=dhcp root=/dev/sdC0"); /* xend forgot the blank */
	cfg.extra = extra;
	composes("ip=dhcp root=/dev/sdC0 \nuser=glenda\nnobootprompt=tcp\n");
	cfg.ip = ip;
	cfg.root = NULL;
	composes("ip=10.0.0.2 \nuser=glenda\nnobootprompt=tcp\n");
	cfg = plan9_config();
	cfg.cmdline = whole; /* as it stands */
	composes("\nuser=glenda\n");
}

static void test_cmdline_limit(void **state)
{
	char text[1100];
	struct err e;

	(void)state;
	cfg = plan9_config();
	memset(text, '\n', sizeof(text));
	text[1023 - 8] = '\0'; /* with "ip=dhcp " */
	cfg.extra = text;
	free(image_plan9.cmdline(&cfg, &e));
	text[1023 - 8] = '\n';
	text[1023 - 7] = '\0';
	assert_null(image_plan9.cmdline(&cfg, &e));
	assert_string_equal(e.msg,
			    "the command line has 1024 characters, a pv guest's can have 1023");
}

static void opens(const void *data, size_t len, struct kernel_facts *k)
{
	const struct room none = {NULL, 0}; /* nothing is packed */
	struct err e;

	KIT_CHECK(kernel_open(data, len, false, &none, k, &e) == 0, "%s", e.msg);
}

static void judged(const struct image_type *t, const struct kernel_facts *k, const char *msg)
{
	struct err e = {.msg = "good"};

	t->check_kernel(&cfg, k, &e);
	assert_string_equal(e.msg, msg);
}

static void test_kernels(void **state)
{
	static char path[] = "/boot/k";
	struct kernel_facts k;
	struct mk m;
	struct ao a;

	(void)state;
	cfg = plan9_config();
	cfg.kernel = path;
	ao_386(&a);
	opens(a.data, a.len, &k);
	judged(&image_plan9, &k, "good");
	judged(&image_linux, &k, "kernel /boot/k is a Plan 9 a.out: image = \"plan9\" would fit");
	ao_amd64(&a);
	opens(a.data, a.len, &k);
	judged(&image_plan9, &k, "good");
	mk_xenelf(&m, MK_PLAN9);
	opens(m.data, m.len, &k);
	judged(&image_plan9, &k, "good");
	judged(&image_linux, &k, "good");
	mk_xenelf(&m, MK_PLAN9 ",PAE=yes");
	opens(m.data, m.len, &k);
	judged(&image_plan9, &k, "good");
	mk_xenelf(&m, MK_PLAN9 ",PAE=no");
	opens(m.data, m.len, &k);
	judged(&image_plan9, &k,
	       "kernel /boot/k is a 32-bit pv kernel without PAE (PAE=no), which no hypervisor of "
	       "today runs: it has to be built with PAE");
	judged(&image_linux, &k,
	       "kernel /boot/k is a 32-bit pv kernel without PAE (PAE=no), which no hypervisor of "
	       "today runs: it has to be built with PAE");
	mk_xenelf(&m, "LOADER=generic,XEN_VER=xen-2.0,VIRT_BASE=0x80000000,ELF_PADDR_OFFSET=0,"
		      "VIRT_ENTRY=0x80010000");
	opens(m.data, m.len, &k);
	judged(&image_plan9, &k, "kernel /boot/k has no PV entry, at which a plan9 guest starts");
	mk_linux(&m);
	opens(m.data, m.len, &k);
	judged(&image_plan9, &k, "good"); /* of whatever PV kernel */
	k.bzimage.version = 0x20f;
	judged(&image_plan9, &k,
	       "kernel /boot/k is a bzImage, a Linux kernel: image = \"linux\" would fit");
}

static void fits(const struct kernel_facts *k, uint64_t mib, size_t ramdisk, const char *msg)
{
	struct err e = {.msg = "good"};

	cfg.memory_kib = mib * 1024;
	image_plan9.check_memory(&cfg, k, ramdisk, &e);
	assert_string_equal(e.msg, msg);
}

static void test_memory(void **state)
{
	struct kernel_facts k;
	struct ao a;

	(void)state;
	cfg = plan9_config();
	ao_make(&a, 0x80010000, 0);
	opens(a.data, a.len, &k);
	fits(&k, 64, 1 << 20, "good");
	fits(&k, 5, 1 << 20,
	     "memory = 5 MiB is too little: kernel 77 KiB, ramdisk 1024 KiB and start-up tables "
	     "take "
	     "6 MiB");
	fits(&k, 1880, 0, "good");
	fits(&k, 1881, 0,
	     "memory = 1881 MiB is too much: a 32-bit kernel at 0x80000000 has addresses for 1880 "
	     "MiB");
	ao_make(&a, 0xf0100020, 0);
	opens(a.data, a.len, &k);
	fits(&k, 88, 0, "good");
	fits(&k, 89, 0,
	     "memory = 89 MiB is too much: a 32-bit kernel at 0xf0000000 has addresses for 88 MiB");
	ao_make(&a, 0x110000, 0xfffffffff0110000);
	opens(a.data, a.len, &k);
	fits(&k, 4096, 200 << 20, "good");
	fits(&k, 4096, 250 << 20,
	     "kernel, ramdisk and start-up tables take 272 MiB, a kernel at 0xfffffffff0000000 has "
	     "addresses for 255 MiB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cmdline),
		cmocka_unit_test(test_cmdline_limit),
		cmocka_unit_test(test_kernels),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
