#include "config_keys.h"

#include <string.h>

#include "config_digest_value.h"
#include "config_domain_value.h"
#include "config_value.h"
#include "cpus.h"
#include "file_path.h"
#include "builder/guest/xen_compat.h"
#include "quota_spec.h"
#include "smbios_spec.h"
#include "vnc_text.h"
#include "xl_keys.h"

/* xen/arch/x86/include/asm/config.h: MAX_VIRT_CPUS, which holds for PV. */
#define PV_VCPUS_MAX 8192
/* 16 TiB, the most that Xen runs on (CONFIG_BIGMEM aside); far from where sums in bytes wrap. */
#define MEMORY_MAX_MIB 16777216
/* Weight and cap are uint16_t in xen/include/public/domctl.h (xen_domctl_sched_credit). */
#define CREDIT_MAX 65535
/* What QEMU's cards can have (vga_common_init in its hw/display/vga.c). */
#define VIDEORAM_MAX_MIB 512
/* RDM that is higher meets no memory: it would be behind the hole that PCI has below 4 GiB. */
#define RDM_BOUNDARY_MAX_MIB 4096
/* Seconds, an hour: what has not come by then will not come. */
#define TIMEOUT_MAX 3600

/* A try a minute makes that two months; whoever wants more does not want a number. */
#define RETRIES_MAX 100000

/* KiB a second that a console may print: far more than a ring of 2 KiB carries. */
#define CONSOLE_RATE_MAX 1048576

static const struct word types[] = {
	[GUEST_PV] = {"pv", WORD_OK},
	[GUEST_PVH] = {"pvh", WORD_OK},
	[GUEST_HVM] = {"hvm", WORD_OK}, /* to what image it belongs is checked in check_image */
	{0},
};

static const struct word actions[] = {
	[ACTION_DESTROY] = {"destroy", WORD_OK},
	[ACTION_RESTART] = {"restart", WORD_OK},
	[ACTION_PRESERVE] = {"preserve", WORD_OK},
	/* read_action says what they come to */
	[ACTION_COREDUMP_DESTROY] = {"coredump-destroy", WORD_REFUSED},
	[ACTION_COREDUMP_RESTART] = {"coredump-restart", WORD_REFUSED},
	[ACTION_SOFT_RESET] = {"soft-reset", WORD_REFUSED},
	[ACTION_RENAME_RESTART] = {"rename-restart", WORD_REFUSED},
	{0},
};

static const struct word backend_lost[] = {
	[BACKEND_LOST_WAIT] = {"wait", WORD_OK},
	[BACKEND_LOST_RESTART] = {"restart", WORD_OK},
	[BACKEND_LOST_DESTROY] = {"destroy", WORD_OK},
	{0},
};

/* The words of those that are numbers to xl as well begin with that of 0 (read_mode). */
static const struct word tsc_modes[] = {
	[TSC_DEFAULT] = {"default", WORD_OK},
	[TSC_ALWAYS_EMULATE] = {"always_emulate", WORD_OK},
	[TSC_NATIVE] = {"native", WORD_OK},
	[TSC_NATIVE_PARAVIRT] = {"native_paravirt", WORD_REFUSED},
	{0},
};

static const struct word timer_modes[] = {
	[TIMER_UNSET] = {"", WORD_XL},
	[TIMER_DELAY] = {"delay_for_missed_ticks", WORD_OK},
	[TIMER_NO_DELAY] = {"no_delay_for_missed_ticks", WORD_OK},
	[TIMER_NO_PENDING] = {"no_missed_ticks_pending", WORD_OK},
	[TIMER_ONE_PENDING] = {"one_missed_tick_pending", WORD_OK},
	{0},
};

static const struct word altp2m_modes[] = {
	[ALTP2M_DISABLED] = {"disabled", WORD_OK},
	[ALTP2M_MIXED] = {"mixed", WORD_OK},
	[ALTP2M_EXTERNAL] = {"external", WORD_OK},
	[ALTP2M_LIMITED] = {"limited", WORD_OK},
	{0},
};

