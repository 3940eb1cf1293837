/*
 * Adoption as a property: guests that are started, end, are asked to and are taken away, while
 * hypercalls fail and the supervisor is killed between any two of them. Whatever comes when, no
 * guest runs twice, none is lost, and none is disturbed by what happens to others.
 *
 * ADOPT_SEED and ADOPT_STEPS in the environment set what is otherwise the clock's and 10,000, or
 * 1,000 with a sanitizer or counters.
 */
#include "builder/fake/units.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xen/sched.h>

#include "base/clock.h"

#define GUESTS 4
#define ROUND  40 /* steps with the same guests */

#ifdef UNIT_STATIC
#define STEPS 10000
#else
#define STEPS 1000
#endif

/* What a guest is to be when nothing more happens by itself. */
enum want {
	WANT_UP,       /* it has a domain that runs */
	WANT_OVER,     /* it has none */
	WANT_KEPT,     /* it has one that has ended */
	WANT_RELEASED, /* it has one that is not earlydom's any more */
};

struct model {
	enum want want;
	uint32_t domid; /* while it is to keep the one that it has; or NO_DOMAIN */
	bool target;    /* of this step */
	bool excused;   /* something failed that may have been its own */
};

struct scene {
	struct guest_config cfgs[GUESTS];
	struct kit_units k;
	struct model m[GUESTS];
	bool store, elsewhere;
	bool failing;    /* a call fails in this step */
	bool failed;     /* in this round */
	uint8_t *ledger; /* as it was when the supervisor died */
	size_t ledger_size;
	unsigned kills, adoptions, ends;
	char steps[ROUND * 64]; /* what was done, for a failure's message */
};

static unsigned seed, state_of_random;

static unsigned any(unsigned n)
{
	state_of_random = state_of_random * 1664525 + 1013904223;
	return (state_of_random >> 8) % n;
}

static void note(struct scene *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void note(struct scene *s, const char *fmt, ...)
{
	const size_t len = strlen(s->steps);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->steps + len, sizeof(s->steps) - len, fmt, ap);
	va_end(ap);
}

#define HOLDS(s, i, cond, ...)                                                                     \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			print_error("%s: ", unit_name(&(s)->k.all.list[i]));                       \
			print_error(__VA_ARGS__);                                                  \
			print_error("\nseed %u, steps:%s\n", seed, (s)->steps);                    \
			print_error("%s", kit_units_said(&(s)->k));                                \
			assert_true(cond);                                                         \
		}                                                                                  \
	} while (0)

/* ---- the supervisor's beginning and end ---- */

static void open_units(struct scene *s)
{
	kit_units_open(&s->k, s->cfgs, GUESTS);
	if (s->store)
		kit_units_store(&s->k);
	if (s->elsewhere)
		s->k.all.consoles = CONSOLES_ELSEWHERE;
}

/* What is in the file when the process ends, whichever thread is just writing to it; what it still
 * thinks to write is lost. */
__attribute__((no_sanitize_thread)) static void keep_ledger(void *arg)
{
	struct scene *s = arg;
	const volatile uint8_t *from = (const volatile uint8_t *)s->k.ledger.file;

	for (size_t i = 0; from && i < s->ledger_size; i++)
		s->ledger[i] = from[i];
}

/* Ends the supervisor as a kill does, and lets another one begin. */
static void kill_and_adopt(struct scene *s)
{
	const bool dead = fake_dead();
	int fd;

	if (!dead)
		keep_ledger(s);
	kit_units_drop(&s->k);
	fake_die_at(0, NULL, NULL);
	fd = openat(AT_FDCWD, kit_path("run/state"), O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, s->ledger, s->ledger_size, 0), (ssize_t)s->ledger_size);
	close(fd);
	s->kills++;
	open_units(s);
	s->adoptions += (unsigned)kit_units_adopt(&s->k);
	for (size_t i = 0; i < GUESTS; i++)
		unit_proceed(&s->k.all, &s->k.all.list[i], clock_ns());
	note(s, " killed");
}

