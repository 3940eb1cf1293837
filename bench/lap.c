/*
 * lap WORD... -- COMMAND...: runs the command and prints one line for the benchmark's report,
 *
 *     @lap WORD... ns=NANOSECONDS status=STATUS
 *
 * from before the fork to the end of the command. Its output goes where lap's own does, but for its
 * standard output, which is dropped.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void become(char **command)
{
	const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, STDOUT_FILENO) < 0)
		_exit(126);
	execvp(command[0], command);
	perror(command[0]);
	_exit(127);
}

int main(int argc, char **argv)
{
	uint64_t began, ended;
	int i, split, status;
	pid_t pid;

	for (split = 1; split < argc && strcmp(argv[split], "--") != 0; split++)
		;
	if (split + 1 >= argc) {
		fprintf(stderr, "usage: lap WORD... -- COMMAND...\n");
		return 2;
	}
	began = now_ns();
	pid = fork();
	if (pid == 0)
		become(argv + split + 1);
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		perror("lap");
		return 1;
	}
	ended = now_ns();
	printf("@lap");
	for (i = 1; i < split; i++)
		printf(" %s", argv[i]);
	printf(" ns=%llu status=%d\n", (unsigned long long)(ended - began),
	       WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}
