/*
 * libFuzzer entry: a guest that does with the page of its console what it likes, while dom0 reads
 * and types. The ring lies between guards, and the input is a list of steps.
 */
#include "builder/supervise/console.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <xen/io/console.h>

#include "builder/fake/fake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct scene {
	struct console console;
	struct xencons_interface *ring; /* as large as it is, so that a byte beyond it is seen */
	xenevtchn_handle *xce;
	uint32_t domid;
};

static void open_scene(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	s->ring = calloc(1, sizeof(*s->ring));
	assert(s->ring);
	fake_reset();
	s->xce = xenevtchn_open(NULL, 0);
	s->console.ring = s->ring;
}

static void close_scene(struct scene *s)
{
	xenevtchn_close(s->xce);
	free(s->ring);
}

static void read_some(struct scene *s, size_t size)
{
	const struct xencons_interface before = *s->ring;
	const XENCONS_RING_IDX there = before.out_prod - before.out_cons;
	char *buf = malloc(size ? size : 1);
	XENCONS_RING_IDX cons;
	size_t n;

	assert(buf);
	assert(console_there(&s->console) == (there > CONSOLE_RING_OUT ? 0 : there));
	n = console_read(&s->console, s->xce, buf, size);
	assert(n <= size && n <= CONSOLE_RING_OUT);
	assert(n == (there > CONSOLE_RING_OUT ? 0 : there < size ? there : size));
	for (size_t i = 0; i < n; i++)
		assert(buf[i] == before.out[(before.out_cons + i) % CONSOLE_RING_OUT]);
	/* Nothing but dom0's own index has changed, and a lie is over. */
	cons = there > CONSOLE_RING_OUT ? before.out_prod : before.out_cons + (XENCONS_RING_IDX)n;
	assert(s->ring->out_cons == cons);
	s->ring->out_cons = before.out_cons;
	assert(!memcmp(s->ring, &before, sizeof(before)));
	s->ring->out_cons = cons;
	free(buf);
}

static void type_some(struct scene *s, const uint8_t *keys, size_t n)
{
	const struct xencons_interface before = *s->ring;
	const XENCONS_RING_IDX used = before.in_prod - before.in_cons;
	const size_t room = console_room(&s->console);
	size_t done;

	assert(room == (used > sizeof(before.in) ? 0 : sizeof(before.in) - used));
	done = console_write(&s->console, s->xce, (const char *)keys, n);
	assert(done == (n < room ? n : room));
	assert(s->ring->in_prod - before.in_prod == done);
	for (size_t i = 0; i < done; i++)
		assert(s->ring->in[(before.in_prod + i) % sizeof(before.in)] == (char)keys[i]);
	assert(s->ring->in_cons == before.in_cons && s->ring->out_cons == before.out_cons &&
	       s->ring->out_prod == before.out_prod);
	assert(!memcmp(s->ring->out, before.out, sizeof(before.out)));
}

/* The guest writes its own part of the page, or dom0's. */
static void guest_writes(struct scene *s, uint8_t where, const uint8_t *bytes, size_t n)
{
	const size_t at = (size_t)where * (sizeof(*s->ring) / 256);
	XENCONS_RING_IDX *const indices[] = {&s->ring->in_cons, &s->ring->in_prod,
					     &s->ring->out_cons, &s->ring->out_prod};

	if (n <= sizeof(XENCONS_RING_IDX))
		memcpy(indices[where % 4], bytes, n);
	else
		memcpy((char *)s->ring + at, bytes,
		       n < sizeof(*s->ring) - at ? n : sizeof(*s->ring) - at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scene s;
	size_t n;

	open_scene(&s);
	/* A step is what, where or how much, a length, and so many bytes. */
	while (size >= 3) {
		n = data[2] < size - 3 ? data[2] : size - 3;
		if (data[0] % 3 == 0)
			read_some(&s, (size_t)data[1] * 12);
		else if (data[0] % 3 == 1)
			type_some(&s, data + 3, n);
		else
			guest_writes(&s, data[1], data + 3, n);
		data += 3 + n;
		size -= 3 + n;
	}
	close_scene(&s);
	return 0;
}
