#include "qemu_args.h"

#include <inttypes.h>
#include <string.h>

#include "channels.h"
#include "classic_args.h"
#include "builder/device/vif.h"
#include "builder/describe/vnc_server.h"
#include "qemu_devices.h"
#include "qemu_drives.h"
#include "qemu_pci.h"
#include "qemu_usb.h"

const char *const qmp_names[QMP_SOCKETS] = {"libxl", "libxenstat"};

static uint64_t mib(uint64_t kib)
{
	return (kib + 1023) / 1024;
}

static void pair(struct argv *out, const char *option, const char *value)
{
	argv_add(out, "%s", option);
	argv_add(out, "%s", value);
}

/* What is in front of the display counts; libxl has to=99 last, and QEMU wants it there. */
static void vnc(const struct vnc_server *v, struct argv *out)
{
	const char *listen = v->listen ? v->listen : "127.0.0.1";
	const char *more = v->password && *v->password ? ",password=on" : "";
	const char *to = v->unused ? ",to=99" : "";

	if (!v->on) {
		pair(out, "-vnc", "none");
		return;
	}
	argv_add(out, "-vnc");
	if (strchr(listen, ':'))
		argv_add(out, "%s%s%s", listen, more, to);
	else
		argv_add(out, "%s:%u%s%s", listen, v->display, more, to);
}

static void screen(const struct vnc_server *v, struct argv *out)
{
	vnc(v, out);
	pair(out, "-display", "none");
	if (v->keymap)
		pair(out, "-k", v->keymap);
}

static void direct_boot(const struct guest_config *cfg, const char *cmdline, struct argv *out)
{
	if (!cfg->kernel)
		return;
	pair(out, "-kernel", cfg->kernel);
	if (cfg->ramdisk)
		pair(out, "-initrd", cfg->ramdisk);
	if (cmdline && *cmdline)
		pair(out, "-append", cmdline);
}

static void vga(const struct guest_config *cfg, struct argv *out)
{
	static const char *const names[] = {[VGA_CIRRUS] = "cirrus-vga", [VGA_STD] = "VGA"};

	if (cfg->vga == VGA_NONE)
		return;
	argv_add(out, "-device");
	argv_add(out, "%s,vgamem_mb=%" PRIu64, names[cfg->vga], mib(cfg->videoram_kib));
}

/* Whether the machine itself is told that there is no ACPI. */
static bool machine_lacks_acpi(const struct guest *g, const struct qemu_start *s)
{
	return !g->cfg->acpi && s->knows.chroot;
}

static void machine(const struct guest *g, const struct qemu_start *s, struct argv *out)
{
	const struct given_number hole = g->cfg->domain.mmio_hole_mib;
	const char *no_acpi = machine_lacks_acpi(g, s) ? ",acpi=off" : "";

	argv_add(out, "-machine");
	if (hole.given)
		argv_add(out, "%s,max-ram-below-4g=%" PRIu64 "%s", qemu_machine(g->cfg),
			 (UINT64_C(1) << 32) - ((uint64_t)hole.n << 20), no_acpi);
	else
		argv_add(out, "%s%s", qemu_machine(g->cfg), no_acpi);
	argv_add(out, "-m");
	argv_add(out, "%" PRIu64, mib(g->static_max_kib - g->cfg->videoram_kib));
}

static void cards(const struct guest *g, struct argv *out)
{
	char mac[18], name[IFNAMSIZ];
	bool any = false;

	for (size_t i = 0; i < g->cfg->nr_vifs; i++) {
		const struct vif *v = &g->vifs[i];

		if (!vif_has_card(v))
			continue;
		any = true;
		vif_mac_text(v->mac, mac);
		vif_card_name(v, g->domid, name);
		argv_add(out, "-device");
		argv_add(out, "%s,id=nic%u,netdev=net%u,mac=%s",
			 v->spec->model ? v->spec->model : "rtl8139", v->devid, v->devid, mac);
		argv_add(out, "-netdev");
		argv_add(out, "type=tap,id=net%u,ifname=%s,br=%s,script=no,downscript=no", v->devid,
			 name, vif_bridge(v));
	}
	if (!any)
		pair(out, "-net", "none");
}

static void powers_before(const struct qemu_start *s, struct argv *out)
{
	if (s->restrict_domid)
		argv_add(out, "-xen-domid-restrict");
	if (!s->chroot)
		return;
	argv_add(out, "%s", s->knows.chroot ? "-run-with" : "-chroot");
	argv_add(out, "%s%s", s->knows.chroot ? "chroot=" : "", s->chroot);
}

