#include "sha256.h"

void sha256_begin(struct sha256 *s)
{
	SHA256Init(&s->ctx);
}

void sha256_add(struct sha256 *s, const void *data, size_t len)
{
	SHA256Update(&s->ctx, data, len);
}

void sha256_end(struct sha256 *s, uint8_t sum[SHA256_BYTES])
{
	SHA256Final(sum, &s->ctx);
}
