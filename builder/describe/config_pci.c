#include "config_pci.h"

#include <stdlib.h>
#include <string.h>

#include "config_value.h"
#include "pci_spec.h"
#include "spec.h"

/* All functions of a bus, which is what a guest has. */
#define DEVICES_MAX 256

int read_pcis(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	struct strings texts = {0};
	struct pci_spec *all;
	struct err e;
	int rc = 0;

	if (read_texts(k, v, DEVICES_MAX, &texts, d) < 0)
		return -1;
	all = calloc(texts.n + 1, sizeof(*all));
	if (!all)
		rc = value_no_memory(v, d);
	for (size_t i = 0; all && i < texts.n; i++)
		if (pci_spec_parse(texts.v[i], &all[i], &e) < 0)
			rc = value_wrong_entry(k, v, i, &e, d);
	if (rc || !out) {
		pci_specs_free(all, all ? texts.n : 0);
	} else {
		struct guest_config *g = config_of(k, out);

		g->pcis = all;
		g->nr_pcis = texts.n;
	}
	strings_free(&texts);
	return rc;
}

/* ---- rdm ---- */

/* Returns NULL, or what is wrong. */
static const char *set_strategy(struct rdm *out, const struct spec_param *p, bool *given)
{
	if (*given)
		return "strategy is given twice";
	*given = true;
	out->host = spec_equal(p->value, p->value_len, "host");
	if (!out->host && !spec_equal(p->value, p->value_len, "ignore"))
		return "strategy must be host or ignore";
	return NULL;
}

static const char *set_policy(struct rdm *out, const struct spec_param *p)
{
	if (out->policy != PCI_RDM_DEFAULT)
		return "policy is given twice";
	return pci_rdm_policy(p->value, p->value_len, &out->policy)
		       ? NULL
		       : "policy must be strict or relaxed";
}

/* xl passes over what it does not understand here, and over any policy (xlu_rdm_parse in Xen's
 * tools/libs/util/libxlu_pci.c, up to 4.22). */
static const char *parse_rdm(const char *text, struct rdm *out)
{
	struct spec_param p;
	bool strategy = false;
	const char *why = *text ? NULL : "must not be empty";

	*out = (struct rdm){0};
	while (!why && spec_next(&text, &p)) {
		if (spec_is_key(&p, "strategy"))
			why = set_strategy(out, &p, &strategy);
		else if (spec_is_key(&p, "policy"))
			why = set_policy(out, &p);
		else
			why = "must be of strategy=host and policy=strict or policy=relaxed, with "
			      "a "
			      "comma between them";
	}
	if (out->host && out->policy == PCI_RDM_DEFAULT)
		out->policy = PCI_RDM_STRICT;
	return why;
}

int read_rdm(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	char *text = NULL, shown[SHOW_MAX];
	struct rdm rdm;
	const char *why;

	if (read_string(k, v, &text, d) < 0)
		return -1;
	why = parse_rdm(text, &rdm);
	free(text);
	if (why) {
		diag_add(d, v->loc, "%s = %s: %s", k->name, value_show(v, shown), why);
		return -1;
	}
	if (out)
		*(struct rdm *)out = rdm;
	return 0;
}

/* ---- together ---- */

static void set_default(enum pci_flag *flag, enum given_bool all)
{
	if (*flag == PCI_FLAG_DEFAULT && all != BOOL_UNSET)
		*flag = all == BOOL_ON ? PCI_FLAG_ON : PCI_FLAG_OFF;
}

static void set_defaults(struct guest_config *g)
{
	for (size_t i = 0; i < g->nr_pcis; i++) {
		struct pci_spec *s = &g->pcis[i];

		set_default(&s->permissive, g->pci_permissive);
		set_default(&s->msitranslate, g->pci_msitranslate);
		set_default(&s->power_mgmt, g->pci_power_mgmt);
		set_default(&s->seize, g->pci_seize);
		if (s->rdm_policy == PCI_RDM_DEFAULT)
			s->rdm_policy = g->domain.rdm.policy;
	}
}

static void note_idle(struct reading *r, const char *key)
{
	if (config_good(r, key))
		diag_note(r->d, config_good(r, key)->loc, "%s has no effect without pci", key);
}

/* Keys that say something of devices, where there are none. */
static void note_others(struct reading *r)
{
	struct domain_options *o = &r->g->domain;

	note_idle(r, "pci_permissive");
	note_idle(r, "pci_msitranslate");
	note_idle(r, "pci_power_mgmt");
	note_idle(r, "pci_seize");
	/* strategy=host is about devices that the guest does not have. */
	if (o->rdm.host)
		return;
	note_idle(r, "rdm");
	note_idle(r, "rdm_mem_boundary");
	o->rdm = (struct rdm){0};
	o->rdm_boundary_mib = (struct given_number){0};
}

