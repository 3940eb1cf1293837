/*
 * What the supervisor takes for itself, in a child: it is for good.
 */
#include "builder/fake/child.h"
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/oom_score.h"
#include "builder/host/limits.h"

static long killer(void)
{
	FILE *f = fopen("/proc/self/oom_score_adj", "re");
	long value = 1;

	if (f && fscanf(f, "%ld", &value) != 1)
		value = 1;
	if (f)
		fclose(f);
	return value;
}

#ifndef __SANITIZE_ADDRESS__ /* which has mlockall do nothing */
/* KiB that are locked. */
static long locked(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[128];
	long kib = -1;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmLck: %ld", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib;
}

#endif

static void raised(struct err *e)
{
	const struct rlimit few = {.rlim_cur = 64, .rlim_max = 4096};
	struct rlimit files;
	struct err why;

	setrlimit(RLIMIT_NOFILE, &few);
	if (limits_raise(&why) < 0 && killer() == -1000) {
		*e = why;
		return;
	}
	getrlimit(RLIMIT_NOFILE, &files);
	err_set(e, "killer %ld, files %lu, %s", killer(), (unsigned long)files.rlim_cur,
#ifdef __SANITIZE_ADDRESS__ /* it has mlockall do nothing */
		"locked"
#else
		locked() > 256 ? "locked" : "not locked"
#endif
	);
	if (!oom_score_set(OOM_SCORE_ORDINARY) || killer() < 0)
		err_set(e, "not lowered");
}

/* Each that can't be had is said, and the others are had. */
static void no_locks(struct err *e)
{
	child_refuse(SYS_mlockall, EPERM);
	if (limits_raise(e) == 0)
		err_set(e, "raised");
}

/* Whether a process may ask here to be spared: that takes CAP_SYS_RESOURCE. */
static void may_be_spared(struct err *e)
{
	const int fd = open("/proc/self/oom_score_adj", O_WRONLY);

	err_set(e, "%s", write(fd, "-1000", 5) == 5 ? "yes" : "no");
}

static void test_limits(void **state)
{
	char want[128];
	bool spared;

	(void)state;
	spared = !strcmp(child_says(may_be_spared), "yes");
	if (geteuid() != 0 || !spared)
		print_message("# without CAP_SYS_RESOURCE: it is not tested who is spared\n");
	snprintf(want, sizeof(want), "killer %ld, files 4096, locked", spared ? -1000 : killer());
	assert_string_equal(child_says(raised), want);
	if (!spared)
		return;
#ifndef __SANITIZE_ADDRESS__
	snprintf(want, sizeof(want), "cannot keep the program in memory: %s", strerror(EPERM));
	assert_string_equal(child_says(no_locks), want);
#else
	(void)no_locks;
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
