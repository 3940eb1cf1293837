#include "netlink_request.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* The kernel answers at once; a lock in it that somebody holds may take a moment. */
#define ANSWER_TIMEOUT_S 5

/* One interface is some 2 KiB, without the virtual functions that nobody asks for. The kernel sends
 * a list in packets that are no larger than what the one before was received into (Linux,
 * net/netlink/af_netlink.c, netlink_dump). */
#define ANSWER_MAX 16384

void request_init(struct request *r, uint16_t type, uint16_t flags, const void *body, size_t n)
{
	memset(r, 0, sizeof(*r));
	r->head.nlmsg_len = (uint32_t)NLMSG_LENGTH(n);
	r->head.nlmsg_type = type;
	r->head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	r->head.nlmsg_seq = NETLINK_SEQUENCE;
	memcpy(r->attrs, body, n);
}

size_t request_put(struct request *r, uint16_t type, const void *data, size_t n)
{
	const size_t start = NLMSG_ALIGN(r->head.nlmsg_len);
	const struct rtattr attr = {.rta_len = (uint16_t)RTA_LENGTH(n), .rta_type = type};

	if (!r->head.nlmsg_len || start + RTA_SPACE(n) > sizeof(*r)) {
		r->head.nlmsg_len = 0;
		return start;
	}
	memcpy((char *)r + start, &attr, sizeof(attr));
	if (n)
		memcpy((char *)r + start + RTA_LENGTH(0), data, n);
	r->head.nlmsg_len = (uint32_t)(start + RTA_LENGTH(n));
	return start;
}

void request_put_text(struct request *r, uint16_t type, const char *text)
{
	request_put(r, type, text, strlen(text) + 1);
}

size_t request_nest(struct request *r, uint16_t type)
{
	return request_put(r, type, NULL, 0);
}

void request_nest_end(struct request *r, size_t start)
{
	const uint16_t len = (uint16_t)(r->head.nlmsg_len - start);

	if (r->head.nlmsg_len) /* rta_len is first in struct rtattr */
		memcpy((char *)r + start, &len, sizeof(len));
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

/* Waits for the verdict. Returns an errno value, 0 for none. */
static int take_answer(int fd, netlink_taker *take, void *out, char words[REQUEST_WORDS])
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
		rc = netlink_take(buf, (size_t)n, take, out, &verdict, words, REQUEST_WORDS);
	} while (rc == 0);
	return rc < 0 ? EPROTO : verdict;
}

int request_ask(const struct request *r, netlink_taker *take, void *out, char words[REQUEST_WORDS])
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
		rc = take_answer(fd, take, out, words);
	close(fd);
	return rc;
}

int request_refused(int errnum, const char *words, struct err *e)
{
	err_set(e, words[0] ? "%s (%s)" : "%s", strerror(errnum), words);
	e->passing = errno_passes(errnum);
	return -1;
}

int request_run(const struct request *r, struct err *e)
{
	char words[REQUEST_WORDS];
	const int rc = request_ask(r, NULL, NULL, words);

	return rc ? request_refused(rc, words, e) : 0;
}
