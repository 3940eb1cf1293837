/*
 * Which guest comes after which, checked before anything starts: the key `after`, and backend= of
 * disks and interfaces, which make a guest come after the one that serves it.
 *
 * `after` is an order and not a need: a guest that is not selected, or that fails, is not waited
 * for. A back end is a need; it may also be a domain that is no guest here.
 */
#ifndef EARLYDOM_ORDER_H
#define EARLYDOM_ORDER_H

#include <stdbool.h>

#include "builder/describe/config.h"

/*
 * Checks `after` of the n selected guests; a guest whose name is NULL is out already. known are the
 * names of all descriptors, selected or not. If one of them is NULL, its name could not be read,
 * and then no name counts as unknown.
 *
 * Reports in d what is wrong and sets out[i] for each guest that cannot be started because of it:
 * `after` names no guest, or the guest itself, or guests wait for each other in a circle. A guest
 * that only waits for one of these can be started. A back end that is no guest is noted.
 */
void order_check(const struct guest_config *guests, size_t n, const char *const *known,
		 size_t nr_known, bool *out, struct diag *d);

#endif
