#include "server.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include <xen/memory.h>
#include <xentoolcore.h>
#include <xentoollog.h>

#define PAGE_BITS 12
#define PAGE_LEN  (1U << PAGE_BITS)
/* Guest physical addresses have at most 52 bits on x86. */
#define GPA_MAX ((UINT64_C(1) << 52) - 1)

_Static_assert(SERVER_VCPUS * sizeof(struct ioreq) == PAGE_LEN, "slots do not fill a page");

/* The libraries' own words would only repeat ours. */
static void drop_message(struct xentoollog_logger *logger, xentoollog_level level, int errnoval,
			 const char *context, const char *format, va_list al)
{
	(void)logger;
	(void)level;
	(void)errnoval;
	(void)context;
	(void)format;
	(void)al;
}

static struct xentoollog_logger silence = {.vmessage = drop_message};

/* The cause of a library call's failure. That there is no such domain is no error. */
static int failed(const struct server *s, struct err *e, const char *what)
{
	if (errno == ESRCH)
		return SERVER_GONE;
	err_set(e, "domain %u: cannot %s: %s", s->domid, what, strerror(errno));
	return SERVER_FAILED;
}

int server_open(struct server *s, domid_t domid, struct err *e)
{
	*s = (struct server){.domid = domid};
	s->dm = xendevicemodel_open(&silence, 0);
	if (!s->dm)
		return err_set(e, "cannot open /dev/xen/privcmd: %s", strerror(errno));
	s->memory = xenforeignmemory_open(&silence, 0);
	if (!s->memory)
		return err_set(e, "cannot open /dev/xen/privcmd for memory: %s", strerror(errno));
	s->evtchn = xenevtchn_open(&silence, 0);
	if (!s->evtchn)
		return err_set(e, "cannot open /dev/xen/evtchn: %s", strerror(errno));
	return 0;
}

int server_restrict(struct server *s, struct err *e)
{
	if (xentoolcore_restrict_all(s->domid) < 0)
		return err_set(e,
			       "cannot give up rights over other domains than %u: %s (Linux 4.13 "
			       "and later can, or device_model_restrict = 0)",
			       s->domid, strerror(errno));
	return 0;
}

/* The page of requests exists before the server is enabled: only then Xen fills in the ports. */
static int map_slots(struct server *s, struct err *e)
{
	void *addr = NULL;

	s->resource = xenforeignmemory_map_resource(
		s->memory, s->domid, XENMEM_resource_ioreq_server, s->id,
		XENMEM_resource_ioreq_server_frame_ioreq(0), 1, &addr, PROT_READ | PROT_WRITE, 0);
	if (!s->resource)
		return failed(s, e, "map the page of I/O requests");
	s->slots = addr;
	return 0;
}

static int bind_vcpu(struct server *s, unsigned vcpu, struct err *e)
{
	const evtchn_port_t remote = __atomic_load_n(&s->slots[vcpu].vp_eport, __ATOMIC_RELAXED);
	xenevtchn_port_or_error_t local;

	if (!remote)
		return 0;
	local = xenevtchn_bind_interdomain(s->evtchn, s->domid, remote);
	if (local < 0)
		return failed(s, e, "bind a vcpu's event channel");
	s->ports[vcpu] = (evtchn_port_t)local;
	s->vcpus++;
	return 0;
}

int server_start(struct server *s, const struct port_range *ranges, size_t n, struct err *e)
{
	int rc;

	/* Without a buffer, every request has its answer: nothing has to be drained. */
	if (xendevicemodel_create_ioreq_server(s->dm, s->domid, HVM_IOREQSRV_BUFIOREQ_OFF, &s->id) <
	    0)
		return failed(s, e, "make an ioreq server");
	s->created = true;
	rc = map_slots(s, e);
	if (rc)
		return rc;
	for (size_t i = 0; i < n; i++)
		if (xendevicemodel_map_io_range_to_ioreq_server(
			    s->dm, s->domid, s->id, 0, ranges[i].first, ranges[i].last) < 0)
			return failed(s, e, "take its I/O ports");
	if (xendevicemodel_set_ioreq_server_state(s->dm, s->domid, s->id, 1) < 0)
		return failed(s, e, "enable the ioreq server");
	for (unsigned vcpu = 0; vcpu < SERVER_VCPUS; vcpu++) {
		rc = bind_vcpu(s, vcpu, e);
		if (rc)
			return rc;
	}
	if (!s->vcpus)
		return err_set(e, "domain %u has no vcpus", s->domid);
	return 0;
}

