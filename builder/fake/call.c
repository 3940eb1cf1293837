#include "call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xencall.h>
#include <xenctrl.h>

#include "state.h"

struct xencall_handle {
	char unused;
};

static struct fake_call state;

struct fake_call *fake_call(void)
{
	return &state;
}

void fake_call_reset(void)
{
	memset(&state, 0, sizeof(state));
}

unsigned fake_call_leaks(FILE *to)
{
	if (state.handles || state.buffers)
		fprintf(to, "held: %u handles and %u buffers of libxencall\n", state.handles,
			state.buffers);
	return state.handles + state.buffers;
}

xencall_handle *xencall_open(struct xentoollog_logger *logger, unsigned open_flags)
{
	xencall_handle *h = state.no_handle ? NULL : malloc(sizeof(*h));

	(void)open_flags;
	state.opened++;
	state.handles += !!h;
	if (!h)
		fake_log(&(struct xc_interface_core){logger}, "Could not obtain a handle\n");
	return h;
}

int xencall_close(xencall_handle *h)
{
	state.handles--;
	free(h);
	return 0;
}

void *xencall_alloc_buffer(xencall_handle *h, size_t size)
{
	void *p = state.no_buffer ? NULL : malloc(size);

	(void)h;
	state.buffers += !!p;
	return p;
}

void xencall_free_buffer(xencall_handle *h, void *p)
{
	(void)h;
	state.buffers--;
	free(p);
}

static bool is_flush(const multicall_entry_t *e)
{
	const struct mmuext_op *op = (const struct mmuext_op *)(uintptr_t)e->args[0];

	return e->op == __HYPERVISOR_mmuext_op && e->args[1] == 1 && !e->args[2] &&
	       e->args[3] == DOMID_SELF && op->cmd == MMUEXT_TLB_FLUSH_ALL;
}

static void clear(multicall_entry_t *e)
{
	if (e->op != __HYPERVISOR_update_va_mapping || e->args[1] || e->args[2] ||
	    (state.to && e->args[0] != state.to))
		state.wrong = true;
	e->result = (xen_ulong_t)-state.refused;
	if (state.refused)
		return;
	state.from = state.from ? state.from : e->args[0];
	state.to = e->args[0] + XC_PAGE_SIZE;
}

static int get_features(xen_feature_info_t *f)
{
	if (state.no_features) {
		errno = state.no_features;
		return -1;
	}
	state.wrong |= f->submap_idx != 0;
	f->submap = 1U << XENFEAT_dom0;
	if (state.pvh_dom0)
		f->submap |= 1U << XENFEAT_auto_translated_physmap;
	return 0;
}

int xencall2(xencall_handle *h, unsigned op, uint64_t arg1, uint64_t arg2)
{
	multicall_entry_t *e = (multicall_entry_t *)(uintptr_t)arg1;

	(void)h;
	if (op == __HYPERVISOR_xen_version && arg1 == XENVER_get_features)
		return get_features((xen_feature_info_t *)(uintptr_t)arg2);
	state.calls++;
	state.wrong |= op != __HYPERVISOR_multicall || !arg2 || state.pvh_dom0;
	if (state.failed) {
		errno = state.failed;
		return -1;
	}
	for (; arg2 > 1; arg2--, e++)
		clear(e);
	state.flushed += is_flush(e);
	return 0;
}
