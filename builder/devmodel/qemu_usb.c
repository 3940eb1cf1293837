#include "qemu_usb.h"

#include "builder/describe/usb_spec.h"
#include "builder/device/usb.h"

/* What xl calls a controller, and a device at one. */
#define CONTROLLER "xenusb-%zu"
#define DEVICE     "xenusb-%u-%u"

static void controller(const struct usbctrl_spec *spec, size_t i, struct argv *out)
{
	static const char *const drivers[] = {
		[1] = "piix3-usb-uhci", [2] = "usb-ehci", [3] = "nec-usb-xhci"};
	const unsigned version = usbctrl_version(spec), ports = usbctrl_ports(spec);

	argv_add(out, "-device");
	if (version == 3) /* of USB 2 and of USB 3, the same sockets */
		argv_add(out, "%s,p2=%u,p3=%u,id=" CONTROLLER, drivers[version], ports, ports, i);
	else
		argv_add(out, "%s,id=" CONTROLLER, drivers[version], i);
}

static void device(const struct usbdev_spec *spec, size_t i, int fd, struct argv *out)
{
	if (fd) {
		argv_add(out, "-add-fd");
		argv_add(out, "fd=%d,set=%zu", fd, i + 1);
	}
	argv_add(out, "-device");
	if (fd)
		argv_add(out,
			 "usb-host,id=" DEVICE ",bus=" CONTROLLER ".0,port=%u,"
			 "hostdevice=/dev/fdset/%zu",
			 spec->bus, spec->addr, (size_t)spec->at, spec->at_port, i + 1);
	else
		argv_add(out,
			 "usb-host,id=" DEVICE ",bus=" CONTROLLER ".0,port=%u,hostbus=%u,"
			 "hostaddr=%u",
			 spec->bus, spec->addr, (size_t)spec->at, spec->at_port, spec->bus,
			 spec->addr);
}

void qemu_usb_args(const struct guest_config *cfg, int first_fd, struct argv *out)
{
	for (size_t i = 0; i < cfg->nr_usbctrls; i++)
		controller(&cfg->usbctrls[i], i, out);
	for (size_t i = 0; i < cfg->nr_usbdevs; i++)
		device(&cfg->usbdevs[i], i, first_fd ? first_fd + (int)i : 0, out);
}

int qemu_usb_open(const struct guest *g, struct model_handed *files, int *first_fd, struct err *e)
{
	*first_fd = 0;
	if (files->n + g->cfg->nr_usbdevs > MODEL_FDS_MAX)
		return err_set(e, "it has more USB devices than its device model can have");
	for (size_t i = 0; g->usbdevs && i < g->cfg->nr_usbdevs; i++) {
		const int fd = usb_open(USB_DEV_DIR, &g->usbdevs[i], e);

		if (fd < 0)
			return -1;
		if (!*first_fd)
			*first_fd = (int)files->n;
		files->fds[files->n++] = fd;
		files->own = files->n;
	}
	return 0;
}
