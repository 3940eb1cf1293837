#include "vif_route.h"

#include <sys/socket.h>

#include "netlink.h"
#include "netlink_route.h"

#define GATEWAY "eth0" /* dom0_ip in vif-common.sh */

/* That of the vif is the script's. */
enum { METRIC_VIF = 2, METRIC_CARD = 3 };

const char *vif_gateway(const struct vif_spec *s)
{
	return s->gatewaydev ? s->gatewaydev : GATEWAY;
}

/* Whether all networks are IPv6; the script, which knows none, wants an address in any case. */
static bool is_ipv6_only(const struct vif_spec *s)
{
	const char *at = s->ip ? s->ip : "";
	struct vif_net n;
	bool any = false;
	struct err e;

	while (vif_net_next(&at, &n, &e) == 1) {
		if (n.family == AF_INET)
			return false;
		any = true;
	}
	return any;
}

int vif_find_source(const struct vif_spec *s, struct vif_source *out, bool *absent, struct err *e)
{
	const char *name = vif_gateway(s);
	bool has_interface;
	struct link l;
	int rc;

	*out = (struct vif_source){.there = false};
	*absent = false;
	rc = link_get(name, &l, e);
	has_interface = rc == 0;
	if (has_interface)
		rc = link_get_ipv4(l.index, out->addr, e);
	if (rc < 0)
		return err_prefix(e, "cannot look up gatewaydev %s: ", name);
	out->there = rc == 0;
	if (out->there || is_ipv6_only(s))
		return 0;
	*absent = true;
	if (has_interface)
		return err_set_passing(e, "gatewaydev %s has no IPv4 address", name);
	return err_set_passing(e, "there is no interface %s, which is %s gatewaydev", name,
			       s->gatewaydev ? "its" : "the default of");
}

static int add_routes(const struct vif_spec *s, const struct vif_source *source, enum vif_end end,
		      const struct link *l, struct err *e)
{
	const char *at = s->ip ? s->ip : "";
	struct route r = {.index = l->index, .metric = end == VIF_CARD ? METRIC_CARD : METRIC_VIF};
	char text[VIF_NET_TEXT];
	struct vif_net n;
	int rc;

	while ((rc = vif_net_next(&at, &n, e)) > 0) {
		/* Nothing passes over IPv6 routes to a vif that is not connected. */
		if (n.family == AF_INET6 && end == VIF_CARD)
			continue;
		r.family = n.family;
		r.addr = n.addr;
		r.bits = n.bits;
		r.src = n.family == AF_INET ? source->addr : NULL;
		rc = route_add(&r, e);
		vif_net_text(&n, text);
		if (rc > 0)
			return err_set_passing(e,
					       "cannot route %s to %s: there is a route to it by "
					       "another interface",
					       text, l->name);
		if (rc < 0)
			return err_prefix(e, "cannot route %s to %s: ", text, l->name);
	}
	return rc;
}

int vif_route(const struct vif_spec *s, const struct vif_source *source, enum vif_end end,
	      const struct link *l, struct err *e)
{
	if (source->there && link_add_ipv4(l->index, source->addr, e) < 0)
		return err_prefix(e, "cannot give %s an address: ", l->name);
	if (link_set_proxy_arp(l->index, e) < 0)
		return err_prefix(e, "cannot turn proxy_arp of %s on: ", l->name);
	if (end == VIF_WITH_CARD && link_ignore_linkdown(l->index, e) < 0)
		return err_prefix(e, "cannot turn ignore_routes_with_linkdown of %s on: ", l->name);
	if (!(l->flags & IFF_UP) && link_set_up(l->index, true, e) < 0)
		return err_prefix(e, "cannot take %s up: ", l->name);
	return add_routes(s, source, end, l, e);
}
