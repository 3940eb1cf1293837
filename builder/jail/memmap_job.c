#include "memmap_job.h"

#include "e820_file.h"
#include "input.h"

int memmap_job(const struct jail_params *p, void *state, void *answer, struct err *e)
{
	const uint8_t *file = input_map(p->size, e);

	(void)state;
	/* Its name is not known here, and is put in front of an error by who asks. */
	return file ? e820_parse((const char *)file, p->size, "", answer, e) : -1;
}
