/*
 * Preloaded into xl by scripts/xl-judge: a machine that is not there, for as long as xl needs it to
 * make a guest of a descriptor. This file is what is between xl and libxl, and of the C library
 * what libxl calls; judge_xen.c is the hypervisor, judge_store.c xenstored, judge_qemu.c
 * QEMU.
 *
 * xl parses the descriptor (tools/xl/xl_parse.c) and gives the result to libxl, which fills in its
 * defaults, refuses what it cannot do, has the domain created and filled, writes its nodes, and
 * starts QEMU (tools/libs/light/libxl_create.c). On file descriptor 3 there is printed, behind a
 * line that says what follows, as JSON:
 *
 *   xl     libxl_domain_config, as xl has read it
 *   libxl  the same with libxl's defaults, when the domain was made
 *   calls  the hypercalls that give the domain what the descriptor says
 *   nodes  what libxl has written to the store
 *   qemu   QEMU's arguments, of a guest that has one
 *
 * The process ends with one of the exit statuses below; xl's own for a descriptor that it refuses
 * are small. A bootloader is not run: with one there is nothing behind libxl's configuration.
 *
 * The machine has 8 cpus on two nodes, all that libxl may ask of the hardware, and every disk that
 * is named: a block device below /dev, else a file.
 */
#define _GNU_SOURCE
#include "judge.h"

#include <dlfcn.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define JSON_FD 3

/* uid and gid of every user. */
#define USER 900

#define LOG_DIR "/var/log/xen/"
#define RECORDS "/var/lib/xen/"
#define SCRIPTS "/etc/xen/scripts/"
#define SYSFS   "/sys/bus/"

enum { LIBXL_TAKES = 0, LIBXL_REFUSES = 100 };

/* libxl's objects, of which nothing is known here. */
typedef void libxl_ctx, libxl_domain_config, libxl_how;
char *libxl_domain_config_to_json(libxl_ctx *ctx, libxl_domain_config *config);
int libxl_domain_create_new(libxl_ctx *ctx, libxl_domain_config *config, uint32_t *domid,
			    const libxl_how *ao_how, const libxl_how *console_how);
int libxl_read_file_contents(libxl_ctx *ctx, const char *filename, void **data, int *len);

static libxl_ctx *the_ctx;
static libxl_domain_config *the_config;
static bool made, begun;
static int lock_fd; /* the newest lock file's */

static char *calls; /* separated by newlines */

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

void judge_call(const char *fmt, ...)
{
	char *line, *all = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&line, fmt, ap) < 0)
		abort();
	va_end(ap);
	if (asprintf(&all, "%s%s\n", calls ? calls : "", line) < 0)
		abort();
	free(calls);
	free(line);
	calls = all;
}

/* What is printed is written at once, each part of it whole: processes share the file. */
static FILE *json(void)
{
	static FILE *f;

	if (!f)
		f = must(fdopen(JSON_FD, "w"));
	return f;
}

void judge_print_text(FILE *to, const char *text)
{
	putc('"', to);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(to, "\\%c", *text);
		else if ((unsigned char)*text < ' ')
			fprintf(to, "\\u%04x", *text);
		else
			putc(*text, to);
	}
	putc('"', to);
}

void judge_print_list(const char *what, char *const *list)
{
	fprintf(json(), "%s\n{\n\"%s\": [", what, what);
	for (size_t i = 0; list[i]; i++) {
		fprintf(json(), i ? ",\n" : "\n");
		judge_print_text(json(), list[i]);
	}
	fprintf(json(), "\n]\n}\n");
}

static void print_calls(void)
{
	char *rest = calls, *line, **list = must(calloc(1, sizeof(*list)));
	size_t n = 0;

	while (rest && (line = strsep(&rest, "\n")) && *line) {
		list = must(realloc(list, (n + 2) * sizeof(*list)));
		list[n++] = line;
		list[n] = NULL;
	}
	judge_print_list("calls", list);
	free(list);
}

static void print_config(const char *whose)
{
	char *text = must(libxl_domain_config_to_json(the_ctx, the_config));

	fprintf(json(), "%s\n%s\n", whose, text);
	fflush(json());
	free(text);
}

__attribute__((noreturn)) static void end(int status)
{
	if (begun) {
		print_calls();
		fprintf(json(), "nodes\n");
		judge_print_nodes(json());
	}
	fflush(NULL);
	_exit(status);
}

void judge_made(void)
{
	made = true;
}

void judge_begun(void)
{
	begun = true;
	judge_qemu_prepare();
	print_config("libxl");
}