int server_fd(const struct server *s)
{
	return xenevtchn_fd(s->evtchn);
}

int server_event(struct server *s, struct ioreq **slot, struct err *e)
{
	const xenevtchn_port_or_error_t port = xenevtchn_pending(s->evtchn);

	*slot = NULL;
	if (port < 0)
		return failed(s, e, "take an event");
	/* Unmasked before the slot is looked at: a request that comes now is told again. */
	if (xenevtchn_unmask(s->evtchn, (evtchn_port_t)port) < 0)
		return failed(s, e, "unmask an event channel");
	for (unsigned vcpu = 0; vcpu < SERVER_VCPUS; vcpu++)
		if (s->ports[vcpu] && s->ports[vcpu] == (evtchn_port_t)port)
			*slot = &s->slots[vcpu];
	return 0;
}

int server_done(struct server *s, const struct ioreq *slot, struct err *e)
{
	if (xenevtchn_notify(s->evtchn, s->ports[slot - s->slots]) < 0)
		return failed(s, e, "notify a vcpu");
	return 0;
}

int server_irq(struct server *s, uint8_t irq, bool level, struct err *e)
{
	if (xendevicemodel_set_isa_irq_level(s->dm, s->domid, irq, level) < 0)
		return failed(s, e, "set an interrupt's level");
	return 0;
}

int server_shutdown(struct server *s, unsigned reason, struct err *e)
{
	if (xendevicemodel_shutdown(s->dm, s->domid, reason) < 0)
		return failed(s, e, "shut it down");
	return 0;
}

void server_unmap(struct server *s)
{
	if (s->page)
		xenforeignmemory_unmap(s->memory, s->page, 1);
	s->page = NULL;
}

/* Has the page mapped. False when the guest has none there. */
static bool map_page(struct server *s, xen_pfn_t gfn)
{
	int failure = 0;

	if (s->page && s->gfn == gfn)
		return true;
	server_unmap(s);
	s->page = xenforeignmemory_map(s->memory, s->domid, PROT_READ | PROT_WRITE, 1, &gfn,
				       &failure);
	if (s->page && failure)
		server_unmap(s);
	s->gfn = gfn;
	return s->page != NULL;
}

bool server_copy(void *arg, uint64_t gpa, void *buf, size_t n, bool to_guest)
{
	struct server *s = arg;
	uint8_t *byte = buf;

	for (size_t i = 0; i < n; i++, byte++) {
		volatile uint8_t *there;

		if (gpa > GPA_MAX - i || !map_page(s, (gpa + i) >> PAGE_BITS))
			return false;
		there = &s->page[(gpa + i) & (PAGE_LEN - 1)];
		if (to_guest)
			*there = *byte;
		else
			*byte = *there;
	}
	return true;
}

void server_close(struct server *s)
{
	server_unmap(s);
	if (s->resource)
		xenforeignmemory_unmap_resource(s->memory, s->resource);
	/* Closing the handle unbinds the ports. The ioreq server goes with its domain otherwise. */
	if (s->created)
		xendevicemodel_destroy_ioreq_server(s->dm, s->domid, s->id);
	if (s->evtchn)
		xenevtchn_close(s->evtchn);
	if (s->memory)
		xenforeignmemory_close(s->memory);
	if (s->dm)
		xendevicemodel_close(s->dm);
	*s = (struct server){0};
}
