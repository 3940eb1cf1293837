#include "xl_record_pci.h"

#include "builder/describe/pci_spec.h"
#include "builder/pci/pci_hold.h"

/* LIBXL_PCI_FUNC_ALL of libxl.h. */
#define ALL_FUNCTIONS UINT32_MAX

static void number(struct json *j, const char *key, uint64_t n)
{
	if (n)
		json_number(j, key, n);
}

static void flag(struct json *j, const char *key, enum pci_flag value)
{
	if (value == PCI_FLAG_ON)
		json_true(j, key);
}

static void policy(struct json *j, const char *key, enum pci_rdm value)
{
	if (value != PCI_RDM_DEFAULT)
		json_text(j, key, value == PCI_RDM_RELAXED ? "relaxed" : "strict");
}

/* Where the device is that cfg->pcis[i] names: as it says, or where it was found, by the first of
 * its functions. False for one by name, which is all that xl has then, and for one that was not
 * looked for. */
static bool find_address(const struct guest *g, size_t i, struct pci_address *out)
{
	const struct pci_spec *s = &g->cfg->pcis[i];

	*out = s->at;
	if (s->by == PCI_BY_BDF || s->by == PCI_BY_NAME)
		return s->by == PCI_BY_BDF;
	for (size_t k = 0; k < g->nr_pcis; k++) {
		if (g->pcis[k].spec != i)
			continue;
		*out = g->pcis[k].at;
		if (s->all_functions)
			out->function = 0;
		return true;
	}
	return false;
}

static void record_address(struct json *j, const struct pci_address *at)
{
	number(j, "func", at->function);
	number(j, "dev", at->device);
	number(j, "bus", at->bus);
	number(j, "domain", at->segment);
}

static void record_pci(struct json *j, const struct guest *g, size_t i)
{
	const struct pci_spec *s = &g->cfg->pcis[i];
	enum pci_rdm rdm = s->rdm_policy;
	struct pci_address at;
	const bool found = find_address(g, i, &at);

	/* xl takes it from where only an hvm guest has it, and 0 means strict. */
	if (g->cfg->type == GUEST_PV && rdm == PCI_RDM_DEFAULT)
		rdm = PCI_RDM_STRICT;
	json_open(j, NULL, '{');
	if (found)
		record_address(j, &at);
	number(j, "vdevfn", (uint64_t)s->vslot << 3);
	if (found)
		json_number(j, "vfunc_mask", s->all_functions ? ALL_FUNCTIONS : 1);
	flag(j, "msitranslate", s->msitranslate);
	flag(j, "power_mgmt", s->power_mgmt);
	flag(j, "permissive", s->permissive);
	flag(j, "seize", s->seize);
	policy(j, "rdm_policy", rdm);
	if (s->by == PCI_BY_NAME)
		json_text(j, "name", s->name);
	json_close(j, '}');
}

/* Whether it is known what xl would have in the place of what it has no words for. */
static bool can_record(const struct guest *g, size_t i)
{
	struct pci_address ignored;

	return g->cfg->pcis[i].by == PCI_BY_NAME || find_address(g, i, &ignored);
}

void record_pcis(struct json *j, const struct guest *g)
{
	size_t n = 0;

	for (size_t i = 0; i < g->cfg->nr_pcis; i++)
		n += can_record(g, i);
	if (!n)
		return;
	json_open(j, "pcidevs", '[');
	for (size_t i = 0; i < g->cfg->nr_pcis; i++)
		if (can_record(g, i))
			record_pci(j, g, i);
	json_close(j, ']');
}

void record_rdm(struct json *j, const struct guest_config *cfg)
{
	const struct domain_options *o = &cfg->domain;

	json_open(j, "rdm", '{');
	if (o->rdm.host)
		json_text(j, "strategy", "host");
	policy(j, "policy", o->rdm.policy);
	json_close(j, '}');
	if (o->rdm_boundary_mib.given)
		json_number(j, "rdm_mem_boundary_memkb", (uint64_t)o->rdm_boundary_mib.n * 1024);
}
