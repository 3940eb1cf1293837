#include "config_channel.h"

#include <stdlib.h>
#include <string.h>

#include "channel_spec.h"
#include "config_value.h"

/* Far more than guests have. */
#define ENTRIES_MAX 32

/* Whether an entry before has the same socket: only one of them could be served there. */
static bool path_taken(const struct channel_spec *all, size_t i)
{
	for (size_t j = 0; all[i].path && j < i; j++)
		if (all[j].path && !strcmp(all[i].path, all[j].path))
			return true;
	return false;
}

/* Entry i. Returns 0 or -1 as a reader. */
static int read_entry(const struct key *k, const struct value *v, const char *text, size_t i,
		      struct channel_spec *all, struct diag *d)
{
	const struct loc loc = value_entry(v, i)->loc;
	struct err e;

	if (channel_spec_parse(text, &all[i], &e) < 0)
		return value_wrong_entry(k, v, i, &e, d);
	if (path_taken(all, i)) {
		diag_add(d, loc, "%s, entry %zu: another entry has the path %s", k->name, i + 1,
			 all[i].path);
		return -1;
	}
	if (all[i].path_unused)
		diag_note(d, loc, "%s, entry %zu: path has no effect with connection=pty", k->name,
			  i + 1);
	return 0;
}

int read_channels(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	struct strings texts = {0};
	struct channel_spec *all;
	struct guest_config *g;
	int rc = 0;

	if (read_texts(k, v, ENTRIES_MAX, &texts, d) < 0)
		return -1;
	all = calloc(texts.n + 1, sizeof(*all));
	if (!all)
		rc = value_no_memory(v, d);
	for (size_t i = 0; all && i < texts.n; i++)
		if (read_entry(k, v, texts.v[i], i, all, d) < 0)
			rc = -1;
	if (rc || !out) {
		channel_specs_free(all, all ? texts.n : 0);
	} else {
		g = config_of(k, out);
		g->channels = all;
		g->nr_channels = texts.n;
	}
	strings_free(&texts);
	return rc;
}

void config_check_channels(struct reading *r)
{
	const struct statement *st = config_good(r, "channel");

	if (st && r->g->nr_channels && r->g->type == GUEST_HVM &&
	    r->g->model_protocol == MODEL_CLASSIC)
		diag_add(r->d, st->loc,
			 "channel needs QEMU, and device_model_protocol is \"classic\"");
}
