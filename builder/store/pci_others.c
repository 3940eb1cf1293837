#include "pci_others.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"

void pci_owner_node(const struct pci_address *at, char node[PCI_NODE_MAX])
{
	snprintf(node, PCI_NODE_MAX, PCI_NODES "/%04x-%02x-%02x-%x/domid", at->segment, at->bus,
		 at->device, at->function);
}

static long number_at(struct xs_handle *xsh, xs_transaction_t t, const char *node)
{
	char *text = xs_read(xsh, t, node, NULL);
	long n = text && *text >= '0' && *text <= '9' ? strtol(text, NULL, 10) : -1;

	free(text);
	return n;
}

long pci_owner(struct xs_handle *xsh, const struct pci_address *at)
{
	char node[PCI_NODE_MAX];

	pci_owner_node(at, node);
	return number_at(xsh, XBT_NULL, node);
}

/* As the directory has it: "0000-36-00-0". */
static bool address_of(const char *dir, struct pci_address *out)
{
	char text[PCI_ADDRESS_TEXT];

	if (strlen(dir) != 12)
		return false;
	strcpy(text, dir);
	text[4] = text[7] = ':';
	text[10] = '.';
	return pci_address_parse(text, out) == 0;
}

int pci_named(struct xs_handle *xsh, const char *name, struct pci_address *out, struct err *e)
{
	unsigned n = 0;
	char **dirs = xs_directory(xsh, XBT_NULL, PCI_NODES, &n), path[PCI_NODE_MAX], *value;
	int found = 0;

	if (!dirs && errno != ENOENT)
		return store_error(e, "cannot read " PCI_NODES " in the store");
	for (unsigned i = 0; i < n && !found; i++) {
		if (!address_of(dirs[i], out))
			continue;
		snprintf(path, sizeof(path), PCI_NODES "/%s/name", dirs[i]);
		value = xs_read(xsh, XBT_NULL, path, NULL);
		found = value && !strcmp(value, name);
		free(value);
	}
	free(dirs);
	return found;
}

bool pci_owner_remove(struct xs_handle *xsh, xs_transaction_t t, uint32_t domid)
{
	unsigned n = 0;
	char **dirs = xs_directory(xsh, t, PCI_NODES, &n), node[PCI_NODE_MAX];
	bool good = dirs || errno == ENOENT;
	struct pci_address at;

	for (unsigned i = 0; i < n && good; i++) {
		if (!address_of(dirs[i], &at))
			continue;
		pci_owner_node(&at, node);
		if (number_at(xsh, t, node) == (long)domid)
			good = xs_rm(xsh, t, node) || errno == ENOENT;
	}
	free(dirs);
	return good;
}
