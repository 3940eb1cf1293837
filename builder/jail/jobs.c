#include "jobs.h"

#include <linux/blkzoned.h>
#include <linux/fs.h>
#include <sys/syscall.h>

#include "backing_job.h"
#include "digest_job.h"
#include "disk_job.h"
#include "e820_file.h"
#include "kernel_job.h"
#include "loaders/codecs.h"
#include "loaders/kernel_facts.h"
#include "memmap_job.h"
#include "qemu_kernel_job.h"

/* Beside what a codec states for itself: the others take a few MiB. */
#define CODEC_MEMORY (LZMA_MEMLIMIT + (UINT64_C(32) << 20))

/* libblkid keeps what it has read of a disk, and a GPT of 4096 entries. */
#define DISK_MEMORY (UINT64_C(64) << 20)

/*
 * The sizes of a block device, and which of its zones are written. What kind of device it is has
 * been asked before (disk_blkid_open); where there was no answer libblkid asks again, and is told
 * that it may not.
 */
static const uint32_t disk_ioctls[] = {BLKGETSIZE64, BLKSSZGET, BLKPBSZGET, BLKREPORTZONE};
static const struct seccomp_rule disk_calls[] = {
	SECCOMP_CALL_ONE_OF(ioctl, 1, disk_ioctls),
	SECCOMP_CALL(fadvise64),
	SECCOMP_CALL_FAILS(open),
	SECCOMP_CALL_FAILS(openat),
	SECCOMP_CALL_FAILS(readlink),
	SECCOMP_CALL_FAILS(readlinkat),
	SECCOMP_CALL_FAILS(access),
	SECCOMP_CALL_FAILS(faccessat),
	SECCOMP_CALL_FAILS(stat),
	SECCOMP_CALL_FAILS(newfstatat),
};

static const struct jail_job_type types[NR_JAIL_JOBS] = {
	[JAIL_DIGEST] =
		{
			.name = "digest",
			.run = digest_job,
			.answer_size = sizeof(struct digest_answer),
		},
	[JAIL_KERNEL] =
		{
			.name = "decoder",
			.run = kernel_job,
			.answer_size = sizeof(struct kernel_facts),
			.output = true,
			.memory = CODEC_MEMORY,
		},
	[JAIL_QEMU_KERNEL] =
		{
			.name = "decoder",
			.run = qemu_kernel_job,
			.answer_size = sizeof(struct qemu_kernel_answer),
		},
	[JAIL_DISK_CONTENT] =
		{
			.name = "probe",
			.prepare = disk_content_prepare,
			.run = disk_content_job,
			.answer_size = sizeof(struct probe_content),
			.memory = DISK_MEMORY,
			.calls = SECCOMP_LIST(disk_calls),
		},
	[JAIL_DISK_TABLE] =
		{
			.name = "probe",
			.prepare = disk_table_prepare,
			.run = disk_table_job,
			.answer_size = sizeof(struct disk_table_answer),
			.output = true,
			.memory = DISK_MEMORY,
			.calls = SECCOMP_LIST(disk_calls),
		},
	[JAIL_MEMMAP] =
		{
			.name = "reader",
			.run = memmap_job,
			.answer_size = sizeof(struct e820_map),
		},
	[JAIL_BACKING] =
		{
			.name = "reader",
			.run = backing_job,
			.answer_size = sizeof(struct backing),
		},
};

const struct jail_job_type *jail_job_type(enum jail_job job)
{
	return &types[job];
}
