/*
 * The kernel's answers, byte by byte, right ones and wrong ones. With --seeds DIR: inputs for the
 * fuzzer.
 */
#include "builder/fake/kit.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "builder/device/netlink_answer.h"

struct packet {
	char bytes[1024] __attribute__((aligned(NLMSG_ALIGNTO)));
	size_t n;
	size_t head; /* where the newest message begins */
};

static void begin(struct packet *p, uint16_t type, uint16_t flags, const void *body, size_t n)
{
	const struct nlmsghdr head = {.nlmsg_len = (uint32_t)NLMSG_LENGTH(n),
				      .nlmsg_type = type,
				      .nlmsg_flags = flags,
				      .nlmsg_seq = NETLINK_SEQUENCE};

	p->head = p->n;
	memcpy(p->bytes + p->n, &head, sizeof(head));
	memcpy(p->bytes + p->n + NLMSG_HDRLEN, body, n);
	p->n += NLMSG_SPACE(n);
}

static struct nlmsghdr *head_of(struct packet *p)
{
	return (struct nlmsghdr *)(void *)(p->bytes + p->head);
}

static void attr(struct packet *p, uint16_t type, const void *data, size_t n)
{
	const struct rtattr a = {.rta_len = (uint16_t)RTA_LENGTH(n), .rta_type = type};

	memcpy(p->bytes + p->n, &a, sizeof(a));
	memcpy(p->bytes + p->n + RTA_LENGTH(0), data, n);
	p->n += RTA_SPACE(n);
	head_of(p)->nlmsg_len = (uint32_t)(p->n - p->head);
}

static void verdict(struct packet *p, int error, const char *words)
{
	struct nlmsgerr body = {.error = -error};

	begin(p, NLMSG_ERROR, words ? NLM_F_ACK_TLVS : 0, &body, sizeof(body));
	if (words)
		attr(p, NLMSGERR_ATTR_MSG, words, strlen(words) + 1);
}

static void bridge(struct packet *p)
{
	static const uint8_t mac[6] = {2, 1, 2, 3, 4, 5};
	const struct ifinfomsg link = {.ifi_index = 7, .ifi_flags = IFF_UP};
	const uint32_t mtu = 1400, master = 3;
	struct {
		struct rtattr a;
		char kind[8];
	} info = {{.rta_len = RTA_LENGTH(7), .rta_type = IFLA_INFO_KIND}, "bridge"};

	begin(p, RTM_NEWLINK, 0, &link, sizeof(link));
	attr(p, IFLA_IFNAME, "xenbr0", 7);
	attr(p, IFLA_ADDRESS, mac, 6);
	attr(p, IFLA_MTU, &mtu, sizeof(mtu));
	attr(p, IFLA_MASTER, &master, sizeof(master));
	attr(p, IFLA_LINKINFO, &info, sizeof(info));
}

static int takes(const struct packet *p, struct link *l, int *error, char words[32])
{
	*error = -1;
	words[0] = '\0';
	return netlink_take(p->bytes, p->n, l ? netlink_link : NULL, l, error, words, 32);
}

static void address(struct packet *p, unsigned index, unsigned char flags, uint8_t last)
{
	const struct ifaddrmsg addr = {
		.ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_flags = flags, .ifa_index = index};
	const uint8_t mine[4] = {192, 0, 2, last}, other[4] = {192, 0, 2, 99};

	begin(p, RTM_NEWADDR, NLM_F_MULTI, &addr, sizeof(addr));
	attr(p, IFA_ADDRESS, other, sizeof(other));
	attr(p, IFA_LOCAL, mine, sizeof(mine));
}

static void end_of_list(struct packet *p, int error, uint16_t flags)
{
	begin(p, NLMSG_DONE, NLM_F_MULTI | flags, &error, sizeof(error));
}

/* Returns what netlink_take does; *error must have been set. */
static int takes_ipv4(const struct packet *p, struct link_ipv4 *a, int *error)
{
	char words[32];

	return netlink_take(p->bytes, p->n, netlink_ipv4, a, error, words, sizeof(words));
}

