/*
 * The hypervisor's domains by their uuid, more of them than one question brings.
 */
#include "builder/host/domains.h"

#include "builder/fake/kit.h"

#include <errno.h>

static struct host h;

static void begin(void)
{
	struct err e;

	fake_reset();
	assert_int_equal(host_open(&h, false, &e), 0);
}

static void end(void)
{
	host_close(&h);
	fake_reset();
}

static const uint8_t wanted[16] = "the wanted one..", other[16] = "another one.....";

static void test_none(void **state)
{
	xc_domaininfo_t info;
	struct err e;

	(void)state;
	begin();
	assert_int_equal(domain_of_uuid(&h, wanted, 1, &info, &e), 0);
	fake_foreign(0, other);
	assert_int_equal(domain_of_uuid(&h, wanted, 1, &info, &e), 0);
	end();
}

/* At each place of the answers, of which there are 64 in each: first, last, just behind. */
static void test_any_place(void **state)
{
	xc_domaininfo_t info;
	struct err e;

	(void)state;
	for (uint32_t at = 1; at <= 130; at++) {
		begin();
		for (uint32_t id = 1; id <= 130; id++)
			fake_foreign(0, id == at ? wanted : other);
		assert_int_equal(domain_of_uuid(&h, wanted, 1, &info, &e), 1);
		assert_int_equal(info.domain, at);
		assert_int_equal(domain_of_uuid(&h, wanted, at, &info, &e), 1);
		assert_int_equal(domain_of_uuid(&h, wanted, at + 1, &info, &e), 0);
		end();
	}
}

/* One that is being destroyed is none; the next one of the uuid is found from there. */
static void test_dying_and_second(void **state)
{
	xc_domaininfo_t info;
	struct err e;

	(void)state;
	begin();
	for (unsigned i = 0; i < 3; i++)
		fake_foreign(0, wanted);
	fake_domain(1)->dying = true;
	fake_domain(1)->mapped = 1; /* it stays */
	assert_int_equal(domain_of_uuid(&h, wanted, 1, &info, &e), 1);
	assert_int_equal(info.domain, 2);
	assert_int_equal(domain_of_uuid(&h, wanted, 3, &info, &e), 1);
	assert_int_equal(info.domain, 3);
	assert_int_equal(domain_of_uuid(&h, wanted, 4, &info, &e), 0);
	fake_domain(1)->mapped = 0;
	end();
}

static void test_failure(void **state)
{
	xc_domaininfo_t info;
	struct err e;

	(void)state;
	begin();
	for (unsigned i = 0; i < 70; i++)
		fake_foreign(0, other);
	for (unsigned n = 1; n <= 2; n++) {
		fake_fail_call("xc_domain_getinfolist", n, EIO);
		assert_int_equal(domain_of_uuid(&h, wanted, 1, &info, &e), -1);
		kit_good_message(&e);
		KIT_CHECK(strstr(e.msg, "cannot ask for the domains"), "%s", e.msg);
	}
	fake_fail_at(0, 0);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_any_place),
		cmocka_unit_test(test_dying_and_second),
		cmocka_unit_test(test_failure),
	};

	return cmocka_run_group_tests_name("domains", tests, NULL, NULL);
}
