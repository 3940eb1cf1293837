#include "xl_record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "builder/image/image_type.h"
#include "guest_nodes.h"
#include "builder/image/firmware.h"
#include "base/json.h"
#include "xl_record_file.h"
#include "builder/describe/config.h"
#include "builder/host/host.h"
#include "builder/device/disk.h"
#include "builder/device/vif.h"
#include "builder/describe/backend_spec.h"
#include "builder/describe/config_keys.h"
#include "builder/describe/channel_spec.h"
#include "builder/describe/usb_spec.h"
#include "builder/describe/vfb_spec.h"
#include "builder/describe/vkb_spec.h"
#include "xl_record_domain.h"
#include "xl_record_pci.h"

/* libxl's INVALID_DOMID: no number was asked for (libxl.h). */
#define XL_DOMID_ANY UINT32_MAX

static void empty(struct json *j, const char *key)
{
	json_open(j, key, '{');
	json_close(j, '}');
}

static void optional(struct json *j, const char *key, const char *value)
{
	if (value)
		json_text(j, key, value);
}

static void print_flag(struct json *j, const char *key, bool value)
{
	json_text(j, key, value ? "True" : "False");
}

/* A key that libxl has a default for, which it does not print unless it was given. */
static void print_default(struct json *j, const struct guest_config *cfg, const char *key,
			  bool value, bool otherwise)
{
	if (value != otherwise || config_has(cfg, key))
		print_flag(j, key, value);
}

static void print_strings(struct json *j, const char *key, const struct strings *s)
{
	json_open(j, key, '[');
	for (size_t i = 0; i < s->n; i++)
		json_text(j, NULL, s->v[i]);
	json_close(j, ']');
}

static void print_create_info(struct json *j, const struct guest *g)
{
	char uuid[UUID_TEXT];

	uuid_text(g->uuid, uuid);
	json_open(j, "c_info", '{');
	json_text(j, "type", guest_type_name(g->cfg->type));
	record_paging(j, g->cfg);
	json_text(j, "name", g->cfg->name);
	json_number(j, "domid", XL_DOMID_ANY);
	json_text(j, "uuid", uuid);
	record_pool(j, g->cfg);
	print_flag(j, "run_hotplug_scripts", true); /* xl.conf's default, as claim_mode is */
	record_domain_kind(j, g->cfg);
	json_close(j, '}');
}

/* A descriptor with neither vcpus nor maxvcpus has one vcpu, libxl's default, which is not printed.
 */
static void print_vcpus(struct json *j, const struct guest_config *cfg)
{
	if (cfg->maxvcpus > 1 || config_has(cfg, "vcpus") || config_has(cfg, "maxvcpus"))
		json_number(j, "max_vcpus", cfg->maxvcpus);
	if (cfg->vcpus == 1 && !config_has(cfg, "vcpus"))
		return;
	json_open(j, "avail_vcpus", '[');
	for (unsigned i = 0; i < cfg->vcpus; i++)
		json_number(j, NULL, i);
	json_close(j, ']');
}

static void print_map(struct json *j, const uint8_t *map, size_t len)
{
	json_open(j, NULL, '[');
	for (size_t i = 0; i < 8 * len; i++)
		if (map[i / 8] & 1u << i % 8)
			json_number(j, NULL, i);
	json_close(j, ']');
}

/* Vcpus that a list of the descriptor's pins: all, or as many as it has. */
static unsigned nr_pinned(const struct guest_config *cfg, const struct strings *list, bool per_vcpu)
{
	if (!list->n || (per_vcpu && list->n < cfg->maxvcpus))
		return (unsigned)list->n;
	return cfg->maxvcpus;
}

static unsigned nr_hard(const struct guest_config *cfg)
{
	return nr_pinned(cfg, &cfg->cpus, cfg->cpus_per_vcpu);
}

static unsigned nr_soft(const struct guest_config *cfg)
{
	return nr_pinned(cfg, &cfg->domain.cpus_soft, cfg->domain.cpus_soft_per_vcpu);
}

