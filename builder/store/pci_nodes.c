/* PCI devices, as libxl_pci.c writes them at a guest's start (libxl__create_pci_backend,
 * libxl_create_pci_backend_device): for an hvm guest, too, whose QEMU gives it the devices. */
#include "device_nodes.h"

#include <stdio.h>

#include "builder/describe/pci_spec.h"
#include "builder/pci/pci_hold.h"
#include "pci_others.h"

static void ends(const struct guest *g, const char *front, const char *back, struct nodes *to)
{
	nodes_remove(to, "%s", back);
	nodes_add(to, NODE_READABLE, back, NULL, "%s", "");
	nodes_add(to, NODE_INHERITS, back, "frontend", "%s", front);
	nodes_add(to, NODE_INHERITS, back, "frontend-id", "%u", to->domid);
	nodes_add(to, NODE_INHERITS, back, "online", "1");
	nodes_add(to, NODE_INHERITS, back, "state", "%d", DEVICE_INITIALISING);
	nodes_add(to, NODE_INHERITS, back, "domain", "%s", g->cfg->name);
	nodes_add(to, NODE_GUEST_DOM0, front, NULL, "%s", "");
	nodes_add(to, NODE_INHERITS, front, "backend", "%s", back);
	nodes_add(to, NODE_INHERITS, front, "backend-id", "0");
	nodes_add(to, NODE_INHERITS, front, "state", "%d", DEVICE_INITIALISING);
}

static void function(const struct guest *g, size_t i, const char *back, struct nodes *to)
{
	const struct pci_assigned *p = &g->pcis[i];
	const struct pci_spec *spec = &g->cfg->pcis[p->spec];
	char at[PCI_ADDRESS_TEXT], node[PCI_NODE_MAX], name[32];

	pci_address_text(&p->at, at);
	snprintf(name, sizeof(name), "key-%zu", i);
	nodes_add(to, NODE_INHERITS, back, name, "%s", at);
	snprintf(name, sizeof(name), "dev-%zu", i);
	nodes_add(to, NODE_INHERITS, back, name, "%s", at);
	if (p->vdevfn) {
		snprintf(name, sizeof(name), "vdevfn-%zu", i);
		nodes_add(to, NODE_INHERITS, back, name, "%x", p->vdevfn);
	}
	if (spec->by == PCI_BY_NAME) {
		snprintf(name, sizeof(name), "name-%zu", i);
		nodes_add(to, NODE_INHERITS, back, name, "%s", spec->name);
	}
	snprintf(name, sizeof(name), "opts-%zu", i);
	nodes_add(to, NODE_INHERITS, back, name,
		  "msitranslate=%d,power_mgmt=%d,permissive=%d,rdm_policy=%s",
		  spec->msitranslate == PCI_FLAG_ON, spec->power_mgmt == PCI_FLAG_ON,
		  spec->permissive == PCI_FLAG_ON,
		  spec->rdm_policy == PCI_RDM_RELAXED ? "relaxed" : "strict");
	snprintf(name, sizeof(name), "state-%zu", i);
	nodes_add(to, NODE_INHERITS, back, name, "%d", DEVICE_INITIALISING);
	pci_owner_node(&p->at, node);
	nodes_add(to, NODE_INHERITS, node, NULL, "%u", to->domid);
}

void pci_nodes(const struct guest *g, struct nodes *to)
{
	char front[64], back[64];

	if (!g->nr_pcis)
		return;
	snprintf(front, sizeof(front), "/local/domain/%u/device/pci/0", to->domid);
	snprintf(back, sizeof(back), "/local/domain/0/backend/pci/%u/0", to->domid);
	ends(g, front, back, to);
	for (size_t i = 0; i < g->nr_pcis; i++)
		function(g, i, back, to);
	/* pciback looks at the devices when it has that number. */
	nodes_add(to, NODE_INHERITS, back, "num_devs", "%zu", g->nr_pcis);
}
