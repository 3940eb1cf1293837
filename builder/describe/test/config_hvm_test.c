/*
 * hvm guests: their defaults, the keys that are for some guests only, and what those mean together.
 */
#include "config_expect.h"
#include "builder/describe/config_disks.h"
#include "builder/describe/vif_spec.h"

/* With LEAST in front, on line 1, these are right or wrong. */
#define HVM     "type = 'hvm'\n"
#define CLASSIC HVM "device_model_protocol = 'classic'\n"
#define MODEL   "device_model_override = '/m'; device_model_config = '/m.cfg'\n"

/* A descriptor without LEAST. */
static void reads(const char *text, struct descriptor *c, struct guest_config *g)
{
	struct diag d = {0};

	read_text("web.cfg", text, c, g, &d);
	expect_diag(&d, "");
}

static void done(struct descriptor *c, struct guest_config *g)
{
	config_free(g);
	descriptor_free(c);
}

static void refuses_whole(const char *text, const char *errors)
{
	struct descriptor c;
	struct guest_config g;
	struct diag d = {0};

	read_text("web.cfg", text, &c, &g, &d);
	expect_diag(&d, errors);
	done(&c, &g);
}

static void test_defaults(void **state)
{
	struct descriptor c;
	struct guest_config g;

	(void)state;
	/* Either key will do, and no kernel is needed. */
	reads("memory = 64; image = 'vmx'", &c, &g);
	assert_int_equal(g.type, GUEST_HVM);
	done(&c, &g);
	reads("memory = 64; type = 'hvm'", &c, &g);
	assert_string_equal(g.image, "vmx");
	assert_null(g.kernel);
	assert_int_equal(g.model_protocol, MODEL_QEMU);
	assert_null(g.model_override);
	assert_null(g.model_config);
	assert_int_equal(g.model_args.n, 0);
	assert_null(g.firmware_override);
	assert_int_equal(g.bios, BIOS_SEABIOS);
	assert_null(g.memmap);
	assert_int_equal(g.serial.n, 0);
	assert_false(g.vnc || g.model_unrestricted);
	assert_null(g.vnclisten);
	assert_false(g.vncunused);
	assert_int_equal(g.vga, VGA_CIRRUS);
	assert_int_equal(g.videoram_kib, 8 * 1024);
	assert_int_equal(g.hdtype, HDTYPE_IDE);
	assert_string_equal(g.boot, "cda");
	assert_true(g.acpi && g.apic && g.hpet && g.hap);
	assert_false(g.viridian);
	assert_int_equal(g.maxmem_kib, 64 * 1024);
	done(&c, &g);
}

