/*
 * Bytes for names that must differ: uuids, addresses of network cards. Not for secrets.
 */
#ifndef EARLYDOM_RANDOM_H
#define EARLYDOM_RANDOM_H

#include <stddef.h>

/*
 * Fills len bytes, at most 256, at `to`. Returns 0, or -1 with errno set.
 *
 * Does not wait. Early in the boot, on a processor without a random number instruction, Linux's
 * generator is not initialised yet, and a waiting getrandom(2) would spend about a second on that.
 * What the generator has by then, from clocks and from the firmware's tables, is also what the
 * kernel makes its own uuids and addresses from (generate_random_uuid in lib/uuid.c,
 * eth_random_addr).
 */
int random_bytes(void *to, size_t len);

#endif
