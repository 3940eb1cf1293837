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

/* Of another thread, which may change it meanwhile: what is read is a guess at best. */
__attribute__((no_sanitize("address", "thread", "undefined"))) static void say_stack(uintptr_t at,
										     uintptr_t end)
{
	const uintptr_t first = (uintptr_t)__executable_start, last = (uintptr_t)etext;

	for (unsigned shown = 0; at < end && shown < SHOWN; at += sizeof(at)) {
		const uintptr_t word = *(const volatile uintptr_t *)at;

		if (word < first || word >= last)
			continue;
		dprintf(to, " %#lx", (unsigned long)word);
		shown++;
	}
}

/* Up to where a stack can be read: /proc/self/mem has no bytes where nothing is mapped. */
static uintptr_t stack_end(uintptr_t at)
{
	const int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	uintptr_t end = at & ~(uintptr_t)4095;
	char byte;

	while (mem >= 0 && end < at + STACK_BYTES && pread(mem, &byte, 1, (off_t)end) == 1)
		end += 4096;
	if (mem >= 0)
		close(mem);
	return end;
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
	uintptr_t sp;
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
	sp = stack_of(line);
	say_stack(sp, stack_end(sp));
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
