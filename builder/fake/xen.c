/* The hypervisor itself, as libxenctrl shows it. */
#include "state.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xen/hvm/hvm_info_table.h>
#include <xen/io/console.h>
#include <xen/sched.h>

#define DOMAINS_MAX  512
#define CALLS_MAX    65536
#define MAPPINGS_MAX 64

/* What a domain costs before it has any memory of its own, KiB. */
#define DOMAIN_KIB 64

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local bool inside; /* this thread has the lock */

static struct {
	struct fake_host host;
	struct fake_domain dom0; /* its weight and its cap */
	unsigned n;              /* domains ever made; the k-th has domid k + 1 */

	unsigned calls;
	unsigned fail_at; /* in calls */
	const char *fail_name;
	unsigned fail_left; /* calls of fail_name until it fails */
	bool fail_always;
	int fail_errno;
	const char *failed;
	unsigned die_at; /* in calls */
	void (*dying)(void *arg);
	void *dying_arg;
	const char *slow_name;
	unsigned slow_ms;

	struct {
		void *addr;
		struct fake_domain *domain;
	} mappings[MAPPINGS_MAX];
	int handles, images;
	unsigned broken;
	char rules[4096]; /* what was broken, a line each */

	/* The last members: fake_reset clears only as many of them as were used. */
	const char *called[CALLS_MAX];
	struct fake_domain domains[DOMAINS_MAX];
} xen;

void fake_lock(void)
{
	pthread_mutex_lock(&lock);
	inside = true;
}

void fake_unlock(void)
{
	inside = false;
	pthread_mutex_unlock(&lock);
}

/* A process that is forked by one thread has it free, whoever has it here. */
static void __attribute__((constructor)) lock_over_fork(void)
{
	pthread_atfork(fake_lock, fake_unlock, fake_unlock);
}

int fake_leave(int rc)
{
	const int saved = errno;

	fake_unlock();
	errno = saved;
	return rc;
}

void *fake_leave_ptr(void *p)
{
	fake_leave(0);
	return p;
}

int fake_refuse(int errnum)
{
	errno = errnum;
	return fake_leave(-1);
}

void fake_broken(const char *fmt, ...)
{
	const size_t len = strlen(xen.rules);
	va_list ap;

	xen.broken++;
	if (len + 2 > sizeof(xen.rules)) /* the first of them say enough */
		return;
	va_start(ap, fmt);
	vsnprintf(xen.rules + len, sizeof(xen.rules) - len - 1, fmt, ap);
	va_end(ap);
	strcat(xen.rules, "\n");
}

/* Whether the process that calls has been ended. */
static bool is_dead(void)
{
	if (!xen.die_at || xen.calls < xen.die_at)
		return false;
	if (xen.dying)
		xen.dying(xen.dying_arg);
	xen.dying = NULL;
	xen.fail_errno = EIO;
	return true;
}

static bool to_fail(const char *name)
{
	if (is_dead())
		return true;
	if (xen.fail_at)
		return xen.calls == xen.fail_at;
	if (!xen.fail_name || strcmp(name, xen.fail_name) != 0)
		return false;
	if (xen.fail_left > 1) {
		xen.fail_left--;
		return false;
	}
	if (!xen.fail_always)
		xen.fail_name = NULL;
	return true;
}

/* Sleeps without the lock, so that calls of other threads go on. */
static void be_slow(const char *name)
{
	unsigned ms;

	fake_lock();
	ms = xen.slow_name && !strcmp(name, xen.slow_name) ? xen.slow_ms : 0;
	fake_unlock();
	if (ms)
		usleep(ms * 1000);
}

bool fake_enter(const char *name)
{
	be_slow(name);
	fake_lock();
	if (xen.calls < CALLS_MAX)
		xen.called[xen.calls] = name;
	xen.calls++;
	if (!to_fail(name))
		return true;
	xen.failed = name;
	errno = xen.fail_errno;
	return false;
}

struct fake_domain *fake_find(uint32_t domid)
{
	if (domid < 1 || domid > xen.n || !xen.domains[domid - 1].there)
		return NULL;
	return &xen.domains[domid - 1];
}

struct fake_domain *fake_enter_domain(const char *name, uint32_t domid)
{
	struct fake_domain *d;

	if (!fake_enter(name))
		return NULL;
	if (xen.host.no_domctl) {
		errno = EACCES;
		return NULL;
	}
	d = fake_find(domid);
	if (d && !d->dying)
		return d;
	errno = ESRCH;
	return NULL;
}

