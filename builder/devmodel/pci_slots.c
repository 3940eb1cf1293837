#include "pci_slots.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "builder/pci/pci_hold.h"
#include "builder/store/store.h"
#include "devmodel.h"
#include "qemu_args.h"
#include "qemu_pci.h"
#include "qmp.h"

/* query-pci: [{"bus": 0, "devices": [{"qdev_id": "", "slot": 4, "function": 0}]}] */
static bool find(const struct json_value *answer, const char *name, uint8_t *vdevfn)
{
	struct json_value bus, devices, d, part;
	char id[QEMU_PCI_NAME_MAX];
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
	char name[QEMU_PCI_NAME_MAX], node[80], value[8];
	uint8_t vdevfn;

	qemu_pci_name(&g->pcis[i].at, name);
	if (!find(answer, name, &vdevfn))
		return err_set(e, "QEMU does not say where on its bus %s is", name);
	snprintf(node, sizeof(node), "/local/domain/0/backend/pci/%u/0/vdevfn-%zu", g->domid, i);
	snprintf(value, sizeof(value), "%x", vdevfn);
	if (xs_write(h->xsh, XBT_NULL, node, value, (unsigned)strlen(value)))
		return 0;
	return store_error(e, "cannot write %s to the store", node);
}

int pci_slots_publish(struct guest *g, struct host *h, struct err *e)
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
