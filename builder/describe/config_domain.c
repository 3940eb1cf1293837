#include "config_domain.h"
#include "builder/guest/xen_compat_x86.h"

static void check_clocks(struct reading *r)
{
	const struct statement *tsc = config_good(r, "tsc_mode"),
			       *timer = config_good(r, "timer_mode");

	if (tsc && r->g->domain.tsc_mode == TSC_NATIVE_PARAVIRT)
		diag_add(r->d, tsc->value.loc,
			 "tsc_mode = \"native_paravirt\": Xen does not have it any more: "
			 "\"default\" is "
			 "native where the processor allows it");
	/* xl refuses it, too. */
	if (timer && r->type_known && r->g->type == GUEST_PV)
		diag_add(r->d, timer->loc, "timer_mode is not for pv guests");
}

/* Memory that the guest gets when it asks for it has neither several views nor an IOMMU's tables.
 */
static void check_populated(struct reading *r, const char *key, const char *what)
{
	const struct statement *st = config_good(r, key), *maxmem = config_good(r, "maxmem");
	char buf[PLACE_MAX];

	if (!st || !maxmem || r->g->maxmem_kib <= r->g->memory_kib)
		return;
	diag_add(r->d, st->loc,
		 "%s needs all of a guest's memory: maxmem must be memory for %s (%s)", key, what,
		 config_place(maxmem->loc, st->loc, buf));
}

static void check_altp2m(struct reading *r)
{
	const struct domain_options *o = &r->g->domain;
	const struct statement *count = config_good(r, "altp2m_count");
	const char *key = o->altp2m == ALTP2M_DISABLED ? "altp2mhvm" : "altp2m";
	const bool on = o->altp2m != ALTP2M_DISABLED || bool_or(o->altp2mhvm, false);
	char buf[PLACE_MAX];

	if (count && on && !XEN_HAS_ALTP2M_COUNT && o->altp2m_count.n != XEN_ALTP2M_VIEWS)
		diag_add(r->d, count->value.loc,
			 "altp2m_count = %lld: this Xen gives such a guest %d views",
			 (long long)o->altp2m_count.n, XEN_ALTP2M_VIEWS);
	else if (count && on && !o->altp2m_count.n)
		diag_add(r->d, count->value.loc,
			 "altp2m_count = 0: a guest with altp2m has at least one view");
	if (count && !on)
		diag_note(r->d, count->loc, "altp2m_count has no effect without altp2m");
	if (!on || r->g->type == GUEST_PV)
		return;
	if (bool_or(o->nestedhvm, false))
		diag_add(r->d, config_good(r, key)->loc, "%s and nestedhvm exclude each other (%s)",
			 key,
			 config_place(config_good(r, "nestedhvm")->loc, config_good(r, key)->loc,
				      buf));
	check_populated(r, key, "altp2m");
}

/* The hypervisor refuses it: what nests is the processor's own translation. */
static void check_nested(struct reading *r)
{
	const struct statement *nested = config_good(r, "nestedhvm"), *hap = config_good(r, "hap");
	char buf[PLACE_MAX];

	if (nested && hap && r->g->domain.nestedhvm == BOOL_ON && !r->g->hap)
		diag_add(r->d, nested->loc, "nestedhvm = 1 needs hap, which is 0 (%s)",
			 config_place(hap->loc, nested->loc, buf));
}

/* With PCI devices it need not be said. */
static void check_devices(struct reading *r, const struct statement *passthrough)
{
	const struct statement *pci = config_good(r, "pci");
	char buf[PLACE_MAX];

	if (!guest_config_has_pci(r->g))
		return;
	if (r->g->domain.passthrough == PASSTHROUGH_DISABLED)
		diag_add(r->d, passthrough->value.loc,
			 "passthrough = \"disabled\" can't be given together with pci (%s)",
			 config_place(pci->loc, passthrough->loc, buf));
	else if (r->g->type == GUEST_HVM)
		check_populated(r, "pci", "that");
}

static void check_shared(struct reading *r, const struct statement *st)
{
	const struct statement *hap = config_good(r, "hap");
	char buf[PLACE_MAX];

	if (r->g->type == GUEST_PV)
		diag_add(r->d, st->value.loc,
			 "passthrough = \"share_pt\" is not for pv guests: \"sync_pt\" is");
	else if (hap && !r->g->hap)
		diag_add(r->d, st->value.loc,
			 "passthrough = \"share_pt\" needs hap, which is 0 (%s): \"sync_pt\" does "
			 "without",
			 config_place(hap->loc, st->loc, buf));
}

static void check_passthrough(struct reading *r)
{
	const struct statement *st = config_good(r, "passthrough");
	const enum passthrough_mode mode = r->g->domain.passthrough;

	if (!r->type_known)
		return;
	if (mode <= PASSTHROUGH_DISABLED) {
		check_devices(r, st);
		return;
	}
	if (r->g->type == GUEST_PVH) {
		diag_add(r->d, st->loc, "passthrough is not for pvh guests yet, in Xen");
		return;
	}
	if (mode == PASSTHROUGH_SHARE_PT)
		check_shared(r, st);
	if (r->g->type == GUEST_HVM)
		check_populated(r, "passthrough", "that");
}

/* A guest has a channel for its console and one for the store; 0 is libxl's default. */
static void check_event_channels(struct reading *r)
{
	const struct statement *st = config_good(r, "max_event_channels");
	struct given_number *n = &r->g->domain.max_event_channels;

	if (st && n->n && n->n < 3)
		diag_add(r->d, st->value.loc,
			 "max_event_channels = %lld: must be 0, the default, or at least 3",
			 (long long)n->n);
	if (!n->n)
		n->given = false;
}

void config_check_domain(struct reading *r)
{
	check_clocks(r);
	check_altp2m(r);
	check_nested(r);
	check_passthrough(r);
	check_event_channels(r);
	if (config_good(r, "nx") && r->g->domain.nx == BOOL_OFF)
		diag_note(r->d, config_good(r, "nx")->loc,
			  "nx = 0 has no effect, as with xl: cpuid = \"host,nx=0\" hides it");
}
