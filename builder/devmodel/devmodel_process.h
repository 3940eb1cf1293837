/*
 * A device model's process: its first instruction, and its end.
 *
 * argv[0] begins with '@', by which systemd knows that it must live on when the initramfs is left.
 * That holds for processes of root's alone: a systemd inside the initramfs (dracut's, not
 * initramfs-tools') would end a QEMU that has given up root, and earlydom-model, which always has,
 * at the switch and not before.
 *
 * It is the head of a session of its own, has nothing but the files that it is given, no blocked
 * signal, and SIGPIPE ignored: what it writes to a supervisor that is no more is lost, and no more.
 */
#ifndef EARLYDOM_DEVMODEL_PROCESS_H
#define EARLYDOM_DEVMODEL_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "builder/host/own_root.h"
#include "builder/starter/starter.h"
#include "devmodel_powers.h"
#include "model_root.h"
#include "qemu_filter.h"

/* What is taken from a QEMU before its first instruction (devmodel_powers.h). */
struct model_jail {
	bool strict;       /* what can't be had is an error */
	bool of_root;      /* it begins as root's: there are namespaces and capabilities */
	bool sys;          /* it may write in /sys */
	uint64_t keeps;    /* capabilities, of one that begins as root's and is not to become
			      another user's before */
	uint64_t file_max; /* model_limit_files */
	struct qemu_filter filter;
};

struct model_program {
	const char *path;
	char *const *argv, *const *env; /* NULL-terminated */
	const int *fds;                 /* nr_fds of them: what it has as 0, 1, 2 ... */
	size_t nr_fds;
	enum model_limits limits;
	const struct own_root *own_root; /* its root; NULL: that of this process */
	const struct model_root *root;   /* one within that, which it has for itself; or NULL */
	uid_t uid;                       /* whose it is (model_become); 0: it begins as root's */
	const struct model_jail *jail;   /* of QEMU; or NULL */
};

/* What nr_fds is at most. */
#define MODEL_FDS_MAX 300

/* Where every device model looks for programs, in its environment. */
#define MODEL_PATH "PATH=/sbin:/bin:/usr/sbin:/usr/bin"

/* Files for a process. The first `own` of them are only its; -1 is none yet. */
struct model_handed {
	int fds[MODEL_FDS_MAX];
	size_t n, own;
};

/* Closes those; two of the first three may be one. */
void model_handed_close(struct model_handed *h);

/* Adds a file that stays the caller's. Returns as which number the process has it, or -1 with e
 * set: there are MODEL_FDS_MAX. */
int model_hand(struct model_handed *h, int fd, struct err *e);

/*
 * Has the starter run it, or without one (NULL) this process. Returns its process, or -1 with e
 * set: `cannot run device model PATH: cause`, or `cannot start device model PATH: cannot filter its
 * system calls (device_model_restrict = 0 goes without): cause`, and the like.
 *
 * One with a filter that lets no other program be run is run by a call that this function lets
 * (SECCOMP_ASK): nobody else can any more when it has returned.
 */
pid_t devmodel_process_start(const struct starter *s, const struct model_program *p, struct err *e);

extern const struct starter_verb devmodel_process_verb, devmodel_run_verb;

/* *status of a process that was an earlier supervisor's child, and is none of this one. */
#define DEVMODEL_STATUS_UNKNOWN (-1)

/*
 * Whether the process has ended, without waiting: then *status is as waitpid(2) has it, its process
 * is reaped, and what it has left of its session's processes is killed. One that is no child is
 * known by its pidfd, -1 where there is none.
 */
bool devmodel_process_ended(pid_t pid, int pidfd, int *status);

/* When the process was started, in the kernel's ticks since the boot (proc(5)): with its number
 * that is its own for good. 0 when there is none. */
uint64_t devmodel_process_began(pid_t pid);

/*
 * Whether it is about to end: it has no memory any more, which a process gives back before its
 * files are closed (do_exit in Linux's kernel/exit.c).
 */
bool devmodel_process_exits(pid_t pid);

/*
 * Ends it: SIGTERM, and SIGINT where it has blocked that, as one has that was started in an
 * initramfs with systemd (initramfs.h); SIGKILL after term_ms. Waits until it is gone, for kill_ms
 * more at most. Returns 0, or -1 with e set: it stays, which only dom0's kernel can be the cause
 * of.
 */
int devmodel_process_end(pid_t pid, int pidfd, unsigned term_ms, unsigned kill_ms, struct err *e);

/* Whether the process has that user for its own by now, all four of its ids. */
bool devmodel_process_has_uid(pid_t pid, uid_t uid);

#endif