/* What is claimed and not taken, of all domains. */
static uint64_t claimed_kib(void)
{
	uint64_t kib = xen.host.claimed_kib;

	for (unsigned i = 0; i < xen.n; i++)
		kib += xen.domains[i].claim_kib;
	return kib;
}

/* A domain's own claim is for it to take. */
bool fake_take(struct fake_domain *d, uint64_t kib)
{
	const uint64_t others = claimed_kib() - d->claim_kib;

	if (others > xen.host.free_kib || kib > xen.host.free_kib - others) {
		errno = ENOMEM;
		return false;
	}
	xen.host.free_kib -= kib;
	d->claim_kib -= kib < d->claim_kib ? kib : d->claim_kib;
	d->held_kib += kib;
	return true;
}

/* A dying domain is gone when nobody maps its pages and it was looked at often enough. */
static void let_go(struct fake_domain *d)
{
	if (!d->there || !d->dying || d->mapped || d->linger)
		return;
	d->there = false;
	xen.host.free_kib += d->held_kib;
	if (d->ring)
		__real_munmap(d->ring, XC_PAGE_SIZE);
	if (d->store)
		__real_munmap(d->store, XC_PAGE_SIZE);
	if (d->info)
		__real_munmap(d->info, XC_PAGE_SIZE);
	if (d->page_fd >= 0)
		close(d->page_fd);
	d->info = NULL;
	d->ring = NULL;
	d->store = NULL;
	d->page_fd = -1;
}

static void kill_domain(struct fake_domain *d)
{
	d->dying = true;
	d->running = false;
	d->claim_kib = 0;
	d->linger = xen.host.linger;
	let_go(d);
}

/* The tests' side. */

void fake_reset(void)
{
	fake_lock();
	for (unsigned i = 0; i < xen.n; i++) {
		xen.domains[i].mapped = 0;
		xen.domains[i].linger = 0;
		xen.domains[i].dying = true;
		let_go(&xen.domains[i]);
	}
	memset(xen.domains, 0, xen.n * sizeof(xen.domains[0]));
	memset(xen.called, 0,
	       (xen.calls < CALLS_MAX ? xen.calls : CALLS_MAX) * sizeof(xen.called[0]));
	memset(&xen, 0, offsetof(typeof(xen), called));
	xen.host = (struct fake_host){
		.version = 4 << 16 | XEN_LIBS_MINOR,
		.caps = "xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 ",
		.physcaps = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_hvm |
			    XEN_SYSCTL_PHYSCAP_hap | XEN_SYSCTL_PHYSCAP_gnttab_v2,
		.nr_cpus = 4,
		.cpus_per_node = 2,
		.scheduler = XEN_SCHEDULER_CREDIT2,
		.free_kib = UINT64_C(4) << 20,
		.nodes = 1,
		.node_kib = {UINT64_C(1) << 20, UINT64_C(3) << 20},
	};
	xen.dom0 = (struct fake_domain){.weight = 256};
	fake_evtchn_reset();
	fake_call_reset();
	fake_store_reset();
	fake_devices_reset();
	fake_unlock();
}

uint16_t fake_dom0_weight(void)
{
	return xen.dom0.weight;
}

struct fake_host *fake_host(void)
{
	return &xen.host;
}

static void fail_reset(int errnum)
{
	xen.fail_at = 0;
	xen.fail_name = NULL;
	xen.fail_always = false;
	xen.fail_errno = errnum;
	xen.failed = NULL;
}

void fake_fail_at(unsigned n, int errnum)
{
	fake_lock();
	fail_reset(errnum);
	xen.fail_at = n ? xen.calls + n : 0;
	fake_unlock();
}

void fake_fail_call(const char *name, unsigned n, int errnum)
{
	fake_lock();
	fail_reset(errnum);
	xen.fail_name = name;
	xen.fail_left = n;
	fake_unlock();
}

void fake_fail_always(const char *name, unsigned n, int errnum)
{
	fake_fail_call(name, n, errnum);
	fake_lock();
	xen.fail_always = true;
	fake_unlock();
}

void fake_die_at(unsigned n, void (*then)(void *arg), void *arg)
{
	fake_lock();
	xen.die_at = n ? xen.calls + n : 0;
	xen.dying = then;
	xen.dying_arg = arg;
	fake_unlock();
}

bool fake_dead(void)
{
	bool dead;

	fake_lock();
	dead = xen.die_at && xen.calls >= xen.die_at;
	fake_unlock();
	return dead;
}

