/*
 * The device model at work: requests, interrupts, input and output, until the domain is gone.
 */
#ifndef EARLYDOM_SERVE_H
#define EARLYDOM_SERVE_H

#include "base/bounded_log.h"
#include "base/rate.h"
#include "board.h"
#include "output.h"
#include "server.h"

struct model {
	struct server server;
	struct board board;
	uint8_t irq;
	bool level; /* of the interrupt, as the hypervisor knows it */

	int in; /* non-blocking; -1 when there is nothing to read any more */
	struct output out;

	struct bounded_log log; /* fd -1 for none */
	char line[512];         /* what is not in the log yet */
	size_t line_len;

	/*
	 * A guest that does nothing but touch ports would keep a processor of dom0's busy. What it
	 * has had beyond its rate is owed: until it is paid by time, no event is taken, and the
	 * vcpus whose requests wait there stand still.
	 */
	struct rate rate; /* of accesses to ports */
	uint64_t owed;
	uint64_t ticked; /* ns: when the domain was looked at last */
};

/* The board and what it prints; server, irq, in, out and log are the caller's. io_rate: accesses to
 * ports in a second, 0 for no bound. */
void model_init(struct model *m, uint16_t serial, uint32_t io_rate);

/*
 * Serves until the domain is gone or sigfd (a signalfd) is readable; then what was printed last is
 * written, for at most a second. Returns 0, or -1 with e set.
 */
int model_serve(struct model *m, int sigfd, struct err *e);

/* A line on standard error, with the program's name in front. */
void model_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
