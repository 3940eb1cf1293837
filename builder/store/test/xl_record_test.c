/*
 * libxl's record of a guest: the same bytes as xl's own for the same descriptor, and a file that is
 * whole, where libxl looks for it, and not written over.
 */
#include "builder/fake/kit.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/describe/test/config_expect.h"
#include "builder/fake/golden.h"
#include "builder/fake/golden_records.h"
#include "builder/guest/guest_memory.h"
#include "builder/store/xl_record.h"
#include "builder/image/image_files.h"
#include "builder/build/life.h"

#define G3_NAME   "userdata-d.3.8b9b4484-b7b3-4bab-afc0-392a8e768f6b.libxl-json"
#define TMP_NAME  "userdata-n.3.8b9b4484-b7b3-4bab-afc0-392a8e768f6b.libxl-json"
#define DOM0_NAME "userdata-d.0.00000000-0000-0000-0000-000000000000.libxl-json"

/* A time before this boot. */
static const struct timespec old[2] = {{1000, 0}, {1000, 0}};

static char *print(const struct guest *g, const struct xl_record_pins *pins)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	xl_record_print(g, pins, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(strlen(text), len);
	return text;
}

static void test_golden(void **state)
{
	static const char *const records[] = {record_g1, record_g2, record_g3, record_g4,
					      record_h1};
	struct golden g;
	char *text;

	(void)state;
	for (unsigned n = 1; n <= 5; n++) {
		golden_guest(&g, n);
		text = print(&g.guest, NULL);
		assert_string_equal(text, records[n - 1]);
		free(text);
		golden_free(&g);
	}
}

/* True when the record has that line. */
static void has(const char *text, const char *line)
{
	KIT_CHECK(strstr(text, line), "no '%s' in\n%s", line, text);
}

static void has_not(const char *text, const char *line)
{
	KIT_CHECK(!strstr(text, line), "'%s' in\n%s", line, text);
}

static void test_options(void **state)
{
	struct golden g;
	char *text;

	(void)state;
	golden_plain(&g, "odd", GUEST_PVH);
	g.cfg.ramdisk = NULL;
	g.cfg.ip = (char *)(uintptr_t) "dhcp";
	g.cfg.root = (char *)(uintptr_t) "/dev/xvda1 ro";
	g.cfg.extra = (char *)(uintptr_t) "a=\"b\\c\" \xc3\xa9\xe9\x1b";
	g.guest.static_max_kib = 256 * 1024;
	g.cfg.cpu_weight = 700;
	g.cfg.has_cap = true;
	g.cfg.cap = 0;
	g.cfg.on_poweroff = ACTION_PRESERVE;
	g.cfg.on_reboot = ACTION_DESTROY;
	g.cfg.on_crash = ACTION_RESTART;
	golden_disk(&g,
		    "backendtype=phy,vdev=xvda1,access=rw,direct-io-safe,no-discard,untrusted,"
		    "target=/img/d.raw",
		    5);
	g.disks[0].loop = true;
	strcpy(g.disks[0].path, "/dev/loop0");
	golden_disk(&g, "b.qcow2,qcow2,xvdb,ro,backend=net", 0);
	g.disks[1].path[0] = '\0';
	g.disks[1].format = DISK_EMPTY;
	golden_vif(&g, "mac=00:16:3e:aa:bb:cc,mtu=9000,untrusted");
	golden_vif(&g, "mac=00:16:3e:aa:bb:cd,script=vif-route,ip=192.0.2.7,gatewaydev=eth0,"
		       "backend=0,rate=1MB/s");
	text = print(&g.guest, NULL);
	has(text, "        \"cmdline\": \"ip=dhcp root=/dev/xvda1 ro "
		  "a=\\\"b\\\\c\\\" \xc3\xa9\\ufffd\\u001b\",\n");
	has(text, "        \"max_memkb\": 262144,\n        \"target_memkb\": 131072,\n");
	has(text, "        \"sched_params\": {\n            \"weight\": 700,\n"
		  "            \"cap\": 0\n        },\n");
	has(text, "    \"on_poweroff\": \"preserve\",\n    \"on_crash\": \"restart\",\n");
	has_not(text, "ramdisk");
	has_not(text, "on_reboot");
	has_not(text, "vcpus");
	has(text, "            \"pdev_path\": \"/img/d.raw\",\n"
		  "            \"vdev\": \"xvda1\",\n"
		  "            \"backend\": \"phy\",\n"
		  "            \"format\": \"raw\",\n"
		  "            \"readwrite\": 1,\n"
		  "            \"direct_io_safe\": true,\n"
		  "            \"discard_enable\": \"False\",\n"
		  "            \"colo_restore_enable\": \"False\",\n"
		  "            \"trusted\": \"False\"\n"
		  "        },\n"
		  "        {\n"
		  "            \"backend_domname\": \"net\",\n"
		  "            \"pdev_path\": \"b.qcow2\",\n"
		  "            \"vdev\": \"xvdb\",\n"
		  "            \"format\": \"qcow2\",\n"
		  "            \"colo_restore_enable\": \"False\"\n"
		  "        }\n");
	has(text, "            \"devid\": 0,\n"
		  "            \"mtu\": 9000,\n"
		  "            \"mac\": \"00:16:3e:aa:bb:cc\",\n"
		  "            \"nictype\": \"vif\",\n"
		  "            \"trusted\": \"False\"\n"
		  "        },\n"
		  "        {\n"
		  "            \"backend_domname\": \"0\",\n"
		  "            \"devid\": 1,\n"
		  "            \"mac\": \"00:16:3e:aa:bb:cd\",\n"
		  "            \"ip\": \"192.0.2.7\",\n"
		  "            \"script\": \"vif-route\",\n"
		  "            \"nictype\": \"vif\",\n"
		  "            \"rate_bytes_per_interval\": 50000,\n"
		  "            \"rate_interval_usecs\": 50000,\n"
		  "            \"gatewaydev\": \"eth0\"\n"
		  "        }\n");
	free(text);
	golden_free(&g);

	/* No command line at all. */
	golden_plain(&g, "bare", GUEST_PV);
	text = print(&g.guest, NULL);
	has_not(text, "cmdline");
	free(text);
}

