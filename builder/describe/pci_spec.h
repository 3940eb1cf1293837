/*
 * One string of the `pci` key, in the syntax of xl-pci-configuration(5):
 *
 *     '0000:36:00.0@20,seize=1'    'bdf=36:00.*,vslot=8,rdm_policy=relaxed'    'name=nic'
 *
 * Stricter than xl: no parameter may be given twice, and booleans are 0 or 1.
 */
#ifndef EARLYDOM_PCI_SPEC_H
#define EARLYDOM_PCI_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum pci_flag { PCI_FLAG_DEFAULT, PCI_FLAG_OFF, PCI_FLAG_ON };
enum pci_rdm { PCI_RDM_DEFAULT, PCI_RDM_STRICT, PCI_RDM_RELAXED };

struct pci_spec {
	bool has_bdf; /* else name is set */
	uint16_t segment;
	uint8_t bus, device, function;
	bool all_functions; /* function was '*' */
	char *name;         /* of an assignable device, or NULL */
	bool has_vslot;
	uint8_t vslot;
	enum pci_flag permissive, msitranslate, seize, power_mgmt;
	enum pci_rdm rdm_policy;
};

/* Returns 0, or -1 with e set; *out is freed with pci_spec_free in either case. */
int pci_spec_parse(const char *text, struct pci_spec *out, struct err *e);
void pci_spec_free(struct pci_spec *s);

#endif
