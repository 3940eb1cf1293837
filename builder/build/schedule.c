#include "schedule.h"

#include "pool.h"

static int schedule_credit(const struct guest *g, struct host *h)
{
	struct xen_domctl_sched_credit s;

	if (xc_sched_credit_domain_get(h->xch, g->domid, &s) < 0)
		return -1;
	if (g->cfg->cpu_weight)
		s.weight = (uint16_t)g->cfg->cpu_weight;
	if (g->cfg->has_cap)
		s.cap = (uint16_t)g->cfg->cap;
	return xc_sched_credit_domain_set(h->xch, g->domid, &s);
}

static int schedule_credit2(const struct guest *g, struct host *h)
{
	struct xen_domctl_sched_credit2 s;

	if (xc_sched_credit2_domain_get(h->xch, g->domid, &s) < 0)
		return -1;
	if (g->cfg->cpu_weight)
		s.weight = (uint16_t)g->cfg->cpu_weight;
	if (g->cfg->has_cap)
		s.cap = (uint16_t)g->cfg->cap;
	return xc_sched_credit2_domain_set(h->xch, g->domid, &s);
}

static int set_credits(const struct guest *g, struct host *h, int scheduler, struct err *e)
{
	int rc;

	if (!g->cfg->cpu_weight && !g->cfg->has_cap)
		return 0;
	if (scheduler == XEN_SCHEDULER_CREDIT)
		rc = schedule_credit(g, h);
	else if (scheduler == XEN_SCHEDULER_CREDIT2)
		rc = schedule_credit2(g, h);
	else
		return err_set(e,
			       "cpu_weight and cap need the credit or credit2 scheduler, the "
			       "hypervisor runs another one (number %d)",
			       scheduler);
	return rc < 0 ? host_error(h, e, "cannot set the domain's weight and cap") : 0;
}

/* The budget stays as it is: xl has no key for it. */
static int set_period(struct guest *g, struct host *h, int scheduler, struct err *e)
{
	const struct given_number period = g->cfg->domain.period;
	struct xen_domctl_sched_rtds s;

	if (!period.given)
		return 0;
	if (scheduler != XEN_SCHEDULER_RTDS) {
		guest_note(g, "period has no effect: the hypervisor's scheduler is not rtds");
		return 0;
	}
	if (xc_sched_rtds_domain_get(h->xch, g->domid, &s) < 0)
		return host_error(h, e, "cannot ask for the domain's period and budget (period)");
	s.period = (uint32_t)period.n;
	if (s.budget > s.period)
		return err_set(e, "period = %u is less than the scheduler's budget, %u us",
			       s.period, s.budget);
	if (xc_sched_rtds_domain_set(h->xch, g->domid, &s) < 0)
		return host_error(h, e, "cannot set the domain's period (period)");
	return 0;
}

int schedule(struct guest *g, struct host *h, uint32_t pool, struct err *e)
{
	int scheduler;

	/* Most guests say nothing of it, and ask nothing. */
	if (!g->cfg->cpu_weight && !g->cfg->has_cap && !g->cfg->domain.period.given)
		return 0;
	if (pool != POOL_0) {
		if (pool_look(h, pool, &scheduler, NULL, e) < 0)
			return -1;
	} else if (xc_sched_id(h->xch, &scheduler) < 0) {
		return host_error(h, e, "cannot ask the hypervisor for its scheduler");
	}
	return set_credits(g, h, scheduler, e) < 0 ? -1 : set_period(g, h, scheduler, e);
}