static void test_qemu(void **state)
{
	static const char text[] =
		"image = 'vmx'; type = 'hvm'; memory = 512; maxmem = 512; maxvcpus = 128\n"
		"kernel = '/boot/k'; ramdisk = '/boot/r'; root = '/dev/xvda'\n"
		"device_model_protocol = 'qemu'\n"
		"device_model_override = '/usr/bin/q'\n"
		"device_model_args = ['-no-shutdown', '-name', 'a b']; device_model_restrict = 0\n"
		"firmware_override = '/boot/hvmloader'\n"
		"bios = 'ovmf'; vga = 'stdvga'; videoram = 64; boot = 'ndc'; hdtype = 'ahci'\n"
		"memmap = '/boot/map'\n"
		"serial = ['pty', 'file:/run/x']\n"
		"vnc = 1; vnclisten = '0.0.0.0'; vncdisplay = 7; vncunused = 0\n"
		"acpi = 0; apic = 0; hpet = 0; viridian = 1; hap = 0\n"
		"disk = ['/a,raw,hda', '/b,raw,xvdb', '/c,raw,sda,ro', '/d,raw,xvdg,ro']\n"
		"vif = ['type=vif', 'model=e1000', '']\n";
	struct descriptor c;
	struct guest_config g;

	(void)state;
	reads(text, &c, &g);
	assert_string_equal(g.kernel, "/boot/k");
	assert_string_equal(g.model_override, "/usr/bin/q");
	assert_int_equal(g.model_override_loc.line, 4);
	assert_int_equal(g.model_args.n, 3);
	assert_string_equal(g.model_args.v[2], "a b");
	assert_true(g.model_unrestricted);
	assert_string_equal(g.firmware_override, "/boot/hvmloader");
	assert_int_equal(g.firmware_loc.line, 6);
	assert_int_equal(g.bios, BIOS_OVMF);
	assert_int_equal(g.vga, VGA_STD);
	assert_int_equal(g.videoram_kib, 64 * 1024);
	assert_int_equal(g.hdtype, HDTYPE_AHCI);
	assert_string_equal(g.boot, "ndc");
	assert_string_equal(g.memmap, "/boot/map");
	assert_int_equal(g.memmap_loc.line, 8);
	assert_int_equal(g.serial.n, 2);
	assert_string_equal(g.serial.v[1], "file:/run/x");
	assert_true(g.vnc);
	assert_string_equal(g.vnclisten, "0.0.0.0");
	assert_int_equal(g.vncdisplay, 7);
	assert_false(g.vncunused || g.acpi || g.apic || g.hpet || g.hap);
	assert_true(g.viridian);
	assert_int_equal(g.nr_disks, 4);
	assert_int_equal(g.vifs[0].type, VIF_TYPE_VIF);
	assert_int_equal(g.vifs[1].type, VIF_TYPE_IOEMU);
	assert_int_equal(g.vifs[2].type, VIF_TYPE_IOEMU);
	done(&c, &g);

	reads("memory = 24; type = 'hvm'; vga = 'stdvga'; vnc = 1; serial = 'pty'", &c, &g);
	assert_int_equal(g.videoram_kib, 16 * 1024);
	assert_true(g.vncunused);
	assert_int_equal(g.serial.n, 1);
	done(&c, &g);
	reads("memory = 8; type = 'hvm'; vga = 'none'; device_model_restrict = 1", &c, &g);
	assert_false(g.model_unrestricted);
	done(&c, &g);
	/* As with xl, VNC has what QEMU shows of its own then. */
	reads("memory = 8; type = 'hvm'; vga = 'none'; vnc = 1; vnclisten = '[::1]:99'", &c, &g);
	assert_int_equal(g.videoram_kib, 0);
	done(&c, &g);
}

static void test_classic(void **state)
{
	struct descriptor c;
	struct guest_config g;

	(void)state;
	reads(LEAST CLASSIC MODEL "memmap = '/map'; hpet = 0; vif = ['']\n"
				  "extra = 'quiet VNC_VIEWER=x:1'; disk = ['/a,raw,hda,ro']\n",
	      &c, &g);
	assert_int_equal(g.model_protocol, MODEL_CLASSIC);
	assert_string_equal(g.model_override, "/m");
	assert_string_equal(g.model_config, "/m.cfg");
	assert_int_equal(g.model_config_loc.line, 3);
	assert_string_equal(g.memmap, "/map");
	assert_int_equal(g.vga, VGA_NONE);
	assert_int_equal(g.videoram_kib, 0);
	assert_null(g.boot);
	assert_true(g.acpi && g.apic && g.hap);
	assert_false(g.hpet);
	assert_string_equal(g.extra, "quiet VNC_VIEWER=x:1");
	done(&c, &g);
}

