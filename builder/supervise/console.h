/*
 * A guest's console ring, from dom0's end.
 *
 * Source: public/io/console.h. The guest shares the page and can write anything into it at any
 * time: indices are read once and checked.
 */
#ifndef EARLYDOM_CONSOLE_H
#define EARLYDOM_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xenevtchn.h>

#include "builder/guest/guest.h"
#include "builder/host/host.h"

struct xencons_interface;

struct console {
	struct xencons_interface *ring; /* mapped; NULL when closed */
	evtchn_port_t port;             /* dom0's end; 0, which is no port, when only mapped */
};

/* The most that one console_read returns: the size of the ring. */
#define CONSOLE_RING_OUT 2048

/* Maps the ring of g's domain and binds its event channel. Returns 0, or -1 with e set and nothing
 * held. */
int console_open(struct console *c, struct host *h, xenevtchn_handle *xce, const struct guest *g,
		 struct err *e);

/* Maps the ring alone, of a guest that has ended: what is left in it can be read, and nobody has to
 * be told. Returns 0, or -1 with e set and nothing held. */
int console_map(struct console *c, struct host *h, const struct guest *g, struct err *e);

/* How much of the guest's output somebody has taken from the ring since its start, in bytes modulo
 * 2^32, and whether that was all. What makes no sense counts as all. */
uint32_t console_taken(const struct console *c, bool *all);

/* Unmaps and unbinds; a closed console is allowed. A domain is not gone while its ring is mapped.
 */
void console_close(struct console *c, xenevtchn_handle *xce);

/* How much of its output the guest says is in the ring; 0 when it is closed or makes no sense. */
size_t console_there(const struct console *c);

/* Takes what the guest has printed, at most size bytes, and tells it that there is room. Returns
 * the number. */
size_t console_read(struct console *c, xenevtchn_handle *xce, char *buf, size_t size);

/* How many bytes the ring has room for; 0 when it is closed or makes no sense. */
size_t console_room(const struct console *c);

/* Gives the guest input. Returns how many of the n bytes the ring had room for. */
size_t console_write(struct console *c, xenevtchn_handle *xce, const char *buf, size_t n);

#endif