static void print_maps(struct json *j, const char *key, const uint8_t *maps, size_t map_len,
		       unsigned n)
{
	if (!n)
		return;
	json_open(j, key, '[');
	for (unsigned i = 0; i < n; i++)
		print_map(j, maps + i * map_len, map_len);
	json_close(j, ']');
}

static void print_pins(struct json *j, const struct guest_config *cfg,
		       const struct xl_record_pins *pins)
{
	if (!pins)
		return;
	print_maps(j, "vcpu_hard_affinity", pins->maps, pins->map_len, nr_hard(cfg));
	print_maps(j, "vcpu_soft_affinity", pins->soft, pins->map_len, nr_soft(cfg));
	/* xl does not choose NUMA nodes for a guest of which something is said for each vcpu. */
	if (cfg->cpus_per_vcpu || cfg->domain.cpus_soft.n)
		print_flag(j, "numa_placement", false);
}

static void print_schedule(struct json *j, const struct guest_config *cfg)
{
	json_open(j, "sched_params", '{');
	if (cfg->cpu_weight)
		json_number(j, "weight", cfg->cpu_weight);
	if (cfg->has_cap)
		json_number(j, "cap", cfg->cap);
	record_period(j, cfg);
	json_close(j, '}');
}

static void print_cmdline(struct json *j, const struct guest_config *cfg)
{
	struct err ignored; /* only memory can be short; a record without the command line is better
			       than none */
	char *cmdline = image_type_find(cfg->image)->cmdline(cfg, &ignored);

	if (cmdline && (*cmdline || cfg->extra || cfg->cmdline))
		json_text(j, "cmdline", cmdline);
	free(cmdline);
}

/* The device model and its arguments. */
static void print_model(struct json *j, const struct guest_config *cfg)
{
	/* xl has no guests of this kind; guest_nodes.h says what it is taken for. */
	if (cfg->type == GUEST_HVM && cfg->model_protocol == MODEL_CLASSIC)
		json_text(j, "device_model_version", guest_dm_version(cfg));
	optional(j, "device_model", cfg->model_override);
	if (cfg->model_args.n)
		print_strings(j, "extra", &cfg->model_args);
	if (cfg->model_args_pv.n)
		print_strings(j, "extra_pv", &cfg->model_args_pv);
	if (cfg->model_args_hvm.n)
		print_strings(j, "extra_hvm", &cfg->model_args_hvm);
}

static void print_vga(struct json *j, const struct guest_config *cfg)
{
	/* libxl's words for what xl reads as stdvga, cirrus, none. */
	static const char *const kinds[] = {
		[VGA_CIRRUS] = "cirrus",
		[VGA_STD] = "std",
		[VGA_NONE] = "none",
	};

	json_open(j, "vga", '{');
	if (cfg->vga != VGA_CIRRUS || config_has(cfg, "vga") || config_has(cfg, "stdvga"))
		json_text(j, "kind", kinds[cfg->vga]);
	json_close(j, '}');
}

/* The default is another one than xl's, so it is always said. */
static void print_vnc(struct json *j, const struct guest_config *cfg)
{
	json_open(j, "vnc", '{');
	print_flag(j, "enable", cfg->vnc);
	optional(j, "listen", cfg->vnclisten);
	optional(j, "passwd", cfg->vncpasswd);
	if (cfg->vncdisplay)
		json_number(j, "display", cfg->vncdisplay);
	if (cfg->vnc && (!cfg->vncunused || config_has(cfg, "vncunused")))
		print_flag(j, "findunused", cfg->vncunused);
	json_close(j, '}');
}

/* xl keeps a list apart from a single text. */
static void print_serial(struct json *j, const struct guest_config *cfg, bool list)
{
	const bool is_list = cfg->serial.n > 1 || config_has_list(cfg, "serial");

	if (!cfg->serial.n || is_list != list)
		return;
	if (list)
		print_strings(j, "serial_list", &cfg->serial);
	else
		json_text(j, "serial", cfg->serial.v[0]);
}

