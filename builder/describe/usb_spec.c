#include "usb_spec.h"

#include <ctype.h>
#include <string.h>

#include "spec.h"

/* xl, atoi and strtoul skip blanks in front of a value. */
static void skip_blanks(struct spec_param *p)
{
	while (p->value_len && isspace((unsigned char)*p->value)) {
		p->value++;
		p->value_len--;
	}
}

/* A parameter that is none of the n names. */
static int wrong_param(const struct spec_param *p, const char *const *names, size_t n,
		       struct err *e)
{
	if (!p->len)
		return err_set(e, "a parameter is missing between two commas");
	for (size_t i = 0; i < n; i++)
		if (spec_is_flag(p, names[i]))
			return err_set(e, "'%s' has no value", names[i]);
	return spec_unknown(p, names, n, e);
}

/* Marks the n-th parameter as given. Returns 0, or -1 with e set where it was that before. */
static int once(unsigned *given, unsigned n, const char *name, struct err *e)
{
	if (*given & 1u << n)
		return err_set(e, "%s is given twice", name);
	*given |= 1u << n;
	return 0;
}

static int set_small(const struct spec_param *p, const char *name, unsigned max, unsigned *out,
		     struct err *e)
{
	uint64_t val;

	if (spec_number(name, p->value, p->value_len, max, &val, e) < 0)
		return -1;
	*out = (unsigned)val;
	return 0;
}

/* ---- controllers ---- */

enum { CTRL_TYPE, CTRL_VERSION, CTRL_PORTS, CTRL_PARAMS };
static const char *const ctrl_names[CTRL_PARAMS] = {"type", "version", "ports"};

static int set_ctrl_type(const struct spec_param *p, struct usbctrl_spec *out, struct err *e)
{
	static const char *const types[] = {
		[USBCTRL_AUTO] = "auto",
		[USBCTRL_DEVICEMODEL] = "devicemodel",
		[USBCTRL_PV] = "pv",
		[USBCTRL_QUSB] = "qusb",
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!spec_is_word(p->value, p->value_len, types[i]))
			continue;
		out->type = (enum usbctrl_type)i;
		return 0;
	}
	return err_set(e, "unknown type '%.*s': it is devicemodel or auto", SPEC_LEN(p->value_len),
		       p->value);
}

static int set_ctrl(const struct spec_param *p, unsigned n, struct usbctrl_spec *out, struct err *e)
{
	switch (n) {
	case CTRL_TYPE:
		return set_ctrl_type(p, out, e);
	case CTRL_VERSION:
		return set_small(p, "version", 3, &out->version, e);
	default:
		return set_small(p, "ports", USB_PORTS_SAID_MAX, &out->ports, e);
	}
}

unsigned usbctrl_version(const struct usbctrl_spec *s)
{
	return s->version ? s->version : 2;
}

/* QEMU's UHCI and EHCI always have as many; of an xHCI libxl has 8 by default. */
unsigned usbctrl_ports(const struct usbctrl_spec *s)
{
	static const unsigned ports[] = {[1] = 2, [2] = 6, [3] = 8};

	return s->ports ? s->ports : ports[usbctrl_version(s)];
}

int usbctrl_spec_check(const struct usbctrl_spec *s, struct err *e)
{
	const struct usbctrl_spec usual = {.version = s->version};

	if (s->type == USBCTRL_PV)
		return err_set(e, "type pv is not supported: its back end, xen-usbback, is none of "
				  "Linux's: devicemodel has a controller that QEMU emulates");
	if (s->type == USBCTRL_QUSB)
		return err_set(e, "type qusb is not supported: QEMU would open the host's devices "
				  "itself, with root's powers: devicemodel gets them open");
	if (usbctrl_version(s) != 3 && usbctrl_ports(s) != usbctrl_ports(&usual))
		return err_set(e, "a controller of version %u has %u ports, not %u",
			       usbctrl_version(s), usbctrl_ports(&usual), s->ports);
	if (s->ports > USB_PORTS_MAX)
		return err_set(e, "a controller of version 3 has at most %d ports, not %u",
			       USB_PORTS_MAX, s->ports);
	return 0;
}

