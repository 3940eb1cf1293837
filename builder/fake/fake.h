/*
 * A hypervisor for the tests: every function of libxenctrl, libxenguest and libxenevtchn that the
 * program calls, over a state that tests can look at, and that can be told to fail.
 *
 * It is linked in place of the libraries and compiled against their headers, so that a prototype
 * that changes is a compile error. It knows the rules of order that the real one has (vcpus before
 * their affinity, an image before the unpause ...): a broken one is reported by fake_leaks.
 *
 * Several threads may call it, as they may the real one.
 */
#ifndef EARLYDOM_FAKE_H
#define EARLYDOM_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define XC_WANT_COMPAT_MAP_FOREIGN_API
#include <xen-version.h>
#include <xenctrl.h>
#include <xenevtchn.h>
#include <xenguest.h>

#include <xen/hvm/e820.h>
#include <xen/hvm/params.h>

/* What a small domain is made with. */
#define FAKE_DOMAIN                                                                                \
	{                                                                                          \
		.max_vcpus = 1, .max_evtchn_port = 1023, .grant_opts = 1, .max_grant_frames = 4    \
	}

/* The fake is the hypervisor of the release whose headers it is built with, and knows by itself
 * what that wants: the program's own xen_compat.h is tested with it. This stands for a domain's
 * number that the hypervisor chooses. */
#if XEN_LIBS_MINOR >= 22
#define FAKE_DOMID_ANY DOMID_ANY
#else
#define FAKE_DOMID_ANY 0
#endif

#define FAKE_VCPUS    128
#define FAKE_E820_MAX E820MAX
#define FAKE_PORTS    64

/* What the host is; set before use. fake_reset gives one of 4 cpus, 2 nodes and 4 GiB free. */
struct fake_host {
	int version;    /* major << 16 | minor */
	bool no_sysctl; /* refuses sysctls, as another version's hypervisor does (EACCES) */
	bool no_domctl; /* the same for domctls */
	const char *caps;
	uint32_t physcaps; /* XEN_SYSCTL_PHYSCAP_* */
	unsigned nr_cpus;  /* at most 64, the last offline_cpus of them offline */
	unsigned offline_cpus;
	unsigned cpus_per_node;
	int scheduler; /* XEN_SCHEDULER_* */
	uint64_t free_kib;
	uint64_t claimed_kib; /* others' outstanding claims: part of free_kib, but not to be had */
	bool linux_rsdp;      /* kernels say XENFEAT_linux_rsdp_unrestricted */
	unsigned linger;      /* queries of a destroyed domain until it is gone */
	unsigned nodes;       /* NUMA nodes that the host tells of: 1, whatever the cpus say */
	uint64_t node_kib[4]; /* free on each */
	struct fake_pool {
		uint32_t id;
		int scheduler;
		uint64_t cpus;
	} pools[4]; /* in the order of their numbers; pool 0 is there without */
	unsigned nr_pools;
	/* Memory kept for devices: of which, as in pcis. */
	struct fake_rdm {
		uint32_t sbdf;
		uint64_t pfn, pages;
	} rdms[4];
	unsigned nr_rdms;
	struct e820entry e820[16]; /* the host's memory map */
	unsigned nr_e820;
	/* The PCI functions that it knows: by segment << 16 | bus << 8 | device << 3 | function. */
	struct fake_pci {
		uint32_t sbdf, group;
		uint32_t domid; /* whose it is: dom0's while there is no such domain */
		uint32_t flag;  /* with which it was assigned */
	} pcis[4];
	unsigned nr_pcis;
	bool flask; /* its policy knows "system_u:system_r:NAME_t", and gives it 100 + strlen(NAME)
		     */
};

/* Calls that give a domain parts of the machine. */
#define FAKE_GIVEN 8
struct fake_given {
	char what; /* 'p' ports, 'i' an interrupt, 'm' pages to use, 'M' pages mapped */
	uint64_t first, number, gfn;
};

/* A domain as the hypervisor has it. */
struct fake_domain {
	bool there; /* false: never made, or gone; the figures stay readable */
	uint32_t domid;
	struct xen_domctl_createdomain config;
	unsigned vcpus; /* that exist */
	uint64_t maxmem_kib;
	uint64_t memmap_limit_kib;
	uint64_t pool_bytes;
	uint64_t affinity[FAKE_VCPUS]; /* hard; bit n is cpu n */
	uint64_t soft[FAKE_VCPUS];     /* the same, of what it prefers */
	uint64_t nodes;                /* that its memory comes from */
	uint16_t weight, cap;
	uint32_t period;               /* us */
	unsigned altp2m, altp2m_views; /* however it was told of them */
	uint64_t hvm_param[HVM_NR_PARAMS];
	bool hvm_param_set[HVM_NR_PARAMS];
	struct e820entry e820[FAKE_E820_MAX];
	unsigned nr_e820;
	bool tsc_set, cpuid_set;
	uint32_t tsc_mode;
	int32_t time_offset;
	bool no_pae, itsc,
		nested;  /* of its cpuid policy, with what the descriptor changes in it: */
	char cpuid[512]; /* LEAF[,SUBLEAF]:REG=BITS...; and MSR=BITS; */
	struct fake_given given[FAKE_GIVEN];
	unsigned nr_given;
	uint32_t label; /* it runs with */

