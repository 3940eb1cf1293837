/*
 * The terminals of serial ports: told by what QEMU says at its start, and written to the store
 * before the guest runs. With --seeds DIR: inputs for the fuzzer.
 */
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/fake/fake_store.h"
#include "builder/fake/golden.h"
#include "builder/devmodel/serial_nodes.h"
#include "builder/store/store.h"

#define LINE(tty, label) "char device redirected to " tty " (label " label ")\n"

static char *ports[] = {"pty", "null", "pty"};

static void with_ports(struct golden *g)
{
	golden_plain(g, "web", GUEST_HVM);
	g->guest.domid = 1;
	g->cfg.serial = (struct strings){ports, 3};
}

/* The nodes, a line `PATH VALUE` each. */
static void says(const char *said, const char *wanted)
{
	struct nodes n = {.domid = 1};
	char all[512] = "";
	struct golden g;

	with_ports(&g);
	serial_nodes(&g.guest, said, strlen(said), &n);
	for (size_t i = 0; i < n.n; i++) {
		assert_int_equal(n.v[i].access, NODE_INHERITS);
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s %s\n", n.v[i].path,
			 n.v[i].value);
	}
	assert_string_equal(all, wanted);
	nodes_free(&n);
	golden_free(&g);
}

static void test_lines(void **state)
{
	(void)state;
	says("", "");
	says("qemu: warning: something\n" LINE("/dev/pts/3", "serial0")
		     LINE("/dev/pts/14", "serial2"),
	     "/local/domain/1/serial/0/tty /dev/pts/3\n/local/domain/1/serial/2/tty /dev/pts/14\n");
	/* What is not a serial port of the guest's. */
	says(LINE("/dev/pts/3", "serial3") LINE("/dev/pts/3", "parallel0")
		     LINE("/dev/pts/3", "serial") LINE("/dev/pts/3", "serialx")
			     LINE("/dev/pts/3", "serial0x"),
	     "");
	/* What is not a terminal. */
	says(LINE("/dev/pts/", "serial0") LINE("/dev/pts/1/2", "serial0")
		     LINE("/dev/pts/../sda", "serial0") LINE("/dev/tty1", "serial0")
			     LINE("/dev/pts/1234567890", "serial0") LINE("/dev/pts/-1", "serial0"),
	     "");
	/* Half a line, and one that is longer than any of these. */
	says("char device redirected to /dev/pts/3 (label serial0)", "");
	says("x" LINE("/dev/pts/3", "serial0"), "");
	says("char device redirected to /dev/pts/3 (label serial0)                                 "
	     "                                                                       \n",
	     "");
}

struct scene {
	struct host host;
	struct golden g;
	int dir;
};

static void open_scene(struct scene *s, const char *said)
{
	struct xen_domctl_createdomain config = FAKE_DOMAIN;
	uint32_t domid = FAKE_DOMID_ANY;
	struct err e;

	fake_reset();
	fake_store()->running = true;
	assert_int_equal(host_open(&s->host, false, &e), 0);
	assert_int_equal(store_open(&s->host.xsh, &e), 0);
	assert_int_equal(xc_domain_create(s->host.xch, &domid, &config), 0);
	with_ports(&s->g);
	s->g.guest.in_store = true;
	fake_store_write("/local/domain/1", "");
	mkdir(kit_path("model"), 0755);
	s->dir = open(kit_path("model"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(s->dir >= 0);
	unlinkat(s->dir, "web.log", 0);
	s->g.guest.model.state = DEVMODEL_READY;
	assert_int_equal(bounded_log_open(&s->g.guest.model.log, s->dir, "web", &e), 0);
	/* An earlier one's. */
	bounded_log_write(&s->g.guest.model.log, LINE("/dev/pts/9", "serial0"),
			  strlen(LINE("/dev/pts/9", "serial0")));
	bounded_log_write(&s->g.guest.model.log, said, strlen(said));
	s->g.guest.model.said = strlen(said);
}

static void close_scene(struct scene *s)
{
	bounded_log_close(&s->g.guest.model.log);
	close(s->dir);
	fake_store_remove("/local/domain/1");
	golden_free(&s->g);
	assert_int_equal(xc_domain_destroy(s->host.xch, 1), 0);
	xs_close(s->host.xsh);
	host_close(&s->host);
	kit_nothing_held(true);
}

static void test_publish(void **state)
{
	static const char line[] = LINE("/dev/pts/4", "serial2");
	struct scene s;
	struct err e;
	int fds[2];

	(void)state;
	open_scene(&s, "");
	KIT_CHECK(serial_publish(&s.g.guest, &s.host, &e) == 0, "%s", e.msg);
	assert_null(fake_store_read("/local/domain/1/serial"));

	/* What has not been taken from the pipe yet counts. */
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], line, strlen(line)), strlen(line));
	close(fds[1]);
	s.g.guest.model.said_fd = fds[0];
	KIT_CHECK(serial_publish(&s.g.guest, &s.host, &e) == 0, "%s", e.msg);
	assert_null(fake_store_read("/local/domain/1/serial/0"));
	assert_string_equal(fake_store_read("/local/domain/1/serial/2/tty"), "/dev/pts/4");
	close(fds[0]);
	s.g.guest.model.said_fd = -1;
	close_scene(&s);
}

static void test_failures(void **state)
{
	struct scene s;
	struct err e;

	(void)state;
	open_scene(&s, LINE("/dev/pts/3", "serial0"));
	fake_fail_call("xs_write", 1, ENOSPC);
	assert_int_equal(serial_publish(&s.g.guest, &s.host, &e), -1);
	assert_string_equal(e.msg, "cannot write /local/domain/1/serial/0/tty to the store: "
				   "No space left on device");
	s.g.guest.model.state = DEVMODEL_ENDED;
	err_set(&s.g.guest.model.why, "device model /q ended");
	assert_int_equal(serial_publish(&s.g.guest, &s.host, &e), -1);
	assert_string_equal(e.msg, "device model /q ended");

	/* Whom it does not concern. */
	s.g.cfg.model_protocol = MODEL_CLASSIC;
	assert_int_equal(serial_publish(&s.g.guest, &s.host, &e), 0);
	s.g.cfg.model_protocol = MODEL_QEMU;
	s.g.guest.in_store = false;
	assert_int_equal(serial_publish(&s.g.guest, &s.host, &e), 0);
	assert_null(fake_store_read("/local/domain/1/serial"));
	close_scene(&s);
}

static int write_seeds(const char *dir)
{
	static const char said[] =
		"x\n" LINE("/dev/pts/3", "serial0") LINE("/dev/pts/4", "serial1");
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/said", dir);
	f = fopen(path, "w");
	if (!f || fputs(said, f) == EOF || fclose(f) == EOF)
		return 1;
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_publish),
		cmocka_unit_test(test_failures),
	};

	if (argc == 3 && !strcmp(argv[1], "--seeds"))
		return write_seeds(argv[2]);
	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
