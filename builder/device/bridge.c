#include "bridge.h"

#include <errno.h>
#include <string.h>

#include "modules.h"
#include "netlink.h"
#include "base/random.h"

/* An address that is locally administered and not a group's (IEEE 802, 8.2). */
static int random_mac(uint8_t mac[6], struct err *e)
{
	if (random_bytes(mac, 6) < 0)
		return err_set_errno(e, errno, "cannot make an address");
	mac[0] = (uint8_t)((mac[0] & 0xfc) | 0x02);
	return 0;
}

static int make(const struct starter *s, const struct bridge_spec *b, struct link *out,
		struct err *e)
{
	uint8_t mac[6];
	int rc;

	if (modules_need(s, "bridge", e) < 0)
		return -1;
	if (!b->nr_ports && random_mac(mac, e) < 0)
		return -1;
	if (link_make(b->name, "bridge", b->nr_ports ? NULL : mac, e) < 0)
		return err_prefix(e, "cannot make it: ");
	rc = link_get(b->name, out, e);
	if (rc)
		return rc < 0 ? -1 : err_set(e, "it was removed at once");
	if (link_set_bridge(out->index, e) < 0)
		return err_prefix(e, "cannot turn spanning tree and delay off: ");
	return 0;
}

static int find_or_make(const struct starter *s, const struct bridge_spec *b, struct link *out,
			struct err *e)
{
	const int rc = link_get(b->name, out, e);

	if (rc < 0)
		return err_prefix(e, "cannot look it up: ");
	if (rc == 0 && strcmp(out->kind, "bridge"))
		return err_set(e, "there is an interface of that name that is not a bridge");
	if (rc == 1 && make(s, b, out, e) < 0)
		return -1;
	if (!(out->flags & IFF_UP) && link_set_up(out->index, true, e) < 0)
		return err_prefix(e, "cannot take it up: ");
	return 0;
}

/* Returns 0, 1 when the port is not there, or -1 with e set. */
static int add_port(const struct link *bridge, const char *name, struct err *e)
{
	struct link port;
	const int rc = link_get(name, &port, e);

	if (rc < 0)
		return err_prefix(e, "cannot look up port %s: ", name);
	if (rc == 1)
		return 1;
	if (port.master && port.master != bridge->index)
		return err_set(e, "port %s belongs to another interface", name);
	if (!port.master && link_set_master(port.index, bridge->index, e) < 0)
		return err_prefix(e, "cannot add port %s: ", name);
	if (!(port.flags & IFF_UP) && link_set_up(port.index, true, e) < 0)
		return err_prefix(e, "cannot take port %s up: ", name);
	return 0;
}

int bridge_make(const struct starter *s, const struct bridge_spec *b, size_t *absent, struct err *e)
{
	struct link bridge;
	struct err next;
	int rc = 0, one;

	*absent = 0;
	if (find_or_make(s, b, &bridge, e) < 0)
		return err_prefix(e, "bridge %s: ", b->name);
	for (size_t i = 0; i < b->nr_ports; i++) {
		one = add_port(&bridge, b->ports[i], rc ? &next : e);
		if (one < 0)
			rc = -1;
		else
			*absent += (size_t)one;
	}
	return rc ? err_prefix(e, "bridge %s: ", b->name) : 0;
}

int bridge_late(const struct bridge_spec *b, unsigned seconds, struct err *e)
{
	struct link port;

	for (size_t i = 0; i < b->nr_ports; i++)
		if (link_get(b->ports[i], &port, e) == 1)
			return err_set(e, "bridge %s: port %s is not there after %u s", b->name,
				       b->ports[i], seconds);
	return 0;
}
