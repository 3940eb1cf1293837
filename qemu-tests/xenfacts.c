/*
 * xenfacts: what the hypervisor itself says about its domains, for the tests to compare with the
 * descriptors. Run in dom0; it knows nothing of earlydom.
 *
 *	host free_kib=N
 *	domain=ID uuid=UUID type=pv|hvm paused=0|1 dying=0|1 shutdown=-|REASON vcpus=N online=N
 *		max_memkb=N tot_kib=N weight=N cap=N cpus=MAP,MAP...
 *
 * each on one line; MAP is the hard affinity of a vcpu as hexadecimal bits, cpu 0 the lowest. dom0
 * is left out.
 *
 * With -a there is more about each hvm domain, all numbers hexadecimal but of pages and kHz:
 *
 *	hvm ID emulation FLAGS		(XEN_X86_EMU_*)
 *	hvm ID flags FLAGS		(XEN_DOMINF_*)
 *	hvm ID pages tot N max N outstanding N pool_kib N maximum_gpfn GFN
 *	hvm ID tsc mode N khz N
 *	hvm ID param NUMBER VALUE	(HVM_PARAM_*, those that can be read)
 *	hvm ID cpuid LEAF SUBLEAF EAX EBX ECX EDX
 *	hvm ID msr INDEX VALUE
 *	hvm ID vcpu N rip RIP rbx RBX cr0 CR0 cr4 CR4 efer EFER
 *
 * and for one that has not run yet the hvm_start_info that its first vcpu is handed:
 *
 *	hvm ID start version N flags FLAGS cmdline PADDR:TEXT rsdp PADDR
 *	hvm ID module PADDR SIZE cmdline PADDR:TEXT
 *	hvm ID memmap PADDR SIZE TYPE
 */
#define XC_WANT_COMPAT_MAP_FOREIGN_API
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <xenctrl.h>
#include <xenguest.h>
#include <xen/arch-x86/hvm/start_info.h>
#include <xen/hvm/params.h>
#include <xen/hvm/save.h>

#define DOMAINS_MAX 128

static int complain(const char *what)
{
	fprintf(stderr, "xenfacts: %s: %s\n", what, strerror(errno));
	return 1;
}

static int print_host(xc_interface *xch)
{
	xc_physinfo_t info;

	if (xc_physinfo(xch, &info) < 0)
		return complain("physinfo");
	printf("host free_kib=%llu\n", (unsigned long long)info.free_pages * 4);
	return 0;
}

static int print_credit(xc_interface *xch, uint32_t domid)
{
	struct xen_domctl_sched_credit2 credit2;
	struct xen_domctl_sched_credit credit;
	int id;

	if (xc_sched_id(xch, &id) < 0)
		return complain("scheduler");
	if (id == XEN_SCHEDULER_CREDIT2) {
		if (xc_sched_credit2_domain_get(xch, domid, &credit2) < 0)
			return complain("credit2");
		printf(" weight=%u cap=%u", credit2.weight, credit2.cap);
		return 0;
	}
	if (id == XEN_SCHEDULER_CREDIT) {
		if (xc_sched_credit_domain_get(xch, domid, &credit) < 0)
			return complain("credit");
		printf(" weight=%u cap=%u", credit.weight, credit.cap);
	}
	return 0;
}

/* The first 64 cpus are enough for a test machine. */
static int print_affinity(xc_interface *xch, const xc_domaininfo_t *d)
{
	const int size = xc_get_cpumap_size(xch);
	xc_cpumap_t map = xc_cpumap_alloc(xch);
	unsigned long long bits;
	unsigned v;
	int i;

	if (!map)
		return complain("memory");
	for (v = 0; v <= d->max_vcpu_id; v++) {
		if (xc_vcpu_getaffinity(xch, d->domain, (int)v, map, NULL, XEN_VCPUAFFINITY_HARD) <
		    0) {
			free(map);
			return complain("affinity");
		}
		for (bits = 0, i = 0; i < size && i < 8; i++)
			bits |= (unsigned long long)map[i] << 8 * i;
		printf("%s%llx", v ? "," : " cpus=", bits);
	}
	free(map);
	return 0;
}

