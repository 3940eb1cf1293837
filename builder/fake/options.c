/* What few domains are told, as libxenctrl tells it: clocks, processors, pools, labels, parts of
 * the machine. */
#include "state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t online_cpus(void)
{
	return (UINT64_C(1) << (fake_host()->nr_cpus - fake_host()->offline_cpus)) - 1;
}

/* ---- clocks ---- */

int xc_domain_set_tsc_info(xc_interface *xch, uint32_t domid, uint32_t tsc_mode,
			   uint64_t elapsed_nsec, uint32_t gtsc_khz, uint32_t incarnation)
{
	struct fake_domain *d = fake_enter_domain(__func__, domid);

	(void)xch;
	(void)elapsed_nsec;
	(void)gtsc_khz;
	(void)incarnation;
	if (!d)
		return fake_leave(-1);
	if (tsc_mode > 2)
		return fake_refuse(EINVAL);
	d->tsc_set = true;
	d->tsc_mode = tsc_mode;
	return fake_leave(0);
}

int xc_domain_set_time_offset(xc_interface *xch, uint32_t domid, int32_t seconds)
{
	struct fake_domain *d = fake_enter_domain(__func__, domid);

	(void)xch;
	if (!d)
		return fake_leave(-1);
	d->time_offset = seconds;
	return fake_leave(0);
}

/* ---- processors ---- */

/* Lists with their end marks; every text is whole. */
static void write_policy(struct fake_domain *d, const struct xc_xend_cpuid *xend,
			 const struct xc_msr *msr)
{
	char *to = d->cpuid, *end = d->cpuid + sizeof(d->cpuid);

	*to = '\0';
	for (; xend && xend->leaf != XEN_CPUID_INPUT_UNUSED; xend++) {
		to += snprintf(to, (size_t)(end - to), "%x", xend->leaf);
		if (xend->subleaf != XEN_CPUID_INPUT_UNUSED)
			to += snprintf(to, (size_t)(end - to), ",%x", xend->subleaf);
		for (unsigned r = 0; r < 4; r++)
			if (xend->policy[r])
				to += snprintf(to, (size_t)(end - to), ":e%cx=%.32s", 'a' + r,
					       xend->policy[r]);
		to += snprintf(to, (size_t)(end - to), ";");
	}
	for (; msr && msr->index != XC_MSR_INPUT_UNUSED; msr++)
		to += snprintf(to, (size_t)(end - to), "%x=%s;", msr->index, msr->policy);
}

/* Returns a negative errno, unlike the others. */
int xc_cpuid_apply_policy(xc_interface *xch, uint32_t domid, bool restore,
			  const uint32_t *featureset, unsigned nr_features, bool pae, bool itsc,
			  bool nested_virt, const struct xc_xend_cpuid *xend,
			  const struct xc_msr *msr)
{
	struct fake_domain *d = fake_enter_domain(__func__, domid);

	(void)xch;
	if (!d) {
		const int rc = -errno;

		errno = 0; /* of no meaning: callers must not look at it */
		return fake_leave(rc);
	}
	if (restore || featureset || nr_features)
		return fake_leave(-EOPNOTSUPP);
	if (d->running)
		return fake_leave(-EEXIST);
	if (!d->vcpus)
		fake_broken("the cpuid policy of domain %u was set before its vcpus", domid);
	d->cpuid_set = true;
	d->no_pae = !pae;
	d->itsc = itsc;
	d->nested = nested_virt;
	write_policy(d, xend, msr);
	errno = 0; /* of no meaning: callers must not look at it */
	return fake_leave(0);
}

static uint64_t bits_of(const uint8_t *map)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < fake_host()->nr_cpus; i++)
		if (map[i / 8] >> (i % 8) & 1)
			bits |= UINT64_C(1) << i;
	return bits;
}

/* The map comes back as the effective one; nobody may count on it. */
static void spoil(uint8_t *map)
{
	for (unsigned i = 0; i < (fake_host()->nr_cpus + 7) / 8; i++)
		map[i] = 0;
}