void fake_slow(const char *name, unsigned ms)
{
	fake_lock();
	xen.slow_name = name;
	xen.slow_ms = ms;
	fake_unlock();
}

const char *fake_failed(void)
{
	const char *failed;

	fake_lock();
	failed = xen.failed;
	fake_unlock();
	return failed;
}

unsigned fake_calls(void)
{
	unsigned n;

	fake_lock();
	n = xen.calls;
	fake_unlock();
	return n;
}

unsigned fake_calls_of(const char *name)
{
	unsigned n = 0;

	fake_lock();
	for (unsigned i = 0; i < xen.calls && i < CALLS_MAX; i++)
		n += !strcmp(xen.called[i], name);
	fake_unlock();
	return n;
}

const char *fake_called(unsigned k)
{
	const char *name;

	fake_lock();
	name = k < xen.calls && k < CALLS_MAX ? xen.called[k] : NULL;
	fake_unlock();
	return name;
}

unsigned fake_leaks(FILE *to, bool domains)
{
	unsigned n = 0;

	fake_lock();
	for (unsigned i = 0; domains && i < xen.n; i++) {
		if (!xen.domains[i].there)
			continue;
		fprintf(to, "held: domain %u\n", xen.domains[i].domid);
		n++;
	}
	for (unsigned i = 0; i < MAPPINGS_MAX; i++) {
		if (!xen.mappings[i].addr)
			continue;
		fprintf(to, "held: a mapping of domain %u\n", xen.mappings[i].domain->domid);
		n++;
	}
	if (xen.handles) {
		fprintf(to, "held: %d handles of libxenctrl\n", xen.handles);
		n++;
	}
	if (xen.images) {
		fprintf(to, "held: %d images of libxenguest\n", xen.images);
		n++;
	}
	n += fake_evtchn_leaks(to);
	n += fake_call_leaks(to);
	n += fake_store_leaks(to);
	n += fake_devices_leaks(to);
	fputs(xen.rules, to);
	n += xen.broken;
	fake_unlock();
	return n;
}

static struct fake_domain *known(uint32_t domid)
{
	return domid >= 1 && domid <= xen.n ? &xen.domains[domid - 1] : NULL;
}

struct fake_domain *fake_domain(uint32_t domid)
{
	struct fake_domain *d;

	fake_lock();
	d = known(domid);
	fake_unlock();
	return d;
}

bool fake_domain_there(uint32_t domid)
{
	const struct fake_domain *d;
	bool there;

	fake_lock();
	d = known(domid);
	there = d && d->there;
	fake_unlock();
	return there;
}

bool fake_domain_runs(uint32_t domid)
{
	const struct fake_domain *d;
	bool runs;

	fake_lock();
	d = known(domid);
	runs = d && d->there && d->running;
	fake_unlock();
	return runs;
}

struct fake_domain *fake_domain_of(const uint8_t uuid[16])
{
	struct fake_domain *found = NULL;

	fake_lock();
	for (unsigned i = 0; i < xen.n; i++)
		if (!memcmp(xen.domains[i].config.handle, uuid, 16))
			found = &xen.domains[i];
	fake_unlock();
	return found;
}

unsigned fake_domains(void)
{
	unsigned n = 0;

	fake_lock();
	for (unsigned i = 0; i < xen.n; i++)
		n += xen.domains[i].there;
	fake_unlock();
	return n;
}

void fake_image_count(int change)
{
	xen.images += change;
}

void fake_print(uint32_t domid, const char *text)
{
	struct fake_domain *d;

	fake_lock();
	d = fake_find(domid);
	if (d && d->ring) {
		volatile struct xencons_interface *ring = d->ring;
		XENCONS_RING_IDX prod = ring->out_prod;

		/* As a guest does: what the ring has no room for is not written. */
		while (*text && prod - ring->out_cons < sizeof(ring->out))
			ring->out[MASK_XENCONS_IDX(prod++, ring->out)] = *text++;
		xen_wmb();
		ring->out_prod = prod;
		fake_raise(domid, d->console_evtchn);
	}
	fake_unlock();
}

size_t fake_typed(uint32_t domid, char *buf, size_t size)
{
	struct fake_domain *d;
	size_t n = 0;

	fake_lock();
	d = fake_find(domid);
	if (d && d->ring) {
		volatile struct xencons_interface *ring = d->ring;

		while (n < size && ring->in_cons != ring->in_prod) {
			buf[n++] = ring->in[MASK_XENCONS_IDX(ring->in_cons, ring->in)];
			ring->in_cons++;
		}
	}
	fake_unlock();
	return n;
}

