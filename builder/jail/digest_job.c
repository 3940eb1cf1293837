#include "digest_job.h"

#include <errno.h>
#include <unistd.h>

/* Bytes read at a time: they stay in the processor's cache until they are summed. */
#define PIECE 32768

int digest_job(const struct jail_params *p, void *state, void *answer, struct err *e)
{
	struct digest_answer *a = answer;
	uint8_t piece[PIECE];
	struct sha256 s;
	off_t at = 0;
	ssize_t n;

	(void)p;
	(void)state;
	sha256_begin(&s);
	while ((n = pread(JAIL_INPUT, piece, sizeof(piece), at)) > 0) {
		sha256_add(&s, piece, (size_t)n);
		at += n;
	}
	if (n < 0)
		return err_set_errno(e, errno, "cannot read the file");
	sha256_end(&s, a->sum);
	return 0;
}
