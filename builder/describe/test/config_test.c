/*
 * What descriptors mean: every key, every error of a value, and what keys mean together.
 */
#include "config_expect.h"

#include <xen-version.h>

#include "builder/describe/config_keys.h"
#include "builder/describe/config_value.h"
#include "builder/describe/xl_keys.h"

/* Reads LEAST and that into g, without errors; for the caller to free, as c. */
static void reads(const char *text, struct descriptor *c, struct guest_config *g)
{
	char *all = NULL;
	struct diag d = {0};

	assert_true(asprintf(&all, LEAST "\n%s", text) > 0);
	read_text("/etc/earlydom/web.cfg", all, c, g, &d);
	expect_diag(&d, "");
	free(all);
}

static void done(struct descriptor *c, struct guest_config *g)
{
	config_free(g);
	descriptor_free(c);
}

static void test_defaults(void **state)
{
	struct descriptor c;
	struct guest_config g;

	(void)state;
	reads("", &c, &g);
	assert_string_equal(g.name, "web");
	assert_string_equal(g.file, "/etc/earlydom/web.cfg");
	assert_string_equal(g.image, "linux");
	assert_int_equal(g.type, GUEST_PV);
	assert_false(g.has_uuid);
	assert_string_equal(g.kernel, "/boot/k");
	assert_null(g.ramdisk);
	assert_null(g.ip);
	assert_null(g.root);
	assert_null(g.extra);
	assert_null(g.cmdline);
	assert_int_equal(g.memory_kib, 65536);
	assert_int_equal(g.maxmem_kib, 65536);
	assert_int_equal(g.vcpus, 1);
	assert_int_equal(g.maxvcpus, 1);
	assert_int_equal(g.cpus.n, 0);
	assert_int_equal(g.cpu_weight, 0);
	assert_false(g.has_cap);
	assert_int_equal(g.on_poweroff, ACTION_DESTROY);
	assert_int_equal(g.on_reboot, ACTION_RESTART);
	assert_int_equal(g.on_crash, ACTION_DESTROY);
	assert_int_equal(g.profile.n, 0);
	assert_int_equal(g.nr_disks, 0);
	assert_int_equal(g.nr_vifs, 0);
	assert_int_equal(g.device_timeout, 10);
	assert_int_equal(g.after.n, 0);
	assert_null(g.ready);
	assert_int_equal(g.ready_timeout, 60);
	assert_int_equal(g.start_retries, RETRIES_AS_USUAL);
	assert_int_equal(g.console_rate, 256);
	assert_null(g.boot);
	assert_int_equal(g.videoram_kib, 0);
	assert_false(g.acpi || g.apic || g.hpet || g.viridian || g.hap || g.vnc);
	done(&c, &g);
}

/* What stands in for plan9.ini. */
static void test_lines(void **state)
{
	struct descriptor c;
	struct guest_config g;

	(void)state;
	reads("extra = \"\\nuser=glenda\\nnobootprompt=tcp\\n\"\nimage = 'plan9'", &c, &g);
	assert_string_equal(g.image, "plan9");
	assert_int_equal(g.type, GUEST_PV);
	assert_string_equal(g.extra, "\nuser=glenda\nnobootprompt=tcp\n");
	done(&c, &g);
}