void judge_enough(void)
{
	end(LIBXL_TAKES);
}

void judge_given_up(void)
{
	end(LIBXL_REFUSES);
}

/* ---- between xl and libxl ---- */

int libxl_domain_create_new(libxl_ctx *ctx, libxl_domain_config *config, uint32_t *domid,
			    const libxl_how *ao_how, const libxl_how *console_how)
{
	__typeof__(libxl_domain_create_new) *next = dlsym(RTLD_NEXT, __func__);

	the_ctx = ctx;
	the_config = config;
	print_config("xl");
	end(next(ctx, config, domid, ao_how, console_how) ? LIBXL_REFUSES : LIBXL_TAKES);
}

/*
 * What the machine's own xl.conf says must not change the verdict. Behind that, these are files
 * with the guest's firmware and tables, which nobody looks at: a byte each.
 */
int libxl_read_file_contents(libxl_ctx *ctx, const char *filename, void **data, int *len)
{
	__typeof__(libxl_read_file_contents) *next = dlsym(RTLD_NEXT, __func__);

	if (!begun && strcmp(filename, "/etc/xen/xl.conf"))
		return next(ctx, filename, data, len);
	*data = begun ? must(strdup("x")) : NULL;
	*len = begun;
	return 0;
}

/* ---- the C library, for what libxl calls ---- */

static bool starts(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/*
 * libxl looks at disks; and, before the domain is filled, at a log for the boot loader that it is
 * about to run, which is as good as to fill it.
 */
int stat(const char *restrict path, struct stat *restrict st)
{
	if (made && !begun && starts(path, LOG_DIR)) {
		print_config("libxl");
		end(LIBXL_TAKES);
	}
	if (starts(path, LOG_DIR)) {
		errno = ENOENT;
		return -1;
	}
	if (starts(path, RECORDS "userdata-l."))
		return fstat(lock_fd, st);
	memset(st, 0, sizeof(*st));
	st->st_mode = starts(path, "/dev/") ? S_IFBLK | 0644 : S_IFREG | 0644;
	return 0;
}

/* Logs go nowhere, and nobody else wants a lock. libxl's record of the guest is the last that it
 * makes. */
int open(const char *path, int flags, ...)
{
	int (*next)(const char *path, int flags, ...) = dlsym(RTLD_NEXT, __func__);
	va_list ap;
	int mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, int) : 0;
	va_end(ap);
	if (begun && starts(path, RECORDS "userdata-n."))
		end(LIBXL_TAKES);
	if (starts(path, RECORDS "userdata-l.")) {
		lock_fd = memfd_create("lock", flags & O_CLOEXEC ? MFD_CLOEXEC : 0);
		return lock_fd;
	}
	if (starts(path, LOG_DIR))
		return next("/dev/null", O_WRONLY | (flags & O_CLOEXEC));
	return next(path, flags, mode);
}

/* What the machine itself has is asked for when all else of the guest is there. */
DIR *opendir(const char *path)
{
	DIR *(*next)(const char *path) = dlsym(RTLD_NEXT, __func__);

	if (begun && starts(path, SYSFS))
		end(LIBXL_TAKES);
	return next(path);
}

int lstat(const char *path, struct stat *st)
{
	int (*next)(const char *path, struct stat *st) = dlsym(RTLD_NEXT, __func__);

	if (begun && starts(path, SYSFS))
		end(LIBXL_TAKES);
	return next(path, st);
}

/* Every user is there that libxl asks for. */
int getpwnam_r(const char *name, struct passwd *pwd, char *buf, size_t size, struct passwd **result)
{
	(void)buf;
	(void)size;
	*pwd = (struct passwd){.pw_name = (char *)(uintptr_t)name, .pw_uid = USER, .pw_gid = USER};
	*result = pwd;
	return 0;
}

int access(const char *path, int mode)
{
	(void)path;
	(void)mode;
	return 0;
}

int mkdir(const char *path, mode_t mode)
{
	(void)path;
	(void)mode;
	return 0;
}

int chmod(const char *path, mode_t mode)
{
	(void)path;
	(void)mode;
	return 0;
}

/* No child outlives its parent. */
pid_t fork(void)
{
	pid_t (*next)(void) = dlsym(RTLD_NEXT, __func__);
	const pid_t parent = getpid(), pid = next();

	if (pid == 0 && (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent))
		_exit(1);
	return pid;
}

/* Programs that libxl runs: scripts, which have done their work, and QEMU. */
int execvp(const char *file, char *const argv[])
{
	if (starts(file, SCRIPTS))
		_exit(0);
	judge_qemu_run(argv);
}
