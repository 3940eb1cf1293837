/*
 * Dom0's kernel command line: what is taken from it, and every error with its column.
 * With --seeds DIR: writes some to DIR, for cmdline_fuzz to start from.
 */
#include "diag_expect.h"

#include "cmdline.h"

/* What was read, as text. */
static void dump(const struct cmdline *c, FILE *f)
{
	static const char *const selects[] = {"all", "none", "names"};
	static const char *const echoes[] = {"off", "console", "kmsg"};

	fprintf(f, "%s", selects[c->select]);
	for (size_t i = 0; i < c->nr_names; i++)
		fprintf(f, " %s@%u", c->names[i], c->name_locs[i].column);
	if (c->nr_profiles)
		fprintf(f, "; profile");
	for (size_t i = 0; i < c->nr_profiles; i++)
		fprintf(f, " %s@%u", c->profiles[i], c->profile_locs[i].column);
	for (size_t i = 0; i < c->nr_overrides; i++) {
		const struct override *o = &c->overrides[i];

		assert_string_equal(o->loc.file, "kernel command line");
		assert_int_equal(o->loc.line, 1);
		assert_int_equal(o->value_loc.line, 1);
		fprintf(f, "; %s.%s@%u=%s@%u", o->guest, o->key, o->loc.column, o->value,
			o->value_loc.column);
	}
	fprintf(f, "%s%s", c->store_off ? "; store off" : "", c->rescue ? "; rescue" : "");
	if (c->echo != ECHO_OFF)
		fprintf(f, "; echo %s", echoes[c->echo]);
}

static void reads(const char *text, const char *want, const char *errors)
{
	struct cmdline c;
	struct diag d = {0};
	size_t n = cmdline_parse(text, &c, &d), len;
	char *got = NULL;
	FILE *f = open_memstream(&got, &len);

	assert_int_equal(n, diag_count(&d));
	dump(&c, f);
	fclose(f);
	assert_string_equal(got, want);
	expect_diag(&d, errors);
	cmdline_free(&c);
	free(got);
}

#define AT(column) "kernel command line:1:" #column ": "

static void test_select(void **state)
{
	(void)state;
	reads("", "all", "");
	reads("root=/dev/sda1 quiet\n", "all", "");
	reads("earlydom=all", "all", "");
	reads("earlydom=none", "none", "");
	reads("quiet earlydom=web,db-2 x", "names web@16 db-2@20", "");
	reads("earlydom=\"web,db\"\n", "names web@11 db@15", "");
	reads("earlydom=web earlydom=db", "names db@23", "");
	reads("earlydom=web earlydom=all", "all", "");
	reads("earlydom=none earlydom=web", "names web@24", "");
	reads("earlydomx=1 xearlydom=2 early-dom=3 earlydom-=4", "all", "");
	reads("earlydom=web -- earlydom=db", "names web@10", "");
	reads("--=x earlydom=db", "names db@15", "");
	reads("earlydom", "all",
	      AT(1) "earlydom needs a value: earlydom=GUEST,..., earlydom=all or earlydom=none\n");
	reads("earlydom=web earlydom=", "names web@10",
	      AT(14) "earlydom needs a value: earlydom=GUEST,..., earlydom=all or earlydom=none\n");
	reads("earlydom=web,,db,", "names web@10 db@15",
	      AT(14) "earlydom: an entry is empty\n" AT(18) "earlydom: an entry is empty\n");
	reads("earlydom=,", "all",
	      AT(10) "earlydom: an entry is empty\n" AT(11) "earlydom: an entry is empty\n");
	reads("earlydom=web,db,web", "names web@10 db@14", AT(17) "earlydom: 'web': given twice\n");
	reads("earlydom=a.b,web", "names web@14", AT(10) "earlydom: 'a.b': not a name\n");
	reads("earlydom=\"a b\"", "all", AT(11) "earlydom: 'a b': not a name\n");
	reads("earlydom=all,web,none", "names web@14",
	      AT(10) "earlydom: 'all' stands alone, not in a list\n" AT(
		      18) "earlydom: 'none' stands alone, not in a list\n");
	reads("earlydom=all,none", "all",
	      AT(10) "earlydom: 'all' stands alone, not in a list\n" AT(
		      14) "earlydom: 'none' stands alone, not in a list\n");
	reads("earlydom=\"web", "all", AT(1) "earlydom: the quote is not closed\n");
	reads("x=\"a earlydom=web", "all", "");
}

