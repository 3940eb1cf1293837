# xl as the judge of what a descriptor may have, and of what it means. Included by Makefile, whose variables it
# uses.

XL_TESTS := $(BUILD)/xl-tests

DESCRIBE := $(patsubst xl-tests/%.c,$(XL_TESTS)/%.o,$(wildcard xl-tests/describe*.c))

$(DESCRIBE): $(XL_TESTS)/%.o: xl-tests/%.c Makefile xl-tests/xl.mk | libs
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(INCLUDES) -MMD -MP -c $< -o $@

# The program as shipped, with another main.
$(XL_TESTS)/describe: $(DESCRIBE) $(OBJS) $(LIBS_STAMP)
	$(CC) $(CFLAGS) $(LDFLAGS) $(DESCRIBE) $(filter-out %/builder/command/main.o,$(OBJS)) $(LDLIBS) -o $@

# xl, its libraries and libxl are parts of the test machine.
.PHONY: xl-test
xl-test: $(XL_TESTS)/describe machine
	@BUILD=$(BUILD) prove --timer xl-tests/

-include $(DESCRIBE:.o=.d)
