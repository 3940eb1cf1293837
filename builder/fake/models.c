#include "models.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAKE_LIFE_S 30 /* no fake is left behind by a test that fails */

static void fake_echo(void)
{
	char buf[64];
	ssize_t n;

	while ((n = read(0, buf, sizeof(buf))) > 0)
		if (write(1, buf, (size_t)n) < 0)
			_exit(9);
	_exit(5);
}

static void fake_flood(void)
{
	char line[1024];

	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	for (;;)
		if (write(2, line, sizeof(line)) < 0)
			_exit(6);
}

/* As QEMU does it: a little later, and as the last thing. */
static void fake_give_up_root(int argc, char **argv)
{
	usleep(200000);
	for (int i = 1; i + 1 < argc; i++) {
		if (strcmp(argv[i], "-runas") != 0)
			continue;
		if (setgid((gid_t)atoi(argv[i + 1])) < 0 || setuid((uid_t)atoi(argv[i + 1])) < 0)
			_exit(7);
	}
}

static void fake_child(void)
{
	if (fork() == 0)
		for (;;)
			pause();
	_exit(0);
}

static void fake_runs(int argc, char **argv)
{
	int status = 0;
	pid_t pid;

	argv[argc - 1] = (char *)(uintptr_t) "status";
	pid = fork();
	if (pid <= 0) {
		execv("/proc/self/exe", argv);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	_exit(2 | (WIFEXITED(status) && WEXITSTATUS(status) == 3));
}

static void fake_does(const char *does, int argc, char **argv)
{
	if (!strcmp(does, "says"))
		dprintf(2, "first words\n  cannot open\tit \n\n");
	if (!strcmp(does, "says") || !strcmp(does, "status"))
		_exit(3);
	if (!strcmp(does, "signal"))
		kill(getpid(), SIGKILL);
	if (!strcmp(does, "stubborn"))
		signal(SIGTERM, SIG_IGN);
	if (!strcmp(does, "root"))
		fake_give_up_root(argc, argv);
	if (!strcmp(does, "child"))
		fake_child();
	if (!strcmp(does, "runs"))
		fake_runs(argc, argv);
	if (!strcmp(does, "mute"))
		dprintf(2, "waiting for nothing\n");
	else
		close(3);
	if (!strcmp(does, "echo"))
		fake_echo();
	if (!strcmp(does, "flood"))
		fake_flood();
	if (!strcmp(does, "dies")) {
		usleep(200000);
		_exit(4);
	}
	for (;;)
		pause();
}

int fake_model(int argc, char **argv)
{
	char does[64] = "";
	FILE *f;

	alarm(FAKE_LIFE_S);
	if (strcmp(argv[1], "-f") != 0)
		fake_does(argv[argc - 1], argc, argv);
	f = fopen(argv[2], "r");
	if (!f || !fgets(does, sizeof(does), f))
		return 8;
	fclose(f);
	fake_does(does, argc, argv);
	return 0;
}
