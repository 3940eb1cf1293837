/*
 * In the jail: libblkid on a disk.
 *
 * Content: params.offset and params.size are where on it; the answer is struct probe_content.
 * Table: params.size is that of a logical sector, or 0; the answer is struct disk_table_answer, and
 * the partitions are in the output.
 */
#ifndef EARLYDOM_DISK_JOB_H
#define EARLYDOM_DISK_JOB_H

#include <stdint.h>

#include "base/err.h"
#include "disk_content.h"
#include "jail_request.h"

struct disk_table_answer {
	uint64_t n; /* struct probe_partition in the output */
};

#define DISK_TABLE_BYTES (PROBE_PARTITIONS_MAX * sizeof(struct probe_partition))

int disk_content_prepare(const struct jail_params *p, void **state, struct err *e);
int disk_content_job(const struct jail_params *p, void *state, void *answer, struct err *e);

int disk_table_prepare(const struct jail_params *p, void **state, struct err *e);
int disk_table_job(const struct jail_params *p, void *state, void *answer, struct err *e);

#endif
