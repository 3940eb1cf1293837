/* The device model's configuration: its keys, and every message. */
#include "base/test/diag_expect.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/config.h"

static size_t parse(const char *text, struct model_config *c, struct diag *d)
{
	*d = (struct diag){0};
	return model_config_parse("m.conf", text, strlen(text), c, d);
}

static void test_defaults(void **state)
{
	static const char *const texts[] = {"", "\n# nothing\n\n"};
	struct model_config c;
	struct diag d;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(parse(texts[i], &c, &d), 0);
		assert_int_equal(c.port, 0x3f8);
		assert_int_equal(c.irq, 4);
		assert_int_equal(c.uid, 0);
		assert_int_equal(c.io_rate, 100000);
		assert_string_equal(c.log, "");
		assert_true(model_config_valid(&c));
	}
}

static void test_all(void **state)
{
	struct model_config c;
	struct diag d;

	(void)state;
	assert_int_equal(
		parse("log = \"/run/a.log\" # here\nport = 0x2f8; irq=3\nuid = 65534\nio_rate = 0",
		      &c, &d),
		0);
	assert_int_equal(c.port, 0x2f8);
	assert_int_equal(c.irq, 3);
	assert_int_equal(c.uid, 65534);
	assert_int_equal(c.io_rate, 0);
	assert_true(model_config_valid(&c));
	assert_string_equal(c.log, "/run/a.log");
	assert_int_equal(c.log_loc.line, 1);
	assert_int_equal(c.log_loc.column, 7);
}

static void test_ranges(void **state)
{
	static const unsigned ports[] = {0x3f8, 0x2f8, 0x3e8, 0x2e8};
	static const unsigned irqs[] = {1, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15};
	struct model_config c;
	struct diag d;
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		snprintf(text, sizeof(text), "port = %u", ports[i]);
		assert_int_equal(parse(text, &c, &d), 0);
		assert_int_equal(c.port, ports[i]);
	}
	for (size_t i = 0; i < sizeof(irqs) / sizeof(irqs[0]); i++) {
		snprintf(text, sizeof(text), "irq = %u", irqs[i]);
		assert_int_equal(parse(text, &c, &d), 0);
		assert_int_equal(c.irq, irqs[i]);
	}
	assert_int_equal(parse("uid = 4294967294", &c, &d), 0);
	assert_int_equal(c.uid, 4294967294U);
	assert_int_equal(parse("io_rate = 1000000000", &c, &d), 0);
	assert_int_equal(c.io_rate, 1000000000);
}

/* What no text makes. */
static void test_valid(void **state)
{
	static const struct model_config good = {.port = 0x3e8, .irq = 15, .log = "/a"};
	struct model_config c = good;

	(void)state;
	assert_true(model_config_valid(&c));
	c.port = 0x3f9;
	assert_false(model_config_valid(&c));
	for (unsigned irq = 0; irq < 256; irq++) {
		c = good;
		c.irq = (uint8_t)irq;
		assert_int_equal(model_config_valid(&c),
				 irq && irq < 16 && irq != 2 && irq != 8 && irq != 9);
	}
	c = good;
	c.uid = (uid_t)-1;
	assert_false(model_config_valid(&c));
	c = good;
	c.io_rate = 1000000001;
	assert_false(model_config_valid(&c));
	c = good;
	strcpy(c.log, "a");
	assert_false(model_config_valid(&c));
	memset(c.log, '/', sizeof(c.log));
	assert_false(model_config_valid(&c));
	c.log[sizeof(c.log) - 1] = '\0';
	assert_true(model_config_valid(&c));
}

/* A path as long as there can be, and one longer. */
static void test_long_log(void **state)
{
	char text[PATH_MAX + 32], path[PATH_MAX + 1], want[256];
	struct model_config c;
	struct diag d;

	(void)state;
	memset(path, '/', PATH_MAX);
	path[PATH_MAX - 1] = '\0';
	snprintf(text, sizeof(text), "log = \"%s\"", path);
	assert_int_equal(parse(text, &c, &d), 0);
	assert_string_equal(c.log, path);
	path[PATH_MAX - 1] = '/';
	path[PATH_MAX] = '\0';
	snprintf(text, sizeof(text), "log = \"%s\"", path);
	assert_int_equal(parse(text, &c, &d), 1);
	snprintf(want, sizeof(want), "m.conf:1:7: log = \"%.80s\": %s\n", path,
		 strerror(ENAMETOOLONG));
	expect_diag(&d, want);
}