static void test_ipv4(void **state)
{
	struct link_ipv4 a = {.index = 7}, none = {.index = 8};
	struct packet p = {.n = 0};
	struct link l = {.index = 1};
	char words[32];
	int error = 0;

	(void)state;
	address(&p, 6, 0, 1);
	address(&p, 7, IFA_F_SECONDARY, 2);
	assert_int_equal(takes_ipv4(&p, &a, &error), 0);
	assert_false(a.there);
	address(&p, 7, 0, 3);
	address(&p, 7, 0, 4);
	end_of_list(&p, 0, 0);
	assert_int_equal(takes_ipv4(&p, &a, &error), 1);
	assert_int_equal(error, 0);
	assert_true(a.there);
	assert_memory_equal(a.addr, "\xc0\x00\x02\x03", 4);
	assert_int_equal(takes_ipv4(&p, &none, &error), 1);
	assert_false(none.there);
	/* Nothing of it is an interface, and an interface is no address. */
	assert_int_equal(takes(&p, &l, &error, words), 1);
	assert_int_equal(l.index, 1);
	p.n = 0;
	bridge(&p);
	error = 0;
	assert_int_equal(takes_ipv4(&p, &none, &error), 0);
	assert_false(none.there);
}

/* What is no IPv4 address, or cut off, is passed over. */
static void test_no_ipv4(void **state)
{
	struct link_ipv4 a = {.index = 7};
	struct packet p = {.n = 0};
	struct ifaddrmsg *body = (struct ifaddrmsg *)(void *)(p.bytes + NLMSG_HDRLEN);
	int error = 0;

	(void)state;
	address(&p, 7, 0, 1);
	body->ifa_family = AF_INET6;
	assert_int_equal(takes_ipv4(&p, &a, &error), 0);
	assert_false(a.there);
	body->ifa_family = AF_INET;
	head_of(&p)->nlmsg_len = NLMSG_LENGTH(sizeof(*body) - 1);
	p.n = NLMSG_ALIGN(head_of(&p)->nlmsg_len);
	assert_int_equal(takes_ipv4(&p, &a, &error), 0);
	assert_false(a.there);
	p.n = 0;
	begin(&p, RTM_NEWADDR, 0, &(struct ifaddrmsg){.ifa_family = AF_INET, .ifa_index = 7},
	      sizeof(*body));
	attr(&p, IFA_LOCAL, "12345", 5);
	assert_int_equal(takes_ipv4(&p, &a, &error), 0);
	assert_false(a.there);
}

/* The end of a list, and one that has changed meanwhile. */
static void test_list(void **state)
{
	struct link_ipv4 a = {.index = 7};
	struct packet p = {.n = 0}, last = {.n = 0};
	int error = 0;

	(void)state;
	end_of_list(&last, 0, 0);
	address(&p, 7, 0, 1);
	assert_int_equal(takes_ipv4(&p, &a, &error), 0);
	assert_int_equal(error, 0);
	head_of(&p)->nlmsg_flags |= NLM_F_DUMP_INTR;
	assert_int_equal(takes_ipv4(&p, &a, &error), 0);
	assert_int_equal(takes_ipv4(&last, &a, &error), 1);
	assert_int_equal(error, EINTR);
	error = 0;
	assert_int_equal(takes_ipv4(&last, &a, &error), 1);
	assert_int_equal(error, 0);
	/* What went wrong counts for more. */
	p.n = 0;
	end_of_list(&p, -ENOMEM, NLM_F_DUMP_INTR);
	assert_int_equal(takes_ipv4(&p, &a, &error), 1);
	assert_int_equal(error, ENOMEM);
	/* No end has no verdict. */
	head_of(&p)->nlmsg_len = NLMSG_LENGTH(3);
	assert_int_equal(takes_ipv4(&p, &a, &error), -1);
	/* That flag means something else elsewhere. */
	p.n = 0;
	error = 0;
	verdict(&p, 0, NULL);
	head_of(&p)->nlmsg_flags |= NLM_F_DUMP_INTR;
	assert_int_equal(takes_ipv4(&p, &a, &error), 1);
	assert_int_equal(error, 0);
}

static void test_link(void **state)
{
	static const uint8_t mac[6] = {2, 1, 2, 3, 4, 5};
	struct packet p = {.n = 0};
	struct link l = {.index = 0};
	char words[32];
	int error;

	(void)state;
	bridge(&p);
	assert_int_equal(takes(&p, &l, &error, words), 0); /* and the verdict is still to come */
	assert_int_equal(l.index, 7);
	assert_int_equal(l.flags, IFF_UP);
	assert_int_equal(l.mtu, 1400);
	assert_int_equal(l.master, 3);
	assert_memory_equal(l.mac, mac, 6);
	assert_string_equal(l.name, "xenbr0");
	assert_string_equal(l.kind, "bridge");
	verdict(&p, 0, NULL);
	assert_int_equal(takes(&p, &l, &error, words), 1);
	assert_int_equal(error, 0);
	assert_int_equal(takes(&p, NULL, &error, words), 1);
}

