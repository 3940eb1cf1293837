/*
 * The hypervisor of xl's judge (judge.c), and libxenguest, which fills domains: it has all that
 * libxl asks for, makes every domain, and notes what gives it what the descriptor says.
 */
#define _GNU_SOURCE
#include "judge.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define XC_WANT_COMPAT_MAP_FOREIGN_API
#include <xenctrl.h>
#include <xenguest.h>
#include <xen/hvm/e820.h>

#define PAGES (UINT64_C(64) << 18) /* 64 GiB */

/* More than libxl's idea of the structure, whose version may be a little newer. */
#define IMAGE_SIZE 65536

static struct {
	bool made;
	uint32_t flags; /* XEN_DOMINF_* */
	xen_domain_handle_t handle;
	unsigned max_vcpus;
} domain;

/* Something to point to for those who only compare with NULL. */
static char handle;

xc_interface *xc_interface_open(xentoollog_logger *logger, xentoollog_logger *dombuild_logger,
				unsigned int open_flags)
{
	(void)logger;
	(void)dombuild_logger;
	(void)open_flags;
	return (xc_interface *)&handle;
}

int xc_interface_close(xc_interface *xch)
{
	(void)xch;
	return 0;
}

/* autoballoon is off where dom0's memory is fixed, and nobody's memory is to be changed here. */
int xc_version(xc_interface *xch, int cmd, void *arg)
{
	(void)xch;
	switch (cmd) {
	case XENVER_version:
		return 4 << 16 | 17;
	case XENVER_pagesize:
		return XC_PAGE_SIZE;
	case XENVER_extraversion:
		memset(arg, 0, sizeof(xen_extraversion_t));
		return 0;
	case XENVER_compile_info:
		memset(arg, 0, sizeof(xen_compile_info_t));
		return 0;
	case XENVER_capabilities:
		memset(arg, 0, sizeof(xen_capabilities_info_t));
		return 0;
	case XENVER_changeset:
		memset(arg, 0, sizeof(xen_changeset_info_t));
		return 0;
	case XENVER_platform_parameters:
		memset(arg, 0, sizeof(xen_platform_parameters_t));
		return 0;
	case XENVER_commandline:
		strcpy(arg, "dom0_mem=512M,max:512M");
		return 0;
	}
	errno = ENOSYS;
	return -1;
}

int xc_physinfo(xc_interface *xch, xc_physinfo_t *info)
{
	(void)xch;
	*info = (xc_physinfo_t){
		.threads_per_core = 1,
		.cores_per_socket = NR_CPUS,
		.nr_cpus = NR_CPUS,
		.max_cpu_id = NR_CPUS - 1,
		.nr_nodes = NR_NODES,
		.cpu_khz = 1000000,
		.capabilities = XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_pv |
				XEN_SYSCTL_PHYSCAP_directio | XEN_SYSCTL_PHYSCAP_hap |
				XEN_SYSCTL_PHYSCAP_shadow | XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share |
				XEN_SYSCTL_PHYSCAP_vmtrace | XEN_SYSCTL_PHYSCAP_vpmu |
				XEN_SYSCTL_PHYSCAP_gnttab_v1 | XEN_SYSCTL_PHYSCAP_gnttab_v2,
		.total_pages = PAGES,
		.free_pages = PAGES,
		.max_mfn = PAGES,
	};
	return 0;
}

long xc_sharing_freed_pages(xc_interface *xch)
{
	(void)xch;
	return 0;
}

long xc_sharing_used_frames(xc_interface *xch)
{
	(void)xch;
	return 0;
}

int xc_get_max_cpus(xc_interface *xch)
{
	(void)xch;
	return NR_CPUS;
}

int xc_get_online_cpus(xc_interface *xch)
{
	(void)xch;
	return NR_CPUS;
}

int xc_get_max_nodes(xc_interface *xch)
{
	(void)xch;
	return NR_NODES;
}

int xc_cputopoinfo(xc_interface *xch, unsigned *max_cpus, xc_cputopo_t *cputopo)
{
	(void)xch;
	for (unsigned i = 0; cputopo && i < NR_CPUS; i++)
		cputopo[i] = (xc_cputopo_t){.core = i, .node = i / (NR_CPUS / NR_NODES)};
	*max_cpus = NR_CPUS;
	return 0;
}

