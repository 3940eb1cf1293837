/* Memory that the host keeps for devices, as the hypervisor tells of it. */
#include "state.h"

#include <errno.h>

int xc_reserved_device_memory_map(xc_interface *xch, uint32_t flags, uint16_t seg, uint8_t bus,
				  uint8_t devfn, struct xen_reserved_device_memory entries[],
				  uint32_t *max_entries)
{
	const uint32_t sbdf = (uint32_t)seg << 16 | (uint32_t)bus << 8 | devfn, room = *max_entries;
	const struct fake_host *h;

	(void)xch;
	if (!fake_enter(__func__))
		return fake_leave(-1);
	h = fake_host();
	*max_entries = 0;
	for (unsigned i = 0; i < h->nr_rdms; i++) {
		const struct fake_rdm *r = &h->rdms[i];

		if (!(flags & XENMEM_RDM_ALL) && r->sbdf != sbdf)
			continue;
		if (*max_entries < room)
			entries[*max_entries] =
				(struct xen_reserved_device_memory){r->pfn, r->pages};
		(*max_entries)++;
	}
	return *max_entries > room ? fake_refuse(ENOBUFS) : fake_leave(0);
}
