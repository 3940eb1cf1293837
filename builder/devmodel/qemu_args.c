#include "qemu_args.h"

#include <inttypes.h>
#include <string.h>

#include "classic_args.h"
#include "builder/device/vif.h"
#include "qemu_drives.h"

static uint64_t mib(uint64_t kib)
{
	return (kib + 1023) / 1024;
}

static void pair(struct argv *out, const char *option, const char *value)
{
	argv_add(out, "%s", option);
	argv_add(out, "%s", value);
}

static void vnc(const struct guest_config *cfg, struct argv *out)
{
	const char *listen = cfg->vnclisten ? cfg->vnclisten : "127.0.0.1";
	const char *to = cfg->vncunused ? ",to=99" : "";

	if (!cfg->vnc) {
		pair(out, "-vnc", "none");
		return;
	}
	argv_add(out, "-vnc");
	if (strchr(listen, ':'))
		argv_add(out, "%s%s", listen, to);
	else
		argv_add(out, "%s:%u%s", listen, cfg->vncdisplay, to);
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

static void machine(const struct guest *g, struct argv *out)
{
	pair(out, "-machine", "xenfv,suppress-vmdesc=on");
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
	if (s->chroot)
		pair(out, "-chroot", s->chroot);
}

static void powers_after(const struct qemu_start *s, struct argv *out)
{
	if (!s->uid)
		return;
	argv_add(out, "-runas");
	argv_add(out, "%u:%u", s->uid, s->gid);
}

/* libxl's own, and that of its statistics. */
static void qmp(const struct guest *g, const struct qemu_start *s, struct argv *out)
{
	static const char *const names[] = {"libxl", "libxenstat"};

	for (size_t i = 0; s->qmp_dir && i < sizeof(names) / sizeof(names[0]); i++) {
		argv_add(out, "-chardev");
		argv_add(out, "socket,id=%s-cmd,path=%s/" QMP_NAME ",server=on,wait=off", names[i],
			 s->qmp_dir, names[i], g->domid);
		argv_add(out, "-mon");
		argv_add(out, "chardev=%s-cmd,mode=control", names[i]);
	}
}

int qemu_args(const struct guest *g, const struct qemu_start *s, struct argv *out, struct err *e)
{
	const struct guest_config *cfg = g->cfg;

	model_name_arg(s->program, out);
	argv_add(out, "-xen-domid");
	argv_add(out, "%" PRIu32, g->domid);
	argv_add(out, "-no-shutdown");
	qmp(g, s, out);
	argv_add(out, "-nodefaults");
	argv_add(out, "-no-user-config");
	pair(out, "-name", cfg->name);
	vnc(cfg, out);
	pair(out, "-display", "none");
	direct_boot(cfg, s->cmdline, out);
	qemu_scsi_args(cfg, out);
	for (size_t i = 0; i < cfg->serial.n; i++)
		pair(out, "-serial", cfg->serial.v[i]);
	vga(cfg, out);
	if (cfg->boot) {
		argv_add(out, "-boot");
		argv_add(out, "order=%s", cfg->boot);
	}
	if (!cfg->acpi)
		argv_add(out, "-no-acpi");
	if (cfg->maxvcpus > 1) {
		argv_add(out, "-smp");
		argv_add(out, "%u,maxcpus=%u", cfg->vcpus, cfg->maxvcpus);
	}
	cards(g, out);
	powers_before(s, out);
	machine(g, out);
	if (cfg->hdtype == HDTYPE_AHCI)
		pair(out, "-device", "ahci,id=ahci0");
	if (qemu_drive_args(g, out, e) < 0)
		return -1;
	powers_after(s, out);
	for (size_t i = 0; i < cfg->model_args.n; i++)
		argv_add(out, "%s", cfg->model_args.v[i]);
	return argv_check(out, e);
}