static void test_whole_file(void **state)
{
	static const char text[] =
		"# A web server.\n"
		"name    = \"shop\"\n"
		"uuid    = \"01234567-89ab-cdef-FEDC-ba9876543210\"\n"
		"image   = 'linux'; type = 'pvh'\n"
		"ramdisk = '/boot/initrd'\n"
		"ip      = 'dhcp'\n"
		"root    = '/dev/xvda1 ro'\n"
		"extra   = \"console=hvc0 \\\"quiet\\\"\"\n"
		"maxmem  = 0x80\n"
		"vcpus   = 2\n"
		"maxvcpus = 4\n"
		"cpus    = [ '0-3,^1', 2, # two of four\n"
		"          ]\n"
		"cpu_weight = 512; cap = 50\n"
		"on_poweroff = 'preserve'; on_reboot = 'destroy'; on_crash = 'restart'\n"
		"profile = [ 'normal', 'recovery' ]\n"
		"device_timeout = 30; ready_timeout = 3600; start_retries = 7; "
		"console_rate = 0\n"
		"after = [ 'db', 'net-1' ]\n"
		"ready = 'control/feature-poweroff'\n";
	static const uint8_t uuid[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
					 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10};
	struct descriptor c;
	struct guest_config g;

	(void)state;
	reads(text, &c, &g);
	assert_string_equal(g.name, "shop");
	assert_int_equal(g.name_loc.line, 3);
	assert_int_equal(g.name_loc.column, 11);
	assert_true(g.has_uuid);
	assert_memory_equal(g.uuid, uuid, 16);
	assert_int_equal(g.uuid_loc.line, 4);
	assert_int_equal(g.type, GUEST_PVH);
	assert_string_equal(g.ramdisk, "/boot/initrd");
	assert_int_equal(g.ramdisk_loc.line, 6);
	assert_int_equal(g.kernel_loc.line, 1);
	assert_int_equal(g.kernel_loc.column, 10);
	assert_string_equal(g.ip, "dhcp");
	assert_string_equal(g.root, "/dev/xvda1 ro");
	assert_string_equal(g.extra, "console=hvc0 \"quiet\"");
	assert_int_equal(g.cmdline_loc.line, 9);
	assert_int_equal(g.memory_loc.line, 1);
	assert_int_equal(g.memory_kib, 64 * 1024);
	assert_int_equal(g.maxmem_kib, 128 * 1024);
	assert_int_equal(g.vcpus, 2);
	assert_int_equal(g.maxvcpus, 4);
	assert_true(g.cpus_per_vcpu);
	assert_int_equal(g.cpus.n, 2);
	assert_string_equal(g.cpus.v[0], "0-3,^1");
	assert_string_equal(g.cpus.v[1], "2");
	assert_int_equal(g.cpus_loc.line, 13);
	assert_int_equal(g.cpu_weight, 512);
	assert_true(g.has_cap);
	assert_int_equal(g.cap, 50);
	assert_int_equal(g.on_poweroff, ACTION_PRESERVE);
	assert_int_equal(g.on_reboot, ACTION_DESTROY);
	assert_int_equal(g.on_crash, ACTION_RESTART);
	assert_int_equal(g.profile.n, 2);
	assert_string_equal(g.profile.v[1], "recovery");
	assert_int_equal(g.device_timeout, 30);
	assert_int_equal(g.ready_timeout, 3600);
	assert_int_equal(g.start_retries, 7);
	assert_int_equal(g.console_rate, 0);
	assert_int_equal(g.after.n, 2);
	assert_string_equal(g.after.v[1], "net-1");
	assert_int_equal(g.after_loc.line, 19);
	assert_int_equal(g.after_loc.column, 9);
	assert_string_equal(g.ready, "control/feature-poweroff");
	done(&c, &g);
}

static void test_forms(void **state)
{
	struct descriptor c;
	struct guest_config g;

	(void)state;
	reads("cpus = 'all'; cap = 0; profile = 'x'; vcpus = 128; type = 'pvh'", &c, &g);
	assert_false(g.cpus_per_vcpu);
	assert_string_equal(g.cpus.v[0], "all");
	assert_true(g.has_cap);
	assert_int_equal(g.cap, 0);
	assert_int_equal(g.profile.n, 1);
	assert_int_equal(g.maxvcpus, 128);
	done(&c, &g);
	reads("cpus = 0; cmdline = 'single'; vcpus = 8192; maxmem = 16777216", &c, &g);
	assert_false(g.cpus_per_vcpu);
	assert_string_equal(g.cpus.v[0], "0");
	assert_string_equal(g.cmdline, "single");
	assert_int_equal(g.cmdline_loc.column, 21);
	assert_int_equal(g.maxmem_kib, (uint64_t)16777216 * 1024);
	done(&c, &g);
	reads("maxvcpus = 2; profile = []", &c, &g);
	assert_int_equal(g.vcpus, 1);
	assert_int_equal(g.maxvcpus, 2);
	done(&c, &g);
	reads("cpus = ['0']; maxvcpus = 2; cpus += [ 1 ]", &c, &g);
	assert_int_equal(g.cpus.n, 2);
	assert_string_equal(g.cpus.v[1], "1");
	done(&c, &g);
	reads("cpus = []", &c, &g);
	assert_true(g.cpus_per_vcpu);
	assert_int_equal(g.cpus.n, 0);
	done(&c, &g);
}

