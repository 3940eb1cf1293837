/* earlydom check: descriptors and the images that they name, as a command. */
#include "builder/fake/kit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sha256.h"
#include "builder/command/commands.h"
#include "builder/image/firmware.h"

#include "loaders/test/aout_build.h"
#include "loaders/test/elf_build.h"
#include "loaders/test/pe_build.h"

static struct kit_output o;

static int check(const char *a, const char *b, const char *c, const char *d)
{
	const char *argv[] = {"check", a, b, c, d, NULL};

	kit_command(command_check, argv, &o);
	return o.status;
}

/* A descriptor in web.cfg; the tree "root" has the images. */
static int judge(const char *text)
{
	kit_text("web.cfg", text);
	return check("--root", "root", "web.cfg", NULL);
}

static int begin(void **state)
{
	if (kit_begin(state) < 0 || chdir(kit_path("")) < 0)
		return -1;
	return mkdir("root", 0700) < 0 || mkdir("root/dir", 0700) < 0 ||
	       rename("kernel", "root/kernel") < 0 || rename("kernel-pv", "root/kernel-pv") < 0 ||
	       rename("ramdisk", "root/ramdisk") < 0;
}

static void test_good(void **state)
{
	(void)state;
	assert_int_equal(judge("kernel = '/kernel'\nmemory = 64\nramdisk = '/ramdisk'\n"), EXIT_OK);
	assert_string_equal(o.out, "web: ok (linux pv, 64 MiB, 1 vcpu)\n");
	assert_string_equal(o.err, "");
	assert_int_equal(judge("kernel = '/kernel'\nmemory = 64\ntype = 'pvh'\nvcpus = 2"),
			 EXIT_OK);
	assert_string_equal(o.out, "web: ok (linux pvh, 64 MiB, 2 vcpus)\n");
}

static void refused(const char *text, const char *err)
{
	assert_int_equal(judge(text), EXIT_FAILED);
	assert_string_equal(o.err, err);
	assert_string_equal(o.out, "");
}

static void test_refused(void **state)
{
	(void)state;
	refused("kernel = '/missing'\nmemory = 64\n",
		"earlydom: web.cfg:1:10: cannot read kernel root/missing: No such file or "
		"directory\n");
	refused("memory = 64\nkernel = '/kernel'\nramdisk = '/dir'\n",
		"earlydom: web.cfg:3:11: cannot read ramdisk root/dir: Is a directory\n");
	assert_int_equal(judge("kernel = '/kernel-pv'\nmemory = 64\ntype = 'pvh'\n"), EXIT_FAILED);
	assert_non_null(strstr(o.err, ": kernel /kernel-pv has no PVH entry, only a PV one: type = "
				      "\"pv\" would fit\n"));
	refused("kernel = '/kernel'\nmemory = 18\n", "earlydom: web.cfg:2:10: memory = 18 MiB is "
						     "too little: kernel 16397 KiB, ramdisk 0 "
						     "KiB and start-up tables take 21 MiB\n");
	refused("kernel = '/ramdisk'\nmemory = 64\n", o.err);
	assert_non_null(strstr(o.err, "earlydom: web.cfg:1:10: kernel /ramdisk: "));
}

/* File names are relative to the descriptor's directory: its own, or the one in the tree. */
static void test_relative(void **state)
{
	static const char text[] = "kernel = 'k'\nmemory = 64\n";

	(void)state;
	assert_int_equal(mkdir("root/vm", 0700), 0);
	assert_int_equal(link("root/kernel", "root/vm/k"), 0);
	kit_text("root/vm/web.cfg", text);
	assert_int_equal(check("root/vm/web.cfg", NULL, NULL, NULL), EXIT_OK);
	assert_int_equal(check(kit_path("root/vm/web.cfg"), NULL, NULL, NULL), EXIT_OK);
	assert_int_equal(check("--root", "root", "root/vm/web.cfg", NULL), EXIT_OK);
	assert_int_equal(check("--root", "root/vm", "root/vm/web.cfg", NULL), EXIT_OK);
	assert_int_equal(check("--root", "/", "root/vm/web.cfg", NULL), EXIT_OK);
	assert_int_equal(check("--root", "root/vm/../", "--list-files", "root/vm/web.cfg"),
			 EXIT_OK);
	assert_string_equal(o.out, "kernel /vm/k\n");
	assert_int_equal(chdir("root/vm"), 0);
	assert_int_equal(check("web.cfg", NULL, NULL, NULL), EXIT_OK);
	assert_int_equal(check("--root", "..", "web.cfg", NULL), EXIT_OK);
	assert_int_equal(chdir(kit_path("")), 0);
	/* One that is not in the tree will be in its /etc/earlydom. */
	kit_text("web.cfg", text);
	assert_int_equal(check("--root", "root", "web.cfg", NULL), EXIT_FAILED);
	assert_string_equal(o.err, "earlydom: web.cfg:1:10: cannot read kernel "
				   "root/etc/earlydom/k: No such file or directory\n");
	assert_int_equal(mkdir("root/etc", 0700), 0);
	assert_int_equal(symlink("../vm", "root/etc/earlydom"), 0);
	assert_int_equal(check("--root", "root", "web.cfg", NULL), EXIT_OK);
	/* A tree with the same beginning is another one. */
	assert_int_equal(mkdir("roo", 0700), 0);
	assert_int_equal(check("--root", "roo", "root/vm/web.cfg", NULL), EXIT_FAILED);
	assert_string_equal(o.err, "earlydom: root/vm/web.cfg:1:10: cannot read kernel "
				   "roo/etc/earlydom/k: No such file or directory\n");
	assert_int_equal(check("--root", "none", "--list-files", "web.cfg"), EXIT_FAILED);
	assert_string_equal(o.err, "earlydom: none: cannot look for files below it: No such file "
				   "or directory\n");
}