static int print_domain(xc_interface *xch, const xc_domaininfo_t *d)
{
	unsigned i;

	printf("domain=%u uuid=", d->domain);
	for (i = 0; i < sizeof(d->handle); i++)
		printf("%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", d->handle[i]);
	printf(" type=%s paused=%u dying=%u", d->flags & XEN_DOMINF_hvm_guest ? "hvm" : "pv",
	       !!(d->flags & XEN_DOMINF_paused), !!(d->flags & XEN_DOMINF_dying));
	if (d->flags & XEN_DOMINF_shutdown)
		printf(" shutdown=%u",
		       d->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask);
	else
		printf(" shutdown=-");
	printf(" vcpus=%u online=%u max_memkb=%llu tot_kib=%llu", d->max_vcpu_id + 1,
	       d->nr_online_vcpus, (unsigned long long)d->max_pages * 4,
	       (unsigned long long)d->tot_pages * 4);
	if (print_credit(xch, d->domain) || print_affinity(xch, d))
		return 1;
	putchar('\n');
	return 0;
}

static int print_pages(xc_interface *xch, const xc_domaininfo_t *d)
{
	xen_pfn_t last = 0;
	uint64_t pool = 0;

	if (xc_get_paging_mempool_size(xch, d->domain, &pool) < 0)
		return complain("paging pool");
	if (xc_domain_maximum_gpfn(xch, d->domain, &last) < 0)
		return complain("maximum gpfn");
	printf("hvm %u pages tot %" PRIu64 " max %" PRIu64 " outstanding %" PRIu64
	       " pool_kib %" PRIu64 " maximum_gpfn %" PRI_xen_pfn "\n",
	       d->domain, d->tot_pages, d->max_pages, d->outstanding_pages, pool / 1024, last);
	return 0;
}

static int print_tsc(xc_interface *xch, uint32_t domid)
{
	uint32_t mode, khz, incarnation;
	uint64_t elapsed;

	if (xc_domain_get_tsc_info(xch, domid, &mode, &elapsed, &khz, &incarnation) < 0)
		return complain("tsc");
	printf("hvm %u tsc mode %u khz %u\n", domid, mode, khz);
	return 0;
}

static void print_params(xc_interface *xch, uint32_t domid)
{
	uint64_t value;
	uint32_t i;

	for (i = 0; i < HVM_NR_PARAMS; i++)
		if (xc_hvm_param_get(xch, domid, i, &value) == 0)
			printf("hvm %u param %u %" PRIx64 "\n", domid, i, value);
}

static int print_policy(xc_interface *xch, uint32_t domid)
{
	xc_cpu_policy_t *policy = xc_cpu_policy_init();
	xen_cpuid_leaf_t *leaves = NULL;
	uint32_t nr_leaves, nr_msrs, i;
	xen_msr_entry_t *msrs = NULL;
	int rc = 1;

	if (!policy || xc_cpu_policy_get_size(xch, &nr_leaves, &nr_msrs) < 0)
		goto out;
	leaves = calloc(nr_leaves, sizeof(*leaves));
	msrs = calloc(nr_msrs, sizeof(*msrs));
	if (!leaves || !msrs || xc_cpu_policy_get_domain(xch, domid, policy) < 0 ||
	    xc_cpu_policy_serialise(xch, policy, leaves, &nr_leaves, msrs, &nr_msrs) < 0)
		goto out;
	for (i = 0; i < nr_leaves; i++)
		printf("hvm %u cpuid %08x %08x %08x %08x %08x %08x\n", domid, leaves[i].leaf,
		       leaves[i].subleaf, leaves[i].a, leaves[i].b, leaves[i].c, leaves[i].d);
	for (i = 0; i < nr_msrs; i++)
		printf("hvm %u msr %08x %016" PRIx64 "\n", domid, msrs[i].idx, msrs[i].val);
	rc = 0;
out:
	if (rc)
		complain("cpu policy");
	free(leaves);
	free(msrs);
	xc_cpu_policy_destroy(policy);
	return rc;
}

/*
 * Copies SIZE bytes of a domain's memory, or fewer where a page is missing; returns how many.
 */
static size_t peek(xc_interface *xch, uint32_t domid, uint64_t paddr, void *to, size_t size)
{
	size_t done = 0, offset, part;
	char *page;

	while (done < size) {
		offset = (paddr + done) % XC_PAGE_SIZE;
		part = XC_PAGE_SIZE - offset;
		if (part > size - done)
			part = size - done;
		page = xc_map_foreign_range(xch, domid, XC_PAGE_SIZE, PROT_READ,
					    (paddr + done) / XC_PAGE_SIZE);
		if (!page)
			break;
		memcpy((char *)to + done, page + offset, part);
		munmap(page, XC_PAGE_SIZE);
		done += part;
	}
	return done;
}

