/* QEMU's arguments: whole lists, as libxl 4.17 makes them but for what qemu_args.h says. */
#include "builder/fake/kit.h"

#include "builder/describe/pci_spec.h"
#include "builder/describe/usb_spec.h"
#include "builder/describe/vfb_spec.h"
#include "builder/devmodel/qemu_args.h"
#include "builder/devmodel/qemu_pci.h"
#include "builder/device/disk.h"
#include "builder/device/vif.h"
#include "builder/pci/pci_hold.h"

static struct guest_config cfg;
static struct guest g;
static struct qemu_start start;

/* A descriptor's defaults for a hvm guest. */
static int set_up(void **state)
{
	static char boot[] = "cda";

	(void)state;
	cfg = kit_config("web", GUEST_HVM);
	cfg.kernel = NULL;
	cfg.memory_kib = cfg.maxmem_kib = 512 * 1024;
	cfg.vga = VGA_CIRRUS;
	cfg.videoram_kib = 8 * 1024;
	cfg.boot = boot;
	cfg.acpi = cfg.apic = cfg.hpet = cfg.hap = true;
	cfg.xen_platform_pci = true;
	g = (struct guest){.cfg = &cfg, .domid = 7, .static_max_kib = cfg.maxmem_kib};
	start = (struct qemu_start){.program = "/usr/libexec/xen-qemu-system-i386"};
	return 0;
}

static void check(const char *const *want)
{
	struct argv a = {0};
	struct err e;
	size_t i;

	KIT_CHECK(qemu_args(&g, &start, &a, &e) == 0, "%s", e.msg);
	for (i = 0; want[i]; i++)
		KIT_CHECK(i < a.n && !strcmp(a.v[i], want[i]), "%zu: '%s', not '%s'", i,
			  i < a.n ? a.v[i] : "nothing", want[i]);
	KIT_CHECK(a.n == i, "%zu: '%s' is too much", i, a.v[i]);
	assert_null(a.v[i]);
	argv_free(&a);
}

#define CHECK(...) check((const char *const[]){__VA_ARGS__, NULL})

#define HEAD                                                                                       \
	"@xen-qemu-system-i386", "-xen-domid", "7", "-no-shutdown", "-nodefaults",                 \
		"-no-user-config", "-name", "web"
#define NO_SCREEN "-vnc", "none", "-display", "none"
#define CIRRUS    "-device", "cirrus-vga,vgamem_mb=8"
#define BOOT      "-boot", "order=cda"
#define NO_NET    "-net", "none"
#define MACHINE   "-machine", "xenfv,suppress-vmdesc=on", "-m", "504"

static void test_plain(void **state)
{
	(void)state;
	CHECK(HEAD, NO_SCREEN, CIRRUS, BOOT, NO_NET, MACHINE);
}

/* What of memory lies below the hole for devices. */
static void test_hole(void **state)
{
	(void)state;
	cfg.domain.mmio_hole_mib = (struct given_number){true, 1024};
	CHECK(HEAD, NO_SCREEN, CIRRUS, BOOT, NO_NET, "-machine",
	      "xenfv,suppress-vmdesc=on,max-ram-below-4g=3221225472", "-m", "504");
}

