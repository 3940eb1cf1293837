/*
 * What a guest gets beside its domain: its nodes in the store, and its QEMU's arguments.
 */
#ifndef DESCRIBE_NODES_H
#define DESCRIBE_NODES_H

#include "builder/guest/guest.h"

/*
 * Prints them in the form of scripts/xl-judge, "nodes" and, where the guest has a QEMU, "qemu". The
 * guest, whose devices are found, becomes that of xl's judge: domain 1 with its channels. Returns
 * 0, or -1 with e set: QEMU has no such arguments.
 */
int describe_nodes(struct guest *g, struct err *e);

#endif