/* What has no effect is said, and no error unless it is to be one. */
static void test_notes(void **state)
{
	static const char text[] = "kernel = '/kernel'\nmemory = 64\nvga = 'qxl'\nsve=0\n";

	(void)state;
	assert_int_equal(judge(text), EXIT_OK);
	assert_string_equal(o.out, "web: ok (linux pv, 64 MiB, 1 vcpu)\n");
	assert_string_equal(o.err, "earlydom: web.cfg:3:1: note: vga has no effect in a pv guest\n"
				   "earlydom: web.cfg:4:1: note: sve = 0 has no effect\n");
	assert_int_equal(check("-Werror", "--root", "root", "web.cfg"), EXIT_FAILED);
	assert_string_equal(o.out, "");
	assert_string_equal(o.err, "earlydom: web.cfg:3:1: vga has no effect in a pv guest\n"
				   "earlydom: web.cfg:4:1: sve = 0 has no effect\n");
	assert_int_equal(check("-W", "all", "web.cfg", NULL), EXIT_USAGE);
}

/* What becomes of each line. */
static void test_lines(void **state)
{
	(void)state;
	kit_text("web.cfg", "# a comment\nkernel = '/kernel'; memory = 64\nsve = 0\n"
			    "disk = [ '/a,raw,xvda,rw',\n  '' ]\nnmae = 5\n");
	assert_int_equal(check("--xl", "--root", "root", "web.cfg"), EXIT_FAILED);
	assert_string_equal(o.err, "");
	assert_string_equal(
		o.out, "web.cfg:2: kernel = \"/kernel\": taken\n"
		       "web.cfg:2: memory = 64: taken\n"
		       "web.cfg:3: sve = 0: note: sve = 0 has no effect\n"
		       "web.cfg:5: disk = [...]: refused: disk, entry 2 = \"\": vdev is "
		       "missing\n"
		       "web.cfg:6: nmae = 5: refused: unknown key 'nmae', did you mean 'name'?\n"
		       "web.cfg: would not start\n");
	kit_text("web.cfg", "kernel = '/kernel'; memory = 64\n");
	assert_int_equal(check("--xl", "--root", "root", "web.cfg"), EXIT_OK);
	assert_string_equal(o.out, "web.cfg:1: kernel = \"/kernel\": taken\n"
				   "web.cfg:1: memory = 64: taken\nweb.cfg: would start\n");
	/* A password is shown nowhere. */
	kit_text("web.cfg", "type = 'hvm'; memory = 64; vnc = 1; vncpasswd = 'secret'\n"
			    "spicepasswd = 'secret'\n");
	assert_int_equal(check("--xl", "--root", "root", "web.cfg"), EXIT_OK);
	assert_non_null(strstr(o.out, "web.cfg:1: vncpasswd = ...: taken\n"));
	assert_null(strstr(o.out, "secret"));
	kit_text("web.cfg", "type = 'hvm'; memory = 64; vnc = 1; vncpasswd = 'secret\\n'\n");
	assert_int_equal(check("--root", "root", "web.cfg", NULL), EXIT_FAILED);
	assert_string_equal(o.err, "earlydom: web.cfg:1:49: vncpasswd = ...: must not hold control "
				   "characters\n");
	kit_text("web.cfg", "kernel = '/kernel'; memory = 64; vfb = 'vncpasswd=secret'\n");
	assert_int_equal(check("--root", "root", "web.cfg", NULL), EXIT_FAILED);
	assert_null(strstr(o.err, "secret"));
	kit_text("web.cfg", "kernel = '/kernel'; memory = 64; vfb = [ 'vncpasswd=secret\\n' ]\n");
	assert_int_equal(check("--root", "root", "web.cfg", NULL), EXIT_FAILED);
	assert_null(strstr(o.err, "secret"));
	kit_text("web.cfg", "= 5\n");
	assert_int_equal(check("--xl", "nowhere", "web.cfg", NULL), EXIT_FAILED);
	assert_non_null(strstr(o.out, "web.cfg:1: refused: "));
	assert_non_null(strstr(o.out, "web.cfg: would not start\n"));
	assert_non_null(strstr(o.err, "nowhere: "));
	kit_text("web.cfg", "kernel = '/kernel'");
	assert_int_equal(check("--xl", "web.cfg", NULL, NULL), EXIT_FAILED);
	assert_non_null(strstr(o.out, "web.cfg: refused: memory is missing\n"));
}

/* What becomes of each line of files that are more than one, or of which the kernel command line
 * says something: what is said last is what boot would do. */
static int lines(const char *cmdline)
{
	const char *argv[] = {"check",     "--xl",  "--root",  "root",
			      "--cmdline", cmdline, "web.cfg", NULL};

	kit_command(command_check, argv, &o);
	return o.status;
}

