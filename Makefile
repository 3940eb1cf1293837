# earlydom: make, make demo, make test (see README.md and CONTRIBUTING.md).

# Libraries from source, static with musl; or with XEN_DEV=1 those that the distribution installs.
XEN_DEV ?=
$(if $(filter-out 1,$(XEN_DEV)),$(error XEN_DEV=$(XEN_DEV): it is 1 or nothing))

BUILD   ?= build$(if $(XEN_DEV),/dev)
LIBS    := $(BUILD)/libs
ifdef XEN_DEV
LIBS_STAMP := $(LIBS)/stamp/dev
# The distribution has its own.
DAEMONS :=
else
LIBS_STAMP := $(addprefix $(LIBS)/stamp/,zlib xz zstd lz4 md mimalloc blkid cmocka xen)
# From the same Xen source as the libraries; for the image, where guests have a store.
DAEMONS := $(BUILD)/xenstored $(BUILD)/xenconsoled
endif
VERSION := 0.2.0
PREFIX  ?= /usr/local

# The distribution's libraries are made for its C library.
CC     := $(if $(XEN_DEV),gcc,musl-gcc)
HOSTCC := gcc
STRIP  := strip

# What one kernel may unpack to, in MiB, and what a guest's console log may hold, in bytes.
UNPACK_MAX_MIB ?= 512
CONLOG_MAX     ?= 262144

# gnu11, not c11: Xen's public headers use GNU's anonymous structures and their alignment attribute.
WARN     := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef
CPPFLAGS := -D_GNU_SOURCE -D__XEN_TOOLS__=1 -DEARLYDOM_VERSION='"$(VERSION)"' \
	    -DUNPACK_MAX_MIB=$(UNPACK_MAX_MIB) -DCONLOG_MAX=$(CONLOG_MAX)
CFLAGS   := -std=gnu11 $(WARN) -Os -g -fno-pie -fstack-protector-strong -fno-asynchronous-unwind-tables \
	    -ffunction-sections -fdata-sections
INCLUDES := -I. -isystem $(LIBS)/include $(if $(XEN_DEV),,-isystem $(LIBS)/kernel-include)
# One segment for all that is not written: three would each be filled up to a page, with 10 KiB in all.
LDFLAGS  := -static -no-pie -Wl,--gc-sections -Wl,-z,noexecstack -Wl,-z,noseparate-code -Wl,--build-id=none

# For those who package it, behind the others.
CPPFLAGS += $(EXTRA_CPPFLAGS)
CFLAGS   += $(EXTRA_CFLAGS)
LDFLAGS  += $(EXTRA_LDFLAGS)

CODECS := -lz -llzma -lzstd -llz4
ifdef XEN_DEV
# Found when something is linked.
LDLIBS  = -L$(LIBS)/lib -lxenguest -lacpi $(shell scripts/dev-libs -p)
else
LDLIBS := -L$(LIBS)/lib -lxenguest -lacpi -lxenctrl -lxenforeignmemory -lxengnttab -lxenevtchn \
	  -lxendevicemodel -lxencall -lxentoollog -lxenstore -lxentoolcore $(CODECS) -lmd -lblkid -lpthread
endif

