#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "channel_spec.h"
#include "config_backend.h"
#include "config_boot.h"
#include "config_channel.h"
#include "config_digest.h"
#include "config_disks.h"
#include "config_domain.h"
#include "config_domain_value.h"
#include "config_hvm.h"
#include "config_image.h"
#include "config_pci.h"
#include "config_reading.h"
#include "config_usb.h"
#include "config_value.h"
#include "config_vif.h"
#include "disk_spec.h"
#include "pci_spec.h"
#include "vfb_spec.h"
#include "vif_spec.h"
#include "vkb_spec.h"
#include "xl_keys.h"

/* xen/include/public/hvm/hvm_info_table.h: HVM_MAX_VCPUS; it holds for PVH as well. */
#define HVM_VCPUS_MAX 128

static void read_value(struct reading *r, const struct key *k, const struct statement *st)
{
	const size_t place = (size_t)(k - config_keys);
	const struct value *v = &st->value;
	char *base = (char *)r->g;

	if (v->kind == VALUE_BAD || k->read(k, v, base + k->field, r->d))
		return;
	r->good[place] = true;
	key_set_add(&r->g->has, place);
	if (v->kind == VALUE_LIST)
		key_set_add(&r->g->has_list, place);
	if (k->loc != NO_FIELD)
		memcpy(base + k->loc, &v->loc, sizeof(v->loc));
}

/* Whether the key that k is a part of is given and refused. */
static bool whole_refused(const struct descriptor *c, const struct xl_key *k)
{
	const struct xl_key *whole = xl_key_whole(k);
	const struct statement *st = whole ? descriptor_find(c, whole->name) : NULL;

	return st && st->value.kind != VALUE_BAD && !xl_key_neutral(whole, &st->value);
}

/* A key of xl that this program does not have. */
static void read_xl_key(struct reading *r, const struct descriptor *c, const struct xl_key *k,
			const struct statement *st)
{
	const struct value *v = &st->value;
	char shown[SHOW_MAX];

	if (v->kind == VALUE_BAD || whole_refused(c, k))
		return;
	if (xl_key_neutral(k, v) && k->neutral[0] != '*')
		diag_note(r->d, st->loc, "%s = %s has no effect", k->name, value_show(v, shown));
	else if (xl_key_neutral(k, v))
		diag_note(r->d, st->loc, "%s has no effect%s%s", k->name, k->why ? ": " : "",
			  k->why ? k->why : "");
	else if (k->why)
		diag_add(r->d, st->loc, "%s is not supported: %s", k->name, k->why);
	else
		diag_add(r->d, st->loc, "%s is a key of xl that earlydom does not support",
			 k->name);
}

/* Which of KEY_FOR_* the guest is, or all of them where that is not known. */
static unsigned kind_of(const struct reading *r)
{
	if (!r->type_known)
		return ~0u;
	if (r->g->type != GUEST_HVM)
		return r->g->type == GUEST_PV ? KEY_FOR_PV : KEY_FOR_PVH;
	/* A wrong protocol does not tell which keys are right. */
	if (config_given(r, "device_model_protocol") && !config_good(r, "device_model_protocol"))
		return ~0u;
	return r->g->model_protocol == MODEL_QEMU ? KEY_FOR_QEMU : KEY_FOR_CLASSIC;
}

static const char *kind_name(unsigned guests)
{
	switch (guests) {
	case KEY_FOR_PV:
		return "pv guests";
	case KEY_FOR_PVH:
		return "pvh guests";
	case KEY_FOR_PV | KEY_FOR_PVH:
		return "pv and pvh guests";
	case KEY_FOR_QEMU:
		return "guests with QEMU as their device model";
	case KEY_FOR_CLASSIC:
		return "guests with device_model_protocol = \"classic\"";
	default:
		return "hvm guests";
	}
}

/*
 * Whether the key is for such a guest. xl ignores its own keys where they are for others; a key
 * that only this program has was meant, and so was one for QEMU where the device model is classic.
 */
static bool concerns(struct reading *r, const char *name, unsigned guests, bool own,
		     const struct statement *st, unsigned kind)
{
	const char *type = guest_type_name(r->g->type);

	if (!guests || guests & kind)
		return true;
	if (kind == KEY_FOR_CLASSIC || (kind == KEY_FOR_QEMU && guests == KEY_FOR_CLASSIC))
		diag_add(r->d, st->loc, "%s is for %s, and this one's device model is %s", name,
			 kind_name(guests & KEY_FOR_HVM),
			 kind == KEY_FOR_CLASSIC ? "classic" : "QEMU");
	else if (own)
		diag_add(r->d, st->loc, "%s is for %s, and this one is %s", name, kind_name(guests),
			 type);
	else
		diag_note(r->d, st->loc, "%s has no effect in a %s guest", name, type);
	return false;
}

