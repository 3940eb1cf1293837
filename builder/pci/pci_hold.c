#include "pci_hold.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pci_hide.h"

/* What a guest holds. */
struct pci_holding {
	struct pci_holding *next;
	const char *guest; /* borrowed */
	struct pci_assigned *v;
	size_t n;
};

int pci_table_write(const struct pci_table *t, const char *dir, const char *file, const char *text)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/sys/bus/pci/%s/%s", t->sysroot ? t->sysroot : "", dir,
		 file);
	return (t->write ? t->write : pci_write)(path, text);
}

/* ---- the list ---- */

/* Who has it, but for h; or NULL. Under the lock. */
static const char *owner(const struct pci_table *t, const struct pci_holding *h,
			 const struct pci_address *at)
{
	for (const struct pci_holding *o = t->list; o; o = o->next)
		for (size_t i = 0; o != h && i < o->n; i++)
			if (!pci_address_compare(&o->v[i].at, at))
				return o->guest;
	return NULL;
}

/* Returns 0, or -1 with e set: another guest has one of them. */
static int enter(struct pci_table *t, struct pci_holding *h, struct err *e)
{
	char at[PCI_ADDRESS_TEXT];
	const char *other = NULL;

	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < h->n && !other; i++) {
		other = owner(t, h, &h->v[i].at);
		if (other)
			err_set_passing(e, "PCI device %s is held for guest %.128s",
					pci_address_text(&h->v[i].at, at), other);
	}
	if (!other) {
		h->next = t->list;
		t->list = h;
	}
	pthread_mutex_unlock(&t->lock);
	return other ? -1 : 0;
}

void pci_drop(struct pci_table *t, struct pci_assigned *v)
{
	struct pci_holding *h = NULL, **p;

	if (!v)
		return;
	pthread_mutex_lock(&t->lock);
	for (p = &t->list; *p && (*p)->v != v; p = &(*p)->next)
		;
	if (*p) {
		h = *p;
		*p = h->next;
	}
	pthread_mutex_unlock(&t->lock);
	free(h);
	free(v);
}

int pci_hold_again(struct pci_table *t, const char *guest, struct pci_assigned *v, size_t nr)
{
	struct pci_holding *h = malloc(sizeof(*h));
	struct err e;

	if (h) {
		*h = (struct pci_holding){.guest = guest, .v = v, .n = nr};
		if (enter(t, h, &e) == 0)
			return 0;
	}
	free(h);
	free(v);
	return -1;
}

/* ---- which ones ---- */

static int add(struct pci_holding *h, const struct pci_spec *spec, unsigned nth,
	       const struct pci_device *d, struct err *e)
{
	char at[PCI_ADDRESS_TEXT];
	struct pci_assigned *more;

	pci_address_text(&d->at, at);
	for (size_t i = 0; i < h->n; i++)
		if (!pci_address_compare(&h->v[i].at, &d->at))
			return err_set(e, "PCI device %s is named twice", at);
	if (d->bridge)
		return err_set(e,
			       "PCI device %s is a bridge, which no guest can have: name what is "
			       "behind it",
			       at);
	more = realloc(h->v, (h->n + 1) * sizeof(*h->v));
	if (!more)
		return err_set_errno(e, ENOMEM, "cannot hold PCI devices");
	h->v = more;
	/* Of a function alone the guest sees a device with function 0, as libxl has it. */
	h->v[h->n++] = (struct pci_assigned){
		.at = d->at,
		.spec = nth,
		.vdevfn = (uint8_t)(spec->vslot << 3 |
				    (spec->vslot && spec->all_functions ? d->at.function : 0)),
	};
	return 0;
}

static int find(struct pci_holding *h, const struct pci_bus *b, const struct pci_spec *specs,
		size_t n, bool *absent, struct err *e)
{
	struct pci_found found;

	for (unsigned i = 0; i < n; i++) {
		if (pci_bus_find(b, &specs[i], &found, absent, e) < 0)
			return -1;
		for (size_t k = 0; k < found.n; k++)
			if (add(h, &specs[i], i, found.list[k], e) < 0)
				return -1;
	}
	return 0;
}

/* ---- from dom0's drivers ---- */

static int nothing_to_load(struct err *e)
{
	(void)e;
	return 0;
}

/* pci_hide, of one function, and the first thing that is wrong. */
static int seize(const struct pci_table *t, const struct pci_address *at, struct err *e)
{
	static const struct pci_dom0 nothing;
	const struct pci_wish wish = {.spec = {.by = PCI_BY_BDF, .at = *at}};
	const struct pci_hiding how = {
		.sysroot = t->sysroot,
		.dom0 = t->dom0 ? t->dom0 : &nothing,
		.write = t->write ? t->write : pci_write,
		.load = nothing_to_load,
	};
	struct diag d = {0};
	int rc = pci_hide(&how, &wish, 1, &d) ? -1 : 0;

	if (rc < 0)
		err_set(e, "out of memory");
	for (size_t i = d.n; rc < 0 && i-- > 0;)
		if (!d.msgs[i].note)
			err_set(e, "%s (seize=1)", d.msgs[i].text);
	diag_free(&d);
	return rc;
}

static bool is_pciback(const char *driver)
{
	return strcmp(driver, PCI_DRIVER_PCIBACK) == 0;
}

static int take(const struct pci_table *t, const struct pci_device *d, bool seizes, struct err *e)
{
	char at[PCI_ADDRESS_TEXT];

	if (is_pciback(d->driver))
		return 0;
	if (seizes)
		return seize(t, &d->at, e);
	pci_address_text(&d->at, at);
	return err_set(e,
		       "PCI device %s: %s%.40s has it, not pciback: earlydom.pci.hide=%s on dom0's "
		       "command line keeps it for guests from the start, seize=1 takes it now",
		       at, d->driver[0] ? "dom0's driver " : "nothing in dom0", d->driver, at);
}

int pci_hold(struct pci_table *t, const char *guest, const struct pci_spec *specs, size_t n,
	     struct pci_assigned **out, size_t *nr, bool *absent, struct err *e)
{
	struct pci_holding *h = calloc(1, sizeof(*h));
	struct pci_bus b = {0};

	if (!h)
		return err_set_errno(e, ENOMEM, "cannot hold PCI devices");
	h->guest = guest;
	if (pci_bus_read(t->sysroot, &b, e) < 0 || find(h, &b, specs, n, absent, e) < 0 ||
	    enter(t, h, e) < 0) {
		pci_bus_free(&b);
		free(h->v);
		free(h);
		return -1;
	}
	pci_bus_free(&b);
	*out = h->v;
	*nr = h->n;
	return 0;
}

int pci_take(const struct pci_table *t, const struct pci_spec *specs, const struct pci_assigned *v,
	     size_t nr, struct err *e)
{
	const struct pci_device *d;
	struct pci_bus b;
	int rc = 0;

	if (pci_bus_read(t->sysroot, &b, e) < 0)
		return -1;
	for (size_t i = 0; i < nr && rc == 0; i++) {
		d = pci_bus_at(&b, &v[i].at);
		rc = d ? take(t, d, specs[v[i].spec].seize == PCI_FLAG_ON, e)
		       : err_set_passing(e, "a PCI device has just been taken out");
	}
	pci_bus_free(&b);
	return rc;
}

bool pci_lost(const struct pci_table *t, const struct pci_assigned *v, size_t nr)
{
	char driver[PCI_WORDS_MAX];
	struct err e;

	for (size_t i = 0; i < nr; i++)
		if (pci_bus_driver(t->sysroot, &v[i].at, driver, &e) == 0 && !is_pciback(driver))
			return true;
	return false;
}
