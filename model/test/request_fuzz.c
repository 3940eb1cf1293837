/*
 * libFuzzer entry: a guest that makes any requests, one after the other, while bytes arrive at its
 * serial port.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "model/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct guest {
	struct board board;
	uint8_t memory[64];
};

static void print(void *arg, uint8_t byte)
{
	(void)arg;
	(void)byte;
}

/* A little memory at address 0, so that strings end soon and at its edges. */
static bool copy(void *arg, uint64_t gpa, void *buf, size_t n, bool to_guest)
{
	struct guest *g = arg;

	assert(n >= 1 && n <= 8);
	if (gpa > sizeof(g->memory) - n)
		return false;
	memcpy(to_guest ? g->memory + gpa : buf, to_guest ? buf : g->memory + gpa, n);
	return true;
}

static void check(const struct uart *u)
{
	assert(u->rx_n <= UART_FIFO && u->rx_first < UART_FIFO);
	assert(u->trigger || u->rx_n <= 1);
	assert(uart_room(u) <= UART_FIFO);
	assert(u->ier <= 0x0f && u->mcr <= 0x1f && u->msr_delta <= 0x0f);
}

static void serve(struct guest *g, struct ioreq *slot)
{
	const struct guest_memory m = {copy, g};
	const struct ioreq before = *slot;
	const bool due = before.state == STATE_IOREQ_READY;
	struct request r;

	assert(request_take(slot, &r) == due);
	if (!due)
		return;
	request_answer(slot, request_serve(&r, &g->board, &m));
	assert(slot->state == STATE_IORESP_READY);
	assert(slot->vp_eport == before.vp_eport && slot->type == before.type);
	assert(slot->dir == before.dir && slot->df == before.df);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t ports[] = {0x3f8, 0x3f8, 0x3f8, 0x64, 0xcf9, 0xafe0, 0xb004, 0xfff8};
	struct guest g = {.board.wish = POWER_NONE};
	struct ioreq slot;

	board_init(&g.board, 0x3f8);
	g.board.output = print;
	while (size > sizeof(slot)) {
		const uint8_t how = *data;

		memcpy(&slot, data + 1, sizeof(slot));
		data += 1 + sizeof(slot);
		size -= 1 + sizeof(slot);
		/* Mostly a request for a port that is served. */
		if (how & 1)
			slot.addr = ports[how >> 5] + (slot.addr & 7);
		if (how & 2)
			slot.size = 1U << (slot.size & 3);
		if (how & 4) {
			slot.state = STATE_IOREQ_READY;
			slot.type = IOREQ_TYPE_PIO;
		}
		if ((how & 8) && uart_room(&g.board.uart))
			uart_receive(&g.board.uart, how);
		serve(&g, &slot);
		check(&g.board.uart);
		g.board.wish = POWER_NONE;
	}
	return 0;
}
