#include "qemu_pci.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "builder/describe/pci_spec.h"
#include "builder/pci/pci_hold.h"
#include "builder/store/store.h"
#include "devmodel.h"
#include "qemu_args.h"
#include "qmp.h"

/* What xl calls it. */
#define DEVICE_NAME     "pci-pt-%02x_%02x.%01x"
#define DEVICE_NAME_MAX 24

bool qemu_has_pci(const struct guest_config *cfg)
{
	return cfg->nr_pcis && guest_config_runs_qemu(cfg) && !guest_config_needs_qemu(cfg);
}

static void name_of(const struct pci_address *at, char name[DEVICE_NAME_MAX])
{
	snprintf(name, DEVICE_NAME_MAX, DEVICE_NAME, at->bus, at->device, at->function);
}

void qemu_pci_args(const struct guest *g, struct argv *out)
{
	char at[PCI_ADDRESS_TEXT], name[DEVICE_NAME_MAX], slot[16];

	for (size_t i = 0; i < g->nr_pcis; i++) {
		const struct pci_assigned *p = &g->pcis[i];
		const struct pci_spec *spec = &g->cfg->pcis[p->spec];

		name_of(&p->at, name);
		snprintf(slot, sizeof(slot), ",addr=%x.%x", p->vdevfn >> 3, p->vdevfn & 7);
		argv_add(out, "-device");
		/* In one slot QEMU has several functions where the first says so. */
		argv_add(out, "xen-pci-passthrough,id=%s,hostaddr=%s%s%s%s", name,
			 pci_address_text(&p->at, at), p->vdevfn ? slot : "",
			 p->vdevfn && spec->all_functions ? ",multifunction=on" : "",
			 spec->permissive == PCI_FLAG_ON ? ",permissive=on" : "");
	}
}

/* query-pci: [{"bus": 0, "devices": [{"qdev_id": "", "slot": 4, "function": 0}]}] */
static bool find(const struct json_value *answer, const char *name, uint8_t *vdevfn)
{
	struct json_value bus, devices, d, part;
	char id[DEVICE_NAME_MAX];
	uint64_t slot, function;

	for (size_t b = 0; json_element(answer, b, &bus); b++) {
		if (!json_member(&bus, "devices", &devices))
			continue;
		for (size_t i = 0; json_element(&devices, i, &d); i++) {
			if (!json_member(&d, "qdev_id", &part) ||
			    !json_string(&part, id, sizeof(id)) || strcmp(id, name) != 0)
				continue;
			if (!json_member(&d, "slot", &part) || !json_number_of(&part, 31, &slot) ||
			    !json_member(&d, "function", &part) ||
			    !json_number_of(&part, 7, &function))
				return false;
			*vdevfn = (uint8_t)(slot << 3 | function);
			return true;
		}
	}
	return false;
}

static int publish(struct guest *g, struct host *h, size_t i, const struct json_value *answer,
		   struct err *e)
{
	char name[DEVICE_NAME_MAX], node[80], value[8];
	uint8_t vdevfn;

	name_of(&g->pcis[i].at, name);
	if (!find(answer, name, &vdevfn))
		return err_set(e, "QEMU does not say where on its bus %s is", name);
	snprintf(node, sizeof(node), "/local/domain/0/backend/pci/%u/0/vdevfn-%zu", g->domid, i);
	snprintf(value, sizeof(value), "%x", vdevfn);
	if (xs_write(h->xsh, XBT_NULL, node, value, (unsigned)strlen(value)))
		return 0;
	return store_error(e, "cannot write %s to the store", node);
}

int qemu_pci_publish(struct guest *g, struct host *h, struct err *e)
{
	struct json_value answer;
	char path[PATH_MAX];
	struct qmp q;
	int rc;

	if (!qemu_has_pci(g->cfg))
		return 0;
	snprintf(path, sizeof(path), DEVMODEL_QMP_DIR "/" QMP_NAME, "libxl", g->domid);
	if (qmp_open(&q, path, e) < 0)
		return -1;
	rc = qmp_ask(&q, "query-pci", NULL, &answer, e);
	for (size_t i = 0; i < g->nr_pcis && rc == 0; i++)
		rc = publish(g, h, i, &answer, e);
	qmp_close(&q);
	return rc;
}