static bool is_usb_list(const struct guest_config *cfg)
{
	return cfg->usbdevice.n > 1 || config_has_list(cfg, "usbdevice");
}

static void print_usb(struct json *j, const struct guest_config *cfg)
{
	print_default(j, cfg, "usb", cfg->usb, false);
	if (cfg->usbversion)
		json_number(j, "usbversion", cfg->usbversion);
	if (cfg->usbdevice.n && !is_usb_list(cfg))
		json_text(j, "usbdevice", cfg->usbdevice.v[0]);
}

static void print_hvm(struct json *j, const struct guest *g)
{
	const struct guest_config *cfg = g->cfg;
	const bool qemu = firmware_wanted(cfg);

	optional(j, "firmware", cfg->firmware_override);
	if (cfg->bios != BIOS_SEABIOS || config_has(cfg, "bios"))
		json_text(j, "bios", guest_bios_name(cfg->bios));
	record_hvm_features(j, cfg);
	print_default(j, cfg, "hpet", cfg->hpet, true);
	record_hvm_layout(j, cfg);
	optional(j, "system_firmware", cfg->bios_path);
	optional(j, "smbios_firmware", cfg->smbios_firmware);
	optional(j, "acpi_firmware", cfg->acpi_firmware);
	/* libxl does not print the initial value of its type (init_val), here ide. */
	if (cfg->hdtype == HDTYPE_AHCI)
		json_text(j, "hdtype", "ahci");
	print_vga(j, cfg);
	print_vnc(j, cfg);
	optional(j, "keymap", cfg->keymap);
	empty(j, "sdl");
	empty(j, "spice");
	print_serial(j, cfg, false);
	if (cfg->boot && (strcmp(cfg->boot, "cda") != 0 || config_has(cfg, "boot")))
		json_text(j, "boot", cfg->boot);
	print_usb(j, cfg);
	/* QEMU alone serves a vkbd device. */
	if (!qemu)
		print_flag(j, "vkb_device", false);
	else
		print_default(j, cfg, "vkb_device", cfg->vkb_device, true);
	optional(j, "soundhw", cfg->soundhw);
	if (qemu)
		print_default(j, cfg, "xen_platform_pci", cfg->xen_platform_pci, true);
	record_platform(j, cfg);
	if (cfg->usbdevice.n && is_usb_list(cfg))
		print_strings(j, "usbdevice_list", &cfg->usbdevice);
	if (cfg->vendor_device == VENDOR_XENSERVER)
		json_text(j, "vendor_device", "xenserver");
	record_genid(j, g);
	print_serial(j, cfg, true);
	record_rdm(j, cfg);
	record_mca(j, cfg);
	record_pirq(j, cfg);
}

static void print_type(struct json *j, const struct guest *g)
{
	const struct guest_config *cfg = g->cfg;
	char type[16];

	if (cfg->type == GUEST_HVM)
		print_default(j, cfg, "acpi", cfg->acpi, true);
	record_timers(j, cfg);
	if (cfg->type == GUEST_HVM)
		print_default(j, cfg, "apic", cfg->apic, true);
	snprintf(type, sizeof(type), "type.%s", guest_type_name(cfg->type));
	json_open(j, type, '{');
	if (cfg->type == GUEST_HVM)
		print_hvm(j, g);
	if (cfg->type == GUEST_PV)
		record_pv(j, cfg);
	json_close(j, '}');
}

