#include "usb_plug.h"

/* The ports that are taken, a bit each, by controllers. */
struct ports {
	uint32_t taken[USB_CONTROLLERS_MAX];
};

/* The controller's first free port, or 0. */
static unsigned free_port(const struct ports *p, const struct usbctrl_spec *ctrls, size_t i)
{
	for (unsigned port = 1; port <= usbctrl_ports(&ctrls[i]); port++)
		if (!(p->taken[i] >> port & 1))
			return port;
	return 0;
}

static int plug_given(const struct ports *p, const struct usbctrl_spec *ctrls, size_t nr,
		      struct usbdev_spec *dev, struct err *e)
{
	const unsigned at = dev->controller;

	if (at >= nr)
		return err_set(e, "there is no controller %u: usbctrl has %zu, numbered from 0", at,
			       nr);
	if (dev->port > usbctrl_ports(&ctrls[at]))
		return err_set(e, "controller %u has %u ports, and no port %u", at,
			       usbctrl_ports(&ctrls[at]), dev->port);
	if (p->taken[at] >> dev->port & 1)
		return err_set(e, "port %u of controller %u has a device already", dev->port, at);
	dev->at = at;
	dev->at_port = dev->port ? dev->port : free_port(p, ctrls, at);
	return dev->at_port ? 0 : err_set(e, "controller %u has no free port", at);
}

static int plug_anywhere(const struct ports *p, struct usbctrl_spec *ctrls, size_t *nr,
			 struct usbdev_spec *dev, struct err *e)
{
	for (unsigned i = 0; i < *nr; i++) {
		dev->at = i;
		dev->at_port = free_port(p, ctrls, i);
		if (dev->at_port)
			return 0;
	}
	if (*nr == USB_CONTROLLERS_MAX)
		return err_set(e, "no controller has a free port");
	dev->at = (unsigned)*nr;
	dev->at_port = 1;
	ctrls[(*nr)++] = (struct usbctrl_spec){.added = true};
	return 0;
}

int usb_plug(struct usbctrl_spec *ctrls, size_t *nr, struct usbdev_spec *devs, size_t n,
	     size_t *bad, struct err *e)
{
	struct ports p = {{0}};

	for (size_t i = 0; i < n; i++) {
		*bad = i;
		for (size_t j = 0; j < i; j++)
			if (devs[j].bus == devs[i].bus && devs[j].addr == devs[i].addr)
				return err_set(e, "the device is that of entry %zu", j + 1);
		if (devs[i].has_controller ? plug_given(&p, ctrls, *nr, &devs[i], e) < 0
					   : plug_anywhere(&p, ctrls, nr, &devs[i], e) < 0)
			return -1;
		p.taken[devs[i].at] |= UINT32_C(1) << devs[i].at_port;
	}
	return 0;
}
