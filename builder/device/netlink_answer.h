/*
 * What the kernel answers by rtnetlink, read: netlink(7), rtnetlink(7). Pure: bytes in, what was
 * asked for and a verdict out.
 */
#ifndef EARLYDOM_NETLINK_ANSWER_H
#define EARLYDOM_NETLINK_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link.h"

/* The number of the one request on a socket; messages with another number are skipped. */
#define NETLINK_SEQUENCE 1

/* Takes a message of that type (RTM_*) with the n bytes of its payload; out is what
 * netlink_take has got. A message of another type, or one that is too short, changes nothing. */
typedef void netlink_taker(void *out, uint16_t type, const char *p, size_t n);

/* out is a struct link, which is filled in. */
netlink_taker netlink_link;

/* What is asked for of an interface's addresses. */
struct link_ipv4 {
	unsigned index; /* the interface */
	bool there;
	uint8_t addr[4]; /* the first that is not secondary: `ip -4 address show primary` */
};
/* out is a struct link_ipv4, of which index is given; a list may have other interfaces, too. */
netlink_taker netlink_ipv4;

/*
 * Reads the messages in the n bytes of one packet, which are aligned as struct nlmsghdr, and gives
 * each that is no verdict to take, which may be NULL. Returns 1 when the kernel's verdict is among
 * them: *verdict is 0 or an errno value; words (size bytes) gets the kernel's text, and is not
 * changed where it sent none. Returns 0 when the verdict is not among them, -1 when the messages
 * are malformed.
 *
 * The end of a list is a verdict. A list that has changed while the kernel wrote it may lack
 * something: then the verdict is EINTR, for which *verdict goes from one packet to the next, from 0
 * at the first.
 */
int netlink_take(const char *p, size_t n, netlink_taker *take, void *out, int *verdict, char *words,
		 size_t size);

#endif