void fake_kick(uint32_t domid)
{
	struct fake_domain *d;

	fake_lock();
	d = fake_find(domid);
	if (d)
		fake_raise(domid, d->console_evtchn);
	fake_unlock();
}

void fake_shutdown(uint32_t domid, unsigned reason)
{
	struct fake_domain *d;

	fake_lock();
	d = fake_find(domid);
	if (d) {
		d->shut_down = true;
		d->running = false;
		d->reason = reason;
		fake_store_ended(domid);
	}
	fake_unlock();
}

void fake_destroy(uint32_t domid)
{
	struct fake_domain *d;

	fake_lock();
	d = fake_find(domid);
	if (d) {
		fake_store_ended(domid);
		fake_store_forget(domid);
		kill_domain(d);
	}
	fake_unlock();
}

uint32_t fake_foreign(uint32_t domid, const uint8_t uuid[16])
{
	struct fake_domain *d;

	fake_lock();
	if (!domid)
		domid = ++xen.n;
	d = &xen.domains[domid - 1];
	if (domid > xen.n || xen.n > DOMAINS_MAX || d->there)
		abort();
	memset(d, 0, sizeof(*d));
	d->there = d->running = true;
	d->domid = domid;
	d->page_fd = -1;
	memcpy(d->config.handle, uuid, sizeof(d->config.handle));
	fake_unlock();
	return domid;
}

/* libxenctrl. */

void fake_log(xc_interface *xch, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (xch->logger)
		xch->logger->vmessage(xch->logger, XTL_ERROR, -1, "xc", fmt, ap);
	va_end(ap);
}

xc_interface *xc_interface_open(xentoollog_logger *logger, xentoollog_logger *dombuild_logger,
				unsigned open_flags)
{
	xc_interface *xch;

	(void)dombuild_logger;
	(void)open_flags;
	if (!fake_enter(__func__))
		return fake_leave_ptr(NULL);
	xch = fake_calloc(1, sizeof(*xch));
	xch->logger = logger;
	xen.handles++;
	return fake_leave_ptr(xch);
}

int xc_interface_close(xc_interface *xch)
{
	if (!xch)
		return 0;
	fake_lock();
	xen.handles--;
	fake_unlock();
	free(xch);
	return 0;
}

int xc_version(xc_interface *xch, int cmd, void *arg)
{
	(void)xch;
	if (!fake_enter(__func__))
		return fake_leave(-1);
	switch (cmd) {
	case XENVER_version:
		return fake_leave(xen.host.version);
	case XENVER_capabilities:
		snprintf(arg, sizeof(xen_capabilities_info_t), "%s", xen.host.caps);
		return fake_leave(0);
	default:
		return fake_refuse(ENOSYS);
	}
}

static bool enter_sysctl(const char *name)
{
	if (!fake_enter(name))
		return false;
	if (!xen.host.no_sysctl)
		return true;
	errno = EACCES;
	return false;
}

int xc_physinfo(xc_interface *xch, xc_physinfo_t *info)
{
	(void)xch;
	if (!enter_sysctl(__func__))
		return fake_leave(-1);
	memset(info, 0, sizeof(*info));
	info->capabilities = xen.host.physcaps;
	info->max_cpu_id = xen.host.nr_cpus - 1;
	info->max_node_id = xen.host.nodes - 1;
	info->nr_cpus = xen.host.nr_cpus - xen.host.offline_cpus;
	info->free_pages = xen.host.free_kib / 4;
	info->outstanding_pages = claimed_kib() / 4;
	return fake_leave(0);
}

int xc_cputopoinfo(xc_interface *xch, unsigned *max_cpus, xc_cputopo_t *cputopo)
{
	(void)xch;
	if (!enter_sysctl(__func__))
		return fake_leave(-1);
	for (unsigned i = 0; i < *max_cpus && i < xen.host.nr_cpus; i++) {
		const bool on = i < xen.host.nr_cpus - xen.host.offline_cpus;

		cputopo[i].core = on ? i : XEN_INVALID_CORE_ID;
		cputopo[i].socket = on ? 0 : XEN_INVALID_SOCKET_ID;
		cputopo[i].node = on ? i / xen.host.cpus_per_node : XEN_INVALID_NODE_ID;
	}
	*max_cpus = xen.host.nr_cpus;
	return fake_leave(0);
}

