#include "select.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conflicts.h"
#include "order.h"
#include "builder/describe/config_value.h"
#include "builder/image/guest_files.h"

/* What is known of a source before it is selected. */
struct candidate {
	struct descriptor *descriptor;
	struct diag diag; /* its errors, reported only when it is selected */
	char *name;       /* NULL where it can't be read */
	struct loc name_loc;
	struct strings profile;
	bool profile_known;
	bool unreadable; /* no statement was found, only errors: it may be any guest */
	bool selected;
	bool rejected; /* it has an error, or conflicts with another one */
};

struct work {
	struct candidate *all;
	size_t n;
	size_t *order; /* indices of the selected ones */
	size_t nr_order;
	const struct cmdline *c;
	struct selection *out;
	struct diag *d;
};

static void out_of_memory(struct diag *d, const char *file)
{
	diag_add(d, (struct loc){file, 0, 0}, "%s", strerror(ENOMEM));
}

/* All the names, for suggestions. Returns how many there are in names, which has room for w->n. */
static size_t known_names(const struct work *w, const char **names)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++)
		if (w->all[i].name)
			names[n++] = w->all[i].name;
	return n;
}

static void unknown_guest(const struct work *w, const char *name, struct loc loc)
{
	const char **names = calloc(w->n ? w->n : 1, sizeof(*names));
	char near[SUGGEST_MAX] = "";

	if (names)
		suggest_text(near, name, names, known_names(w, names));
	diag_add(w->d, loc, "unknown guest '%s'%s", name, near);
	free(names);
}

static void unknown_profile(const struct work *w, const char *profile, struct loc loc)
{
	char near[SUGGEST_MAX] = "";

	for (size_t i = 0; i < w->n && !*near; i++)
		suggest_text(near, profile, (const char *const *)w->all[i].profile.v,
			     w->all[i].profile.n);
	diag_add(w->d, loc, "no guest has the profile '%s'%s", profile, near);
}

/* An override of cmdline, the whole command line, removes ip, root and extra of the file. */
static void unset_parts(struct candidate *a)
{
	static const char *const parts[] = {"ip", "root", "extra"};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const struct statement *st = descriptor_find(a->descriptor, parts[i]);

		if (st && !strcmp(st->loc.file, a->descriptor->file))
			descriptor_unset(a->descriptor, parts[i], &a->diag);
	}
}

static void apply_override(struct candidate *a, const struct override *o, struct diag *late)
{
	struct value value;

	/* What is wrong with the value is the guest's error; it comes after the file's, see
	 * descriptor_set. */
	if (descriptor_parse_override(o->value, o->value_loc, &value, late) < 0)
		value = (struct value){.kind = VALUE_BAD, .loc = o->value_loc};
	if (descriptor_set(a->descriptor, o->key, o->loc, &value, &a->diag) < 0) {
		value_free(&value);
		out_of_memory(late, a->descriptor->file);
		return;
	}
	if (!strcmp(o->key, "cmdline"))
		unset_parts(a);
}

static bool is_overridden(const struct candidate *a, const struct override *o)
{
	return a->name && !strcmp(a->name, o->guest);
}

static void apply_overrides(struct candidate *a, const struct cmdline *c)
{
	struct diag late = {0};

	for (size_t i = 0; i < c->nr_overrides; i++)
		if (is_overridden(a, &c->overrides[i]))
			apply_override(a, &c->overrides[i], &late);
	diag_move(&a->diag, &late);
}

static void check_override_targets(const struct work *w)
{
	for (size_t i = 0; i < w->c->nr_overrides; i++) {
		const struct override *o = &w->c->overrides[i];
		bool found = false;

		for (size_t j = 0; j < w->n && !found; j++)
			found = is_overridden(&w->all[j], o);
		if (!found)
			unknown_guest(w, o->guest, o->loc);
	}
}

