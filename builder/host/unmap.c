#include "unmap.h"

#include <stdint.h>

#include <xencall.h>
#include <xenctrl.h>

/* Pages that one hypercall clears: with the flush behind them, its entries take 64 KiB. */
#define BATCH 1023
/* Fewer pages than this are left to munmap: a hypercall does not pay for them. */
#define WORTH 64

struct unmap_batch {
	multicall_entry_t entries[BATCH + 1];
	struct mmuext_op flush;
	xen_feature_info_t features;
};

/* Whether dom0 is a pv domain, whose page tables the hypervisor writes: HYPERVISOR_xen_version of
 * Xen's public/version.h, and bit XENFEAT_auto_translated_physmap of its public/features.h. */
static bool dom0_is_pv(struct unmapper *u)
{
	xen_feature_info_t *f = &u->batch->features;

	f->submap_idx = XENFEAT_auto_translated_physmap / 32;
	return xencall2(u->call, __HYPERVISOR_xen_version, XENVER_get_features, (uintptr_t)f) >=
		       0 &&
	       !(f->submap & 1U << XENFEAT_auto_translated_physmap % 32);
}

static bool ready(struct unmapper *u, struct xenlog *log)
{
	if (u->none || u->batch)
		return !u->none;
	u->call = xencall_open(&log->vtable, 0);
	if (u->call)
		u->batch = xencall_alloc_buffer(u->call, sizeof(*u->batch));
	/* Forget the library's message, or a later failure would be blamed on it. */
	xenlog_clear(log);
	u->none = !u->batch || !dom0_is_pv(u);
	return !u->none;
}

/* The calls: HYPERVISOR_multicall, HYPERVISOR_update_va_mapping and HYPERVISOR_mmuext_op in Xen's
 * public/xen.h. The last one makes dom0's processors forget the entries. */
static void clear(struct unmapper *u, uintptr_t at, size_t n)
{
	struct unmap_batch *b = u->batch;

	for (size_t i = 0; i < n; i++)
		b->entries[i] = (multicall_entry_t){
			.op = __HYPERVISOR_update_va_mapping,
			.args = {at + i * XC_PAGE_SIZE, 0, UVMF_NONE},
		};
	b->flush = (struct mmuext_op){.cmd = MMUEXT_TLB_FLUSH_ALL};
	b->entries[n] = (multicall_entry_t){
		.op = __HYPERVISOR_mmuext_op,
		.args = {(uintptr_t)&b->flush, 1, 0, DOMID_SELF},
	};
	if (xencall2(u->call, __HYPERVISOR_multicall, (uintptr_t)b->entries, n + 1) < 0 ||
	    (long)b->entries[0].result < 0)
		u->none = true;
}

void unmap_pages(struct unmapper *u, struct xenlog *log, void *at, size_t pages)
{
	uintptr_t next = (uintptr_t)at;

	if (pages < WORTH)
		return;
	while (pages && ready(u, log)) {
		const size_t n = pages < BATCH ? pages : BATCH;

		clear(u, next, n);
		next += n * XC_PAGE_SIZE;
		pages -= n;
	}
}

void unmap_end(struct unmapper *u)
{
	if (u->batch)
		xencall_free_buffer(u->call, u->batch);
	if (u->call)
		xencall_close(u->call);
	*u = (struct unmapper){0};
}