static void test_full(void **state)
{
	static char kernel[] = "/boot/vmlinuz", ramdisk[] = "/boot/initrd", pty[] = "pty";
	static char file[] = "file:/run/a,b", one[] = "-trace", two[] = "xen*", boot[] = "n";
	char *serial[2] = {pty, file}, *args[2] = {one, two};

	(void)state;
	cfg.kernel = kernel;
	cfg.ramdisk = ramdisk;
	cfg.serial = (struct strings){serial, 2};
	cfg.model_args = (struct strings){args, 2};
	cfg.vga = VGA_STD;
	cfg.videoram_kib = 16 * 1024;
	g.static_max_kib = 1024 * 1024 + 1;
	cfg.acpi = false;
	cfg.vcpus = 2;
	cfg.maxvcpus = 4;
	cfg.boot = boot;
	cfg.vnc = true;
	start = (struct qemu_start){
		.program = "qemu",
		.cmdline = "console=ttyS0 a,b",
		.restrict_domid = true,
		.chroot = "/run/earlydom/model/empty",
		.qmp_dir = "/run/xen",
		.uid = 65543,
		.gid = 65544,
	};
	CHECK("@qemu", "-xen-domid", "7", "-no-shutdown", "-chardev",
	      "socket,id=libxl-cmd,path=/run/xen/qmp-libxl-7,server=on,wait=off", "-mon",
	      "chardev=libxl-cmd,mode=control", "-chardev",
	      "socket,id=libxenstat-cmd,path=/run/xen/qmp-libxenstat-7,server=on,wait=off", "-mon",
	      "chardev=libxenstat-cmd,mode=control", "-nodefaults", "-no-user-config", "-name",
	      "web", "-vnc", "127.0.0.1:0", "-display", "none", "-kernel", "/boot/vmlinuz",
	      "-initrd", "/boot/initrd", "-append", "console=ttyS0 a,b", "-serial", "pty",
	      "-serial", "file:/run/a,b", "-device", "VGA,vgamem_mb=16", "-boot", "order=n",
	      "-no-acpi", "-smp", "2,maxcpus=4", "-net", "none", "-xen-domid-restrict", "-chroot",
	      "/run/earlydom/model/empty", "-machine", "xenfv,suppress-vmdesc=on", "-m", "1009",
	      "-runas", "65543:65544", "-trace", "xen*");

	/* A QEMU between 8.1 and 9.0, and a later one. */
	cfg.vnc = false;
	cfg.boot = cfg.kernel = cfg.ramdisk = NULL;
	cfg.serial = (struct strings){0};
	cfg.maxvcpus = cfg.vcpus = 1;
	start.qmp_dir = NULL;
	start.knows = (struct qemu_options){.chroot = true};
	CHECK("@qemu", "-xen-domid", "7", "-no-shutdown", "-nodefaults", "-no-user-config", "-name",
	      "web", "-vnc", "none", "-display", "none", "-device", "VGA,vgamem_mb=16", "-net",
	      "none", "-xen-domid-restrict", "-run-with", "chroot=/run/earlydom/model/empty",
	      "-machine", "xenfv,suppress-vmdesc=on,acpi=off", "-m", "1009", "-runas",
	      "65543:65544", "-trace", "xen*");
	start.knows.user = cfg.acpi = true;
	cfg.domain.mmio_hole_mib = (struct given_number){true, 1024};
	CHECK("@qemu", "-xen-domid", "7", "-no-shutdown", "-nodefaults", "-no-user-config", "-name",
	      "web", "-vnc", "none", "-display", "none", "-device", "VGA,vgamem_mb=16", "-net",
	      "none", "-xen-domid-restrict", "-run-with", "chroot=/run/earlydom/model/empty",
	      "-machine", "xenfv,suppress-vmdesc=on,max-ram-below-4g=3221225472", "-m", "1009",
	      "-run-with", "user=65543:65544", "-trace", "xen*");
	cfg.acpi = false;
	CHECK("@qemu", "-xen-domid", "7", "-no-shutdown", "-nodefaults", "-no-user-config", "-name",
	      "web", "-vnc", "none", "-display", "none", "-device", "VGA,vgamem_mb=16", "-net",
	      "none", "-xen-domid-restrict", "-run-with", "chroot=/run/earlydom/model/empty",
	      "-machine", "xenfv,suppress-vmdesc=on,max-ram-below-4g=3221225472,acpi=off", "-m",
	      "1009", "-run-with", "user=65543:65544", "-trace", "xen*");
}

