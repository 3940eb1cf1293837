/*
 * The keys bootloader and firmware. xl runs a bootloader in dom0, with root's powers, over the
 * guest's file systems, and takes the kernel that it finds. Here GRUB for Xen does the same in the
 * guest, with the same grub.cfg.
 */
#include "config_boot.h"

#include <stdlib.h>
#include <string.h>

#include "builder/image/grub.h"
#include "config_value.h"
#include "file_path.h"

/* GRUB finds all of these on the disk. */
static void drop_kernel(struct reading *r, const struct statement *by)
{
	const struct {
		const char *key;
		char **field;
	} parts[] = {
		{"kernel", &r->g->kernel}, {"ramdisk", &r->g->ramdisk}, {"root", &r->g->root},
		{"extra", &r->g->extra},   {"cmdline", &r->g->cmdline},
	};
	char buf[PLACE_MAX];

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const struct statement *st = config_good(r, parts[i].key);

		if (!st || !*parts[i].field)
			continue;
		diag_note(r->d, st->loc,
			  "%s has no effect beside %s (%s): GRUB reads it from the disk",
			  parts[i].key, by->key, config_place(by->loc, st->loc, buf));
		free(*parts[i].field);
		*parts[i].field = NULL;
	}
}

static void start_grub(struct reading *r, const struct statement *by, const char *path)
{
	drop_kernel(r, by);
	/* bootloader's, where there is firmware, too. */
	free(r->g->kernel);
	r->g->kernel = strdup(path);
	r->g->kernel_loc = by->value.loc;
	if (!r->g->kernel)
		config_no_memory(r);
}

static void check_bootloader(struct reading *r)
{
	const struct statement *st = config_good(r, "bootloader");
	const char *path = grub_path(r->g->type);

	if (!st)
		return;
	diag_note(
		r->d, st->value.loc,
		"bootloader = \"%s\": no program is run in dom0; %s starts in the guest, from its "
		"disk's grub.cfg",
		r->g->bootloader, path);
	start_grub(r, st, path);
}

/* xl has two words for pv and pvh guests, which start what xl.cfg(5) calls pvgrub. */
static void check_pvgrub(struct reading *r)
{
	const struct statement *st = config_good(r, "firmware"), *kernel = config_good(r, "kernel");
	const bool wide = st && !strcmp(r->g->firmware, "pvgrub64");
	char buf[PLACE_MAX];

	if (!st)
		return;
	if (!wide && strcmp(r->g->firmware, "pvgrub32") != 0) {
		diag_add(r->d, st->value.loc,
			 "firmware = \"%s\": a %s guest has \"pvgrub32\" or \"pvgrub64\"",
			 r->g->firmware, guest_type_name(r->g->type));
	} else if (kernel) {
		diag_add(r->d, st->loc, "firmware can't be given together with kernel (%s)",
			 config_place(kernel->loc, st->loc, buf));
	} else if (!config_given(r, "kernel")) {
		start_grub(r, st,
			   r->g->type == GUEST_PV && !wide ? grub_path_32()
							   : grub_path(r->g->type));
	}
}

/* The words of bios may be in upper case, as in libxl, those beside may not. */
static void check_hvm_firmware(struct reading *r)
{
	const struct statement *st = config_good(r, "firmware");
	struct guest_config *g = r->g;
	struct err e;

	if (!st)
		return;
	if (!strcasecmp(g->firmware, "ovmf") || !strcmp(g->firmware, "uefi")) {
		g->bios = BIOS_OVMF;
	} else if (!strcasecmp(g->firmware, "seabios")) {
		g->bios = BIOS_SEABIOS;
	} else if (!strcasecmp(g->firmware, "rombios")) {
		g->bios = BIOS_ROMBIOS;
	} else if (!strcmp(g->firmware, "bios")) {
		return; /* the default, or what bios says */
	} else if (check_file_name(g->firmware, &e) < 0) {
		diag_add(r->d, st->value.loc, "firmware = \"%.48s\": %s", g->firmware, e.msg);
	} else {
		free(g->firmware_override);
		g->firmware_override = file_path_of_firmware(g->firmware);
		g->firmware_loc = st->value.loc;
		if (!g->firmware_override)
			config_no_memory(r);
	}
}

void config_check_boot(struct reading *r)
{
	if (!r->type_known)
		return;
	if (r->g->type == GUEST_HVM) {
		check_hvm_firmware(r);
		return;
	}
	check_bootloader(r);
	check_pvgrub(r);
}
