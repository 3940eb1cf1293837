#include "cmdline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "builder/describe/config.h"
#include "builder/describe/config_keys.h"
#include "builder/describe/config_value.h"

#define PREFIX     "earlydom"
#define PREFIX_LEN (sizeof(PREFIX) - 1)

/* A name or a word in a message is cut at this many characters. */
#define SHOWN "%.80s"

/* One parameter of ours while it is read. */
struct param {
	const char *name, *value; /* value NULL without '=' */
	struct loc loc, value_loc;
	struct cmdline *out;
	struct diag *d;
};

struct names {
	char **v;
	struct loc *locs;
	size_t n;
};

static void names_free(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->v[i]);
	free(names->v);
	free(names->locs);
	*names = (struct names){0};
}

static int names_add(struct names *names, const char *text, size_t len, struct loc loc)
{
	char **v = realloc(names->v, (names->n + 1) * sizeof(*v));
	struct loc *locs;

	if (!v)
		return -1;
	names->v = v;
	locs = realloc(names->locs, (names->n + 1) * sizeof(*locs));
	if (!locs)
		return -1;
	names->locs = locs;
	v[names->n] = strndup(text, len);
	if (!v[names->n])
		return -1;
	locs[names->n++] = loc;
	return 0;
}

static bool is_in(const struct names *names, const char *text, size_t len)
{
	for (size_t i = 0; i < names->n; i++)
		if (strlen(names->v[i]) == len && !memcmp(names->v[i], text, len))
			return true;
	return false;
}

/* Checks one entry of a list. Returns NULL or what is wrong with it. */
static const char *entry_error(const struct names *names, const char *text, size_t len)
{
	if (!len)
		return "an entry is empty";
	if (!config_is_name(text, len))
		return "not a name";
	if (is_in(names, text, len))
		return "given twice";
	return NULL;
}

/* Splits a list at its commas: the entries that are right, errors for the others. */
static void parse_names(const struct param *p, struct names *names)
{
	const char *at = p->value;

	for (;;) {
		size_t len = strcspn(at, ",");
		struct loc loc = p->value_loc;
		const char *why = entry_error(names, at, len);

		loc.column += (unsigned)(at - p->value);
		if (why && !len)
			diag_add(p->d, loc, "%s: %s", p->name, why);
		else if (why)
			diag_add(p->d, loc, "%s: '%.*s': %s", p->name, len > 80 ? 80 : (int)len, at,
				 why);
		else if (names_add(names, at, len, loc) < 0)
			diag_add(p->d, loc, "%s", strerror(ENOMEM));
		if (!at[len])
			return;
		at += len + 1;
	}
}

/* True when there is a value that is not empty; else reports it. */
static bool has_value(const struct param *p, const char *form)
{
	if (p->value && *p->value)
		return true;
	diag_add(p->d, p->loc, "%s needs a value: %s", p->name, form);
	return false;
}

/* "all" and "none" among names: an error, and they are left out. */
static void drop_words(const struct param *p, struct names *names)
{
	size_t kept = 0;

	for (size_t i = 0; i < names->n; i++) {
		const char *name = names->v[i];

		if (!strcmp(name, "all") || !strcmp(name, "none")) {
			diag_add(p->d, names->locs[i], "earlydom: '%s' stands alone, not in a list",
				 name);
			free(names->v[i]);
			continue;
		}
		names->v[kept] = names->v[i];
		names->locs[kept++] = names->locs[i];
	}
	names->n = kept;
}

/* earlydom=... */
static void parse_select(const struct param *p)
{
	struct names names = {0}, old = {p->out->names, p->out->name_locs, p->out->nr_names};

	if (!has_value(p, "earlydom=GUEST,..., earlydom=all or earlydom=none"))
		return;
	if (!strcmp(p->value, "all") || !strcmp(p->value, "none")) {
		p->out->select = *p->value == 'a' ? SELECT_ALL : SELECT_NONE;
	} else {
		parse_names(p, &names);
		drop_words(p, &names);
		/* Without any right entry the parameter counts as not given. */
		if (!names.n) {
			names_free(&names);
			return;
		}
		p->out->select = SELECT_NAMES;
	}
	names_free(&old);
	p->out->names = names.v;
	p->out->name_locs = names.locs;
	p->out->nr_names = names.n;
}

static void parse_profile(const struct param *p)
{
	struct names names = {0};
	struct names old = {p->out->profiles, p->out->profile_locs, p->out->nr_profiles};

	if (!has_value(p, "earlydom.profile=NAME,..."))
		return;
	parse_names(p, &names);
	if (!names.n) {
		names_free(&names);
		return;
	}
	names_free(&old);
	p->out->profiles = names.v;
	p->out->profile_locs = names.locs;
	p->out->nr_profiles = names.n;
}

static bool is_on(const char *text)
{
	return !strcmp(text, "on") || !strcmp(text, "1");
}

static bool is_off(const char *text)
{
	return !strcmp(text, "off") || !strcmp(text, "0");
}