static void test_errors(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"prot = 1", "m.conf:1:1: unknown key 'prot', did you mean 'port'?\n"},
		{"memory = 64", "m.conf:1:1: unknown key 'memory'\n"},
		{"\n  port = 0x3f9",
		 "m.conf:2:10: port = 0x3f9: must be 0x3f8, 0x2f8, 0x3e8 or 0x2e8\n"},
		{"port = 0x103f8",
		 "m.conf:1:8: port = 0x103f8: must be 0x3f8, 0x2f8, 0x3e8 or 0x2e8\n"},
		{"port = \"0x3f8\"", "m.conf:1:8: port = \"0x3f8\": must be an integer\n"},
		{"port = [ 1 ]", "m.conf:1:8: port = [...]: must be an integer\n"},
		{"irq = 16", "m.conf:1:7: irq = 16: must be 1 to 15\n"},
		{"irq = 260", "m.conf:1:7: irq = 260: must be 1 to 15\n"},
		{"irq = 0", "m.conf:1:7: irq = 0: is the platform's own: 0, 2, 8 and 9 can't be "
			    "used\n"},
		{"irq = 2", "m.conf:1:7: irq = 2: is the platform's own: 0, 2, 8 and 9 can't be "
			    "used\n"},
		{"irq = 8", "m.conf:1:7: irq = 8: is the platform's own: 0, 2, 8 and 9 can't be "
			    "used\n"},
		{"irq = 9", "m.conf:1:7: irq = 9: is the platform's own: 0, 2, 8 and 9 can't be "
			    "used\n"},
		{"irq = \"4\"", "m.conf:1:7: irq = \"4\": must be an integer\n"},
		{"uid = 0", "m.conf:1:7: uid = 0: must be 1 to 4294967294\n"},
		{"uid = 4294967295", "m.conf:1:7: uid = 4294967295: must be 1 to 4294967294\n"},
		{"uid = \"nobody\"", "m.conf:1:7: uid = \"nobody\": must be an integer\n"},
		{"io_rate = -1", "m.conf:1:11: an integer has no sign\n"},
		{"io_rate = 1000000001",
		 "m.conf:1:11: io_rate = 1000000001: must be 0 to 1000000000\n"},
		{"io_rate = \"fast\"", "m.conf:1:11: io_rate = \"fast\": must be an integer\n"},
		{"log = 1", "m.conf:1:7: log = 1: must be a string\n"},
		{"log = \"a.log\"", "m.conf:1:7: log = \"a.log\": must be an absolute path\n"},
		{"log = \"\"", "m.conf:1:7: log = \"\": must be an absolute path\n"},
		{"log = [\"/a\"]", "m.conf:1:7: log = [...]: must be a string\n"},
		{"irq = 3\nport = 0x2f8\nirq = 3",
		 "m.conf:3:1: irq is given twice, first on line 1\n"},
		{"port 0x3f8", "m.conf:1:6: expected '=' after the key, found '0x3f8'\n"},
		{"port =", "m.conf:1:7: expected a value, found the end of the file\n"},
		{"log = /a", "m.conf:1:7: a string needs quotes: '/a'\n"},
		{"foo = 1\nport 0x3f8", "m.conf:1:1: unknown key 'foo'\n"
					"m.conf:2:6: expected '=' after the key, found '0x3f8'\n"},
		{"irq = 99\nfoo = 1\nuid = 0",
		 "m.conf:1:7: irq = 99: must be 1 to 15\nm.conf:2:1: unknown key 'foo'\n"
		 "m.conf:3:7: uid = 0: must be 1 to 4294967294\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct model_config c;
		struct diag d;

		assert_true(parse(cases[i].text, &c, &d) > 0);
		expect_diag(&d, cases[i].message);
	}
}

static char dir[] = "/tmp/model_config_XXXXXX";

static int enter_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int leave_dir(void **state)
{
	(void)state;
	unlink("m.conf");
	unlink("a.log");
	unlink("fifo");
	return chdir("/") < 0 || rmdir(dir) < 0;
}

static void test_log(void **state)
{
	struct model_config c = {.log_loc = {"m.conf", 3, 7}};
	struct bounded_log l;
	struct diag d = {0};
	char path[64], message[200], text[16];

	(void)state;
	assert_int_equal(model_config_open_log(&c, &l, &d), 0);
	assert_int_equal(l.fd, -1);
	snprintf(path, sizeof(path), "%s/a.log", dir);
	snprintf(c.log, sizeof(c.log), "%s", path);
	write_text(".", "a.log", "old\n");
	assert_int_equal(model_config_open_log(&c, &l, &d), 0);
	bounded_log_write(&l, "new\n", 4);
	assert_int_equal(bounded_log_tail(&l, text, sizeof(text)), 8);
	assert_memory_equal(text, "old\nnew\n", 8);
	bounded_log_close(&l);

	/* A reader waits at the other end of a FIFO, so that it can be opened. */
	snprintf(path, sizeof(path), "%s/fifo", dir);
	snprintf(c.log, sizeof(c.log), "%s", path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(model_config_open_log(&c, &l, &d), 1);
	assert_int_equal(l.fd, -1);
	snprintf(message, sizeof(message), "m.conf:3:7: log = \"%s\": is not a regular file\n",
		 path);
	expect_diag(&d, message);
	/* Nor is a link followed: the C libraries' words for it differ. */
	unlink("fifo");
	assert_int_equal(symlink("a.log", "fifo"), 0);
	assert_int_equal(model_config_open_log(&c, &l, &d), 1);
	diag_free(&d);
	snprintf(c.log, sizeof(c.log), "%s", dir);
	assert_int_equal(model_config_open_log(&c, &l, &d), 1);
	snprintf(message, sizeof(message), "m.conf:3:7: log = \"%s\": Is a directory\n", dir);
	expect_diag(&d, message);
}

/* Texts for the fuzzer to start from. */
static int seeds(const char *to)
{
	write_text(to, "all",
		   "log = \"/run/a.log\" # here\nport = 0x2f8; irq=3\nuid = 65534\n"
		   "io_rate = 5000\n");
	write_text(to, "wrong", "log = 1\nprot = 0x2f8\nirq = 2\nirq = 3\nuid = [ 1, 2 ]\n");
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults), cmocka_unit_test(test_all),
		cmocka_unit_test(test_ranges),   cmocka_unit_test(test_errors),
		cmocka_unit_test(test_valid),    cmocka_unit_test(test_long_log),
		cmocka_unit_test(test_log),
	};

	if (argc == 3 && !strcmp(argv[1], "--seeds"))
		return seeds(argv[2]);
	return cmocka_run_group_tests(tests, enter_dir, leave_dir);
}
