#include "served.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Where Linux has its back ends: a directory vbd-DOMID-DEVID each
 * (drivers/xen/xenbus/xenbus_probe_backend.c), with the files of xen-blkback/xenbus.c. */
#define BACKENDS "/sys/bus/xen-backend/devices"

static bool read_line(const char *path, char *line, int size)
{
	FILE *f = fopen(path, "re");
	const bool good = f && fgets(line, size, f);

	if (f)
		fclose(f);
	return good;
}

dev_t served_whole_disk(const char *sysroot, dev_t rdev)
{
	char path[PATH_MAX], line[32];
	unsigned maj, min;

	snprintf(path, sizeof(path), "%s/sys/dev/block/%u:%u/partition", sysroot, major(rdev),
		 minor(rdev));
	if (access(path, F_OK) < 0)
		return rdev;
	snprintf(path, sizeof(path), "%s/sys/dev/block/%u:%u/../dev", sysroot, major(rdev),
		 minor(rdev));
	if (!read_line(path, line, sizeof(line)) || sscanf(line, "%u:%u", &maj, &min) != 2)
		return rdev;
	return makedev(maj, min);
}

/* What a back end serves: its files have the number in hexadecimal, and "r" or "w". */
static bool read_backend(const char *sysroot, const char *name, dev_t *rdev, bool *write)
{
	char path[PATH_MAX], line[32];
	unsigned maj, min;

	snprintf(path, sizeof(path), "%s" BACKENDS "/%.64s/physical_device", sysroot, name);
	if (!read_line(path, line, sizeof(line)) || sscanf(line, "%x:%x", &maj, &min) != 2)
		return false;
	*rdev = makedev(maj, min);
	snprintf(path, sizeof(path), "%s" BACKENDS "/%.64s/mode", sysroot, name);
	*write = !read_line(path, line, sizeof(line)) || line[0] != 'r';
	return true;
}

static bool excludes(const char *sysroot, const char *name, dev_t rdev, dev_t whole, bool write)
{
	bool other_writes;
	dev_t other;

	if (!read_backend(sysroot, name, &other, &other_writes) || !(write || other_writes))
		return false;
	return other == rdev || other == whole || served_whole_disk(sysroot, other) == rdev;
}

bool served_to_other(const char *sysroot, dev_t rdev, dev_t whole, bool write, uint32_t *domid)
{
	char path[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "%s" BACKENDS, sysroot);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir)))
		found = sscanf(entry->d_name, "vbd-%u-", domid) == 1 &&
			excludes(sysroot, entry->d_name, rdev, whole, write);
	if (dir)
		closedir(dir);
	return found;
}
