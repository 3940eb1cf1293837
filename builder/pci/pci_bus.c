#include "pci_bus.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/text_file.h"

#define DEVICES "/sys/bus/pci/devices"
#define SLOTS   "/sys/bus/pci/slots"

/* Base class and subclass of bridges to PCI and to CardBus (PCI Code and ID Assignment
 * Specification, 1.7). */
#define CLASS_BRIDGE_PCI      0x0604
#define CLASS_BRIDGE_CARDBUS  0x0607
#define CLASS_BRIDGE_SEMI_PCI 0x0609

/* A directory of sysfs that stands for a device or a slot. */
struct place {
	const char *sysroot;
	const char *dir; /* DEVICES or SLOTS */
	const char *name;
};

/* ---- what is in sysfs ---- */

static void path_of(const struct place *p, const char *file, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s%s/%s/%s", p->sysroot, p->dir, p->name, file);
}

static bool has(const struct place *p, const char *file)
{
	char path[PATH_MAX];
	struct stat st;

	path_of(p, file, path);
	return lstat(path, &st) == 0;
}

/* What says that a file, or all of its device, is not there. */
static bool is_gone(int errnum)
{
	return errnum == ENOENT || errnum == ENODEV || errnum == ENXIO;
}

/* The only line of a file. Returns 1, 0 where there is no such file, or -1 with e set. */
static int read_line(const struct place *p, const char *file, char line[PCI_WORDS_MAX],
		     struct err *e)
{
	char path[PATH_MAX], *text;
	size_t len;

	line[0] = '\0';
	path_of(p, file, path);
	/* With room for a newline, and one byte to see that it is longer. */
	text = text_file_read(path, PCI_WORDS_MAX + 1, &len);
	if (!text)
		return is_gone(errno) ? 0 : err_set_errno(e, errno, "cannot read %.300s", path);
	if (len && text[len - 1] == '\n')
		text[--len] = '\0';
	if (len < PCI_WORDS_MAX && strlen(text) == len && !strchr(text, '\n'))
		strcpy(line, text);
	else
		len = SIZE_MAX;
	free(text);
	return len == SIZE_MAX ? err_set(e, "%.300s has more than a line of %d bytes", path,
					 PCI_WORDS_MAX - 1)
			       : 1;
}

/* A number of so many digits, as "0x%04x" is printed. Returns as read_line does. */
static int read_hex(const struct place *p, const char *file, unsigned digits, unsigned *out,
		    struct err *e)
{
	char line[PCI_WORDS_MAX], path[PATH_MAX];
	const char *at = line + 2, *end;
	const int rc = read_line(p, file, line, e);

	if (rc != 1)
		return rc;
	end = line + strlen(line);
	if (strncmp(line, "0x", 2) == 0 && pci_hex(&at, end, digits, UINT32_MAX, out) == 0 &&
	    at == end)
		return 1;
	path_of(p, file, path);
	return err_set(e, "%.300s: '%.40s' is no number of %u digits at most", path, line, digits);
}

/* The last name of where a link leads to. Returns as read_line does. */
static int read_link(const struct place *p, const char *link, char name[PCI_WORDS_MAX],
		     struct err *e)
{
	char path[PATH_MAX], target[PATH_MAX], *last;
	ssize_t n;

	name[0] = '\0';
	path_of(p, link, path);
	n = readlink(path, target, sizeof(target));
	if (n < 0)
		return is_gone(errno) ? 0 : err_set_errno(e, errno, "cannot read %.300s", path);
	if ((size_t)n == sizeof(target))
		return err_set(e, "%.300s leads too far", path);
	target[n] = '\0';
	last = strrchr(target, '/');
	last = last ? last + 1 : target;
	if (!*last || strlen(last) >= PCI_WORDS_MAX)
		return err_set(e, "%.300s: '%.80s' is no name", path, target);
	strcpy(name, last);
	return 1;
}

/* ---- a device ---- */

/* Returns 1, 0 where it went away meanwhile, or -1 with e set. */
static int read_ids(const struct place *p, struct pci_device *d, struct err *e)
{
	const struct {
		const char *file;
		unsigned digits;
	} files[] = {{"vendor", 4}, {"device", 4}, {"class", 6}};
	unsigned val[3];
	char path[PATH_MAX];
	int rc;

	for (unsigned i = 0; i < 3; i++) {
		rc = read_hex(p, files[i].file, files[i].digits, &val[i], e);
		if (rc < 0 || (rc == 0 && !has(p, "")))
			return rc;
		if (rc == 0) {
			path_of(p, files[i].file, path);
			return err_set(e, "%.300s is missing", path);
		}
	}
	d->vendor = (uint16_t)val[0];
	d->device = (uint16_t)val[1];
	d->class = val[2];
	return 1;
}