static void test_parameters(void **state)
{
	(void)state;
	reads("earlydom.profile=a,b", "all; profile a@18 b@20", "");
	reads("earlydom.profile=a earlydom.profile=b", "all; profile b@37", "");
	reads("earlydom.profile=a,,a", "all; profile a@18",
	      AT(20) "earlydom.profile: an entry is empty\n" AT(
		      21) "earlydom.profile: 'a': given twice\n");
	reads("earlydom.profile=a earlydom.profile=,", "all; profile a@18",
	      AT(37) "earlydom.profile: an entry is empty\n" AT(
		      38) "earlydom.profile: an entry is empty\n");
	reads("earlydom.profile", "all",
	      AT(1) "earlydom.profile needs a value: earlydom.profile=NAME,...\n");
	reads("earlydom.store=off", "all; store off", "");
	reads("earlydom.store=0 earlydom.store=on", "all",
	      AT(33) "earlydom.store=on: a store is not supported yet, guests start without one\n");
	reads("earlydom.store", "all", AT(1) "earlydom.store needs a value: on or off\n");
	reads("earlydom.store=no", "all", AT(16) "earlydom.store=no: must be on or off\n");
	reads("earlydom.rescue", "all; rescue", "");
	reads("earlydom.rescue=1", "all; rescue", "");
	reads("earlydom.rescue=on", "all; rescue", "");
	reads("earlydom.rescue earlydom.rescue=off", "all", "");
	reads("earlydom.rescue=", "all", AT(17) "earlydom.rescue=: must be on or off\n");
	reads("earlydom.rescue=yes", "all", AT(17) "earlydom.rescue=yes: must be on or off\n");
	reads("earlydom.echo=console", "all; echo console", "");
	reads("earlydom.echo=console earlydom.echo=kmsg", "all; echo kmsg", "");
	reads("earlydom.echo=kmsg earlydom.echo=off", "all", "");
	reads("earlydom.echo", "all", AT(1) "earlydom.echo needs a value: off, console or kmsg\n");
	reads("earlydom.echo=tty", "all",
	      AT(15) "earlydom.echo=tty: must be off, console or kmsg\n");
	reads("earlydom.profil=x", "all",
	      AT(1) "unknown parameter 'earlydom.profil', did you mean 'earlydom.profile'?\n");
	reads("earlydom.foo=x", "all",
	      AT(1) "unknown parameter 'earlydom.foo' (a guest's keys: "
		    "earlydom.GUEST.KEY=VALUE)\n");
	reads("earlydom.", "all",
	      AT(1) "unknown parameter 'earlydom.' (a guest's keys: earlydom.GUEST.KEY=VALUE)\n");
	reads("earlydom.rescue=\"on", "all", AT(1) "earlydom.rescue: the quote is not closed\n");
}

static void test_overrides(void **state)
{
	(void)state;
	reads("earlydom.web.memory=256", "all; web.memory@1=256@21", "");
	reads("a earlydom.web.extra=\"x y\" b", "all; web.extra@3=x y@23", "");
	reads("\"earlydom.web.extra=x y\"", "all; web.extra@2=x y@21", "");
	reads("earlydom.web.extra=", "all; web.extra@1=@20", "");
	reads("earlydom.web.extra=a.b=c", "all; web.extra@1=a.b=c@20", "");
	reads("earlydom.web.memory=1 earlydom.db.memory=2 earlydom.web.memory=3",
	      "all; web.memory@44=3@64; db.memory@23=2@42", "");
	reads("earlydom.web-1.disk=[]", "all; web-1.disk@1=[]@21", "");
	reads("earlydom.web.memory", "all",
	      AT(1) "earlydom.web.memory needs a value: earlydom.web.memory=VALUE\n");
	reads("earlydom.web.=1", "all",
	      AT(1) "earlydom.web. needs a key: earlydom.GUEST.KEY=VALUE\n");
	reads("earlydom.web.memroy=1", "all",
	      AT(14) "unknown key 'memroy', did you mean 'memory'?\n");
	reads("earlydom.web.soundhw=1", "all",
	      AT(14) "soundhw is a key of xl that earlydom does not support\n");
	reads("earlydom.web.name=x", "all",
	      AT(1) "earlydom.web.name: the name of a guest can't be overridden\n");
	reads("earlydom.store.memory=1", "all",
	      AT(1) "earlydom.store.memory: 'store' can't be the name of a guest\n");
	reads("earlydom..memory=1", "all",
	      AT(1) "earlydom..memory: '' can't be the name of a guest\n");
	reads("earlydom.web.db.memory=1", "all", AT(14) "unknown key 'db.memory'\n");
	reads("earlydom.web.extra=\"x earlydom=none", "all",
	      AT(1) "earlydom.web.extra: the quote is not closed\n");
}

static void write_seeds(const char *dir)
{
	write_text(dir, "names",
		   "root=/dev/sda1 earlydom=web,db,web2 earlydom.profile=normal,x "
		   "\"earlydom.db.extra=a b\" "
		   "earlydom.web.cpus=[0,'1-2'] earlydom.web.memory=0x40 -- earlydom=all\n");
	write_text(
		dir, "words",
		"earlydom=none earlydom=all earlydom.store=off earlydom.rescue earlydom.rescue=off "
		"earlydom.echo=kmsg earlydom.db.memory=64 earlydom.db.cmdline=\"x y\" "
		"earlydom.web2.profile=[a,b]");
	write_text(
		dir, "wrong",
		"earlydom= earlydom=all,web,,web earlydom.foo earlydom.web.name=x earlydom.web.=1 "
		"earlydom.store.memory=1 earlydom.web.memroy=1 earlydom.echo=x earlydom=\"a");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_select),
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_overrides),
	};

	if (argc == 3 && !strcmp(argv[1], "--seeds")) {
		write_seeds(argv[2]);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
