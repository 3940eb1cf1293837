#include "cpuid.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "builder/describe/cpuid_spec.h"

/* The descriptor's words as the libraries take them: lists with an end mark. The texts stay the
 * descriptor's. */
struct lists {
	struct xc_xend_cpuid *leaves;
	struct xc_msr *msrs;
};

static void free_lists(struct lists *l)
{
	free(l->leaves);
	free(l->msrs);
}

static int make_lists(const struct cpuid_spec *s, struct lists *l, struct err *e)
{
	l->leaves = calloc(s->nr_leaves + 1, sizeof(*l->leaves));
	l->msrs = calloc(s->nr_msrs + 1, sizeof(*l->msrs));
	if (!l->leaves || !l->msrs)
		return err_set_passing(e, "out of memory");
	for (size_t i = 0; i < s->nr_leaves; i++) {
		l->leaves[i].leaf = s->leaves[i].leaf;
		l->leaves[i].subleaf = s->leaves[i].subleaf;
		for (size_t r = 0; r < 4; r++)
			if (*s->leaves[i].regs[r])
				l->leaves[i].policy[r] = s->leaves[i].regs[r];
	}
	for (size_t i = 0; i < s->nr_msrs; i++) {
		l->msrs[i].index = s->msrs[i].index;
		memcpy(l->msrs[i].policy, s->msrs[i].bits, sizeof(l->msrs[i].policy));
	}
	l->leaves[s->nr_leaves].leaf = XEN_CPUID_INPUT_UNUSED;
	l->msrs[s->nr_msrs].index = XC_MSR_INPUT_UNUSED;
	return 0;
}

/* A frequency of the TSC that will not change: the guest stays, or the TSC is emulated wherever it
 * goes. */
static bool has_invariant_tsc(const struct domain_options *o)
{
	return bool_or(o->nomigrate, false) || o->tsc_mode == TSC_ALWAYS_EMULATE;
}

int cpuid_set_policy(const struct guest *g, struct host *h, struct err *e)
{
	const struct domain_options *o = &g->cfg->domain;
	const bool pae = g->cfg->type != GUEST_HVM || bool_or(o->pae, true);
	struct lists l = {0};
	int rc = 0;

	if (o->cpuid && make_lists(o->cpuid, &l, e) < 0)
		goto fail;
	/* Returns a negative errno of its own. */
	rc = xc_cpuid_apply_policy(h->xch, g->domid, false, NULL, 0, pae, has_invariant_tsc(o),
				   bool_or(o->nestedhvm, false), l.leaves, l.msrs);
	free_lists(&l);
	if (rc == 0)
		return 0;
	errno = -rc;
	return host_error(h, e, "cannot set the domain's cpuid policy%s",
			  o->cpuid ? " (cpuid)" : "");
fail:
	free_lists(&l);
	return -1;
}
