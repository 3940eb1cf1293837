#include "serial_nodes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder/image/firmware.h"
#include "builder/host/host.h"
#include "devmodel.h"

/* What QEMU says at its start is a few lines. */
#define SAID_MAX 16384

#define TTY_DIR    "/dev/pts/"
#define DIGITS_MAX 9 /* fits an unsigned */

/* Takes the text away from what is left of the line. */
static bool take(const char **p, const char *text)
{
	const size_t len = strlen(text);

	if (strncmp(*p, text, len) != 0)
		return false;
	*p += len;
	return true;
}

static bool take_number(const char **p, unsigned *number)
{
	const size_t len = strspn(*p, "0123456789");

	if (!len || len > DIGITS_MAX)
		return false;
	*number = (unsigned)strtoul(*p, NULL, 10);
	*p += len;
	return true;
}

static bool parse_line(const char *line, unsigned *port, unsigned *tty)
{
	return take(&line, "char device redirected to " TTY_DIR) && take_number(&line, tty) &&
	       take(&line, " (label serial") && take_number(&line, port) && !strcmp(line, ")");
}

void serial_nodes(const struct guest *g, const char *said, size_t len, struct nodes *to)
{
	const char *end = said + len, *next;
	char line[128], dir[64];
	unsigned port, tty;

	for (; said < end; said = next + 1) {
		next = memchr(said, '\n', (size_t)(end - said));
		if (!next)
			return; /* not whole */
		snprintf(line, sizeof(line), "%.*s", (int)(next - said), said);
		if (!parse_line(line, &port, &tty) || port >= g->cfg->serial.n)
			continue;
		snprintf(dir, sizeof(dir), "/local/domain/%u/serial/%u", g->domid, port);
		nodes_add(to, NODE_INHERITS, dir, "tty", TTY_DIR "%u", tty);
	}
}

int serial_publish(struct guest *g, struct host *h, struct err *e)
{
	struct nodes n = {.domid = g->domid};
	enum devmodel_state ignored;
	char said[SAID_MAX];
	size_t len;
	int rc;

	if (!firmware_wanted(g->cfg) || !g->cfg->serial.n || !g->in_store)
		return 0;
	/* It is ready, and may have said something between the look that told that and now. */
	if (devmodel_look(&g->model, g, h, &ignored, e) < 0)
		return -1;
	len = g->model.said < sizeof(said) ? g->model.said : sizeof(said);
	len = bounded_log_tail(&g->model.log, said, len);
	serial_nodes(g, said, len, &n);
	rc = n.n || n.failed ? nodes_write(&n, e) : 0;
	nodes_free(&n);
	return rc;
}
