/*
 * The kernel's answers, byte by byte, right ones and wrong ones. With --seeds DIR: inputs for the
 * fuzzer.
 */
#include "builder/fake/kit.h"

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
	return netlink_take(p->bytes, p->n, l, error, words, 32);
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
	struct packet p[2] = {{.n = 0}, {.n = 0}};
	char path[512];
	FILE *f;

	bridge(&p[0]);
	verdict(&p[0], 0, NULL);
	verdict(&p[1], EBUSY, "in use");
	for (size_t i = 0; i < 2; i++) {
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
		cmocka_unit_test(test_verdict),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_wrong_attribute),
	};

	if (argc == 3 && !strcmp(argv[1], "--seeds"))
		return write_seeds(argv[2]);
	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