/* The kernel has an attribute for what is on a bridge's other side, since Linux 4.13, and gives no
 * device a bridge's class that has another header (pci_setup_device). */
static bool is_bridge(const struct place *p, uint32_t class)
{
	return class >> 8 == CLASS_BRIDGE_PCI || class >> 8 == CLASS_BRIDGE_CARDBUS ||
	       class >> 8 == CLASS_BRIDGE_SEMI_PCI || has(p, "secondary_bus_number");
}

static int read_group(const struct place *p, struct pci_device *d, struct err *e)
{
	char name[PCI_WORDS_MAX], *end;
	unsigned long val;
	int rc = read_link(p, "iommu_group", name, e);

	if (rc != 1)
		return rc;
	val = strtoul(name, &end, 10);
	if (name[0] < '0' || name[0] > '9' || *end || val > UINT32_MAX)
		return err_set(e, "PCI device %.40s: '%.40s' is no IOMMU group", p->name, name);
	d->has_group = true;
	d->group = (uint32_t)val;
	return 1;
}

/* Methods that were all switched off leave an empty line, and the file to write to. */
static int read_reset(const struct place *p, struct pci_device *d, struct err *e)
{
	const int rc = read_line(p, "reset_method", d->reset, e);

	d->resettable = rc == 1 ? d->reset[strspn(d->reset, " ")] != '\0' : has(p, "reset");
	return rc;
}

static int read_device(const struct place *p, struct pci_device *d, struct err *e)
{
	int rc;

	memset(d, 0, sizeof(*d));
	if (pci_address_parse(p->name, &d->at) < 0)
		return err_set(e, "%s" DEVICES "/%.80s is no address of a PCI device", p->sysroot,
			       p->name);
	rc = read_ids(p, d, e);
	if (rc != 1)
		return rc;
	d->bridge = is_bridge(p, d->class);
	d->virtual = has(p, "physfn");
	if (read_link(p, "driver", d->driver, e) < 0 ||
	    read_line(p, "driver_override", d->driver_override, e) < 0 || read_group(p, d, e) < 0 ||
	    read_reset(p, d, e) < 0)
		return -1;
	/* As printf prints NULL, in the kernel. */
	if (!strcmp(d->driver_override, "(null)"))
		d->driver_override[0] = '\0';
	return 1;
}

/* ---- a slot ---- */

/* One that no device can be in has the bus alone: "0000:05". */
static bool is_bus(const char *at, const char *end)
{
	unsigned part;

	return pci_hex(&at, end, 8, UINT32_MAX, &part) == 0 && *at++ == ':' &&
	       pci_hex(&at, end, 2, UINT8_MAX, &part) == 0 && at == end;
}

/* Returns 1, 0 where it went away meanwhile, or -1 with e set. */
static int read_slot(const struct place *p, struct pci_slot *s, struct err *e)
{
	char line[PCI_WORDS_MAX];
	const char *at = line, *end;
	const int rc = read_line(p, "address", line, e);

	memset(s, 0, sizeof(*s));
	if (rc != 1)
		return rc;
	if (strlen(p->name) >= sizeof(s->name))
		return err_set(e, "%s" SLOTS "/%.80s has too long a name", p->sysroot, p->name);
	strcpy(s->name, p->name);
	end = line + strlen(line);
	if (is_bus(line, end))
		return 1;
	s->has_device = true;
	if (pci_address_take_device(&at, end, &s->at) == 0 && at == end)
		return 1;
	return err_set(e, "%s" SLOTS "/%.80s/address: '%.40s' is no address of a PCI device",
		       p->sysroot, p->name, line);
}

/* ---- all of them ---- */

/* The list of n elements, with room for one more, in the place of the one that there was; or NULL.
 */
static void *with_room(void *list, size_t n, size_t size)
{
	if (n & (n - 1)) /* its room is a power of two, and not used up */
		return list;
	return realloc(list, (n ? 2 * n : 1) * size);
}

/* A directory while it is read. */
struct reading {
	struct pci_bus *bus;
	struct place at;
};