int xc_sched_id(xc_interface *xch, int *sched_id)
{
	(void)xch;
	if (!enter_sysctl(__func__))
		return fake_leave(-1);
	*sched_id = xen.host.scheduler;
	return fake_leave(0);
}

int xc_vcpu_getinfo(xc_interface *xch, uint32_t domid, uint32_t vcpu, xc_vcpuinfo_t *info)
{
	(void)xch;
	if (!fake_enter(__func__))
		return fake_leave(-1);
	if (xen.host.no_domctl)
		return fake_refuse(EACCES);
	if (domid != 0 || vcpu != 0)
		return fake_refuse(ESRCH);
	memset(info, 0, sizeof(*info));
	info->online = 1;
	return fake_leave(0);
}

static bool can(uint32_t physcap)
{
	return xen.host.physcaps & physcap;
}

/* What the hypervisor has by default (opt_max_grant_frames of common/grant_table.c). */
#define GRANT_FRAMES    64
#define MAPTRACK_FRAMES 1024

/* What few domains are made with. */
static bool options_ok(const struct xen_domctl_createdomain *c)
{
	const bool hap = c->flags & XEN_DOMCTL_CDF_hap;

	if (c->flags & XEN_DOMCTL_CDF_nested_virt && !hap)
		return false;
	if (c->flags & XEN_DOMCTL_CDF_iommu ? !can(XEN_SYSCTL_PHYSCAP_directio) : c->iommu_opts)
		return false;
	if ((c->flags & XEN_DOMCTL_CDF_vpmu && !can(XEN_SYSCTL_PHYSCAP_vpmu)) ||
	    (c->vmtrace_size && !can(XEN_SYSCTL_PHYSCAP_vmtrace)) ||
	    c->arch.misc_flags & ~XEN_X86_MSR_RELAXED)
		return false;
	return c->max_grant_frames <= GRANT_FRAMES && c->max_maptrack_frames <= MAPTRACK_FRAMES;
}

/* PV takes no emulated devices but the PIT; others have the local APIC alone, or all but the PCI
 * bridge; from 4.19 on with or without PIRQs (emulation_flags_ok in Xen). */
static bool emulation_ok(const struct xen_domctl_createdomain *c)
{
	const uint32_t all = XEN_X86_EMU_ALL & ~XEN_X86_EMU_VPCI, flags = c->arch.emulation_flags;

	if (!(c->flags & XEN_DOMCTL_CDF_hvm))
		return !flags;
	if (XEN_LIBS_MINOR >= 19 && flags == (all & ~XEN_X86_EMU_USE_PIRQ))
		return true;
	return flags == XEN_X86_EMU_LAPIC || flags == all;
}

/* The mode and the number of views that the domain is made with. */
static void read_altp2m(const struct xen_domctl_createdomain *c, unsigned *mode, unsigned *views)
{
#if XEN_LIBS_MINOR >= 21
	*mode = c->altp2m.opts;
	*views = c->altp2m.nr;
#elif XEN_LIBS_MINOR >= 19
	*mode = c->altp2m_opts;
	*views = *mode ? 10 : 0;
#else
	(void)c;
	*mode = *views = 0;
#endif
}

static bool altp2m_ok(const struct xen_domctl_createdomain *c)
{
	unsigned mode, views;

	read_altp2m(c, &mode, &views);
	if (!mode)
		return !views;
	return views && mode <= XEN_ALTP2M_limited && c->flags & XEN_DOMCTL_CDF_hap &&
	       !(c->flags & XEN_DOMCTL_CDF_nested_virt);
}

/* What XEN_DOMCTL_createdomain refuses (sanitise_domain_config in Xen). */
static bool config_ok(const struct xen_domctl_createdomain *c)
{
	const bool hvm = c->flags & XEN_DOMCTL_CDF_hvm, hap = c->flags & XEN_DOMCTL_CDF_hap;

	if (!c->max_vcpus || c->max_vcpus > FAKE_VCPUS || (hap && !hvm))
		return false;
	if (hvm ? !(xen.host.physcaps & XEN_SYSCTL_PHYSCAP_hvm)
		: !(xen.host.physcaps & XEN_SYSCTL_PHYSCAP_pv))
		return false;
	if (hap && !(xen.host.physcaps & XEN_SYSCTL_PHYSCAP_hap))
		return false;
	return emulation_ok(c) && altp2m_ok(c) && options_ok(c) &&
	       (c->grant_opts & XEN_DOMCTL_GRANT_version_mask) <=
		       (xen.host.physcaps & XEN_SYSCTL_PHYSCAP_gnttab_v2 ? 2u : 1u);
}

