/*
 * oddmodel: a device model that does nothing, for the tests of how earlydom takes that. Its name
 * tells how: dies, before it is ready, with its words said; hangs, and does not end when it is told
 * to.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int i;

	if (strstr(argv[0], "hangs")) {
		signal(SIGTERM, SIG_IGN);
		for (;;)
			pause();
	}
	for (i = 1; i < argc; i++)
		fprintf(stderr, "%s ", argv[i]);
	fprintf(stderr, "\nno such card\n");
	return 3;
}
