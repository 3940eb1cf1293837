#include "disk_content.h"

#include <stdio.h>
#include <string.h>

void probe_explain(const struct probe_content *c, char *text, size_t size)
{
	text[0] = '\0';
	if (c->kind == PROBE_SEVERAL)
		snprintf(text, size, "of several types at once");
	else if (c->kind == PROBE_MEMBER)
		snprintf(text, size, "not a file system by itself (%s)", c->type);
}

static int wrong(struct err *e, const char *what)
{
	return err_set(e, "the probe's answer is wrong (%s)", what);
}

static bool has_end(const char *text, size_t size)
{
	return memchr(text, '\0', size);
}

/* As libblkid's are. It becomes a part of a file's name. */
static bool is_word(const char *text)
{
	return !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				  "_-")];
}

int probe_content_check(const struct probe_content *c, struct err *e)
{
	const bool known = c->kind == PROBE_DATA || c->kind == PROBE_MEMBER;
	unsigned char raid;

	if (c->kind != PROBE_NOTHING && c->kind != PROBE_SEVERAL && !known)
		return wrong(e, "what it is");
	if (!has_end(c->type, sizeof(c->type)) || !has_end(c->uuid, sizeof(c->uuid)) ||
	    !has_end(c->label, sizeof(c->label)))
		return wrong(e, "a text without end");
	if (known != (c->type[0] != '\0') || !is_word(c->type))
		return wrong(e, "its type");
	memcpy(&raid, &c->raid, 1);
	if (raid > 1 || (raid && c->kind != PROBE_MEMBER))
		return wrong(e, "a RAID and none");
	return 0;
}

int probe_partition_check(const struct probe_partition *p, struct err *e)
{
	if (!has_end(p->uuid, sizeof(p->uuid)) || !has_end(p->label, sizeof(p->label)))
		return wrong(e, "a text without end");
	if (!p->number || p->number > INT32_MAX)
		return wrong(e, "a partition's number");
	if (!p->size || p->start > INT64_MAX || p->size > INT64_MAX)
		return wrong(e, "where a partition is");
	return 0;
}
