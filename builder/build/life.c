#include "life.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xen/hvm/params.h>
#include <xen/io/xs_wire.h>

#include "builder/host/free_memory.h"
#include "builder/image/image_type.h"
#include "build.h"
#include "base/clock.h"
#include "create.h"
#include "builder/describe/e820_file.h"
#include "load.h"
#include "builder/store/add_guest.h"
#include "base/random.h"
#include "builder/devmodel/serial_nodes.h"
#include "builder/image/firmware.h"
#include "builder/devmodel/devmodel.h"

/* How long a destroyed domain may take to be gone: its pages go back when nobody maps them any
 * more. */
#define GONE_TIMEOUT_NS (20 * NS_PER_S)
#define GONE_POLL_US    2000

int guest_hold_images(struct guest *g, struct image_cache *c, struct err *e)
{
	const struct guest_config *cfg = g->cfg;
	const bool firmware = firmware_wanted(cfg);
	const struct {
		struct image_file **file;
		const char *what, *path;
	} files[] = {
		{&g->kernel, "kernel", cfg->kernel},
		{&g->ramdisk, "ramdisk", cfg->ramdisk},
		{&g->firmware, "firmware", firmware ? firmware_loader_path(cfg) : NULL},
		{&g->bios, "BIOS", firmware ? firmware_bios_path(cfg) : NULL},
		{&g->memmap, "memmap", cfg->memmap},
	};

	phases_enter(&g->phases, PHASE_READ);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (!files[i].path)
			continue;
		*files[i].file = image_hold(c, files[i].what, files[i].path, e);
		if (!*files[i].file) {
			guest_drop_images(g, c);
			return -1;
		}
	}
	guest_plan_restart(g);
	phases_enter(&g->phases, PHASE_WAIT);
	return 0;
}

void guest_drop_images(struct guest *g, struct image_cache *c)
{
	image_drop(c, g->kernel);
	image_drop(c, g->ramdisk);
	image_drop(c, g->firmware);
	image_drop(c, g->bios);
	image_drop(c, g->memmap);
	g->kernel = g->ramdisk = g->firmware = g->bios = g->memmap = NULL;
}

int guest_hold_devices(struct guest *g, struct disk_table *disks, bool *absent, struct err *e)
{
	const struct guest_config *cfg = g->cfg;

	*absent = false;
	if (cfg->nr_disks && !g->disks)
		g->disks = calloc(cfg->nr_disks, sizeof(*g->disks));
	if (cfg->nr_vifs && !g->vifs)
		g->vifs = calloc(cfg->nr_vifs, sizeof(*g->vifs));
	if ((cfg->nr_disks && !g->disks) || (cfg->nr_vifs && !g->vifs)) {
		err_set(e, "out of memory");
		goto drop;
	}
	for (size_t i = 0; i < cfg->nr_disks; i++) {
		g->disks[i] = disk_hold(disks, cfg->name, &cfg->disks[i], absent, e);
		if (!g->disks[i])
			goto drop;
	}
	if (vif_init(g->vifs, cfg->vifs, cfg->nr_vifs, e) == 0)
		return 0;
drop:
	guest_drop_devices(g, disks);
	return -1;
}

void guest_drop_devices(struct guest *g, struct disk_table *disks)
{
	for (size_t i = 0; g->disks && i < g->cfg->nr_disks; i++)
		disk_drop(disks, g->disks[i]);
	free(g->disks);
	free(g->vifs);
	g->disks = NULL;
	g->vifs = NULL;
}

void guest_plan_restart(struct guest *g)
{
	image_plan_kernel(load_source(g));
}

void guest_plan_done(struct guest *g)
{
	struct blob unpacked = image_kernel_done(load_source(g));

	blob_free(&unpacked);
}

static int check_host_memory(const struct guest *g, struct host *h, struct err *e)
{
	const uint64_t need = create_need_kib(g->cfg, h);
	uint64_t free_kib;
	int rc;

	if (h->reservation.made)
		rc = reservation_wait(&h->shared->memory, &h->reservation, h->xch, &h->log,
				      &free_kib, e);
	else
		rc = free_memory(h->xch, &h->log, &free_kib, e);
	if (rc < 0)
		return -1;
	if (need <= free_kib)
		return 0;
	return err_set(
		e,
		"not enough host memory: it needs %llu MiB in all, the hypervisor has %llu MiB "
		"free (dom0_mem= on Xen's command line leaves it more)",
		(unsigned long long)(need + 1023) / 1024, (unsigned long long)free_kib / 1024);
}