/* Reads on or off. Returns 0, or -1 with the error reported. */
static int parse_on_off(const struct param *p, bool *on)
{
	*on = is_on(p->value);
	if (*on || is_off(p->value))
		return 0;
	diag_add(p->d, p->value_loc, "%s=" SHOWN ": must be on or off", p->name, p->value);
	return -1;
}

static void parse_store(const struct param *p)
{
	bool on;

	if (!has_value(p, "on or off") || parse_on_off(p, &on) < 0)
		return;
	p->out->store_off = !on;
	p->out->store_on = on;
}

static void parse_bridge(const struct param *p)
{
	if (has_value(p, "earlydom.bridge=NAME or earlydom.bridge=NAME:DEV,..."))
		cmdline_add_bridge(p->out, p->value, p->value_loc, p->d);
}

static void parse_pci_hide(const struct param *p)
{
	if (has_value(p, CMDLINE_PCI_HIDE "=DEVICE,..."))
		cmdline_add_hidden(p->out, p->value, p->value_loc, p->d);
}

static void parse_rescue(const struct param *p)
{
	bool on = true;

	if (!p->value || parse_on_off(p, &on) == 0)
		p->out->rescue = on;
}

/* Nothing that is wrong with it turns it off. */
static void parse_require_sha256(const struct param *p)
{
	bool on = true;

	if (p->value && parse_on_off(p, &on) < 0)
		on = true;
	p->out->require_sha256 = on;
}

static void parse_echo(const struct param *p)
{
	if (!has_value(p, "off, console or kmsg"))
		return;
	if (!strcmp(p->value, "off"))
		p->out->echo = ECHO_OFF;
	else if (!strcmp(p->value, "console"))
		p->out->echo = ECHO_CONSOLE;
	else if (!strcmp(p->value, "kmsg"))
		p->out->echo = ECHO_KMSG;
	else
		diag_add(p->d, p->value_loc, "%s=" SHOWN ": must be off, console or kmsg", p->name,
			 p->value);
}

/* A day; whoever wants more does not want a number. */
#define WAIT_MAX_S 86400

static void parse_wait(const struct param *p)
{
	int64_t seconds = 0;

	if (!has_value(p, "seconds, or no"))
		return;
	if (strcmp(p->value, "no") != 0 &&
	    (value_integer(p->value, &seconds) || seconds < 1 || seconds > WAIT_MAX_S)) {
		diag_add(p->d, p->value_loc, "%s=" SHOWN ": must be 1 to %d seconds, or no",
			 p->name, p->value, WAIT_MAX_S);
		return;
	}
	p->out->wait_given = true;
	p->out->wait_s = (unsigned)seconds;
}

unsigned cmdline_wait_s(const struct cmdline *c)
{
	return c->wait_given ? c->wait_s : CMDLINE_WAIT_S;
}

static void override_free(struct override *o)
{
	free(o->guest);
	free(o->key);
	free(o->value);
}

/* Adds the override, or puts it in the place of an earlier one of that key. Takes o over. */
static void keep_override(const struct param *p, struct override *o)
{
	struct cmdline *out = p->out;
	struct override *all;

	if (!o->guest || !o->key || !o->value)
		goto nomem;
	for (size_t i = 0; i < out->nr_overrides; i++) {
		struct override *old = &out->overrides[i];

		if (strcmp(old->guest, o->guest) || strcmp(old->key, o->key))
			continue;
		override_free(old);
		*old = *o;
		return;
	}
	all = realloc(out->overrides, (out->nr_overrides + 1) * sizeof(*all));
	if (!all)
		goto nomem;
	out->overrides = all;
	all[out->nr_overrides++] = *o;
	return;
nomem:
	diag_add(p->d, p->loc, "%s", strerror(ENOMEM));
	override_free(o);
}

/* earlydom.GUEST.KEY=VALUE; dot is the one in front of KEY, the last: a name may have some. */
static void parse_override(const struct param *p, const char *dot)
{
	const char *guest = p->name + PREFIX_LEN + 1, *key = dot + 1;
	struct override o = {.loc = p->loc, .value_loc = p->value_loc};
	struct loc key_loc = p->loc;
	char *name = strndup(guest, (size_t)(dot - guest));

	key_loc.column += (unsigned)(key - p->name);
	if (!name) {
		diag_add(p->d, p->loc, "%s", strerror(ENOMEM));
		return;
	}
	if (!config_name_ok(name))
		diag_add(p->d, p->loc, SHOWN ": '%.80s' can't be the name of a guest", p->name,
			 name);
	else if (!*key)
		diag_add(p->d, p->loc, SHOWN " needs a key: earlydom.GUEST.KEY=VALUE", p->name);
	else if (!config_key_known(key))
		config_key_unknown(key, key_loc, p->d);
	else if (!strcmp(key, "name"))
		diag_add(p->d, p->loc, SHOWN ": the name of a guest can't be overridden", p->name);
	else if (!p->value)
		diag_add(p->d, p->loc, SHOWN " needs a value: %s=VALUE", p->name, p->name);
	else {
		o.guest = name;
		o.key = strdup(key);
		o.value = strdup(p->value);
		keep_override(p, &o);
		return;
	}
	free(name);
}

