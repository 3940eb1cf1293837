#include "pci_hide.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/write_all.h"

#define PCI "/sys/bus/pci"

/* Base class and subclass of what connects a processor with PCI and with old buses, and has no bus
 * of PCI's behind it (PCI Code and ID Assignment Specification, 1.7). */
#define CLASS_BRIDGE_HOST 0x0600
#define CLASS_BRIDGE_ISA  0x0601

struct hiding {
	const struct pci_hiding *how;
	const char *sysroot;
	struct pci_bus bus;
	const struct pci_wish **by; /* who wants the device of the bus with that index, or NULL */
	struct diag *d;
};

int pci_write(const char *path, const char *text)
{
	const int fd = open(path, O_WRONLY | O_CLOEXEC);
	int errnum;

	if (fd < 0)
		return -1;
	errnum = write_all(fd, text, strlen(text)) ? 0 : errno;
	close(fd);
	errno = errnum;
	return errnum ? -1 : 0;
}

static bool is_pciback(const char *driver)
{
	return strcmp(driver, PCI_DRIVER_PCIBACK) == 0;
}

/* ---- which ones ---- */

static void find(struct hiding *g, const struct pci_wish *w)
{
	struct pci_found found;
	bool absent = false;
	struct err e;

	if (pci_bus_find(&g->bus, &w->spec, &found, &absent, &e) < 0) {
		if (absent)
			diag_note(g->d, w->loc, "%s; what comes later is not hidden", e.msg);
		else
			diag_add(g->d, w->loc, "%s", e.msg);
		return;
	}
	for (size_t i = 0; i < found.n; i++) {
		const struct pci_wish **by = &g->by[found.list[i] - g->bus.list];

		*by = *by ? *by : w;
	}
}

/* Returns 0, or -1 with e set to why dom0 keeps it. */
static int may_hide(const struct hiding *g, const struct pci_device *dev, struct err *e)
{
	if (dev->bridge || dev->class >> 8 == CLASS_BRIDGE_HOST ||
	    dev->class >> 8 == CLASS_BRIDGE_ISA)
		return err_set(e, "it is a bridge, which stays dom0's: name what is behind it");
	return pci_needed(g->sysroot, g->how->dom0, dev, e);
}

/* ---- away from dom0's drivers ---- */

/* Writes to a file of PCI's in sysfs. */
static int write_to(const struct hiding *g, const char *dir, const char *file, const char *text)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s" PCI "/%s/%s", g->sysroot, dir, file);
	return g->how->write(path, text);
}

/* Afterwards no driver of dom0's has it or can take it. Returns 0, or -1 with e set. */
static int keep_away(struct hiding *g, const struct pci_device *dev, const char *at,
		     const struct pci_wish *w, struct err *e)
{
	char dir[PCI_ADDRESS_TEXT + 8];

	if (is_pciback(dev->driver))
		return 0;
	if (may_hide(g, dev, e) < 0)
		return -1;
	snprintf(dir, sizeof(dir), "devices/%s", at);
	if (write_to(g, dir, "driver_override", PCI_DRIVER_PCIBACK) < 0)
		return err_set_errno(e, errno, "cannot write its driver_override");
	if (!dev->driver[0])
		return 0;
	if (write_to(g, dir, "driver/unbind", at) < 0)
		return err_set_errno(e, errno, "cannot take it from dom0's driver %.40s",
				     dev->driver);
	diag_note(
		g->d, w->loc,
		"PCI device %s: dom0's driver %.40s had it until now; what that has started (DMA) "
		"may go on until a reset",
		at, dev->driver);
	return 0;
}

/* ---- to pciback ---- */

/* Returns 0, or -1 with e set: there is none. */
static int load(const struct hiding *g, struct err *e)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s" PCI "/drivers/" PCI_DRIVER_PCIBACK, g->sysroot);
	if (g->how->load(e) < 0)
		return -1;
	return access(path, F_OK) == 0
		       ? 0
		       : err_set(e, "it is neither in dom0's kernel nor in this initramfs");
}

/* Afterwards it has the device. Returns 0, or -1 with e set. */
static int attach(struct hiding *g, const struct pci_device *dev, const char *at,
		  const struct pci_wish *w, struct err *e)
{
	char now[PCI_WORDS_MAX];
	int errnum = 0;

	/* Where it has found the device when it was loaded, or has had it before, this fails. */
	if (write_to(g, "drivers/" PCI_DRIVER_PCIBACK, "bind", at) < 0)
		errnum = errno;
	if (pci_bus_driver(g->sysroot, &dev->at, now, e) < 0)
		return -1;
	if (is_pciback(now)) {
		diag_note(g->d, w->loc, "PCI device %s is hidden", at);
		return 0;
	}
	if (now[0])
		return err_set(e, "dom0's driver %.40s has it", now);
	return err_set(e,
		       "pciback does not take it: %s (dom0's kernel log may tell more); dom0's "
		       "drivers are kept from it all the same",
		       errnum ? strerror(errnum) : "it is not bound");
}

/* ---- all of them ---- */

typedef int step(struct hiding *g, const struct pci_device *dev, const char *at,
		 const struct pci_wish *w, struct err *e);

/* Who has failed is not wanted any more. Returns whether any is left. */
static bool each(struct hiding *g, step *does)
{
	char at[PCI_ADDRESS_TEXT];
	bool any = false;
	struct err e;

	for (size_t i = 0; i < g->bus.n; i++) {
		const struct pci_wish *w = g->by[i];

		if (!w)
			continue;
		pci_address_text(&g->bus.list[i].at, at);
		if (does(g, &g->bus.list[i], at, w, &e) == 0) {
			any = true;
			continue;
		}
		diag_add(g->d, w->loc, "PCI device %s is not hidden: %s", at, e.msg);
		g->by[i] = NULL;
	}
	return any;
}

static void hide(struct hiding *g, const struct pci_wish *list, size_t n)
{
	struct err e;

	for (size_t i = 0; i < n; i++)
		find(g, &list[i]);
	if (!each(g, keep_away))
		return;
	if (load(g, &e) == 0)
		each(g, attach);
	else
		diag_add(g->d, list[0].loc,
			 "no guest can have the hidden PCI devices (dom0's drivers are kept from "
			 "them all the same): no xen-pciback: %s",
			 e.msg);
}

size_t pci_hide(const struct pci_hiding *h, const struct pci_wish *list, size_t n, struct diag *d)
{
	struct hiding g = {.how = h, .sysroot = h->sysroot ? h->sysroot : "", .d = d};
	const size_t before = diag_count(d);
	struct err e;

	if (!n)
		return 0;
	if (pci_bus_read(g.sysroot, &g.bus, &e) == 0) {
		g.by = calloc(g.bus.n + 1, sizeof(struct pci_wish *));
		err_set_errno(&e, ENOMEM, "cannot list them");
	}
	if (g.by)
		hide(&g, list, n);
	else
		diag_add(d, list[0].loc, "no PCI device is hidden: %s", e.msg);
	free(g.by);
	pci_bus_free(&g.bus);
	return diag_count(d) - before;
}