static void print_build_info(struct json *j, const struct guest *g,
			     const struct xl_record_pins *pins)
{
	const struct guest_config *cfg = g->cfg;

	json_open(j, "b_info", '{');
	print_vcpus(j, cfg);
	print_pins(j, cfg, pins);
	record_tsc(j, cfg);
	json_number(j, "max_memkb", g->static_max_kib);
	json_number(j, "target_memkb", cfg->memory_kib);
	json_number(j, "video_memkb", cfg->videoram_kib);
	record_limits(j, cfg);
	print_model(j, cfg);
	print_schedule(j, cfg);
	record_machine(j, cfg);
	print_flag(j, "claim_mode", true);
	record_event_channels(j, cfg);
	optional(j, "kernel", cfg->kernel);
	print_cmdline(j, cfg);
	optional(j, "ramdisk", cfg->ramdisk);
	print_type(j, g);
	empty(j, "arch_arm");
	json_open(j, "arch_x86", '{');
	print_flag(j, "msr_relaxed", bool_or(cfg->domain.msr_relaxed, false));
	json_close(j, '}');
	record_rest(j, cfg);
	json_close(j, '}');
}

/* libxl does not know them all. */
static const char *format_word(enum disk_format f)
{
	return f == DISK_VMDK ? "unknown" : disk_format_word(f);
}

static const char *disk_path(const struct disk *disk)
{
	const struct disk_spec *spec = disk->spec;

	if (!backend_is_dom0(spec->backend_domain))
		return spec->target;
	if (disk->format != DISK_EMPTY)
		return disk->loop ? spec->target : disk->path;
	/* There was none, or its medium was taken out. */
	return spec->empty_target || spec->target ? "" : NULL;
}

static void print_disk(struct json *j, const struct disk *disk)
{
	const struct disk_spec *spec = disk->spec;

	json_open(j, NULL, '{');
	optional(j, "backend_domname", spec->backend_domain);
	optional(j, "pdev_path", disk_path(disk));
	json_text(j, "vdev", spec->vdev);
	if (spec->backend != DISK_BACKEND_ANY)
		json_text(j, "backend", spec->backend == DISK_BACKEND_PHY ? "phy" : "qdisk");
	json_text(j, "format",
		  format_word(backend_is_dom0(spec->backend_domain) ? disk->format : spec->format));
	optional(j, "script", spec->script);
	if (spec->cdrom)
		json_number(j, "removable", 1);
	if (spec->readwrite)
		json_number(j, "readwrite", 1);
	if (spec->cdrom)
		json_number(j, "is_cdrom", 1);
	if (spec->direct_io_safe)
		json_true(j, "direct_io_safe");
	if (spec->discard != DISK_FLAG_DEFAULT)
		print_flag(j, "discard_enable", spec->discard == DISK_FLAG_ON);
	print_flag(j, "colo_restore_enable", false);
	if (spec->trusted != DISK_FLAG_DEFAULT)
		print_flag(j, "trusted", spec->trusted == DISK_FLAG_ON);
	json_close(j, '}');
}

static void print_nic(struct json *j, const struct vif *vif)
{
	const struct vif_spec *spec = vif->spec;
	char mac[18];

	vif_mac_text(vif->mac, mac);
	json_open(j, NULL, '{');
	optional(j, "backend_domname", spec->backend_domain);
	json_number(j, "devid", vif->devid);
	if (spec->mtu)
		json_number(j, "mtu", spec->mtu);
	optional(j, "model", spec->model);
	json_text(j, "mac", mac);
	optional(j, "ip", spec->ip);
	optional(j, "bridge", spec->bridge);
	optional(j, "ifname", spec->vifname);
	optional(j, "script", spec->script);
	json_text(j, "nictype", vif_has_card(vif) ? "vif_ioemu" : "vif");
	if (spec->has_rate) {
		json_number(j, "rate_bytes_per_interval", spec->rate_bytes);
		json_number(j, "rate_interval_usecs", spec->rate_interval_us);
	}
	optional(j, "gatewaydev", spec->gatewaydev);
	if (spec->trust != VIF_TRUST_DEFAULT)
		print_flag(j, "trusted", spec->trust == VIF_TRUSTED);
	json_close(j, '}');
}

static void print_vfb_flag(struct json *j, const char *key, enum vfb_flag value)
{
	if (value != VFB_FLAG_DEFAULT)
		print_flag(j, key, value == VFB_FLAG_ON);
}