static void test_lines_elsewhere(void **state)
{
	(void)state;
	kit_text("web.cfg", "kernel = '/kernel'\nmemory = 64\nsve = 0\n");
	assert_int_equal(lines("earlydom.web.memory=32 earlydom.web.usb=1 earlydom.web.acpi=0"),
			 EXIT_OK);
	assert_string_equal(o.out, "web.cfg:1: kernel = \"/kernel\": taken\n"
				   "web.cfg:2: memory = 64: replaced by the kernel command line\n"
				   "web.cfg:3: sve = 0: note: sve = 0 has no effect\n"
				   "web.cfg: would start\n");
	assert_string_equal(
		o.err,
		"earlydom: kernel command line:1:24: note: usb has no effect in a pv guest\n"
		"earlydom: kernel command line:1:43: note: acpi has no effect in a pv guest\n");
	assert_int_equal(lines("earlydom.web.memory=x"), EXIT_FAILED);
	assert_non_null(strstr(o.out, "web.cfg: would not start: the cause is another file or the "
				      "kernel command line\n"));
	assert_int_equal(lines("earlydom.web.kernel=/none"), EXIT_FAILED);
	assert_non_null(strstr(o.out, "web.cfg: would not start: "));
	assert_int_equal(lines("earlydom=none"), EXIT_OK);
	assert_string_equal(o.out, "web.cfg: is not selected\n");
	/* Neither of two that have one name starts. */
	kit_text("b.cfg", "name = 'web'\nkernel = '/kernel'\nmemory = 64\n");
	assert_int_equal(check("--xl", "--root=root", "web.cfg", "b.cfg"), EXIT_FAILED);
	assert_non_null(strstr(o.out, "web.cfg: would not start: "));
	assert_non_null(strstr(o.out, "b.cfg: would not start\n"));
	assert_int_equal(check("--xl", "--list-files", "web.cfg", NULL), EXIT_USAGE);
	assert_int_equal(check("--list-kernels", "--list-files", "web.cfg", NULL), EXIT_USAGE);
}

static void test_plan9(void **state)
{
	static struct ao a;

	(void)state;
	ao_386(&a);
	kit_write("root/9xen", a.data, a.len);
	assert_int_equal(judge("image = 'plan9'\nkernel = '/9xen'\nmemory = 64\n"
			       "extra = '\\nuser=glenda\\n'\n"),
			 EXIT_OK);
	assert_string_equal(o.err, "");
	assert_string_equal(o.out, "web: ok (plan9 pv, 64 MiB, 1 vcpu)\n");
	refused("kernel = '/9xen'\nmemory = 64\n",
		"earlydom: web.cfg:1:10: kernel /9xen is a Plan 9 a.out: image = \"plan9\" would "
		"fit\n");
	refused("image = 'plan9'\nkernel = '/9xen'\nmemory = 4096\n",
		"earlydom: web.cfg:3:10: memory = 4096 MiB is too much: a 32-bit kernel at "
		"0x80000000 has addresses for 1880 MiB\n");
	ao_put(&a, AO_DATA, 4096, 4);
	kit_write("root/9xen", a.data, a.len);
	refused("image = 'plan9'\nkernel = '/9xen'\nmemory = 64\n",
		"earlydom: web.cfg:2:10: kernel /9xen: a.out: truncated: data, 4096 bytes at 4143, "
		"goes past the end of the file at 4273\n");
}

/* What is not used of a UKI is a note. */
static void test_uki(void **state)
{
	static struct mk m;
	struct bytes b;

	(void)state;
	mk_linux(&m);
	b = pb_uki(m.data, m.len);
	kit_write("root/uki", b.data, b.len);
	free(b.data);
	assert_int_equal(judge("kernel = '/uki'\nmemory = 64\n"), EXIT_OK);
	assert_string_equal(o.out, "web: ok (linux pv, 64 MiB, 1 vcpu)\n");
	assert_string_equal(o.err,
			    "earlydom: web.cfg:1:10: note: kernel /uki is a UKI, of which only the "
			    "section .linux is used, not .initrd and .cmdline: the guest has no "
			    "ramdisk\n");
	assert_int_equal(check("-Werror", "--root", "root", "web.cfg"), EXIT_FAILED);
}