/* As xl records cdrom drives and what QEMU serves. */
static void test_qdisks(void **state)
{
	struct golden g;
	char *text;

	(void)state;
	golden_plain(&g, "qdisk", GUEST_HVM);
	golden_disk(&g, "qcow2:/img/a,hda,w", 0);
	golden_disk(&g, "vdev=xvde,backendtype=qdisk,format=vmdk,target=/img/b", 0);
	golden_disk(&g, ",hdc:cdrom,r", 0);
	golden_disk(&g, "/img/d.iso,,hdd,cdrom", 0);
	text = print(&g.guest, NULL);
#define ITEM(lines)       "        {\n" lines
#define LINE(name, value) "            \"" name "\": " value
	has(text, ITEM(LINE("pdev_path", "\"/img/a\",\n") LINE("vdev", "\"hda\",\n")
			       LINE("format", "\"qcow2\",\n") LINE("readwrite", "1,\n")
				       LINE("colo_restore_enable", "\"False\"\n")));
	/* libxl has no word for it. */
	has(text, ITEM(LINE("pdev_path", "\"/img/b\",\n") LINE("vdev", "\"xvde\",\n")
			       LINE("backend", "\"qdisk\",\n") LINE("format", "\"unknown\",\n")
				       LINE("readwrite", "1,\n")
					       LINE("colo_restore_enable", "\"False\"\n")));
	has(text, ITEM(LINE("pdev_path", "\"\",\n") LINE("vdev", "\"hdc\",\n")
			       LINE("format", "\"empty\",\n") LINE("removable", "1,\n")
				       LINE("is_cdrom", "1,\n")
					       LINE("colo_restore_enable", "\"False\"\n")));
	has(text, ITEM(LINE("pdev_path", "\"/img/d.iso\",\n") LINE("vdev", "\"hdd\",\n")
			       LINE("format", "\"raw\",\n") LINE("removable", "1,\n")));
	free(text);

	/* Given as empty without a word for its target; and a medium that was taken out. */
	g.disk_specs[2].empty_target = false;
	g.disks[3].format = DISK_EMPTY;
	g.disks[3].path[0] = '\0';
	text = print(&g.guest, NULL);
	has(text, ITEM(LINE("vdev", "\"hdc\",\n") LINE("format", "\"empty\",\n")));
	has(text, ITEM(LINE("pdev_path", "\"\",\n") LINE("vdev", "\"hdd\",\n")
			       LINE("format", "\"empty\",\n")));
	free(text);
	golden_free(&g);
#undef ITEM
#undef LINE
}

