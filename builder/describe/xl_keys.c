#include "xl_keys.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_key.h"

static const char arm[] = "it is for Arm guests, which come later";
static const char for_bootloader[] = "it is for a bootloader that runs in dom0, and none does";
static const char no_stubdom[] = "there are no stub domains: QEMU runs in dom0, with few powers";
static const char no_display[] =
	"there is no display in dom0: vnc = 1 shows the guest's over the network";
static const char for_spice[] = "it is for spice = 1";
static const char for_pvshim[] = "it is for pvshim = 1";
static const char for_sdl[] = "it is for sdl = 1";
static const char no_sedf[] = "its scheduler is gone since Xen 4.6";

/* In strcmp's order, for bsearch. */
static const struct xl_key keys[] = {
	/* clang-format off */
	{"arm_sci", 0, "none", arm},
	{"bootloader_args", 0, "*", for_bootloader},
	{"bootloader_restrict", 0, "*", for_bootloader},
	{"bootloader_user", 0, "*", for_bootloader},
	{"device_model", 0, "*", "xl ignores it as well: see device_model_override"},
	{"device_model_stubdomain_override", KEY_FOR_QEMU, "0", no_stubdom},
	{"device_model_stubdomain_seclabel", KEY_FOR_QEMU, "*", no_stubdom},
	{"device_model_user", KEY_FOR_QEMU, "*", "each QEMU has a user of its own anyway"},
	{"device_model_version", KEY_FOR_QEMU, "qemu-xen", "Xen has \"qemu-xen\" alone now"},
	{"device_tree", 0, NULL, arm},
	{"display", 0, "*", for_sdl},
	{"dm_restrict", 0, "*", "each QEMU gives up its powers anyway"},
	{"dtdev", 0, "[]", arm},
	{"extratime", 0, "*", "its scheduler is gone, and rtds does not look at it"},
	{"gfx_passthru", KEY_FOR_QEMU, "0|none", "a second card, by pci, is all there is"},
	{"gic_version", 0, "default", arm},
	{"hvm_pirq", KEY_FOR_HVM, "1", "this Xen gives every hvm guest pirqs"},
	{"latency", 0, "*", no_sedf},
	{"llc_colors", 0, "[]", "coloured caches are for Arm guests, which come later"},
	{"nographic", KEY_FOR_QEMU, "*", "there is no graphic display in dom0"},
	{"nr_spis", 0, "0", arm},
	{"opengl", 0, "*", no_display},
	{"p9", 0, "[]", "9p file systems come later: use a disk"},
	{"pvcalls", 0, "[]", "PV calls come later: use a vif"},
	{"pvshim", KEY_FOR_PVH, "0", "type = \"pvh\" runs kernels that can boot so"},
	{"pvshim_cmdline", KEY_FOR_PVH, "*", for_pvshim},
	{"pvshim_extra", KEY_FOR_PVH, "*", for_pvshim},
	{"pvshim_path", KEY_FOR_PVH, "*", for_pvshim},
	{"sdl", 0, "*", no_display},
	{"slice", 0, "*", no_sedf},
	{"spice", KEY_FOR_QEMU, "0", "SPICE comes later: vnc = 1 shows the guest's display"},
	{"spice_clipboard_sharing", KEY_FOR_QEMU, "*", for_spice},
	{"spice_image_compression", KEY_FOR_QEMU, "*", for_spice},
	{"spice_streaming_video", KEY_FOR_QEMU, "*", for_spice},
	{"spiceagent_mouse", KEY_FOR_QEMU, "*", for_spice},
	{"spicedisable_ticketing", KEY_FOR_QEMU, "*", for_spice},
	{"spicehost", KEY_FOR_QEMU, "*", for_spice},
	{"spicepasswd", KEY_FOR_QEMU, "*", for_spice},
	{"spiceport", KEY_FOR_QEMU, "*", for_spice},
	{"spicetls_port", KEY_FOR_QEMU, "*", for_spice},
	{"spiceusbredirection", KEY_FOR_QEMU, "*", for_spice},
	{"spicevdagent", KEY_FOR_QEMU, "*", for_spice},
	{"stubdomain_cmdline", KEY_FOR_QEMU, "*", no_stubdom},
	{"stubdomain_kernel", KEY_FOR_QEMU, "*", no_stubdom},
	{"stubdomain_memory", KEY_FOR_QEMU, "*", no_stubdom},
	{"stubdomain_ramdisk", KEY_FOR_QEMU, "*", no_stubdom},
	{"sve", 0, "disabled|0", arm},
	{"tee", 0, "none", arm},
	{"trap_unmapped_accesses", 0, "0|1", arm},
	{"vdispl", 0, "[]", "PV displays come later: vfb has a frame buffer"},
	{"vif2", 0, "*", "xl ignores it as well: vif has network interfaces"},
	{"virtio", 0, "[]", "virtio devices come later: disk and vif have Xen's"},
	{"vncviewer", 0, "*", "it is for xl create, which runs a viewer"},
	{"vnuma", 0, "[]", "NUMA of guests comes later"},
	{"vsnd", 0, "[]", "PV sound comes later"},
	{"vtpm", 0, "[]", "TPMs come later"},
	{"vuart", 0, "unknown", arm},
	{"xauthority", 0, "*", for_sdl},
	{"xen_platform_pci_bar_uc", KEY_FOR_QEMU, "1",
	 "it needs hvmloader of Xen 4.21 or newer"},
	{"xenstore_feature_mask", 0, NULL, "it needs a xenstored of Xen 4.21 or newer"},
	{"xenstore_quota", 0, "[]", "it needs a xenstored of Xen 4.22 or newer"},
	/* clang-format on */
};

