/* libxl's records as they are changed: the text, and the file under libxl's lock. */
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "builder/store/xl_record_file.h"

static const uint8_t uuid[16] = {0x77, 0x65, 0x62};

#define RECORD "userdata-d.7.77656200-0000-0000-0000-000000000000.libxl-json"
#define LOCK   "userdata-l.7.77656200-0000-0000-0000-000000000000.domain-userdata-lock"

static void becomes(const char *before, const char *vdev, const char *path, const char *want)
{
	const struct xl_medium m = {vdev, path};
	char *out;
	size_t len;
	struct err e;

	KIT_CHECK(xl_record_with_medium(before, strlen(before) + 1, &m, &out, &len, &e) == 0, "%s",
		  e.msg);
	assert_string_equal(out, want);
	assert_int_equal(len, strlen(want) + 1);
	free(out);
}

static void refuses(const char *before, const char *want)
{
	const struct xl_medium m = {"hdc", "/x"};
	char *out;
	size_t len;
	struct err e;

	assert_int_equal(xl_record_with_medium(before, strlen(before), &m, &out, &len, &e), -1);
	assert_null(out);
	assert_string_equal(e.msg, want);
}

static void test_text(void **state)
{
	(void)state;
	becomes("{\"disks\": [{\"vdev\": \"hda\", \"format\": \"raw\"}, {\"pdev_path\": \"/a\", "
		"\"vdev\": \"hdc\",\n\"format\": \"raw\"}]}\n",
		"hdc", "",
		"{\"disks\": [{\"vdev\": \"hda\", \"format\": \"raw\"}, {\"pdev_path\": \"\", "
		"\"vdev\": \"hdc\",\n\"format\": \"empty\"}]}\n");
	/* In another order; and what has no value is not there. */
	becomes("{\"disks\": [{\"format\": \"empty\", \"vdev\": \"hdc\", \"pdev_path\": \"\"}]}",
		"hdc", "/b",
		"{\"disks\": [{\"format\": \"raw\", \"vdev\": \"hdc\", \"pdev_path\": \"/b\"}]}");
	becomes("{\"disks\": [{\"vdev\": \"hdc\", \"format\": \"empty\"}]}", "hdc", "/b",
		"{\"disks\": [{\n            \"pdev_path\": \"/b\",\"vdev\": \"hdc\", "
		"\"format\": \"raw\"}]}");
	becomes("{\"disks\": [{\"vdev\": \"hdc\"}]}", "hdc", "/b",
		"{\"disks\": [{\n            \"pdev_path\": \"/b\",\n            \"format\": "
		"\"raw\",\"vdev\": \"hdc\"}]}");
	refuses("", "it is no record of libxl's");
	refuses("{\"disks\": [{]}", "it is no record of libxl's");
	refuses("{}", "there is no disk hdc in it");
	refuses("{\"disks\": {\"vdev\": \"hdc\"}}", "there is no disk hdc in it");
	refuses("{\"disks\": [{\"vdev\": \"hdd\"}]}", "there is no disk hdc in it");
}

static int change(int dir, const char *path, struct err *e)
{
	const struct xl_medium m[] = {{"hdc", path}, {"hdd", ""}};

	return xl_record_change_media(7, uuid, m, 2, dir, e);
}

static void *let_go(void *arg)
{
	usleep(300000);
	/* As libxl does it: removed first. */
	unlink("xen/" LOCK);
	close(*(int *)arg);
	return NULL;
}

static void test_file(void **state)
{
	static const char text[] = "{\"disks\": [{\"vdev\": \"hdd\"}, {\"vdev\": \"hdc\"}]}";
	char buf[512];
	pthread_t thread;
	struct err e;
	int dir, held;

	(void)state;
	assert_int_equal(mkdir("xen", 0700), 0);
	dir = open("xen", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(change(dir, "/a", &e), -1);
	assert_string_equal(e.msg,
			    "cannot read /var/lib/xen/" RECORD ": No such file or directory");
	kit_text("xen/" RECORD, text);
	/* Somebody changes it just now. */
	held = open("xen/" LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(flock(held, LOCK_EX), 0);
	assert_int_equal(pthread_create(&thread, NULL, let_go, &held), 0);
	KIT_CHECK(change(dir, "/a", &e) == 0, "%s", e.msg);
	pthread_join(thread, NULL);
	assert_non_null(strstr(kit_read("xen/" RECORD, buf, sizeof(buf)), "\"/a\""));
	assert_int_equal(access("xen/" LOCK, F_OK), -1);
	held = open("xen/" LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(flock(held, LOCK_EX), 0);
	assert_int_equal(change(dir, "/b", &e), -1);
	assert_string_equal(e.msg, "/var/lib/xen/" LOCK " is held by somebody");
	assert_true(e.passing);
	close(held);
	assert_null(strstr(kit_read("xen/" RECORD, buf, sizeof(buf)), "\"/b\""));
	close(dir);
}

static int begin(void **state)
{
	return kit_begin(state) < 0 || chdir(kit_path("")) < 0 ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, begin, kit_end);
}