/* Whether such a guest can have devices; reports it if it can't. */
static bool can_have(struct reading *r, const struct statement *st)
{
	const struct guest_config *g = r->g;

	if (g->type == GUEST_PVH)
		diag_add(
			r->d, st->loc,
			"pci is not supported for pvh guests: Xen has no passthrough for them yet");
	else if (g->image && !strcmp(g->image, "plan9"))
		diag_add(r->d, st->loc,
			 "pci is not supported for plan9 images: their kernels have no driver that "
			 "finds PCI devices under Xen");
	else if (g->type == GUEST_HVM && g->model_protocol != MODEL_QEMU)
		diag_add(r->d, st->loc, "pci needs QEMU, and device_model_protocol is \"classic\"");
	else
		return true;
	return false;
}

/* libxl looks for no place of several functions, and refuses 0 for one, in pv guests, too; what xl
 * does not have is numbered by dom0's back end there. */
static void check_functions(struct reading *r, const struct statement *st, size_t i)
{
	const struct pci_spec *s = &r->g->pcis[i];
	char buf[PCI_SPEC_TEXT];

	if (s->all_functions && !s->vslot && (r->g->type == GUEST_HVM || s->by == PCI_BY_BDF))
		diag_add(
			r->d, value_entry(&st->value, i)->loc,
			"pci, entry %zu: %s is all functions of a device: vslot must say where the "
			"guest has them, 1 to 1f",
			i + 1, pci_spec_text(s, buf));
}

/* Reports at most one thing about each entry. */
static void check_others(struct reading *r, const struct statement *st, size_t i)
{
	const struct pci_spec *s = &r->g->pcis[i];
	const struct loc loc = value_entry(&st->value, i)->loc;
	char buf[PCI_SPEC_TEXT];

	for (size_t j = 0; j < i; j++) {
		const struct pci_spec *other = &r->g->pcis[j];

		if (pci_spec_meets(s, other)) {
			diag_add(r->d, loc, "pci, entry %zu: %s is already in entry %zu", i + 1,
				 pci_spec_text(s, buf), j + 1);
			return;
		}
		if (r->g->type == GUEST_HVM && s->vslot && s->vslot == other->vslot) {
			diag_add(r->d, loc,
				 "pci, entry %zu: the vslot is already that of entry %zu", i + 1,
				 j + 1);
			return;
		}
	}
}

/* libxl gave these to qemu-xen-traditional alone. */
static void note_traditional(struct reading *r, const struct statement *st, size_t i)
{
	const struct pci_spec *s = &r->g->pcis[i];

	if (s->msitranslate == PCI_FLAG_ON || s->power_mgmt == PCI_FLAG_ON)
		diag_note(r->d, value_entry(&st->value, i)->loc,
			  "pci, entry %zu: %s has no effect: QEMU does not have it any more", i + 1,
			  s->msitranslate == PCI_FLAG_ON ? "msitranslate" : "power_mgmt");
}

/* It asks the hypervisor for the devices' memory and interrupts while the guest runs. */
static void note_hypercalls(struct reading *r, const struct statement *st)
{
	const struct statement *key = config_good(r, "device_model_restrict");
	char buf[PLACE_MAX];

	if (key && !r->g->model_unrestricted)
		diag_add(r->d, key->loc,
			 "device_model_restrict = 1 can't be given together with pci (%s): QEMU "
			 "makes calls of the hypervisor's for the devices that are not kept to a "
			 "guest",
			 config_place(st->loc, key->loc, buf));
	else if (!config_given(r, "device_model_restrict"))
		diag_note(
			r->d, st->loc,
			"pci: what this guest's QEMU may ask of the hypervisor is not kept to the "
			"guest (device_model_restrict = 0 says that it is meant)");
}

static void take_host_map(struct reading *r, const struct statement *st)
{
	const struct statement *key = config_good(r, "e820_host");
	char buf[PLACE_MAX];

	if (key && r->g->domain.e820_host == BOOL_OFF)
		diag_note(
			r->d, key->loc,
			"e820_host = 0 has no effect: a pv guest with pci has the host's map (%s)",
			config_place(st->loc, key->loc, buf));
	r->g->domain.e820_host = BOOL_ON;
}

void config_check_pci(struct reading *r)
{
	const struct statement *st = config_good(r, "pci");

	if (!config_given(r, "pci") || (st && !r->g->nr_pcis))
		note_others(r);
	if (!st || !r->g->nr_pcis || !r->type_known || !can_have(r, st))
		return;
	set_defaults(r->g);
	for (size_t i = 0; i < r->g->nr_pcis; i++) {
		check_functions(r, st, i);
		check_others(r, st, i);
		note_traditional(r, st, i);
	}
	if (r->g->type == GUEST_HVM)
		note_hypercalls(r, st);
	else
		take_host_map(r, st);
}