int xc_vcpu_setaffinity(xc_interface *xch, uint32_t domid, int vcpu, xc_cpumap_t hard,
			xc_cpumap_t soft, uint32_t flags)
{
	struct fake_domain *d = fake_enter_domain(__func__, domid);

	(void)xch;
	if (!d)
		return fake_leave(-1);
	if (vcpu < 0 || (unsigned)vcpu >= d->vcpus)
		return fake_refuse(ESRCH);
	if (!flags || !(flags & XEN_VCPUAFFINITY_HARD) != !hard ||
	    !(flags & XEN_VCPUAFFINITY_SOFT) != !soft)
		return fake_refuse(EINVAL);
	/* No cpu of those is there, in the domain's pool. What it prefers may be elsewhere. */
	if (hard && !(bits_of(hard) & online_cpus() & fake_pool(d->config.cpupool_id)->cpus))
		return fake_refuse(EINVAL);
	if (hard) {
		d->affinity[vcpu] = bits_of(hard);
		spoil(hard);
	}
	if (soft) {
		d->soft[vcpu] = bits_of(soft);
		spoil(soft);
	}
	return fake_leave(0);
}

int xc_vcpu_getaffinity(xc_interface *xch, uint32_t domid, int vcpu, xc_cpumap_t hard,
			xc_cpumap_t soft, uint32_t flags)
{
	struct fake_domain *d = fake_enter_domain(__func__, domid);

	(void)xch;
	if (!d)
		return fake_leave(-1);
	if (!flags || !(flags & XEN_VCPUAFFINITY_HARD) != !hard ||
	    !(flags & XEN_VCPUAFFINITY_SOFT) != !soft || vcpu < 0 || (unsigned)vcpu >= d->vcpus)
		return fake_refuse(EINVAL);
	for (unsigned i = 0; i < fake_host()->nr_cpus; i++) {
		if (hard && d->affinity[vcpu] & UINT64_C(1) << i)
			hard[i / 8] |= (uint8_t)(1u << i % 8);
		if (soft && d->soft[vcpu] & UINT64_C(1) << i)
			soft[i / 8] |= (uint8_t)(1u << i % 8);
	}
	return fake_leave(0);
}

/* ---- NUMA ---- */

int xc_numainfo(xc_interface *xch, unsigned *max_nodes, xc_meminfo_t *meminfo, uint32_t *distance)
{
	(void)xch;
	if (!fake_enter(__func__))
		return fake_leave(-1);
	if (distance)
		return fake_refuse(EINVAL);
	for (unsigned i = 0; i < *max_nodes && i < fake_host()->nodes; i++)
		meminfo[i] = (xc_meminfo_t){.memsize = UINT64_C(4) << 30,
					    .memfree = fake_host()->node_kib[i] * 1024};
	*max_nodes = fake_host()->nodes;
	return fake_leave(0);
}

xc_nodemap_t xc_nodemap_alloc(xc_interface *xch)
{
	(void)xch;
	if (!fake_enter(__func__))
		return fake_leave_ptr(NULL);
	return fake_leave_ptr(fake_calloc(1, 8));
}

int xc_domain_node_setaffinity(xc_interface *xch, uint32_t domid, xc_nodemap_t nodemap)
{
	struct fake_domain *d = fake_enter_domain(__func__, domid);

	(void)xch;
	if (!d)
		return fake_leave(-1);
	if (!nodemap[0])
		return fake_refuse(EINVAL);
	if (d->memory_kib)
		fake_broken("domain %u is placed when it has its memory", domid);
	d->nodes = nodemap[0];
	return fake_leave(0);
}

int xc_domain_node_getaffinity(xc_interface *xch, uint32_t domid, xc_nodemap_t nodemap)
{
	struct fake_domain *d = fake_enter_domain(__func__, domid);

	(void)xch;
	if (!d)
		return fake_leave(-1);
	nodemap[0] = (uint8_t)(d->nodes & ((1u << fake_host()->nodes) - 1));
	return fake_leave(0);
}

/* ---- pools and their schedulers ---- */

const struct fake_pool *fake_pool(uint32_t id)
{
	static _Thread_local struct fake_pool first;

	for (unsigned i = 0; i < fake_host()->nr_pools; i++)
		if (fake_host()->pools[i].id == id)
			return &fake_host()->pools[i];
	if (id)
		return NULL;
	first = (struct fake_pool){.scheduler = fake_host()->scheduler, .cpus = ~UINT64_C(0)};
	return &first;
}

