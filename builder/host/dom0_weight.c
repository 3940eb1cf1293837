#include "dom0_weight.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <xen/sysctl.h>

#define FILE_NAME "dom0-weight"

/* The most that the credit schedulers take (uint16_t in public/domctl.h): as usual it is 256 for
 * dom0 as for guests. */
#define WEIGHT_MAX 65535

/* Reads dom0's weight, or (set) makes it `weight`; what else there is, a cap, stays. Returns 1 for
 * a scheduler without weights, or -1 with errno set. */
static int access_weight(struct host *h, bool set, uint16_t *weight)
{
	struct xen_domctl_sched_credit2 credit2;
	struct xen_domctl_sched_credit credit;
	int sched, rc;

	if (xc_sched_id(h->xch, &sched) < 0)
		return -1;
	if (sched == XEN_SCHEDULER_CREDIT2) {
		rc = xc_sched_credit2_domain_get(h->xch, 0, &credit2);
		if (rc < 0 || !set) {
			*weight = rc < 0 ? 0 : credit2.weight;
			return rc;
		}
		credit2.weight = *weight;
		return xc_sched_credit2_domain_set(h->xch, 0, &credit2);
	}
	if (sched != XEN_SCHEDULER_CREDIT)
		return 1;
	rc = xc_sched_credit_domain_get(h->xch, 0, &credit);
	if (rc < 0 || !set) {
		*weight = rc < 0 ? 0 : credit.weight;
		return rc;
	}
	credit.weight = *weight;
	return xc_sched_credit_domain_set(h->xch, 0, &credit);
}

/* The weight that the file has; 0 when there is none. */
static uint16_t kept(const struct rundir *run)
{
	const int fd = openat(run->dir, FILE_NAME, O_RDONLY | O_CLOEXEC);
	unsigned weight = 0;
	FILE *f;

	if (fd < 0)
		return 0;
	f = fdopen(fd, "r");
	if (!f) {
		close(fd);
		return 0;
	}
	if (fscanf(f, "%5u", &weight) != 1 || weight > WEIGHT_MAX)
		weight = 0;
	fclose(f);
	return (uint16_t)weight;
}

static int keep(const struct rundir *run, uint16_t weight)
{
	const int fd = openat(run->dir, FILE_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int n;

	if (fd < 0)
		return -1;
	n = dprintf(fd, "%u\n", weight);
	return close(fd) < 0 || n < 0 ? -1 : 0;
}

int dom0_weight_raise(struct host *h, const struct rundir *run, struct err *e)
{
	uint16_t weight = 0, most = WEIGHT_MAX;
	const int rc = access_weight(h, false, &weight);

	if (rc < 0)
		return host_error(h, e, "cannot ask for dom0's weight");
	if (rc > 0 || kept(run))
		return 0;
	if (keep(run, weight) < 0)
		return err_set_errno(e, errno, "cannot keep dom0's weight in " FILE_NAME);
	if (access_weight(h, true, &most) == 0)
		return 0;
	unlinkat(run->dir, FILE_NAME, 0);
	return host_error(h, e, "cannot raise dom0's weight");
}

int dom0_weight_restore(struct host *h, const struct rundir *run, struct err *e)
{
	uint16_t weight = kept(run);

	if (!weight)
		return 0;
	if (access_weight(h, true, &weight) < 0)
		return host_error(h, e, "cannot give dom0 its weight of %u back", weight);
	unlinkat(run->dir, FILE_NAME, 0);
	return 0;
}
