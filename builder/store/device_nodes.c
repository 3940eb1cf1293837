#include "device_nodes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder/describe/disk_spec.h"

struct device_place device_place(const struct guest *g, size_t i)
{
	struct device_place p = {.kind = VIF_KIND, .back_kind = VIF_KIND};

	if (i < g->cfg->nr_disks) {
		const struct disk_spec *spec = &g->cfg->disks[i];

		p.kind = VBD_KIND;
		p.back_kind = disk_by_qemu(spec) ? QDISK_KIND : VBD_KIND;
		p.devid = spec->vdev_number;
		snprintf(p.what, sizeof(p.what), "disk %s", spec->vdev);
		return p;
	}
	p.devid = g->vifs[i - g->cfg->nr_disks].devid;
	snprintf(p.what, sizeof(p.what), "vif %u", p.devid);
	return p;
}

void device_begin(struct device_nodes *d, struct nodes *to, const char *kind, uint32_t devid)
{
	device_begin_back(d, to, kind, kind, devid);
}

void device_begin_back(struct device_nodes *d, struct nodes *to, const char *kind,
		       const char *back_kind, uint32_t devid)
{
	const bool console = devid == 0 && !strcmp(kind, "console");
	const uint32_t domid = to->domid;

	d->to = to;
	if (console)
		snprintf(d->front, sizeof(d->front), "/local/domain/%u/console", domid);
	else
		snprintf(d->front, sizeof(d->front), "/local/domain/%u/device/%s/%u", domid, kind,
			 devid);
	snprintf(d->back, sizeof(d->back), "/local/domain/%u/backend/%s/%u/%u", to->back, back_kind,
		 domid, devid);
	snprintf(d->libxl, sizeof(d->libxl), "/libxl/%u/device/%s/%u", domid, kind, devid);

	nodes_add(to, NODE_INHERITS, d->libxl, "frontend", "%s", d->front);
	nodes_add(to, NODE_INHERITS, d->libxl, "backend", "%s", d->back);
	/* The first console's is as readable as the guest's directory, in which it is. */
	nodes_add(to, console ? NODE_INHERITS : NODE_GUEST_DOM0, d->front, NULL, "%s", "");
	nodes_add(to, NODE_INHERITS, d->front, "backend", "%s", d->back);
	nodes_remove(to, "%s", d->back); /* of an earlier domain with that number */
	nodes_add(to, NODE_READABLE, d->back, NULL, "%s", "");
	nodes_add(to, NODE_INHERITS, d->back, "frontend", "%s", d->front);
}

static char *text(struct nodes *n, const char *value, va_list ap)
{
	char *s;

	if (vasprintf(&s, value, ap) >= 0)
		return s;
	n->failed = true;
	return NULL;
}

void device_back(struct device_nodes *d, const char *name, const char *value, ...)
{
	va_list ap;
	char *s;

	va_start(ap, value);
	s = text(d->to, value, ap);
	va_end(ap);
	if (!s)
		return;
	nodes_add(d->to, NODE_INHERITS, d->back, name, "%s", s);
	nodes_add(d->to, NODE_INHERITS, d->libxl, name, "%s", s);
	free(s);
}

/* libxl__abs_path, libxl_internal.c */
void device_script(struct device_nodes *d, const char *script)
{
	if (*script == '/')
		device_back(d, "script", "%s", script);
	else
		device_back(d, "script", "%s/%s", SCRIPT_DIR, script);
}

void device_front(struct device_nodes *d, enum node_access access, const char *name,
		  const char *value, ...)
{
	va_list ap;
	char *s;

	va_start(ap, value);
	s = text(d->to, value, ap);
	va_end(ap);
	if (!s)
		return;
	nodes_add(d->to, access, d->front, name, "%s", s);
	free(s);
}
