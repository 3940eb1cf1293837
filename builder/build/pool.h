/*
 * The cpu pool that a guest belongs to (`pool`): a set of the host's cpus with a scheduler of its
 * own.
 */
#ifndef EARLYDOM_POOL_H
#define EARLYDOM_POOL_H

#include "builder/guest/guest.h"
#include "builder/host/host.h"

/* The pool of a guest that names none: what there is from the hypervisor's start. */
#define POOL_0 0

/*
 * Finds the guest's pool by its number or its name; names are in the store (/local/pool/ID/name),
 * but for that of the first one. Returns 0, or -1 with e set.
 */
int pool_find(const struct guest_config *cfg, struct host *h, uint32_t *id, struct err *e);

/*
 * Which scheduler a pool has (XEN_SCHEDULER_*), and its cpus: as many bytes as the host's cpus
 * need, for free(). Either pointer may be NULL. Returns 0, or -1 with e set.
 */
int pool_look(struct host *h, uint32_t id, int *scheduler, uint8_t **cpus, struct err *e);

#endif