static void print_vfb(struct json *j, const struct vfb_spec *spec, uint64_t devid)
{
	json_open(j, NULL, '{');
	json_number(j, "devid", devid);
	json_open(j, "vnc", '{');
	print_vfb_flag(j, "enable", spec->vnc);
	optional(j, "listen", spec->listen);
	optional(j, "passwd", spec->password);
	if (spec->display)
		json_number(j, "display", spec->display);
	print_vfb_flag(j, "findunused", spec->unused);
	json_close(j, '}');
	json_open(j, "sdl", '{');
	print_vfb_flag(j, "enable", spec->sdl);
	print_vfb_flag(j, "opengl", spec->opengl);
	optional(j, "display", spec->xdisplay);
	optional(j, "xauthority", spec->xauthority);
	json_close(j, '}');
	optional(j, "keymap", spec->keymap);
	json_close(j, '}');
}

/* spec is NULL for the keyboard of a screen. */
static void print_vkb(struct json *j, const struct vkb_spec *spec, uint64_t devid)
{
	static const struct {
		const char *key;
		enum vkb_number n;
	} numbers[] = {
		{"feature_disable_keyboard", VKB_DISABLE_KEYBOARD},
		{"feature_disable_pointer", VKB_DISABLE_POINTER},
		{"feature_abs_pointer", VKB_ABS_POINTER},
		{"feature_raw_pointer", VKB_RAW_POINTER},
		{"feature_multi_touch", VKB_MULTI_TOUCH},
		{"width", VKB_WIDTH},
		{"height", VKB_HEIGHT},
		{"multi_touch_width", VKB_TOUCH_WIDTH},
		{"multi_touch_height", VKB_TOUCH_HEIGHT},
		{"multi_touch_num_contacts", VKB_TOUCH_CONTACTS},
	};

	json_open(j, NULL, '{');
	json_number(j, "devid", devid);
	if (spec)
		json_text(j, "backend_type", "qemu");
	optional(j, "unique_id", spec ? spec->unique_id : NULL);
	for (size_t i = 0; spec && i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const uint32_t value = spec->number[numbers[i].n];

		if (value && numbers[i].n <= VKB_MULTI_TOUCH)
			json_true(j, numbers[i].key);
		else if (value)
			json_number(j, numbers[i].key, value);
	}
	json_close(j, '}');
}

static void print_screens(struct json *j, const struct guest_config *cfg)
{
	if (cfg->nr_vfbs) {
		json_open(j, "vfbs", '[');
		for (size_t i = 0; i < cfg->nr_vfbs; i++)
			print_vfb(j, &cfg->vfbs[i], i);
		json_close(j, ']');
	}
	if (cfg->nr_vfbs + cfg->nr_vkbs) {
		json_open(j, "vkbs", '[');
		for (size_t i = 0; i < cfg->nr_vfbs; i++)
			print_vkb(j, NULL, i);
		for (size_t i = 0; i < cfg->nr_vkbs; i++)
			print_vkb(j, &cfg->vkbs[i], cfg->nr_vfbs + i);
		json_close(j, ']');
	}
}

static void print_channel(struct json *j, const struct channel_spec *spec, uint64_t devid)
{
	json_open(j, NULL, '{');
	optional(j, "backend_domname", spec->backend);
	json_number(j, "devid", devid);
	json_text(j, "name", spec->name);
	json_open(j, spec->path ? "connection.socket" : "connection.pty", '{');
	optional(j, "path", spec->path);
	json_close(j, '}');
	json_close(j, '}');
}

static void print_channels(struct json *j, const struct guest_config *cfg)
{
	if (!cfg->nr_channels)
		return;
	json_open(j, "channels", '[');
	for (size_t i = 0; i < cfg->nr_channels; i++)
		print_channel(j, &cfg->channels[i], i + CHANNEL_FIRST);
	json_close(j, ']');
}

