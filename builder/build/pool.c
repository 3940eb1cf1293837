#include "pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* xen-init-dom0's name for it (tools/helpers/xen-init-dom0.c). */
#define POOL_0_NAME "Pool-0"

/* The pool with that number, or NULL; the hypervisor answers with the next higher one that it has.
 */
static xc_cpupoolinfo_t *pool_info(struct host *h, uint32_t id)
{
	xc_cpupoolinfo_t *info = xc_cpupool_getinfo(h->xch, id);

	if (!info || info->cpupool_id == id)
		return info;
	xc_cpupool_infofree(h->xch, info);
	errno = ENOENT;
	return NULL;
}

static int check_there(struct host *h, uint32_t id, struct err *e)
{
	xc_cpupoolinfo_t *info = pool_info(h, id);

	if (!info && errno == ENOENT)
		return err_set_passing(e, "pool: the host has no cpu pool %u", id);
	if (!info)
		return host_error(h, e, "cannot ask for cpu pool %u (pool)", id);
	xc_cpupool_infofree(h->xch, info);
	return 0;
}

static bool has_name(struct host *h, uint32_t id, const char *name)
{
	char path[48], *text;
	unsigned len;
	bool same;

	snprintf(path, sizeof(path), "/local/pool/%u/name", id);
	text = xs_read(h->xsh, XBT_NULL, path, &len);
	same = text && !strcmp(text, name);
	free(text);
	return same;
}

static int find_by_name(const char *name, struct host *h, uint32_t *id, struct err *e)
{
	xc_cpupoolinfo_t *info;

	if (!strcmp(name, POOL_0_NAME)) {
		*id = POOL_0;
		return 0;
	}
	if (!h->xsh)
		return err_set_passing(
			e,
			"pool: '%.64s' can't be found without a store, which has the "
			"names of cpu pools; its number can",
			name);
	for (uint32_t next = 0; (info = xc_cpupool_getinfo(h->xch, next));) {
		*id = info->cpupool_id;
		next = *id + 1;
		xc_cpupool_infofree(h->xch, info);
		if (has_name(h, *id, name))
			return 0;
	}
	if (errno != ENOENT)
		return host_error(h, e, "cannot ask for the cpu pools (pool)");
	xenlog_clear(&h->log);
	return err_set_passing(e, "pool: the host has no cpu pool '%.64s'", name);
}

int pool_find(const struct guest_config *cfg, struct host *h, uint32_t *id, struct err *e)
{
	const char *text = cfg->domain.pool;
	unsigned long n;
	char *end;

	*id = POOL_0;
	if (!text)
		return 0;
	errno = 0;
	n = strtoul(text, &end, 10);
	if (text[strspn(text, "0123456789")])
		return find_by_name(text, h, id, e);
	if (errno || n >= XC_CPUPOOL_POOLID_ANY || *end)
		return err_set(e, "pool: '%.64s' is no number of a cpu pool", text);
	*id = (uint32_t)n;
	return check_there(h, *id, e);
}

int pool_look(struct host *h, uint32_t id, int *scheduler, uint8_t **cpus, struct err *e)
{
	const size_t len = (h->nr_cpus + 7) / 8;
	xc_cpupoolinfo_t *info = pool_info(h, id);

	if (!info)
		return host_error(h, e, "cannot ask the hypervisor for cpu pool %u", id);
	if (scheduler)
		*scheduler = (int)info->sched_id;
	if (cpus) {
		*cpus = calloc(1, len);
		if (*cpus)
			memcpy(*cpus, info->cpumap, len);
	}
	xc_cpupool_infofree(h->xch, info);
	return cpus && !*cpus ? err_set_passing(e, "out of memory") : 0;
}