	/* From the image. */
	char cmdline[4096];
	size_t ramdisk_size;
	unsigned image_vcpus;
	/* What it has, and what it is shown: more is populated on demand. */
	uint64_t memory_kib, shown_kib, lowmem_end, highmem_end;
	uint32_t console_evtchn, store_evtchn;
	uint64_t console_gfn, store_gfn;
	unsigned acpi_pages; /* of the ACPI modules, all together */
	bool device_model;   /* it is for a guest with a firmware */
	size_t bios_size;
	bool loaded, grants;
	/* Of its kernel, or its firmware. */
	const char *guest_type;
	uint64_t virt_base, virt_entry, kernel_pfn, kernel_pages;
	uint64_t entry; /* where it begins: virtual for pv, else physical */
	bool extended_cr3;
	uint8_t kernel[5 * 4096]; /* what was loaded first */

	bool running, dying, shut_down;
	unsigned reason;
	unsigned linger;

	bool port[FAKE_PORTS]; /* unbound ports for dom0 */
	unsigned mapped;       /* foreign mappings of its pages */
	int page_fd;           /* the pages of the console, the store and hvmloader's table */
	struct xencons_interface *ring;
	struct xenstore_domain_interface *store;
	uint8_t *info; /* the page of hvmloader's table, of a guest with a firmware */
	uint64_t held_kib;
	uint64_t claim_kib; /* of its claim, what it has not taken yet */
};

/* Forgets everything: domains, failures and counts. What is still held from before is lost. */
void fake_reset(void);
struct fake_host *fake_host(void);
uint16_t fake_dom0_weight(void);

/* The domain that the handle is restricted to; 0 for none. */
domid_t fake_evtchn_restricted(xenevtchn_handle *xce);

/* The n-th call from now (1 is the next) fails with that errno; 0 for none. */
void fake_fail_at(unsigned n, int errnum);
/* The n-th call of that function from now on fails with that errno. */
void fake_fail_call(const char *name, unsigned n, int errnum);
/* Every call of that function fails from the n-th on. */
void fake_fail_always(const char *name, unsigned n, int errnum);
/*
 * The process is ended in the middle of what it does: from the n-th call from now on every call
 * fails (EIO), so that nothing changes any more, and `then` is called first, with the fake's lock
 * held. 0 for none: then another process begins.
 */
void fake_die_at(unsigned n, void (*then)(void *arg), void *arg);
bool fake_dead(void);
/* Every call of that function takes so long, before it does anything. */
void fake_slow(const char *name, unsigned ms);
/* The function whose call was made to fail, or NULL while there was none. */
const char *fake_failed(void);

/* Calls so far that can fail; of one function; and the k-th function that was called (NULL past the
 * last). */
unsigned fake_calls(void);
unsigned fake_calls_of(const char *name);
const char *fake_called(unsigned k);

/* Reports what is still held (but domains, when `domains` is false) and every rule that was broken.
 * Returns the number. */
unsigned fake_leaks(FILE *to, bool domains);

/* The domain of that id or uuid, also after its end; NULL when there was none. The newest for a
 * uuid. */
struct fake_domain *fake_domain(uint32_t domid);
struct fake_domain *fake_domain_of(const uint8_t uuid[16]);
unsigned fake_domains(void); /* how many are there now */
/* What another thread may be changing: whether a domain was made and is not gone, and whether it
 * runs. */
bool fake_domain_there(uint32_t domid);
bool fake_domain_runs(uint32_t domid);

/* What a guest, or another toolstack, does. */
void fake_print(uint32_t domid, const char *text);         /* into its console ring; tells dom0 */
size_t fake_typed(uint32_t domid, char *buf, size_t size); /* what dom0 typed into its console */
void fake_kick(uint32_t domid);                            /* only the event of the console */
void fake_shutdown(uint32_t domid, unsigned reason);       /* SHUTDOWN_* */
void fake_destroy(uint32_t domid);
/* Somebody else has made a running domain of that uuid, with the number of one that is gone, or a
 * new one for domid 0. Returns its number. */
uint32_t fake_foreign(uint32_t domid, const uint8_t uuid[16]);

/*
 * The n-th allocation (malloc, calloc, realloc, strdup) that this thread makes from now on fails; 0
 * for none. fake_alloc_failed tells whether it came to that.
 */
void fake_alloc_fail_at(unsigned n);
bool fake_alloc_failed(void);

#endif
