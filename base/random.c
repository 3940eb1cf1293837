#include "random.h"

#include <errno.h>
#include <sys/random.h>

int random_bytes(void *to, size_t len)
{
	ssize_t n = getrandom(to, len, GRND_INSECURE);

	/* Linux before 5.6 does not know the flag. */
	if (n < 0 && errno == EINVAL)
		n = getrandom(to, len, 0);
	return n == (ssize_t)len ? 0 : -1;
}
