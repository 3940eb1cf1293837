#include "conflicts.h"

#include <string.h>

#include "builder/describe/backend_spec.h"
#include "builder/device/vif.h"
#include "builder/describe/disk_spec.h"
#include "builder/describe/pci_spec.h"
#include "builder/describe/usb_spec.h"

/* Two guests. A conflict is reported at the place of a. */
struct pair {
	const struct guest_config *a, *b;
	const struct descriptor *a_file, *b_file;
	struct diag *d;
};

static bool uuids_meet(const struct guest_config *a, const struct guest_config *b)
{
	return a->has_uuid && b->has_uuid && !memcmp(a->uuid, b->uuid, 16);
}

static bool disks_meet(const struct disk_spec *a, const struct disk_spec *b)
{
	return (a->readwrite || b->readwrite) && a->target && b->target &&
	       !strcmp(a->target, b->target) && backend_same(a->backend_domain, b->backend_domain);
}

/* What two interfaces have in common that only one can have, and its value, which may be in buf;
 * NULL for nothing. */
static const char *vifs_meet(const struct vif_spec *a, const struct vif_spec *b,
			     char buf[VIF_NET_TEXT], const char **value)
{
	*value = buf;
	if (a->has_mac && b->has_mac && !memcmp(a->mac, b->mac, sizeof(a->mac))) {
		vif_mac_text(a->mac, buf);
		return "mac";
	}
	if (!backend_same(a->backend_domain, b->backend_domain))
		return NULL;
	if (vif_routes_meet(a, b, buf))
		return "route to";
	*value = a->vifname;
	return a->vifname && b->vifname && !strcmp(a->vifname, b->vifname) ? "vifname" : NULL;
}

static bool usbdevs_meet(const struct usbdev_spec *a, const struct usbdev_spec *b)
{
	return a->bus == b->bus && a->addr == b->addr;
}

static bool same_uuid(const struct pair *p)
{
	char buf[LOC_SHOW_MAX];

	if (!uuids_meet(p->a, p->b))
		return false;
	diag_add(p->d, p->a->uuid_loc, "the uuid is already that of %s (%s)", p->b->name,
		 loc_show(p->b->uuid_loc, buf));
	return true;
}

static bool same_disk(const struct pair *p, size_t i, size_t j)
{
	const struct disk_spec *a = &p->a->disks[i], *b = &p->b->disks[j];
	char buf[LOC_SHOW_MAX];

	if (!disks_meet(a, b))
		return false;
	diag_add(p->d, descriptor_entry_loc(p->a_file, "disk", a->entry),
		 "disk %s: %.80s is already disk %s of %s (%s), and one of them writes it", a->vdev,
		 a->target, b->vdev, p->b->name,
		 loc_show(descriptor_entry_loc(p->b_file, "disk", b->entry), buf));
	return true;
}

static bool same_vif(const struct pair *p, size_t i, size_t j)
{
	const struct vif_spec *a = &p->a->vifs[i], *b = &p->b->vifs[j];
	char buf[LOC_SHOW_MAX], text[VIF_NET_TEXT];
	const char *name, *what = vifs_meet(a, b, text, &name);

	if (!what)
		return false;
	diag_add(p->d, descriptor_entry_loc(p->a_file, "vif", i),
		 "vif %u: the %s %s is already that of vif %u of %s (%s)", a->devid, what, name,
		 b->devid, p->b->name, loc_show(descriptor_entry_loc(p->b_file, "vif", j), buf));
	return true;
}

static bool same_usbdevs(const struct pair *p)
{
	char buf[LOC_SHOW_MAX];
	bool any = false;

	for (size_t i = 0; i < p->a->nr_usbdevs; i++)
		for (size_t j = 0; j < p->b->nr_usbdevs; j++) {
			if (!usbdevs_meet(&p->a->usbdevs[i], &p->b->usbdevs[j]))
				continue;
			diag_add(p->d, descriptor_entry_loc(p->a_file, "usbdev", i),
				 "usbdev: device %u of bus %u is already one of %s (%s)",
				 p->a->usbdevs[i].addr, p->a->usbdevs[i].bus, p->b->name,
				 loc_show(descriptor_entry_loc(p->b_file, "usbdev", j), buf));
			any = true;
		}
	return any;
}