static int add_device(void *of, const char *name, struct err *e)
{
	struct reading *r = of;
	struct pci_bus *b = r->bus;
	const struct place *p = &r->at;
	struct pci_device *more;
	int rc;

	r->at.name = name;
	if (b->n == PCI_DEVICES_MAX)
		return err_set(e, "%s" DEVICES " has more than %d devices", p->sysroot,
			       PCI_DEVICES_MAX);
	more = with_room(b->list, b->n, sizeof(*b->list));
	if (!more)
		return err_set_errno(e, ENOMEM, "cannot list PCI devices");
	b->list = more;
	rc = read_device(p, &b->list[b->n], e);
	if (rc == 1)
		b->n++;
	return rc < 0 ? -1 : 0;
}

static int add_slot(void *of, const char *name, struct err *e)
{
	struct reading *r = of;
	struct pci_bus *b = r->bus;
	const struct place *p = &r->at;
	struct pci_slot *more;
	int rc;

	r->at.name = name;
	if (b->nr_slots == PCI_SLOTS_MAX)
		return err_set(e, "%s" SLOTS " has more than %d slots", p->sysroot, PCI_SLOTS_MAX);
	more = with_room(b->slots, b->nr_slots, sizeof(*b->slots));
	if (!more)
		return err_set_errno(e, ENOMEM, "cannot list PCI slots");
	b->slots = more;
	rc = read_slot(p, &b->slots[b->nr_slots], e);
	if (rc == 1)
		b->nr_slots++;
	return rc < 0 ? -1 : 0;
}

/* Each entry of DEVICES or SLOTS. */
static int read_directory(const char *sysroot, const char *dir, struct pci_bus *b,
			  directory_entry *add, struct err *e)
{
	struct reading r = {.bus = b, .at = {.sysroot = sysroot, .dir = dir}};
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s", sysroot, dir);
	return directory_each(path, add, &r, e);
}

static int by_address(const void *a, const void *b)
{
	return pci_address_compare(&((const struct pci_device *)a)->at,
				   &((const struct pci_device *)b)->at);
}

static int by_slot(const void *a, const void *b)
{
	const struct pci_slot *left = a, *right = b;
	const int order = pci_address_compare(&left->at, &right->at);

	return order ? order : strcmp(left->name, right->name);
}

/* The device's functions follow each other. */
static void count_functions(struct pci_bus *b)
{
	uint8_t mask;
	size_t end;

	for (size_t i = 0; i < b->n; i = end) {
		mask = 0;
		for (end = i;
		     end < b->n && pci_address_same_device(&b->list[i].at, &b->list[end].at); end++)
			mask |= (uint8_t)(1u << b->list[end].at.function);
		for (size_t k = i; k < end; k++)
			b->list[k].functions = mask;
	}
}

static void name_slots(struct pci_bus *b)
{
	for (size_t s = 0; s < b->nr_slots; s++)
		for (size_t i = 0; i < b->n && b->slots[s].has_device; i++)
			if (pci_address_same_device(&b->list[i].at, &b->slots[s].at))
				strcpy(b->list[i].slot, b->slots[s].name);
}

int pci_bus_read(const char *sysroot, struct pci_bus *out, struct err *e)
{
	char path[PATH_MAX];

	memset(out, 0, sizeof(*out));
	if (!sysroot)
		sysroot = "";
	if (read_directory(sysroot, DEVICES, out, add_device, e) < 0)
		goto fail;
	/* Linux has the directory always, with nothing in it where no driver knows of slots. */
	snprintf(path, sizeof(path), "%s" SLOTS, sysroot);
	if (access(path, F_OK) == 0 && read_directory(sysroot, SLOTS, out, add_slot, e) < 0)
		goto fail;
	if (out->n)
		qsort(out->list, out->n, sizeof(*out->list), by_address);
	if (out->nr_slots)
		qsort(out->slots, out->nr_slots, sizeof(*out->slots), by_slot);
	count_functions(out);
	name_slots(out);
	return 0;
fail:
	pci_bus_free(out);
	return -1;
}

void pci_bus_free(struct pci_bus *b)
{
	free(b->list);
	free(b->slots);
	memset(b, 0, sizeof(*b));
}

int pci_bus_driver(const char *sysroot, const struct pci_address *at, char driver[PCI_WORDS_MAX],
		   struct err *e)
{
	char name[PCI_ADDRESS_TEXT];
	const struct place p = {.sysroot = sysroot ? sysroot : "",
				.dir = DEVICES,
				.name = pci_address_text(at, name)};

