/*
 * What the disks of a guest mean with its type: who serves each one, and the drives that QEMU
 * emulates.
 */
#include <stdlib.h>
#include <string.h>

#include "backend_spec.h"
#include "config_disks.h"
#include "config_value.h"
#include "disk_spec.h"

static struct loc entry_loc(const struct statement *st, const struct disk_spec *s)
{
	return value_entry(&st->value, s->entry)->loc;
}

/* Only an hvm guest gets media, by the emulated drive. */
static bool is_nothing(const struct guest_config *g, const struct disk_spec *s)
{
	return g->type != GUEST_HVM && !s->target;
}

/* An empty cdrom drive of a pv or pvh guest stays empty: it is no disk. */
static void drop_empty(struct reading *r, const struct statement *st)
{
	struct guest_config *g = r->g;
	size_t n = 0;

	for (size_t i = 0; i < g->nr_disks; i++) {
		struct disk_spec *s = &g->disks[i];

		if (!is_nothing(g, s)) {
			g->disks[n++] = *s;
			continue;
		}
		diag_note(r->d, entry_loc(st, s),
			  "disk, entry %zu: the cdrom drive %s stays empty: only hvm guests get "
			  "media later",
			  s->entry + 1, s->vdev);
		disk_spec_free(s);
	}
	g->nr_disks = n;
}

/*
 * Why QEMU can't serve it, or NULL (hw/block/xen-block.c, from QEMU 4.0 on: an image that it has
 * opened for reading it asks to write, and a vdev has to have a letter). xl starts such a guest
 * without the disk.
 */
static const char *why_not_qemu(const struct disk_spec *s)
{
	if (s->vdev[0] >= '0' && s->vdev[0] <= '9')
		return "no disk by its number alone: vdev is a name, such as xvda";
	if (!s->cdrom && !s->readwrite)
		return "no disk for reading only: a raw one without backendtype=qdisk can be";
	return NULL;
}

static void check_qdisk(struct reading *r, const struct statement *st, const struct disk_spec *s)
{
	const struct guest_config *g = r->g;
	const bool hvm = g->type == GUEST_HVM;
	const bool here = backend_is_dom0(s->backend_domain);
	const char *cause = why_not_qemu(s);

	if (!here && hvm && s->cdrom)
		diag_add(r->d, entry_loc(st, s),
			 "disk, entry %zu: a cdrom drive of an hvm guest is one of QEMU's in dom0, "
			 "and can't be served by %s",
			 s->entry + 1, s->backend_domain);
	else if (s->backend == DISK_BACKEND_PHY)
		diag_add(r->d, entry_loc(st, s),
			 "disk, entry %zu: backendtype phy does not serve a cdrom drive of an hvm "
			 "guest: leave it out",
			 s->entry + 1);
	else if (here && hvm && g->model_protocol == MODEL_CLASSIC)
		diag_add(r->d, entry_loc(st, s),
			 "disk, entry %zu: %s needs QEMU, and device_model_protocol is \"classic\"",
			 s->entry + 1,
			 s->cdrom                           ? "a cdrom drive"
			 : s->backend == DISK_BACKEND_QDISK ? "backendtype qdisk"
							    : disk_format_word(s->format));
	else if (cause)
		diag_add(r->d, entry_loc(st, s), "disk, entry %zu: QEMU serves %s", s->entry + 1,
			 cause);
}

void config_check_disks(struct reading *r)
{
	const struct statement *st = config_good(r, "disk");
	struct guest_config *g = r->g;

	if (!st || !r->type_known)
		return;
	drop_empty(r, st);
	g->nr_qdisks = 0;
	for (size_t i = 0; i < g->nr_disks; i++) {
		struct disk_spec *s = &g->disks[i];
		const bool qdisk = disk_is_qdisk(s, g->type == GUEST_HVM);

		if (qdisk)
			check_qdisk(r, st, s);
		s->qdisk = qdisk && backend_is_dom0(s->backend_domain);
		g->nr_qdisks += s->qdisk;
	}
}

/* ---- what QEMU emulates ---- */

static const char *const bus_names[] = {
	[DRIVE_IDE] = "IDE",
	[DRIVE_AHCI] = "AHCI",
	[DRIVE_SCSI] = "SCSI",
};

static unsigned places(const struct guest_config *g)
{
	return g->hdtype == HDTYPE_AHCI ? 6 : 4;
}

struct drive config_drive(const struct guest_config *g, const struct disk_spec *s)
{
	int place = disk_cdrom_place(s);

	if (!backend_is_dom0(s->backend_domain))
		return (struct drive){DRIVE_NONE, 0};
	if (s->cdrom)
		return place < 0 ? (struct drive){DRIVE_NONE, 0}
				 : (struct drive){DRIVE_IDE, (unsigned)place};
	/* sda to sdp, sixteen partitions each (xen-vbd-interface(7)). */
	if (!strncmp(s->vdev, "sd", 2))
		return (struct drive){DRIVE_SCSI, s->vdev_number >> 4 & 0xf};
	place = disk_place(s, places(g));
	if (place < 0)
		return (struct drive){DRIVE_NONE, 0};
	return (struct drive){g->hdtype == HDTYPE_AHCI ? DRIVE_AHCI : DRIVE_IDE, (unsigned)place};
}

/* Reports that it is where another one before it is. */
static void check_place(struct reading *r, const struct statement *st, size_t i)
{
	const struct guest_config *g = r->g;
	const struct disk_spec *s = &g->disks[i];
	const struct drive d = config_drive(g, s);

	for (size_t j = 0; j < i; j++) {
		const struct drive other = config_drive(g, &g->disks[j]);

		if (other.bus != d.bus || other.unit != d.unit)
			continue;
		diag_add(r->d, entry_loc(st, s),
			 "disk, entry %zu: QEMU emulates %s as the same %s drive as entry %zu, %s",
			 s->entry + 1, s->vdev, bus_names[d.bus], g->disks[j].entry + 1,
			 g->disks[j].vdev);
		return;
	}
}

/* No IDE and AHCI disk of QEMU's is read-only. */
static void check_drive(struct reading *r, const struct statement *st, size_t i)
{
	const struct guest_config *g = r->g;
	const struct disk_spec *s = &g->disks[i];
	const struct drive d = config_drive(g, s);

	if (!backend_is_dom0(s->backend_domain)) {
		if (s->cdrom)
			return;
		diag_note(r->d, entry_loc(st, s),
			  "disk, entry %zu: QEMU emulates no drive of what %s serves: only the "
			  "guest's own drivers see it",
			  s->entry + 1, s->backend_domain);
		return;
	}
	if (d.bus != DRIVE_NONE)
		check_place(r, st, i);
	else if (s->cdrom)
		diag_add(r->d, entry_loc(st, s),
			 "disk, entry %zu: QEMU emulates no cdrom drive as %s: it is one of hda to "
			 "hdd",
			 s->entry + 1, s->vdev);
	if (s->cdrom || s->readwrite || (d.bus != DRIVE_IDE && d.bus != DRIVE_AHCI))
		return;
	diag_add(r->d, entry_loc(st, s),
		 "disk, entry %zu: QEMU emulates %s as an %s disk, which can't be read-only: sda "
		 "to sdp are SCSI, xvd%c and on are not emulated",
		 s->entry + 1, s->vdev, bus_names[d.bus], 'a' + places(g));
}

void config_check_drives(struct reading *r)
{
	const struct statement *st = config_good(r, "disk");

	for (size_t i = 0; st && i < r->g->nr_disks; i++)
		check_drive(r, st, i);
}