/* The record for a descriptor's text. */
static char *record_of(const char *descriptor)
{
	struct guest_config cfg;
	struct descriptor c;
	struct diag d = {0};
	struct guest g;
	struct err e;
	char *text;

	if (read_text("web.cfg", descriptor, &c, &cfg, &d) > 0)
		expect_diag(&d, "");
	cfg.has_uuid = true;
	assert_int_equal(guest_init(&g, &cfg, &e), 0);
	g.static_max_kib = guest_static_max_kib(&cfg, true);
	text = print(&g, NULL);
	config_free(&cfg);
	descriptor_free(&c);
	diag_free(&d);
	return text;
}

/* It has these lines. */
static void records(const char *descriptor, const char *wanted)
{
	char *text = record_of(descriptor);

	has(text, wanted);
	free(text);
}

#define HVM_LEAST "type = 'hvm'; memory = 64; "
#define NO_SETTINGS                                                                                \
	"            \"sdl\": {\n\n            },\n            \"spice\": {\n\n            },\n"
#define RDM    "            \"rdm\": {\n\n            }" GOLDEN_PIRQ "\n        },\n"
#define NO_VNC "            \"vnc\": {\n                \"enable\": \"False\"\n            },\n"
#define NO_VGA "            \"vga\": {\n\n            },\n"

/* What a hvm guest has that is not said is not printed, but for vnc, which xl has on. */
static void test_hvm(void **state)
{
	(void)state;
	records(HVM_LEAST,
		"{\n    \"c_info\": {\n        \"type\": \"hvm\",\n        \"name\": \"web\",\n");
	records(HVM_LEAST, "    \"b_info\": {\n"
			   "        \"max_memkb\": 65536,\n"
			   "        \"target_memkb\": 65536,\n"
			   "        \"video_memkb\": 8192,\n"
			   "        \"sched_params\": {\n\n        },\n"
			   "        \"claim_mode\": \"True\",\n"
			   "        \"type.hvm\": {\n" NO_VGA NO_VNC NO_SETTINGS RDM
			   "        \"arch_arm\": {\n\n        },\n");
}

/* The defaults, given: xl prints what was given. */
static void test_hvm_given(void **state)
{
	(void)state;
	records(HVM_LEAST "hap = 1", "        \"type\": \"hvm\",\n        \"hap\": \"True\",\n     "
				     "   \"name\": \"web\",\n");
	records(HVM_LEAST
		"vcpus = 1; acpi = 1; apic = 1; hpet = 1; viridian = 0; bios = 'seabios'\n"
		"vga = 'cirrus'; videoram = 8; vnc = 1; vncdisplay = 0; vncunused = 1\n"
		"serial = ['pty']; boot = 'cda'; kernel = '/k'",
		"    \"b_info\": {\n"
		"        \"max_vcpus\": 1,\n"
		"        \"avail_vcpus\": [\n            0\n        ],\n"
		"        \"max_memkb\": 65536,\n"
		"        \"target_memkb\": 65536,\n"
		"        \"video_memkb\": 8192,\n"
		"        \"sched_params\": {\n\n        },\n"
		"        \"claim_mode\": \"True\",\n"
		"        \"kernel\": \"/k\",\n"
		"        \"acpi\": \"True\",\n"
		"        \"apic\": \"True\",\n"
		"        \"type.hvm\": {\n"
		"            \"bios\": \"seabios\",\n"
		"            \"viridian\": \"False\",\n"
		"            \"hpet\": \"True\",\n"
		"            \"vga\": {\n                \"kind\": \"cirrus\"\n            },\n"
		"            \"vnc\": {\n"
		"                \"enable\": \"True\",\n"
		"                \"findunused\": \"True\"\n"
		"            },\n" NO_SETTINGS "            \"boot\": \"cda\",\n"
		"            \"serial_list\": [\n                \"pty\"\n            ],\n" RDM);
	records(HVM_LEAST "kernel = '/k'; extra = ''",
		"        \"kernel\": \"/k\",\n        \"cmdline\": \"\",\n");
	/* Without vcpus there is one of them. */
	records(HVM_LEAST "maxvcpus = 2", "    \"b_info\": {\n"
					  "        \"max_vcpus\": 2,\n"
					  "        \"max_memkb\": 65536,\n");
}

