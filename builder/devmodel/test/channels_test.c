/*
 * What channels are connected with: sockets and terminals for a QEMU that can't make them, and the
 * words for those that it makes itself.
 */
#include "builder/fake/kit.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>
#include <fcntl.h>

#include "builder/describe/channel_spec.h"
#include "builder/devmodel/channels.h"
#include "builder/fake/fake_store.h"

static struct guest_config cfg;
static struct guest guest;
static struct channel_spec specs[3];
static struct model_handed files;

static int set_up(void **state)
{
	(void)state;
	fake_reset();
	fake_store()->running = true;
	cfg = kit_config("web", GUEST_PV);
	guest = (struct guest){.cfg = &cfg, .domid = 7};
	memset(specs, 0, sizeof(specs));
	cfg.channels = specs;
	cfg.nr_channels = 1;
	files = (struct model_handed){.fds = {-1, -1, -1}, .n = 3, .own = 3};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	model_handed_close(&files);
	return 0;
}

static void add_path(size_t i, const char *name)
{
	/* The buffers of kit_path take turns. */
	static char paths[3][256];

	snprintf(paths[i], sizeof(paths[i]), "%s", kit_path(name));
	specs[i].path = paths[i];
}

static void hand(void)
{
	struct err e;

	KIT_CHECK(channels_hand(&guest, &files, &e) == 0, "%s", e.msg);
	assert_int_equal(files.own, files.n);
}

static void test_socket(void **state)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct stat st;
	int fd, peer;

	(void)state;
	add_path(0, "socket");
	hand();
	assert_int_equal(files.n, 4);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", specs[0].path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	peer = accept(files.fds[3], NULL, NULL);
	assert_true(peer >= 0);
	close(peer);
	close(fd);
	/* One that was left is replaced. */
	hand();
	assert_int_equal(files.n, 5);
	channels_remove(&guest);
	assert_int_equal(lstat(specs[0].path, &st), -1);
	channels_remove(&guest);
}

/* What is no socket stays. */
static void test_file(void **state)
{
	char want[320], buf[16];
	struct err e;

	(void)state;
	add_path(0, "file");
	kit_text("file", "precious");
	assert_int_equal(channels_hand(&guest, &files, &e), -1);
	snprintf(want, sizeof(want), "channel 1: cannot make the socket %s: %s", specs[0].path,
		 strerror(EADDRINUSE));
	assert_string_equal(e.msg, want);
	channels_remove(&guest);
	assert_string_equal(kit_read("file", buf, sizeof(buf)), "precious");
}

/* Both ends are open; data goes through as it is. */
static void test_terminal(void **state)
{
	static const char data[] = "a\nb\x03\r";
	char buf[16], name[64];
	struct pollfd p;
	const char *node;
	int fd;

	(void)state;
	add_path(0, "socket");
	cfg.nr_channels = 2;
	hand();
	assert_int_equal(files.n, 6);
	node = fake_store_read("/local/domain/7/device/console/2/tty");
	assert_non_null(node);
	snprintf(name, sizeof(name), "%s", node);
	assert_null(fake_store_read("/local/domain/7/device/console/1/tty"));
	assert_int_equal(strncmp(name, "/dev/pts/", 9), 0);
	p = (struct pollfd){.fd = files.fds[4], .events = POLLIN};
	assert_int_equal(poll(&p, 1, 0), 0); /* no POLLHUP either */
	fd = open(name, O_RDWR | O_NOCTTY);
	assert_true(fd >= 0);
	assert_int_equal(write(files.fds[4], data, 5), 5);
	assert_int_equal(read(fd, buf, sizeof(buf)), 5);
	assert_memory_equal(buf, data, 5);
	p.revents = 0;
	assert_int_equal(poll(&p, 1, 0), 0); /* no echo */
	assert_int_equal(write(fd, data, 5), 5);
	assert_int_equal(read(files.fds[4], buf, sizeof(buf)), 5);
	assert_memory_equal(buf, data, 5);
	close(fd);
	assert_int_equal(poll(&p, 1, 0), 0);
}

static void test_too_many(void **state)
{
	struct err e;

	(void)state;
	files.n = files.own = MODEL_FDS_MAX - 1;
	for (size_t i = 3; i < files.n; i++)
		files.fds[i] = -1;
	assert_int_equal(channels_hand(&guest, &files, &e), -1);
	assert_string_equal(e.msg, "it has more channels than its device model can have");
}

static void no_store(void **state)
{
	struct err e;

	(void)state;
	fake_store()->running = false;
	assert_int_equal(channels_hand(&guest, &files, &e), -1);
	kit_good_message(&e);
	assert_int_equal(files.own, files.n); /* they are closed with the others */
}

static void args_are(int first, const char *want)
{
	char text[512] = "";
	struct argv a = {0};

	channels_args(&cfg, first, &a);
	for (size_t i = 0; i < a.n; i++)
		sprintf(text + strlen(text), "%s ", a.v[i]);
	assert_string_equal(text, want);
	argv_free(&a);
}

static void test_args(void **state)
{
	(void)state;
	cfg.nr_channels = 3;
	specs[1].path = (char *)(uintptr_t) "/run/b";
	/* libxl_dm.c, libxl__build_device_model_args_new */
	args_are(0, "-chardev pty,id=libxl-channel1 "
		    "-chardev socket,id=libxl-channel2,path=/run/b,server=on,wait=off "
		    "-chardev pty,id=libxl-channel3 ");
	args_are(5, "-add-fd fd=5,set=1 -chardev serial,id=libxl-channel1,path=/dev/fdset/1 "
		    "-chardev socket,id=libxl-channel2,fd=7,server=on,wait=off "
		    "-add-fd fd=8,set=3 -chardev serial,id=libxl-channel3,path=/dev/fdset/3 ");
	cfg.nr_channels = 0;
	args_are(5, "");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_socket),   TEST(test_file), TEST(test_terminal),
		TEST(test_too_many), TEST(no_store),  TEST(test_args),
	};

	return cmocka_run_group_tests_name("channels", tests, kit_begin, kit_end);
}
