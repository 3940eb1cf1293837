#include "netlink_route.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink_request.h"

int link_get_ipv4(unsigned index, uint8_t addr[4], struct err *e)
{
	const struct ifaddrmsg body = {.ifa_family = AF_INET};
	struct link_ipv4 found = {.index = index};
	char words[REQUEST_WORDS];
	struct request r;
	int rc;

	request_init(&r, RTM_GETADDR, NLM_F_DUMP, &body, sizeof(body));
	rc = request_ask(&r, netlink_ipv4, &found, words);
	if (rc)
		return request_refused(rc, words, e);
	memcpy(addr, found.addr, sizeof(found.addr));
	return found.there ? 0 : 1;
}

int link_add_ipv4(unsigned index, const uint8_t addr[4], struct err *e)
{
	const struct ifaddrmsg body = {
		.ifa_family = AF_INET, .ifa_prefixlen = 32, .ifa_index = index};
	struct request r;

	request_init(&r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &body, sizeof(body));
	request_put(&r, IFA_LOCAL, addr, 4);
	request_put(&r, IFA_ADDRESS, addr, 4);
	return request_run(&r, e);
}

/* Sets one of the numbers that are below /proc/sys/net/ipv4/conf/NAME, too, by its number. */
static int set_conf(unsigned index, uint16_t what, uint32_t value, struct err *e)
{
	const struct ifinfomsg body = {.ifi_family = AF_UNSPEC, .ifi_index = (int)index};
	size_t families, family, conf;
	struct request r;

	request_init(&r, RTM_SETLINK, 0, &body, sizeof(body));
	families = request_nest(&r, IFLA_AF_SPEC);
	family = request_nest(&r, AF_INET);
	conf = request_nest(&r, IFLA_INET_CONF);
	request_put(&r, what, &value, sizeof(value));
	request_nest_end(&r, conf);
	request_nest_end(&r, family);
	request_nest_end(&r, families);
	return request_run(&r, e);
}

int link_set_proxy_arp(unsigned index, struct err *e)
{
	return set_conf(index, IPV4_DEVCONF_PROXY_ARP, 1, e);
}

int link_ignore_linkdown(unsigned index, struct err *e)
{
	return set_conf(index, IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN, 1, e);
}

/* The request that adds or removes the route. */
static void route_init(struct request *r, uint16_t type, uint16_t flags, const struct route *route)
{
	const size_t n = route->family == AF_INET ? 4 : 16;
	const uint32_t index = route->index, metric = route->metric;
	struct rtmsg body = {
		.rtm_family = (unsigned char)route->family,
		.rtm_dst_len = (unsigned char)route->bits,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_BOOT,
		.rtm_type = RTN_UNICAST,
	};

	/* There is no gateway on the way; IPv6 does not tell. */
	if (route->family == AF_INET)
		body.rtm_scope = RT_SCOPE_LINK;
	request_init(r, type, flags, &body, sizeof(body));
	request_put(r, RTA_DST, route->addr, n);
	request_put(r, RTA_OIF, &index, sizeof(index));
	request_put(r, RTA_PRIORITY, &metric, sizeof(metric));
	if (route->src && type == RTM_NEWROUTE)
		request_put(r, RTA_PREFSRC, route->src, n);
}

int route_add(const struct route *route, struct err *e)
{
	struct request add, del;
	char words[REQUEST_WORDS];
	int rc;

	route_init(&add, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route);
	rc = request_ask(&add, NULL, NULL, words);
	if (rc == EEXIST) {
		/* By this interface, or by another one? */
		route_init(&del, RTM_DELROUTE, 0, route);
		if (request_ask(&del, NULL, NULL, words) == ESRCH)
			return 1;
		rc = request_ask(&add, NULL, NULL, words);
	}
	return rc ? request_refused(rc, words, e) : 0;
}
