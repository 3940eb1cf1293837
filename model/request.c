#include "request.h"

/*
 * The most elements of a string instruction that one request moves. Xen sends pieces that lie in
 * one page, or one element across two. A larger count is cut, so that no request keeps the others
 * waiting.
 */
#define COUNT_MAX 4096

/* The byte with the bit fields (state:4, data_is_ptr:1, dir:1, df:1): read and written as one. */
#define FLAGS_AT       (offsetof(struct ioreq, type) - 1)
#define FLAGS_STATE    0x0f
#define FLAGS_INDIRECT 0x10
#define FLAGS_READ     0x20
#define FLAGS_DF       0x40

_Static_assert(sizeof(struct ioreq) == 32 && FLAGS_AT == 30, "ioreq_t is not as expected");

static uint8_t *flags_of(struct ioreq *slot)
{
	return (uint8_t *)slot + FLAGS_AT;
}

bool request_take(struct ioreq *slot, struct request *r)
{
	const volatile struct ioreq *from = slot;
	/* The state says that the rest is there: it is read first. */
	const uint8_t flags = __atomic_load_n(flags_of(slot), __ATOMIC_ACQUIRE);

	if ((flags & FLAGS_STATE) != STATE_IOREQ_READY)
		return false;
	*r = (struct request){
		.addr = from->addr,
		.data = from->data,
		.count = from->count,
		.size = from->size,
		.type = from->type,
		.read = flags & FLAGS_READ,
		.backwards = flags & FLAGS_DF,
		.indirect = flags & FLAGS_INDIRECT,
	};
	__atomic_store_n(flags_of(slot), (flags & ~FLAGS_STATE) | STATE_IOREQ_INPROCESS,
			 __ATOMIC_RELAXED);
	return true;
}

void request_answer(struct ioreq *slot, uint64_t data)
{
	const uint8_t flags = __atomic_load_n(flags_of(slot), __ATOMIC_RELAXED);

	*(volatile uint64_t *)&slot->data = data;
	/* The state tells that the data is there: it is written last. */
	__atomic_store_n(flags_of(slot), (flags & ~FLAGS_STATE) | STATE_IORESP_READY,
			 __ATOMIC_RELEASE);
}

uint32_t request_accesses(const struct request *r)
{
	if (!r->indirect || !r->count)
		return 1;
	return r->count < COUNT_MAX ? r->count : COUNT_MAX;
}

/* INS or OUTS: each element goes between the port and the next place in memory. */
static void serve_string(const struct request *r, struct board *b, const struct guest_memory *m)
{
	const uint32_t count = r->count < COUNT_MAX ? r->count : COUNT_MAX;
	const uint64_t step = r->backwards ? -(uint64_t)r->size : r->size;
	uint64_t gpa = r->data, value;

	for (uint32_t i = 0; i < count; i++, gpa += step) {
		if (r->read) {
			value = board_read(b, r->addr, r->size);
			if (!m->copy(m->arg, gpa, &value, r->size, true))
				return;
		} else {
			value = 0;
			if (!m->copy(m->arg, gpa, &value, r->size, false))
				return;
			board_write(b, r->addr, r->size, value);
		}
	}
}

uint64_t request_serve(const struct request *r, struct board *b, const struct guest_memory *m)
{
	const bool sized = r->size == 1 || r->size == 2 || r->size == 4;

	/* Memory, PCI devices, time offsets, map caches: none of them is here. */
	if (r->type != IOREQ_TYPE_PIO || !sized)
		return UINT64_MAX;
	if (r->indirect) {
		serve_string(r, b, m);
		return r->data;
	}
	if (r->read)
		return board_read(b, r->addr, r->size);
	board_write(b, r->addr, r->size, r->data);
	return r->data;
}