/* ---- what must hold ---- */

static unsigned domains_of(const struct unit *u, uint32_t *domid)
{
	unsigned n = 0;

	for (uint32_t id = 1; fake_domain(id); id++) {
		const struct fake_domain *d = fake_domain(id);

		if (!d->there || d->dying || memcmp(d->config.handle, u->guest.uuid, 16) != 0)
			continue;
		*domid = id;
		n++;
	}
	return n;
}

/* What failed was its own business, or not: whatever it came to, it must be consistent. */
static void accept(struct model *m, const struct unit *u)
{
	switch (u->state) {
	case UNIT_ENDED:
	case UNIT_FAILED:
		m->want = WANT_OVER;
		break;
	case UNIT_PRESERVED:
	case UNIT_STUCK:
		m->want = WANT_KEPT;
		break;
	case UNIT_RELEASED:
		m->want = WANT_RELEASED;
		break;
	default:
		m->want = WANT_UP;
		break;
	}
}

static void check_state(struct scene *s, size_t i)
{
	const struct unit *u = &s->k.all.list[i];
	const char *is = unit_state_name(u->state);

	switch (s->m[i].want) {
	case WANT_UP:
		HOLDS(s, i, u->state == UNIT_RUNNING || u->state == UNIT_STOPPING,
		      "is to run, and is %s", is);
		HOLDS(s, i, fake_domain_runs(u->guest.domid), "its domain does not run");
		break;
	case WANT_OVER:
		HOLDS(s, i, unit_over(u), "is to be over, and is %s", is);
		break;
	case WANT_KEPT:
		HOLDS(s, i, u->state == UNIT_PRESERVED || u->state == UNIT_STUCK,
		      "is to be kept, and is %s", is);
		break;
	case WANT_RELEASED:
		HOLDS(s, i, u->state == UNIT_RELEASED, "was released, and is %s", is);
		break;
	}
}

static void check(struct scene *s, size_t i)
{
	const struct unit *u = &s->k.all.list[i];
	struct model *m = &s->m[i];
	uint32_t domid = NO_DOMAIN;
	const unsigned n = domains_of(u, &domid);

	HOLDS(s, i, n <= 1, "has %u domains", n);
	HOLDS(s, i, u->guest.domid == domid, "thinks of domain %u, and has %u (%s)", u->guest.domid,
	      domid, unit_state_name(u->state));
	if (m->excused)
		accept(m, u);
	check_state(s, i);
	HOLDS(s, i, m->domid == NO_DOMAIN || m->domid == domid, "domain %u has become %u", m->domid,
	      domid);
	HOLDS(s, i, (domid == NO_DOMAIN) == (m->want == WANT_OVER), "domain %u, %s", domid,
	      unit_state_name(u->state));
	m->domid = domid;
	m->target = m->excused = false;
}

/* The rule that no guest is started that ends too often has tests of its own. */
static void forgive(struct unit *u, struct units *all)
{
	u->deaths.n = 0;
	unit_save(all, u);
}

static void check_all(struct scene *s)
{
	for (size_t i = 0; i < GUESTS; i++) {
		check(s, i);
		forgive(&s->k.all.list[i], &s->k.all);
	}
}

/* ---- steps ---- */

static enum want after_end(const struct unit *u, unsigned reason)
{
	const enum ending e = ending_of(reason);
	enum guest_action action = policy_action(u->guest.cfg, e);

	if (u->state == UNIT_STOPPING && e < ENDED_CRASH) {
		action = policy_action(u->guest.cfg, ENDED_POWEROFF);
		action = action == ACTION_RESTART ? ACTION_DESTROY : action;
	} else if (u->state == UNIT_STOPPING && action == ACTION_RESTART) {
		action = ACTION_DESTROY;
	}
	return action == ACTION_RESTART    ? WANT_UP
	       : action == ACTION_PRESERVE ? WANT_KEPT
					   : WANT_OVER;
}

