/*
 * tiny: a PV kernel that starts in no time, for tests in which a guest has to be and to end, not to
 * be Linux. It says that it is up and then does what the words of its command line say, one after
 * the other, and after those what the lines that are typed on its console say:
 *
 *	poweroff, reboot, crash, watchdog	how the domain ends
 *	flood=N					print N numbered lines of 64 characters
 *	count=N					print N lines that are their numbers
 *	wait=N					sleep for N seconds
 *	compute					nothing more than that, for ever
 *	name=NAME				nothing; shown with the rest of the command line
 *	any other line typed			is said back: "got: LINE"
 */
#include "../pv64.h"

#define TEXT_SIZE 256

/* Prints as many numbered lines as the digits say. */
static void lines(const struct console *t, const char *digits, const char *begin, const char *end)
{
	const unsigned long n = number(digits);
	unsigned long i;

	for (i = 1; i <= n; i++) {
		put(t, begin);
		put_number(t, i, 6);
		put(t, end);
		notify(t);
	}
}

/* The hypervisor has written its time when the vcpu began to run. */
static void wait(const struct console *t, const char *digits)
{
	struct sched_poll poll = {
		.timeout = t->shared->vcpu_info[0].time.system_time + number(digits) * 1000000000,
	};

	call(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll);
}

/* Returns 0 when the word is none that something is done for. */
static int act(const struct console *t, const char *word)
{
	const char *flood = after(word, "flood="), *count = after(word, "count=");
	const char *seconds = after(word, "wait=");

	if (equal(word, "poweroff"))
		shutdown(SHUTDOWN_poweroff);
	if (equal(word, "reboot"))
		shutdown(SHUTDOWN_reboot);
	if (equal(word, "crash"))
		shutdown(SHUTDOWN_crash);
	if (equal(word, "watchdog"))
		shutdown(SHUTDOWN_watchdog);
	while (equal(word, "compute"))
		asm volatile("" ::: "memory");
	if (flood)
		lines(t, flood, "flood ", " .................................................\r\n");
	if (count)
		lines(t, count, "", "\r\n");
	if (seconds)
		wait(t, seconds);
	return flood || count || seconds;
}

static void act_on_cmdline(const struct console *t, const char *cmdline)
{
	char word[TEXT_SIZE];
	size_t n;

	while (*cmdline) {
		for (n = 0; *cmdline && *cmdline != ' ' && n < TEXT_SIZE - 1; n++)
			word[n] = *cmdline++;
		word[n] = '\0';
		act(t, word);
		while (*cmdline == ' ')
			cmdline++;
	}
}

void pv_main(const struct start_info *si)
{
	const char *cmdline = (const char *)si->cmd_line;
	struct console t;
	char line[TEXT_SIZE];

	open_console(&t, si);
	put(&t, "tiny is up: ");
	put_number(&t, si->nr_pages / 256, 1);
	put(&t, " MiB, store channel ");
	put_number(&t, si->store_evtchn, 1);
	put(&t, ", cmdline [");
	put(&t, cmdline);
	put(&t, "]\r\n");
	notify(&t);
	act_on_cmdline(&t, cmdline);
	for (;;) {
		get_line(&t, line, sizeof(line));
		if (act(&t, line))
			continue;
		put(&t, "got: ");
		put(&t, line);
		put(&t, "\r\n");
		notify(&t);
	}
}
