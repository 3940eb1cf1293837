/*
 * A network interface of dom0, as the kernel describes it.
 */
#ifndef EARLYDOM_LINK_H
#define EARLYDOM_LINK_H

#include <net/if.h>
#include <stdint.h>

struct link {
	unsigned index;
	unsigned flags;  /* IFF_* */
	unsigned mtu;    /* bytes */
	unsigned master; /* index of the bridge that it is a port of, or 0 */
	uint8_t mac[6];
	char name[IFNAMSIZ];
	char kind[16]; /* of virtual ones: "bridge", "veth" ...; else "" */
};

#endif
