#include "disk_job.h"

#include <errno.h>
#include <sys/mman.h>

#include "disk_blkid.h"

int disk_content_prepare(const struct jail_params *p, void **state, struct err *e)
{
	*state = disk_blkid_open(JAIL_INPUT, p->offset, p->size, e);
	return *state ? 0 : -1;
}

int disk_content_job(const struct jail_params *p, void *state, void *answer, struct err *e)
{
	return disk_blkid_content(state, JAIL_INPUT, p->offset, answer, e);
}

int disk_table_prepare(const struct jail_params *p, void **state, struct err *e)
{
	(void)p;
	*state = disk_blkid_open(JAIL_INPUT, 0, 0, e);
	return *state ? 0 : -1;
}

int disk_table_job(const struct jail_params *p, void *state, void *answer, struct err *e)
{
	struct disk_table_answer *a = answer;
	size_t n;
	void *list =
		mmap(NULL, DISK_TABLE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, JAIL_OUTPUT, 0);

	if (list == MAP_FAILED)
		return err_set_errno(e, errno, "no memory for its partitions");
	if (disk_blkid_table(state, JAIL_INPUT, (unsigned)p->size, list, PROBE_PARTITIONS_MAX, &n,
			     e) < 0)
		return -1;
	a->n = n;
	return 0;
}
