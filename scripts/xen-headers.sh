# What Xen's installed headers lack, made from a Xen source tree: for xen.sh and dev-libs.
# shellcheck shell=sh

# xen_version_header MAJOR MINOR: on stdout.
xen_version_header() {
	cat <<-END
		/* The version of Xen whose libraries and headers these are. */
		#ifndef XEN_LIBS_VERSION_H
		#define XEN_LIBS_VERSION_H

		#define XEN_LIBS_MAJOR ${1:?no XEN_VERSION in xen/Makefile}
		#define XEN_LIBS_MINOR ${2:?no XEN_SUBVERSION in xen/Makefile}
		#define XEN_LIBS_VERSION "$1.$2"

		#endif
	END
}

# kernel_loader_header TREE: what a loader of kernels is to libxenguest, which keeps that in a header of
# its own, on stdout.
kernel_loader_header() {
	private=$1/tools/libs/guest/xg_private.h
	grep -q '^struct xc_dom_loader' "$private" || return 1
	cat <<-'END'
		/* A loader of kernels for libxenguest, from Xen's tools/libs/guest/xg_private.h. */
		#ifndef XEN_KERNEL_LOADER_H
		#define XEN_KERNEL_LOADER_H

		#include <xen/libelf/libelf.h>
		#include <xenguest.h>

	END
	sed -n '/^struct xc_dom_loader {/,/^};/p' "$private"
	printf '\n#endif\n'
}

# xz_embedded TREE INCLUDE: XZ Embedded, which the hypervisor unpacks dom0's kernel with: sources, for a
# file of earlydom to include. So it is one translation unit with what it is called from, and the unit
# tests and the fuzzers have it with their sanitizers.
xz_embedded() {
	mkdir "$2/xz-embedded"
	for file in dec_bcj.c dec_lzma2.c dec_stream.c lzma2.h private.h stream.h; do
		cp "$1/xen/common/xz/$file" "$2/xz-embedded/"
	done
}
