#include "config_reading.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const struct statement *config_good(const struct reading *r, const char *name)
{
	size_t i = (size_t)(config_key(name) - config_keys);

	return r->good[i] ? r->given[i] : NULL;
}

bool config_given(const struct reading *r, const char *name)
{
	return r->given[config_key(name) - config_keys] != NULL;
}

const char *config_place(struct loc loc, struct loc from, char buf[PLACE_MAX])
{
	if (!strcmp(loc.file, from.file))
		snprintf(buf, PLACE_MAX, "line %u", loc.line);
	else
		snprintf(buf, PLACE_MAX, "%s:%u:%u", loc.file, loc.line, loc.column);
	return buf;
}

void config_no_memory(struct reading *r)
{
	diag_add(r->d, (struct loc){r->g->file, 0, 0}, "%s", strerror(ENOMEM));
}
