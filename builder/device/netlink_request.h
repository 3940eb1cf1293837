/*
 * A request to the kernel by rtnetlink, and its answer (netlink(7), rtnetlink(7)): what netlink.c
 * and netlink_route.c share. Each request goes over a socket of its own.
 */
#ifndef EARLYDOM_NETLINK_REQUEST_H
#define EARLYDOM_NETLINK_REQUEST_H

#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "netlink_answer.h"

struct request {
	struct nlmsghdr head;
	union {
		struct ifinfomsg link;
		struct ifaddrmsg addr;
		struct rtmsg route;
		char attrs[256]; /* begin behind the one that is used */
	};
};

/* Begins a request of that type (RTM_*). body is what it begins with, n bytes of the union. */
void request_init(struct request *r, uint16_t type, uint16_t flags, const void *body, size_t n);

/* Appends an attribute; returns where it lies, for request_nest_end. All of one request must fit:
 * texts are bounded by their callers. One that does not is refused when it is sent (EMSGSIZE). */
size_t request_put(struct request *r, uint16_t type, const void *data, size_t n);
void request_put_text(struct request *r, uint16_t type, const char *text);

/* Begins an attribute that holds others, and ends it. */
size_t request_nest(struct request *r, uint16_t type);
void request_nest_end(struct request *r, size_t start);

#define REQUEST_WORDS 128 /* the kernel's own about a verdict; the rest is cut */

/*
 * Sends the request and waits for the verdict; gives what comes before it to take, if that is not
 * NULL (netlink_take). Returns an errno value, 0 for none, with the kernel's words or "" in words.
 */
int request_ask(const struct request *r, netlink_taker *take, void *out, char words[REQUEST_WORDS]);

/* Sets e to what an errno value and the kernel's words say. Returns -1. */
int request_refused(int errnum, const char *words, struct err *e);

/* For requests that only have a verdict. Returns 0, or -1 with e set. */
int request_run(const struct request *r, struct err *e);

#endif
