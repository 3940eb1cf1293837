#include "tag.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "builder/describe/tag_spec.h"

struct search {
	enum tag_kind kind;
	const char *value;
	unsigned found;
	const struct block_device *first, *second;
	const struct block_device *left_out; /* one that has the tag, and does not count */
	const struct block_device *guests;   /* one that a guest may write, and which is not read */
};

static bool matches(const struct search *s, const struct block_device *d)
{
	switch (s->kind) {
	case TAG_UUID:
		return !strcasecmp(d->content.uuid, s->value);
	case TAG_LABEL:
		return !strcmp(d->content.label, s->value);
	case TAG_PARTUUID:
		return !strcasecmp(d->partuuid, s->value);
	default:
		return !strcmp(d->partlabel, s->value);
	}
}

/* Why the device does not count; "" for one that does. */
static const char *why_not(const struct search *s, const struct block_device *d)
{
	if (d->left_out[0] || s->kind == TAG_PARTUUID || s->kind == TAG_PARTLABEL)
		return d->left_out;
	return d->no_content;
}

static void look(struct search *s, const struct block_list *l)
{
	for (const struct block_device *d = l->list; d < l->list + l->n; d++) {
		if (d->guest && !s->guests)
			s->guests = d;
		if (!matches(s, d))
			continue;
		if (why_not(s, d)[0])
			s->left_out = s->left_out ? s->left_out : d;
		else if (s->found++ == 0)
			s->first = d;
		else if (s->found == 2)
			s->second = d;
	}
}

/* udev writes a device's record when all of its links are made. */
static bool has_record(const struct block_view *view, const struct block_device *d)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%.3000s/run/udev/data/b%u:%u", view->sysroot, major(d->rdev),
		 minor(d->rdev));
	return access(path, F_OK) == 0;
}

/*
 * Whether udev has made the links of the device and of its disk, which a guest may have as a whole.
 */
static bool links_are_made(const struct block_view *view, const struct block_list *l,
			   const struct block_device *d)
{
	return has_record(view, d) && has_record(view, &l->list[d->disk]);
}

static void explain_none(const struct search *s, const struct block_list *l, const char *tag,
			 struct err *e)
{
	if (s->left_out)
		err_set(e, "no device has %.150s but %.100s, which is left out: %.150s", tag,
			s->left_out->path, why_not(s, s->left_out));
	else if (s->guests && !l->unread[0])
		err_set(e, "no device has %.150s (left out: %.100s, which guest %.64s may write)",
			tag, s->guests->path, s->guests->guest);
	else
		err_set(e, "no device has %.150s%s%s%s", tag, l->unread[0] ? " (cannot read " : "",
			l->unread, l->unread[0] ? ")" : "");
}

static int conclude(const struct search *s, const struct block_view *view,
		    const struct block_list *l, const char *tag, char *path, size_t size,
		    struct err *e)
{
	if (!s->found) {
		explain_none(s, l, tag, e);
		return 1;
	}
	if (s->found > 1) {
		err_set(e, "%.100s is on more than one device: %.150s and %.150s", tag,
			s->first->path, s->second->path);
		return 1;
	}
	if (l->unresolved && !links_are_made(view, l, s->first)) {
		err_set(e,
			"%.100s is on %.100s, which may be guest %.60s's %.100s: that is not there "
			"to tell",
			tag, s->first->path, l->unresolved_of, l->unresolved);
		return 1;
	}
	if (snprintf(path, size, "%s", s->first->path) >= (int)size)
		return err_set_errno(e, ENAMETOOLONG, "%s", s->first->path);
	return 0;
}

int tag_find(const struct block_view *view, const char *tag, char *path, size_t size, struct err *e)
{
	struct search s = {.found = 0};
	struct block_list l;
	int rc;

	if (!tag_parse(tag, &s.kind, &s.value) || !s.value[0])
		return err_set(e, "%s is not a tag with a value", tag);
	if (block_list_read(view, &l, e) < 0)
		return -1;
	look(&s, &l);
	rc = conclude(&s, view, &l, tag, path, size, e);
	block_list_free(&l);
	return rc;
}