static void test_hvm_others(void **state)
{
	(void)state;
	records(HVM_LEAST "hap = 0", "        \"type\": \"hvm\",\n        \"hap\": \"False\",\n    "
				     "    \"name\": \"web\",\n");
	records(HVM_LEAST
		"maxmem = 128; acpi = 0; apic = 0; hpet = 0; viridian = 1; bios = 'ovmf'\n"
		"vga = 'stdvga'; vnc = 1; vnclisten = '0.0.0.0'; vncdisplay = 3; vncunused = 0\n"
		"hdtype = 'ahci'\n"
		"serial = ['pty', 'null']; boot = 'dn'; cpu_weight = 5\n"
		"firmware_override = '/fw'; device_model_override = '/q'\n"
		"device_model_args = ['-a', 'b c']",
		"        \"max_memkb\": 131072,\n"
		"        \"target_memkb\": 65536,\n"
		"        \"video_memkb\": 16384,\n"
		"        \"device_model\": \"/q\",\n"
		"        \"extra\": [\n            \"-a\",\n            \"b c\"\n        ],\n"
		"        \"sched_params\": {\n            \"weight\": 5\n        },\n"
		"        \"claim_mode\": \"True\",\n"
		"        \"acpi\": \"False\",\n"
		"        \"apic\": \"False\",\n"
		"        \"type.hvm\": {\n"
		"            \"firmware\": \"/fw\",\n"
		"            \"bios\": \"ovmf\",\n"
		"            \"viridian\": \"True\",\n"
		"            \"hpet\": \"False\",\n"
		"            \"hdtype\": \"ahci\",\n"
		"            \"vga\": {\n                \"kind\": \"std\"\n            },\n"
		"            \"vnc\": {\n"
		"                \"enable\": \"True\",\n"
		"                \"listen\": \"0.0.0.0\",\n"
		"                \"display\": 3,\n"
		"                \"findunused\": \"False\"\n"
		"            },\n" NO_SETTINGS "            \"boot\": \"dn\",\n"
		"            \"serial_list\": [\n                \"pty\",\n                "
		"\"null\"\n"
		"            ],\n" RDM);
	records(HVM_LEAST "vga = 'none'; vnc = 0; serial = 'pty'",
		"            \"vga\": {\n                \"kind\": \"none\"\n            "
		"},\n" NO_VNC NO_SETTINGS "            \"serial\": \"pty\",\n" RDM);
}

#define PV_LEAST "kernel = '/k'; memory = 64; "
#define END      "    \"on_reboot\": \"restart\",\n"