ALL_C  := $(sort $(filter-out builder/fake/%,$(wildcard base/*.c base/test/*.c loaders/*.c loaders/test/*.c \
	  builder/*/*.c builder/*/test/*.c)))
TESTS  := $(filter %_test.c,$(ALL_C))
FUZZ   := $(filter %_fuzz.c,$(ALL_C))
SRCS   := $(filter-out $(TESTS) $(FUZZ),$(ALL_C))
OBJS   := $(SRCS:%.c=$(BUILD)/obj/%.o)

# The device model of vmx guests; what it shares with the program needs none of Xen's libraries.
MODEL_C      := $(sort $(wildcard model/*.c model/test/*.c))
MODEL_TESTS  := $(filter %_test.c,$(MODEL_C))
MODEL_FUZZ   := $(filter %_fuzz.c,$(MODEL_C))
MODEL_SHARED := $(patsubst %,base/%.c,bounded_log capabilities close_files diag err leave_root rate seccomp seccomp_x86 \
		suggest text_file) \
		$(patsubst %,builder/describe/%.c,descriptor scan value)
MODEL_SRCS   := $(filter-out $(MODEL_TESTS) $(MODEL_FUZZ) model/fake.c,$(MODEL_C))
MODEL_OBJS   := $(patsubst %.c,$(BUILD)/obj/%.o,$(MODEL_SRCS) $(MODEL_SHARED))
MODEL_LDLIBS := -L$(LIBS)/lib -lxendevicemodel -lxenforeignmemory -lxenevtchn -lxencall -lxentoollog \
		-lxentoolcore

.PHONY: all libs machine dom0root xen-pv32 demo test check lint qemu-test size parsers install install-release clean
all: $(BUILD)/earlydom $(BUILD)/earlydom-model $(DAEMONS)

# The libraries' own script knows whether there is anything to do; its stamps are newer when there was.
libs:
	@scripts/$(if $(XEN_DEV),dev,build)-libs -b $(BUILD)
$(LIBS_STAMP): libs
	@:

$(DAEMONS): $(BUILD)/%: $(LIBS_STAMP)
	install -m 0755 $(LIBS)/bin/$* $@

# Compiled anew with other libraries: their headers have what differs between releases of Xen.
$(BUILD)/obj/%.o: %.c Makefile $(LIBS_STAMP)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(INCLUDES) -MMD -MP -c $< -o $@

# XZ Embedded is in there, a codec like those of the libraries: built for speed, anew when it changes.
$(BUILD)/obj/loaders/xz_single.o: CFLAGS += -O2
$(BUILD)/obj/loaders/xz_single.o: $(LIBS_STAMP)

$(BUILD)/earlydom.debug: $(OBJS) $(LIBS_STAMP)
	$(CC) $(CFLAGS) $(LDFLAGS) $(OBJS) $(LDLIBS) -o $@

$(BUILD)/earlydom-model.debug: $(MODEL_OBJS) $(LIBS_STAMP)
	$(CC) $(CFLAGS) $(LDFLAGS) $(MODEL_OBJS) $(MODEL_LDLIBS) -o $@

$(BUILD)/earlydom $(BUILD)/earlydom-model: %: %.debug
	$(STRIP) -s -R .comment -R .note.gnu.property -o $@ $<

# What there is to carry for a guest without devices, and all that an image with a store has of us.
ifdef XEN_DEV # bounded by what the distribution's libraries are
size: $(BUILD)/earlydom $(BUILD)/earlydom-model
	@stat -c '%s bytes, %n' $^
else
size: $(BUILD)/earlydom $(DAEMONS) | $(BUILD)/earlydom-model
	@stat -c %s $< | awk '{ printf "%d bytes (%.0f KiB) stripped, of 1024 KiB allowed\n", $$1, $$1 / 1024; exit $$1 > 1024 * 1024 }'
	@stat -c %s $| | awk '{ printf "%d bytes (%.0f KiB) stripped, the device model, of 150 KiB allowed\n", $$1, $$1 / 1024; exit $$1 > 150 * 1024 }'
	@tar -cf - -C $(BUILD) $(^F) | gzip -9 | wc -c | awk '{ printf "%d bytes (%.0f KiB) compressed, with $(notdir $(DAEMONS)), of 1536 KiB allowed\n", $$1, $$1 / 1024; exit $$1 > 1536 * 1024 }'
endif

# libxenguest's own parsers and loaders of kernels, and what chooses one of them, are not in the program
# (builder/build/load.h): they come with its archive as a whole. A distribution's archive has no section for
# each function, so that what chooses comes with what is called; it has no loader to choose from.
ifdef XEN_DEV
PARSERS := xc_dom_probe_.*|(elf|hvm|bin|bzimage)_loader
else
PARSERS := xc_dom_(kernel_(mem|file)|parse_image|register_loader|probe_.*)|elf_(init|parse_binary|xen_parse|load_binary)|.*_loader
endif
parsers: $(BUILD)/earlydom.debug
	@nm $< | awk '$$3 == "xc_dom_build_image" { linked = 1 } \
		$$3 ~ /^($(PARSERS))$$/ && \
			$$2 != "U" { print "$<: has " $$3 " of libxenguest"; bad = 1 } END { exit bad || !linked }'

# Xen, dom0's kernel with its modules, another guest kernel, busybox, QEMU for vmx guests: from Debian's
# packages.
machine:
	@scripts/fetch -o $(BUILD) machine

# Installs what is missing, builds everything, boots Xen under QEMU and shows four guests that come up.
demo:
	@scripts/install-deps -m
	@$(MAKE) --no-print-directory all machine
	@mkdir -p $(BUILD)/demo
	@scripts/mkguest -o $(BUILD)/demo/guest.cpio
	@scripts/boot-test -c configs/demo -a $(BUILD)/machine/vmlinuz:/boot/vmlinuz \
		-a $(BUILD)/demo/guest.cpio:/boot/guest.cpio \
		-a $(BUILD)/earlydom-model:/usr/lib/earlydom/earlydom-model -l $(BUILD)/demo/log -t 300 -v \
		-e 'web:is up' -e 'db:is up' -e 'cache:is up' -e 'board:is up'

# Everything: what a host alone can tell, what xl says of it, then real boots.
test:
	@scripts/install-deps
	@$(MAKE) --no-print-directory check
	@$(MAKE) --no-print-directory xl-test
	@$(MAKE) --no-print-directory qemu-test

# What is quick and needs no boot: for every commit.
check:
	@$(MAKE) --no-print-directory -j $(JOBS) all unit-build fuzz-build
	@$(MAKE) --no-print-directory size parsers private-check lint unit fuzz bench-check completion-check dist-check renew-check

# What is declared for builds without Xen's source tree, against the one that there is.
.PHONY: private-check
private-check: $(LIBS_STAMP)
	@scripts/check-private -b $(BUILD)

# Compilers at a time, where nobody says otherwise; and fuzzers.
JOBS ?= $(shell nproc)

# What is completed; every command is.
.PHONY: completion-check
completion-check: $(BUILD)/earlydom
	@prove -e bash completion/earlydom.t :: $(BUILD)/earlydom

# When dpkg's trigger renews the initramfs.
.PHONY: renew-check
renew-check:
	@prove initramfs/renew-initramfs.t

-include tests.mk
-include bench/bench.mk
-include xl-tests/xl.mk

FORMATTED := $(wildcard base/*.[ch] base/test/*.[ch] loaders/*.[ch] loaders/test/*.[ch] builder/*/*.[ch] \
	     builder/*/test/*.[ch] builder/build/test/library/*.[ch] model/*.[ch] model/test/*.[ch] \
	     qemu-tests/*.[ch] qemu-tests/*/*.[ch] \
	     bench/*.[ch] scripts/*.[ch] xl-tests/*.[ch] xen-private/*.h xen-private/*/*.h)
SCRIPTS   := $(wildcard scripts/* initramfs/init initramfs/*.sh initramfs/hooks/* initramfs/scripts/*/* \
	     $(filter-out %.service,$(wildcard initramfs/dracut/*)) initramfs/stop-guests initramfs/renew-initramfs \
	     initramfs/renew-initramfs.t debian/earlydom.postinst .ci/run bench/run bench/inside.sh qemu-tests/lib/build-tools qemu-tests/lib/dom0-initramfs \
	     completion/earlydom completion/earlydom.t qemu-tests/lib/mkext4 qemu-tests/dom0root/usr/local/sbin/stage)

# No file is open in another program by accident: the calls that make one, for which clang-tidy knows O_CLOEXEC.
OPENING := '\<(open|openat|creat|fopen|socket|accept4?|pipe2?|dup|epoll_create1?|inotify_init1?|memfd_create)\('

lint:
	@scripts/check-includes
	@awk '{ gsub(/\t/, "        ") } length > 100 { print FILENAME ":" FNR ": longer than 100 columns"; bad = 1 } \
		END { exit bad }' $(filter-out builder/fake/golden_%,$(FORMATTED))
	@clang-format --dry-run --Werror $(FORMATTED)
	@shellcheck -x $(filter-out %.lock %.c %.ld,$(SCRIPTS))
	@cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr --enable=warning,performance,portability \
		--suppress=missingIncludeSystem -j 2 $(CPPFLAGS) $(SRCS) $(MODEL_SRCS)
	@clang-tidy --quiet --checks='-*,android-cloexec-*' --warnings-as-errors='*' $$(grep -lE $(OPENING) \
		$(SRCS) $(MODEL_SRCS)) -- -std=gnu11 $(CPPFLAGS) $(INCLUDES) 2>/dev/null
	@mandoc -T lint -W warning man/*.[58]

# A Debian root for dom0, which the tests switch to.
dom0root:
	@scripts/mkdom0root -o $(BUILD)

# A hypervisor for 32-bit PV guests, which Debian's does not run.
xen-pv32:
	@scripts/build-xen -b $(BUILD)

# Of other ways to a host this one is short enough.
HOSTS := qemu-tests/hosts/package.t

qemu-test: all machine dom0root xen-pv32 deb
	@mkdir -p $(BUILD)/qemu-tests
	prove --timer -I qemu-tests/lib qemu-tests/ $(HOSTS)

# Debian 13, dracut, UEFI, a PVH dom0; PCI devices beside xl's and by QEMU; and guests' memory in all sizes. Not a part of
# `make test`, which takes all the time that it may.
.PHONY: hosts-test
hosts-test: all machine dom0root deb
	@mkdir -p $(BUILD)/qemu-tests
	prove --timer -I qemu-tests/lib $(filter-out $(HOSTS),$(wildcard qemu-tests/hosts/*.t)) qemu-tests/more/
	ALL=1 prove --timer -I qemu-tests/lib qemu-tests/memory.t

# A package that has the files of initramfs-tools and systemd in /usr sets these two. dracut has one place.
INITRAMFS_TOOLS ?= /etc/initramfs-tools
SYSTEMD         ?= $(PREFIX)/lib/systemd/system
DRACUT          ?= /usr/lib/dracut/modules.d

# Settings that are there stay.
install: all
	install -D -m 0755 $(BUILD)/earlydom $(DESTDIR)$(PREFIX)/sbin/earlydom
	install -D -m 0755 -t $(DESTDIR)$(PREFIX)/lib/earlydom $(DAEMONS) $(BUILD)/earlydom-model \
		initramfs/stop-guests
	install -m 0644 -t $(DESTDIR)$(PREFIX)/lib/earlydom initramfs/contents.sh initramfs/boot.sh
	install -D -m 0644 man/earlydom.8 $(DESTDIR)$(PREFIX)/share/man/man8/earlydom.8
	install -D -m 0644 man/earlydom-model.8 $(DESTDIR)$(PREFIX)/share/man/man8/earlydom-model.8
	install -D -m 0644 man/earlydom.cfg.5 $(DESTDIR)$(PREFIX)/share/man/man5/earlydom.cfg.5
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/doc/earlydom/examples configs/examples/*.cfg
	install -D -m 0644 completion/earlydom \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/earlydom
	sed 's|^prefix=.*|prefix=$(PREFIX)|' initramfs/hooks/earlydom | \
		install -D -m 0755 /dev/stdin $(DESTDIR)$(INITRAMFS_TOOLS)/hooks/earlydom
	for place in init-top init-bottom; do \
		install -D -m 0755 initramfs/scripts/$$place/earlydom \
			$(DESTDIR)$(INITRAMFS_TOOLS)/scripts/$$place/earlydom || exit 1; \
	done
	install -D -m 0755 -t $(DESTDIR)$(DRACUT)/90earlydom initramfs/dracut/module-setup.sh \
		initramfs/dracut/earlydom-start.sh initramfs/dracut/earlydom-await.sh \
		initramfs/dracut/earlydom-initramfs initramfs/dracut/earlydom-hide.sh
	sed 's|^prefix=.*|prefix=$(PREFIX)|' initramfs/dracut/contents | \
		install -D -m 0755 /dev/stdin $(DESTDIR)$(DRACUT)/90earlydom/contents
	install -m 0644 initramfs/dracut/earlydom-hide.service initramfs/dracut/earlydom-initramfs.service \
		$(DESTDIR)$(DRACUT)/90earlydom
	install -D -m 0644 -t $(DESTDIR)$(SYSTEMD) initramfs/dracut/earlydom-initramfs.service
	sed 's|/usr/local|$(PREFIX)|g' initramfs/earlydom.service | \
		install -D -m 0644 /dev/stdin $(DESTDIR)$(SYSTEMD)/earlydom.service
	install -D -m 0644 initramfs/README $(DESTDIR)/etc/earlydom/README
	[ -e $(DESTDIR)/etc/earlydom/initramfs.conf ] || \
		install -m 0644 initramfs/initramfs.conf $(DESTDIR)/etc/earlydom/initramfs.conf

# Beside what is installed, for a host that boots another release of Xen as well: make XEN_SRC=... BUILD=...
install-release: $(BUILD)/earlydom $(DAEMONS)
	release=$$($(BUILD)/earlydom --version | sed 's/.* \(.*\))$$/\1/') && \
		install -D -m 0755 -t $(DESTDIR)$(PREFIX)/lib/earlydom/xen-$$release $^

# The source of what is committed: the same bytes of the same commit, whoever makes it.
DIST := $(BUILD)/earlydom-$(VERSION).tar.gz
.PHONY: dist dist-check
dist:
	@mkdir -p $(BUILD)
	@git diff --quiet HEAD || echo 'make dist: what is not committed is left out' >&2
	@git -c tar.umask=0022 archive --format=tar --prefix=earlydom-$(VERSION)/ HEAD >$(DIST:.gz=)
	@gzip -9nf $(DIST:.gz=)
	@echo $(DIST)

# Made twice, with another umask and another date, it is the same; and it is enough to build from.
ifneq ($(wildcard .git),)
dist-check:
	@rm -rf $(BUILD)/dist && mkdir -p $(BUILD)/dist/one $(BUILD)/dist/two
	@$(MAKE) --no-print-directory -s dist BUILD=$(BUILD)/dist/one >/dev/null 2>&1
	@(umask 077 && $(MAKE) --no-print-directory -s dist BUILD=$(BUILD)/dist/two >/dev/null 2>&1)
	@cmp $(BUILD)/dist/one/$(notdir $(DIST)) $(BUILD)/dist/two/$(notdir $(DIST))
	@tar -C $(BUILD)/dist -xzf $(BUILD)/dist/one/$(notdir $(DIST))
	@git ls-tree -r --name-only HEAD | LC_ALL=C sort >$(BUILD)/dist/committed
	@find $(BUILD)/dist/earlydom-$(VERSION) ! -type d -printf '%P\n' | LC_ALL=C sort | diff $(BUILD)/dist/committed -
else
dist-check:
	@echo 'dist-check: a source archive is made in a git repository, which this is not: not checked'
endif

# The package for this machine's release of Debian; for another one, with DEB_SUITE=trixie, in a tree of it below
# build/ (scripts/mkbuildroot).
DEB_SUITE ?=
.PHONY: deb
deb:
	@scripts/mkdeb -b $(if $(XEN_DEV),build,$(BUILD)) $(if $(DEB_SUITE),-s $(DEB_SUITE))

# Made twice, in another directory, it is the same.
.PHONY: deb-check
deb-check: deb
	@rm -rf $(BUILD)/deb-again && mkdir -p $(BUILD)/deb-again
	@scripts/mkdeb -b $(BUILD)/deb-again
	@cmp $(BUILD)/deb/earlydom_*.deb $(BUILD)/deb-again/deb/earlydom_*.deb
	@echo 'deb-check: the same bytes'

clean:
	rm -rf $(BUILD)

-include $(OBJS:.o=.d) $(MODEL_OBJS:.o=.d)
