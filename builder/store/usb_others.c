#include "usb_others.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder/device/usb.h"
#include "store.h"

/* Gives each name below dir to fn, until that returns -1. Returns 0, or -1 with e set. */
static int each(const struct guest *g, struct xs_handle *xsh, const char *dir,
		int (*fn)(const struct guest *, struct xs_handle *, const char *path,
			  const char *name, struct err *),
		struct err *e)
{
	char path[128], **names;
	unsigned n = 0;
	int rc = 0;

	names = xs_directory(xsh, XBT_NULL, dir, &n);
	if (!names)
		return errno == ENOENT ? 0 : store_error(e, "cannot read %s in the store", dir);
	for (unsigned i = 0; rc == 0 && i < n; i++)
		if (snprintf(path, sizeof(path), "%s/%s", dir, names[i]) < (int)sizeof(path))
			rc = fn(g, xsh, path, names[i], e);
	free(names);
	return rc;
}

static int check_port(const struct guest *g, struct xs_handle *xsh, const char *path,
		      const char *name, struct err *e)
{
	char *value = xs_read(xsh, XBT_NULL, path, NULL);
	int rc = 0;

	(void)name;
	for (size_t i = 0; value && *value && g->usbdevs && i < g->cfg->nr_usbdevs; i++)
		if (!strcmp(value, g->usbdevs[i].name))
			rc = err_set_passing(e, "USB device %u of bus %u is another domain's (%s)",
					     g->cfg->usbdevs[i].addr, g->cfg->usbdevs[i].bus, path);
	free(value);
	return rc;
}

static int check_controller(const struct guest *g, struct xs_handle *xsh, const char *path,
			    const char *name, struct err *e)
{
	char ports[160];

	(void)name;
	snprintf(ports, sizeof(ports), "%s/port", path);
	return each(g, xsh, ports, check_port, e);
}

/* Nodes that a domain left behind in /libxl do not count: libxl goes by this list, too. */
static int check_domain(const struct guest *g, struct xs_handle *xsh, const char *path,
			const char *name, struct err *e)
{
	char dir[64];

	(void)path;
	if (strlen(name) > 10 || (uint32_t)strtoul(name, NULL, 10) == g->domid)
		return 0;
	snprintf(dir, sizeof(dir), "/libxl/%s/device/vusb", name);
	return each(g, xsh, dir, check_controller, e);
}

int usb_check_others(const struct guest *g, struct xs_handle *xsh, struct err *e)
{
	return g->cfg->nr_usbdevs ? each(g, xsh, "/local/domain", check_domain, e) : 0;
}
