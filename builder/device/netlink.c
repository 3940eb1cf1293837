#include "netlink.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "netlink_answer.h"

/* The kernel answers at once; a lock in it that somebody holds may take a moment. */
#define ANSWER_TIMEOUT_S 5

/* One interface is some 2 KiB, without the virtual functions that nobody asks for. */
#define ANSWER_MAX 16384

struct request {
	struct nlmsghdr head;
	struct ifinfomsg link;
	char attrs[256];
};

static void request_init(struct request *r, uint16_t type, uint16_t flags, unsigned index)
{
	memset(r, 0, sizeof(*r));
	r->head.nlmsg_len = NLMSG_LENGTH(sizeof(r->link));
	r->head.nlmsg_type = type;
	r->head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	r->head.nlmsg_seq = NETLINK_SEQUENCE;
	r->link.ifi_family = AF_UNSPEC;
	r->link.ifi_index = (int)index;
}

/* Appends an attribute; returns where it lies, for nest_end. All of one request fits: texts are
 * bounded by their callers. */
static size_t put(struct request *r, uint16_t type, const void *data, size_t n)
{
	const size_t start = NLMSG_ALIGN(r->head.nlmsg_len);
	const struct rtattr attr = {.rta_len = (uint16_t)RTA_LENGTH(n), .rta_type = type};

	if (start + RTA_SPACE(n) > sizeof(*r)) {
		r->head.nlmsg_len = 0; /* the kernel refuses such a request */
		return start;
	}
	memcpy((char *)r + start, &attr, sizeof(attr));
	if (n)
		memcpy((char *)r + start + RTA_LENGTH(0), data, n);
	r->head.nlmsg_len = (uint32_t)(start + RTA_LENGTH(n));
	return start;
}

static void put_text(struct request *r, uint16_t type, const char *text)
{
	put(r, type, text, strlen(text) + 1);
}

static void nest_end(struct request *r, size_t start)
{
	const uint16_t len = (uint16_t)(r->head.nlmsg_len - start);

	memcpy((char *)r + start, &len, sizeof(len)); /* rta_len is first in struct rtattr */
}

static int open_socket(void)
{
	const struct timeval timeout = {.tv_sec = ANSWER_TIMEOUT_S};
	const int on = 1;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return -1;
	/*
	 * Kernels before Linux 4.12 refuse the first of these. Their verdicts come without words.
	 */
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	return fd;
}

/* Waits for the verdict and for the interface, if out is not NULL. Returns an errno value, 0 for
 * none, with the kernel's words if it has some. */
static int take_answer(int fd, struct link *out, char *words, size_t size)
{
	char buf[ANSWER_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct sockaddr_nl from;
	struct iovec iov = {buf, sizeof(buf)};
	struct msghdr msg = {.msg_name = &from, .msg_iov = &iov, .msg_iovlen = 1};
	int verdict = 0, rc;
	ssize_t n;

	do {
		msg.msg_namelen = sizeof(from);
		n = recvmsg(fd, &msg, 0);
		if (n < 0 && errno == EINTR) {
			rc = 0;
			continue;
		}
		if (n < 0)
			return errno == EAGAIN ? ETIMEDOUT : errno;
		if (msg.msg_flags & MSG_TRUNC)
			return EMSGSIZE;
		if (msg.msg_namelen != sizeof(from) || from.nl_pid != 0) {
			rc = 0; /* not from the kernel */
			continue;
		}
		rc = netlink_take(buf, (size_t)n, out, &verdict, words, size);
	} while (rc == 0);
	return rc < 0 ? EPROTO : verdict;
}

/* Sends a request and takes its answer. Returns an errno value, 0 for none. */
static int ask(const struct request *r, struct link *out, char *words, size_t size)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	const size_t len = r->head.nlmsg_len;
	int fd, rc;

	words[0] = '\0';
	if (!len)
		return EMSGSIZE;
	fd = open_socket();
	if (fd < 0)
		return errno;
	if (sendto(fd, r, len, 0, (const struct sockaddr *)&kernel, sizeof(kernel)) != (ssize_t)len)
		rc = errno;
	else
		rc = take_answer(fd, out, words, size);
	close(fd);
	return rc;
}

