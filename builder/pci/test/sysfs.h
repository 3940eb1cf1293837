/*
 * A directory tree that looks like sysfs with PCI devices, for tests. `root` is the directory of
 * its sys, in the scratch directory.
 */
#ifndef EARLYDOM_PCI_TEST_SYSFS_H
#define EARLYDOM_PCI_TEST_SYSFS_H

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/fake/kit.h"

static inline void sysfs_mkdir(const char *root, const char *below)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", root, below);
	for (char *p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
		*p = '/';
	}
	assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
}

static inline void sysfs_bytes(const char *root, const char *dir, const char *name,
			       const char *file, const void *data, size_t len)
{
	char path[PATH_MAX];
	int fd;

	/* Without a buffer: some tests call this while memory is short. */
	snprintf(path, sizeof(path), "%s/sys/bus/pci/%s/%s/%s", root, dir, name, file);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	assert_int_equal(close(fd), 0);
}

/* A file of a device's, without its newline. */
static inline void sysfs_text(const char *root, const char *device, const char *file,
			      const char *text)
{
	char line[1024];

	snprintf(line, sizeof(line), "%s\n", text);
	sysfs_bytes(root, "devices", device, file, line, strlen(line));
}

static inline void sysfs_link(const char *root, const char *device, const char *link,
			      const char *target)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/%s/%s", root, device, link);
	assert_true(unlink(path) == 0 || errno == ENOENT);
	assert_int_equal(symlink(target, path), 0);
}

static inline void sysfs_device(const char *root, const char *name, const char *vendor,
				const char *device, const char *class)
{
	char dir[256];

	snprintf(dir, sizeof(dir), "sys/bus/pci/devices/%s", name);
	sysfs_mkdir(root, dir);
	sysfs_text(root, name, "vendor", vendor);
	sysfs_text(root, name, "device", device);
	sysfs_text(root, name, "class", class);
	sysfs_text(root, name, "driver_override", "(null)");
}

/* The driver's name is what the link's target ends with. */
static inline void sysfs_driver(const char *root, const char *device, const char *driver)
{
	char target[PATH_MAX];

	snprintf(target, sizeof(target), "../../../bus/pci/drivers/%s", driver);
	sysfs_link(root, device, "driver", target);
}

static inline void sysfs_slot(const char *root, const char *name, const char *address)
{
	char dir[256], line[300];

	snprintf(dir, sizeof(dir), "sys/bus/pci/slots/%s", name);
	sysfs_mkdir(root, dir);
	snprintf(line, sizeof(line), "%s\n", address);
	sysfs_bytes(root, "slots", name, "address", line, strlen(line));
}

#endif
