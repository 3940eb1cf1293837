# The benchmark. Included by Makefile, whose variables it uses.

BENCH := $(BUILD)/bench/bin
# The program without its main file.
BENCH_OBJS := $(filter-out $(BUILD)/obj/builder/command/main.o,$(OBJS))

.PHONY: bench bench-icount bench-tools bench-check
BENCH_PROGRAMS := $(addprefix $(BENCH)/,lap floor earlydom-counted hypercalls.so)

# What needs no boot: that it builds, and what is made of what a boot has said.
bench-check: $(BENCH_PROGRAMS)
	@prove bench/report.t

$(BUILD)/obj/bench/%.o: bench/%.c Makefile bench/bench.mk | libs
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(INCLUDES) -MMD -MP -c $< -o $@

$(BENCH)/lap: $(BUILD)/obj/bench/lap.o
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -s $< -o $@

$(BENCH)/floor: $(BUILD)/obj/bench/floor.o $(OBJS) $(LIBS_STAMP)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -s $< $(BENCH_OBJS) $(LDLIBS) -o $@

$(BENCH)/earlydom-counted: $(BUILD)/obj/bench/hypercalls.o $(OBJS) $(LIBS_STAMP)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -Wl,--wrap=ioctl -s $< $(OBJS) $(LDLIBS) -o $@

# For xl, which is linked with glibc.
$(BENCH)/hypercalls.so: bench/hypercalls.c bench/bench.mk
	@mkdir -p $(@D)
	$(HOSTCC) -std=gnu11 -D_GNU_SOURCE -DPRELOADED $(WARN) -O2 -fPIC -shared $< -o $@

bench-tools: all $(BENCH_PROGRAMS)
	@qemu-tests/lib/build-tools

# BENCH_FLAGS: options of bench/run
bench: bench-tools machine dom0root
	@bench/run $(BENCH_FLAGS)

bench-icount: bench-tools machine dom0root
	@bench/run -i -o $(BUILD)/bench/icount $(BENCH_FLAGS)

-include $(wildcard $(BUILD)/obj/bench/*.d)