static int refused(int errnum, const char *words, struct err *e)
{
	err_set(e, words[0] ? "%s (%s)" : "%s", strerror(errnum), words);
	e->passing = errno_passes(errnum);
	return -1;
}

/* For requests that only have a verdict. */
static int run(const struct request *r, struct err *e)
{
	char words[128];
	const int rc = ask(r, NULL, words, sizeof(words));

	return rc ? refused(rc, words, e) : 0;
}

static int check_name(const char *name, struct err *e)
{
	return strlen(name) < IFNAMSIZ ? 0 : refused(ENAMETOOLONG, "", e);
}

int link_get(const char *name, struct link *out, struct err *e)
{
	struct request r;
	char words[128];
	int rc;

	memset(out, 0, sizeof(*out));
	if (check_name(name, e) < 0)
		return -1;
	request_init(&r, RTM_GETLINK, 0, 0);
	put_text(&r, IFLA_IFNAME, name);
	rc = ask(&r, out, words, sizeof(words));
	if (rc == ENODEV)
		return 1;
	if (rc)
		return refused(rc, words, e);
	return out->index ? 0 : refused(EPROTO, "", e);
}

int link_make(const char *name, const char *kind, const uint8_t *mac, struct err *e)
{
	struct request r;
	size_t nest;

	if (check_name(name, e) < 0)
		return -1;
	request_init(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	put_text(&r, IFLA_IFNAME, name);
	if (mac)
		put(&r, IFLA_ADDRESS, mac, 6);
	nest = put(&r, IFLA_LINKINFO, NULL, 0);
	put_text(&r, IFLA_INFO_KIND, kind);
	nest_end(&r, nest);
	return run(&r, e);
}

int link_set_bridge(unsigned index, struct err *e)
{
	const uint32_t off = 0;
	struct request r;
	size_t info, data;

	request_init(&r, RTM_NEWLINK, 0, index);
	info = put(&r, IFLA_LINKINFO, NULL, 0);
	put_text(&r, IFLA_INFO_KIND, "bridge");
	data = put(&r, IFLA_INFO_DATA, NULL, 0);
	put(&r, IFLA_BR_FORWARD_DELAY, &off, sizeof(off));
	put(&r, IFLA_BR_STP_STATE, &off, sizeof(off));
	nest_end(&r, data);
	nest_end(&r, info);
	return run(&r, e);
}

int link_set_up(unsigned index, bool up, struct err *e)
{
	struct request r;

	request_init(&r, RTM_SETLINK, 0, index);
	r.link.ifi_flags = up ? IFF_UP : 0;
	r.link.ifi_change = IFF_UP;
	return run(&r, e);
}

int link_set_name(unsigned index, const char *name, struct err *e)
{
	struct request r;

	if (check_name(name, e) < 0)
		return -1;
	request_init(&r, RTM_SETLINK, 0, index);
	put_text(&r, IFLA_IFNAME, name);
	return run(&r, e);
}

int link_set_mac(unsigned index, const uint8_t mac[6], struct err *e)
{
	struct request r;

	request_init(&r, RTM_SETLINK, 0, index);
	put(&r, IFLA_ADDRESS, mac, 6);
	return run(&r, e);
}

static int set_number(unsigned index, uint16_t type, uint32_t number, struct err *e)
{
	struct request r;

	request_init(&r, RTM_SETLINK, 0, index);
	put(&r, type, &number, sizeof(number));
	return run(&r, e);
}

int link_set_mtu(unsigned index, unsigned mtu, struct err *e)
{
	return set_number(index, IFLA_MTU, mtu, e);
}

int link_set_master(unsigned index, unsigned master, struct err *e)
{
	return set_number(index, IFLA_MASTER, master, e);
}
