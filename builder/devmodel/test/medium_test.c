/*
 * Media that come and go: what QEMU is told, and what the store says then. A process of the test's
 * plays QEMU.
 */
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/devmodel/medium.h"
#include "builder/fake/fake_store.h"
#include "builder/fake/qmp.h"

#define BACK  "/local/domain/0/backend/qdisk/7/5632"
#define LIBXL "/libxl/7/device/vbd/5632"

static char vdev[] = "hdc";
static struct disk_spec spec = {.vdev = vdev, .vdev_number = 5632, .cdrom = true, .qdisk = true};
static struct disk medium = {.spec = &spec, .fd = -1};
static struct fake_qmp qemu;
static struct host host;

static int set_up(void **state)
{
	if (kit_begin(state) < 0 || chdir(kit_path("")) < 0 || mkdir("qmp", 0700) < 0)
		return -1;
	kit_text("a.iso", "the medium");
	return 0;
}

static void begin(bool full)
{
	fake_reset();
	fake_store()->running = true;
	host.xsh = xs_open(0);
	assert_non_null(host.xsh);
	fake_store_write(LIBXL "/frontend", "/local/domain/7/device/vbd/5632");
	fake_store_write(LIBXL "/params", "aio:/old.iso");
	fake_store_write(BACK "/params", "aio:/old.iso");
	qemu = (struct fake_qmp){.socket = "qmp/qmp-libxl-7", .log = "log"};
	medium.fd = full ? open("a.iso", O_RDONLY | O_CLOEXEC) : -1;
	medium.format = full ? DISK_RAW : DISK_EMPTY;
	strcpy(medium.path, full ? "/img/a.iso" : "");
}

static void end(void)
{
	if (medium.fd >= 0)
		close(medium.fd);
	xs_close(host.xsh);
	host.xsh = NULL;
}

static void says(const char *params)
{
	assert_string_equal(fake_store_read(LIBXL "/params"), params);
	assert_string_equal(fake_store_read(BACK "/params"), params);
}

static void expect_log(const char *want)
{
	char text[4096];

	assert_string_equal(kit_read("log", text, sizeof(text)), want);
}

#define EJECT "eject {\"id\": \"ide-5632\"}\n"
#define INSERT_BY(protocol)                                                                        \
	"add-fd {\"opaque\": \"/img/a.iso\"}\nfile: the medium\n"                                  \
	"blockdev-change-medium {\"id\": \"ide-5632\", \"filename\": \"" protocol                  \
	"/dev/fdset/4\", \"format\": \"raw\"}\n"
#define INSERT INSERT_BY("")

static void test_insert(void **state)
{
	enum medium_left left;
	struct err e;
	pid_t pid;

	(void)state;
	begin(true);
	pid = fake_qmp_start(&qemu);
	KIT_CHECK(medium_change(7, &medium, &host, &left, &e) == 0, "%s", e.msg);
	assert_int_equal(left, MEDIUM_CHANGED);
	expect_log("qmp_capabilities\n" EJECT INSERT);
	says("aio:/img/a.iso");
	assert_string_equal(fake_store_read(BACK "/type"), "qdisk");
	fake_qmp_end(pid);
	end();
	/* A block device is no file to QEMU. */
	begin(true);
	medium.rdev = 0x700;
	pid = fake_qmp_start(&qemu);
	KIT_CHECK(medium_change(7, &medium, &host, &left, &e) == 0, "%s", e.msg);
	medium.rdev = 0;
	expect_log("qmp_capabilities\n" EJECT INSERT_BY("host_device:"));
	fake_qmp_end(pid);
	end();
}

static void test_eject(void **state)
{
	enum medium_left left;
	struct err e;
	pid_t pid;

	(void)state;
	begin(false);
	pid = fake_qmp_start(&qemu);
	KIT_CHECK(medium_change(7, &medium, &host, &left, &e) == 0, "%s", e.msg);
	assert_int_equal(left, MEDIUM_CHANGED);
	expect_log("qmp_capabilities\n" EJECT);
	says("aio:");
	fake_qmp_end(pid);
	end();
}

static void refused(const char *want, enum medium_left want_left, bool passing)
{
	const pid_t pid = fake_qmp_start(&qemu);
	enum medium_left left;
	struct err e;

	assert_int_equal(medium_change(7, &medium, &host, &left, &e), -1);
	assert_string_equal(e.msg, want);
	kit_good_message(&e);
	assert_int_equal(left, want_left);
	assert_int_equal(e.passing, passing);
	fake_qmp_end(pid);
}

/* A guest that has mounted it lets go of it soon, or not. */
static void test_locked(void **state)
{
	enum medium_left left;
	struct err e;
	pid_t pid;

	(void)state;
	begin(true);
	qemu.refuses = "eject";
	qemu.why = "Device 'ide-5632' is locked and force was not specified, wait for tray to open";
	qemu.times = 2;
	pid = fake_qmp_start(&qemu);
	KIT_CHECK(medium_change(7, &medium, &host, &left, &e) == 0, "%s", e.msg);
	expect_log("qmp_capabilities\n" EJECT EJECT EJECT INSERT);
	fake_qmp_end(pid);
	end();
	begin(true);
	qemu.refuses = "eject";
	qemu.why = "Device 'ide-5632' is locked and force was not specified, wait for tray to open";
	refused("hdc: the guest has locked the drive: it is to be ejected there first",
		MEDIUM_AS_BEFORE, true);
	says("aio:/old.iso");
	end();
}

static void test_failures(void **state)
{
	enum medium_left left;
	struct err e;

	(void)state;
	begin(true);
	qemu.refuses = "eject";
	qemu.why = "Device 'ide-5632' not found";
	refused("hdc: QEMU refuses eject: Device 'ide-5632' not found", MEDIUM_AS_BEFORE, false);
	says("aio:/old.iso");
	qemu.refuses = "blockdev-change-medium";
	qemu.why = "Image is not in raw format";
	refused("hdc: the drive is empty now: QEMU refuses blockdev-change-medium: Image is not in "
		"raw format",
		MEDIUM_NONE, false);
	says("aio:");
	qemu.refuses = "add-fd";
	qemu.why = "No file descriptor supplied via SCM_RIGHTS";
	refused("hdc: the drive is empty now: QEMU refuses add-fd: No file descriptor supplied via "
		"SCM_RIGHTS",
		MEDIUM_NONE, false);
	qemu.refuses = NULL;
	qemu.hangs_up = "eject";
	refused("hdc: QEMU does not answer eject: it has hung up", MEDIUM_AS_BEFORE, true);
	unlink(qemu.socket);
	assert_int_equal(medium_change(7, &medium, &host, &left, &e), -1);
	assert_string_equal(e.msg, "hdc: cannot connect to QEMU at qmp/qmp-libxl-7: No such file "
				   "or directory");
	end();
	assert_int_equal(medium_change(7, &medium, &host, &left, &e), -1);
	assert_string_equal(e.msg, "there is no store");
}

/* Of a domain that has gone meanwhile nothing is left in the store. */
static void test_gone(void **state)
{
	(void)state;
	begin(true);
	fake_store_remove(LIBXL);
	fake_store_remove(BACK);
	refused("hdc: the domain is gone", MEDIUM_NONE, true);
	assert_null(fake_store_read(LIBXL "/params"));
	assert_null(fake_store_read(BACK "/params"));
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_insert),   cmocka_unit_test(test_eject),
		cmocka_unit_test(test_locked),   cmocka_unit_test(test_gone),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, set_up, kit_end);
}