/* Of memory there is one node, so that libxl does not choose among some: what that depends on is no
 * matter of a descriptor's. */
int xc_numainfo(xc_interface *xch, unsigned *max_nodes, xc_meminfo_t *meminfo, uint32_t *distance)
{
	(void)xch;
	if (meminfo)
		meminfo[0] = (xc_meminfo_t){.memsize = PAGES << XC_PAGE_SHIFT,
					    .memfree = PAGES << XC_PAGE_SHIFT};
	if (distance)
		distance[0] = 10;
	*max_nodes = 1;
	return 0;
}

/* A flask policy is not loaded. */
int xc_flask_context_to_sid(xc_interface *xch, char *buf, uint32_t size, uint32_t *sid)
{
	(void)xch;
	(void)buf;
	(void)size;
	(void)sid;
	errno = ENOSYS;
	return -1;
}

int xc_flask_sid_to_context(xc_interface *xch, int sid, char *buf, uint32_t size)
{
	(void)xch;
	(void)sid;
	(void)buf;
	(void)size;
	errno = ENOSYS;
	return -1;
}

/* The one pool. */
xc_cpupoolinfo_t *xc_cpupool_getinfo(xc_interface *xch, uint32_t poolid)
{
	xc_cpupoolinfo_t *info;

	(void)xch;
	if (poolid) {
		errno = ENOENT;
		return NULL;
	}
	info = calloc(1, sizeof(*info));
	if (!info)
		return NULL;
	info->sched_id = XEN_SCHEDULER_CREDIT2;
	info->cpumap = malloc(NR_CPUS / 8);
	if (!info->cpumap)
		abort();
	memset(info->cpumap, 0xff, NR_CPUS / 8);
	return info;
}

void xc_cpupool_infofree(xc_interface *xch, xc_cpupoolinfo_t *info)
{
	(void)xch;
	free(info->cpumap);
	free(info);
}

int xc_cpupool_movedomain(xc_interface *xch, uint32_t poolid, uint32_t domid)
{
	(void)xch;
	(void)poolid;
	(void)domid;
	return 0;
}

/* dom0, and the guest once there is one. */
int xc_domain_getinfolist(xc_interface *xch, uint32_t first_domain, unsigned int max_domains,
			  xc_domaininfo_t *info)
{
	const uint32_t last = domain.made ? DOMID : 0;
	int n = 0;

	(void)xch;
	for (uint32_t domid = first_domain; domid <= last && (unsigned)n < max_domains; domid++) {
		info[n] = (xc_domaininfo_t){.domain = (domid_t)domid};
		if (domid) {
			info[n].flags = domain.flags;
			memcpy(info[n].handle, domain.handle, sizeof(domain.handle));
			info[n].max_vcpu_id = domain.max_vcpus - 1;
		}
		n++;
	}
	return n;
}

/* The same in other words. */
int xc_domain_getinfo(xc_interface *xch, uint32_t first_domid, unsigned int max_doms,
		      xc_dominfo_t *info)
{
	const uint32_t last = domain.made ? DOMID : 0;
	int n = 0;

	(void)xch;
	for (uint32_t domid = first_domid; domid <= last && (unsigned)n < max_doms; domid++) {
		memset(&info[n], 0, sizeof(info[n]));
		info[n].domid = domid;
		memcpy(info[n].handle, domid ? domain.handle : (xen_domain_handle_t){0},
		       sizeof(domain.handle));
		info[n].nr_online_vcpus = domid ? domain.max_vcpus : 1;
		info[n].max_vcpu_id = info[n].nr_online_vcpus - 1;
		n++;
	}
	return n;
}

int xc_domain_create(xc_interface *xch, uint32_t *pdomid, struct xen_domctl_createdomain *c)
{
	(void)xch;
	*pdomid = DOMID;
	domain.made = true;
	domain.max_vcpus = c->max_vcpus;
	memcpy(domain.handle, c->handle, sizeof(domain.handle));
	if (c->flags & XEN_DOMCTL_CDF_hvm)
		domain.flags = XEN_DOMINF_hvm_guest;
	judge_call("create flags=%#x iommu_opts=%#x max_vcpus=%u max_evtchn_port=%u "
		   "max_grant_frames=%d max_maptrack_frames=%d grant_opts=%#x vmtrace_size=%u "
		   "cpupool=%u ssidref=%u emulation=%#x misc=%#x",
		   c->flags, c->iommu_opts, c->max_vcpus, c->max_evtchn_port, c->max_grant_frames,
		   c->max_maptrack_frames, c->grant_opts, c->vmtrace_size, c->cpupool_id,
		   c->ssidref, c->arch.emulation_flags, c->arch.misc_flags);
	judge_made();
	return 0;
}

