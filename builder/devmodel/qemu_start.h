/*
 * What a start of a guest's QEMU is made of, before there is a process: its arguments, its files,
 * its root, and which powers it is left.
 *
 *     hvm guest     QEMU gives up its powers itself, as the last step of its start; one that serves
 *                   disks for the guest's own drivers keeps the few that it begins with
 *     pv, pvh       it begins without them, in a root of its own (model_root.h). Its sockets are
 *                   made here and are its files 3 and 4; those behind them are its channels'
 *                   and the images of its disks
 */
#ifndef EARLYDOM_QEMU_START_H
#define EARLYDOM_QEMU_START_H

#include "base/argv.h"
#include "builder/guest/guest.h"
#include "devmodel_process.h"
#include "model_root.h"
#include "qemu_args.h"

struct qemu_starting {
	struct model_program program; /* all of it but path, files and the root around its own */
	struct model_handed files;    /* from the fourth on */
	struct qemu_start q;
	struct argv argv, env;
	struct model_root root;
	struct model_jail jail;
	char *cmdline;
};

/*
 * Prepares it, and sets in m what is to be known of it later: whose it is, and how it is
 * restricted. r: the root in which it opens an hvm guest's disks, or NULL. dev: the directory of
 * the hypervisor's devices. empty: an empty directory, in which QEMU locks itself. Returns 0, or -1
 * with e set; *k is freed with qemu_start_free in either case. Where
 * dom0 can't restrict QEMU, and the guest's descriptor does not say that it may do without, that is
 * an error (model_powers).
 */
int qemu_start_prepare(struct qemu_starting *k, struct devmodel *m, const struct guest *g,
		       const struct own_root *r, const char *dev, const char *empty, struct err *e);
void qemu_start_free(struct qemu_starting *k);

/* Removes the sockets of the domain's QEMU, and those of its channels. */
void qemu_sockets_remove(const struct guest *g);

/* Whether the guest's QEMU is the back end of PV devices. */
bool qemu_serves(const struct guest_config *cfg);

#endif
