#include "watchdog.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The linker's; the tests are no position-independent programs. */
extern const char __executable_start[], etext[];

#define STACK_BYTES 16384
#define SHOWN       24

static const char *const *task;
static int to = 2;

/* Of another thread, which may change it meanwhile, or end: what is read is a guess at best.
 * /proc/self/mem has no bytes where nothing is mapped. */
static void say_stack(uintptr_t at)
{
	const uintptr_t first = (uintptr_t)__executable_start, last = (uintptr_t)etext;
	static uintptr_t words[STACK_BYTES / sizeof(uintptr_t)];
	const int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	const ssize_t n = mem < 0 ? 0 : pread(mem, words, sizeof(words), (off_t)at);

	for (ssize_t i = 0, shown = 0; i < n / (ssize_t)sizeof(*words) && shown < SHOWN; i++) {
		if (words[i] < first || words[i] >= last)
			continue;
		dprintf(to, " %#lx", (unsigned long)words[i]);
		shown++;
	}
	if (mem >= 0)
		close(mem);
}

/* Where the stack of a thread is: the last but one number of "NUMBER ARGUMENTS... SP PC"; of the
 * one that asks, which is "running", here. */
static uintptr_t stack_of(char *line)
{
	char *p = strrchr(line, ' ');

	if (!p)
		return (uintptr_t)__builtin_frame_address(0);
	*p = '\0';
	p = strrchr(line, ' ');
	return p ? strtoul(p, NULL, 16) : 0;
}

static void say_thread(const char *tid)
{
	char path[300], line[256] = "";
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%s/syscall", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);
	if (fd >= 0)
		close(fd);
	line[n > 0 ? n : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	dprintf(to, "# thread %s: system call %s\n#  ", tid, line);
	say_stack(stack_of(line));
	dprintf(to, "\n");
}

static void bark(int number)
{
	DIR *d = opendir("/proc/self/task");
	const struct dirent *entry;

	(void)number;
	dprintf(to, "# hung: %s\n", *task);
	while (d && (entry = readdir(d)))
		if (entry->d_name[0] != '.')
			say_thread(entry->d_name);
	abort();
}

void watchdog(unsigned seconds, const char *const *what, int fd)
{
	task = what;
	to = fd;
	signal(SIGALRM, bark);
	alarm(seconds);
}

void watched(unsigned seconds, const char *const *what, void (*act)(void *arg), void *arg)
{
	const int saved = dup(2);
	const int fd = open("stderr", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);

	dup2(fd, 2);
	close(fd);
	watchdog(seconds, what, saved);
	act(arg);
	watchdog(0, NULL, 2);
	dup2(saved, 2);
	close(saved);
}