xc_cpupoolinfo_t *xc_cpupool_getinfo(xc_interface *xch, uint32_t poolid)
{
	const struct fake_pool *pool = NULL;
	xc_cpupoolinfo_t *info;
	uint64_t cpus;

	(void)xch;
	if (!fake_enter(__func__))
		return fake_leave_ptr(NULL);
	for (uint32_t id = poolid; id < 64 && !pool; id++)
		pool = fake_pool(id);
	if (!pool) {
		errno = ENOENT;
		return fake_leave_ptr(NULL);
	}
	info = fake_calloc(1, sizeof(*info));
	info->cpupool_id = pool->id;
	info->sched_id = (uint32_t)pool->scheduler;
	info->cpumap = fake_calloc(1, sizeof(cpus));
	cpus = pool->cpus & online_cpus();
	memcpy(info->cpumap, &cpus, sizeof(cpus));
	fake_image_count(1); /* it is held until it is given back */
	return fake_leave_ptr(info);
}

void xc_cpupool_infofree(xc_interface *xch, xc_cpupoolinfo_t *info)
{
	(void)xch;
	free(info->cpumap);
	free(info);
	fake_lock();
	fake_image_count(-1);
	fake_unlock();
}

/* The calls of rtds want that scheduler in the domain's pool. */
static struct fake_domain *enter_rtds(const char *name, uint32_t domid)
{
	struct fake_domain *d = fake_enter_domain(name, domid);

	if (!d || fake_pool(d->config.cpupool_id)->scheduler == XEN_SCHEDULER_RTDS)
		return d;
	errno = EINVAL;
	return NULL;
}

int xc_sched_rtds_domain_get(xc_interface *xch, uint32_t domid, struct xen_domctl_sched_rtds *sdom)
{
	struct fake_domain *d = enter_rtds(__func__, domid);

	(void)xch;
	if (!d)
		return fake_leave(-1);
	*sdom = (struct xen_domctl_sched_rtds){.period = d->period, .budget = 4000};
	return fake_leave(0);
}

int xc_sched_rtds_domain_set(xc_interface *xch, uint32_t domid, struct xen_domctl_sched_rtds *sdom)
{
	struct fake_domain *d = enter_rtds(__func__, domid);

	(void)xch;
	if (!d)
		return fake_leave(-1);
	if (!sdom->period || sdom->budget != 4000)
		return fake_refuse(EINVAL);
	d->period = sdom->period;
	return fake_leave(0);
}

/* ---- labels ---- */

