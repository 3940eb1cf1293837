/*
 * libFuzzer entry: any bytes as a descriptor, and as one line of it as an override.
 */
#include "builder/describe/config.h"
#include "builder/describe/tag_spec.h"
#include "builder/describe/disk_spec.h"
#include "builder/describe/pci_spec.h"
#include "builder/describe/config_value.h"
#include "builder/describe/vif_spec.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every place of a message is in the text. */
static void check_places(const struct diag *d, const char *text, size_t len)
{
	unsigned lines = 1;

	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	for (size_t i = 0; i < d->n; i++) {
		const struct loc *loc = &d->msgs[i].loc;
		const char *line = text;

		assert(loc->line <= lines);
		assert(!strchr(d->msgs[i].text, '\n'));
		for (unsigned l = 1; l < loc->line; l++)
			line = (const char *)memchr(line, '\n', len - (size_t)(line - text)) + 1;
		assert(!loc->line ||
		       (loc->column && loc->column - 1 <= len - (size_t)(line - text)));
	}
}

/* What a reader may rely on. */
static void check_value(const struct value *v, unsigned depth)
{
	int64_t i;

	assert(depth <= VALUE_DEPTH_MAX && v->kind != VALUE_BAD && v->kind != VALUE_BARE);
	assert((v->kind == VALUE_LIST) == !v->s);
	assert(value_equal(v, v));
	if (v->kind == VALUE_INT)
		assert(!value_integer(v->s, &i) && i == v->i && i >= 0);
	for (size_t k = 0; k < v->nr_items; k++) {
		assert(v->kind == VALUE_LIST && !v->items[k].added);
		check_value(&v->items[k], depth + 1);
	}
}

static void check_statements(const struct descriptor *c, size_t errors)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct statement *st = &c->statements[i];

		assert(*st->key);
		if (st->value.kind != VALUE_BAD)
			check_value(&st->value, 0);
		else if (!errors) /* an addition to another one */
			assert(st->adds && descriptor_find(c, st->key) != st &&
			       descriptor_find(c, st->key)->value.kind != VALUE_BAD);
	}
}

/* With -W error notes are errors, and nothing else changes. */
static void check_strict(const char *text, size_t len, const struct descriptor *c,
			 const struct diag *d)
{
	struct descriptor again;
	struct diag strict = {.strict = true};
	size_t errors = descriptor_parse("web.cfg", text, len, &again, &strict);

	assert(errors == diag_count(d) + diag_notes(d) && !diag_notes(&strict));
	assert(again.n == c->n && strict.n == d->n);
	for (size_t i = 0; i < c->n; i++)
		assert(again.statements[i].value.kind == c->statements[i].value.kind);
	descriptor_free(&again);
	diag_free(&strict);
}

static void check_hvm(const struct guest_config *g)
{
	const bool classic = g->model_protocol == MODEL_CLASSIC;

	assert(!strcmp(g->image, "vmx"));
	assert(g->kernel || (!g->ramdisk && !g->cmdline && !g->extra && !g->root && !g->ip));
	assert(!classic || (g->kernel && g->model_override && g->model_config));
	assert(!classic || (!g->vnc && !g->boot && !g->serial.n && !g->model_args.n));
	assert(!classic || (!g->firmware_override && !g->videoram_kib && g->vga == VGA_NONE));
	assert(classic || (*g->boot && !g->model_config && g->bios != BIOS_ROMBIOS));
	assert(g->memory_kib > g->videoram_kib);
	assert(g->vnc || (!g->vnclisten && !g->vncunused && !g->vncdisplay));
}

static void check_config(const struct guest_config *g)
{
	assert(config_name_ok(g->name));
	assert(g->kernel ? g->kernel[0] == '/' : g->type == GUEST_HVM);
	assert(!g->ramdisk || g->ramdisk[0] == '/');
	assert(!g->memmap || g->memmap[0] == '/');
	assert(!g->model_override || g->model_override[0] == '/');
	assert(!g->model_config || g->model_config[0] == '/');
	assert(!g->firmware_override || g->firmware_override[0] == '/');
	assert(g->memory_kib >= 1024 && g->maxmem_kib >= g->memory_kib);
	assert(g->vcpus >= 1 && g->maxvcpus >= g->vcpus);
	assert(!g->cmdline || (!g->ip && !g->root && !g->extra));
	assert(g->cpus_per_vcpu ? g->cpus.n <= g->maxvcpus : g->cpus.n <= 1);
	if (g->type == GUEST_HVM)
		check_hvm(g);
	else
		assert(!strcmp(g->image, "linux") && !g->boot && !g->vnc && !g->memmap);
}

