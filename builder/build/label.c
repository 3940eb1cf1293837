#include "label.h"

#include <errno.h>

#include "builder/guest/xen_compat.h"

/*
 * A guest's that has none: domU in the order of xen/xsm/flask/policy/initial_sids, from 1 on, as
 * libxl has it (SECINITSID_DOMU, libxl__domain_create_info_setdefault). A hypervisor without FLASK
 * does not look at it.
 */
#define SID_DOMU 12

/* Returns 1 with the label's number, 0 without FLASK, or -1 with e set. */
static int find(struct host *h, const char *key, char *label, uint32_t *sid, struct err *e)
{
	if (xen_flask_sid(h->xch, label, sid) == 0)
		return 1;
	if (errno != ENOSYS)
		return host_error(h, e, "cannot use the label '%.64s' (%s)", label, key);
	xenlog_clear(&h->log);
	return 0;
}

int label_find(struct guest *g, struct host *h, uint32_t *sid, struct err *e)
{
	const struct domain_options *o = &g->cfg->domain;
	int rc;

	*sid = SID_DOMU;
	if (!o->label && !o->init_label)
		return 0;
	rc = o->init_label ? find(h, "init_seclabel", o->init_label, sid, e)
			   : find(h, "seclabel", o->label, sid, e);
	if (rc == 0)
		guest_note(g, "%s has no effect: this hypervisor has no FLASK",
			   o->init_label ? "init_seclabel" : "seclabel");
	return rc < 0 ? -1 : 0;
}

int label_final(const struct guest *g, struct host *h, struct err *e)
{
	const struct domain_options *o = &g->cfg->domain;
	uint32_t sid;
	int rc;

	/* One label alone is the domain's from the beginning. */
	if (!o->label || !o->init_label)
		return 0;
	rc = find(h, "seclabel", o->label, &sid, e);
	if (rc <= 0)
		return rc;
	if (xc_flask_relabel_domain(h->xch, g->domid, sid) < 0)
		return host_error(h, e, "cannot give the domain its label (seclabel)");
	return 0;
}
