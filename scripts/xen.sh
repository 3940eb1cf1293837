# Xen's libraries, headers and daemons, and XZ Embedded, from a Xen source tree: recipes that build-libs
# sources. They are run in an empty directory of their own; results go to ./stage/{include,lib,bin}.
# shellcheck shell=sh
# shellcheck source=scripts/xen-headers.sh
. "${root:?}/scripts/xen-headers.sh"
: "${CC:?}" "${out:?}" "${jobs:?}" "${flags_all:?}" "${flags_small:?}"

# The parts of a Xen tree that all this is made from. The store's daemon and its clients are in
# tools/xenstore, or, from Xen 4.18 on, in tools/xenstored and tools/xs-clients.
xen_parts='Config.mk version.sh config xen tools/Rules.mk tools/cross-install tools/include
	tools/libs tools/libacpi tools/console tools/xenstore tools/xenstored tools/xs-clients'

xen_parts_of() {
	for part in $xen_parts; do
		[ ! -e "$1/$part" ] || printf '%s\n' "$part"
	done
}

# copy_xen: XEN_SRC to ./src without what a build there left behind, which would be glibc's, and
# whose links in tools/include lead back there.
copy_xen() {
	mkdir src
	xen_parts_of "$XEN_SRC" >parts
	tar -C "$XEN_SRC" --exclude='*.o' --exclude='*.a' --exclude='*.so' --exclude='*.so.*' \
		--exclude='.*.d' --exclude='.*.d2' --exclude='.git' --exclude='.config' \
		--exclude='config/*s.mk' --exclude='tools/include/xen' \
		--exclude='tools/include/acpi' --exclude='tools/include/xen-xsm' \
		--exclude='tools/include/xen-foreign/*.h' \
		-T parts -cf src.tar
	tar -C src -xf src.tar
	rm src.tar
}

# Stands in for ./configure, which wants the headers of everything that any of Xen's tools needs.
configure_xen() {
	cat >src/config/Paths.mk <<-'END'
		prefix := /usr
		libdir := /usr/lib
		includedir := /usr/include
	END
	cat >src/config/Tools.mk <<-'END'
		-include $(XEN_ROOT)/config/Paths.mk
		CONFIG_WERROR := n
		PYTHON := python3
		IASL := iasl
		AWK := awk
		PTHREAD_CFLAGS := -pthread
		XEN_RUN_STORED := /run/xenstored
	END
	cat >src/tools/config.h <<-'END'
		#define XEN_RUN_DIR "/run/xen"
		#define XEN_LOG_DIR "/var/log/xen"
		#define XEN_LIB_DIR "/var/lib/xen"
		#define XEN_DUMP_DIR "/var/lib/xen/dump"
		#define XEN_RUN_STORED "/run/xenstored"
		#define INCLUDE_ENDIAN_H <endian.h>
	END
	# Some of these lack it in the unpacked source package; the headers' Makefile runs them.
	chmod +x src/version.sh src/tools/cross-install src/xen/xsm/flask/policy/mkflask.sh
}

xen_define='' xen_speed='' xen_allocator=''

# make_xen ARGUMENT...: make with the variables that every directory gets. Saving and restoring
# domains is not earlydom's job.
make_xen() {
	xen_flags="${xen_speed:-$flags_small} -ffile-prefix-map=$PWD/src=."
	xen_flags="$xen_flags -isystem $out/kernel-include -isystem $out/include $xen_define"
	make -j "$jobs" CC="$CC" HOSTCC=gcc XEN_TARGET_ARCH=x86_64 \
		nosharedlibs=y debug=n CONFIG_MIGRATE=n EXTRA_CFLAGS_XEN_TOOLS="$xen_flags" "$@"
}

# The ACPI tables of a PVH guest. libacpi has no build of its own: its users compile it, and give it
# the few things that it wants from them.
build_acpi() {
	mkdir acpi
	make_xen -C src/tools/libacpi ACPI_BUILD_DIR="$PWD/acpi" DSDT_FILES=dsdt_pvh.c all
	cat >acpi/stdutils.h <<-'END'
		#include <assert.h>
		#include <stdbool.h>
		#include <stddef.h>
		#include <stdint.h>
		#include <stdio.h>
		#include <string.h>
		#include <xen/xen.h>
		#define ASSERT(x) assert(x)
		#define printf(...) fprintf(stderr, __VA_ARGS__)
		static inline int test_bit(unsigned int b, const void *p)
		{
			return !!(((const uint8_t *)p)[b >> 3] & (1u << (b & 7)));
		}
	END
	cat >acpi/Makefile <<-'END'
		vpath %.c ../src/tools/libacpi
		libacpi.a: build.o static_tables.o dsdt_pvh.o; $(AR) rcs $@ $^
	END
	acpi_flags="$flags_small -std=gnu99 -fno-strict-aliasing -ffile-prefix-map=$PWD/src=."
	acpi_flags="$acpi_flags -D__XEN_TOOLS__ -DCONFIG_X86 -DLIBACPI_STDUTILS=\\\"stdutils.h\\\""
	acpi_flags="$acpi_flags -I. -I../src/tools/libacpi -I../src/tools/include"
	make -j "$jobs" -C acpi CC="$CC" CFLAGS="$acpi_flags"
	cp acpi/libacpi.a stage/lib/
	mkdir stage/include/acpi
	cp src/tools/libacpi/libacpi.h stage/include/acpi/
	cp "$root/xen-private/acpi/dsdt_pvh.h" stage/include/acpi/
}

