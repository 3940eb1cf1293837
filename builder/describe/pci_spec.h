/*
 * One string of the `pci` key, in the syntax of xl-pci-configuration(5):
 *
 *     '0000:36:00.0@1e,seize=1'    'bdf=36:00.*,vslot=8,rdm_policy=relaxed'    'name=nic'
 *
 * and in two that are earlydom's own, for machines whose buses are numbered anew when a card is put
 * in or taken out:
 *
 *     'id=8086:100e'    'id=8086:100e#2,permissive=1'    'slot=4'    'slot=4.1'
 *
 * Meanings and limits are those of xl 4.17 to 4.22 (tools/libs/util/libxlu_pci.c, which is the same
 * in all of them). Stricter than xl: no parameter may be given twice, a device is named in one way
 * only, booleans are 0 or 1, and nothing may follow an address. An empty value is an error.
 *
 * `id` is the vendor and the device as `lspci -n` shows them, and behind '#' which of several: they
 * count from 1, in the order of their addresses. `slot` is the name of a directory in
 * /sys/bus/pci/slots, which holds a card: all functions that are there, as '*' does, or the one
 * behind a '.'. The name of a slot that ends like that itself is given with ".*" behind it.
 */
#ifndef EARLYDOM_PCI_SPEC_H
#define EARLYDOM_PCI_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "builder/guest/domain_options.h"
#include "pci_address.h"

/* Of a device that xl pci-assignable-add has named: libxl__device_pci_assignable_add in
 * tools/libs/light/libxl_pci.c. */
#define PCI_NAME_MAX 64
/* Of a slot, which is a directory's: NAME_MAX. */
#define PCI_SLOT_MAX 255
/* The functions of a bus: no machine has as many equal devices. */
#define PCI_NTH_MAX 256

/* How the device is named. */
enum pci_by { PCI_BY_NOTHING, PCI_BY_BDF, PCI_BY_NAME, PCI_BY_ID, PCI_BY_SLOT };

enum pci_flag { PCI_FLAG_DEFAULT, PCI_FLAG_OFF, PCI_FLAG_ON };

struct pci_spec {
	enum pci_by by;        /* never PCI_BY_NOTHING in what is right */
	struct pci_address at; /* by BDF: its address; by slot: the function alone */
	bool all_functions;    /* '*', and a slot without a function; at.function is 0 */
	char *name;            /* by name: of an assignable device; by slot: the slot's; or NULL */
	uint16_t vendor, device;
	unsigned nth; /* by id: which of several, from 1 on; 0: there may be one only */
	bool has_vslot;
	uint8_t vslot; /* the device's number in the guest; 0 is libxl's for any that is free */
	enum pci_flag permissive, msitranslate, seize, power_mgmt;
	enum pci_rdm rdm_policy;
};

/* Returns 0, or -1 with e set; *out is freed with pci_spec_free in either case. */
int pci_spec_parse(const char *text, struct pci_spec *out, struct err *e);
void pci_spec_free(struct pci_spec *s);
void pci_specs_free(struct pci_spec *all, size_t n); /* those in an array, and the array */

/* Reads "strict" or "relaxed", in any case. False for all else. */
bool pci_rdm_policy(const char *text, size_t len, enum pci_rdm *out);

/* Whether both name one function, as far as one can tell without the machine: of specs that name it
 * in two ways that is not known. Symmetrical. */
bool pci_spec_meets(const struct pci_spec *a, const struct pci_spec *b);

/* How the device is named, as it is written: "0000:36:00.*", "id=8086:100e#2", "slot=4.*". What is
 * too long is cut. Returns buf. */
#define PCI_SPEC_TEXT 80
const char *pci_spec_text(const struct pci_spec *s, char buf[PCI_SPEC_TEXT]);

#endif
