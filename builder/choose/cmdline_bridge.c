/*
 * earlydom.bridge=NAME[:DEV,...]: the bridges that are to be made, and what goes on them.
 */
#include "cmdline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "builder/describe/spec.h"

/* What a message shows of a text: at most 80 characters. */
#define SHOWN_LEN(len) ((len) > 80 ? 80 : (int)(len))

struct adding {
	struct cmdline *c;
	struct bridge_spec bridge;
	const char *value;
	struct loc loc; /* of value */
	struct diag *d;
};

/* The place of a text in the value. */
static struct loc loc_of(const struct adding *a, const char *text)
{
	struct loc loc = a->loc;

	loc.column += (unsigned)(text - a->value);
	return loc;
}

static void out_of_memory(const struct adding *a)
{
	diag_add(a->d, a->loc, "%s", strerror(ENOMEM));
}

static void bridge_free(struct bridge_spec *b)
{
	for (size_t i = 0; i < b->nr_ports; i++)
		free(b->ports[i]);
	free(b->ports);
	free(b->name);
	*b = (struct bridge_spec){0};
}

static const struct bridge_spec *bridge_named(const struct cmdline *c, const char *text, size_t len)
{
	for (size_t i = 0; i < c->nr_bridges; i++)
		if (spec_equal(text, len, c->bridges[i].name))
			return &c->bridges[i];
	return NULL;
}

static bool has_port(const struct bridge_spec *b, const char *text, size_t len)
{
	for (size_t i = 0; i < b->nr_ports; i++)
		if (spec_equal(text, len, b->ports[i]))
			return true;
	return false;
}

/* The bridge that has the port, of those that are kept. */
static const struct bridge_spec *bridge_with(const struct cmdline *c, const char *text, size_t len)
{
	for (size_t i = 0; i < c->nr_bridges; i++)
		if (has_port(&c->bridges[i], text, len))
			return &c->bridges[i];
	return NULL;
}

/* Reports what is wrong with a name; subject is "" or "port ". True when nothing is. */
static bool check_ifname(const struct adding *a, const char *subject, const char *text, size_t len)
{
	if (spec_is_ifname(text, len))
		return true;
	diag_add(a->d, loc_of(a, text),
		 "earlydom.bridge: %s'%.*s' is not a name for an interface (1 to %d characters)",
		 subject, SHOWN_LEN(len), text, IFNAME_MAX);
	return false;
}

static bool check_bridge(const struct adding *a, const char *text, size_t len)
{
	const struct bridge_spec *other;

	if (!check_ifname(a, "", text, len))
		return false;
	if (bridge_named(a->c, text, len)) {
		diag_add(a->d, loc_of(a, text), "earlydom.bridge: '%.*s' is given twice",
			 SHOWN_LEN(len), text);
		return false;
	}
	other = bridge_with(a->c, text, len);
	if (!other)
		return true;
	diag_add(a->d, loc_of(a, text), "earlydom.bridge: '%.*s' is already a port of %s",
		 SHOWN_LEN(len), text, other->name);
	return false;
}

static bool check_port(const struct adding *a, const char *text, size_t len)
{
	const struct bridge_spec *other;
	struct loc loc = loc_of(a, text);

	if (!len) {
		diag_add(a->d, loc, "earlydom.bridge: a port is missing behind ':' or ','");
		return false;
	}
	if (!check_ifname(a, "port ", text, len))
		return false;
	if (has_port(&a->bridge, text, len)) {
		diag_add(a->d, loc, "earlydom.bridge: port '%.*s' is given twice", SHOWN_LEN(len),
			 text);
		return false;
	}
	if (spec_equal(text, len, a->bridge.name) || bridge_named(a->c, text, len)) {
		diag_add(a->d, loc, "earlydom.bridge: port '%.*s' is a bridge itself",
			 SHOWN_LEN(len), text);
		return false;
	}
	other = bridge_with(a->c, text, len);
	if (!other)
		return true;
	diag_add(a->d, loc, "earlydom.bridge: port '%.*s' is already on %s", SHOWN_LEN(len), text,
		 other->name);
	return false;
}

static void add_port(struct adding *a, const char *text, size_t len)
{
	struct bridge_spec *b = &a->bridge;
	char **ports = realloc(b->ports, (b->nr_ports + 1) * sizeof(*ports));

	if (!ports) {
		out_of_memory(a);
		return;
	}
	b->ports = ports;
	ports[b->nr_ports] = strndup(text, len);
	if (ports[b->nr_ports])
		b->nr_ports++;
	else
		out_of_memory(a);
}

static void add_ports(struct adding *a, const char *text)
{
	for (;;) {
		size_t len = strcspn(text, ",");

		if (check_port(a, text, len))
			add_port(a, text, len);
		if (!text[len])
			return;
		text += len + 1;
	}
}

/* Takes the bridge over. */
static void keep(struct adding *a)
{
	struct bridge_spec *all = realloc(a->c->bridges, (a->c->nr_bridges + 1) * sizeof(*all));

	if (!all) {
		out_of_memory(a);
		bridge_free(&a->bridge);
		return;
	}
	a->c->bridges = all;
	all[a->c->nr_bridges++] = a->bridge;
}

void cmdline_add_bridge(struct cmdline *c, const char *value, struct loc loc, struct diag *d)
{
	struct adding a = {.c = c, .value = value, .loc = loc, .d = d};
	size_t len = strcspn(value, ":");

	if (!check_bridge(&a, value, len))
		return;
	a.bridge.name = strndup(value, len);
	if (!a.bridge.name) {
		out_of_memory(&a);
		return;
	}
	if (value[len])
		add_ports(&a, value + len + 1);
	keep(&a);
}

void cmdline_free_bridges(struct cmdline *c)
{
	for (size_t i = 0; i < c->nr_bridges; i++)
		bridge_free(&c->bridges[i]);
	free(c->bridges);
	c->bridges = NULL;
	c->nr_bridges = 0;
}
