#include "life.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xenguest.h>

#include "base/clock.h"
#include "build.h"
#include "builder/devmodel/pci_slots.h"
#include "builder/devmodel/serial_nodes.h"
#include "builder/devmodel/vnc.h"
#include "builder/guest/guest_memory.h"
#include "builder/host/domains.h"
#include "builder/image/direct.h"
#include "builder/image/firmware.h"
#include "builder/image/image_type.h"
#include "builder/store/add_guest.h"
#include "builder/store/backends.h"
#include "create.h"
#include "devices.h"
#include "io_access.h"
#include "judge.h"
#include "label.h"
#include "pci_give.h"

/* How long a destroyed domain may take to be gone. */
#define GONE_TIMEOUT_NS (20 * NS_PER_S)
#define GONE_POLL_US    2000

/* What the hypervisor has free is without what the guest takes. */
static void memory_claimed(const struct guest *g, struct host *h)
{
	if (h->reservation.made)
		reservation_claimed(&h->shared->memory, &h->reservation, g->cfg->memory_kib);
}

/* The guest has its memory, and gives none of it back. */
static void memory_taken(struct host *h)
{
	if (h->reservation.made)
		reservation_end(&h->shared->memory, &h->reservation);
}

/* Populate, load, boot pages. */
static int fill_domain(struct guest *g, struct host *h, const struct kernel_facts *k,
		       const char *cmdline, const struct e820_map *map, struct err *e)
{
	struct xc_dom_image *dom;
	struct rdm_map rdm;
	int rc = -1;

	if (rdm_read(g, h, &rdm, e) < 0)
		return -1;
	dom = build_begin(g, h, cmdline, &rdm, e);
	if (!dom)
		return -1;
	phases_enter(&g->phases, PHASE_POPULATE);
	if (build_populate(dom, g, h, k, &rdm, map, e) < 0)
		goto out;
	phases_enter(&g->phases, PHASE_LOAD);
	if (build_load(dom, g, h, k, e) < 0)
		goto out;
	phases_enter(&g->phases, PHASE_BOOT);
	rc = build_boot_pages(dom, g, h, e);
out:
	xc_dom_release(dom);
	return rc;
}

/*
 * No guest runs twice: whoever has made a domain with its uuid, whether the store knows of that or
 * not. What is wanted of the disks of both would be done twice as well.
 */
static int refuse_twin(const struct guest *g, struct host *h, struct err *e)
{
	xc_domaininfo_t twin;
	const int rc = domain_of_uuid(h, g->uuid, 1, &twin, e);

	/* While nobody knows it is not built; the hypervisor may say so later. */
	if (rc < 0)
		e->passing = true;
	if (rc <= 0)
		return rc;
	return err_set_passing(e,
			       "domain %u runs already with its uuid; `xl destroy %u` ends that "
			       "one, if it is not wanted",
			       twin.domain, twin.domain);
}

/*
 * Unpack, judge, create, fill, store. Its files were read before (holdings.h). When it is built,
 * the kernel's back ends get ready for it, and the thread has time for another guest.
 */