/* Reads the values of the keys that decide of which kind the guest is. */
static void read_deciding(struct reading *r)
{
	for (size_t i = 0; i < config_nr_keys; i++)
		if (r->given[i] && config_keys[i].decides)
			read_value(r, &config_keys[i], r->given[i]);
}

/* Reads all others, and says what is not for such a guest. */
static void read_values(struct reading *r, const struct descriptor *c)
{
	const unsigned kind = kind_of(r);

	for (size_t i = 0; i < c->n; i++) {
		const struct statement *st = &c->statements[i];
		const struct key *k = config_key(st->key);
		const struct xl_key *x = k ? NULL : xl_key(st->key);

		if (k && r->given[k - config_keys] == st &&
		    concerns(r, k->name, k->guests, k->own, st, kind) && !k->decides)
			read_value(r, k, st);
		if (xend_key(st->key) && descriptor_find(c, st->key) == st)
			diag_note(r->d, st->loc,
				  "%s has no effect: it was a key of xend, and xl ignores it",
				  st->key);
		if (x && descriptor_find(c, st->key) == st &&
		    concerns(r, x->name, x->guests, false, st, kind))
			read_xl_key(r, c, x, st);
	}
}

/* Finds the statement of each key. One that is given twice with one value is only noted. */
static void find_statements(struct reading *r, const struct descriptor *c)
{
	char buf[PLACE_MAX];

	for (size_t i = 0; i < c->n; i++) {
		const struct statement *st = &c->statements[i];
		const struct key *k = config_key(st->key);
		const struct statement *first = descriptor_find(c, st->key);
		const char *place = config_place(first->loc, st->loc, buf);

		if (!config_key_known(st->key)) {
			if (!st->no_equals)
				config_key_unknown(st->key, st->loc, r->d);
		} else if (first == st) {
			if (k)
				r->given[k - config_keys] = st;
		} else if (st->adds) {
			continue; /* its value is part of the first's, or what is wrong was said */
		} else if (value_equal(&first->value, &st->value)) {
			diag_note(r->d, st->loc, "%s is given twice, first on %s", st->key, place);
		} else {
			diag_add(r->d, st->loc, "%s is given twice, first on %s", st->key, place);
		}
	}
}

/* The name from the file's: without directory and ".cfg". NULL for lack of memory. */
static char *name_of_file(const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *start = slash ? slash + 1 : file;
	size_t len = strlen(start);

	if (len > 4 && !strcmp(start + len - 4, ".cfg"))
		len -= 4;
	return strndup(start, len);
}

static void default_name(struct reading *r)
{
	struct guest_config *g = r->g;
	struct loc whole = {g->file, 0, 0};
	struct err e = {0};

	if (config_given(r, "name"))
		return;
	g->name_loc = whole;
	g->name = name_of_file(g->file);
	if (!g->name)
		config_no_memory(r);
	else if (check_name(g->name, &e) < 0)
		diag_add(r->d, whole,
			 "name is missing, and the file's name can't serve: '%.80s' %s", g->name,
			 e.msg);
}

static void check_required(struct reading *r, const char *name)
{
	if (!config_given(r, name))
		diag_add(r->d, (struct loc){r->g->file, 0, 0}, "%s is missing", name);
}

/* Either of the two alone is both, as in xl and libxl; without any, libxl's 32 MiB would not be
 * what anybody wanted. */
static void check_memory(struct reading *r)
{
	const struct statement *memory = config_good(r, "memory"),
			       *maxmem = config_good(r, "maxmem");
	struct guest_config *g = r->g;
	char buf[PLACE_MAX];

	if (!config_given(r, "maxmem"))
		check_required(r, "memory");
	if (!maxmem)
		g->maxmem_kib = g->memory_kib;
	if (maxmem && !config_given(r, "memory")) {
		g->memory_kib = g->maxmem_kib;
		g->memory_loc = maxmem->value.loc;
	}
	if (maxmem && g->maxmem_kib > g->memory_kib && config_good(r, "memmap"))
		diag_note(r->d, maxmem->loc, "maxmem has no effect with memmap, a map of memory");
	if (!memory || g->maxmem_kib >= g->memory_kib)
		return;
	diag_add(r->d, maxmem->value.loc,
		 "maxmem = %" PRIu64 ": must be at least memory = %" PRIu64 " (%s)",
		 g->maxmem_kib / 1024, g->memory_kib / 1024,
		 config_place(memory->value.loc, maxmem->value.loc, buf));
}

