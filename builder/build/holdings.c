#include "holdings.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/describe/backend_of.h"
#include "builder/describe/backend_spec.h"
#include "builder/describe/disk_spec.h"
#include "builder/describe/pci_spec.h"
#include "builder/describe/vif_spec.h"
#include "builder/describe/tag_spec.h"
#include "builder/device/modules.h"
#include "builder/device/usb.h"
#include "builder/image/firmware.h"
#include "builder/image/grub.h"
#include "builder/image/guest_files.h"
#include "builder/image/image_digest.h"
#include "builder/keeper/kept.h"
#include "builder/store/pci_others.h"
#include "pci_give.h"

/* The names of the lists of kernel modules (modules.h), by bits. */
static const char *const modules[] = {"blkback", "loop", "netback", "bridge", "tun", "pciback"};
enum { BLKBACK = 1, LOOP = 2, NETBACK = 4, BRIDGE = 8, TUN = 16, PCIBACK = 32 };
enum { OF_VIFS = NETBACK | BRIDGE | TUN };

/* Under which names a guest's files outlive the supervisor. */
#define HELD_NAME_MAX (CONFIG_NAME_MAX + 64)

static void held_name(char name[HELD_NAME_MAX], const struct guest *g, const char *kind,
		      const char *what)
{
	snprintf(name, HELD_NAME_MAX, "%s %s %s", kind, g->cfg->name, what);
}

/* The file that an earlier supervisor has held, or, unless that is all that is wanted, the one at
 * the path. */
static struct image_file *hold_image(const struct guest *g, struct image_cache *c, bool kept_only,
				     const char *what, const char *path, struct err *e)
{
	char name[HELD_NAME_MAX];
	struct image_file *f = NULL;
	int fd;

	held_name(name, g, "image", what);
	fd = kept_take(c->kept, name);
	if (fd >= 0)
		f = image_hold_open(c, what, path, fd, e);
	else if (kept_only)
		err_set(e, "%s %s was not kept", what, path);
	else
		f = image_hold(c, what, path, e);
	if (!f && path == g->cfg->kernel)
		grub_hint(g->cfg, e);
	if (f)
		kept_hold(c->kept, name, f->fd);
	else
		kept_drop(c->kept, name);
	return f;
}

/* Where g has the file; NULL for one that is not held. */
static struct image_file **held(struct guest *g, enum guest_file_is is)
{
	switch (is) {
	case FILE_KERNEL:
		return &g->kernel;
	case FILE_RAMDISK:
		return &g->ramdisk;
	case FILE_FIRMWARE:
		return &g->firmware;
	case FILE_BIOS:
		return &g->bios;
	case FILE_MEMMAP:
		return &g->memmap;
	case FILE_ACPI:
		return &g->acpi;
	case FILE_SMBIOS:
		return &g->smbios;
	default:
		return NULL;
	}
}

static int hold_images(struct guest *g, struct image_cache *c, bool kept_only, struct err *e)
{
	struct guest_file files[GUEST_FILES_MAX];
	const size_t n = guest_files(g->cfg, files);
	struct image_file **file;

	for (size_t i = 0; i < n; i++) {
		file = held(g, files[i].is);
		if (!file)
			continue;
		*file = hold_image(g, c, kept_only, files[i].what, files[i].path, e);
		if (!*file) {
			guest_drop_images(g, c);
			return -1;
		}
	}
	return 0;
}

int guest_hold_images(struct guest *g, struct image_cache *c, struct err *e)
{
	phases_enter(&g->phases, PHASE_READ);
	if (hold_images(g, c, false, e) < 0)
		return -1;
	guest_plan_restart(g);
	phases_enter(&g->phases, PHASE_WAIT);
	return 0;
}

int guest_adopt_images(struct guest *g, struct image_cache *c, struct err *e)
{
	return hold_images(g, c, true, e);
}

static void drop_image(const struct guest *g, struct image_cache *c, const char *what,
		       struct image_file **f)
{
	char name[HELD_NAME_MAX];

	if (!*f)
		return;
	held_name(name, g, "image", what);
	kept_drop(c->kept, name);
	image_drop(c, *f);
	*f = NULL;
}

void guest_drop_images(struct guest *g, struct image_cache *c)
{
	drop_image(g, c, "kernel", &g->kernel);
	drop_image(g, c, "ramdisk", &g->ramdisk);
	drop_image(g, c, "firmware", &g->firmware);
	drop_image(g, c, "BIOS", &g->bios);
	drop_image(g, c, "memmap", &g->memmap);
	drop_image(g, c, "ACPI tables", &g->acpi);
	drop_image(g, c, "SMBIOS tables", &g->smbios);
}

