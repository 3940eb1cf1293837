#include "fake.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xendevicemodel.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xentoolcore.h>
#include <xen/memory.h>
#include <xen/sys/privcmd.h>

#include "base/err.h"
#include "base/seccomp.h"
#include "config.h"
#include "powers.h"

/* dom0's ports of the vcpus. */
#define LOCAL 20

struct fake *fake;
fake_parse *fake_parses;

/* This process's own ends of the owner's pipes. */
static int event_fd = -1, notice_fd = -1;

static void die(const char *what)
{
	fprintf(stderr, "fake: %s\n", what);
	abort();
}

void fake_reset(void)
{
	if (!fake) {
		fake = mmap(NULL, sizeof(*fake), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			    -1, 0);
		if (fake == MAP_FAILED)
			die("no memory");
	} else {
		close(fake->event[0]);
		close(fake->event[1]);
		close(fake->notice[0]);
		close(fake->notice[1]);
	}
	memset(fake, 0, sizeof(*fake));
	fake->vcpus = FAKE_VCPUS;
	fake->owner = getpid();
	if (pipe(fake->event) < 0 || pipe(fake->notice) < 0)
		die("no pipe");
}

bool fake_clean(void)
{
	return !fake->created && !fake->mapped && !fake->handles && !fake->pages;
}

void fake_fire(unsigned vcpu)
{
	const uint32_t port = LOCAL + vcpu;

	if (write(fake->event[1], &port, sizeof(port)) != sizeof(port))
		die("no event");
}

void fake_request(unsigned vcpu, struct ioreq r)
{
	uint8_t *state = (uint8_t *)&fake->slots[vcpu] + 30;

	r.state = STATE_IOREQ_NONE;
	r.vp_eport = FAKE_REMOTE + vcpu;
	fake->slots[vcpu] = r;
	__atomic_store_n(state, *state | STATE_IOREQ_READY, __ATOMIC_RELEASE);
}

uint64_t fake_io(unsigned vcpu, struct ioreq r)
{
	struct pollfd fd = {.fd = fake->notice[0], .events = POLLIN};
	uint8_t who;

	fake_request(vcpu, r);
	fake_fire(vcpu);
	if (poll(&fd, 1, 10000) != 1 || read(fake->notice[0], &who, 1) != 1 || who != vcpu)
		die("no answer");
	if (fake->slots[vcpu].state != STATE_IORESP_READY)
		die("not the answer's state");
	fake->slots[vcpu].state = STATE_IOREQ_NONE;
	return fake->slots[vcpu].data;
}

uint64_t fake_in(uint16_t port, unsigned size)
{
	return fake_io(0, (struct ioreq){.addr = port,
					 .size = size,
					 .count = 1,
					 .dir = IOREQ_READ,
					 .type = IOREQ_TYPE_PIO});
}

void fake_out(uint16_t port, unsigned size, uint64_t value)
{
	fake_io(0, (struct ioreq){.addr = port,
				  .size = size,
				  .count = 1,
				  .data = value,
				  .dir = IOREQ_WRITE,
				  .type = IOREQ_TYPE_PIO});
}

/* Whether this call fails, with errno set. */
static bool fails(void)
{
	if (++fake->calls == fake->fail_at) {
		errno = fake->fail_errno;
		return true;
	}
	return false;
}

/* The same for one about a domain. */
static bool domain_fails(uint32_t domid)
{
	if (fails())
		return true;
	if (domid == FAKE_DOMID && !fake->gone)
		return false;
	errno = ESRCH;
	return true;
}

/* One of the owner's files, as a process that has closed its own of them can have it. */
static int of_owner(int fd, int how)
{
	char path[64];
	int own;

	snprintf(path, sizeof(path), "/proc/%ld/fd/%d", (long)fake->owner, fd);
	own = open(path, how | O_CLOEXEC);
	if (own < 0)
		die("no file of the owner's");
	return own;
}

static void *handle(void)
{
	void *h = fails() ? NULL : malloc(1);

	if (h)
		fake->handles++;
	return h;
}

static int unhandle(void *h)
{
	free(h);
	fake->handles--;
	return 0;
}

int xentoolcore_restrict_all(domid_t domid)
{
	if (fails())
		return -1;
	if (domid != FAKE_DOMID || fake->handles != 3 || fake->created)
		die("restricted at the wrong time");
	fake->restricted = true;
	return 0;
}

xendevicemodel_handle *xendevicemodel_open(struct xentoollog_logger *logger, unsigned flags)
{
	(void)logger;
	(void)flags;
	return handle();
}

