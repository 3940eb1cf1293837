/*
 * Loads a file by libxenguest's own loader and by ours, into a domain each, and says in one line
 * whether both came to the same: for qemu-tests/loader.t, on the host and in dom0. Arguments:
 * pv|pvh|firmware KERNEL [RAMDISK|BIOS].
 */
#include <stdio.h>
#include <string.h>

#include "compare.h"

int main(int argc, char **argv)
{
	struct comparison c;
	enum compare_as as;

	if (argc < 3) {
		fprintf(stderr, "usage: compare_files pv|pvh|firmware KERNEL [RAMDISK|BIOS]\n");
		return 2;
	}
	as = !strcmp(argv[1], "pv")    ? COMPARE_PV
	     : !strcmp(argv[1], "pvh") ? COMPARE_PVH
				       : COMPARE_FIRMWARE;
	compare_loaders(as, argv[2], argc > 3 ? argv[3] : NULL, &c);
	printf("%s\n", c.not_theirs ? "libxenguest has no loader for it"
		       : c.text[0]  ? c.text
				    : "the same");
	return 0;
}
