/*
 * The supervisor's socket, RUNDIR/control: one request a connection.
 *
 *     list\n          rows of unit_print_row (unit_record.h), then a tab and the longest turn of
 *                      the loop (unit.h), then the end of the connection
 *     report\n        the rows of the boot's timeline (timeline.h), then the end of the connection
 *     console NAME\n  "ok\n", the newest of the log, then the console both ways until one side
 *                     closes; the supervisor does when the guest is over
 *     start NAME\n    "ok\n" once the guest runs
 *     stop-all SECONDS[ force]\n  "ok\n" once all guests have ended (stop_all.h)
 *     stop NAME\n     "ok\n" once the guest has ended, however long that takes
 *     end NAME\n      the same; one that has ended already is fine
 *     destroy NAME\n  the same
 *     release NAME\n  "ok\n" once the guest is not supervised any more
 *     media NAME VDEV eject\n  "ok\n" once the cdrom drive is empty
 *     media NAME VDEV insert PATH\n  "ok\n" once that is in it
 *     handover\n      "ok\n" once every guest is in the store
 *     upgrade\n       with the file of a program (SCM_RIGHTS): "ok\n" when this supervisor ends, so
 *                     that one of that program takes its place
 *     upgraded\n      "ok\n" if this supervisor is the one of the last upgrade
 *
 * Anything that fails is answered with "error: TEXT\n" and the end of the connection.
 */
#ifndef EARLYDOM_CONTROL_H
#define EARLYDOM_CONTROL_H

#include <limits.h>
#include <poll.h>
#include <stdbool.h>

#include "stop_all.h"
#include "unit.h"

#define CONTROL_CLIENTS 16

/* The longest request, with its newline: the path of a medium, and what is in front of it. */
#define CONTROL_REQUEST_MAX (PATH_MAX + CONFIG_NAME_MAX + 64)

struct control_client {
	int fd; /* -1: free */
	enum {
		CLIENT_ASKING,
		CLIENT_ATTACHED,
		CLIENT_WAITING,   /* for unit's end */
		CLIENT_STARTING,  /* for its start */
		CLIENT_STOPPING,  /* for the end of all */
		CLIENT_MEDIA,     /* for the change of a medium */
		CLIENT_UPGRADING, /* for the end of this supervisor */
	} state;
	struct unit *unit; /* NULL while the hand-over of all is waited for */
	struct stop_all stop_all;
	unsigned refusals, media_changes; /* of the unit's, before its request */
	int file;                         /* came with the request, or -1 */
	/* The request so far; input that the console's ring had no room for. */
	char in[CONTROL_REQUEST_MAX + 1];
	size_t in_len;
};

struct control {
	int listen_fd;
	uint64_t deaf_until; /* no client can be let in until then, ns */
	struct control_client clients[CONTROL_CLIENTS];
};

/* The fds to poll: the listening one first, then a client each. */
#define CONTROL_FDS (1 + CONTROL_CLIENTS)

/* Listens on `control` in the directory. Returns 0, or -1 with e set; another supervisor that
 * answers there is an error. With listen_fd, an earlier supervisor's, which is the control's then,
 * it goes on there; else that is -1. */
int control_open(struct control *c, const char *rundir, int listen_fd, struct err *e);
void control_close(struct control *c);

/* Fills in what to poll for, and acts on what poll found. */
void control_poll(const struct control *c, struct pollfd fds[CONTROL_FDS]);
void control_act(struct control *c, struct units *all, const struct pollfd fds[CONTROL_FDS]);

/* Gives a guest's output to those who are attached to it; arg is the struct control (unit.h). */
void control_output(void *arg, const struct unit *u, const char *buf, size_t n);

/* Tells those who wait for the upgrade that this supervisor ends for it. */
void control_upgraded(struct control *c);

/* When control_settle or control_poll has something to do though nothing happens, ns; UINT64_MAX
 * for no time. */
uint64_t control_due(const struct control *c, uint64_t now);

/* Answers those whose wait is over, and lets input that waited for room go on. To be called often.
 */
void control_settle(struct control *c, struct units *all);

/* Connects to the supervisor of rundir. Returns the socket, or -1 with e set. */
int control_connect(const char *rundir, struct err *e);

#endif
