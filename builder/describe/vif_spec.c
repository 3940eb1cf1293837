#include "vif_spec.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend_spec.h"
#include "spec.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))

static int hex_value(char c)
{
	if (!isxdigit((unsigned char)c))
		return -1;
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* Reads a byte of one or two digits, as xl does. Returns how many they are, 0 for none. */
static size_t take_byte(const char *text, size_t len, uint8_t *out)
{
	size_t n = 0;

	*out = 0;
	for (; n < 2 && n < len && hex_value(text[n]) >= 0; n++)
		*out = (uint8_t)(*out * 16 + hex_value(text[n]));
	return n;
}

/* An address as instructions print it: digits, and x in the place of those that are to be chosen.
 */
static bool is_template(const char *text, size_t len)
{
	bool any = false;

	for (size_t i = 0; i < len; i++) {
		any |= strchr("xX", text[i]) != NULL;
		if (!strchr("xX:-", text[i]) && !isxdigit((unsigned char)text[i]))
			return false;
	}
	return any;
}

static int set_mac(struct vif_spec *out, const char *text, size_t len, struct err *e)
{
	size_t at = 0, n;
	unsigned any = 0;

	if (out->has_mac || out->zero_mac)
		return err_set(e, "mac is given twice");
	for (size_t i = 0; i < 6; i++) {
		n = take_byte(text + at, len - at, &out->mac[i]);
		at += n;
		if (!n || (i < 5 && (at == len || (text[at] != ':' && text[at] != '-'))))
			goto malformed;
		at += i < 5;
		any |= out->mac[i];
	}
	if (at != len)
		goto malformed;
	if (out->mac[0] & 1)
		return err_set(e, "mac '%.*s' is a group address: the first byte must be even",
			       SPEC_LEN(len), text);
	out->has_mac = any;
	out->zero_mac = !any;
	return 0;
malformed:
	if (is_template(text, len))
		return err_set(e,
			       "mac '%.*s' is a template: x stands for a digit of your own; "
			       "without mac the guest gets an address",
			       SPEC_LEN(len), text);
	return err_set(e, "mac '%.*s' must be six pairs of hexadecimal digits with ':' between",
		       SPEC_LEN(len), text);
}

static int check_ifname(const char *key, const char *name, struct err *e)
{
	if (!name || spec_is_ifname(name, strlen(name)))
		return 0;
	if (strpbrk(name, " \t/:%"))
		return err_set(e,
			       "%s '%.*s' is not a name for an interface: it can't have blanks, "
			       "'/', ':' or '%%'",
			       key, SPEC_SHOWN, name);
	return err_set(e, "%s '%.*s' is not a name for an interface (1 to %d characters)", key,
		       SPEC_SHOWN, name, IFNAME_MAX);
}

/* A name of nothing is the default. */
static int set_name(const char *key, const char *text, size_t len, char **out, struct err *e)
{
	if (!len)
		return *out ? err_set(e, "%s is given twice", key) : 0;
	return spec_string(key, text, len, out, e);
}

static int set_text(const char *key, const char *text, size_t len, char **out, struct err *e)
{
	if (!len)
		return err_set(e, "%s is empty", key);
	return spec_string(key, text, len, out, e);
}

static int set_type(struct vif_spec *out, const char *text, size_t len, struct err *e)
{
	if (out->type != VIF_TYPE_DEFAULT || out->has_netfront)
		return err_set(e, "type is given twice");
	if (spec_equal(text, len, "vif"))
		out->type = VIF_TYPE_VIF;
	else if (spec_equal(text, len, "ioemu"))
		out->type = VIF_TYPE_IOEMU;
	else if (spec_equal(text, len, "netfront"))
		out->has_netfront = true;
	else
		return err_set(e, "unknown type '%.*s': it is vif or ioemu", SPEC_LEN(len), text);
	return 0;
}

static int set_rate(struct vif_spec *out, const char *text, size_t len, struct err *e)
{
	char *copy;
	int rc;

	if (out->has_rate)
		return err_set(e, "rate is given twice");
	copy = strndup(text, len);
	if (!copy)
		return err_set(e, "%s", strerror(ENOMEM));
	rc = vif_rate_parse(copy, &out->rate_bytes, &out->rate_interval_us, e);
	free(copy);
	out->has_rate = !rc;
	return rc;
}

/* As spec_number, but with leading zeros, as xl takes numbers. */
static int take_number(const char *key, const char *text, size_t len, uint64_t max, uint64_t *out,
		       struct err *e)
{
	while (len > 1 && *text == '0') {
		text++;
		len--;
	}
	return spec_number(key, text, len, max, out, e);
}

static int set_devid(struct vif_spec *out, const char *text, size_t len, struct err *e)
{
	uint64_t val;

	if (out->has_devid)
		return err_set(e, "devid is given twice");
	if (take_number("devid", text, len, INT32_MAX, &val, e) < 0)
		return -1;
	out->devid = (uint32_t)val;
	out->has_devid = true;
	return 0;
}

/* 68 is the least MTU that IPv4 allows, 65535 the most that netback does; 0 is none, as with xl. */
static int set_mtu(struct vif_spec *out, const char *text, size_t len, struct err *e)
{
	uint64_t val;

	if (out->mtu)
		return err_set(e, "mtu is given twice");
	if (take_number("mtu", text, len, 65535, &val, e) < 0)
		return -1;
	if (val && val < 68)
		return err_set(e, "mtu is at least 68");
	out->mtu = (uint32_t)val;
	return 0;
}

static int set_trust(struct vif_spec *out, enum vif_trust trust, struct err *e)
{
	if (out->trust != VIF_TRUST_DEFAULT)
		return err_set(e, "trusted is given twice");
	out->trust = trust;
	return 0;
}

/* Parameters that xl has and that are not for a guest here, and unknown ones. */
static int set_other(struct vif_spec *out, const struct spec_param *p, const char *const *names,
		     size_t n, struct err *e)
{
	if (spec_is_key(p, "accel")) {
		out->has_accel = true;
		return 0;
	}
	if (spec_is_key(p, "vlan"))
		return err_set(e, "vlan is not supported: bridge=NAME of a bridge in that VLAN "
				  "gives the same");
	if (p->value && (spec_is_key(p, "forwarddev") || !strncmp(p->text, "colo_", 5)))
		return err_set(e, "%.*s is for COLO, which is not supported",
			       SPEC_LEN(p->value - p->text - 1), p->text);
	if (spec_is_key(p, "trusted") || spec_is_key(p, "untrusted"))
		return err_set(e, "%.*s has no value", SPEC_LEN(p->value - p->text - 1), p->text);
	return spec_unknown(p, names, n, e);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Takes the blanks off that are behind a parameter. */
static void trim_end(struct spec_param *p)
{
	while (p->len && is_blank(p->text[p->len - 1]))
		p->len--;
}

/* Its value without blanks in front, and how long that is. */
static const char *value_of(const struct spec_param *p, size_t *len)
{
	const char *val = p->value;

	while (val && val < p->text + p->len && is_blank(*val))
		val++;
	*len = val ? (size_t)(p->text + p->len - val) : 0;
	return val;
}

static int set_param(struct vif_spec *out, const struct spec_param *p, struct err *e)
{
	static const char *const names[] = {
		"mac",    "bridge", "gatewaydev", "netdev",  "vifname",
		"script", "ip",     "model",      "type",    "backend",
		"rate",   "devid",  "mtu",        "trusted", "untrusted",
	};
	size_t len;
	const char *val = value_of(p, &len);

	if (!p->len)
		return 0;
	if (spec_is_key(p, "mac"))
		return set_mac(out, val, len, e);
	if (spec_is_key(p, "bridge"))
		return spec_string("bridge", val, len, &out->bridge, e);
	/* netdev is the old name. */
	if (spec_is_key(p, "gatewaydev") || spec_is_key(p, "netdev"))
		return set_name("gatewaydev", val, len, &out->gatewaydev, e);
	if (spec_is_key(p, "vifname"))
		return set_name("vifname", val, len, &out->vifname, e);
	if (spec_is_key(p, "script"))
		return set_text("script", val, len, &out->script, e);
	if (spec_is_key(p, "ip"))
		return spec_string("ip", p->value, p->value_len, &out->ip, e);
	if (spec_is_key(p, "model"))
		return set_text("model", val, len, &out->model, e);
	if (spec_is_key(p, "type"))
		return set_type(out, p->value, p->value_len, e);
	if (spec_is_key(p, "backend"))
		return set_text("backend", val, len, &out->backend_domain, e);
	if (spec_is_key(p, "rate"))
		return set_rate(out, p->value, p->value_len, e);
	if (spec_is_key(p, "devid"))
		return set_devid(out, val, len, e);
	if (spec_is_key(p, "mtu"))
		return set_mtu(out, val, len, e);
	/* Blanks count in those above that use p's value, as they do for xl. */
	if (spec_is_flag(p, "trusted"))
		return set_trust(out, VIF_TRUSTED, e);
	if (spec_is_flag(p, "untrusted"))
		return set_trust(out, VIF_UNTRUSTED, e);
	return set_other(out, p, names, NR(names), e);
}

/* Far more than interfaces have, and comparing those of all guests stays cheap. */
#define NETS_MAX 32

/* Whether ip names what can be routed. */
static int check_nets(const char *ip, struct err *e)
{
	struct vif_net net;
	size_t n = 0;
	int rc;

	while ((rc = vif_net_next(&ip, &net, e)) > 0)
		if (n++ == NETS_MAX)
			return err_set(e, "ip has more than %d addresses", NETS_MAX);
	return rc;
}

int vif_spec_parse(const char *text, struct vif_spec *out, struct err *e)
{
	struct spec_param param;

	*out = (struct vif_spec){0};
	while (spec_next(&text, &param)) {
		trim_end(&param);
		if (set_param(out, &param, e) < 0)
			return -1;
	}
	/* All else is the other domain's to know. */
	if (!backend_is_dom0(out->backend_domain))
		return check_ifname("vifname", out->vifname, e);
	/* Other scripts have other names of bridges: the script is said first. An empty one, for
	 * which vif-bridge takes whichever bridge there is, is none here. */
	if (vif_script_way(out->script, &out->way, e) < 0 ||
	    check_ifname("bridge", out->bridge, e) < 0 ||
	    check_ifname("vifname", out->vifname, e) < 0)
		return -1;
	/* These mean nothing on a bridge: what is written there is another toolstack's. */
	if (out->way == VIF_BRIDGED)
		return 0;
	if (check_ifname("gatewaydev", out->gatewaydev, e) < 0)
		return -1;
	return out->ip ? check_nets(out->ip, e) : 0;
}

bool vif_routes_meet(const struct vif_spec *a, const struct vif_spec *b, char text[VIF_NET_TEXT])
{
	return a->way == VIF_ROUTED && b->way == VIF_ROUTED && vif_nets_meet(a->ip, b->ip, text);
}

void vif_spec_free(struct vif_spec *s)
{
	free(s->bridge);
	free(s->gatewaydev);
	free(s->vifname);
	free(s->script);
	free(s->ip);
	free(s->model);
	free(s->backend_domain);
	*s = (struct vif_spec){0};
}

void vif_specs_free(struct vif_spec *all, size_t n)
{
	for (size_t i = 0; i < n; i++)
		vif_spec_free(&all[i]);
	free(all);
}