int xc_domain_create(xc_interface *xch, uint32_t *pdomid, struct xen_domctl_createdomain *config)
{
	struct fake_domain *d;

	(void)xch;
	if (!fake_enter(__func__))
		return fake_leave(-1);
	if (xen.host.no_domctl)
		return fake_refuse(EACCES);
	/* 0 is dom0, which is there; before 4.22 it stood for any number. */
	if (*pdomid == 0 && FAKE_DOMID_ANY != 0)
		return fake_refuse(EEXIST);
	if (*pdomid != FAKE_DOMID_ANY || !config_ok(config))
		return fake_refuse(EINVAL);
	if (!fake_pool(config->cpupool_id))
		return fake_refuse(ESRCH);
	if (xen.n == DOMAINS_MAX)
		return fake_refuse(ENOMEM);
	d = &xen.domains[xen.n];
	memset(d, 0, sizeof(*d));
	d->page_fd = -1;
	if (!fake_take(d, DOMAIN_KIB))
		return fake_leave(-1);
	d->domid = *pdomid = ++xen.n;
	d->there = true;
	d->config = *config;
	read_altp2m(config, &d->altp2m, &d->altp2m_views);
	d->weight = 256;
	d->period = 10000;
	d->label = config->ssidref;
	d->nodes = ~UINT64_C(0);
	for (unsigned i = 0; i < FAKE_VCPUS; i++)
		d->affinity[i] = d->soft[i] = ~UINT64_C(0);
	return fake_leave(0);
}

int xc_domain_max_vcpus(xc_interface *xch, uint32_t domid, unsigned max)
{
	struct fake_domain *d = fake_enter_domain(__func__, domid);

	(void)xch;
	if (!d)
		return fake_leave(-1);
	if (max != d->config.max_vcpus)
		return fake_refuse(EINVAL);
	d->vcpus = max;
	return fake_leave(0);
}

int xc_domain_pause(xc_interface *xch, uint32_t domid)
{
	struct fake_domain *d = fake_enter_domain(__func__, domid);

	(void)xch;
	if (!d)
		return fake_leave(-1);
	d->running = false;
	return fake_leave(0);
}

int xc_domain_shutdown(xc_interface *xch, uint32_t domid, int reason)
{
	struct fake_domain *d = fake_enter_domain(__func__, domid);

	(void)xch;
	if (!d)
		return fake_leave(-1);
	d->shut_down = true;
	d->running = false;
	d->reason = (unsigned)reason;
	return fake_leave(0);
}

int xc_domain_destroy(xc_interface *xch, uint32_t domid)
{
	struct fake_domain *d;

	(void)xch;
	if (!fake_enter(__func__))
		return fake_leave(-1);
	if (xen.host.no_domctl)
		return fake_refuse(EACCES);
	/* A domain that is dying already still exists for this call. */
	d = fake_find(domid);
	if (!d)
		return fake_refuse(ESRCH);
	kill_domain(d);
	return fake_leave(0);
}

int xc_domain_getinfolist(xc_interface *xch, uint32_t first_domain, unsigned max_domains,
			  xc_domaininfo_t *info)
{
	unsigned n = 0;

	(void)xch;
	if (!enter_sysctl(__func__))
		return fake_leave(is_dead() ? 0 : -1); /* nobody is to wait for anything */
	for (unsigned i = first_domain ? first_domain - 1 : 0; i < xen.n && n < max_domains; i++) {
		struct fake_domain *d = &xen.domains[i];

		if (d->there && d->linger) {
			d->linger--;
			let_go(d);
		}
		if (!d->there)
			continue;
		memset(&info[n], 0, sizeof(info[n]));
		info[n].domain = (domid_t)d->domid;
		info[n].flags = (d->dying ? XEN_DOMINF_dying : 0) |
				(d->running ? XEN_DOMINF_running : XEN_DOMINF_paused) |
				(d->shut_down ? XEN_DOMINF_shutdown : 0) |
				d->reason << XEN_DOMINF_shutdownshift;
		memcpy(info[n].handle, d->config.handle, 16);
		info[n].cpupool = d->config.cpupool_id;
		info[n].max_vcpu_id = d->vcpus ? d->vcpus - 1 : 0;
		n++;
	}
	return fake_leave((int)n);
}