static void check_vcpus_of_type(struct reading *r, const char *name, unsigned n)
{
	const struct statement *st = config_good(r, name);

	/* A wrong type does not tell which range is right. */
	if (!st || !r->type_known || r->g->type == GUEST_PV)
		return;
	if (n > HVM_VCPUS_MAX)
		diag_add(r->d, st->value.loc, "%s = %u: must be 1 to %d for a %s guest", name, n,
			 HVM_VCPUS_MAX, guest_type_name(r->g->type));
}

static void check_vcpus(struct reading *r)
{
	const struct statement *vcpus = config_good(r, "vcpus"),
			       *maxvcpus = config_good(r, "maxvcpus");
	struct guest_config *g = r->g;
	char buf[PLACE_MAX];

	if (!vcpus)
		g->vcpus = 1;
	if (!maxvcpus)
		g->maxvcpus = g->vcpus;
	check_vcpus_of_type(r, "vcpus", g->vcpus);
	check_vcpus_of_type(r, "maxvcpus", g->maxvcpus);
	if (vcpus && g->vcpus > g->maxvcpus)
		diag_add(r->d, vcpus->value.loc, "vcpus = %u: must be at most maxvcpus = %u (%s)",
			 g->vcpus, g->maxvcpus,
			 config_place(maxvcpus->value.loc, vcpus->value.loc, buf));
}

/* Whether the number of vcpus is right. After a wrong one, other keys are not compared with it. */
static bool vcpus_known(const struct reading *r)
{
	return (config_good(r, "vcpus") || !config_given(r, "vcpus")) &&
	       (config_good(r, "maxvcpus") || !config_given(r, "maxvcpus"));
}

/* xl, too, passes over entries for vcpus that the guest does not have. */
static void check_cpus(struct reading *r, const char *key, struct strings *cpus, bool *per_vcpu)
{
	const struct statement *st = config_good(r, key);
	const unsigned vcpus = r->g->maxvcpus;

	if (!st)
		return;
	*per_vcpu = st->value.kind == VALUE_LIST;
	if (!vcpus_known(r) || !*per_vcpu || cpus->n <= vcpus)
		return;
	diag_note(r->d, st->value.loc,
		  "%s has %zu entries, of which %u count: as many as the guest has vcpus", key,
		  cpus->n, vcpus);
	while (cpus->n > vcpus)
		free(cpus->v[--cpus->n]);
}

/* The credit schedulers refuse more than all of the domain's vcpus can use (Xen's credit2.c). */
static void check_cap(struct reading *r)
{
	const struct statement *cap = config_good(r, "cap");
	const unsigned vcpus = r->g->maxvcpus;

	if (cap && vcpus_known(r) && r->g->cap / 100 + (r->g->cap % 100 != 0) > vcpus)
		diag_add(r->d, cap->value.loc,
			 "cap = %u: must be at most %u, 100 for each of the guest's %u vcpu%s",
			 r->g->cap, 100 * vcpus, vcpus, vcpus == 1 ? "" : "s");
}

/* xl, too, takes cmdline alone where a file has both. What dom0's kernel command line says was
 * meant. */
static void check_cmdline(struct reading *r)
{
	const struct {
		const char *key;
		char **field;
	} parts[] = {{"ip", &r->g->ip}, {"root", &r->g->root}, {"extra", &r->g->extra}};
	const struct statement *cmdline = config_good(r, "cmdline");
	char buf[PLACE_MAX];

	if (cmdline)
		r->g->cmdline_loc = cmdline->value.loc;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const struct statement *part = config_good(r, parts[i].key);

		if (!part)
			continue;
		if (!cmdline) {
			r->g->cmdline_loc = part->value.loc;
			continue;
		}
		config_place(cmdline->loc, part->loc, buf);
		if (strcmp(part->loc.file, r->g->file) != 0)
			diag_add(r->d, part->loc, "%s can't be given together with cmdline (%s)",
				 parts[i].key, buf);
		else
			diag_note(r->d, part->loc, "%s has no effect beside cmdline (%s)",
				  parts[i].key, buf);
		free(*parts[i].field);
		*parts[i].field = NULL;
	}
}

/* A name that a list has twice is a mistake. */
static void check_twice(struct reading *r, const char *key, const struct strings *all)
{
	const struct statement *st = config_good(r, key);

	for (size_t i = 1; st && i < all->n; i++) {
		for (size_t j = 0; j < i; j++) {
			if (strcmp(all->v[i], all->v[j]))
				continue;
			diag_add(r->d, st->value.items[i].loc, "%s '%s' is given twice", key,
				 all->v[i]);
			break;
		}
	}
}

