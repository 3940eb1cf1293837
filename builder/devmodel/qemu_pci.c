#include "qemu_pci.h"

#include <stdio.h>

#include "builder/describe/pci_spec.h"
#include "builder/pci/pci_hold.h"

/* What xl calls it. */
#define DEVICE_NAME "pci-pt-%02x_%02x.%01x"

bool qemu_has_pci(const struct guest_config *cfg)
{
	return cfg->nr_pcis && guest_config_runs_qemu(cfg) && !guest_config_needs_qemu(cfg);
}

void qemu_pci_name(const struct pci_address *at, char name[QEMU_PCI_NAME_MAX])
{
	snprintf(name, QEMU_PCI_NAME_MAX, DEVICE_NAME, at->bus, at->device, at->function);
}

void qemu_pci_args(const struct guest *g, struct argv *out)
{
	char at[PCI_ADDRESS_TEXT], name[QEMU_PCI_NAME_MAX], slot[16];

	for (size_t i = 0; i < g->nr_pcis; i++) {
		const struct pci_assigned *p = &g->pcis[i];
		const struct pci_spec *spec = &g->cfg->pcis[p->spec];

		qemu_pci_name(&p->at, name);
		snprintf(slot, sizeof(slot), ",addr=%x.%x", p->vdevfn >> 3, p->vdevfn & 7);
		argv_add(out, "-device");
		/* In one slot QEMU has several functions where the first says so. */
		argv_add(out, "xen-pci-passthrough,id=%s,hostaddr=%s%s%s%s", name,
			 pci_address_text(&p->at, at), p->vdevfn ? slot : "",
			 p->vdevfn && spec->all_functions ? ",multifunction=on" : "",
			 spec->permissive == PCI_FLAG_ON ? ",permissive=on" : "");
	}
}
