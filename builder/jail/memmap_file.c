#include "memmap_file.h"

#include "jail.h"

int jail_memmap(const struct starter *s, const char *path, int fd, uint64_t size,
		struct e820_map *out, struct err *e)
{
	const struct jail_ask ask = {
		.starter = s,
		.job = JAIL_MEMMAP,
		.input = fd,
		.output = -1,
		.params = {.size = size},
	};

	/* Of a place in the file there is all but its name. */
	if (jail_run(&ask, out, sizeof(*out), e) < 0)
		return err_prefix(e, "%s%s", path, e->msg[0] == ':' ? "" : ": ");
	if (e820_check(out, e) < 0)
		return err_prefix(e, "%s: ", path);
	return 0;
}