size_t config_read(const struct descriptor *c, struct guest_config *out, struct diag *d)
{
	struct reading r = {.g = out, .d = d};
	size_t before = diag_count(d);

	*out = (struct guest_config){
		.file = c->file,
		.dir = c->dir,
		.on_poweroff = ACTION_DESTROY,
		.on_reboot = ACTION_RESTART,
		.on_crash = ACTION_DESTROY,
		.on_soft_reset = ACTION_SOFT_RESET,
		.device_timeout = 10,
		.ready_timeout = 60,
		.start_retries = RETRIES_AS_USUAL,
		.console_rate = CONSOLE_RATE_USUAL,
	};
	find_statements(&r, c);
	read_deciding(&r);
	config_check_image(&r);
	read_values(&r, c);
	out->has_uuid = config_good(&r, "uuid") != NULL;
	out->has_cap = config_good(&r, "cap") != NULL;
	default_name(&r);
	config_check_lines(&r);
	/* Of the hvm guests only some need one: config_check_hvm. */
	if (r.type_known && out->type != GUEST_HVM && !config_good(&r, "bootloader") &&
	    !config_given(&r, "firmware"))
		check_required(&r, "kernel");
	check_memory(&r);
	check_vcpus(&r);
	check_cpus(&r, "cpus", &out->cpus, &out->cpus_per_vcpu);
	check_cpus(&r, "cpus_soft", &out->domain.cpus_soft, &out->domain.cpus_soft_per_vcpu);
	check_cap(&r);
	check_cmdline(&r);
	config_check_boot(&r);
	check_twice(&r, "profile", &out->profile);
	check_twice(&r, "after", &out->after);
	config_check_disks(&r);
	config_check_channels(&r);
	config_check_usb(&r);
	config_check_pci(&r);
	config_check_hvm(&r);
	config_check_digests(&r);
	config_check_vifs(&r);
	config_check_backends(&r);
	config_check_domain(&r);
	return diag_count(d) - before;
}

int config_identify(const struct descriptor *c, char **name, struct loc *name_loc,
		    struct strings *profile, bool *profile_known)
{
	const struct statement *st = descriptor_find(c, "name");
	struct diag none = {0};
	int rc;

	*name = NULL;
	*profile = (struct strings){0};
	*profile_known = true;
	*name_loc = (struct loc){c->file, 0, 0};
	if (!st) {
		*name = name_of_file(c->file);
		if (!*name)
			return -1;
	} else {
		*name_loc = st->value.loc;
		if (st->value.kind != VALUE_BAD)
			read_string(config_key("name"), &st->value, name, &none);
	}
	st = descriptor_find(c, "profile");
	if (st)
		*profile_known =
			st->value.kind != VALUE_BAD &&
			read_strings(config_key("profile"), &st->value, profile, &none) == 0;
	/* A wrong value is for config_read to report; a lack of memory must not look like one. */
	for (size_t i = 0; i < none.n; i++)
		none.lost += !strcmp(none.msgs[i].text, strerror(ENOMEM));
	rc = none.lost ? -1 : 0;
	diag_free(&none);
	return rc;
}

void config_free(struct guest_config *g)
{
	free(g->name);
	free(g->image);
	free(g->kernel);
	free(g->ramdisk);
	free(g->bootloader);
	free(g->firmware);
	free(g->ip);
	free(g->root);
	free(g->extra);
	free(g->cmdline);
	strings_free(&g->cpus);
	strings_free(&g->profile);
	free(g->model_override);
	free(g->model_config);
	strings_free(&g->model_args);
	free(g->firmware_override);
	free(g->memmap);
	strings_free(&g->serial);
	strings_free(&g->model_args_hvm);
	strings_free(&g->model_args_pv);
	strings_free(&g->usbdevice);
	strings_free(&g->smbios);
	free(g->soundhw);
	free(g->bios_path);
	free(g->acpi_firmware);
	free(g->smbios_firmware);
	free(g->vnclisten);
	free(g->boot);
	disk_specs_free(g->disks, g->nr_disks);
	vif_specs_free(g->vifs, g->nr_vifs);
	vfb_specs_free(g->vfbs, g->nr_vfbs);
	vkb_specs_free(g->vkbs, g->nr_vkbs);
	channel_specs_free(g->channels, g->nr_channels);
	pci_specs_free(g->pcis, g->nr_pcis);
	free(g->usbctrls);
	free(g->usbdevs);
	free(g->vncpasswd);
	free(g->keymap);
	strings_free(&g->after);
	free(g->ready);
	domain_options_free(&g->domain);
	*g = (struct guest_config){0};
}
