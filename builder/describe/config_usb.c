#include "config_usb.h"

#include <stdlib.h>

#include "config_value.h"
#include "usb_plug.h"
#include "usb_spec.h"

/* Each controller has at most so many. */
#define DEVICES_MAX (USB_CONTROLLERS_MAX * USB_PORTS_MAX)

int read_usbctrls(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	struct strings texts = {0};
	struct usbctrl_spec *all;
	struct err e;
	int rc = 0;

	if (read_texts(k, v, USB_CONTROLLERS_MAX, &texts, d) < 0)
		return -1;
	/* Room for those that are added. */
	all = calloc(USB_CONTROLLERS_MAX, sizeof(*all));
	if (!all)
		rc = value_no_memory(v, d);
	for (size_t i = 0; all && i < texts.n; i++)
		if (usbctrl_spec_parse(texts.v[i], &all[i], &e) < 0)
			rc = value_wrong_entry(k, v, i, &e, d);
	if (rc || !out) {
		free(all);
	} else {
		*(struct usbctrl_spec **)out = all;
		config_of(k, out)->nr_usbctrls = texts.n;
	}
	strings_free(&texts);
	return rc;
}

int read_usbdevs(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	struct strings texts = {0};
	struct usbdev_spec *all;
	struct err e;
	int rc = 0;

	if (read_texts(k, v, DEVICES_MAX, &texts, d) < 0)
		return -1;
	all = calloc(texts.n + 1, sizeof(*all));
	if (!all)
		rc = value_no_memory(v, d);
	for (size_t i = 0; all && i < texts.n; i++) {
		if (usbdev_spec_parse(texts.v[i], &all[i], &e) < 0)
			rc = value_wrong_entry(k, v, i, &e, d);
		else if (all[i].octal)
			diag_note(d, value_entry(v, i)->loc,
				  "%s, entry %zu: a number that begins with 0 is octal: it is "
				  "device %u of bus %u",
				  k->name, i + 1, all[i].addr, all[i].bus);
	}
	if (rc || !out) {
		free(all);
	} else {
		*(struct usbdev_spec **)out = all;
		config_of(k, out)->nr_usbdevs = texts.n;
	}
	strings_free(&texts);
	return rc;
}

/* Whether there is a QEMU that emulates the guest's machine; reports it if there is none. */
static bool has_qemu(struct reading *r, const struct statement *st)
{
	if (r->g->type != GUEST_HVM) {
		diag_add(r->d, st->loc,
			 "%s is not supported for %s guests: QEMU serves USB to hvm guests alone",
			 st->key, guest_type_name(r->g->type));
		return false;
	}
	if (r->g->model_protocol == MODEL_QEMU)
		return true;
	diag_add(r->d, st->loc, "%s needs QEMU, and device_model_protocol is \"classic\"", st->key);
	return false;
}

static bool can_be_emulated(struct reading *r, const struct statement *st)
{
	bool all = true;
	struct err e;

	for (size_t i = 0; i < r->g->nr_usbctrls; i++) {
		if (usbctrl_spec_check(&r->g->usbctrls[i], &e) == 0)
			continue;
		diag_add(r->d, value_entry(&st->value, i)->loc, "usbctrl, entry %zu: %s", i + 1,
			 e.msg);
		all = false;
	}
	return all;
}

static void plug(struct reading *r, const struct statement *devs)
{
	struct guest_config *g = r->g;
	size_t bad;
	struct err e;

	if (!g->usbctrls)
		g->usbctrls = calloc(USB_CONTROLLERS_MAX, sizeof(*g->usbctrls));
	if (!g->usbctrls)
		config_no_memory(r);
	else if (usb_plug(g->usbctrls, &g->nr_usbctrls, g->usbdevs, g->nr_usbdevs, &bad, &e) < 0)
		diag_add(r->d, value_entry(&devs->value, bad)->loc, "usbdev, entry %zu: %s",
			 bad + 1, e.msg);
}

void config_check_usb(struct reading *r)
{
	const struct statement *ctrls = config_good(r, "usbctrl"), *devs = config_good(r, "usbdev");

	if (!r->type_known)
		return;
	if (ctrls && r->g->nr_usbctrls && (!has_qemu(r, ctrls) || !can_be_emulated(r, ctrls)))
		return;
	if (!devs || !r->g->nr_usbdevs || !has_qemu(r, devs))
		return;
	/* A wrong list of controllers does not tell which there are. */
	if (ctrls || !config_given(r, "usbctrl"))
		plug(r, devs);
}
