/*
 * A QEMU that does nothing but answer at a QMP socket, one client after the other, in a process of
 * its own.
 */
#ifndef EARLYDOM_FAKE_QMP_H
#define EARLYDOM_FAKE_QMP_H

#include <sys/types.h>

struct fake_qmp {
	const char *socket, *log; /* paths; the log is made anew */
	const char *refuses;      /* a command; NULL for none */
	const char *why;          /* QEMU's words for that */
	unsigned times;           /* as often as that; 0: always */
	const char *vnc;          /* its answer to query-vnc; NULL: {} */
	const char *pci;          /* the same to query-pci */
	const char *hangs_up;     /* ends instead of answering this command; NULL for none */
};

/*
 * Starts it; it ends after half a minute at the latest. The log gets a line for each command:
 *
 *     blockdev-change-medium {"id": "ide-5632", ...}
 *
 * and what is in the file that came with one. Returns its process.
 */
pid_t fake_qmp_start(const struct fake_qmp *f);
void fake_qmp_end(pid_t pid);

#endif