/* Integers in quotes, digits for strings, "on" as xl has it, tabs. */
static void test_xl_words(void **state)
{
	struct descriptor c;
	struct guest_config g;

	(void)state;
	reads("name = 007; vcpus = \"2\"; maxvcpus = ' 0X4'; maxmem = '+0100'; profile = [ 1, 0x2 "
	      "]; "
	      "extra = 1; extra += '\ta\\tb'; after = 08; start_retries = '3'",
	      &c, &g);
	assert_string_equal(g.name, "007");
	assert_int_equal(g.vcpus, 2);
	assert_int_equal(g.maxvcpus, 4);
	assert_int_equal(g.maxmem_kib, 64 * 1024);
	assert_string_equal(g.profile.v[1], "0x2");
	assert_string_equal(g.extra, "1\ta\tb");
	assert_string_equal(g.after.v[0], "08");
	assert_int_equal(g.start_retries, 3);
	done(&c, &g);
	reads("type = 'hvm'; acpi = 0; apic = '0x0'; hap = 2; viridian = '-1'; vnc = 010", &c, &g);
	assert_false(g.acpi);
	assert_false(g.apic);
	assert_true(g.hap);
	assert_true(g.viridian);
	assert_true(g.vnc);
	done(&c, &g);
}

static void test_keys(void **state)
{
	(void)state;
	refuses("memroy = 64", "web.cfg:2:1: unknown key 'memroy', did you mean 'memory'?\n");
	refuses("Name = 'x'", "web.cfg:2:1: unknown key 'Name', did you mean 'name'?\n");
	refuses("frobnicate = 1", "web.cfg:2:1: unknown key 'frobnicate'\n");
	refuses("memroy = x", "web.cfg:2:10: a string needs quotes: 'x'\n"
			      "web.cfg:2:1: unknown key 'memroy', did you mean 'memory'?\n");
	refuses("hello world", "web.cfg:2:7: expected '=' after the key, found 'world'\n");
	refuses("memory = 128; vcpus = 2\nvcpus = 3; vcpus = 4",
		"web.cfg:2:1: memory is given twice, first on line 1\n"
		"web.cfg:3:1: vcpus is given twice, first on line 2\n"
		"web.cfg:3:12: vcpus is given twice, first on line 2\n");
}

/* One of the two is both. */
static void test_maxmem_alone(void **state)
{
	struct guest_config g;
	struct descriptor c;
	struct diag d = {0};

	(void)state;
	read_text("web.cfg", "kernel = '/k'\nmaxmem = 96\n", &c, &g, &d);
	expect_diag(&d, "");
	assert_true(g.memory_kib == 96 * 1024 && g.maxmem_kib == 96 * 1024);
	assert_int_equal(g.memory_loc.line, 2);
	done(&c, &g);
}

