/*
 * powers: what each process may do, as dom0's kernel tells it (proc(5)), for jail.t to compare with
 * the table of docs/security.md. Run in dom0; it knows nothing of earlydom.
 *
 *     powers           once
 *     powers watch     over and over, until it is ended; what it has said before it does not repeat
 *
 * prints a line for each process, and one more for each thread that may do something else:
 *
 *     PID PPID UID CAPEFF NONEWPRIVS SECCOMP ROOT NAME: WORDS
 *
 * UID is the first of the four, or all of them with commas where they differ; CAPEFF hexadecimal;
 * ROOT is DEVICE/INODE of the root directory and behind a colon the names in it, with commas;
 * NAME is the process's (comm), WORDS its command line. Threads of the kernel and processes that
 * have ended and that nobody has waited for have no words, and are left out.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_SIZE  2048
#define WORDS_SIZE 1200 /* a QEMU with a few devices has 700 */
#define LINES_MAX  4096
#define PAUSE_US   2000

struct said {
	char *lines[LINES_MAX];
	size_t n;
};

/* What a file has, as a text; false when there is nothing. */
static bool read_text(const char *path, char *text, size_t size, ssize_t *len)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);

	*len = fd < 0 ? -1 : read(fd, text, size - 1);
	if (fd >= 0)
		close(fd);
	if (*len <= 0)
		return false;
	text[*len] = '\0';
	return true;
}

/* The value of a field of /proc/PID/status, without the blank before it. */
static bool field(const char *status, const char *name, char *value, size_t size)
{
	const char *at = strstr(status, name);

	if (!at)
		return false;
	at += strlen(name);
	at += strspn(at, ":\t ");
	snprintf(value, size, "%.*s", (int)strcspn(at, "\n"), at);
	return true;
}

/* One number where all four are the same. */
static void join_ids(char *ids)
{
	unsigned id[4];

	if (sscanf(ids, "%u %u %u %u", &id[0], &id[1], &id[2], &id[3]) != 4)
		return;
	if (id[0] == id[1] && id[1] == id[2] && id[2] == id[3])
		sprintf(ids, "%u", id[0]);
	for (char *p = ids; *p; p++)
		if (*p == '\t')
			*p = ',';
}

static int visible(const struct dirent *d)
{
	return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

static void tell_root(const char *pid, char *out, size_t size)
{
	struct dirent **names = NULL;
	char path[64];
	struct stat st;
	size_t used;
	int n;

	snprintf(path, sizeof(path), "/proc/%s/root/.", pid);
	if (stat(path, &st) < 0) {
		snprintf(out, size, "?");
		return;
	}
	used = (size_t)snprintf(out, size, "%llx/%llu:", (unsigned long long)st.st_dev,
				(unsigned long long)st.st_ino);
	n = scandir(path, &names, visible, alphasort);
	for (int i = 0; i < n; i++) {
		if (used < size)
			used += (size_t)snprintf(out + used, size - used, "%s%s", i ? "," : "",
						 names[i]->d_name);
		free(names[i]);
	}
	free(names);
}

static void words_of(char *words, ssize_t len)
{
	for (ssize_t i = 0; i < len - 1; i++)
		if (!words[i] || words[i] == '\n')
			words[i] = ' ';
}

/* Prints a line unless it has been printed before. */
static void say(struct said *s, const char *line)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->lines[i], line))
			return;
	if (s->n == LINES_MAX) {
		fprintf(stderr, "powers: too many processes\n");
		exit(1);
	}
	puts(line);
	s->lines[s->n] = strdup(line);
	if (s->lines[s->n])
		s->n++;
}

static bool read_words(const char *pid, char *words, size_t size)
{
	char path[64];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%s/cmdline", pid);
	if (!read_text(path, words, size, &len))
		return false;
	words_of(words, len);
	return true;
}

/* Whether the process has not become another program since. */
static bool has_words(const char *pid, const char *words)
{
	char now[WORDS_SIZE];

	return read_words(pid, now, sizeof(now)) && !strcmp(now, words);
}

static void tell_thread(struct said *s, const char *pid, const char *thread, const char *root,
			const char *words)
{
	char path[96], status[4096], line[LINE_SIZE];
	char ppid[16], uid[64], caps[32], new_privs[8], seccomp[8], name[32];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%.16s/task/%.16s/status", pid, thread);
	if (!read_text(path, status, sizeof(status), &len) ||
	    !field(status, "Name", name, sizeof(name)) ||
	    !field(status, "\nPPid", ppid, sizeof(ppid)) ||
	    !field(status, "\nUid", uid, sizeof(uid)) ||
	    !field(status, "\nCapEff", caps, sizeof(caps)) ||
	    !field(status, "\nNoNewPrivs", new_privs, sizeof(new_privs)) ||
	    !field(status, "\nSeccomp", seccomp, sizeof(seccomp)))
		return;
	if (!has_words(pid, words))
		return;
	join_ids(uid);
	snprintf(line, sizeof(line), "%s %s %s %s %s %s %s %s: %s", pid, ppid, uid, caps, new_privs,
		 seccomp, root, name, words);
	say(s, line);
}

static void tell(struct said *s, const char *pid)
{
	char path[64], words[WORDS_SIZE], root[512];
	const struct dirent *d;
	DIR *tasks;

	if (!read_words(pid, words, sizeof(words)))
		return;
	tell_root(pid, root, sizeof(root));
	snprintf(path, sizeof(path), "/proc/%s/task", pid);
	tasks = opendir(path);
	while (tasks && (d = readdir(tasks)))
		if (visible(d))
			tell_thread(s, pid, d->d_name, root, words);
	if (tasks)
		closedir(tasks);
}

static void tell_all(struct said *s)
{
	const struct dirent *d;
	DIR *proc = opendir("/proc");

	while (proc && (d = readdir(proc)))
		if (d->d_name[0] >= '1' && d->d_name[0] <= '9')
			tell(s, d->d_name);
	if (proc)
		closedir(proc);
}

int main(int argc, char **argv)
{
	static struct said said;
	const bool watch = argc == 2 && !strcmp(argv[1], "watch");

	if (argc > 2 || (argc == 2 && !watch)) {
		fprintf(stderr, "usage: powers [watch]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	do {
		tell_all(&said);
	} while (watch && usleep(PAUSE_US) == 0);
	return 0;
}
