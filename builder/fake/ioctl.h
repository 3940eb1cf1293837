/*
 * ioctl(2) in place of the kernel's, which those of test machines do not all have alike.
 */
#ifndef EARLYDOM_FAKE_IOCTL_H
#define EARLYDOM_FAKE_IOCTL_H

#include <stdbool.h>

/* Answers a request, with *rc and errno, or returns false: the kernel is asked. */
typedef bool fake_ioctl(unsigned request, int *rc);

/* Has this thread's calls answered by that; NULL: by the kernel. */
void fake_ioctls(fake_ioctl *answer);

#endif
