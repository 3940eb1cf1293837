/*
 * Everything about a build that can be judged before there is a domain.
 */
#ifndef EARLYDOM_JUDGE_H
#define EARLYDOM_JUDGE_H

#include "builder/jail/e820_file.h"
#include "builder/guest/guest.h"
#include "builder/host/host.h"
#include "loaders/kernel_facts.h"

/*
 * Whether kernel, ramdisk, memory and tables go together, whether the hypervisor runs such a guest,
 * and has the memory for it: k is what g starts with. Waits for builds that began before and may
 * take the memory (reservation.h). Reads the guest's memory map file into *space: *map is that, or
 * NULL where there is none. Returns 0, or -1 with e set.
 */
int judge(const struct guest *g, struct host *h, const struct kernel_facts *k,
	  struct e820_map *space, const struct e820_map **map, struct err *e);

#endif
