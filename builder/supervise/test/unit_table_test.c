/*
 * The table of a unit's states and events: printed, and looked through for holes.
 */
#include "builder/fake/units.h"

#include "base/clock.h"

static const char *next_name(const struct unit_cell *c, enum unit_state state)
{
	return unit_state_name(c->next == UNIT_STATES ? state : c->next);
}

/* States down, events across, a line each: with 20 events a cell does not fit beside another. */
static void print_table(void)
{
	for (unsigned s = 0; s < UNIT_STATES; s++)
		for (unsigned ev = EVENT_NONE + 1; ev < UNIT_EVENTS; ev++) {
			const struct unit_cell *c = unit_cell(s, ev);

			if (c->act != act_never)
				print_message("# %2u %-10s %-14s %-22s -> %s\n", s,
					      unit_state_name(s), unit_event_name(ev), c->name,
					      next_name(c, s));
		}
}

static void test_no_holes(void **state)
{
	(void)state;
	print_table();
	for (unsigned s = 0; s < UNIT_STATES; s++)
		for (unsigned ev = EVENT_NONE + 1; ev < UNIT_EVENTS; ev++) {
			const struct unit_cell *c = unit_cell(s, ev);

			KIT_CHECK(unit_event_name(ev), "event %u has no name", ev);
			KIT_CHECK(c->act && c->name, "nothing is said of %s while %s (%u)",
				  unit_event_name(ev), unit_state_name(s), s);
			KIT_CHECK(c->act != act_never || c->next == UNIT_STATES,
				  "%s can't happen while %s (%u), and leads somewhere",
				  unit_event_name(ev), unit_state_name(s), s);
		}
}

/* Each state but the first is led to, and each can be left: nothing is final. */
static void test_reachable(void **state)
{
	bool reached[UNIT_STATES] = {[UNIT_WAITING] = true}, left[UNIT_STATES] = {false};

	(void)state;
	for (unsigned s = 0; s < UNIT_STATES; s++)
		for (unsigned ev = EVENT_NONE + 1; ev < UNIT_EVENTS; ev++) {
			const enum unit_state next = unit_cell(s, ev)->next;

			if (next == UNIT_STATES || next == s)
				continue;
			reached[next] = true;
			left[s] = true;
		}
	for (unsigned s = 0; s < UNIT_STATES; s++) {
		KIT_CHECK(reached[s], "nothing leads to %s (%u)", unit_state_name(s), s);
		KIT_CHECK(left[s], "%s (%u) is never left", unit_state_name(s), s);
	}
}

/* What has to hold whatever else the table says. */
static void test_rules(void **state)
{
	static const enum unit_event commands[] = {EVENT_ASK_START, EVENT_ASK_STOP,
						   EVENT_ASK_DESTROY, EVENT_ASK_RELEASE};
	struct unit u = {.state = UNIT_WAITING};

	(void)state;
	for (unsigned s = 0; s < UNIT_STATES; s++) {
		u.state = s;
		/* Somebody can always ask, and is answered. */
		for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
			assert_true(unit_cell(s, commands[i])->act != act_never);
		/* A thread's job comes back, well or not, in each state that has one, and in no
		 * other. */
		assert_int_equal(unit_cell(s, EVENT_JOB_FAILED)->act != act_never, unit_busy(&u));
		assert_int_equal(unit_cell(s, EVENT_JOB_STUCK)->act != act_never, unit_busy(&u));
		assert_int_equal(unit_cell(s, EVENT_BUILT)->act != act_never ||
					 unit_cell(s, EVENT_DESTROYED)->act != act_never,
				 unit_busy(&u));
		/* No guest is started again once it was asked to stop, or has been given away. */
		if (s != UNIT_CONNECTING && s != UNIT_RUNNING)
			assert_true(unit_cell(s, EVENT_RESTART)->act == act_never);
		/* Whether a failed try is followed by another one is decided where a try can fail.
		 */
		assert_int_equal(unit_cell(s, EVENT_TRY_AGAIN)->act != act_never,
				 unit_cell(s, EVENT_GIVE_UP)->act != act_never);
		if (unit_cell(s, EVENT_TRY_AGAIN)->act != act_never)
			assert_int_equal(unit_cell(s, EVENT_TRY_AGAIN)->next, UNIT_RETRYING);
		/* A domain whose end is seen is one that somebody may have destroyed. */
		assert_int_equal(unit_cell(s, EVENT_GONE)->act != act_never,
				 unit_cell(s, EVENT_SHUT_DOWN)->act != act_never);
		assert_int_equal(unit_cell(s, EVENT_GONE)->act != act_never,
				 unit_cell(s, EVENT_GONE_PARTLY)->act != act_never);
	}
}

/* What can't happen is said, and changes nothing. */
static void test_never(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	struct err none = {.msg = ""};
	struct kit_units k;

	(void)state;
	fake_reset();
	kit_units_open(&k, &cfg, 1);
	assert_int_equal(unit_event(&k.all, &k.all.list[0], EVENT_DESTROYED, clock_ns(), &none), 0);
	assert_string_equal(kit_units_said(&k), "earlydom: web: something happened that can't "
						"while it is waiting; please report this\n");
	assert_int_equal(k.all.list[0].state, UNIT_WAITING);
	kit_units_close(&k);
	fake_reset();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_holes),
		cmocka_unit_test(test_reachable),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_never),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
