/*
 * Disk strings: what is read is whole, and means the same when it is written out with a name for
 * each parameter.
 */
#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder/describe/disk_spec.h"
#include "builder/describe/tag_spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static void check_same(const struct disk_spec *a, const struct disk_spec *b)
{
	assert(same_text(a->target, b->target) && same_text(a->vdev, b->vdev));
	assert(same_text(a->script, b->script) && same_text(a->backend_domain, b->backend_domain));
	assert(a->vdev_number == b->vdev_number && a->format == b->format);
	assert(a->readwrite == b->readwrite && a->cdrom == b->cdrom);
	assert(a->backend == b->backend && a->protocol == b->protocol);
	assert(a->direct_io_safe == b->direct_io_safe);
	assert(a->discard == b->discard && a->trusted == b->trusted);
}

static void named(FILE *f, const char *name, const char *value)
{
	if (value)
		fprintf(f, "%s=%s,", name, value);
}

static void flag(FILE *f, enum disk_flag v, const char *off, const char *on)
{
	if (v != DISK_FLAG_DEFAULT)
		fprintf(f, "%s,", v == DISK_FLAG_ON ? on : off);
}

/* For free(). */
static char *write_out(const struct disk_spec *s)
{
	static const char *const backends[] = {NULL, "phy", "tap", "qdisk", "standalone"};
	static const char *const protocols[] = {"xen", "virtio"};
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	assert(f);
	named(f, "vdev", s->vdev);
	named(f, "format", disk_format_word(s->format));
	named(f, "devtype", s->cdrom ? "cdrom" : "disk");
	named(f, "access", s->readwrite ? "rw" : "ro");
	named(f, "script", s->script);
	named(f, "backend", s->backend_domain);
	named(f, "backendtype", backends[s->backend]);
	named(f, "specification", protocols[s->protocol]);
	flag(f, s->discard, "no-discard", "discard");
	flag(f, s->trusted, "untrusted", "trusted");
	if (s->direct_io_safe)
		fputs("direct-io-safe,", f);
	if (s->target)
		fprintf(f, "target=%s,", s->target);
	assert(fclose(f) == 0);
	return text;
}

/* A file's path is the end of the text, behind the tag and one colon. */
static void check_file(const char *target)
{
	const char *file = tag_file(target), *value = tag_value(target);

	if (!file)
		return;
	assert(value && *file == '/' && file[-1] == ':' && file - 1 >= value);
	assert(file + strlen(file) == target + strlen(target));
	assert(strstr(value, ":/") == file - 1);
	if (!tag_file_is_good(file))
		return;
	assert(file[1] && file[strlen(file) - 1] != '/');
	assert(!strstr(file, "/../") && strcmp(file + strlen(file) - 3, "/..") != 0);
}

static void check(const struct disk_spec *s)
{
	struct disk_spec again;
	uint32_t number;
	char *text;
	struct err e;

	assert(disk_vdev_number(s->vdev, &number) == 0 && number == s->vdev_number);
	assert(s->target ? *s->target != '\0' : s->cdrom);
	assert((s->format == DISK_EMPTY) == !s->target);
	if (s->target)
		check_file(s->target);
	assert(!s->cdrom || !s->readwrite);
	assert(disk_cdrom_place(s) < 4 && disk_place(s, 6) < 6);
	assert(disk_is_qdisk(s, true) || s->format == DISK_RAW);
	assert(!disk_is_qdisk(s, false) || disk_is_qdisk(s, true));
	text = write_out(s);
	assert(disk_spec_parse(text, &again, &e) == 0);
	check_same(s, &again);
	disk_spec_free(&again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Of just this size, so that a read past the end is seen. */
	char *text = malloc(size + 1);
	struct disk_spec s;
	struct err e = {.msg = ""};

	assert(text);
	memcpy(text, data, size);
	text[size] = '\0';
	if (disk_spec_parse(text, &s, &e) == 0)
		check(&s);
	else
		assert(e.msg[0]);
	disk_spec_free(&s);
	free(text);
	return 0;
}
