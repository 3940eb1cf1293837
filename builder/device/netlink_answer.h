/*
 * What the kernel answers by rtnetlink, read: netlink(7), rtnetlink(7). Pure: bytes in, an
 * interface and a verdict out.
 */
#ifndef EARLYDOM_NETLINK_ANSWER_H
#define EARLYDOM_NETLINK_ANSWER_H

#include <stddef.h>

#include "link.h"

/* The number of the one request on a socket; messages with another number are skipped. */
#define NETLINK_SEQUENCE 1

/*
 * Reads the messages in the n bytes of one packet, which are aligned as struct nlmsghdr. Fills in
 * the interface, if there is one among them and out is not NULL. Returns 1 when the kernel's
 * verdict is among them: *verdict is 0 or an errno value; words (size bytes) gets the kernel's
 * text, and is not changed where it sent none. Returns 0 when the verdict is not among them, -1
 * when the messages are malformed.
 */
int netlink_take(const char *p, size_t n, struct link *out, int *verdict, char *words, size_t size);

#endif