static bool same_pcis(const struct pair *p)
{
	char buf[LOC_SHOW_MAX], text[PCI_SPEC_TEXT];
	bool any = false;

	for (size_t i = 0; i < p->a->nr_pcis; i++)
		for (size_t j = 0; j < p->b->nr_pcis; j++) {
			if (!pci_spec_meets(&p->a->pcis[i], &p->b->pcis[j]))
				continue;
			diag_add(p->d, descriptor_entry_loc(p->a_file, "pci", i),
				 "pci: %s is already one of %s (%s)",
				 pci_spec_text(&p->a->pcis[i], text), p->b->name,
				 loc_show(descriptor_entry_loc(p->b_file, "pci", j), buf));
			any = true;
		}
	return any;
}

/* Reports each disk of a that conflicts with a disk of b once. */
static bool same_disks(const struct pair *p)
{
	bool any = false;

	for (size_t i = 0; i < p->a->nr_disks; i++)
		for (size_t j = 0; j < p->b->nr_disks; j++)
			if (same_disk(p, i, j)) {
				any = true;
				break;
			}
	return any;
}

static bool same_vifs(const struct pair *p)
{
	bool any = false;

	for (size_t i = 0; i < p->a->nr_vifs; i++)
		for (size_t j = 0; j < p->b->nr_vifs; j++)
			if (same_vif(p, i, j)) {
				any = true;
				break;
			}
	return any;
}

void conflicts_find(const struct guest_config *guests, const struct descriptor *const *c, size_t n,
		    bool *out, struct diag *d)
{
	for (size_t i = 1; i < n; i++) {
		for (size_t j = 0; j < i; j++) {
			const struct pair p = {&guests[i], &guests[j], c[i], c[j], d};
			bool any;

			if (!p.a->name || !p.b->name)
				continue;
			any = same_uuid(&p);
			any |= same_disks(&p);
			any |= same_vifs(&p);
			any |= same_usbdevs(&p);
			any |= same_pcis(&p);
			out[i] |= any;
			out[j] |= any;
		}
	}
}

int conflicts_check(const struct guest_config *a, const struct guest_config *b, struct err *e)
{
	const char *what, *value;
	char text[VIF_NET_TEXT], device[PCI_SPEC_TEXT];

	if (uuids_meet(a, b))
		return err_set(e, "its uuid is that of %s", b->name);
	for (size_t i = 0; i < a->nr_disks; i++)
		for (size_t j = 0; j < b->nr_disks; j++)
			if (disks_meet(&a->disks[i], &b->disks[j]))
				return err_set(e,
					       "disk %s: %.80s is disk %s of %s, and one of them "
					       "writes it",
					       a->disks[i].vdev, a->disks[i].target,
					       b->disks[j].vdev, b->name);
	for (size_t i = 0; i < a->nr_usbdevs; i++)
		for (size_t j = 0; j < b->nr_usbdevs; j++)
			if (usbdevs_meet(&a->usbdevs[i], &b->usbdevs[j]))
				return err_set(e, "usbdev: device %u of bus %u is one of %s",
					       a->usbdevs[i].addr, a->usbdevs[i].bus, b->name);
	for (size_t i = 0; i < a->nr_pcis; i++)
		for (size_t j = 0; j < b->nr_pcis; j++)
			if (pci_spec_meets(&a->pcis[i], &b->pcis[j]))
				return err_set(e, "pci: %s is one of %s",
					       pci_spec_text(&a->pcis[i], device), b->name);
	for (size_t i = 0; i < a->nr_vifs; i++)
		for (size_t j = 0; j < b->nr_vifs; j++) {
			what = vifs_meet(&a->vifs[i], &b->vifs[j], text, &value);
			if (what)
				return err_set(e, "vif %u: the %s %s is that of vif %u of %s",
					       a->vifs[i].devid, what, value, b->vifs[j].devid,
					       b->name);
		}
	return 0;
}
