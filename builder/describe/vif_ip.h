/*
 * The value of a vif's `ip` where it is routed (script=vif-route): the networks of the guest, with
 * blanks between. Pure: text in, bytes out.
 *
 * xl hands each word to `ip route add`. A word is an address, or a network as ADDRESS/BITS; here
 * it may be IPv6, too, of which Xen's script makes an error, because the source address that it
 * gives is IPv4.
 */
#ifndef EARLYDOM_VIF_IP_H
#define EARLYDOM_VIF_IP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct vif_net {
	int family;       /* AF_INET or AF_INET6 */
	uint8_t addr[16]; /* 4 of them with AF_INET; behind the first `bits` bits all is zero */
	unsigned bits;
};

/*
 * Takes the next network and steps over it. Returns 1, or 0 at the end, or -1 with e set: the word
 * is none, or an address behind a prefix that does not cover it, which the kernel refuses, too.
 */
int vif_net_next(const char **at, struct vif_net *out, struct err *e);

/* Writes it as the kernel shows it: without /32 and /128. */
#define VIF_NET_TEXT (INET6_ADDRSTRLEN + 4)
void vif_net_text(const struct vif_net *n, char text[VIF_NET_TEXT]);

/* Whether two values of `ip` have a network in common, of which there can be one route; that is put
 * into text. Networks that only overlap are right: the longer prefix counts. NULL has none. */
bool vif_nets_meet(const char *a, const char *b, char text[VIF_NET_TEXT]);

#endif