static void print_text(xc_interface *xch, uint32_t domid, uint64_t paddr)
{
	char text[1024] = "";

	if (paddr)
		text[peek(xch, domid, paddr, text, sizeof(text) - 1)] = '\0';
	printf(" cmdline %" PRIx64 ":%s", paddr, text);
}

static void print_start(xc_interface *xch, uint32_t domid, uint64_t paddr)
{
	struct hvm_memmap_table_entry e;
	struct hvm_modlist_entry m;
	struct hvm_start_info s;
	uint32_t i;

	if (peek(xch, domid, paddr, &s, sizeof(s)) != sizeof(s) ||
	    s.magic != XEN_HVM_START_MAGIC_VALUE)
		return;
	printf("hvm %u start version %u flags %x", domid, s.version, s.flags);
	print_text(xch, domid, s.cmdline_paddr);
	printf(" rsdp %" PRIx64 "\n", s.rsdp_paddr);
	for (i = 0; i < s.nr_modules; i++) {
		if (peek(xch, domid, s.modlist_paddr + i * sizeof(m), &m, sizeof(m)) != sizeof(m))
			return;
		printf("hvm %u module %" PRIx64 " %" PRIx64, domid, m.paddr, m.size);
		print_text(xch, domid, m.cmdline_paddr);
		putchar('\n');
	}
	for (i = 0; s.version >= 1 && i < s.memmap_entries; i++) {
		if (peek(xch, domid, s.memmap_paddr + i * sizeof(e), &e, sizeof(e)) != sizeof(e))
			return;
		printf("hvm %u memmap %" PRIx64 " %" PRIx64 " %u\n", domid, e.addr, e.size, e.type);
	}
}

static int print_vcpus(xc_interface *xch, const xc_domaininfo_t *d)
{
	struct hvm_hw_cpu cpu;
	uint32_t v;

	for (v = 0; v <= d->max_vcpu_id; v++) {
		if (xc_domain_hvm_getcontext_partial(xch, d->domain, HVM_SAVE_CODE(CPU),
						     (uint16_t)v, &cpu, sizeof(cpu)) < 0) {
			/* One that its guest has not brought up yet has no state. */
			if (v == 0)
				return complain("vcpu");
			continue;
		}
		printf("hvm %u vcpu %u rip %" PRIx64 " rbx %" PRIx64 " cr0 %" PRIx64 " cr4 %" PRIx64
		       " efer %" PRIx64 "\n",
		       d->domain, v, cpu.rip, cpu.rbx, cpu.cr0, cpu.cr4, cpu.msr_efer);
		if (v == 0)
			print_start(xch, d->domain, cpu.rbx);
	}
	return 0;
}

static int print_hvm(xc_interface *xch, const xc_domaininfo_t *d)
{
	if (!(d->flags & XEN_DOMINF_hvm_guest))
		return 0;
	printf("hvm %u emulation %x\nhvm %u flags %x\n", d->domain, d->arch_config.emulation_flags,
	       d->domain, d->flags);
	if (print_pages(xch, d) || print_tsc(xch, d->domain))
		return 1;
	print_params(xch, d->domain);
	return print_policy(xch, d->domain) || print_vcpus(xch, d);
}

int main(int argc, char **argv)
{
	const bool all = argc == 2 && !strcmp(argv[1], "-a");
	static xc_domaininfo_t list[DOMAINS_MAX];
	xc_interface *xch = xc_interface_open(NULL, NULL, 0);
	int i, n, rc;

	if (argc > 1 && !all) {
		fprintf(stderr, "usage: xenfacts [-a]\n");
		return 2;
	}
	if (!xch)
		return complain("privcmd");
	n = xc_domain_getinfolist(xch, 1, DOMAINS_MAX, list);
	rc = n < 0 ? complain("domains") : print_host(xch);
	for (i = 0; !rc && i < n; i++)
		rc = print_domain(xch, &list[i]) || (all && print_hvm(xch, &list[i]));
	xc_interface_close(xch);
	return rc;
}
