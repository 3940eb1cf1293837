#include "kernel_job.h"

#include <errno.h>
#include <sys/mman.h>

#include "input.h"
#include "loaders/kernel.h"

int kernel_job(const struct jail_params *p, void *state, void *answer, struct err *e)
{
	const uint8_t *file = input_map(p->size, e);
	struct room room = {.size = p->limit};

	(void)state;
	if (!file)
		return -1;
	room.data = mmap(NULL, p->limit, PROT_READ | PROT_WRITE, MAP_SHARED, JAIL_OUTPUT, 0);
	if (room.data == MAP_FAILED)
		return err_set_errno(e, errno, "cannot reserve %zu bytes", room.size);
	return kernel_open(file, p->size, true, &room, answer, e);
}
