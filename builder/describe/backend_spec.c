#include "backend_spec.h"

#include <stdlib.h>
#include <string.h>

#include <xen/xen.h>

#include "builder/guest/guest_config.h"

#define DIGITS "0123456789"

bool backend_is_number(const char *domain, uint32_t *domid)
{
	unsigned long n;

	if (domain[strspn(domain, DIGITS)])
		return false;
	n = strtoul(domain, NULL, 10);
	*domid = n < DOMID_INVALID ? (uint32_t)n : DOMID_INVALID;
	return true;
}

bool backend_is_dom0(const char *domain)
{
	uint32_t domid;

	return !domain || !strcmp(domain, "Domain-0") ||
	       (backend_is_number(domain, &domid) && !domid);
}

int backend_check(const char *domain, struct err *e)
{
	uint32_t domid;

	if (!domain)
		return 0;
	/* xl sets no bound. */
	if (strlen(domain) > CONFIG_NAME_MAX)
		return err_set(e, "backend is longer than %d characters", CONFIG_NAME_MAX);
	for (const char *p = domain; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f || *p == '/')
			return err_set(e, "backend '%s' is not the name of a domain", domain);
	if (backend_is_number(domain, &domid) && domid >= DOMID_FIRST_RESERVED)
		return err_set(e, "backend %s is not the number of a domain: that is below %d",
			       domain, DOMID_FIRST_RESERVED);
	return 0;
}

bool backend_same(const char *a, const char *b)
{
	uint32_t x, y;

	if (backend_is_dom0(a) || backend_is_dom0(b))
		return backend_is_dom0(a) && backend_is_dom0(b);
	if (backend_is_number(a, &x) && backend_is_number(b, &y))
		return x == y;
	return !strcmp(a, b);
}
