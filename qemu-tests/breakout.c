/*
 * breakout: what a device model could do that a guest has taken over, on a real hypervisor: each
 * attempt is made by a process that has given up what earlydom-model gives up, by the same code.
 *
 *     breakout DOMID
 *
 * prints a line for each, `ATTEMPT: ended by signal N`, `ATTEMPT: errno N` or `ATTEMPT: done`; and
 * how long it took to give up everything.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xen/xen.h>
#include <xen/sys/evtchn.h>
#include <xen/sys/privcmd.h>
#include <xen/version.h>

#include "base/clock.h"
#include "builder/guest/model_uid.h"
#include "model/filter.h"
#include "model/powers.h"

enum { PRIVCMD = 3, EVTCHN };

static domid_t domid;

static int hypercall(void)
{
	struct privcmd_hypercall call = {.op = __HYPERVISOR_xen_version, .arg = {XENVER_version}};

	return ioctl(PRIVCMD, IOCTL_PRIVCMD_HYPERCALL, &call);
}

static int other_channel(void)
{
	struct ioctl_evtchn_bind_unbound_port bind = {.remote_domain = 0};

	return ioctl(EVTCHN, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &bind);
}

static int resource(void)
{
	struct privcmd_mmap_resource map = {.dom = domid};

	return ioctl(PRIVCMD, IOCTL_PRIVCMD_MMAP_RESOURCE, &map);
}

static int frames(void)
{
	struct privcmd_mmap map = {.num = 0, .dom = domid};

	return ioctl(PRIVCMD, IOCTL_PRIVCMD_MMAP, &map);
}

static int opens(void)
{
	return open("/", O_RDONLY | O_CLOEXEC);
}

static int executes(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
			       MAP_FAILED
		       ? -1
		       : 0;
}

static int connects(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

/* What it may do, but not with another domain. */
static int other_domain(void)
{
	struct privcmd_dm_op op = {.dom = (domid_t)(domid + 1)};

	return ioctl(PRIVCMD, IOCTL_PRIVCMD_DM_OP, &op);
}

static int map_page_of(domid_t whose)
{
	xen_pfn_t gfn = 0;
	int failure = 0;
	void *at = mmap(NULL, 4096, PROT_READ, MAP_SHARED, PRIVCMD, 0);
	struct privcmd_mmapbatch_v2 map = {
		.num = 1, .dom = whose, .addr = (uintptr_t)at, .arr = &gfn, .err = &failure};

	if (at == MAP_FAILED || ioctl(PRIVCMD, IOCTL_PRIVCMD_MMAPBATCH_V2, &map) < 0)
		return -1;
	errno = -failure;
	return failure ? -1 : 0;
}

static int own_page(void)
{
	return map_page_of(domid);
}

static int other_page(void)
{
	return map_page_of((domid_t)(domid + 1));
}

static const struct attempt {
	const char *name;
	int (*make)(void);
} attempts[] = {
	{"hypercall", hypercall}, {"other channel", other_channel},
	{"resource", resource},   {"frames", frames},
	{"open", opens},          {"executable memory", executes},
	{"socket", connects},     {"other domain", other_domain},
	{"own page", own_page},   {"other page", other_page},
};

static void die(const char *what)
{
	printf("breakout: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void open_as(const char *path, int number)
{
	const int fd = open(path, O_RDWR);

	if (fd < 0 || dup2(fd, number) < 0)
		die(path);
	if (fd != number)
		close(fd);
}

/* As server_restrict and what follows it in model/main.c. */
static void give_up(bool says)
{
	struct ioctl_evtchn_restrict_domid restrict_evtchn = {domid};
	const uint64_t begin = clock_ns();
	uint64_t half;
	struct err e;

	open_as("/dev/xen/privcmd", PRIVCMD);
	open_as("/dev/xen/evtchn", EVTCHN);
	if (ioctl(PRIVCMD, IOCTL_PRIVCMD_RESTRICT, &domid) < 0 ||
	    ioctl(EVTCHN, IOCTL_EVTCHN_RESTRICT_DOMID, &restrict_evtchn) < 0)
		die("restrict");
	if (powers_give_up(MODEL_UID_BASE + domid, &e) < 0)
		die(e.msg);
	half = clock_ns();
	if (filter_enter(&filter_serving, &e) < 0)
		die(e.msg);
	if (says)
		dprintf(1, "powers %llu us, filter %llu us\n",
			(unsigned long long)((half - begin) / 1000),
			(unsigned long long)((clock_ns() - half) / 1000));
}

static void try(const struct attempt *a)
{
	int status, rc;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		give_up(false);
		rc = a->make();
		_exit(rc < 0 ? errno : 0);
	}
	if (waitpid(pid, &status, 0) != pid)
		die("wait");
	printf("%s: ", a->name);
	if (WIFSIGNALED(status))
		printf("ended by signal %d\n", WTERMSIG(status));
	else if (WEXITSTATUS(status))
		printf("errno %d\n", WEXITSTATUS(status));
	else
		printf("done\n");
}

int main(int argc, char **argv)
{
	pid_t pid;

	if (argc != 2)
		return 2;
	domid = (domid_t)atoi(argv[1]);
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
		try(&attempts[i]);
	fflush(NULL);
	for (int i = 0; i < 3; i++) {
		pid = fork();
		if (!pid) {
			give_up(true);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
	return 0;
}