static void test_wrong_type(void **state)
{
	(void)state;
	refuses("image = 'linux'; type = 'hvm'",
		"web.cfg:2:25: type = \"hvm\": a linux image is \"pv\" or \"pvh\"\n");
	refuses("image = 'vmx'; type = 'pvh'; vnc = 1",
		"web.cfg:2:23: type = \"pvh\": a vmx image is \"hvm\"\n");
	notes("type = 'hvm'; memmap = '/m'; maxmem = 65",
	      "web.cfg:2:30: note: maxmem has no effect with memmap, a map of memory\n");
	notes("type = 'hvm'; memmap = '/m'; maxmem = 64", "");
	/* xl has not even a look at the values. */
	notes("type = 'pvh'\n"
	      "firmware_override = 'x'; bios = 'x'; serial = 5; vga = 'qxl'; videoram = 1\n"
	      "vnc = 0; vnclisten = 'x'; vncdisplay = 1; vncunused = 1; boot = 'x'\n"
	      "acpi = 1; apic = 1; hpet = 1; viridian = 0; hap = 1\n",
	      "web.cfg:3:1: note: firmware_override has no effect in a pvh guest\n"
	      "web.cfg:3:26: note: bios has no effect in a pvh guest\n"
	      "web.cfg:3:38: note: serial has no effect in a pvh guest\n"
	      "web.cfg:3:50: note: vga has no effect in a pvh guest\n"
	      "web.cfg:3:63: note: videoram has no effect in a pvh guest\n"
	      "web.cfg:4:1: note: vnc has no effect in a pvh guest\n"
	      "web.cfg:4:10: note: vnclisten has no effect in a pvh guest\n"
	      "web.cfg:4:27: note: vncdisplay has no effect in a pvh guest\n"
	      "web.cfg:4:43: note: vncunused has no effect in a pvh guest\n"
	      "web.cfg:4:58: note: boot has no effect in a pvh guest\n"
	      "web.cfg:5:1: note: acpi has no effect in a pvh guest\n"
	      "web.cfg:5:11: note: apic has no effect in a pvh guest\n"
	      "web.cfg:5:21: note: hpet has no effect in a pvh guest\n"
	      "web.cfg:5:31: note: viridian has no effect in a pvh guest\n");
	/* QEMU's keys count where it serves something. */
	notes("type = 'pvh'; device_model_override = '/x'; device_model_args = []\n"
	      "device_model_args_pv = ['x']; device_model_restrict = 0",
	      "web.cfg:2:15: note: device_model_override has no effect: QEMU serves none of its "
	      "devices\n"
	      "web.cfg:3:31: note: device_model_restrict has no effect: QEMU serves none of its "
	      "devices\n"
	      "web.cfg:2:45: note: device_model_args has no effect: QEMU serves none of its "
	      "devices\n"
	      "web.cfg:3:1: note: device_model_args_pv has no effect: QEMU serves none of its "
	      "devices\n");
	notes("device_model_override = '/x'; device_model_args = []; device_model_args_pv = ['x']\n"
	      "vfb = ['']",
	      "");
	/* What only this program has was meant. */
	refuses("device_model_config = '/x'; memmap = '/x'",
		"web.cfg:2:1: device_model_config is for guests with device_model_protocol = "
		"\"classic\", and this one is pv\n"
		"web.cfg:2:29: memmap is for hvm guests, and this one is pv\n");
	refuses("type = 'pvh'; device_model_protocol = 'classic'",
		"web.cfg:2:15: device_model_protocol is for hvm guests, and this one is pvh\n");
	/* A wrong value causes no follow-up errors. */
	refuses("type = 'hmv'; vnc = 1",
		"web.cfg:2:8: type = \"hmv\": must be \"pv\", \"pvh\" or \"hvm\"\n");
	refuses(HVM "device_model_protocol = 'old'; vnclisten = 'x'",
		"web.cfg:3:25: device_model_protocol = \"old\": must be \"qemu\" or \"classic\"\n");
	refuses("vcpus = 129; " HVM,
		"web.cfg:2:9: vcpus = 129: must be 1 to 128 for a hvm guest\n");
}