static void guest_ends(struct scene *s, size_t i)
{
	static const unsigned reasons[] = {SHUTDOWN_poweroff, SHUTDOWN_reboot, SHUTDOWN_crash};
	const unsigned reason = reasons[any(3)];
	struct unit *u = &s->k.all.list[i];

	if (s->m[i].want != WANT_UP)
		return;
	note(s, " %s-ends-%u", unit_name(u), reason);
	s->m[i] = (struct model){.want = after_end(u, reason), .domid = NO_DOMAIN, .target = true};
	if (s->m[i].want == WANT_KEPT)
		s->m[i].domid = u->guest.domid;
	fake_shutdown(u->guest.domid, reason);
	s->ends++;
}

static void xl_destroys(struct scene *s, size_t i)
{
	const struct unit *u = &s->k.all.list[i];

	if (s->m[i].want == WANT_OVER)
		return;
	note(s, " xl-%s", unit_name(u));
	s->m[i] = (struct model){.want = WANT_OVER, .domid = NO_DOMAIN, .target = true};
	fake_destroy(u->guest.domid);
}

static void command(struct scene *s, size_t i, enum unit_event event)
{
	struct unit *u = &s->k.all.list[i];
	const bool stuck = u->state == UNIT_STUCK;
	struct err e;

	if (fake_dead())
		return; /* nobody is there who would take it */
	if (unit_event(&s->k.all, u, event, clock_ns(), &e) < 0) {
		kit_good_message(&e);
		return;
	}
	note(s, " %s-%s", unit_name(u), unit_event_name(event));
	s->m[i].target = true;
	if (fake_dead()) { /* taken, or not */
		s->m[i].excused = true;
		s->m[i].domid = NO_DOMAIN;
		return;
	}
	/* One that could not be destroyed is not asked to stop, but tried again. */
	if (event == EVENT_ASK_DESTROY || (stuck && event == EVENT_ASK_STOP)) {
		s->m[i].want = WANT_OVER;
		s->m[i].domid = NO_DOMAIN;
	} else if (event == EVENT_ASK_RELEASE) {
		s->m[i].want = WANT_RELEASED;
	}
}

static void act_on(struct scene *s, size_t i)
{
	if (s->m[i].target)
		return;
	switch (any(16)) {
	case 0:
		xl_destroys(s, i);
		break;
	case 1:
		command(s, i, EVENT_ASK_DESTROY);
		break;
	case 2:
		command(s, i, EVENT_ASK_RELEASE);
		break;
	case 3:
	case 4:
		command(s, i, EVENT_ASK_STOP);
		break;
	default:
		guest_ends(s, i);
		break;
	}
}

static void fail_one(struct scene *s)
{
	fake_fail_at(1 + any(90), EIO);
	note(s, " fail");
	s->failing = s->failed = true;
	for (size_t i = 0; i < GUESTS; i++)
		s->m[i].excused = s->m[i].target;
}

/* Starts that have failed are tried again, as if their pauses were over. */
static void end_pauses(struct scene *s)
{
	bool any_left = true;

	while (any_left) {
		any_left = false;
		for (size_t i = 0; i < GUESTS; i++) {
			struct unit *u = &s->k.all.list[i];

			if (u->state != UNIT_RETRYING)
				continue;
			u->retry_at = 0;
			unit_proceed(&s->k.all, u, clock_ns());
			any_left = true;
		}
		if (any_left)
			kit_units_settle(&s->k);
	}
}

static void step(struct scene *s)
{
	const unsigned targets = any(4), trouble = any(8);

	note(s, "\n ");
	if (trouble < 3) {
		note(s, " die");
		fake_die_at(1 + any(trouble ? 120 : 12), keep_ledger, s);
	}
	for (unsigned n = 0; n < targets; n++)
		act_on(s, any(GUESTS));
	if (trouble == 3 || trouble == 4)
		fail_one(s);
	kit_units_settle(&s->k);
	fake_fail_at(0, 0);
	if (fake_dead() || trouble == 5) {
		kill_and_adopt(s);
		kit_units_settle(&s->k);
	}
	fake_die_at(0, NULL, NULL);
	if (s->failing)
		kit_units_settle(&s->k); /* what failed, and is done again */
	s->failing = false;
	end_pauses(s);
	check_all(s);
}