/* What the hypervisor has free is without what the guest takes. */
static void memory_claimed(struct host *h)
{
	if (h->reservation.made)
		reservation_claimed(&h->shared->memory, &h->reservation);
}

/* The guest has its memory, and gives none of it back. */
static void memory_taken(struct host *h)
{
	if (h->reservation.made)
		reservation_end(&h->shared->memory, &h->reservation);
}

static int check_bits(const struct guest *g, const struct host *h, const struct kernel *k,
		      struct err *e)
{
	/* Among the capabilities if the hypervisor was built with CONFIG_PV32; hvm-3.0-x86_32p is
	 * something else. */
	if (g->cfg->type != GUEST_PV || k->info.machine != EM_386 ||
	    strstr(h->caps, "xen-3.0-x86_32p"))
		return 0;
	return err_set(e,
		       "kernel %s is a 32-bit pv kernel, and this hypervisor runs only 64-bit ones "
		       "(it was built without CONFIG_PV32)",
		       g->cfg->kernel);
}

/* What the guest starts with, unpacked and checked, or found so by another guest that shares the
 * file. */
static const struct kernel *open_source(const struct guest *g, struct err *e)
{
	const struct kernel *k;

	if (firmware_wanted(g->cfg))
		return firmware_open(g->cfg, g->firmware, e);
	k = image_kernel(g->kernel, e);
	if (!k)
		err_prefix(e, "kernel %s: ", g->cfg->kernel);
	return k;
}

/* Whether kernel, ramdisk and memory go together, of a guest that starts with its kernel. */
static int check_kernel(const struct guest *g, const struct image_type *type, const struct host *h,
			const struct kernel *k, struct err *e)
{
	const size_t files = g->ramdisk ? g->ramdisk->size : 0;

	if (type->check_kernel(g->cfg, k, e) < 0 || type->check_memory(g->cfg, k, files, e) < 0)
		return -1;
	return check_bits(g, h, k, e);
}

/* The same of one whose device model loads both, if there are any. */
static int check_handed_on(const struct guest *g, const struct image_type *type, struct err *e)
{
	size_t files = g->ramdisk ? g->ramdisk->size : 0;

	if (g->kernel) {
		files += g->kernel->size;
		if (type->check_file(g->cfg, g->kernel->data, g->kernel->size, e) < 0)
			return -1;
	}
	return type->check_memory(g->cfg, NULL, files, e);
}

static int check_files(const struct guest *g, const struct image_type *type, const struct host *h,
		       const struct kernel *k, struct err *e)
{
	return firmware_wanted(g->cfg) ? check_handed_on(g, type, e)
				       : check_kernel(g, type, h, k, e);
}

/* What the memory map file says, if there is one: *map is NULL then. It has to be a map of this
 * guest's memory. */
static int read_memmap(const struct guest *g, struct e820_map *space, const struct e820_map **map,
		       struct err *e)
{
	const struct guest_config *cfg = g->cfg;

	*map = NULL;
	if (!g->memmap)
		return 0;
	if (e820_parse((const char *)g->memmap->data, g->memmap->size, cfg->memmap, space, e) < 0 ||
	    e820_check_memory(space, cfg->memory_kib - cfg->videoram_kib, cfg->memmap, e) < 0)
		return err_prefix(e, "memmap ");
	*map = space;
	return 0;
}

/*
 * The life of a guest, from its files to its first instruction, which guest_run lets it do. Between
 * the two the kernel's back ends get ready for it, and the thread has time for another guest.
 */
int guest_build(struct guest *g, struct host *h, struct err *e)
{
	const struct image_type *type = image_type_find(g->cfg->image);
	const struct kernel *kernel;
	const struct e820_map *map;
	struct e820_map space;
	char *cmdline = NULL;
	struct err ignored;
	int rc = -1;

	g->began = clock_ns();
	phases_enter(&g->phases, PHASE_UNPACK);
	kernel = open_source(g, e);
	if (!kernel)
		goto out;
	cmdline = type->cmdline(g->cfg, e);
	if (!cmdline)
		goto out;

	/* Everything that can be judged beforehand, before there is a domain. */
	if (check_files(g, type, h, kernel, e) < 0 || read_memmap(g, &space, &map, e) < 0)
		goto out;
	if (check_host_memory(g, h, e) < 0)
		goto out;

	phases_enter(&g->phases, PHASE_CREATE);
	if (create_domain(g, h, e) < 0)
		goto destroy;
	memory_claimed(h);
	if (build_domain(g, h, kernel, cmdline, map, e) < 0)
		goto destroy;
	memory_taken(h);
	phases_enter(&g->phases, PHASE_STORE);
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
	host_spare(h, image_kernel_done(load_source(g)));
	return rc;
}

