/* What the kernel would do about a call under a filter of calls (base/seccomp.h). */
#ifndef EARLYDOM_FAKE_FILTER_VERDICT_H
#define EARLYDOM_FAKE_FILTER_VERDICT_H

#include "base/seccomp.h"

/* Of the call with this number (SYS_*), one argument of which, from 0, has that value; the others
 * are 0. Returns what the filter does, SECCOMP_RET_*. Fails the test where the filter is none. */
uint32_t filter_verdict(const struct seccomp_filter *f, int nr, unsigned arg, uint64_t value);

/* The same of any call, also of another kind of processor. */
uint32_t filter_verdict_of(const struct seccomp_filter *f, const struct seccomp_data *d);

#endif
