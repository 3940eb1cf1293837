/*
 * libFuzzer entry: any text as a string of ioports, irqs and iomem, and as a group of viridian.
 */
#include "builder/describe/io_spec.h"
#include "builder/describe/viridian_spec.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/hvm/params.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What comes out, said again, is the same. */
static void check_io(const char *text)
{
	struct ioport_range ports = {0}, ports2;
	struct iomem_range mem = {0}, mem2;
	uint32_t irq = 0, irq2;
	struct err e;
	char again[96];

	if (ioport_parse(text, &ports, &e) == 0) {
		assert(ports.number && ports.first <= IO_PORT_MAX &&
		       ports.number - 1 <= IO_PORT_MAX - ports.first);
		snprintf(again, sizeof(again), "%x-%x", ports.first,
			 ports.first + ports.number - 1);
		assert(ioport_parse(again, &ports2, &e) == 0 &&
		       !memcmp(&ports, &ports2, sizeof(ports)));
	}
	if (irq_parse(text, &irq, &e) == 0) {
		snprintf(again, sizeof(again), "%u", irq);
		assert(irq_parse(again, &irq2, &e) == 0 && irq == irq2);
	}
	if (iomem_parse(text, &mem, &e) == 0) {
		assert(mem.number && mem.start + mem.number <= IO_PAGES_MAX &&
		       mem.gfn + mem.number <= IO_PAGES_MAX);
		snprintf(again, sizeof(again), "%" PRIx64 ",%" PRIx64 "@%" PRIx64, mem.start,
			 mem.number, mem.gfn);
		assert(iomem_parse(again, &mem2, &e) == 0 && mem2.placed &&
		       mem2.start == mem.start && mem2.number == mem.number && mem2.gfn == mem.gfn);
	}
}

/* Each line is a group. */
static void check_viridian(char *text)
{
	struct viridian_spec s = {0};
	uint64_t mask;
	struct err e;
	char *line;

	while ((line = strsep(&text, "\n")))
		if (viridian_group(line, &s, &e) < 0)
			return;
	if (viridian_mask(&s, &mask, &e) < 0)
		return;
	assert(!(mask & ~(uint64_t)HVMPV_feature_mask));
	assert(!mask || mask & HVMPV_base_freq);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	check_io(text);
	check_viridian(text);
	free(text);
	return 0;
}
