#include "config_domain_value.h"

#include <stdlib.h>
#include <string.h>

#include "config_value.h"
#include "cpuid_spec.h"
#include "io_spec.h"
#include "viridian_spec.h"

/* The largest buffer that the hypervisor takes, and the smallest (arch_sanitise_domain_config of
 * its arch/x86/domain.c); sizes are powers of two. */
#define VMTRACE_MIN_KIB 4
#define VMTRACE_MAX_KIB 65536

static int bad(const struct key *k, const struct value *v, struct diag *d, const char *cause)
{
	char shown[SHOW_MAX];

	diag_add(d, v->loc, "%s = %s: %s", k->name, value_show(v, shown), cause);
	return -1;
}

int read_given_bool(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	bool on;

	if (read_bool(k, v, &on, d) < 0)
		return -1;
	if (out)
		*(enum given_bool *)out = on ? BOOL_ON : BOOL_OFF;
	return 0;
}

/* Reads an integer without its sign, which xl takes in quotes alone. */
static int read_signed(const struct key *k, const struct value *v, int64_t *out, struct diag *d)
{
	const bool negative = k->min < 0 && v->kind != VALUE_LIST && v->s[0] == '-';
	struct value rest = *v;
	struct key positive = *k;
	unsigned n;

	if (negative) {
		rest.kind = VALUE_BARE;
		rest.s = v->s + 1;
		positive.max = -k->min;
	}
	if (k->min < 0)
		positive.min = 0;
	if (read_unsigned(&positive, &rest, &n, d) < 0)
		return -1;
	*out = negative ? -(int64_t)n : n;
	return 0;
}

int read_given_number(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	int64_t n;

	if (read_signed(k, v, &n, d) < 0)
		return -1;
	if (out)
		*(struct given_number *)out = (struct given_number){.given = true, .n = n};
	return 0;
}

/* xl looks for a number first, in quotes or without. */
int read_mode(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	unsigned index = 0, words = 0;
	int64_t n = v->i;

	if (v->kind == VALUE_LIST || (v->kind != VALUE_INT && value_integer(v->s, &n)))
		return read_word(k, v, out, d);
	while (k->words[words].text)
		words++;
	index = (unsigned)k->min;
	if (n < 0 || n >= words - k->min) {
		diag_add(d, v->loc, "%s = %lld: must be 0 to %lld, or a word", k->name,
			 (long long)n, (long long)words - k->min - 1);
		return -1;
	}
	index += (unsigned)n;
	if (out)
		*(unsigned *)out = index;
	return 0;
}

/* What is said where the guest's end is not followed by just that. */
static const char *action_note(enum guest_action a)
{
	switch (a) {
	case ACTION_COREDUMP_DESTROY:
		return "no core is dumped: it is \"destroy\"";
	case ACTION_COREDUMP_RESTART:
		return "no core is dumped: it is \"restart\"";
	case ACTION_SOFT_RESET:
		return "no guest is reset in its place: it is what on_crash says";
	default:
		return NULL;
	}
}

int read_action(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	char shown[SHOW_MAX];
	unsigned action;

	if (read_word(k, v, &action, d) < 0)
		return -1;
	if (action == ACTION_RENAME_RESTART)
		return bad(
			k, v, d,
			"the domain that is kept would keep its disks: \"preserve\" keeps it, and "
			"\"restart\" starts it again");
	if (action == ACTION_SOFT_RESET && strcmp(k->name, "on_soft_reset") != 0)
		return bad(k, v, d, "no guest is reset in its place: \"restart\" starts it again");
	if (action_note(action))
		diag_note(d, v->loc, "%s = %s: %s", k->name, value_show(v, shown),
			  action_note(action));
	if (out)
		*(enum guest_action *)out = action;
	return 0;
}

static int read_cpuid_leaves(const struct key *k, const struct value *v, struct cpuid_spec *s,
			     struct diag *d)
{
	struct strings texts = {0};
	struct err e = {0};
	int rc;

	if (read_strings(k, v, &texts, d) < 0)
		return -1;
	rc = 0;
	for (size_t i = 0; rc == 0 && i < texts.n; i++) {
		rc = cpuid_leaf_parse(texts.v[i], s, &e);
		if (rc < 0)
			diag_add(d, value_entry(v, i)->loc, "%s, entry %zu: %s", k->name, i + 1,
				 e.msg);
	}
	strings_free(&texts);
	return rc;
}

static int read_cpuid_names(const struct key *k, const struct value *v, struct cpuid_spec *s,
			    struct diag *d)
{
	struct err e = {0};
	char *text = NULL;
	int rc;

	if (read_string(k, v, &text, d) < 0)
		return -1;
	rc = cpuid_names_parse(text, s, &e);
	free(text);
	return rc < 0 ? bad(k, v, d, e.msg) : 0;
}

int read_cpuid(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	struct cpuid_spec *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return value_no_memory(v, d);
	rc = v->kind == VALUE_LIST ? read_cpuid_leaves(k, v, s, d) : read_cpuid_names(k, v, s, d);
	if (rc == 0 && out) {
		*(struct cpuid_spec **)out = s;
		return 0;
	}
	cpuid_spec_free(s);
	free(s);
	return rc;
}

