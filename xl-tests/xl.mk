# xl as the judge of what a descriptor may have, and of what it means. Included by Makefile, whose variables it
# uses.

XL_TESTS := $(BUILD)/xl-tests

$(XL_TESTS)/describe.o: xl-tests/describe.c Makefile xl-tests/xl.mk | libs
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(INCLUDES) -MMD -MP -c $< -o $@

# The program as shipped, with another main.
$(XL_TESTS)/describe: $(XL_TESTS)/describe.o $(OBJS) $(LIBS_STAMP)
	$(CC) $(CFLAGS) $(LDFLAGS) $< $(filter-out %/builder/command/main.o,$(OBJS)) $(LDLIBS) -o $@

# xl, its libraries and libxl are parts of the test machine.
.PHONY: xl-test
xl-test: $(XL_TESTS)/describe machine
	@BUILD=$(BUILD) prove --timer xl-tests/

-include $(XL_TESTS)/describe.d