int xc_domain_unpause(xc_interface *xch, uint32_t domid)
{
	struct fake_domain *d = fake_enter_domain(__func__, domid);

	(void)xch;
	if (!d)
		return fake_leave(-1);
	if (!d->loaded || !d->grants || !d->vcpus || !d->cpuid_set || !d->tsc_set)
		fake_broken("domain %u was unpaused before it was built", domid);
	d->running = true;
	return fake_leave(0);
}

int xc_domain_setmaxmem(xc_interface *xch, uint32_t domid, uint64_t max_memkb)
{
	struct fake_domain *d = fake_enter_domain(__func__, domid);

	(void)xch;
	if (!d)
		return fake_leave(-1);
	d->maxmem_kib = max_memkb;
	return fake_leave(0);
}

/* domain_set_outstanding_pages of Xen's common/page_alloc.c. */
int xc_domain_claim_pages(xc_interface *xch, uint32_t domid, unsigned long nr_pages)
{
	struct fake_domain *d = fake_enter_domain(__func__, domid);
	const uint64_t kib = (uint64_t)nr_pages * (XC_PAGE_SIZE / 1024);

	(void)xch;
	if (!d)
		return fake_leave(-1);
	if (!nr_pages) {
		d->claim_kib = 0;
		return fake_leave(0);
	}
	if (d->claim_kib || kib <= d->memory_kib || kib > d->maxmem_kib) {
		fake_broken("domain %u can't claim %llu KiB", domid, (unsigned long long)kib);
		return fake_refuse(EINVAL);
	}
	if (claimed_kib() > xen.host.free_kib ||
	    kib - d->memory_kib > xen.host.free_kib - claimed_kib())
		return fake_refuse(ENOMEM);
	d->claim_kib = kib - d->memory_kib;
	return fake_leave(0);
}

int xc_domain_set_memmap_limit(xc_interface *xch, uint32_t domid, unsigned long map_limitkb)
{
	struct fake_domain *d = fake_enter_domain(__func__, domid);

	(void)xch;
	if (!d)
		return fake_leave(-1);
	d->memmap_limit_kib = map_limitkb;
	return fake_leave(0);
}

int xc_domain_set_memory_map(xc_interface *xch, uint32_t domid, struct e820entry entries[],
			     uint32_t nr_entries)
{
	struct fake_domain *d = fake_enter_domain(__func__, domid);

	(void)xch;
	if (!d)
		return fake_leave(-1);
	if (nr_entries > FAKE_E820_MAX)
		return fake_refuse(EINVAL);
	memcpy(d->e820, entries, nr_entries * sizeof(entries[0]));
	d->nr_e820 = nr_entries;
	return fake_leave(0);
}

int xc_set_paging_mempool_size(xc_interface *xch, uint32_t domid, uint64_t size)
{
	struct fake_domain *d = fake_enter_domain(__func__, domid);

	(void)xch;
	if (!d)
		return fake_leave(-1);
	if (!(d->config.flags & XEN_DOMCTL_CDF_hvm) || size % XC_PAGE_SIZE)
		return fake_refuse(EINVAL);
	if (!fake_take(d, size / 1024))
		return fake_leave(-1);
	d->pool_bytes = size;
	return fake_leave(0);
}

int xc_domain_get_guest_width(xc_interface *xch, uint32_t domid, unsigned *width)
{
	(void)xch;
	if (!fake_enter_domain(__func__, domid))
		return fake_leave(-1);
	*width = 8;
	return fake_leave(0);
}

/* Both schedulers' calls want the scheduler that is there. */
static struct fake_domain *enter_sched(const char *name, uint32_t domid, int scheduler)
{
	struct fake_domain *d = fake_enter_domain(name, domid);

	/* dom0 is there, too. */
	if (!d && domid == 0 && errno == ESRCH)
		d = &xen.dom0;
	if (!d || xen.host.scheduler == scheduler)
		return d;
	errno = EINVAL;
	return NULL;
}

int xc_sched_credit_domain_get(xc_interface *xch, uint32_t domid,
			       struct xen_domctl_sched_credit *sdom)
{
	struct fake_domain *d = enter_sched(__func__, domid, XEN_SCHEDULER_CREDIT);

	(void)xch;
	if (!d)
		return fake_leave(-1);
	*sdom = (struct xen_domctl_sched_credit){.weight = d->weight, .cap = d->cap};
	return fake_leave(0);
}

int xc_sched_credit_domain_set(xc_interface *xch, uint32_t domid,
			       struct xen_domctl_sched_credit *sdom)
{
	struct fake_domain *d = enter_sched(__func__, domid, XEN_SCHEDULER_CREDIT);