static void test_devices(void **state)
{
	static char tablet[] = "tablet", mouse[] = "mouse", hda[] = "hda", ac97[] = "AC97";
	static char one[] = "-one", two[] = "-two";
	char *devices[2] = {tablet, mouse}, *args[1] = {one}, *more[1] = {two};

	(void)state;
	cfg.usbdevice = (struct strings){devices, 2};
	cfg.soundhw = hda;
	cfg.vendor_device = VENDOR_XENSERVER;
	cfg.model_args = (struct strings){args, 1};
	cfg.model_args_hvm = (struct strings){more, 1};
	CHECK(HEAD, NO_SCREEN, CIRRUS, BOOT, "-usb", "-usbdevice", "tablet", "-usbdevice", "mouse",
	      "-device", "intel-hda", "-device", "hda-duplex", NO_NET, MACHINE, "-device",
	      "xen-pvdevice,device-id=0xc000", "-one", "-two");
	set_up(NULL);
	cfg.usb = true;
	cfg.soundhw = ac97;
	cfg.xen_platform_pci = false;
	CHECK(HEAD, NO_SCREEN, CIRRUS, BOOT, "-usb", "-device", "ac97", NO_NET, "-machine",
	      "pc,accel=xen,suppress-vmdesc=on", "-m", "504");
	set_up(NULL);
	cfg.usbversion = 1;
	CHECK(HEAD, NO_SCREEN, CIRRUS, BOOT, "-device", "piix3-usb-uhci,id=usb", NO_NET, MACHINE);
	cfg.usbversion = 2;
	CHECK(HEAD, NO_SCREEN, CIRRUS, BOOT, "-device",
	      "ich9-usb-ehci1,id=usb,addr=0x1d.0x7,multifunction=on", "-device",
	      "ich9-usb-uhci1,masterbus=usb.0,firstport=0,addr=0x1d.0,multifunction=on", "-device",
	      "ich9-usb-uhci2,masterbus=usb.0,firstport=2,addr=0x1d.0x1,multifunction=on",
	      "-device",
	      "ich9-usb-uhci3,masterbus=usb.0,firstport=4,addr=0x1d.0x2,multifunction=on", NO_NET,
	      MACHINE);
	cfg.usbversion = 3;
	CHECK(HEAD, NO_SCREEN, CIRRUS, BOOT, "-device", "nec-usb-xhci,id=usb", NO_NET, MACHINE);
}

/* Controllers are the last of the devices, and what is at them. */
static void test_usbctrl(void **state)
{
	static struct usbctrl_spec ctrls[3] = {{.version = 0}, {.version = 3}, {.version = 1}};
	static struct usbdev_spec devs[2] = {{.bus = 1, .addr = 12, .at = 1, .at_port = 8},
					     {.bus = 2, .addr = 3, .at = 0, .at_port = 1}};

	(void)state;
	cfg.usbctrls = ctrls;
	cfg.nr_usbctrls = 3;
	cfg.vendor_device = VENDOR_XENSERVER;
	CHECK(HEAD, NO_SCREEN, CIRRUS, BOOT, NO_NET, MACHINE, "-device",
	      "xen-pvdevice,device-id=0xc000", "-device", "usb-ehci,id=xenusb-0", "-device",
	      "nec-usb-xhci,p2=8,p3=8,id=xenusb-1", "-device", "piix3-usb-uhci,id=xenusb-2");
	set_up(NULL);
	cfg.usbctrls = ctrls;
	cfg.nr_usbctrls = 2;
	cfg.usbdevs = devs;
	cfg.nr_usbdevs = 2;
	CHECK(HEAD, NO_SCREEN, CIRRUS, BOOT, NO_NET, MACHINE, "-device", "usb-ehci,id=xenusb-0",
	      "-device", "nec-usb-xhci,p2=8,p3=8,id=xenusb-1", "-device",
	      "usb-host,id=xenusb-1-12,bus=xenusb-1.0,port=8,hostbus=1,hostaddr=12", "-device",
	      "usb-host,id=xenusb-2-3,bus=xenusb-0.0,port=1,hostbus=2,hostaddr=3");
	start.usb_fd = 5;
	CHECK(HEAD, NO_SCREEN, CIRRUS, BOOT, NO_NET, MACHINE, "-device", "usb-ehci,id=xenusb-0",
	      "-device", "nec-usb-xhci,p2=8,p3=8,id=xenusb-1", "-add-fd", "fd=5,set=1", "-device",
	      "usb-host,id=xenusb-1-12,bus=xenusb-1.0,port=8,hostdevice=/dev/fdset/1", "-add-fd",
	      "fd=6,set=2", "-device",
	      "usb-host,id=xenusb-2-3,bus=xenusb-0.0,port=1,hostdevice=/dev/fdset/2");
}

