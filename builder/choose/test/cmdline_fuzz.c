/*
 * libFuzzer entry: any text as dom0's kernel command line, and the selection that it makes among
 * four guests.
 */
#include "builder/choose/select.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "builder/describe/spec.h"
#include "builder/describe/config_keys.h"
#include "builder/describe/config_value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SOURCE(path, words)                                                                        \
	{                                                                                          \
		.file = (char *)(path), .text = (char *)(words), .len = sizeof(words) - 1          \
	}

static const struct source sources[] = {
	SOURCE("web.cfg", "kernel = '/k'\nmemory = 64\nprofile = ['normal', 'x']\n"),
	SOURCE("db.cfg", "kernel = '/k'\nmemory = bad\nextra = 'x'\nprofile = 'x'\n"),
	SOURCE("a.cfg", "name = 'web2'\nkernel = '/k'\nmemory = 64\nprofile = [\n"),
	SOURCE("b.cfg", "name = 'web2'\nkernel = '/k'\nmemory = 64\ndisk = [ '/a,raw,xvda' ]\n"),
};
#define NR_SOURCES (sizeof(sources) / sizeof(sources[0]))

static void check_cmdline(const struct cmdline *c, size_t len)
{
	assert((c->select == SELECT_NAMES) == (c->nr_names > 0));
	for (size_t i = 0; i < c->nr_names; i++)
		assert(*c->names[i] && c->name_locs[i].column <= len);
	assert(c->wait_s <= 86400);
	for (size_t i = 0; i < c->nr_profiles; i++)
		assert(*c->profiles[i] && c->profile_locs[i].column <= len);
	for (size_t i = 0; i < c->nr_overrides; i++) {
		const struct override *o = &c->overrides[i];

		assert(config_name_ok(o->guest) && config_key_known(o->key));
		assert(o->loc.column <= len && o->value_loc.column <= len + 1);
	}
}

/* Every interface is there once. */
static void check_bridges(const struct cmdline *c)
{
	for (size_t i = 0; i < c->nr_bridges; i++) {
		const struct bridge_spec *b = &c->bridges[i];

		assert(spec_is_ifname(b->name, strlen(b->name)));
		for (size_t j = 0; j < b->nr_ports; j++)
			assert(spec_is_ifname(b->ports[j], strlen(b->ports[j])) &&
			       strcmp(b->ports[j], b->name));
		for (size_t k = 0; k < i; k++) {
			const struct bridge_spec *other = &c->bridges[k];

			assert(strcmp(b->name, other->name));
			for (size_t j = 0; j < other->nr_ports; j++)
				assert(strcmp(b->name, other->ports[j]));
		}
	}
}

/* Each names a device, which is in the line. */
static void check_pci(const struct cmdline *c, size_t len)
{
	char text[PCI_SPEC_TEXT];

	for (size_t i = 0; i < c->nr_hide; i++) {
		const struct pci_spec *s = &c->hide[i].spec;

		assert(s->by == PCI_BY_BDF || s->by == PCI_BY_ID || s->by == PCI_BY_SLOT);
		assert(!s->has_vslot && c->hide[i].loc.column <= len);
		assert(*pci_spec_text(s, text));
	}
	for (size_t i = 0; i < c->dom0.nr_consoles; i++)
		assert(!strchr(c->dom0.consoles[i], ','));
	assert(!c->dom0.root || strlen(c->dom0.root) < len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct cmdline c;
	struct selection s;
	struct diag d = {0};
	size_t errors;

	if (!text)
		abort();
	errors = cmdline_parse(text, &c, &d);
	assert(errors == diag_count(&d));
	check_cmdline(&c, strlen(text));
	check_bridges(&c);
	check_pci(&c, strlen(text));
	select_guests(sources, NR_SOURCES, &c, &s, &d);
	assert(s.n + s.bad <= NR_SOURCES + c.nr_names);
	assert(!s.bad || diag_count(&d));
	for (size_t i = 0; i < s.n; i++)
		assert(config_name_ok(s.guests[i].name) && s.guests[i].memory_kib);
	assert(s.n + s.nr_others <= NR_SOURCES);
	for (size_t i = 0; i < s.nr_others; i++)
		assert(config_name_ok(s.others[i].name) && s.others[i].memory_kib);
	selection_free(&s);
	cmdline_free(&c);
	diag_free(&d);
	free(text);
	return 0;
}
