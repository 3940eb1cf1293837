/*
 * Disks and network interfaces that the test machine does not have: in place of disk_hold,
 * guest_adopt_disk, disk_drop, vif_init and vif_plug, in tests that ask for it. fake_reset brings
 * the real ones back.
 *
 * The calls are counted and fail on request like all others of the fake (fake.h), and fake_leaks
 * reports disks that are held. A disk's path is its target, its number 202:0, 202:1 ...
 */
#ifndef EARLYDOM_FAKE_DEVICES_H
#define EARLYDOM_FAKE_DEVICES_H

#include <stdbool.h>
#include <stddef.h>

struct fake_devices {
	bool on;
	bool absent;          /* the disks are not there; they may come */
	bool wrong;           /* they are there and can't be used */
	bool no_bridge;       /* nothing to plug an interface into; it may come */
	bool lost;            /* the disks that are held are not there any more */
	bool unplugged;       /* the back end's interfaces have not appeared */
	unsigned holds, held; /* disks that were held so far, and are now */
	size_t reserved; /* disks that some guest may write, as known when the first was held */
	unsigned plugs;  /* interfaces that were plugged so far */
};
struct fake_devices *fake_devices(void);

#endif
