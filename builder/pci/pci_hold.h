/*
 * PCI devices of guests: found, taken from dom0's drivers where a guest's descriptor wants that,
 * and each function held for one guest. As a disk, a device is held from before its guest's first
 * build until the guest is over, restarts included. pciback keeps it all the time, and afterwards.
 */
#ifndef EARLYDOM_PCI_HOLD_H
#define EARLYDOM_PCI_HOLD_H

#include <pthread.h>

#include "pci_needed.h"

struct pci_holding;

/* All that are held. Zero-initialised is empty; several threads may use it. */
struct pci_table {
	const char *sysroot;         /* as in pci_bus.h, borrowed */
	const struct pci_dom0 *dom0; /* borrowed; NULL: nothing is known */
	/* Writes a text to a file of sysfs; NULL: pci_write of pci_hide.h. */
	int (*write)(const char *path, const char *text);
	pthread_mutex_t lock; /* for the list; of zeroes is one that nobody holds */
	struct pci_holding *list;
};

/* A function that is held for a guest. */
struct pci_assigned {
	struct pci_address at;
	unsigned spec;  /* which of the guest's cfg->pcis it is of */
	uint8_t vdevfn; /* the guest's own device (8 of them each) and function; 0: any */
};

/*
 * Holds all functions that the n specs name; none of them by name, which only the store knows. Sets
 * *out, for pci_drop, to the *nr of them, in the specs' order. Returns 0, or -1 with e set and
 * nothing held: one is a bridge, or is named twice; another guest has it: passing; or it is not
 * there: then *absent is set to true.
 */
int pci_hold(struct pci_table *t, const char *guest, const struct pci_spec *specs, size_t n,
	     struct pci_assigned **out, size_t *nr, bool *absent, struct err *e);

/* Sees to it that pciback has those that are held. Returns 0, or -1 with e set: dom0's driver has
 * one and the spec does not say that it is to be seized, dom0 needs it, or pciback does not take
 * it. */
int pci_take(const struct pci_table *t, const struct pci_spec *specs, const struct pci_assigned *v,
	     size_t nr, struct err *e);

/* Holds the nr functions that a domain of the guest has already, from an earlier supervisor's: v is
 * malloc'ed, and the table's from then on. Returns 0; or -1 without memory, or where another guest
 * holds one: v is freed. */
int pci_hold_again(struct pci_table *t, const char *guest, struct pci_assigned *v, size_t nr);

/* Gives back what is held as v; NULL is allowed. It stays with pciback. */
void pci_drop(struct pci_table *t, struct pci_assigned *v);

/* Whether one is not there any more, or pciback does not have it any more. */
bool pci_lost(const struct pci_table *t, const struct pci_assigned *v, size_t nr);

/* Writes to a file of sysfs below /sys/bus/pci. Returns 0, or -1 with errno set. */
int pci_table_write(const struct pci_table *t, const char *dir, const char *file, const char *text);

#endif
