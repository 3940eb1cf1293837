/*
 * What the guest prints, on its way to a descriptor that may be slow.
 *
 * The guest never waits for its reader. What the reader has not taken yet is kept, up to
 * OUTPUT_MAX bytes; what comes then is lost, and a line at its place says how much it was.
 */
#ifndef EARLYDOM_OUTPUT_H
#define EARLYDOM_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OUTPUT_MAX (64 * 1024)

struct output {
	int fd; /* non-blocking */
	bool closed;
	uint64_t lost;
	size_t first, n;
	uint8_t bytes[OUTPUT_MAX];
};

void output_init(struct output *o, int fd);

/* Adds a byte. */
void output_put(struct output *o, uint8_t byte);

/* Whether there is something to write, so that writability is worth waiting for. */
bool output_waits(const struct output *o);

/*
 * Writes what the descriptor takes without waiting. Returns 0, or -1 with errno set when it takes
 * nothing any more: from then on everything is dropped, and 0 is returned.
 */
int output_flush(struct output *o);

#endif
