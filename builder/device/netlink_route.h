/*
 * IPv4 addresses and routes of dom0, by rtnetlink (rtnetlink(7); Linux,
 * include/uapi/linux/rtnetlink.h, if_addr.h and ip.h). Each call is as those of netlink.h.
 */
#ifndef EARLYDOM_NETLINK_ROUTE_H
#define EARLYDOM_NETLINK_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* The interface's first IPv4 address that is not secondary. Returns 0, or 1 when it has none, or -1
 * with e set. */
int link_get_ipv4(unsigned index, uint8_t addr[4], struct err *e);

/* Gives the interface that address alone, without a network (/32); one that it has stays. */
int link_add_ipv4(unsigned index, const uint8_t addr[4], struct err *e);

/* Has the kernel answer ARP for what it has a route to by another interface. */
int link_set_proxy_arp(unsigned index, struct err *e);

/* Has the kernel pass over IPv4 routes by the interface while its other end is not connected. */
int link_ignore_linkdown(unsigned index, struct err *e);

/* A route to what is at an interface, in the main table. */
struct route {
	int family;          /* AF_INET or AF_INET6 */
	const uint8_t *addr; /* as many bytes as the family's addresses have */
	unsigned bits;       /* of the prefix */
	const uint8_t *src;  /* for dom0's own packets, or NULL */
	unsigned index;      /* of the interface, which is up */
	unsigned metric;
};

/* Adds the route; one that is the same but for src is replaced. Returns 0, or 1 when there is one
 * to the same network by another interface with the same metric, or -1 with e set. */
int route_add(const struct route *route, struct err *e);

#endif
