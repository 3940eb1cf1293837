/* Disks and network interfaces, as disk.h and vif.h have them. */
#include "devices.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "builder/build/holdings.h"
#include "builder/device/disk.h"
#include "builder/device/vif.h"
#include "state.h"

#define XVD_MAJOR 202

static struct fake_devices devices;

struct fake_devices *fake_devices(void)
{
	return &devices;
}

void fake_devices_reset(void)
{
	memset(&devices, 0, sizeof(devices));
}

unsigned fake_devices_leaks(FILE *to)
{
	if (devices.held)
		fprintf(to, "held: %u disks\n", devices.held);
	return devices.held;
}

struct disk *__real_disk_hold(struct disk_table *t, const char *guest, const struct disk_spec *spec,
			      bool *absent, struct err *e);
struct disk *__wrap_disk_hold(struct disk_table *t, const char *guest, const struct disk_spec *spec,
			      bool *absent, struct err *e);
void __real_disk_drop(struct disk_table *t, struct disk *d);
int __real_guest_adopt_disk(struct guest *g, struct disk_table *disks, size_t i, const char *path,
			    dev_t rdev, struct err *e);
int __wrap_guest_adopt_disk(struct guest *g, struct disk_table *disks, size_t i, const char *path,
			    dev_t rdev, struct err *e);

int __wrap_guest_adopt_disk(struct guest *g, struct disk_table *disks, size_t i, const char *path,
			    dev_t rdev, struct err *e)
{
	struct disk *d;

	if (!devices.on)
		return __real_guest_adopt_disk(g, disks, i, path, rdev, e);
	if (!fake_enter("guest_adopt_disk")) {
		err_set(e, "disk %s: %s is not the device any more that its domain has",
			g->cfg->disks[i].vdev, path);
		return fake_leave(-1);
	}
	if (!g->disks)
		g->disks = fake_calloc(g->cfg->nr_disks, sizeof(*g->disks));
	d = fake_calloc(1, sizeof(*d));
	d->guest = g->cfg->name;
	d->spec = &g->cfg->disks[i];
	d->fd = -1;
	d->rdev = d->whole = rdev;
	snprintf(d->path, sizeof(d->path), "%s", path);
	d->next = disks->disks;
	disks->disks = g->disks[i] = d;
	devices.held++;
	return fake_leave(0);
}

void __wrap_disk_drop(struct disk_table *t, struct disk *d);
bool __real_disk_lost(const struct disk *d);
bool __wrap_disk_lost(const struct disk *d);
int __real_vif_init(struct vif *v, const struct vif_spec *specs, size_t n, bool *absent,
		    struct err *e);
int __wrap_vif_init(struct vif *v, const struct vif_spec *specs, size_t n, bool *absent,
		    struct err *e);
int __real_vif_plug(struct vif *v, uint32_t domid, struct err *e);
int __wrap_vif_plug(struct vif *v, uint32_t domid, struct err *e);

/* Why there is no disk, or 0. */
static int disk_trouble(bool *absent)
{
	if (!fake_enter("disk_hold"))
		return errno;
	*absent = devices.absent;
	return devices.absent ? ENOENT : devices.wrong ? EBUSY : 0;
}

struct disk *__wrap_disk_hold(struct disk_table *t, const char *guest, const struct disk_spec *spec,
			      bool *absent, struct err *e)
{
	struct disk *d;
	int cause;

	if (!devices.on)
		return __real_disk_hold(t, guest, spec, absent, e);
	*absent = false;
	cause = disk_trouble(absent);
	if (cause) {
		err_set(e, "disk %s: cannot open %s: %s", spec->vdev, spec->target,
			strerror(cause));
		return fake_leave_ptr(NULL);
	}
	d = fake_calloc(1, sizeof(*d));
	d->guest = guest;
	d->spec = spec;
	d->fd = -1;
	d->rdev = d->whole = makedev(XVD_MAJOR, devices.holds);
	if (!devices.holds)
		devices.reserved = t->nr_reserved;
	devices.holds++; /* musl's makedev evaluates its argument more than once */
	devices.held++;
	d->format = spec->format;
	snprintf(d->path, sizeof(d->path), "%s", spec->target ? spec->target : "");
	d->next = t->disks;
	t->disks = d;
	return fake_leave_ptr(d);
}

bool __wrap_disk_lost(const struct disk *d)
{
	return devices.on ? devices.lost : __real_disk_lost(d);
}

void __wrap_disk_drop(struct disk_table *t, struct disk *d)
{
	struct disk **p;

	if (!devices.on || !d) {
		__real_disk_drop(t, d);
		return;
	}
	fake_lock();
	for (p = &t->disks; *p && *p != d; p = &(*p)->next)
		;
	if (!*p) {
		fake_broken("a disk is dropped that is not held");
	} else {
		*p = d->next;
		devices.held--;
		free(d);
	}
	fake_unlock();
}

int __wrap_vif_init(struct vif *v, const struct vif_spec *specs, size_t n, bool *absent,
		    struct err *e)
{
	if (!devices.on || !n)
		return __real_vif_init(v, specs, n, absent, e);
	*absent = devices.no_bridge;
	if (!fake_enter("vif_init")) {
		*absent = false;
		err_set(e, "vif 0: cannot look up bridge: %s", strerror(errno));
		return fake_leave(-1);
	}
	if (devices.no_bridge) {
		err_set(e, "vif 0: there is no bridge");
		return fake_leave(-1);
	}
	for (size_t i = 0; i < n; i++)
		v[i] = (struct vif){.spec = &specs[i], .devid = specs[i].devid, .mac = {0, 0x16}};
	return fake_leave(0);
}

int __wrap_vif_plug(struct vif *v, uint32_t domid, struct err *e)
{
	if (!devices.on)
		return __real_vif_plug(v, domid, e);
	if (!fake_enter("vif_plug")) {
		err_set(e, "vif %u: cannot plug it: %s", v->devid, strerror(errno));
		return fake_leave(-1);
	}
	if (v->plugged)
		fake_broken("vif %u of domain %u is plugged again", v->devid, domid);
	if (devices.unplugged)
		return fake_leave(1);
	devices.plugs++;
	v->plugged = true;
	v->mtu = 1500;
	return fake_leave(0);
}