static void test_devices(void **state)
{
	(void)state;
	assert_int_equal(
		judge("kernel = '/kernel'\nmemory = 64\nvif = [ '' ]\n"
		      "disk = [ '/dev/none,raw,xvda', 'UUID=1,raw,xvdb', '/ramdisk,raw,xvdc' ]\n"),
		EXIT_OK);
	assert_string_equal(o.out, "web: ok (linux pv, 64 MiB, 1 vcpu, 3 disks, 1 vif)\n");
	assert_string_equal(o.err, "");
	assert_int_equal(judge("kernel = '/kernel'\nmemory = 64\ndisk = [ '/img/a,raw,xvda' ]\n"),
			 EXIT_OK);
	assert_string_equal(o.out, "web: disk xvda: root/img/a is not here and was not checked\n"
				   "web: ok (linux pv, 64 MiB, 1 vcpu, 1 disk)\n");
	assert_string_equal(o.err, "");
	assert_int_equal(
		judge("kernel = '/kernel'\nmemory = 64\ndisk = [ 'LABEL=a:/b,raw,xvda' ]\n"),
		EXIT_OK);
	assert_string_equal(o.out,
			    "web: disk xvda: LABEL=a:/b is on a file system that is mounted when "
			    "the guest starts, and was not checked\n"
			    "web: ok (linux pv, 64 MiB, 1 vcpu, 1 disk)\n");
	assert_string_equal(o.err, "");
	kit_text("root/short", "x");
	refused("kernel = '/kernel'\nmemory = 64\n"
		"disk = [ '/dir,raw,xvda,ro',\n '/ramdisk,raw,xvdb', '/short,raw,xvdc',\n"
		" '/ramdisk/x,raw,xvdd' ]\n",
		"earlydom: web.cfg:3:10: disk xvda: root/dir is neither an image file nor a block "
		"device\n"
		"earlydom: web.cfg:4:23: disk xvdc: root/short: the file has less than a sector\n"
		"earlydom: web.cfg:5:2: disk xvdd: root/ramdisk/x: Not a directory\n");
	/* What needs the host is not checked; what the files and the command line say is. */
	kit_text("a.cfg", "kernel = '/kernel'\nmemory = 64\nafter = 'b'\n");
	kit_text("b.cfg", "kernel = '/kernel'\nmemory = 64\nafter = 'a'\n");
	assert_int_equal(check("--root=root", "a.cfg", "b.cfg", NULL), EXIT_FAILED);
	assert_string_equal(o.err, "earlydom: a.cfg:3:9: after: a -> b -> a\n");
	assert_int_equal(check("--root=root", "a.cfg", NULL, NULL), EXIT_FAILED);
	assert_string_equal(o.err, "earlydom: a.cfg:3:9: after: unknown guest 'b'\n");
	kit_text("web.cfg", "kernel = '/kernel'\nmemory = 64\nvif = [ '' ]\n");
	assert_int_equal(check("--root=root", "--cmdline", "earlydom.store=off", "web.cfg"),
			 EXIT_FAILED);
	assert_string_equal(o.err,
			    "earlydom: web.cfg:3:1: vif needs a store, and earlydom.store=off\n");
}

/* The digest of a file below the scratch directory, as sha256sum prints it. */
static const char *sum_of(const char *name)
{
	static char text[4][FILE_DIGEST_DIGITS + 1];
	static unsigned turn;
	uint8_t bytes[FILE_DIGEST_BYTES], piece[4096];
	struct sha256 s;
	size_t n;
	FILE *f = fopen(name, "r");

	assert_non_null(f);
	sha256_begin(&s);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		sha256_add(&s, piece, n);
	fclose(f);
	sha256_end(&s, bytes);
	return file_digest_show(bytes, text[turn++ % 4]);
}

#define WRONG "0000000000000000000000000000000000000000000000000000000000000000"

