/*
 * Files that outlive the process that uses them, by name: what the supervisor has open and could
 * not open again, and what its keeper has of the same for the supervisor after it.
 *
 * The two speak over a socket of kind SOCK_SEQPACKET. A message is a letter and a text, some with a
 * file (SCM_RIGHTS; unix(7)). systemd's file descriptor store is the model.
 */
#ifndef EARLYDOM_KEPT_H
#define EARLYDOM_KEPT_H

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* The file of the supervisor's and the keeper's end of the socket, in a program that was just
 * started. */
#define KEPT_CHANNEL_FD 3

/* The longest text of a message; a name may have a path in it. */
#define KEPT_TEXT_MAX (PATH_MAX + 128)

enum kept_verb {
	KEPT_HOLD = 'h',    /* the text is a name; with the file */
	KEPT_DROP = 'd',    /* the text is a name */
	KEPT_BEGIN = 'b',   /* to a new process: it has all files now; the text says why it began */
	KEPT_UP = 'u',      /* the supervisor serves */
	KEPT_LEFT = 'l',    /* the supervisor has left the root that both began in */
	KEPT_OVER = 'o',    /* the supervisor ends as it was told to: none is to be started */
	KEPT_UPGRADE = 'n', /* it ends so that the program "program-new" takes its place */
};

/* Why a process began, in KEPT_BEGIN: one of these words, and for some a blank and a cause. */
#define BEGIN_FIRST    "first"    /* the first supervisor, by the keeper */
#define BEGIN_AGAIN    "again"    /* the one before has ended */
#define BEGIN_UPGRADED "upgraded" /* from another version of the program */
#define BEGIN_FELL     "fell"     /* another version did not come up: this is the one before */
#define BEGIN_KEEP     "keep"     /* a keeper, for the supervisor that sends it */

struct kept_message {
	char verb;
	int fd; /* -1 for none; the receiver's */
	char text[KEPT_TEXT_MAX + 1];
};

struct kept_file {
	char *name;
	int fd;
	bool waits; /* it came from the process before, and nobody has taken it yet */
};

/* Files by name. Several threads may use it; the one that gives it its channel reads channel and
 * begun without the lock. */
struct kept {
	pthread_mutex_t lock;
	struct kept_file *v; /* n of them, in the order in which they came */
	size_t n;
	int channel; /* to the other process, which is told of each change; -1 for none */
	bool cut;    /* the other process did not take a message: the channel is of no use */

	/* A new process at the other end is given everything first, as it takes it. */
	bool begun;                  /* it has everything, and KEPT_BEGIN */
	size_t sent;                 /* files that it has, while it has not begun */
	char why[KEPT_TEXT_MAX + 1]; /* the text of KEPT_BEGIN */
};

/* channel leads to a process that has everything. */
void kept_init(struct kept *k, int channel);

/* There is a new process at the other end of channel, which is to
 * get everything. kept_pump sends what it takes now. Returns whether it has begun; 0 while it has
 * not; -1 with errno set when it takes nothing any more. Needs no memory: the process waits for
 * it, as long as it takes. */
int kept_begin(struct kept *k, int channel, const char *why);
int kept_pump(struct kept *k);

/* Makes both ends of a channel. Returns 0, or -1 with errno set. */
int kept_new_channel(int ends[2]);

/* Closes nothing but files that still wait, and frees the list. The channel stays. */
void kept_free(struct kept *k);

/*
 * The file fd, which stays the caller's, is to be kept under that name, instead of what was kept
 * under it. The caller must not close it before kept_drop. Never blocks. With k NULL nothing is
 * done. What memory is too short for, or the keeper does not take, is not kept, and cut is set.
 */
void kept_hold(struct kept *k, const char *name, int fd);
void kept_drop(struct kept *k, const char *name);

/* Tells the other process something of which there is no file. One that does not take it has cut
 * set: it gets a successor. Never blocks. With k NULL nothing is done. */
void kept_tell(struct kept *k, enum kept_verb verb);

/* The other process is of no use any more: cut is set. */
void kept_give_up(struct kept *k);

/* Whether another process is needed: this one has cut set, or there is none. */
bool kept_is_cut(struct kept *k);

/* Nobody is told anything from here on. Returns the channel, which is the caller's then, and which
 * no thread uses any more; -1 when there was none. */
int kept_leave(struct kept *k);

/* Takes a file that came from the process before: it is the caller's then, and goes on being kept.
 * Returns -1 when there is none. */
int kept_take(struct kept *k, const char *name);

/* Closes what came from the process before and nobody has taken. */
void kept_sweep(struct kept *k);

/* Adds a file that came from the process before; the list's until it is taken. Returns 0, or -1
 * when memory is short: then it is closed. */
int kept_came(struct kept *k, const char *name, int fd);

/* Sends a message, without waiting. fd is -1 for none. Returns 0, or -1 with errno set; EAGAIN
 * when the receiver has too much to read. */
int kept_send(int channel, enum kept_verb verb, const char *text, int fd);

/* The next message. Returns 1; 0 when the other end is closed; or -1 with errno set, EAGAIN when
 * there is none on a channel that does not wait, EBADMSG for what is no message. */
int kept_receive(int channel, struct kept_message *m);

/*
 * Receives everything that a new process is given, into the empty k, up to KEPT_BEGIN, whose text
 * is copied to why. Waits for it. Returns 0, or -1 with e set.
 */
int kept_receive_all(struct kept *k, int channel, char why[KEPT_TEXT_MAX + 1], struct err *e);

#endif