/* The first that libxl does to a domain whose creation failed. */
int xc_domain_pause(xc_interface *xch, uint32_t domid)
{
	(void)xch;
	(void)domid;
	judge_given_up();
}

/* ---- what a domain is given ---- */

/* The beginning of libxl__build_pre. */
int xc_domain_max_vcpus(xc_interface *xch, uint32_t domid, unsigned int max)
{
	(void)xch;
	(void)domid;
	judge_begun();
	judge_call("max_vcpus %u", max);
	return 0;
}

int xc_domain_setmaxmem(xc_interface *xch, uint32_t domid, uint64_t max_memkb)
{
	(void)xch;
	(void)domid;
	judge_call("maxmem %" PRIu64, max_memkb);
	return 0;
}

/* The cpus of a map as a number, cpu 0 the lowest bit. */
static unsigned long long bits(const uint8_t *map)
{
	return map ? map[0] : 0;
}

int xc_domain_node_setaffinity(xc_interface *xch, uint32_t domid, xc_nodemap_t nodemap)
{
	(void)xch;
	(void)domid;
	judge_call("nodes %#llx", bits(nodemap));
	return 0;
}

int xc_vcpu_setaffinity(xc_interface *xch, uint32_t domid, int vcpu, xc_cpumap_t hard,
			xc_cpumap_t soft, uint32_t flags)
{
	(void)xch;
	(void)domid;
	if (flags & XEN_VCPUAFFINITY_HARD)
		judge_call("vcpu %d hard %#llx", vcpu, bits(hard));
	if (flags & XEN_VCPUAFFINITY_SOFT)
		judge_call("vcpu %d soft %#llx", vcpu, bits(soft));
	return 0;
}

int xc_set_paging_mempool_size(xc_interface *xch, uint32_t domid, uint64_t size)
{
	(void)xch;
	(void)domid;
	judge_call("paging_pool %" PRIu64, size);
	return 0;
}

int xc_domain_set_time_offset(xc_interface *xch, uint32_t domid, int32_t seconds)
{
	(void)xch;
	(void)domid;
	judge_call("time_offset %d", seconds);
	return 0;
}

int xc_domain_set_tsc_info(xc_interface *xch, uint32_t domid, uint32_t mode, uint64_t elapsed,
			   uint32_t khz, uint32_t incarnation)
{
	(void)xch;
	(void)domid;
	(void)elapsed;
	(void)khz;
	(void)incarnation;
	judge_call("tsc_mode %u", mode);
	return 0;
}

int xc_domain_set_memmap_limit(xc_interface *xch, uint32_t domid, unsigned long kib)
{
	(void)xch;
	(void)domid;
	judge_call("memmap_limit %lu", kib);
	return 0;
}

int xc_domain_set_memory_map(xc_interface *xch, uint32_t domid, struct e820entry entries[],
			     uint32_t n)
{
	(void)xch;
	(void)domid;
	for (uint32_t i = 0; i < n; i++)
		judge_call("e820 %#" PRIx64 " %#" PRIx64 " %u", entries[i].addr, entries[i].size,
			   entries[i].type);
	return 0;
}

/* A machine's of 4 GiB. */
int xc_get_machine_memory_map(xc_interface *xch, struct e820entry entries[], uint32_t max)
{
	(void)xch;
	if (max < 3) {
		errno = EINVAL;
		return -1;
	}
	entries[0] = (struct e820entry){0, 0x9fc00, E820_RAM};
	entries[1] = (struct e820entry){0x100000, 0xbff00000, E820_RAM};
	entries[2] = (struct e820entry){0x100000000, 0x40000000, E820_RAM};
	return 3;
}

int xc_reserved_device_memory_map(xc_interface *xch, uint32_t flags, uint16_t seg, uint8_t bus,
				  uint8_t devfn, struct xen_reserved_device_memory entries[],
				  uint32_t *max_entries)
{
	(void)xch;
	(void)flags;
	(void)seg;
	(void)bus;
	(void)devfn;
	(void)entries;
	*max_entries = 0;
	return 0;
}