/* Parses one source. Its name can't be overridden, its profile can. */
static void read_candidate(struct candidate *a, const struct source *s, const struct cmdline *c)
{
	size_t errors = descriptor_parse(s->file, s->text, s->len, a->descriptor, &a->diag);
	int rc;

	a->descriptor->dir = s->dir;
	a->unreadable = errors && !a->descriptor->n;
	rc = config_identify(a->descriptor, &a->name, &a->name_loc, &a->profile, &a->profile_known);
	if (!rc && c->nr_overrides) {
		apply_overrides(a, c);
		free(a->name);
		strings_free(&a->profile);
		rc = config_identify(a->descriptor, &a->name, &a->name_loc, &a->profile,
				     &a->profile_known);
	}
	if (rc)
		out_of_memory(&a->diag, s->file);
}

static bool has_profile(const struct candidate *a, const char *profile)
{
	for (size_t i = 0; i < a->profile.n; i++)
		if (!strcmp(a->profile.v[i], profile))
			return true;
	return false;
}

static void select_one(struct work *w, size_t i)
{
	if (w->all[i].selected)
		return;
	w->all[i].selected = true;
	w->order[w->nr_order++] = i;
}

static void select_names(struct work *w)
{
	for (size_t i = 0; i < w->c->nr_names; i++) {
		bool found = false;

		for (size_t j = 0; j < w->n; j++) {
			if (!w->all[j].name || strcmp(w->all[j].name, w->c->names[i]))
				continue;
			found = true;
			select_one(w, j);
		}
		if (!found) {
			unknown_guest(w, w->c->names[i], w->c->name_locs[i]);
			w->out->bad++;
		}
	}
}

static bool is_in_profiles(const struct candidate *a, const struct cmdline *c)
{
	for (size_t i = 0; i < c->nr_profiles; i++)
		if (has_profile(a, c->profiles[i]))
			return true;
	return false;
}

static void check_profiles(struct work *w)
{
	for (size_t i = 0; i < w->c->nr_profiles; i++) {
		bool found = false;

		for (size_t j = 0; j < w->n && !found; j++)
			found = has_profile(&w->all[j], w->c->profiles[i]);
		if (!found)
			unknown_profile(w, w->c->profiles[i], w->c->profile_locs[i]);
	}
}

/*
 * Whether it can't be told if the command line selects this one: its name or its profiles, which
 * decide that, can't be read.
 */
static bool is_unclear(const struct candidate *a, const struct cmdline *c)
{
	if (a->unreadable || (c->select == SELECT_NAMES && !a->name))
		return true;
	return c->nr_profiles && !a->profile_known;
}

static void choose(struct work *w)
{
	const struct cmdline *c = w->c;

	if (c->select == SELECT_NAMES)
		select_names(w);
	if (c->select != SELECT_NONE)
		check_profiles(w);
	for (size_t i = 0; i < w->n && c->select != SELECT_NONE; i++) {
		const struct candidate *a = &w->all[i];

		if ((c->select == SELECT_ALL && !c->nr_profiles) || is_in_profiles(a, c) ||
		    is_unclear(a, c))
			select_one(w, i);
	}
}

static void reject_same_names(struct work *w)
{
	char buf[LOC_SHOW_MAX];

	for (size_t i = 1; i < w->nr_order; i++) {
		struct candidate *a = &w->all[w->order[i]];

		for (size_t j = 0; j < i && a->name; j++) {
			struct candidate *b = &w->all[w->order[j]];

			if (!b->name || strcmp(a->name, b->name))
				continue;
			diag_add(&a->diag, a->name_loc, "the name '%s' is already that of %s",
				 a->name, loc_show(b->name_loc, buf));
			a->rejected = b->rejected = true;
			break;
		}
	}
}

/* Refuses devices without a store: guests get their devices through it. */
static void check_store(const struct descriptor *c, const struct guest_config *g, struct diag *d)
{
	static const char text[] = "%s needs a store, and earlydom.store=off";

	if (g->nr_disks)
		diag_add(d, descriptor_find(c, "disk")->loc, text, "disk");
	if (g->nr_vifs)
		diag_add(d, descriptor_find(c, "vif")->loc, text, "vif");
}

