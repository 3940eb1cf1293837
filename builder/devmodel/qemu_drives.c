#include "qemu_drives.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "builder/describe/config_disks.h"
#include "builder/device/disk.h"

void qemu_scsi_args(const struct guest_config *cfg, struct argv *out)
{
	for (size_t i = 0; i < cfg->nr_disks; i++) {
		if (config_drive(cfg, &cfg->disks[i]).bus != DRIVE_SCSI)
			continue;
		argv_add(out, "-device");
		argv_add(out, "lsi53c895a");
		return;
	}
}

/* The path with each comma doubled, for free(); NULL for lack of memory. */
static char *escape(const char *path)
{
	char *text = malloc(2 * strlen(path) + 1), *p = text;

	for (; text && *path; path++) {
		*p++ = *path;
		if (*path == ',')
			*p++ = ',';
	}
	if (text)
		*p = '\0';
	return text;
}

static void cdrom(const struct disk *disk, const char *path, unsigned unit, struct argv *out)
{
	const uint32_t number = disk->spec->vdev_number;

	argv_add(out, "-drive");
	if (disk->format == DISK_EMPTY)
		argv_add(out, "if=none,readonly=on,id=" QEMU_CDROM_NAME, number);
	else
		argv_add(out, "if=none,readonly=on,id=" QEMU_CDROM_NAME ",file=%s,format=%s",
			 number, path, disk_format_driver(disk->format));
	argv_add(out, "-device");
	argv_add(out, "ide-cd,id=" QEMU_CDROM_NAME ",drive=" QEMU_CDROM_NAME ",bus=ide.%u,unit=%u",
		 number, number, unit / 2, unit % 2);
}

static int hard_disk(const struct disk *disk, const char *path, struct drive d, struct argv *out,
		     struct err *e)
{
	const struct disk_spec *spec = disk->spec;
	/* Of what the kernel serves there is a device, which is raw. */
	const char *driver = disk_format_driver(spec->qdisk ? disk->format : DISK_RAW);

	if (d.bus != DRIVE_SCSI && !spec->readwrite)
		return err_set(e,
			       "disk %s: QEMU has no read-only IDE and AHCI disks (a SCSI disk, "
			       "sda and so on, can be one)",
			       spec->vdev);
	argv_add(out, "-drive");
	switch (d.bus) {
	case DRIVE_SCSI:
		argv_add(out, "file=%s,id=scsi0-hd%u,format=%s,if=none,readonly=%s,cache=writeback",
			 path, d.unit, driver, spec->readwrite ? "off" : "on");
		argv_add(out, "-device");
		argv_add(out, "scsi-hd,drive=scsi0-hd%u,scsi-id=%u", d.unit, d.unit);
		break;
	case DRIVE_AHCI:
		argv_add(out, "file=%s,if=none,id=ahcidisk-%u,format=%s,cache=writeback", path,
			 d.unit, driver);
		argv_add(out, "-device");
		argv_add(out, "ide-hd,bus=ahci0.%u,unit=0,drive=ahcidisk-%u", d.unit, d.unit);
		break;
	default:
		argv_add(out, "file=%s,if=ide,index=%u,media=disk,format=%s,cache=writeback", path,
			 d.unit, driver);
	}
	return 0;
}

static int drive(const struct guest_config *cfg, const struct disk *disk, struct argv *out,
		 struct err *e)
{
	const struct drive d = config_drive(cfg, disk->spec);
	char *path;
	int rc = 0;

	if (d.bus == DRIVE_NONE)
		return 0;
	path = escape(disk->path);
	if (!path)
		return err_set_passing(e, "out of memory");
	if (disk->spec->cdrom)
		cdrom(disk, path, d.unit, out);
	else
		rc = hard_disk(disk, path, d, out, e);
	free(path);
	return rc;
}

int qemu_drive_args(const struct guest *g, struct argv *out, struct err *e)
{
	for (size_t i = 0; i < g->cfg->nr_disks; i++)
		if (drive(g->cfg, g->disks[i], out, e) < 0)
			return -1;
	return 0;
}

bool qemu_serves_disks(const struct guest_config *cfg)
{
	for (size_t i = 0; i < cfg->nr_disks; i++)
		if (cfg->disks[i].qdisk && !cfg->disks[i].cdrom)
			return true;
	return false;
}