static void test_verdict(void **state)
{
	struct packet p = {.n = 0};
	char words[32], longer[64];
	struct link l;
	int error;

	(void)state;
	verdict(&p, EBUSY, "in use");
	assert_int_equal(takes(&p, &l, &error, words), 1);
	assert_int_equal(error, EBUSY);
	assert_string_equal(words, "in use");
	p.n = 0;
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	verdict(&p, EINVAL, longer); /* cut to fit */
	assert_int_equal(takes(&p, &l, &error, words), 1);
	assert_int_equal(strlen(words), 31);
	/* Words that nobody said are there. */
	head_of(&p)->nlmsg_flags = 0;
	assert_int_equal(takes(&p, &l, &error, words), 1);
	assert_string_equal(words, "");
}

/* Messages, attributes and lengths that can't be. */
static void test_wrong(void **state)
{
	struct packet p = {.n = 0};
	char words[32];
	struct link l;
	int error;

	(void)state;
	bridge(&p);
	for (size_t n = 0; n < sizeof(struct nlmsghdr); n++) {
		head_of(&p)->nlmsg_len = (uint32_t)n;
		assert_int_equal(takes(&p, &l, &error, words), -1);
	}
	head_of(&p)->nlmsg_len = (uint32_t)p.n + 1;
	assert_int_equal(takes(&p, &l, &error, words), -1);
	/* Too short for what it says it is: nothing is taken of it. */
	memset(&l, 0, sizeof(l));
	head_of(&p)->nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg) - 1);
	p.n = NLMSG_ALIGN(head_of(&p)->nlmsg_len);
	assert_int_equal(takes(&p, &l, &error, words), 0);
	assert_int_equal(l.index, 0);
	/* Somebody else's. */
	p.n = 0;
	verdict(&p, EPERM, NULL);
	head_of(&p)->nlmsg_seq = NETLINK_SEQUENCE + 1;
	assert_int_equal(takes(&p, &l, &error, words), 0);
	assert_int_equal(error, -1);
	/* A verdict without one; one that is no errno value. */
	head_of(&p)->nlmsg_seq = NETLINK_SEQUENCE;
	head_of(&p)->nlmsg_len = NLMSG_LENGTH(3);
	assert_int_equal(takes(&p, &l, &error, words), -1);
	p.n = 0;
	verdict(&p, -5, NULL);
	assert_int_equal(takes(&p, &l, &error, words), -1);
	p.n = 0;
	verdict(&p, 4096, NULL);
	assert_int_equal(takes(&p, &l, &error, words), -1);
}

/* An attribute that is longer than what it is in ends what is read of it. */
static void test_wrong_attribute(void **state)
{
	struct packet p = {.n = 0};
	struct rtattr *first;
	char words[32];
	struct link l;
	int error;

	(void)state;
	bridge(&p);
	first = (struct rtattr *)(void *)(p.bytes + NLMSG_HDRLEN +
					  NLMSG_ALIGN(sizeof(struct ifinfomsg)));
	first->rta_len = (uint16_t)p.n;
	assert_int_equal(takes(&p, &l, &error, words), 0);
	assert_int_equal(l.index, 7);
	assert_string_equal(l.name, "");
	first->rta_len = sizeof(*first) - 1;
	assert_int_equal(takes(&p, &l, &error, words), 0);
	assert_string_equal(l.name, "");
	assert_int_equal(l.mtu, 0);
}

static int write_seeds(const char *dir)
{
	struct packet p[3] = {{.n = 0}, {.n = 0}, {.n = 0}};
	char path[512];
	FILE *f;

	bridge(&p[0]);
	verdict(&p[0], 0, NULL);
	verdict(&p[1], EBUSY, "in use");
	address(&p[2], 1, 0, 1);
	end_of_list(&p[2], 0, 0);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%zu", dir, i);
		f = fopen(path, "w");
		if (!f || fwrite(p[i].bytes, 1, p[i].n, f) != p[i].n || fclose(f) == EOF)
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_ipv4),
		cmocka_unit_test(test_no_ipv4),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_verdict),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_wrong_attribute),
	};

	if (argc == 3 && !strcmp(argv[1], "--seeds"))
		return write_seeds(argv[2]);
	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
