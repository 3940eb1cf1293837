/*
 * Network interfaces of dom0, by rtnetlink (rtnetlink(7); Linux, include/uapi/linux/rtnetlink.h and
 * if_link.h).
 *
 * Each call is one request on a socket of its own, and waits for the kernel's answer. On failure it
 * returns -1 with e set to the cause alone, in the kernel's own words where it gives some; callers
 * put in front what they were doing.
 */
#ifndef EARLYDOM_NETLINK_H
#define EARLYDOM_NETLINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "link.h"

/* Looks an interface up. Returns 0, or 1 when there is none of that name, or -1 with e set. */
int link_get(const char *name, struct link *out, struct err *e);

/* Makes an interface of a kind; mac is NULL for one that the kernel makes up. */
int link_make(const char *name, const char *kind, const uint8_t *mac, struct err *e);

/* Turns forward delay and spanning tree of the bridge with that index off. */
int link_set_bridge(unsigned index, struct err *e);

int link_set_up(unsigned index, bool up, struct err *e);
int link_set_name(unsigned index, const char *name, struct err *e); /* it must be down */
int link_set_mac(unsigned index, const uint8_t mac[6], struct err *e);
int link_set_mtu(unsigned index, unsigned mtu, struct err *e);
int link_set_master(unsigned index, unsigned master, struct err *e); /* 0: none any more */

#endif