static void powers_after(const struct qemu_start *s, struct argv *out)
{
	if (!s->uid)
		return;
	argv_add(out, "%s", s->knows.user ? "-run-with" : "-runas");
	argv_add(out, "%s%u:%u", s->knows.user ? "user=" : "", s->uid, s->gid);
}

/* libxl's own, and that of its statistics. */
static void qmp(const struct guest *g, const struct qemu_start *s, struct argv *out)
{
	for (size_t i = 0; s->qmp_dir && i < QMP_SOCKETS; i++) {
		argv_add(out, "-chardev");
		if (s->qmp_fd)
			argv_add(out, "socket,id=%s-cmd,fd=%d,server=on,wait=off", qmp_names[i],
				 s->qmp_fd + (int)i);
		else
			argv_add(out, "socket,id=%s-cmd,path=%s/" QMP_NAME ",server=on,wait=off",
				 qmp_names[i], s->qmp_dir, qmp_names[i], g->domid);
		argv_add(out, "-mon");
		argv_add(out, "chardev=%s-cmd,mode=control", qmp_names[i]);
	}
}

static void begin(const struct guest *g, const struct qemu_start *s, struct argv *out)
{
	model_name_arg(s->program, out);
	argv_add(out, "-xen-domid");
	argv_add(out, "%" PRIu32, g->domid);
	argv_add(out, "-no-shutdown");
	qmp(g, s, out);
	channels_args(g->cfg, s->channel_fd, out);
	argv_add(out, "-nodefaults");
	argv_add(out, "-no-user-config");
}

static void extra(const struct strings *args, struct argv *out)
{
	for (size_t i = 0; i < args->n; i++)
		argv_add(out, "%s", args->v[i]);
}

/* The machine without any machine that finds its back ends' devices in the store. */
static int pv_args(const struct guest *g, const struct qemu_start *s, struct argv *out,
		   struct err *e)
{
	struct vnc_server v;

	vnc_server_of(g->cfg, &v);
	begin(g, s, out);
	argv_add(out, "-xen-attach");
	pair(out, "-name", g->cfg->name);
	screen(&v, out);
	if (!v.on)
		argv_add(out, "-nographic");
	pair(out, "-machine", "xenpv");
	argv_add(out, "-m");
	argv_add(out, "%" PRIu64, mib(g->cfg->maxmem_kib));
	extra(&g->cfg->model_args, out);
	extra(&g->cfg->model_args_pv, out);
	return argv_check(out, e);
}

int qemu_args(const struct guest *g, const struct qemu_start *s, struct argv *out, struct err *e)
{
	const struct guest_config *cfg = g->cfg;
	struct vnc_server v;

	if (cfg->type != GUEST_HVM)
		return pv_args(g, s, out, e);
	vnc_server_of(cfg, &v);
	begin(g, s, out);
	pair(out, "-name", cfg->name);
	screen(&v, out);
	direct_boot(cfg, s->cmdline, out);
	qemu_scsi_args(cfg, out);
	for (size_t i = 0; i < cfg->serial.n; i++)
		pair(out, "-serial", cfg->serial.v[i]);
	vga(cfg, out);
	if (cfg->boot) {
		argv_add(out, "-boot");
		argv_add(out, "order=%s", cfg->boot);
	}
	qemu_device_args(cfg, out);
	if (!cfg->acpi && !machine_lacks_acpi(g, s))
		argv_add(out, "-no-acpi");
	if (cfg->maxvcpus > 1) {
		argv_add(out, "-smp");
		argv_add(out, "%u,maxcpus=%u", cfg->vcpus, cfg->maxvcpus);
	}
	cards(g, out);
	powers_before(s, out);
	machine(g, s, out);
	if (cfg->hdtype == HDTYPE_AHCI)
		pair(out, "-device", "ahci,id=ahci0");
	if (qemu_drive_args(g, out, e) < 0)
		return -1;
	qemu_vendor_args(cfg, out);
	qemu_usb_args(cfg, s->usb_fd, out);
	qemu_pci_args(g, out);
	powers_after(s, out);
	extra(&cfg->model_args, out);
	extra(&cfg->model_args_hvm, out);
	return argv_check(out, e);
}
