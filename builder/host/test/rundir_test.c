/* The directory under /run: made where it is missing, and records that are never seen in part. */
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/report.h"
#include "builder/host/rundir.h"

static void test_open(void **state)
{
	struct rundir r;
	struct err e;
	char msg[512], path[256];

	(void)state;
	KIT_CHECK(rundir_open(&r, kit_path("run"), &e) == 0, "%s", e.msg);
	rundir_close(&r);
	rundir_close(&r);
	KIT_CHECK(rundir_open(&r, kit_path("run"), &e) == 0, "%s", e.msg); /* once more */
	assert_int_equal(access(kit_path("run/console"), F_OK), 0);
	assert_int_equal(access(kit_path("run/guests"), F_OK), 0);
	rundir_close(&r);

	snprintf(path, sizeof(path), "%s", kit_path("no/where"));
	assert_int_equal(rundir_open(&r, path, &e), -1);
	snprintf(msg, sizeof(msg), "cannot make the directory %s: No such file or directory", path);
	assert_string_equal(e.msg, msg);
	assert_int_equal(mkdir(kit_path("half"), 0700), 0);
	kit_text("half/guests", "in the way");
	assert_int_equal(rundir_open(&r, kit_path("half"), &e), 0);
	assert_string_equal(e.msg, "cannot open the directory guests: Not a directory");
	assert_true(r.dir >= 0 && r.console >= 0 && r.guests < 0);
	rundir_record(&r, "web", "lost");
	rundir_close(&r);
	assert_int_equal(rename(kit_path("half/guests"), kit_path("half/console.old")), 0);
	assert_int_equal(rundir_open(&r, kit_path("half"), &e), 0);
	assert_string_equal(e.msg, "");
	assert_true(r.guests >= 0);
	rundir_close(&r);
}

static void test_record(void **state)
{
	char text[64];
	struct rundir r;
	struct err e;
	struct stat st;

	(void)state;
	assert_int_equal(rundir_open(&r, kit_path("run"), &e), 0);
	/* The path may change below it: only the open directories count. */
	assert_int_equal(rename(kit_path("run"), kit_path("moved")), 0);
	rundir_record(&r, "web", "state=starting with a long text\n");
	rundir_record(&r, "web", "state=running\n");
	assert_string_equal(kit_read("moved/guests/web", text, sizeof(text)), "state=running\n");
	assert_int_equal(access(kit_path("moved/guests/.new"), F_OK), -1);
	assert_int_equal(stat(kit_path("moved/guests/web"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	/* One that can't be put in place leaves nothing half. */
	assert_int_equal(mkdir(kit_path("moved/guests/dir"), 0700), 0);
	rundir_record(&r, "dir", "text");
	assert_int_equal(access(kit_path("moved/guests/.new"), F_OK), -1);
	rundir_close(&r);
}

static void test_report(void **state)
{
	char text[4096], big[2000];
	struct report r = {.out = {.fd = -1}};
	struct err e;
	int dir = open(kit_path(""), O_RDONLY | O_DIRECTORY);

	(void)state;
	r.out.fd = open(kit_path("console"), O_RDWR | O_CREAT | O_APPEND, 0600);
	assert_int_equal(bounded_log_open(&r.log, dir, "said", &e), 0);
	report_line(&r, "%s: %d", "web", 7);
	report_line(&r, "percent %% and %s", "%s");
	kit_read("console", text, sizeof(text));
	assert_string_equal(text, "earlydom: web: 7\nearlydom: percent % and %s\n");
	assert_string_equal(kit_read("said.log", text, sizeof(text)),
			    "earlydom: web: 7\nearlydom: percent % and %s\n");
	/* A line that is too long is cut, and ends. */
	memset(big, 'b', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(ftruncate(r.out.fd, 0), 0);
	report_line(&r, "%s", big);
	kit_read("console", text, sizeof(text));
	assert_int_equal(strlen(text), 1023);
	assert_string_equal(text + 1019, "bbb\n");
	/* Without a console the log has it all the same, and the other way round. */
	close(r.out.fd);
	r.out.fd = -1;
	report_line(&r, "to the log");
	kit_read("said.log", text, sizeof(text));
	assert_non_null(strstr(text, "\nearlydom: to the log\n"));
	bounded_log_close(&r.log);
	report_line(&r, "to nobody");
	close(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_report),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