#define REQUIRE_SHA256 "require_sha256"

static const struct {
	const char *name;
	void (*parse)(const struct param *p);
} parameters[] = {
	{PREFIX, parse_select},
	{PREFIX ".profile", parse_profile},
	{PREFIX ".store", parse_store},
	{PREFIX ".rescue", parse_rescue},
	{PREFIX ".echo", parse_echo},
	{PREFIX ".bridge", parse_bridge},
	{PREFIX ".wait", parse_wait},
	{PREFIX "." REQUIRE_SHA256, parse_require_sha256},
	{CMDLINE_PCI_HIDE, parse_pci_hide},
};
#define NR_PARAMETERS (sizeof(parameters) / sizeof(parameters[0]))

static void unknown_parameter(const struct param *p)
{
	const char *names[NR_PARAMETERS], *near;

	/* Compares without the prefix: having it in common does not make two words similar. */
	for (size_t i = 1; i < NR_PARAMETERS; i++)
		names[i - 1] = parameters[i].name + PREFIX_LEN + 1;
	near = suggest(p->name + PREFIX_LEN + 1, names, NR_PARAMETERS - 1);
	if (near && !strcmp(near, REQUIRE_SHA256))
		p->out->require_sha256 = true;
	if (near)
		diag_add(p->d, p->loc, "unknown parameter '" SHOWN "', did you mean '%s.%s'?",
			 p->name, PREFIX, near);
	else
		diag_add(p->d, p->loc,
			 "unknown parameter '" SHOWN "' (a guest's keys: earlydom.GUEST.KEY=VALUE)",
			 p->name);
}

static void parse_param(const struct param *p)
{
	const char *dot;

	for (size_t i = 0; i < NR_PARAMETERS; i++) {
		if (!strcmp(p->name, parameters[i].name)) {
			parameters[i].parse(p);
			return;
		}
	}
	dot = strrchr(p->name + PREFIX_LEN + 1, '.');
	if (dot)
		parse_override(p, dot);
	else
		unknown_parameter(p);
}

/* It is not read; what is asked for by one that only forbids something counts. */
static void open_quote(const struct param *p)
{
	static const char require[] = PREFIX "." REQUIRE_SHA256;

	diag_add(p->d, p->loc, SHOWN ": the quote is not closed", p->name);
	if (!strncmp(p->name, require, sizeof(require) - 1))
		p->out->require_sha256 = true;
}

static bool is_ours(const char *name)
{
	return !strncmp(name, PREFIX, PREFIX_LEN) &&
	       (name[PREFIX_LEN] == '.' || name[PREFIX_LEN] == '\0');
}

/* One of the kernel's own. */
static void look_at_other(struct cmdline *out, const struct cmdline_arg *arg, struct loc loc,
			  struct diag *d)
{
	if (!arg->value)
		return;
	if (!strcmp(arg->param, "root"))
		out->dom0.root = arg->value;
	else if (!strcmp(arg->param, "console") && cmdline_add_console(out, arg->value) < 0)
		diag_add(d, loc, "%s", strerror(ENOMEM));
}

static struct loc loc_at(size_t offset)
{
	return (struct loc){CMDLINE_FILE, 1, (unsigned)offset + 1};
}

size_t cmdline_parse(const char *text, struct cmdline *out, struct diag *d)
{
	size_t before = diag_count(d);
	char *copy = strdup(text), *rest = copy;
	struct cmdline_arg arg;

	*out = (struct cmdline){.text = copy};
	if (!copy) {
		out->require_sha256 = true; /* it may be there */
		diag_add(d, (struct loc){CMDLINE_FILE, 0, 0}, "%s", strerror(ENOMEM));
		return 1;
	}
	while (cmdline_next_arg(copy, &rest, &arg)) {
		struct param p = {.name = arg.param,
				  .value = arg.value,
				  .loc = loc_at(arg.param_at),
				  .value_loc = loc_at(arg.value_at),
				  .out = out,
				  .d = d};

		if (!arg.value && !strcmp(arg.param, "--"))
			break;
		if (!is_ours(arg.param))
			look_at_other(out, &arg, p.loc, d);
		else if (arg.open_quote)
			open_quote(&p);
		else
			parse_param(&p);
	}
	return diag_count(d) - before;
}

void cmdline_free(struct cmdline *c)
{
	struct names names = {c->names, c->name_locs, c->nr_names};
	struct names profiles = {c->profiles, c->profile_locs, c->nr_profiles};

	names_free(&names);
	names_free(&profiles);
	for (size_t i = 0; i < c->nr_overrides; i++)
		override_free(&c->overrides[i]);
	free(c->overrides);
	cmdline_free_bridges(c);
	cmdline_free_hidden(c);
	free(c->text);
	*c = (struct cmdline){0};
}
