/* Root's powers, one by one: as the kernel says of a child. Without root there are none to take. */
#include "builder/fake/kit.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/capabilities.h"

struct seen {
	bool done;
	unsigned long long inherited, permitted, effective, bounding;
};

static void look(struct seen *s)
{
	char line[256];
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f)) {
		sscanf(line, "CapInh: %llx", &s->inherited);
		sscanf(line, "CapPrm: %llx", &s->permitted);
		sscanf(line, "CapEff: %llx", &s->effective);
		sscanf(line, "CapBnd: %llx", &s->bounding);
	}
	if (f)
		fclose(f);
}

static bool keep_two(void)
{
	return capabilities_keep_only(CAPABILITY(CAP_KILL) | CAPABILITY(CAP_BPF));
}

static bool keep_none(void)
{
	return capabilities_keep_only(0);
}

static bool inherit_one(void)
{
	return capabilities_bound(CAPABILITY(CAP_CHOWN)) &&
	       capabilities_set(CAPABILITY(CAP_CHOWN), CAPABILITY(CAP_CHOWN));
}

static struct seen in_child(bool (*take)(void))
{
	struct seen *s =
		mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct seen out;
	pid_t pid;

	assert_ptr_not_equal(s, MAP_FAILED);
	pid = fork();
	if (pid == 0) {
		s->done = take();
		look(s);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	out = *s;
	munmap(s, sizeof(*s));
	return out;
}

static void test_two(void **state)
{
	const unsigned long long two = CAPABILITY(CAP_KILL) | CAPABILITY(CAP_BPF);
	struct seen s;

	(void)state;
	s = in_child(keep_two);
	assert_true(s.done);
	assert_int_equal(s.permitted, two);
	assert_int_equal(s.effective, two);
	assert_int_equal(s.bounding, two);
	assert_int_equal(s.inherited, 0);
}

static void test_none(void **state)
{
	struct seen s;

	(void)state;
	s = in_child(keep_none);
	assert_true(s.done);
	assert_int_equal(s.permitted | s.effective | s.bounding | s.inherited, 0);
}

static void test_inherit(void **state)
{
	struct seen s;

	(void)state;
	s = in_child(inherit_one);
	assert_true(s.done);
	assert_int_equal(s.inherited, CAPABILITY(CAP_CHOWN));
	assert_int_equal(s.effective, CAPABILITY(CAP_CHOWN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_inherit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
