#include "golden.h"
#include "builder/device/vif.h"
#include "builder/describe/disk_spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

static void need(bool ok, const char *msg)
{
	if (ok)
		return;
	fprintf(stderr, "golden: %s\n", msg);
	abort();
}

static char *text(const char *s)
{
	return (char *)(uintptr_t)s;
}

static void parse_uuid(const char *s, uint8_t uuid[16])
{
	unsigned byte;

	for (unsigned i = 0; i < 16; i++, s += 2) {
		s += *s == '-';
		need(sscanf(s, "%2x", &byte) == 1, "no uuid");
		uuid[i] = (uint8_t)byte;
	}
}

void golden_plain(struct golden *g, const char *name, enum guest_type type)
{
	struct guest_config *cfg = &g->cfg;
	struct err e;

	memset(g, 0, sizeof(*g));
	*cfg = (struct guest_config){
		.name = text(name),
		.file = "test.cfg",
		.image = text("linux"),
		.type = type,
		.has_uuid = true,
		.kernel = text("/run/stage/vmlinux"),
		.ramdisk = text("/run/stage/g.cpio"),
		.memory_kib = 128 * 1024,
		.maxmem_kib = 128 * 1024,
		.vcpus = 1,
		.maxvcpus = 1,
		.hap = true,
		.on_reboot = ACTION_RESTART,
		.on_soft_reset = ACTION_SOFT_RESET,
		.disks = g->disk_specs,
		.vifs = g->vif_specs,
	};
	if (type == GUEST_HVM) {
		g->cfg.xen_platform_pci = g->cfg.vkb_device = g->cfg.model_unrestricted = true;
		cfg->image = text("vmx");
		cfg->videoram_kib = 8192;
		cfg->boot = text("cda");
		cfg->acpi = cfg->apic = cfg->hpet = true;
	}
	snprintf((char *)cfg->uuid, sizeof(cfg->uuid), "%s", name);
	need(guest_init(&g->guest, cfg, &e) == 0, "no guest");
	g->guest.disks = g->disk_list;
	g->guest.vifs = g->vifs;
}

void golden_free(struct golden *g)
{
	for (size_t i = 0; i < g->cfg.nr_disks; i++)
		disk_spec_free(&g->disk_specs[i]);
	for (size_t i = 0; i < g->cfg.nr_vifs; i++)
		vif_spec_free(&g->vif_specs[i]);
}

void golden_disk(struct golden *g, const char *s, dev_t rdev)
{
	const size_t i = g->cfg.nr_disks++;
	struct err e;

	need(i < GOLDEN_DEVICES, "too many disks");
	need(disk_spec_parse(s, &g->disk_specs[i], &e) == 0, e.msg);
	g->disk_list[i] = &g->disks[i];
	g->disks[i].spec = &g->disk_specs[i];
	g->disk_specs[i].qdisk = disk_is_qdisk(&g->disk_specs[i], g->cfg.type == GUEST_HVM);
	g->cfg.nr_qdisks += g->disk_specs[i].qdisk;
	g->disks[i].rdev = rdev;
	g->disks[i].format = g->disk_specs[i].format;
	if (g->disk_specs[i].target)
		snprintf(g->disks[i].path, sizeof(g->disks[i].path), "%s", g->disk_specs[i].target);
}

void golden_vif(struct golden *g, const char *s)
{
	const size_t i = g->cfg.nr_vifs++;
	struct err e;

	need(i < GOLDEN_DEVICES, "too many vifs");
	need(vif_spec_parse(s, &g->vif_specs[i], &e) == 0, e.msg);
	g->vifs[i].spec = &g->vif_specs[i];
	g->vifs[i].devid = (unsigned)i;
	memcpy(g->vifs[i].mac, g->vif_specs[i].mac, sizeof(g->vifs[i].mac));
}

static void add_devices(struct golden *g, unsigned n)
{
	char s[96];

	g->cfg.vcpus = 2;
	g->cfg.maxvcpus = 3;
	golden_disk(g, "/dev/vdd,raw,xvda,rw", makedev(0xfe, 0x30));
	golden_disk(g, "format=raw, vdev=xvdb, access=ro, target=/dev/vde", makedev(0xfe, 0x40));
	snprintf(s, sizeof(s), "mac=00:16:3e:01:0%u:01,bridge=xenbr0,rate=10Mb/s,ip=10.0.0.%u", n,
		 n);
	golden_vif(g, s);
	snprintf(s, sizeof(s), "mac=00:16:3e:01:0%u:02,bridge=xenbr0,vifname=web%u", n, n);
	golden_vif(g, s);
}

/* h1, whose domain was the first. */
static void make_hvm(struct golden *g)
{
	static char *serial[] = {"file:/run/results/h1.serial"};

	g->domid = 1;
	g->cfg.kernel = text("/run/stage/vmlinuz");
	g->cfg.ramdisk = text("/run/stage/a.cpio");
	g->cfg.memory_kib = g->cfg.maxmem_kib = g->guest.static_max_kib = 192 * 1024;
	g->cfg.vcpus = g->cfg.maxvcpus = 2;
	g->cfg.vga = VGA_NONE;
	g->cfg.videoram_kib = 0;
	g->cfg.serial = (struct strings){serial, 1};
}

void golden_guest(struct golden *g, unsigned n)
{
	static const struct {
		const char *name, *uuid, *extra, *tty;
		enum guest_type type;
		uint64_t store_gfn, console_gfn;
		struct timespec start;
	} guests[] = {
		{"g1",
		 "ea61e2e4-ef85-449f-a00a-c14e4682e9e1",
		 "guest=g1 quiet",
		 "/dev/pts/0",
		 GUEST_PV,
		 353793,
		 353794,
		 {1795374607, 730000000}},
		{"g2",
		 "265bd315-9096-4ea1-ae9d-27c8d09022c2",
		 "guest=g2 quiet tsc_early_khz=2600000",
		 "/dev/pts/0",
		 GUEST_PVH,
		 1044476,
		 1044479,
		 {1795374715, 120000000}},
		{"g3",
		 "8b9b4484-b7b3-4bab-afc0-392a8e768f6b",
		 "guest=g3 quiet",
		 "/dev/pts/1",
		 GUEST_PV,
		 321025,
		 321026,
		 {1795374784, 150000000}},
		{"g4",
		 "2052661f-42ae-46da-980e-ed28bf13e41b",
		 "guest=g4 quiet tsc_early_khz=2600000",
		 "/dev/pts/2",
		 GUEST_PVH,
		 1044476,
		 1044479,
		 {1795374852, 450000000}},
		{"h1",
		 "355bdd23-2f37-406b-8f90-307d21f5f272",
		 "console=ttyS0 quiet cryptomgr.notests rodata=off tsc_early_khz=2600000 guest=h1",
		 "/dev/pts/0",
		 GUEST_HVM,
		 1044476,
		 1044479,
		 {1795632308, 460000000}},
	};

	golden_plain(g, guests[n - 1].name, guests[n - 1].type);
	parse_uuid(guests[n - 1].uuid, g->guest.uuid);
	g->cfg.extra = text(guests[n - 1].extra);
	g->domid = n;
	g->store_gfn = guests[n - 1].store_gfn;
	g->console_gfn = guests[n - 1].console_gfn;
	g->tty = guests[n - 1].tty;
	g->start = guests[n - 1].start;
	if (n <= 2)
		add_devices(g, n);
	if (guests[n - 1].type == GUEST_HVM)
		make_hvm(g);
}
