#include "jobs.h"

#include "digest_job.h"
#include "e820_file.h"
#include "kernel_job.h"
#include "loaders/codecs.h"
#include "loaders/kernel_facts.h"
#include "memmap_job.h"
#include "qemu_kernel_job.h"

/* Beside what a codec states for itself: the others take a few MiB. */
#define CODEC_MEMORY (LZMA_MEMLIMIT + (UINT64_C(32) << 20))

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
	[JAIL_MEMMAP] =
		{
			.name = "reader",
			.run = memmap_job,
			.answer_size = sizeof(struct e820_map),
		},
};

const struct jail_job_type *jail_job_type(enum jail_job job)
{
	return &types[job];
}
