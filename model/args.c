#include "args.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <xen/xen.h>

/* What Xen's event channels can be numbered: 2^17 with the FIFO ABI. */
#define PORT_MAX 131071
/* 16 TiB, more than a guest can have. */
#define MEMORY_MAX (16U << 20)

/* A decimal number from min to max and nothing else. */
static bool number(const char *text, uint32_t min, uint32_t max, uint32_t *out)
{
	uint64_t value = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (uint64_t)(*text - '0');
		if (value > max)
			return false;
	}
	*out = (uint32_t)value;
	return value >= min;
}

static int wanted_number(char option, const char *text, const char *what, uint32_t min,
			 uint32_t max, uint32_t *out, struct err *e)
{
	if (!text)
		return err_set(e, "-%c is missing: %s", option, what);
	if (!number(text, min, max, out))
		return err_set(e, "-%c %.40s: must be a number from %u to %u: %s", option, text,
			       min, max, what);
	return 0;
}

int model_args(int argc, char **argv, struct model_args *out, struct err *e)
{
	static const char letters[] = "fvdpm";
	const char *given[sizeof(letters)] = {NULL}, *letter;
	uint32_t domid = 0;

	*out = (struct model_args){0};
	for (int i = 1; i < argc; i++) {
		const char *arg = argv[i];

		if (!strcmp(arg, "-h") || !strcmp(arg, "--help")) {
			out->help = true;
			return 0;
		}
		if (arg[0] != '-')
			return err_set(e, "unexpected argument '%.80s'", arg);
		letter = arg[1] && !arg[2] ? strchr(letters, arg[1]) : NULL;
		if (!letter)
			return err_set(e, "unknown option '%.80s'", arg);
		if (given[letter - letters])
			return err_set(e, "%s is given twice", arg);
		if (i + 1 == argc)
			return err_set(e, "%s wants a value", arg);
		given[letter - letters] = argv[++i];
	}
	out->config = given[0];
	out->vnc = given[1];
	if (!out->config)
		return err_set(e, "-f is missing: the configuration's path");
	if (wanted_number('d', given[2], "the guest's domid", 1, DOMID_FIRST_RESERVED - 1, &domid,
			  e) < 0 ||
	    wanted_number('p', given[3], "an event channel's port", 1, PORT_MAX, &out->port, e) <
		    0 ||
	    wanted_number('m', given[4], "the guest's memory in MiB", 1, MEMORY_MAX,
			  &out->memory_mib, e) < 0)
		return -1;
	out->domid = (uint16_t)domid;
	return 0;
}

int model_ready_fd(const char *text, int *out, struct err *e)
{
	uint32_t fd;

	*out = -1;
	if (!text)
		return 0;
	if (!number(text, 3, INT16_MAX, &fd))
		return err_set(e, "EARLYDOM_READY_FD=%.40s: must be a number from 3 to %d", text,
			       INT16_MAX);
	if (fcntl((int)fd, F_SETFD, FD_CLOEXEC) < 0)
		return err_set(e, "EARLYDOM_READY_FD=%.40s: is not an open descriptor", text);
	*out = (int)fd;
	return 0;
}

int model_may_be_unrestricted(const char *text, bool *out, struct err *e)
{
	uint32_t wanted = 1;

	if (text && !number(text, 0, 1, &wanted))
		return err_set(e, "EARLYDOM_RESTRICT=%.40s: must be 0 or 1", text);
	*out = !wanted;
	return 0;
}
