/* libFuzzer entry: lines are strings of usbctrl, and behind an empty one of usbdev. */
#include "builder/describe/usb_plug.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DEVICES_MAX (USB_CONTROLLERS_MAX * USB_PORTS_MAX + 2)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct machine {
	struct usbctrl_spec ctrls[USB_CONTROLLERS_MAX];
	struct usbdev_spec devs[DEVICES_MAX];
	size_t nr, n;
};

static void is_said(int rc, const struct err *e)
{
	assert(rc == (*e->msg ? -1 : 0) && !strchr(e->msg, '\n'));
}

static void read_ctrl(struct machine *m, const char *text)
{
	struct err e = {.msg = ""};
	struct usbctrl_spec s;
	const int rc = usbctrl_spec_parse(text, &s, &e);

	is_said(rc, &e);
	if (rc < 0 || usbctrl_spec_check(&s, &e) < 0)
		return;
	assert(usbctrl_version(&s) >= 1 && usbctrl_version(&s) <= 3);
	assert(usbctrl_ports(&s) >= 1 && usbctrl_ports(&s) <= USB_PORTS_MAX);
	if (m->nr < USB_CONTROLLERS_MAX)
		m->ctrls[m->nr++] = s;
}

static void read_dev(struct machine *m, const char *text)
{
	struct err e = {.msg = ""};
	struct usbdev_spec s;
	const int rc = usbdev_spec_parse(text, &s, &e);

	is_said(rc, &e);
	if (rc < 0)
		return;
	assert(s.bus && s.addr && s.addr <= USB_ADDR_MAX);
	if (m->n < DEVICES_MAX)
		m->devs[m->n++] = s;
}

/* Each device has a port that there is, and no two have one. */
static void plug(struct machine *m)
{
	struct err e = {.msg = ""};
	size_t bad = SIZE_MAX;
	const int rc = usb_plug(m->ctrls, &m->nr, m->devs, m->n, &bad, &e);

	is_said(rc, &e);
	assert(m->nr <= USB_CONTROLLERS_MAX);
	if (rc < 0) {
		assert(bad < m->n);
		return;
	}
	for (size_t i = 0; i < m->n; i++) {
		const struct usbdev_spec *d = &m->devs[i];

		assert(d->at < m->nr && d->at_port >= 1);
		assert(d->at_port <= usbctrl_ports(&m->ctrls[d->at]));
		assert(!d->has_controller || d->at == d->controller);
		assert(!d->port || d->at_port == d->port);
		for (size_t j = 0; j < i; j++)
			assert(m->devs[j].at != d->at || m->devs[j].at_port != d->at_port);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct machine m;
	char *text = strndup((const char *)data, size), *rest = text, *line;
	bool devices = false;

	if (!text)
		abort();
	m.nr = m.n = 0;
	while ((line = strsep(&rest, "\n"))) {
		if (!*line)
			devices = true;
		else if (devices)
			read_dev(&m, line);
		else
			read_ctrl(&m, line);
	}
	plug(&m);
	free(text);
	return 0;
}