static void test_wrong_protocol(void **state)
{
	static const char qemu[] = " is for guests with QEMU as their device model, and this "
				   "one's device model is classic\n";
	char want[2048];

	(void)state;
	refuses(HVM "device_model_config = '/x'",
		"web.cfg:3:1: device_model_config is for guests with device_model_protocol = "
		"\"classic\", and this one's device model is QEMU\n");
	snprintf(want, sizeof(want),
		 "web.cfg:5:1: device_model_args%sweb.cfg:5:25: firmware_override%s"
		 "web.cfg:5:51: bios%sweb.cfg:6:1: serial%sweb.cfg:6:17: vga%s"
		 "web.cfg:6:31: videoram%sweb.cfg:7:1: vnc%sweb.cfg:7:10: vnclisten%s"
		 "web.cfg:7:27: vncdisplay%sweb.cfg:7:43: vncunused%sweb.cfg:7:58: boot%s",
		 qemu, qemu, qemu, qemu, qemu, qemu, qemu, qemu, qemu, qemu, qemu);
	refuses(CLASSIC MODEL
		"device_model_args = []; firmware_override = '/x'; bios = 'rombios'\n"
		"serial = 'pty'; vga = 'none'; videoram = 0\n"
		"vnc = 0; vnclisten = 'x'; vncdisplay = 1; vncunused = 1; boot = 'c'\n",
		want);
}

static void test_builder(void **state)
{
	struct descriptor c;
	struct guest_config g;

	(void)state;
	reads("memory = 64; builder = 'hvm'; kernel = '/k'", &c, &g);
	assert_int_equal(g.type, GUEST_HVM);
	assert_string_equal(g.image, "vmx");
	done(&c, &g);
	reads("memory = 64; builder = 'generic'; kernel = '/k'", &c, &g);
	assert_int_equal(g.type, GUEST_PV);
	done(&c, &g);
	notes("builder = 'hvm'; type = 'hvm'; vnc = 1",
	      "web.cfg:2:1: note: builder has no effect beside type (line 2)\n");
	/* One cause, one message. */
	refuses("builder = 'hvm'; type = 'pvh'; vnc = 1; vcpus = 200",
		"web.cfg:2:11: builder = \"hvm\": contradicts type = \"pvh\" (line 2)\n");
	refuses("builder = 'hvm'; image = 'plan9'; vnc = 1",
		"web.cfg:2:11: builder = \"hvm\": a plan9 image is \"pv\"\n");
	refuses("builder = 'xen'; vnc = 1",
		"web.cfg:2:11: builder = \"xen\": must be \"generic\", \"linux\" or \"hvm\"\n");
	refuses_whole("builder = 'hvm'; vnc = 1", "web.cfg: memory is missing\n");
}

/* xl's short word for bios, or a path of a firmware. */
static void test_firmware(void **state)
{
	struct descriptor c;
	struct guest_config g;

	(void)state;
	reads("memory = 64; type = 'hvm'; firmware = 'uefi'", &c, &g);
	assert_int_equal(g.bios, BIOS_OVMF);
	done(&c, &g);
	reads("memory = 64; type = 'hvm'; firmware = 'seabios'; bios = 'ovmf'", &c, &g);
	assert_int_equal(g.bios, BIOS_SEABIOS);
	done(&c, &g);
	reads("memory = 64; type = 'hvm'; firmware = 'bios'; bios = 'ovmf'", &c, &g);
	assert_int_equal(g.bios, BIOS_OVMF);
	assert_null(g.firmware_override);
	done(&c, &g);
	reads("memory = 64; type = 'hvm'; firmware = '/boot/mine'; firmware_override = '/x'", &c,
	      &g);
	assert_string_equal(g.firmware_override, "/boot/mine");
	done(&c, &g);
	refuses(HVM "firmware = 'rombios'", "web.cfg:3:12: rombios is for qemu-xen-traditional: "
					    "QEMU has \"seabios\" and \"ovmf\"\n");
	refuses(HVM "firmware = '/'", "web.cfg:3:12: firmware = \"/\": must be the name of a file, "
				      "not of a directory\n");
}

