#include "usb.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEVICES "/sys/bus/usb/devices"

/* bDeviceClass of a hub (USB 2.0, 11.23.1). */
#define CLASS_HUB 9

/* A number in a file of the device's; -1 where there is none. */
static long number_of(const char *sysroot, const char *name, const char *file, int base)
{
	char path[PATH_MAX], text[16], *end;
	ssize_t n;
	long val;
	int fd;

	snprintf(path, sizeof(path), "%s" DEVICES "/%s/%s", sysroot ? sysroot : "", name, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	val = strtol(text, &end, base);
	return end != text && (*end == '\n' || !*end) ? val : -1;
}

static bool is_it(const char *sysroot, const char *name, const struct usbdev_spec *spec)
{
	return number_of(sysroot, name, "busnum", 10) == spec->bus &&
	       number_of(sysroot, name, "devnum", 10) == spec->addr;
}

/* The names of interfaces, with a ':', and of controllers, "usb1", are others. */
static bool is_device(const char *name)
{
	return strlen(name) < USB_NAME_MAX && !name[strspn(name, "0123456789-.")] &&
	       strchr(name, '-');
}

static bool look(const char *sysroot, const struct usbdev_spec *spec, char name[USB_NAME_MAX])
{
	char path[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *d;

	snprintf(path, sizeof(path), "%s" DEVICES, sysroot ? sysroot : "");
	d = opendir(path);
	while (d && !found && (entry = readdir(d))) {
		if (!is_device(entry->d_name) || !is_it(sysroot, entry->d_name, spec))
			continue;
		strcpy(name, entry->d_name);
		found = true;
	}
	if (d)
		closedir(d);
	return found;
}

/* A controller's own hub, which is always the first on its bus. */
static bool is_root_hub(const struct usbdev_spec *spec)
{
	return spec->addr == 1;
}

int usb_find(const char *sysroot, const struct usbdev_spec *spec, struct usb_device *out,
	     bool *absent, struct err *e)
{
	*out = (struct usb_device){.spec = spec, .sysroot = sysroot};
	if (!is_root_hub(spec) && !look(sysroot, spec, out->name)) {
		*absent = true;
		return err_set(e, "USB device %u of bus %u is not there", spec->addr, spec->bus);
	}
	if (!is_root_hub(spec) && number_of(sysroot, out->name, "bDeviceClass", 16) != CLASS_HUB)
		return 0;
	out->name[0] = '\0';
	return err_set(e, "USB device %u of bus %u is a hub: name what is plugged into it",
		       spec->addr, spec->bus);
}

bool usb_lost(const struct usb_device *d)
{
	return !*d->name || !is_it(d->sysroot, d->name, d->spec);
}

int usb_open(const char *dir, const struct usb_device *d, struct err *e)
{
	char path[PATH_MAX];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/%03u/%03u", dir, d->spec->bus, d->spec->addr);
	if (usb_lost(d))
		return err_set_passing(e, "USB device %u of bus %u is not there any more",
				       d->spec->addr, d->spec->bus);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		err_set_errno(e, errno, "cannot open USB device %s", path);
		e->passing = true;
		return -1;
	}
	if (fstat(fd, &st) == 0 && S_ISCHR(st.st_mode))
		return fd;
	close(fd);
	return err_set(e, "%s is no USB device", path);
}
