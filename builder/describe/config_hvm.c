/*
 * Keys that are for hvm guests only, or for one of the two device model protocols: keys that mean
 * nothing for the guest, what keys mean together, and defaults. Where nothing else is said, all is
 * as in libxl (tools/libs/light of Xen 4.17).
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "builder/image/vmx.h"
#include "config_disks.h"
#include "config_hvm.h"
#include "config_qemu.h"
#include "config_screen.h"
#include "config_value.h"

static const struct statement *given(const struct reading *r, const char *name)
{
	return r->given[config_key(name) - config_keys];
}

static void check_default_on(struct reading *r, const char *key, bool *value)
{
	if (!config_good(r, key))
		*value = true;
}

/* ---- the classic protocol ---- */

static void check_needed(struct reading *r, const char *key, const char *what)
{
	if (!config_given(r, key))
		diag_add(r->d, config_good(r, "device_model_protocol")->value.loc,
			 "missing %s: device_model_protocol = \"classic\" needs %s", what, key);
}

/* Checks the word VNC_VIEWER=X of extra, which the device model gets as -v. */
static void check_viewer(struct reading *r)
{
	const struct statement *extra = config_good(r, "extra");
	const char *viewer;
	size_t len;

	viewer = extra ? vmx_vnc_viewer(r->g->extra, &len) : NULL;
	if (!viewer)
		return;
	if (!len)
		diag_add(r->d, extra->value.loc, "extra: nothing follows VNC_VIEWER=");
	if (vmx_vnc_viewer(viewer + len, &len))
		diag_add(r->d, extra->value.loc, "extra: VNC_VIEWER is given twice");
}

static void check_classic(struct reading *r)
{
	r->g->vga = VGA_NONE;
	check_needed(r, "device_model_override", "device model");
	check_needed(r, "device_model_config", "device config");
	check_needed(r, "kernel", "kernel");
	check_viewer(r);
}

/* ---- QEMU ---- */

/* As xend wanted it. xl ignores it, too. */
static void drop_hvmloader(struct reading *r)
{
	const struct statement *kernel = config_good(r, "kernel");

	if (!kernel || strcmp(strrchr(r->g->kernel, '/') + 1, "hvmloader") != 0)
		return;
	diag_note(r->d, kernel->value.loc,
		  "kernel: hvmloader is no kernel, and is ignored: firmware_override names another "
		  "one than Xen's");
	free(r->g->kernel);
	r->g->kernel = NULL;
}

/* Without a kernel, refuses the keys that are for one. */
static void check_kernel(struct reading *r)
{
	static const char *const parts[] = {"ramdisk", "cmdline", "ip", "root", "extra"};

	drop_hvmloader(r);
	if (r->g->kernel || (config_given(r, "kernel") && !config_good(r, "kernel")))
		return;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (given(r, parts[i]))
			diag_add(r->d, given(r, parts[i])->loc, "%s can't be given without kernel",
				 parts[i]);
}

static void check_bios(struct reading *r)
{
	const struct statement *st = config_good(r, "firmware");

	if (!st)
		st = config_good(r, "bios");
	if (st && r->g->bios == BIOS_ROMBIOS)
		diag_add(r->d, st->value.loc,
			 "rombios is for qemu-xen-traditional: QEMU has "
			 "\"seabios\" and \"ovmf\"");
}

static const char *videoram_cause(enum guest_vga vga, uint64_t mib)
{
	switch (vga) {
	case VGA_CIRRUS:
		/* QEMU's hw/display/cirrus_vga.c also knows 4, which libxl refuses. */
		return mib == 8 || mib == 16 ? NULL : "must be 8 or 16 with vga = \"cirrus\"";
	case VGA_STD:
		/*
		 * QEMU rounds up to a power of two, and the domain may not have that much memory
		 * for it.
		 */
		return mib >= 16 && !(mib & (mib - 1)) ? NULL
						       : "must be 16, 32, 64, 128, 256 or 512 with "
							 "vga = \"stdvga\"";
	default:
		return mib ? "must be 0 with vga = \"none\"" : NULL;
	}
}

static void check_videoram(struct reading *r)
{
	static const unsigned defaults[] = {[VGA_CIRRUS] = 8, [VGA_STD] = 16, [VGA_NONE] = 0};
	const struct statement *videoram = config_good(r, "videoram");
	struct guest_config *g = r->g;
	const char *cause = NULL;
	uint64_t least;

	if (config_given(r, "vga") && !config_good(r, "vga"))
		return;
	if (videoram)
		cause = videoram_cause(g->vga, g->videoram_kib / 1024);
	else
		g->videoram_kib = (uint64_t)defaults[g->vga] * 1024;
	if (cause) {
		diag_add(r->d, videoram->value.loc, "videoram = %" PRIu64 ": %s",
			 g->videoram_kib / 1024, cause);
		return;
	}
	least = g->videoram_kib + VMX_FIRMWARE_KIB;
	if (g->memory_kib && g->memory_kib < least)
		diag_add(r->d, g->memory_loc,
			 "memory = %" PRIu64 ": must be at least %" PRIu64 ": videoram is %" PRIu64
			 " of it, and the firmware needs %" PRIu64,
			 g->memory_kib / 1024, least / 1024, g->videoram_kib / 1024,
			 VMX_FIRMWARE_KIB / 1024);
}

static void check_boot_default(struct reading *r)
{
	if (config_given(r, "boot"))
		return;
	r->g->boot = strdup("cda");
	if (!r->g->boot)
		config_no_memory(r);
}

static void check_qemu(struct reading *r)
{
	check_kernel(r);
	check_bios(r);
	config_check_qemu(r);
	check_videoram(r);
	config_check_screens(r);
	check_boot_default(r);
	config_check_drives(r);
}

/* QEMU's keys, where it serves nothing of a pv or pvh guest's. */
static void note_model(struct reading *r)
{
	static const char *const keys[] = {"device_model_override", "device_model_restrict",
					   "device_model_args", "device_model_args_pv"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (config_given(r, keys[i]) && !guest_config_needs_qemu(r->g))
			diag_note(r->d, given(r, keys[i])->loc,
				  "%s has no effect: QEMU serves none of its devices", keys[i]);
}

void config_check_hvm(struct reading *r)
{
	struct guest_config *g = r->g;

	if (!r->type_known)
		return;
	if (g->type != GUEST_PV)
		check_default_on(r, "hap", &g->hap);
	if (g->type != GUEST_HVM) {
		config_check_screens(r);
		note_model(r);
		return;
	}
	check_default_on(r, "acpi", &g->acpi);
	check_default_on(r, "apic", &g->apic);
	check_default_on(r, "hpet", &g->hpet);
	/* A wrong protocol does not tell which keys are right. */
	if (config_given(r, "device_model_protocol") && !config_good(r, "device_model_protocol"))
		return;
	if (g->model_protocol == MODEL_CLASSIC)
		check_classic(r);
	else
		check_qemu(r);
}