int usbctrl_spec_parse(const char *text, struct usbctrl_spec *out, struct err *e)
{
	struct spec_param p;
	unsigned given = 0, n;

	*out = (struct usbctrl_spec){0};
	while (spec_next(&text, &p)) {
		for (n = 0; n < CTRL_PARAMS && !spec_is_key(&p, ctrl_names[n]); n++)
			;
		if (n == CTRL_PARAMS)
			return wrong_param(&p, ctrl_names, CTRL_PARAMS, e);
		skip_blanks(&p);
		if (once(&given, n, ctrl_names[n], e) < 0 || set_ctrl(&p, n, out, e) < 0)
			return -1;
	}
	return 0;
}

/* ---- devices ---- */

enum { DEV_TYPE, DEV_BUS, DEV_ADDR, DEV_CONTROLLER, DEV_PORT, DEV_PARAMS };
static const char *const dev_names[DEV_PARAMS] = {"type", "hostbus", "hostaddr", "controller",
						  "port"};

/* The digit's value, or 16. */
static unsigned digit(char c)
{
	if (isdigit((unsigned char)c))
		return (unsigned)(c - '0');
	return isxdigit((unsigned char)c) ? (unsigned)(tolower((unsigned char)c) - 'a') + 10 : 16;
}

/* Returns 0, or -1: there is none, or a digit is none of this base. */
static int in_base(const char *text, size_t len, unsigned base, unsigned *out)
{
	*out = 0;
	for (size_t i = 0; i < len; i++) {
		if (digit(text[i]) >= base)
			return -1;
		if (*out < 1000) /* it is too much as it is */
			*out = *out * base + digit(text[i]);
	}
	return len ? 0 : -1;
}

/* Part of a device's number, as strtoul reads it: 0x and 0 in front are of hexadecimal and octal
 * ones. */
static int set_part(const struct spec_param *p, const char *name, unsigned max, uint8_t *out,
		    struct usbdev_spec *s, struct err *e)
{
	const char *text = p->value;
	unsigned val, decimal;
	bool octal;
	int rc;

	if (p->value_len > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		rc = in_base(text + 2, p->value_len - 2, 16, &val);
	else
		rc = in_base(text, p->value_len, *text == '0' ? 8 : 10, &val);
	octal = in_base(text, p->value_len, 10, &decimal) == 0 && decimal &&
		(rc < 0 || decimal != val);
	s->octal |= octal;
	if (rc < 0 && octal)
		return err_set(e, "%s '%.*s' begins with 0, as octal numbers do: write %u", name,
			       SPEC_LEN(p->value_len), text, decimal);
	if (rc < 0)
		return err_set(e, "%s must be a number, not '%.*s'", name, SPEC_LEN(p->value_len),
			       text);
	if (!val || val > max)
		return err_set(e, "%s must be 1 to %u", name, max);
	*out = (uint8_t)val;
	return 0;
}

static int set_dev(const struct spec_param *p, unsigned n, struct usbdev_spec *out, struct err *e)
{
	switch (n) {
	case DEV_TYPE:
		if (spec_is_word(p->value, p->value_len, "hostdev"))
			return 0;
		return err_set(e, "unknown type '%.*s': it is hostdev", SPEC_LEN(p->value_len),
			       p->value);
	case DEV_BUS:
		return set_part(p, "hostbus", UINT8_MAX, &out->bus, out, e);
	case DEV_ADDR:
		return set_part(p, "hostaddr", USB_ADDR_MAX, &out->addr, out, e);
	case DEV_CONTROLLER:
		out->has_controller = true;
		return set_small(p, "controller", USB_CONTROLLERS_MAX - 1, &out->controller, e);
	default:
		return set_small(p, "port", USB_PORTS_MAX, &out->port, e);
	}
}

int usbdev_spec_parse(const char *text, struct usbdev_spec *out, struct err *e)
{
	struct spec_param p;
	unsigned given = 0, n;

	*out = (struct usbdev_spec){0};
	while (spec_next(&text, &p)) {
		for (n = 0; n < DEV_PARAMS && !spec_is_key(&p, dev_names[n]); n++)
			;
		if (n == DEV_PARAMS)
			return wrong_param(&p, dev_names, DEV_PARAMS, e);
		skip_blanks(&p);
		if (once(&given, n, dev_names[n], e) < 0 || set_dev(&p, n, out, e) < 0)
			return -1;
	}
	if (!out->bus || !out->addr)
		return err_set(e, "%s is missing: lsusb shows it",
			       out->bus ? "hostaddr" : "hostbus");
	if (out->port && !out->has_controller)
		return err_set(e, "port is given without controller");
	return 0;
}
