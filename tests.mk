# The unit tests and the fuzzers. Included by Makefile, whose variables it uses.
#
# Each X_test.c is a program of its own, linked with all of the project and with builder/fake in
# place of Xen's libraries. Three flavours: asan (gcc, glibc, the sanitizers), musl (as shipped) and tsan
# (ThreadSanitizer). A fourth, cov, counts the lines that they run: make coverage.

UNIT         := $(BUILD)/unit
UNIT_TIMEOUT ?= 300
# Those that run the supervisor's loop block SIGTERM.
UNIT_RUN     := timeout -k 10 $(UNIT_TIMEOUT)
FUZZ_SECONDS ?= 3

comma := ,

# The calls that builder/fake/ takes over from the C library, libacpi and, on request, disk.c, wire.c,
# vif.c, daemons.c and kernel.c (evil_decoder.c).
UNIT_WRAP := $(patsubst %,-Wl$(comma)--wrap=%,malloc calloc realloc strdup munmap ioctl acpi_build_tables \
	     supervisor_drop_powers disk_hold guest_adopt_disk disk_drop disk_lost vif_init vif_plug wire_open wire_close \
	     wire_talk kernel_open \
	     $(addprefix daemons_,there store_answers store_hangs console_runs end_console store console) \
	     $(addprefix store_watch_,open also take close))

