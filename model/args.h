/*
 * The device model's command line: the classic protocol.
 */
#ifndef EARLYDOM_MODEL_ARGS_H
#define EARLYDOM_MODEL_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define ARGS_USAGE "earlydom-model -f CONFIG [-v VNC] -d DOMID -p PORT -m MEMORY"

struct model_args {
	bool help;
	const char *config; /* all of these are borrowed from argv */
	const char *vnc;    /* or NULL */
	uint16_t domid;
	uint32_t port;       /* an event channel of dom0's for the guest: not used */
	uint32_t memory_mib; /* not used */
};

/* Returns 0, or -1 with e set. Nothing is printed. */
int model_args(int argc, char **argv, struct model_args *out, struct err *e);

/* The descriptor that is to be closed when the model is ready, from the environment's
 * EARLYDOM_READY_FD: -1 when there is none. Returns 0, or -1 with e set. */
int model_ready_fd(const char *text, int *out, struct err *e);

/* Whether the model may run where dom0's kernel can't restrict it to its domain, from the
 * environment's EARLYDOM_RESTRICT: "0" says so, "1" and nothing don't. Returns 0, or -1 with e set.
 */
int model_may_be_unrestricted(const char *text, bool *out, struct err *e);

#endif
