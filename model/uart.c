#include "uart.h"

enum {
	DATA = 0, /* RBR, THR; with DLAB the divisor's low byte */
	IER = 1,  /* with DLAB the divisor's high byte */
	IIR = 2,  /* read; written it is the FCR */
	LCR = 3,
	MCR = 4,
	LSR = 5,
	MSR = 6,
	SCR = 7,
};

enum {
	IER_RDA = 0x01,
	IER_THRE = 0x02,
	IER_LINE = 0x04,
	IER_MODEM = 0x08,
	IER_BITS = 0x0f,

	IIR_MODEM = 0x00,
	IIR_NONE = 0x01,
	IIR_THRE = 0x02,
	IIR_RDA = 0x04,
	IIR_LINE = 0x06,
	IIR_TIMEOUT = 0x0c,
	IIR_FIFO = 0xc0,

	FCR_ENABLE = 0x01,
	FCR_CLEAR_RX = 0x02,

	LCR_DLAB = 0x80,

	MCR_DTR = 0x01,
	MCR_RTS = 0x02,
	MCR_OUT1 = 0x04,
	MCR_OUT2 = 0x08,
	MCR_LOOP = 0x10,
	MCR_BITS = 0x1f,

	LSR_READY = 0x01,
	LSR_OVERRUN = 0x02,
	LSR_THRE = 0x20,
	LSR_EMPTY = 0x40,

	MSR_CTS = 0x10,
	MSR_DSR = 0x20,
	MSR_RI = 0x40,
	MSR_DCD = 0x80,
};

void uart_reset(struct uart *u)
{
	/* 115200 baud: a sane divisor for a driver that only reads it. */
	*u = (struct uart){.dll = 1};
}

static unsigned capacity(const struct uart *u)
{
	return u->trigger ? UART_FIFO : 1;
}

static void clear_rx(struct uart *u)
{
	u->rx_first = u->rx_n = 0;
	u->overrun = false;
}

/* A byte too many is lost: with the FIFO on it is the new one, without it the old one. */
static void put_rx(struct uart *u, uint8_t byte)
{
	if (u->rx_n == capacity(u)) {
		u->overrun = true;
		if (!u->trigger)
			u->rx[u->rx_first] = byte;
		return;
	}
	u->rx[(u->rx_first + u->rx_n++) % UART_FIFO] = byte;
}

static uint8_t take_rx(struct uart *u)
{
	uint8_t byte;

	if (!u->rx_n)
		return 0;
	byte = u->rx[u->rx_first];
	u->rx_first = (u->rx_first + 1) % UART_FIFO;
	u->rx_n--;
	return byte;
}

/* Somebody is there and listens; in loopback the port's own outputs are its inputs. */
static uint8_t modem_lines(const struct uart *u)
{
	if (!(u->mcr & MCR_LOOP))
		return MSR_CTS | MSR_DSR | MSR_DCD;
	return (uint8_t)((u->mcr & MCR_RTS ? MSR_CTS : 0) | (u->mcr & MCR_DTR ? MSR_DSR : 0) |
			 (u->mcr & MCR_OUT1 ? MSR_RI : 0) | (u->mcr & MCR_OUT2 ? MSR_DCD : 0));
}

static void write_mcr(struct uart *u, uint8_t value)
{
	const uint8_t before = modem_lines(u);
	uint8_t changed;

	u->mcr = value & MCR_BITS;
	changed = before ^ modem_lines(u);
	/* A ring counts when it ends. */
	if (!(before & MSR_RI))
		changed &= (uint8_t)~MSR_RI;
	u->msr_delta |= changed >> 4;
}

static void write_fcr(struct uart *u, uint8_t value)
{
	static const uint8_t triggers[] = {1, 4, 8, 14};
	const bool was_on = u->trigger, on = value & FCR_ENABLE;

	if (on != was_on || (on && (value & FCR_CLEAR_RX)))
		clear_rx(u);
	u->trigger = on ? triggers[value >> 6] : 0;
}

static void write_ier(struct uart *u, uint8_t value)
{
	/* The transmitter is always empty, so enabling its interrupt raises it. */
	if ((value & IER_THRE) && !(u->ier & IER_THRE))
		u->thre = true;
	u->ier = value & IER_BITS;
}

/* The IIR for the most urgent interrupt that is pending, without the FIFO's bits. */
static uint8_t pending(const struct uart *u)
{
	if ((u->ier & IER_LINE) && u->overrun)
		return IIR_LINE;
	/* Fewer bytes than the trigger level interrupt after a pause of four characters; here at
	 * once. */
	if ((u->ier & IER_RDA) && u->rx_n)
		return u->rx_n < u->trigger ? IIR_TIMEOUT : IIR_RDA;
	if ((u->ier & IER_THRE) && u->thre)
		return IIR_THRE;
	if ((u->ier & IER_MODEM) && u->msr_delta)
		return IIR_MODEM;
	return IIR_NONE;
}

static uint8_t read_iir(struct uart *u)
{
	const uint8_t id = pending(u);

	if (id == IIR_THRE)
		u->thre = false;
	return u->trigger ? id | IIR_FIFO : id;
}

static uint8_t read_lsr(struct uart *u)
{
	const uint8_t value =
		LSR_THRE | LSR_EMPTY | (u->rx_n ? LSR_READY : 0) | (u->overrun ? LSR_OVERRUN : 0);

	u->overrun = false;
	return value;
}

static uint8_t read_msr(struct uart *u)
{
	const uint8_t value = modem_lines(u) | u->msr_delta;

	u->msr_delta = 0;
	return value;
}

uint8_t uart_read(struct uart *u, unsigned offset)
{
	const bool dlab = u->lcr & LCR_DLAB;

	switch (offset) {
	case DATA:
		return dlab ? u->dll : take_rx(u);
	case IER:
		return dlab ? u->dlm : u->ier;
	case IIR:
		return read_iir(u);
	case LCR:
		return u->lcr;
	case MCR:
		return u->mcr;
	case LSR:
		return read_lsr(u);
	case MSR:
		return read_msr(u);
	case SCR:
		return u->scr;
	default:
		return 0xff;
	}
}

static bool send(struct uart *u, uint8_t value)
{
	/* Full for no time: empty again. */
	u->thre = true;
	if (!(u->mcr & MCR_LOOP))
		return true;
	put_rx(u, value);
	return false;
}

bool uart_write(struct uart *u, unsigned offset, uint8_t value)
{
	const bool dlab = u->lcr & LCR_DLAB;

	switch (offset) {
	case DATA:
		if (!dlab)
			return send(u, value);
		u->dll = value;
		break;
	case IER:
		if (dlab)
			u->dlm = value;
		else
			write_ier(u, value);
		break;
	case IIR:
		write_fcr(u, value);
		break;
	case LCR:
		u->lcr = value;
		break;
	case MCR:
		write_mcr(u, value);
		break;
	case SCR:
		u->scr = value;
		break;
	default: /* the line's and the modem's status are only read */
		break;
	}
	return false;
}

unsigned uart_room(const struct uart *u)
{
	return u->mcr & MCR_LOOP ? 0 : capacity(u) - u->rx_n;
}

void uart_receive(struct uart *u, uint8_t byte)
{
	put_rx(u, byte);
}

bool uart_irq(const struct uart *u)
{
	/* A PC's OUT2 connects the UART to the interrupt line; in loopback it is disconnected. */
	return (u->mcr & MCR_OUT2) && !(u->mcr & MCR_LOOP) && pending(u) != IIR_NONE;
}
