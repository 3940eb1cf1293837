/*
 * A process by a file (pidfd_open(2), Linux 5.3), which stays its own when its number is another
 * process's. The C libraries have no functions for it. Safe between fork and exec.
 */
#ifndef EARLYDOM_PIDFD_H
#define EARLYDOM_PIDFD_H

#include <sys/types.h>

/* The file of a process, readable when it has ended; or -1 with errno set. */
int pidfd_of(pid_t pid);

/* As kill(2). */
int pidfd_kill(int pidfd, int number);

#endif
