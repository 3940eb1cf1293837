#include "qemu_devices.h"

#include <ctype.h>
#include <string.h>

static void device(struct argv *out, const char *text)
{
	argv_add(out, "-device");
	argv_add(out, "%s", text);
}

/* One controller of each kind that libxl has for a version. */
static void usb_controller(unsigned version, struct argv *out)
{
	switch (version) {
	case 1:
		device(out, "piix3-usb-uhci,id=usb");
		break;
	case 2:
		/* EHCI, and the three of UHCI that serve slower devices at its ports. */
		device(out, "ich9-usb-ehci1,id=usb,addr=0x1d.0x7,multifunction=on");
		for (unsigned i = 1; i < 4; i++) {
			argv_add(out, "-device");
			argv_add(out,
				 "ich9-usb-uhci%u,masterbus=usb.0,firstport=%u,addr=0x1d.%#x,"
				 "multifunction=on",
				 i, 2 * (i - 1), i - 1);
		}
		break;
	case 3:
		device(out, "nec-usb-xhci,id=usb");
		break;
	default:
		break;
	}
}

static void usb(const struct guest_config *cfg, struct argv *out)
{
	if (!cfg->usb && !cfg->usbdevice.n) {
		usb_controller(cfg->usbversion, out);
		return;
	}
	argv_add(out, "-usb");
	for (size_t i = 0; i < cfg->usbdevice.n; i++) {
		argv_add(out, "-usbdevice");
		argv_add(out, "%s", cfg->usbdevice.v[i]);
	}
}

static void sound(const struct guest_config *cfg, struct argv *out)
{
	char name[16];
	size_t n = 0;

	if (!cfg->soundhw)
		return;
	/* QEMU's names are in lower case. */
	for (const char *p = cfg->soundhw; *p && n + 1 < sizeof(name); p++)
		name[n++] = (char)tolower((unsigned char)*p);
	name[n] = '\0';
	if (strcmp(name, "hda") != 0) {
		device(out, name);
		return;
	}
	device(out, "intel-hda");
	device(out, "hda-duplex");
}

void qemu_device_args(const struct guest_config *cfg, struct argv *out)
{
	usb(cfg, out);
	sound(cfg, out);
}

void qemu_vendor_args(const struct guest_config *cfg, struct argv *out)
{
	if (cfg->vendor_device == VENDOR_XENSERVER)
		device(out, "xen-pvdevice,device-id=0xc000");
}

const char *qemu_machine(const struct guest_config *cfg)
{
	return cfg->xen_platform_pci ? "xenfv,suppress-vmdesc=on"
				     : "pc,accel=xen,suppress-vmdesc=on";
}