static void test_screens(void **state)
{
	(void)state;
	records(PV_LEAST "vfb = ['']", "    },\n"
				       "    \"vfbs\": [\n"
				       "        {\n"
				       "            \"devid\": 0,\n"
				       "            \"vnc\": {\n\n            },\n"
				       "            \"sdl\": {\n\n            }\n"
				       "        }\n"
				       "    ],\n"
				       "    \"vkbs\": [\n"
				       "        {\n"
				       "            \"devid\": 0\n"
				       "        }\n"
				       "    ],\n" END);
	records(PV_LEAST "vfb = ['vnc=0,vnclisten=a,vncpasswd=b,vncdisplay=3,vncunused=1,keymap=de,"
			 "sdl=0,opengl=,display=:0,xauthority=/x']\n"
			 "vkb = ['backend-type=qemu,unique-id=k,feature-abs-pointer=1,width=800,"
			 "multi-touch-height=9']",
		"    \"vfbs\": [\n"
		"        {\n"
		"            \"devid\": 0,\n"
		"            \"vnc\": {\n"
		"                \"enable\": \"False\",\n"
		"                \"listen\": \"a\",\n"
		"                \"passwd\": \"b\",\n"
		"                \"display\": 3,\n"
		"                \"findunused\": \"True\"\n"
		"            },\n"
		"            \"sdl\": {\n"
		"                \"enable\": \"False\",\n"
		"                \"opengl\": \"False\",\n"
		"                \"display\": \":0\",\n"
		"                \"xauthority\": \"/x\"\n"
		"            },\n"
		"            \"keymap\": \"de\"\n"
		"        }\n"
		"    ],\n"
		"    \"vkbs\": [\n"
		"        {\n"
		"            \"devid\": 0\n"
		"        },\n"
		"        {\n"
		"            \"devid\": 1,\n"
		"            \"backend_type\": \"qemu\",\n"
		"            \"unique_id\": \"k\",\n"
		"            \"feature_abs_pointer\": true,\n"
		"            \"feature_multi_touch\": true,\n"
		"            \"width\": 800,\n"
		"            \"multi_touch_height\": 9\n"
		"        }\n"
		"    ],\n" END);
	records(PV_LEAST "channel = ['connection=pty,name=a,backend=0', "
			 "'connection=socket,path=/run/b,name=b']",
		"    \"channels\": [\n"
		"        {\n"
		"            \"backend_domname\": \"0\",\n"
		"            \"devid\": 1,\n"
		"            \"name\": \"a\",\n"
		"            \"connection.pty\": {\n\n            }\n"
		"        },\n"
		"        {\n"
		"            \"devid\": 2,\n"
		"            \"name\": \"b\",\n"
		"            \"connection.socket\": {\n"
		"                \"path\": \"/run/b\"\n"
		"            }\n"
		"        }\n"
		"    ],\n" END);
	records(HVM_LEAST "usbctrl = ['type=devicemodel,version=1,ports=2', '']\n"
			  "usbdev = ['type=hostdev,hostbus=1,hostaddr=3,controller=0,port=2', "
			  "'hostbus=1,hostaddr=4']",
		"    \"usbctrls\": [\n"
		"        {\n"
		"            \"type\": \"devicemodel\",\n"
		"            \"devid\": 0,\n"
		"            \"version\": 1,\n"
		"            \"ports\": 2\n"
		"        },\n"
		"        {\n"
		"            \"devid\": 1\n"
		"        }\n"
		"    ],\n"
		"    \"usbdevs\": [\n"
		"        {\n"
		"            \"ctrl\": 0,\n"
		"            \"port\": 2,\n"
		"            \"type.hostdev\": {\n"
		"                \"hostbus\": 1,\n"
		"                \"hostaddr\": 3\n"
		"            }\n"
		"        },\n"
		"        {\n"
		"            \"type.hostdev\": {\n"
		"                \"hostbus\": 1,\n"
		"                \"hostaddr\": 4\n"
		"            }\n"
		"        }\n"
		"    ],\n" END);
	records(PV_LEAST "pci = ['36:00.0']; vfb = ['']", "        \"type.pv\": {\n"
							  "            \"e820_host\": \"True\"\n"
							  "        },\n");
	records(PV_LEAST "pci = ['36:00.0']; vfb = ['']", "    \"pcidevs\": [\n"
							  "        {\n"
							  "            \"bus\": 54,\n"
							  "            \"vfunc_mask\": 1,\n"
							  "            \"rdm_policy\": \"strict\"\n"
							  "        }\n"
							  "    ],\n"
							  "    \"vfbs\": [\n");
	/* The one that is added is none of the descriptor's. */
	records(HVM_LEAST "usbdev = ['hostbus=1,hostaddr=3']", "    },\n"
							       "    \"usbdevs\": [\n"
							       "        {\n"
							       "            \"type.hostdev\": {\n");
	records(HVM_LEAST "vnc = 1; vncpasswd = 'x'; keymap = 'fr'",
		"            \"vnc\": {\n"
		"                \"enable\": \"True\",\n"
		"                \"passwd\": \"x\"\n"
		"            },\n"
		"            \"keymap\": \"fr\",\n" NO_SETTINGS RDM);
}

