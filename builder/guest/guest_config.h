/*
 * What a descriptor says, as data: every value is checked (describe/config.h fills it in).
 */
#ifndef EARLYDOM_GUEST_CONFIG_H
#define EARLYDOM_GUEST_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "domain_options.h"
#include "file_digest.h"
#include "strings.h"

struct disk_spec;    /* describe/disk_spec.h */
struct vif_spec;     /* describe/vif_spec.h */
struct vfb_spec;     /* describe/vfb_spec.h */
struct vkb_spec;     /* describe/vkb_spec.h */
struct channel_spec; /* describe/channel_spec.h */
struct pci_spec;     /* describe/pci_spec.h */
struct usbctrl_spec; /* describe/usb_spec.h */
struct usbdev_spec;

/* The key `builder`, which `type` took the place of. */
enum guest_builder { BUILDER_NONE, BUILDER_GENERIC, BUILDER_LINUX, BUILDER_HVM };
enum guest_type { GUEST_PV, GUEST_PVH, GUEST_HVM };
enum device_model_protocol { MODEL_QEMU, MODEL_CLASSIC };
enum guest_bios { BIOS_SEABIOS, BIOS_OVMF, BIOS_ROMBIOS /* no guest has it: refused */ };
enum guest_vga { VGA_CIRRUS, VGA_STD, VGA_NONE };
/* A device of a vendor that its drivers look for. */
enum guest_vendor { VENDOR_NONE, VENDOR_XENSERVER };
enum guest_hdtype { HDTYPE_IDE, HDTYPE_AHCI };
enum guest_action {
	ACTION_DESTROY,
	ACTION_RESTART,
	ACTION_PRESERVE,
	ACTION_COREDUMP_DESTROY, /* without a core: as the two above */
	ACTION_COREDUMP_RESTART,
	ACTION_SOFT_RESET,     /* of on_soft_reset alone: as on_crash */
	ACTION_RENAME_RESTART, /* no guest has it: refused */
};

/* What is done when a domain that serves the guest's devices stays away. */
enum backend_lost { BACKEND_LOST_WAIT, BACKEND_LOST_RESTART, BACKEND_LOST_DESTROY };

/* A set of keys, by their places in the table of keys. */
#define CONFIG_KEYS_MAX 192
struct key_set {
	uint64_t bits[CONFIG_KEYS_MAX / 64];
};

static inline bool key_set_has(const struct key_set *s, size_t i)
{
	return s->bits[i / 64] >> (i % 64) & 1;
}

static inline void key_set_add(struct key_set *s, size_t i)
{
	s->bits[i / 64] |= UINT64_C(1) << (i % 64);
}

/* Names of guests and profiles are at most this long: half of what a file's name may have. */
#define CONFIG_NAME_MAX 127
/* The longest value of `ready`, in characters. */
#define CONFIG_READY_MAX 255

/* KiB a second. All that a Linux prints at its start, some 70 KiB, is a part of what is read at
 * once, and a flood costs dom0 what it does by xenconsoled, whose own bound is 300. */
#define CONSOLE_RATE_USUAL 256

/* Values of start_retries. As usual: a few times for a guest that has never run, without end for
 * one that has. */
#define RETRIES_UNLIMITED UINT32_MAX
#define RETRIES_AS_USUAL  (UINT32_MAX - 1)

struct guest_config {
	char *name;       /* the key, else the file's name without directory and .cfg; never NULL
			     after a config_read without errors */
	const char *file; /* the descriptor, borrowed */
	const char *dir;  /* that of file names in it, borrowed; NULL for that of file */
	struct loc name_loc;

	/*
	 * The keys that the descriptor has, and those whose value is a list: for config_has. A
	 * value alone does not tell whether the descriptor gave it, but xl records that of a guest.
	 */
	struct key_set has, has_list;

	char *image; /* "linux" (default), "plan9", "vmx" */
	enum guest_type type;
	enum guest_builder builder; /* `type` says what it meant */
	bool has_uuid;
	uint8_t uuid[16]; /* in the order of the text, as xen_domain_handle_t; never all zero */
	struct loc uuid_loc;

	char *kernel, *ramdisk; /* absolute paths; ramdisk NULL when there is none */
	struct loc kernel_loc, ramdisk_loc;
	char *bootloader; /* kernel is GRUB then; or NULL */
	char *firmware;   /* as xl has it: kernel or bios say what it meant; or NULL */
	char *ip, *root, *extra, *cmdline; /* NULL when not given; cmdline excludes the others */
	struct loc cmdline_loc;            /* of the last of those that is given */

	uint64_t memory_kib, maxmem_kib; /* from MiB; maxmem defaults to memory */
	struct loc memory_loc;
	unsigned vcpus, maxvcpus; /* vcpus defaults to 1 and maxvcpus to vcpus */

	/* Pinning: none (n 0), one text for all vcpus (per_vcpu false), or one text per vcpu. */
	struct strings cpus;
	bool cpus_per_vcpu;
	struct loc cpus_loc;

	unsigned cpu_weight; /* 1..65535, 0 when not given: the scheduler's default stays */
	bool has_cap;
	unsigned cap; /* percent of one physical cpu, 0 is none */

	enum guest_action on_poweroff, on_reboot, on_crash; /* destroy, restart, destroy */
	enum guest_action on_watchdog, on_soft_reset;       /* destroy, soft-reset */
	enum backend_lost on_backend_lost;                  /* wait */

	struct strings profile;

