/*
 * The values of kernel_sha256 and its likes.
 */
#ifndef EARLYDOM_CONFIG_DIGEST_VALUE_H
#define EARLYDOM_CONFIG_DIGEST_VALUE_H

#include "config_key.h"

/* struct file_digest. A wrong character is reported at its own place. */
key_reader read_sha256;

#endif