int guest_build(struct guest *g, struct host *h, struct err *e)
{
	const struct image_type *type = image_type_find(g->cfg->image);
	const struct kernel_facts *kernel;
	const struct e820_map *map;
	struct e820_map space;
	char *cmdline = NULL;
	struct err ignored;
	int rc = -1;

	g->began = clock_ns();
	g->static_max_kib = guest_static_max_kib(g->cfg, h->xsh);
	g->note[0] = '\0';
	/* A supervisor that has taken over may not have got it. */
	if (!guest_holds_all(g))
		return err_set_passing(e, "its files, disks or interfaces are not held any more");
	if (guest_check_files(g, e) < 0)
		goto out;
	phases_enter(&g->phases, PHASE_UNPACK);
	if (guest_check_digests(g, e) < 0)
		goto out;
	kernel = guest_open_source(g, e);
	if (!kernel)
		goto out;
	if (refuse_twin(g, h, e) < 0 || pci_check(g, h, e) < 0 || backends_find(g, h, e) < 0)
		goto out;
	cmdline = type->cmdline(g->cfg, e);
	if (!cmdline || judge(g, h, kernel, &space, &map, e) < 0)
		goto out;
	direct_note(g->cfg, kernel, g->kernel_note);

	phases_enter(&g->phases, PHASE_CREATE);
	if (create_domain(g, h, e) < 0)
		goto destroy;
	memory_claimed(g, h);
	if (fill_domain(g, h, kernel, cmdline, map, e) < 0 || guest_check_unchanged(g, e) < 0)
		goto destroy;
	memory_taken(h);
	phases_enter(&g->phases, PHASE_STORE);
	if (io_access_give(g, h, e) < 0 || pci_give(g, h, e) < 0)
		goto destroy;
	if (h->xsh && store_add_guest(g, h, e) < 0)
		goto destroy;
	phases_enter(&g->phases, PHASE_CONNECT);
	rc = 0;
	goto out;

destroy:
	if (guest_destroy(g, h, &ignored) < 0)
		err_prefix(e, "[%s] ", ignored.msg);
out:
	free(cmdline);
	/* The guest does not wait until the memory has gone back. */
	host_spare(h, image_kernel_done(guest_source(g)));
	return rc;
}

/* Starts the device model, if there is to be one, and looks how far it is. */
static int connect_devmodel(struct guest *g, struct host *h, const struct devmodels *models,
			    enum devmodel_state *now, struct err *e)
{
	*now = DEVMODEL_READY;
	if (!guest_config_has_model(g->cfg))
		return 0;
	if (g->model.state == DEVMODEL_NONE && devmodel_start(&g->model, g, h, models, e) < 0)
		return -1;
	if (devmodel_look(&g->model, g, h, now, e) == 0)
		return 0;
	return *now == DEVMODEL_ENDED ? err_prefix(e, "its ") : -1;
}

int guest_connect(struct guest *g, struct host *h, const struct devmodels *models,
		  uint64_t waited_ns, bool *ready, struct err *e)
{
	enum devices_state devices;
	enum devmodel_state model;

	*ready = false;
	if (connect_devmodel(g, h, models, &model, e) < 0 || devices_look(g, h, &devices, e) < 0)
		return -1;
	if (devices == DEVICES_WAITING) {
		if (waited_ns < g->cfg->device_timeout * NS_PER_S)
			return 0;
		return devices_late(g, h, g->cfg->device_timeout, e);
	}
	*ready = model != DEVMODEL_STARTING; /* it has a time-out of its own */
	if (!*ready)
		return 0;
	/* By now QEMU has read what it hands on. */
	if (firmware_wanted(g->cfg) && guest_check_unchanged(g, e) < 0) {
		*ready = false;
		return -1;
	}
	if (serial_publish(g, h, e) == 0 && vnc_publish(g, e) == 0 &&
	    pci_slots_publish(g, h, e) == 0)
		return 0;
	*ready = false;
	devmodel_explain(&g->model, g, e);
	return -1;
}

int guest_run(struct guest *g, struct host *h, bool paused, struct err *e)
{
	phases_enter(&g->phases, PHASE_UNPAUSE);
	if (label_final(g, h, e) < 0)
		return -1;
	if (!paused && xc_domain_unpause(h->xch, g->domid) < 0)
		return host_error(h, e, "cannot unpause the domain");
	phases_end(&g->phases);
	g->build_ns = clock_ns() - g->began;
	return 0;
}

/* True while the hypervisor knows the domain, or does not say. */
static bool domain_there(struct host *h, uint32_t domid)
{
	xc_domaininfo_t info;
	const int n = xc_domain_getinfolist(h->xch, domid, 1, &info);

	return n < 0 || (n == 1 && info.domain == domid);
}