/* The host's PCI devices come behind all others. */
static void test_pci(void **state)
{
	static struct pci_spec specs[2] = {{.permissive = PCI_FLAG_ON}, {.all_functions = true}};
	static struct pci_assigned pcis[3] = {
		{.at = {.device = 5}},
		{.at = {.bus = 3, .function = 0}, .spec = 1, .vdevfn = 0xf0},
		{.at = {.bus = 3, .function = 1}, .spec = 1, .vdevfn = 0xf1},
	};

	(void)state;
	assert_false(qemu_has_pci(&cfg));
	cfg.vendor_device = VENDOR_XENSERVER;
	cfg.pcis = specs;
	cfg.nr_pcis = 2;
	g.pcis = pcis;
	g.nr_pcis = 3;
	assert_true(qemu_has_pci(&cfg));
	CHECK(HEAD, NO_SCREEN, CIRRUS, BOOT, NO_NET, MACHINE, "-device",
	      "xen-pvdevice,device-id=0xc000", "-device",
	      "xen-pci-passthrough,id=pci-pt-00_05.0,hostaddr=0000:00:05.0,permissive=on",
	      "-device",
	      "xen-pci-passthrough,id=pci-pt-03_00.0,hostaddr=0000:03:00.0,addr=1e.0,"
	      "multifunction=on",
	      "-device",
	      "xen-pci-passthrough,id=pci-pt-03_00.1,hostaddr=0000:03:00.1,addr=1e.1,"
	      "multifunction=on");
	cfg.type = GUEST_PV;
	assert_false(qemu_has_pci(&cfg));
}

static void test_kernel(void **state)
{
	static char kernel[] = "/boot/vmlinuz", ramdisk[] = "/boot/initrd";

	(void)state;
	cfg.kernel = kernel;
	CHECK(HEAD, NO_SCREEN, "-kernel", "/boot/vmlinuz", CIRRUS, BOOT, NO_NET, MACHINE);
	start.cmdline = "";
	CHECK(HEAD, NO_SCREEN, "-kernel", "/boot/vmlinuz", CIRRUS, BOOT, NO_NET, MACHINE);
	/* QEMU takes neither without a kernel. */
	cfg.kernel = NULL;
	cfg.ramdisk = ramdisk;
	start.cmdline = "quiet";
	CHECK(HEAD, NO_SCREEN, CIRRUS, BOOT, NO_NET, MACHINE);
}

static void test_vnc(void **state)
{
	static char all[] = "0.0.0.0", with_display[] = "10.0.0.1:3";

	(void)state;
	cfg.vnc = true;
	cfg.vga = VGA_NONE;
	cfg.videoram_kib = 0;
	cfg.boot = NULL;
	cfg.vncdisplay = 5;
#define REST "-display", "none", NO_NET, "-machine", "xenfv,suppress-vmdesc=on", "-m", "512"
	CHECK(HEAD, "-vnc", "127.0.0.1:5", REST);
	cfg.vnclisten = all;
	CHECK(HEAD, "-vnc", "0.0.0.0:5", REST);
	cfg.vncunused = true;
	CHECK(HEAD, "-vnc", "0.0.0.0:5,to=99", REST);
	cfg.vnclisten = with_display;
	cfg.vncdisplay = 0;
	CHECK(HEAD, "-vnc", "10.0.0.1:3,to=99", REST);
	/* The password is said later, where nobody else reads it. */
	cfg.vncpasswd = (char *)(uintptr_t) "secret";
	CHECK(HEAD, "-vnc", "10.0.0.1:3,password=on,to=99", REST);
	cfg.vncpasswd = (char *)(uintptr_t) "";
	cfg.keymap = (char *)(uintptr_t) "fr-ch";
	CHECK(HEAD, "-vnc", "10.0.0.1:3,to=99", "-display", "none", "-k", "fr-ch", NO_NET,
	      "-machine", "xenfv,suppress-vmdesc=on", "-m", "512");
#undef REST
}