/* What follows is no longer about the descriptor alone, or about a second domain. */
int xc_domain_setvnuma(xc_interface *xch, uint32_t domid, uint32_t nr_vnodes, uint32_t nr_regions,
		       uint32_t nr_vcpus, xen_vmemrange_t *vmemrange, unsigned int *vdistance,
		       unsigned int *vcpu_to_vnode, unsigned int *vnode_to_pnode)
{
	(void)xch;
	(void)domid;
	(void)nr_vnodes;
	(void)nr_regions;
	(void)nr_vcpus;
	(void)vmemrange;
	(void)vdistance;
	(void)vcpu_to_vnode;
	(void)vnode_to_pnode;
	judge_enough();
}

int xc_test_assign_device(xc_interface *xch, uint32_t domid, uint32_t machine_sbdf)
{
	(void)xch;
	(void)domid;
	(void)machine_sbdf;
	judge_enough();
}

int xc_assign_dt_device(xc_interface *xch, uint32_t domid, char *path)
{
	(void)xch;
	(void)domid;
	(void)path;
	judge_enough();
}

int xc_domain_set_target(xc_interface *xch, uint32_t domid, uint32_t target)
{
	(void)xch;
	(void)domid;
	(void)target;
	judge_enough();
}

int xc_cpuid_apply_policy(xc_interface *xch, uint32_t domid, bool restore, const uint32_t *features,
			  unsigned int nr_features, bool pae, bool itsc, bool nested,
			  const struct xc_xend_cpuid *xend, const struct xc_msr *msr)
{
	static const char *const names[] = {"eax", "ebx", "ecx", "edx"};

	(void)xch;
	(void)domid;
	(void)restore;
	(void)features;
	(void)nr_features;
	judge_call("cpuid pae=%d itsc=%d nested=%d", pae, itsc, nested);
	for (; xend && xend->leaf != XEN_CPUID_INPUT_UNUSED; xend++)
		for (unsigned i = 0; i < 4; i++)
			if (xend->policy[i])
				judge_call("cpuid %#x,%#x:%s=%s", xend->leaf, xend->subleaf,
					   names[i], xend->policy[i]);
	for (; msr && msr->index != XC_MSR_INPUT_UNUSED; msr++)
		judge_call("msr %#x=%s", msr->index, msr->policy);
	return 0;
}

int xc_hvm_param_set(xc_interface *xch, uint32_t dom, uint32_t param, uint64_t value)
{
	(void)xch;
	(void)dom;
	judge_call("hvm_param %u %#" PRIx64, param, value);
	return 0;
}

int xc_hvm_param_get(xc_interface *xch, uint32_t dom, uint32_t param, uint64_t *value)
{
	(void)xch;
	(void)dom;
	(void)param;
	*value = 0;
	return 0;
}

int xc_sched_id(xc_interface *xch, int *sched_id)
{
	(void)xch;
	*sched_id = XEN_SCHEDULER_CREDIT2;
	return 0;
}

int xc_sched_credit2_domain_get(xc_interface *xch, uint32_t domid,
				struct xen_domctl_sched_credit2 *sdom)
{
	(void)xch;
	(void)domid;
	*sdom = (struct xen_domctl_sched_credit2){.weight = 256};
	return 0;
}

int xc_sched_credit2_domain_set(xc_interface *xch, uint32_t domid,
				struct xen_domctl_sched_credit2 *sdom)
{
	(void)xch;
	(void)domid;
	judge_call("credit2 weight=%u cap=%u", sdom->weight, sdom->cap);
	return 0;
}

int xc_domain_ioport_permission(xc_interface *xch, uint32_t domid, uint32_t first, uint32_t n,
				uint32_t allow)
{
	(void)xch;
	(void)domid;
	judge_call("ioports %#x %u %u", first, n, allow);
	return 0;
}

int xc_physdev_map_pirq(xc_interface *xch, uint32_t domid, int index, int *pirq)
{
	(void)xch;
	(void)domid;
	judge_call("map_pirq %d", index);
	*pirq = index;
	return 0;
}

int xc_domain_irq_permission(xc_interface *xch, uint32_t domid, uint32_t pirq, bool allow)
{
	(void)xch;
	(void)domid;
	judge_call("irq %u %d", pirq, allow);
	return 0;
}

