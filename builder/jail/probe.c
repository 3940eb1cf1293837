#include "probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk_job.h"
#include "jail.h"

int probe_content(const struct starter *s, int fd, uint64_t offset, uint64_t size,
		  struct probe_content *out, struct err *e)
{
	const struct jail_ask ask = {
		.starter = s,
		.job = JAIL_DISK_CONTENT,
		.input = fd,
		.output = -1,
		.params = {.offset = offset, .size = size},
	};

	if (jail_run(&ask, out, sizeof(*out), e) == 0 && probe_content_check(out, e) == 0)
		return 0;
	memset(out, 0, sizeof(*out));
	return -1;
}

/* The partitions that the job has left in its output. */
static int read_partitions(int from, uint64_t n, struct probe_table *out, struct err *e)
{
	const size_t bytes = n * sizeof(*out->list);

	if (n > PROBE_PARTITIONS_MAX)
		return err_set(e, "the probe's answer is wrong (the number of partitions)");
	if (n == 0)
		return 0;
	out->list = malloc(bytes);
	if (!out->list)
		return err_set_passing(e, "out of memory");
	if (pread(from, out->list, bytes, 0) != (ssize_t)bytes)
		return err_set_errno(e, errno ? errno : EIO, "cannot read its partitions");
	for (; out->n < n; out->n++)
		if (probe_partition_check(&out->list[out->n], e) < 0)
			return -1;
	return 0;
}

int probe_table(const struct starter *s, int fd, unsigned sector, struct probe_table *out,
		struct err *e)
{
	struct jail_ask ask = {
		.starter = s,
		.job = JAIL_DISK_TABLE,
		.input = fd,
		.params = {.size = sector, .limit = DISK_TABLE_BYTES},
	};
	struct disk_table_answer a;
	int rc = -1;

	memset(out, 0, sizeof(*out));
	ask.output = jail_output(DISK_TABLE_BYTES, e);
	if (ask.output < 0)
		return -1;
	errno = 0;
	if (jail_run(&ask, &a, sizeof(a), e) == 0)
		rc = read_partitions(ask.output, a.n, out, e);
	close(ask.output);
	if (rc < 0)
		probe_table_free(out);
	return rc;
}

void probe_table_free(struct probe_table *t)
{
	free(t->list);
	memset(t, 0, sizeof(*t));
}
