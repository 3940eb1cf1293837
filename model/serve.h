/*
 * The device model at work: requests, interrupts, input and output, until the domain is gone.
 */
#ifndef EARLYDOM_SERVE_H
#define EARLYDOM_SERVE_H

#include "base/bounded_log.h"
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
};

/* The board and what it prints; server, irq, in, out and log are the caller's. */
void model_init(struct model *m, uint16_t serial);

/*
 * Serves until the domain is gone or sigfd (a signalfd) is readable; then what was printed last is
 * written, for at most a second. Returns 0, or -1 with e set.
 */
int model_serve(struct model *m, int sigfd, struct err *e);

/* A line on standard error, with the program's name in front. */
void model_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