int xc_domain_iomem_permission(xc_interface *xch, uint32_t domid, unsigned long first,
			       unsigned long n, uint8_t allow)
{
	(void)xch;
	(void)domid;
	judge_call("iomem %#lx %#lx %u", first, n, allow);
	return 0;
}

int xc_domain_memory_mapping(xc_interface *xch, uint32_t domid, unsigned long gfn,
			     unsigned long mfn, unsigned long n, uint32_t add)
{
	(void)xch;
	(void)domid;
	judge_call("map_iomem %#lx %#lx %#lx %u", gfn, mfn, n, add);
	return 0;
}

xc_evtchn_port_or_error_t xc_evtchn_alloc_unbound(xc_interface *xch, uint32_t domid,
						  uint32_t remote)
{
	static int port = 1;

	(void)xch;
	(void)domid;
	(void)remote;
	return port++;
}

const char *xc_domain_get_native_protocol(xc_interface *xch, uint32_t domid)
{
	(void)xch;
	(void)domid;
	return "x86_64-abi";
}

/* A page of the guest's; libxl unmaps it. */
void *xc_map_foreign_range(xc_interface *xch, uint32_t dom, int size, int prot, unsigned long mfn)
{
	(void)xch;
	(void)dom;
	(void)prot;
	(void)mfn;
	return mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* ---- libxenguest ---- */

int xc_dom_loginit(xc_interface *xch)
{
	(void)xch;
	return 0;
}

struct xc_dom_image *xc_dom_allocate(xc_interface *xch, const char *cmdline, const char *features)
{
	static struct xc_dom_arch arch = {.page_shift = XC_PAGE_SHIFT};
	struct xc_dom_image *dom = calloc(1, IMAGE_SIZE);

	(void)xch;
	(void)features;
	if (!dom)
		abort();
	dom->arch_hooks = &arch;
	judge_call("cmdline %s", cmdline ? cmdline : "");
	return dom;
}

void xc_dom_release(struct xc_dom_image *dom)
{
	free(dom);
}

int xc_dom_kernel_file(struct xc_dom_image *dom, const char *filename)
{
	(void)dom;
	judge_call("kernel %s", filename);
	return 0;
}

int xc_dom_module_file(struct xc_dom_image *dom, const char *filename, const char *cmdline)
{
	(void)dom;
	judge_call("module %s %s", filename, cmdline ? cmdline : "");
	return 0;
}

int xc_dom_module_mem(struct xc_dom_image *dom, const void *mem, size_t memsize,
		      const char *cmdline)
{
	(void)dom;
	(void)mem;
	(void)memsize;
	(void)cmdline;
	return 0;
}

int xc_dom_boot_xen_init(struct xc_dom_image *dom, xc_interface *xch, uint32_t domid)
{
	(void)dom;
	(void)xch;
	(void)domid;
	return 0;
}

int xc_dom_parse_image(struct xc_dom_image *dom)
{
	(void)dom;
	return 0;
}

int xc_dom_mem_init(struct xc_dom_image *dom, unsigned int mem_mb)
{
	(void)dom;
	judge_call("memory %u", mem_mb);
	return 0;
}

int xc_dom_boot_mem_init(struct xc_dom_image *dom)
{
	judge_call("target_pages %#" PRIx64, (uint64_t)dom->target_pages);
	return 0;
}

int xc_dom_build_image(struct xc_dom_image *dom)
{
	(void)dom;
	return 0;
}

int xc_dom_boot_image(struct xc_dom_image *dom)
{
	(void)dom;
	return 0;
}

int xc_dom_gnttab_init(struct xc_dom_image *dom)
{
	(void)dom;
	return 0;
}

/* Only pv guests' pages have other numbers, which nobody asks for. */
bool xc_dom_translated(const struct xc_dom_image *dom)
{
	(void)dom;
	return true;
}

void *xc_dom_malloc(struct xc_dom_image *dom, size_t size)
{
	(void)dom;
	return calloc(1, size);
}

bool xc_dom_feature_get(struct xc_dom_image *dom, unsigned int nr)
{
	(void)dom;
	(void)nr;
	return false;
}

char *xc_dom_guest_os(struct xc_dom_image *dom)
{
	static char os[] = "linux";

	(void)dom;
	return os;
}
