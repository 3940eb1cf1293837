#include "e820_host.h"

#include <string.h>

#define MIB1 (UINT64_C(1) << 20)
#define GIB4 (UINT64_C(1) << 32)

static int add(struct e820_map *m, uint64_t from, uint64_t to, uint32_t type, struct err *e)
{
	if (from >= to)
		return 0;
	if (m->n == E820_FILE_MAX)
		return err_set(e, "the host's memory map has too many ranges");
	m->v[m->n++] = (struct e820entry){from, to - from, type};
	return 0;
}

static uint64_t end_of(const struct e820entry *r)
{
	return r->addr + r->size;
}

/* What the guest sees as it is on the host. */
static bool is_kept(const struct e820entry *r)
{
	return r->addr > MIB1 && r->type != E820_RAM && r->type != E820_UNUSABLE;
}

/* Where the first of them begins, and the last one ends: nowhere, and 0, when there is none. */
static void find_kept(const struct e820_map *host, uint64_t *first, uint64_t *last)
{
	*first = UINT64_MAX;
	*last = 0;
	for (size_t i = 0; i < host->n; i++) {
		const struct e820entry *r = &host->v[i];

		if (!is_kept(r))
			continue;
		*first = r->addr < *first ? r->addr : *first;
		*last = end_of(r) > *last ? end_of(r) : *last;
	}
}

int e820_host_map(const struct e820_map *host, uint64_t ram_kib, uint64_t balloon_kib,
		  struct e820_map *out, struct err *e)
{
	const uint64_t ram = ram_kib << 10;
	uint64_t first, last, low, more;

	out->n = 0;
	find_kept(host, &first, &last);
	low = ram < first ? ram : first;
	if (add(out, 0, low, E820_RAM, e) < 0)
		return -1;
	/* A gap would be room for devices to Linux. */
	if (first != UINT64_MAX && add(out, low, first, E820_UNUSABLE, e) < 0)
		return -1;
	for (size_t i = 0; i < host->n; i++) {
		const struct e820entry *r = &host->v[i];
		const bool memory = r->type == E820_RAM && r->addr >= first && r->addr < GIB4;

		if ((is_kept(r) || memory) &&
		    add(out, r->addr, end_of(r), memory ? E820_UNUSABLE : r->type, e) < 0)
			return -1;
	}
	more = ram - low + (balloon_kib << 10);
	if (!more)
		return 0;
	last = last > GIB4 ? last : GIB4;
	return add(out, last, last + more, E820_RAM, e);
}

int e820_host_set(const struct guest *g, struct host *h, struct err *e)
{
	const struct guest_config *cfg = g->cfg;
	struct e820_map host, map;
	int n;

	n = xc_get_machine_memory_map(h->xch, host.v, E820_FILE_MAX);
	if (n < 0)
		return host_error(h, e, "cannot ask for the host's memory map (e820_host)");
	host.n = (size_t)n;
	if (e820_host_map(&host, cfg->memory_kib, cfg->maxmem_kib - cfg->memory_kib, &map, e) < 0)
		return err_prefix(e, "e820_host: ");
	if (xc_domain_set_memory_map(h->xch, g->domid, map.v, (uint32_t)map.n) < 0)
		return host_error(h, e, "cannot give the domain its memory map (e820_host)");
	return 0;
}
