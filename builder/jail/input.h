/* In the jail: the bytes of the input. */
#ifndef EARLYDOM_JAIL_INPUT_H
#define EARLYDOM_JAIL_INPUT_H

#include <stdint.h>

#include "base/err.h"

/* Maps the first size bytes of the file, for as long as the process lives: what is read of them is
 * all that is paged in. Returns NULL with e set. A file that is shorter by then ends the process
 * where it is read (SIGBUS). */
const uint8_t *input_map(uint64_t size, struct err *e);

#endif
