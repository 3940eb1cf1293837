/*
 * Keys for what QEMU emulates: what they mean together, as libxl has it (tools/libs/light of Xen
 * 4.17: libxl__domain_build_info_setdefault, libxl__build_device_model_args_new).
 */
#include "config_qemu.h"

#include "config_value.h"
#include "smbios_spec.h"

/* vga's older word. */
static void check_stdvga(struct reading *r)
{
	const struct statement *st = config_good(r, "stdvga"), *vga = config_good(r, "vga");
	char buf[PLACE_MAX];

	if (!st)
		return;
	if (vga)
		diag_note(r->d, st->loc, "stdvga has no effect beside vga (%s)",
			  config_place(vga->loc, st->loc, buf));
	else
		r->g->vga = r->g->stdvga ? VGA_STD : VGA_CIRRUS;
}

/* Two ways to have USB; a device of usbdevice brings its controller. */
static void check_usb(struct reading *r)
{
	const struct statement *version = config_good(r, "usbversion");
	const struct statement *other = config_good(r, "usbdevice");
	char buf[PLACE_MAX];

	if (!r->g->usbdevice.n)
		other = r->g->usb ? config_good(r, "usb") : NULL;
	if (r->g->usbversion && other)
		diag_add(r->d, version->loc, "usbversion can't be given together with %s (%s)",
			 other->key, config_place(other->loc, version->loc, buf));
}

/* A key that is there twice would lose its first value; there can be many of a maker's texts. */
static void check_smbios(struct reading *r)
{
	const struct statement *st = config_good(r, "smbios");
	const struct strings *all = &r->g->smbios;
	unsigned oem = 0;

	for (size_t i = 0; st && i < all->n; i++) {
		const struct loc loc = value_entry(&st->value, i)->loc;

		if (smbios_is_oem(all->v[i])) {
			if (++oem == SMBIOS_OEM_MAX + 1)
				diag_add(r->d, loc, "smbios has more than %d entries of oem",
					 SMBIOS_OEM_MAX);
			continue;
		}
		for (size_t j = 0; j < i; j++) {
			if (!smbios_same(all->v[i], all->v[j]))
				continue;
			diag_add(r->d, loc,
				 "smbios, entry %zu: the key is already that of entry %zu", i + 1,
				 j + 1);
			break;
		}
	}
}

static void check_vkb_device(struct reading *r)
{
	const struct statement *st = config_good(r, "vkb_device");

	if (!st)
		r->g->vkb_device = true;
	else if (r->g->vkb_device && !r->g->model_unrestricted)
		diag_note(r->d, st->loc,
			  "vkb_device has no effect: a QEMU that is restricted to its guest "
			  "serves none (device_model_restrict = 0 goes without)");
}

void config_check_qemu(struct reading *r)
{
	check_stdvga(r);
	check_usb(r);
	check_smbios(r);
	if (!config_good(r, "xen_platform_pci"))
		r->g->xen_platform_pci = true;
	check_vkb_device(r);
}
