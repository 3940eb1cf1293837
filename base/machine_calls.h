/*
 * Calls that no program needs which serves guests, for the filters of those that are not ours, of
 * which it is not known what they call (seccomp_build_denying).
 *
 * What nobody makes by chance is the end of the process by SIGSYS. What a library may try, and can
 * do without, fails.
 */
#ifndef EARLYDOM_MACHINE_CALLS_H
#define EARLYDOM_MACHINE_CALLS_H

#include "seccomp.h"

/* The machine's and its file systems' administration. */
extern const struct seccomp_list machine_calls;
/* The same, calls that only some processors have. */
extern const struct seccomp_list machine_calls_of_arch;
/* Other processes, and parts of the kernel that have been a way into it. */
extern const struct seccomp_list other_process_calls;

#endif
