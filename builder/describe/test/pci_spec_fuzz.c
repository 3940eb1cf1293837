/*
 * PCI strings: what is read is whole, and means the same when it is written out with a name for
 * each parameter.
 */
#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder/describe/pci_spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(const struct pci_spec *a, const struct pci_spec *b)
{
	assert(a->by == b->by && a->all_functions == b->all_functions);
	assert(pci_address_compare(&a->at, &b->at) == 0);
	assert(a->name ? b->name && !strcmp(a->name, b->name) : !b->name);
	assert(a->vendor == b->vendor && a->device == b->device && a->nth == b->nth);
	assert(a->has_vslot == b->has_vslot && a->vslot == b->vslot);
	assert(a->permissive == b->permissive && a->msitranslate == b->msitranslate);
	assert(a->seize == b->seize && a->power_mgmt == b->power_mgmt);
	assert(a->rdm_policy == b->rdm_policy);
}

static void flag(FILE *f, const char *name, enum pci_flag v)
{
	if (v != PCI_FLAG_DEFAULT)
		fprintf(f, ",%s=%d", name, v == PCI_FLAG_ON);
}

/* For free(). */
static char *write_out(const struct pci_spec *s)
{
	char *text = NULL, buf[PCI_SPEC_TEXT];
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	assert(f);
	if (s->by == PCI_BY_BDF)
		fprintf(f, "bdf=%s", pci_spec_text(s, buf));
	else if (s->by == PCI_BY_SLOT) /* not cut */
		fprintf(f, "slot=%s.%c", s->name, s->all_functions ? '*' : '0' + s->at.function);
	else
		fputs(pci_spec_text(s, buf), f);
	if (s->has_vslot)
		fprintf(f, ",vslot=%x", s->vslot);
	flag(f, "permissive", s->permissive);
	flag(f, "msitranslate", s->msitranslate);
	flag(f, "seize", s->seize);
	flag(f, "power_mgmt", s->power_mgmt);
	if (s->rdm_policy != PCI_RDM_DEFAULT)
		fprintf(f, ",rdm_policy=%s",
			s->rdm_policy == PCI_RDM_STRICT ? "strict" : "relaxed");
	assert(fclose(f) == 0);
	return text;
}

static void check(const struct pci_spec *s)
{
	struct pci_spec again;
	char *text;
	struct err e;

	assert(s->by != PCI_BY_NOTHING);
	assert(!s->name == (s->by == PCI_BY_BDF || s->by == PCI_BY_ID));
	assert(s->at.segment <= PCI_SEGMENT_MAX && s->at.device <= PCI_DEVICE_MAX);
	assert(s->at.function <= PCI_FUNCTION_MAX && !(s->all_functions && s->at.function));
	assert(s->nth <= PCI_NTH_MAX && s->vslot <= PCI_DEVICE_MAX);
	if (s->name)
		assert(*s->name && strlen(s->name) <= PCI_SLOT_MAX);
	if (s->by == PCI_BY_SLOT)
		assert(!strchr(s->name, '/') && strcmp(s->name, "..") != 0);
	text = write_out(s);
	assert(pci_spec_parse(text, &again, &e) == 0);
	check_same(s, &again);
	assert(pci_spec_meets(s, &again) && pci_spec_meets(&again, s));
	pci_spec_free(&again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Of just this size, so that a read past the end is seen. */
	char *text = malloc(size + 1);
	struct pci_spec s;
	struct err e = {.msg = ""};

	assert(text);
	memcpy(text, data, size);
	text[size] = '\0';
	if (pci_spec_parse(text, &s, &e) == 0)
		check(&s);
	else
		assert(e.msg[0]);
	pci_spec_free(&s);
	free(text);
	return 0;
}