/*
 * tools/python/xen/xm/create.py and xend/XendConfig.py of Xen 4.4, the last with xend, and what
 * libvirt and xm's example files had beside.
 */
static const char *const xend[] = {
	"access_control",
	"arch",
	"audio",
	"autoballoon",
	"blkif",
	"bootargs",
	"cdrom",
	"console",
	"cpu",
	"cpu_cap",
	"cpuid_check",
	"dhcp",
	"enable_acpi",
	"fda",
	"fdb",
	"features",
	"full_virtualization",
	"gateway",
	"guest_os_type",
	"hostname",
	"interface",
	"ioemu",
	"isa",
	"loader",
	"machine_address_size",
	"monitor",
	"monitor_path",
	"ne2000",
	"netif",
	"netmask",
	"nfs_root",
	"nfs_server",
	"on_suspend",
	"on_xend_start",
	"on_xend_stop",
	"parallel",
	"pci_dom0",
	"restart",
	"s3_integrity",
	"sched",
	"security_label",
	"ssidref",
	"start_time",
	"superpages",
	"suppress_spurious_page_faults",
	"target",
	"tpmif",
	"usbport",
	"usb_device",
	"vcpu_avail",
	"vcpus_params",
	"vhpt",
	"vncconsole",
	"vscsi",
	"xen_extended_power_mgmt",
};

bool xend_key(const char *name)
{
	for (size_t i = 0; i < sizeof(xend) / sizeof(xend[0]); i++)
		if (!strcmp(xend[i], name))
			return true;
	return false;
}

static int compare(const void *name, const void *element)
{
	return strcmp(name, ((const struct xl_key *)element)->name);
}

const struct xl_key *xl_key(const char *name)
{
	return bsearch(name, keys, sizeof(keys) / sizeof(keys[0]), sizeof(keys[0]), compare);
}

const struct xl_key *xl_key_whole(const struct xl_key *k)
{
	static const char *const wholes[] = {"pvshim", "spice"};

	for (size_t i = 0; i < sizeof(wholes) / sizeof(wholes[0]); i++)
		if (!strncmp(k->name, wholes[i], strlen(wholes[i])) && strcmp(k->name, wholes[i]))
			return xl_key(wholes[i]);
	return NULL;
}

/* Whether the text is one of those words. */
static bool is_one_of(const char *text, const char *words)
{
	const size_t len = strlen(text);

	for (const char *w = words; w; w = strchr(w, '|') ? strchr(w, '|') + 1 : NULL)
		if (strcspn(w, "|") == len && !memcmp(w, text, len))
			return true;
	return false;
}

bool xl_key_neutral(const struct xl_key *k, const struct value *v)
{
	char number[24];

	if (!k->neutral)
		return false;
	if (!strcmp(k->neutral, "*"))
		return true;
	switch (v->kind) {
	case VALUE_INT:
		snprintf(number, sizeof(number), "%" PRId64, v->i);
		return is_one_of(number, k->neutral);
	case VALUE_STRING:
	case VALUE_BARE:
		return is_one_of(v->s, k->neutral);
	case VALUE_LIST:
		return v->nr_items == 0 && is_one_of("[]", k->neutral);
	default:
		return false;
	}
}
