/*
 * One I/O request of the hypervisor (xen/hvm/ioreq.h): what is asked, and the answer.
 *
 * A guest chooses most of a request's fields, and the page that holds it is shared: each field is
 * read once, and checked before it is used. A request of any kind is answered, since its vcpu waits
 * for that.
 */
#ifndef EARLYDOM_REQUEST_H
#define EARLYDOM_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/hvm/ioreq.h>

#include "board.h"

/* A request's fields, as they were read. */
struct request {
	uint64_t addr, data;
	uint32_t count, size;
	uint8_t type;
	bool read, backwards, indirect; /* dir, df, data_is_ptr */
};

/* The guest's memory, for string instructions. */
struct guest_memory {
	/* Copies n bytes (1 to 8) from or to guest physical memory. False when it is not there. */
	bool (*copy)(void *arg, uint64_t gpa, void *buf, size_t n, bool to_guest);
	void *arg;
};

/* Takes the request that is in a vcpu's slot. False when there is none. */
bool request_take(struct ioreq *slot, struct request *r);

/* How many accesses to ports it makes, at least 1. */
uint32_t request_accesses(const struct request *r);

/* Does what it asks. Returns the data of the answer. */
uint64_t request_serve(const struct request *r, struct board *b, const struct guest_memory *m);

/* Gives the answer; the hypervisor has to be notified then. */
void request_answer(struct ioreq *slot, uint64_t data);

#endif
