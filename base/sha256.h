/*
 * SHA-256 (FIPS 180-4), as libmd has it.
 */
#ifndef EARLYDOM_SHA256_H
#define EARLYDOM_SHA256_H

#include <libmd/sha2.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES 32

/* A sum that is still added to. */
struct sha256 {
	SHA2_CTX ctx;
};

void sha256_begin(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t len);
void sha256_end(struct sha256 *s, uint8_t sum[SHA256_BYTES]);

#endif