UNIT_FAKE := $(sort $(wildcard builder/fake/*.c))
UNIT_SRCS := $(SRCS) $(UNIT_FAKE)

# Calls that model/fake.c takes over from the device model.
MODEL_WRAP := $(patsubst %,-Wl$(comma)--wrap=%,powers_give_up powers_compute_only seccomp_install model_config_parse)

MODEL_UNIT_SRCS := $(MODEL_SRCS) $(MODEL_SHARED) model/fake.c $(patsubst %,builder/fake/%.c,filter_verdict syscalls)

# The clients' supervisor, the daemons, libxl's records and hvmloader are looked for in the test's own directory.
UNIT_CPPFLAGS := $(CPPFLAGS) -DRUNDIR='"run"' -DDAEMONS_DIR='"run/bin"' -DRECORDS_DIR='"records"' \
		 -DQMP_PATIENCE_MS=2000 -DMEDIUM_LOCKED_MS=500 -DDEVMODEL_QMP_DIR='"qmp"' -DUSB_DEV_DIR='"usb"' -DDAEMONS_LOG_DIR='"tails"' -DFIRMWARE_ROOT='"root"' -DZONE_ROOT='"root"' -DDISKS_SYSROOT='"disks"' -DSYSTEMD_DIR='"systemd"' -DINITRD_RELEASE='"initrd-release"' \
		 -DRELEASES='"releases"' -DRELEASES_LOCAL='"releases-local"' \
		 -DWIRE_PATIENCE_MS=2000 -DSTORE_POLL_US=1000 -DEND_AGAIN_MS=300 -DKEEPER_LOOK_MS=100 -DKEEPER_HUNG_MS=500 -DKEEPER_UP_MS=4000 \
		 -DJAIL_CPU_S=4 -DJAIL_CLOCK_S=40
# Line numbers are all that a sanitizer prints; more of -g takes a fifth longer to build. For gdb: UNIT_DEBUG=-g.
UNIT_DEBUG    ?= -g1
UNIT_CFLAGS   := -std=gnu11 $(WARN) $(UNIT_DEBUG) -fno-pie

# Each test is a program with all of the project in it: gold links one in a third of the time.
UNIT_LD := $(if $(shell command -v ld.gold),-fuse-ld=gold)

# Sanitizers make much of optimizing: these objects take gcc half the time without, and clang a fifth. What unpacks
# kernels is worth it. Whether a string is cut is not known without; musl's objects are looked at for that.
UNIT_OPT     ?= -O0
UNPACKS      := loaders/%.o base/sha256.o
$(patsubst %,$(UNIT)/asan/obj/%,$(UNPACKS)): asan_CFLAGS += -O1

asan_CC      := $(HOSTCC)
# What is never set has no good value by luck: a message that nobody wrote is seen as that.
asan_CFLAGS  := $(UNIT_OPT) -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all \
		-ftrivial-auto-var-init=pattern -Wno-format-truncation -DJAIL_SANITIZED
asan_LDFLAGS := $(UNIT_LD) -no-pie -fsanitize=address,undefined
# The codecs and cmocka are Debian's here, for glibc; libacpi and SHA-256 need nothing of a C library's own.
asan_LDLIBS  := $(LIBS)/lib/libacpi.a $(LIBS)/lib/libmd.a -lcmocka $(CODECS) -lblkid -lpthread

musl_CC      := $(CC)
musl_CFLAGS  := -Os -DUNIT_STATIC
musl_LDFLAGS := $(UNIT_LD) -static -no-pie
musl_LDLIBS  := -L$(LIBS)/lib -lacpi -lcmocka $(CODECS) -lmd -lblkid -lpthread

tsan_CC      := $(HOSTCC)
tsan_CFLAGS  := -O1 -fno-omit-frame-pointer -fsanitize=thread -DJAIL_SANITIZED
tsan_LDFLAGS := $(UNIT_LD) -no-pie -fsanitize=thread
tsan_LDLIBS  := $(asan_LDLIBS)

# With the counters in memory that children share with the test: they end by _exit, by a signal, with another
# program, or in a root where there is no file for their counts.
cov_CC      := $(HOSTCC)
cov_CFLAGS  := -O0 --coverage -fprofile-update=atomic -fdata-sections -fno-builtin
cov_LDFLAGS := -no-pie --coverage -Wl,-T,scripts/coverage.ld
cov_LDLIBS  := $(asan_LDLIBS)
cov_MORE    := $(UNIT)/cov/obj/scripts/coverage.o
# Codecs that count each line by a locked instruction take minutes; there are no threads in them.
$(UNIT)/cov/obj/loaders/%.o: cov_CFLAGS += -O1 -fprofile-update=single

# What ThreadSanitizer says goes to files: many tests look at what is on stderr. A process with several threads may
# have children with threads of their own.
TSAN_REPORT := $(abspath $(UNIT))/tsan/report
# Our loader beside libxenguest's own ones: the library is linked as a whole, which is what brings these, with the
# program as shipped. Two programs need no hypervisor: their calls of it go to domain_file.c. The third is for dom0.
LIBRARY      := builder/build/test/library
LIBRARY_BIN  := $(UNIT)/musl/t/$(LIBRARY)
LIBRARY_OBJS := $(patsubst %.c,$(UNIT)/musl/obj/%.o,$(wildcard $(LIBRARY)/*.c))
LIBRARY_TEST := $(LIBRARY_BIN)/load_library_test
LIBRARY_WRAP := $(patsubst %,-Wl$(comma)--wrap=%,xc_dom_boot_domU_map xc_map_foreign_range xc_map_foreign_ranges \
		xc_clear_domain_pages xc_domain_populate_physmap_exact xc_domain_cacheflush xc_hvm_param_set \
		xc_mmuext_op xc_vcpu_setcontext xc_domain_hvm_getcontext xc_domain_hvm_setcontext)
library_parts = $(patsubst %,$(UNIT)/musl/obj/$(LIBRARY)/%.o,compare $(1))

$(LIBRARY_TEST): $(call library_parts,domain_file load_library_test)
$(LIBRARY_BIN)/compare_files: $(call library_parts,domain_file compare_files)
$(LIBRARY_BIN)/compare_domains: $(call library_parts,domain_xen compare_files)
$(LIBRARY_TEST) $(LIBRARY_BIN)/compare_files: LIBRARY_LDFLAGS := $(LIBRARY_WRAP)
$(LIBRARY_TEST) $(addprefix $(LIBRARY_BIN)/,compare_files compare_domains): $(OBJS) $(LIBS_STAMP)
	@mkdir -p $(@D)
	@$(CC) -static -no-pie -Wl,--gc-sections $(LIBRARY_LDFLAGS) $(filter $(UNIT)/%.o,$^) \
		$(filter-out %/builder/command/main.o,$(OBJS)) -L$(LIBS)/lib -Wl,--whole-archive -lxenguest \
		-Wl,--no-whole-archive $(filter-out -L% -lxenguest,$(LDLIBS)) -lcmocka -o $@

UNIT_ENV := CMOCKA_MESSAGE_OUTPUT=TAP ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 \
	    UBSAN_OPTIONS=print_stacktrace=1 TSAN_OPTIONS=die_after_fork=0:exitcode=66:log_path=$(TSAN_REPORT)

# The program's system calls, but not the tests', go to builder/fake/syscalls.c.
UNIT_MAP := builder/fake/syscalls.map

# $(1): flavour
define unit_flavour
$(UNIT)/$(1)/obj/%.o: %.c Makefile tests.mk $(UNIT_MAP) $(LIBS_STAMP)
	@mkdir -p $$(@D)
	@$$($(1)_CC) $$(UNIT_CPPFLAGS) $$(UNIT_CFLAGS) $$($(1)_CFLAGS) $$(INCLUDES) -MMD -MP -c $$< -o $$@
	@$$(if $$(filter $$<,$$(SRCS)),objcopy --redefine-syms=$$(UNIT_MAP) $$@)

# The program's main gives way to the test's.
$(UNIT)/$(1)/obj/program.o: $(UNIT)/$(1)/obj/builder/command/main.o
	@objcopy --redefine-sym main=earlydom_main $$< $$@

$(1)_OBJS  := $$(patsubst %.c,$(UNIT)/$(1)/obj/%.o,$$(filter-out builder/command/main.c,$$(UNIT_SRCS))) \
	      $(UNIT)/$(1)/obj/program.o
$(1)_TESTS := $$(patsubst %.c,$(UNIT)/$(1)/t/%,$$(TESTS))

$$($(1)_TESTS): $(UNIT)/$(1)/t/%: $(UNIT)/$(1)/obj/%.o $$($(1)_OBJS) $$($(1)_MORE)
	@mkdir -p $$(@D)
	@$$($(1)_CC) $$($(1)_LDFLAGS) $$(UNIT_WRAP) $$< $$($(1)_OBJS) $$($(1)_MORE) $$($(1)_LDLIBS) -o $$@

# The device model's tests have a fake of their own.
$(UNIT)/$(1)/obj/model/program.o: $(UNIT)/$(1)/obj/model/main.o
	@objcopy --redefine-sym main=model_main $$< $$@

$(1)_MODEL_OBJS  := $$(patsubst %.c,$(UNIT)/$(1)/obj/%.o,$$(filter-out model/main.c,$$(MODEL_UNIT_SRCS))) \
		    $(UNIT)/$(1)/obj/model/program.o
$(1)_MODEL_TESTS := $$(patsubst %.c,$(UNIT)/$(1)/t/%,$$(MODEL_TESTS))

$$($(1)_MODEL_TESTS): $(UNIT)/$(1)/t/%: $(UNIT)/$(1)/obj/%.o $$($(1)_MODEL_OBJS) $$($(1)_MORE)
	@mkdir -p $$(@D)
	@$$($(1)_CC) $$($(1)_LDFLAGS) $$(MODEL_WRAP) $$< $$($(1)_MODEL_OBJS) $$($(1)_MORE) $$($(1)_LDLIBS) -o $$@

UNIT_DEPS += $$(patsubst %.c,$(UNIT)/$(1)/obj/%.d,$$(UNIT_SRCS) $$(TESTS) $$(MODEL_UNIT_SRCS) $$(MODEL_TESTS))
.PRECIOUS: $(UNIT)/$(1)/obj/%.o
endef
$(eval $(call unit_flavour,asan))
$(eval $(call unit_flavour,musl))
$(eval $(call unit_flavour,tsan))
$(eval $(call unit_flavour,cov))

# The tests that start threads, the supervisor's workers or their own. The others would only take their time (the
# codecs' minutes).
THREADED := $(filter $(patsubst %.c,$(UNIT)/tsan/t/%,$(shell grep -lE \
	    '<pthread\.h>|supervise/(worker|supervise)\.h|fake/units\.h|commands\.h' $(TESTS))),$(tsan_TESTS))

# The program with a decoder that does what the file says (builder/fake/evil_decoder.c), for a boot.
$(BUILD)/earlydom-evil: $(OBJS) $(BUILD)/obj/builder/fake/evil_decoder.o $(LIBS_STAMP)
	@$(CC) $(CFLAGS) $(LDFLAGS) -s -Wl,--wrap=kernel_open $(OBJS) $(BUILD)/obj/builder/fake/evil_decoder.o \
		$(LDLIBS) -o $@

.PHONY: unit unit-build coverage fuzz
ALL_UNIT := $(foreach flavour,asan musl,$($(flavour)_TESTS) $($(flavour)_MODEL_TESTS)) \
	    $(THREADED) $(LIBRARY_TEST)
unit-build: $(ALL_UNIT)

# Those that take longest begin first, so that none is waited for at the end.
LONGEST := $(filter $(addprefix %/,$(addsuffix _test,boot_syscalls upgrade_syscalls guest_store unit_devices codec main \
	   kernel paged boot adopt_property ledger evil services)),$(ALL_UNIT))
IN_ORDER = $(LONGEST) $(filter-out $(LONGEST),$(ALL_UNIT))

# Most of their time is spent waiting: eight on two processors took 255 s where four took 352 s.
unit: unit-build
	@rm -f $(TSAN_REPORT).*
	@$(UNIT_ENV) prove -f -o -j 8 -e '$(UNIT_RUN)' $(IN_ORDER) || { cat $(TSAN_REPORT).* 2>/dev/null; exit 1; }

# Counts begin anew each time: those of an object that was compiled again fit no old ones.
COV_TESTS := $(cov_TESTS) $(cov_MODEL_TESTS)
coverage: $(COV_TESTS)
	@find $(UNIT)/cov -name '*.gcda' -delete
	@$(UNIT_ENV) prove -Q -f -o -j 2 -e '$(UNIT_RUN)' $(COV_TESTS)
	@scripts/coverage $(UNIT)/cov/obj $(SRCS) $(MODEL_SRCS)

# The commands need main's file, and nothing that is fuzzed needs them, but the picture of a timeline; kit, units,
# net, child and filter_verdict are for cmocka.
FUZZ_SRCS   := $(filter-out builder/command/% $(patsubst %,builder/fake/%.c,kit units net child filter_verdict),$(UNIT_SRCS)) \
	       builder/command/timeline_svg.c
# For hours of it: make fuzz FUZZ_OPT=-O1, which has objects of its own.
FUZZ_OPT    ?= -O0
FUZZ_DIR    := $(BUILD)/fuzz/obj$(FUZZ_OPT)
FUZZ_BIN    := $(BUILD)/fuzz/bin$(FUZZ_OPT)
FUZZ_OBJS   := $(patsubst %.c,$(FUZZ_DIR)/%.o,$(FUZZ_SRCS))
FUZZ_CFLAGS := $(UNIT_CFLAGS) $(FUZZ_OPT) -fno-omit-frame-pointer -fno-sanitize-recover=all
FUZZERS     := $(patsubst %.c,$(FUZZ_BIN)/%,$(FUZZ))
$(patsubst %,$(FUZZ_DIR)/%,$(UNPACKS)): FUZZ_CFLAGS += -O1

$(FUZZ_DIR)/%.o: %.c Makefile tests.mk $(LIBS_STAMP)
	@mkdir -p $(@D)
	@clang $(UNIT_CPPFLAGS) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link,address,undefined $(INCLUDES) -MMD -MP -c $< -o $@

$(FUZZERS): $(FUZZ_BIN)/%: $(FUZZ_DIR)/%.o $(FUZZ_OBJS)
	@mkdir -p $(@D)
	@clang $(UNIT_LD) -no-pie -fsanitize=fuzzer,address,undefined $(UNIT_WRAP) $< $(FUZZ_OBJS) \
		$(LIBS)/lib/libacpi.a $(LIBS)/lib/libmd.a $(CODECS) -lblkid -lpthread -o $@

MODEL_FUZZ_OBJS := $(patsubst %.c,$(FUZZ_DIR)/%.o,$(filter-out model/main.c builder/fake/filter_verdict.c, \
		   $(MODEL_UNIT_SRCS)))
MODEL_FUZZERS   := $(patsubst %.c,$(FUZZ_BIN)/%,$(MODEL_FUZZ))

$(MODEL_FUZZERS): $(FUZZ_BIN)/%: $(FUZZ_DIR)/%.o $(MODEL_FUZZ_OBJS)
	@mkdir -p $(@D)
	@clang $(UNIT_LD) -no-pie -fsanitize=fuzzer,address,undefined $(MODEL_WRAP) $< $(MODEL_FUZZ_OBJS) -o $@

UNIT_DEPS += $(LIBRARY_OBJS:.o=.d) $(patsubst %.c,$(FUZZ_DIR)/%.d,$(FUZZ_SRCS) $(FUZZ) $(MODEL_UNIT_SRCS) $(MODEL_FUZZ))
.PRECIOUS: $(FUZZ_DIR)/%.o

FUZZ_RUNS := $(patsubst $(FUZZ_BIN)/%_fuzz,fuzz-run/%,$(FUZZERS) $(MODEL_FUZZERS))
.PHONY: fuzz-build $(FUZZ_RUNS)
fuzz-build: $(FUZZERS) $(MODEL_FUZZERS) $(asan_TESTS) $(asan_MODEL_TESTS)

fuzz: fuzz-build
	@$(MAKE) --no-print-directory -j $(JOBS) $(FUZZ_RUNS)

# Seeds come from the test of the same file, where it knows --seeds.
$(FUZZ_RUNS): fuzz-run/%:
	@name=$(*F)_fuzz; corpus=$(BUILD)/fuzz/corpus/$$name; seeds=$(BUILD)/fuzz/seeds/$$name; \
	mkdir -p "$$corpus" "$$seeds" $(BUILD)/fuzz/findings; \
	if grep -qs -e --seeds $*_test.c; then $(UNIT)/asan/t/$*_test --seeds "$$seeds" || exit 1; fi; \
	echo "fuzz: $$name, $(FUZZ_SECONDS) s"; \
	$(FUZZ_BIN)/$*_fuzz -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=2048 -timeout=25 \
		-artifact_prefix=$(BUILD)/fuzz/findings/$$name- -verbosity=0 "$$corpus" "$$seeds" \
		>$(BUILD)/fuzz/$$name.log 2>&1 || { tail -40 $(BUILD)/fuzz/$$name.log; exit 1; }

-include $(UNIT_DEPS)
