/*
 * Xen's daemons in dom0: xenstored, which is the store, and xenconsoled, which serves consoles to
 * those who know them by the store.
 *
 * Each is used where it runs already, and started where the image has it: those that are built
 * here, which are static, or the distribution's own, with their libraries (devmodel_files.h). They
 * run in the own root, from copies at the same path, so that the switch to the real root takes
 * nothing from them; and they are started in a way in which Debian's /etc/init.d/xen finds and
 * keeps them when it comes up: start-stop-daemon takes the process of the pid file for the daemon
 * when /proc/PID/exe reads /usr/lib/xen-X.Y/bin/xenstored, which is what it reads for the copy.
 */
#ifndef EARLYDOM_DAEMONS_H
#define EARLYDOM_DAEMONS_H

#include <stdbool.h>

#include <xen-version.h>

#include "base/err.h"
#include "builder/host/own_root.h"
#include "daemon_start.h"

/* Where Debian's xen-utils has the programs, and where its script looks for pid files. */
#ifndef DAEMONS_DIR /* the tests have none there */
#define DAEMONS_DIR "/usr/lib/xen-" XEN_LIBS_VERSION "/bin"
#endif

/*
 * What xenconsoled writes of guests' output, guest-NAME.log, appended (O_APPEND). In the namespace
 * of the own root alone this is a file system of its own: nobody but earlydom reads these files,
 * and if it did not empty them, they would fill DAEMONS_LOG_SIZE and not all of /run.
 */
#ifndef DAEMONS_LOG_DIR
#define DAEMONS_LOG_DIR "/run/earlydom/xenconsoled"
#endif
#define DAEMONS_LOG_SIZE "16m"

struct daemons_where {
	const char *programs;  /* directory of xenstored and xenconsoled */
	const char *socket;    /* of xenstored */
	const char *store_pid; /* pid files */
	const char *console_pid;
	const char *log_dir; /* of xenconsoled */
	/* What the kernel must have for them: xenfs (xsd_port), and devpts. */
	const char *xenbus, *terminals;
	/* All that they may do, then and later. */
	const struct daemon_powers *store_powers, *console_powers;
	const struct starter *starter; /* borrowed; NULL: what it would do is done here */
	unsigned timeout_ms;           /* how long a daemon may take until it serves */
	int stop_fd; /* when it is readable nobody waits any more for that; -1: for ever */
};

extern const struct daemons_where daemons_usual;

/* What the starter does for them, beside daemon_verb: the directory of xenconsoled's logs. */
extern const struct starter_verb daemons_log_verb;

/* A daemon that serves. */
struct daemon {
	int life; /* readable when it has ended; -1: not known */
};

/* Whether both programs are there to be started. */
bool daemons_there(const struct daemons_where *at);

/* Whether they run, whoever has started them. The first asks for the store's root, and waits for an
 * answer for a second. */
bool daemons_store_answers(const struct daemons_where *at);
bool daemons_console_runs(const struct daemons_where *at);

/*
 * Finds the daemon, or starts it and waits until it serves: xenstored answers, xenconsoled has
 * written its pid file. One that does not within the time-out is ended. xenstored must be there
 * first. r is where a started one runs; NULL: where it is (tests).
 *
 * Returns 0, or -1 with e set and d->life -1: the program cannot be run, it ended (with what it
 * said), it does not serve, or one that somebody else has started does not answer.
 *

 * The life of one that was found is that of the process in its pid file, if there is one.
 *
 * A xenstored that serves must stay: the kernel does not register its watches with another one.
 */
int daemons_store(struct daemon *d, const struct daemons_where *at, const struct own_root *r,
		  struct err *e);
int daemons_console(struct daemon *d, const struct daemons_where *at, const struct own_root *r,
		    struct err *e);

/* Whether a xenstored runs that does not answer: there must be no other one. */
bool daemons_store_hangs(const struct daemons_where *at);

/* Waits until a xenconsoled whose life is over is not there any more, a second at most. */
void daemons_console_goes(const struct daemons_where *at);

/* Ends a xenconsoled, and waits until it has. False when it does not end within a second, or is not
 * known. The rings keep what it has not read. */
bool daemons_end_console(struct daemon *d, const struct daemons_where *at);

/* Stops watching over it; it goes on. */
void daemon_close(struct daemon *d);

#endif
