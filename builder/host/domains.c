#include "domains.h"

#include <string.h>

int domain_of_uuid(struct host *h, const uint8_t uuid[16], uint32_t from, xc_domaininfo_t *info,
		   struct err *e)
{
	xc_domaininfo_t some[64];
	int n;

	do {
		n = xc_domain_getinfolist(h->xch, from, 64, some);
		if (n < 0)
			return host_error(h, e, "cannot ask for the domains");
		for (int i = 0; i < n; i++) {
			from = some[i].domain + 1u;
			if (memcmp(some[i].handle, uuid, 16) != 0 ||
			    some[i].flags & XEN_DOMINF_dying)
				continue;
			*info = some[i];
			return 1;
		}
	} while (n == 64);
	return 0;
}
