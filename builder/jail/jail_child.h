/* The child's side of the jail. */
#ifndef EARLYDOM_JAIL_CHILD_H
#define EARLYDOM_JAIL_CHILD_H

#include "jail_request.h"

/*
 * To be called in a new process: shuts it in, does the job and ends the process. Needs nothing of
 * the process but its open files, and locks nothing that another thread may have locked.
 */
_Noreturn void jail_child(const struct jail_request *r);

#endif
