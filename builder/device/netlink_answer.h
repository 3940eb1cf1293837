/*
 * What the kernel answers by rtnetlink, read: netlink(7), rtnetlink(7). Pure: bytes in, an
 * interface and a verdict out.
 */
#ifndef EARLYDOM_NETLINK_ANSWER_H
#define EARLYDOM_NETLINK_ANSWER_H

#include <stddef.h>

#include "link.h"

#define NETLINK_SEQUENCE 1 /* of the one request on a socket; of others nothing is taken */

/*
 * Reads the messages in the n bytes of one packet, which are aligned as struct nlmsghdr. Fills in
 * the interface, if there is one among them and out is not NULL. Returns 1 when the kernel's
 * verdict is among them: *verdict is 0 or an errno value, words (size bytes) its words where it has
 * some. Returns 0 when it is not, -1 when they are not what they should be.
 */
int netlink_take(const char *p, size_t n, struct link *out, int *verdict, char *words, size_t size);

#endif
