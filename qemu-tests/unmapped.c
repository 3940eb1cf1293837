/*
 * unmapped: whether pages of a guest are out of reach once builder/host/unmap.c has cleared them,
 *with the real hypervisor and the real kernel of dom0. Run in dom0 while there is an hvm or pvh
 *guest of more than 24 MiB: maps pages of the first one, looks at each, clears them, looks again,
 *and prints
 *
 *	N pages, N to be read, then N
 *
 * What it maps afterwards in their place has to be memory of its own: it ends with `mixed up` if
 *not.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <xenforeignmemory.h>

#include "builder/host/host.h"

#define FIRST_GFN 0x1000 /* 16 MiB, where Linux is */
#define PAGES     1500   /* more than one hypercall clears */

static sigjmp_buf fault;

static void on_fault(int number)
{
	(void)number;
	siglongjmp(fault, 1);
}

static int complain(const char *what)
{
	perror(what);
	return 1;
}

static bool readable(const volatile uint8_t *page)
{
	if (sigsetjmp(fault, 1))
		return false;
	(void)*page;
	return true;
}

static unsigned count(const uint8_t *at)
{
	unsigned i, n = 0;

	for (i = 0; i < PAGES; i++)
		n += readable(at + (size_t)i * XC_PAGE_SIZE);
	return n;
}

/* The domid of a guest that has page numbers of its own; 0 for none. */
static uint32_t find_guest(struct host *h)
{
	xc_domaininfo_t info[8];
	const int n = xc_domain_getinfolist(h->xch, 1, 8, info);
	int i;

	for (i = 0; i < n; i++)
		if (info[i].flags & XEN_DOMINF_hvm_guest && !(info[i].flags & XEN_DOMINF_dying))
			return info[i].domain;
	return 0;
}

static void *map(uint32_t domid)
{
	xenforeignmemory_handle *fmem = xenforeignmemory_open(NULL, 0);
	static xen_pfn_t gfns[PAGES];
	static int errs[PAGES];
	unsigned i;
	void *at;

	for (i = 0; i < PAGES; i++)
		gfns[i] = FIRST_GFN + i;
	at = fmem ? xenforeignmemory_map(fmem, domid, PROT_READ, PAGES, gfns, errs) : NULL;
	for (i = 0; at && i < PAGES; i++)
		if (errs[i])
			return NULL;
	return at;
}

int main(void)
{
	const size_t len = (size_t)PAGES * XC_PAGE_SIZE;
	unsigned before, after;
	uint8_t *at, *own;
	struct host h = {0};

	xenlog_init(&h.log, false);
	h.xch = xc_interface_open(NULL, NULL, 0);
	if (!h.xch)
		return complain("the hypervisor");
	at = map(find_guest(&h));
	if (!at)
		return complain("a guest's pages");
	signal(SIGBUS, on_fault);
	signal(SIGSEGV, on_fault);
	before = count(at);
	unmap_pages(&h.unmapper, &h.log, at, PAGES);
	after = count(at);
	if (munmap(at, len) < 0)
		return complain("munmap");
	own = mmap(at, len, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (own != at)
		return complain("memory in their place");
	for (size_t i = 0; i < len; i++)
		if (own[i]) {
			printf("mixed up\n");
			return 1;
		}
	printf("%u pages, %u to be read, then %u\n", PAGES, before, after);
	unmap_end(&h.unmapper);
	xc_interface_close(h.xch);
	return 0;
}