int xendevicemodel_close(xendevicemodel_handle *dmod)
{
	return unhandle(dmod);
}

int xendevicemodel_create_ioreq_server(xendevicemodel_handle *dmod, domid_t domid, int buffered,
				       ioservid_t *id)
{
	(void)dmod;
	if (domain_fails(domid))
		return -1;
	if (buffered != HVM_IOREQSRV_BUFIOREQ_OFF)
		die("buffered requests");
	fake->created = true;
	*id = 3;
	return 0;
}

int xendevicemodel_destroy_ioreq_server(xendevicemodel_handle *dmod, domid_t domid, ioservid_t id)
{
	(void)dmod;
	(void)domid;
	if (id != 3 || !fake->created)
		die("no such ioreq server");
	fake->created = false;
	return fake->gone ? -1 : 0;
}

int xendevicemodel_map_io_range_to_ioreq_server(xendevicemodel_handle *dmod, domid_t domid,
						ioservid_t id, int is_mmio, uint64_t start,
						uint64_t end)
{
	(void)dmod;
	if (domain_fails(domid))
		return -1;
	if (id != 3 || is_mmio || start > end || end > 0xffff || fake->enabled ||
	    fake->nr_ranges == FAKE_RANGES)
		die("a bad range");
	fake->first[fake->nr_ranges] = (uint16_t)start;
	fake->last[fake->nr_ranges++] = (uint16_t)end;
	return 0;
}

int xendevicemodel_set_ioreq_server_state(xendevicemodel_handle *dmod, domid_t domid, ioservid_t id,
					  int enabled)
{
	(void)dmod;
	if (domain_fails(domid))
		return -1;
	if (id != 3 || !enabled)
		die("a bad state");
	fake->enabled = true;
	/* As Xen: the ports are told only in a page that is there already. */
	for (unsigned i = 0; fake->mapped && i < fake->vcpus; i++)
		fake->slots[i].vp_eport = FAKE_REMOTE + i;
	return 0;
}

int xendevicemodel_set_isa_irq_level(xendevicemodel_handle *dmod, domid_t domid, uint8_t irq,
				     unsigned int level)
{
	(void)dmod;
	if (domain_fails(domid))
		return -1;
	fake->edges += level && !fake->level;
	fake->irq = irq;
	fake->level = level;
	fake->level_set = true;
	return 0;
}

int xendevicemodel_shutdown(xendevicemodel_handle *dmod, domid_t domid, unsigned int reason)
{
	(void)dmod;
	if (domain_fails(domid))
		return -1;
	fake->shut_down = true;
	fake->reason = reason;
	return 0;
}

xenforeignmemory_handle *xenforeignmemory_open(struct xentoollog_logger *logger, unsigned flags)
{
	(void)logger;
	(void)flags;
	return handle();
}

int xenforeignmemory_close(xenforeignmemory_handle *fmem)
{
	return unhandle(fmem);
}

void *xenforeignmemory_map(xenforeignmemory_handle *fmem, uint32_t dom, int prot, size_t pages,
			   const xen_pfn_t arr[/*pages*/], int err[/*pages*/])
{
	(void)fmem;
	(void)prot;
	if (domain_fails(dom))
		return NULL;
	if (pages != 1 || arr[0] >> 40)
		die("not one page, or beyond what x86 can address");
	err[0] = arr[0] >= FAKE_GFN && arr[0] - FAKE_GFN < FAKE_PAGES ? 0 : -EINVAL;
	fake->pages++;
	/* A page that is not there is mapped, too, but can't be touched. */
	return err[0] ? fake->memory : fake->memory + (arr[0] - FAKE_GFN) * 4096;
}

int xenforeignmemory_unmap(xenforeignmemory_handle *fmem, void *addr, size_t pages)
{
	(void)fmem;
	(void)addr;
	fake->pages -= (unsigned)pages;
	return 0;
}

xenforeignmemory_resource_handle *
xenforeignmemory_map_resource(xenforeignmemory_handle *fmem, domid_t domid, unsigned int type,
			      unsigned int id, unsigned long frame, unsigned long nr_frames,
			      void **paddr, int prot, int flags)
{
	(void)fmem;
	if (domain_fails(domid))
		return NULL;
	if (type != XENMEM_resource_ioreq_server || id != 3 || nr_frames != 1 || flags ||
	    frame != XENMEM_resource_ioreq_server_frame_ioreq(0) ||
	    prot != (PROT_READ | PROT_WRITE))
		die("a bad resource");
	fake->mapped = true;
	*paddr = fake->slots;
	return (xenforeignmemory_resource_handle *)fake;
}