	(void)xch;
	if (!d)
		return fake_leave(-1);
	d->weight = sdom->weight;
	d->cap = sdom->cap;
	return fake_leave(0);
}

int xc_sched_credit2_domain_get(xc_interface *xch, uint32_t domid,
				struct xen_domctl_sched_credit2 *sdom)
{
	struct fake_domain *d = enter_sched(__func__, domid, XEN_SCHEDULER_CREDIT2);

	(void)xch;
	if (!d)
		return fake_leave(-1);
	*sdom = (struct xen_domctl_sched_credit2){.weight = d->weight, .cap = d->cap};
	return fake_leave(0);
}

int xc_sched_credit2_domain_set(xc_interface *xch, uint32_t domid,
				struct xen_domctl_sched_credit2 *sdom)
{
	struct fake_domain *d = enter_sched(__func__, domid, XEN_SCHEDULER_CREDIT2);

	(void)xch;
	if (!d)
		return fake_leave(-1);
	d->weight = sdom->weight;
	d->cap = sdom->cap;
	return fake_leave(0);
}

int xc_hvm_param_set(xc_interface *xch, uint32_t domid, uint32_t param, uint64_t value)
{
	struct fake_domain *d = fake_enter_domain(__func__, domid);

	(void)xch;
	if (!d)
		return fake_leave(-1);
	if (!(d->config.flags & XEN_DOMCTL_CDF_hvm) || param >= HVM_NR_PARAMS ||
	    (param == HVM_PARAM_TIMER_MODE && value > HVMPTM_one_missed_tick_pending))
		return fake_refuse(EINVAL);
	if (param == HVM_PARAM_ALTP2M) {
		/* It can only be read (hvm_allow_set_param in Xen). */
		if (XEN_LIBS_MINOR >= 19)
			return fake_refuse(EEXIST);
		d->altp2m = (unsigned)value;
	}
	d->hvm_param[param] = value;
	d->hvm_param_set[param] = true;
	return fake_leave(0);
}

xc_evtchn_port_or_error_t xc_evtchn_alloc_unbound(xc_interface *xch, uint32_t domid,
						  uint32_t remote_dom)
{
	struct fake_domain *d = fake_enter_domain(__func__, domid);

	(void)xch;
	if (!d)
		return fake_leave(-1);
	if (remote_dom != 0)
		return fake_refuse(EINVAL);
	for (unsigned port = 1; port < FAKE_PORTS && port <= d->config.max_evtchn_port; port++) {
		if (d->port[port])
			continue;
		d->port[port] = true;
		return fake_leave((int)port);
	}
	return fake_refuse(ENOSPC);
}

void *xc_map_foreign_range(xc_interface *xch, uint32_t domid, int size, int prot, unsigned long mfn)
{
	struct fake_domain *d = fake_enter_domain(__func__, domid);
	off_t page;
	unsigned i;
	void *p;

	(void)xch;
	if (!d)
		return fake_leave_ptr(NULL);
	page = mfn == d->console_gfn ? 0 : mfn == d->store_gfn ? 1 : 2;
	if (size != XC_PAGE_SIZE || !d->ring ||
	    (page == 2 && (!d->device_model || mfn != HVM_INFO_PFN))) {
		errno = EINVAL;
		return fake_leave_ptr(NULL);
	}
	for (i = 0; i < MAPPINGS_MAX && xen.mappings[i].addr; i++)
		;
	p = i < MAPPINGS_MAX
		    ? mmap(NULL, XC_PAGE_SIZE, prot, MAP_SHARED, d->page_fd, page * XC_PAGE_SIZE)
		    : MAP_FAILED;
	if (p == MAP_FAILED)
		return fake_leave_ptr(NULL);
	xen.mappings[i].addr = p;
	xen.mappings[i].domain = d;
	d->mapped++;
	return fake_leave_ptr(p);
}

int __wrap_munmap(void *addr, size_t length);
int __wrap_munmap(void *addr, size_t length)
{
	/* The C library gives back what the fake itself freed. */
	if (inside)
		return __real_munmap(addr, length);
	fake_lock();
	for (unsigned i = 0; i < MAPPINGS_MAX; i++) {
		if (!addr || xen.mappings[i].addr != addr)
			continue;
		xen.mappings[i].addr = NULL;
		xen.mappings[i].domain->mapped--;
		let_go(xen.mappings[i].domain);
	}
	fake_unlock();
	return __real_munmap(addr, length);
}
