/*
 * The list form of the `viridian` key: which groups of Hyper-V's interface a guest sees
 * (xl.cfg(5)).
 *
 *     [ "base", "!freq", "stimer" ]    [ "defaults", "hcall_ipi" ]    [ "all", "!synic" ]
 *
 * Pure.
 */
#ifndef EARLYDOM_VIRIDIAN_SPEC_H
#define EARLYDOM_VIRIDIAN_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Bit n is libxl's n-th group (libxl_viridian_enlightenment of libxl_types.idl); "all" sets the
 * bits of groups that nobody has yet, too. A group that is in `disable` is not in `enable`, unless
 * "all" came behind it.
 */
struct viridian_spec {
	bool defaults;
	uint64_t enable, disable;
};

/* Takes one more string. Returns 0, or -1 with e set. */
int viridian_group(const char *text, struct viridian_spec *s, struct err *e);

/*
 * The value of HVM_PARAM_VIRIDIAN (HVMPV_* of public/hvm/params.h), 0 for none. Returns 0, or -1
 * with e set: all other groups need "base".
 */
int viridian_mask(const struct viridian_spec *s, uint64_t *mask, struct err *e);

#endif
