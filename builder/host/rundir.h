/*
 * /run/earlydom: where a running earlydom can be seen and spoken to.
 *
 *     control           the socket of the supervisor (control.h)
 *     dom0-weight       while the boot lasts: what dom0 is to have again (dom0_weight.h)
 *     fs/GUEST/VDEV/    links by which QEMU finds images that have no path (volume_links.h)
 *     earlydom.log      what it has said (report.h)
 *     console/NAME.log  a guest's console output (bounded_log.h)
 *     guests/NAME       a guest's record, key=value lines
 *
 * Kept open as directories: after the switch to the real root, /run is still the same file system,
 * but the supervisor's own path to it is gone.
 */
#ifndef EARLYDOM_RUNDIR_H
#define EARLYDOM_RUNDIR_H

#include <stddef.h>

#include "base/err.h"

#ifndef RUNDIR /* the tests have one of their own */
#define RUNDIR "/run/earlydom"
#endif

struct rundir {
	int dir, console, guests; /* directory fds */
};

/* Makes and opens the directories at path (RUNDIR, but in tests). Returns 0, or -1 with e set and
 * none open. Without those within it, which are -1 then, there are no logs or no records, and no
 * more: e says why, and is empty where all is well. */
int rundir_open(struct rundir *r, const char *path, struct err *e);
void rundir_close(struct rundir *r);

/* Replaces the record of a guest in one step, so that a reader sees the old or the new one. */
void rundir_record(const struct rundir *r, const char *name, const char *text);

#endif
