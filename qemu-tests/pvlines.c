/*
 * pvlines DOMID START END TEXT: what a pv guest's kernel has in its memory from each TEXT on, up to
 * a byte that is no text. For kernels whose first lines go to the hypervisor, which keeps them to
 * itself. The addresses are virtual ones of vcpu 0, hexadecimal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define XC_WANT_COMPAT_MAP_FOREIGN_API
#include <xenctrl.h>

/* len bytes of one page, so that what a page's end cuts is shown cut. */
static void show(const char *page, const char *text)
{
	const size_t len = strlen(text);

	for (size_t at = 0; at + len <= XC_PAGE_SIZE; at++) {
		if (memcmp(page + at, text, len) != 0)
			continue;
		for (; at < XC_PAGE_SIZE; at++) {
			if (page[at] != '\n' && (page[at] < ' ' || page[at] > '~'))
				break;
			putchar(page[at]);
		}
		putchar('\n');
	}
}

int main(int argc, char **argv)
{
	xc_interface *xch = xc_interface_open(NULL, NULL, 0);
	unsigned long va, end;
	uint32_t domid;

	if (argc != 5 || !xch) {
		fprintf(stderr, "usage, in dom0: pvlines DOMID START END TEXT\n");
		return 2;
	}
	domid = (uint32_t)strtoul(argv[1], NULL, 10);
	end = strtoul(argv[3], NULL, 16);
	for (va = strtoul(argv[2], NULL, 16); va < end; va += XC_PAGE_SIZE) {
		const unsigned long mfn = xc_translate_foreign_address(xch, domid, 0, va);
		char *page =
			mfn ? xc_map_foreign_range(xch, domid, XC_PAGE_SIZE, PROT_READ, mfn) : NULL;

		if (!page)
			continue;
		show(page, argv[4]);
		munmap(page, XC_PAGE_SIZE);
	}
	xc_interface_close(xch);
	return 0;
}