	/* What only hvm guests have. */
	enum device_model_protocol model_protocol;
	char *model_override, *model_config; /* absolute paths, or NULL */
	struct loc model_override_loc, model_config_loc;
	bool model_unrestricted;   /* device_model_restrict = 0; also of a pv or pvh guest */
	struct strings model_args; /* verbatim, behind all others */
	char *firmware_override;   /* absolute path, or NULL: where Xen has its hvmloader */
	struct loc firmware_loc;
	enum guest_bios bios;
	char *memmap; /* absolute path, or NULL */
	struct loc memmap_loc;
	struct strings serial; /* QEMU's -serial, one each */
	bool vnc;              /* off by default; xl's default is on */
	char *vnclisten;       /* or NULL */
	unsigned vncdisplay;
	bool vncunused;
	enum guest_vga vga;
	uint64_t videoram_kib; /* libxl's default for the vga */
	enum guest_hdtype hdtype;
	char *boot; /* letters of c, d, n; "cda" */
	bool acpi, apic, hpet, viridian;
	bool hap; /* of a pvh guest, too; true by default */

	/* Such as can be served, or are another domain's to serve; each vdev once; a target in dom0
	   is an absolute path or one of the tags of disk_spec.h. */
	struct disk_spec *disks; /* in the descriptor's order */
	size_t nr_disks;
	/* Such as can be served, or are another domain's to serve; each devid, mac and vifname
	 * once. */
	struct vif_spec *vifs; /* devid of each is set: given, or its place in the list */
	size_t nr_vifs;
	unsigned device_timeout; /* seconds that back ends may take, 10 */

	struct strings after; /* names of guests that must be up first */
	struct loc after_loc;
	char *ready;            /* node below the guest's own path that says it is up; or NULL */
	unsigned ready_timeout; /* seconds that others wait for this guest, 60 */

	/* How often a start that failed for a passing cause is tried again, or one of RETRIES_*. */
	unsigned start_retries;

	unsigned console_rate; /* KiB a second that its pv console may print; 0: no bound; 256 */

	/* Of the disks, those that QEMU serves: libxl's back end qdisk. */
	size_t nr_qdisks;

	char *vncpasswd; /* "" is none, or NULL */
	char *keymap;    /* a name of QEMU's, or NULL */
	/* Screens of a pv or pvh guest, each with a keyboard, and its other keyboards. */
	struct vfb_spec *vfbs;
	size_t nr_vfbs;
	struct vkb_spec *vkbs;
	size_t nr_vkbs;
	/* PCI devices of the host's, in the descriptor's order, none of them twice; what one does
	 * not say itself is what the keys behind it and rdm say. */
	struct pci_spec *pcis;
	size_t nr_pcis;
	enum given_bool pci_permissive, pci_msitranslate, pci_power_mgmt, pci_seize;
	/* Consoles beside the first, from CHANNEL_FIRST on. */
	struct channel_spec *channels;
	size_t nr_channels;

	/* What QEMU emulates besides, see config_qemu.c. */
	struct strings model_args_hvm, model_args_pv; /* for such guests, behind model_args */
	bool usb;
	unsigned usbversion;      /* 1 to 3, 0 for none */
	struct strings usbdevice; /* QEMU's -usbdevice, one each */
	char *soundhw;            /* or NULL; in upper or lower case */
	/* USB controllers, the last of which may be one that no key names (usb_plug.h), and the
	 * host's devices at their ports. */
	struct usbctrl_spec *usbctrls;
	size_t nr_usbctrls;
	struct usbdev_spec *usbdevs;
	size_t nr_usbdevs;
	bool stdvga; /* vga says what it meant */
	bool xen_platform_pci, vkb_device;
	enum guest_vendor vendor_device;
	struct strings smbios;                 /* texts of the firmware's tables: smbios_spec.h */
	char *acpi_firmware, *smbios_firmware; /* absolute paths, or NULL */
	struct loc acpi_firmware_loc, smbios_firmware_loc;
	char *bios_path; /* absolute path, or NULL: the one of bios */
	struct loc bios_path_loc;

	/* Of kernel, ramdisk, hvmloader and BIOS, as the files are; and where they are given. */
	struct file_digest kernel_digest, ramdisk_digest, firmware_digest, bios_digest;
	struct loc kernel_digest_loc, ramdisk_digest_loc, firmware_digest_loc, bios_digest_loc;

	struct domain_options domain;
};

/* Whether it has disks, network interfaces or PCI devices, which back ends in dom0 serve. */
bool guest_config_has_devices(const struct guest_config *cfg);

/* Whether it has PCI devices of the host's. */
bool guest_config_has_pci(const struct guest_config *cfg);

/* How its IOMMU is to be used; as libxl has it, a guest with PCI devices has one. Never
 * PASSTHROUGH_UNSET. */
enum passthrough_mode guest_config_passthrough(const struct guest_config *cfg);

/* Whether a pv or pvh guest needs a QEMU in dom0 as the back end of its devices. An hvm guest's
 * device model does that by the way: for one this is false. */
bool guest_config_needs_qemu(const struct guest_config *cfg);

/* Whether a QEMU runs for it, as device model or back end; and whether that or another device model
 * does. */
bool guest_config_runs_qemu(const struct guest_config *cfg);
bool guest_config_has_model(const struct guest_config *cfg);

/* As descriptors have them. */
const char *guest_type_name(enum guest_type t); /* "pv", "pvh", "hvm" */
const char *guest_bios_name(enum guest_bios b); /* "seabios", "ovmf" */

#endif
