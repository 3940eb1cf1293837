#include "net.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

static bool have_net;

int net_begin(void **state)
{
	struct err e;

	if (kit_begin(state) < 0)
		return -1;
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("sysfs", "/sys", "sysfs", 0, NULL) < 0)
		print_message("# no network of its own: %s\n", strerror(errno));
	else if (link_make("probe", "bridge", NULL, &e) < 0)
		print_message("# no bridges: %s\n", e.msg);
	else if (link_make("veth", "veth", NULL, &e) < 0)
		print_message("# no pairs of veth: %s\n", e.msg);
	else
		have_net = true;
	if (have_net) {
		net_remove("probe");
		net_remove("veth");
	}
	return 0;
}

void net_need(void)
{
	if (!have_net)
		skip();
}

struct link net_make(const char *name, const char *kind)
{
	struct err e;

	KIT_CHECK(link_make(name, kind, NULL, &e) == 0, "%s: %s", name, e.msg);
	return net_get(name);
}

void net_remove(const char *name)
{
	const struct {
		struct nlmsghdr head;
		struct ifinfomsg info;
	} request = {
		.head = {.nlmsg_len = sizeof(request),
			 .nlmsg_type = RTM_DELLINK,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
		.info = {.ifi_index = (int)net_get(name).index},
	};
	struct {
		struct nlmsghdr head;
		struct nlmsgerr err;
		char more[256];
	} answer = {0};
	const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	assert_true(send(fd, &request, sizeof(request), 0) == sizeof(request));
	assert_true(recv(fd, &answer, sizeof(answer), 0) > 0);
	close(fd);
	assert_int_equal(answer.head.nlmsg_type, NLMSG_ERROR);
	assert_int_equal(answer.err.error, 0);
}

struct link net_get(const char *name)
{
	struct link l;
	struct err e;

	KIT_CHECK(link_get(name, &l, &e) == 0, "%s is not there", name);
	return l;
}

static long number_in(const char *format, const char *name, const char *file)
{
	char path[256];
	long number;
	FILE *f;

	snprintf(path, sizeof(path), format, name, file);
	f = fopen(path, "r");
	KIT_CHECK(f && fscanf(f, "%ld", &number) == 1, "%s", path);
	fclose(f);
	return number;
}

long net_sysfs(const char *name, const char *file)
{
	return number_in("/sys/class/net/%s/%s", name, file);
}

long net_conf(const char *name, const char *file)
{
	return number_in("/proc/sys/net/ipv4/conf/%s/%s", name, file);
}

void net_address(const char *name, const char *address, unsigned bits)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq r = {.ifr_flags = 0};
	struct err e;

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	assert_int_equal(inet_pton(AF_INET, address, &in.sin_addr), 1);
	memcpy(&r.ifr_addr, &in, sizeof(in));
	assert_int_equal(ioctl(fd, SIOCSIFADDR, &r), 0);
	in.sin_addr.s_addr = htonl(bits ? ~0u << (32 - bits) : 0);
	memcpy(&r.ifr_netmask, &in, sizeof(in));
	assert_int_equal(ioctl(fd, SIOCSIFNETMASK, &r), 0);
	close(fd);
	assert_int_equal(link_set_up(net_get(name).index, true, &e), 0);
}

/* A line of /proc/net/route; the numbers are as they lie in memory. */
static bool is_route4(const char *line, const uint8_t *addr, unsigned bits, unsigned metric,
		      char name[IFNAMSIZ])
{
	const uint32_t want = htonl(bits ? ~0u << (32 - bits) : 0);
	unsigned dst, mask, its_metric;
	uint32_t to;

	memcpy(&to, addr, sizeof(to));
	return sscanf(line, "%15s %x %*x %*x %*d %*d %u %x", name, &dst, &its_metric, &mask) == 4 &&
	       dst == to && mask == want && its_metric == metric;
}

/* A line of /proc/net/ipv6_route. */
static bool is_route6(const char *line, const uint8_t *addr, unsigned bits, unsigned metric,
		      char name[IFNAMSIZ])
{
	unsigned its_bits, its_metric;
	char dst[33], want[33];

	for (size_t i = 0; i < 16; i++)
		snprintf(want + 2 * i, 3, "%02x", addr[i]);
	return sscanf(line, "%32s %x %*s %*x %*s %x %*x %*x %*x %15s", dst, &its_bits, &its_metric,
		      name) == 4 &&
	       !strcmp(dst, want) && its_bits == bits && its_metric == metric;
}

const char *net_route(const char *address, unsigned bits, unsigned metric)
{
	const int family = strchr(address, ':') ? AF_INET6 : AF_INET;
	static char name[IFNAMSIZ];
	bool found = false;
	uint8_t addr[16];
	char line[256];
	FILE *f;

	assert_int_equal(inet_pton(family, address, addr), 1);
	f = fopen(family == AF_INET ? "/proc/net/route" : "/proc/net/ipv6_route", "r");
	assert_non_null(f);
	while (!found && fgets(line, sizeof(line), f))
		found = (family == AF_INET ? is_route4 : is_route6)(line, addr, bits, metric, name);
	fclose(f);
	return found ? name : "";
}

const char *net_source(const char *to)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(7)};
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	static char text[INET_ADDRSTRLEN];
	socklen_t len = sizeof(in);

	text[0] = '\0';
	assert_int_equal(inet_pton(AF_INET, to, &in.sin_addr), 1);
	if (connect(fd, (struct sockaddr *)&in, sizeof(in)) == 0 &&
	    getsockname(fd, (struct sockaddr *)&in, &len) == 0)
		inet_ntop(AF_INET, &in.sin_addr, text, sizeof(text));
	close(fd);
	return text;
}
