/*
 * A network of a test's own: a network namespace, with real bridges and pairs of veth in the place
 * of cards and vifs, and its sysfs. The tests that use it are skipped, and say so, where the kernel
 * or the rights for that are missing.
 */
#ifndef EARLYDOM_FAKE_NET_H
#define EARLYDOM_FAKE_NET_H

#include "kit.h"

#include "builder/device/netlink.h"

/* A group's set-up, with kit_begin's; its tear-down is kit_end. */
int net_begin(void **state);

/* True with a network; else skips the test. To be called first. */
void net_need(void);

/* Makes an interface ("bridge", "veth"), and returns it. */
struct link net_make(const char *name, const char *kind);
void net_remove(const char *name);

/* An interface that is there. */
struct link net_get(const char *name);

/* A number in /sys/class/net/NAME/FILE. */
long net_sysfs(const char *name, const char *file);

/* A number in /proc/sys/net/ipv4/conf/NAME/FILE. */
long net_conf(const char *name, const char *file);

/* Gives an interface an address ("192.0.2.1", with a network of so many bits), and takes it up. */
void net_address(const char *name, const char *address, unsigned bits);

/* The interface of the route to that network, in a string of the function's own; "" when there is
 * none with that metric. */
const char *net_route(const char *address, unsigned bits, unsigned metric);

/* dom0's own address for packets to that one, in a string of the function's own; "" for none. */
const char *net_source(const char *to);

#endif
