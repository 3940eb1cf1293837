/*
 * A fake ioctl(2), since the kernels of test machines do not all have the same requests.
 */
#ifndef EARLYDOM_FAKE_IOCTL_H
#define EARLYDOM_FAKE_IOCTL_H

#include <stdbool.h>

/* Answers a request, with *rc and errno, or returns false: the kernel is asked. */
typedef bool fake_ioctl(unsigned request, int *rc);

/* Sends this thread's calls to that function; NULL: to the kernel. */
void fake_ioctls(fake_ioctl *answer);

#endif