/* QEMU as the back end of a pv or pvh guest. */
static void test_pv(void **state)
{
	static struct vfb_spec vfb;
	static char *args[1] = {(char *)(uintptr_t) "-trace"};
	struct err e;

	(void)state;
	for (enum guest_type type = GUEST_PV; type <= GUEST_PVH; type++) {
		set_up(NULL);
		cfg.type = type;
		cfg.videoram_kib = 0;
		cfg.kernel = (char *)(uintptr_t) "/boot/vmlinuz";
		cfg.memory_kib = 256 * 1024;
		cfg.maxmem_kib = 512 * 1024 + 1;
		start = (struct qemu_start){
			.program = "qemu", .cmdline = "quiet", .qmp_dir = "/run/xen", .qmp_fd = 3};
#define PV_HEAD                                                                                    \
	"@qemu", "-xen-domid", "7", "-no-shutdown", "-chardev",                                    \
		"socket,id=libxl-cmd,fd=3,server=on,wait=off", "-mon",                             \
		"chardev=libxl-cmd,mode=control", "-chardev",                                      \
		"socket,id=libxenstat-cmd,fd=4,server=on,wait=off", "-mon",                        \
		"chardev=libxenstat-cmd,mode=control", "-nodefaults", "-no-user-config",           \
		"-xen-attach", "-name", "web"
		CHECK(PV_HEAD, NO_SCREEN, "-nographic", "-machine", "xenpv", "-m", "513");
		KIT_CHECK(vfb_spec_parse("vnclisten=1.2.3.4,vncpasswd=x,keymap=de", &vfb, &e) == 0,
			  "%s", e.msg);
		cfg.vfbs = &vfb;
		cfg.nr_vfbs = 1;
		cfg.model_args = (struct strings){args, 1};
		CHECK(PV_HEAD, "-vnc", "1.2.3.4:0,password=on,to=99", "-display", "none", "-k",
		      "de", "-machine", "xenpv", "-m", "513", "-trace");
		vfb_spec_free(&vfb);
		KIT_CHECK(vfb_spec_parse("vnc=0", &vfb, &e) == 0, "%s", e.msg);
		cfg.model_args.n = 0;
		CHECK(PV_HEAD, NO_SCREEN, "-nographic", "-machine", "xenpv", "-m", "513");
		vfb_spec_free(&vfb);
	}
}

/* Disks by their vdevs, all on the same path. */
static void disks(size_t n, const char *const *vdevs, bool readwrite)
{
	static struct disk_spec specs[8];
	static struct disk all[8];
	static struct disk *list[8];
	static char names[8][8];

	for (size_t i = 0; i < n; i++) {
		strcpy(names[i], vdevs[i]);
		specs[i] = (struct disk_spec){.vdev = names[i], .readwrite = readwrite};
		assert_int_equal(disk_vdev_number(names[i], &specs[i].vdev_number), 0);
		all[i] = (struct disk){.spec = &specs[i], .path = "/dev/vg/a,b"};
		list[i] = &all[i];
	}
	cfg.disks = specs;
	cfg.nr_disks = n;
	g.disks = list;
}

#define DISKS(...)                                                                                 \
	disks(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *),                         \
	      (const char *const[]){__VA_ARGS__}, true)

#define IDE(n)                                                                                     \
	"-drive", "file=/dev/vg/a,,b,if=ide,index=" n ",media=disk,format=raw,cache=writeback"
#define SCSI(n, ro)                                                                                \
	"-drive",                                                                                  \
		"file=/dev/vg/a,,b,id=scsi0-hd" n ",format=raw,if=none,readonly=" ro               \
		",cache=writeback",                                                                \
		"-device", "scsi-hd,drive=scsi0-hd" n ",scsi-id=" n