static void test_together(void **state)
{
	(void)state;
	refuses("maxmem = 32",
		"web.cfg:2:10: maxmem = 32: must be at least memory = 64 (line 1)\n");
	refuses("vcpus = 3\nmaxvcpus = 2",
		"web.cfg:2:9: vcpus = 3: must be at most maxvcpus = 2 (line 3)\n");
	refuses("vcpus = 129; type = 'pvh'",
		"web.cfg:2:9: vcpus = 129: must be 1 to 128 for a pvh guest\n");
	refuses("maxvcpus = 129; type = 'pvh'",
		"web.cfg:2:12: maxvcpus = 129: must be 1 to 128 for a pvh guest\n");
	refuses("vcpus = 129; type = 'foo'",
		"web.cfg:2:21: type = \"foo\": must be \"pv\", \"pvh\" or \"hvm\"\n");
	notes("cpus = ['0', '1', '2']; maxvcpus = 2",
	      "web.cfg:2:8: note: cpus has 3 entries, of which 2 count: as many as the guest has "
	      "vcpus\n");
	refuses("cap = 101", "web.cfg:2:7: cap = 101: must be at most 100, 100 for each of the "
			     "guest's 1 vcpu\n");
	refuses("cap = 201; vcpus = 2", "web.cfg:2:7: cap = 201: must be at most 200, 100 for each "
					"of the guest's 2 vcpus\n");
	refuses("cap = 201; vcpus = x", "web.cfg:2:20: a string needs quotes: 'x'\n");
	refuses("cpus = ['0', '1']; vcpus = x", "web.cfg:2:28: a string needs quotes: 'x'\n");
	notes("cmdline = 'a'; root = 'b'\nextra = ''; ip = 'dhcp'",
	      "web.cfg:3:13: note: ip has no effect beside cmdline (line 2)\n"
	      "web.cfg:2:16: note: root has no effect beside cmdline (line 2)\n"
	      "web.cfg:3:1: note: extra has no effect beside cmdline (line 2)\n");
}

/* GRUB in the guest stands in for what xl would run in dom0. */
static void test_bootloader(void **state)
{
	struct descriptor c;
	struct guest_config g;
	struct diag d = {0};

	(void)state;
	read_text("web.cfg",
		  "memory = 64; bootloader = 'pygrub'; type = 'pvh'\nramdisk = '/r'; extra='x'", &c,
		  &g, &d);
	expect_diag(
		&d,
		"web.cfg:1:27: note: bootloader = \"pygrub\": no program is run in dom0; "
		"/usr/lib/grub-xen/grub-i386-xen_pvh.bin starts in the guest, from its disk's "
		"grub.cfg\n"
		"web.cfg:2:1: note: ramdisk has no effect beside bootloader (line 1): GRUB reads "
		"it "
		"from the disk\n"
		"web.cfg:2:17: note: extra has no effect beside bootloader (line 1): GRUB reads it "
		"from the disk\n");
	assert_string_equal(g.kernel, "/usr/lib/grub-xen/grub-i386-xen_pvh.bin");
	assert_int_equal(g.kernel_loc.column, 27);
	assert_null(g.ramdisk);
	assert_null(g.extra);
	done(&c, &g);
	read_text("web.cfg", "memory = 64; firmware = 'pvgrub32'", &c, &g, &d);
	expect_diag(&d, "");
	assert_string_equal(g.kernel, "/usr/lib/grub-xen/grub-i386-xen.bin");
	done(&c, &g);
	read_text("web.cfg", "memory = 64; firmware = 'pvgrub64'", &c, &g, &d);
	expect_diag(&d, "");
	assert_string_equal(g.kernel, "/usr/lib/grub-xen/grub-x86_64-xen.bin");
	done(&c, &g);
	/* A kernel that is none is one error. */
	read_text("web.cfg", "memory = 64; firmware = 'pvgrub64'; kernel = '/k/'", &c, &g, &d);
	expect_diag(&d, "web.cfg:1:46: kernel = \"/k/\": must be the name of a file, not of a "
			"directory\n");
	done(&c, &g);
	read_text("web.cfg", "memory = 64; firmware = 'pvgrub32'; bootloader = 'pygrub'", &c, &g,
		  &d);
	assert_int_equal(diag_count(&d), 0);
	diag_free(&d);
	d = (struct diag){0};
	assert_string_equal(g.kernel, "/usr/lib/grub-xen/grub-i386-xen.bin");
	done(&c, &g);
	refuses("firmware = 'pvgrub64'",
		"web.cfg:2:1: firmware can't be given together with kernel (line 1)\n");
	refuses("firmware = 'ovmf'; type = 'pvh'", "web.cfg:2:12: firmware = \"ovmf\": a pvh guest "
						   "has \"pvgrub32\" or \"pvgrub64\"\n");
	notes("bootloader = 'pygrub'; type = 'hvm'",
	      "web.cfg:2:1: note: bootloader has no effect in a hvm guest\n");
}

