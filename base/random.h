/*
 * Bytes for names that must differ: uuids, addresses of network cards. Not for secrets.
 */
#ifndef EARLYDOM_RANDOM_H
#define EARLYDOM_RANDOM_H

#include <stddef.h>

/*
 * Fills len bytes, at most 256, at `to`. Returns 0, or -1 with errno set.
 *
 * Does not wait. Early in the boot of a machine whose processor has no random numbers of its own
 * Linux has none that it calls good, and getrandom(2) collects some for a second. What Linux has by
 * then, from clocks and from the firmware's tables, makes the kernel's own uuids and addresses, too
 * (generate_random_uuid in lib/uuid.c, eth_random_addr).
 */
int random_bytes(void *to, size_t len);

#endif