int xenforeignmemory_unmap_resource(xenforeignmemory_handle *fmem,
				    xenforeignmemory_resource_handle *fres)
{
	(void)fmem;
	(void)fres;
	fake->mapped = false;
	return 0;
}

xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger, unsigned int flags)
{
	void *h = handle();

	(void)logger;
	(void)flags;
	if (h) {
		event_fd = of_owner(fake->event[0], O_RDONLY);
		notice_fd = of_owner(fake->notice[1], O_WRONLY);
	}
	return h;
}

int xenevtchn_close(xenevtchn_handle *xce)
{
	close(event_fd);
	close(notice_fd);
	return unhandle(xce);
}

int xenevtchn_fd(xenevtchn_handle *xce)
{
	(void)xce;
	return event_fd;
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *xce, uint32_t domid,
						     evtchn_port_t remote_port)
{
	(void)xce;
	if (domain_fails(domid))
		return -1;
	if (remote_port < FAKE_REMOTE || remote_port - FAKE_REMOTE >= fake->vcpus)
		die("no such event channel");
	fake->bound++;
	return (xenevtchn_port_or_error_t)(LOCAL + remote_port - FAKE_REMOTE);
}

xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *xce)
{
	uint32_t port;

	(void)xce;
	if (fails() || read(event_fd, &port, sizeof(port)) != sizeof(port))
		return -1;
	if (port - LOCAL < FAKE_VCPUS)
		fake->masked[port - LOCAL] = true;
	return (xenevtchn_port_or_error_t)port;
}

int xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port)
{
	(void)xce;
	if (fails())
		return -1;
	if (port - LOCAL < FAKE_VCPUS)
		fake->masked[port - LOCAL] = false;
	return 0;
}

int xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port)
{
	const uint8_t vcpu = (uint8_t)(port - LOCAL);

	(void)xce;
	if (fails())
		return -1;
	if (fake->masked[vcpu])
		die("notified while masked");
	if (fake->breaks_out)
		ioctl(event_fd, IOCTL_PRIVCMD_HYPERCALL, NULL);
	return write(notice_fd, &vcpu, 1) == 1 ? 0 : -1;
}

/* ---- what is given up (--wrap) ---- */

int __real_powers_give_up(uid_t uid, struct err *e);
int __wrap_powers_give_up(uid_t uid, struct err *e);
int __real_powers_compute_only(uid_t uid, struct err *e);
int __wrap_powers_compute_only(uid_t uid, struct err *e);
bool __real_seccomp_install(const struct seccomp_filter *f, bool all_threads);
bool __wrap_seccomp_install(const struct seccomp_filter *f, bool all_threads);
fake_parse __real_model_config_parse, __wrap_model_config_parse;

/* A test of these alone has no hypervisor. */
static bool for_real(void)
{
	return !fake || fake->confines;
}

int __wrap_powers_give_up(uid_t uid, struct err *e)
{
	if (fake) {
		if (!fake->restricted || fake->created)
			die("powers given up at the wrong time");
		fake->gave_up = true;
	}
	return for_real() ? __real_powers_give_up(uid, e) : 0;
}

int __wrap_powers_compute_only(uid_t uid, struct err *e)
{
	return for_real() ? __real_powers_compute_only(uid, e) : 0;
}

bool __wrap_seccomp_install(const struct seccomp_filter *f, bool all_threads)
{
	if (fake)
		fake->filtered = fake->enabled;
	return for_real() ? __real_seccomp_install(f, all_threads) : true;
}

size_t __wrap_model_config_parse(const char *file, const char *text, size_t len,
				 struct model_config *out, struct diag *d)
{
	return (fake_parses ? fake_parses : __real_model_config_parse)(file, text, len, out, d);
}

bool fake_may_confine(void)
{
	static int may = -1;
	int status;
	pid_t pid;

	if (may >= 0)
		return may;
#ifdef UNIT_STATIC
	pid = fork();
	if (!pid)
		_exit(geteuid() || unshare(CLONE_NEWNS) < 0);
	may = waitpid(pid, &status, 0) == pid && status == 0;
	if (!may)
		fprintf(stderr, "NOT TESTED for real: no right to give up powers\n");
#else
	(void)status;
	(void)pid;
	may = 0;
#endif
	return may;
}
