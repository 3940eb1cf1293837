#include "daemons.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <xen/io/xs_wire.h>

#include "base/clock.h"
#include "base/interpreter.h"
#include "base/pidfd.h"
#include "builder/devmodel/devmodel_files.h"
#include "daemon_calls.h"

#define ANSWER_MS 1000 /* how long a xenstored that runs may take for an answer */
#define END_MS    1000 /* how long one that is killed may take to be gone */
#define LOOK_MS   5    /* how often a daemon that starts is looked at */

const struct daemons_where daemons_usual = {
	.programs = DAEMONS_DIR,
	.socket = "/run/xenstored/socket",
	.store_pid = "/run/xenstore.pid",
	.console_pid = "/run/xenconsoled.pid",
	.log_dir = DAEMONS_LOG_DIR,
	.xenbus = "/proc/xen/xsd_port",
	.store_powers = &daemon_store_powers,
	.console_powers = &daemon_console_powers,
	.terminals = "/dev/pts/ptmx",
	.timeout_ms = 10000,
	.stop_fd = -1,
};

/* A daemon that is being started. */
struct start {
	struct daemon_start how;
	const struct daemons_where *at;
	char program[PATH_MAX];
	bool (*serves)(const struct start *s);
	char said[256]; /* the first of what it has said, up to len */
	size_t len;
};

/* ---- what runs ---- */

/* Whether the process has this name, and has not ended: one that nobody has waited for yet is there
 * still (proc(5), /proc/PID/stat). */
static bool lives(long pid, const char *name)
{
	char path[64], text[128] = "", *end;
	const char *begin;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	begin = strchr(text, '(');
	end = strrchr(text, ')');
	if (!begin || !end || end < begin || end[1] != ' ' || strchr("ZX", end[2]))
		return false;
	*end = '\0';
	return strcmp(begin + 1, name) == 0;
}

/* The process that a pid file names, if it is one of this name; else 0. */
static pid_t running(const char *pid_file, const char *name)
{
	char text[32] = "";
	long pid = 0;
	FILE *f;

	f = fopen(pid_file, "re");
	if (!f)
		return 0;
	if (fgets(text, sizeof(text), f))
		pid = strtol(text, NULL, 10);
	fclose(f);
	return pid > 0 && pid <= INT_MAX && lives(pid, name) ? (pid_t)pid : 0;
}

/* Its life, as a file; -1 where there is no such process, or no such call (Linux 5.3). */
static int life_of(pid_t pid)
{
	return pid > 0 ? pidfd_of(pid) : -1;
}

static bool told_to_stop(const struct daemons_where *at)
{
	struct pollfd p = {.fd = at->stop_fd, .events = POLLIN};

	return at->stop_fd >= 0 && poll(&p, 1, 0) > 0;
}

/* Asks for the store's root. True when a whole answer has come. */
static bool ask(int fd)
{
	const struct {
		struct xsd_sockmsg head;
		char path[2];
	} __attribute__((packed)) question = {{.type = XS_DIRECTORY, .req_id = 1, .len = 2}, "/"};
	struct xsd_sockmsg answer;

	return send(fd, &question, sizeof(question), MSG_NOSIGNAL) == sizeof(question) &&
	       recv(fd, &answer, sizeof(answer), MSG_WAITALL) == sizeof(answer) &&
	       answer.type == XS_DIRECTORY && answer.req_id == 1;
}

static bool answers(const char *path, unsigned ms)
{
	const struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	bool good;
	int fd;

	if (strlen(path) >= sizeof(to.sun_path))
		return false;
	strcpy(to.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	good = connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 && ask(fd);
	close(fd);
	return good;
}

bool daemons_store_answers(const struct daemons_where *at)
{
	return answers(at->socket, ANSWER_MS);
}

bool daemons_console_runs(const struct daemons_where *at)
{
	return running(at->console_pid, "xenconsoled") > 0;
}

bool daemons_there(const struct daemons_where *at)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/xenstored", at->programs);
	if (access(path, X_OK) < 0)
		return false;
	snprintf(path, sizeof(path), "%s/xenconsoled", at->programs);
	return access(path, X_OK) == 0;
}

