/*
 * The terminal that standard output may be.
 */
#ifndef EARLYDOM_TERMINAL_H
#define EARLYDOM_TERMINAL_H

#include <stddef.h>

/* Its columns; 0 when it is none, or does not say. */
size_t terminal_width(void);

#endif
