#include "heart.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int heart_make(struct err *e)
{
	const int fd = memfd_create("earlydom heart", MFD_CLOEXEC);

	if (fd >= 0 && ftruncate(fd, sizeof(struct heart)) == 0)
		return fd;
	err_set(e, "cannot make shared memory: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

struct heart *heart_map(int fd, struct err *e)
{
	void *p = mmap(NULL, sizeof(struct heart), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p != MAP_FAILED)
		return p;
	err_set(e, "cannot map shared memory: %s", strerror(errno));
	return NULL;
}

void heart_rests(struct heart *h)
{
	if (h)
		atomic_store(&h->busy_since, 0);
}

void heart_beats(struct heart *h, uint64_t now)
{
	if (h)
		atomic_store(&h->busy_since, now);
}