/* xl has no such guest: what it has to know of it is that there is neither QEMU nor a screen. */
static void test_classic(void **state)
{
	(void)state;
	records(HVM_LEAST "device_model_protocol = 'classic'; device_model_override = '/m'\n"
			  "device_model_config = '/c'; kernel = '/k'; extra = 'a VNC_VIEWER=:1 b'",
		"        \"video_memkb\": 0,\n"
		"        \"device_model_version\": \"" GOLDEN_CLASSIC "\",\n"
		"        \"device_model\": \"/m\",\n"
		"        \"sched_params\": {\n\n        },\n"
		"        \"claim_mode\": \"True\",\n"
		"        \"kernel\": \"/k\",\n"
		"        \"cmdline\": \"a b\",\n"
		"        \"type.hvm\": {\n"
		"            \"vga\": {\n                \"kind\": \"none\"\n            "
		"},\n" NO_VNC NO_SETTINGS "            \"vkb_device\": \"False\",\n" RDM);
}

static int open_dir(void)
{
	int fd;

	mkdir(kit_path("xen"), 0755);
	fd = open(kit_path("xen"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

/* The names in the directory are these and no others. */
static void names_are(unsigned n)
{
	DIR *d = opendir(kit_path("xen"));
	struct dirent *entry;

	assert_non_null(d);
	while ((entry = readdir(d)))
		if (entry->d_name[0] != '.')
			n--;
	closedir(d);
	assert_int_equal(n, 0);
}

static void test_pins(void **state)
{
	static char *cpus[] = {"0-1", "9"};
	uint8_t maps[6] = {3, 0, 0, 2, 1, 0x80};
	const struct xl_record_pins pins = {maps, NULL, 2};
	struct golden g;
	char *text;

	(void)state;
	golden_plain(&g, "pins", GUEST_PV);
	g.cfg.vcpus = g.cfg.maxvcpus = 3;
	text = print(&g.guest, &pins);
	has_not(text, "affinity");
	free(text);

	/* A list is of its vcpus alone. */
	g.cfg.cpus = (struct strings){cpus, 2};
	g.cfg.cpus_per_vcpu = true;
	text = print(&g.guest, &pins);
	has(text, "            2\n        ],\n"
		  "        \"vcpu_hard_affinity\": [\n"
		  "            [\n                0,\n                1\n            ],\n"
		  "            [\n                9\n            ]\n"
		  "        ],\n"
		  "        \"numa_placement\": \"False\",\n"
		  "        \"max_memkb\": 131072,\n");
	free(text);

	/* One text is for all of them. */
	g.cfg.cpus.n = 1;
	g.cfg.cpus_per_vcpu = false;
	text = print(&g.guest, &pins);
	has(text, "            [\n                9\n            ],\n"
		  "            [\n                0,\n                15\n            ]\n"
		  "        ],\n"
		  "        \"max_memkb\"");
	free(text);
}

/* They are those that the hypervisor has. */
static void test_pins_of_domain(void **state)
{
	static char *cpus[] = {"nodes:1"};
	struct guest_config cfg = kit_config("pins", GUEST_PV);
	struct image_cache images = {0};
	char path[128], buf[8192];
	struct guest guest;
	struct host host;
	struct err e;
	int fd;

	(void)state;
	fake_reset();
	cfg.vcpus = cfg.maxvcpus = 2;
	cfg.cpus = (struct strings){cpus, 1};
	assert_int_equal(host_open(&host, false, &e), 0);
	assert_int_equal(guest_init(&guest, &cfg, &e), 0);
	assert_int_equal(guest_hold_images(&guest, &images, &e), 0);
	KIT_CHECK(kit_start(&guest, &host, &e) == 0, "%s", e.msg);
	fd = open_dir();
	fake_fail_call("xc_vcpu_getaffinity", 2, EIO);
	assert_int_equal(xl_record_write(&guest, &host, fd, &e), -1);
	kit_good_message(&e);
	names_are(0);
	KIT_CHECK(xl_record_write(&guest, &host, fd, &e) == 0, "%s", e.msg);
	snprintf(path, sizeof(path),
		 "xen/userdata-d.%u.70696e73-0000-0000-0000-000000000000.libxl-json", guest.domid);
	has(kit_read(path, buf, sizeof(buf)),
	    "            [\n                2,\n                3\n            ],\n"
	    "            [\n                2,\n                3\n            ]\n");
	xl_record_remove(guest.domid, guest.uuid, fd);
	close(fd);
	assert_int_equal(guest_destroy(&guest, &host, &e), 0);
	guest_drop_images(&guest, &images);
	host_close(&host);
	kit_nothing_held(true);
}

static void file_is(const char *name, const char *text)
{
	char path[128], buf[8192];
	struct stat st;

	snprintf(path, sizeof(path), "xen/%s", name);
	memset(buf, 'x', sizeof(buf));
	assert_string_equal(kit_read(path, buf, sizeof(buf)), text);
	assert_int_equal(stat(kit_path(path), &st), 0);
	assert_int_equal(st.st_size, strlen(text) + 1); /* its NUL */
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void test_files(void **state)
{
	const int fd = open_dir();
	struct host host = {0};
	struct golden g;
	struct err e;
	char buf[64];

	(void)state;
	golden_guest(&g, 3);
	g.guest.domid = 3;
	KIT_CHECK(xl_record_write(&g.guest, &host, fd, &e) == 0, "%s", e.msg);
	KIT_CHECK(xl_record_write_dom0(fd, &e) == 0, "%s", e.msg);
	names_are(2);
	file_is(G3_NAME, record_g3);
	file_is(DOM0_NAME, record_dom0);

	/* What xl has made of it stays. */
	kit_text("xen/" G3_NAME, "changed by xl");
	assert_int_equal(xl_record_write(&g.guest, &host, fd, &e), 0);
	assert_string_equal(kit_read("xen/" G3_NAME, buf, sizeof(buf)), "changed by xl");
	/* But for what is of an earlier boot's domain. */
	assert_int_equal(utimensat(fd, G3_NAME, old, 0), 0);
	assert_int_equal(xl_record_write(&g.guest, &host, fd, &e), 0);
	file_is(G3_NAME, record_g3);

	xl_record_remove(3, g.guest.uuid, fd);
	names_are(1);
	xl_record_remove(3, g.guest.uuid, fd);
	assert_int_equal(unlinkat(fd, DOM0_NAME, 0), 0);
	close(fd);
	golden_free(&g);
}

static void test_failures(void **state)
{
	const int fd = open_dir();
	struct host host = {0};
	struct golden g;
	struct err e;
	char name[96];

	(void)state;
	golden_guest(&g, 3);
	g.guest.domid = 3;
	assert_int_equal(xl_record_write(&g.guest, &host, -1, &e), -1);
	assert_string_equal(e.msg, "cannot write /var/lib/xen/" TMP_NAME ": Bad file descriptor");

	/* Where it can't take its place, nothing half is left. */
	snprintf(name, sizeof(name), "%s/x", G3_NAME);
	assert_int_equal(mkdirat(fd, G3_NAME, 0700), 0);
	assert_int_equal(mkdirat(fd, name, 0700), 0);
	assert_int_equal(utimensat(fd, G3_NAME, old, 0), 0);
	assert_int_equal(xl_record_write(&g.guest, &host, fd, &e), -1);
	assert_string_equal(e.msg, "cannot write /var/lib/xen/" G3_NAME ": Is a directory");
	names_are(1);
	assert_int_equal(unlinkat(fd, name, AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(fd, G3_NAME, AT_REMOVEDIR), 0);
	close(fd);
	golden_free(&g);
}

/* Somebody else's link is no place to write to. */
static void test_link(void **state)
{
	const int fd = open_dir();
	struct host host = {0};
	struct golden g;
	struct err e;

	(void)state;
	golden_guest(&g, 3);
	g.guest.domid = 3;
	assert_int_equal(symlinkat("/dev/null", fd, TMP_NAME), 0);
	assert_int_equal(xl_record_write(&g.guest, &host, fd, &e), -1);
	kit_good_message(&e);
	assert_non_null(strstr(e.msg, strerror(ELOOP)));
	close(fd);
	golden_free(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),    cmocka_unit_test(test_options),
		cmocka_unit_test(test_qdisks),    cmocka_unit_test(test_hvm),
		cmocka_unit_test(test_hvm_given), cmocka_unit_test(test_hvm_others),
		cmocka_unit_test(test_classic),   cmocka_unit_test(test_screens),
		cmocka_unit_test(test_pins),      cmocka_unit_test(test_pins_of_domain),
		cmocka_unit_test(test_files),     cmocka_unit_test(test_failures),
		cmocka_unit_test(test_link),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
