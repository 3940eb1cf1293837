#include "channel_spec.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "spec.h"

#define PATH_LEN_MAX (sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1)

enum { BACKEND, CONNECTION, NAME, PATH, PARAMS };

static const char *const params[PARAMS] = {"backend", "connection", "name", "path"};

/* The values of a string's parameters; NULL for those that it has not. */
struct values {
	char *v[PARAMS];
};

/* xl allows blanks on both sides of a key and of a value. */
static void trim(const char **text, size_t *len)
{
	while (*len && isspace((unsigned char)**text)) {
		++*text;
		--*len;
	}
	while (*len && isspace((unsigned char)(*text)[*len - 1]))
		--*len;
}

static int set_param(struct values *all, const struct spec_param *p, struct err *e)
{
	const char *key = p->text, *value = p->value;
	size_t key_len = value ? (size_t)(value - key) - 1 : p->len, len = p->value_len;

	trim(&key, &key_len);
	trim(&value, &len);
	if (!p->len)
		return err_set(e, "a parameter is missing between two commas");
	if (!len)
		return err_set(e, "'%.*s' has no value", SPEC_LEN(key_len), key);
	for (size_t i = 0; i < PARAMS; i++) {
		if (!spec_equal(key, key_len, params[i]))
			continue;
		if (memchr(value, '=', len))
			return err_set(e, "%s can't hold a '='", params[i]);
		return spec_string(params[i], value, len, &all->v[i], e);
	}
	return spec_unknown(p, params, PARAMS, e);
}

static int check_path(const char *path, struct err *e)
{
	if (!path)
		return err_set(e, "path is missing: connection=socket needs one");
	if (*path != '/')
		return err_set(e, "path must be absolute");
	if (strlen(path) > PATH_LEN_MAX)
		return err_set(e, "path is longer than a socket's can be, %zu characters",
			       PATH_LEN_MAX);
	return 0;
}

static int check(const struct values *all, struct err *e)
{
	const char *backend = all->v[BACKEND], *connection = all->v[CONNECTION];

	if (backend && strcmp(backend, "0") != 0 && strcmp(backend, "Domain-0") != 0)
		return err_set(e, "backend '%.*s' is not supported: it is dom0 (0 or Domain-0)",
			       SPEC_SHOWN, backend);
	if (!connection)
		return err_set(e, "connection is missing: it is pty or socket");
	if (strcmp(connection, "pty") != 0 && strcmp(connection, "socket") != 0)
		return err_set(e, "unknown connection '%.*s': it is pty or socket", SPEC_SHOWN,
			       connection);
	if (!all->v[NAME])
		return err_set(e, "name is missing, by which the guest finds it");
	return *connection == 's' ? check_path(all->v[PATH], e) : 0;
}

/* The caller's from now on. */
static char *take(char **text)
{
	char *t = *text;

	*text = NULL;
	return t;
}

int channel_spec_parse(const char *text, struct channel_spec *out, struct err *e)
{
	struct values all = {{NULL}};
	struct spec_param param;
	int rc = 0;

	*out = (struct channel_spec){0};
	while (!rc && spec_next(&text, &param))
		rc = set_param(&all, &param, e);
	if (!rc)
		rc = check(&all, e);
	if (!rc) {
		out->backend = take(&all.v[BACKEND]);
		out->name = take(&all.v[NAME]);
		if (all.v[CONNECTION][0] == 's')
			out->path = take(&all.v[PATH]);
		out->path_unused = all.v[PATH] != NULL;
	}
	for (size_t i = 0; i < PARAMS; i++)
		free(all.v[i]);
	return rc;
}

void channel_spec_free(struct channel_spec *s)
{
	free(s->backend);
	free(s->name);
	free(s->path);
	*s = (struct channel_spec){0};
}

void channel_specs_free(struct channel_spec *all, size_t n)
{
	for (size_t i = 0; i < n; i++)
		channel_spec_free(&all[i]);
	free(all);
}
