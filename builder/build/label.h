/*
 * The labels by which a hypervisor with FLASK judges what a domain may do (seclabel,
 * init_seclabel).
 */
#ifndef EARLYDOM_LABEL_H
#define EARLYDOM_LABEL_H

#include "builder/guest/guest.h"
#include "builder/host/host.h"

/*
 * The label that the domain is made with. Without FLASK a guest's labels have no effect, which is
 * noted in g. Returns 0, or -1 with e set.
 */
int label_find(struct guest *g, struct host *h, uint32_t *sid, struct err *e);

/* Gives the domain the label that it is to run with, where it is made with another one. Returns 0,
 * or -1 with e set.
 */
int label_final(const struct guest *g, struct host *h, struct err *e);

#endif