/* A device model's own words: any of them may be a file that the guest gets. */
static void check_model_args(const struct descriptor *c, struct diag *d)
{
	static const char *const keys[] = {"device_model_args", "device_model_args_hvm",
					   "device_model_args_pv"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct statement *st = descriptor_find(c, keys[i]);

		if (st)
			diag_add(d, st->loc,
				 "%s can't be had with earlydom.require_sha256: it may name any "
				 "file",
				 keys[i]);
	}
}

/* Refuses a guest one of whose files has no digest, and one with a file that can have none. */
static void check_digests(const struct descriptor *c, const struct guest_config *g, struct diag *d)
{
	struct guest_file files[GUEST_FILES_MAX];
	const size_t n = guest_files(g, files);

	check_model_args(c, d);
	for (size_t i = 0; i < n; i++) {
		const struct guest_file *f = &files[i];

		if (!f->digest_key)
			diag_add(d, f->loc,
				 "%s can't be had with earlydom.require_sha256: there is no key "
				 "for its file's digest",
				 f->key);
		else if (!f->digest->given && !descriptor_find(c, f->digest_key))
			diag_add(d, f->loc,
				 "%s is missing, and earlydom.require_sha256 wants it (`earlydom "
				 "check --digest %.200s` prints it)",
				 f->digest_key, c->file);
	}
}

/* What the command line forbids. */
static void check_forbidden(const struct cmdline *line, const struct descriptor *c,
			    const struct guest_config *g, struct diag *d)
{
	if (line->store_off)
		check_store(c, g, d);
	/* What files it has is known of one without errors. */
	if (line->require_sha256 && !diag_count(d))
		check_digests(c, g, d);
}

/*
 * Checks the guests that were read against each other. configs[i] is that of order[i], and all zero
 * where that had an error.
 */
static void reject_together(struct work *w, const struct guest_config *configs)
{
	const struct descriptor **files = calloc(w->nr_order + 1, sizeof(*files));
	const char **names = calloc(w->n + 1, sizeof(*names));
	bool *out = calloc(w->nr_order + 1, sizeof(*out));

	if (files && names && out) {
		for (size_t i = 0; i < w->nr_order; i++)
			files[i] = w->all[w->order[i]].descriptor;
		for (size_t i = 0; i < w->n; i++)
			names[i] = w->all[i].name;
		conflicts_find(configs, files, w->nr_order, out, w->d);
		order_check(configs, w->nr_order, names, w->n, out, w->d);
	} else {
		out_of_memory(w->d, CMDLINE_FILE);
	}
	/* Without memory for the check, nothing is known to be right. */
	for (size_t i = 0; i < w->nr_order; i++)
		if (!out || !files || !names || out[i])
			w->all[w->order[i]].rejected = true;
	free(files);
	free(names);
	free(out);
}

/* Reads the selected guests and keeps those without errors. */
static void read_guests(struct work *w)
{
	struct guest_config *configs = calloc(w->nr_order + 1, sizeof(*configs));
	size_t kept = 0;

	if (!configs) {
		out_of_memory(w->d, CMDLINE_FILE);
		w->out->bad += w->nr_order;
		return;
	}
	reject_same_names(w);
	for (size_t i = 0; i < w->nr_order; i++) {
		struct candidate *a = &w->all[w->order[i]];

		if (!a->unreadable)
			config_read(a->descriptor, &configs[i], &a->diag);
		check_forbidden(w->c, a->descriptor, &configs[i], &a->diag);
		if (diag_count(&a->diag)) {
			config_free(&configs[i]);
			a->rejected = true;
		}
		diag_sort(&a->diag, a->descriptor->file);
		diag_move(w->d, &a->diag);
	}
	reject_together(w, configs);
	for (size_t i = 0; i < w->nr_order; i++) {
		if (w->all[w->order[i]].rejected) {
			config_free(&configs[i]);
			w->out->bad++;
		} else {
			configs[kept++] = configs[i];
		}
	}
	w->out->guests = configs;
	w->out->n = kept;
}

/* Whether some other source, selected or not, has its name. */
static bool has_namesake(const struct work *w, const struct candidate *a)
{
	for (size_t i = 0; i < w->n; i++)
		if (&w->all[i] != a && w->all[i].name && a->name &&
		    !strcmp(w->all[i].name, a->name))
			return true;
	return false;
}