# manage is not in every version.
xen_libs='toolcore toollog call evtchn gnttab foreignmemory devicemodel hypfs manage ctrl guest store'

# What libxenctrl calls, and it.
xen_calls='ctrl foreignmemory devicemodel gnttab evtchn call toollog toolcore'

# xen_version NAME TREE: 4 for VERSION, 17 for SUBVERSION.
xen_version() {
	sed -n "s/^export XEN_$1 *= *\([0-9][0-9]*\) *\$/\1/p" "$2/xen/Makefile"
}

# xen_program PATH LIB...: links PATH, a program of the source tree, statically into ./stage/bin. Xen's
# makefiles name the libraries that a program calls, and leave those that these call to the dynamic linker.
xen_program() {
	path=$1
	shift
	libs=$(printf " -lxen%s" "$@")
	make_xen -C "src/${path%/*}" APPEND_LDFLAGS="-L$PWD/stage/lib $libs $xen_allocator" \
		PREPEND_LDFLAGS_XEN_TOOLS='-static -no-pie -Wl,--gc-sections -Wl,-z,noexecstack -Wl,--build-id=none' \
		"${path##*/}"
	mkdir -p stage/bin
	strip -s -R .comment -R .note.gnu.property -o "stage/bin/${path##*/}" "src/$path"
}

# The daemons, and the store's client: one program that goes by what it is called (xenstore-ls ...)
# or by its first argument (xenstore ls).
build_daemons() {
	store=tools/xenstore clients=tools/xenstore manage=''
	[ ! -d src/tools/xenstored ] || store=tools/xenstored
	[ ! -d src/tools/xs-clients ] || clients=tools/xs-clients
	[ ! -d src/tools/libs/manage ] || manage=manage
	# A guest waits for what the store does, which is made of small blocks that are allocated and freed.
	(
		xen_speed="-O2 $flags_all" xen_allocator="-L$out/lib -lmimalloc"
		# shellcheck disable=SC2086 # a list of words
		xen_program "$store/xenstored" $manage $xen_calls
	)
	# shellcheck disable=SC2086 # a list of words
	xen_program tools/console/daemon/xenconsoled store $xen_calls
	xen_program "$clients/xenstore" store toolcore
}

build_xen() {
	if [ -n "$XEN_SRC" ]; then copy_xen; else unpack xen; fi
	configure_xen
	make_xen -C src/tools/include all
	for lib in $xen_libs; do
		[ -d "src/tools/libs/$lib" ] || continue
		# Xen's makefile turns libxenstore's reading thread on for the shared library alone. A
		# client without one fails when a watch's event comes before the reply to a request.
		make_xen -C "src/tools/libs/$lib" CFLAGS_xs.o=-DUSE_PTHREAD "libxen$lib.a"
		cp "src/tools/libs/$lib/libxen$lib.a" stage/lib/
	done
	# libxenguest's kernel loaders register themselves in constructors. The program has none of them; the test
	# that compares them with its own links the archive as a whole. That of bzImages would bring
	# decompressors of its own, which nothing needs.
	ar t stage/lib/libxenguest.a | sed -n '/^xg_dom_\(bzimageloader\|decompress.*\)[.]o$/p' |
		xargs -r ar d stage/lib/libxenguest.a
	build_acpi
	build_daemons

	# xen/asm and xen/lib are the hypervisor's own.
	cp src/tools/include/xen*.h stage/include/
	cp -RL src/tools/include/xen stage/include/
	rm -rf stage/include/xen/asm stage/include/xen/lib
	rm -f stage/include/xenstat.h stage/include/xen-sd-notify.h
	find stage/include/xen -type f ! -name '*.h' -delete
	kernel_loader_header src >stage/include/xen-kernel-loader.h
	xz_embedded src stage/include
	xen_version_header "$(xen_version VERSION src)" "$(xen_version SUBVERSION src)" \
		>stage/include/xen-version.h
}