static char *text_of(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static char *text_of(const char *fmt, ...)
{
	static char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return text;
}

/* Digests that descriptors give are compared, before anything else is done with the files. */
static void test_digests(void **state)
{
	const char *kernel = sum_of("root/kernel"), *ramdisk = sum_of("root/ramdisk");
	char want[512];

	(void)state;
	assert_int_equal(judge(text_of("kernel = '/kernel'; ramdisk = '/ramdisk'; memory = 64\n"
				       "kernel_sha256 = '%s'\nramdisk_sha256 = '%s'\n",
				       kernel, ramdisk)),
			 EXIT_OK);
	assert_string_equal(o.out, "web: ok (linux pv, 64 MiB, 1 vcpu)\n");
	assert_string_equal(o.err, "");
	snprintf(want, sizeof(want),
		 "earlydom: web.cfg:3:18: ramdisk /ramdisk: its sha256 is %s, and ramdisk_sha256 "
		 "says " WRONG "\n",
		 ramdisk);
	refused(text_of("kernel = '/kernel'; ramdisk = '/ramdisk'; memory = 64\n"
			"kernel_sha256 = '%s'\nramdisk_sha256 = '" WRONG "'\n",
			kernel),
		want);
	/* It is no kernel, which is not looked at. */
	snprintf(want, sizeof(want),
		 "earlydom: web.cfg:2:17: kernel /ramdisk: its sha256 is %s, and kernel_sha256 "
		 "says " WRONG "\n",
		 ramdisk);
	refused("kernel = '/ramdisk'; memory = 64\nkernel_sha256 = '" WRONG "'\n", want);
	/* One that is not there is an error already. */
	refused("kernel = '/missing'; memory = 64\nkernel_sha256 = '" WRONG "'\n",
		"earlydom: web.cfg:1:10: cannot read kernel root/missing: No such file or "
		"directory\n");
	/* An override of the kernel alone. */
	kit_text("web.cfg",
		 text_of("kernel = '/kernel'; memory = 64\nkernel_sha256 = '%s'\n", kernel));
	assert_int_equal(lines("earlydom.web.kernel=/kernel-pv"), EXIT_FAILED);
	assert_non_null(strstr(o.out, ": refused: kernel /kernel-pv: its sha256 is "));
}

/* The firmware that an hvm guest gets without naming it. */
static void test_digests_of_firmware(void **state)
{
	char loader[FILE_DIGEST_DIGITS + 1], bios[FILE_DIGEST_DIGITS + 1], want[1024];

	(void)state;
	kit_text("web.cfg", "type = 'hvm'; memory = 64\nfirmware_sha256 = '" WRONG
			    "'\nbios_sha256 = '" WRONG "'\n");
	/* The scratch directory is the host then. */
	assert_int_equal(check("web.cfg", NULL, NULL, NULL), EXIT_OK);
	assert_non_null(strstr(o.out, "/boot/hvmloader is not here, and firmware_sha256 was not "
				      "checked\nweb: BIOS root/usr/share/seabios/bios-256k.bin is "
				      "not here, and bios_sha256 was not checked\nweb: ok ("));
	assert_int_equal(check("--digest", "web.cfg", NULL, NULL), EXIT_OK);
	assert_string_equal(o.out, "# web.cfg\n");
	assert_non_null(strstr(o.err, "earlydom: web.cfg: note: no firmware_sha256: cannot read "
				      "firmware root/usr/lib/xen-"));
	assert_non_null(strstr(o.err, "earlydom: web.cfg: note: no bios_sha256: cannot read BIOS "
				      "root/usr/share/seabios/bios-256k.bin: No such file"));
	kit_firmware();
	strcpy(loader, sum_of("root/usr/lib/xen/boot/hvmloader"));
	strcpy(bios, sum_of("root/usr/share/seabios/bios-256k.bin"));
	assert_int_equal(check("web.cfg", NULL, NULL, NULL), EXIT_FAILED);
	snprintf(want, sizeof(want),
		 "earlydom: web.cfg:2:19: firmware root/usr/lib/xen/boot/hvmloader: its sha256 is "
		 "%s, and firmware_sha256 says " WRONG "\n"
		 "earlydom: web.cfg:3:15: BIOS root/usr/share/seabios/bios-256k.bin: its sha256 is "
		 "%s, and bios_sha256 says " WRONG "\n",
		 loader, bios);
	assert_string_equal(o.err, want);
	kit_text("web.cfg", "type = 'hvm'; memory = 64\n");
	assert_int_equal(check("--digest", "web.cfg", NULL, NULL), EXIT_OK);
	snprintf(want, sizeof(want), "# web.cfg\nfirmware_sha256 = \"%s\"\nbios_sha256 = \"%s\"\n",
		 loader, bios);
	assert_string_equal(o.out, want);
	/* Those of the tree, if there is one. */
	assert_int_equal(check("--root", "other", "--digest", "web.cfg"), EXIT_FAILED);
	assert_int_equal(mkdir("other", 0700), 0);
	assert_int_equal(check("--root", "other", "--digest", "web.cfg"), EXIT_OK);
	assert_string_equal(o.out, "# web.cfg\n");
}

/* What is printed is what is missing. */
static void test_digest_lines(void **state)
{
	const char *kernel = sum_of("root/kernel"), *ramdisk = sum_of("root/ramdisk");
	char want[1024];

	(void)state;
	kit_text("web.cfg", "kernel = '/kernel'; ramdisk = '/ramdisk'; memory = 64\n");
	kit_text("b.cfg", "kernel = '/ramdisk'; memory = 64\n");
	assert_int_equal(check("--root=root", "--digest", "web.cfg", "b.cfg"), EXIT_OK);
	snprintf(want, sizeof(want),
		 "# web.cfg\nkernel_sha256 = \"%s\"\nramdisk_sha256 = \"%s\"\n"
		 "# b.cfg\nkernel_sha256 = \"%s\"\n",
		 kernel, ramdisk, ramdisk);
	assert_string_equal(o.out, want);
	assert_string_equal(o.err, "");
	/* What was printed is right when it is there. */
	kit_text("web.cfg",
		 text_of("kernel = '/kernel'; ramdisk = '/ramdisk'; memory = 64\n%s", o.out));
	*strstr(kit_read("web.cfg", want, sizeof(want)), "# b.cfg") = '\0';
	kit_text("web.cfg", want);
	assert_int_equal(check("--root=root", "web.cfg", NULL, NULL), EXIT_OK);
	assert_int_equal(check("--root=root", "--digest", "web.cfg", NULL), EXIT_OK);
	assert_string_equal(o.out,
			    "# web.cfg\n# kernel_sha256 is right\n# ramdisk_sha256 is right\n");
	/* One that is wrong is an error, and a comment to whatever adds lines. */
	kit_text("web.cfg", "kernel = '/kernel'; ramdisk = '/missing'; memory = 64\n"
			    "kernel_sha256 = '" WRONG "'\n");
	assert_int_equal(check("--root=root", "--digest", "web.cfg", NULL), EXIT_FAILED);
	snprintf(want, sizeof(want),
		 "# web.cfg\n# kernel_sha256 is wrong: kernel_sha256 = \"%s\"\n", kernel);
	assert_string_equal(o.out, want);
	snprintf(want, sizeof(want),
		 "earlydom: web.cfg:2:17: kernel /kernel: its sha256 is %s, and kernel_sha256 "
		 "says " WRONG "\n"
		 "earlydom: web.cfg:1:31: cannot read ramdisk root/missing: No such file or "
		 "directory\n",
		 kernel);
	assert_string_equal(o.err, want);
	/* What makes them necessary does not keep them from being printed. */
	kit_text("web.cfg", "kernel = '/kernel'; memory = 64\n");
	assert_int_equal(check("--root=root", "--cmdline=earlydom.require_sha256", "web.cfg", NULL),
			 EXIT_FAILED);
	assert_string_equal(o.err, "earlydom: web.cfg:1:10: kernel_sha256 is missing, and "
				   "earlydom.require_sha256 wants it (`earlydom check --digest "
				   "web.cfg` prints it)\n");
	assert_int_equal(
		check("--root=root", "--cmdline=earlydom.require_sha256", "--digest", "web.cfg"),
		EXIT_OK);
	assert_non_null(strstr(o.out, "\nkernel_sha256 = \""));
	assert_int_equal(check("--digest", "--xl", "web.cfg", NULL), EXIT_USAGE);
}

/* A kernel with a digest stays as it is, for all guests that have it. */
static void test_digest_lists(void **state)
{
	(void)state;
	kit_text("web.cfg", "kernel = '/kernel'; memory = 64\nkernel_sha256 = '" WRONG "'\n");
	kit_text("b.cfg", "kernel = '/kernel'; memory = 64\n");
	assert_int_equal(check("--list-kernels", "b.cfg", "web.cfg", NULL), EXIT_OK);
	assert_string_equal(o.out, "");
	assert_int_equal(check("--list-files", "b.cfg", "web.cfg", NULL), EXIT_OK);
	assert_string_equal(o.out, "kernel-as-is /kernel\nkernel-as-is /kernel\n");
	assert_int_equal(check("--list-kernels", "b.cfg", NULL, NULL), EXIT_OK);
	assert_string_equal(o.out, "/kernel\n");
}

static void mk_image(const char *name, const char *magic)
{
	char path[64];

	snprintf(path, sizeof(path), "root/%s", name);
	kit_text(path, magic);
	assert_int_equal(truncate(path, 4096), 0);
}

/* What an image looks like is compared with what it is said to be. */
static void test_formats(void **state)
{
	(void)state;
	mk_image("q", "QFI\xfb");
	mk_image("v", "conectix");
	mk_image("raw", "");
	mk_image("plain", "");
	assert_int_equal(judge("kernel = '/kernel'\nmemory = 64\n"
			       "disk = [ '/q,qcow2,xvda', '/v,vhd,xvdb', '/plain,vhd,xvdc', "
			       "'/raw,,xvdd,ro' ]\n"),
			 EXIT_OK);
	assert_string_equal(o.err, "");
	assert_int_equal(judge("kernel = '/kernel'\nmemory = 64\ndisk = [ '/q,raw,xvda' ]\n"),
			 EXIT_OK);
	assert_string_equal(o.err, "earlydom: web.cfg:3:10: note: disk xvda: root/q looks like "
				   "qcow2, and format is raw: the guest gets it as it is\n");
	refused("kernel = '/kernel'\nmemory = 64\n"
		"disk = [ '/raw,qcow2,xvda',\n '/v,qcow2,xvdb', '/q,vhd,xvdc' ]\n",
		"earlydom: web.cfg:3:10: disk xvda: root/raw is not qcow2\n"
		"earlydom: web.cfg:4:2: disk xvdb: root/v is not qcow2, it looks like vhd\n"
		"earlydom: web.cfg:4:19: disk xvdc: root/q is not vhd, it looks like qcow2\n");
}

/* What is needed is judged by who starts the kernel; the descriptor's own files are looked at. */
/* What dom0 would not see of a boot-loader entry. */
static void test_long_cmdline(void **state)
{
	static const char note[] =
		"kernel command line: of its 1024 characters a pv dom0 gets 1023\n";
	char line[2100];

	(void)state;
	memset(line, 'x', sizeof(line));
	line[1023] = '\0';
	assert_int_equal(check("--root=root", "--cmdline", line, "b.cfg"), EXIT_OK);
	assert_null(strstr(o.out, "characters"));
	line[1023] = 'x';
	line[1024] = '\0';
	assert_int_equal(check("--root=root", "--cmdline", line, "b.cfg"), EXIT_OK);
	assert_memory_equal(o.out, note, strlen(note));
	line[1024] = 'x';
	line[2048] = '\0';
	assert_int_equal(check("--root=root", "--cmdline", line, "b.cfg"), EXIT_FAILED);
	assert_string_equal(o.err, "earlydom: kernel command line:1:2048: what is from here on is "
				   "cut off: Linux keeps 2047 characters\n");
}

static void test_hvm(void **state)
{
	(void)state;
	kit_text("root/map", "0 9f000 ram\n100000 3800000 ram\n");
	kit_text("root/fw", "firmware");
	kit_text("root/model", "#!/bin/sh\n");
	kit_text("root/model.cfg", "serial\n");
	assert_int_equal(chmod("root/model", 0755), 0);
	assert_int_equal(judge("type = 'hvm'\nmemory = 64\nfirmware_override = '/fw'\n"
			       "memmap = '/map'\ndevice_model_override = '/model'\n"),
			 EXIT_OK);
	assert_string_equal(o.out, "web: ok (vmx hvm, 64 MiB, 1 vcpu)\n");
	assert_string_equal(o.err, "");
	assert_int_equal(judge("type = 'hvm'\nmemory = 64\nkernel = '/kernel'\n"
			       "device_model_protocol = 'classic'\n"
			       "device_model_override = '/model'\n"
			       "device_model_config = '/model.cfg'\n"),
			 EXIT_OK);
	assert_string_equal(o.err, "");
	assert_int_equal(judge("type = 'hvm'\nmemory = 64\nkernel = '/kernel'\n"
			       "ramdisk = '/ramdisk'\n"),
			 EXIT_OK);
	assert_string_equal(o.err, "");

	refused("type = 'hvm'\nmemory = 64\nfirmware_override = '/no'\nmemmap = '/no'\n"
		"device_model_override = '/no'\n",
		"earlydom: web.cfg:3:21: cannot read firmware root/no: No such file or directory\n"
		"earlydom: web.cfg:4:10: cannot read memmap root/no: No such file or directory\n"
		"earlydom: web.cfg:5:25: cannot run device model root/no: No such file or "
		"directory\n");
	refused("type = 'hvm'\nmemory = 64\nkernel = '/kernel-pv'\n"
		"device_model_protocol = 'classic'\n"
		"device_model_override = '/map'\ndevice_model_config = '/dir'\n",
		"earlydom: web.cfg:3:10: kernel /kernel-pv has no PVH entry, at which "
		"device_model_protocol = \"classic\" starts it\n"
		"earlydom: web.cfg:5:25: cannot run device model root/map: Permission denied\n"
		"earlydom: web.cfg:6:23: cannot read device config root/dir: Is a directory\n");
	refused("type = 'hvm'\nmemory = 64\ndevice_model_override = '/dir'\n",
		"earlydom: web.cfg:3:25: cannot run device model root/dir: not a regular file\n");
	refused("type = 'hvm'\nmemory = 64\nkernel = '/ramdisk'\n",
		"earlydom: web.cfg:3:10: kernel /ramdisk is neither a bzImage nor an ELF file nor "
		"a Multiboot kernel: QEMU does not start it\n");
	refused("type = 'hvm'\nmemory = 16\nkernel = '/kernel'\nramdisk = '/ramdisk'\n", o.err);
	assert_non_null(strstr(o.err, "earlydom: web.cfg:2:10: memory = 16 MiB is too little: "
				      "kernel and ramdisk "));
	refused("type = 'hvm'\nmemory = 32\nmemmap = '/map'\n",
		"earlydom: web.cfg:3:10: memmap /map: its ranges that are ram have 56956 KiB, the "
		"guest has 24576 KiB\n");
	kit_text("root/map", "0 9f000 ram\n100000 3800000 rom\n");
	refused("memory = 64\nmemmap = '/map'\ntype = 'hvm'\n",
		"earlydom: web.cfg:2:10: memmap /map:2:16: unknown type 'rom', did you mean "
		"'ram'?\n");
}

/* All errors of all files come in one run. */
static void test_all_errors(void **state)
{
	char line[1200] = "extra = '";

	(void)state;
	memset(line + 9, 'x', 1100);
	strcpy(line + 1109, "'\nkernel = '/missing'\nmemory = 64\nramdisk = '/gone'\n");
	kit_text("a.cfg", line);
	kit_text("b.cfg", "kernel = '/kernel'\nmemroy = 64\n");
	kit_text("c.cfg", "kernel = '/kernel'\nmemory = 32\n");
	assert_int_equal(check("--root=root", "a.cfg", "b.cfg", "c.cfg"), EXIT_FAILED);
	assert_string_equal(o.out, "c: ok (linux pv, 32 MiB, 1 vcpu)\n");
	assert_non_null(
		strstr(o.err, "earlydom: a.cfg:1:9: the command line has 1100 characters, "));
	assert_non_null(strstr(o.err, "earlydom: a.cfg:2:10: cannot read kernel root/missing: "));
	assert_non_null(strstr(o.err, "earlydom: a.cfg:4:11: cannot read ramdisk root/gone: "));
	assert_non_null(strstr(o.err, "earlydom: b.cfg:2:1: unknown key 'memroy', did you mean "
				      "'memory'?"));
	assert_int_equal(check("nofile.cfg", NULL, NULL, NULL), EXIT_FAILED);
	assert_string_equal(o.err, "earlydom: nofile.cfg: cannot read the descriptor: No such file "
				   "or directory\n");
}

static void test_options(void **state)
{
	static const struct guest_config usual = {.type = GUEST_HVM};
	char *expected;

	(void)state;
	kit_text("a.cfg", "kernel = '/kernel'\nmemory = 64\n");
	kit_text("b.cfg", "kernel = '/kernel'\nmemory = 64\n");
	kit_text("c.cfg", "kernel = '/missing'\nmemory = 64\n");
	assert_int_equal(check("--list-kernels", "a.cfg", "b.cfg", "c.cfg"), EXIT_OK);
	assert_string_equal(o.out, "/kernel\n/missing\n");
	kit_text("d.cfg", "kernel = '/kernel'\nramdisk = '/ramdisk'\nmemory = 64\n"
			  "disk = ['/a,raw,xvda,rw', '/b,raw,xvdb,ro',\n"
			  "        'vdev=xvdc, access=ro, target=LABEL=c',\n"
			  "        'vdev=xvdd, target=LABEL=my data:/d.img',\n"
			  "        '/elsewhere,raw,xvde,backend=5']\n");
	assert_int_equal(check("--list-files", "c.cfg", "d.cfg", NULL), EXIT_OK);
	assert_string_equal(o.out, "kernel /missing\nkernel /kernel\nramdisk /ramdisk\n"
				   "disk /a\ndisk-ro /b\nfile-system LABEL=my data\n");
	/* What a device model gets must stay as it is; some guests have no kernel. */
	kit_text("a.cfg", "kernel = '/x'\nmemory = 64\n");
	kit_text("d.cfg", "kernel = '/x'\nmemory = 64\ntype = 'hvm'\nfirmware_override = '/fw'\n"
			  "memmap = '/map'\ndevice_model_override = '/model'\n");
	kit_text("e.cfg", "kernel = '/kernel'\nmemory = 64\ntype = 'hvm'\n"
			  "device_model_protocol = 'classic'\ndevice_model_override = '/m'\n"
			  "device_model_config = '/c'\n");
	kit_text("f.cfg", "memory = 64\ntype = 'hvm'\ndisk = ['/img,raw,hda']\n");
	assert_int_equal(check("--list-files", "a.cfg", "d.cfg", "f.cfg"), EXIT_OK);
	/* What is used where nothing is named is carried, too. */
	assert_true(asprintf(&expected,
			     "kernel-as-is /x\nkernel-as-is /x\nfirmware /fw\n"
			     "firmware %s\nmemmap /map\ndevice-model /model\n"
			     "firmware %s\nfirmware %s\n"
			     "device-model /usr/libexec/xen-qemu-system-i386\ndisk /img\n",
			     firmware_bios_path(&usual), firmware_loader_path(&usual),
			     firmware_bios_path(&usual)) > 0);
	assert_string_equal(o.out, expected);
	free(expected);
	assert_int_equal(check("--list-files", "e.cfg", NULL, NULL), EXIT_OK);
	assert_string_equal(o.out, "kernel /kernel\ndevice-model /m\ndevice-config /c\n");
	/* The time zone is dom0's. */
	kit_text("e.cfg", "kernel = '/kernel'\nmemory = 64\nlocaltime = 1\n");
	assert_int_equal(check("--list-files", "e.cfg", NULL, NULL), EXIT_OK);
	assert_string_equal(o.out, "kernel /kernel\nzone /etc/localtime\n");
	kit_text("e.cfg", "kernel = '/kernel'\nmemory = 64\nlocaltime = 0\n");
	assert_int_equal(check("--list-files", "e.cfg", NULL, NULL), EXIT_OK);
	assert_string_equal(o.out, "kernel /kernel\n");
	/* QEMU as a back end, and what it reads for a screen */
	kit_text("b.cfg", "kernel = '/kernel'\nmemory = 64\nvfb = ['keymap=de']\n");
	kit_text("c.cfg", "memory = 64\ntype = 'hvm'\nfirmware_override = '/fw'\nvnc = 1\n"
			  "device_model_override = '/m'\nkeymap = 'fr'\nbios = 'ovmf'\n");
	assert_int_equal(check("--list-files", "b.cfg", "c.cfg", NULL), EXIT_OK);
	assert_string_equal(o.out, "kernel /kernel\n"
				   "device-model /usr/libexec/xen-qemu-system-i386\n"
				   "keymap /usr/share/qemu/keymaps/de\n"
				   "firmware /fw\nfirmware root/usr/share/ovmf/OVMF.fd\n"
				   "device-model /m\nkeymap /usr/share/qemu/keymaps/fr\n");
	kit_text("b.cfg", "kernel = '/kernel'\nmemory = 64\n");
	kit_text("c.cfg", "kernel = '/missing'\nmemory = 64\n");
	assert_int_equal(check("--list-kernels", "a.cfg", "d.cfg", "f.cfg"), EXIT_OK);
	assert_string_equal(o.out, "");
	assert_int_equal(check("--list-kernels", "a.cfg", "e.cfg", "f.cfg"), EXIT_OK);
	assert_string_equal(o.out, "/x\n/kernel\n");
	assert_int_equal(check("--root=root", "--cmdline=quiet earlydom=b earlydom.b.memory=48",
			       "b.cfg", "c.cfg"),
			 EXIT_OK);
	assert_string_equal(o.out, "b: ok (linux pv, 48 MiB, 1 vcpu)\n");
	assert_int_equal(check("--root=root", "--cmdline=earlydom=b,x", "b.cfg", NULL),
			 EXIT_FAILED);
	assert_non_null(strstr(o.err, "earlydom: kernel command line:"));
	assert_int_equal(check(NULL, NULL, NULL, NULL), EXIT_USAGE);
	assert_int_equal(check("--nonsense", "a.cfg", NULL, NULL), EXIT_USAGE);
	assert_non_null(strstr(o.err, "usage: earlydom check ["));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_relative),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_uki),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_digests),
		cmocka_unit_test(test_digests_of_firmware),
		cmocka_unit_test(test_digest_lines),
		cmocka_unit_test(test_digest_lists),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_lines_elsewhere),
		cmocka_unit_test(test_plan9),
		cmocka_unit_test(test_all_errors),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_long_cmdline),
		cmocka_unit_test(test_hvm),
	};

	return cmocka_run_group_tests(tests, begin, kit_end);
}
