#include "netlink.h"

#include <errno.h>
#include <linux/if_link.h>
#include <string.h>

#include "netlink_request.h"

static void link_init(struct request *r, uint16_t type, uint16_t flags, unsigned index)
{
	const struct ifinfomsg link = {.ifi_family = AF_UNSPEC, .ifi_index = (int)index};

	request_init(r, type, flags, &link, sizeof(link));
}

static int check_name(const char *name, struct err *e)
{
	return strlen(name) < IFNAMSIZ ? 0 : request_refused(ENAMETOOLONG, "", e);
}

int link_get(const char *name, struct link *out, struct err *e)
{
	struct request r;
	char words[REQUEST_WORDS];
	int rc;

	memset(out, 0, sizeof(*out));
	if (check_name(name, e) < 0)
		return -1;
	link_init(&r, RTM_GETLINK, 0, 0);
	request_put_text(&r, IFLA_IFNAME, name);
	rc = request_ask(&r, netlink_link, out, words);
	if (rc == ENODEV)
		return 1;
	if (rc)
		return request_refused(rc, words, e);
	return out->index ? 0 : request_refused(EPROTO, "", e);
}

int link_make(const char *name, const char *kind, const uint8_t *mac, struct err *e)
{
	struct request r;
	size_t nest;

	if (check_name(name, e) < 0)
		return -1;
	link_init(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	request_put_text(&r, IFLA_IFNAME, name);
	if (mac)
		request_put(&r, IFLA_ADDRESS, mac, 6);
	nest = request_nest(&r, IFLA_LINKINFO);
	request_put_text(&r, IFLA_INFO_KIND, kind);
	request_nest_end(&r, nest);
	return request_run(&r, e);
}

int link_set_bridge(unsigned index, struct err *e)
{
	const uint32_t off = 0;
	struct request r;
	size_t info, data;

	link_init(&r, RTM_NEWLINK, 0, index);
	info = request_nest(&r, IFLA_LINKINFO);
	request_put_text(&r, IFLA_INFO_KIND, "bridge");
	data = request_nest(&r, IFLA_INFO_DATA);
	request_put(&r, IFLA_BR_FORWARD_DELAY, &off, sizeof(off));
	request_put(&r, IFLA_BR_STP_STATE, &off, sizeof(off));
	request_nest_end(&r, data);
	request_nest_end(&r, info);
	return request_run(&r, e);
}

int link_set_up(unsigned index, bool up, struct err *e)
{
	struct request r;

	link_init(&r, RTM_SETLINK, 0, index);
	r.link.ifi_flags = up ? IFF_UP : 0;
	r.link.ifi_change = IFF_UP;
	return request_run(&r, e);
}

int link_set_name(unsigned index, const char *name, struct err *e)
{
	struct request r;

	if (check_name(name, e) < 0)
		return -1;
	link_init(&r, RTM_SETLINK, 0, index);
	request_put_text(&r, IFLA_IFNAME, name);
	return request_run(&r, e);
}

int link_set_mac(unsigned index, const uint8_t mac[6], struct err *e)
{
	struct request r;

	link_init(&r, RTM_SETLINK, 0, index);
	request_put(&r, IFLA_ADDRESS, mac, 6);
	return request_run(&r, e);
}

static int set_number(unsigned index, uint16_t type, uint32_t number, struct err *e)
{
	struct request r;

	link_init(&r, RTM_SETLINK, 0, index);
	request_put(&r, type, &number, sizeof(number));
	return request_run(&r, e);
}

int link_set_mtu(unsigned index, unsigned mtu, struct err *e)
{
	return set_number(index, IFLA_MTU, mtu, e);
}

int link_set_master(unsigned index, unsigned master, struct err *e)
{
	return set_number(index, IFLA_MASTER, master, e);
}
