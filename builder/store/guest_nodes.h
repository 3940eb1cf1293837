/*
 * The nodes of a guest itself, as libxl writes them: /local/domain/ID, /vm/UUID, /libxl/ID.
 */
#ifndef EARLYDOM_GUEST_NODES_H
#define EARLYDOM_GUEST_NODES_H

#include <time.h>

#include "builder/guest/guest.h"
#include "nodes.h"

/* A uuid's text and its NUL. */
#define UUID_TEXT 37

void uuid_text(const uint8_t uuid[16], char text[UUID_TEXT]);

/*
 * libxl's name for the device model, of no meaning for a guest without one. libxl speaks QMP with
 * "qemu_xen" (for `xl list -l`, unpause, vcpu-set ...). What it takes a classic device model for is
 * the release's (XL_CLASSIC_MODEL).
 */
const char *guest_dm_version(const struct guest_config *cfg);

/* Appends what makes /local/domain/ID the guest's, its name and what it is known by (vm), after the
 * removal of what an earlier domain of that number or uuid left. */
void guest_first_nodes(const struct guest *g, struct nodes *to);

/*
 * Appends the others; now is the wall clock's time, when the guest is said to have started.
 *
 * A guest whose device model is QEMU gets what libxl writes for its firmware. One with a classic
 * device model has none, and the rest of a hvm guest's. What is QEMU's own in the store is in
 * devmodel.h.
 */
void guest_nodes(const struct guest *g, const struct timespec *now, struct nodes *to);

#endif