/* libxl does not record the one that it adds itself. */
static void print_usbctrls(struct json *j, const struct guest_config *cfg)
{
	if (!cfg->nr_usbctrls || cfg->usbctrls[0].added)
		return;
	json_open(j, "usbctrls", '[');
	for (size_t i = 0; i < cfg->nr_usbctrls && !cfg->usbctrls[i].added; i++) {
		const struct usbctrl_spec *spec = &cfg->usbctrls[i];

		json_open(j, NULL, '{');
		if (spec->type == USBCTRL_DEVICEMODEL)
			json_text(j, "type", "devicemodel");
		json_number(j, "devid", i);
		if (spec->version)
			json_number(j, "version", spec->version);
		if (spec->ports)
			json_number(j, "ports", spec->ports);
		json_close(j, '}');
	}
	json_close(j, ']');
}

/* xl loses the device of a string without type=, and `xl list -l` the entry with it. */
static void print_usbdevs(struct json *j, const struct guest_config *cfg)
{
	if (!cfg->nr_usbdevs)
		return;
	json_open(j, "usbdevs", '[');
	for (size_t i = 0; i < cfg->nr_usbdevs; i++) {
		const struct usbdev_spec *spec = &cfg->usbdevs[i];

		json_open(j, NULL, '{');
		if (spec->has_controller)
			json_number(j, "ctrl", spec->controller);
		if (spec->port)
			json_number(j, "port", spec->port);
		json_open(j, "type.hostdev", '{');
		json_number(j, "hostbus", spec->bus);
		json_number(j, "hostaddr", spec->addr);
		json_close(j, '}');
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void print_devices(struct json *j, const struct guest *g)
{
	/* One that was adopted may not know what its domain has. */
	if (g->disks && g->cfg->nr_disks) {
		json_open(j, "disks", '[');
		for (size_t i = 0; i < g->cfg->nr_disks; i++)
			print_disk(j, g->disks[i]);
		json_close(j, ']');
	}
	if (g->vifs && g->cfg->nr_vifs) {
		json_open(j, "nics", '[');
		for (size_t i = 0; i < g->cfg->nr_vifs; i++)
			print_nic(j, &g->vifs[i]);
		json_close(j, ']');
	}
	record_pcis(j, g);
	print_screens(j, g->cfg);
	print_channels(j, g->cfg);
	print_usbctrls(j, g->cfg);
	print_usbdevs(j, g->cfg);
}

/* libxl's default is not printed. */
static void print_action(struct json *j, const char *key, enum guest_action action)
{
	static const char *const names[] = {
		[ACTION_RESTART] = "restart",
		[ACTION_PRESERVE] = "preserve",
		[ACTION_COREDUMP_DESTROY] = "coredump_destroy",
		[ACTION_COREDUMP_RESTART] = "coredump_restart",
		[ACTION_SOFT_RESET] = "soft_reset",
	};

	if (action != ACTION_DESTROY)
		json_text(j, key, names[action]);
}

void xl_record_print(const struct guest *g, const struct xl_record_pins *pins, FILE *to)
{
	struct json j = {.to = to};

	json_open(&j, NULL, '{');
	print_create_info(&j, g);
	print_build_info(&j, g, pins);
	print_devices(&j, g);
	print_action(&j, "on_poweroff", g->cfg->on_poweroff);
	print_action(&j, "on_reboot", g->cfg->on_reboot);
	print_action(&j, "on_watchdog", g->cfg->on_watchdog);
	print_action(&j, "on_crash", g->cfg->on_crash);
	print_action(&j, "on_soft_reset", g->cfg->on_soft_reset);
	json_close(&j, '}');
}

/* What xen-init-dom0 records (tools/helpers/init-dom-json.c). */
static void print_dom0(FILE *to)
{
	struct json j = {.to = to};

	json_open(&j, NULL, '{');
	json_open(&j, "c_info", '{');
	json_text(&j, "type", "pv");
	json_close(&j, '}');
	json_open(&j, "b_info", '{');
	empty(&j, "sched_params");
	empty(&j, "type.pv");
	empty(&j, "arch_arm");
	empty(&j, "arch_x86");
	json_close(&j, '}');
	json_close(&j, '}');
}

/* True when the file is there and was written since this boot. */
static bool is_current(int dirfd, const char *name)
{
	struct timespec now, up;
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &up);
	return st.st_mtim.tv_sec >= now.tv_sec - up.tv_sec;
}

int xl_record_put(uint32_t domid, const uint8_t uuid[16], const char *text, size_t len, int dirfd,
		  struct err *e)
{
	char name[XL_FILE_NAME_MAX];

	xl_file_name(name, 'd', domid, uuid, XL_RECORD);
	return is_current(dirfd, name) ? 0 : xl_record_replace(domid, uuid, text, len, dirfd, e);
}

/* g NULL: dom0's. */
static int make_text(const struct guest *g, const struct xl_record_pins *pins, char **text,
		     size_t *len, struct err *e)
{
	bool ok;
	FILE *f;

	*text = NULL;
	f = open_memstream(text, len);
	if (!f)
		return err_set_passing(e, "out of memory");
	if (g)
		xl_record_print(g, pins, f);
	else
		print_dom0(f);
	putc('\0', f); /* libxl wants one at the end */
	ok = !ferror(f);
	if (fclose(f) == 0 && ok)
		return 0;
	free(*text);
	*text = NULL;
	return err_set_passing(e, "out of memory");
}

static int read_maps(const struct guest *g, struct host *h, unsigned n, bool soft, uint8_t **maps,
		     size_t len, struct err *e)
{
	if (!n)
		return 0;
	*maps = calloc(n, len);
	if (!*maps)
		return err_set_passing(e, "out of memory");
	for (unsigned i = 0; i < n; i++) {
		uint8_t *map = *maps + i * len;

		if (xc_vcpu_getaffinity(h->xch, g->domid, (int)i, soft ? NULL : map,
					soft ? map : NULL,
					soft ? XEN_VCPUAFFINITY_SOFT : XEN_VCPUAFFINITY_HARD) < 0)
			return host_error(h, e, "cannot ask for the cpus of vcpu %u", i);
	}
	return 0;
}

/* The maps as the hypervisor has them, whatever words they were given in. */
static int read_pins(const struct guest *g, struct host *h, struct xl_record_pins *pins,
		     struct err *e)
{
	const size_t len = (h->nr_cpus + 7) / 8;

	pins->map_len = len;
	if (read_maps(g, h, nr_hard(g->cfg), false, &pins->maps, len, e) < 0)
		return -1;
	return read_maps(g, h, nr_soft(g->cfg), true, &pins->soft, len, e);
}

int xl_record_text(const struct guest *g, struct host *h, char **text, size_t *len, struct err *e)
{
	struct xl_record_pins pins = {0};
	int rc;

	rc = read_pins(g, h, &pins, e);
	if (!rc)
		rc = make_text(g, &pins, text, len, e);
	free(pins.maps);
	free(pins.soft);
	return rc;
}

int xl_record_write(const struct guest *g, struct host *h, int dirfd, struct err *e)
{
	char *text;
	size_t len;
	int rc;

	if (xl_record_text(g, h, &text, &len, e) < 0)
		return -1;
	rc = xl_record_put(g->domid, g->uuid, text, len, dirfd, e);
	free(text);
	return rc;
}

int xl_record_write_dom0(int dirfd, struct err *e)
{
	static const uint8_t no_uuid[16];
	char *text;
	size_t len;
	int rc;

	if (make_text(NULL, NULL, &text, &len, e) < 0)
		return -1;
	rc = xl_record_put(0, no_uuid, text, len, dirfd, e);
	free(text);
	return rc;
}

void xl_record_remove(uint32_t domid, const uint8_t uuid[16], int dirfd)
{
	char name[XL_FILE_NAME_MAX];

	xl_file_name(name, 'd', domid, uuid, XL_RECORD);
	unlinkat(dirfd, name, 0);
}