static const struct word passthrough_modes[] = {
	[PASSTHROUGH_UNSET] = {"default", WORD_OK},
	[PASSTHROUGH_DISABLED] = {"disabled", WORD_OK},
	[PASSTHROUGH_ENABLED] = {"enabled", WORD_OK},
	[PASSTHROUGH_SYNC_PT] = {"sync_pt", WORD_OK},
	[PASSTHROUGH_SHARE_PT] = {"share_pt", WORD_OK},
	{0},
};

static const struct word genids[] = {
	{"none", WORD_OK},
	{"generate", WORD_OK},
	{0},
};

static const struct word bioses[] = {
	[BIOS_SEABIOS] = {"seabios", WORD_OK},
	[BIOS_OVMF] = {"ovmf", WORD_OK},
	[BIOS_ROMBIOS] = {"rombios", WORD_REFUSED},
	{0},
};

static const struct word protocols[] = {
	[MODEL_QEMU] = {"qemu", WORD_OK},
	[MODEL_CLASSIC] = {"classic", WORD_OK},
	{0},
};

static const struct word vgas[] = {
	[VGA_CIRRUS] = {"cirrus", WORD_OK},
	[VGA_STD] = {"stdvga", WORD_OK},
	[VGA_NONE] = {"none", WORD_OK},
	{"qxl", WORD_XL},
	{0},
};

/* libxl's, all of which this QEMU may have been built without. */
static const struct word soundcards[] = {
	{"ac97", WORD_OK}, {"adlib", WORD_OK}, {"cs4231a", WORD_OK}, {"es1370", WORD_OK},
	{"gus", WORD_OK},  {"hda", WORD_OK},   {"sb16", WORD_OK},    {0},
};

static const struct word vendors[] = {
	[VENDOR_NONE] = {"none", WORD_OK},
	[VENDOR_XENSERVER] = {"xenserver", WORD_OK},
	{0},
};

static const struct word hdtypes[] = {
	[HDTYPE_IDE] = {"ide", WORD_OK},
	[HDTYPE_AHCI] = {"ahci", WORD_OK},
	{0},
};

static const struct word builders[] = {
	[BUILDER_NONE] = {"", WORD_XL}, /* as "hvm", of which it is a beginning */
	[BUILDER_GENERIC] = {"generic", WORD_OK}, [BUILDER_LINUX] = {"linux", WORD_OK},
	[BUILDER_HVM] = {"hvm", WORD_OK},         {0},
};

/* Where a value goes: into its field of struct guest_config; or into that and its place into
 * another. */
#define FIELD(f) .field = offsetof(struct guest_config, f), .loc = NO_FIELD
#define FIELD_AND(f, l)                                                                            \
	.field = offsetof(struct guest_config, f), .loc = offsetof(struct guest_config, l)

