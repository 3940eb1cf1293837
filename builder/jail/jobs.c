#include "jobs.h"

#include "digest_job.h"

static const struct jail_job_type types[NR_JAIL_JOBS] = {
	[JAIL_DIGEST] =
		{
			.name = "digest",
			.run = digest_job,
			.answer_size = sizeof(struct digest_answer),
		},
};

const struct jail_job_type *jail_job_type(enum jail_job job)
{
	return &types[job];
}
