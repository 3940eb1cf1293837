/* What an end means, and how often it may happen. */
#include "builder/fake/kit.h"

#include <xen/sched.h>

#include "builder/supervise/policy.h"

#define S UINT64_C(1000000000)

static void test_deaths(void **state)
{
	struct deaths d = {{0}, 0};

	(void)state;
	/* Five within a minute are allowed, the sixth is not. */
	for (unsigned i = 0; i < 5; i++)
		assert_false(deaths_add(&d, 1000 * S + i * S));
	assert_true(deaths_add(&d, 1059 * S));
	/* The edge: 60 s from the first of six. */
	d = (struct deaths){{0}, 0};
	for (unsigned i = 0; i < 5; i++)
		assert_false(deaths_add(&d, 1000 * S));
	assert_true(deaths_add(&d, 1060 * S));
	d = (struct deaths){{0}, 0};
	for (unsigned i = 0; i < 5; i++)
		assert_false(deaths_add(&d, 1000 * S));
	assert_false(deaths_add(&d, 1060 * S + 1));
	/* The window goes on: the five before count, however many there were. */
	assert_true(deaths_add(&d, 1060 * S));

	/* One every 13 s for ever: never six within 60 s. */
	d = (struct deaths){{0}, 0};
	for (unsigned i = 0; i < 1000; i++)
		assert_false(deaths_add(&d, i * 13 * S));
	/* One every 11 s: the sixth is 55 s after the first. */
	d = (struct deaths){{0}, 0};
	for (unsigned i = 0; i < 5; i++)
		assert_false(deaths_add(&d, i * 11 * S));
	assert_true(deaths_add(&d, 55 * S));
}

static void test_endings(void **state)
{
	static const struct {
		unsigned reason;
		enum ending ending;
		const char *text;
	} cases[] = {
		{SHUTDOWN_poweroff, ENDED_POWEROFF, "powered off"},
		{SHUTDOWN_reboot, ENDED_REBOOT, "rebooted"},
		{SHUTDOWN_suspend, ENDED_CRASH, "crashed"},
		{SHUTDOWN_crash, ENDED_CRASH, "crashed"},
		{SHUTDOWN_watchdog, ENDED_WATCHDOG, "was ended by its watchdog"},
		{SHUTDOWN_soft_reset, ENDED_SOFT_RESET, "asked for a soft reset"},
		{255, ENDED_CRASH, "crashed"}, /* a guest can give any */
	};
	struct guest_config cfg = kit_config("web", GUEST_PV);

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(ending_of(cases[i].reason), cases[i].ending);
		assert_string_equal(ending_text(cases[i].ending), cases[i].text);
	}
	cfg.on_poweroff = ACTION_PRESERVE;
	cfg.on_reboot = ACTION_RESTART;
	cfg.on_crash = ACTION_PRESERVE;
	cfg.on_watchdog = ACTION_DESTROY;
	assert_int_equal(policy_action(&cfg, ENDED_POWEROFF), ACTION_PRESERVE);
	assert_int_equal(policy_action(&cfg, ENDED_REBOOT), ACTION_RESTART);
	assert_int_equal(policy_action(&cfg, ENDED_CRASH), ACTION_PRESERVE);
	assert_int_equal(policy_action(&cfg, ENDED_WATCHDOG), ACTION_DESTROY);
	/* The default: no guest is reset in its place. */
	assert_int_equal(policy_action(&cfg, ENDED_SOFT_RESET), ACTION_PRESERVE);
	cfg.on_soft_reset = ACTION_RESTART;
	assert_int_equal(policy_action(&cfg, ENDED_SOFT_RESET), ACTION_RESTART);
	/* Without a core. */
	cfg.on_crash = ACTION_COREDUMP_DESTROY;
	cfg.on_watchdog = ACTION_COREDUMP_RESTART;
	assert_int_equal(policy_action(&cfg, ENDED_CRASH), ACTION_DESTROY);
	assert_int_equal(policy_action(&cfg, ENDED_WATCHDOG), ACTION_RESTART);
}

/* Images are kept for whoever may be built again. */
static void test_may_restart(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);

	(void)state;
	assert_true(policy_may_restart(&cfg)); /* on_reboot */
	cfg.on_reboot = ACTION_PRESERVE;
	assert_false(policy_may_restart(&cfg));
	cfg.on_crash = ACTION_COREDUMP_RESTART;
	assert_true(policy_may_restart(&cfg));
	cfg.on_crash = ACTION_DESTROY;
	cfg.on_watchdog = ACTION_RESTART;
	assert_true(policy_may_restart(&cfg));
	cfg.on_watchdog = ACTION_COREDUMP_DESTROY;
	cfg.on_soft_reset = ACTION_RESTART;
	assert_true(policy_may_restart(&cfg));
}

static void test_retries(void **state)
{
	static const unsigned pauses[] = {2, 5, 10, 30, 60, 60};
	struct guest_config cfg = kit_config("web", GUEST_PV);

	(void)state;
	cfg.start_retries = RETRIES_AS_USUAL;
	assert_true(policy_retries(&cfg, false, 2));
	assert_false(policy_retries(&cfg, false, 3));
	assert_true(policy_retries(&cfg, true, 3));
	assert_true(policy_retries(&cfg, true, 1000000));
	cfg.start_retries = RETRIES_UNLIMITED;
	assert_true(policy_retries(&cfg, false, 1000000));
	cfg.start_retries = 0;
	assert_false(policy_retries(&cfg, true, 0));
	cfg.start_retries = 5;
	assert_true(policy_retries(&cfg, true, 4));
	assert_false(policy_retries(&cfg, true, 5));
	for (unsigned i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++)
		assert_int_equal(policy_pause_s(i + 1), pauses[i]);
	assert_int_equal(policy_pause_s(UINT32_MAX), 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deaths),
		cmocka_unit_test(test_endings),
		cmocka_unit_test(test_may_restart),
		cmocka_unit_test(test_retries),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
