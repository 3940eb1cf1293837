#include "image_backing.h"

#include <string.h>

#include "jail.h"

int jail_backing(const struct starter *s, int fd, struct backing *out, struct err *e)
{
	const struct jail_ask ask = {
		.starter = s,
		.job = JAIL_BACKING,
		.input = fd,
		.output = -1,
	};
	unsigned char may_have_one;

	if (jail_run(&ask, out, sizeof(*out), e) < 0)
		return -1;
	memcpy(&may_have_one, &out->may_have_one, 1);
	if (may_have_one > 1)
		return err_set(e, "the reader's answer is wrong (neither true nor false)");
	if (!memchr(out->name, '\0', sizeof(out->name)))
		return err_set(e, "the reader's answer is wrong (a name without end)");
	/* It is printed in messages. */
	for (const char *c = out->name; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return err_set(e, "its backing file's name has control characters");
	return 0;
}