/* Descriptors as they are, without LEAST. */
static void refuses_file(const char *file, const char *text, const char *errors)
{
	struct descriptor c;
	struct guest_config g;
	struct diag d = {0};

	read_text(file, text, &c, &g, &d);
	expect_diag(&d, errors);
	done(&c, &g);
}

static void test_missing(void **state)
{
	(void)state;
	refuses_file("a.cfg", "", "a.cfg: kernel is missing\na.cfg: memory is missing\n");
	refuses_file("a.cfg", "kernel = '/k'\nmaxmem = 0\n",
		     "a.cfg:2:10: maxmem = 0: must be 1 to 16777216 MiB\n");
	/* A key that is there but wrong is not reported as missing. */
	refuses_file("a.cfg", "kernel = /boot/k\nmemory 64\n",
		     "a.cfg:1:10: a string needs quotes: '/boot/k'\n"
		     "a.cfg:2:8: expected '=' after the key, found '64'\n");
	refuses_file("a.cfg", "kernel = 'k/'\nmemory = 0\n",
		     "a.cfg:1:10: kernel = \"k/\": must be the name of a file, not of a directory\n"
		     "a.cfg:2:10: memory = 0: must be 1 to 16777216 MiB\n");
	refuses_file("/x/my guest.cfg", LEAST,
		     "/x/my guest.cfg: name is missing, and the file's name can't serve: 'my "
		     "guest' " NO_NAME);
	refuses_file(
		"all.cfg", LEAST,
		"all.cfg: name is missing, and the file's name can't serve: 'all' this word is "
		"reserved\n");
	refuses_file(".cfg", LEAST,
		     ".cfg: name is missing, and the file's name can't serve: '.cfg' " NO_NAME);
	refuses_file("all.cfg", LEAST "name = web\n",
		     "all.cfg:1:41: a string needs quotes: 'web'\n");
	refuses_file("plan9.cfg", "image = 'plan9'; memory = 64", "plan9.cfg: kernel is missing\n");
	refuses_file("a.cfg", "image = 'linus'; memory = 64",
		     "a.cfg:1:9: image = \"linus\": must be \"linux\", \"plan9\" or \"vmx\"\n");
}

