/* The SHA-256 of a file. */
#ifndef EARLYDOM_DIGEST_H
#define EARLYDOM_DIGEST_H

#include <stdint.h>

#include "base/err.h"
#include "builder/starter/starter.h"
#include "base/sha256.h"

/* Over all bytes of the file, which is open for reading only. It is summed in the jail. Returns 0,
 * or -1 with e set. */
int jail_digest(const struct starter *s, int fd, uint8_t sum[SHA256_BYTES], struct err *e);

#endif
