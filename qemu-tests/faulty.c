/*
 * faulty: the faults of dom0 and of guests that busybox cannot make, for faults.t and
 * attacker/attack.t. Run in dom0.
 *
 *     faulty crash DOMID...      the hypervisor ends the domains as crashed
 *     faulty restart DOMID FILE TEXT
 *                                does that to one of them, and prints how many milliseconds it
 *                                takes until FILE has TEXT once more; `never` after a minute
 *     faulty kill SIGNR WORDS    sends the signal to all processes with these words, a blank
 *                                between them, and prints their numbers; 0 does nothing else
 *     faulty tty SLAVE OUT       a terminal: the name of its slave is put into SLAVE, and all that
 *                                is written to it into OUT, but nothing while it is stopped: by
 *                                SIGUSR1, as by Ctrl-S, until SIGUSR2, as by Ctrl-Q
 *     faulty disk NAME DEVICE    a disk of the device mapper that is DEVICE without its first MiB
 *     faulty hold NAME           its requests wait from now on
 *     faulty go NAME             and go on
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <linux/dm-ioctl.h>
#include <linux/fs.h>
#include <xenctrl.h>
#include <xen/sched.h>

static int complain(const char *what)
{
	fprintf(stderr, "faulty: %s: %s\n", what, strerror(errno));
	return 1;
}

static int crash(char **domids)
{
	xc_interface *xch = xc_interface_open(NULL, NULL, 0);
	int rc = 0;

	if (!xch)
		return complain("hypervisor");
	for (; *domids; domids++)
		if (xc_domain_shutdown(xch, (uint32_t)atoi(*domids), SHUTDOWN_crash) < 0)
			rc = complain(*domids);
	xc_interface_close(xch);
	return rc;
}

#define NEVER_MS 60000

static unsigned now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (unsigned)(t.tv_sec * 1000 + t.tv_nsec / 1000000);
}

/* How often the text is in the file. */
static unsigned times(const char *file, const char *text)
{
	static char buf[512 << 10];
	const int fd = open(file, O_RDONLY | O_CLOEXEC);
	const ssize_t n = fd < 0 ? 0 : read(fd, buf, sizeof(buf));
	const char *at = buf;
	unsigned found = 0;

	if (fd >= 0)
		close(fd);
	while (n > 0 && (at = memmem(at, (size_t)(buf + n - at), text, strlen(text)))) {
		at += strlen(text);
		found++;
	}
	return found;
}

static int restart(char *domid, const char *file, const char *text)
{
	char *const one[] = {domid, NULL};
	const unsigned before = times(file, text), began = now_ms();

	if (crash((char **)one))
		return 1;
	while (times(file, text) <= before) {
		if (now_ms() - began >= NEVER_MS) {
			printf("never\n");
			return 1;
		}
		usleep(5000);
	}
	printf("%u\n", now_ms() - began);
	return 0;
}

/* Whether these are the words of process pid. */
static bool called(const char *pid, const char *words)
{
	char path[64], line[256] = "";
	ssize_t n, i;
	int fd;

	snprintf(path, sizeof(path), "/proc/%.16s/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, line, sizeof(line) - 1);
	close(fd);
	for (i = 0; i < n - 1; i++)
		if (!line[i])
			line[i] = ' ';
	return n > 0 && !strcmp(line, words);
}

static int kill_called(int signr, const char *words)
{
	DIR *proc = opendir("/proc");
	int found = 0;

	if (!proc)
		return complain("/proc");
	for (const struct dirent *d; (d = readdir(proc));) {
		if (d->d_name[0] < '1' || d->d_name[0] > '9' || !called(d->d_name, words))
			continue;
		if (kill(atoi(d->d_name), signr) == 0)
			found += printf("%s\n", d->d_name) > 0;
	}
	closedir(proc);
	return !found;
}

static int slave_fd;

static void on_signal(int signr)
{
	const int before = errno;

	tcflow(slave_fd, signr == SIGUSR1 ? TCOOFF : TCOON);
	errno = before;
}

static int tty(const char *slave, const char *out)
{
	struct sigaction stop = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	const int to = open(out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	char buf[4096];
	FILE *name;
	ssize_t n;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		return complain("terminal");
	slave_fd = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (to < 0 || slave_fd < 0)
		return complain(out);
	sigaction(SIGUSR1, &stop, NULL);
	sigaction(SIGUSR2, &stop, NULL);
	name = fopen(slave, "we");
	if (!name || fprintf(name, "%s\n", ptsname(master)) < 0 || fclose(name))
		return complain(slave);
	while ((n = read(master, buf, sizeof(buf))) > 0)
		if (write(to, buf, (size_t)n) != n)
			return complain(out);
	return n < 0 ? complain("terminal") : 0;
}

/* One request to the device mapper; linear: with a table of that device. */
static int dm(unsigned long request, const char *name, uint32_t flags, const char *linear)
{
	struct {
		struct dm_ioctl io;
		struct dm_target_spec spec;
		char text[256];
	} d = {
		.io = {.version = {DM_VERSION_MAJOR, 0, 0},
		       .data_size = sizeof(d),
		       .data_start = sizeof(d.io),
		       .flags = flags},
		.spec = {.target_type = "linear"},
	};
	int fd, rc;

	snprintf(d.io.name, sizeof(d.io.name), "%s", name);
	if (linear) {
		uint64_t size = 0;

		fd = open(linear, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || ioctl(fd, BLKGETSIZE64, &size) < 0)
			return complain(linear);
		close(fd);
		d.io.target_count = 1;
		d.spec.length = size / 512 - 2048;
		snprintf(d.text, sizeof(d.text), "%s 2048", linear);
	}
	fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return complain("/dev/mapper/control");
	rc = ioctl(fd, request, &d);
	close(fd);
	return rc < 0 ? complain(name) : 0;
}

static int disk(const char *name, const char *device)
{
	return dm(DM_DEV_CREATE, name, 0, NULL) || dm(DM_TABLE_LOAD, name, 0, device) ||
	       dm(DM_DEV_SUSPEND, name, 0, NULL);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "crash"))
		return crash(argv + 2);
	if (argc == 5 && !strcmp(what, "restart"))
		return restart(argv[2], argv[3], argv[4]);
	if (argc == 4 && !strcmp(what, "kill"))
		return kill_called(atoi(argv[2]), argv[3]);
	if (argc == 4 && !strcmp(what, "tty"))
		return tty(argv[2], argv[3]);
	if (argc == 4 && !strcmp(what, "disk"))
		return disk(argv[2], argv[3]);
	/* Without the flag it is resumed. */
	if (argc == 3 && !strcmp(what, "hold"))
		return dm(DM_DEV_SUSPEND, argv[2], DM_SUSPEND_FLAG | DM_SKIP_LOCKFS_FLAG, NULL);
	if (argc == 3 && !strcmp(what, "go"))
		return dm(DM_DEV_SUSPEND, argv[2], 0, NULL);
	fprintf(stderr, "usage: see qemu-tests/faulty.c\n");
	return 2;
}
