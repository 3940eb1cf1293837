#include "netlink_answer.h"

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

static void take_link(struct link *out, const char *p, size_t n)
{
	struct ifinfomsg link;
	const char *data;
	uint16_t type;
	uint32_t number;
	size_t len;

	if (n < NLMSG_ALIGN(sizeof(link)))
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

int netlink_take(const char *p, size_t n, struct link *out, int *verdict, char *words, size_t size)
{
	struct nlmsghdr head;
	int error;

	for (; n >= sizeof(head);
	     p += NLMSG_ALIGN(head.nlmsg_len), n -= NLMSG_ALIGN(head.nlmsg_len)) {
		memcpy(&head, p, sizeof(head));
		if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > n)
			return -1;
		if (head.nlmsg_seq != NETLINK_SEQUENCE) {
			/* nothing that was asked for */
		} else if (head.nlmsg_type == RTM_NEWLINK && out) {
			take_link(out, p + NLMSG_HDRLEN, head.nlmsg_len - NLMSG_HDRLEN);
		} else if (head.nlmsg_type == NLMSG_ERROR) {
			if (head.nlmsg_len < NLMSG_LENGTH(sizeof(error)))
				return -1;
			memcpy(&error, p + NLMSG_HDRLEN, sizeof(error));
			if (error > 0 || error <= -ERRNO_END)
				return -1;
			*verdict = -error;
			take_words(words, size, &head, p + NLMSG_HDRLEN,
				   head.nlmsg_len - NLMSG_HDRLEN);
			return 1;
		}
		if (NLMSG_ALIGN(head.nlmsg_len) >= n)
			break;
	}
	return 0;
}
