#include "argv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static bool grow(struct argv *a)
{
	size_t room = a->room ? 2 * a->room : 32;
	char **v;

	if (a->n + 2 <= a->room)
		return true;
	v = realloc(a->v, room * sizeof(*v));
	if (!v)
		return false;
	a->v = v;
	a->room = room;
	return true;
}

void argv_add(struct argv *a, const char *fmt, ...)
{
	va_list ap;
	int len;

	if (!grow(a)) {
		a->failed = true;
		return;
	}
	va_start(ap, fmt);
	len = vasprintf(&a->v[a->n], fmt, ap);
	va_end(ap);
	if (len < 0)
		a->failed = true;
	else
		a->n++;
	a->v[a->n] = NULL;
}

int argv_check(const struct argv *a, struct err *e)
{
	return a->failed ? err_set_passing(e, "out of memory") : 0;
}

void argv_free(struct argv *a)
{
	while (a->n)
		free(a->v[--a->n]);
	free(a->v);
	*a = (struct argv){0};
}