/* What guests can have, no function twice, and each with a place where it needs one. */
static void check_pcis(const struct guest_config *g)
{
	const bool hvm = g->type == GUEST_HVM;

	assert(guest_config_has_pci(g) == (g->nr_pcis > 0));
	if (!g->nr_pcis)
		return;
	assert(g->type == GUEST_PV
		       ? g->domain.e820_host == BOOL_ON
		       : hvm && g->model_protocol == MODEL_QEMU && g->model_unrestricted);
	assert(!hvm || g->maxmem_kib == g->memory_kib);
	assert(guest_config_passthrough(g) >= PASSTHROUGH_ENABLED);
	for (size_t i = 0; i < g->nr_pcis; i++) {
		const struct pci_spec *a = &g->pcis[i];

		assert(a->vslot || !a->all_functions || (!hvm && a->by == PCI_BY_SLOT));
		for (size_t j = 0; j < i; j++)
			assert(!pci_spec_meets(a, &g->pcis[j]) &&
			       (!hvm || !a->vslot || a->vslot != g->pcis[j].vslot));
	}
}

static void check_devices(const struct guest_config *g)
{
	char net[VIF_NET_TEXT];

	for (size_t i = 0; i < g->nr_disks; i++) {
		const struct disk_spec *a = &g->disks[i];

		assert(a->target || (a->cdrom && g->type == GUEST_HVM));
		assert(!a->target || *a->target == '/' || tag_value(a->target));
		assert((a->format == DISK_EMPTY) == !a->target);
		assert(a->qdisk == disk_is_qdisk(a, g->type == GUEST_HVM));
		assert(!a->script || !a->qdisk || a->cdrom);
		assert(!a->qdisk || a->readwrite || a->cdrom);
		for (size_t j = 0; j < i; j++)
			assert(a->vdev_number != g->disks[j].vdev_number);
	}
	for (size_t i = 0; i < g->nr_vifs; i++) {
		/* Only QEMU emulates a card. */
		assert(g->vifs[i].type != VIF_TYPE_DEFAULT);
		assert(g->vifs[i].type == VIF_TYPE_VIF ||
		       (g->type == GUEST_HVM && g->model_protocol == MODEL_QEMU));
		for (size_t j = 0; j < i; j++)
			assert(g->vifs[i].devid != g->vifs[j].devid &&
			       !vif_routes_meet(&g->vifs[i], &g->vifs[j], net));
	}
	check_pcis(g);
	assert(g->device_timeout >= 1 && g->device_timeout <= 3600);
	assert(g->console_rate <= 1048576);
	assert(g->start_retries <= 100000 || g->start_retries >= RETRIES_AS_USUAL);
	assert(g->ready_timeout >= 1 && g->ready_timeout <= 3600);
	assert(!g->ready ||
	       (*g->ready && *g->ready != '/' && strlen(g->ready) <= CONFIG_READY_MAX));
	for (size_t i = 0; i < g->after.n; i++)
		assert(config_name_ok(g->after.v[i]));
}

/* The value of an override that begins the text: what it does to the guest must not break. */
static void override_memory(struct descriptor *c, const char *text, struct diag *d)
{
	struct value v;

	if (descriptor_parse_override(text, (struct loc){"override", 1, 1}, &v, d) < 0)
		return;
	if (descriptor_set(c, "memory", v.loc, &v, NULL) < 0)
		value_free(&v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of just this size, so that a read past the end is seen; and one with a NUL for the
	 * override. */
	char *text = malloc(size ? size : 1), *line = strndup((const char *)data, size);
	struct descriptor c;
	struct guest_config g;
	struct diag d = {0}, od = {0};
	size_t errors;

	if (!text || !line)
		abort();
	memcpy(text, data, size);
	errors = descriptor_parse("web.cfg", text, size, &c, &d);
	assert(errors == diag_count(&d));
	check_statements(&c, errors);
	check_strict(text, size, &c, &d);
	errors += config_read(&c, &g, &d);
	assert(errors == diag_count(&d));
	check_places(&d, text, size);
	if (!errors) {
		check_config(&g);
		check_devices(&g);
	}
	config_free(&g);

	override_memory(&c, line, &od);
	config_read(&c, &g, &od);
	config_free(&g);
	descriptor_free(&c);
	diag_free(&d);
	diag_free(&od);
	free(text);
	free(line);
	return 0;
}