/* What QEMU emulates besides. */
static void test_devices_of_qemu(void **state)
{
	struct descriptor c;
	struct guest_config g;

	(void)state;
	reads("memory = 64; type = 'hvm'", &c, &g);
	assert_true(g.xen_platform_pci && g.vkb_device);
	assert_false(g.usb || g.usbversion || g.usbdevice.n || g.soundhw || g.vendor_device);
	done(&c, &g);
	reads("memory = 64; type = 'hvm'; stdvga = 1; usbdevice = ['tablet', 'host:1.2']\n"
	      "soundhw = 'es1370'; xen_platform_pci = 0; vkb_device = 0; bios_path_override = "
	      "'/b'\n"
	      "vendor_device = 'xenserver'; device_model_args_hvm = ['-x']",
	      &c, &g);
	assert_int_equal(g.vga, VGA_STD);
	assert_int_equal(g.videoram_kib, 16 * 1024);
	assert_int_equal(g.usbdevice.n, 2);
	assert_string_equal(g.soundhw, "es1370");
	assert_false(g.xen_platform_pci || g.vkb_device);
	assert_string_equal(g.bios_path, "/b");
	assert_int_equal(g.vendor_device, VENDOR_XENSERVER);
	assert_string_equal(g.model_args_hvm.v[0], "-x");
	done(&c, &g);
	reads("memory = 64; type = 'hvm'; stdvga = 0; usbdevice = 'tablet'", &c, &g);
	assert_int_equal(g.vga, VGA_CIRRUS);
	assert_int_equal(g.usbdevice.n, 1);
	done(&c, &g);
}

static void test_missing(void **state)
{
	(void)state;
	refuses_whole(
		"memory = 64; device_model_protocol = 'classic'\n" HVM,
		"web.cfg:1:38: missing device model: device_model_protocol = \"classic\" needs "
		"device_model_override\n"
		"web.cfg:1:38: missing device config: device_model_protocol = \"classic\" needs "
		"device_model_config\n"
		"web.cfg:1:38: missing kernel: device_model_protocol = \"classic\" needs "
		"kernel\n");
	refuses(CLASSIC "device_model_override = ''; device_model_config = '/m'",
		"web.cfg:4:25: device_model_override = \"\": must not be empty\n");
	refuses_whole(HVM, "web.cfg: memory is missing\n");
	refuses_whole("memory = 64; " HVM
		      "ramdisk = '/r'; ip = 'dhcp'; root = '/dev/xvda'; extra = ''",
		      "web.cfg:2:1: ramdisk can't be given without kernel\n"
		      "web.cfg:2:17: ip can't be given without kernel\n"
		      "web.cfg:2:30: root can't be given without kernel\n"
		      "web.cfg:2:50: extra can't be given without kernel\n");
	refuses_whole("memory = 64; cmdline = 'quiet'; " HVM,
		      "web.cfg:1:14: cmdline can't be given without kernel\n");
	/* A key that is there but wrong is not reported as missing. */
	refuses_whole("memory = 64; cmdline = 'quiet'; kernel = 'k/'; " HVM,
		      "web.cfg:1:42: kernel = \"k/\": must be the name of a file, not of a "
		      "directory\n");
	refuses_whole("memory = 64; kernel = '/usr/lib/xen/boot/hvmloader'; " HVM,
		      "web.cfg:1:23: note: kernel: hvmloader is no kernel, and is ignored: "
		      "firmware_override names another one than Xen's\n");
}

static void test_viewer(void **state)
{
	(void)state;
	refuses(CLASSIC MODEL "extra = 'VNC_VIEWER= quiet'",
		"web.cfg:5:9: extra: nothing follows VNC_VIEWER=\n");
	refuses(CLASSIC MODEL "extra = 'VNC_VIEWER=a VNC_VIEWER=b'",
		"web.cfg:5:9: extra: VNC_VIEWER is given twice\n");
}

