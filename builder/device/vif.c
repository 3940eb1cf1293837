#include "vif.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netlink.h"
#include "vif_route.h"
#include "builder/describe/backend_spec.h"
#include "base/random.h"

/*
 * What every vif has in dom0, as other toolstacks give it: the largest address that is not a
 * group's, so that a bridge never takes it for its own (vif-bridge, xen-network-common.sh).
 */
static const uint8_t no_frame[6] = {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff};

const char *vif_bridge(const struct vif *v)
{
	return v->spec->bridge ? v->spec->bridge : VIF_BRIDGE;
}

void vif_mac_text(const uint8_t mac[6], char text[18])
{
	snprintf(text, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
		 mac[5]);
}

/* Xen's prefix and three bytes, the first below 0x80, as libxl has it (libxl_nic.c). */
static int random_mac(uint8_t mac[6], struct err *e)
{
	mac[0] = 0x00;
	mac[1] = 0x16;
	mac[2] = 0x3e;
	if (random_bytes(mac + 3, 3) < 0)
		return err_set_errno(e, errno, "cannot make a mac");
	mac[3] &= 0x7f;
	return 0;
}

bool vif_has_card(const struct vif *v)
{
	return v->spec->type == VIF_TYPE_IOEMU;
}

void vif_card_name(const struct vif *v, uint32_t domid, char name[IFNAMSIZ])
{
	if (v->spec->vifname)
		snprintf(name, IFNAMSIZ, "%.11s-emu", v->spec->vifname);
	else
		snprintf(name, IFNAMSIZ, "vif%u.%u-emu", domid, v->devid);
}

/* As the script vif-bridge does it for old descriptors: where there is no xenbr0, a bridge that is
 * called eth0. Returns as link_get does. */
static int find_renamed(const char *name, struct link *out, struct err *e)
{
	static const char old[] = "xenbr";
	char now[IFNAMSIZ];
	int rc;

	if (strncmp(name, old, strlen(old)) != 0)
		return 1;
	snprintf(now, sizeof(now), "eth%.10s", name + strlen(old));
	rc = link_get(now, out, e);
	return rc == 0 && strcmp(out->kind, "bridge") != 0 ? 1 : rc;
}

static int find_bridge(const struct vif *v, struct link *out, bool *absent, struct err *e)
{
	const char *name = vif_bridge(v);
	int rc = link_get(name, out, e);

	if (rc > 0)
		rc = find_renamed(name, out, e);
	*absent = rc > 0;
	if (rc < 0)
		return err_prefix(e, "cannot look up bridge %s: ", name);
	if (rc > 0)
		return err_set_passing(e, "there is no bridge %s (earlydom.bridge=%s makes one)",
				       name, name);
	if (strcmp(out->kind, "bridge"))
		return err_set(e, "%s is not a bridge", name);
	return 0;
}

/* What an interface is plugged into. */
struct uplink {
	struct link bridge;
	struct vif_source source; /* of one that is routed */
};

/* Returns 0, or -1 with e set; *absent says whether it may still come. */
static int find_uplink(const struct vif *v, struct uplink *out, bool *absent, struct err *e)
{
	if (v->spec->way == VIF_ROUTED)
		return vif_find_source(v->spec, &out->source, absent, e);
	return find_bridge(v, &out->bridge, absent, e);
}

int vif_init(struct vif *v, const struct vif_spec *specs, size_t n, bool *absent, struct err *e)
{
	struct uplink uplink;

	*absent = false;
	for (size_t i = 0; i < n; i++) {
		memset(&v[i], 0, sizeof(v[i]));
		v[i].spec = &specs[i];
		v[i].devid = specs[i].devid;
		if (specs[i].has_mac)
			memcpy(v[i].mac, specs[i].mac, sizeof(v[i].mac));
		else if (random_mac(v[i].mac, e) < 0)
			return err_prefix(e, "vif %u: ", v[i].devid);
		if (backend_is_dom0(specs[i].backend_domain) &&
		    find_uplink(&v[i], &uplink, absent, e) < 0)
			return err_prefix(e, "vif %u: ", v[i].devid);
	}
	return 0;
}

/* Whether the interface of that name is the one that the back end made for this device: its
 * device is called vif-DOMID-DEVID (Linux, drivers/xen/xenbus/xenbus_probe_backend.c). */
static bool is_ours(const char *name, uint32_t domid, unsigned devid)
{
	char path[64], want[64], link[256];
	const char *last;
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/class/net/%s/device", name);
	n = readlink(path, link, sizeof(link) - 1);
	if (n < 0)
		return false;
	link[n] = '\0';
	last = strrchr(link, '/');
	snprintf(want, sizeof(want), "vif-%u-%u", domid, devid);
	return !strcmp(last ? last + 1 : link, want);
}

/* Finds the interface by the back end's name for it, or by the one it has got already. Returns as
 * link_get does. */