static int read_viridian_groups(const struct key *k, const struct value *v, struct viridian_spec *s,
				struct diag *d)
{
	struct strings texts = {0};
	struct err e = {0};
	uint64_t ignored;
	int rc;

	if (read_strings(k, v, &texts, d) < 0)
		return -1;
	rc = 0;
	for (size_t i = 0; rc == 0 && i < texts.n; i++) {
		rc = viridian_group(texts.v[i], s, &e);
		if (rc < 0)
			diag_add(d, value_entry(v, i)->loc, "%s, entry %zu: %s", k->name, i + 1,
				 e.msg);
	}
	strings_free(&texts);
	if (rc == 0 && viridian_mask(s, &ignored, &e) < 0)
		return bad(k, v, d, e.msg);
	return rc;
}

int read_viridian(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	struct guest_config *g = out ? config_of(k, out) : NULL;
	struct viridian_spec *s;

	if (v->kind != VALUE_LIST)
		return read_bool(k, v, out, d);
	s = calloc(1, sizeof(*s));
	if (!s)
		return value_no_memory(v, d);
	if (read_viridian_groups(k, v, s, d) == 0 && g) {
		g->domain.viridian = s;
		return 0;
	}
	free(s);
	return g ? -1 : 0;
}

int read_mca_caps(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	struct strings texts = {0};
	bool lmce = false;
	int rc = 0;

	if (read_strings(k, v, &texts, d) < 0)
		return -1;
	for (size_t i = 0; i < texts.n; i++) {
		lmce |= !strcmp(texts.v[i], "lmce");
		if (strcmp(texts.v[i], "lmce") != 0) {
			diag_add(d, value_entry(v, i)->loc, "%s, entry %zu: must be \"lmce\"",
				 k->name, i + 1);
			rc = -1;
		}
	}
	strings_free(&texts);
	if (rc == 0 && out)
		*(bool *)out = lmce;
	return rc;
}

int read_vmtrace(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	unsigned kib;

	if (read_unsigned(k, v, &kib, d) < 0)
		return -1;
	if (kib && (kib < VMTRACE_MIN_KIB || kib > VMTRACE_MAX_KIB || kib & (kib - 1)))
		return bad(k, v, d, "must be 0, or a power of two from 4 to 65536 KiB");
	if (out)
		*(unsigned *)out = kib;
	return 0;
}

/* ---- parts of the host's machine ---- */

int check_ioport(const char *text, struct err *e)
{
	struct ioport_range ignored;

	return ioport_parse(text, &ignored, e);
}

int check_irq(const char *text, struct err *e)
{
	uint32_t ignored;

	return irq_parse(text, &ignored, e);
}

int check_iomem(const char *text, struct err *e)
{
	struct iomem_range ignored;

	return iomem_parse(text, &ignored, e);
}

/* The texts of a list, which k->check has parsed each, and room for as many entries of that size.
 */
static int read_parts(const struct key *k, const struct value *v, size_t size,
		      struct strings *texts, void **all, struct diag *d)
{
	if (read_strings(k, v, texts, d) < 0)
		return -1;
	*all = calloc(texts->n + 1, size);
	if (*all)
		return 0;
	strings_free(texts);
	return value_no_memory(v, d);
}

int read_ioports(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	struct ioports got;
	struct strings texts = {0};
	struct err ignored;
	void *all;

	if (read_parts(k, v, sizeof(*got.v), &texts, &all, d) < 0)
		return -1;
	got = (struct ioports){all, texts.n};
	for (size_t i = 0; i < texts.n; i++)
		ioport_parse(texts.v[i], &got.v[i], &ignored);
	strings_free(&texts);
	if (out)
		*(struct ioports *)out = got;
	else
		free(all);
	return 0;
}

int read_irqs(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	struct irqs got;
	struct strings texts = {0};
	struct err ignored;
	void *all;

	if (read_parts(k, v, sizeof(*got.v), &texts, &all, d) < 0)
		return -1;
	got = (struct irqs){all, texts.n};
	for (size_t i = 0; i < texts.n; i++)
		irq_parse(texts.v[i], &got.v[i], &ignored);
	strings_free(&texts);
	if (out)
		*(struct irqs *)out = got;
	else
		free(all);
	return 0;
}

int read_iomem(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	struct iomem got;
	struct strings texts = {0};
	struct err ignored;
	void *all;

	if (read_parts(k, v, sizeof(*got.v), &texts, &all, d) < 0)
		return -1;
	got = (struct iomem){all, texts.n};
	for (size_t i = 0; i < texts.n; i++)
		iomem_parse(texts.v[i], &got.v[i], &ignored);
	strings_free(&texts);
	if (out)
		*(struct iomem *)out = got;
	else
		free(all);
	return 0;
}

void domain_options_free(struct domain_options *o)
{
	strings_free(&o->cpus_soft);
	strings_free(&o->store_quota);
	free(o->pool);
	if (o->cpuid)
		cpuid_spec_free(o->cpuid);
	free(o->cpuid);
	free(o->label);
	free(o->init_label);
	free(o->ioports.v);
	free(o->irqs.v);
	free(o->iomem.v);
	free(o->viridian);
	*o = (struct domain_options){0};
}
