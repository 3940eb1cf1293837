#include "file_path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder/image/firmware.h"
#include "config_value.h"

/* A name below the directory that is the first len bytes of dir, without a '/' at its end. */
static char *below(const char *dir, size_t len, const char *name)
{
	char *path;

	if (*name == '/')
		return strdup(name);
	while (name[0] == '.' && name[1] == '/')
		name += 2 + strspn(name + 2, "/");
	return asprintf(&path, "%.*s/%s", (int)len, dir, name) < 0 ? NULL : path;
}

char *file_path(const struct guest_config *g, const char *name)
{
	const char *slash = strrchr(g->file, '/');

	if (g->dir)
		return below(g->dir, strlen(g->dir), name);
	return below(g->file, slash ? (size_t)(slash - g->file) : 0, name);
}

char *file_path_of_firmware(const char *name)
{
	return below(FIRMWARE_DIR, strlen(FIRMWARE_DIR), name);
}

int check_file_name(const char *name, struct err *e)
{
	const size_t len = strlen(name);

	if (!len)
		return err_set(e, "must not be empty");
	return name[len - 1] == '/' ? err_set(e, "must be the name of a file, not of a directory")
				    : 0;
}

/* Reads a name, which the caller frees. */
static int read_name(const struct key *k, const struct value *v, char **name, struct diag *d)
{
	struct key checked = *k;

	checked.check = check_file_name;
	return read_string(&checked, v, name, d);
}

/* Puts a path where a reader's value goes. */
static int give(const struct value *v, char *path, void *out, struct diag *d)
{
	if (path) {
		*(char **)out = path;
		return 0;
	}
	diag_add(d, v->loc, "%s", strerror(ENOMEM));
	return -1;
}

int read_path(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	char *name;
	int rc;

	if (read_name(k, v, &name, d) < 0)
		return -1;
	/* out is a field of it. */
	rc = out ? give(v, file_path((const void *)((char *)out - k->field), name), out, d) : 0;
	free(name);
	return rc;
}

int read_path_or_none(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	if (!v->s || *v->s)
		return read_path(k, v, out, d);
	diag_note(d, v->loc, "%s = \"\" has no effect", k->name);
	return 0;
}

int read_firmware(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	char *name;
	int rc;

	if (read_name(k, v, &name, d) < 0)
		return -1;
	rc = out ? give(v, file_path_of_firmware(name), out, d) : 0;
	free(name);
	return rc;
}