static bool all_over(const struct scene *s)
{
	for (size_t i = 0; i < GUESTS; i++)
		if (s->m[i].want == WANT_UP)
			return false;
	return true;
}

static void configure(struct scene *s)
{
	static const enum guest_action actions[] = {ACTION_RESTART, ACTION_RESTART, ACTION_DESTROY,
						    ACTION_PRESERVE};
	static const char *const names[GUESTS] = {"web", "db", "cache", "mail"};
	static char *after[] = {"web"};

	for (size_t i = 0; i < GUESTS; i++) {
		struct guest_config *cfg = &s->cfgs[i];

		*cfg = kit_config(names[i], i % 2 ? GUEST_PVH : GUEST_PV);
		cfg->on_poweroff = actions[any(4)];
		cfg->on_reboot = actions[any(4)];
		cfg->on_crash = actions[any(4)];
	}
	s->cfgs[3].after = (struct strings){after, 1};
	s->store = any(3) == 0;
	s->elsewhere = s->store && any(2);
	if (s->store)
		kit_devices(&s->cfgs[2]);
}

static void begin_round(struct scene *s)
{
	struct stat st;

	fake_reset();
	s->failed = false;
	s->steps[0] = '\0';
	configure(s);
	open_units(s);
	kit_units_ledger(&s->k);
	assert_int_equal(fstat(s->k.ledger.fd, &st), 0);
	s->ledger_size = (size_t)st.st_size;
	free(s->ledger);
	s->ledger = malloc(s->ledger_size);
	assert_non_null(s->ledger);
	for (size_t i = 0; i < GUESTS; i++)
		s->m[i] = (struct model){.want = WANT_UP, .domid = NO_DOMAIN};
	/* The boot, too, may be cut short; a guest that was not started at all begins anew. */
	if (any(2)) {
		note(s, " boot-die");
		fake_die_at(1 + any(300), keep_ledger, s);
	}
	kit_units_start(&s->k);
	kit_units_settle(&s->k);
	if (fake_dead()) {
		kill_and_adopt(s);
		kit_units_settle(&s->k);
	}
	fake_die_at(0, NULL, NULL);
	end_pauses(s);
	check_all(s);
}

static void end_round(struct scene *s)
{
	unsigned leaks;

	kit_units_drop(&s->k);
	/* What a failing store does not remove stays there (life.h). */
	leaks = s->failed ? 0 : fake_leaks(stderr, false);
	KIT_CHECK(leaks == 0, "seed %u, steps:%s", seed, s->steps);
	fake_reset();
}

static unsigned number_from(const char *name, unsigned otherwise)
{
	const char *text = getenv(name);

	return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static void test_any_order(void **state)
{
	const unsigned steps = number_from("ADOPT_STEPS", STEPS);
	static struct scene s;
	unsigned done = 0;

	(void)state;
	seed = number_from("ADOPT_SEED", (unsigned)clock_ns());
	print_message("# ADOPT_SEED=%u\n", seed);
	while (done < steps) {
		state_of_random = (seed + done) * 2654435761u;
		begin_round(&s);
		for (unsigned n = 0; n < ROUND && !all_over(&s); n++, done++)
			step(&s);
		end_round(&s);
	}
	free(s.ledger);
	print_message("# %u steps: %u ends, %u kills, %u adopted\n", done, s.ends, s.kills,
		      s.adoptions);
	assert_true(s.kills > steps / 20 && s.adoptions > steps / 20 && s.ends > steps / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_order),
	};

	return cmocka_run_group_tests_name("adopt_property", tests, kit_begin, kit_end);
}
