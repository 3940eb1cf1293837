#include "free_memory.h"

int free_memory(xc_interface *xch, struct xenlog *log, uint64_t *kib, struct err *e)
{
	xc_physinfo_t info;

	if (xc_physinfo(xch, &info) < 0)
		return xenlog_error(log, e, "cannot ask the hypervisor for its free memory");
	/* Pages that another domain has claimed and not taken yet are counted as free by Xen. */
	*kib = info.free_pages > info.outstanding_pages
		       ? (info.free_pages - info.outstanding_pages) * (XC_PAGE_SIZE / 1024)
		       : 0;
	return 0;
}
