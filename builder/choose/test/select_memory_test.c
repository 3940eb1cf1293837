/*
 * Selection when memory runs out: whichever allocation fails, nothing breaks, nothing leaks, and no
 * guest is lost or started incompletely without an error.
 */
#include "base/test/diag_expect.h"

#include <errno.h>
#include <stdbool.h>

#include "builder/fake/fake.h"
#include "builder/choose/select.h"

#define SOURCE(path, words)                                                                        \
	{                                                                                          \
		.file = (char *)(path), .text = (char *)(words), .len = sizeof(words) - 1          \
	}

static const struct source sources[] = {
	SOURCE("web.cfg",
	       "kernel = '/k'\nmemory = 64\nname = 'web'\nimage = 'linux'\n"
	       "uuid = '01234567-89ab-cdef-0123-456789abcdef'\ncpus = ['0', '1']\n"
	       "vcpus = 2\nprofile = ['a', 'b']\nroot = '/x'\nextra = 'y'\nip = 'dhcp'\n"
	       "disk = ['/a,raw,xvda', 'LABEL=b,raw,xvdb,ro']\nafter = 'db'\nready = 'data/x'\n"
	       "pci = ['36:00.0', 'name=nic']\n"),
	SOURCE("db.cfg", "kernel = '/k'\nmemory = 64\ncpus = 0\nprofile = 'a'\n"
			 "vif = ['bridge=x,mac=00:16:3e:00:00:01', 'vifname=db0']\n"),
	SOURCE("bad.cfg", "kernel = /k\nmemory = 0\ndisk = ['/a,raw,xvda,script=x']\n"
			  "vif = ['bridge=x,rate=1MB/s']\npci = ['name=a']\nx = [[1], 'a' 'b'\n"),
	SOURCE("g.cfg", "kernel = '/k'\nmemory = 9\nmemroy = 1\n"),
	SOURCE("c1.cfg", "kernel = '/k'\nmemory = 9\nafter = 'c2'\n"),
	SOURCE("c2.cfg", "kernel = '/k'\nmemory = 9\nafter = ['c1', 'nix']\n"),
};

static const char cmdline[] =
	"earlydom=web,db,bad,g,bda,c1,c2 earlydom.bridge=x:y,z earlydom.profile=a,zz "
	"earlydom.db.memory=32 "
	"earlydom.web.cpus=[0,1] earlydom.bad.maxmem=[a,b] earlydom.web.cmdline=\"x y\" "
	"earlydom.web.memry=1 earlydom.xx.memory=1";

/* Selects with the n-th allocation failing. Returns the number of guests; fills in what was told.
 */
static size_t select_failing(unsigned n, struct diag *d)
{
	struct cmdline c;
	struct selection s;
	size_t guests;

	fake_alloc_fail_at(n);
	cmdline_parse(cmdline, &c, d);
	select_guests(sources, sizeof(sources) / sizeof(sources[0]), &c, &s, d);
	guests = s.n;
	for (size_t i = 0; i < s.n; i++) {
		assert_non_null(s.guests[i].name);
		assert_non_null(s.guests[i].image);
		assert_string_equal(s.guests[i].kernel, "/k");
		assert_true(s.guests[i].memory_kib && s.guests[i].maxmem_kib);
	}
	selection_free(&s);
	cmdline_free(&c);
	return guests;
}

static bool is_told(const struct diag *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (strstr(d->msgs[i].text, strerror(ENOMEM)))
			return true;
	return d->lost > 0;
}

static void test_every_allocation(void **state)
{
	struct diag d = {0};
	unsigned n = 1;

	(void)state;
	assert_int_equal(select_failing(0, &d), 2);
	assert_false(is_told(&d));
	diag_free(&d);
	for (;; n++) {
		size_t guests = select_failing(n, &d);

		if (!fake_alloc_failed())
			break;
		if (guests != 2 && !is_told(&d))
			fail_msg("allocation %u: %zu guests, and not a word", n, guests);
		diag_free(&d);
	}
	fake_alloc_fail_at(0);
	diag_free(&d);
	/* There is something to fail: many of them. */
	assert_true(n > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
