#include "input.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#include "jail_request.h"

const uint8_t *input_map(uint64_t size, struct err *e)
{
	/*
	 * Not MAP_POPULATE: dom0 would map the whole file page by page, which is slow in a pv dom0.
	 * Faults map 16 pages each instead, and only where something is read.
	 */
	void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, JAIL_INPUT, 0);

	if (map != MAP_FAILED)
		return map;
	err_set_errno(e, errno, "cannot map the file");
	return NULL;
}