static void test_values(void **state)
{
	(void)state;
	refuses(HVM "bios = 'rombios'",
		"web.cfg:3:8: rombios is for qemu-xen-traditional: QEMU has "
		"\"seabios\" and \"ovmf\"\n");
	refuses(HVM "bios = 'uefi'",
		"web.cfg:3:8: bios = \"uefi\": must be \"seabios\" or \"ovmf\"\n");
	refuses(HVM "vga = 'qxl'", "web.cfg:3:7: vga = \"qxl\": xl has it, but earlydom does not: "
				   "must be \"cirrus\", \"stdvga\" or \"none\"\n");
	refuses(HVM "boot = 'cdc'",
		"web.cfg:3:8: boot = \"cdc\": must be letters of a, c, d and n, each once\n");
	refuses(HVM "boot = ''",
		"web.cfg:3:8: boot = \"\": must be letters of a, c, d and n, each once\n");
	refuses(HVM "boot = 'x'",
		"web.cfg:3:8: boot = \"x\": must be letters of a, c, d and n, each once\n");
	refuses(HVM "hap = 'on'", "web.cfg:3:7: hap = \"on\": must be 0 or 1\n");
	refuses(HVM "hpet = ['base']",
		"web.cfg:3:8: hpet = [...]: must be an integer, not a list\n");
	refuses(HVM "serial = ['pty', '']",
		"web.cfg:3:18: serial, entry 2 = \"\": must not be empty\n");
	refuses(HVM "device_model_args = '-x'",
		"web.cfg:3:21: device_model_args = \"-x\": must be a list of strings, in [ ]\n");
	refuses(HVM "soundhw = 'pcspk'",
		"web.cfg:3:11: soundhw = \"pcspk\": must be \"ac97\", \"adlib\", \"cs4231a\", "
		"\"es1370\", \"gus\", \"hda\" or \"sb16\"\n");
	refuses(HVM "usbversion = 4", "web.cfg:3:14: usbversion = 4: must be 0 to 3\n");
	refuses(HVM "usbversion = 2; usbdevice = 'tablet'",
		"web.cfg:3:1: usbversion can't be given together with usbdevice (line 3)\n");
	refuses(HVM "smbios = ['bios_vendor=a', 'oem=a', 'oem=b', 'bios_vendor=b']",
		"web.cfg:3:46: smbios, entry 4: the key is already that of entry 1\n");
	refuses(HVM "smbios = ['bios_vender=a']",
		"web.cfg:3:11: smbios = \"bios_vender=a\": unknown parameter "
		"'bios_vender', did you mean 'bios_vendor'?\n");
	refuses(HVM "usb = 1; usbversion = 2",
		"web.cfg:3:10: usbversion can't be given together with usb (line 3)\n");
	notes(HVM "usb = 0; usbversion = 2; stdvga = 1; vga = 'none'; memory = 64",
	      "web.cfg:3:52: note: memory is given twice, first on line 1\n"
	      "web.cfg:3:26: note: stdvga has no effect beside vga (line 3)\n");
}