/* Every key that means something here. Those that only xl has are in xl_keys.c. */
const struct key config_keys[] = {
	/* clang-format off */
	{"name", read_string, FIELD_AND(name, name_loc), .check = check_name},
	{"uuid", read_uuid, FIELD_AND(uuid, uuid_loc)},
	{"image", read_image, FIELD(image), .own = true, .decides = true},
	{"type", read_word, FIELD(type), .words = types, .decides = true},
	{"builder", read_word, FIELD(builder), .words = builders, .decides = true},
	{"kernel", read_path, FIELD_AND(kernel, kernel_loc)},
	{"ramdisk", read_path_or_none, FIELD_AND(ramdisk, ramdisk_loc)},
	{"kernel_sha256", read_sha256, FIELD_AND(kernel_digest, kernel_digest_loc), .own = true},
	{"ramdisk_sha256", read_sha256, FIELD_AND(ramdisk_digest, ramdisk_digest_loc),
	 .own = true},
	{"firmware_sha256", read_sha256, FIELD_AND(firmware_digest, firmware_digest_loc),
	 .guests = KEY_FOR_QEMU, .own = true},
	{"bios_sha256", read_sha256, FIELD_AND(bios_digest, bios_digest_loc),
	 .guests = KEY_FOR_QEMU, .own = true},
	{"bootloader", read_string, FIELD(bootloader), .check = check_filled,
	 .guests = KEY_FOR_PV | KEY_FOR_PVH},
	{"firmware", read_string, FIELD(firmware), .check = check_filled,
	 .guests = KEY_FOR_PV | KEY_FOR_PVH | KEY_FOR_QEMU},
	{"ip", read_string, FIELD(ip), .check = check_one_word},
	{"root", read_string, FIELD(root)},
	{"extra", read_lines, FIELD(extra)},
	{"cmdline", read_lines, FIELD(cmdline)},
	{"memory", read_mib, FIELD_AND(memory_kib, memory_loc),
	 .min = 1, .max = MEMORY_MAX_MIB, .unit = "MiB"},
	{"maxmem", read_mib, FIELD(maxmem_kib), .min = 1, .max = MEMORY_MAX_MIB, .unit = "MiB"},
	{"vcpus", read_unsigned, FIELD(vcpus), .min = 1, .max = PV_VCPUS_MAX},
	{"maxvcpus", read_unsigned, FIELD(maxvcpus), .min = 1, .max = PV_VCPUS_MAX},
	{"cpus", read_strings, FIELD_AND(cpus, cpus_loc), .check = cpus_check, .one_or_many = true},
	{"cpu_weight", read_unsigned, FIELD(cpu_weight), .min = 1, .max = CREDIT_MAX},
	{"cap", read_unsigned, FIELD(cap), .min = 0, .max = CREDIT_MAX, .unit = "percent"},
	{"on_poweroff", read_action, FIELD(on_poweroff), .words = actions},
	{"on_reboot", read_action, FIELD(on_reboot), .words = actions},
	{"on_crash", read_action, FIELD(on_crash), .words = actions},
	{"on_watchdog", read_action, FIELD(on_watchdog), .words = actions},
	{"on_soft_reset", read_action, FIELD(on_soft_reset), .words = actions},
	{"on_backend_lost", read_word, FIELD(on_backend_lost), .words = backend_lost,
	 .own = true},
	{"profile", read_strings, FIELD(profile), .check = check_profile, .one_or_many = true},
	{"disk", read_disks, FIELD(disks), .check = check_disk},
	{"vif", read_vifs, FIELD(vifs), .check = check_vif},
	{"device_timeout", read_unsigned, FIELD(device_timeout),
	 .min = 1, .max = TIMEOUT_MAX, .unit = "seconds"},
	{"after", read_strings, FIELD_AND(after, after_loc),
	 .check = check_name, .one_or_many = true},
	{"ready", read_string, FIELD(ready), .check = check_ready},
	{"ready_timeout", read_unsigned, FIELD(ready_timeout),
	 .min = 1, .max = TIMEOUT_MAX, .unit = "seconds"},
	{"start_retries", read_retries, FIELD(start_retries), .min = 0, .max = RETRIES_MAX},
	{"console_rate", read_unsigned, FIELD(console_rate),
	 .min = 0, .max = CONSOLE_RATE_MAX, .unit = "KiB/s"},

	{"device_model_protocol", read_word, FIELD(model_protocol), .words = protocols,
	 .guests = KEY_FOR_HVM, .own = true, .decides = true},
	{"device_model_override", read_path, FIELD_AND(model_override, model_override_loc),
	 .guests = KEY_FOR_HVM | KEY_FOR_PV | KEY_FOR_PVH},
	{"device_model_restrict", read_off, FIELD(model_unrestricted),
	 .guests = KEY_FOR_HVM | KEY_FOR_PV | KEY_FOR_PVH, .own = true},
	{"device_model_config", read_path, FIELD_AND(model_config, model_config_loc),
	 .guests = KEY_FOR_CLASSIC, .own = true},
	{"device_model_args", read_strings, FIELD(model_args),
	 .guests = KEY_FOR_QEMU | KEY_FOR_PV | KEY_FOR_PVH},
	{"firmware_override", read_firmware, FIELD_AND(firmware_override, firmware_loc),
	 .guests = KEY_FOR_QEMU},
	{"bios", read_word, FIELD(bios), .words = bioses, .any_case = true, .guests = KEY_FOR_QEMU},
	{"memmap", read_path, FIELD_AND(memmap, memmap_loc), .guests = KEY_FOR_HVM, .own = true},
	{"serial", read_strings, FIELD(serial), .check = check_filled, .one_or_many = true,
	 .guests = KEY_FOR_QEMU},
	{"vga", read_word, FIELD(vga), .words = vgas, .guests = KEY_FOR_QEMU},
	{"videoram", read_mib, FIELD(videoram_kib),
	 .min = 0, .max = VIDEORAM_MAX_MIB, .unit = "MiB", .guests = KEY_FOR_QEMU},
	{"hdtype", read_word, FIELD(hdtype), .words = hdtypes,
	 .any_case = true, .guests = KEY_FOR_QEMU},
	{"vfb", read_vfbs, FIELD(vfbs), .guests = KEY_FOR_PV | KEY_FOR_PVH},
	{"vkb", read_vkbs, FIELD(vkbs), .guests = KEY_FOR_PV | KEY_FOR_PVH},
	{"channel", read_channels, FIELD(channels)},
	{"vnc", read_bool, FIELD(vnc), .guests = KEY_FOR_QEMU | KEY_FOR_PV},
	{"vnclisten", read_string, FIELD(vnclisten), .check = vnc_listen_check,
	 .guests = KEY_FOR_QEMU | KEY_FOR_PV},
	{"vncdisplay", read_unsigned, FIELD(vncdisplay), .min = 0, .max = VNC_DISPLAY_MAX,
	 .guests = KEY_FOR_QEMU | KEY_FOR_PV},
	{"vncunused", read_bool, FIELD(vncunused), .guests = KEY_FOR_QEMU | KEY_FOR_PV},
	{"vncpasswd", read_string, FIELD(vncpasswd), .guests = KEY_FOR_QEMU | KEY_FOR_PV},
	{"keymap", read_string, FIELD(keymap), .check = vnc_keymap_check,
	 .guests = KEY_FOR_QEMU | KEY_FOR_PV},
	{"boot", read_string, FIELD(boot), .check = check_boot, .guests = KEY_FOR_QEMU},
	{"device_model_args_hvm", read_strings, FIELD(model_args_hvm), .guests = KEY_FOR_QEMU},
	{"device_model_args_pv", read_strings, FIELD(model_args_pv),
	 .guests = KEY_FOR_PV | KEY_FOR_PVH},
	{"bios_path_override", read_path, FIELD_AND(bios_path, bios_path_loc),
	 .guests = KEY_FOR_QEMU},
	{"acpi_firmware", read_path, FIELD_AND(acpi_firmware, acpi_firmware_loc),
	 .guests = KEY_FOR_QEMU},
	{"smbios_firmware", read_path, FIELD_AND(smbios_firmware, smbios_firmware_loc),
	 .guests = KEY_FOR_QEMU},
	{"smbios", read_strings, FIELD(smbios), .check = smbios_check, .guests = KEY_FOR_QEMU},
	{"stdvga", read_bool, FIELD(stdvga), .guests = KEY_FOR_QEMU},
	{"usb", read_bool, FIELD(usb), .guests = KEY_FOR_QEMU},
	{"usbversion", read_unsigned, FIELD(usbversion), .min = 0, .max = 3,
	 .guests = KEY_FOR_QEMU},
	{"usbdevice", read_strings, FIELD(usbdevice), .check = check_filled, .one_or_many = true,
	 .guests = KEY_FOR_QEMU},
	{"pci", read_pcis, FIELD(pcis)},
	{"pci_permissive", read_given_bool, FIELD(pci_permissive)},
	{"pci_msitranslate", read_given_bool, FIELD(pci_msitranslate)},
	{"pci_power_mgmt", read_given_bool, FIELD(pci_power_mgmt)},
	{"pci_seize", read_given_bool, FIELD(pci_seize)},
	{"usbctrl", read_usbctrls, FIELD(usbctrls)},
	{"usbdev", read_usbdevs, FIELD(usbdevs)},
	{"soundhw", read_word_text, FIELD(soundhw), .words = soundcards,
	 .any_case = true, .guests = KEY_FOR_QEMU},
	{"xen_platform_pci", read_bool, FIELD(xen_platform_pci), .guests = KEY_FOR_QEMU},
	{"vkb_device", read_bool, FIELD(vkb_device), .guests = KEY_FOR_QEMU},
	{"vendor_device", read_word, FIELD(vendor_device), .words = vendors, .any_case = true,
	 .guests = KEY_FOR_QEMU},
	{"acpi", read_bool, FIELD(acpi), .guests = KEY_FOR_HVM},
	{"apic", read_bool, FIELD(apic), .guests = KEY_FOR_HVM},
	{"hpet", read_bool, FIELD(hpet), .guests = KEY_FOR_HVM},
	{"viridian", read_viridian, FIELD(viridian), .guests = KEY_FOR_HVM},
	{"hap", read_bool, FIELD(hap), .guests = KEY_FOR_PVH | KEY_FOR_HVM},

	/* What the hypervisor is told beside: struct domain_options. */
	{"localtime", read_given_bool, FIELD(domain.localtime)},
	{"rtc_timeoffset", read_given_number, FIELD(domain.rtc_timeoffset),
	 .min = INT32_MIN, .max = INT32_MAX, .unit = "seconds"},
	{"tsc_mode", read_mode, FIELD(domain.tsc_mode), .words = tsc_modes,
	 .any_case = true},
	{"timer_mode", read_mode, FIELD(domain.timer_mode), .words = timer_modes,
	 .any_case = true, .min = 1},
	{"vpt_align", read_given_bool, FIELD(domain.vpt_align), .guests = KEY_FOR_HVM},
	{"cpus_soft", read_strings, FIELD(domain.cpus_soft), .check = cpus_check,
	 .one_or_many = true},
	{"pool", read_string, FIELD(domain.pool), .check = check_filled},
	{"period", read_given_number, FIELD(domain.period),
	 .min = 1, .max = INT32_MAX, .unit = "us"},
	{"cpuid", read_cpuid, FIELD(domain.cpuid)},
	{"pae", read_given_bool, FIELD(domain.pae), .guests = KEY_FOR_HVM},
	{"nx", read_given_bool, FIELD(domain.nx), .guests = KEY_FOR_HVM},
	{"nestedhvm", read_given_bool, FIELD(domain.nestedhvm),
	 .guests = KEY_FOR_PVH | KEY_FOR_HVM},
	{"nomigrate", read_given_bool, FIELD(domain.nomigrate)},
	{"vpmu", read_given_bool, FIELD(domain.vpmu)},
	{"msr_relaxed", read_given_bool, FIELD(domain.msr_relaxed)},
	{"mca_caps", read_mca_caps, FIELD(domain.lmce), .guests = KEY_FOR_HVM},
	{"oos", read_given_bool, FIELD(domain.oos), .guests = KEY_FOR_PVH | KEY_FOR_HVM},
	{"shadow_memory", read_given_number, FIELD(domain.shadow_mib),
	 .min = 0, .max = MEMORY_MAX_MIB, .unit = "MiB", .guests = KEY_FOR_PVH | KEY_FOR_HVM},
	{"altp2m", read_mode, FIELD(domain.altp2m), .words = altp2m_modes, .any_case = true,
	 .guests = KEY_FOR_PVH | KEY_FOR_HVM},
	{"altp2mhvm", read_given_bool, FIELD(domain.altp2mhvm), .guests = KEY_FOR_HVM},
	{"altp2m_count", read_given_number, FIELD(domain.altp2m_count),
	 .min = 0, .max = UINT16_MAX, .guests = KEY_FOR_PVH | KEY_FOR_HVM},
	{"max_grant_frames", read_given_number, FIELD(domain.max_grant_frames),
	 .min = 1, .max = INT32_MAX},
	{"max_maptrack_frames", read_given_number, FIELD(domain.max_maptrack_frames),
	 .min = 0, .max = INT32_MAX},
	{"max_grant_version", read_given_number, FIELD(domain.max_grant_version),
	 .min = 1, .max = 2},
	{"max_event_channels", read_given_number, FIELD(domain.max_event_channels),
	 .min = 0, .max = INT32_MAX},
	{"vmtrace_buf_kb", read_vmtrace, FIELD(domain.vmtrace_kib), .min = 0, .max = INT32_MAX},
	{"passthrough", read_word, FIELD(domain.passthrough), .words = passthrough_modes,
	 .any_case = true},
	{"seclabel", read_string, FIELD(domain.label), .check = check_filled},
	{"init_seclabel", read_string, FIELD(domain.init_label), .check = check_filled},
	{"ioports", read_ioports, FIELD(domain.ioports), .check = check_ioport},
	{"irqs", read_irqs, FIELD(domain.irqs), .check = check_irq},
	{"iomem", read_iomem, FIELD(domain.iomem), .check = check_iomem},
	{"e820_host", read_given_bool, FIELD(domain.e820_host), .guests = KEY_FOR_PV},
	{"acpi_s3", read_given_bool, FIELD(domain.acpi_s3), .guests = KEY_FOR_QEMU},
	{"acpi_s4", read_given_bool, FIELD(domain.acpi_s4), .guests = KEY_FOR_QEMU},
	{"acpi_laptop_slate", read_given_bool, FIELD(domain.acpi_laptop_slate),
	 .guests = KEY_FOR_QEMU},
	{"mmio_hole", read_given_number, FIELD(domain.mmio_hole_mib),
	 .min = 256, .max = 3840, .unit = "MiB", .guests = KEY_FOR_QEMU},
	{"rdm", read_rdm, FIELD(domain.rdm), .guests = KEY_FOR_QEMU},
	{"rdm_mem_boundary", read_given_number, FIELD(domain.rdm_boundary_mib),
	 .min = 0, .max = RDM_BOUNDARY_MAX_MIB, .unit = "MiB", .guests = KEY_FOR_QEMU},
	{"ms_vm_genid", read_word, FIELD(domain.genid), .words = genids, .guests = KEY_FOR_QEMU},
	{"driver_domain", read_given_bool, FIELD(domain.driver_domain)},
	{"xend_suspend_evtchn_compat", read_given_bool, FIELD(domain.suspend_evtchn_compat)},
	{"hvm_pirq", read_given_bool, FIELD(domain.pirq), .guests = KEY_FOR_HVM, .since = 19},
	{"xen_platform_pci_bar_uc", read_given_bool, FIELD(domain.pci_bar_uc),
	 .guests = KEY_FOR_QEMU, .since = 21},
	{"xenstore_feature_mask", read_given_number, FIELD(domain.store_features),
	 .min = 0, .max = UINT32_MAX, .since = 21},
	{"xenstore_quota", read_strings, FIELD(domain.store_quota), .check = quota_check,
	 .since = 22},
	/* clang-format on */
};
const size_t config_nr_keys = sizeof(config_keys) / sizeof(config_keys[0]);
_Static_assert(sizeof(config_keys) / sizeof(config_keys[0]) <= CONFIG_KEYS_MAX,
	       "struct key_set has a bit for each");

const struct key *config_key(const char *name)
{
	for (size_t i = 0; i < config_nr_keys; i++)
		if (!strcmp(config_keys[i].name, name))
			return XEN_SINCE(config_keys[i].since) ? &config_keys[i] : NULL;
	return NULL;
}

bool config_has(const struct guest_config *g, const char *key)
{
	return key_set_has(&g->has, (size_t)(config_key(key) - config_keys));
}

bool config_has_list(const struct guest_config *g, const char *key)
{
	return key_set_has(&g->has_list, (size_t)(config_key(key) - config_keys));
}

bool config_key_known(const char *key)
{
	return config_key(key) || xl_key(key) || xend_key(key);
}

void config_key_unknown(const char *key, struct loc loc, struct diag *d)
{
	const char *names[CONFIG_KEYS_MAX];
	char near[SUGGEST_MAX];

	for (size_t i = 0; i < config_nr_keys; i++)
		names[i] = config_keys[i].name;
	diag_add(d, loc, "unknown key '%.80s'%s", key,
		 suggest_text(near, key, names, config_nr_keys));
}
