/*
 * earlydom devices: dom0's PCI devices, what drives and what resets each, and whose it is.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "builder/pci/pci_bus.h"
#include "builder/pci/pci_class.h"
#include "builder/store/pci_others.h"
#include "builder/store/store.h"
#include "commands.h"

static const char usage_text[] = "devices [--json]";

enum { ADDRESS, ID, CLASS, DRIVER, GROUP, RESET, SLOT, OWNER, COLUMNS };

static const char *const titles[COLUMNS] = {
	[ADDRESS] = "ADDRESS", [ID] = "ID",       [CLASS] = "CLASS", [DRIVER] = "DRIVER",
	[GROUP] = "GROUP",     [RESET] = "RESET", [SLOT] = "SLOT",   [OWNER] = "OWNER",
};

struct devices {
	struct pci_bus bus;
	char **guests; /* the name of the domain that has the device of the bus with that index */
};

/* ---- whose they are ---- */

static char *name_of(struct xs_handle *xsh, const struct pci_address *at)
{
	const long domid = pci_owner(xsh, at);
	char node[64];

	if (domid < 0)
		return NULL;
	snprintf(node, sizeof(node), "/local/domain/%ld/name", domid);
	return xs_read(xsh, XBT_NULL, node, NULL);
}

/* That is in the store alone: without one, no guest has any. */
static void find_guests(struct devices *d)
{
	struct xs_handle *xsh;
	struct err e;

	d->guests = calloc(d->bus.n + 1, sizeof(char *));
	if (!d->guests || store_open(&xsh, &e) < 0)
		return;
	for (size_t i = 0; i < d->bus.n; i++)
		d->guests[i] = name_of(xsh, &d->bus.list[i].at);
	xs_close(xsh);
}

static const char *guest_of(const struct devices *d, size_t i)
{
	return d->guests ? d->guests[i] : NULL;
}

/* What pciback holds, and no guest has, is kept from dom0's drivers for one. */
static const char *owner_of(const struct pci_device *d)
{
	return strcmp(d->driver, PCI_DRIVER_PCIBACK) ? "dom0" : "hidden";
}

/* ---- a table ---- */

static void reset_cell(const struct pci_device *d, char *cell, size_t size)
{
	if (!d->resettable)
		snprintf(cell, size, "no");
	else
		snprintf(cell, size, "%s", d->reset[0] ? d->reset : "yes");
	for (char *p = cell; *p; p++)
		if (*p == ' ')
			*p = ',';
}

static const char *cell_of(const struct devices *all, size_t i, unsigned column,
			   char cell[PCI_WORDS_MAX])
{
	const struct pci_device *d = &all->bus.list[i];

	switch (column) {
	case ADDRESS:
		return pci_address_text(&d->at, cell);
	case ID:
		snprintf(cell, PCI_WORDS_MAX, "%04x:%04x", d->vendor, d->device);
		break;
	case CLASS:
		snprintf(cell, PCI_WORDS_MAX, "%06x %s", d->class, pci_class_word(d->class));
		break;
	case GROUP:
		if (!d->has_group)
			return "unknown";
		snprintf(cell, PCI_WORDS_MAX, "%u", d->group);
		break;
	case RESET:
		reset_cell(d, cell, PCI_WORDS_MAX);
		break;
	case OWNER:
		return guest_of(all, i) ? guest_of(all, i) : owner_of(d);
	default:
		snprintf(cell, PCI_WORDS_MAX, "%s", column == DRIVER ? d->driver : d->slot);
	}
	return *cell ? cell : "-";
}

static void print_cell(const char *text, size_t width, bool last)
{
	const size_t len = strlen(text);

	utf8_print_safe(stdout, text);
	if (last)
		putchar('\n');
	else
		printf("%*s", (int)(len < width ? width - len : 0) + 1, "");
}

/* Each column is as wide as what is in it. */
static void print_table(const struct devices *d)
{
	const struct pci_bus *b = &d->bus;
	char cell[PCI_WORDS_MAX];
	size_t width[COLUMNS], len;

	for (unsigned c = 0; c < COLUMNS; c++) {
		width[c] = strlen(titles[c]);
		for (size_t i = 0; i < b->n; i++) {
			len = strlen(cell_of(d, i, c, cell));
			width[c] = len > width[c] ? len : width[c];
		}
	}
	for (unsigned c = 0; c < COLUMNS && b->n; c++)
		print_cell(titles[c], width[c], c == COLUMNS - 1);
	for (size_t i = 0; i < b->n; i++)
		for (unsigned c = 0; c < COLUMNS; c++)
			print_cell(cell_of(d, i, c, cell), width[c], c == COLUMNS - 1);
}

/* ---- JSON ---- */

static void json_some(struct json *j, const char *key, const char *value)
{
	if (*value)
		json_text(j, key, value);
	else
		json_null(j, key);
}

/* The ways, a text each; "unknown" where the kernel does not say which. */
static void json_reset(struct json *j, const struct pci_device *d)
{
	char words[PCI_WORDS_MAX], *rest = words, *word;

	snprintf(words, sizeof(words), "%s", d->reset[0] ? d->reset : "unknown");
	json_open(j, "reset", '[');
	while (d->resettable && (word = strsep(&rest, " ")))
		if (*word)
			json_text(j, NULL, word);
	json_close(j, ']');
}

static void json_device(struct json *j, const struct devices *all, size_t i)
{
	const struct pci_device *d = &all->bus.list[i];
	char cell[PCI_WORDS_MAX];

	json_open(j, NULL, '{');
	json_text(j, "address", cell_of(all, i, ADDRESS, cell));
	json_text(j, "id", cell_of(all, i, ID, cell));
	snprintf(cell, sizeof(cell), "%06x", d->class);
	json_text(j, "class", cell);
	json_text(j, "kind", pci_class_word(d->class));
	json_some(j, "driver", d->driver);
	json_some(j, "driver_override", d->driver_override);
	if (d->has_group)
		json_number(j, "iommu_group", d->group);
	else
		json_null(j, "iommu_group");
	json_reset(j, d);
	json_some(j, "slot", d->slot);
	if (d->functions & (d->functions - 1))
		json_true(j, "multi_function");
	if (d->bridge)
		json_true(j, "bridge");
	if (d->virtual)
		json_true(j, "virtual");
	json_text(j, "owner", guest_of(all, i) ? "guest" : owner_of(d));
	if (guest_of(all, i))
		json_text(j, "guest", guest_of(all, i));
	json_close(j, '}');
}

static void print_json(const struct devices *d)
{
	struct json j = {.to = stdout, .rows = true};

	json_open(&j, NULL, '[');
	for (size_t i = 0; i < d->bus.n; i++)
		json_device(&j, d, i);
	json_close(&j, ']');
}

int command_devices(int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	bool as_json = false;
	struct devices d;
	struct err e;
	int c;

	while ((c = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
		if (c != 'j')
			return c == 'h' ? command_help(usage_text) : command_usage(usage_text);
		as_json = true;
	}
	if (optind != argc)
		return command_usage(usage_text);
	if (pci_bus_read(DISKS_SYSROOT, &d.bus, &e) < 0) {
		fprintf(stderr, "earlydom: %s\n", e.msg);
		return EXIT_FAILED;
	}
	find_guests(&d);
	if (as_json)
		print_json(&d);
	else
		print_table(&d);
	for (size_t i = 0; d.guests && i < d.bus.n; i++)
		free(d.guests[i]);
	free(d.guests);
	pci_bus_free(&d.bus);
	return EXIT_OK;
}