static void test_videoram(void **state)
{
	(void)state;
	refuses(HVM "videoram = 4",
		"web.cfg:3:12: videoram = 4: must be 8 or 16 with vga = \"cirrus\"\n");
	refuses(HVM "videoram = 32",
		"web.cfg:3:12: videoram = 32: must be 8 or 16 with vga = \"cirrus\"\n");
	refuses(HVM "videoram = 8; vga = 'stdvga'",
		"web.cfg:3:12: videoram = 8: must be 16, 32, 64, 128, 256 or 512 with vga = "
		"\"stdvga\"\n");
	refuses(HVM "videoram = 24; vga = 'stdvga'",
		"web.cfg:3:12: videoram = 24: must be 16, 32, 64, 128, 256 or 512 with vga = "
		"\"stdvga\"\n");
	refuses(HVM "videoram = 1; vga = 'none'",
		"web.cfg:3:12: videoram = 1: must be 0 with vga = \"none\"\n");
	refuses(HVM "videoram = 513; vga = 'stdvga'",
		"web.cfg:3:12: videoram = 513: must be 0 to 512 MiB\n");
	refuses(HVM "videoram = 1; vga = 'x'",
		"web.cfg:3:21: vga = \"x\": must be \"cirrus\", \"stdvga\" or \"none\"\n");
	refuses(HVM "videoram = 64; vga = 'stdvga'",
		"web.cfg:1:30: memory = 64: must be at least 72: videoram is 64 of it, and the "
		"firmware needs 8\n");
	refuses_whole("memory = 15; " HVM,
		      "web.cfg:1:10: memory = 15: must be at least 16: videoram is 8 of it, and "
		      "the firmware needs 8\n");
	refuses_whole("maxmem = 15; " HVM,
		      "web.cfg:1:10: memory = 15: must be at least 16: videoram is 8 of it, and "
		      "the firmware needs 8\n");
	refuses_whole("memory = 64; maxmem = 63; " HVM,
		      "web.cfg:1:23: maxmem = 63: must be at least memory = 64 (line 1)\n");
}

static void test_vnc(void **state)
{
	struct descriptor c;
	struct guest_config g;

	(void)state;
	/* What says something of the server means that there is one, as with xl. */
	reads("memory = 64; type = 'hvm'; vnclisten = '0.0.0.0'", &c, &g);
	assert_true(g.vnc && g.vncunused);
	done(&c, &g);
	reads("memory = 64; type = 'hvm'; vncpasswd = ''", &c, &g);
	assert_true(g.vnc);
	done(&c, &g);
	notes(HVM "vnc = 0; vncdisplay = 1; vncpasswd = 'x'",
	      "web.cfg:3:10: note: vncdisplay has no effect without vnc = 1\n"
	      "web.cfg:3:26: note: vncpasswd has no effect without vnc = 1\n");
	/* vfb, which is for other types, changes nothing, right or wrong as it may be. */
	notes(HVM "vnc = 1; vfb = ['type=vnc']",
	      "web.cfg:3:10: note: vfb has no effect in a hvm guest\n");
	refuses(HVM "vnc = 1; vfb = ['type=vnc']; vncdisplay = 100",
		"web.cfg:3:10: note: vfb has no effect in a hvm guest\n"
		"web.cfg:3:43: vncdisplay: display 100 is beyond 99, the last that is tried with "
		"vncunused\n");
	refuses(HVM "vnc = 'yes'; vncdisplay = 1", "web.cfg:3:7: vnc = \"yes\": must be 0 or 1\n");
	refuses(HVM "vnc = 1\nvnclisten = '0.0.0.0:1'; vncdisplay = 1",
		"web.cfg:4:26: vncdisplay can't be given together with the display in vnclisten "
		"(line 4)\n");
	refuses(HVM "vnc = 1; vncdisplay = 100",
		"web.cfg:3:23: vncdisplay: display 100 is beyond 99, the last that is tried with "
		"vncunused\n");
	refuses(HVM "vnc = 1; vnclisten = '[::1]:100'",
		"web.cfg:3:22: vnclisten: display 100 is beyond 99, the last that is tried with "
		"vncunused\n");
	refuses(HVM "vnc = 1; vncdisplay = 59636; vncunused = 0",
		"web.cfg:3:23: vncdisplay = 59636: must be 0 to 59635\n");
}