#define LSI  "-device", "lsi53c895a"
#define AHCI "-device", "ahci,id=ahci0"
#define PORT(n)                                                                                    \
	"-drive", "file=/dev/vg/a,,b,if=none,id=ahcidisk-" n ",format=raw,cache=writeback",        \
		"-device", "ide-hd,bus=ahci0." n ",unit=0,drive=ahcidisk-" n

static void test_disks(void **state)
{
	(void)state;
	DISKS("hda", "hdb", "hdc", "hdd");
	CHECK(HEAD, NO_SCREEN, CIRRUS, BOOT, NO_NET, MACHINE, IDE("0"), IDE("1"), IDE("2"),
	      IDE("3"));
	/* xvd* by their number; the fifth disk and those without a letter are not emulated. */
	DISKS("xvda", "d1p0", "xvdc1", "xvde", "xvdaa", "51744");
	CHECK(HEAD, NO_SCREEN, CIRRUS, BOOT, NO_NET, MACHINE, IDE("0"), IDE("1"), IDE("2"));
	DISKS("hda", "sdb", "sdp");
	CHECK(HEAD, NO_SCREEN, LSI, CIRRUS, BOOT, NO_NET, MACHINE, IDE("0"), SCSI("1", "off"),
	      SCSI("15", "off"));
	DISKS("xvda", "xvdf", "xvdg", "sda");
	cfg.hdtype = HDTYPE_AHCI;
	CHECK(HEAD, NO_SCREEN, LSI, CIRRUS, BOOT, NO_NET, MACHINE, AHCI, PORT("0"), PORT("5"),
	      SCSI("0", "off"));
}

/* What QEMU serves it reads as what it is; of what the kernel serves it gets the raw device. */
static void test_formats(void **state)
{
	(void)state;
	DISKS("hda", "hdb", "sda", "xvde");
	cfg.disks[0].qdisk = cfg.disks[2].qdisk = cfg.disks[3].qdisk = true;
	g.disks[0]->format = DISK_QCOW2;
	g.disks[2]->format = g.disks[3]->format = DISK_VHD;
	CHECK(HEAD, NO_SCREEN, LSI, CIRRUS, BOOT, NO_NET, MACHINE, "-drive",
	      "file=/dev/vg/a,,b,if=ide,index=0,media=disk,format=qcow2,cache=writeback", IDE("1"),
	      "-drive",
	      "file=/dev/vg/a,,b,id=scsi0-hd0,format=vpc,if=none,readonly=off,cache=writeback",
	      "-device", "scsi-hd,drive=scsi0-hd0,scsi-id=0");
	cfg.hdtype = HDTYPE_AHCI;
	cfg.nr_disks = 1;
	CHECK(HEAD, NO_SCREEN, CIRRUS, BOOT, NO_NET, MACHINE, AHCI, "-drive",
	      "file=/dev/vg/a,,b,if=none,id=ahcidisk-0,format=qcow2,cache=writeback", "-device",
	      "ide-hd,bus=ahci0.0,unit=0,drive=ahcidisk-0");
}

/* With a medium, without one, and where QEMU has no place for it. */
static void test_cdroms(void **state)
{
	(void)state;
	DISKS("hda", "hdc", "xvdd", "xvde", "sdb");
	for (size_t i = 1; i < 5; i++) {
		cfg.disks[i].cdrom = cfg.disks[i].qdisk = true;
		cfg.disks[i].readwrite = false;
	}
	g.disks[2]->format = DISK_EMPTY;
	g.disks[2]->path[0] = '\0';
	CHECK(HEAD, NO_SCREEN, CIRRUS, BOOT, NO_NET, MACHINE, IDE("0"), "-drive",
	      "if=none,readonly=on,id=ide-5632,file=/dev/vg/a,,b,format=raw", "-device",
	      "ide-cd,id=ide-5632,drive=ide-5632,bus=ide.1,unit=0", "-drive",
	      "if=none,readonly=on,id=ide-51760", "-device",
	      "ide-cd,id=ide-51760,drive=ide-51760,bus=ide.1,unit=1", "-drive",
	      "if=none,readonly=on,id=ide-2064,file=/dev/vg/a,,b,format=raw", "-device",
	      "ide-cd,id=ide-2064,drive=ide-2064,bus=ide.0,unit=1");
}

