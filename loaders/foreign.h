/*
 * Files that people give as kernels and that are none for a guest on x86: kernels for other
 * machines, and what other loaders have their kernels in. They are recognised so that the error can
 * name them.
 */
#ifndef EARLYDOM_FOREIGN_H
#define EARLYDOM_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Whether it is known what the file is. If so sets e to that, and what to do: "an Android boot
 * image: ...". Kernels and packed files are not this function's: ask the others first. */
bool foreign_name(const uint8_t *in, size_t len, struct err *e);

#endif
