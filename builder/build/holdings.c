#include "holdings.h"

#include <stdlib.h>
#include <string.h>

#include "builder/describe/disk_spec.h"
#include "builder/device/modules.h"
#include "builder/image/firmware.h"

int guest_hold_images(struct guest *g, struct image_cache *c, struct err *e)
{
	const struct guest_config *cfg = g->cfg;
	const bool firmware = firmware_wanted(cfg);
	const struct {
		struct image_file **file;
		const char *what, *path;
	} files[] = {
		{&g->kernel, "kernel", cfg->kernel},
		{&g->ramdisk, "ramdisk", cfg->ramdisk},
		{&g->firmware, "firmware", firmware ? firmware_loader_path(cfg) : NULL},
		{&g->bios, "BIOS", firmware ? firmware_bios_path(cfg) : NULL},
		{&g->memmap, "memmap", cfg->memmap},
	};

	phases_enter(&g->phases, PHASE_READ);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (!files[i].path)
			continue;
		*files[i].file = image_hold(c, files[i].what, files[i].path, e);
		if (!*files[i].file) {
			guest_drop_images(g, c);
			return -1;
		}
	}
	guest_plan_restart(g);
	phases_enter(&g->phases, PHASE_WAIT);
	return 0;
}

void guest_drop_images(struct guest *g, struct image_cache *c)
{
	image_drop(c, g->kernel);
	image_drop(c, g->ramdisk);
	image_drop(c, g->firmware);
	image_drop(c, g->bios);
	image_drop(c, g->memmap);
	g->kernel = g->ramdisk = g->firmware = g->bios = g->memmap = NULL;
}

int guest_hold_devices(struct guest *g, struct disk_table *disks, bool *absent, struct err *e)
{
	const struct guest_config *cfg = g->cfg;

	*absent = false;
	if (g->disks || g->vifs)
		return 0;
	if (cfg->nr_disks && !g->disks)
		g->disks = calloc(cfg->nr_disks, sizeof(*g->disks));
	if (cfg->nr_vifs && !g->vifs)
		g->vifs = calloc(cfg->nr_vifs, sizeof(*g->vifs));
	if ((cfg->nr_disks && !g->disks) || (cfg->nr_vifs && !g->vifs)) {
		err_set_passing(e, "out of memory");
		goto drop;
	}
	for (size_t i = 0; i < cfg->nr_disks; i++) {
		g->disks[i] = disk_hold(disks, cfg->name, &cfg->disks[i], absent, e);
		if (!g->disks[i])
			goto drop;
	}
	if (vif_init(g->vifs, cfg->vifs, cfg->nr_vifs, e) == 0)
		return 0;
drop:
	guest_drop_devices(g, disks);
	return -1;
}

void guest_drop_devices(struct guest *g, struct disk_table *disks)
{
	for (size_t i = 0; g->disks && i < g->cfg->nr_disks; i++)
		disk_drop(disks, g->disks[i]);
	free(g->disks);
	free(g->vifs);
	g->disks = NULL;
	g->vifs = NULL;
}

void guest_drop_lost_devices(struct guest *g, struct disk_table *disks)
{
	for (size_t i = 0; g->disks && i < g->cfg->nr_disks; i++)
		if (disk_lost(g->disks[i])) {
			guest_drop_devices(g, disks);
			return;
		}
}

struct image_file *guest_source(const struct guest *g)
{
	return firmware_wanted(g->cfg) ? g->firmware : g->kernel;
}

const struct kernel *guest_open_source(const struct guest *g, struct err *e)
{
	const struct kernel *k;

	if (firmware_wanted(g->cfg))
		return firmware_open(g->cfg, g->firmware, e);
	k = image_kernel(g->kernel, e);
	if (!k)
		err_prefix(e, "kernel %s: ", g->cfg->kernel);
	return k;
}

void guest_plan_restart(struct guest *g)
{
	image_plan_kernel(guest_source(g));
}

void guest_plan_done(struct guest *g)
{
	struct image_file *source = guest_source(g);
	struct blob unpacked = {0};

	if (source)
		unpacked = image_kernel_done(source);
	blob_free(&unpacked);
}

static bool has_image_file(const struct guest_config *cfg)
{
	for (size_t i = 0; i < cfg->nr_disks; i++) {
		const char *target = cfg->disks[i].target;

		if (target && target[0] == '/' && strncmp(target, "/dev/", 5) != 0)
			return true;
	}
	return false;
}

/* The names of their lists (modules.h), by bits. */
static const char *const modules[] = {"blkback", "loop", "netback", "bridge", "tun"};
enum { BLKBACK = 1, LOOP = 2, NETBACK = 4, BRIDGE = 8, TUN = 16 };

unsigned guest_modules(const struct guest_config *cfg)
{
	unsigned bits = cfg->nr_disks ? BLKBACK : 0;

	if (has_image_file(cfg))
		bits |= LOOP;
	if (cfg->nr_vifs)
		bits |= NETBACK | BRIDGE | (cfg->type == GUEST_HVM ? TUN : 0);
	return bits;
}

int guest_modules_load(unsigned bits, struct err *e)
{
	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
		if (bits & 1u << i && modules_need(modules[i], e) < 0)
			return -1;
	return 0;
}