/* One that is not selected. Returns whether it is right; its errors are nobody's business now. */
static bool read_other(const struct work *w, struct candidate *a, struct guest_config *out)
{
	struct diag ignored = {0};
	bool good = false;

	if (!a->selected && a->name && !has_namesake(w, a) && !diag_count(&a->diag)) {
		config_read(a->descriptor, out, &ignored);
		check_forbidden(w->c, a->descriptor, out, &ignored);
		good = diag_count(&ignored) == 0;
		if (!good)
			config_free(out);
	}
	diag_free(&ignored);
	return good;
}

/* Takes those out that would wait for themselves, whichever of all guests are started. */
static void drop_circles(const struct work *w, struct guest_config *others, size_t *nr)
{
	const size_t n = *nr + w->out->n;
	struct guest_config *together = calloc(n + 1, sizeof(*together));
	const char **names = calloc(w->n + 1, sizeof(*names));
	bool *out = calloc(n + 1, sizeof(*out));
	struct diag ignored = {0};
	size_t kept = 0;

	if (together && names && out) {
		memcpy(together, others, *nr * sizeof(*together));
		if (w->out->n)
			memcpy(together + *nr, w->out->guests, w->out->n * sizeof(*together));
		for (size_t i = 0; i < w->n; i++)
			names[i] = w->all[i].name;
		order_check(together, n, names, w->n, out, &ignored);
	}
	for (size_t i = 0; i < *nr; i++) {
		if (!together || !names || !out || out[i])
			config_free(&others[i]);
		else
			others[kept++] = others[i];
	}
	*nr = kept;
	diag_free(&ignored);
	free(together);
	free(names);
	free(out);
}

/* Without memory there are none: nobody waits for them. */
static void read_others(struct work *w)
{
	struct guest_config *others = calloc(w->n + 1, sizeof(*others));
	size_t n = 0;

	for (size_t i = 0; others && i < w->n; i++)
		n += read_other(w, &w->all[i], &others[n]);
	if (n)
		drop_circles(w, others, &n);
	w->out->others = others;
	w->out->nr_others = n;
}

void select_guests(const struct source *sources, size_t nr_sources, const struct cmdline *c,
		   struct selection *out, struct diag *d)
{
	struct work w = {.n = nr_sources, .c = c, .out = out, .d = d};

	*out = (struct selection){0};
	w.all = calloc(nr_sources + 1, sizeof(*w.all));
	w.order = calloc(nr_sources + 1, sizeof(*w.order));
	out->descriptors = calloc(nr_sources + 1, sizeof(*out->descriptors));
	out->chosen = calloc(nr_sources + 1, sizeof(*out->chosen));
	if (!w.all || !w.order || !out->descriptors || !out->chosen) {
		out_of_memory(d, CMDLINE_FILE);
		out->bad = nr_sources;
		goto out;
	}
	out->nr_descriptors = nr_sources;
	for (size_t i = 0; i < nr_sources; i++) {
		w.all[i].descriptor = &out->descriptors[i];
		w.all[i].diag.strict = d->strict;
		read_candidate(&w.all[i], &sources[i], c);
	}
	check_override_targets(&w);
	choose(&w);
	read_guests(&w);
	read_others(&w);
	for (size_t i = 0; i < nr_sources; i++) {
		out->chosen[i] = w.all[i].selected;
		free(w.all[i].name);
		strings_free(&w.all[i].profile);
		diag_free(&w.all[i].diag);
	}
out:
	free(w.all);
	free(w.order);
}

void selection_free(struct selection *s)
{
	for (size_t i = 0; i < s->n; i++)
		config_free(&s->guests[i]);
	free(s->guests);
	for (size_t i = 0; i < s->nr_others; i++)
		config_free(&s->others[i]);
	free(s->others);
	for (size_t i = 0; i < s->nr_descriptors; i++)
		descriptor_free(&s->descriptors[i]);
	free(s->descriptors);
	free(s->chosen);
	*s = (struct selection){0};
}
