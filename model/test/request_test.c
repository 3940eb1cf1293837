/* Requests of every kind: each has its answer, and none does harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "model/request.h"

#define GPA 0x1000

struct scene {
	struct board b;
	char printed[8192];
	size_t n;
	uint8_t memory[8192]; /* from GPA on */
	unsigned copies;
};

static void print(void *arg, uint8_t byte)
{
	struct scene *s = arg;

	assert_true(s->n < sizeof(s->printed) - 1);
	s->printed[s->n++] = (char)byte;
}

static bool copy(void *arg, uint64_t gpa, void *buf, size_t n, bool to_guest)
{
	struct scene *s = arg;

	s->copies++;
	assert_true(n == 1 || n == 2 || n == 4);
	if (gpa < GPA || gpa - GPA > sizeof(s->memory) - n)
		return false;
	if (to_guest)
		memcpy(s->memory + (gpa - GPA), buf, n);
	else
		memcpy(buf, s->memory + (gpa - GPA), n);
	return true;
}

static void open_scene(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	board_init(&s->b, 0x3f8);
	s->b.output = print;
	s->b.arg = s;
}

/* Puts it into a slot, has it served, and returns what the slot holds then. */
static struct ioreq serve(struct scene *s, struct ioreq slot)
{
	const struct guest_memory m = {copy, s};
	struct request r;

	slot.state = STATE_IOREQ_READY;
	slot.vp_eport = 40;
	assert_true(request_take(&slot, &r));
	assert_int_equal(slot.state, STATE_IOREQ_INPROCESS);
	/* Taken once: what is changed in the page now is not seen. */
	slot.size = 0xdeadbeef;
	slot.addr = slot.data = 0;
	slot.count = UINT32_MAX;
	request_answer(&slot, request_serve(&r, &s->b, &m));
	assert_int_equal(slot.state, STATE_IORESP_READY);
	assert_int_equal(slot.vp_eport, 40);
	return slot;
}

static struct ioreq out(uint64_t port, uint32_t size, uint64_t data)
{
	return (struct ioreq){.addr = port, .size = size, .count = 1, .data = data};
}

static struct ioreq in(uint64_t port, uint32_t size)
{
	return (struct ioreq){.addr = port, .size = size, .count = 1, .dir = IOREQ_READ};
}

static void test_states(void **state)
{
	struct request r;

	(void)state;
	for (unsigned i = 0; i < 16; i++) {
		struct ioreq slot = {.state = i & 15, .df = 1, .data_is_ptr = 1};

		assert_int_equal(request_take(&slot, &r), i == STATE_IOREQ_READY);
		assert_int_equal(slot.state,
				 i == STATE_IOREQ_READY ? STATE_IOREQ_INPROCESS : (int)i);
		assert_true(slot.df && slot.data_is_ptr && !slot.dir);
	}
}

static void test_ports(void **state)
{
	struct scene s;
	struct ioreq r;

	(void)state;
	open_scene(&s);
	r = serve(&s, out(0x3f8, 1, 'x'));
	assert_int_equal(r.type, IOREQ_TYPE_PIO);
	assert_string_equal(s.printed, "x");
	assert_int_equal(serve(&s, in(0x3fd, 1)).data, 0x60);
	assert_int_equal(serve(&s, in(0x3fd, 2)).data, 0xb060);
	assert_int_equal(serve(&s, in(0x3f8, 4)).data, 0x00010000);
	assert_int_equal(serve(&s, in(0x70, 4)).data, 0xffffffff);
	assert_int_equal(s.copies, 0);
}

static void test_odd_sizes(void **state)
{
	static const uint32_t sizes[] = {0, 3, 5, 8, 16, 4096, UINT32_MAX};
	struct scene s;

	(void)state;
	open_scene(&s);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct ioreq r = out(0x3f8, sizes[i], 'x');

		assert_int_equal(serve(&s, in(0x3f8, sizes[i])).data, UINT64_MAX);
		serve(&s, r);
		r.data_is_ptr = 1;
		r.data = GPA;
		serve(&s, r);
	}
	assert_int_equal(s.n, 0);
	assert_int_equal(s.copies, 0);
}

static void test_other_types(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	for (unsigned type = 1; type < 256; type++) {
		struct ioreq r = in(0x3f8, 1);

		r.type = (uint8_t)type;
		assert_int_equal(serve(&s, r).data, UINT64_MAX);
		r = out(0x3f8, 1, GPA);
		r.type = (uint8_t)type;
		r.data_is_ptr = 1;
		serve(&s, r);
	}
	assert_int_equal(s.n, 0);
	assert_int_equal(s.copies, 0);
}

static struct ioreq string(struct ioreq r, uint64_t gpa, uint32_t count, bool backwards)
{
	r.data = gpa;
	r.data_is_ptr = 1;
	r.count = count;
	r.df = backwards;
	return r;
}

static void test_strings(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	memcpy(s.memory, "hello", 5);
	assert_int_equal(serve(&s, string(out(0x3f8, 1, 0), GPA, 5, false)).data, GPA);
	serve(&s, string(out(0x3f8, 1, 0), GPA + 4, 5, true));
	assert_string_equal(s.printed, "helloolleh");

	board_write(&s.b, 0x3fa, 1, 1);
	uart_receive(&s.b.uart, 'a');
	uart_receive(&s.b.uart, 'b');
	serve(&s, string(in(0x3f8, 1), GPA + 8, 2, false));
	assert_memory_equal(s.memory + 8, "ab\0", 3);
	/* Words: LSR and MSR, downwards. */
	serve(&s, string(in(0x3fd, 2), GPA + 18, 2, true));
	assert_memory_equal(s.memory + 15, "\0\x60\xb0\x60\xb0\0", 6);
	serve(&s, string(in(0x70, 4), GPA + 32, 1, false));
	assert_memory_equal(s.memory + 32, "\xff\xff\xff\xff\0", 5);
	serve(&s, string(out(0x3f8, 1, 0), GPA, 0, false));
	assert_int_equal(s.n, 10);
}

static void test_bad_strings(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	memset(s.memory, 'x', sizeof(s.memory));
	/* Memory that is not there ends it. */
	serve(&s, string(out(0x3f8, 1, 0), 0, 100, false));
	serve(&s, string(in(0x3f8, 1), UINT64_MAX, 100, false));
	assert_int_equal(s.n, 0);
	assert_int_equal(s.copies, 2);
	/* More than Xen ever sends is not done at all. */
	serve(&s, string(out(0x3f8, 1, 0), GPA, UINT32_MAX, false));
	assert_int_equal(s.n, 4096);
	/* From the begin of memory downwards. */
	serve(&s, string(out(0x3f8, 1, 0), GPA + 1, 100, true));
	assert_int_equal(s.n, 4098);
}

/* What counts for a guest's rate. */
static void test_accesses(void **state)
{
	struct request r = {.count = 5, .size = 1};

	(void)state;
	assert_int_equal(request_accesses(&r), 1);
	r.indirect = true;
	assert_int_equal(request_accesses(&r), 5);
	r.count = 0;
	assert_int_equal(request_accesses(&r), 1);
	r.count = UINT32_MAX;
	assert_int_equal(request_accesses(&r), 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),    cmocka_unit_test(test_ports),
		cmocka_unit_test(test_odd_sizes), cmocka_unit_test(test_other_types),
		cmocka_unit_test(test_strings),   cmocka_unit_test(test_bad_strings),
		cmocka_unit_test(test_accesses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
