#include "config_jail.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text_file.h"
#include "builder/describe/descriptor.h"
#include "filter.h"
#include "powers.h"

struct text {
	const char *file;
	char *bytes;
	size_t len;
};

static void parse(const struct text *t, struct config_answer *a)
{
	struct diag d = {0};
	FILE *to;

	a->errors = (uint32_t)model_config_parse(t->file, t->bytes, t->len, &a->config, &d);
	to = fmemopen(a->said, sizeof(a->said), "w");
	if (!to)
		return;
	diag_print(&d, DIAG_ERRORS, to, "earlydom-model: ");
	fclose(to); /* what does not fit is cut */
	diag_free(&d);
	a->read = 1;
}

static _Noreturn void child(const struct text *t, uid_t uid, struct config_answer *a)
{
	if (powers_compute_only(uid, &a->failed) < 0 ||
	    filter_enter(&filter_parsing, &a->failed) < 0)
		_exit(1);
	parse(t, a);
	_exit(0);
}

static int cannot(const struct text *t, const char *how, struct err *e)
{
	return err_set(e, "cannot read the configuration %.200s: its parser %s", t->file, how);
}

/* Whether the child has done what it was to do. */
static int ended_well(const struct text *t, int status, const struct config_answer *a,
		      struct err *e)
{
	char how[128];

	if (WIFSIGNALED(status)) {
		snprintf(how, sizeof(how), "was ended by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
		return cannot(t, how, e);
	}
	if (WEXITSTATUS(status) == 0 && a->read)
		return 0;
	if (!a->failed.msg[0])
		return cannot(t, "has failed", e);
	return err_set(e,
		       "cannot read the configuration %.200s in a process without powers: %.250s",
		       t->file, a->failed.msg);
}

/* Nothing that drives a terminal, and lines only where they may be. */
static void make_safe(char *said, size_t size, bool lines)
{
	said[size - 1] = '\0';
	for (; *said; said++)
		if ((*said >= 0 && *said < ' ' && !(lines && *said == '\n')) || *said == 0x7f)
			*said = '?';
}

/* What has come out is a stranger's: it is looked at here, when nobody else can change it. */
static int check(const struct text *t, struct config_answer *a, struct err *e)
{
	make_safe(a->said, sizeof(a->said), true);
	make_safe(a->failed.msg, sizeof(a->failed.msg), false);
	a->config.log_loc.file = t->file;
	if (a->read && !a->errors && !model_config_valid(&a->config))
		return cannot(t, "says what can't be", e);
	return 0;
}

static int run(const struct text *t, uid_t uid, struct config_answer *shared,
	       struct config_answer *out, struct err *e)
{
	const pid_t pid = fork();
	int status;

	if (pid < 0)
		return err_set_errno(e, errno, "cannot start the configuration's parser");
	if (!pid)
		child(t, uid, shared);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_set_errno(e, errno,
					     "cannot wait for the configuration's parser");
	*out = *shared;
	return check(t, out, e) < 0 ? -1 : ended_well(t, status, out, e);
}

int config_jail_read(const char *file, uid_t uid, struct config_answer *out, struct err *e)
{
	struct config_answer *shared;
	struct text t = {.file = file};
	int rc;

	/* One byte more than is allowed, so that a longer one is noticed. */
	t.bytes = text_file_read(file, DESCRIPTOR_MAX + 1, &t.len);
	if (!t.bytes)
		return err_set_errno(e, errno, "%.200s: cannot read the configuration", file);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED) {
		free(t.bytes);
		return err_set_errno(e, errno, "cannot read the configuration %.200s", file);
	}
	rc = run(&t, uid, shared, out, e);
	munmap(shared, sizeof(*shared));
	free(t.bytes);
	return rc;
}