/* ---- the program, in the own root ---- */

/* Makes the directories above a file. */
static int make_parents(int dir, const char *file)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", file);
	for (char *p = strchr(path, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdirat(dir, path, 0755) < 0 && errno != EEXIST)
			return -1;
		*p = '/';
	}
	return 0;
}

static int copy(int from, int to)
{
	char buf[16384];
	ssize_t n, done;

	while ((n = read(from, buf, sizeof(buf))) > 0) {
		done = write(to, buf, (size_t)n);
		if (done != n) {
			if (done >= 0)
				errno = ENOSPC;
			return -1;
		}
	}
	return n < 0 ? -1 : 0;
}

/*
 * Copies the program to its own path in the own root, unless it is there: from an earlier try, or
 * because the directory is one that the own root shares.
 */
static int copy_program(const struct start *s, struct err *e)
{
	const char *inside = s->program + strspn(s->program, "/");
	int from, to = -1, rc = -1;

	from = open(s->program, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return err_set(e, "cannot run %s: %s", s->program, strerror(errno));
	if (make_parents(s->how.own_root->dir, inside) == 0)
		to = openat(s->how.own_root->dir, inside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			    0755);
	if (to >= 0)
		rc = copy(from, to);
	else if (errno == EEXIST)
		rc = 0;
	if (rc < 0)
		err_set(e, "cannot copy %s to the refuge: %s", s->program, strerror(errno));
	if (to >= 0)
		close(to);
	if (to >= 0 && rc < 0)
		unlinkat(s->how.own_root->dir, inside, 0);
	close(from);
	return rc;
}

/* All that it needs in the own root: one of the distribution's has shared libraries, too. */
static int keep_program(const struct start *s, struct err *e)
{
	if (copy_program(s, e) < 0)
		return -1;
	if (!has_interpreter(s->program) ||
	    devmodel_files_keep_libraries(s->how.own_root, s->at->starter, e) == 0)
		return 0;
	return err_prefix(e, "cannot start %s: ", s->how.name);
}

/* Ends every process that runs this program, by its file: no other one does. */
static void end_all(const struct start *s)
{
	const char *inside = s->program + strspn(s->program, "/");
	struct stat program, exe;
	struct dirent *d;
	char path[300];
	DIR *proc;

	if (!s->how.own_root || fstatat(s->how.own_root->dir, inside, &program, 0) < 0)
		return;
	proc = opendir("/proc");
	if (!proc)
		return;
	while ((d = readdir(proc))) {
		if (!isdigit((unsigned char)d->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/exe", d->d_name);
		if (stat(path, &exe) == 0 && exe.st_dev == program.st_dev &&
		    exe.st_ino == program.st_ino)
			kill((pid_t)strtol(d->d_name, NULL, 10), SIGKILL);
	}
	closedir(proc);
}

/* ---- the start ---- */

/* Reads what the daemon says. True when every process of it has ended. */
static bool ended(struct start *s, int life)
{
	char more[256];
	ssize_t n;

	for (;;) {
		n = read(life, more, sizeof(more));
		if (n <= 0)
			return n == 0;
		if ((size_t)n > sizeof(s->said) - 1 - s->len)
			n = (ssize_t)(sizeof(s->said) - 1 - s->len);
		memcpy(s->said + s->len, more, (size_t)n);
		s->len += (size_t)n;
	}
}

/* Its last words, as one line. */
static int ended_error(struct start *s, int status, struct err *e)
{
	static const char fatal[] = "FATAL: ";
	char *text = s->said;

	s->said[s->len] = '\0';
	if (!strncmp(text, fatal, strlen(fatal)))
		text += strlen(fatal);
	for (char *p = text + strlen(text); p > text && isspace((unsigned char)p[-1]); p--)
		p[-1] = '\0';
	for (char *p = text; *p; p++)
		if (!isprint((unsigned char)*p))
			*p = ' ';
	if (!strncmp(text, "cannot run ", 11))
		return err_set(e, "%s", text);
	if (WIFSIGNALED(status))
		return err_set(e, "%s was ended by signal %d (%s)%s%s", s->how.name,
			       WTERMSIG(status), strsignal(WTERMSIG(status)), *text ? ": " : "",
			       text);
	if (*text)
		return err_set(e, "%s ended: %s", s->how.name, text);
	if (status)
		return err_set(e, "%s ended with status %d", s->how.name, WEXITSTATUS(status));
	return err_set(e, "%s has ended; the system log may say why", s->how.name);
}

/* Waits until it serves. Returns 0, or -1 with e set. */
static int wait_for(struct start *s, pid_t child, int life, struct err *e)
{
	const uint64_t deadline = clock_ns() + s->at->timeout_ms * NS_PER_MS;
	struct pollfd p = {.fd = life, .events = POLLIN};
	bool waited = false;
	int status = 0;

	for (;;) {
		/* The process that was forked goes when the daemon is in the background. */
		if (!waited)
			waited = waitpid(child, &status, WNOHANG) == child;
		if (ended(s, life)) {
			if (!waited)
				waitpid(child, &status, 0);
			return ended_error(s, status, e);
		}
		if (waited && s->serves(s))
			return 0;
		if (clock_ns() > deadline)
			break;
		if (told_to_stop(s->at))
			return err_set(e, "%s is not waited for any more", s->how.name);
		poll(&p, 1, LOOK_MS);
	}
	end_all(s);
	if (!waited) {
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
	}
	return err_set(e, "%s does not serve within %u s", s->how.name, s->at->timeout_ms / 1000);
}

static int start(struct daemon *d, struct start *s, struct err *e)
{
	pid_t pid;
	int life;

	snprintf(s->program, sizeof(s->program), "%s/%s", s->at->programs, s->how.name);
	s->how.program = s->program;
	if (s->how.own_root && keep_program(s, e) < 0)
		return -1;
	pid = daemon_start(&s->how, &life, e);
	if (pid < 0)
		return -1;
	if (wait_for(s, pid, life, e) < 0) {
		close(life);
		return -1;
	}
	d->life = life;
	return 0;
}

/* ---- xenstored ---- */

static bool store_serves(const struct start *s)
{
	return answers(s->at->socket, ANSWER_MS);
}

static pid_t store_pid(const struct daemons_where *at)
{
	const pid_t pid = running(at->store_pid, "xenstored");

	return pid ? pid : running(at->store_pid, "oxenstored");
}

bool daemons_store_hangs(const struct daemons_where *at)
{
	return store_pid(at) > 0 && !answers(at->socket, ANSWER_MS);
}

/* One that runs and does not answer yet must not be disturbed: a second one would take its socket.
 * Returns 1 when it answers, 0 when there is none, -1 with e set. */
static int find_store(const struct daemons_where *at, struct err *e)
{
	const uint64_t deadline = clock_ns() + at->timeout_ms * NS_PER_MS;
	const struct timespec pause = {.tv_nsec = 20 * NS_PER_MS};
	pid_t pid;

	for (;;) {
		if (answers(at->socket, ANSWER_MS))
			return 1;
		pid = store_pid(at);
		if (!pid)
			return 0;
		if (clock_ns() > deadline || told_to_stop(at))
			return err_set(e, "the xenstored that runs, process %ld, does not answer",
				       (long)pid);
		nanosleep(&pause, NULL);
	}
}

int daemons_store(struct daemon *d, const struct daemons_where *at, const struct own_root *r,
		  struct err *e)
{
	/* argv[0] begins with '@': see rename_process in boot.c. */
	const char *const argv[] = {"@xenstored", "--pid-file", at->store_pid, NULL};
	struct start s = {
		.how = {.name = "xenstored",
			.argv = argv,
			.own_root = r,
			.powers = at->store_powers,
			.starter = at->starter},
		.at = at,
		.serves = store_serves,
	};
	int found;

	d->life = -1;
	found = find_store(at, e);
	if (found < 0)
		return -1;
	if (found) {
		d->life = life_of(store_pid(at));
		return 0;
	}
	if (access(at->xenbus, R_OK) < 0)
		return err_set(e, "cannot start xenstored: no %s (is xenfs mounted there?): %s",
			       at->xenbus, strerror(errno));
	return start(d, &s, e);
}

/* ---- xenconsoled ---- */

static bool console_serves(const struct start *s)
{
	return daemons_console_runs(s->at);
}

/* Whether something is mounted on the directory. */
static bool is_mounted(const char *dir)
{
	char above[PATH_MAX];
	struct stat st, st_above;

	snprintf(above, sizeof(above), "%s/..", dir);
	return stat(dir, &st) == 0 && stat(above, &st_above) == 0 && st.st_dev != st_above.st_dev;
}

/* A file system for the logs: here, and as the own root sees it. */
static int mount_log_dir(struct starter_request *r, int *file, struct err *e)
{
	const char *dir = parcel_text(&r->in);
	char path[PATH_MAX];

	(void)file;
	if (!dir || r->nr_files != 1)
		return err_set(e, "cannot mount a tmpfs for logs: its directory is not named");
	if (mount("xenconsoled", dir, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  "mode=750,size=" DAEMONS_LOG_SIZE) < 0)
		return err_set(e, "cannot mount a tmpfs on %s: %s", dir, strerror(errno));
	/* The working directory is all threads'. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d%s", r->files[0], dir);
	if (mount(dir, path, NULL, MS_BIND, NULL) == 0)
		return 0;
	err_set(e, "cannot mount %s in the refuge: %s", dir, strerror(errno));
	umount2(dir, MNT_DETACH);
	return -1;
}

const struct starter_verb daemons_log_verb = {
	.name = "make the directory of xenconsoled's logs",
	.help = mount_log_dir,
};

static int make_log_dir(const char *dir, const struct own_root *r, const struct starter *s,
			struct err *e)
{
	struct parcel p = {0};
	int rc;

	if (mkdir(dir, 0750) < 0 && errno != EEXIST)
		return err_set(e, "cannot make the directory %s: %s", dir, strerror(errno));
	/* One that was started before has it. */
	if (!r || is_mounted(dir))
		return 0;
	parcel_put_text(&p, dir);
	rc = starter_help(s, &daemons_log_verb, &p, &r->dir, 1, NULL, e);
	parcel_free(&p);
	return rc;
}

int daemons_console(struct daemon *d, const struct daemons_where *at, const struct own_root *r,
		    struct err *e)
{
	const char *const argv[] = {
		"@xenconsoled", "--pid-file", at->console_pid, "--log", "guest",
		"--log-dir",    at->log_dir,  "--timestamp",   "none",  NULL,
	};
	struct start s = {
		.how = {.name = "xenconsoled",
			.argv = argv,
			.own_root = r,
			.powers = at->console_powers,
			.starter = at->starter},
		.at = at,
		.serves = console_serves,
	};

	d->life = -1;
	if (daemons_console_runs(at)) {
		d->life = life_of(running(at->console_pid, "xenconsoled"));
		return 0;
	}
	/* It would run all the same, and give no guest a terminal. */
	if (access(at->terminals, F_OK) < 0)
		return err_set(e, "cannot start xenconsoled: no %s (is devpts mounted there?): %s",
			       at->terminals, strerror(errno));
	if (make_log_dir(at->log_dir, r, at->starter, e) < 0)
		return -1;
	return start(d, &s, e);
}

void daemons_console_goes(const struct daemons_where *at)
{
	const uint64_t deadline = clock_ns() + END_MS * NS_PER_MS;
	const struct timespec pause = {.tv_nsec = NS_PER_MS};

	/* A process closes its files before it has ended. */
	while (daemons_console_runs(at) && clock_ns() < deadline)
		nanosleep(&pause, NULL);
}

bool daemons_end_console(struct daemon *d, const struct daemons_where *at)
{
	const pid_t pid = running(at->console_pid, "xenconsoled");
	struct pollfd p = {.fd = d->life, .events = POLLIN};
	bool ended;

	if (d->life < 0 || pid <= 0)
		return false;
	/* Also one that is stopped. */
	kill(pid, SIGKILL);
	ended = poll(&p, 1, END_MS) > 0;
	if (ended) {
		daemons_console_goes(at);
		daemon_close(d);
	}
	return ended;
}

void daemon_close(struct daemon *d)
{
	if (d->life >= 0)
		close(d->life);
	d->life = -1;
}