	return read_link(&p, "driver", driver, e) < 0 ? -1 : 0;
}

/* ---- look-up ---- */

const struct pci_device *pci_bus_at(const struct pci_bus *b, const struct pci_address *at)
{
	for (size_t i = 0; i < b->n; i++)
		if (pci_address_compare(&b->list[i].at, at) == 0)
			return &b->list[i];
	return NULL;
}

/* The function, or all of the device. Returns whether there is any. */
static bool find_functions(const struct pci_bus *b, struct pci_address at, bool all,
			   struct pci_found *out)
{
	for (at.function = all ? 0 : at.function; at.function < PCI_FUNCTIONS; at.function++) {
		const struct pci_device *d = pci_bus_at(b, &at);

		if (d)
			out->list[out->n++] = d;
		if (!all)
			break;
	}
	return out->n;
}

/* The addresses of the first few devices with that id. */
static void list_ids(const struct pci_bus *b, const struct pci_spec *s, char *text, size_t size)
{
	char address[PCI_ADDRESS_TEXT];
	size_t len = 0, n = 0;

	for (size_t i = 0; i < b->n && n < 5; i++) {
		const struct pci_device *d = &b->list[i];

		if (d->vendor != s->vendor || d->device != s->device)
			continue;
		len += (size_t)snprintf(text + len, size - len, "%s%s", n ? ", " : "",
					n == 4 ? "..." : pci_address_text(&d->at, address));
		n++;
	}
}

static int find_id(const struct pci_bus *b, const struct pci_spec *s, struct pci_found *out,
		   bool *absent, struct err *e)
{
	char which[128] = "";
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++) {
		if (b->list[i].vendor != s->vendor || b->list[i].device != s->device)
			continue;
		if (++n == (s->nth ? s->nth : 1))
			out->list[0] = &b->list[i];
	}
	out->n = s->nth ? n >= s->nth : n == 1;
	if (out->n)
		return 0;
	if (n && !s->nth) {
		list_ids(b, s, which, sizeof(which));
		return err_set(e,
			       "%zu PCI devices are %04x:%04x (%s): id=%04x:%04x#1 is the first of "
			       "them",
			       n, s->vendor, s->device, which, s->vendor, s->device);
	}
	*absent = true;
	if (!n)
		return err_set(e, "no PCI device is %04x:%04x", s->vendor, s->device);
	return err_set(e, "only %zu PCI device%s %04x:%04x, and id has #%u", n,
		       n == 1 ? " is" : "s are", s->vendor, s->device, s->nth);
}

static int find_slot(const struct pci_bus *b, const struct pci_spec *s, struct pci_found *out,
		     bool *absent, struct err *e)
{
	const struct pci_slot *slot = NULL;
	struct pci_address at;
	struct pci_found card = {.n = 0};

	for (size_t i = 0; i < b->nr_slots && !slot; i++)
		if (!strcmp(b->slots[i].name, s->name))
			slot = &b->slots[i];
	if (!slot) {
		*absent = true;
		return err_set(e,
			       "there is no PCI slot '%.80s': /sys/bus/pci/slots has those that "
			       "there are",
			       s->name);
	}
	at = slot->at;
	at.function = s->at.function;
	if (slot->has_device && find_functions(b, at, s->all_functions, out))
		return 0;
	*absent = true;
	if (slot->has_device && find_functions(b, at, true, &card))
		return err_set(e, "what is in PCI slot '%.80s' has no function %u", s->name,
			       at.function);
	return err_set(e, "PCI slot '%.80s' is empty", s->name);
}

int pci_bus_find(const struct pci_bus *b, const struct pci_spec *s, struct pci_found *out,
		 bool *absent, struct err *e)
{
	char text[PCI_SPEC_TEXT];

	*out = (struct pci_found){.n = 0};
	switch (s->by) {
	case PCI_BY_ID:
		return find_id(b, s, out, absent, e);
	case PCI_BY_SLOT:
		return find_slot(b, s, out, absent, e);
	case PCI_BY_BDF:
		if (find_functions(b, s->at, s->all_functions, out))
			return 0;
		*absent = true;
		return err_set(e, "PCI device %s is not there", pci_spec_text(s, text));
	default:
		return err_set(e, "%s: the name of a PCI device is in the store alone",
			       pci_spec_text(s, text));
	}
}