static int find_interface(const struct vif *v, uint32_t domid, struct link *out, struct err *e)
{
	char made[IFNAMSIZ - 1]; /* the back end cuts it there, too (xenvif_alloc) */
	int rc;

	snprintf(made, sizeof(made), "vif%u.%u", domid, v->devid);
	rc = link_get(made, out, e);
	if (rc == 1 && v->spec->vifname && is_ours(v->spec->vifname, domid, v->devid)) {
		snprintf(made, sizeof(made), "%s", v->spec->vifname);
		rc = link_get(v->spec->vifname, out, e);
	}
	return rc < 0 ? err_prefix(e, "cannot look up interface %s: ", made) : rc;
}

static int give_name(struct link *l, const char *name, struct err *e)
{
	struct link other;

	if (!name || !strcmp(l->name, name))
		return 0;
	if (link_get(name, &other, e) == 0)
		return err_set(e, "cannot name %s %s: there is an interface of that name", l->name,
			       name);
	if (link_set_name(l->index, name, e) < 0)
		return err_prefix(e, "cannot name %s %s: ", l->name, name);
	snprintf(l->name, sizeof(l->name), "%s", name);
	return 0;
}

static int set_mtu(struct link *l, unsigned mtu, struct err *e)
{
	if (mtu == l->mtu)
		return 0;
	if (link_set_mtu(l->index, mtu, e) < 0)
		return err_prefix(e, "cannot set the mtu of %s to %u: ", l->name, mtu);
	l->mtu = mtu;
	return 0;
}

static int take_down(struct link *l, struct err *e)
{
	if (l->flags & IFF_UP && link_set_up(l->index, false, e) < 0)
		return err_prefix(e, "cannot take %s down: ", l->name);
	l->flags &= ~(unsigned)IFF_UP;
	return 0;
}

static int plug_bridged(const struct vif *v, struct link *l, const char *name,
			const struct link *bridge, struct err *e)
{
	if (take_down(l, e) < 0 || give_name(l, name, e) < 0)
		return -1;
	if (link_set_mac(l->index, no_frame, e) < 0)
		return err_prefix(e, "cannot set the address of %s: ", l->name);
	if (set_mtu(l, v->spec->mtu ? v->spec->mtu : bridge->mtu, e) < 0)
		return -1;
	if (link_set_master(l->index, bridge->index, e) < 0)
		return err_prefix(e, "cannot put %s on bridge %s: ", l->name, bridge->name);
	if (link_set_up(l->index, true, e) < 0)
		return err_prefix(e, "cannot take %s up: ", l->name);
	return 0;
}

static int plug_routed(const struct vif *v, struct link *l, const char *name, enum vif_end end,
		       const struct vif_source *source, struct err *e)
{
	if (name && strcmp(l->name, name) != 0 && take_down(l, e) < 0)
		return -1;
	if (give_name(l, name, e) < 0)
		return -1;
	if (v->spec->mtu && set_mtu(l, v->spec->mtu, e) < 0)
		return -1;
	return vif_route(v->spec, source, end, l, e);
}

static bool is_plugged(const struct link *l, const char *name, const struct link *bridge)
{
	return l->flags & IFF_UP && l->master == bridge->index && (!name || !strcmp(l->name, name));
}

/* Plugs the vif's interface or the card's, which has its name. */
static int plug(const struct vif *v, struct link *l, enum vif_end end, const struct uplink *uplink,
		struct err *e)
{
	const char *name = end == VIF_CARD ? NULL : v->spec->vifname;

	if (v->spec->way == VIF_ROUTED)
		return plug_routed(v, l, name, end, &uplink->source, e);
	if (is_plugged(l, name, &uplink->bridge))
		return 0;
	return plug_bridged(v, l, name, &uplink->bridge, e);
}

/* Returns as vif_plug does. */
static int plug_card(const struct vif *v, uint32_t domid, const struct uplink *uplink,
		     struct err *e)
{
	char name[IFNAMSIZ];
	struct link l;
	int rc;

	vif_card_name(v, domid, name);
	rc = link_get(name, &l, e);
	if (rc < 0)
		return err_prefix(e, "cannot look up interface %s: ", name);
	return rc > 0 ? rc : plug(v, &l, VIF_CARD, uplink, e);
}

static int plug_all(struct vif *v, uint32_t domid, struct err *e)
{
	struct uplink uplink;
	struct link l;
	bool absent;
	int rc;

	rc = find_interface(v, domid, &l, e);
	if (rc)
		return rc;
	if (find_uplink(v, &uplink, &absent, e) < 0)
		return -1;
	if (plug(v, &l, vif_has_card(v) ? VIF_WITH_CARD : VIF_ALONE, &uplink, e) < 0)
		return -1;
	v->mtu = l.mtu;
	return vif_has_card(v) ? plug_card(v, domid, &uplink, e) : 0;
}

int vif_plug(struct vif *v, uint32_t domid, struct err *e)
{
	const int rc = plug_all(v, domid, e);

	v->plugged = rc == 0;
	return rc < 0 ? err_prefix(e, "vif %u: ", v->devid) : rc;
}