static void keep_disk(const struct guest *g, struct disk_table *disks, size_t i)
{
	char name[HELD_NAME_MAX];

	held_name(name, g, "disk", g->cfg->disks[i].vdev);
	if (g->disks[i]->fd >= 0)
		kept_hold(disks->kept, name, g->disks[i]->fd);
	else
		kept_drop(disks->kept, name);
	held_name(name, g, "volume", g->cfg->disks[i].vdev);
	if (g->disks[i]->file_at && g->disks[i]->volume >= 0)
		kept_hold(disks->kept, name, g->disks[i]->volume);
	else
		kept_drop(disks->kept, name);
}

static void forget_disk(const struct guest *g, struct disk_table *disks, size_t i)
{
	char name[HELD_NAME_MAX];

	held_name(name, g, "disk", g->cfg->disks[i].vdev);
	kept_drop(disks->kept, name);
	held_name(name, g, "volume", g->cfg->disks[i].vdev);
	kept_drop(disks->kept, name);
}

/* As disk_hold opens it; an image file's name may lead to another one by now. */
static int reopen_disk(const struct disk_spec *spec, const char *path, dev_t rdev)
{
	if (!rdev)
		return -1;
	return open(path, (spec->readwrite ? O_RDWR | O_EXCL : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
}

int guest_adopt_disk(struct guest *g, struct disk_table *disks, size_t i, const char *path,
		     dev_t rdev, struct err *e)
{
	char name[HELD_NAME_MAX];
	struct stat st;
	int fd, volume;

	if (!g->disks)
		g->disks = calloc(g->cfg->nr_disks, sizeof(*g->disks));
	if (!g->disks)
		return err_set(e, "out of memory");
	held_name(name, g, "disk", g->cfg->disks[i].vdev);
	fd = kept_take(disks->kept, name);
	if (fd < 0)
		fd = reopen_disk(&g->cfg->disks[i], path, rdev);
	if (*path && (fd < 0 || fstat(fd, &st) < 0 || st.st_rdev != rdev)) {
		err_set(e, "disk %s: %s is not the device any more that its domain has",
			g->cfg->disks[i].vdev, path);
		if (fd >= 0)
			close(fd);
		forget_disk(g, disks, i);
		return -1;
	}
	held_name(name, g, "volume", g->cfg->disks[i].vdev);
	volume = kept_take(disks->kept, name);
	g->disks[i] = disk_adopt(disks, g->cfg->name, &g->cfg->disks[i], fd, volume, path, e);
	if (!g->disks[i]) {
		forget_disk(g, disks, i);
		return -1;
	}
	keep_disk(g, disks, i);
	return 0;
}

/* The host's USB devices. Nothing keeps them there: a guest that is started anew looks again. */
static int find_usb(struct guest *g, const char *sysroot, bool *absent, struct err *e)
{
	const struct guest_config *cfg = g->cfg;

	if (!cfg->nr_usbdevs)
		return 0;
	g->usbdevs = calloc(cfg->nr_usbdevs, sizeof(*g->usbdevs));
	if (!g->usbdevs)
		return err_set_passing(e, "out of memory");
	for (size_t i = 0; i < cfg->nr_usbdevs; i++)
		if (usb_find(sysroot, &cfg->usbdevs[i], &g->usbdevs[i], absent, e) < 0)
			return -1;
	return 0;
}

void guest_adopt_usb(struct guest *g, const char *sysroot)
{
	const struct guest_config *cfg = g->cfg;
	struct err ignored;
	bool absent;

	if (cfg->nr_usbdevs)
		g->usbdevs = calloc(cfg->nr_usbdevs, sizeof(*g->usbdevs));
	for (size_t i = 0; g->usbdevs && i < cfg->nr_usbdevs; i++)
		usb_find(sysroot, &cfg->usbdevs[i], &g->usbdevs[i], &absent, &ignored);
}

int guest_make_backends(struct guest *g)
{
	const size_t n = backend_nr(g->cfg);

	if (g->backends || !backend_any(g->cfg))
		return 0;
	g->backends = calloc(n, sizeof(*g->backends));
	for (size_t i = 0; g->backends && i < n; i++)
		g->backends[i] = backend_of(g->cfg, i) ? NO_DOMAIN : 0;
	return g->backends ? 0 : -1;
}

int guest_hold_devices(struct guest *g, struct disk_table *disks, bool *absent, struct err *e)
{
	const struct guest_config *cfg = g->cfg;

	*absent = false;
	if (g->disks || g->vifs || g->usbdevs)
		return 0;
	if (cfg->nr_disks && !g->disks)
		g->disks = calloc(cfg->nr_disks, sizeof(*g->disks));
	if (cfg->nr_vifs && !g->vifs)
		g->vifs = calloc(cfg->nr_vifs, sizeof(*g->vifs));
	if ((cfg->nr_disks && !g->disks) || (cfg->nr_vifs && !g->vifs) ||
	    guest_make_backends(g) < 0) {
		err_set_passing(e, "out of memory");
		goto drop;
	}
	for (size_t i = 0; i < cfg->nr_disks; i++) {
		g->disks[i] = disk_hold(disks, cfg->name, &cfg->disks[i], absent, e);
		if (!g->disks[i])
			goto drop;
		keep_disk(g, disks, i);
	}
	if (guest_modules_load(disks->starter, guest_modules(cfg) & OF_VIFS, e) == 0 &&
	    vif_init(g->vifs, cfg->vifs, cfg->nr_vifs, absent, e) == 0 &&
	    find_usb(g, disks->sysroot, absent, e) == 0)
		return 0;
drop:
	guest_drop_devices(g, disks);
	return -1;
}

/* A copy of the specs, for free(), in which those by name are by BDF; or NULL with e set. */
static struct pci_spec *look_up_names(const struct guest *g, struct host *h, bool *absent,
				      struct err *e)
{
	const size_t bytes = g->cfg->nr_pcis * sizeof(*g->cfg->pcis);
	struct pci_spec *specs = malloc(bytes);

	if (!specs) {
		err_set_passing(e, "out of memory");
		return NULL;
	}
	memcpy(specs, g->cfg->pcis, bytes);
	for (size_t i = 0; i < g->cfg->nr_pcis; i++) {
		int found = 0;

		if (specs[i].by != PCI_BY_NAME)
			continue;
		specs[i].by = PCI_BY_BDF;
		if (h->xsh)
			found = pci_named(h->xsh, specs[i].name, &specs[i].at, e);
		*absent = found == 0;
		if (*absent)
			err_set(e, "no PCI device has the name %.64s (xl pci-assignable-add -n)",
				specs[i].name);
		if (found > 0)
			continue;
		free(specs);
		return NULL;
	}
	return specs;
}

int guest_hold_pci(struct guest *g, struct disk_table *disks, struct pci_table *pcis,
		   struct host *h, bool *absent, struct err *e)
{
	struct pci_spec *specs;
	int rc;

	*absent = false;
	if (g->pcis || !g->cfg->nr_pcis)
		return 0;
	g->pci_from = pcis;
	rc = guest_modules_load(disks->starter, PCIBACK, e);
	specs = rc < 0 ? NULL : look_up_names(g, h, absent, e);
	if (specs)
		rc = pci_hold(pcis, g->cfg->name, specs, g->cfg->nr_pcis, &g->pcis, &g->nr_pcis,
			      absent, e);
	else
		rc = -1;
	free(specs);
	/* Nothing is taken from dom0 that it can't have. */
	if (rc == 0)
		rc = pci_check(g, h, e);
	if (rc == 0)
		rc = pci_take(pcis, g->cfg->pcis, g->pcis, g->nr_pcis, e);
	if (rc < 0)
		guest_drop_devices(g, disks);
	return rc;
}

void guest_drop_devices(struct guest *g, struct disk_table *disks)
{
	for (size_t i = 0; g->disks && i < g->cfg->nr_disks; i++) {
		if (!g->disks[i])
			continue;
		forget_disk(g, disks, i);
		disk_drop(disks, g->disks[i]);
	}
	free(g->disks);
	free(g->vifs);
	free(g->usbdevs);
	free(g->backends);
	g->backends = NULL;
	g->disks = NULL;
	g->vifs = NULL;
	g->usbdevs = NULL;
	if (g->pcis)
		pci_drop(g->pci_from, g->pcis);
	g->pcis = NULL;
	g->nr_pcis = 0;
}

void guest_change_disk(struct guest *g, struct disk_table *disks, size_t i, struct disk *medium)
{
	struct disk *before = g->disks[i];

	g->disks[i] = medium;
	keep_disk(g, disks, i);
	disk_drop(disks, before);
}

bool guest_lost_devices(const struct guest *g)
{
	for (size_t i = 0; g->disks && i < g->cfg->nr_disks; i++)
		if (disk_lost(g->disks[i]))
			return true;
	for (size_t i = 0; g->usbdevs && i < g->cfg->nr_usbdevs; i++)
		if (usb_lost(&g->usbdevs[i]))
			return true;
	return g->pcis && pci_lost(g->pci_from, g->pcis, g->nr_pcis);
}

bool guest_knows_devices(const struct guest *g)
{
	return (g->disks || !g->cfg->nr_disks) && (g->vifs || !g->cfg->nr_vifs) &&
	       (g->usbdevs || !g->cfg->nr_usbdevs) && (g->pcis || !g->cfg->nr_pcis);
}

bool guest_holds_all(const struct guest *g)
{
	return guest_source(g) && guest_knows_devices(g);
}

int guest_check_files(const struct guest *g, struct err *e)
{
	const struct {
		const struct image_file *file;
		const char *what, *path;
	} files[] = {
		{g->kernel, "kernel", g->cfg->kernel},
		{g->firmware, "firmware", firmware_loader_path(g->cfg)},
		{g->memmap, "memmap", g->cfg->memmap},
	};
	struct stat st;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (!files[i].file || fstat(files[i].file->fd, &st) < 0 ||
		    (size_t)st.st_size >= files[i].file->size)
			continue;
		return err_set_passing(e, "%s %s has become shorter", files[i].what, files[i].path);
	}
	return 0;
}

typedef int file_check(struct image_file *f, const struct guest_file *is, struct file_state *state,
		       struct err *e);

/* The check of those files whose digest is given. */
static int check_given(struct guest *g, file_check *check, struct err *e)
{
	struct guest_file files[GUEST_FILES_MAX];
	const size_t n = guest_files(g->cfg, files);

	for (size_t i = 0; i < n; i++) {
		struct image_file **file = held(g, files[i].is);

		if (!files[i].digest || !files[i].digest->given)
			continue;
		if (!file || !*file)
			return err_set_passing(e, "%s %.200s is not held any more", files[i].what,
					       files[i].path);
		if (check(*file, &files[i], &g->checked[files[i].is], e) < 0)
			return -1;
	}
	return 0;
}

int guest_check_digests(struct guest *g, struct err *e)
{
	return check_given(g, image_check_digest, e);
}

int guest_check_unchanged(struct guest *g, struct err *e)
{
	return check_given(g, image_check_same, e);
}

struct image_file *guest_source(const struct guest *g)
{
	return firmware_wanted(g->cfg) ? g->firmware : g->kernel;
}

/* What was made of the file, for another guest, was made of the bytes whose digest is right. */
static int check_source(const struct guest *g, struct err *e)
{
	const bool firmware = firmware_wanted(g->cfg);
	const struct file_digest *digest =
		firmware ? &g->cfg->firmware_digest : &g->cfg->kernel_digest;

	if (!digest->given ||
	    file_state_unwritten(&guest_source(g)->kernel_of,
				 &g->checked[firmware ? FILE_FIRMWARE : FILE_KERNEL]))
		return 0;
	return err_set_passing(e, "%s %.200s has changed since it was read for another guest",
			       firmware ? "firmware" : "kernel",
			       firmware ? firmware_loader_path(g->cfg) : g->cfg->kernel);
}

const struct kernel_facts *guest_open_source(const struct guest *g, struct err *e)
{
	const struct kernel_facts *k;

	if (firmware_wanted(g->cfg)) {
		k = firmware_open(g->cfg, g->firmware, e);
	} else {
		k = image_kernel(g->kernel, e);
		if (!k)
			err_prefix(e, "kernel %s: ", g->cfg->kernel);
	}
	return k && check_source(g, e) == 0 ? k : NULL;
}

void guest_plan_restart(struct guest *g)
{
	if (guest_source(g))
		image_plan_kernel(guest_source(g));
}

void guest_plan_done(struct guest *g)
{
	struct image_file *source = guest_source(g);
	const int unpacked = source ? image_kernel_done(source) : -1;

	if (unpacked >= 0)
		close(unpacked);
}

static bool is_file(const char *target)
{
	if (target && tag_file(target))
		return true;
	return target && target[0] == '/' && strncmp(target, "/dev/", 5) != 0;
}

unsigned guest_modules(const struct guest_config *cfg)
{
	unsigned bits = 0;

	for (size_t i = 0; i < cfg->nr_disks; i++)
		if (!cfg->disks[i].qdisk && backend_is_dom0(cfg->disks[i].backend_domain))
			bits |= BLKBACK | (is_file(cfg->disks[i].target) ? LOOP : 0);
	if (cfg->nr_pcis)
		bits |= PCIBACK;
	for (size_t i = 0; i < cfg->nr_vifs; i++) {
		const struct vif_spec *s = &cfg->vifs[i];

		if (backend_is_dom0(s->backend_domain))
			bits |= NETBACK | (cfg->type == GUEST_HVM ? TUN : 0) |
				(s->way == VIF_BRIDGED ? BRIDGE : 0);
	}
	return bits;
}

int guest_modules_load(const struct starter *s, unsigned bits, struct err *e)
{
	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
		if (bits & 1u << i && modules_need(s, modules[i], e) < 0)
			return -1;
	return 0;
}