#if XEN_LIBS_MINOR >= 23
int xc_flask_context_to_sid(xc_interface *xch, char *buf, uint32_t *sid)
{
	const size_t size = strlen(buf);
#else
int xc_flask_context_to_sid(xc_interface *xch, char *buf, uint32_t size, uint32_t *sid)
{
#endif
	int n = 0;

	(void)xch;
	if (!fake_enter(__func__))
		return fake_leave(-1);
	if (!fake_host()->flask)
		return fake_refuse(ENOSYS);
	if (sscanf(buf, "system_u:system_r:%*[a-zA-Z0-9]%n_t", &n) < 0 || !n ||
	    strcmp(buf + n, "_t") != 0 || size != strlen(buf))
		return fake_refuse(EINVAL);
	*sid = 100 + (uint32_t)n - (uint32_t)strlen("system_u:system_r:");
	return fake_leave(0);
}

int xc_flask_relabel_domain(xc_interface *xch, uint32_t domid, uint32_t sid)
{
	struct fake_domain *d = fake_enter_domain(__func__, domid);

	(void)xch;
	if (!d)
		return fake_leave(-1);
	if (d->running)
		fake_broken("domain %u runs with the label of its build", domid);
	d->label = sid;
	return fake_leave(0);
}

/* ---- parts of the machine ---- */

static int give(const char *name, uint32_t domid, char what, uint64_t first, uint64_t number,
		uint64_t gfn)
{
	struct fake_domain *d = fake_enter_domain(name, domid);

	if (!d)
		return fake_leave(-1);
	if (d->nr_given < FAKE_GIVEN)
		d->given[d->nr_given++] = (struct fake_given){what, first, number, gfn};
	return fake_leave(0);
}

int xc_domain_ioport_permission(xc_interface *xch, uint32_t domid, uint32_t first, uint32_t number,
				uint32_t allow)
{
	(void)xch;
	(void)allow;
	return give(__func__, domid, 'p', first, number, 0);
}

int xc_physdev_map_pirq(xc_interface *xch, uint32_t domid, int index, int *pirq)
{
	(void)xch;
	if (!fake_enter_domain(__func__, domid))
		return fake_leave(-1);
	*pirq = index;
	return fake_leave(0);
}

int xc_domain_irq_permission(xc_interface *xch, uint32_t domid, uint32_t pirq, bool allow)
{
	(void)xch;
	(void)allow;
	return give(__func__, domid, 'i', pirq, 1, 0);
}

int xc_domain_iomem_permission(xc_interface *xch, uint32_t domid, unsigned long first,
			       unsigned long number, uint8_t allow)
{
	(void)xch;
	(void)allow;
	return give(__func__, domid, 'm', first, number, 0);
}

int xc_domain_memory_mapping(xc_interface *xch, uint32_t domid, unsigned long gfn,
			     unsigned long mfn, unsigned long number, uint32_t add)
{
	(void)xch;
	(void)add;
	return give(__func__, domid, 'M', mfn, number, gfn);
}

static struct fake_pci *pci_of(uint32_t sbdf)
{
	struct fake_host *h = fake_host();

	for (unsigned i = 0; i < h->nr_pcis; i++) {
		struct fake_pci *p = &h->pcis[i];

		if (!fake_find(p->domid))
			p->domid = 0;
		if (p->sbdf == sbdf)
			return p;
	}
	return NULL;
}

int xc_test_assign_device(xc_interface *xch, uint32_t domid, uint32_t sbdf)
{
	const struct fake_pci *p;

	(void)xch;
	if (domid != DOMID_INVALID)
		fake_broken("domain %u can't be asked for", domid);
	if (!fake_enter(__func__))
		return fake_leave(-1);
	p = pci_of(sbdf);
	return p && !p->domid ? fake_leave(0) : fake_refuse(EINVAL);
}

int xc_assign_device(xc_interface *xch, uint32_t domid, uint32_t sbdf, uint32_t flag)
{
	const struct fake_domain *d = fake_enter_domain(__func__, domid);
	struct fake_pci *p;

	(void)xch;
	if (!d)
		return fake_leave(-1);
	if (!(d->config.flags & XEN_DOMCTL_CDF_iommu))
		fake_broken("domain %u has no IOMMU", domid);
	if (d->running)
		fake_broken("domain %u runs already", domid);
	p = pci_of(sbdf);
	if (!p || p->domid)
		return fake_refuse(p ? EBUSY : ENODEV);
	p->domid = domid;
	p->flag = flag;
	return fake_leave(0);
}

int xc_get_device_group(xc_interface *xch, uint32_t domid, uint32_t sbdf, uint32_t max, uint32_t *n,
			uint32_t *array)
{
	const struct fake_pci *p;

	(void)xch;
	*n = 0;
	if (!fake_enter(__func__))
		return fake_leave(-1);
	p = pci_of(sbdf);
	for (unsigned i = 0; p && i < fake_host()->nr_pcis && *n < max; i++) {
		const struct fake_pci *o = &fake_host()->pcis[i];

		if (o != p && o->group == p->group && o->domid == domid)
			array[(*n)++] = (o->sbdf & 0xffff) << 8;
	}
	return fake_leave(0);
}

int xc_get_machine_memory_map(xc_interface *xch, struct e820entry entries[], uint32_t max)
{
	(void)xch;
	if (!fake_enter(__func__))
		return fake_leave(-1);
	if (max < fake_host()->nr_e820)
		return fake_refuse(EINVAL);
	memcpy(entries, fake_host()->e820, fake_host()->nr_e820 * sizeof(entries[0]));
	return fake_leave((int)fake_host()->nr_e820);
}