static void test_cards(void **state)
{
	static char name[] = "web", model[] = "e1000";
	struct vif_spec specs[] = {
		{.type = VIF_TYPE_IOEMU},
		{.type = VIF_TYPE_VIF},
		{.type = VIF_TYPE_IOEMU, .model = model, .vifname = name, .bridge = name},
	};
	struct vif vifs[] = {
		{.spec = &specs[0], .mac = {0, 0x16, 0x3e, 0, 2, 1}},
		{.spec = &specs[1], .devid = 1},
		{.spec = &specs[2], .devid = 5, .mac = {0, 0x16, 0x3e, 0, 2, 2}},
	};

	(void)state;
	cfg.nr_vifs = 3;
	g.vifs = vifs;
	/* The first as xl had it. */
	CHECK(HEAD, NO_SCREEN, CIRRUS, BOOT, "-device",
	      "rtl8139,id=nic0,netdev=net0,mac=00:16:3e:00:02:01", "-netdev",
	      "type=tap,id=net0,ifname=vif7.0-emu,br=xenbr0,script=no,downscript=no", "-device",
	      "e1000,id=nic5,netdev=net5,mac=00:16:3e:00:02:02", "-netdev",
	      "type=tap,id=net5,ifname=web-emu,br=web,script=no,downscript=no", MACHINE);
	vifs[0].spec = vifs[2].spec = &specs[1];
	CHECK(HEAD, NO_SCREEN, CIRRUS, BOOT, NO_NET, MACHINE);
}

static void test_readonly(void **state)
{
	const char *const ide = "xvdb", *const beyond = "xvde", *const scsi = "sda";
	struct argv a = {0};
	struct err e;

	(void)state;
	disks(1, &scsi, false);
	CHECK(HEAD, NO_SCREEN, LSI, CIRRUS, BOOT, NO_NET, MACHINE, SCSI("0", "on"));
	disks(1, &beyond, false);
	CHECK(HEAD, NO_SCREEN, CIRRUS, BOOT, NO_NET, MACHINE);
	disks(1, &ide, false);
	assert_int_equal(qemu_args(&g, &start, &a, &e), -1);
	assert_string_equal(e.msg, "disk xvdb: QEMU has no read-only IDE and AHCI disks (a "
				   "SCSI disk, sda and so on, can be one)");
	argv_free(&a);
}

static void test_memory(void **state)
{
	unsigned n = 0;
	struct argv a;
	struct err e;
	int rc;

	(void)state;
	DISKS("hda", "sdb");
	do {
		a = (struct argv){0};
		fake_alloc_fail_at(++n);
		rc = qemu_args(&g, &start, &a, &e);
		fake_alloc_fail_at(0);
		if (rc < 0)
			assert_string_equal(e.msg, "out of memory");
		argv_free(&a);
	} while (rc < 0);
	assert_true(n > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_plain, set_up),
		cmocka_unit_test_setup(test_hole, set_up),
		cmocka_unit_test_setup(test_full, set_up),
		cmocka_unit_test_setup(test_kernel, set_up),
		cmocka_unit_test_setup(test_devices, set_up),
		cmocka_unit_test_setup(test_usbctrl, set_up),
		cmocka_unit_test_setup(test_pci, set_up),
		cmocka_unit_test_setup(test_vnc, set_up),
		cmocka_unit_test_setup(test_pv, set_up),
		cmocka_unit_test_setup(test_disks, set_up),
		cmocka_unit_test_setup(test_formats, set_up),
		cmocka_unit_test_setup(test_cdroms, set_up),
		cmocka_unit_test_setup(test_cards, set_up),
		cmocka_unit_test_setup(test_readonly, set_up),
		cmocka_unit_test_setup(test_memory, set_up),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
