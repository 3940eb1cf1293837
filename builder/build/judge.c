#include "judge.h"

#include <elf.h>
#include <string.h>

#include "builder/host/free_memory.h"
#include "builder/image/firmware.h"
#include "builder/image/image_files.h"
#include "builder/image/image_type.h"
#include "builder/jail/memmap_file.h"
#include "create.h"

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
	return err_set_passing(
		e,
		"not enough host memory: it needs %llu MiB in all, the hypervisor has %llu MiB "
		"free (dom0_mem= on Xen's command line leaves it more)",
		(unsigned long long)(need + 1023) / 1024, (unsigned long long)free_kib / 1024);
}

static int check_bits(const struct guest *g, const struct host *h, const struct kernel_facts *k,
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

/* Whether kernel, ramdisk and memory go together, of a guest that starts with its kernel. */
static int check_kernel(const struct guest *g, const struct image_type *type, const struct host *h,
			const struct kernel_facts *k, struct err *e)
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
		if (type->check_file(g->kernel->starter, g->cfg, g->kernel->fd, g->kernel->size,
				     e) < 0)
			return -1;
	}
	return type->check_memory(g->cfg, NULL, files, e);
}

static int check_files(const struct guest *g, const struct image_type *type, const struct host *h,
		       const struct kernel_facts *k, struct err *e)
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
	if (jail_memmap(g->memmap->starter, cfg->memmap, g->memmap->fd, g->memmap->size, space, e) <
		    0 ||
	    e820_check_memory(space, cfg->memory_kib - cfg->videoram_kib, cfg->memmap, e) < 0)
		return err_prefix(e, "memmap ");
	*map = space;
	return 0;
}

int judge(const struct guest *g, struct host *h, const struct kernel_facts *k,
	  struct e820_map *space, const struct e820_map **map, struct err *e)
{
	if (check_files(g, image_type_find(g->cfg->image), h, k, e) < 0 ||
	    read_memmap(g, space, map, e) < 0)
		return -1;
	return check_host_memory(g, h, e);
}
