# The unit tests and the fuzzers. Included by Makefile, whose variables it uses.
#
# Each X_test.c is a program of its own, linked with all of the project and with builder/fake in
# place of Xen's libraries. Two flavours: asan (gcc, glibc, the sanitizers) and musl (as shipped).

UNIT         := $(BUILD)/unit
UNIT_TIMEOUT ?= 120
FUZZ_SECONDS ?= 5

# The calls that builder/fake/ takes over from the C library and libacpi.
comma     := ,
UNIT_WRAP := $(patsubst %,-Wl$(comma)--wrap=%,malloc calloc realloc strdup munmap acpi_build_tables)

UNIT_FAKE := $(sort $(wildcard builder/fake/*.c))
UNIT_SRCS := $(SRCS) $(UNIT_FAKE)

# The clients' supervisor is looked for in the test's own directory.
UNIT_CPPFLAGS := $(CPPFLAGS) -DRUNDIR='"run"'
UNIT_CFLAGS   := -std=gnu11 $(WARN) -g -fno-pie

asan_CC      := $(HOSTCC)
asan_CFLAGS  := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
asan_LDFLAGS := -no-pie -fsanitize=address,undefined
# The codecs and cmocka are Debian's here, for glibc; libacpi needs nothing of a C library's own.
asan_LDLIBS  := $(LIBS)/lib/libacpi.a -lcmocka $(CODECS) -lpthread

musl_CC      := $(CC)
musl_CFLAGS  := -Os
musl_LDFLAGS := -static -no-pie
musl_LDLIBS  := -L$(LIBS)/lib -lacpi -lcmocka $(CODECS) -lpthread

UNIT_ENV := CMOCKA_MESSAGE_OUTPUT=TAP ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 \
	    UBSAN_OPTIONS=print_stacktrace=1

# $(1): flavour
define unit_flavour
$(UNIT)/$(1)/obj/%.o: %.c Makefile tests.mk | libs
	@mkdir -p $$(@D)
	@$$($(1)_CC) $$(UNIT_CPPFLAGS) $$(UNIT_CFLAGS) $$($(1)_CFLAGS) $$(INCLUDES) -MMD -MP -c $$< -o $$@

# The program's main gives way to the test's.
$(UNIT)/$(1)/obj/program.o: $(UNIT)/$(1)/obj/builder/main.o
	@objcopy --redefine-sym main=earlydom_main $$< $$@

$(1)_OBJS  := $$(patsubst %.c,$(UNIT)/$(1)/obj/%.o,$$(filter-out builder/main.c,$$(UNIT_SRCS))) \
	      $(UNIT)/$(1)/obj/program.o
$(1)_TESTS := $$(patsubst %.c,$(UNIT)/$(1)/t/%,$$(TESTS))

$$($(1)_TESTS): $(UNIT)/$(1)/t/%: $(UNIT)/$(1)/obj/%.o $$($(1)_OBJS)
	@mkdir -p $$(@D)
	@$$($(1)_CC) $$($(1)_LDFLAGS) $$(UNIT_WRAP) $$< $$($(1)_OBJS) $$($(1)_LDLIBS) -o $$@

UNIT_DEPS += $$(patsubst %.c,$(UNIT)/$(1)/obj/%.d,$$(UNIT_SRCS) $$(TESTS))
.PRECIOUS: $(UNIT)/$(1)/obj/%.o
endef
$(eval $(call unit_flavour,asan))
$(eval $(call unit_flavour,musl))

.PHONY: unit unit-build fuzz
unit-build: $(asan_TESTS) $(musl_TESTS)

unit: unit-build
	$(UNIT_ENV) prove -j 2 -e 'timeout $(UNIT_TIMEOUT)' $(asan_TESTS) $(musl_TESTS)

FUZZ_CFLAGS := -std=gnu11 -Wall -Wextra -Werror -g -O1 -fno-omit-frame-pointer \
	       -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
FUZZERS     := $(patsubst %.c,$(BUILD)/fuzz/bin/%,$(FUZZ))

# One command each: the code that is fuzzed is small. Xen's libraries are not needed by it.
$(FUZZERS): $(BUILD)/fuzz/bin/%: %.c $(SRCS) $(UNIT_FAKE) $(wildcard builder/*.h loaders/*.h builder/fake/*.h) | libs
	@mkdir -p $(@D)
	@clang $(CPPFLAGS) $(FUZZ_CFLAGS) $(INCLUDES) -no-pie $(UNIT_WRAP) $< \
		$(filter-out builder/main.c,$(SRCS)) $(filter-out builder/fake/kit.c builder/fake/wards.c,$(UNIT_FAKE)) \
		$(LIBS)/lib/libacpi.a $(CODECS) -lpthread -o $@

# Seeds come from the test of the same file, where it knows --seeds.
fuzz: $(FUZZERS) $(asan_TESTS)
	@for f in $(FUZZERS); do \
		name=$${f##*/}; corpus=$(BUILD)/fuzz/corpus/$$name; seeds=$(BUILD)/fuzz/seeds/$$name; \
		mkdir -p "$$corpus" "$$seeds" $(BUILD)/fuzz/findings; \
		test=$(UNIT)/asan/t/$${f#$(BUILD)/fuzz/bin/}; test=$${test%_fuzz}_test; \
		src=$${f#$(BUILD)/fuzz/bin/}; src=$${src%_fuzz}_test.c; \
		if grep -qs -e --seeds "$$src"; then "$$test" --seeds "$$seeds" || exit 1; fi; \
		echo "fuzz: $$name, $(FUZZ_SECONDS) s"; \
		"$$f" -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=2048 -timeout=25 \
			-artifact_prefix=$(BUILD)/fuzz/findings/$$name- -verbosity=0 "$$corpus" "$$seeds" \
			|| exit 1; \
	done

-include $(UNIT_DEPS)