static void test_devices(void **state)
{
	(void)state;
	refuses(HVM "disk = ['/a,raw,hda', '/b,raw,xvda1', '/c,raw,hdb,ro']",
		"web.cfg:3:23: disk, entry 2: QEMU emulates xvda1 as the same IDE drive as entry "
		"1, hda\n"
		"web.cfg:3:39: disk, entry 3: QEMU emulates hdb as an IDE disk, which can't be "
		"read-only: sda to sdp are SCSI, xvde and on are not emulated\n");
	refuses(HVM "hdtype = 'ahci'; disk = ['/a,raw,xvde,ro', '/b,raw,xvde1', '/c,raw,xvdg,ro']",
		"web.cfg:3:26: disk, entry 1: QEMU emulates xvde as an AHCI disk, which can't be "
		"read-only: sda to sdp are SCSI, xvdg and on are not emulated\n"
		"web.cfg:3:44: disk, entry 2: QEMU emulates xvde1 as the same AHCI drive as entry "
		"1, xvde\n");
	refuses(HVM "disk = ['/a,,sda', '/b,,sda1']",
		"web.cfg:3:20: disk, entry 2: QEMU emulates sda1 as the same SCSI drive as entry "
		"1, sda\n");
}

static void test_cdroms(void **state)
{
	struct descriptor c;
	struct guest_config g;
	struct diag d = {0};

	(void)state;
	assert_int_equal(read_text("web.cfg",
				   "memory = 64\n" HVM "hdtype = 'ahci'; boot = 'dc'\n"
				   "disk = ['/a.iso,,hda,cdrom', ',hdb:cdrom,r', '/c,qcow2,xvda',"
				   " '/d,raw,xvdb']",
				   &c, &g, &d),
			 0);
	expect_diag(&d, "");
	assert_int_equal(g.nr_qdisks, 3);
	assert_false(guest_config_needs_qemu(&g));
	assert_true(g.disks[0].qdisk && g.disks[1].qdisk && g.disks[2].qdisk && !g.disks[3].qdisk);
	assert_int_equal(g.disks[1].format, DISK_EMPTY);
	/* AHCI disks are on another controller. */
	assert_int_equal(config_drive(&g, &g.disks[0]).bus, DRIVE_IDE);
	assert_int_equal(config_drive(&g, &g.disks[2]).bus, DRIVE_AHCI);
	config_free(&g);
	descriptor_free(&c);
	refuses(HVM "disk = ['/a,,hda', ',xvda:cdrom,r', '/c.iso,,sda,cdrom', ',hde,,cdrom']",
		"web.cfg:3:58: disk, entry 4 = \",hde,,cdrom\": unknown format 'hde'\n");
	refuses(HVM "disk = ['/a,,hda', ',xvdb1:cdrom,r', '/c.iso,,sda,cdrom', ',xvde:cdrom,r']",
		"web.cfg:3:38: disk, entry 3: QEMU emulates sda as the same IDE drive as entry 1, "
		"hda\n"
		"web.cfg:3:59: disk, entry 4: QEMU emulates no cdrom drive as xvde: it is one of "
		"hda to hdd\n");
	refuses(HVM "disk = ['/a.iso,,hdc,cdrom,backendtype=phy']",
		"web.cfg:3:9: disk, entry 1: backendtype phy does not serve a cdrom drive of an "
		"hvm guest: leave it out\n");
	refuses(CLASSIC MODEL "disk = ['/a.iso,,hdc,cdrom', '/b,qcow2,xvda', '/c,,xvdb',\n"
			      " '/d,,xvdd,backendtype=qdisk']",
		"web.cfg:5:9: disk, entry 1: a cdrom drive needs QEMU, and device_model_protocol "
		"is \"classic\"\n"
		"web.cfg:5:30: disk, entry 2: qcow2 needs QEMU, and device_model_protocol is "
		"\"classic\"\n"
		"web.cfg:6:2: disk, entry 4: backendtype qdisk needs QEMU, and "
		"device_model_protocol is \"classic\"\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_qemu),
		cmocka_unit_test(test_classic),
		cmocka_unit_test(test_wrong_type),
		cmocka_unit_test(test_wrong_protocol),
		cmocka_unit_test(test_firmware),
		cmocka_unit_test(test_devices_of_qemu),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_builder),
		cmocka_unit_test(test_viewer),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_videoram),
		cmocka_unit_test(test_vnc),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_cdroms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
