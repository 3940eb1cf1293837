#include "sources.h"
#include "base/text_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *source_dir(const char *file)
{
	const char *slash = strrchr(file, '/');
	const int len = slash ? (int)(slash - file) : 0;
	char *cwd = getcwd(NULL, 0), *dir = NULL;

	/* "/" would be two of them in front of a name. */
	if (cwd && !strcmp(cwd, "/"))
		*cwd = '\0';
	if (cwd && asprintf(&dir, "%s%s%.*s", cwd, len ? "/" : "", len, file) < 0)
		dir = NULL;
	free(cwd);
	return dir;
}

void source_free(struct source *s)
{
	free(s->file);
	free(s->dir);
	free(s->text);
}

size_t sources_read_file(const char *file, struct sources *out, struct diag *d)
{
	struct source *v, *s = NULL;

	v = realloc(out->v, (out->n + 1) * sizeof(*v));
	if (!v)
		goto memory;
	out->v = v;
	s = &v[out->n];
	*s = (struct source){.file = strdup(file)};
	if (!s->file)
		goto memory;
	if (*file != '/') {
		s->dir = source_dir(file);
		if (!s->dir)
			goto memory;
	}
	/* One byte more than a descriptor may have, so that a longer one is noticed. */
	s->text = text_file_read(file, DESCRIPTOR_MAX + 1, &s->len);
	if (s->text) {
		out->n++;
		return 0;
	}
	diag_add(d, (struct loc){file, 0, 0}, "cannot read the descriptor: %s", strerror(errno));
	source_free(s);
	return 1;
memory:
	if (s)
		source_free(s);
	diag_add(d, (struct loc){file, 0, 0}, "out of memory");
	return 1;
}

static int is_descriptor(const struct dirent *entry)
{
	const size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 4 && !strcmp(entry->d_name + len - 4, ".cfg");
}

size_t sources_read_dir(const char *dir, struct sources *out, struct diag *d)
{
	struct dirent **entries;
	size_t errors = 0;
	int n;

	memset(out, 0, sizeof(*out));
	n = scandir(dir, &entries, is_descriptor, alphasort);
	if (n < 0) {
		diag_add(d, (struct loc){dir, 0, 0}, "cannot read the directory of descriptors: %s",
			 strerror(errno));
		return 1;
	}
	out->paths = calloc((size_t)n + 1, sizeof(*out->paths));
	for (int i = 0; i < n; i++) {
		char *path = malloc(strlen(dir) + strlen(entries[i]->d_name) + 2);

		if (path && out->paths) {
			sprintf(path, "%s/%s", dir, entries[i]->d_name);
			out->paths[out->nr_paths++] = path;
			errors += sources_read_file(path, out, d);
		} else {
			diag_add(d, (struct loc){dir, 0, 0}, "out of memory");
			errors++;
			free(path);
		}
		free(entries[i]);
	}
	free(entries);
	return errors;
}

void sources_free(struct sources *s)
{
	for (size_t i = 0; i < s->n; i++)
		source_free(&s->v[i]);
	free(s->v);
	for (size_t i = 0; i < s->nr_paths; i++)
		free(s->paths[i]);
	free(s->paths);
	memset(s, 0, sizeof(*s));
}
