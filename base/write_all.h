/*
 * write(2) until all is written.
 */
#ifndef EARLYDOM_WRITE_ALL_H
#define EARLYDOM_WRITE_ALL_H

#include <stdbool.h>
#include <stddef.h>

/* False with errno set when not all of the n bytes could be written. */
bool write_all(int fd, const void *data, size_t n);

#endif
