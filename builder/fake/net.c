#include "net.h"

#include <linux/rtnetlink.h>
#include <sched.h>
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

long net_sysfs(const char *name, const char *file)
{
	char path[256];
	long number;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", name, file);
	f = fopen(path, "r");
	KIT_CHECK(f && fscanf(f, "%ld", &number) == 1, "%s", path);
	fclose(f);
	return number;
}