int guest_run(struct guest *g, struct host *h, bool paused, struct err *e)
{
	phases_enter(&g->phases, PHASE_UNPAUSE);
	if (serial_publish(g, h, e) < 0)
		return -1;
	if (!paused && xc_domain_unpause(h->xch, g->domid) < 0)
		return host_error(h, e, "cannot unpause the domain");
	phases_end(&g->phases);
	g->build_ns = clock_ns() - g->began;
	return 0;
}

/*
 * xenstored tells a domain that it is there when the domain's page says that it waits for that;
 * Linux looks for its store then (xenbus_late_init in drivers/xen/xenbus/xenbus_probe.c).
 */
static int mark_store_page(const struct guest *g, struct host *h, struct err *e)
{
	struct xenstore_domain_interface *page =
		xc_map_foreign_range(h->xch, g->domid, XC_PAGE_SIZE, PROT_READ | PROT_WRITE,
				     (unsigned long)g->store_gfn);

	if (!page)
		return host_error(h, e, "cannot map the store's page of the domain");
	page->connection = XENSTORE_RECONNECT;
	munmap(page, XC_PAGE_SIZE);
	return 0;
}

int guest_hand_over(struct guest *g, struct host *h, struct err *e)
{
	int port;

	if (g->cfg->type == GUEST_PV && !g->store_port) {
		/* The guest will never look at this end. It makes the domain one that xenstored
		 * watches, so that its end is told to those who wait for it. */
		port = xc_evtchn_alloc_unbound(h->xch, g->domid, 0);
		if (port < 0)
			return host_error(h, e, "cannot make the store's event channel");
		g->store_port = (uint32_t)port;
	}
	if (g->cfg->type != GUEST_PV) {
		if (mark_store_page(g, h, e) < 0)
			return -1;
		if (xc_hvm_param_set(h->xch, g->domid, HVM_PARAM_STORE_PFN, g->store_gfn) < 0)
			return host_error(h, e, "cannot tell the domain where its store is");
	}
	if (store_add_guest(g, h, e) < 0)
		return -1;
	/* The domain is in the store now, and stays there: what is missing is said. */
	g->handed_over = true;
	return devmodel_handed_over(&g->model, g, h, e);
}

/* True while the hypervisor knows the domain, or does not say. */
static bool domain_there(struct host *h, uint32_t domid)
{
	xc_domaininfo_t info;
	const int n = xc_domain_getinfolist(h->xch, domid, 1, &info);

	return n < 0 || (n == 1 && info.domain == domid);
}

int guest_destroy(struct guest *g, struct host *h, struct err *e)
{
	const uint64_t deadline = clock_ns() + GONE_TIMEOUT_NS;
	const uint32_t domid = g->domid;
	struct err model = {.msg = ""};
	int rc;

	if (domid == NO_DOMAIN)
		return 0;
	/* What still runs gets nothing more done with its devices. */
	xc_domain_pause(h->xch, domid);
	/* A device model that can't be ended is said; the domain goes all the same. */
	rc = devmodel_end(&g->model, g, h, &model);
	store_remove_guest(g, h);
	xenlog_clear(&h->log);
	/* ESRCH: somebody else destroyed it, which is what was wanted. */
	if (xc_domain_destroy(h->xch, domid) < 0 && errno != ESRCH) {
		host_error(h, e, "cannot destroy domain %u", domid);
		return rc < 0 ? err_prefix(e, "[%.200s] ", model.msg) : -1;
	}
	xenlog_clear(&h->log);
	g->domid = NO_DOMAIN;
	g->console_port = g->store_port = 0;
	g->console_gfn = g->store_gfn = 0;
	g->handed_over = false;
	for (size_t i = 0; g->vifs && i < g->cfg->nr_vifs; i++)
		g->vifs[i].plugged = false;
	while (domain_there(h, domid)) {
		if (clock_ns() > deadline) {
			err_set(e,
				"domain %u is destroyed but not gone: something in dom0 still "
				"maps its memory",
				domid);
			return rc < 0 ? err_prefix(e, "[%.200s] ", model.msg) : -1;
		}
		usleep(GONE_POLL_US);
	}
	if (rc < 0)
		*e = model;
	return rc;
}
