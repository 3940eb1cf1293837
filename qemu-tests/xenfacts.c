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
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xenctrl.h>

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

int main(void)
{
	static xc_domaininfo_t list[DOMAINS_MAX];
	xc_interface *xch = xc_interface_open(NULL, NULL, 0);
	int i, n, rc;

	if (!xch)
		return complain("privcmd");
	n = xc_domain_getinfolist(xch, 1, DOMAINS_MAX, list);
	rc = n < 0 ? complain("domains") : print_host(xch);
	for (i = 0; !rc && i < n; i++)
		rc = print_domain(xch, &list[i]);
	xc_interface_close(xch);
	return rc;
}
