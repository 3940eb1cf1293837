/*
 * The system calls of the supervisor, for its filter: this is the list of all that it may do. What
 * is missing is what it never does: to run a program, to make a process, to mount, to change whose
 * it is, to look into another process, to load anything into the kernel.
 */
#ifndef EARLYDOM_SUPERVISOR_CALLS_H
#define EARLYDOM_SUPERVISOR_CALLS_H

#include "base/seccomp.h"

/* Those that each processor has, and those that only this one has. */
extern const struct seccomp_list supervisor_calls, supervisor_calls_of_arch;

#endif
