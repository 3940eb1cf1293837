#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/describe/descriptor.h"

/* Reports a value that is not as the key wants it. */
static void bad_value(struct diag *d, const struct statement *st, const char *cause)
{
	const struct value *v = &st->value;

	if (v->kind == VALUE_STRING)
		diag_add(d, v->loc, "%s = \"%.80s\": %s", st->key, v->s, cause);
	else if (v->kind == VALUE_INT)
		diag_add(d, v->loc, "%s = %.40s: %s", st->key, v->s, cause);
	else
		diag_add(d, v->loc, "%s = [...]: %s", st->key, cause);
}

/* Where PCs have serial ports: nothing of the platform is there. */
static bool is_port(int64_t port)
{
	return port == 0x3f8 || port == 0x2f8 || port == 0x3e8 || port == 0x2e8;
}

static bool is_platform_irq(int64_t irq)
{
	return irq == 0 || irq == 2 || irq == 8 || irq == 9;
}

static void read_port(struct model_config *c, const struct statement *st, struct diag *d)
{
	if (st->value.kind != VALUE_INT)
		bad_value(d, st, "must be an integer");
	else if (!is_port(st->value.i))
		bad_value(d, st, "must be 0x3f8, 0x2f8, 0x3e8 or 0x2e8");
	else
		c->port = (uint16_t)st->value.i;
}

static void read_irq(struct model_config *c, const struct statement *st, struct diag *d)
{
	const int64_t irq = st->value.i;

	if (st->value.kind != VALUE_INT)
		bad_value(d, st, "must be an integer");
	else if (irq < 0 || irq > 15)
		bad_value(d, st, "must be 1 to 15");
	else if (is_platform_irq(irq))
		bad_value(d, st, "is the platform's own: 0, 2, 8 and 9 can't be used");
	else
		c->irq = (uint8_t)irq;
}

static void read_uid(struct model_config *c, const struct statement *st, struct diag *d)
{
	if (st->value.kind != VALUE_INT)
		bad_value(d, st, "must be an integer");
	else if (st->value.i < 1 || st->value.i >= UINT32_MAX)
		bad_value(d, st, "must be 1 to 4294967294");
	else
		c->uid = (uid_t)st->value.i;
}

static void read_io_rate(struct model_config *c, const struct statement *st, struct diag *d)
{
	if (st->value.kind != VALUE_INT)
		bad_value(d, st, "must be an integer");
	else if (st->value.i < 0 || st->value.i > MODEL_IO_RATE_MAX)
		bad_value(d, st, "must be 0 to 1000000000");
	else
		c->io_rate = (uint32_t)st->value.i;
}

static void read_log(struct model_config *c, const struct statement *st, struct diag *d)
{
	if (st->value.kind != VALUE_STRING) {
		bad_value(d, st, "must be a string");
		return;
	}
	if (st->value.s[0] != '/') {
		bad_value(d, st, "must be an absolute path");
		return;
	}
	if (strlen(st->value.s) >= sizeof(c->log)) {
		bad_value(d, st, strerror(ENAMETOOLONG));
		return;
	}
	c->log_loc = st->value.loc;
	memcpy(c->log, st->value.s, strlen(st->value.s) + 1);
}

static const struct key {
	const char *name;
	void (*read)(struct model_config *c, const struct statement *st, struct diag *d);
} keys[] = {
	{"io_rate", read_io_rate}, {"irq", read_irq}, {"log", read_log},
	{"port", read_port},       {"uid", read_uid},
};
#define NR_KEYS (sizeof(keys) / sizeof(keys[0]))

static const struct key *find_key(const char *name)
{
	for (size_t i = 0; i < NR_KEYS; i++)
		if (!strcmp(keys[i].name, name))
			return &keys[i];
	return NULL;
}

static void report_unknown(const struct statement *st, struct diag *d)
{
	const char *names[NR_KEYS];
	char near[SUGGEST_MAX];

	for (size_t i = 0; i < NR_KEYS; i++)
		names[i] = keys[i].name;
	diag_add(d, st->loc, "unknown key '%.80s'%s", st->key,
		 suggest_text(near, st->key, names, NR_KEYS));
}

static void read_statement(struct model_config *c, const struct descriptor *text,
			   const struct statement *st, struct diag *d)
{
	const struct key *k = find_key(st->key);
	const struct statement *first = descriptor_find(text, st->key);

	if (!k) {
		/* Words without '=' have been reported: they may be no keys at all. */
		if (!st->no_equals)
			report_unknown(st, d);
		return;
	}
	if (first != st)
		diag_add(d, st->loc, "%s is given twice, first on line %u", k->name,
			 first->loc.line);
	else if (st->value.kind != VALUE_BAD)
		k->read(c, st, d);
}

size_t model_config_parse(const char *file, const char *text, size_t len, struct model_config *out,
			  struct diag *d)
{
	const size_t before = diag_count(d);
	struct descriptor all;

	*out = (struct model_config){.port = 0x3f8, .irq = 4, .io_rate = MODEL_IO_RATE};
	descriptor_parse(file, text, len, &all, d);
	for (size_t i = 0; i < all.n; i++)
		read_statement(out, &all, &all.statements[i], d);
	descriptor_free(&all);
	diag_sort(d, file);
	return diag_count(d) - before;
}

bool model_config_valid(const struct model_config *c)
{
	return is_port(c->port) && c->irq <= 15 && !is_platform_irq(c->irq) && c->uid + 1 != 0 &&
	       c->io_rate <= MODEL_IO_RATE_MAX && memchr(c->log, '\0', sizeof(c->log)) &&
	       (!c->log[0] || c->log[0] == '/');
}

size_t model_config_open_log(const struct model_config *c, struct bounded_log *l, struct diag *d)
{
	struct stat st;

	*l = (struct bounded_log){.fd = -1};
	if (!c->log[0])
		return 0;
	/* O_NONBLOCK: what is no file is not waited for. */
	l->fd = open(c->log, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
		     0600);
	if (l->fd < 0 || fstat(l->fd, &st) < 0) {
		diag_add(d, c->log_loc, "log = \"%s\": %s", c->log, strerror(errno));
		bounded_log_close(l);
		return 1;
	}
	if (!S_ISREG(st.st_mode)) {
		diag_add(d, c->log_loc, "log = \"%s\": is not a regular file", c->log);
		bounded_log_close(l);
		return 1;
	}
	l->size = (size_t)st.st_size;
	return 0;
}
