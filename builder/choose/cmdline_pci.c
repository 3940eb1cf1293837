/*
 * earlydom.pci.hide=DEVICE,...: PCI devices that are kept from dom0's drivers; and what tells which
 * of them dom0 needs itself.
 */
#include "cmdline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What a message shows of a text. */
#define SHOWN "%.80s"

static bool has_options(const struct pci_spec *s)
{
	return s->has_vslot || s->permissive || s->msitranslate || s->seize || s->power_mgmt ||
	       s->rdm_policy;
}

/* Returns 0, or -1 with e set. *spec is to be freed in either case. */
static int parse_device(const char *text, struct pci_spec *spec, struct err *e)
{
	const int rc = pci_spec_parse(text, spec, e);

	if (!*text)
		return err_set(e, "an entry is empty");
	if (has_options(spec))
		return err_set(e,
			       "'" SHOWN "': a device stands here alone, its options belong to a "
			       "guest's key pci",
			       text);
	if (rc < 0)
		return -1;
	if (spec->by == PCI_BY_NAME)
		return err_set(e,
			       "'" SHOWN "': names are in the store, which is not there yet: bdf, "
			       "id or slot names a device",
			       text);
	return 0;
}

/* Takes the spec over. */
static int keep(struct cmdline *c, const struct pci_spec *spec, struct loc loc, struct err *e)
{
	struct pci_wish *all = realloc(c->hide, (c->nr_hide + 1) * sizeof(*all));

	if (!all)
		return err_set(e, "%s", strerror(ENOMEM));
	c->hide = all;
	all[c->nr_hide++] = (struct pci_wish){*spec, loc};
	return 0;
}

static void add_device(struct cmdline *c, const char *text, struct loc loc, struct diag *d)
{
	struct pci_spec spec;
	struct err e;

	if (parse_device(text, &spec, &e) == 0 && keep(c, &spec, loc, &e) == 0)
		return;
	diag_add(d, loc, "earlydom.pci.hide: %s", e.msg);
	pci_spec_free(&spec);
}

void cmdline_add_hidden(struct cmdline *c, const char *value, struct loc loc, struct diag *d)
{
	char *copy = strdup(value), *rest = copy, *text;

	if (!copy)
		diag_add(d, loc, "%s", strerror(ENOMEM));
	while ((text = strsep(&rest, ","))) {
		struct loc at = loc;

		at.column += (unsigned)(text - copy);
		add_device(c, text, at, d);
	}
	free(copy);
}

int cmdline_add_console(struct cmdline *c, char *value)
{
	struct pci_dom0 *dom0 = &c->dom0;
	const char **all = realloc(dom0->consoles, (dom0->nr_consoles + 1) * sizeof(*all));

	if (!all)
		return -1;
	dom0->consoles = all;
	value[strcspn(value, ",")] = '\0';
	all[dom0->nr_consoles++] = value;
	return 0;
}

void cmdline_free_hidden(struct cmdline *c)
{
	for (size_t i = 0; i < c->nr_hide; i++)
		pci_spec_free(&c->hide[i].spec);
	free(c->hide);
	free(c->dom0.consoles);
}
