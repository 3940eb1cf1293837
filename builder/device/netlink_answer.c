#include "netlink_answer.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <string.h>

/* Linux's MAX_ERRNO and one (include/linux/err.h): no errno value is as large. */
#define ERRNO_END 4096

/* Steps through the attributes in the n bytes at p. Returns the next one and its payload, or
 * false. */
static bool next_attr(const char **p, size_t *n, uint16_t *type, const char **data, size_t *len)
{
	struct rtattr attr;

	if (*n < sizeof(attr))
		return false;
	memcpy(&attr, *p, sizeof(attr));
	if (attr.rta_len < sizeof(attr) || attr.rta_len > *n)
		return false;
	*type = attr.rta_type & NLA_TYPE_MASK;
	*data = *p + RTA_LENGTH(0);
	*len = attr.rta_len - RTA_LENGTH(0);
	if (RTA_ALIGN(attr.rta_len) >= *n) {
		*n = 0;
	} else {
		*p += RTA_ALIGN(attr.rta_len);
		*n -= RTA_ALIGN(attr.rta_len);
	}
	return true;
}

static void take_text(char *out, size_t size, const char *data, size_t len)
{
	const size_t n = strnlen(data, len < size ? len : size - 1);

	memcpy(out, data, n);
	out[n] = '\0';
}

static void take_kind(struct link *out, const char *p, size_t n)
{
	const char *data;
	uint16_t type;
	size_t len;

	while (next_attr(&p, &n, &type, &data, &len))
		if (type == IFLA_INFO_KIND)
			take_text(out->kind, sizeof(out->kind), data, len);
}

void netlink_link(void *link_out, uint16_t message, const char *p, size_t n)
{
	struct link *out = link_out;
	struct ifinfomsg link;
	const char *data;
	uint16_t type;
	uint32_t number;
	size_t len;

	if (message != RTM_NEWLINK || n < NLMSG_ALIGN(sizeof(link)))
		return;
	memset(out, 0, sizeof(*out));
	memcpy(&link, p, sizeof(link));
	out->index = (unsigned)link.ifi_index;
	out->flags = link.ifi_flags;
	p += NLMSG_ALIGN(sizeof(link));
	n -= NLMSG_ALIGN(sizeof(link));
	while (next_attr(&p, &n, &type, &data, &len)) {
		number = 0;
		if (len == sizeof(number))
			memcpy(&number, data, sizeof(number));
		if (type == IFLA_IFNAME)
			take_text(out->name, sizeof(out->name), data, len);
		else if (type == IFLA_ADDRESS && len == sizeof(out->mac))
			memcpy(out->mac, data, sizeof(out->mac));
		else if (type == IFLA_MTU)
			out->mtu = number;
		else if (type == IFLA_MASTER)
			out->master = number;
		else if (type == IFLA_LINKINFO)
			take_kind(out, data, len);
	}
}

void netlink_ipv4(void *ipv4_out, uint16_t message, const char *p, size_t n)
{
	struct link_ipv4 *out = ipv4_out;
	struct ifaddrmsg addr;
	const char *data;
	uint16_t type;
	size_t len;

	if (message != RTM_NEWADDR || n < NLMSG_ALIGN(sizeof(addr)) || out->there)
		return;
	memcpy(&addr, p, sizeof(addr));
	if (addr.ifa_family != AF_INET || addr.ifa_index != out->index ||
	    addr.ifa_flags & IFA_F_SECONDARY)
		return;
	p += NLMSG_ALIGN(sizeof(addr));
	n -= NLMSG_ALIGN(sizeof(addr));
	/* IFA_ADDRESS is the other end's where there is one. */
	while (next_attr(&p, &n, &type, &data, &len)) {
		if (type != IFA_LOCAL || len != sizeof(out->addr))
			continue;
		memcpy(out->addr, data, sizeof(out->addr));
		out->there = true;
	}
}

/* The kernel's words behind its verdict, where it has some (NETLINK_EXT_ACK). */
static void take_words(char *out, size_t size, const struct nlmsghdr *head, const char *p, size_t n)
{
	const size_t skip = NLMSG_ALIGN(sizeof(struct nlmsgerr));
	const char *data;
	uint16_t type;
	size_t len;

	if (!(head->nlmsg_flags & NLM_F_ACK_TLVS) || n < skip)
		return;
	p += skip;
	n -= skip;
	while (next_attr(&p, &n, &type, &data, &len))
		if (type == NLMSGERR_ATTR_MSG)
			take_text(out, size, data, len);
}

/* Reads the number that a verdict begins with: 0 or a negative errno value. Returns -1 where it is
 * neither. */
static int take_verdict(int *verdict, const char *p, size_t n)
{
	int error;

	if (n < sizeof(error))
		return -1;
	memcpy(&error, p, sizeof(error));
	if (error > 0 || error <= -ERRNO_END)
		return -1;
	if (error || *verdict != EINTR)
		*verdict = -error;
	return 0;
}

/* What netlink_take has got. */
struct taking {
	netlink_taker *take;
	void *out;
	int *verdict;
	char *words;
	size_t size;
};

/* One message with its len bytes at p. Returns as netlink_take does. */
static int take_message(const struct taking *t, const struct nlmsghdr *head, const char *p,
			size_t len)
{
	if (head->nlmsg_seq != NETLINK_SEQUENCE)
		return 0; /* nothing that was asked for */
	if (head->nlmsg_flags & NLM_F_MULTI && head->nlmsg_flags & NLM_F_DUMP_INTR)
		*t->verdict = EINTR;
	switch (head->nlmsg_type) {
	case NLMSG_ERROR:
		if (take_verdict(t->verdict, p, len) < 0)
			return -1;
		take_words(t->words, t->size, head, p, len);
		return 1;
	case NLMSG_DONE:
		return take_verdict(t->verdict, p, len) < 0 ? -1 : 1;
	default:
		if (t->take)
			t->take(t->out, head->nlmsg_type, p, len);
		return 0;
	}
}

int netlink_take(const char *p, size_t n, netlink_taker *take, void *out, int *verdict, char *words,
		 size_t size)
{
	const struct taking t = {take, out, verdict, words, size};
	struct nlmsghdr head;
	int rc;

	for (; n >= sizeof(head);
	     p += NLMSG_ALIGN(head.nlmsg_len), n -= NLMSG_ALIGN(head.nlmsg_len)) {
		memcpy(&head, p, sizeof(head));
		if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > n)
			return -1;
		rc = take_message(&t, &head, p + NLMSG_HDRLEN, head.nlmsg_len - NLMSG_HDRLEN);
		if (rc)
			return rc;
		if (NLMSG_ALIGN(head.nlmsg_len) >= n)
			break;
	}
	return 0;
}