/* A destroyed domain is gone when nobody maps its pages any more: the back ends let go of them
 * soon. */
static int wait_until_gone(struct host *h, uint32_t domid, struct err *e)
{
	const uint64_t deadline = clock_ns() + GONE_TIMEOUT_NS;

	while (domain_there(h, domid)) {
		if (clock_ns() > deadline)
			return err_set_passing(
				e,
				"domain %u is destroyed but not gone: something in dom0 still "
				"maps its memory",
				domid);
		usleep(GONE_POLL_US);
	}
	return 0;
}

/* What g had of a domain that is gone, or going. */
static void forget_domain(struct guest *g)
{
	g->domid = NO_DOMAIN;
	g->console_port = g->store_port = 0;
	g->console_gfn = g->store_gfn = 0;
	g->handed_over = false;
	g->store_lost = false;
	for (size_t i = 0; g->vifs && i < g->cfg->nr_vifs; i++)
		g->vifs[i].plugged = false;
}

/* How often, and with which pauses, is asked whose a domain is. */
#define ASK_TRIES 5
#define ASK_US    10000

/*
 * The number of a domain that somebody else has destroyed may be another one's by now. Returns
 * whether it is g's, or -1 with e set: nobody knows, so that nothing may be done with it.
 */
static int is_ours(const struct guest *g, struct host *h, struct err *e)
{
	xc_domaininfo_t info;
	int n = -1;

	for (unsigned i = 0; n < 0 && i < ASK_TRIES; i++) {
		if (i)
			usleep(ASK_US);
		xenlog_clear(&h->log);
		n = xc_domain_getinfolist(h->xch, g->domid, 1, &info);
	}
	if (n < 0) {
		host_error(h, e, "cannot ask whose domain %u is", g->domid);
		e->passing = true;
		return -1;
	}
	return n == 1 && info.domain == g->domid && !memcmp(info.handle, g->uuid, 16);
}

static int destroy_domain(struct guest *g, struct host *h, struct err *e)
{
	const uint32_t domid = g->domid;
	const int ours = is_ours(g, h, e);

	if (ours < 0)
		return -1;
	if (!ours) {
		forget_domain(g);
		return 0;
	}
	xenlog_clear(&h->log);
	/* ESRCH: somebody else destroyed it, which is what was wanted. */
	if (xc_domain_destroy(h->xch, domid) < 0 && errno != ESRCH)
		return host_error(h, e, "cannot destroy domain %u", domid);
	xenlog_clear(&h->log);
	forget_domain(g);
	return wait_until_gone(h, domid, e);
}

int guest_destroy(struct guest *g, struct host *h, struct err *e)
{
	struct err model = {.msg = ""};
	int model_rc, ours;

	if (g->domid == NO_DOMAIN)
		return 0;
	ours = is_ours(g, h, e);
	if (ours < 0)
		return -1;
	/* What still runs gets nothing more done with its devices. */
	if (ours)
		xc_domain_pause(h->xch, g->domid);
	/* A device model that can't be ended is said; the domain goes all the same. */
	model_rc = devmodel_end(&g->model, g, h, &model);
	if (ours)
		pci_stop(g, h);
	if (store_take_out(g, h, e) < 0)
		return err_prefix(e, "cannot destroy domain %u: ", g->domid);
	if (destroy_domain(g, h, e) < 0)
		return model_rc < 0 ? err_prefix(e, "[%.200s] ", model.msg) : -1;
	if (model_rc < 0)
		*e = model;
	return model_rc;
}

bool guest_has_shut_down(const struct guest *g, struct host *h)
{
	xc_domaininfo_t info;
	const int n = xc_domain_getinfolist(h->xch, g->domid, 1, &info);

	xenlog_clear(&h->log);
	return n == 1 && info.domain == g->domid && info.flags & XEN_DOMINF_shutdown;
}
