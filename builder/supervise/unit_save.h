/*
 * What is known of a unit, as text: written down whenever it changes, and read by a supervisor that
 * takes over from one that has ended.
 *
 * Lines "word value". A word that a version does not know is passed over, and one that is missing
 * leaves what a new unit has, so that another version of the program can take over.
 */
#ifndef EARLYDOM_UNIT_SAVE_H
#define EARLYDOM_UNIT_SAVE_H

#include <limits.h>
#include <sys/types.h>

#include "unit.h"

/* The first record of a unit; the one before is the supervisor's own. */
#define LEDGER_UNITS 1

/* The number of u's. */
size_t unit_record(const struct units *all, const struct unit *u);

/* Writes u into its record of all->ledger. Not to be called while a thread has u's guest, but right
 * before it gets it. */
void unit_save(struct units *all, const struct unit *u);

/* The same of its state and the command that waits alone, also while a thread has its guest. */
void unit_save_state(struct units *all, const struct unit *u);

/* A disk that its domain had. */
struct saved_disk {
	bool there;
	dev_t rdev;
	char path[PATH_MAX];
};

/* What a text says of a unit beside what unit_load puts into the unit itself. */
struct unit_saved {
	enum unit_state state;
	bool has_model;
	struct devmodel_saved model;
};

/*
 * Reads the text into u, which is as unit_init leaves it: all but its state, files and devices.
 * Returns 0, or -1 when it is not of a unit with this name.
 */
int unit_load(struct unit *u, const char *text, struct unit_saved *out);

/* The i-th disk, and the i-th network interface, which is set up with its address. False where
 * there is none. */
bool unit_load_disk(const char *text, size_t i, struct saved_disk *out);
bool unit_load_vif(const char *text, size_t i, struct vif *v);

/* The i-th PCI function that it held; false where there is none. */
bool unit_load_pci(const char *text, size_t i, struct pci_assigned *out);

/* Which domains serve its n devices (struct guest), where that is known. */
void unit_load_backends(const char *text, uint32_t *backends, size_t n);

/* Its state, and its uuid; false where the text has none. */
bool unit_load_state(const char *text, enum unit_state *state);
bool unit_load_uuid(const char *text, uint8_t uuid[16]);

/* The value behind a word at the beginning of a line, up to the line's end; NULL without one. */
const char *saved_value(const char *text, const char *word);

#endif