/* The values of an override are typed by their key. */
static void test_bare(void **state)
{
	static const struct {
		const char *key, *value, *error;
	} cases[] = {
		{"memory", "128", ""},
		{"memory", "0x40", ""},
		{"memory", "lots", "cmd:1:9: memory = lots: is not an integer\n"},
		{"memory", "", "cmd:1:9: memory = : is not an integer\n"},
		{"memory", "99999999999999999999",
		 "cmd:1:9: memory = 99999999999999999999: is out of range\n"},
		{"memory", "0", "cmd:1:9: memory = 0: must be 1 to 16777216 MiB\n"},
		{"extra", "5", ""},
		{"extra", "", ""},
		{"extra", "a=b \"c\"", ""},
		{"cpus", "0", ""},
		{"cpus", "[0]", ""},
		{"cpus", "[0,1]",
		 "cmd:1:9: note: cpus has 2 entries, of which 1 count: as many as the guest has "
		 "vcpus\n"},
		{"cpus", "['0',x]",
		 "cmd:1:14: cpus, entry 2 = x: character 1: a number is missing\n"},
		{"type", "pvh", ""},
		{"type", "foo", "cmd:1:9: type = foo: must be \"pv\", \"pvh\" or \"hvm\"\n"},
		{"profile", "a", ""},
		{"profile", "[a,b]", ""},
		{"after", "db", ""},
		{"after", "[db,net]", ""},
		{"ready", "data/up", ""},
		{"device_timeout", "5", ""},
		{"start_retries", "unlimited", ""},
		{"start_retries", "0", ""},
		{"start_retries", "never",
		 "cmd:1:9: start_retries = never: must be an integer, or \"unlimited\"\n"},
		{"disk", "/dev/vg/a,raw,xvda,rw", ""},
		{"disk", "['/dev/vg/a,raw,xvda','/dev/vg/b,raw,xvdb,ro']", ""},
		{"disk", "[]", ""},
		{"disk", "/dev/vg/a", "cmd:1:9: disk = /dev/vg/a: vdev is missing\n"},
		{"disk", "[/dev/vg/a,raw]",
		 "cmd:1:10: disk, entry 1 = /dev/vg/a: vdev is missing\n"
		 "cmd:1:20: disk, entry 2 = raw: vdev is missing\n"},
		{"vif", "", ""},
		{"vif", "bridge=xenbr1", ""},
		{"vif", "brige=xenbr1",
		 "cmd:1:9: vif = brige=xenbr1: unknown parameter 'brige', did you mean "
		 "'bridge'?\n"},
		{"maxmem", "32",
		 "cmd:1:9: maxmem = 32: must be at least memory = 64 (web.cfg:1:30)\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct descriptor c;
		struct guest_config g;
		struct diag d = {0};
		struct value v;

		descriptor_parse("web.cfg", LEAST, strlen(LEAST), &c, &d);
		assert_int_equal(descriptor_parse_override(cases[i].value,
							   (struct loc){"cmd", 1, 9}, &v, &d),
				 0);
		assert_int_equal(descriptor_set(&c, cases[i].key, v.loc, &v, &d), 0);
		config_read(&c, &g, &d);
		expect_diag(&d, cases[i].error);
		done(&c, &g);
	}
}

#define DIGEST "'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'"

/* Each key of the table can be set or is refused by its name; a value that suits each, and what it
 * needs beside it. */
static void test_table(void **state)
{
	static const struct {
		const char *key, *value;
	} values[] = {
		{"name", "'x'"},
		{"uuid", "'01234567-89ab-cdef-0123-456789abcdef'"},
		{"image", "'linux'"},
		{"type", "'pvh'"},
		{"builder", "'hvm'"},
		{"kernel", "'/k'"},
		{"ramdisk", "'/r'"},
		{"kernel_sha256", DIGEST},
		{"ramdisk_sha256", DIGEST "; ramdisk = '/r'"},
		{"firmware_sha256", DIGEST "; type = 'hvm'"},
		{"bios_sha256", DIGEST "; type = 'hvm'"},
		{"bootloader", "'pygrub'"},
		{"firmware", "'uefi'; type = 'hvm'"},
		{"ip", "'dhcp'"},
		{"root", "'/dev/xvda'"},
		{"extra", "'quiet'"},
		{"cmdline", "'quiet'"},
		{"memory", "64"},
		{"maxmem", "64"},
		{"vcpus", "1"},
		{"maxvcpus", "1"},
		{"cpus", "'0'"},
		{"cpu_weight", "1"},
		{"cap", "1"},
		{"on_poweroff", "'restart'"},
		{"on_reboot", "'destroy'"},
		{"on_crash", "'preserve'"},
		{"on_watchdog", "'restart'"},
		{"on_soft_reset", "'destroy'"},
		{"on_backend_lost", "'restart'; vif = ['backend=net']"},
		{"profile", "'x'"},
		{"disk", "['/a,raw,xvda']"},
		{"vif", "['bridge=xenbr0']"},
		{"device_timeout", "1"},
		{"after", "'db'"},
		{"ready", "'data/up'"},
		{"ready_timeout", "3600"},
		{"start_retries", "'unlimited'"},
		{"console_rate", "64"},
		{"device_model_protocol", "'qemu'; type = 'hvm'"},
		{"device_model_override", "'/x'; type = 'hvm'"},
		{"device_model_restrict", "0; type = 'hvm'"},
		{"device_model_config", "'/x'; type = 'hvm'; device_model_protocol = 'classic'; "
					"device_model_override = '/x'"},
		{"device_model_args", "['-nographic']; type = 'hvm'"},
		{"firmware_override", "'/x'; type = 'hvm'"},
		{"bios", "'ovmf'; type = 'hvm'"},
		{"memmap", "'/x'; type = 'hvm'"},
		{"serial", "'pty'; type = 'hvm'"},
		{"vga", "'none'; type = 'hvm'"},
		{"videoram", "8; type = 'hvm'"},
		{"hdtype", "'ahci'; type = 'hvm'"},
		{"vfb", "['vnc=1']"},
		{"vkb", "['backend-type=qemu']"},
		{"channel", "['connection=pty,name=a']"},
		{"vnc", "1; type = 'hvm'"},
		{"vnclisten", "'127.0.0.1'; type = 'hvm'; vnc = 1"},
		{"vncdisplay", "1; type = 'hvm'; vnc = 1"},
		{"vncunused", "0; type = 'hvm'; vnc = 1"},
		{"vncpasswd", "'x'; vnc = 1"},
		{"keymap", "'de'; vnc = 1"},
		{"boot", "'n'; type = 'hvm'"},
		{"device_model_args_hvm", "['-x']; type = 'hvm'"},
		{"device_model_args_pv", "['-x']"},
		{"bios_path_override", "'/x'; type = 'hvm'"},
		{"acpi_firmware", "'/x'; type = 'hvm'"},
		{"smbios_firmware", "'/x'; type = 'hvm'"},
		{"smbios", "['oem=x']; type = 'hvm'"},
		{"stdvga", "1; type = 'hvm'"},
		{"usb", "1; type = 'hvm'"},
		{"usbversion", "3; type = 'hvm'"},
		{"usbdevice", "'tablet'; type = 'hvm'"},
		{"pci", "['36:00.0']"},
		{"pci_permissive", "1"},
		{"pci_msitranslate", "0"},
		{"pci_power_mgmt", "0"},
		{"pci_seize", "1"},
		{"usbctrl", "['version=2']; type = 'hvm'"},
		{"usbdev", "['hostbus=1,hostaddr=3']; type = 'hvm'"},
		{"soundhw", "'hda'; type = 'hvm'"},
		{"xen_platform_pci", "0; type = 'hvm'"},
		{"vkb_device", "0; type = 'hvm'"},
		{"vendor_device", "'xenserver'; type = 'hvm'"},
		{"acpi", "0; type = 'hvm'"},
		{"apic", "0; type = 'hvm'"},
		{"hpet", "0; type = 'hvm'"},
		{"viridian", "1; type = 'hvm'"},
		{"hap", "0; type = 'hvm'"},
		{"localtime", "1"},
		{"rtc_timeoffset", "'-3600'"},
		{"tsc_mode", "'native'"},
		{"timer_mode", "2; type = 'pvh'"},
		{"vpt_align", "0; type = 'hvm'"},
		{"cpus_soft", "'0'"},
		{"pool", "'Pool-0'"},
		{"period", "20000"},
		{"cpuid", "'host,tm=0'"},
		{"pae", "0; type = 'hvm'"},
		{"nx", "1; type = 'hvm'"},
		{"nestedhvm", "1; type = 'hvm'"},
		{"nomigrate", "1"},
		{"vpmu", "1"},
		{"msr_relaxed", "1"},
		{"mca_caps", "['lmce']; type = 'hvm'"},
		{"oos", "0; type = 'pvh'"},
		{"shadow_memory", "8; type = 'pvh'"},
		{"altp2m", "'mixed'; type = 'pvh'"},
		{"altp2mhvm", "1; type = 'hvm'"},
		{"altp2m_count", "10; altp2m = 1; type = 'pvh'"},
		{"max_grant_frames", "32"},
		{"max_maptrack_frames", "0"},
		{"max_grant_version", "1"},
		{"max_event_channels", "2047"},
		{"vmtrace_buf_kb", "64; type = 'pvh'"},
		{"passthrough", "'enabled'"},
		{"seclabel", "'system_u:system_r:domU_t'"},
		{"init_seclabel", "'system_u:system_r:domU_t'"},
		{"ioports", "['2f8-2ff']"},
		{"irqs", "['5']"},
		{"iomem", "['fed40,5']"},
		{"e820_host", "1"},
		{"acpi_s3", "0; type = 'hvm'"},
		{"acpi_s4", "0; type = 'hvm'"},
		{"acpi_laptop_slate", "1; type = 'hvm'"},
		{"mmio_hole", "1024; type = 'hvm'"},
		{"rdm", "'strategy=host'; type = 'hvm'"},
		{"rdm_mem_boundary", "1024; type = 'hvm'"},
		{"ms_vm_genid", "'generate'; type = 'hvm'"},
		{"driver_domain", "1"},
		{"xend_suspend_evtchn_compat", "1"},
		{"hvm_pirq", "1; type = 'hvm'"},
		{"xen_platform_pci_bar_uc", "0; type = 'hvm'"},
		{"xenstore_feature_mask", "4294967295"},
		{"xenstore_quota", "['nodes=1000']"},
	};
	char text[256];

	(void)state;
	assert_int_equal(sizeof(values) / sizeof(values[0]), config_nr_keys);
	for (size_t i = 0; i < config_nr_keys; i++) {
		const char *key = config_keys[i].name;
		struct descriptor c;
		struct guest_config g;
		struct diag d = {0};
		int len;

		assert_string_equal(key, values[i].key);
		assert_true(config_key_known(key));
		if (config_keys[i].since > XEN_LIBS_MINOR) {
			assert_null(config_key(key));
			assert_non_null(xl_key(key)); /* which says why not */
			continue;
		}
		assert_ptr_equal(config_key(key), &config_keys[i]);
		len = snprintf(text, sizeof(text), "%s = %s\n", key, values[i].value);
		assert_true(len > 0 && (size_t)len < sizeof(text));
		if (strcmp(key, "kernel"))
			strcat(text, "kernel = '/boot/k'\n");
		if (strcmp(key, "memory"))
			strcat(text, "memory = 64\n");
		read_text("web.cfg", text, &c, &g, &d);
		assert_int_equal(diag_count(&d), 0);
		diag_free(&d);
		done(&c, &g);
	}
	assert_false(config_key_known("memroy"));
	assert_null(config_key(""));
}

static void test_names(void **state)
{
	static const char *const reserved[] = {"all",  "none",   "profile", "store",  "rescue",
					       "echo", "bridge", "console", "report", "wait"};
	static const char *const good[] = {
		"web-1_B", "All",  "web.example.org", "store.example.org", "a..b", "a.", "_", "7",
		"c++",     "a.new"};
	static const char *const wrong[] = {"",
					    ".",
					    "..",
					    ".new",
					    "-a",
					    "+a",
					    "a/b",
					    "a b",
					    "a,b",
					    "a=b",
					    "a\"b",
					    "a'b",
					    "a\\b",
					    "a:b",
					    "a\n",
					    "\xc3\xa4",
					    "a\xa0"
					    "b"};
	char text[CONFIG_NAME_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		assert_false(config_name_ok(reserved[i]));
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(config_name_ok(good[i]));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(config_name_ok(wrong[i]));
	memset(text, 'x', sizeof(text));
	text[CONFIG_NAME_MAX] = '\0';
	assert_true(config_name_ok(text));
	text[CONFIG_NAME_MAX] = 'x';
	text[CONFIG_NAME_MAX + 1] = '\0';
	assert_false(config_name_ok(text));
	assert_true(config_is_name("a,b", 1));
	assert_false(config_is_name("a,b", 2));
	assert_false(config_is_name("a", 0));
	assert_string_equal(guest_type_name(GUEST_PV), "pv");
	assert_string_equal(guest_type_name(GUEST_PVH), "pvh");
	assert_string_equal(guest_type_name(GUEST_HVM), "hvm");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),     cmocka_unit_test(test_whole_file),
		cmocka_unit_test(test_lines),        cmocka_unit_test(test_forms),
		cmocka_unit_test(test_keys),         cmocka_unit_test(test_together),
		cmocka_unit_test(test_missing),      cmocka_unit_test(test_bootloader),
		cmocka_unit_test(test_maxmem_alone), cmocka_unit_test(test_bare),
		cmocka_unit_test(test_table),        cmocka_unit_test(test_names),
		cmocka_unit_test(test_xl_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
